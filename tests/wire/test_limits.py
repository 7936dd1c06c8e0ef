"""How much one may write across the gateway (limits:), and what whoever writes more is told."""
import signal
import struct
import time

import pytest

from clientlib import free_port
from sip_ua import UserAgent
from test_promises import wait_for
from test_robust import metric
from test_sip_ua import is_

STANDARD = {"limits": {"sender_to_user": "1/10", "sender": "3/30", "domain": "200/1000", "aim_to_sip": "1/10", "aim_subscribes": "2/50"}}
TYPING = """<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>{}</state></isComposing>"""


@pytest.fixture
def world(gateway, closing):
    """A gateway, and who writes as anybody of sip.test."""
    def make(users=("alice",), limits=None, link="default", config=None):
        port = free_port()
        gw = gateway(list(users), config={"limits": {**STANDARD["limits"], **(limits or {})}, **(config or {})},
                     peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=udp", "limits": link}])
        peer = UserAgent(gw.sip_port, "bob", "none", "sip.test", "udp", listen=port)
        closing.append(peer)
        return gw, peer
    return make


def write(peer, to, who="bob", **more):
    return peer.message(f"sip:{to}@aim.test", "spam", auth=False, from_=f"sip:{who}@sip.test", **more)


def taken(got):
    assert set(g.status for g in got) <= {200, 202, 480, 404}, [g.start for g in got]
    return sum(g.status != 480 for g in got)


def test_a_sender_writes_ten_at_once_to_one_user_and_then_one_a_second(world, aim):
    """S-415, S-417, S-006 (RFC 3261 21.5.4, RFC 7247 7.1 note 5): 480 with Retry-After, and only this one is slowed down."""
    gw, peer = world(["alice", "carol"])
    alice = aim(gw, "alice")
    got = [write(peer, "alice") for _ in range(14)]
    assert 10 <= taken(got) <= 11, [g.status for g in got]
    refused = [g for g in got if g.status == 480]
    assert all(g.get("Retry-After") == "1" for g in refused), [g.headers for g in refused]
    assert "sending too fast" in refused[0].want("Warning")
    assert is_(write(peer, "alice", "eve"), 200) and is_(write(peer, "carol"), 202)
    time.sleep(1.1)
    is_(write(peer, "alice"), 200)
    wait_for(lambda: len(alice.find("im")) >= taken(got) + 2, "what was answered 200")
    assert len(alice.find("im")) == taken(got) + 2
    assert metric(gw, "messages_limited_total") == len(refused)


def test_who_was_to_get_it_hears_of_it(world, aim):
    """M-458, M-461: SNAC 0x0004/0x000A, too fast and too long, once in 10 s with the number of them; to clients that take it."""
    gw, peer = world(["alice", "carol"], {"sender_to_user": "0.1/2"})
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    carol.bos.send_snac(4, 2, struct.pack("!HIHHHI", 0, 0x09, 8000, 999, 999, 0))     # without 0x02
    carol.info("carol", 1)
    for to in ("alice", "carol"):
        assert [write(peer, to).status for _ in range(4)] == [200, 200, 480, 480]
    first = alice.wait("missed")
    assert (first["who"], first["channel"], first["count"], first["reason"]) == ("bob@sip.test", 1, 1, 2), first
    time.sleep(10)
    long = peer.message("sip:alice@aim.test", "x" * 16385, auth=False, from_="sip:eve@sip.test")
    is_(long, 413)
    second = alice.wait("missed", who="eve@sip.test")
    assert (second["count"], second["reason"]) == (2, 1), second
    carol.never("missed", 0.3)


def test_a_sender_writes_thirty_at_once_to_all(world):
    """S-415: also to who is not there, and whoever is written to by him only is not told apart."""
    names = [f"user{c}" for c in "abcde"]
    gw, peer = world(names)
    got = [write(peer, to) for _ in range(5) for to in [*names, "nobodyhere"]] + [write(peer, "othernobody") for _ in range(10)]
    assert 30 <= taken(got) <= 34, [g.status for g in got]
    assert got[-1].status == 480 and 1 <= int(got[-1].want("Retry-After")) <= 2


def test_a_domain_has_a_limit_of_its_own(world):
    gw, peer = world(limits={"domain": "1/20"})
    got = [write(peer, "alice", f"eve{i}") for i in range(30)]
    assert 20 <= taken(got) <= 22, [g.status for g in got]
    assert got[-1].get("Retry-After") == "1"


def test_the_wait_is_rounded_up_and_ends_at_five_minutes(world):
    """mapping 5.5: Retry-After is what is missing by the refill, 1 to 300."""
    gw, peer = world(limits={"sender_to_user": "0.1/1", "sender": "0.001/3"})
    is_(write(peer, "alice"), 202)
    got = is_(write(peer, "alice"), 480)
    assert int(got.want("Retry-After")) in (9, 10), got.headers
    for to in ("bob", "carol"):
        is_(write(peer, to), 404)
    assert is_(write(peer, "dave"), 480).get("Retry-After") == "300"


def test_typing_costs_a_fifth(world, aim):
    gw, peer = world()
    aim(gw, "alice")
    got = [peer.message("sip:alice@aim.test", TYPING.format(("active", "idle")[i % 2]), "application/im-iscomposing+xml", auth=False)
           for i in range(60)]
    assert 50 <= taken(got) <= 55, [g.status for g in got]


def test_a_phone_is_a_sender_too(world, ua):
    gw, _ = world(["alice", "dave"])
    dave = ua(gw, "dave")
    got = [dave.message("sip:alice@aim.test", "spam") for _ in range(14)]
    assert 10 <= taken(got) <= 11, [g.status for g in got]


@pytest.mark.parametrize("how", [{"link": "none"}, {"limits": dict.fromkeys(STANDARD["limits"], "none")}])
def test_no_limits(world, how):
    gw, peer = world(**how)
    got = [write(peer, "alice") for _ in range(60)]
    assert taken(got) == 60


def test_an_aim_user_writes_ten_at_once_to_other_domains(world, aim):
    """mapping 5.5: beyond it error 2 of SNAC 0x0004/0x0001; between AIM users only their rate classes count."""
    gw, peer = world(["alice", "carol"], {"aim_to_sip": "0.1/10"}, config={"oscar": {"rate_limits": True}})
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    for i in range(10):
        alice.im("bob@sip.test", f"spam {i}", ack=True)
    assert alice.im_refused("bob@sip.test", "spam") == 2
    alice.im("carol", "hello", ack=True)
    carol.wait("im", text="hello")
    assert len(peer.matching("MESSAGE")) == 10


def test_an_aim_user_without_limits(world, aim):
    gw, peer = world(config={"oscar": {"rate_limits": False}})
    alice = aim(gw, "alice")
    for i in range(30):
        alice.im("bob@sip.test", f"spam {i}", ack=True)
    peer.wait("MESSAGE", nth=29)


def test_new_subscriptions_of_an_aim_user_are_spread(world, aim):
    """mapping 5.5: the others wait, and none is lost."""
    gw, peer = world(limits={"aim_subscribes": "4/3"}, config={"oscar": {"rate_limits": True}})
    peer.serve_presence()
    alice = aim(gw, "alice")
    alice.add_buddy(*[f"b{i}@sip.test" for i in range(8)])
    last = peer.wait("SUBSCRIBE", nth=7)
    first = peer.matching("SUBSCRIBE")[0]
    assert 1.0 < last.arrived - first.arrived < 4, last.arrived - first.arrived


def test_limits_are_taken_at_sighup(world):
    gw, peer = world()
    gw.config["limits"]["sender_to_user"] = "0.1/2"
    gw.write_config()
    gw.proc.send_signal(signal.SIGHUP)
    while "the configuration was reloaded" not in gw.log():
        time.sleep(0.05)
    got = [write(peer, "alice") for _ in range(5)]
    assert taken(got) == 2
