"""Junk on every port: the one who sends it is refused or dropped, nobody else notices, nothing grows."""
import os
import random
import socket
import struct
import time

import pytest

import oscar_session as oscar
from oscar_wire import flap, snac, str8, tlv, u16, u32
from sip_ua import token

ALICE = "sip:alice@aim.test"


def conversation(gw, alice, bob):
    """Two bystanders can still talk both ways, promptly."""
    text = gw.text("still here")
    began = time.monotonic()
    got = bob.message(ALICE, text, timeout=5)
    assert got.status == 200, f"a bystander's MESSAGE: expected 200; got {got.start}"
    alice.wait("im", 5, text=text)
    text = gw.text("still there")
    alice.im("bob", text, ack=True)
    bob.wait("MESSAGE", 5, text=text)
    took = time.monotonic() - began
    assert took < 3, f"bystanders waited {took:.1f} s"


@pytest.fixture
def quiet(gateway, ua, aim):
    """A gateway with two bystanders, and a function that checks on them."""
    gw = gateway(["alice", "bob", "mallory"], peers=[{"domain": "sip.test", "route": "sip:127.0.0.1:9;transport=udp"}])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    conversation(gw, alice, bob)

    def check(what):
        assert gw.alive(), f"the gateway died of {what}; {gw.log_tail()}"
        conversation(gw, alice, bob)
    return gw, check


def tcp(port, data, wait=1.0, parts=1):
    """Sends bytes and gives what came back until the end or `wait`; True as second where the server closed."""
    with socket.create_connection(("127.0.0.1", port), timeout=5) as s:
        try:
            step = max(1, len(data) // parts)
            for at in range(0, len(data), step):
                s.sendall(data[at:at + step])
        except OSError:
            pass
        s.settimeout(wait)
        out = b""
        try:
            while True:
                part = s.recv(65536)
                if not part:
                    return out, True
                out += part
        except socket.timeout:
            return out, False
        except OSError:
            return out, True


HELLO = flap(1, 1, u32(1))
OSCAR_JUNK = {
    "no FLAP mark": (b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", True),
    "channel 9": (flap(9, 1, b"x"), True),
    "channel 0": (flap(0, 1, b"x"), True),
    "version 7": (flap(1, 1, u32(7)), True),
    "an empty channel 1": (flap(1, 1), True),
    "a SNAC before channel 1": (flap(2, 1, snac(0x17, 6, tlv(1, "alice"), 1)), None),
    "a SNAC of 3 bytes": (HELLO + flap(2, 2, b"\0\x17\0"), True),
    "17/06 without a name": (HELLO + flap(2, 2, snac(0x17, 6, b"", 1)), None),
    "17/06 with a TLV beyond the end": (HELLO + flap(2, 2, snac(0x17, 6, u16(1, 500) + b"ali", 1)), None),
    "a name of 250 bytes": (HELLO + flap(2, 2, snac(0x17, 6, tlv(1, "a" * 250), 1)), None),
    "a name with NUL and escapes": (HELLO + flap(2, 2, snac(0x17, 6, tlv(1, "al\0ice\x1b[2J\r\n"), 1)), None),
    "17/02 out of the blue": (HELLO + flap(2, 2, snac(0x17, 2, tlv(1, "alice") + tlv(0x25, bytes(16)), 1)), None),
    "17/02 with a short digest": (HELLO + flap(2, 2, snac(0x17, 6, tlv(1, "alice"), 1)) +
                                  flap(2, 3, snac(0x17, 2, tlv(1, "alice") + tlv(0x25, b"x"), 2)), None),
    "a service request before sign-on": (HELLO + flap(2, 2, snac(1, 2, b"", 1)), None),
    "a message before sign-on": (HELLO + flap(2, 2, snac(4, 6, bytes(8) + u16(1) + str8("alice"), 1)), None),
    "a made-up cookie": (flap(1, 1, u32(1) + tlv(6, os.urandom(256))), True),
    "the error channel": (HELLO + flap(3, 2, b"what"), True),
    "a sign-off": (HELLO + flap(4, 2), True),
}


def test_junk_on_the_oscar_port(quiet):
    gw, check = quiet
    for what, (data, closes) in OSCAR_JUNK.items():
        out, closed = tcp(gw.oscar_port, data, 1.0 if closes else 0.3)
        assert out[:10] in (b"", ) or out.startswith(b"\x2a\x01"), f"{what}: expected a channel 1 frame first; got {out[:40].hex()}"
        if closes:
            assert closed, f"{what}: expected the connection to be closed; got {out.hex()}"
    check("junk on the OSCAR port")


def broken_snacs():
    rng = random.Random(5190)
    for family, subtype in ((1, 0x17), (1, 8), (1, 0x1E), (2, 4), (2, 5), (2, 0x15), (3, 4), (3, 5), (4, 2), (4, 6), (4, 0x14),
                            (4, 8), (9, 5), (9, 7), (0x13, 5), (0x13, 8), (0x13, 9), (0x13, 0x0A), (0x13, 0x18), (0x15, 2),
                            (1, 4), (1, 0x11), (0x0B, 3)):
        yield family, subtype, b"", "empty"
        yield family, subtype, b"\xff" * 300, "all ones"
        yield family, subtype, bytes(rng.randrange(256) for _ in range(rng.randrange(1, 200))), "random"
    good = oscar.icbm(bytes(8), "alice", "hello", ack=True)
    for cut in range(0, len(good), 3):
        yield 4, 6, good[:cut], f"a message cut after {cut}"
    item = oscar.Item("bob", 1, 7, 0, [(0x131, b"x")]).bytes()
    for cut in range(1, len(item), 2):
        yield 0x13, 8, item[:cut], f"an item cut after {cut}"
    nested = b"<b>" * 2000
    yield 2, 4, tlv(3, "text/aolrtf; charset=\"" + "x" * 500) + tlv(4, nested), "an odd charset and much markup"
    yield 4, 6, oscar.icbm(bytes(8), "bob", "<" * 7000), "nothing but <"
    yield 4, 6, bytes(8) + u16(1) + str8("bob") + tlv(2, b"\1\1" + u16(9, 2, 0) + b"\xd8\0\xd8\0\xdc"), "lone surrogates"


def test_broken_requests_of_a_signed_on_client(quiet, aim):
    gw, check = quiet
    session = None
    for n, (family, subtype, body, what) in enumerate(broken_snacs()):
        if session is None or session.bos.closed:
            session = aim(gw, "mallory", oscar.AIM51)
        try:
            session.bos.send_snac(family, subtype, body)
        except OSError:
            pass
        if n % 25 == 24:
            check(f"{family:02x}/{subtype:02x} ({what})")
    check("broken SNACs")
    time.sleep(0.5)
    session.check()


SIP_HEAD = ("MESSAGE sip:alice@aim.test SIP/2.0\r\nVia: SIP/2.0/{T} 127.0.0.1:{P};branch=z9hG4bK{B};rport\r\nMax-Forwards: 70\r\n"
            "From: <sip:mallory@aim.test>;tag=1\r\nTo: <sip:alice@aim.test>\r\nCall-ID: {B}\r\nCSeq: 1 MESSAGE\r\n")
# what, the bytes, the codes of an answer (0: none is fine)
SIP_JUNK = [
    ("no SIP at all", "hello\r\n\r\n", (0, 400)),
    ("binary", "\0\1\2\3\xff\xfe" * 20, (0, 400)),
    ("SIP/7.0", SIP_HEAD.replace("SIP/2.0\r\nVia", "SIP/7.0\r\nVia") + "Content-Length: 0\r\n\r\n", (505,)),
    ("two spaces", SIP_HEAD.replace("MESSAGE sip", "MESSAGE  sip", 1) + "Content-Length: 0\r\n\r\n", (400, 0)),
    ("no Call-ID", SIP_HEAD.replace("Call-ID: {B}\r\n", "") + "Content-Length: 0\r\n\r\n", (400,)),
    ("no From", SIP_HEAD.replace("From: <sip:mallory@aim.test>;tag=1\r\n", "") + "Content-Length: 0\r\n\r\n", (400,)),
    ("no CSeq", SIP_HEAD.replace("CSeq: 1 MESSAGE\r\n", "") + "Content-Length: 0\r\n\r\n", (400,)),
    ("CSeq of another method", SIP_HEAD.replace("1 MESSAGE", "1 INVITE") + "Content-Length: 0\r\n\r\n", (400,)),
    ("CSeq over range", SIP_HEAD.replace("1 MESSAGE", "36893488147419103232 MESSAGE") + "Content-Length: 0\r\n\r\n", (400,)),
    ("two Call-IDs", SIP_HEAD + "Call-ID: other\r\nContent-Length: 0\r\n\r\n", (400,)),
    ("negative length", SIP_HEAD + "Content-Length: -999\r\n\r\n", (400,)),
    ("two lengths", SIP_HEAD + "Content-Length: 0\r\nContent-Length: 5\r\n\r\n", (400,)),
    ("an open quote", SIP_HEAD.replace("To: <", 'To: "alice <') + "Content-Length: 0\r\n\r\n", (400,)),
    ("<> around the URI", SIP_HEAD.replace("sip:alice@aim.test SIP", "<sip:alice@aim.test> SIP") + "Content-Length: 0\r\n\r\n",
     (400,)),
    ("%00 in the URI", SIP_HEAD.replace("sip:alice@aim.test SIP", "sip:ali%00ce@aim.test SIP") + "Content-Length: 0\r\n\r\n",
     (400, 401, 404, 407)),
    ("%FF in the URI", SIP_HEAD.replace("sip:alice@aim.test SIP", "sip:ali%FFce@aim.test SIP") + "Content-Length: 0\r\n\r\n",
     (400, 401, 404, 407)),
    ("an unknown scheme", SIP_HEAD.replace("sip:alice@aim.test SIP", "nobody:alice SIP") + "Content-Length: 0\r\n\r\n", (416,)),
    ("a header without a colon", SIP_HEAD + "Nonsense\r\nContent-Length: 0\r\n\r\n", (400, 401, 407)),
    ("300 headers", SIP_HEAD + "X-H: y\r\n" * 300 + "Content-Length: 0\r\n\r\n", (400, 401, 407, 513)),
    ("a header of 60 KB", SIP_HEAD + "X-H: " + "y" * 60000 + "\r\nContent-Length: 0\r\n\r\n", (0, 400, 401, 407, 513)),
    ("LF only", (SIP_HEAD + "Content-Length: 0\r\n\r\n").replace("\r\n", "\n"), (0, 400)),
    ("a broadcast Via", SIP_HEAD.replace("127.0.0.1:{P};", "255.255.255.255;") + "Content-Length: 0\r\n\r\n", (0, 400, 401, 407)),
]


def fill(text, transport, port):
    return text.replace("{T}", transport).replace("{P}", str(port)).replace("{B}", token()).encode("latin-1")


def status_of(data):
    return int(data[8:11]) if data.startswith(b"SIP/2.0 ") else 0


def test_junk_on_the_sip_udp_port(quiet):
    gw, check = quiet
    for what, text, codes in SIP_JUNK:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
            s.bind(("127.0.0.1", 0))
            s.settimeout(0.15 if 0 in codes else 2)
            data = fill(text, "UDP", s.getsockname()[1])
            s.sendto(data, ("127.0.0.1", gw.sip_port))
            try:
                got = s.recv(65536)
            except socket.timeout:
                got = b""
        assert status_of(got) in codes, f"{what}: expected {codes} (0 is no answer); got {got[:300]!r}"
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        for data in (b"", b"\r\n", b"\r\n\r\n", b"\0", os.urandom(1400), b"SIP/2.0 200 OK\r\n\r\n", b"SIP/2.0 99999 x\r\n\r\n"):
            s.sendto(data, ("127.0.0.1", gw.sip_port))
    check("junk on the SIP UDP port")


def test_junk_on_the_sip_tcp_port(quiet):
    gw, check = quiet
    for what, text, codes in SIP_JUNK:
        got, closed = tcp(gw.sip_port, fill(text, "TCP", 5999), 0.15 if 0 in codes else 1.0)
        assert status_of(got) in codes, f"{what}: expected {codes} (0 is no answer); got {got[:300]!r}"
    got, closed = tcp(gw.sip_port, fill(SIP_HEAD + "\r\n", "TCP", 5999), 1.0)
    assert status_of(got) == 400 and closed, f"no Content-Length on a stream: expected 400 and the end (S-156); got {got!r}"
    good = fill(SIP_HEAD + "Content-Length: 0\r\n\r\n", "TCP", 5999)
    got, _ = tcp(gw.sip_port, good * 3, 0.5)
    assert got.count(b"SIP/2.0 ") >= 1, "three at once"
    got, _ = tcp(gw.sip_port, fill(SIP_HEAD + "Content-Length: 0\r\n\r\n", "TCP", 5999), 0.5, parts=1000)
    assert status_of(got) in (401, 407), f"a byte at a time: expected a challenge; got {got!r}"
    got, closed = tcp(gw.sip_port, b"MESSAGE " + b"x" * 300000, 1.5)
    assert closed, f"300 KB without an end of line: expected 513, 400 or the end; got {got[:100]!r}"
    check("junk on the SIP TCP port")


def test_broken_documents(quiet, ua):
    gw, check = quiet
    mallory = ua(gw, "mallory", "tcp")
    lol = '<?xml version="1.0"?><!DOCTYPE l [<!ENTITY a "aaaaaaaaaa">' + "".join(
        f'<!ENTITY {c} "&{p};&{p};&{p};&{p};&{p};&{p};&{p};&{p};&{p};&{p};">' for p, c in zip("abcdefgh", "bcdefghi")) + \
        ']><presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:mallory@aim.test"><note>&i;</note></presence>'
    external = ('<?xml version="1.0"?><!DOCTYPE p [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
                '<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:mallory@aim.test"><note>&x;</note></presence>')
    deep = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:mallory@aim.test'>" + "<a>" * 3000
    many = "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='pres:mallory@aim.test'" + \
        "".join(f" a{n}='x'" for n in range(1500)) + "/>"
    for what, body in (("billion laughs", lol), ("an external entity", external), ("3000 levels", deep), ("not XML", "hello"),
                       ("1500 attributes", many), ("cut", mallory.pidf()[:-20]), ("NUL", mallory.pidf() + "\0")):
        began = time.monotonic()
        got = mallory.publish(body)
        assert 400 <= got.status < 500 or (what == "1500 attributes" and got.status == 200), \
            f"{what}: expected a refusal; got {got.start}"
        assert time.monotonic() - began < 2, f"{what} took {time.monotonic() - began:.1f} s"
        time.sleep(0.3)
    check("broken documents")


def test_odd_bodies_of_messages(quiet, ua):
    gw, check = quiet
    mallory = ua(gw, "mallory", "tcp")
    deep = b"Content-Type: text/plain\r\n\r\nx"
    for _ in range(12):
        deep = b"From: <im:a@b.c>\r\n\r\nContent-Type: message/cpim\r\n\r\n" + deep
    for kind, body in (("message/cpim", deep), ("message/cpim", b"\r\n\r\n"), ("multipart/mixed", b"no boundary"),
                       ("multipart/mixed;boundary=" + "b" * 200, b"--" + b"b" * 200), ("message/imdn+xml", b"<broken"),
                       ("text/plain;charset=utf-16", b"\xd8\0\xd8"), ("text/html", b"<" * 9000)):
        got = mallory.message(ALICE, body, kind=kind)
        assert 200 <= got.status < 500, f"{kind}: {got.start}"
    check("odd bodies")


def test_junk_on_the_admin_port(quiet):
    gw, check = quiet
    for data in (b"\0\1\2", b"GET " + b"/" * 20000 + b" HTTP/1.1\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"BREW /pot HTTP/1.1\r\n\r\n",
                 b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n"):
        out, _ = tcp(gw.admin_port, data, 0.3)
        assert b"root:" not in out
    out, _ = tcp(gw.admin_port, b"GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n", 1.0)
    assert out.startswith(b"HTTP/1.1 200"), f"/health while serving: expected 200; got {out[:200]!r}"
    check("junk on the admin port")


def resident(gw):
    with open(f"/proc/{gw.proc.pid}/statm", encoding="ascii") as f:
        return int(f.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def test_a_slow_reader_is_bounded(quiet, aim):
    """A client that stops reading is dropped or its messages are stored; memory does not grow with what is sent to it."""
    gw, check = quiet
    slow = aim(gw, "mallory", oscar.AIM51)
    link = slow.bos
    link.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    stop_reading(link)
    with oscar.Session(gw.oscar_port, "bob", gw.password("bob"), oscar.AIM51) as bob:
        bob.sign_on()
        before = resident(gw)
        text = "z" * 2000
        for n in range(1500):
            bob.bos.send_snac(4, 6, oscar.icbm(struct.pack(">Q", n), "mallory", text))
        bob.info("alice")
        grown = resident(gw) - before
    assert grown < 64 << 20, f"expected bounded memory for a reader that stopped; grew by {grown >> 20} MiB for 3 MB of texts"
    check("a slow reader")


def stop_reading(link):
    """Makes the session's reader thread wait for ever without closing."""
    def sleep(_n):
        time.sleep(30)
        return None
    link._exact = sleep


def test_silent_connections_are_closed_in_time(gateway):
    """The authorizer waits 30 s for a sign-on, a SIP stream 30 s for a whole message."""
    gw = gateway(["alice"])
    socks = {"OSCAR, nothing sent": socket.create_connection(("127.0.0.1", gw.oscar_port)),
             "OSCAR, half a frame": socket.create_connection(("127.0.0.1", gw.oscar_port)),
             "SIP, half a message": socket.create_connection(("127.0.0.1", gw.sip_port))}
    socks["OSCAR, half a frame"].sendall(b"\x2a\x01\0")
    socks["SIP, half a message"].sendall(b"MESSAGE sip:alice@aim.test SIP/2.0\r\nVia:")
    began, left = time.monotonic(), dict(socks)
    for s in socks.values():
        s.setblocking(False)
    while left and time.monotonic() - began < 40:
        for what, s in list(left.items()):
            try:
                if s.recv(4096) == b"":
                    del left[what]
            except BlockingIOError:
                pass
            except OSError:
                del left[what]
        time.sleep(0.1)
    for s in socks.values():
        s.close()
    assert not left, f"still open after 40 s: {sorted(left)}"


def test_many_connections_from_one_address_leave_room(quiet):
    gw, check = quiet
    socks = []
    try:
        for port in (gw.oscar_port, gw.sip_port):
            for _ in range(200):
                try:
                    socks.append(socket.create_connection(("127.0.0.1", port), timeout=2))
                except OSError:
                    break
        check("200 silent connections to each port")
    finally:
        for s in socks:
            s.close()
    check("their end")
