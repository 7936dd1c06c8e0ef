"""What a user decides about others through the helper: blocks, strangers, watchers, reports."""
import os
import re
import signal
import sqlite3
import time

import pytest

import oscar_session as oscar
from clientlib import free_port
from sip_ua import UserAgent
from test_helper import ask, ask_by_phone
from test_winfo import info as winfo

ALICE = "sip:alice@aim.test"


@pytest.fixture
def domains(gateway, closing):
    """A gateway with a peer p.test that is a scripted UA."""
    def make(users, peer=None, **more):
        port = free_port()
        gw = gateway(users, peers=[{"domain": "p.test", "route": f"sip:127.0.0.1:{port}", **(peer or {})}], **more)
        joe = UserAgent(gw.sip_port, "joe", "none", "p.test", listen=port)
        closing.append(joe)
        return gw, joe
    return make


# ---- blocks ----

@pytest.mark.parametrize("mode", [1, 3, 4, 5])
def test_block_counts_in_every_mode_and_both_ways(domains, aim, mode):
    """M-545: messages and presence of the blocked are neither let in nor out; in mode 4 the client's own list has it."""
    gw, joe = domains(["alice", "bob"])
    joe.serve_presence()
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    alice.add_buddy("bob", "joe@p.test")
    if mode == 3:
        alice.edit(8, [oscar.Item(name, 0, alice._free_id(0) + n, 2) for n, name in enumerate(("bob", "joe@p.test"))])
    alice.privacy(mode)
    watch = joe.subscribe(ALICE)
    watch.wait(text=lambda t: "<basic>open</basic>" in t)
    mark = alice.mark()
    assert ask(alice, "BLOCK Joe@P.test") == \
        "joe@p.test is blocked: neither messages nor your presence pass between you. UNBLOCK ends it."
    assert "bob is blocked" in ask(alice, "block bob")
    pushed = alice.find("list-insert", mark)
    assert len(pushed) == (2 if mode == 4 else 0), pushed
    bob.wait("departed", who="alice")
    watch.wait(text=lambda t: "<basic>closed</basic>" in t)
    assert joe.message(ALICE, "x").status == 403
    gw.ok("user", "set", "alice", "look_offline", "on")
    assert joe.message(ALICE, "x").status == 480, "expected M-456 to look as if she were away"
    gw.ok("user", "set", "alice", "look_offline", "off")
    assert bob.im_refused("alice", "x") == 4 and alice.im_refused("bob", "x") == 0x10
    assert alice.im_refused("joe@p.test", "x") == 0x10
    gw.restart()
    assert joe.message(ALICE, "x").status == 403, "expected it to outlive a restart"
    alice = aim(gw, "alice")
    assert [i.name for i in alice.items if i.kind == 3] == (["joe@p.test", "bob"] if mode == 4 else [])
    assert ask(alice, "unblock joe@p.test") == "joe@p.test is not blocked any more."
    assert ask(alice, "unblock joe@p.test") == "joe@p.test was not blocked."
    assert joe.message(ALICE, "hello").status == 200
    alice.wait("im", who="joe@p.test", text="hello")
    assert "That is me" in ask(alice, "block aimgate") and "you yourself" in ask(alice, "block alice")


def test_a_list_that_has_somebody_under_a_bound_name_means_him(domains, aim):
    gw, joe = domains(["alice"])
    gw.ok("binding", "add", "joey", "im:joe@p.test")
    alice = aim(gw, "alice")
    alice.deny("joey")
    alice.privacy(4)
    assert joe.message(ALICE, "x").status == 403


def test_a_phone_blocks_by_the_same_words(domains, ua):
    gw, joe = domains(["alice"])
    alice = ua(gw, "alice")
    assert "joe@p.test is blocked" in ask_by_phone(alice, "block sip:joe@p.test")
    assert joe.message(ALICE, "x").status == 403
    assert "not blocked any more" in ask_by_phone(alice, "unblock joe@p.test")
    assert joe.message(ALICE, "x").status == 200


# ---- strangers ----

ASKED = "{0} (not on your list) wants to talk. Reply YES {0} to accept, NO {0} to refuse"


def texts(session, who, since=0):
    return [e["text"] for e in session.find("im", since, who=who)]


def held(gw):
    return {row["to"]: row["messages"] for row in gw.ok("queue", "list", "--json").json if " " in row["to"]}


def test_a_stranger_waits_for_a_yes_also_over_a_crash(domains, aim):
    """S-005, M-541 to M-543: 202 and held, one question, then all of it in order with its times."""
    gw, joe = domains(["alice"], capture=True)
    gw.ok("user", "set", "alice", "knock_knock", "on")
    alice = aim(gw, "alice")
    assert [joe.message(ALICE, f"m{n}").status for n in range(3)] == [202] * 3
    alice.wait("im", who="aimgate", text=ASKED.format("joe@p.test"))
    alice.never("im", 0.5, who="joe@p.test")
    assert texts(alice, "aimgate") == [ASKED.format("joe@p.test")], "expected to be asked once"
    assert held(gw) == {"alice joe@p.test": 3}
    assert "Waiting for your YES or NO: joe@p.test" in ask(alice, "status")
    gw.kill9()
    gw.start()
    alice = aim(gw, "alice")
    alice.never("im", 1.0, who="joe@p.test")
    assert "joe@p.test may write to you for a day" in ask(alice, "yes joe@p.test")
    alice.wait("im", who="joe@p.test", text=lambda t: "m2" in t)
    got = alice.find("im", who="joe@p.test")
    assert [e["text"][-2:] for e in got] == ["m0", "m1", "m2"] and all(e["time"] for e in got), got
    assert joe.message(ALICE, "m3").status == 200
    alice.wait("im", who="joe@p.test", text="m3")
    assert held(gw) == {}


def test_a_stranger_on_aim_and_a_user_with_nothing_but_a_phone(gateway, aim, ua):
    gw = gateway(["alice", "bob"])
    gw.ok("user", "set", "bob", "knock_knock", "on")
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    alice.im("bob", "hello", ack=True)              # accepted, though nobody has it yet
    question = bob.wait("MESSAGE", who="aimgate@aim.test")
    assert question.text == ASKED.format("alice") and question.get("Auto-Submitted") == "auto-generated", question
    bob.never("MESSAGE", 0.5, who="alice@aim.test")
    assert "What waited follows" in ask_by_phone(bob, "yes")    # the only one who waits
    assert bob.wait("MESSAGE", who="alice@aim.test").text == "hello"
    assert "Nobody waits" in ask_by_phone(bob, "yes")


@pytest.mark.parametrize("how", ["IMDN", "helper", "on AIM"])
def test_no_drops_and_tells_and_a_second_no_blocks(domains, aim, how):
    """M-544, M-545: 603 for a day; NO again within 30 days is a block."""
    gw, joe = domains(["alice", "bob"])
    gw.ok("user", "set", "alice", "knock_knock", "on")
    alice = aim(gw, "alice")
    bob = aim(gw, "bob") if how == "on AIM" else None
    if bob:
        who, write = "bob", lambda: bob.im_refused("alice", "again")
        bob.im("alice", "hi", ack=True)
    elif how == "helper":
        who, write = "joe@p.test", lambda: joe.message(ALICE, "again").status
        assert joe.message(ALICE, "one").status == joe.message(ALICE, "two").status == 202
    else:
        who, write = "joe@p.test", lambda: joe.message(ALICE, "again").status
        body = ("From: <im:joe@p.test>\r\nTo: <im:alice@aim.test>\r\nDateTime: 2026-01-01T00:00:00Z\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
                "imdn.Message-ID: x1\r\nimdn.Disposition-Notification: negative-delivery\r\n\r\nContent-Type: text/plain\r\n\r\nhi")
        assert joe.message(ALICE, body.encode(), "message/cpim").status == 202
    alice.wait("im", who="aimgate", text=ASKED.format(who))
    assert f"{who} is refused for a day" in ask(alice, "no")
    if bob:
        assert bob.wait("im", who="aimgate")["text"] == "Your messages to alice were not accepted."
    elif how == "helper":
        joe.wait("MESSAGE", who="aimgate@aim.test", text="Your messages to alice were not accepted.")
        assert len(joe.matching("MESSAGE")) == 1, "expected one word for both"
    else:
        assert "<failed" in joe.wait("MESSAGE").text
        assert not joe.matching("MESSAGE", who="aimgate@aim.test")
    assert write() == (0x0A if bob else 603)
    gw.ok("user", "set", "alice", "look_offline", "on")
    assert write() == (4 if bob else 480)
    gw.ok("user", "set", "alice", "look_offline", "off")
    assert f"{who} is blocked" in ask(alice, f"no {who}")
    assert write() == (4 if bob else 403)
    assert held(gw) == {}


@pytest.mark.parametrize("how", ["the list", "a client's own list", "writing"])
def test_other_ways_to_say_yes(domains, aim, how):
    """M-543: adding the buddy, or writing to him."""
    gw, joe = domains(["alice"])
    gw.ok("user", "set", "alice", "knock_knock", "on")
    joe.serve_presence()
    alice = aim(gw, "alice", oscar.AIM35 if how == "a client's own list" else oscar.LIBPURPLE)
    assert joe.message(ALICE, "knock").status == 202
    alice.wait("im", who="aimgate")
    if how == "writing":
        alice.im("joe@p.test", "who is there")
        joe.wait("MESSAGE", who="alice@aim.test")
    else:
        alice.add_buddy("joe@p.test")
    alice.wait("im", who="joe@p.test", text=lambda t: "knock" in t)
    assert joe.message(ALICE, "more").status == 200
    assert len(texts(alice, "aimgate")) == 1, "expected no word about it"


def test_what_is_bounded(domains, aim, closing):
    """M-541, M-542, M-548: 10 messages or 16 KiB of a stranger; 5 new strangers of a domain in a minute; 20 in all."""
    gw, joe = domains(["alice", "bob"] + [f"user{c}" for c in "abcdefghijklmnopqrstu"])
    for name in ("alice", "bob"):
        gw.ok("user", "set", name, "knock_knock", "on")
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    status = [joe.message(ALICE, f"m{n}").status for n in range(11)]
    assert status == [202] * 10 + [480], status
    assert joe.message(ALICE, "over").get("Retry-After") == "300"
    big = [joe.message("sip:bob@aim.test", "x" * 6000, headers=[("Expires", "600")]).status for _ in range(3)]
    assert big == [202, 202, 480], big
    assert joe.message("sip:bob@aim.test", "x", headers=[("Expires", "0")]).status == 480, "expected now or never"
    others = []
    for n in range(5):
        got = joe.message(ALICE, "x", from_=f"sip:stranger{n}@p.test")
        others.append((got.status, got.get("Retry-After")))
    assert others == [(202, None)] * 3 + [(480, "600")] * 2, others     # joe took two of the five
    for n, c in enumerate("abcdefghijklmnopqrstu"):
        user = aim(gw, f"user{c}")
        if n < 16:                          # with joe and three more these are 20
            user.im("alice", "hi", ack=True)
        else:
            assert user.im_refused("alice", "hi", store=True) == 0x17
        user.close()
    assert len(held(gw)) == 21, held(gw)    # 20 of alice's, one of bob's
    assert "Several wait for your answer" in ask(alice, "no")


def test_what_was_stored_is_asked_about_when_it_would_be_delivered(domains, aim, ua):
    """M-547."""
    gw, joe = domains(["alice"])
    gw.ok("user", "set", "alice", "knock_knock", "on")
    assert [joe.message(ALICE, t).status for t in ("one", "two")] == [202] * 2
    alice = aim(gw, "alice")
    alice.wait("im", who="aimgate", text=ASKED.format("joe@p.test"))
    alice.never("im", 1.0, who="joe@p.test")
    assert held(gw) == {"alice joe@p.test": 2}
    ask(alice, "yes joe@p.test")
    alice.wait("im", who="joe@p.test", text=lambda t: "two" in t)
    assert [t[-3:] for t in texts(alice, "joe@p.test")] == ["one", "two"]


def test_without_an_answer_it_is_dropped_after_a_day(domains, aim):
    """M-546: its sender is told, the user sees nothing of it."""
    gw, joe = domains(["alice"])
    gw.ok("user", "set", "alice", "knock_knock", "on")
    aim(gw, "alice")
    assert joe.message(ALICE, "hi").status == 202
    gw.stop()
    with sqlite3.connect(os.path.join(gw.dir, "data", "aimgate.db")) as db:
        left, = db.execute("SELECT expires - arrived FROM messages").fetchone()
        assert left == 24 * 3600
        db.execute("UPDATE messages SET expires = 1")
    gw.start()
    joe.wait("MESSAGE", 15, who="aimgate@aim.test", text=lambda t: "could not be delivered" in t)
    alice = aim(gw, "alice")
    alice.never("im", 6, who="joe@p.test")
    assert held(gw) == {}


def test_a_link_without_limits_is_not_counted(domains, aim):
    """M-548 does not bind a peer with limits: none (but the bounds of memory do)."""
    gw, joe = domains(["alice"], peer={"limits": "none"})
    gw.ok("user", "set", "alice", "knock_knock", "on")
    aim(gw, "alice")
    status = [joe.message(ALICE, "x", from_=f"sip:s{n}@p.test").status for n in range(21)]
    assert status == [202] * 20 + [480], status


def test_the_operator_may_want_it_of_all(domains, aim):
    """users.knock_knock, taken by SIGHUP; off again, all that waits comes."""
    gw, joe = domains(["alice"])
    alice = aim(gw, "alice")
    assert joe.message(ALICE, "before").status == 200
    for on, status in ((True, 202), (False, 200)):
        gw.config["users"] = {"knock_knock": on}
        gw.write_config()
        gw.proc.send_signal(signal.SIGHUP)
        end = time.monotonic() + 5
        while gw.log().count("the configuration was reloaded") < 2 - on and time.monotonic() < end:
            time.sleep(0.05)
        assert joe.message(ALICE, f"with {on}").status == status
    alice.wait("im", who="joe@p.test", text=lambda t: "with True" in t)


# ---- watchers ----

WANTS = "{0} would like to see when you are online. Reply ALLOW {0} or REFUSE {0}"
WINFO = "application/watcherinfo+xml"


def state(m):
    return m.get("Subscription-State").split(";")[0]


def reason(m):
    return dict(p.partition("=")[::2] for p in m.get("Subscription-State").split(";")[1:]).get("reason")


def test_a_watcher_is_pending_until_allowed(domains, aim, ua):
    """S-255, M-522: 200 at once and NOTIFY pending without a body; ALLOW: active; it outlives a restart."""
    gw, joe = domains(["alice"], capture=True)
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    alice = aim(gw, "alice")
    began = time.monotonic()
    watch = joe.subscribe(ALICE)
    assert watch.response.status == 200 and time.monotonic() - began < 0.5, watch.response
    m = watch.wait()
    assert state(m) == "pending" and not m.body, m.headers
    alice.wait("im", who="aimgate", text=WANTS.format("joe@p.test"))
    assert "Waiting for your ALLOW or REFUSE: joe@p.test" in ask(alice, "status")
    alice.away("gone")                              # nothing of it is told
    again = joe.subscribe(ALICE)                    # nor is she asked again
    assert state(again.wait()) == "pending"
    assert len(texts(alice, "aimgate")) == 2
    assert watch.refresh(600).status == 200
    mark = joe.mark()
    assert "joe@p.test may see" in ask(alice, "allow")
    m = watch.wait(since=mark, state="active")
    assert "gone" in m.text and b"<basic>open</basic>" in m.body, m.text
    again.wait(since=mark, state="active")
    gw.restart()
    mark = joe.mark()
    assert watch.refresh(600).status == 200
    watch.wait(since=mark, state="active")
    assert joe.message(ALICE, "x").status in (200, 202), "expected messages to go by the mode alone (M-507)"


def test_a_watcher_is_refused(domains, aim):
    """S-272, S-357, M-525: NOTIFY terminated;reason=rejected, then 403; also of one that was allowed."""
    gw, joe = domains(["alice"], config={"users": {"foreign_watchers": "confirm"}})
    alice = aim(gw, "alice")
    for allowed in (False, True):
        mark = joe.mark()
        watch = joe.subscribe(ALICE)
        assert watch.response.status == 200
        if allowed:
            ask(alice, "allow joe@p.test")
            watch.wait(state="active")
        else:
            alice.wait("im", who="aimgate", text=WANTS.format("joe@p.test"))
        assert "joe@p.test may not see" in ask(alice, "REFUSE joe@p.test")
        m = watch.wait(since=mark, state="terminated")
        assert reason(m) == "rejected", m.headers
        assert joe.subscribe(ALICE).response.status == 403
        if not allowed:
            ask(alice, "allow joe@p.test")


def test_own_users_need_no_leave_and_blocked_ones_see_nobody(domains, aim, ua):
    """S-357: the four cases of RFC 5025 3.2.1."""
    gw, joe = domains(["alice", "bob"])
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    own = bob.subscribe(ALICE).wait()
    assert state(own) == "active" and b"<basic>open" in own.body             # allow
    assert state(joe.subscribe(ALICE).wait()) == "pending"                   # confirm
    ask(alice, "block joe@p.test")
    blocked = joe.subscribe(ALICE).wait(state="active")
    assert b"<basic>closed" in blocked.body                                  # polite-block
    ask(alice, "unblock joe@p.test")
    assert "bob is a user of this service, who needs no leave" in ask(alice, "refuse bob")
    ask(alice, "refuse joe@p.test")
    assert joe.subscribe(ALICE).response.status == 403                       # block


def test_who_asked_while_she_was_away(domains, aim):
    """S-347: pending that ended waits on; the request is shown at the sign-on."""
    gw, joe = domains(["alice"])
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    watch = joe.subscribe(ALICE)
    watch.wait()
    assert watch.refresh(0).status == 200
    m = watch.wait(state="terminated")
    assert reason(m) == "timeout" and not m.body
    alice = aim(gw, "alice")
    alice.wait("im", 8, who="aimgate", text=lambda t: WANTS.format("joe@p.test") in t)
    ask(alice, "allow")
    assert state(joe.subscribe(ALICE).wait()) == "active"


@pytest.mark.parametrize("mode", [2, 3, 5])
def test_she_is_asked_whatever_her_list(domains, aim, mode):
    """What the helper said meanwhile comes in every privacy mode; who is not let in is shown an offline user, and not asked about."""
    gw, joe = domains(["alice", "bob"])
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    alice = aim(gw, "alice")
    alice.privacy(mode)
    assert state(joe.subscribe(ALICE).wait()) == "active", "expected block to come before confirm"
    alice.sign_off()
    gw.stop()
    with sqlite3.connect(os.path.join(gw.dir, "data", "aimgate.db")) as db:
        db.execute("""INSERT INTO messages (direction, recipient, size, from_user, from_host, to_user, to_host, friendly, body, html,
            cookie, sent, expires, auto_reply, receipts, receipt_id, receipt_time, arrived, turn) VALUES (0, 'alice', 3, 'aimgate',
            'aim.test', 'alice', 'aim.test', 'aimgate', 'a word', '', x'0102030405060708', ?1, ?1 + 86400, 3, 0, '', '', ?1, 1)""",
                   (int(time.time()),))
    gw.start()
    aim(gw, "alice").wait("im", 8, who="aimgate", text=lambda t: "a word" in t)


def test_a_request_is_given_up_after_a_week(domains, aim):
    """M-526, S-346."""
    gw, joe = domains(["alice"])
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    watch = joe.subscribe(ALICE, 3600)
    watch.wait(state="pending")
    gw.stop()
    with sqlite3.connect(os.path.join(gw.dir, "data", "aimgate.db")) as db:
        assert db.execute("UPDATE requests SET created = created - 7 * 86400").rowcount == 1
    gw.start()
    m = watch.wait(15, state="terminated")
    assert reason(m) == "giveup" and "retry-after=86400" in m.get("Subscription-State"), m.headers
    mark = joe.mark()
    assert state(joe.subscribe(ALICE).wait(since=mark)) == "pending", "expected to be asked anew"


def test_one_watcher_asks_twenty_at_most(domains):
    """S-349, RFC 3857 4.7.1."""
    names = [f"user{c}" for c in "abcdefghijklmnopqrstu"]
    gw, joe = domains(names, config={"users": {"foreign_watchers": "confirm"}})
    status = [joe.subscribe(f"sip:{n}@aim.test").response.status for n in names]
    assert status == [200] * 20 + [403], status
    other = joe.subscribe("sip:useru@aim.test", from_="sip:jim@p.test")
    assert other.response.status == 200


def test_her_phone_is_told_who_waits(domains, aim, ua):
    """S-346: pending, approved, waiting, rejected in presence.winfo, valid by RFC 3858's schema."""
    gw, joe = domains(["alice"])
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    alice = ua(gw, "alice", "tcp")
    sub = alice.subscribe(ALICE, 600, event="presence.winfo", accept=WINFO)
    assert sub.response.status == 200
    watch = joe.subscribe(ALICE)
    seen = []

    def told():
        """What the latest document says: joe's status and event."""
        mark, nth = len(seen), len(seen)
        _, how, who = winfo(sub.wait(8, after=nth))
        seen.append((how, who))
        return who.get("sip:joe@p.test", (None, None, None))
    assert told()[0] is None                # nobody yet
    pending = told()
    assert pending[:2] == ("pending", "subscribe"), seen
    watch.refresh(0)
    waiting = told()
    assert waiting[:2] == ("waiting", "timeout") and waiting[2] == pending[2], seen
    assert sub.refresh(600).status == 200   # the whole list has it
    assert told() == waiting, seen
    watch = joe.subscribe(ALICE)
    assert told()[:2] == ("pending", "subscribe"), seen
    assert "may see" in ask_by_phone(alice, "allow")
    approved = told()
    assert approved == ("active", "approved", pending[2]), seen
    ask_by_phone(alice, "refuse joe@p.test")
    assert told()[:2] == ("terminated", "rejected"), seen


def test_an_icq_client_asks_by_its_own_dialog(domains, aim):
    """5.3: 0013/0019, also for what was asked before; 0013/001A answers."""
    gw, joe = domains(["123456"], config={"users": {"foreign_watchers": "confirm"}}, capture=True)
    target = "sip:123456@aim.test"
    assert state(joe.subscribe(target).wait()) == "pending"
    icq = aim(gw, "123456")
    asked = icq.wait("auth-request", who="joe@p.test")
    assert asked["reason"] == "would like to see when you are online"
    jim = joe.subscribe(target, from_="sip:jim@p.test")
    icq.wait("auth-request", who="jim@p.test")
    icq.bos.send_snac(0x13, 0x1A, oscar.str8("jim@p.test") + b"\1" + oscar.str16("") + b"\0\0")
    jim.wait(state="active")
    icq.bos.send_snac(0x13, 0x1A, oscar.str8("joe@p.test") + b"\0" + oscar.str16("no") + b"\0\0")
    icq.wait("im", who="aimgate", text=lambda t: "joe@p.test may not see" in t)
    assert joe.subscribe(target).response.status == 403


# ---- reports ----

def test_a_report_reaches_the_operator(domains, aim, ua):
    """S-007: sender, times, ids and the chain of Vias; of what was said only what the reporter writes."""
    gw, joe = domains(["alice", "Bob B"])
    alice, bob = aim(gw, "alice"), aim(gw, "Bob B")
    assert gw.ok("report", "list", "--json").json == []
    joe.message(ALICE, "secret words", headers=[("Via", "SIP/2.0/TCP far.example.org;branch=z9hG4bKfar")])
    bob.im("alice", "also secret", ack=True)
    alice.wait("im", who="bobb")
    got = ask(alice, "REPORT joe@p.test he called me\tnames \u001b[31m")
    assert got.startswith("Reported, as number 1: when and by which way the last messages of joe@p.test came"), got
    assert "as number 2" in ask(alice, 'report "Bob B"')
    assert "no message of carol@p.test came to you" in ask(alice, "report carol@p.test who is that")
    first, second, third = gw.ok("report", "list", "--json").json
    assert (first["id"], first["reporter"], first["subject"]) == (1, "alice", "joe@p.test"), first
    assert first["words"].startswith("he called me"), first
    line, = first["evidence"]
    assert re.search(r"T\S+Z UDP from 127\.0\.0\.1:\d+, Call-ID: ", line), line
    assert "Via: SIP/2.0/UDP" in line and "SIP/2.0/TCP far.example.org;branch=z9hG4bKfar" in line, line
    assert second["subject"] == "bobb" and "AIM from 127.0.0.1:" in second["evidence"][0] and "ICBM cookie: " in second["evidence"][0]
    assert third["evidence"] == []
    shown = gw.ok("report", "list").out
    assert "alice reports joe@p.test: he called me names" in shown and "\x1b" not in shown, shown
    assert "secret" not in shown
    assert "a user was reported id=1 by=alice of=joe@p.test" in gw.log()
    gw.ok("report", "del", "1")
    assert [r["id"] for r in gw.ok("report", "list", "--json").json] == [2, 3]
    for bad in ("1", "x"):
        assert gw.cli("report", "del", bad).code == 1


def test_reports_are_bounded(domains, aim):
    """20 of a user in a day; nobody reports himself, or the helper."""
    gw, _ = domains(["alice"])
    alice = aim(gw, "alice")
    answers = [ask(alice, f"report joe@p.test {n}") for n in range(21)]
    assert "as number 20" in answers[19] and "enough until tomorrow" in answers[20], answers[19:]
    assert len(gw.ok("report", "list", "--json").json) == 20
    assert "you yourself" in ask(alice, "report alice") and "That is me" in ask(alice, "report aimgate")
