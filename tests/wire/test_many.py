"""One MESSAGE for many (RFC 5365) for users who have agreed (RFC 5360): S-226, S-414; off by default: S-225."""
import pytest

from test_lists import resource_lists
from test_sip_ua import is_

SERVICE = "sip:message-lists@aim.test"
NAMES = ["alice", "carl", "dora"]


def send(phone, *to, text="hello all", require=True, body=None):
    lines = ["--b", "Content-Type: text/plain;charset=UTF-8", "", text, "--b", "Content-Type: application/resource-lists+xml",
             "Content-Disposition: recipient-list", "", resource_lists(*[f"sip:{n}@aim.test" if "@" not in n else n for n in to]).decode(), "--b--", ""]
    more = [("Require", "recipient-list-message")] if require else []
    return phone.message(SERVICE, "\r\n".join(lines).encode() if body is None else body, "multipart/mixed;boundary=b", headers=more)


@pytest.fixture
def group(gateway, ua, aim):
    """Users who have bob on their lists, and bob."""
    def make(*names, on=True, agree=True):
        gw = gateway(["bob", *NAMES, "eve"], config={"sip": {"list_messages": on}} if on else None)
        sessions = []
        for name in names or NAMES:
            s = aim(gw, name)
            if agree:
                s.add_buddy("bob")
            sessions.append(s)
        return gw, ua(gw, "bob"), sessions
    return make


def test_three_recipients_three_deliveries(group):
    gw, bob, sessions = group()
    is_(send(bob, *NAMES, "alice"), 202)
    for s in sessions:
        s.wait("im", 3, text="hello all", who="bob")
    for s in sessions:                          # also who stands there twice
        assert len(s.find("im")) == 1, s.find("im")


def test_no_one_is_told_who_else_got_it(group, ua):
    """RFC 5365 7.3: no recipient-list-history is sent, so nothing of the list reaches anybody."""
    gw, bob, sessions = group("alice")
    phone = ua(gw, "alice")
    is_(send(bob, "alice"), 202)
    m = phone.wait("MESSAGE", 3)
    assert m.text == "hello all" and m.kind == "text/plain" and "alice@aim.test" in m.get("To"), m
    assert b"resource-lists" not in m.body and "dora" not in str(m.headers)


def test_without_permission_nobody_gets_it(group, aim):
    """S-414, RFC 5360 5.9.2: 470 Consent Needed with Permission-Missing, of all who have not agreed and of those who are not there."""
    gw, bob, (alice,) = group("alice")
    eve = aim(gw, "eve")
    got = is_(send(bob, "alice", "eve", "nobodyhere", "sip:x@elsewhere.example"), 470)
    missing = got.want("Permission-Missing")
    assert "alice" not in missing
    assert all(f"<{u}>" in missing for u in ("sip:eve@aim.test", "sip:nobodyhere@aim.test", "sip:x@elsewhere.example")), missing
    alice.never("im", 0.3), eve.never("im", 0.1)
    eve.add_buddy("bob")                        # the list is where it is given ...
    is_(send(bob, "alice", "eve"), 202)
    alice.wait("im", 3), eve.wait("im", 3)
    eve.deny("bob")                             # ... and taken back
    eve.privacy(4)
    assert "eve" in is_(send(bob, "alice", "eve"), 470).want("Permission-Missing")


def test_who_is_not_there_gets_it_later(group, aim):
    gw, bob, (alice, carl) = group("alice", "carl")
    carl.sign_off()
    is_(send(bob, "alice", "carl"), 202)
    alice.wait("im", 3)
    aim(gw, "carl").wait("im", 8, text="hello all")


def test_who_cannot_be_reached_is_told_of(group):
    """202 is a promise: each is delivered, or the sender hears that it was not."""
    gw, bob, (alice, carl) = group("alice", "carl")
    gw.ok("user", "set", "carl", "store_messages", "off")
    carl.sign_off()
    is_(send(bob, "alice", "carl"), 202)
    alice.wait("im", 3)
    assert "carl" in bob.wait("MESSAGE", 5).text
    is_(send(bob, "carl"), 480)


def test_what_is_no_list(group):
    gw, bob, sessions = group()
    is_(send(bob, *[f"user{i:02}" for i in range(21)]), 403)
    is_(send(bob, "alice", body=b"--b\r\nContent-Type: text/plain\r\n\r\nhi\r\n--b--\r\n"), 400)
    is_(send(bob), 400)
    is_(bob.message(SERVICE, "plain"), 415)
    is_(send(bob, "alice", body=b"junk"), 400)


def test_it_is_off_by_default(group):
    gw, bob, sessions = group(on=False)
    assert "recipient-list-message" in is_(send(bob, *NAMES), 420).want("Unsupported")
    is_(send(bob, *NAMES, require=False), 404)
