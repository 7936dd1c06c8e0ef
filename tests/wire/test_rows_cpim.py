"""message/cpim (RFC 3862) and what became of messages (IMDN, RFC 5438): rows of tests/conformance/rows.tsv."""
import os
import re
import subprocess
import time

import pytest

from test_sip_ua import is_

RNG = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "xsd", "imdn.rng")
TEXT = "Content-Type: text/plain;charset=UTF-8\r\n\r\n"


def cpim(*lines, inner=TEXT + "inside"):
    return ("\r\n".join(lines) + "\r\n\r\n" + inner).encode()


def asking(what, *more, author="sip:bob@sip.test", inner=TEXT + "inside", ident="34jk324j", prefix="imdn"):
    return cpim(f"From: <{author}>", "To: <im:x@aim.test>", "DateTime: 2026-11-01T10:00:00Z",
                f"NS: {prefix} <urn:ietf:params:imdn>", f"{prefix}.Message-ID: {ident}",
                f"{prefix}.Disposition-Notification: {what}", *more, inner=inner)


@pytest.fixture
def met(rows, aim):
    def make(online=True):
        name = rows.name()
        return (aim(rows.gw, name) if online else None), f"sip:{name}@aim.test", name
    return make


def send(peer, uri, body, **more):
    return peer.message(uri, body, kind="message/cpim", auth=False, **more)


def receipt(m):
    """An IMDN of the gateway: its CPIM headers and its document, valid."""
    assert m.kind == "message/cpim", m
    head, _, rest = m.text.partition("\r\n\r\n")
    mime, _, document = rest.partition("\r\n\r\n")
    assert "Content-Type: message/imdn+xml" in mime and "Content-Disposition: notification" in mime, mime
    assert not re.search(r"(?m)[ \t]\r?$|^\S+:  ", head), f"one space behind the colon, none at the end (3862 2.2): {head!r}"
    assert "NS: imdn <urn:ietf:params:imdn>" in head and "Disposition-Notification" not in head, head
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", RNG, "-"], input=document.encode(), capture_output=True)
    assert done.returncode == 0, f"{done.stderr.decode()}\n{document}"
    return head, document


def receipts(peer):
    return [m for m in peer.matching("MESSAGE") if m.kind == "message/cpim"]


# what is read

BOB = "From: <sip:bob@sip.test>"


@pytest.mark.parametrize("what, body, seen", [
    ("S-227, two blocks of headers", cpim(BOB, "To: <im:x@aim.test>"), "inside"),
    ("S-228, more spaces than one", cpim("From:   <sip:bob@sip.test>  ", "Subject:  lunch "), "[lunch] inside"),
    ("S-230, names are case-sensitive: this is no From", cpim("from: <sip:eve@sip.test>"), "inside"),
    ("S-231, UTF-8", cpim("From: B\u00f6b <sip:bob@sip.test>", "Subject: caf\u00e9"), "[caf\u00e9] inside"),
    ("S-232, escapes", cpim(BOB, "Subject: a\\\\b\\\"c\\'d\\u00e9\\xe\\"), "[a\\b\"c'd\u00e9xe] inside"),
    ("S-233, surrogates", cpim(BOB, r"Subject: \ud83d\ude00"), "[\U0001F600] inside"),
    ("S-234, a quoted name with a bracket", cpim('From: "Bob <\\"x\\">" <sip:bob@sip.test>'), "inside"),
    ("S-236, several To and cc", cpim(BOB, "To: <im:a@aim.test>", "To: <im:b@aim.test>", "cc: <im:c@aim.test>"), "inside"),
    ("S-240, Subject by language", cpim(BOB, "Subject:;lang=fr Objet"), "[Objet] inside"),
    ("S-240, one without a language is preferred", cpim(BOB, "Subject:;lang=fr Objet", "Subject: subject"), "[subject] inside"),
    ("S-241, another default name space", cpim("NS: <urn:x>", "From: <sip:eve@sip.test>", "Subject: no"), "inside"),
    ("S-242, the default by its name", cpim("NS: <urn:ietf:params:cpim-headers:>", BOB, "Subject: yes"), "[yes] inside"),
    ("S-245, unknown headers", cpim(BOB, "X-Foo: bar", "NS: my <urn:my>", "my.Thing: 1"), "inside"),
    ("S-246, base64", cpim(BOB, inner="Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\naGVsbG8="), "hello"),
    ("S-246, quoted-printable", cpim(BOB, inner="Content-Type: text/plain;charset=utf-8\r\nContent-ID: <1@x>\r\n"
                                     "Content-Disposition: inline\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
                                     "caf=C3=A9=\r\n!"), "caf\u00e9!"),
    ("S-237, somebody else is said to have written it", cpim("From: <im:eve@else.test>"), "(as eve@else.test) inside"),
    ("S-237, the same by another scheme", cpim("From: Bob <im:bob@sip.test>"), "inside"),
])
def test_what_stands_in_cpim_is_read(met, peer, what, body, seen):
    alice, uri, _ = met()
    is_(send(peer, uri, body), 200)
    got = alice.wait("im", 3, who="bob@sip.test")
    assert got["text"].rstrip() == seen.rstrip(), f"{what}: expected {seen!r}; got {got['text']!r}"


@pytest.mark.parametrize("what, body", [
    ("S-229, a folded line", cpim("From:", " <sip:bob@sip.test>")),
    ("S-235, two From", cpim(BOB, BOB)),
    ("S-244, Require of what is not known", cpim(BOB, "NS: My <urn:my>", "Require: My.Thing", "My.Thing: 1")),
    ("S-247, four deep", cpim(BOB, inner="Content-Type: message/cpim\r\n\r\nTo: <im:x@aim.test>\r\n\r\n" * 4 + TEXT + "deep")),
])
def test_what_is_malformed_is_refused_and_not_shown(met, peer, what, body):
    alice, uri, _ = met()
    got = send(peer, uri, body)
    assert got.status in (400, 413) and got.get("Warning"), f"{what}: {got}"
    alice.never("im", 0.2)


@pytest.mark.parametrize("date, shown", [("2026-11-26T10:00:00-05:00", "15:00"), ("2026-11-26t10:00:00.123456z", "10:00"),
                                         ("2026-11-26T23:59:60Z", None)])
def test_the_time_it_was_written_is_kept(met, peer, rows, aim, date, shown):
    """S-238, S-239 (RFC 3339): it is the time of a stored message, where it is within a day of ours."""
    now = time.time()
    stamp = time.strftime("%Y-%m-%d", time.gmtime(now - 3600))
    _, uri, name = met(online=False)
    hour = time.strftime("%H", time.gmtime(now - 3600))
    written = re.sub(r"T\d\d|t\d\d", lambda m: m[0][0] + (hour if "-05:00" not in date else
                                                            time.strftime("%H", time.gmtime(now - 3600 - 5 * 3600))), date)
    day = stamp if "-05:00" not in date else time.strftime("%Y-%m-%d", time.gmtime(now - 3600 - 5 * 3600))
    written = day + written[10:]
    is_(send(peer, uri, cpim(BOB, f"DateTime: {written}")), 202)
    alice = aim(rows.gw, name)
    got = alice.wait("im", 3)
    assert abs(got["time"] - (now - 3600)) < 3700, (got["time"], written)


# receipts that a SIP sender asks for

def test_a_delivered_message_is_told_once(met, peer):
    """S-428, S-429, S-433, S-435, S-432 (RFC 5438 7.2.1): delivered, once; an unknown value and display give nothing."""
    alice, uri, name = met()
    is_(send(peer, uri, asking("positive-delivery, display, processing, what-is-this")), 200)
    head, document = receipt(peer.wait("MESSAGE", 3))
    assert "<message-id>34jk324j</message-id>" in document and "<datetime>2026-11-01T10:00:00Z</datetime>" in document
    assert "<delivered/>" in document and f"im:{name}@aim.test" in document and "IMDN-Route" not in head
    alice.wait("im", 3, text="inside")
    time.sleep(0.3)
    assert len(receipts(peer)) == 1


def test_a_stored_message_is_told_at_once_and_again_when_it_arrives(met, peer, rows, aim):
    """S-429, S-431 (RFC 5438 7.2.1, 8.1): <stored/> where processing was asked for, delivered only at the sign-on."""
    _, uri, name = met(online=False)
    is_(send(peer, uri, asking("positive-delivery,processing")), 202)
    assert "<stored/>" in receipt(peer.wait("MESSAGE", 3))[1]
    time.sleep(0.3)
    assert len(receipts(peer)) == 1, "delivered is told when it is"
    alice = aim(rows.gw, name)
    alice.wait("im", 3, text="inside")
    assert "<delivered/>" in receipt(peer.wait("MESSAGE", 3, nth=1))[1]


def test_a_refused_message_is_not_told_by_receipt(met, peer):
    """S-430: the answer said it: no failed after a non-2xx."""
    alice, uri, _ = met()
    alice.deny("bob@sip.test")
    alice.privacy(4)
    is_(send(peer, uri, asking("negative-delivery")), 403)
    peer.never("MESSAGE", 0.4)


def test_a_message_that_expires_is_told(met, peer, rows, aim):
    """S-430, S-212: it was accepted and then not delivered."""
    _, uri, name = met(online=False)
    is_(send(peer, uri, asking("negative-delivery"), headers=[("Expires", "1")]), 202)
    time.sleep(2)
    aim(rows.gw, name).never("im", 0.3)
    assert "<failed/>" in receipt(peer.wait("MESSAGE", 3))[1]


def test_a_receipt_takes_the_way_that_was_recorded(met, peer):
    """S-434 (RFC 5438 6.5, 7.2.1): IMDN-Record-Route becomes IMDN-Route in its order, and the first of them the target."""
    alice, uri, _ = met()
    is_(send(peer, uri, asking("positive-delivery", "imdn.IMDN-Record-Route: <sip:one@sip.test>",
                               "imdn.IMDN-Record-Route: <im:two@else.test>")), 200)
    m = peer.wait("MESSAGE", 3)
    head, _ = receipt(m)
    assert re.findall("IMDN-Route: <(.*)>", head) == ["sip:one@sip.test", "im:two@else.test"], head
    assert m.uri == "sip:one@sip.test", m.uri


@pytest.mark.parametrize("what, body", [
    ("S-243, a prefix of its own", asking("positive-delivery", prefix="x")),
    ("S-427, no Message-ID", cpim(BOB, "NS: imdn <urn:ietf:params:imdn>", "DateTime: 2026-11-01T10:00:00Z",
                                  "imdn.Disposition-Notification: positive-delivery")),
    ("S-427, no DateTime", cpim(BOB, "NS: imdn <urn:ietf:params:imdn>", "imdn.Message-ID: 1",
                                "imdn.Disposition-Notification: positive-delivery")),
])
def test_who_asks_must_ask_rightly(met, peer, what, body):
    alice, uri, _ = met()
    is_(send(peer, uri, body), 200)
    alice.wait("im", 3, text="inside")
    if "prefix" in what:
        receipt(peer.wait("MESSAGE", 3))
    else:
        peer.never("MESSAGE", 0.3)


def test_no_receipt_for_a_receipt_or_a_typing_status(met, peer):
    """S-433: never an IMDN for an IMDN."""
    alice, uri, _ = met()
    for inner in ("Content-Type: message/imdn+xml\r\n\r\n<imdn xmlns='urn:ietf:params:xml:ns:imdn'/>",
                  "Content-Type: application/im-iscomposing+xml\r\n\r\n<x/>"):
        is_(send(peer, uri, asking("positive-delivery", inner=inner)), 200)
    peer.never("MESSAGE", 0.4)


# receipts that an AIM sender asks for

@pytest.fixture
def asker(rows, aim):
    def make():
        name = rows.name()
        rows.gw.ok("user", "set", name, "receipts", "on")
        return aim(rows.gw, name), f"sip:{name}@aim.test", name
    return make


def test_an_aim_user_asks_for_receipts(asker, peer):
    """S-427, S-228, S-248 (RFC 5438 7.1.1): message/cpim with Message-ID, DateTime and what is asked; a failure is told."""
    alice, uri, name = asker()
    alice.im("bob@sip.test", "hello", ack=True)
    m = peer.wait("MESSAGE", 3)
    assert m.kind == "message/cpim", m
    head, _, rest = m.text.partition("\r\n\r\n")
    lines = head.split("\r\n")
    ident = re.search("imdn.Message-ID: (.*)", head)[1].strip()
    assert f"<im:{name}@aim.test>" in lines[0] and lines[1] == "To: <im:bob@sip.test>", lines
    assert re.search(r"(?m)^DateTime: \d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ\r$", head + "\r\n")
    assert "imdn.Disposition-Notification: positive-delivery, negative-delivery" in lines
    assert all(re.fullmatch(r"[\w.-]+: \S.*(?<!\s)", line) for line in lines), lines
    assert rest.partition("\r\n\r\n")[2] == "hello"
    document = ("Content-Type: message/imdn+xml\r\n\r\n<imdn xmlns='urn:ietf:params:xml:ns:imdn'><message-id>{}</message-id>"
                "<datetime>2026-01-01T00:00:00Z</datetime><delivery-notification><status><failed/></status>"
                "</delivery-notification></imdn>")
    is_(send(peer, uri, cpim(BOB, inner=document.format("of nobody"))), 200)       # S-436: an unknown id is nothing
    is_(send(peer, uri, cpim(BOB, inner=document.format(ident)), from_="sip:eve@sip.test"), 200)
    alice.never("im", 0.3)
    is_(send(peer, uri, cpim(BOB, inner=document.format(ident))), 200)
    assert "bob@sip.test" in alice.wait("im", 3, who="aimgate")["text"]
    is_(send(peer, uri, cpim(BOB, inner=document.format(ident))), 200)
    time.sleep(0.2)
    assert len(alice.find("im", who="aimgate")) == 1


def test_who_takes_no_cpim_gets_plain_text_from_then_on(asker, peer):
    """S-184, S-064 (RFC 3261 8.1.3.5): 415 to message/cpim is answered with text/plain, and is remembered."""
    alice, _, _ = asker()
    peer.answers["MESSAGE"] = lambda m: 415 if m.kind == "message/cpim" else 200
    alice.im("old@sip.test", "one", ack=True)
    assert [m.kind for m in peer.matching("MESSAGE")] == ["message/cpim", "text/plain"]
    alice.im("old@sip.test", "two", ack=True)
    assert [m.text for m in peer.matching("MESSAGE")][2:] == ["two"]
    alice.im("other@sip.test", "three", ack=True)
    assert len(peer.matching("MESSAGE")) == 5, "another one was not asked yet"


def test_a_long_message_with_receipts_is_split(asker, peer):
    """S-208: each request within 1300 bytes, whatever is around the text."""
    alice, _, _ = asker()
    text = " ".join(f"word{n}" for n in range(300))
    alice.im("bob@sip.test", text, ack=True)
    got = peer.matching("MESSAGE")
    assert len(got) >= 3 and all(m.kind == "message/cpim" and m.size <= 1300 for m in got), [m.size for m in got]
