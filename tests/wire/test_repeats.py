"""A request that comes again because its answer was lost: the same answer, and nothing happens twice (RFC 3261 17.2.2)."""
import queue
import time

import pytest

from sip_ua import token

ALICE = "sip:alice@aim.test"
TIMES = (0, 0.5, 1.5)       # when a client sends over UDP what is not answered


def three_times(agent, request):
    """The same octets at 0, 0.5 and 1.5 s; gives the answers."""
    answers = queue.Queue()
    agent.pending[(request.branch, request.method)] = (request, answers)
    data, began = agent.encode(request), time.monotonic()
    for when in TIMES:
        time.sleep(max(0.0, began + when - time.monotonic()))
        agent.send_bytes(data)
    got = [answers.get(timeout=3) for _ in TIMES]
    time.sleep(0.3)
    assert answers.empty(), "an answer too many"
    return got


def publish(agent, body, expires=600, etag=None, **more):
    rows = [("Event", "presence"), ("Expires", str(expires))] + ([("SIP-If-Match", etag)] if etag else [])
    rows += [("Content-Type", "application/pidf+xml")] if body else []
    return agent.build("PUBLISH", agent.aor, rows, body or b"", **more)


def same(got):
    assert [m.status for m in got] == [200, 200, 200], got
    tags = {m.get("SIP-ETag") for m in got}
    assert len(tags) == 1, f"expected one SIP-ETag; got {tags}"
    return tags.pop()


def test_a_publish_that_comes_again_changes_nothing(gateway, ua, aim):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob, carol = aim(gw, "alice"), ua(gw, "bob"), ua(gw, "carol")
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    sub = carol.subscribe("sip:bob@aim.test")
    sub.wait(3)

    def changes(note, request):
        mark, seen, before = alice.mark(), carol.mark(), len(sub.notifies())
        tag = same(three_times(bob, request))
        if note:
            alice.wait("arrived", since=mark, who="bob", message=note)
            assert len(alice.find("arrived", mark, who="bob")) == 1
            sub.wait(8, since=seen, text=lambda t: note in t)
        time.sleep(5.5)                         # a second NOTIFY would be due by now (RFC 3856 6.10: one in 5 s)
        assert len(sub.notifies()) - before == 1, "expected one NOTIFY for one change"
        return tag
    first = changes("at the desk", publish(bob, bob.pidf("open", "at the desk")))
    second = changes("in the hall", publish(bob, bob.pidf("open", "in the hall"), etag=first))
    changes(None, publish(bob, None, 0, etag=second))
    got = bob.publish(None, etag=second)
    assert got.status == 412, "it was removed"


def test_a_refused_publish_is_refused_the_same_way(gateway, ua):
    gw = gateway(["bob"])
    bob = ua(gw, "bob")
    got = three_times(bob, publish(bob, bob.pidf(), etag="nosuchtag"))
    assert [m.status for m in got] == [412, 412, 412], got
    assert len({m.tag("To") for m in got}) == 1


def test_a_phone_that_starts_anew_says_it_anew(gateway, ua, aim):
    """libpurple counts its Call-IDs, tags and branches from the same seed in each run: what it publishes then is the
    same to the octet, and is no repeat."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    request = publish(bob, bob.pidf("open", "a new run"))
    tag = same(three_times(bob, request))
    assert bob.publish(None, 0, etag=tag).status == 200
    bob.unregister()
    alice.wait("departed", who="bob")
    mark = alice.mark()
    assert bob.register().status == 200
    time.sleep(0.2)
    again = same(three_times(bob, request))
    assert again != tag
    alice.wait("arrived", since=mark, who="bob", message="a new run")


@pytest.mark.parametrize("method", ("MESSAGE", "OPTIONS"))
def test_other_requests_that_come_again(gateway, ua, aim, method):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob")
    text = gw.text()
    request = bob.build(method, ALICE, [("Content-Type", "text/plain")] if method == "MESSAGE" else [],
                        text if method == "MESSAGE" else b"", call_id=token())
    got = three_times(bob, request)
    assert [m.status for m in got] == [200, 200, 200], got
    if method == "MESSAGE":
        alice.wait("im", text=text)
        time.sleep(0.3)
        assert len(alice.find("im", text=text)) == 1, "expected one message"
