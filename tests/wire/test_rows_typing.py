"""Who is typing (RFC 3994), between AIM and phones and between AIM and a peer's domain."""
import os
import re
import subprocess
import time

import pytest

from test_sip_ua import is_

XSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "xsd", "im-iscomposing.xsd")
TYPE = "application/im-iscomposing+xml"
BEGUN, TYPED, NONE, CLOSED = 2, 1, 0, 0x0F
DOCUMENT = ('<?xml version="1.0"?><isComposing xmlns="urn:ietf:params:xml:ns:im-iscomposing"><state>{}</state>'
            '<contenttype>text/plain</contenttype>{}</isComposing>')


def status(m):
    """The state of a valid document."""
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", XSD, "-"], input=m.body, capture_output=True)
    assert done.returncode == 0, f"expected a valid document; got {done.stderr.decode()}\n{m.text}"
    assert m.get("Expires") == "60" and not m.all("Contact"), m.headers
    return re.search("<state>(.*)</state>", m.text)[1], re.search("<refresh>(.*)</refresh>", m.text)


def typing(m):
    return m.kind == TYPE


def compose(ua, to, state="active", refresh=None, **more):
    body = DOCUMENT.format(state, f"<refresh>{refresh}</refresh>" if refresh else "")
    return ua.message(to, body, kind=TYPE, **more)


@pytest.fixture
def pair(rows, aim, ua):
    """An AIM session and a phone that have written to each other."""
    def make(transport="udp"):
        a, b = rows.name(), rows.name()
        alice, bob = aim(rows.gw, a), ua(rows.gw, b, transport)
        text = rows.gw.text()
        alice.im(b, text, ack=True)
        bob.wait("MESSAGE", text=text)
        return alice, bob, f"sip:{a}@aim.test", b
    return make


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_what_an_aim_user_types_is_told_to_a_phone(pair, transport):
    alice, bob, _, name = pair(transport)
    for event, state in ((BEGUN, "active"), (TYPED, "idle"), (BEGUN, "active"), (CLOSED, "idle")):
        mark = bob.mark()
        alice.typing(name, event)
        got, refresh = status(bob.wait("MESSAGE", 3, where=typing, since=mark))
        assert got == state and (refresh is None) == (state == "idle"), (got, refresh)
        assert refresh is None or int(refresh[1]) >= 60
    mark = bob.mark()
    alice.typing(name, CLOSED)                                  # it was idle: nothing to tell
    alice.typing(name, BEGUN)
    alice.typing(name, BEGUN)                                   # told less than a minute ago
    assert status(bob.wait("MESSAGE", 3, where=typing, since=mark))[0] == "active"
    time.sleep(0.3)
    assert len(bob.matching("MESSAGE", where=typing, since=mark)) == 1


def test_what_a_phone_types_is_told_to_aim(pair):
    alice, bob, uri, name = pair()
    for state, kind in (("active", BEGUN), ("idle", NONE), ("active", BEGUN), ("foo", NONE)):      # another word is idle
        mark = alice.mark()
        is_(compose(bob, uri, state), 200)
        alice.wait("typing", 3, since=mark, who=name, kind=kind)
    is_(compose(bob, uri), 200)
    mark = alice.mark()
    is_(bob.message(uri, "done"), 200)                          # a message ends it
    alice.wait("typing", 3, since=mark, who=name, kind=NONE)
    mark = alice.mark()
    is_(compose(bob, uri, refresh=1), 200)                      # so does time
    alice.wait("typing", 3, since=mark, who=name, kind=BEGUN)
    alice.wait("typing", 3, since=mark, who=name, kind=NONE)


def test_a_peers_user_and_an_aim_user(rows, aim, peer):
    a = rows.name()
    alice, uri = aim(rows.gw, a), f"sip:{a}@aim.test"
    alice.typing("bob@sip.test", BEGUN)                         # nobody wrote yet: nothing is told
    peer.never("MESSAGE", 0.5, where=typing)
    is_(peer.message(uri, "hello", auth=False), 200)
    alice.wait("im", who="bob@sip.test")
    mark = peer.mark()
    alice.typing("bob@sip.test", BEGUN)
    m = peer.wait("MESSAGE", 3, where=typing, since=mark)
    assert status(m)[0] == "active" and m.address("From") == f"{a}@aim.test" and m.uri == "sip:bob@sip.test"
    mark = alice.mark()
    is_(compose(peer, uri, auth=False), 200)
    alice.wait("typing", 3, since=mark, who="bob@sip.test", kind=BEGUN)


def test_who_answers_415_is_not_told_again(pair):
    alice, bob, _, name = pair()
    bob.answers["MESSAGE"] = lambda m: 415 if typing(m) else 200
    alice.typing(name, BEGUN)
    bob.wait("MESSAGE", 3, where=typing)
    time.sleep(0.2)
    mark = bob.mark()
    for event in (TYPED, BEGUN, NONE):
        alice.typing(name, event)
    alice.im(name, "a message still goes", ack=True)
    alice.typing(name, BEGUN)
    bob.never("MESSAGE", 0.5, where=typing, since=mark)


def test_nothing_is_told_while_a_message_is_on_its_way(pair):
    alice, bob, _, name = pair()
    bob.answers["MESSAGE"] = None
    mark = bob.mark()
    alice.im(name, "slow")
    m = bob.wait("MESSAGE", 3, since=mark)
    alice.typing(name, BEGUN)
    bob.never("MESSAGE", 0.5, where=typing, since=mark)
    bob.reply(m, 200)


def test_nothing_is_told_to_who_is_blocked(rows, pair):
    alice, bob, _, name = pair()
    alice.deny(name)
    alice.privacy(4)
    alice.typing(name, BEGUN)
    bob.never("MESSAGE", 0.5, where=typing)


@pytest.mark.parametrize("kind, body, headers", [
    (TYPE, "<broken", ()), (TYPE, "<other/>", ()), (TYPE, DOCUMENT.format("active", ""), [("Content-Encoding", "gzip")]),
    ("APPLICATION/IM-ISCOMPOSING+XML;charset=utf-8", DOCUMENT.format("active", ""), ()),
    ("multipart/mixed;boundary=q", f"--q\nContent-Type: {TYPE}\n\n{DOCUMENT}\n--q--\n", ()),
    ("message/imdn+xml", "<imdn/>", ()), ("message/imdn+xml", "junk", [("Content-Encoding", "x")]),
    ("message/cpim", "From: <im:a@b.example>\nTo: <im:c@d.example>\n\nContent-Type: message/imdn+xml\n\n<broken", ()),
    ("message/cpim", f"From: <im:a@b.example>\nTo: <im:c@d.example>\n\nContent-Type: {TYPE}\n\n<x/>", ())],
    ids=["broken", "another document", "packed", "capitals", "in a multipart", "a bare receipt", "a packed receipt",
         "a broken receipt", "in cpim"])
@pytest.mark.parametrize("online", [True, False])
def test_a_status_or_a_receipt_is_never_415_and_never_shown(rows, aim, ua, kind, body, headers, online):
    """Nor is it stored: who signs on later sees nothing of it."""
    a = rows.name()
    bob = ua(rows.gw, rows.name())
    alice = aim(rows.gw, a) if online else None
    is_(bob.message(f"sip:{a}@aim.test", body, kind=kind, headers=headers), 200)
    alice = alice or aim(rows.gw, a)
    alice.never("im", 0.2)
