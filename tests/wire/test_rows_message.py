"""MESSAGE (draft-ietf-simple-im-00, RFC 3428), rows of tests/conformance/rows.tsv: phones, a peer domain, an AIM session."""
import email.utils
import queue
import time

import pytest

from sip_ua import token
from test_sip_ua import is_

F1 = ("MESSAGE im:{to}@aim.test SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:{port}\r\nFrom: im:user1@sip.test\r\n"
      "To: im:{to}@aim.test\r\nContact: sip:user1@user1pc.sip.test\r\nCall-ID: asd88asd77a{mark}@1.2.3.4\r\nCSeq: 1 MESSAGE\r\n"
      "Content-Type: text/plain\r\nContent-Length: 18\r\n\r\nWatson, come here.")


@pytest.fixture
def met(rows, aim):
    """An AIM session and its address."""
    def make():
        name = rows.name()
        return aim(rows.gw, name), f"sip:{name}@aim.test", name
    return make


@pytest.fixture
def phone(rows, ua):
    def make(transport="udp", name=None, **more):
        name = name or rows.name()
        return ua(rows.gw, name, transport, **more), name
    return make


def write(peer, uri, text, **more):
    return peer.message(uri, text, auth=False, **more)


# what is taken

@pytest.mark.parametrize("what, headers", [
    ("S-028, Contact (draft 6.2; RFC 3428 4: none)", [("Contact", "<sip:bob@10.0.0.1;transport=tls>")]),
    ("S-023, Accept (RFC 3428 table 1)", [("Accept", "text/html"), ("Accept-Encoding", "gzip"), ("Accept-Language", "fr")]),
    ("S-035, Hide and Encryption (draft table 1)", [("Hide", "route"), ("Encryption", "PGP version=2.6.2")]),
    ("S-037, Organization (draft table 1)", [("Organization", "Boxes by Bob")]),
    ("S-042, Response-Key (draft table 2)", [("Response-Key", "pgp version=\"2.6.2\"")]),
    ("S-046, WWW-Authenticate in a request", [("WWW-Authenticate", 'Digest realm="x", nonce="y"')]),
    ("S-047, Reply-To and others (RFC 3428 table 1)", [("Reply-To", "<sip:eve@sip.test>"), ("In-Reply-To", "x@y"),
                                                       ("Content-Language", "fr"), ("Call-Info", "<http://x.test>")]),
    ("S-120, unknown fields (RFC 3261 8.2.2)", [("X-Foo", "bar"), ("Route-66", "<>")]),
    ("S-040, Record-Route (RFC 3428 table 2)", [("Record-Route", "<sip:elsewhere.test;lr>")]),
    ("S-404, P-Asserted-Identity (RFC 3325 5) of who is not trusted", [("P-Asserted-Identity", "<sip:eve@sip.test>")]),
    ("S-405, P-Preferred-Identity (RFC 3325 9.2)", [("P-Preferred-Identity", "<sip:eve@aim.test>")]),
    ("S-043, Retry-After in a request", [("Retry-After", "60")]),
    ("S-099, a signature that covers nothing we ask for (draft 6.10.3)", [("Identity", "c2lnbmVk;info=<https://x.test/c>")]),
])
def test_headers_that_change_nothing(met, phone, what, headers):
    alice, uri, _ = met()
    bob, name = phone()
    got = is_(bob.message(uri, "hello", headers=headers), 200)
    assert not any(got.all(n) for n in ("Record-Route", "Contact", "Accept")), got.headers
    assert alice.wait("im", 3)["who"] == name, what
    assert alice.find("im")[0]["text"] == "hello"


def test_the_example_of_the_draft_is_taken_byte_for_byte(rows, met, peer):
    """S-103, S-107, S-036, S-081, S-223: draft-ietf-simple-im-00 8 F1 has im: URIs, no From tag, no branch, no Max-Forwards."""
    alice, _, name = met()
    data = F1.format(to=name, port=rows.port, mark=token(3)).encode()
    peer.checking, seen = False, len(peer.responses)
    for _ in range(2):                                          # S-166: the second is a repeat, without a branch too
        peer.pending[(None, "MESSAGE")] = (None, queue.Queue())
        peer.send_bytes(data)
        time.sleep(0.2)
    got = [m.status for m in peer.responses[seen:]]
    assert got == [200, 200], got
    im = alice.wait("im", 3)
    assert im["who"] == "user1@sip.test" and im["text"] == "Watson, come here.", im
    time.sleep(0.2)
    assert len(alice.find("im")) == 1


@pytest.mark.parametrize("transport", ["udp", "tcp"])
@pytest.mark.parametrize("size", [1184, 1300, 16000])
def test_long_requests_are_taken_at_once(met, phone, transport, size):
    """S-066 (draft 6.5: 1184 bytes at least), S-067 (RFC 3428 7: the answer is immediate), S-154 (RFC 3261 18.1.1)."""
    alice, uri, _ = met()
    bob, _ = phone(transport)
    began = time.monotonic()
    is_(bob.message(uri, "x" * size if size > 2000 else "x" * (size - 400)), 200)
    assert time.monotonic() - began < 0.5
    alice.wait("im", 3)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_60_kb_are_parsed(phone, transport):
    """S-154: messages of up to 65535 bytes (RFC 3261 18.1.1)."""
    bob, _ = phone(transport)
    got = bob.request("MESSAGE", "sip:nobodyhere@aim.test", [("Content-Type", "text/plain")], "x" * 60000)
    is_(got, 404, 413)


def test_the_request_uri_decides_who_gets_it(rows, met, phone):
    """S-015 (RFC 3261 16.5): a proxy may rewrite it, To stays."""
    alice, uri, _ = met()
    bob, _ = phone()
    is_(bob.request("MESSAGE", uri, [("Content-Type", "text/plain")], "for alice", to="sip:somebody@else.test"), 200)
    alice.wait("im", 3, text="for alice")


def test_a_conversation_is_by_who_writes(met, peer):
    """S-455 (RFC 7572 4): Call-IDs make no conversations; S-083: tags neither."""
    alice, uri, _ = met()
    same = token()
    for n in range(3):
        is_(write(peer, uri, f"no {n}", **({"call_id": same} if n else {})), 200)
    for n in range(3):
        assert alice.wait("im", 3, text=f"no {n}")["who"] == "bob@sip.test"


@pytest.mark.parametrize("privacy, codes", [("session;critical", (500,)), ("header;critical", (500,)), ("id", (200,)),
                                            ("none", (200,))])
def test_privacy_that_is_critical_is_refused(met, phone, privacy, codes):
    """S-406 (RFC 3323 5): what we do not do and must is 500."""
    alice, uri, _ = met()
    bob, _ = phone()
    is_(bob.message(uri, "x", headers=[("Privacy", privacy)]), *codes)


def test_an_anonymous_sender_is_refused(met, peer):
    """S-407, S-437 (RFC 5079; RFC 5438 12.1.1): 433, and no receipt."""
    alice, uri, _ = met()
    body = ("From: <im:anonymous@anonymous.invalid>\r\nTo: <im:x@aim.test>\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
            "imdn.Message-ID: 1\r\nDateTime: 2026-01-01T00:00:00Z\r\nimdn.Disposition-Notification: positive-delivery\r\n\r\n"
            "Content-Type: text/plain\r\n\r\nboo")
    is_(write(peer, uri, body.encode(), kind="message/cpim", from_="sip:anonymous@anonymous.invalid"), 433)
    peer.never("MESSAGE", 0.3)


# what is sent

def test_what_is_sent_to_a_phone_and_to_a_peer(rows, met, phone, peer):
    """S-049, S-096, S-104, S-215 and more: the request itself (RFC 3261 8.1.1, RFC 3428 4)."""
    alice, _, name = met()
    bob, bobs = phone()
    for ua, to, uri in ((bob, bobs, bob.contact.strip("<>")), (peer, "bob@sip.test", "sip:bob@sip.test")):
        alice.im(to, "hello", ack=True)
        m = ua.wait("MESSAGE", 3)
        assert m.uri == uri, f"S-104 (RFC 3261 16.6): expected {uri} as Request-URI; got {m.uri}"
        date = email.utils.mktime_tz(email.utils.parsedate_tz(m.get("Date")))
        assert abs(date - time.time()) < 3, m.get("Date")
        names = {n.lower() for n, _ in m.headers}
        assert names == {"via", "max-forwards", "from", "to", "call-id", "cseq", "date", "content-type", "content-length"}, names
        assert m.get("Max-Forwards") == "70" and m.get("Content-Type").lower() == "text/plain;charset=utf-8"


def test_a_2xx_teaches_no_route(met, peer):
    """S-040, S-072, S-076, S-105, S-026, S-017: Contact, Record-Route, a body or Authorization in a 2xx mean nothing."""
    alice, _, _ = met()
    odd = [("Contact", "<sip:bob@10.1.2.3>"), ("Record-Route", "<sip:10.1.2.4;lr>"), ("Authorization", 'Digest realm="x"')]
    peer.answers["MESSAGE"] = None
    for n in range(2):
        mark = peer.mark()
        alice.im("bob@sip.test", f"no {n}")
        m = peer.wait("MESSAGE", 3, since=mark)
        assert m.uri == "sip:bob@sip.test" and not m.all("Route"), m.headers
        peer.reply(m, 200, odd)
        time.sleep(0.1)
    alice.never("im", 0.2)


def test_answers_go_to_the_address_not_to_a_contact(met, peer):
    """S-019, S-080, S-084, S-092, S-106 (draft 6.8 dropped): a MESSAGE with a Contact teaches no route."""
    alice, uri, _ = met()
    for n, contact in enumerate(("<sip:bob@127.0.0.9:9>", "<sips:bob@127.0.0.8;transport=tls>")):
        is_(write(peer, uri, f"from {n}", headers=[("Contact", contact)]), 200)
        alice.wait("im", 3, text=f"from {n}")
        alice.im("bob@sip.test", f"answer {n}", ack=True)
        assert peer.wait("MESSAGE", 3, text=f"answer {n}").uri == "sip:bob@sip.test"


def test_one_message_at_a_time_to_each_target(met, phone):
    """S-209 (RFC 3428 8): the next one waits for the final answer, and they keep their order; S-102."""
    alice, _, _ = met()
    bob, name = phone()
    bob.answers["MESSAGE"] = None
    for n in range(5):
        alice.im(name, f"no {n}")
    for n in range(5):
        m = bob.wait("MESSAGE", 3, nth=n)
        assert m.text == f"no {n}"
        time.sleep(0.1)
        assert len(bob.matching("MESSAGE")) == n + 1, "expected the next one only after the answer"
        bob.reply(m, 200)


def test_the_queue_to_a_target_is_bounded(met, peer):
    """S-210: what is over it is an error to its sender, not a loss (RFC 3428 8)."""
    alice, _, _ = met()
    peer.answers["MESSAGE"] = None
    first = None
    for n in range(32):
        alice.im("slow@sip.test", f"no {n}")
        first = first or peer.wait("MESSAGE", 3)
    assert alice.im_refused("slow@sip.test", "one too many") == 2
    peer.answers["MESSAGE"] = 200
    peer.reply(first, 200)
    peer.wait("MESSAGE", 5, text="no 31")


def test_a_refusal_says_why(met, phone):
    """S-045 (RFC 3261 20.43): Warning 399 with a text for people."""
    alice, uri, _ = met()
    bob, name = phone()
    alice.deny(name)
    alice.privacy(4)
    got = is_(bob.message(uri, "x"), 403)
    assert "399" in (got.get("Warning") or ""), got.headers
    got = is_(bob.message("sip:nobodyhere@aim.test", "x"), 404)
    assert not got.all("Server") and not got.all("User-Agent")


def test_a_message_that_is_not_to_fork_goes_to_one_place(rows, met, phone):
    """S-087 (draft 6.9, RFC 3841 6.1): Request-Disposition: no-fork: the phone with the highest q; an AIM client where somebody sits."""
    alice, uri, name = met()
    one, _ = phone(name=name)
    two, _ = phone(name=name)
    is_(one.register(contact=one.contact + ";q=0.2"), 200)
    is_(two.register(contact=two.contact + ";q=0.9"), 200)
    eve, _ = phone()
    nofork = [("Request-Disposition", "proxy, no-fork")]

    def got(text, headers):
        is_(eve.message(uri, text, headers=headers), 200)
        time.sleep(0.4)
        return [bool(alice.find("im", text=text)), bool(one.matching("MESSAGE", text=text)), bool(two.matching("MESSAGE", text=text))]
    assert got("to all", []) == [True, True, True]
    assert got("to her", nofork) == [True, False, False]
    alice.away("out")
    time.sleep(0.1)
    assert got("to a phone", [("d", "no-fork")]) == [False, False, True]
    is_(two.unregister(), 200)
    assert got("to the other", nofork) == [False, True, False]
    is_(one.unregister(), 200)
    assert got("to her all the same", nofork) == [True, False, False]


def test_forked_to_all_phones_that_take_messages(met, phone, rows):
    """S-061, S-085, S-374 (RFC 3840 10.14): who lists methods without MESSAGE is left out."""
    alice, _, _ = met()
    name = rows.name()
    one, _ = phone("udp", name, register=False)
    two, _ = phone("tcp", name, register=False)
    is_(one.register(contact=one.contact + ';methods="SUBSCRIBE,NOTIFY"'), 200)
    is_(two.register(contact=two.contact + ';methods="MESSAGE, SUBSCRIBE"'), 200)
    alice.im(name, "hello", ack=True)
    two.wait("MESSAGE", 3)
    one.never("MESSAGE", 0.3)


def test_a_loop_back_into_our_own_domain_stays_here(rows, met, aim):
    """S-413, S-206 (RFC 3860 3.4.2): an address of our own domain is our own user, whatever way it is written."""
    alice, uri, name = met()
    carol = aim(rows.gw, rows.name())
    carol.im(f"{name}@aim.test", "hello", ack=True)
    alice.wait("im", 3, text="hello")


# expiry and storing

def ago(seconds):
    return email.utils.formatdate(time.time() - seconds, usegmt=True)


def test_expires_counts_from_the_date(rows, phone, aim):
    """S-211, S-212 (RFC 3428 7): what has expired is not shown."""
    bob, _ = phone("tcp")
    name = rows.name()
    is_(bob.message(f"sip:{name}@aim.test", "too late", headers=[("Date", ago(50)), ("Expires", "52")]), 202)
    is_(bob.message(f"sip:{name}@aim.test", "in time", headers=[("Date", ago(50)), ("Expires", "600")]), 202)
    time.sleep(3)
    alice = aim(rows.gw, name)
    alice.wait("im", 3, text="in time")
    assert not alice.find("im", text="too late")


# failures, and what becomes of them

def test_a_peer_that_asks_for_a_password_gets_no_second_try(met, peer):
    """S-039, S-181: no credentials are configured for a peer: an error, not a loop."""
    alice, _, _ = met()
    peer.answers["MESSAGE"] = lambda m: peer.reply(m, 407, [("Proxy-Authenticate", 'Digest realm="x", nonce="n", qop="auth"')])
    assert alice.im_refused("bob@sip.test", "x") == 0x0F
    assert len(peer.matching("MESSAGE")) == 1


def answering(peer, *statuses):
    """The peer's answers to the MESSAGEs that come, one after the other, the last one for all others; each a status or a
    status with headers."""
    left = list(statuses)

    def answer(m):
        now = left.pop(0) if len(left) > 1 else left[0]
        status, headers = now if isinstance(now, tuple) else (now, ())
        peer.reply(m, status, headers)
    peer.answers["MESSAGE"] = answer


def test_a_redirection_is_followed_by_q(met, peer):
    """S-030, S-183 (RFC 3261 8.1.3.4): the Contact with the highest q; each is a new request."""
    alice, _, _ = met()
    answering(peer, (302, [("Contact", "<sip:low@sip.test>;q=0.1, <sip:high@sip.test>;q=0.9")]), 200)
    alice.im("bob@sip.test", "hello", ack=True)
    assert [m.uri for m in peer.matching("MESSAGE")] == ["sip:bob@sip.test", "sip:high@sip.test"]
    assert len({m.branch for m in peer.matching("MESSAGE")}) == 2


def test_redirections_end(met, peer):
    """S-183: five at most; what cannot be followed is an error at once."""
    alice, _, _ = met()
    count = iter(range(100))
    peer.answers["MESSAGE"] = lambda m: peer.reply(m, 302, [("Contact", f"<sip:u{next(count)}@sip.test>")])
    assert alice.im_refused("bob@sip.test", "x") == 5
    assert len(peer.matching("MESSAGE")) == 6
    mark = peer.mark()
    answering(peer, (302, [("Contact", "<mailto:bob@sip.test>")]))
    assert alice.im_refused("bob@sip.test", "x") == 5
    assert len(peer.matching("MESSAGE", since=mark)) == 1


def test_too_long_for_them_is_sent_in_parts_once(met, peer):
    """S-184, 413 (RFC 3261 8.1.3.5): smaller parts; a second 413 is the end of it."""
    alice, _, _ = met()
    text = " ".join(f"word{n}" for n in range(60))
    answering(peer, 413, 200)
    alice.im("bob@sip.test", text, ack=True)
    got = [m.text for m in peer.matching("MESSAGE")]
    assert got[0] == text and len(got) >= 3 and got[1].startswith("(1/"), got
    mark = peer.mark()
    answering(peer, 413)
    assert alice.im_refused("bob@sip.test", text) == 0x0B
    assert len(peer.matching("MESSAGE", since=mark)) == 2


def test_no_such_dialog_is_asked_afresh_once(met, peer):
    """S-184, 481: the same text as a new request."""
    alice, _, _ = met()
    answering(peer, 481, 200)
    alice.im("bob@sip.test", "hello", ack=True)
    got = peer.matching("MESSAGE")
    assert len(got) == 2 and len({m.get("Call-ID") for m in got}) == 2
    answering(peer, 481)
    assert alice.im_refused("bob@sip.test", "x") == 5
    assert len(peer.matching("MESSAGE")) == 4


@pytest.mark.parametrize("status, code", [(420, 8), (421, 8), (415, 9), (416, 5), (484, 4), (485, 0x16), (500, 5), (600, 0x13)])
def test_other_answers_are_the_end(met, peer, status, code):
    """S-184: no option tag, type or scheme of ours could be left out, so these are errors at once; S-199: 500 is no reason
    for another server."""
    alice, _, _ = met()
    answering(peer, (status, [("Unsupported", "x"), ("Accept", "text/plain")]))
    assert alice.im_refused("bob@sip.test", "x") == code
    assert len(peer.matching("MESSAGE")) == 1


def test_a_path_becomes_the_route(rows, met, phone, peer):
    """S-380 (RFC 3327 5.3): what stands in Path of the registration is the Route of what goes to the phone."""
    alice, _, _ = met()
    name = rows.name()
    bob, _ = phone("udp", name, register=False)
    path = f"<sip:127.0.0.1:{bob.port};lr;x=1>"
    got = is_(bob.register(contact=f"<sip:{name}@10.9.8.7>", headers=[("Path", path), ("Supported", "path")]), 200)
    assert got.get("Path") == path, got.headers
    alice.im(name, "hello", ack=True)
    m = bob.wait("MESSAGE", 3)
    assert m.get("Route") == path and m.uri == f"sip:{name}@10.9.8.7", m.headers


def test_one_flow_of_a_phone_is_used_and_then_the_other(rows, met, phone):
    """S-377, S-381 (RFC 5626 5.3.1): two reg-ids of one instance are one phone."""
    alice, _, _ = met()
    name, urn = rows.name(), '"<urn:uuid:00000000-0000-1000-8000-000a95a0e128>"'
    flows = [phone("tcp", name, register=False)[0] for _ in range(2)]
    for n, flow in enumerate(flows, 1):
        got = is_(flow.register(contact=f"{flow.contact};reg-id={n};+sip.instance={urn}", headers=[("Supported", "outbound, path")]),
                  200)
        assert "outbound" in got.list("Require"), got.headers
    assert len(got.all("Contact")) == 2
    alice.im(name, "one", ack=True)
    time.sleep(0.2)
    seen = [flow for flow in flows if flow.matching("MESSAGE")]
    assert len(seen) == 1, f"expected one copy for one phone; got {len(seen)}"
    seen[0].close()
    time.sleep(0.3)
    alice.im(name, "two", ack=True)
    other = next(flow for flow in flows if flow is not seen[0])
    other.wait("MESSAGE", 3, text="two")
