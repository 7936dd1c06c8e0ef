"""A message to somebody who is not signed on: 202, then it survives kill -9 and is delivered exactly once."""
import re
import struct
import time

import pytest

from oscar_session import AIM51, BARNOWL, ICQ2003, LIBPURPLE
from oscar_wire import Item, tlv

ALICE = "sip:alice@aim.test"
PREFIX = re.compile(r"\[sent \d{4}-\d\d-\d\d \d\d:\d\d UTC\] ")


def stored(ua, gw, transport, n=1):
    """Sends n messages to alice who is offline; each must be answered 202 (M-701, stored)."""
    bob = ua(gw, "bob", transport)
    texts = [gw.text("st\u00f6red \u263a") for _ in range(n)]
    for text in texts:
        got = bob.message(ALICE, text)
        assert got.status == 202, f"expected 202 for a message to an offline user (M-701); got {got}"
    return bob, texts


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_it_is_fetched_once_with_its_time_after_a_crash(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob"], capture=True)
    sent = time.time()
    _, texts = stored(ua, gw, transport, 3)
    gw.kill9()
    gw.start()

    alice = aim(gw, "alice", LIBPURPLE)             # asks by 04/10, and got 04/17 when sign_on returns
    done = alice.wait("offline-done")
    got = alice.find("im")
    assert [m["text"] for m in got] == texts, f"expected {texts} in order before 04/17; got {got}"
    assert alice.events.index(got[-1]) < alice.events.index(done), "04/17 came before the messages"
    for m in got:
        assert m["stored"] and abs(m["time"] - sent) < 60, f"expected the time it was sent, {sent:.0f}; got {m['time']}"
    alice.sign_off()

    again = aim(gw, "alice", LIBPURPLE)
    again.never("im", 1.0)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_it_is_pushed_to_a_client_that_does_not_ask(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob"], capture=True)
    _, texts = stored(ua, gw, transport)
    gw.kill9()
    gw.start()
    alice = aim(gw, "alice", AIM51)
    began = time.monotonic()
    m = alice.wait("im", 10, who="bob")
    waited = time.monotonic() - began
    assert 3.0 < waited < 9.0, f"expected the push 5 s after 01/02 (M-707, push); got it after {waited:.1f} s"
    assert not m["stored"], "expected a push without TLVs 0006 and 0016 (M-707, push)"
    assert PREFIX.match(m["text"]) and PREFIX.sub("", m["text"]) == texts[0], f"expected [sent ...] {texts[0]}; got {m['text']}"
    alice.never("im", 1.0, since=alice.events.index(m) + 1)
    alice.sign_off()
    again = aim(gw, "alice", AIM51)
    again.never("im", 6.5)


def test_barnowl_shows_it_once(gateway, ua, barnowl):
    gw = gateway(["alice", "bob"], capture=True)
    _, texts = stored(ua, gw, "udp")
    gw.kill9()
    gw.start()
    alice = barnowl(gw, "alice")
    m = alice.wait("im", 15, **{"from": "bob"})
    assert PREFIX.sub("", m["text"]) == texts[0], f"expected {texts[0]!r} after an optional [sent ...]; got {m['text']!r}"
    mark = alice.mark()
    time.sleep(1.5)
    assert not [e for e in alice.events[mark:] if e["event"] == "im"], "shown twice"


def test_a_retransmission_after_the_crash_is_not_delivered_again(gateway, ua, aim):
    """M-710 (crash safety): at most one delivery for each Call-ID, CSeq and From tag."""
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    text = gw.text()
    same = {"call_id": "again@test", "from_tag": "sametag1"}
    first = bob.message(ALICE, text, cseq=1, **same)
    assert first.status == 202, f"expected 202; got {first}"
    sent_cseq = bob.last_cseq
    gw.kill9()
    gw.start()
    assert bob.register().status == 200             # a nonce of the new process, so that the CSeq can be the same
    again = bob.message(ALICE, text, cseq=sent_cseq, **same)
    assert bob.last_cseq == sent_cseq, "the gateway challenged a nonce that it had just given"
    assert again.status in (202, 482), f"expected 202 or 482 to the repeat; got {again}"
    alice = aim(gw, "alice")
    alice.never("im", 6.0, since=len(alice.events))
    got = [m["text"] for m in alice.find("im")]
    assert got == [text], f"expected {text!r} once; got {got}"


def test_expires_zero_is_never_stored(gateway, ua):
    gw = gateway(["alice", "bob"])
    got = ua(gw, "bob").message(ALICE, gw.text(), headers=[("Expires", "0")])
    assert got.status == 480 and got.get("Retry-After"), f"expected 480 with Retry-After (M-702, Expires 0); got {got}"


def test_typing_is_never_stored(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    body = ('<?xml version="1.0" encoding="UTF-8"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing">'
            "<state>active</state></isComposing>")
    got = ua(gw, "bob").message(ALICE, body, kind="application/im-iscomposing+xml")
    assert got.status == 200, f"expected 200 to a typing status for an offline user (M-706); got {got}"
    aim(gw, "alice").never("im", 1.0)


def test_an_aim_users_message_is_stored_for_another(gateway, aim):
    """ICBM with TLV 0006 to a local user who is not on: host ack, then delivered at sign-on."""
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob", BARNOWL)
    text = gw.text("later \u263a")
    bob.im("alice", text, ack=True, store=True)
    assert bob.im_refused("alice", gw.text()) == 4, "without TLV 0006: error 04"
    gw.kill9()
    gw.start()
    alice = aim(gw, "alice", LIBPURPLE)
    got = alice.find("im", who="bob")
    assert [m["text"] for m in got] == [text] and got[0]["stored"], f"expected {text!r} once; got {got}"


def test_a_sip_user_gets_what_was_stored_when_it_registers(gateway, aim, ua):
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice")
    text = gw.text("for later")
    alice.im("bob", text, ack=True, store=True)
    bob = ua(gw, "bob")
    m = bob.wait("MESSAGE", text=text)
    assert m.address("From") == "alice@aim.test"
    bob.never("MESSAGE", 1.0, text=text, where=lambda other: other is not m)


def test_nothing_is_kept_for_who_wants_nothing_kept(gateway, aim):
    """M-454: preference 0x34 off in the feedbag; the sender is told with sub-code 000E."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    off = Item("", 0, 55, 5, [(0xC9, bytes(4)), (0xD6, bytes(4)), (0xD7, bytes(3)), (0xD8, b"\0\0\x10")])
    assert alice.edit(8, [off]) == [0]
    alice.sign_off()
    since = bob.mark()
    bob.im("alice", gw.text(), store=True)
    error = bob.wait("error", since=since, snac="04/01")
    assert (error["code"], error["sub"]) == (4, 0x0E), f"expected 0004 with sub-code 000E; got {error}"


def test_icq_asks_for_what_was_stored_in_its_own_words(gateway, aim, ua):
    """M-707: 15/02 type 003C; 04/07 with the time, then 15/03 type 0042; 003E afterwards deletes what is gone already."""
    gw = gateway(["700700", "bob"])
    bob = ua(gw, "bob")
    texts = [gw.text(str(n)) for n in range(3)]
    for text in texts:
        assert bob.message("sip:700700@aim.test", text).status == 202
    icq = aim(gw, "700700", ICQ2003)
    done = icq.wait("icq", kind=0x42)
    assert (done["uin"], done["data"]) == (700700, b"\0"), done
    got = icq.find("im")
    assert [m["text"] for m in got] == texts and all(m["stored"] for m in got), got
    assert abs(got[0]["time"] - time.time()) < 60
    icq.bos.send_snac(0x15, 2, tlv(1, struct.pack("<HIHH", 8, 700700, 0x3E, 3)))
    icq.sign_off()
    again = aim(gw, "700700", ICQ2003)
    again.wait("icq", kind=0x42)
    assert not again.find("im"), "each once"
