"""SIP and AIM under TLS: who is served, who is refused and in which words, certificates that change and expire."""
import os
import re
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time
import urllib.request

import pytest
from clientlib import free_port
from gateway import DOMAIN
from oscar_session import LIBPURPLE
from pki import Pki


def phone(gw, ua, pki, name, **more):
    """A user agent over TLS, without a certificate of its own."""
    port, gw.sip_port = gw.sip_port, gw.tls_port
    try:
        return ua(gw, name, "tls", tls=pki.client(), **more)
    finally:
        gw.sip_port = port


def aims(gw, aim, pki, name, personality=LIBPURPLE, **more):
    """An AIM session under TLS."""
    port, gw.oscar_port = gw.oscar_port, gw.aims_port
    try:
        return aim(gw, name, personality, tls=pki.client(), **more)
    finally:
        gw.oscar_port = port


def wait_log(gw, pattern, timeout=10.0, since=0):
    """The first line of the log that matches."""
    end = time.monotonic() + timeout
    while True:
        for line in gw.log()[since:].splitlines():
            if re.search(pattern, line):
                return line
        assert time.monotonic() < end, f"expected a line like {pattern!r} within {timeout} s; {gw.log_tail()}"
        time.sleep(0.05)


def test_a_phone_and_an_aim_client_talk_under_tls(secure, ua, aim, pki):
    gw = secure(["alice", "bob"])
    bob = phone(gw, ua, pki, "bob")
    alice = aims(gw, aim, pki, "alice")
    text = gw.text()
    assert bob.message(f"sip:alice@{DOMAIN}", text).status == 200
    alice.wait("im", who="bob", text=text)
    text = gw.text()
    alice.im("bob", text)
    got = bob.wait("MESSAGE", text=text)
    assert got.list("Via")[0].startswith(f"SIP/2.0/TLS 127.0.0.1:{gw.tls_port};"), got.list("Via")


def test_a_session_under_tls_is_sent_on_under_tls(secure, aim, pki):
    """SNAC 0x0001/0x0005: TLV 0x008D and 0x008E say so, and the port is the one under TLS."""
    gw = secure(["alice"], config={"oscar": {"advertise": "127.0.0.1:1"}})
    alice = aims(gw, aim, pki, "alice")
    link = alice.second_connection(0x0D)
    got = alice.wait("redirect", family=0x0D)
    assert got["address"] == f"127.0.0.1:{gw.aims_port}" and got["certificate"] == DOMAIN and got["state"] == b"\1", got
    assert link.sock.sock.version() == "TLSv1.3"


def test_watching_over_tls(secure, ua, aim, pki):
    gw = secure(["alice", "bob"])
    bob = phone(gw, ua, pki, "bob")
    sub = bob.subscribe(f"sip:alice@{DOMAIN}")
    assert sub.response.status == 200, sub.response
    assert f"127.0.0.1:{gw.tls_port};transport=tls" in sub.response.want("Contact"), sub.response.want("Contact")
    first = sub.wait()
    assert first.list("Via")[0].startswith("SIP/2.0/TLS "), first.list("Via")
    aims(gw, aim, pki, "alice")
    sub.wait(text=lambda t: "<basic>open</basic>" in t)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_tls_1_2_is_enough_and_1_1_is_not(secure, pki):
    gw = secure()
    ctx = pki.client()
    ctx.maximum_version = ssl.TLSVersion.TLSv1_2
    with socket.create_connection(("127.0.0.1", gw.tls_port)) as raw, ctx.wrap_socket(raw) as s:
        assert s.version() == "TLSv1.2"
    old = pki.client()
    old.set_ciphers("ALL:@SECLEVEL=0")
    old.minimum_version = ssl.TLSVersion.TLSv1
    old.maximum_version = ssl.TLSVersion.TLSv1_1
    with socket.create_connection(("127.0.0.1", gw.tls_port)) as raw, pytest.raises(ssl.SSLError):
        old.wrap_socket(raw)
    line = wait_log(gw, "handshake failed")
    assert "TLS 1.2 or later" in line and "came=an older version of TLS" in line, line


def test_plain_text_on_a_tls_port(secure, ua, gateway):
    gw = secure(["bob"])
    for port, words, who in ((gw.tls_port, b"OPTIONS sip:x SIP/2.0\r\n\r\n", "SIP client"), (gw.aims_port, b"*\1\0\0\0\4\0\0\0\1", "AIM client")):
        since = len(gw.log())
        with socket.create_connection(("127.0.0.1", port)) as s:
            s.sendall(words)
            s.settimeout(5)
            assert s.recv(100) == b"", "expected the end of the connection"
        line = wait_log(gw, "handshake failed", since=since)
        assert f"as={who}" in line and "came=plain octets that begin with " + words[:4].hex(" ") in line and "do=" in line, line


def test_a_handshake_has_10_seconds(secure):
    """Octet by octet does not help."""
    gw = secure()
    with socket.create_connection(("127.0.0.1", gw.tls_port)) as s, socket.create_connection(("127.0.0.1", gw.aims_port)) as quiet:
        began = time.monotonic()
        hello = bytes.fromhex("1603010200010001fc0303") + bytes(300)
        for octet in hello:
            try:
                s.sendall(bytes([octet]))
            except OSError:
                break
            s.settimeout(0.1)
            try:
                if s.recv(1) == b"":
                    break
            except TimeoutError:
                continue
            except OSError:
                break
            raise AssertionError("expected the end of the connection, and nothing else")
        took = time.monotonic() - began
        assert 9 < took < 12, f"expected the end after 10 s; got it after {took:.1f} s"
        quiet.settimeout(2)
        assert quiet.recv(1) == b""
    line = wait_log(gw, "handshake failed.*as=SIP client")
    assert "within 10 s" in line and "came=the beginning of one" in line, line
    assert "came=nothing" in wait_log(gw, "handshake failed.*as=AIM client")


def serial(port, pki):
    with socket.create_connection(("127.0.0.1", port)) as raw, pki.client().wrap_socket(raw) as s:
        return s.getpeercert()["serialNumber"]


def test_sighup_takes_a_new_certificate_and_drops_nobody(secure, ua, aim, pki, tmp_path):
    cert, key = pki.issue(DOMAIN, file="old")
    files = {"certificate": str(tmp_path / "cert.pem"), "key": str(tmp_path / "key.pem"), "ca": pki.ca}

    def put(pair):
        for source, target in zip(pair, (files["certificate"], files["key"])):
            if source:
                shutil.copyfile(source, target)
                os.chmod(target, 0o600)

    put((cert, key))
    gw = secure(["alice", "bob"], tls=files)
    bob, alice = phone(gw, ua, pki, "bob"), aims(gw, aim, pki, "alice")
    before = serial(gw.tls_port, pki)
    put(pki.issue(DOMAIN, file="new"))
    gw.proc.send_signal(signal.SIGHUP)
    wait_log(gw, "the configuration was reloaded")
    after = serial(gw.tls_port, pki), serial(gw.aims_port, pki)
    assert before not in after and after[0] == after[1], (before, after)
    text = gw.text()
    assert bob.message(f"sip:alice@{DOMAIN}", text).status == 200
    alice.wait("im", who="bob", text=text)
    # a key that does not belong to it: everything stays
    put((None, key))
    gw.proc.send_signal(signal.SIGHUP)
    wait_log(gw, "not the key of the first certificate")
    wait_log(gw, "not reloaded; the old one stays")
    assert serial(gw.tls_port, pki) == after[0]


# ---- peers ----

PEER, OTHER = "sip.test", "other.test"


class Peer:
    """A peer domain of one scripted server over TLS: `port` is where it listens."""

    def __init__(self, gw, ua, pki, user="zoe", domain=PEER, pair=None, **more):
        port, gw.sip_port = gw.sip_port, gw.tls_port
        gw.passwords.setdefault(user, "none")
        try:
            pair = pair or pki.issue(domain)
            self.ua = ua(gw, user, "tls", register=False, tls=pki.client(pair), serves=pki.server(pair), **more)
        finally:
            gw.sip_port = port
        self.ua.aor = f"sip:{user}@{domain}"


def peers(*rows):
    """The peers: section: (domain, port) each."""
    return [{"domain": domain, "route": f"sip:127.0.0.1:{port};transport=tls"} for domain, port in rows]


@pytest.fixture
def linked(secure, ua, pki):
    """A gateway and a peer over TLS that know each other: (gw, the peer's user agent)."""
    def make(users=("alice",), pair=None, tls=None, extra=(), **more):
        port = free_port()
        gw = secure(list(users), peers=peers((PEER, port), *extra), tls=tls)
        agent = Peer(gw, ua, pki, pair=pair, listen=port, **more).ua
        return gw, agent
    return make


def test_a_peer_over_tls_both_ways(linked, aim, pki):
    gw, zoe = linked()
    alice = aims(gw, aim, pki, "alice")
    text = gw.text()
    alice.im(f"zoe@{PEER}", text)
    got = zoe.wait("MESSAGE", text=text)
    via = got.list("Via")[0]
    assert via.startswith(f"SIP/2.0/TLS 127.0.0.1:{gw.tls_port};") and ";alias" in via, via
    assert got.sock.sock.getpeercert()["subject"][0][0] == ("commonName", DOMAIN), "expected the gateway's own certificate"
    text = gw.text()
    assert zoe.message(f"sip:alice@{DOMAIN}", text, auth=False).status == 200
    alice.wait("im", who=f"zoe@{PEER}", text=text)
    row = gw.ok("peer", "list", "--json").json[0]
    assert row["state"] == "up" and row["received"] == 1 and row["sent"] >= 1, row


def test_presence_of_a_peer_over_tls(linked, aim, pki):
    gw, zoe = linked()
    alice = aims(gw, aim, pki, "alice")
    sub = zoe.subscribe(f"sip:alice@{DOMAIN}", auth=False)
    assert sub.response.status == 200, sub.response
    sub.wait(text=lambda t: "<basic>open</basic>" in t)
    # the connection goes: the next NOTIFY comes over one that the gateway makes, to the sent-by of the peer's Via
    zoe.drop()
    mark = zoe.mark()
    alice.away("gone fishing")
    got = zoe.wait("NOTIFY", since=mark, where=lambda m: b"gone fishing" in m.body)
    assert got.list("Via")[0].startswith("SIP/2.0/TLS "), got.list("Via")


def test_after_a_restart_a_peer_over_tls_is_told(linked, aim, pki):
    gw, zoe = linked()
    sub = zoe.subscribe(f"sip:alice@{DOMAIN}", auth=False)
    sub.wait()
    gw.restart()
    mark = zoe.mark()
    aims(gw, aim, pki, "alice")
    zoe.wait("NOTIFY", since=mark, text=lambda t: "<basic>open</basic>" in t)


def test_a_peer_s_certificate_says_whom_it_may_speak_for(linked, ua, pki):
    """S-400: a peer's requests are believed for the domains of its certificate (RFC 5922 7.4); `from` does not count."""
    gw, zoe = linked(extra=[(OTHER, 1)])
    got = zoe.request("MESSAGE", f"sip:alice@{DOMAIN}", [("Content-Type", "text/plain")], "x", auth=False,
                      from_=f"sip:max@{OTHER}")
    assert got.status == 403, got
    line = wait_log(gw, "a request was refused")
    assert f"domain={OTHER}" in line and f"its certificate names {PEER}" in line and "do=" in line, line
    since = len(gw.log())
    nobody = Peer(gw, ua, pki, "nobody").ua
    nobody.tls = pki.client()
    nobody.stream = nobody.connect()
    got = nobody.message(f"sip:alice@{DOMAIN}", "x", auth=False)
    assert got.status == 403, got
    assert "it has shown no certificate of a domain" in wait_log(gw, "a request was refused", since=since)


def test_requests_go_back_over_a_connection_that_is_proven(linked, aim, pki):
    """S-402: Via ;alias under TLS, where the certificate proves the domain (RFC 5923 8.2)."""
    gw, zoe = linked(users=["alice"])
    zoe.via_extra = ";alias"
    alice = aims(gw, aim, pki, "alice")
    assert zoe.message(f"sip:alice@{DOMAIN}", gw.text(), auth=False).status in (200, 202)
    text = gw.text()
    alice.im(f"zoe@{PEER}", text)
    got = zoe.wait("MESSAGE", text=text)
    assert got.sock is zoe.stream, "expected it over the connection that the peer made"
    # without the word there is another connection
    assert len(zoe.accepted) == 0
    zoe.drop()
    zoe.via_extra = ""
    assert zoe.message(f"sip:alice@{DOMAIN}", gw.text(), auth=False).status in (200, 202)
    text = gw.text()
    alice.im(f"zoe@{PEER}", text)
    assert zoe.wait("MESSAGE", text=text).sock in zoe.accepted


def test_alias_over_tcp_means_nothing(gateway, aim, ua):
    """S-403: over TCP a request back opens a connection of its own (RFC 5923 9.1)."""
    port = free_port()
    gw = gateway(["alice"], peers=[{"domain": PEER, "route": f"sip:127.0.0.1:{port};transport=tcp"}])
    gw.passwords["zoe"] = "none"
    zoe = ua(gw, "zoe", "tcp", register=False, listen=port)
    zoe.aor, zoe.via_extra = f"sip:zoe@{PEER}", ";alias"
    alice = aim(gw, "alice")
    assert zoe.message(f"sip:alice@{DOMAIN}", gw.text(), auth=False).status in (200, 202)
    text = gw.text()
    alice.im(f"zoe@{PEER}", text)
    assert zoe.wait("MESSAGE", text=text).sock in zoe.accepted


# ---- certificates that are not good ----

def refused_as_client(gw, pair_or_none, pki):
    """Calls sip.tls with this certificate; the gateway must hang up, and say why in one line, which this gives."""
    since, ctx = len(gw.log()), pki.client()
    if pair_or_none:
        ctx.load_cert_chain(*pair_or_none)
    with socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5) as raw:
        try:
            with ctx.wrap_socket(raw) as s:     # TLS 1.3: the client is done before it hears that it is refused
                assert s.recv(100) == b""
        except (ssl.SSLError, ConnectionResetError):
            pass
    return wait_log(gw, "a handshake failed", since=since)


@pytest.mark.parametrize("what, words", [
    ("unknown issuer", ["came=its issuer is not believed here", "do=put the issuer's certificate into tls.ca"]),
    ("self-signed", ["came=it is signed by itself", "CN=sip.test, by CN=sip.test, until "]),
    ("expired", ["came=it has expired", "do=let them renew it", "CN=sip.test, by CN=Test CA, until "]),
    ("another use", ["expected=a certificate for SIP (RFC 5924)", "came=its certificate is not for SIP", "do=let them get one"]),
    ("unknown issuer of the same name", ["came=its issuer "]),
])
def test_a_client_s_bad_certificate_is_one_line(secure, pki, other_pki, tmp_path_factory, what, words):
    gw = secure()
    stranger = Pki(tmp_path_factory.mktemp("stranger"), "Strange CA")
    pair = {"unknown issuer": lambda: stranger.issue(PEER),
            "unknown issuer of the same name": lambda: other_pki.issue(PEER),
            "self-signed": lambda: pki.issue(PEER, self_signed=True, file="selfsigned"),
            "expired": lambda: pki.issue(PEER, days=-1, file="expired"),
            "another use": lambda: pki.issue(PEER, use="emailProtection", file="email")}[what]()
    line = refused_as_client(gw, pair, pki)
    for word in [*words, "as=SIP client", "with=127.0.0.1:", "chain="]:
        assert word in line, f"expected {word!r} in {line}"
    assert len(re.findall("a handshake failed", gw.log())) == 1, gw.log_tail()


@pytest.mark.parametrize("use", ["1.3.6.1.5.5.7.3.20", "anyExtendedKeyUsage", "serverAuth", "clientAuth", None])
def test_a_client_s_certificate_for_sip_is_good(secure, pki, use):
    """S-401: id-kp-sipDomain, any use, TLS, or no word about it (RFC 5924)."""
    gw = secure()
    with socket.create_connection(("127.0.0.1", gw.tls_port), timeout=5) as raw, \
            pki.client(pki.issue(PEER, use=use, file="use")).wrap_socket(raw) as s:
        s.sendall(b"\r\n\r\n")
        assert s.recv(10) == b"\r\n"


@pytest.mark.parametrize("what, words, shown", [
    ("another domain", [f"expected=a certificate of {PEER}", "came=one of other.test", "do=let them get one with the domain"],
     "its certificate is of another domain"),
    ("a wildcard", [f"expected=a certificate of {PEER}", "came=one that names no domain"], "its certificate is of another domain"),
    ("the name of its host", [f"expected=a certificate of {PEER}", "came=one of localhost"], "its certificate is of another domain"),
    ("a common name beside alternatives", [f"expected=a certificate of {PEER}", "came=one of other.test"],
     "its certificate is of another domain"),
    ("expired", ["came=it has expired"], "it has expired"),
    ("unknown issuer", ["came=its issuer "], "its issuer is not believed here"),
    ("self-signed", ["came=it is signed by itself"], "it is signed by itself"),
])
def test_a_peer_s_bad_certificate_is_one_line(linked, aim, pki, other_pki, what, words, shown):
    """S-397 to S-399: the name is held against the peer's domain; no SIP goes where it does not match (RFC 5922 7.3)."""
    pair = {"another domain": lambda: pki.issue(OTHER),
            "a wildcard": lambda: pki.issue("*.test", cn=PEER),
            "the name of its host": lambda: pki.issue(PEER, san="DNS:localhost,IP:127.0.0.1", file="host"),
            "a common name beside alternatives": lambda: pki.issue(OTHER, cn=PEER, file="cn"),
            "expired": lambda: pki.issue(PEER, days=-1, file="expired"),
            "unknown issuer": lambda: other_pki.issue(PEER),
            "self-signed": lambda: pki.issue(PEER, self_signed=True, file="selfsigned")}[what]()
    gw, zoe = linked(pair=pair, connect=False)
    alice = aims(gw, aim, pki, "alice")
    code = alice.im_refused(f"zoe@{PEER}", gw.text())
    assert code == 5, code
    line = wait_log(gw, "a handshake failed")
    for word in [*words, f"as=server of the peer {PEER}", "chain="]:
        assert word in line, f"expected {word!r} in {line}"
    assert zoe.received == [], zoe.received
    row = gw.ok("peer", "list", "--json").json[0]
    assert row["last_failure"].startswith(shown[:20]), row


@pytest.mark.parametrize("san, cn", [(f"URI:sip:{PEER}", "x"), (f"DNS:{PEER}", "x"), ("", PEER),
                                     (f"URI:sip:zoe@{OTHER},DNS:{PEER.upper()}", "x"), (f"URI:SIP:{PEER}:5061,DNS:{OTHER}", "x")])
def test_each_form_of_a_peer_s_name_is_good(linked, aim, pki, san, cn):
    """S-397: sip: URI without a user, DNS name where there is none, common name where there are no alternatives."""
    gw, zoe = linked(pair=pki.issue(PEER, san=san, cn=cn, file="form"), connect=False)
    alice, text = aims(gw, aim, pki, "alice"), gw.text()
    alice.im(f"zoe@{PEER}", text)
    zoe.wait("MESSAGE", text=text)


def test_what_the_peer_does_not_like_about_ours(linked, aim, pki, other_pki):
    """Their alert comes after our handshake (TLS 1.3): it is told all the same."""
    gw, zoe = linked(tls={**pki.files(DOMAIN), **dict(zip(("certificate", "key"), other_pki.issue(DOMAIN)))}, connect=False)
    alice = aims(gw, aim, other_pki, "alice")
    alice.im_refused(f"zoe@{PEER}", gw.text())
    line = wait_log(gw, "a handshake failed")
    assert "expected=that they take our certificate" in line and "do=" in line, line


def test_a_peer_that_speaks_plain_text(secure, aim, pki):
    with socket.create_server(("127.0.0.1", 0)) as server:
        gw = secure(["alice"], peers=peers((PEER, server.getsockname()[1])))
        alice = aims(gw, aim, pki, "alice")
        def answer():
            s, _ = server.accept()
            with s:
                s.recv(4096)
                s.sendall(b"SIP/2.0 400 Bad Request\r\n\r\n")
                s.recv(4096)
        thread = threading.Thread(target=answer)
        thread.start()
        alice.im_refused(f"zoe@{PEER}", gw.text())
        thread.join(5)
        line = wait_log(gw, "a handshake failed")
        assert f"as=server of the peer {PEER}" in line and "plain octets that begin with 53 49 50 2f" in line and "5061" in line, line


# ---- the files ----

def test_check_says_what_is_wrong_with_the_files(gateway, pki, tmp_path):
    tls = pki.files(DOMAIN, file="checked")
    other = pki.issue("other.test")
    sealed = str(tmp_path / "sealed.key")
    subprocess.run(["openssl", "pkey", "-in", tls["key"], "-aes256", "-passout", "pass:secret", "-out", sealed], check=True)
    port = free_port()
    rows = [
        ({**tls, "key": other[1]}, 2, r"tls\.key: .* is not the key of the first certificate in "),
        ({**tls, "key": sealed}, 2, r"tls\.key: .*under a password"),
        ({**tls, "certificate": tls["key"]}, 2, r"tls\.certificate: .*it holds no certificate"),
        ({**tls, "ca": tls["key"]}, 2, r"tls\.ca: .*it holds no certificate"),
        ({**tls, "key": str(tmp_path / "none")}, 2, r"tls\.key: .*No such file or directory"),
        ({}, 2, r"sip\.tls: there is no certificate for it; name one in tls\.certificate"),
        (pki.files(DOMAIN, days=-1, file="old"), 0, r"warning: tls\.certificate: a certificate has expired: CN=.*renew it"),
        (pki.files(DOMAIN, days=10, file="soon"), 0, r"warning: tls\.certificate: a certificate expires in (9|10) days: .*renew it"),
        (pki.files("other.test"), 0, r"warning: tls\.certificate: it names other\.test, not aim\.test"),
        (pki.files(DOMAIN, use="clientAuth", file="use"), 0, r"warning: tls\.certificate: its extended key usage has no TLS server"),
        (tls, 0, None)]
    for files, code, pattern in rows:
        gw = gateway(start=False, config={"tls": files, "sip": {"tls": f"127.0.0.1:{port}"}} if files else
                     {"sip": {"tls": f"127.0.0.1:{port}"}})
        got = gw.cli("check")
        said = got.out + got.err
        assert got.code == code, got
        assert re.search(pattern, said) if pattern else "warning" not in said, f"expected {pattern!r} in {said}"


def test_the_end_of_the_certificate_is_told(secure, pki):
    gw = secure(tls=pki.files(DOMAIN, days=20, file="twenty"))
    line = wait_log(gw, "our certificate expires soon")
    assert re.search("days=(19|20) do=renew it", line), line
    with urllib.request.urlopen(f"http://127.0.0.1:{gw.admin_port}/metrics", timeout=5) as f:
        text = f.read().decode()
    value = int(re.search(r"^aimgate_tls_certificate_expires_seconds (\d+)$", text, re.M)[1])
    assert 19.9 * 86400 < value - time.time() < 20.1 * 86400, value
    status = gw.ok("status", "--json").json
    assert status["certificate_days"] in (19, 20) and status["certificate_expires"].endswith(" UTC"), status
    since = len(gw.log())
    gw.config["tls"] = pki.files(DOMAIN, days=400, file="renewed")
    gw.write_config()
    gw.proc.send_signal(signal.SIGHUP)
    wait_log(gw, "the configuration was reloaded")
    assert gw.ok("status", "--json").json["certificate_days"] in (399, 400)
    assert "expires soon" not in gw.log()[since:]


# ---- sips: ----

def test_sips_goes_under_tls_or_not_at_all(linked, ua, pki):
    """S-151: a sips: target is never reached without TLS (RFC 3261 26.2.2)."""
    gw, zoe = linked(users=["bob", "carol"], extra=[])
    bob = phone(gw, ua, pki, "bob")
    text = gw.text()
    assert bob.message(f"sips:zoe@{PEER}", text).status == 200
    assert zoe.wait("MESSAGE", text=text).uri == f"sips:zoe@{PEER}"
    carol = ua(gw, "carol", "udp")
    got = bob.message(f"sips:carol@{DOMAIN}", gw.text())
    assert got.status == 480, got
    assert carol.received == []
    text = gw.text()
    assert bob.message(f"sip:carol@{DOMAIN}", text).status == 200
    carol.wait("MESSAGE", text=text)


def test_sips_to_a_peer_without_tls_is_refused(secure, ua, pki):
    port = free_port()
    gw = secure(["bob"], peers=[{"domain": PEER, "route": [f"sip:127.0.0.1:{port};transport=tls", f"sip:127.0.0.1:{port}"]}])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", port))
        udp.settimeout(0.5)
        got = phone(gw, ua, pki, "bob").message(f"sips:zoe@{PEER}", gw.text())
        assert got.status == 480, got
        with pytest.raises(TimeoutError):
            udp.recv(2000)


def test_a_sips_contact_is_registered_over_tls(secure, ua, pki):
    gw = secure(["bob"])
    plain = ua(gw, "bob", "tcp", register=False)
    assert plain.register(contact=f"<sips:bob@127.0.0.1:{plain.port}>").status == 403
    bob = phone(gw, ua, pki, "bob", register=False)
    assert bob.register(contact=f"<sips:bob@127.0.0.1:{bob.port}>").status == 200
    text = gw.text()
    assert bob.message(f"sips:bob@{DOMAIN}", text).status == 200
    assert bob.wait("MESSAGE", text=text).uri.startswith("sips:bob@")
