"""What 200 and 202 promise where clients are killed, stop reading or do not answer, and where phones come and go."""
import os
import re
import subprocess
import time

import pytest

from clientlib import free_port
from gateway import CHECKOUT
from sip_ua import UserAgent

XSD = os.path.join(CHECKOUT, "tests", "xsd")

ALICE, BOB = "sip:alice@aim.test", "sip:bob@aim.test"
PAD = "x" * 900


def flood(sender, start, until):
    """Numbered messages to alice from `start` on until one is answered so; gives the statuses by number."""
    status, n = {}, start
    while until not in status.values():
        status[n] = sender.message(ALICE, f"m{n:04d} {PAD}", timeout=20).status
        n += 1
        assert n < 5000, f"expected a {until} at last; got {set(status.values())}"
    return status


def wait_for(truth, what, seconds=5):
    end = time.monotonic() + seconds
    while not truth():
        assert time.monotonic() < end, f"expected {what} within {seconds} s"
        time.sleep(0.05)


def waiting(gw):
    return sum(row["messages"] for row in gw.ok("queue", "list", "--json").json)


@pytest.mark.parametrize("end", ["killed", "stopped"])
def test_what_a_session_did_not_acknowledge_comes_at_the_next_sign_on(gateway, aim, ua, end):
    """More than a mailbox holds was answered 200 and stands in the kernel when the client is killed."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice", receive_buffer=8192), ua(gw, "bob", "tcp")
    alice.bos.reads.clear()
    time.sleep(0.2)
    status = flood(bob, 0, 202)
    assert set(status.values()) == {200, 202}, f"expected 200s, then 202; got {status}"
    has = {int(n) for n in re.findall(rb"m(\d{4}) x{900}", alice.bos.in_kernel())}
    has |= {int(e["text"][1:5]) for e in alice.find("im")}      # the one that it was about to read
    count = len(status) - len(has)
    if end == "killed":
        alice.bos.reset()
        wait_for(lambda: waiting(gw) == count, f"{count} stored messages", 20)
    else:
        gw.restart()
    again = aim(gw, "alice")
    wait_for(lambda: len(again.find("im")) >= count, f"{count} messages", 30)
    got = [int(e["text"][1:5]) for e in again.find("im")]
    missing = set(status) - has - set(got)
    assert not missing, f"expected what alice's kernel has not ({count}); {len(missing)} are missing: {sorted(missing)[:10]}"
    assert got == sorted(got), "expected the oldest first"
    assert len(got) == len(set(got)), "expected each once"
    again.never("im", 1.0, since=again.mark())


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_full_mailbox_reaches_a_phone(gateway, ua, transport):
    """More messages than wait for one phone at once."""
    gw = gateway(["bob", "carol"])
    carol = ua(gw, "carol", "tcp")
    texts = [gw.text(f"{n:02d}") for n in range(70)]
    assert {carol.message(BOB, text).status for text in texts} == {202}
    bob = ua(gw, "bob", transport)
    bob.wait("MESSAGE", 20, text=texts[-1])
    assert [m.text for m in bob.matching("MESSAGE")] == texts
    wait_for(lambda: waiting(gw) == 0, "an empty queue")


def test_what_waits_goes_to_the_phone_that_registers(gateway, ua):
    """Not to the one that is still registered, and gone."""
    gw = gateway(["bob", "carol"])
    carol, gone = ua(gw, "carol"), ua(gw, "bob", "tcp")
    gone.close()
    text = gw.text()
    assert carol.message(BOB, text).status == 202
    bob = ua(gw, "bob", "udp")
    bob.wait("MESSAGE", 5, text=text)


def test_what_waits_goes_to_a_phone_that_says_it_is_still_there(gateway, ua):
    gw = gateway(["bob", "carol"])
    carol, bob = ua(gw, "carol"), ua(gw, "bob")
    bob.answers["MESSAGE"] = None
    text = gw.text()
    began = time.monotonic()
    assert carol.message(BOB, text, timeout=20).status == 202
    assert 7 < time.monotonic() - began < 10, "expected 202 after 8 s"
    bob.reply(bob.wait("MESSAGE", text=text), 486)
    bob.answers["MESSAGE"] = 200
    mark = bob.mark()
    bob.never("MESSAGE", 1, since=mark)
    assert bob.register().status == 200
    bob.wait("MESSAGE", since=mark, text=text)
    wait_for(lambda: waiting(gw) == 0, "an empty queue")


def test_more_than_one_phone_takes_at_once_is_not_left_behind(gateway, aim, ua):
    """40 IMs to a phone that thinks 0.3 s about each: what does not wait in its queue is stored, and follows."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    bob.answers["MESSAGE"] = lambda m: time.sleep(0.1) or 200
    texts = [gw.text(f"{n:02d}") for n in range(40)]
    for text in texts:
        alice.im("bob", text, store=True)
    wait_for(lambda: len(bob.matching("MESSAGE")) >= len(texts), f"{len(texts)} messages", 25)
    assert sorted(m.text for m in bob.matching("MESSAGE")) == texts


def test_an_error_is_final(gateway, aim, ua):
    """Who was told that it failed finds it neither delivered later nor kept."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    bob.answers["MESSAGE"] = None
    first, second = gw.text(), gw.text()
    for request in (alice.im("bob", first), alice.im("bob", second)):
        assert alice.wait("error", 12, snac="04/01", id=request)["code"] == 5
    bob.answers["MESSAGE"] = 200
    bob.reply(bob.wait("MESSAGE", text=first), 480)     # the second one's turn
    bob.never("MESSAGE", 1.5, text=second)
    assert waiting(gw) == 0
    bob.register()
    bob.never("MESSAGE", 1.5, text=second)


def test_a_phones_no_counts_more_than_a_phone_that_is_gone(gateway, ua):
    gw = gateway(["bob", "carol"])
    carol, gone, bob = ua(gw, "carol"), ua(gw, "bob", "tcp"), ua(gw, "bob")
    gone.close()
    for answer, status in ((603, 603), (486, 480), (404, 404), (600, 480), (488, 488)):
        bob.answers["MESSAGE"] = answer
        got = carol.message(BOB, gw.text())
        assert got.status == status, f"expected {status} where the phone says {answer}; got {got}"


def test_a_phones_415_says_what_is_accepted(gateway, ua):
    gw = gateway(["bob", "carol"])
    carol, bob = ua(gw, "carol"), ua(gw, "bob")
    bob.answers["MESSAGE"] = 415
    got = carol.message(BOB, gw.text())
    assert got.status == 415 and "text/plain" in got.list("Accept"), f"expected 415 with Accept; got {got.headers}"


def receipts(sender):
    """The IMDNs that came: (id, what) each, held against the schema of RFC 5438."""
    out = []
    for m in sender.matching("MESSAGE"):
        if m.kind != "message/cpim":
            continue
        document = m.text.partition("\r\n\r\n")[2].partition("\r\n\r\n")[2]
        done = subprocess.run(["xmllint", "--noout", "--nonet", "--relaxng", os.path.join(XSD, "imdn.rng"), "-"],
                              input=document, capture_output=True, text=True)
        assert done.returncode == 0, f"not valid by imdn.rng: {done.stderr}\n{document}"
        out.append((re.search("<message-id>(.*)</message-id>", document)[1], re.search(r"<status>\s*<(\w+)", document)[1]))
        assert m.address("From") == re.search("<recipient-uri>im:(.*)</recipient-uri>", document)[1]
    return out


@pytest.mark.parametrize("where", ["a phone of ours", "a peer"])
def test_who_asks_for_receipts_gets_them(gateway, aim, ua, closing, where):
    """Delivered, stored, and failed where the message expired: by IMDN, and no word of the helper beside it."""
    port = free_port()
    gw = gateway(["alice", "bob", "carol"], peers=[{"domain": "p.test", "route": f"sip:127.0.0.1:{port}"}])
    if where == "a peer":
        sender = UserAgent(gw.sip_port, "joe", "none", "p.test", listen=port)
        closing.append(sender)
    else:
        sender = ua(gw, "bob")
    aim(gw, "carol")

    def ask(to, ident, seconds=600):
        now = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        body = (f"From: <im:{sender.user}@{sender.domain}>\r\nTo: <{to}>\r\nDateTime: {now}\r\nNS: imdn <urn:ietf:params:imdn>\r\n"
                f"imdn.Message-ID: {ident}\r\nimdn.Disposition-Notification: positive-delivery, negative-delivery, processing"
                "\r\n\r\nContent-Type: text/plain\r\n\r\n" + gw.text())
        return sender.message(to, body.encode(), "message/cpim", [("Expires", str(seconds))]).status
    assert ask("sip:carol@aim.test", "now") == 200
    assert ask(ALICE, "late", 1) == 202
    wait_for(lambda: sorted(receipts(sender)) == [("late", "stored"), ("now", "delivered")], "two receipts")
    time.sleep(1.2)
    gw.restart()                                # what has expired is looked for at the start, and then each minute
    wait_for(lambda: sorted(receipts(sender))[:1] == [("late", "failed")], "the third receipt")
    assert not sender.matching("MESSAGE", who="aimgate@aim.test")


@pytest.mark.parametrize("status", [480, 503])
def test_whose_receipt_does_not_arrive_is_told_in_words(gateway, closing, status):
    """What was answered 202 and is given up: an IMDN that says so, and where that is not taken, the helper."""
    port = free_port()
    gw = gateway(["alice"], peers=[{"domain": "p.test", "route": f"sip:127.0.0.1:{port}"}])
    joe = UserAgent(gw.sip_port, "joe", "none", "p.test", listen=port)
    closing.append(joe)
    joe.answers["MESSAGE"] = lambda m: status if m.kind == "message/cpim" else 200
    body = (f"From: <im:joe@p.test>\r\nTo: <{ALICE}>\r\nDateTime: {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}\r\n"
            "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: late\r\nimdn.Disposition-Notification: negative-delivery"
            "\r\n\r\nContent-Type: text/plain\r\n\r\n" + gw.text())
    assert joe.message(ALICE, body.encode(), "message/cpim", [("Expires", "1")], auth=False).status == 202
    time.sleep(1.2)
    gw.restart()
    wait_for(lambda: receipts(joe) == [("late", "failed")], "the receipt")
    told = joe.wait("MESSAGE", 5, who="aimgate@aim.test")
    assert re.match(r"Your message to alice, sent at .*, could not be delivered\.$", told.text), told.text
    joe.never("MESSAGE", 0.5, since=joe.mark())
