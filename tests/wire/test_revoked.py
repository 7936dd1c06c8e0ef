"""Certificates that their issuers took back (RFC 5280 5 and 6.3): refused where a list says so, each with its own line."""
import re
import signal
import socket
import ssl
import time
import urllib.request

import pytest
from pki import Pki
from test_tls import PEER, aims, linked, refused_as_client, wait_log  # noqa: F401 (linked is a fixture)


def reload(gw, tls):
    since = len(gw.log())
    gw.config["tls"] = tls
    gw.write_config()
    gw.proc.send_signal(signal.SIGHUP)
    wait_log(gw, "the configuration was reloaded", since=since)


def test_who_calls_with_a_revoked_certificate_is_refused_from_the_next_sighup_on(secure, own, pki):
    bad, good = pki.issue(PEER, file="taken-back"), pki.issue(PEER, file="kept")
    gw = secure(tls={**own, "crl": pki.revoke(file="none.crl")})
    ctx = pki.client(bad)
    with ctx.wrap_socket(socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5)) as s:
        s.sendall(b"\r\n\r\n")
        assert s.recv(10) == b"\r\n"
        ticket = s.session
    reload(gw, {**own, "crl": pki.revoke(bad[0], file="some.crl")})
    line = refused_as_client(gw, bad, pki)
    for word in ("as=SIP client", "came=it, or its issuer, is revoked", "expected=a certificate that is not in the lists of tls.crl",
                 "do=let them get a new one", f"CN={PEER}, by CN=Test CA"):
        assert word in line, f"expected {word!r} in {line}"
    assert re.search(r"serial [0-9A-F]+, revoked 20\d\d-\d\d-\d\d \d\d:\d\d UTC: CN=", line), line
    with socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5) as raw:
        try:
            with ctx.wrap_socket(raw, session=ticket) as s:
                assert not s.session_reused and s.recv(10) == b"", "nor is a session of before gone on with"
        except (ssl.SSLError, ConnectionResetError):
            pass
    with pki.client(good).wrap_socket(socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5)) as s:
        s.sendall(b"\r\n\r\n")
        assert s.recv(10) == b"\r\n"


def test_nothing_goes_to_a_peer_whose_certificate_is_revoked(linked, aim, own, pki):  # noqa: F811
    pair = pki.issue(PEER, file="revoked-peer")
    gw, zoe = linked(pair=pair, tls={**own, "crl": pki.revoke(pair[0], file="peer.crl")}, connect=False)
    alice = aims(gw, aim, pki, "alice")
    assert alice.im_refused(f"zoe@{PEER}", gw.text()) == 5
    line = wait_log(gw, "a handshake failed")
    assert f"as=server of the peer {PEER}" in line and "came=it, or its issuer, is revoked" in line, line
    assert zoe.received == [], zoe.received
    assert gw.ok("peer", "list", "--json").json[0]["last_failure"].startswith("it, or its issuer, is")


def test_an_issuer_without_a_list_is_believed_and_check_says_so(secure, own, pki, tmp_path):
    other = Pki(tmp_path / "pki", "Other CA")
    both = str(tmp_path / "both.pem")
    with open(both, "w", encoding="ascii") as out:
        for path in (pki.ca, other.ca):
            with open(path, encoding="ascii") as f:
                out.write(f.read())
    gw = secure(tls={**own, "ca": both, "crl": pki.revoke(file="ours.crl")})
    with pki.client(other.issue(PEER)).wrap_socket(
            socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5)) as s:
        s.sendall(b"\r\n\r\n")
        assert s.recv(10) == b"\r\n"
    got = gw.cli("check")
    assert got.code == 0 and re.search(r"tls\.crl: 1 of 2 issuers in tls\.ca have no list in it", got.out + got.err), got


def test_a_list_that_is_out_of_date_refuses_its_issuer(secure, own, pki):
    gw = secure(tls={**own, "crl": pki.revoke(seconds=3, file="short.crl")})
    with urllib.request.urlopen(f"http://127.0.0.1:{gw.admin_port}/metrics", timeout=5) as f:
        value = int(re.search(r"^aimgate_tls_crl_expires_seconds (\d+)$", f.read().decode(), re.M)[1])
    assert abs(value - time.time()) < 10
    line = wait_log(gw, "a list of revoked certificates is out of date; the certificates of its issuer are refused")
    assert "do=fetch the issuer's new list into tls.crl, then SIGHUP" in line, line
    line = refused_as_client(gw, pki.issue(PEER, file="kept2"), pki)
    assert "came=the list of what its issuer revoked is out of date here" in line, line
    got = gw.cli("check")
    assert got.code == 0 and re.search(r"warning: tls\.crl: a list is out of date: by CN=Test CA, until 20.*UTC; fetch",
                                       got.out + got.err), got
    reload(gw, {**own, "crl": pki.revoke(file="fresh.crl")})
    with pki.client(pki.issue(PEER, file="kept2")).wrap_socket(
            socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5)) as s:
        s.sendall(b"\r\n\r\n")
        assert s.recv(10) == b"\r\n"


@pytest.mark.parametrize("what, words", [
    ("missing", "No such file or directory"), ("a certificate", "it holds no list; name a PEM file with BEGIN X509 CRL in it"),
    ("damaged", "a list in it is damaged; fetch it anew")])
def test_check_says_what_is_wrong_with_the_lists(gateway, own, pki, tmp_path, what, words):
    path = {"missing": str(tmp_path / "none"), "a certificate": pki.ca, "damaged": str(tmp_path / "damaged.crl")}[what]
    if what == "damaged":
        with open(pki.revoke(file="whole.crl"), encoding="ascii") as f, open(path, "w", encoding="ascii") as out:
            lines = f.read().splitlines()
            out.write("\n".join([lines[0], "AAAA" + lines[1][4:], *lines[2:]]) + "\n")
    gw = gateway(start=False, config={"tls": {**own, "crl": path}})
    got = gw.cli("check")
    assert got.code == 2 and re.search(rf"\.yaml:\d+: tls\.crl: .*{words}", got.out + got.err), got
