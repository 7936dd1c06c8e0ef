"""All that BarnOwl offers for AIM (its commands addbuddy, delbuddy, alist, aim search, aimwrite, aaway, join, aimlogin,
aimlogout), driven against the gateway; what it shows and what the other end sees. Unmodified, from Debian."""
import time

from gateway import DOMAIN

WORDS = "sehr lange Nachricht, "


def screen_has(path, text, timeout=5.0):
    """Does what it has drawn on its terminal contain this?"""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        if text.encode() in path.read_bytes():
            return True
        time.sleep(0.1)
    return False


def add_and_wait(owl, name):
    owl.send(f"buddy {name}")
    owl.wait("presence", 12, who=name, state="online")


def test_the_list_messages_away_and_search(gateway, driver, shim, aim, ua, tmp_path):
    gw = gateway(["alice", "bob", "carol", "dave"], capture=True)
    carol = ua(gw, "carol")
    carol.publish(carol.pidf())
    bob, tty = aim(gw, "bob"), tmp_path / "tty"
    alice = driver("barnowl_client.py", "--port", gw.oscar_port, "--user", "alice", "--password", gw.password("alice"),
                   "--shim", shim, "--tty", tty, "--timeout", "60")
    alice.wait("signed-on", 20)

    # addbuddy, for a user of either kind and for one who is not there
    for name in ("bob", "carol"):
        add_and_wait(alice, name)
    alice.send("buddy dave")
    alice.wait("status", text=lambda t: t.startswith("dave added"))
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice", away=False)
    # aimwrite: to and from each, of all that a line can hold, and longer than one message of SIP
    for text in ("h\u00e9llo \u263a & <x> \"q\" %s", WORDS * 60):
        text, mark = gw.text(text), carol.mark()
        alice.send(f"im carol {text}")
        parts = [carol.wait("MESSAGE", since=mark, text=lambda t: t.startswith("(1/") or t == text)]
        if parts[0].text != text:
            count = int(parts[0].text.split("/")[1].split(")")[0])
            parts += [carol.wait("MESSAGE", since=mark, text=lambda t, i=i: t.startswith(f"({i}/")) for i in range(2, count + 1)]
            assert "".join(p.text.split(") ", 1)[1] for p in parts) == text
        mark = alice.mark()
        assert carol.message(f"sip:alice@{DOMAIN}", text).status == 200
        got = alice.wait("im", since=mark, **{"from": "carol"})
        assert got["text"] == text.strip(), f"expected {text!r}; got {got['text']!r}"

    # to somebody who is not there: BarnOwl does not ask for it to be stored, and says what became of it
    mark = alice.mark()
    alice.send(f"im dave {gw.text('for nobody')}")
    alice.wait("error", since=mark, code=4)

    # aaway: others see it with its text; away: who writes has an answer too, marked as automatic
    bob_mark = bob.mark()
    alice.send("away gone fishing")
    bob.wait("arrived", 12, since=bob_mark, who="alice", away=True)
    assert "gone fishing" in bob.info("alice", 3)["away_text"]
    alice.send("raw away on")
    alice.wait("status", text=lambda t: "Away messages set" in t)
    text, mark = gw.text("are you there"), alice.mark()
    bob.im("alice", text, ack=True)
    alice.wait("im", since=mark, **{"from": "bob"}, text=text)
    answer = bob.wait("im", since=bob_mark, who="alice")
    assert answer["auto"] and "away from the terminal" in answer["text"], answer
    text, mark = gw.text("and you"), alice.mark()
    carol_mark = carol.mark()
    assert carol.message(f"sip:alice@{DOMAIN}", text).status == 200
    alice.wait("im", since=mark, **{"from": "carol"}, text=text)
    assert "away from the terminal" in carol.wait("MESSAGE", since=carol_mark).text
    bob_mark = bob.mark()
    alice.send("raw away off")
    bob.wait("arrived", 12, since=bob_mark, who="alice", away=False)

    # somebody else's automatic reply is shown as one
    dave, mark = aim(gw, "dave"), alice.mark()
    alice.wait("presence", 12, who="dave", state="online")
    dave.im("alice", gw.text("I am a machine"), auto=True)
    assert alice.wait("im", since=mark, **{"from": "dave"})["auto"]

    # aim search: by address; of nobody it says so
    mark = alice.mark()
    alice.send(f"raw aim search carol@{DOMAIN}")
    assert screen_has(tty, "carol", 5)
    alice.send("raw aim search nobody@nowhere.example")
    alice.wait("error", since=mark, text=lambda t: "No results" in t)

    # alist: who is there
    alice.send("raw alist")
    assert screen_has(tty, "AIM users logged in") or screen_has(tty, "carol")

    # join: there are no chat rooms; nothing comes of it, and all goes on
    alice.send("raw join aim tearoom")

    # delbuddy: he is gone from the list, and his comings and goings are no longer told
    alice.send("unbuddy bob")
    alice.wait("status", text=lambda t: t.startswith("bob ") and "added" not in t)
    time.sleep(2) # it says so before it tells the server
    mark = alice.mark()
    bob.close()
    time.sleep(1)
    assert not [e for e in alice.events[mark:] if e["event"] == "presence" and e["who"] == "bob"]
    names = {item.name for item in aim(gw, "alice").items if item.kind == 0}
    assert names == {"carol", "dave"}, names


def test_it_comes_and_goes(gateway, driver, shim, aim, ua):
    """aimlogout and aimlogin of one BarnOwl; the gateway starts anew under it; the name signs on elsewhere."""
    gw = gateway(["alice", "bob", "carol"], capture=True)
    carol, bob = ua(gw, "carol"), aim(gw, "bob")
    alice = driver("barnowl_client.py", "--port", gw.oscar_port, "--user", "alice", "--password", gw.password("alice"),
                   "--shim", shim, "--timeout", "120")
    alice.wait("signed-on", 20)
    add_and_wait(alice, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    seen = carol.subscribe(f"sip:alice@{DOMAIN}")
    seen.wait(text=lambda t: "<basic>open" in t)

    mark = bob.mark()
    alice.send("raw aimlogout")
    alice.wait("signed-off")
    bob.wait("departed", since=mark, who="alice")
    seen.wait(12, text=lambda t: "<basic>closed" in t)
    mark, own = bob.mark(), alice.mark()
    alice.send(f"raw aimlogin alice {gw.password('alice')}")
    bob.wait("arrived", since=mark, who="alice")
    alice.wait("signed-on", since=own)
    talk_once(gw, alice, bob)

    mark = alice.mark()
    gw.restart()
    alice.wait("signed-off", since=mark)
    bob, mark = aim(gw, "bob"), alice.mark()
    alice.send(f"raw aimlogin alice {gw.password('alice')}")
    alice.wait("presence", 15, since=mark, who="bob", state="online")
    alice.wait("signed-on", since=mark)
    talk_once(gw, alice, bob)


def talk_once(gw, alice, bob):
    text, mark = gw.text(), alice.mark()
    bob.im("alice", text, ack=True)
    alice.wait("im", since=mark, **{"from": "bob"}, text=text)
    text, mark = gw.text(), bob.mark()
    alice.send(f"im bob {text}")
    bob.wait("im", since=mark, who="alice", text=text)


def test_two_of_one_name(gateway, barnowl, aim):
    """Neither asks to be alone: both stay, each gets what comes, and the user is there until the last one leaves."""
    gw = gateway(["alice", "bob"], capture=True)
    first, second, bob = barnowl(gw, "alice"), barnowl(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    text = gw.text()
    bob.im("alice", text, ack=True)
    for owl in (first, second):
        owl.wait("im", **{"from": "bob"}, text=text)
    mark = bob.mark()
    assert first.close() == 0
    bob.never("departed", 1, since=mark, who="alice")
    assert second.close() == 0
    bob.wait("departed", since=mark, who="alice")
