"""Presence of a peer's users on AIM (RFC 6665, RFC 3856, RFC 8048): rows of tests/conformance/rows.tsv.  The peer is a
scripted notifier."""
import pytest

from sip_ua import token
from sip_wire import uri_of
from test_sip_ua import is_

OPEN, CLOSED = "open", "closed"


def document(who="bob", basic=OPEN, extra="", head='<?xml version="1.0"?>'):
    return (f'{head}<presence xmlns="urn:ietf:params:xml:ns:pidf" entity="pres:{who}@sip.test"><tuple id="t">'
            f"<status><basic>{basic}</basic>{extra}</status></tuple></presence>").encode()


class Notifier:
    """A dialog that a SUBSCRIBE of the gateway began, seen from the peer."""

    def __init__(self, peer, m, expires=3600):
        self.peer, self.m, self.cseq, self.tag = peer, m, 0, token(4)
        peer.reply(m, 200, [("Expires", str(expires)), ("Contact", f"<sip:127.0.0.1:{peer.port}>")], tag=self.tag)

    def notify(self, body=b"", state="active;expires=3600", kind="application/pidf+xml", cseq=None, event="presence", **more):
        self.cseq = cseq or self.cseq + 1
        rows = [("Event", event)] if event else []
        rows += [("Subscription-State", state)] if state else []
        rows += [("Contact", f"<sip:127.0.0.1:{self.peer.port}>")] + ([("Content-Type", kind)] if body else [])
        mine = uri_of(self.m.get("To"))
        m = self.peer.build("NOTIFY", uri_of(self.m.get("Contact")), rows, body, from_=mine, from_tag=self.tag, cseq=self.cseq,
                            to=uri_of(self.m.get("From")), to_tag=self.m.tag("From"), call_id=self.m.get("Call-ID"), **more)
        return self.peer.transact(m)


@pytest.fixture
def watched(rows, aim, peer):
    """An AIM user with bob@sip.test (or another) on the list, and the dialog at the peer."""
    def make(who="bob", answer=True):
        peer.answers["SUBSCRIBE"] = lambda m: None if m.get("Expires") != "0" else 200
        mark = peer.mark()
        alice = aim(rows.gw, rows.name())
        alice.add_buddy(f"{who}@sip.test")
        m = peer.wait("SUBSCRIBE", 5, since=mark, where=lambda m: m.address("To") == f"{who}@sip.test" and m.get("Expires") != "0")
        return alice, Notifier(peer, m) if answer else m
    return make


def shown(alice, who="bob@sip.test", **match):
    return alice.wait("arrived", 3, who=who, **match)


def test_the_subscription_and_what_it_asks_for(watched):
    """S-282, S-283 (RFC 6665 4.1.2.1): Event, Accept with PIDF first, Expires, Contact; sip: towards a peer."""
    alice, n = watched()
    m = n.m
    assert m.get("Event") == "presence" and int(m.get("Expires")) > 0 and m.uri == "sip:bob@sip.test", m.headers
    assert m.list("Accept")[0] == "application/pidf+xml" and m.get("Contact"), m.headers
    is_(n.notify(document()), 200)
    shown(alice)


@pytest.mark.parametrize("kind", ["application/pidf+xml", "APPLICATION/PIDF+XML;charset=utf-8", "application/pidf+xml ; x=y"])
def test_the_type_of_a_document_is_compared_without_case(watched, kind):
    """S-318 (RFC 3261 20.15)."""
    alice, n = watched()
    is_(n.notify(document(), kind=kind), 200)
    shown(alice)


def test_pending_shows_nothing(watched):
    """S-296 (RFC 8048 5.2.1): whatever the body says."""
    alice, n = watched()
    is_(n.notify(document(), state="pending;expires=3600"), 200)
    alice.never("arrived", 0.4, who="bob@sip.test")
    is_(n.notify(document()), 200)
    shown(alice)


def test_a_notify_without_a_body_keeps_what_was_known(watched):
    """S-294 (RFC 3856 6.8); an older CSeq is 500 and changes nothing (S-180, RFC 3261 12.2.2)."""
    alice, n = watched()
    is_(n.notify(document(), cseq=10), 200)
    shown(alice)
    mark = alice.mark()
    is_(n.notify(), 200)
    is_(n.notify(document(basic=CLOSED), cseq=9), 500)
    alice.never("departed", 0.4, since=mark, who="bob@sip.test")
    is_(n.notify(document(basic=CLOSED), cseq=12), 200)
    alice.wait("departed", 3, since=mark, who="bob@sip.test")


def test_a_broken_document_is_400_and_changes_nothing(watched):
    """S-316 (RFC 6665 4.1.3); S-315: no DTD; S-304, S-466 (RFC 8048 8.2): nor one about somebody else."""
    alice, n = watched()
    is_(n.notify(document()), 200)
    shown(alice)
    mark = alice.mark()
    is_(n.notify(document(basic=CLOSED)[:-12]), 400)
    is_(n.notify(document(basic=CLOSED, head='<!DOCTYPE presence [<!ENTITY x "y">]>')), 400)
    is_(n.notify(document("eve", CLOSED)), 200)
    alice.never("departed", 0.4, since=mark, who="bob@sip.test")


@pytest.mark.parametrize("state", ["terminated;reason=deactivated", "terminated;reason=noresource", "terminated;reason=rejected",
                                   "terminated;reason=giveup;retry-after=600", "terminated"])
def test_the_end_of_a_subscription_is_seen_at_once(watched, state):
    """S-295 (RFC 8048 5.2.1): no stale "online", whatever the last body said."""
    alice, n = watched()
    is_(n.notify(document()), 200)
    shown(alice)
    mark = alice.mark()
    is_(n.notify(document(), state=state), 200)
    alice.wait("departed", 1, since=mark, who="bob@sip.test")


def test_what_is_no_notify_of_ours(watched):
    """S-288 (RFC 6665 4.1.3): another event 489, no Subscription-State 400, no such dialog 481."""
    alice, n = watched()
    is_(n.notify(document(), event="dialog"), 489)
    is_(n.notify(document(), state=None), 400)
    n.tag = token(4)
    n.m.headers = [(k, v + "x" if k == "Call-ID" else v) for k, v in n.m.headers]
    is_(n.notify(document()), 481)


def test_two_watchers_are_two_dialogs(watched, peer, rows, aim):
    """S-297 (RFC 8048 8.2): no document of one is shown to the other."""
    alice, first = watched()
    carol, second = watched()
    assert first.m.get("Call-ID") != second.m.get("Call-ID")
    is_(first.notify(document()), 200)
    shown(alice)
    carol.never("arrived", 0.4, who="bob@sip.test")


def test_removing_a_buddy_ends_it_and_only_that(watched, peer, rows):
    """S-298 (RFC 6665 4.1.2.3), S-299, S-465: Expires 0 in the dialog, the last NOTIFY is answered, nothing is shown."""
    alice, n = watched()
    is_(n.notify(document()), 200)
    shown(alice)
    mark = peer.mark()
    alice.remove_buddy("bob@sip.test")
    m = peer.wait("SUBSCRIBE", 3, since=mark)
    assert m.get("Expires") == "0" and m.get("Call-ID") == n.m.get("Call-ID") and m.tag("To") == n.tag, m.headers
    is_(n.notify(document(), state="terminated;reason=timeout"), 200)
    peer.never("NOTIFY", 0.2)


def test_signing_off_ends_all_of_it(watched, peer):
    """S-462, S-467 (RFC 8048 5.2.2, 8.1): nothing is refreshed for who is not there."""
    alice, n = watched()
    is_(n.notify(document()), 200)
    shown(alice)
    mark = peer.mark()
    alice.sign_off()
    assert peer.wait("SUBSCRIBE", 10, since=mark).get("Expires") == "0"


@pytest.mark.parametrize("status", [489, 405, 501, 403, 603])
def test_who_has_no_presence_is_not_asked_again(watched, peer, status):
    """S-292, S-463 (RFC 6665 4.1.1; RFC 8048 5.2.2): not until the next sign-on."""
    who = f"u{status}"
    alice, m = watched(who, answer=False)
    peer.reply(m, status, [("Allow-Events", "dialog")] if status == 489 else [])
    mark = peer.mark()
    peer.never("SUBSCRIBE", 1.5, since=mark, where=lambda m: m.address("To") == f"{who}@sip.test")


def test_too_brief_is_asked_for_longer(watched, peer):
    """S-291 (RFC 6665 4.1.2.1): 423 with Min-Expires."""
    alice, m = watched("longer", answer=False)
    mark = peer.mark()
    peer.reply(m, 423, [("Min-Expires", "5400")])
    again = peer.wait("SUBSCRIBE", 3, since=mark, where=lambda m: m.address("To") == "longer@sip.test")
    assert int(again.get("Expires")) >= 5400
    is_(Notifier(peer, again, 5400).notify(document("longer")), 200)
    shown(alice, "longer@sip.test")


def test_a_show_of_xmpp_is_read(watched):
    """S-469 (RFC 8048 6.2): <show> away in the status."""
    alice, n = watched()
    is_(n.notify(document(extra="<show xmlns='jabber:client'>away</show>")), 200)
    shown(alice, away=True)
