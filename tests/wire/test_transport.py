"""The ways of SIP messages: where answers go, whose answers count, what a dead end does, when connections end
(RFC 3261 18)."""
import re
import select
import socket
import threading
import time

import pytest

from sip_ua import UserAgent, token
from sip_wire import parse

ALICE = "sip:alice@aim.test"
PEER = {"domain": "sip.test"}


def peer(route):
    return [{**PEER, "route": route}]


def message(via, to=ALICE, sender="sip:carol@sip.test", method="MESSAGE", more="", body="hello"):
    """A request as octets; `via` is all of the Via value."""
    head = (f"{method} {to} SIP/2.0\r\nVia: {via}\r\nMax-Forwards: 70\r\nFrom: <{sender}>;tag={token(4)}\r\nTo: <{to}>\r\n"
            f"Call-ID: {token()}\r\nCSeq: 1 {method}\r\n{more}")
    if body:
        head += "Content-Type: text/plain\r\n"
    return (head + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()


def one_message(sock, timeout=5.0):
    """The next whole message of a stream, behind what only keeps it alive (RFC 3261 7.5); None at its end."""
    data = b""
    if sock.fileno() < 0:
        return None
    sock.settimeout(timeout)
    while True:
        head, sep, body = data.partition(b"\r\n\r\n")
        if sep and len(body) >= int(re.search(rb"(?i)content-length: *(\d+)", head)[1]):
            return parse(data)
        part = sock.recv(65536)
        if not part:
            return None
        data = (data + part).lstrip(b"\r\n")


# where an answer goes: RFC 3261 18.2.2, RFC 3581 4

def test_an_answer_takes_the_connection_of_its_request(gateway):
    gw = gateway(["alice"], peers=peer("sip:127.0.0.1:9;transport=tcp"))
    with socket.create_server(("127.0.0.1", 0)) as elsewhere, \
            socket.create_connection(("127.0.0.1", gw.sip_port)) as conn:
        conn.sendall(message(f"SIP/2.0/TCP 127.0.0.1:{elsewhere.getsockname()[1]};branch=z9hG4bK{token()}"))
        assert one_message(conn).status in (200, 202)
        assert not select.select([elsewhere], [], [], 0.3)[0], "a second connection for the answer"


def test_an_answer_finds_its_way_when_the_connection_is_gone(gateway, ua):
    """It is opened anew: to the address it came from, at the port of the Via."""
    gw = gateway(["bob"], peers=peer("sip:127.0.0.1:9;transport=tcp"))
    bob, slow = ua(gw, "bob"), threading.Event()
    bob.answers["MESSAGE"] = lambda m: slow.wait(10) and 200
    with socket.create_server(("127.0.0.1", 0)) as home:
        branch = "z9hG4bK" + token()
        conn = socket.create_connection(("127.0.0.1", gw.sip_port))
        conn.sendall(message(f"SIP/2.0/TCP 127.0.0.1:{home.getsockname()[1]};branch={branch}", "sip:bob@aim.test"))
        bob.wait("MESSAGE")
        conn.close()
        time.sleep(0.3)
        slow.set()
        home.settimeout(5)
        back, _ = home.accept()
        with back:
            got = one_message(back)
    assert got.status == 200 and got.branch == branch, got


def test_an_answer_over_udp_goes_where_the_via_says(gateway):
    """With rport to where it came from, else to the port of the Via; maddr is honoured."""
    gw = gateway(["alice"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as via, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for s, host in ((out, "127.0.0.1"), (via, "127.0.0.1"), (other, "127.0.0.7")):
            s.bind((host, via.getsockname()[1] if s is other else 0))
            s.settimeout(3)
        port = via.getsockname()[1]
        for params, where in (("", via), (";rport", out), (";maddr=127.0.0.7", other), (";maddr=127.0.0.7;rport", out)):
            request = message(f"SIP/2.0/UDP 127.0.0.1:{port};branch=z9hG4bK{token()}{params}", "sip:aim.test", method="OPTIONS",
                              body="")
            out.sendto(request, ("127.0.0.1", gw.sip_port))
            got = parse(where.recv(65536))
            assert got.status, f"{params}: {got}"


def test_answers_to_many_are_datagrams_of_their_own(gateway):
    """Those to one address may leave the gateway in one piece, where they are equally long, and come in their order."""
    gw = gateway(["alice"], peers=[{**PEER, "route": "sip:127.0.0.1:9;transport=udp",
                                    "from": ["127.0.0.1"], "limits": "none"}])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as one, \
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        asked = {one: [], other: []}
        for i in range(120):
            sock = other if i % 40 in (7, 8, 30) else one
            branch = "z9hG4bK" + token(4) + "x" * (i % 5 if i > 60 else 0)
            datagram = message(f"SIP/2.0/UDP 127.0.0.1:9;rport;branch={branch}", to="sip:aim.test",
                               method="OPTIONS", body="")
            asked[sock].append((branch, parse(datagram).want("Call-ID")))
            sock.sendto(datagram, ("127.0.0.1", gw.sip_port))
        for sock, expected in asked.items():
            sock.settimeout(5)
            answers = [parse(sock.recv(65536)) for _ in expected]
            assert all(a.status == 200 for a in answers)
            assert [(re.search("branch=([^;]*)", a.want("Via"))[1], a.want("Call-ID"))
                    for a in answers] == expected
            assert not select.select([sock], [], [], 0.1)[0]


def test_nothing_is_sent_to_many(gateway, ua, aim):
    """RFC 4475 3.3.10: broadcast, multicast and unspecified addresses in Via and Contact."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", register=False)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        s.settimeout(3)
        for bad in ("255.255.255.255", "239.1.2.3", "0.0.0.0"):
            request = message(f"SIP/2.0/UDP {bad}:{s.getsockname()[1]};maddr={bad};branch=z9hG4bK{token()}", "sip:aim.test",
                              method="OPTIONS", body="")
            s.sendto(request, ("127.0.0.1", gw.sip_port))
            assert parse(s.recv(65536)).status, f"{bad}: the answer goes to where the request came from"
    for bad in ("255.255.255.255", "239.1.2.3", "0.0.0.0"):
        for transport in ("udp", "tcp"):
            got = bob.register(contact=f"<sip:bob@{bad}:5060;transport={transport}>")
            if got.status == 200:               # then it is reached at where it registered from
                text = gw.text()
                alice.im("bob", text, ack=True)
                m = bob.wait("MESSAGE", text=text)
                assert m.source[0] == "127.0.0.1"
                bob.register(0, contact=f"<sip:bob@{bad}:5060;transport={transport}>")
            else:
                assert 400 <= got.status < 500, got


# whose answer counts: RFC 3261 18.1.2 and 17.1.3

def test_forged_answers_are_dropped(gateway, aim):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as far:
        far.bind(("127.0.0.1", 0))
        far.settimeout(3)
        gw = gateway(["alice"], peers=peer(f"sip:127.0.0.1:{far.getsockname()[1]};transport=udp"))
        alice = aim(gw, "alice")
        mark = alice.mark()
        asked = alice.im("carol@sip.test", gw.text())
        data, source = far.recvfrom(65536)
        m = parse(data)

        def answer(via=None, cseq=None, status="603 Decline"):
            return (f"SIP/2.0 {status}\r\nVia: {via or m.get('Via')}\r\nFrom: {m.get('From')}\r\nTo: {m.get('To')};tag=x\r\n"
                    f"Call-ID: {m.get('Call-ID')}\r\nCSeq: {cseq or m.get('CSeq')}\r\nContent-Length: 0\r\n\r\n").encode()
        ours = m.get("Via")
        host = re.match(r"SIP/2.0/UDP ([^;]+)", ours)[1]
        forged = {"a Via that is not ours": answer(via=ours.replace(host, "192.0.2.99:5060")),
                  "another port in our Via": answer(via=ours.replace(host, host.split(":")[0] + ":1")),
                  "another branch": answer(via=re.sub("branch=[^;]+", "branch=z9hG4bKforged", ours)),
                  "another method": answer(cseq="1 OPTIONS"),
                  "two Vias": answer(via=ours + "\r\nVia: SIP/2.0/UDP 192.0.2.99;branch=z9hG4bKx")}
        for octets in forged.values():
            far.sendto(octets, source)
        time.sleep(0.5)
        assert not alice.find("error", mark, id=asked), "a forged answer was believed"
        far.sendto(answer(), source)
        alice.wait("error", 3, since=mark, id=asked)


# dead ends: RFC 3261 18.4

@pytest.mark.parametrize("transport", ("udp", "tcp"))
def test_nobody_there_is_an_error_at_once(gateway, aim, transport):
    """ICMP port unreachable, a refused connection: the AIM user hears within 2 s, not after 32."""
    kind = socket.SOCK_DGRAM if transport == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, kind) as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    gw = gateway(["alice"], peers=peer(f"sip:127.0.0.1:{port};transport={transport}"))
    alice = aim(gw, "alice")
    began = time.monotonic()
    alice.im_refused("carol@sip.test", gw.text())
    took = time.monotonic() - began
    assert took < 2, f"expected an error in less than 2 s; it took {took:.1f} s"


def test_a_connection_that_breaks_is_an_error_at_once(gateway, aim):
    with socket.create_server(("127.0.0.1", 0)) as home:
        gw = gateway(["alice"], peers=peer(f"sip:127.0.0.1:{home.getsockname()[1]};transport=tcp"))
        alice = aim(gw, "alice")
        mark = alice.mark()
        asked = alice.im("carol@sip.test", gw.text())
        conn, _ = home.accept()
        one_message(conn)
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        began = time.monotonic()
        conn.close()                            # with a reset
        alice.wait("error", 2, since=mark, id=asked)
        assert time.monotonic() - began < 2


# the life of a connection

def test_connections_are_kept_and_slow_ones_are_not(gateway, aim, ua):
    """Two messages 35 s apart take one connection; one that dribbles a message for 30 s ends, whoever keeps it alive
    by CRLF stays."""
    accepted = []
    with socket.create_server(("127.0.0.1", 0)) as home:
        gw = gateway(["alice", "bob"], peers=peer(f"sip:127.0.0.1:{home.getsockname()[1]};transport=tcp"))
        alice = aim(gw, "alice")

        def serve():
            while True:
                try:
                    conn, _ = home.accept()
                except OSError:
                    return
                accepted.append(conn)
                threading.Thread(target=answer_all, args=(conn,), daemon=True).start()

        def answer_all(conn):
            while (m := one_message(conn, 120)) is not None:
                conn.sendall(f"SIP/2.0 200 OK\r\nVia: {m.get('Via')}\r\nFrom: {m.get('From')}\r\nTo: {m.get('To')};tag=x\r\n"
                             f"Call-ID: {m.get('Call-ID')}\r\nCSeq: {m.get('CSeq')}\r\nContent-Length: 0\r\n\r\n".encode())
        threading.Thread(target=serve, daemon=True).start()
        drip = socket.create_connection(("127.0.0.1", gw.sip_port))
        awake = socket.create_connection(("127.0.0.1", gw.sip_port))
        alice.im("carol@sip.test", gw.text(), ack=True)
        text, began, ended = message(f"SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{token()}"), time.monotonic(), None
        for n in range(48):
            if ended is None:
                try:
                    drip.sendall(text[n:n + 1])
                    if select.select([drip], [], [], 0)[0] and drip.recv(100) == b"":
                        ended = time.monotonic() - began
                except OSError:
                    ended = time.monotonic() - began
            if n % 8 == 0:
                awake.sendall(b"\r\n\r\n")
            time.sleep(1)
            if n == 35:
                alice.im("carol@sip.test", gw.text(), ack=True)
        assert len(accepted) == 1, f"expected one connection for both; got {len(accepted)}"
        assert ended and 25 < ended < 47, f"a message a byte a second: closed after {ended} s"
        awake.settimeout(2)
        assert awake.recv(100).startswith(b"\r\n")
        awake.sendall(message(f"SIP/2.0/TCP 127.0.0.1:9;branch=z9hG4bK{token()}", "sip:aim.test", method="OPTIONS", body=""))
        assert one_message(awake) is not None
        for s in (drip, awake, *accepted):
            s.shutdown(socket.SHUT_RDWR) if s is not drip else s.close()


def test_a_phone_is_reached_over_the_connection_it_registered_on(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice")
    with UserAgent(gw.sip_port, "bob", gw.password("bob"), "aim.test", "tcp") as bob:
        assert bob.register(contact="<sip:bob@192.0.2.77:5060;transport=tcp>").status == 200    # behind a NAT
        text = gw.text()
        alice.im("bob", text, ack=True)
        m = bob.wait("MESSAGE", text=text)
        assert m.sock is bob.stream


@pytest.mark.parametrize("agent, paced", [("Purple/2.14.12", True), ("Linphone/4.2", False)])
def test_a_phone_that_takes_one_message_at_once_is_sent_no_two(gateway, ua, agent, paced):
    """libpurple reads the second message of a segment with the next octets that come. 200 to SUBSCRIBE and the first
    NOTIFY leave together, to others."""
    gw = gateway(["alice", "bob"])
    bob, alice = ua(gw, "bob", "tcp", register=False), ua(gw, "alice")
    bob.takes_one = True
    assert bob.register(headers=[("User-Agent", agent)]).status == 200
    sub = bob.subscribe(ALICE)
    assert sub.response.status == 200
    if not paced:
        bob.never("NOTIFY", 1.0)
        return
    sub.wait(timeout=2)
    for n in range(3):
        alice.publish(alice.pidf(note=f"here {n}"))
        text = gw.text()
        assert alice.message("sip:bob@aim.test", text).status == 200
        bob.wait("MESSAGE", text=text)
    sub.wait(after=1)
    assert bob.pongs == 0 and bob.buffers[bob.stream] == b""
