"""Warnings: who may warn whom, what everybody hears of it, and what it does."""
import os
import sqlite3
import struct
import time

from oscar_session import AIM41
from oscar_wire import str8, u16
from test_rates import CHANGED, LIMITS, MESSAGES

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
