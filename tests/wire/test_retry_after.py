"""Retry-After is obeyed (RFC 3261 20.33, 21.5.4; S-043, S-182)."""
import time

import pytest

from test_links import far, state, until                                    # noqa: F401 (fixture)


def after(server, method, status, seconds):
    """The server answers so once, with Retry-After (None: without), and 200 from then on."""
    def answer(m):
        server.answers[method] = 200
        server.reply(m, status, [("Retry-After", str(seconds))] if seconds else [])
    server.answers[method] = answer


@pytest.fixture
def met(gateway, far, aim):                                                 # noqa: F811
    def make(routes=1):
        x = [far() for _ in range(routes)]
        gw = gateway(["alice"], peers=[{**x[0].peer, "route": [one.peer["route"] for one in x]}])
        return (gw, aim(gw, "alice"), *[one.start(gw) for one in x])
    return make


def test_503_with_retry_after_leaves_the_server_alone_for_so_long(met):
    """S-182: 503 Retry-After: 3: the server is not used for 3 s, and used again then (RFC 3261 21.5.4)."""
    gw, alice, server = met()
    after(server, "MESSAGE", 503, 3)
    began = time.monotonic()
    assert alice.im_refused("bob@sip.test", gw.text()) == 5
    error = alice.wait("error", id=alice.im("bob@sip.test", gw.text()))
    assert error["code"] == 5 and "sip.test is overloaded or down" in error["text"]
    assert len(server.received) == 1 and state(gw)["state"] == "up"
    time.sleep(max(0, began + 3.2 - time.monotonic()))
    alice.im("bob@sip.test", gw.text(), ack=True)
    assert [m.method for m in server.received] == ["MESSAGE", "MESSAGE"]


def test_meanwhile_the_next_server_is_used(met):
    """S-182, S-197: the second route takes what comes in that time."""
    gw, alice, first, second = met(2)
    after(first, "MESSAGE", 503, 30)
    for _ in range(3):
        alice.im("bob@sip.test", gw.text(), ack=True)
    assert len(first.received) == 1 and len(second.received) == 3


def test_503_without_retry_after_is_as_500(met):
    """S-182: 503 without Retry-After: an error, and the server is used for the next (RFC 3261 21.5.4)."""
    gw, alice, server = met()
    after(server, "MESSAGE", 503, None)
    assert alice.im_refused("bob@sip.test", gw.text()) == 5
    alice.im("bob@sip.test", gw.text(), ack=True)
    assert len(server.received) == 2


def test_413_with_retry_after_is_not_tried_in_smaller_parts(met):
    """S-043: 413 that says when it is over is not too long: nothing is sent again by itself (RFC 3261 21.4.11)."""
    gw, alice, server = met()
    after(server, "MESSAGE", 413, 60)
    assert alice.im_refused("bob@sip.test", gw.text() + " " + "long " * 60) == 0x0B
    server.never("MESSAGE", 1, where=lambda m: m is not server.received[0])


def test_a_refused_subscription_waits_as_long_as_it_was_told(met):
    """S-043: 480 with Retry-After: 7: no SUBSCRIBE in that time (the schedule would say 5 s), then one."""
    gw, alice, server = met()
    after(server, "SUBSCRIBE", 480, 7)
    alice.add_buddy("bob@sip.test")
    first = server.wait("SUBSCRIBE")
    second = server.wait("SUBSCRIBE", 12, nth=1)
    assert 7 <= second.arrived - first.arrived < 9.5
