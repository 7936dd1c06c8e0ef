"""Requests of a peer that signs them (S-408, RFC 8224). The signatures are made by the openssl command, with what is
signed written here from RFC 8225."""
import base64
import email.utils
import json
import os
import re
import signal
import subprocess
import time

import pytest
from clientlib import free_port
from pki import Pki
from test_identity import Sender

INFO = "https://certs.p.example/sip.cer"
ALICE, BO = "sip:alice@aim.test", "sip:bo@p.example"


def url(octets):
    return base64.urlsafe_b64encode(octets).rstrip(b"=").decode()


def part(value):
    """Canonical JSON (RFC 8225 9)."""
    return url(json.dumps(value, sort_keys=True, separators=(",", ":")).encode())


def sign(key, text):
    """r and s of `openssl dgst -sign`, which gives them as ASN.1."""
    der = subprocess.run(["openssl", "dgst", "-sha256", "-sign", key], input=text.encode(), capture_output=True, check=True).stdout
    parts, at = [], 2
    for _ in range(2):
        n = der[at + 1]
        parts.append(int.from_bytes(der[at + 2:at + 2 + n], "big").to_bytes(32, "big"))
        at += 2 + n
    return url(b"".join(parts))


def identity(key, when=None, orig=BO, dest=ALICE, compact=False, info=INFO, spoil=False, alg="ES256", more=""):
    """The header lines of a signed request, Date among them."""
    when = int(time.time() if when is None else when)
    text = part({"alg": "ES256", "typ": "passport", "x5u": INFO}) + "." + \
        part({"orig": {"uri": orig}, "dest": {"uri": [dest]}, "iat": when})
    name, digest = ("y" if compact else "Identity"), sign(key, text + ("x" if spoil else ""))
    return [f"Date: {email.utils.formatdate(when, usegmt=True)}",
            f"{name}: {'.' if compact else text}.{digest};info=<{info}>;alg={alg}{more}"]


@pytest.fixture(scope="module")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("signature"))


@pytest.fixture
def world(gateway, closing, pki):
    """A gateway whose peer p.example signs; `make` starts it with more keys of that peer."""
    cert, key = pki.issue("p.example", use=None)
    port = free_port()

    def make(**more):
        peer = {"domain": "p.example", "route": f"sip:127.0.0.1:{port}", "identity_keys": [f"{INFO} {cert}"], **more}
        gw = gateway(["alice"], peers=[peer])
        sender = Sender(gw, port=port)
        closing.append(sender)
        return gw, sender
    return make, key, cert


def reason(sender):
    return sender.answer.split(b"\r\n")[0].decode()


def refusals(gw):
    return re.findall(r"a request was refused.*", gw.log())


def test_what_is_well_signed_arrives_and_what_is_not_is_refused(world, pki, aim):
    make, key, _ = world
    gw, sender = make()
    alice = aim(gw, "alice")
    _, other = pki.issue("q.example", use=None)
    now = time.time()
    good = [("full", identity(key)), ("compact", identity(key, compact=True)), ("not signed", []),
            ("an extension that is not known", identity(key, more=";ppt=shaken", spoil=True)),
            ("a forged one beside a good one", [identity(key, spoil=True)[1], *identity(key)])]
    bad = [("forged", identity(key, spoil=True), "438 Invalid Identity Header", "it is forged"),
           ("forged, compact", identity(key, compact=True, spoil=True), "438 Invalid Identity Header", "it is forged"),
           ("of another key", identity(other), "438 Invalid Identity Header", "it is forged"),
           ("of somebody else", identity(key, orig="sip:eve@p.example"), "438 Invalid Identity Header", "copies headers"),
           ("for somebody else", identity(key, dest="sip:bob@aim.test"), "438 Invalid Identity Header", "copies headers"),
           ("no PASSporT", ["Identity: \"abc\";info=<https://x.example/>"], "438 Invalid Identity Header", "RFC 8225"),
           ("another algorithm", identity(key, alg="RS256"), "438 Invalid Identity Header", "with ES256"),
           ("yesterday's", identity(key, now - 86400), "403 Stale Date", "compare the clocks"),
           ("tomorrow's", identity(key, now + 86400, compact=True), "403 Stale Date", "compare the clocks"),
           ("a URL nobody named", identity(key, info="https://evil.example/x"), "436 Bad Identity Info", "identity_keys of this peer")]
    for what, lines in good:
        assert sender.ask(BO, more=lines) == 200, f"{what}: {reason(sender)}; {gw.log_tail()}"
    alice._until(lambda: len(alice.find("im")) == len(good), "one IM for each that is good")
    for n, (what, lines, want, cure) in enumerate(bad):
        for method, more in (("MESSAGE", []), ("SUBSCRIBE", ["Event: presence"])):
            sender.ask(BO, method=method, more=lines + more)
            assert reason(sender) == f"SIP/2.0 {want}", f"{what}: {reason(sender)}"
        lines = refusals(gw)
        assert len(lines) == 2 * (n + 1) and cure in lines[-1] and "p.example" in lines[-1], f"{what}: {lines[-2:]}"
    assert sender.ask(BO, method="SUBSCRIBE", more=identity(key) + ["Event: presence"]) == 200, reason(sender)
    alice.never("im", 0.3, since=alice.mark())


def test_who_must_sign_is_told_so(world, aim):
    make, key, _ = world
    gw, sender = make(identity="required")
    for method, more in (("MESSAGE", []), ("SUBSCRIBE", ["Event: presence"])):
        sender.ask(BO, method=method, more=more)
        assert reason(sender) == "SIP/2.0 428 Use Identity Header"
        assert sender.ask(BO, method=method, more=identity(key) + more) in (200, 202), reason(sender)
    assert len(refusals(gw)) == 2 and "identity: verify" in refusals(gw)[0]
    nobody = "sip:anonymous@anonymous.invalid"
    sender.ask(nobody)
    assert reason(sender) == "SIP/2.0 428 Use Identity Header", "who hides his name is signed for by his server"
    assert "p.example" in refusals(gw)[-1]
    gw.ok("user", "set", "alice", "allow_anonymous", "on")
    aim(gw, "alice")
    assert sender.ask(nobody, more=identity(key, orig=nobody)) == 200, reason(sender)
    sender.ask(BO, more=identity(key, more=";ppt=shaken"))
    assert reason(sender) == "SIP/2.0 428 Use Supported PASSporT Format"


def test_where_it_is_off_nobody_looks(world):
    make, key, _ = world
    gw, sender = make(identity="off")
    assert sender.ask(BO, more=identity(key, spoil=True)) in (200, 202)
    assert "nobody looks at them" in gw.cli("check").err


def test_a_certificate_that_has_expired_and_its_renewal_by_sighup(world, pki):
    make, key, cert = world
    expired = pki.path("expired.pem")
    pki._openssl("x509", "-req", "-in", "p.example.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-out", "expired.pem", "-days", "-1",
                 "-extfile", "p.example.ext")
    gw, sender = make(identity_keys=[f"{INFO} {expired}"])
    assert re.search(r"identity_keys: a certificate has expired: .*renew it", gw.cli("check").err)
    sender.ask(BO, more=identity(key))
    assert reason(sender) == "SIP/2.0 437 Unsupported Credential"
    assert "then SIGHUP" in refusals(gw)[-1]
    with open(cert, encoding="ascii") as new, open(expired, "w", encoding="ascii") as old:
        old.write(new.read())
    gw.proc.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while sender.ask(BO, more=identity(key)) not in (200, 202):
        assert time.monotonic() < end, gw.log_tail()
        time.sleep(0.1)


def test_check_says_what_is_wrong_with_the_certificates(world, pki, gateway):
    make, _, cert = world
    gw, _ = make()
    assert gw.cli("check").code == 0
    rsa = pki.path("rsa.pem")
    pki._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "rsa.key", "-out", "rsa.pem", "-subj", "/CN=p.example")
    host, _ = pki.issue("sip.p.example", use=None)
    gw.config["peers"][0]["identity_keys"] = [f"{INFO} {rsa}", f"https://b.example/ {host}", f"https://c.example/ {cert}",
                                              f"https://c.example/ {os.path.dirname(cert)}/none.pem"]
    gw.write_config()
    done = gw.cli("check")
    assert done.code == 2
    for line in (r"rsa\.pem: its key is not of the curve P-256", r"sip\.p\.example\.pem names sip\.p\.example, not p\.example",
                 r"c\.example/ stands there twice, first in line \d+; keep one", r"none\.pem: No such file"):
        assert re.search(rf"aimgate\.yaml:\d+: peers\[0\]\.identity_keys: .*{line}", done.err), (line, done.err)
    gw.proc.send_signal(signal.SIGHUP)
    end = time.monotonic() + 10
    while "the old one stays" not in gw.log():
        assert time.monotonic() < end, gw.log_tail()
        time.sleep(0.1)
