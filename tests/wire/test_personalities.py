"""Each kind of AIM client signs on in its own order, sees a buddy, talks, goes away and leaves."""
import pytest

import oscar_session as oscar

DRIVEN_TO_SIP = oscar.ALL[:8]
GRINNING = "\U0001f600"


@pytest.mark.parametrize("kind", oscar.ALL, ids=lambda p: p.name.replace(" ", ""))
def test_signs_on_talks_and_leaves(gateway, aim, ua, kind):
    name = "Sub Ject" if not kind.icq else "700700"
    subject_uri = "sip:" + oscar.norm(name) + "@aim.test"
    gw = gateway(["watcher", name, "bob"], capture=True)
    watcher = aim(gw, "watcher")
    watcher.add_buddy(name)
    bob = ua(gw, "bob")
    watch = bob.subscribe(subject_uri)
    assert watch.response.status == 200
    watch.wait(text=lambda t: "<basic>closed</basic>" in t)

    subject = aim(gw, name, kind, buddies=["watcher", "bob"])
    if kind.feedbag:
        subject.add_buddy("watcher", "bob")
    subject.wait("arrived", who="watcher", away=False)
    phone = subject.wait("arrived", who="bob")["user"]
    assert phone.caps == [oscar.CAP_UTF8, oscar.CAP_INTEROP], "who is reached by SIP takes text, and offers nothing else"
    arrived = watcher.wait("arrived", who=name, away=False)
    assert arrived["who"] == name, f"expected the name as its owner writes it; got {arrived['who']!r}"
    watch.wait(text=lambda t: "<basic>open</basic>" in t)

    text = gw.text("caf\u00e9 & <x>")
    subject.im("watcher", text, ack=True)
    got = watcher.wait("im", who=name, text=lambda t: text in t)
    assert got["who"] == name
    text = gw.text("d\u00e9j\u00e0 \u263a & <x>")
    watcher.im(name.lower(), text, ack=True)
    subject.wait("im", who="watcher", text=lambda t: text in t)

    text = gw.text("to a phone & <x>")
    subject.im("bob", text, ack=True)
    m = bob.wait("MESSAGE", text=text)
    assert "sip:" + m.address("From") == subject_uri and (kind.icq or '"Sub Ject"' in m.get("From")), m.get("From")
    assert m.get("Content-Type").replace(" ", "").lower() == "text/plain;charset=utf-8", m.get("Content-Type")
    check_encoding(gw, bob, subject, kind, subject_uri)
    check_quirks(gw, watcher, subject, kind, name)

    mark = watcher.mark()
    words = "<HTML>gone <b>fishing</b></HTML>"
    subject.away(words)
    watcher.wait("arrived", since=mark, who=name, away=True)
    info = watcher.info(name, 3)
    assert info["away_text"] == words, f"expected the text as it was set; got {info}"
    if kind in DRIVEN_TO_SIP:       # changes reach SIP at most once in 5 s
        watch.wait(12, text=lambda t: "gone fishing" in t and "away" in t)
    mark = watcher.mark()
    subject.back()
    watcher.wait("arrived", since=mark, who=name, away=False)

    subject.sign_off()
    watcher.wait("departed", who=name)
    watch.wait(12, where=lambda m: b"<basic>closed</basic>" in m.body and m is not watch.notifies()[0])


def check_quirks(gw, watcher, subject, kind, name):
    """What the reference's section 28 tells of this one alone; the rest every session checks of every frame."""
    if kind in (oscar.AIM17, oscar.AIM30):
        since = subject.mark()
        watcher.status(0, "at the beach")
        got = subject.wait("arrived", since=since, who="watcher")
        assert 0x1D not in got["user"].tlvs, "no icons and status texts before AIM 3.5 (M-212)"
    if kind is oscar.AIM35:
        since = subject.mark()
        watcher.status(0, "at the beach")
        assert subject.wait("arrived", since=since, who="watcher")["message"] == "at the beach"
    if kind is oscar.AIM17:
        own = subject.mark()
        subject.away("briefly")
        watcher.wait("arrived", who=name, away=True)
        subject.back()
        subject.never("self", 0.3, since=own)       # an 01/0F that it did not ask for is its end
    if kind in (oscar.AIM17, oscar.AIM2, oscar.MACAIM2, oscar.JAVA):
        assert "dropping" not in subject.rates.classes[1], "records of 30 octets below version 3"
    if kind is oscar.AIM61:
        assert len(subject.find("self")) and subject.wait("self")["blocks"] == 2, "a block for others' eyes, one of the session"
    if kind is oscar.NETOSCAR:
        assert 9 in subject.families
    if kind is oscar.QIP:
        assert watcher.info(name, 4)["who"] == name, "a privacy item without a mode hides nobody"
    if kind.icq:
        assert 0x0C in watcher.wait("arrived", who=name)["user"].tlvs, "ICQ's record of direct connections"
        assert watcher.wait("arrived", who=name)["user"].uclass & 0x50 == 0x50
    if kind is oscar.JIMM or kind is oscar.TRILLIAN:
        caps = [kind.caps[i:i + 16] for i in range(0, len(kind.caps), 16)]
        got = watcher.wait("arrived", who=name, user=lambda u: u.caps == caps)
        assert got, f"expected {kind.caps.hex()} as it was told"
    if kind is oscar.AIMLITE:
        watcher.im(name, gw.text("live"), store=True)
        assert not subject.wait("im", text=lambda t: "live" in t)["stored"], "it would show an offline message"


def check_encoding(gw, bob, subject, kind, uri):
    """The charset table of 3.2: what this client is written in."""
    cases = [("plain", "plain", [0])]
    if kind is oscar.BARNOWL:
        cases += [("caf\u00e9", "caf\u00e9", [3]), ("caf\u00e9 \u263a", "caf\u00e9 \u263a", [2]),
                  ("grin " + GRINNING, "grin \ufffd", [2])]
    elif kind is oscar.NODE_OSCAR:
        cases += [("caf\u00e9 \u263a " + GRINNING, "caf\u00e9 \u263a " + GRINNING, [0])]
    else:
        cases += [("caf\u00e9 \u263a " + GRINNING, "caf\u00e9 \u263a " + GRINNING, [2])]
    for sent, seen, charsets in cases:
        tail = gw.text("&").lstrip("&")
        got = bob.message(uri, f"{sent} <b>&{tail}")
        assert got.status == 200, f"expected 200 for a live session (M-451); got {got}"
        m = subject.wait("im", who="bob", text=lambda t, tail=tail: t.endswith(tail))
        assert m["text"] == f"{seen} <b>&{tail}", f"expected {seen} <b>&{tail}; got {m['raw']!r}"
        assert m["charsets"] == charsets, f"expected charset {charsets} for {kind.name}; got {m['charsets']}"
        tagged = m["raw"].upper().startswith("<HTML")
        assert tagged == (kind not in (oscar.BARNOWL, oscar.NODE_OSCAR) and not kind.icq), \
            f"{kind.name} shows tags raw" if tagged else f"expected <HTML> around a text for {kind.name}; got {m['raw']!r}"


def test_a_client_with_the_thirty_byte_rate_records_signs_on(gateway, aim):
    """Family 1 below version 3: the records are read in the short form by rate_class's reader, or the read fails."""
    gw = gateway(["old one"])
    s = aim(gw, "old one", oscar.AIM35)
    assert not s.long_rates and "since" not in s.rates.classes[1]


def test_a_roasted_login_is_answered_on_channel_4(gateway, aim):
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob")
    alice = aim(gw, "alice", oscar.AIM30, buddies=["bob"])
    alice.wait("arrived", who="bob")
    text = gw.text()
    alice.im("bob", text, ack=True)
    bob.wait("im", who="alice", text=text)
    with pytest.raises(oscar.Refused):
        oscar.Session(gw.oscar_port, "bob", "wrong", oscar.AIM30).authorize()


def test_typing_goes_from_client_to_client(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob", oscar.BITLBEE)
    alice.im("bob", gw.text(), ack=True)
    for kind in (2, 1, 0):
        mark = bob.mark()
        alice.typing("bob", kind)
        bob.wait("typing", since=mark, who="alice", kind=kind)


def test_idle_shows_and_ends(gateway, aim, ua):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice", oscar.AIM51), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice", idle=None)
    mark = bob.mark()
    alice.idle(900)
    bob.wait("arrived", since=mark, who="alice", idle=lambda n: n in (15, 16))
    mark = bob.mark()
    alice.idle(0)
    bob.wait("arrived", since=mark, who="alice", idle=None)


def test_available_message_and_invisible(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    alice.status(0, "here \u263a")
    bob.wait("arrived", who="alice", message="here \u263a")
    mark = bob.mark()
    alice.status(0x100)
    bob.wait("departed", since=mark, who="alice")
    mark = bob.mark()
    alice.status(0)
    bob.wait("arrived", since=mark, who="alice")
