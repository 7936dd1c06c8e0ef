"""An AIM user asks about a user elsewhere whom nobody watches: one SUBSCRIBE with Expires 0, one answer (S-468, RFC 8048 7)."""
import queue
import time

import pytest

from sip_wire import uri_of
from test_rows_presence import Notifier, document

OFFLINE, UNAVAILABLE = 4, 5
PERSON = ('<dm:person xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid" id="p">'
          "<r:activities><r:meeting/></r:activities><dm:note>in a meeting</dm:note></dm:person>")


def serve(peer, body):
    """Answers SUBSCRIBE as a presence server does: 200, and one NOTIFY that is the last."""
    def answer(m):
        n = Notifier(peer, m, 0)
        rows = [("Event", "presence"), ("Subscription-State", "terminated;reason=timeout"),
                ("Contact", f"<sip:127.0.0.1:{peer.port}>")] + ([("Content-Type", "application/pidf+xml")] if body else [])
        made = peer.build("NOTIFY", uri_of(m.get("Contact")), rows, body, from_=uri_of(m.get("To")), from_tag=n.tag,
                          to=uri_of(m.get("From")), to_tag=m.tag("From"), call_id=m.get("Call-ID"), cseq=1)
        peer.pending[(made.branch, "NOTIFY")] = (made, queue.Queue())
        peer.send_bytes(peer.encode(made))
    peer.answers["SUBSCRIBE"] = answer


@pytest.mark.parametrize("old", [False, True], ids=["0015", "0005"])
def test_one_fetch_answers(rows, aim, peer, old):
    serve(peer, document().replace(b"</presence>", PERSON.encode() + b"</presence>"))
    alice = aim(rows.gw, rows.name())
    mark = peer.mark()
    got = alice.info("bob@sip.test", 3, old)
    assert "in a meeting" in got["away_text"], got
    asked = peer.matching("SUBSCRIBE", since=mark)
    assert len(asked) == 1 and asked[0].get("Expires") == "0", asked
    assert asked[0].get("Event") == "presence" and asked[0].uri == "sip:bob@sip.test"
    alice.never("arrived", 0.3, who="bob@sip.test")
    got = alice.info("bob@sip.test", 3)
    assert not isinstance(got, int)
    assert len(peer.matching("SUBSCRIBE", since=mark)) == 2, "what was seen once is not kept"


@pytest.mark.parametrize("what, status, body, code", [
    ("refused", 403, b"", OFFLINE), ("unknown there", 404, b"", OFFLINE), ("offline", None, document(basic="closed"), OFFLINE),
    ("nothing told", None, b"", OFFLINE), ("overloaded", 503, b"", UNAVAILABLE)])
def test_nobody_to_be_seen(rows, aim, peer, what, status, body, code):
    if status:
        peer.answers["SUBSCRIBE"] = status
    else:
        serve(peer, body)
    alice = aim(rows.gw, rows.name())
    assert alice.info(f"{what.replace(' ', '')}@sip.test") == code
    if status == 503:                           # the route is put aside for a while
        rows.gw.restart()


def test_within_five_seconds(rows, aim, peer):
    peer.answers["SUBSCRIBE"] = None
    alice = aim(rows.gw, rows.name())
    began = time.monotonic()
    assert alice.info("silent@sip.test") == UNAVAILABLE
    assert 4.5 < time.monotonic() - began < 6.5


def test_a_domain_that_nobody_knows(rows, aim):
    alice = aim(rows.gw, rows.name())
    assert alice.info("bob@nowhere.invalid") in (OFFLINE, UNAVAILABLE)


def test_who_is_blocked_is_not_asked_for(rows, aim, peer):
    alice = aim(rows.gw, rows.name())
    alice.deny("bob@sip.test")
    alice.privacy(4)
    mark = peer.mark()
    assert alice.info("bob@sip.test") == OFFLINE
    peer.never("SUBSCRIBE", 0.3, where=lambda m: m in peer.received[mark:])


def test_who_is_watched_is_not_fetched(rows, aim, peer):
    peer.answers["SUBSCRIBE"] = lambda m: None if m.get("Expires") != "0" else 200
    alice = aim(rows.gw, rows.name())
    mark = peer.mark()
    alice.add_buddy("dave@sip.test")
    n = Notifier(peer, peer.wait("SUBSCRIBE", 5, since=mark))
    n.notify(document("dave"))
    alice.wait("arrived", 3, who="dave@sip.test")
    assert not isinstance(alice.info("dave@sip.test"), int)
    assert len(peer.matching("SUBSCRIBE", since=mark)) == 1


def test_the_session_goes_while_it_is_under_way(rows, aim, peer):
    peer.answers["SUBSCRIBE"] = None
    alice = aim(rows.gw, rows.name())
    mark = peer.mark()
    alice.bos.send_snac(2, 0x15, b"\0\0\0\3" + b"\x0csid@sip.test")
    m = peer.wait("SUBSCRIBE", 5, since=mark)
    alice.close()
    time.sleep(0.1)
    Notifier(peer, m, 0).notify(document("sid"), "terminated;reason=timeout")
    assert rows.gw.alive()
