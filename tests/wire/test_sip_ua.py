"""A scripted SIP user agent against the gateway: registrar, digest, MESSAGE, presence documents, PUBLISH."""
import os
import re
import subprocess
import time

import pytest

import oscar_session as oscar
from sip_ua import UserAgent, token
from sip_wire import challenges, credentials, params, uri_of

XSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "xsd")
ALICE = "sip:alice@aim.test"
BOTH = pytest.mark.parametrize("transport", ["udp", "tcp"])


def valid(m):
    """A presence document of the gateway, held against the schemas; gives its text."""
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", os.path.join(XSD, "presence-all.xsd"), "-"],
                          input=m.body, capture_output=True)
    assert done.returncode == 0, f"expected a valid document; got {done.stderr.decode()}\n{m.text}"
    return m.text


def is_(got, *codes):
    assert got.status in codes, f"expected {' or '.join(map(str, codes))}; got {got.start}"
    return got


# registrar and digest

@BOTH
def test_register_fetch_and_leave(gateway, ua, transport):
    gw = gateway(["bob"])
    bob = ua(gw, "bob", transport, register=False)
    got = is_(bob.register(600), 200)
    mine = [c for c in got.list("Contact") if uri_of(c) == uri_of(bob.contact)]
    assert len(mine) == 1 and 0 < int(params(mine[0])["expires"]) <= 600, got.all("Contact")
    bob.register_cseq += 1
    fetch = is_(bob.request("REGISTER", "sip:aim.test", to=bob.aor, call_id=bob.register_id, cseq=bob.register_cseq), 200)
    bob.register_cseq = bob.last_cseq
    assert [uri_of(c) for c in fetch.list("Contact")] == [uri_of(bob.contact)]
    assert not is_(bob.unregister(), 200).list("Contact")


@BOTH
@pytest.mark.parametrize("algorithm", ["MD5", "SHA-256"])
def test_digest_by_either_algorithm(gateway, ua, transport, algorithm):
    gw = gateway(["Bob Baker"])
    bob = ua(gw, "Bob Baker", transport, algorithm=algorithm)
    is_(bob.unregister(), 200)


def test_the_user_name_may_be_the_whole_address(gateway, ua):
    gw = gateway(["bob"])
    ua(gw, "bob", auth_user="bob@aim.test")


@BOTH
def test_a_wrong_password_and_an_unknown_user(gateway, ua, transport):
    gw = gateway(["bob"])
    bob = ua(gw, "bob", transport, register=False)
    is_(bob.register(password="wrong"), 401)
    with UserAgent(gw.sip_port, "nobodyhere", "wrong", "aim.test", transport) as nobody:
        is_(nobody.register(), 401, 403, 404)
    bob.challenge = None
    is_(bob.register(), 200)


def test_a_used_nonce_count_is_not_taken_again(gateway, ua):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    bob.register_cseq += 1
    first = bob.build("REGISTER", "sip:aim.test", to=bob.aor, call_id=bob.register_id, cseq=bob.register_cseq)
    offered = challenges(is_(bob.transact(first), 401))
    line = credentials(offered[0], "REGISTER", "sip:aim.test", "bob", gw.password("bob"), 1)
    codes = []
    for _ in range(2):
        bob.register_cseq += 1
        codes.append(bob.transact(bob.build("REGISTER", "sip:aim.test", [("Authorization", line)], to=bob.aor,
                                            call_id=bob.register_id, cseq=bob.register_cseq)).status)
    assert codes == [200, 401], f"expected 200, then 401 for the replayed nc (S-392); got {codes}"


@pytest.mark.parametrize("line", [
    "Basic Ym9iOnB3Ym9iOXg3UQ==", "Digest", 'Digest username="bob"', "Foo bar=baz",
    'Digest username="bob", realm="aim.test", nonce="made up", uri="sip:aim.test", response="' + "0" * 32 +
    '", algorithm=MD5, qop=auth, cnonce="x", nc=00000001',
    'Digest username="bob", realm="aim.test", nonce="x", uri="sip:aim.test", response="0", algorithm=FOO'])
def test_what_is_no_digest_is_challenged(gateway, ua, line):
    gw = gateway(["bob"])
    bob = ua(gw, "bob", register=False)
    got = bob.request("REGISTER", "sip:aim.test", [("Authorization", line), ("Contact", bob.contact)], to=bob.aor, auth=False)
    is_(got, 401, 400)


def test_auth_int_covers_the_body(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    bob.challenge = None
    got = bob.transact(bob.build("MESSAGE", ALICE, [("Content-Type", "text/plain")], "x"))
    if got.status == 401 and all("auth-int" in c["qop"] for c in challenges(got)):
        text = gw.text()
        is_(bob.message(ALICE, text, qop="auth-int"), 200)
        alice.wait("im", text=text)
    else:
        assert got.status in (200, 401, 407)


@pytest.mark.parametrize("what, codes, edit", [
    ("a Request-URI with a user", (400,), lambda b: dict(uri="sip:bob@aim.test")),
    ("another domain", (403, 404), lambda b: dict(uri="sip:elsewhere.example", to="sip:bob@elsewhere.example")),
    ("To im:", (400,), lambda b: dict(to="im:bob@aim.test")),
    ("another user's address", (403,), lambda b: dict(to="sip:carol@aim.test")),
    ("* with a lifetime", (400,), lambda b: dict(headers=[("Contact", "*"), ("Expires", "60")])),
    ("* beside another", (400,), lambda b: dict(headers=[("Contact", f"*, {b.contact}"), ("Expires", "0")])),
    ("10 seconds", (423,), lambda b: dict(headers=[("Contact", b.contact + ";expires=10")])),
    ("the gateway's own name", (403,), lambda b: dict(headers=[("Contact", "<sip:x@aim.test>")])),
    ("Require", (420,), lambda b: dict(headers=[("Contact", b.contact), ("Require", "nope")])),
])
def test_registrations_that_are_refused(gateway, ua, what, codes, edit):
    gw = gateway(["bob", "carol"])
    bob = ua(gw, "bob", register=False)
    change = dict(uri="sip:aim.test", to=bob.aor, headers=[("Contact", bob.contact)])
    change.update(edit(bob))
    got = bob.request("REGISTER", change.pop("uri"), change.pop("headers"), **change)
    assert got.status in codes, f"REGISTER of {what}: expected {codes}; got {got.start}"
    bob.register_id = token()
    assert not [c for c in is_(bob.register(), 200).list("Contact") if uri_of(c) != uri_of(bob.contact)]


def test_an_older_cseq_of_the_same_call_id_is_refused(gateway, ua):
    gw = gateway(["bob"])
    bob = ua(gw, "bob")
    bob.register_cseq += 5
    is_(bob.register(), 200)
    old = bob.register_cseq - 3
    got = bob.request("REGISTER", "sip:aim.test", [("Contact", bob.contact), ("Expires", "0")], to=bob.aor,
                      call_id=bob.register_id, cseq=old)
    assert got.status == 500, f"expected 500 for a lower CSeq (S-369); got {got.start}"


def test_the_eleventh_contact_is_one_too_many(gateway, ua):
    gw = gateway(["bob"])
    bob = ua(gw, "bob", register=False)
    codes = [bob.register(contact=f"<sip:bob@127.0.0.1:{20000 + n}>").status for n in range(11)]
    assert codes == [200] * 10 + [403], f"expected ten times 200, then 403 (S-371); got {codes}"


# MESSAGE

@BOTH
def test_messages_between_a_phone_and_an_aim_session(gateway, ua, aim, transport):
    gw = gateway(["Alice Smith", "bob"], capture=True)
    alice, bob = aim(gw, "Alice Smith"), ua(gw, "bob", transport)
    text = gw.text("h\u00e9llo \u263a & <x>\nand a line")
    is_(bob.message("sip:alicesmith@aim.test", text), 200)
    got = alice.wait("im", text=text)
    assert got["who"] == "bob" and got["raw"].startswith("<HTML><BODY>") and "<BR>" in got["raw"], got["raw"]
    text = gw.text("back & <forth> \u263a")
    alice.im("bob", text, ack=True)
    m = bob.wait("MESSAGE", text=text)
    assert m.address("From") == "alicesmith@aim.test" and m.get("From").startswith('"Alice Smith" <'), m.get("From")
    ids = {m.get("Call-ID")}
    for _ in range(3):
        text = gw.text()
        alice.im("bob", text, ack=True)
        ids.add(bob.wait("MESSAGE", text=text).get("Call-ID"))
    assert len(ids) == 4, "expected a fresh Call-ID for each message (S-018)"


@pytest.mark.parametrize("uri", ["im:alice@aim.test", "pres:alice@aim.test", "sips:alice@aim.test", "sip:ALICE@AIM.TEST",
                                 "sip:al%69ce@aim.test", "sip:alice@aim.test;foo=bar", "sip:alice@aim.test:5060"])
def test_every_scheme_and_spelling_reaches_the_same_user(gateway, ua, aim, uri):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    text = gw.text()
    is_(bob.message(uri, text), 200)
    alice.wait("im", text=text)


@BOTH
def test_messages_that_are_refused(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", transport)
    is_(bob.message("sip:nobodyhere@aim.test", gw.text()), 404)
    is_(bob.message("tel:+15551230000", gw.text()), 416)
    is_(bob.message("sip:aimgate@aim.test", gw.text()), 200)
    got = is_(bob.message(ALICE, b"\x89PNG", kind="image/png"), 415)
    assert "text/plain" in got.list("Accept"), got.all("Accept")
    got = is_(bob.message(ALICE, "x", headers=[("Content-Encoding", "x-foo")]), 415)
    assert got.list("Accept-Encoding"), got.headers
    is_(bob.message(ALICE, "x", headers=[("Require", "nope")]), 420)
    is_(bob.message(ALICE, "x", kind=None), 400)
    is_(bob.message(ALICE, "x", to_tag="unknowntag"), 481)
    is_(bob.message(ALICE, ""), 200)
    alice.never("im", 0.5)


@BOTH
def test_who_may_claim_to_be_whom(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", transport)
    with UserAgent(gw.sip_port, "stranger", "none", "aim.test", transport) as other:
        got = other.message(ALICE, gw.text(), auth=False, from_="sip:carol@aim.test")
        is_(got, 401, 407)
        for from_, to in (("sip:x@foreign.example", "sip:y@other.example"), ("sip:x@foreign.example", ALICE),
                          ("sip:anonymous@anonymous.invalid", ALICE)):
            is_(other.message(to, gw.text(), auth=False, from_=from_), 403, 433)
    is_(bob.message(ALICE, gw.text(), from_="sip:carol@aim.test"), 403, 401, 407)
    alice.never("im", 0.5)


def test_the_same_request_twice_is_delivered_once(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    text = gw.text()
    same = {"call_id": token(), "from_tag": token(4)}
    is_(bob.message(ALICE, text, **same), 200)
    alice.wait("im", text=text)
    cseq = bob.last_cseq
    seen = len(bob.responses)
    sent = next(m for m, _ in reversed(bob.pending.values()) if m.method == "MESSAGE")
    bob.send_bytes(bob.encode(sent))
    end = time.monotonic() + 3
    while len(bob.responses) == seen and time.monotonic() < end:
        time.sleep(0.02)
    assert [r.tag("To") for r in bob.responses[seen - 1:]] == [bob.responses[seen - 1].tag("To")] * 2, "another To tag"
    got = bob.message(ALICE, text, cseq=cseq, **same)
    assert got.status in (482, 200) and len(alice.find("im", text=text)) == 1, f"S-100 (replay): got {got.start}"
    alice.never("im", 0.5, since=len(alice.events))


@pytest.mark.parametrize("kind, body, seen", [
    ("text/plain", "caf\u00e9".encode(), "caf\u00e9"),
    ("text/plain;charset=iso-8859-1", "caf\u00e9".encode("latin-1"), "caf\u00e9"),
    ('TEXT/PLAIN; CHARSET="utf-8"', "caf\u00e9".encode(), "caf\u00e9"),
    ("text/plain", b"bad \xff byte", "bad \ufffd byte"),
    ("text/html;charset=UTF-8", "<p>one <b>two</b></p><script>x</script>".encode(), "one two"),
    ("multipart/alternative;boundary=q", b"--q\r\nContent-Type: text/plain\r\n\r\nplain\r\n--q\r\nContent-Type: image/png"
     b"\r\n\r\nxx\r\n--q--\r\n", "plain"),
    ("message/cpim", b"From: <im:bob@aim.test>\r\nTo: <im:alice@aim.test>\r\n\r\n"
     b"Content-Type: text/plain;charset=UTF-8\r\n\r\nin cpim", "in cpim"),
])
def test_bodies_that_are_understood(gateway, ua, aim, kind, body, seen):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    is_(bob.message(ALICE, body, kind=kind), 200)
    got = alice.wait("im", who="bob")
    assert got["text"].strip() == seen, f"expected {seen!r}; got {got['raw']!r}"


def test_a_subject_is_shown(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    is_(bob.message(ALICE, "text", headers=[("Subject", "lunch")]), 200)
    alice.wait("im", text="[lunch] text")


def test_a_long_message_is_split_both_ways(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    words = " ".join(f"word{n}" for n in range(300))
    alice.im("bob", words, ack=True)
    bob.check()
    parts = [m.text for m in bob.matching("MESSAGE")]
    numbers = [re.match(r"\((\d+)/(\d+)\) ", p) for p in parts]
    assert len(parts) >= 2 and all(numbers), f"expected (i/n) before each part (3.8); got {[p[:10] for p in parts]}"
    assert [int(n[1]) for n in numbers] == list(range(1, len(parts) + 1)), "out of order"
    joined = "".join(p[n.end():] for p, n in zip(parts, numbers))
    assert joined.replace(" ", "") == words.replace(" ", "")
    is_(bob.message(ALICE, "\u263a " + words), 200)
    end = time.monotonic() + 5
    while "word299" not in "".join(m["text"] for m in alice.find("im")) and time.monotonic() < end:
        time.sleep(0.05)
    got = [m["text"] for m in alice.find("im")]
    assert len(got) >= 2 and "".join(got).replace(" ", "") == ("\u263a" + words).replace(" ", ""), [len(g) for g in got]
    is_(bob.message(ALICE, "x" * 20000), 413)


@pytest.mark.parametrize("status, code", [(403, 0x0D), (404, 4), (405, 9), (413, 0x0B), (480, 0x13), (486, 0x13), (488, 9),
                                          (500, 5), (603, 0x0A), (606, 9)])
def test_what_a_phone_answers_becomes_an_aim_error(gateway, ua, aim, status, code):
    """4.1, the table of SIP finals; 480 is 04 only where the buddy shows offline."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    bob.answers["MESSAGE"] = status
    got = alice.im_refused("bob", gw.text())
    assert got == code, f"expected error {code:#x} for {status}; got {got:#x}"


def test_two_phones_of_one_user_both_ring(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice")
    one, two = ua(gw, "bob", "udp"), ua(gw, "bob", "tcp")
    text = gw.text()
    alice.im("bob", text, ack=True)
    one.wait("MESSAGE", text=text), two.wait("MESSAGE", text=text)
    one.answers["MESSAGE"] = 486
    text = gw.text()
    alice.im("bob", text, ack=True)             # one 200 is enough


# other methods

@BOTH
def test_options_and_methods_that_are_not_served(gateway, ua, transport):
    gw = gateway(["bob"])
    bob = ua(gw, "bob", transport)
    got = is_(bob.request("OPTIONS", "sip:aim.test"), 200)
    assert {"MESSAGE", "SUBSCRIBE", "NOTIFY", "PUBLISH", "REGISTER", "OPTIONS"} <= set(got.list("Allow")), got.all("Allow")
    assert "presence" in got.list("Allow-Events") and "text/plain" in got.list("Accept"), got.headers
    is_(bob.request("FOO", "sip:aim.test"), 501)
    is_(bob.request("message", "sip:alice@aim.test"), 501, 405)
    is_(bob.request("NOTIFY", "sip:aim.test", [("Event", "presence"), ("Subscription-State", "active"),
                                               ("Contact", bob.contact)], to_tag="unknown"), 481)
    is_(bob.request("FOO", "sip:aim.test", [("Require", "nope")]), 501, 405)
    invite = bob.build("INVITE", "sip:alice@aim.test", [("Contact", bob.contact)])
    got = is_(bob.transact(invite), 405, 488)
    ack = bob.build("ACK", "sip:alice@aim.test", branch=invite.branch, call_id=invite.get("Call-ID"), cseq=invite.cseq[0],
                    from_tag=invite.tag("From"), to_tag=got.tag("To"))
    bob.send_bytes(bob.encode(ack))
    seen = len(bob.responses)
    time.sleep(1.2)
    assert len(bob.responses) - seen <= 1, "the INVITE's answer is still sent again after the ACK"


def test_keep_alive_on_a_stream_is_answered(gateway, ua):
    gw = gateway(["bob"])
    bob = ua(gw, "bob", "tcp")
    before = bob.pongs
    bob.send_bytes(b"\r\n\r\n")
    end = time.monotonic() + 5
    while bob.pongs == before and time.monotonic() < end:
        time.sleep(0.02)
    assert bob.pongs == before + 1, "expected CRLF for CRLFCRLF (S-382)"
    is_(bob.request("OPTIONS", "sip:aim.test"), 200)


# presence: notifier

@BOTH
def test_an_aim_user_seen_by_a_phone(gateway, ua, aim, transport):
    gw = gateway(["Chatty Chuck", "bob"], capture=True)
    bob = ua(gw, "bob", transport)
    sub = bob.subscribe("sip:chattychuck@aim.test", 600)
    assert 0 < int(is_(sub.response, 200).get("Expires")) <= 600
    first = sub.wait(2)
    text = valid(first)
    assert first.kind == "application/pidf+xml" and "<basic>closed</basic>" in text and "<note" not in text, text
    assert 'entity="pres:chattychuck@aim.test"' in text, text

    chuck = aim(gw, "Chatty Chuck", oscar.AIM51)
    text = valid(sub.wait(3, text=lambda t: "<basic>open</basic>" in t))
    assert re.search(r'<contact priority="0\.8">im:chattychuck@aim\.test</contact>', text), text
    assert "Chatty Chuck" in text and "<timestamp>" in text, text
    chuck.away("Out to lunch &lt;back at 2&gt;")
    text = valid(sub.wait(12, text=lambda t: "Out to lunch" in t))
    assert "<basic>open</basic>" in text and re.search(r"<\w+:away\s*/>", text), text
    assert text.count("Out to lunch &lt;back at 2&gt;") >= 2, text
    chuck.idle(1200)
    text = valid(sub.wait(12, text=lambda t: "user-input" in t))
    found = re.search(r'idle-threshold="600" last-input="([0-9T:-]+)Z"|last-input="([0-9T:-]+)Z" idle-threshold="600"', text)
    assert found and ">idle<" in text, text
    mark = len(sub.notifies())
    chuck.back()
    chuck.idle(0)
    text = valid(sub.wait(12, text=lambda t: "Out to lunch" not in t, after=0,
                          since=bob.received.index(sub.notifies()[mark - 1]) + 1))
    chuck.sign_off()
    gone = sub.wait(3, since=bob.received.index(sub.notifies()[-1]), text=lambda t: "<basic>closed</basic>" in t)
    assert valid(gone) == first.text, f"expected the same bytes as for any offline user; got {gone.text}"
    cseqs = [m.cseq[0] for m in sub.notifies()]
    assert cseqs == sorted(set(cseqs)), f"expected CSeq to grow (S-180); got {cseqs}"
    states = {m.get("Subscription-State").split(";")[0] for m in sub.notifies()}
    assert states == {"active"}, states
    is_(sub.refresh(0), 200)
    last = sub.wait(3, state="terminated")
    assert params(last.get("Subscription-State")).get("reason") == "timeout", last.get("Subscription-State")
    is_(sub.refresh(600), 481)


@BOTH
def test_a_fetch_keeps_nothing(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", transport)
    sub = bob.subscribe("pres:alice@aim.test", 0)
    is_(sub.response, 200)
    m = sub.wait(3, state="terminated")
    assert params(m.get("Subscription-State")).get("reason") == "timeout" and "<basic>open</basic>" in valid(m)
    alice.sign_off()
    time.sleep(0.5)
    assert len(sub.notifies()) == 1, "a NOTIFY after a fetch"


@pytest.mark.parametrize("what, codes, more", [
    ("no Event", (489,), dict(event=None)), ("Event: foo", (489,), dict(event="foo")),
    ("winfo of winfo", (489,), dict(event="presence.winfo.winfo")),
    ("Accept: text/plain", (406,), dict(accept="text/plain")), ("5 seconds", (423,), dict(expires=5)),
    ("an unknown user", (404,), dict(to="sip:nobodyhere@aim.test"))])
def test_subscriptions_that_are_refused(gateway, ua, what, codes, more):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob", "tcp")
    more = {"to": ALICE, "expires": 600, **more}
    event = more.pop("event", "presence")
    to, accept = more.pop("to"), more.pop("accept", "application/pidf+xml")
    rows = [("Event", event), ("Contact", bob.contact), ("Expires", str(more.pop("expires"))), ("Accept", accept)]
    got = bob.request("SUBSCRIBE", to, rows)
    assert got.status in codes, f"SUBSCRIBE with {what}: expected {codes}; got {got.start}"


def test_a_default_lifetime_an_event_id_and_a_long_wish(gateway, ua):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    sub = bob.subscribe(ALICE, None, event="presence;id=7")
    assert is_(sub.response, 200).get("Expires") == "3600", sub.response.get("Expires")
    assert sub.wait(3).get("Event").replace(" ", "") == "presence;id=7"
    assert int(is_(bob.subscribe(ALICE, 86400).response, 200).get("Expires")) <= 7200


def test_a_stranger_may_not_watch(gateway, aim):
    gw = gateway(["alice"])
    with UserAgent(gw.sip_port, "x", "none", "foreign.example") as x:
        got = x.subscribe(ALICE, auth=False)
        is_(got.response, 401, 403)
        x.never("NOTIFY", 0.5)


def test_a_blocked_watcher_sees_an_offline_user(gateway, ua, aim):
    """5.2, polite block: the same bytes as for an offline user; the message is refused with 403."""
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    before = bob.subscribe(ALICE).wait(3).text
    alice = aim(gw, "alice")
    alice.deny("bob")
    alice.privacy(4)
    sub = bob.subscribe(ALICE)
    assert is_(sub.response, 200) and sub.wait(3).text == before
    alice.away("secret place")
    time.sleep(0.5)
    assert all(m.text == before for m in sub.notifies())
    is_(bob.message(ALICE, gw.text()), 403)
    alice.undeny("bob")
    sub.wait(6, text=lambda t: "<basic>open</basic>" in t)


def test_a_watcher_that_answers_481_is_dropped(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    sub = bob.subscribe(ALICE)
    sub.wait(3)
    bob.answers["NOTIFY"] = 481
    alice = aim(gw, "alice")
    sub.wait(3, after=1)
    alice.sign_off()
    time.sleep(1)
    assert len(sub.notifies()) == 2, f"expected no NOTIFY after a 481 (S-265); got {len(sub.notifies())}"


# presence: PUBLISH and an AIM user who watches

@BOTH
def test_publish_etags(gateway, ua, transport):
    gw = gateway(["bob", "carol"], capture=True)
    bob = ua(gw, "bob", transport)
    first = is_(bob.publish(bob.pidf("open", "at desk")), 200).get("SIP-ETag")
    second = is_(bob.publish(None, etag=first), 200).get("SIP-ETag")
    assert second != first, "expected a new entity tag on every 2xx (S-335)"
    is_(bob.publish(None, etag=first), 412)
    third = is_(bob.publish(bob.pidf("open", "elsewhere"), etag=second), 200).get("SIP-ETag")
    is_(bob.publish(None, 0, etag=third), 200)
    is_(bob.publish(None, etag=third), 412)
    time.sleep(1)
    is_(bob.publish(None), 400)
    got = is_(bob.publish("hello", kind="text/plain"), 415)
    assert "application/pidf+xml" in got.list("Accept"), got.all("Accept")
    is_(bob.publish(bob.pidf(), event=None), 489)
    is_(bob.publish(bob.pidf(), event="foo"), 489)
    is_(bob.publish(bob.pidf(), expires=5), 423)
    is_(bob.publish(bob.pidf(), uri="sip:nobodyhere@aim.test"), 404, 403)
    is_(bob.publish(bob.pidf(), uri="sip:carol@aim.test", from_="sip:bob@aim.test"), 403)
    is_(bob.publish("<presence", expires=600), 400)


@BOTH
def test_a_phone_seen_by_an_aim_user(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice")
    alice.add_buddy("bob")
    alice.never("arrived", 0.5, who="bob")
    bob = ua(gw, "bob", transport)
    alice.wait("arrived", who="bob", away=False)            # S-375, a registration counts as a session
    mark = alice.mark()
    is_(bob.publish(bob.pidf("open", "Budget & review", "meeting")), 200)
    alice.wait("arrived", since=mark, who="bob", away=True)
    got = alice.info("bob", 3)
    assert "Budget &amp; review" in got["away_text"], f"expected the note as away text; got {got['away_text']!r}"
    mark = alice.mark()
    is_(bob.publish(bob.pidf("open", "free now"), etag=bob.etag), 200)
    alice.wait("arrived", since=mark, who="bob", away=False, message="free now")
    mark = alice.mark()
    is_(bob.publish(bob.pidf("closed"), etag=bob.etag), 200)
    alice.wait("departed", since=mark, who="bob")
    mark = alice.mark()
    is_(bob.publish(bob.pidf("open"), etag=bob.etag), 200)
    alice.wait("arrived", since=mark, who="bob", away=False)
    mark = alice.mark()
    is_(bob.publish(None, 0, etag=bob.etag), 200)
    is_(bob.unregister(), 200)
    alice.wait("departed", since=mark, who="bob")


def test_one_account_on_aim_and_on_a_phone(gateway, ua, aim):
    """Both doors of one user get the message; the other side sees one identity until the last endpoint leaves."""
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice")
    alice.add_buddy("bob")
    phone, desk = ua(gw, "bob"), aim(gw, "bob", oscar.AIM51)
    alice.wait("arrived", who="bob")
    text = gw.text()
    alice.im("bob", text, ack=True)
    phone.wait("MESSAGE", text=text), desk.wait("im", text=text)
    mark = alice.mark()
    desk.sign_off()
    alice.never("departed", 1.0, since=mark, who="bob")
    is_(phone.unregister(), 200)
    alice.wait("departed", since=mark, who="bob")


# restart

@pytest.mark.parametrize("how", ["stop", "kill -9"])
def test_registrations_and_subscriptions_survive_a_restart(gateway, ua, aim, how):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    sub = bob.subscribe(ALICE)
    sub.wait(3)
    if how == "stop":
        gw.stop()
    else:
        gw.kill9()
    gw.start()
    mark = bob.mark()
    alice = aim(gw, "alice")
    text = gw.text()
    alice.im("bob", text, ack=True)
    bob.wait("MESSAGE", text=text)
    m = sub.wait(12, since=mark, text=lambda t: "<basic>open</basic>" in t)
    assert m.cseq[0] > sub.notifies()[0].cseq[0], "expected the dialog's CSeq to go on (M-630)"
    is_(sub.refresh(600), 200)


@BOTH
def test_a_phone_that_unregisters_leaves_no_publication_behind(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", transport)
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    etags = [is_(bob.publish(bob.pidf("open", tuple_id=f"t{i}")), 200).get("SIP-ETag") for i in range(2)]
    mark = alice.mark()
    is_(bob.unregister(), 200)
    alice.wait("departed", since=mark, who="bob")
    for etag in etags:                      # they are gone, not only hidden
        is_(bob.publish(b"", etag=etag), 412)


def test_a_publication_from_elsewhere_stays_when_a_phone_unregisters(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice, phone, other = aim(gw, "alice"), ua(gw, "bob"), ua(gw, "bob", register=False)
    alice.add_buddy("bob")
    is_(other.publish(other.pidf("open")), 200)
    alice.wait("arrived", who="bob")
    mark = alice.mark()
    is_(phone.unregister(), 200)
    time.sleep(1)
    assert not [e for e in alice.events[mark:] if e["event"] == "departed"], alice.events[mark:]
