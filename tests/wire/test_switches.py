"""What a peer may be configured to get (README: peers' keys): each switch, and that it is off where it was not asked for."""
import email.utils
import socket
import time

import pytest

from sip_wire import uri_of
from test_links import far, until                                                  # noqa: F401 (fixture)

HTML = "text/html"


@pytest.fixture
def met(gateway, far, aim):                                                 # noqa: F811
    """An AIM user and the server of a peer with these switches."""
    def make(transport="tcp", **switches):
        x = far(transport=transport)
        gw = gateway(["alice"], peers=[{**x.peer, **switches}])
        return gw, aim(gw, "alice"), x.start(gw)
    return make


def write(server, gw, text=None, **more):
    return server.message("sip:alice@aim.test", text or gw.text(), auth=False, timeout=more.pop("timeout", 5), **more)


def sent(alice, server, text, **more):
    alice.im("bob@sip.test", text, ack=True, **more)
    return server.received[-1]


def test_threads_of_the_draft(met, aim):
    """S-018, S-055, S-077, S-078 (draft-ietf-simple-im-00 6.2, 6.7): one Call-ID a thread, im: From and To, CSeq from a clock and
    always more, also over a restart."""
    gw, alice, server = met(draft_im00=True)
    first = [sent(alice, server, gw.text()) for _ in range(3)]
    time.sleep(3)                               # the clock goes on, and the numbers ran in front of it
    gw.restart()
    alice = aim(gw, "alice")
    all_ = first + [sent(alice, server, gw.text()) for _ in range(2)]
    assert len({m.get("Call-ID") for m in all_}) == 1 and len({m.tag("From") for m in all_}) == 1
    numbers = [int(m.get("CSeq").split()[0]) for m in all_]
    assert numbers == sorted(set(numbers)) and time.time() - 60 < numbers[0] <= time.time() and numbers[-1] < 1 << 31
    assert {(m.uri, uri_of(m.get("From")), uri_of(m.get("To"))) for m in all_} == \
        {("im:bob@sip.test", "im:alice@aim.test", "im:bob@sip.test")}
    alice.im("carol@sip.test", gw.text(), ack=True)
    assert server.received[-1].get("Call-ID") != all_[0].get("Call-ID")


def test_routes_of_the_draft_are_followed(met):
    """S-072, S-076 (draft-ietf-simple-im-00 6.6, 6.7): Record-Route and Contact of a 200 make the way of the next; a failure ends it."""
    gw, alice, server = met(draft_im00=True)
    here = f"127.0.0.1:{server.port}"

    def answer(m):
        server.reply(m, 200, [("Record-Route", f"<sip:{here};lr>, <sip:second.test;lr>"), ("Contact", f"<sip:bob@{here}>")])
    server.answers["MESSAGE"] = answer
    assert sent(alice, server, gw.text()).get("Route") is None
    server.answers["MESSAGE"] = 200
    later = sent(alice, server, gw.text())
    assert later.uri == f"sip:bob@{here}" and later.list("Route") == ["<sip:second.test;lr>", f"<sip:{here};lr>"]
    server.answers["MESSAGE"] = 480
    alice.im_refused("bob@sip.test", gw.text())
    server.answers["MESSAGE"] = 200
    assert sent(alice, server, gw.text()).get("Route") is None


def test_without_the_switch_no_two_messages_share_a_call_id(met):
    """S-018, S-055 (RFC 3261 8.1.1.4)."""
    gw, alice, server = met()
    assert len({sent(alice, server, gw.text()).get("Call-ID") for _ in range(5)}) == 5


def dated(seconds):
    return [("Date", email.utils.formatdate(time.time() + seconds, usegmt=True))]


def test_a_wrong_date_is_refused_where_that_is_wanted(met):
    """S-097, S-098 (draft-ietf-simple-im-00 6.10.3, RFC 3428 11.4): 400 beyond 10 minutes; the 6th in a minute gets no answer."""
    gw, alice, server = met(date_check=True)
    assert write(server, gw, headers=dated(-500)).status == 200 and write(server, gw).status == 200
    for off in (-3600, 3600, -3600, -3600, -700):
        got = write(server, gw, headers=dated(off))
        assert got.status == 400 and "Incorrect Date or Time" in got.start, got.start
    with pytest.raises(AssertionError, match="expected an answer"):
        write(server, gw, headers=dated(-3600), timeout=2)
    assert write(server, gw).status == 200


@pytest.mark.parametrize("switches", [{}, {"date_check": True, "store_and_forward": True}])
def test_else_an_old_date_is_no_fault(met, switches):
    """S-097, D-08: off by default, and for peers that store and forward."""
    gw, alice, server = met(**switches)
    assert write(server, gw, headers=dated(-3600)).status == 200


RICH = "<HTML><BODY>hello <B>%s</B></BODY></HTML>"


def rich(alice, gw, server):
    """An IM with bold text; gives its type and text at the peer."""
    word = gw.text("b").replace(" ", "")
    m = sent(alice, server, RICH % word, html=False)
    assert word in m.text
    return m.get("Content-Type").split(";")[0]


def test_formatted_text_goes_to_who_said_that_he_takes_it(met):
    """S-053, S-023: Accept: text/html in a MESSAGE of theirs is a hint; unknown peers get text/plain."""
    gw, alice, server = met()
    assert rich(alice, gw, server) == "text/plain"
    write(server, gw, headers=[("Accept", "text/plain, text/html")])
    assert rich(alice, gw, server) == HTML
    alice.im("carol@sip.test", RICH % gw.text(), ack=True, html=False)
    assert server.received[-1].get("Content-Type").startswith("text/plain")


@pytest.mark.parametrize("html, accepts, kind", [("no", True, "text/plain"), ("yes", False, HTML)])
def test_or_by_the_peer_s_switch(met, html, accepts, kind):
    gw, alice, server = met(html=html)
    if accepts:
        write(server, gw, headers=[("Accept", "text/html")])
    assert rich(alice, gw, server) == kind


def test_who_refuses_formatted_text_gets_it_plain(met):
    """M-417: 415: once more as text/plain, and so from then on."""
    gw, alice, server = met(html="yes")
    server.answers["MESSAGE"] = lambda m: 415 if m.get("Content-Type").startswith(HTML) else 200
    assert rich(alice, gw, server) == "text/plain"
    n = len(server.received)
    assert rich(alice, gw, server) == "text/plain" and len(server.received) == n + 1


def test_formatted_text_that_is_too_long_goes_as_text(met):
    """RFC 3428 8: what is too long for one request is cut, and HTML is not."""
    gw, alice, server = met(html="yes")
    alice.im("bob@sip.test", RICH % ("long " * 400), ack=True, html=False)
    assert len(server.received) > 1 and all(m.get("Content-Type").startswith("text/plain") and m.size <= 1300
                                            for m in server.received)


def test_all_in_message_cpim_where_the_peer_wants_it(met):
    """S-051: sent when the peer is set so; without receipts nothing asks for them."""
    gw, alice, server = met(cpim=True)
    text = gw.text()
    m = sent(alice, server, text)
    assert m.get("Content-Type") == "message/cpim"
    assert "From: \"alice\" <im:alice@aim.test>" in m.text and text in m.text and "imdn" not in m.text


def test_im_and_pres_uris_for_who_wants_them(met):
    """S-283, D-02: sip: by default; with scheme im: im: for messages, pres: for presence (RFC 3856 5)."""
    gw, alice, server = met(scheme="im")
    m = sent(alice, server, gw.text())
    assert (m.uri, uri_of(m.get("To")), uri_of(m.get("From"))) == ("im:bob@sip.test", "im:bob@sip.test", "im:alice@aim.test")
    server.serve_presence()
    alice.add_buddy("bob@sip.test")
    m = server.wait("SUBSCRIBE")
    assert (m.uri, uri_of(m.get("To")), uri_of(m.get("From"))) == ("pres:bob@sip.test", "pres:bob@sip.test", "pres:alice@aim.test")
    until(lambda: m.get("Call-ID") in server.notified)          # it was answered
    server.notify(m, server.pidf())
    alice.wait("arrived", who="bob@sip.test")


@pytest.mark.parametrize("transport, whole", [("tcp", True), ("udp", False)])
def test_a_long_message_in_one_piece_where_every_hop_is_a_stream(met, transport, whole):
    """S-208, D-22 (RFC 3428 8): whole over TCP to a peer with congestion_controlled, never over UDP."""
    gw, alice, server = met(transport, congestion_controlled=True)
    alice.im("bob@sip.test", "long " * 760, ack=True)
    assert (len(server.received) == 1) == whole and (whole or all(m.size <= 1300 for m in server.received))


@pytest.mark.parametrize("failover", ["safe", "always"])
def test_a_message_that_may_have_arrived_goes_to_the_next_route_only_where_that_is_wanted(gateway, far, aim, failover):  # noqa: F811
    """S-198, D-03: the connection breaks after the message was written: it may have arrived, and arrives twice or not at all."""
    first, second = far(), far()
    gw = gateway(["alice"], peers=[{**first.peer, "route": [first.peer["route"], second.peer["route"]], "failover": failover}])
    hangs_up, backup = first.start(gw), second.start(gw)
    hangs_up.answers["MESSAGE"] = lambda m: m.sock.shutdown(socket.SHUT_RDWR)
    alice, text = aim(gw, "alice"), gw.text()
    if failover == "always":
        alice.im("bob@sip.test", text, ack=True)
        assert backup.wait("MESSAGE", text=text)
    else:
        assert alice.im_refused("bob@sip.test", text) == 5
        backup.never("MESSAGE", 0.5)
    assert hangs_up.wait("MESSAGE", text=text)


def test_capitals_count_where_the_peer_says_so(met):
    """D-18: Bob and bob are two users of a case_sensitive domain, and each is answered under his own name."""
    gw, alice, server = met(case_sensitive=True)
    for user, name in (("Bob", "=42ob@sip.test"), ("bob", "bob@sip.test")):
        text = gw.text()
        assert write(server, gw, text, from_=f"sip:{user}@sip.test").status == 200
        alice.wait("im", who=name, text=text)
        alice.im(name, gw.text(), ack=True)
        assert server.received[-1].uri == f"sip:{user}@sip.test"


def test_sips_needs_tls_on_every_route(gateway):
    gw = gateway(start=False, peers=[{"domain": "sip.test", "route": "sip:127.0.0.1:5061", "scheme": "sips"}])
    got = gw.cli("check")
    assert got.code == 2 and "sips: needs TLS on every route" in got.err


@pytest.mark.parametrize("switches, status", [({}, 200), ({"legacy_202": True}, 202)])
def test_202_to_who_waits_only_where_that_is_wanted(met, switches, status):
    """S-256, D-05: 200 by default (RFC 6665 8.3.1); 202 to a peer from before it while the user has not said yes (RFC 3856 6.6.2)."""
    gw, alice, server = met(**switches)
    gw.ok("user", "set", "alice", "foreign_watchers", "confirm")
    server.checking = status == 200                                         # which else complains of any 202
    watch = server.subscribe("sip:alice@aim.test", auth=False)
    assert watch.response.status == status and watch.response.get("Expires") == "600"
    assert watch.wait().get("Subscription-State").startswith("pending")
    alice.im("aimgate", "allow bob@sip.test")
    watch.wait(state="active")
    assert watch.refresh(600, auth=False).status == 200
