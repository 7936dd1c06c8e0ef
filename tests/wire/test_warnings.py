"""Warnings: who may warn whom, what everybody hears of it, and what it does."""
import json
import os
import sqlite3
import struct
import time

import pytest

from oscar_session import AIM41
from oscar_wire import str8, u16
from test_limits import world  # noqa: F401 (a fixture)
from test_limits import write as write_sip
from test_many import send as send_list
from test_rates import CHANGED, LIMITS, MESSAGES
from test_sip_ua import is_, valid

NAMED, ANONYMOUS = 0, 1
UNSUPPORTED, OFFLINE, DENIED, SENDER_WARNED, RECEIVER_WARNED = 0x08, 0x04, 0x0D, 0x11, 0x12


def warn(session, who, how=NAMED):
    """The answer: (added, level), or the code of the error."""
    got = session.answer(session.bos.send_snac(4, 8, u16(how) + str8(who)))
    return got["code"] if got["event"] == "error" else (got["added"], got["level"])


def write(one, other, name=None):
    text = f"from {one.name} {one.mark()}"
    one.im(name or other.name, text, ack=True)
    return other.wait("im", text=text)


def set_level(gw, name, level, ago=0):
    """As if others had warned him: the gateway is not running."""
    with sqlite3.connect(os.path.join(gw.dir, "data", "aimgate.db")) as db:
        db.execute("UPDATE users SET warning = ?, warned = ? WHERE name = ?", (level, int(time.time()) - ago, name))


def icbm_limits(session, sender=999, receiver=999):
    session.bos.send_snac(4, 2, struct.pack("!HIHHHI", 0, 0x0B, 8000, sender, receiver, 0))
    session.info(session.name, 1)


def test_a_warning_is_told_to_the_warned_and_to_who_watches(gateway, aim):
    """S-006 (progress report p.3 note 5): 10 % by name, 3 % anonymously; the class of messages has closer limits from then on."""
    gw = gateway(["alice", "bob", "carol"], config=LIMITS)
    alice, bob, carol = (aim(gw, n) for n in ("alice", "bob", "carol"))
    carol.add_buddy("bob")
    carol.wait("arrived", who="bob", warning=0)
    write(bob, alice)
    write(bob, carol)
    assert warn(alice, "b o B") == (100, 100)
    got = bob.wait("warned")
    assert (got["level"], got["by"]) == (100, "alice")
    rate = bob.wait("rate", code=CHANGED, rate_class=MESSAGES)["record"]
    assert (rate["clear"], rate["alert"], rate["limit"], rate["disconnect"]) == (2835, 2385, 1935, 800), rate
    carol.wait("arrived", who="bob", warning=100)
    assert warn(carol, "bob", ANONYMOUS) == (30, 130)
    got = bob.wait("warned", level=130)
    assert got["by"] is None
    assert write(bob, alice)["user"].warning == 130
    assert alice.info("bob")["user"].warning == 130


def test_only_who_wrote_is_warned_and_once(gateway, aim):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    assert warn(alice, "bob") == DENIED
    write(alice, bob)
    assert warn(alice, "bob") == DENIED, "expected it to count only who wrote to the warner"
    write(bob, alice)
    assert warn(alice, "bob") == (100, 100)
    write(bob, alice)
    assert warn(alice, "bob") == DENIED, "expected one warning in ten minutes"
    assert warn(alice, "alice") == UNSUPPORTED
    assert warn(alice, "carol") == OFFLINE and warn(alice, "nobodyhere") == OFFLINE
    assert warn(alice, "aimgate") == DENIED
    carol = aim(gw, "carol")
    write(carol, alice)
    carol.deny("alice")
    carol.privacy(4)
    assert warn(alice, "carol") == OFFLINE, "expected who blocks the warner not to be shown as being there"
    carol.never("warned", 0.3)


def test_a_level_outlives_the_session_and_the_gateway_and_fades(gateway, aim):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    write(bob, alice)
    assert warn(alice, "bob") == (100, 100)
    bob.sign_off()
    alice.sign_off()
    gw.restart()
    alice = aim(gw, "alice")
    alice.add_buddy("bob")
    bob = aim(gw, "bob")
    assert bob.wait("self")["warning"] == 100
    alice.wait("arrived", who="bob", warning=100)
    bob.sign_off()
    alice.sign_off()
    gw.stop()
    set_level(gw, "bob", 600, ago=3 * 300 - 5)              # two steps ago it was 100 less, and one more is near
    gw.start()
    alice = aim(gw, "alice")
    bob = aim(gw, "bob")
    assert bob.wait("self")["warning"] == 500
    alice.wait("arrived", who="bob", warning=500)
    bob.wait("self", 10, warning=450)
    alice.wait("arrived", who="bob", warning=450)
    listed = {u["name"]: u["warning"] for u in json.loads(gw.ok("user", "list", "--json").out)}
    assert listed == {"alice": 0, "bob": 450, "carol": 0}


def test_nobody_is_warned_beyond_the_end(gateway, aim):
    gw = gateway(["alice", "bob", "carol"])
    gw.stop()
    set_level(gw, "bob", 950)
    gw.start()
    alice, bob, carol = (aim(gw, n) for n in ("alice", "bob", "carol"))
    write(bob, alice)
    write(bob, carol)
    assert warn(alice, "bob") == (49, 999)
    assert warn(carol, "bob") == DENIED


def test_who_is_warned_too_far_for_somebody_does_not_reach_him(gateway, aim):
    """SNAC 0x0004/0x0002: the highest level of senders, and of recipients, that a client wants to have to do with."""
    gw = gateway(["alice", "bob", "carol"])
    gw.stop()
    set_level(gw, "bob", 200)
    gw.start()
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    icbm_limits(alice, sender=199)
    assert bob.im_refused("alice", "hello") == SENDER_WARNED
    assert alice.wait("missed", who="bob")["reason"] == 3
    icbm_limits(alice, sender=200)
    write(bob, alice)
    icbm_limits(alice, receiver=199)
    assert alice.im_refused("bob", "hello") == RECEIVER_WARNED
    icbm_limits(alice)
    write(alice, bob)


def test_of_two_sessions_the_one_that_wants_it_gets_it(gateway, aim):
    gw = gateway(["alice", "bob"])
    gw.stop()
    set_level(gw, "bob", 200)
    gw.start()
    one, two, bob = aim(gw, "alice"), aim(gw, "alice"), aim(gw, "bob")
    icbm_limits(one, sender=100)
    write(bob, two)
    one.never("im", 0.3)


def test_old_clients_are_warned_as_well(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice", AIM41), aim(gw, "bob", AIM41)
    write(bob, alice)
    assert warn(alice, "bob", 2) == (100, 100)              # some clients count from 1
    bob.wait("warned", level=100)


# ---- users elsewhere (mapping 5.5) ----

def heard(session, who, **match):
    return session.wait("im", who=who, **match)["user"].warning


def test_somebody_elsewhere_is_warned_by_who_heard_of_him(world, aim):
    gw, peer = world(["alice", "carol"])
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    assert warn(alice, "bob@sip.test") == DENIED
    assert is_(write_sip(peer, "alice"), 200) and heard(alice, "bob@sip.test") == 0
    assert warn(carol, "bob@sip.test") == DENIED, "expected it to count only who wrote to the warner"
    assert warn(alice, "Bob@sip.test", ANONYMOUS) == (30, 30)
    assert warn(alice, "bob@sip.test") == DENIED, "expected one warning in ten minutes"
    is_(write_sip(peer, "carol"), 200)
    assert heard(carol, "bob@sip.test") == 30, "expected one level, whoever gave it"
    assert warn(carol, "bob@sip.test") == (100, 130)
    is_(write_sip(peer, "alice", "eve"), 200)
    assert heard(alice, "eve@sip.test") == 0


def test_who_watches_somebody_elsewhere_sees_his_level(world, aim):
    """M-250: the gateway's own level."""
    gw, peer = world(["alice", "carol"])
    peer.serve_presence()
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    for n, s in enumerate((alice, carol)):
        s.add_buddy("bob@sip.test")
        asked = peer.wait("SUBSCRIBE", nth=n)
        while asked.get("Call-ID") not in peer.notified:
            time.sleep(0.01)
        is_(peer.notify(asked, peer.pidf()), 200)
        s.wait("arrived", who="bob@sip.test", warning=0)
    is_(write_sip(peer, "alice"), 200)
    assert warn(alice, "bob@sip.test") == (100, 100)
    for s in (alice, carol):
        s.wait("arrived", who="bob@sip.test", warning=100)
    assert carol.info("bob@sip.test")["user"].warning == 100
    is_(write_sip(peer, "carol"), 200)
    assert heard(carol, "bob@sip.test") == 100


@pytest.mark.parametrize("link", ["default", "none"])
def test_the_more_he_is_warned_the_less_he_may_write_until_it_is_nothing(world, aim, link):
    """S-006, M-459: the refill by the level; from 90 % on nothing. A peer with `limits: none` is left alone."""
    names = [f"user{c}" for c in "abcdefghi"]
    gw, peer = world([*names, "alice"], {"sender_to_user": "1/3"}, link)
    alice = aim(gw, "alice")
    sessions = [aim(gw, n) for n in names]
    for n, s in enumerate(sessions):
        is_(write_sip(peer, s.name), 200)
        if n == 7:
            got = [write_sip(peer, "alice") for _ in range(4)]
            slow = [g for g in got if g.status == 480]
            assert len(slow) == (link == "default") and all(3 <= int(g.want("Retry-After")) <= 4 for g in slow), \
                [g.headers for g in slow]                   # 0.3 a second
        s.wait("im", who="bob@sip.test")
        assert warn(s, "bob@sip.test") == (100, 100 * (n + 1))
    got = write_sip(peer, names[0])
    if link == "none":
        is_(got, 200)
        return
    is_(got, 480)
    assert 1 <= int(got.want("Retry-After")) <= 300 and "warned too often" in got.want("Warning")
    assert sessions[0].wait("missed", who="bob@sip.test", reason=3)
    is_(write_sip(peer, "alice", "eve"), 200)


def test_a_client_hears_nobody_elsewhere_who_is_warned_too_far_for_it(world, aim):
    gw, peer = world(["alice", "carol"])
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    is_(write_sip(peer, "carol"), 200)
    assert warn(carol, "bob@sip.test") == (100, 100)
    icbm_limits(alice, sender=99)
    got = is_(write_sip(peer, "alice"), 480)
    assert 1 <= int(got.want("Retry-After")) <= 300 and "warned too often" in got.want("Warning")
    icbm_limits(alice, sender=100)
    is_(write_sip(peer, "alice"), 200)
    icbm_limits(alice, receiver=99)
    assert alice.im_refused("bob@sip.test", "hello") == RECEIVER_WARNED
    icbm_limits(alice, receiver=100)
    alice.im("bob@sip.test", "hello", ack=True)


def test_a_warned_aim_user_writes_less_to_other_domains(world, aim):
    gw, peer = world(["alice"], {"aim_to_sip": "1/2"}, config=LIMITS)
    gw.stop()
    set_level(gw, "alice", 500)
    gw.start()
    alice = aim(gw, "alice")
    for text in ("one", "two"):
        alice.im("bob@sip.test", text, ack=True)
    assert alice.im_refused("bob@sip.test", "three") == 2
    time.sleep(1.2)
    assert alice.im_refused("bob@sip.test", "four") == 2, "expected half of one a second"
    time.sleep(1)
    alice.im("bob@sip.test", "five", ack=True)


def test_phones_of_ours_are_told_and_other_domains_are_not(world, ua, aim):
    """M-229."""
    gw, peer = world(["alice", "bob"])
    gw.stop()
    set_level(gw, "alice", 200)
    gw.start()
    phone, _ = ua(gw, "bob"), aim(gw, "alice")
    for watcher, told, who in ((phone, True, {}), (peer, False, {"auth": False, "from_": "sip:bob@sip.test"})):
        sub = watcher.subscribe("sip:alice@aim.test", **who)
        is_(sub.response, 200)
        text = valid(sub.wait())
        assert ('warning="20.0"' in text) == told and ("session" in text) == told, text


def test_who_writes_to_many_is_warned_by_each_of_them(gateway, ua, aim):
    gw = gateway(["alice", "bob", "carl"], config={"sip": {"list_messages": True}})
    gw.stop()
    set_level(gw, "bob", 200)
    gw.start()
    alice, carl = aim(gw, "alice"), aim(gw, "carl")
    icbm_limits(carl, sender=199)
    for s in (alice, carl):
        s.add_buddy("bob")
    bob, phone = aim(gw, "bob"), ua(gw, "bob")
    is_(send_list(phone, "alice", "carl", text="to all"), 202)
    assert heard(alice, "bob", text="to all") == 200
    carl.never("im", 0.5)
    assert warn(alice, "bob") == (100, 300)
    assert warn(carl, "bob") == DENIED
    bob.wait("warned", level=300)


# ---- what the operator sees and forgives ----

def listed(gw):
    return {row["name"]: row["warning"] for row in gw.ok("warning", "list", "--json").json}


def test_the_operator_sees_who_is_warned_and_forgives(world, aim):
    """Of ours and elsewhere, also after a restart; with the gateway and without it."""
    gw, peer = world(["alice", "carol", "dave"])
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    assert listed(gw) == {} and "nobody is warned" in gw.ok("warning", "list").err
    write(carol, alice)
    assert warn(alice, "carol") == (100, 100)
    is_(write_sip(peer, "alice"), 200)
    assert warn(alice, "bob@sip.test", ANONYMOUS) == (30, 30)
    is_(write_sip(peer, "alice", "eve"), 200)
    assert warn(alice, "eve@sip.test") == (100, 100)
    while len(listed(gw)) < 3:
        time.sleep(0.05)
    assert listed(gw) == {"carol": 100, "bob@sip.test": 30, "eve@sip.test": 100}
    assert "10.0 %" in gw.ok("warning", "list").out
    alice.sign_off()
    carol.sign_off()
    gw.restart()
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    is_(write_sip(peer, "alice", "eve"), 200)
    assert heard(alice, "eve@sip.test") == 100, "expected the level to outlive a restart"
    alice.add_buddy("carol")
    alice.wait("arrived", who="carol", warning=100)
    gw.ok("warning", "del", "Eve@sip.test")
    gw.ok("warning", "del", "carol")
    carol.wait("self", warning=0)
    alice.wait("arrived", who="carol", warning=0)
    mark = alice.mark()
    is_(write_sip(peer, "alice", "eve"), 200)
    assert heard(alice, "eve@sip.test", since=mark) == 0
    gw.stop()
    gw.ok("warning", "del", "bob@sip.test")
    assert listed(gw) == {}
    got = gw.cli("warning", "del", "bob@sip.test")
    assert got.code == 1 and "is not warned" in got.err, got
    gw.start()
