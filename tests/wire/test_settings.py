"""What an account may be set to (README: `user set`): each setting, and that it is off where it was not asked for."""
import time

import pytest

from oscar_session import Item
from oscar_wire import str16, str8
from test_links import far                                                  # noqa: F401 (fixture)
from test_lists import ADHOC, State, subscribe
from test_promises import wait_for
from test_sip_ua import is_

ALICE, BOB = "sip:alice@aim.test", "sip:bob@aim.test"
HTML, PLAIN = "text/html", "text/plain"
RICH = "<HTML><BODY>hello <B>%s</B></BODY></HTML>"


# ---- html (mapping 3.3) ----

def rich(gw, alice, *phones):
    """An IM to bob with bold text; gives its type at each of his phones."""
    word, marks = gw.text("b").replace(" ", ""), [p.mark() for p in phones]
    alice.im("bob", RICH % word, ack=True, html=False)
    got = [p.wait("MESSAGE", 3, since=m, where=lambda m: word in m.text) for p, m in zip(phones, marks)]
    for m in got:
        assert (f"<b>{word}</b>" in m.text.lower()) == m.get("Content-Type").startswith(HTML), m.text
    return [m.get("Content-Type").split(";")[0] for m in got]


def test_formatted_text_goes_to_the_phones_that_say_they_take_it(gateway, aim, ua):
    """By Accept in a MESSAGE of theirs, in their REGISTER, or in an answer; each phone for itself."""
    gw = gateway(["alice", "bob"])
    alice, plain, writes, answers = aim(gw, "alice"), ua(gw, "bob"), ua(gw, "bob"), ua(gw, "bob", "tcp")
    registers = ua(gw, "bob", register=False)
    is_(registers.register(headers=[("Accept", "text/plain, text/html")]), 200)
    phones = (plain, writes, answers, registers)
    assert rich(gw, alice, *phones) == [PLAIN, PLAIN, PLAIN, HTML]
    is_(writes.message(ALICE, gw.text(), headers=[("Accept", "text/html")]), 200)
    answers.answers["MESSAGE"] = lambda m: answers.reply(m, 200, [("Accept", "text/plain, text/html")])
    assert rich(gw, alice, *phones) == [PLAIN, HTML, PLAIN, HTML]
    assert rich(gw, alice, *phones) == [PLAIN, HTML, HTML, HTML]
    is_(registers.register(), 200)
    assert rich(gw, alice, *phones) == [PLAIN, HTML, HTML, PLAIN]


@pytest.mark.parametrize("value, accepts, kind", [("no", True, PLAIN), ("yes", False, HTML)])
def test_or_as_the_account_is_set(gateway, aim, ua, value, accepts, kind):
    gw = gateway(["alice", "bob"])
    gw.ok("user", "set", "bob", "html", value)
    bob = ua(gw, "bob", register=False)
    is_(bob.register(headers=[("Accept", "text/html")] if accepts else []), 200)
    assert rich(gw, aim(gw, "alice"), bob) == [kind]


def test_a_phone_that_refuses_formatted_text_gets_it_plain(gateway, aim, ua):
    """M-417: 415: once more as text/plain, and so from then on."""
    gw = gateway(["alice", "bob"])
    gw.ok("user", "set", "bob", "html", "yes")
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    bob.answers["MESSAGE"] = lambda m: 415 if m.get("Content-Type").startswith(HTML) else 200
    alice.im("bob", RICH % gw.text("b"), ack=True, html=False)
    assert [m.get("Content-Type").split(";")[0] for m in bob.matching("MESSAGE")] == [HTML, PLAIN]
    assert rich(gw, alice, bob) == [PLAIN]


def test_what_was_stored_is_formatted_as_well(gateway, aim, ua):
    gw = gateway(["alice", "bob"])
    gw.ok("user", "set", "bob", "html", "yes")
    word = gw.text("b").replace(" ", "")
    aim(gw, "alice").im("bob", RICH % word, ack=True, store=True, html=False)
    bob = ua(gw, "bob")
    m = bob.wait("MESSAGE", 3)
    assert m.get("Content-Type").startswith(HTML) and f"<b>{word}</b>" in m.text.lower(), m.text


# ---- store_outbound (M-712) ----

BACK = "What you wrote to bob@sip.test is kept for an hour, and will be delivered when bob@sip.test is back."


@pytest.fixture
def outbound(gateway, far, aim):                                            # noqa: F811
    """An AIM user with the setting, and the server of a peer."""
    def make(value="on"):
        x = far()
        gw = gateway(["alice"], peers=[x.peer])
        gw.ok("user", "set", "alice", "store_outbound", value)
        return gw, aim(gw, "alice"), x
    return make


@pytest.mark.parametrize("status", [480, 503, 408])
def test_what_meets_nobody_goes_out_when_he_comes(outbound, status):
    """Kept and acknowledged, also where the client does not ask for that; with its own Date and what is left of the hour."""
    gw, alice, x = outbound()
    server = x.start(gw)
    server.answers["MESSAGE"] = status
    words = [gw.text(), gw.text()]
    for text in words:
        alice.im("bob@sip.test", text, ack=True)
    told = alice.wait("im", who="aimgate")["text"]
    assert told == BACK if status != 503 else "sip.test" in told, told
    first = server.wait("MESSAGE", text=words[0])
    server.answers["MESSAGE"] = 200
    mark = server.mark()
    server.never("MESSAGE", 1, since=mark)
    time.sleep(1)
    x.online(alice)
    got = [server.wait("MESSAGE", 3, since=mark, text=text) for text in words]
    assert got[0].get("Date") == first.get("Date") and 3500 < int(got[0].get("Expires")) < 3600, got[0].headers
    wait_for(lambda: gw.ok("queue", "list", "--json").json == [], "nothing waits any more")
    assert len(alice.find("im", who="aimgate")) == 1


def test_else_it_fails_at_once(outbound):
    gw, alice, x = outbound("off")
    server = x.start(gw)
    server.answers["MESSAGE"] = 480
    assert alice.im_refused("bob@sip.test", gw.text(), store=True) == 0x13
    server.answers["MESSAGE"] = 403
    gw.ok("user", "set", "alice", "store_outbound", "on")
    assert alice.im_refused("bob@sip.test", gw.text()) == 0x0D, "expected a no that stays to be told"


def test_also_while_the_link_is_down_where_the_client_does_not_ask(outbound):
    """M-439."""
    gw, alice, x = outbound()
    text = gw.text()
    alice.im("bob@sip.test", text, ack=True)
    server = x.start(gw)
    server.wait("MESSAGE", 45, text=text)


# ---- allow_anonymous (M-510, M-114) ----

NOBODY = "anonymous@anonymous.invalid"


def test_who_hides_his_name_is_heard_where_that_is_wanted(gateway, far, aim):                      # noqa: F811
    """S-407 (RFC 3323 4.1.1.3, RFC 5079): 433, unless the recipient takes it; only from a peer, and nothing is kept."""
    x = far(transport="udp")
    gw = gateway(["alice"], peers=[x.peer])
    alice, server = aim(gw, "alice"), x.start(gw)

    def write(who=server, uri=f"sip:{NOBODY}"):
        text = gw.text()
        return who.message(ALICE, text, auth=False, from_=uri, headers=[("Privacy", "id")]), text
    got, _ = write()
    assert is_(got, 433).start.endswith("433 anonymity not allowed"), got.start
    gw.ok("user", "set", "alice", "allow_anonymous", "on")
    got, text = write(uri="sip:nobody@invalid")
    is_(got, 200)
    assert alice.wait("im", text=text)["who"] == NOBODY
    is_(server.subscribe(ALICE, auth=False, from_=f"sip:{NOBODY}").response, 403)
    alice.deny(NOBODY)
    alice.privacy(4)
    is_(write()[0], 403)
    alice.undeny(NOBODY)
    alice.sign_off()
    is_(write()[0], 480)
    stranger = far(transport="udp")
    is_(write(stranger.start(gw))[0], 403)


# ---- block_style (M-523, M-524) ----

def blocks(alice, name="bob"):
    alice.deny(name)
    alice.privacy(4)


@pytest.mark.parametrize("by", ["account", "operator"])
def test_who_is_blocked_openly_is_told(gateway, aim, ua, by):
    """M-524: 403; and terminated;reason=rejected where he watched already, alone or in a list."""
    gw = gateway(["alice", "bob", "carl"], config={"users": {"block_style": "open"}} if by == "operator" else None)
    if by == "account":
        gw.ok("user", "set", "alice", "block_style", "open")
    alice, bob, carl = aim(gw, "alice"), ua(gw, "bob", "tcp"), ua(gw, "carl")
    one, many, other = bob.subscribe(ALICE), subscribe(bob, ADHOC, [ALICE]), carl.subscribe(ALICE)
    for sub in (one, many, other):
        sub.wait(3, state="active")
    mark = bob.mark()
    blocks(alice)
    assert one.wait(3, state="terminated").get("Subscription-State") == "terminated;reason=rejected"
    assert State(many.wait(3, since=mark)).by[ALICE] == ("terminated", "rejected", None)
    got = is_(bob.subscribe(ALICE).response, 403)
    assert "does not want to be seen" in got.want("Warning")
    again = subscribe(bob, ADHOC, [ALICE])
    assert State(again.wait(3)).by[ALICE] == ("terminated", "rejected", None)
    is_(other.refresh(600), 200)
    alice.undeny("bob")
    is_(bob.subscribe(ALICE).response, 200)


def test_else_he_sees_the_user_offline(gateway, aim, ua):
    """M-523; and what is set counts at once, also for who watches already."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    sub = bob.subscribe(ALICE)
    sub.wait(3, where=lambda m: ">open<" in m.text)
    blocks(alice)
    sub.wait(3, state="active", where=lambda m: ">closed<" in m.text)
    is_(bob.subscribe(ALICE).response, 200)
    gw.ok("user", "set", "alice", "block_style", "open")
    assert sub.wait(3, state="terminated").get("Subscription-State") == "terminated;reason=rejected"


# ---- an invisible ICQ user (M-508, M-509) ----

UIN = "sip:123456@aim.test"


def permit(session, name):
    session.edit(8, [Item(name, 0, session._free_id(0), 2)])


def is_open(m):
    return ">open<" in m.text


def test_who_is_on_the_visible_list_sees_an_invisible_icq_user(gateway, far, aim, ua):             # noqa: F811
    """M-508: the permit list; by phones of ours, other domains and lists. M-509: the invisible list, in whichever mode."""
    x = far(transport="udp")
    gw = gateway(["123456", "bob", "carl"], peers=[x.peer])
    icq, bob, carl, server = aim(gw, "123456"), ua(gw, "bob", "tcp"), ua(gw, "carl"), x.start(gw)
    permit(icq, "bob")
    icq.privacy(1)
    icq.status(0x100)
    subs = [bob.subscribe(UIN), carl.subscribe(UIN), server.subscribe(UIN, auth=False, from_="sip:bob@sip.test")]
    assert [is_open(sub.wait(3, state="active")) for sub in subs] == [True, False, False]
    assert State(subscribe(bob, ADHOC, [UIN]).wait(3)).open(UIN)
    marks = [ua.mark() for ua in (bob, carl, server)]
    permit(icq, "bob@sip.test")
    subs[2].wait(8, since=marks[2], where=is_open)
    icq.away("fishing")
    assert "fishing" in subs[0].wait(8, since=marks[0], where=lambda m: "fishing" in m.text).text
    carl.never("NOTIFY", 0.5, since=marks[1], where=lambda m: is_open(m) or "fishing" in m.text)
    mark = bob.mark()
    icq.deny("bob")
    subs[0].wait(8, since=mark, where=lambda m: ">closed<" in m.text)
    icq.status(0)
    subs[1].wait(8, since=marks[1], where=is_open)


# ---- auth_text, of a peer (mapping 5.3) ----

@pytest.mark.parametrize("on", [True, False])
def test_what_an_icq_user_writes_when_he_asks(gateway, far, aim, on):                              # noqa: F811
    x = far()
    gw = gateway(["123456"], peers=[{**x.peer, **({"auth_text": True} if on else {})}])
    icq, server = aim(gw, "123456"), x.start(gw)
    icq.add_buddy("bob@sip.test")
    server.wait("SUBSCRIBE", 5)
    icq.bos.send_snac(0x13, 0x18, str8("bob@sip.test") + str16("please \u263a") + b"\0\0")
    if on:
        assert server.wait("MESSAGE", 3).text == "[Authorisation request] please \u263a"
    else:
        server.never("MESSAGE", 0.5)


# ---- announce_watchers (M-631) ----

def test_an_icq_user_hears_who_begins_to_watch(gateway, far, aim, ua):                             # noqa: F811
    """SNAC 0x0013/0x001C, once while he watches; to AIM clients, and without the setting, nothing."""
    x = far(transport="udp")
    gw = gateway(["123456", "alice", "bob"], peers=[x.peer])
    icq, alice, bob, server = aim(gw, "123456"), aim(gw, "alice"), ua(gw, "bob"), x.start(gw)
    is_(bob.subscribe(UIN).response, 200)
    icq.never("added", 0.3)
    for name in ("123456", "alice"):
        gw.ok("user", "set", name, "announce_watchers", "on")
    for to in (UIN, UIN, ALICE):
        is_(server.subscribe(to, auth=False, from_="sip:bob@sip.test").response, 200)
    icq.wait("added", who="bob@sip.test")
    is_(server.subscribe(UIN, 0, auth=False, from_="sip:eve@sip.test").response, 200)
    blocks(icq, "joe@sip.test")
    is_(server.subscribe(UIN, auth=False, from_="sip:joe@sip.test").response, 200)
    icq.info("alice", 1)
    assert len(icq.find("added")) == 1 and not alice.find("added")
