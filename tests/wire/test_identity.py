"""Who may claim to be whom, as a stranger, a peer or a user of ours would try it: single requests from chosen addresses
and ports, without credentials."""
import os
import socket

import pytest

from clientlib import free_port

ALICE, BOB = "sip:alice@aim.test", "sip:bob@aim.test"


class Sender:
    """One socket; `ask` sends a request and gives the status of its answer."""

    def __init__(self, gw, host="127.0.0.1", port=0, tcp=False, to="127.0.0.1"):
        self.tcp, self.to = tcp, (to, gw.sip_port)
        self.sock = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET,
                                  socket.SOCK_STREAM if tcp else socket.SOCK_DGRAM)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.sock.bind((host, port))
        self.sock.settimeout(5)
        if tcp:
            self.sock.connect(self.to)

    def ask(self, from_, to=ALICE, method="MESSAGE", uri=None, more=()):
        name, body = os.urandom(6).hex(), "hello" if method == "MESSAGE" else ""
        host, port = self.sock.getsockname()[:2]
        host = f"[{host}]" if ":" in host else host
        lines = [f"{method} {uri or to} SIP/2.0",
                 f"Via: SIP/2.0/{'TCP' if self.tcp else 'UDP'} {host}:{port};branch=z9hG4bK{name};rport", "Max-Forwards: 70",
                 f"From: {from_ if '<' in from_ else f'<{from_}>'};tag={name}", f"To: <{to}>", f"Call-ID: {name}",
                 f"CSeq: 1 {method}", *more]
        lines += ["Content-Type: text/plain"] if body else [f"Contact: <sip:x@{host}:{port}>"]
        data = "\r\n".join([*lines, f"Content-Length: {len(body)}", "", body]).encode()
        self.sock.sendall(data) if self.tcp else self.sock.sendto(data, self.to)
        while True:                             # what else comes to a peer's port is not for us
            self.answer, self.source = self.sock.recvfrom(65536)
            if self.answer.startswith(b"SIP/2.0 ") and name.encode() in self.answer:
                return int(self.answer[8:11])

    def close(self):
        self.sock.close()


@pytest.fixture
def world(gateway, closing):
    """Peers: p1 and p2 by UDP routes on one address, p3 by its address alone, p4 by address and port."""
    ports = [free_port() for _ in range(4)]
    routes = [{"domain": "p1.example", "route": f"sip:127.0.0.1:{ports[0]}"},
              {"domain": "p2.example", "route": f"sip:127.0.0.1:{ports[1]}"},
              {"domain": "p3.example", "route": f"sip:127.0.0.3:{ports[2]};transport=tcp", "from": ["127.0.0.3"]},
              {"domain": "p4.example", "route": "sip:127.0.0.4:5060;transport=tcp", "from": [f"127.0.0.4:{ports[3]}"]}]
    gw = gateway(["alice", "bob"], peers=routes)

    def make(who="", tcp=False):
        host, port = {"": ("127.0.0.1", 0), "p1": ("127.0.0.1", ports[0]), "p2": ("127.0.0.1", ports[1]),
                      "p3": ("127.0.0.3", 0), "p4": ("127.0.0.4", ports[3]), "not p4": ("127.0.0.4", 0)}[who]
        sender = Sender(gw, host, port, tcp)
        closing.append(sender)
        return sender
    return gw, make


PEERS = [  # from where, over TCP, From, answer
    ("p1", False, "sip:joe@p1.example", 200), ("p1", False, "im:joe@p1.example", 200), ("p1", False, "sip:joe@P1.Example", 200),
    ("p1", False, "\"bob\" <sip:joe@p1.example>", 200), ("p1", False, "sip:joe@sub.p1.example", 403),
    ("p2", False, "sip:joe@p1.example", 403), ("", False, "sip:joe@p1.example", 403), ("", True, "sip:joe@p1.example", 200),
    ("p3", False, "sip:joe@p3.example", 200), ("p3", True, "sip:joe@p3.example", 200), ("", True, "sip:joe@p3.example", 403),
    ("p4", False, "sip:joe@p4.example", 200), ("p4", True, "sip:joe@p4.example", 200),
    ("not p4", False, "sip:joe@p4.example", 403), ("not p4", True, "sip:joe@p4.example", 403),
    ("", False, "sip:x@stranger.example", 403), ("p1", False, "sip:x@stranger.example", 403),
    ("", False, "sip:anonymous@anonymous.invalid", 403), ("", False, "sip:bob@127.0.0.1", 403), ("", False, "tel:+1555", 403),
    ("p1", False, "sip:p1.example", 403),
    ("p1", False, "sip:a%00b@p1.example", 400), ("p1", False, "sip:%FF@p1.example", 400), ("p1", False, "sip:a:b@p1.example", 400),
]


def test_a_peer_is_believed_for_its_domain_from_its_address(world, aim):
    gw, make = world
    alice = aim(gw, "alice")
    wrong = []
    for who, tcp, from_, status in PEERS:
        sender = make(who, tcp)
        got = sender.ask(from_)
        sender.close()
        if got != status:
            wrong.append(f"{from_} from {who or 'anywhere'} over {'TCP' if tcp else 'UDP'}: expected {status}; got {got}")
    assert not wrong, wrong
    alice._until(lambda: len(alice.find("im")) == sum(row[3] == 200 for row in PEERS), "one IM for each 200")
    assert {e["who"] for e in alice.find("im")} <= {f"joe@p{n}.example" for n in (1, 3, 4)}


def test_a_user_of_ours_is_believed_with_proof_only(world, aim, ua):
    gw, make = world
    alice = aim(gw, "alice")
    for from_ in (BOB, "sip:B%20OB@AIM.test", "im:bob@aim.test", "pres:bob@aim.test"):
        for sender in (make(), make("p1"), make(tcp=True)):
            assert sender.ask(from_) == 407, from_
            assert sender.ask(from_, more=["P-Asserted-Identity: <sip:bob@aim.test>"]) == 407, from_
    for from_ in ("sip:nobody@aim.test", "sip:aimgate@aim.test"):
        assert make().ask(from_) in (403, 407) and make("p1").ask(from_) in (403, 407), from_
    bob = ua(gw, "bob")
    assert make().ask(BOB) == 407, "another port than the one bob registered from"
    assert bob.message(ALICE, gw.text(), auth=False).status == 200, "the way he registered"
    assert bob.message(ALICE, gw.text(), auth=False, from_=ALICE).status == 407
    assert bob.unregister().status == 200
    assert bob.message(ALICE, gw.text(), auth=False).status == 407
    over_tcp = ua(gw, "bob", "tcp")
    assert over_tcp.message(ALICE, gw.text(), auth=False).status == 200
    assert make(tcp=True).ask(BOB) == 407, "another connection than the one bob registered on"
    assert over_tcp.request("REGISTER", "sip:aim.test", [("Contact", over_tcp.contact)], to=ALICE).status == 403
    alice._until(lambda: len(alice.find("im")) >= 2, "two IMs")
    alice.never("im", 0.3, since=alice.mark())


RELAYED = [  # From, To, Request-URI, method, more headers
    ("sip:joe@p1.example", "sip:x@p2.example", None, "MESSAGE", ()), ("sip:joe@p1.example", "sip:y@p1.example", None, "MESSAGE", ()),
    ("sip:joe@p1.example", "sip:x@stranger.example", None, "MESSAGE", ()), ("sip:joe@p1.example", ALICE, "sip:x@p2.example", "MESSAGE", ()),
    ("sip:joe@stranger.example", "sip:x@p1.example", None, "MESSAGE", ()),
    ("sip:joe@p1.example", "sip:x@p2.example", None, "MESSAGE", ["Route: <sip:127.0.0.1:5999;lr>"]),
    ("sip:joe@p1.example", "sip:x@p2.example", None, "SUBSCRIBE", ["Event: presence"]),
    ("sip:joe@p1.example", "sip:joe@p1.example", None, "PUBLISH", ["Event: presence"]),
    ("sip:joe@p1.example", "sip:x@p2.example", None, "OPTIONS", ()),
    ("sip:joe@p1.example", "sip:joe@p1.example", "sip:p1.example", "REGISTER", ["Expires: 60"]),
    ("sip:joe@p1.example", "sip:x@p2.example", None, "FOO", ()), ("sip:joe@stranger.example", "sip:x@p2.example", None, "REFER", ()),
]


def test_it_is_no_relay(world):
    _, make = world
    sender = make("p1")
    for from_, to, uri, method, more in RELAYED:
        got = sender.ask(from_, to, method, uri, more)
        assert got == 403, f"expected 403 to {method} {uri or to} from {from_}; got {got}"
    got = sender.ask("sip:joe@p1.example", "sip:x@p2.example", "NOTIFY", more=["Event: presence", "Subscription-State: active"])
    assert got in (403, 481), f"expected a refusal of a NOTIFY in no dialog of ours; got {got}"
    assert sender.ask("sip:joe@p1.example", "sip:aimgate@aim.test") == 404, "the helper takes nothing from SIP"
