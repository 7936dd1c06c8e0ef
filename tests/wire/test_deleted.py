"""A user who is deleted while the gateway runs: who watches him hears it, and what he had ends (M-527: 404, noresource)."""
import pytest

from clientlib import free_port
from sip_ua import UserAgent
from test_lists import ADHOC, subscribe
from test_sip_ua import is_

ALICE, BOB = "sip:alice@aim.test", "sip:bob@aim.test"


@pytest.fixture
def watched(gateway, closing):
    """A gateway, and bob of sip.test."""
    port = free_port()
    gw = gateway(["alice", "bob"], peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=udp"}])
    peer = UserAgent(gw.sip_port, "bob", "none", "sip.test", "udp", listen=port)
    closing.append(peer)
    return gw, peer


def ended(sub, reason, timeout=3):
    got = sub.wait(timeout, state="terminated")
    assert got.get("Subscription-State") == f"terminated;reason={reason}", got.get("Subscription-State")


def test_who_watches_is_told_and_finds_nobody_from_then_on(watched, ua):
    gw, peer = watched
    bob = ua(gw, "bob")
    subs = [bob.subscribe(ALICE), peer.subscribe(ALICE, auth=False, from_="sip:bob@sip.test")]
    for sub in subs:
        sub.wait(3, state="active")
    gw.ok("user", "del", "alice")
    for sub in subs:
        ended(sub, "noresource")
    is_(subs[0].refresh(600), 481)
    is_(bob.subscribe(ALICE).response, 404)
    is_(peer.subscribe(ALICE, auth=False, from_="sip:bob@sip.test").response, 404)
    is_(bob.message(ALICE, "hello"), 404)


def test_what_he_watched_himself_ends(watched, ua):
    gw, peer = watched
    peer.serve_presence()
    alice = ua(gw, "alice", "tcp")
    own = [alice.subscribe(BOB), alice.subscribe(ALICE), alice.subscribe(ALICE, event="presence.winfo", accept="application/watcherinfo+xml"),
           alice.subscribe("sip:bob@sip.test"), subscribe(alice, ADHOC, [BOB])]
    for sub in own:
        is_(sub.response, 200)
        sub.wait(3)
    asked = peer.wait("SUBSCRIBE", 3)
    is_(peer.notify(asked, peer.pidf()), 200)
    mark = peer.mark()
    gw.ok("user", "del", "alice")
    for sub, reason in zip(own, ("rejected", "noresource", "noresource", "rejected", "noresource")):
        ended(sub, reason)
    peer.wait("SUBSCRIBE", 3, since=mark, call_id=asked.get("Call-ID"), where=lambda m: m.get("Expires") == "0")
    gw.restart()
    assert gw.ok("status", "--json").json["watchers"] == 0
