"""What was stored while a peer domain was away goes out when it is back: at once, all of it, to each of its users in the order in
which it was written, before what is written to him meanwhile (M-656: stored IMs in order; RFC 3428 8: one at a time to each)."""
import time

from test_links import far, state, until  # noqa: F401 (far is a fixture)


def dead(x, gw, alice):
    x.start(gw)
    x.online(alice)
    x.kill()
    alice.im_refused("bob@sip.test", gw.text())
    until(lambda: state(gw)["state"] in ("down", "probing"))


def texts(server, who=None):
    return [m.text for m in server.matching("MESSAGE") if who is None or f"{who}@" in m.uri]


def test_all_that_waits_for_one_user_comes_before_what_is_written_now(gateway, far, aim):  # noqa: F811
    x = far()
    gw = gateway(["alice", "carol"], peers=[x.peer])
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    dead(x, gw, alice)
    kept = [f"{gw.text()} {i}" for i in range(95)]
    for text in kept:
        carol.im("bob@sip.test", text, ack=True, store=True)
    server, last = x.start(), gw.text()
    server.answers["MESSAGE"] = lambda m: time.sleep(0.01) or 200  # so that it takes a while
    until(lambda: texts(server), 20)
    carol.im("bob@sip.test", last, ack=True, store=True)
    until(lambda: len(texts(server)) == 96, 10)
    assert texts(server) == kept + [last]
    assert gw.ok("queue", "list", "--json").json == []


def test_who_does_not_answer_holds_up_nobody_else(gateway, far, aim):  # noqa: F811
    """300 rows, more than are under way at once."""
    x = far()
    gw = gateway(["alice", "carol"], peers=[x.peer])
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    dead(x, gw, alice)
    users = ["mute"] + [f"user{i}" for i in range(9)]
    for i in range(30):
        for user in users:
            carol.im(f"{user}@sip.test", f"{user} {i}", ack=True, store=True)
    server = x.start()
    server.answers["MESSAGE"] = lambda m: None if "mute@" in m.uri else 200
    for user in users[1:]:
        until(lambda: len(texts(server, user)) >= 30, 20)
        assert texts(server, user) == [f"{user} {i}" for i in range(30)]
    assert texts(server, "mute") == ["mute 0"]


def test_a_domain_that_goes_away_again_gets_the_rest_later(gateway, far, aim):  # noqa: F811
    x = far()
    gw = gateway(["alice", "carol"], peers=[x.peer])
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    dead(x, gw, alice)
    kept = [f"{gw.text()} {i}" for i in range(90)]
    for text in kept:
        carol.im("bob@sip.test", text, ack=True, store=True)
    first = x.start()
    first.answers["MESSAGE"] = lambda m: 200 if len(texts(first)) <= 40 else None
    until(lambda: len(texts(first)) > 40, 20)
    x.kill()
    seen = texts(first)
    until(lambda: state(gw)["state"] in ("down", "probing"), 20)
    second = x.start()
    until(lambda: len(texts(second)) == 90 - len(seen) + 1, 60)
    assert seen == kept[:41] and texts(second) == kept[40:], "the one without an answer comes twice, and no other"
