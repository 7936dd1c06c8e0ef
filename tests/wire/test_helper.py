"""The service's own buddy: who it is, and what it understands, over both protocols."""
import pytest

import oscar_session as oscar
from clientlib import free_port
from sip_ua import UserAgent
from test_links import Far

HELPER = "sip:aimgate@aim.test"


def ask(session, text, timeout=5.0):
    """What the helper answers an AIM client."""
    mark = session.mark()
    session.im("aimgate", text, ack=True)
    got = session.wait("im", timeout, since=mark, who="aimgate")
    assert got["auto"], "expected the answer of a program to be marked as one"
    return got["text"]


def ask_by_phone(phone, text, timeout=5.0):
    mark = phone.mark()
    got = phone.message(HELPER, text)
    assert got.status == 200, got
    return phone.wait("MESSAGE", timeout, since=mark, who="aimgate@aim.test").text


@pytest.mark.parametrize("kind", [oscar.BARNOWL, oscar.AIM35], ids=lambda p: p.name.replace(" ", ""))
def test_it_is_on_the_list_as_a_bot_that_is_always_there(gateway, aim, kind):
    gw = gateway(["alice"])
    alice = aim(gw, "alice", kind, buddies=["AIMgate"])
    if kind.feedbag:
        alice.add_buddy("AIMgate")
    here = alice.wait("arrived", who="aimgate")
    assert here["uclass"] == 0x0410 and not here["away"], here
    assert "help" in alice.info("aimgate")["profile"]
    alice.bos.send_snac(4, 8, b"\0\0" + bytes([7]) + b"aimgate")
    assert alice.wait("error", snac="04/01")["code"] == 0x0D, "expected a warning of it to be refused"


def test_it_answers_from_any_client(gateway, aim, ua):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    for say in ("help", "HELP", " Help! "):
        got = ask(alice, say)
        assert "WHO NAME: " in got and "WHY: " in got, got
    assert "do not understand" in ask(alice, "open the door") and "WHO NAME" in ask(alice, "x")
    assert "WHO NAME" in ask_by_phone(bob, "help")
    assert "Whom do you mean" in ask_by_phone(bob, "who")
    mark = alice.mark()
    alice.im("aimgate", "help", auto=True)
    alice.never("im", 1.0, since=mark)          # what a program wrote is not answered


def test_who_and_status(gateway, aim, ua, closing):
    port = free_port()
    gw = gateway(["Alice Smith", "bob"], peers=[{"domain": "p.test", "route": f"sip:127.0.0.1:{port}"}])
    alice, bob = aim(gw, "Alice Smith"), ua(gw, "bob", "tcp")
    alice.away("fishing")
    got = ask_by_phone(bob, "who alice smith")
    assert got == ("Alice Smith is a user of this service, im:alicesmith@aim.test. Online, but away: fishing "
                   "There is an AIM client."), got
    assert "There is a SIP phone" in ask(alice, "who im:bob@aim.test")
    assert "Nobody here has that name" in ask(alice, "who carol")
    assert "neither a screen name" in ask(alice, "who ...")
    assert "That is me" in ask(alice, "who aimgate")
    got = ask(alice, "who joe@p.test")
    assert "joe@p.test is a user of p.test, which this service has a link to." in got, got
    gw.ok("binding", "add", "joey", "im:joe@p.test")
    assert "screen name here is joey" in ask(alice, "who sip:joe@p.test")
    gw.ok("user", "set", "bob", "store_messages", "on")
    got = ask_by_phone(bob, "status")
    assert "You are bob, im:bob@aim.test." in got and "SIP phone at 127.0.0.1" in got and "link to p.test is up" in got, got
    assert "AIM client Purple" in ask(alice, "status")


def test_why(gateway, aim, ua):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    assert "No message of yours has failed" in ask(alice, "why")
    assert alice.im_refused("nobodyhere", "x") == 4
    assert "No such user: nobodyhere" in ask(alice, "why")
    assert alice.im_refused("carol", "x") == 4
    got = ask(alice, "why")
    assert got.startswith("Your message to carol, ") and "carol is not signed on, and your client did not ask" in got, got
    alice.deny("bob")
    alice.privacy(4)
    assert bob.message("sip:alice@aim.test", "x").status == 403
    assert "alice takes no messages from you" in ask_by_phone(bob, "why")


def test_who_may_write_to_it(gateway, aim, ua, closing):
    port = free_port()
    gw = gateway(["alice", "bob"], peers=[{"domain": "p.test", "route": f"sip:127.0.0.1:{port}"}])
    joe = UserAgent(gw.sip_port, "joe", "none", "p.test", listen=port)
    closing.append(joe)
    assert joe.message(HELPER, "help").status == 404, "expected it to be nobody to other domains (M-440 and below)"
    assert joe.subscribe(HELPER).response.status == 404
    watch = ua(gw, "bob").subscribe(HELPER)
    assert watch.response.status == 200
    watch.wait(text=lambda t: "<basic>open</basic>" in t)


def test_another_name(gateway, aim):
    gw = gateway(["alice"], config={"helper": {"name": "Ask Me".replace(" ", "")}})
    alice = aim(gw, "alice")
    mark = alice.mark()
    alice.im("ask me", "help")
    assert alice.wait("im", since=mark, who="askme")["who"] == "AskMe"
    got = gw.cli("user", "add", "ask me", stdin="pw9x7Q\n")
    assert got.code == 1 and "own buddy" in got.err, got
    got = gw.cli("binding", "add", "askme", "im:x@sip.example.org")
    assert got.code == 1 and "own buddy" in got.err, got


def test_its_name_is_no_account(gateway):
    gw = gateway(["alice"], start=False)
    gw.config["helper"] = {"name": "alice"}
    gw.write_config()
    got = gw.cli("serve")
    assert got.code != 0 and "helper.name: alice is the name of an account" in got.err, got


def test_barnowl_talks_with_it(gateway, barnowl):
    gw = gateway(["alice"])
    alice = barnowl(gw, "alice")
    alice.send("buddy aimgate")
    alice.wait("presence", 12, who="aimgate", state="online")
    mark = alice.mark()
    alice.send("im aimgate who alice")
    got = alice.wait("im", since=mark, **{"from": "aimgate"})
    assert "im:alice@aim.test" in got["text"], got


def test_it_names_the_system_that_fails(gateway, aim, closing):
    """S-003: who asks what is wrong is told whose link is down, and that his own service works."""
    far = Far(closing)
    gw = gateway(["alice"], peers=[far.peer])
    far.start(gw)
    alice = aim(gw, "alice")
    assert "The link to sip.test is up." in ask(alice, "status")
    far.online(alice)
    far.kill()
    assert alice.im_refused("bob@sip.test", "x") == 5
    alice.wait("im", who="aimgate", text=lambda t: t.startswith("sip.test cannot be reached since"))
    got = ask(alice, "status")
    assert "sip.test cannot be reached, for " in got and "Your own service is working." in got, got
    assert "link to sip.test is up" not in got
    assert "It cannot be reached just now" in ask(alice, "who bob@sip.test")
    got = ask(alice, "why")
    assert got.startswith("Your message to bob@sip.test, ") and "sip.test" in got.partition("failed: ")[2], got
