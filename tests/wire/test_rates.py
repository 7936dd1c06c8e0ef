"""Rate classes of OSCAR as they are enforced: what a client that floods is told, what of it passes, and how it ends."""
import time

from oscar_wire import icbm, u16

CHANGED, ALERT, LIMITED, CLEAR = 1, 2, 3, 4
LIMITS = {"oscar": {"rate_limits": True}}
MESSAGES = 3


def flood(session, who, texts):
    """Messages back to back: their request ids."""
    return [session.bos.send_snac(4, 6, icbm(bytes([0, 0, 0, 0, 0, 0, 0, i % 256]), who, t, None, True)) for i, t in enumerate(texts)]


def test_a_flood_is_alerted_then_limited_then_cut_off(gateway, aim):
    """S-006 (progress report p.3 note 5): 87 at once raise the alert, what comes from the 109th on is refused with error 2 (rate), the 157th ends
    the connection. The numbers are those of the announced class (80, 2500, 2000, 1500, 800, 6000)."""
    gw = gateway(["alice", "bob"], config=LIMITS)
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    assert [alice.rates.classes[MESSAGES][k] for k in ("window", "clear", "alert", "limit", "disconnect", "maximum")] == \
        [80, 2500, 2000, 1500, 800, 6000]
    texts = [f"message {i}" for i in range(200)]
    began = time.monotonic()
    flood(alice, "bob", texts[:130])
    bob.wait("im", text=texts[107])
    refused = alice.wait("error", snac="04/01")
    slack = 2 + int(10 * (time.monotonic() - began))    # a level rises by as little as 1/80 of the time between two
    assert refused["code"] == 2
    alice.info("alice", 1)
    bob.info("bob", 1)
    assert [r["code"] for r in alice.find("rate", rate_class=MESSAGES)] == [ALERT, LIMITED]
    limited = alice.find("rate", code=LIMITED)[0]["record"]
    assert limited["dropping"] == 1 and limited["current"] < 1500, limited
    arrived = [m["text"] for m in bob.find("im", who="alice")]
    assert arrived == texts[:len(arrived)] and 108 <= len(arrived) <= 108 + slack, (len(arrived), slack)
    assert len(alice.find("error", snac="04/01")) == 130 - len(arrived), "expected an error for each that was dropped"
    flood(alice, "bob", texts[130:])
    alice.wait("closed", link=alice.bos.label)
    bob.wait("departed", who="alice")
    assert len(bob.find("im", who="alice")) == len(arrived)


def test_an_alert_ends_by_itself(gateway, aim):
    """A client that holds back until it is clear again (libpurple) sends nothing that would show it."""
    gw = gateway(["alice"], config=LIMITS, capture=True)
    alice = aim(gw, "alice")
    link = alice.second_connection(0x0D)
    since = alice.mark()
    for _ in range(4):
        link.send_snac(0x0D, 8, b"")
    alice.wait("rate", since=since, code=ALERT, rate_class=5)
    began = time.monotonic()
    alice.wait("rate", 15, since=since, code=CLEAR, rate_class=5)
    assert 3 < time.monotonic() - began < 9     # (10 * 5300 - 9 * 5248) ms


def test_who_did_not_ask_for_notices_gets_none(gateway, aim):
    gw = gateway(["alice", "bob"], config=LIMITS)
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    alice.bos.send_snac(1, 9, u16(MESSAGES))
    flood(alice, "bob", ["hello"] * 100)
    alice.info("alice", 1)
    bob.wait("im", who="alice")
    assert not alice.find("rate"), alice.find("rate")


def test_without_rate_limits_they_are_announced_and_nothing_is_enforced(gateway, aim):
    """contract: oscar.rate_limits: false."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    assert alice.rates.classes[MESSAGES]["limit"] == 1500
    flood(alice, "bob", [f"message {i}" for i in range(300)])
    bob.wait("im", text="message 299")
    alice.info("alice", 1)
    assert not alice.find("rate") and not alice.find("error", snac="04/01") and not alice.bos.closed
