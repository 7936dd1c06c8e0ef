"""To whom a user blocks, hide_existence makes him nobody at all (S-275, RFC 3856 6.6, RFC 6665 6.2)."""
import time

import pytest

from test_lists import ADHOC, ALICE, CARL, NOBODY, State, subscribe
from test_sip_ua import is_



def same(a, b):
    """What stands in an answer, but for what each has of its own."""
    def rest(m):
        return [(n, v.split(";")[0]) for n, v in m.headers
                if n not in ("Via", "From", "To", "Call-ID", "CSeq", "Date")]
    return a.start == b.start and rest(a) == rest(b)


def timed(call):
    began = time.monotonic()
    got = call()
    return got, time.monotonic() - began


def hidden(gw, aim, by):
    alice = aim(gw, "alice")
    alice.deny("bob")
    alice.privacy(4)
    if by == "account":
        gw.ok("user", "set", "alice", "hide_existence", "on")
    return alice


@pytest.mark.parametrize("by", ["account", "operator"])
def test_unknown_and_blocked_are_answered_alike(gateway, ua, aim, by):
    gw = gateway(["alice", "bob", "carl"], config={"users": {"hide_existence": True}} if by == "operator" else None)
    hidden(gw, aim, by)
    bob, carl = ua(gw, "bob"), ua(gw, "carl")
    ways = [lambda to: bob.subscribe(to).response, lambda to: bob.message(to, "hello"),
            lambda to: bob.message(to, b"\x89PNG", "image/png"),
            lambda to: bob.request("OPTIONS", to, auth=False)]
    for way in ways:
        way(ALICE), way(NOBODY)                 # both are looked up once
        (blocked, t1), (nobody, t2) = timed(lambda: way(ALICE)), timed(lambda: way(NOBODY))
        is_(blocked, 404)
        assert same(blocked, nobody), f"{blocked.start} {blocked.headers}\n{nobody.start} {nobody.headers}"
        best = min(abs(t1 - t2), *(abs(timed(lambda: way(ALICE))[1] - timed(lambda: way(NOBODY))[1]) for _ in range(3)))
        assert best < 0.020, best
    is_(carl.subscribe(ALICE).response, 200)
    is_(carl.message(ALICE, "hello"), 200)


def test_off_by_default(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    hidden(gw, aim, None)
    bob = ua(gw, "bob")
    is_(bob.subscribe(ALICE).response, 200)
    is_(bob.message(ALICE, "hello"), 403)


def test_who_is_blocked_later_is_told_that_there_is_nobody(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    gw.ok("user", "set", "alice", "hide_existence", "on")
    bob, alice = ua(gw, "bob"), aim(gw, "alice")
    sub = bob.subscribe(ALICE)
    sub.wait(3, state="active")
    alice.deny("bob")
    alice.privacy(4)
    assert "reason=noresource" in sub.wait(3, state="terminated").get("Subscription-State")
    is_(bob.subscribe(ALICE).response, 404)


def test_on_a_list_too(gateway, ua, aim):
    gw = gateway(["alice", "carl", "bob"])
    alice = hidden(gw, aim, "account")
    aim(gw, "carl")
    bob = ua(gw, "bob", "tcp")
    sub = subscribe(bob, ADHOC, [ALICE, CARL, NOBODY])
    first = State(sub.wait(3))
    assert first.by[ALICE] == first.by[NOBODY] == ("terminated", "noresource", None), first.by
    assert first.open(CARL)
    mark = bob.mark()
    alice.undeny("bob")
    is_(sub.refresh(600), 200)
    assert State(sub.wait(3, since=mark)).open(ALICE)
