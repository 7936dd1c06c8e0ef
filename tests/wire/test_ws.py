"""SIP over WebSocket (RFC 7118): the opening, frames, one SIP message each, registrations that live by their connection,
messages and presence between a scripted browser and AIM."""
import re
import signal
import socket
import subprocess
import time

import pytest

import oscar_session as oscar
from clientlib import free_port
from gateway import Capture
from sip_ua import token
from sip_wire import uri_of
from ws_client import BINARY, CLOSE, CONTINUED, PING, PONG, TEXT, Refused, WebPhone, WebSocket, request

ALICE = "sip:alice@aim.test"
BOB = "sip:bob@aim.test"


@pytest.fixture
def web(gateway):
    """A gateway with sip.ws; .ws_port."""
    def make(users=(), sip=(), tls=None, **more):
        port = free_port()
        config = {"sip": {"ws": f"127.0.0.1:{port}", **dict(sip)}, **({"tls": tls} if tls else {})}
        gw = gateway(users, config=config, **more)
        gw.ws_port = port
        return gw
    return make


@pytest.fixture
def secure(web, pki):
    """A gateway with sip.ws and sip.wss; .wss_port, .tls for calling it."""
    def make(users=(), sip=(), **more):
        port = free_port()
        pair = pki.issue("web.test", san="DNS:aim.test,DNS:localhost,IP:127.0.0.1")
        gw = web(users, sip={"wss": f"127.0.0.1:{port}", **dict(sip)}, tls={"certificate": pair[0], "key": pair[1]}, **more)
        gw.wss_port, gw.tls = port, pki.client()
        return gw
    return make


@pytest.fixture
def phone(closing):
    """A registered WebPhone."""
    def make(gw, name, register=True, transport="ws", **more):
        port, tls = (gw.wss_port, gw.tls) if transport == "wss" else (gw.ws_port, None)
        agent = WebPhone(port, name, gw.password(name), "aim.test", transport, tls=tls, **more)
        closing.append(agent)
        if register:
            assert agent.register().status == 200
        return agent
    return make


@pytest.fixture
def socket_to(closing):
    def make(gw, **more):
        ws = WebSocket(gw.ws_port, **more)
        closing.append(ws)
        return ws
    return make


def options(method="OPTIONS", uri="sip:aim.test", body=b"", length=True, via="SIP/2.0/WS df7jal23ls0d.invalid", extra=""):
    head = (f"{method} {uri} SIP/2.0\r\nVia: {via};branch=z9hG4bK{token()}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:bob@aim.test>;tag={token(4)}\r\nTo: <{uri}>\r\nCall-ID: {token()}\r\nCSeq: 1 {method}\r\n{extra}")
    return (head + (f"Content-Length: {len(body)}\r\n" if length else "") + "\r\n").encode() + body


def status_of(answer):
    opcode, payload = answer
    assert opcode in (TEXT, BINARY)
    return int(payload.split(b" ", 2)[1])


# the opening

def test_the_subprotocol_is_echoed_and_nothing_else_is_offered(web, socket_to):
    """S-438 (HTTP upgrade with Sec-WebSocket-Protocol: sip; 101 echoes sip), RFC 7118 4.1"""
    gw = web()
    ws = socket_to(gw, protocol="xmpp, sip", extra=["Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits"])
    ws.send(options())
    assert status_of(ws.message()) == 200


@pytest.mark.parametrize("what, status, asks", [
    ("no subprotocol", 400, dict(protocol=None)),
    ("another one", 400, dict(protocol="xmpp")),
    ("no key", 400, dict(drop=("Sec-WebSocket-Key",))),
    ("an old version", 426, dict(drop=("Sec-WebSocket-Version",), extra=["Sec-WebSocket-Version: 8"])),
    ("no upgrade: a browser that looks", 426, dict(drop=("Upgrade", "Connection"))),
    ("POST", 405, dict(method="POST")),
    ("HTTP/1.0", 400, dict(version="1.0")),
    ("a body", 400, dict(extra=["Content-Length: 5"])),
    ("too many headers", 431, dict(extra=[f"X-{n}: {'y' * 200}" for n in range(50)])),
], ids=lambda v: v if isinstance(v, str) else "")
def test_what_is_no_opening_gets_no_101(web, socket_to, what, status, asks):
    """S-438 (absent: 400, no 101), RFC 7118 4.1; RFC 6455 4.2"""
    gw = web()
    with pytest.raises(Refused) as refused:
        socket_to(gw, **asks)
    assert refused.value.status == status
    assert refused.value.head["connection"].endswith("close")
    if status == 426:
        assert refused.value.head["sec-websocket-version"] == "13" and refused.value.head["upgrade"] == "websocket"


def test_an_opening_in_single_octets_and_a_message_in_the_same_breath(web, socket_to):
    gw = web()
    ws = socket_to(gw, open_it=False)
    for octet in request(ws.host, ws.key):
        ws.sock.sendall(bytes([octet]))
    ws.opened()
    other = socket_to(gw, open_it=False)
    other.sock.sendall(request(other.host, other.key) + other.encode(TEXT, options()))
    other.opened()
    assert status_of(other.message()) == 200


def test_what_is_no_HTTP_is_refused(web):
    gw = web()
    for junk in (options(), b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", b"\r\n\r\n\r\n\r\n"):
        with socket.create_connection(("127.0.0.1", gw.ws_port), timeout=5) as s:
            s.sendall(junk)
            got = s.recv(4096)
            assert got.startswith(b"HTTP/1.1 400 "), got


# the origin

@pytest.mark.parametrize("origin, host, welcome", [
    (None, None, True),
    ("http://127.0.0.1:8000", None, True),
    ("https://127.0.0.1", None, True),
    ("http://localhost:3000", "localhost", True),
    ("http://aim.test", "aim.test:80", True),
    ("http://localhost:3000", None, False),
    ("https://evil.example", None, False),
    ("https://evil.example", "evil.example", False),       # its name made to lead here
    ("null", None, False),
    ("file://", None, False),
    ("https://127.0.0.1.evil.example", None, False),
])
def test_pages_of_the_same_host_only(web, socket_to, origin, host, welcome):
    """S-446 (origin check at upgrade: wrong Origin: 403), RFC 7118 9"""
    gw = web()
    more = {"ask_host": host} if host else {}
    if welcome:
        socket_to(gw, origin=origin, **more)
        return
    with pytest.raises(Refused) as refused:
        socket_to(gw, origin=origin, **more)
    assert refused.value.status == 403
    assert "a WebSocket was refused" in gw.log()


def test_a_list_of_origins_and_SIGHUP(web, socket_to):
    gw = web(sip={"ws_origins": ["https://chat.example.org", "http://localhost:3000"]})
    for origin, welcome in (("https://chat.example.org", True), ("HTTPS://Chat.Example.org", True), ("http://localhost:3000", True),
                            ("http://chat.example.org", False), ("https://chat.example.org:8443", False),
                            ("http://127.0.0.1", False)):
        if welcome:
            socket_to(gw, origin=origin)
        else:
            with pytest.raises(Refused):
                socket_to(gw, origin=origin)
    gw.config["sip"]["ws_origins"] = "*"
    gw.write_config()
    gw.proc.send_signal(signal.SIGHUP)
    end = time.monotonic() + 5
    while "the configuration was reloaded" not in gw.log() and time.monotonic() < end:
        time.sleep(0.02)
    socket_to(gw, origin="https://anything.example")


# frames

@pytest.mark.parametrize("what, code, frames", [
    ("no mask", 1002, [dict(opcode=TEXT, payload=b"x", mask=False)]),
    ("no mask on a ping", 1002, [dict(opcode=PING, payload=b"x", mask=False)]),
    ("reserved bit 1", 1002, [dict(opcode=TEXT, payload=b"x", rsv=4)]),
    ("reserved bits 2 and 3", 1002, [dict(opcode=TEXT, payload=b"x", rsv=3)]),
    ("opcode 3", 1002, [dict(opcode=3, payload=b"x")]),
    ("opcode 15", 1002, [dict(opcode=15)]),
    ("a ping in pieces", 1002, [dict(opcode=PING, payload=b"x", fin=False)]),
    ("a ping of 126 octets", 1002, [dict(opcode=PING, payload=b"x" * 126)]),
    ("a continuation of nothing", 1002, [dict(opcode=CONTINUED, payload=b"x")]),
    ("a message inside of another", 1002, [dict(opcode=TEXT, payload=b"x", fin=False), dict(opcode=TEXT, payload=b"y")]),
    ("invalid UTF-8 in text", 1007, [dict(opcode=TEXT, payload=b"OPTIONS \xff\xfe")]),
    ("a half character at the end", 1007, [dict(opcode=TEXT, payload=b"\xe2", fin=False), dict(opcode=CONTINUED, payload=b"\x98")]),
    ("a surrogate in text", 1007, [dict(opcode=TEXT, payload=b"\xed\xa0\x80")]),
    ("too long a message", 1009, [dict(opcode=TEXT, payload=b"x" * 65537)]),
    ("too long in pieces", 1009, [dict(opcode=TEXT, payload=b"x" * 40000, fin=False), dict(opcode=CONTINUED, payload=b"x" * 40000)]),
    ("a close of one octet", 1002, [dict(opcode=CLOSE, payload=b"\x03")]),
    ("a close with code 1006", 1002, [dict(opcode=CLOSE, payload=b"\x03\xee")]),
    ("a close with a reason that is no UTF-8", 1007, [dict(opcode=CLOSE, payload=b"\x03\xe8\xff")]),
    ("a normal close", 1000, [dict(opcode=CLOSE, payload=b"\x03\xe8bye")]),
    ("going away", 1001, [dict(opcode=CLOSE, payload=b"\x03\xe9")]),
    ("a close without a code", None, [dict(opcode=CLOSE)]),
], ids=lambda v: v if isinstance(v, str) else "")
def test_frames_that_end_a_connection(web, socket_to, what, code, frames):
    """S-439 (RFC 6455 framing: unmasked client frame: close 1002), RFC 7118 4; RFC 6455 5 and 7"""
    gw = web()
    ws = socket_to(gw)
    for frame in frames:
        ws.frame(**frame)
    assert ws.ends_with() == code


def test_pings_are_answered_between_the_pieces_of_a_message(web, socket_to):
    """S-439 (fragmentation, ping/pong), S-445 (keep-alive by WebSocket ping), RFC 6455 5.4, 5.5"""
    gw = web()
    ws = socket_to(gw)
    text = options()
    ws.frame(TEXT, text[:10], fin=False)
    ws.frame(PING, b"are you there")
    assert ws.next() == (PONG, b"are you there")
    ws.frame(CONTINUED, text[10:50], fin=False)
    ws.frame(PONG, b"unasked")
    ws.frame(CONTINUED, b"", fin=False)
    ws.frame(PING)
    assert ws.next() == (PONG, b"")
    ws.frame(CONTINUED, text[50:])
    assert status_of(ws.message()) == 200
    for octet in ws.encode(TEXT, options()):
        ws.sock.sendall(bytes([octet]))
    assert status_of(ws.message()) == 200


def test_ten_messages_in_one_segment(web, socket_to):
    gw = web()
    ws = socket_to(gw)
    ws.sock.sendall(b"".join(ws.encode(TEXT if n % 2 else BINARY, options()) for n in range(10)))
    assert [status_of(ws.message()) for _ in range(10)] == [200] * 10


def test_keep_alive_by_crlf(web, socket_to):
    """S-445 (keep-alive by CRLF text frames or WebSocket ping: both kinds answered), RFC 7118 6, RFC 5626 4.4.1"""
    gw = web()
    ws = socket_to(gw)
    ws.send(b"\r\n\r\n")
    assert ws.next() == (TEXT, b"\r\n")
    ws.send(b"\r\n")                        # an answer to nothing
    ws.send(b"")
    ws.send(options())
    assert status_of(ws.message()) == 200


# one SIP message each

def test_content_length_is_not_needed(web, socket_to):
    """S-441 (Content-Length not needed), RFC 7118 5"""
    gw = web()
    ws = socket_to(gw)
    ws.send(options(length=False))
    assert status_of(ws.message()) == 200
    ws.send(b"\r\n" + options())            # RFC 3261 7.5: empty lines ahead are passed over
    assert status_of(ws.message()) == 200


@pytest.mark.parametrize("what, payload, answer", [
    ("two in one", options() + options(), 400),
    ("an octet behind the body", options(body=b"abc") + b"d", 400),
    ("less than Content-Length says", options(body=b"abc")[:-1], 400),
    ("no end of the headers", options()[:-2], None),
    ("two lengths", options(extra="Content-Length: 0\r\n"), 400),
    ("no SIP", b"hello", None),
    ("no SIP, long", b"hello world\r\n\r\n", None),
], ids=lambda v: v if isinstance(v, str) else "")
def test_exactly_one_message_or_the_end(web, socket_to, what, payload, answer):
    """S-441 (one SIP message per WebSocket message, exactly; trailing bytes = malformed, 400/close), RFC 7118 5"""
    gw = web()
    ws = socket_to(gw)
    ws.send(payload)
    if answer:
        assert status_of(ws.next()) == answer
    assert ws.ends_with() == 1002


def test_text_and_binary_are_the_same_and_what_is_no_text_goes_as_binary(web, phone, ua, aim):
    """S-440 (text and binary frames both accepted; non-UTF-8 message sent as binary), RFC 7118 4.2"""
    gw = web(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice"), phone(gw, "bob")
    for opcode in (TEXT, BINARY):
        bob.opcode = opcode
        text = gw.text("h\u00e9llo \u263a")
        assert bob.message(ALICE, text).status == 200
        alice.wait("im", text=text)
    assert set(bob.kinds) == {TEXT}
    ws = WebSocket(gw.ws_port)
    raw = options(extra="Subject: caf\u00e9\r\n").replace("caf\u00e9".encode(), b"caf\xe9")
    ws.send(raw.replace(b"From: <", b'From: "caf\xe9" <'), BINARY)
    opcode, payload = ws.message()          # From comes back as it was
    assert opcode == BINARY and b"caf\xe9" in payload and payload.startswith(b"SIP/2.0 ")
    ws.close()


# registrations

def test_a_browser_registers_by_outbound_and_gets_its_answers(web, phone):
    """S-442 (Via WS; client sent-by usually *.invalid), RFC 7118 5.1 to 5.3; S-377 (outbound), RFC 5626 6"""
    gw = web(["bob"])
    bob = phone(gw, "bob", register=False)
    got = bob.register(600)
    assert got.status == 200 and "outbound" in got.list("Require")
    mine = got.want("Contact")
    assert mine.startswith(f"<{uri_of(bob.contact)}>") and ";reg-id=1" in mine, mine
    assert f';+sip.instance="<{bob.instance}>"' in mine and 0 < int(re.search(r";expires=(\d+)", mine)[1]) <= 600
    row = gw.ok("session", "list", "--json").json
    assert any(r.get("transport") == "WS" for r in row), row
    assert not bob.unregister().list("Contact")


@pytest.mark.parametrize("transport", ["ws", "wss"])
def test_messages_and_presence_both_ways(secure, phone, aim, transport):
    """S-014 (UDP, TCP, TLS, WS/WSS), draft 5"""
    gw = secure(["alice", "bob"], capture=transport == "ws")
    alice, bob = aim(gw, "alice", oscar.BARNOWL), phone(gw, "bob", transport=transport)
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    sub = bob.subscribe(ALICE)
    assert sub.response.status == 200
    notify = sub.wait(text=lambda t: "<basic>open</basic>" in t)
    assert notify.uri == uri_of(bob.contact)
    for _ in range(3):
        text = gw.text("\u263a")
        assert bob.message(ALICE, text).status == 200
        alice.wait("im", text=text)
        text = gw.text("hello")
        alice.im("bob", text, ack=True)
        got = bob.wait("MESSAGE", text=text)
        assert got.uri == uri_of(bob.contact) and got.address("From") == "alice@aim.test"
    assert bob.publish(bob.pidf(activity="away", note="out")).status == 200
    alice.wait("arrived", who="bob", away=True)
    alice.away("gone fishing")
    sub.wait(text=lambda t: "gone fishing" in t)
    assert sub.refresh(0).status == 200
    assert bob.unregister().status == 200       # and what it published goes along
    alice.wait("departed", 15, who="bob")


def test_a_silent_browser_is_sent_nothing_twice(web, phone, aim):
    """S-443 (reliable transport timers: no E retransmit), RFC 7118 5: no retransmission on a silent WS peer in 10 s"""
    gw = web(["alice", "bob"])
    alice, bob = aim(gw, "alice"), phone(gw, "bob")
    bob.answers["MESSAGE"] = None
    text = gw.text()
    alice.im("bob", text)
    bob.wait("MESSAGE", text=text)
    time.sleep(10)
    assert bob.retransmitted == 0


def test_nobody_is_called_back(web, phone, aim, closing):
    """S-444 (requests towards a WS client only over its own connection; never connect to a *.invalid Contact: closed
    socket: 430/480), RFC 7118 5.5"""
    gw = web(["alice", "bob", "carol"])
    gw.ok("user", "set", "bob", "store_messages", "off")
    carol, bob = phone(gw, "carol"), phone(gw, "bob", register=False)
    listener = socket.create_server(("127.0.0.1", 0))
    closing.append(listener)
    listener.setblocking(False)
    port = listener.getsockname()[1]
    bob.contact = f"<sip:bob@127.0.0.1:{port};transport=tcp>"       # it says where it could be reached: it is not asked
    assert bob.register().status == 200
    text = gw.text()
    assert carol.message(BOB, text).status == 200
    bob.wait("MESSAGE", text=text)
    bob.web.sock.shutdown(socket.SHUT_RDWR)
    time.sleep(0.3)
    assert carol.message(BOB, gw.text()).status == 480
    with pytest.raises(BlockingIOError):
        listener.accept()


def test_what_was_stored_comes_when_the_browser_comes_back(web, phone):
    """A page that lost its connection: what is written to it meanwhile waits for the new one."""
    gw = web(["bob", "carol"])
    carol, bob = phone(gw, "carol"), phone(gw, "bob")
    bob.web.sock.shutdown(socket.SHUT_RDWR)
    time.sleep(0.3)
    text = gw.text()
    assert carol.message(BOB, text).status == 202
    bob.reopen()
    assert bob.register().status == 200
    bob.wait("MESSAGE", text=text)
    text = gw.text()
    assert carol.message(BOB, text).status == 200
    bob.wait("MESSAGE", text=text)


def test_what_a_browser_published_is_its_own_on_the_next_connection_too(web, phone):
    """It goes when the browser says that it goes, and not before."""
    gw = web(["bob"])
    bob = phone(gw, "bob")
    assert bob.publish(bob.pidf(activity="away")).status == 200
    bob.reopen()
    assert bob.register().status == 200
    assert bob.publish("", etag=bob.etag).status == 200
    assert bob.unregister().status == 200
    assert bob.publish("", etag=bob.etag).status == 412


def test_a_closed_page_is_offline_after_twenty_seconds(web, phone, aim):
    gw = web(["alice", "bob"])
    alice, bob = aim(gw, "alice"), phone(gw, "bob")
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    bob.web.frame(CLOSE, b"\x03\xe9")
    began = time.monotonic()
    alice.never("departed", 12, who="bob")
    alice.wait("departed", 15, who="bob")
    assert 15 < time.monotonic() - began < 26


def test_a_name_in_a_made_up_domain_asks_no_resolver(web, phone, aim):
    """S-444 (no DNS query for .invalid), RFC 7118 App. B"""
    gw = web(["alice", "bob"])
    alice, bob = aim(gw, "alice"), phone(gw, "bob", outbound=False)
    sub = bob.subscribe(ALICE)
    sub.wait(text=lambda t: "<basic>open</basic>" in t)
    text = gw.text()
    alice.im("bob", text)
    bob.wait("MESSAGE", text=text)
    assert bob.message(ALICE, gw.text()).status == 200


# under TLS

def test_options_under_TLS_and_no_certificate_is_asked_for(secure, closing):
    """S-090 (TLS and WSS listeners answer OPTIONS), draft 6.10.1"""
    gw = secure()
    ws = WebSocket(gw.wss_port, tls=gw.tls, origin="https://127.0.0.1")
    closing.append(ws)
    ws.send(options(via="SIP/2.0/WSS df7jal23ls0d.invalid"))
    assert status_of(ws.message()) == 200
    ws.frame(TEXT, b"x", mask=False)
    assert ws.ends_with() == 1002
    asked = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{gw.wss_port}", "-servername", "aim.test", "-tls1_2"],
                           input="", capture_output=True, text=True, timeout=20)
    assert "No client certificate CA names sent" in asked.stdout, asked.stdout
    assert "Requested Signature Algorithms" not in asked.stdout, asked.stdout


def test_the_clear_at_the_door_of_TLS_is_let_go(secure):
    gw = secure()
    with socket.create_connection(("127.0.0.1", gw.wss_port), timeout=5) as s:
        s.sendall(request("127.0.0.1", "dGhlIHNhbXBsZSBub25jZQ=="))
        got = s.recv(4096)
        assert not got.startswith(b"HTTP"), got


def test_a_new_certificate_by_SIGHUP(secure, phone, pki, aim):
    gw = secure(["alice", "bob"])
    alice, bob = aim(gw, "alice"), phone(gw, "bob", transport="wss")

    def shown():
        ws = WebSocket(gw.wss_port, tls=gw.tls)
        serial = ws.sock.sock.getpeercert()["serialNumber"]
        ws.close()
        return serial
    before = shown()
    pair = pki.issue("web2.test")
    gw.config["tls"] = {"certificate": pair[0], "key": pair[1]}
    gw.write_config()
    gw.proc.send_signal(signal.SIGHUP)
    end = time.monotonic() + 5
    while shown() == before and time.monotonic() < end:
        time.sleep(0.05)
    assert shown() != before
    text = gw.text()
    alice.im("bob", text)
    bob.wait("MESSAGE", text=text)          # who was there stays


def test_a_sips_contact_is_for_TLS_only(secure, phone, aim):
    """S-447 (sips over WSS only), RFC 7118 9.2"""
    gw = secure(["alice", "bob", "carol"])
    gw.ok("user", "set", "bob", "store_messages", "off")
    carol = phone(gw, "carol")
    for transport, taken, code in (("ws", 403, 480), ("wss", 200, 200)):
        bob = phone(gw, "bob", transport=transport, register=False)
        bob.contact = f"<sips:{token(4)}@{bob.ghost};transport=ws>"
        assert bob.register().status == taken
        assert carol.message(BOB, gw.text()).status == code
        bob.unregister()


def test_wireshark_reads_every_message(web, phone, aim, tmp_path):
    gw = web(["alice", "bob"])
    capture = Capture(str(tmp_path / "ws.pcap"), {gw.ws_port})
    alice, bob = aim(gw, "alice"), phone(gw, "bob")
    bob.subscribe(ALICE).wait(text=lambda t: "<basic>open</basic>" in t)
    for _ in range(5):
        text = gw.text("\u263a")
        assert bob.message(ALICE, text).status == 200
        alice.im("bob", text)
        bob.wait("MESSAGE", text=text)
    bob.web.frame(PING, b"x")
    bob.close()
    capture.stop()
    done = subprocess.run(["tshark", "-r", capture.path, "-n", "-d", f"tcp.port=={gw.ws_port},http", "-Y",
                           f"websocket and tcp.srcport=={gw.ws_port}", "-T", "fields", "-e", "frame.protocols", "-e", "sip.Method",
                           "-e", "sip.Status-Code", "-e", "_ws.malformed"], capture_output=True, text=True, timeout=60)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert not any(row[3] for row in rows), rows
    sip = [row for row in rows if "sip" in row[0].split(":")]
    assert sum(row[1].count("MESSAGE") for row in sip) == 5 and any("NOTIFY" in row[1] for row in sip), rows
    assert any("200" in row[2] for row in sip), rows


# the listener

def test_a_stop_says_going_away(web, phone):
    gw = web(["bob"])
    bob = phone(gw, "bob")
    gw.stop()
    end = time.monotonic() + 5
    while bob.ended is None and time.monotonic() < end:
        time.sleep(0.02)
    assert bob.ended == 1001


def test_who_opens_nothing_is_let_go(web):
    gw = web()
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", gw.ws_port), timeout=40) as s:
        s.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert s.recv(100) == b""
    assert 10 < time.monotonic() - began < 32


def test_the_clear_is_for_loopback_unless_the_operator_says_otherwise(gateway):
    """S-447 (config with ws on a public address needs an explicit switch), RFC 7118 9.1"""
    gw = gateway(start=False, config={"sip": {"ws": "0.0.0.0:8088"}})
    got = gw.cli("check")
    assert got.code == 2 and "sip.ws: 0.0.0.0:8088 is not loopback" in got.err and "sip.ws_public: true" in got.err
    gw.config["sip"]["ws_public"] = True
    gw.write_config()
    gw.ok("check")
