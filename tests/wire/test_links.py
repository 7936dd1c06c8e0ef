"""The link to a peer domain dies and comes back (mapping: 6.5 of the tables; the progress report's story): nobody is shown
online who cannot be reached, the failing system is named, and what was stored arrives."""
import re
import time

import pytest

from clientlib import free_port
from dns_relay import DnsRelay
from sip_ua import UserAgent
from test_robust import metric
from test_rows_presence import Notifier, document

SINCE = re.compile(r"^(\S+) cannot be reached since \d\d:\d\d\. Its users are shown offline\. Your own service is working\.$")
LOST, BACK = "This service has lost its connection to other services.", "This service is connected to other services again."


class Far:
    """A peer domain with one server, which can be killed and revived at the same port."""

    def __init__(self, closing, domain="sip.test", transport="tcp"):
        self.closing, self.domain, self.transport, self.port, self.gw = closing, domain, transport, free_port(), None
        self.peer = {"domain": domain, "route": f"sip:127.0.0.1:{self.port};transport={transport}", "limits": "none"}
        self.server = None

    def start(self, gw=None):
        self.gw = gw or self.gw
        self.server = UserAgent(self.gw.sip_port, "bob", "", self.domain, self.transport, listen=self.port, connect=False)
        self.closing.append(self.server)
        return self.server

    def kill(self):
        self.server.close()

    def online(self, alice, who="bob"):
        """who@domain comes online for alice."""
        mark = self.server.mark()
        self.server.answers["SUBSCRIBE"] = lambda m: None if m.get("Expires") != "0" else 200
        if f"{who}@{self.domain}" not in [i.name for i in alice.items]:
            alice.add_buddy(f"{who}@{self.domain}")
        m = self.server.wait("SUBSCRIBE", since=mark)
        note = Notifier(self.server, m)
        assert note.notify(document(who).replace(b"sip.test", self.domain.encode())).status == 200
        alice.wait("arrived", who=f"{who}@{self.domain}")
        return note


@pytest.fixture
def far(closing):
    def make(*args, **more):
        return Far(closing, *args, **more)
    return make


def state(gw, domain="sip.test"):
    return next(p for p in gw.ok("peer", "list", "--json").json if p["domain"] == domain)


def until(truth, timeout=10.0):
    end = time.monotonic() + timeout
    while not truth():
        assert time.monotonic() < end, "it did not come in time"
        time.sleep(0.05)


def notices(session):
    return [e["text"] for e in session.events if e["event"] == "im" and e["who"] == "aimgate"]


def test_a_dead_domain_is_shown_offline_named_and_back(gateway, far, aim):
    """M-652 to M-656, S-002, S-003, S-202: refused connections, then down; presence withdrawn within 2 s; a notice to whom it
    concerns; IMs fail at once or are stored; up: asked anew, stored IMs in order, a notice to those told before."""
    x = far()
    gw = gateway(["alice", "carol"], peers=[x.peer])
    x.start(gw)
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    x.online(alice)
    assert state(gw)["state"] == "up" and state(gw)["last_success"]
    x.kill()
    mark = alice.mark()
    assert alice.im_refused("bob@sip.test", gw.text()) == 5
    until(lambda: state(gw)["state"] in ("down", "probing"))
    alice.wait("departed", 2, since=mark, who="bob@sip.test")
    assert SINCE.match(alice.wait("im", 3, since=mark, who="aimgate", text=lambda t: SINCE.match(t))["text"])[1] == "sip.test"
    row = state(gw)
    assert row["buddies"] == 1 and row["last_failure"] and row["last_failure_at"] and row["for"] < 30
    assert metric(gw, 'peer_up{domain="sip.test"}') == 0

    began, mark = time.monotonic(), alice.mark()
    error = alice.wait("error", since=mark, id=alice.im("bob@sip.test", gw.text()))
    assert time.monotonic() - began < 0.5 and error["code"] == 5 and "sip.test is unreachable" in error["text"]
    alice.wait("im", since=mark, who="aimgate", text="sip.test is unreachable; your own service works")
    kept = [gw.text() for _ in range(3)]
    for text in kept:
        carol.im("bob@sip.test", text, ack=True, store=True)
    carol.wait("im", who="aimgate", text="Stored until sip.test is back")

    server, mark, carol_mark = x.start(), alice.mark(), carol.mark()
    until(lambda: state(gw)["state"] == "up", 20)
    alice.wait("im", since=mark, who="aimgate", text="sip.test is reachable again.")
    carol.wait("im", since=carol_mark, who="aimgate", text="sip.test is reachable again.")
    for text in kept:
        assert server.wait("MESSAGE", 15, text=text)
    assert [m.text for m in server.matching("MESSAGE")] == kept
    again = server.wait("SUBSCRIBE")
    assert again.tag("To"), "the old dialog is asked first; 481 is answered by a fresh one"
    assert notices(alice).count("sip.test is reachable again.") == 1
    assert sum(bool(SINCE.match(t)) for t in notices(alice)) == 1 and not [t for t in notices(carol) if SINCE.match(t)]


def test_after_481_the_subscription_begins_anew(gateway, far, aim):
    """M-656: fresh dialogs after 481, and the buddy is online again."""
    x = far()
    gw = gateway(["alice"], peers=[x.peer])
    x.start(gw)
    alice = aim(gw, "alice")
    x.online(alice)
    x.kill()
    alice.im_refused("bob@sip.test", gw.text())
    alice.wait("departed", who="bob@sip.test")
    server = x.start()
    server.answers["SUBSCRIBE"] = lambda m: 481 if m.tag("To") else None
    fresh = server.wait("SUBSCRIBE", 25, where=lambda m: not m.tag("To"))
    mark = alice.mark()
    Notifier(server, fresh).notify(document())
    alice.wait("arrived", since=mark, who="bob@sip.test")


def test_silence_is_found_out_in_a_minute_without_anybody_writing(gateway, far, aim):
    """S-002, M-652: the peer's machine is gone and says nothing: offline and told within 60 s, by OPTIONS each 30 s. M-654: who
    has a message on its way hears it, too."""
    x = far(transport="udp")
    gw = gateway(["alice", "carol"], peers=[x.peer])
    server = x.start(gw)
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    x.online(alice)
    server.answers["OPTIONS"] = server.answers["MESSAGE"] = None
    began, mark = time.monotonic(), alice.mark()
    server.wait("OPTIONS", 35)
    carol.im("bob@sip.test", gw.text())
    alice.wait("departed", 60, since=mark, who="bob@sip.test")
    alice.wait("im", 3, since=mark, who="aimgate", text=lambda t: SINCE.match(t))
    carol.wait("im", 3, who="aimgate", text=lambda t: SINCE.match(t))
    assert time.monotonic() - began < 60
    probe = server.matching("OPTIONS")[0]
    assert probe.uri == "sip:sip.test" and state(gw)["last_failure"] == "no answer"
    assert len(server.matching("OPTIONS")) >= 2


def test_a_peer_that_must_not_be_probed(gateway, far, aim):
    """probe: false: no OPTIONS while it is quiet, none while it is away. Two requests that do not get there are down; a
    SUBSCRIBE tries it again and brings it back."""
    x = far()
    gw = gateway(["alice", "carol"], peers=[{**x.peer, "probe": False}])
    server = x.start(gw)
    server.answers["OPTIONS"] = None
    alice, carol = aim(gw, "alice"), aim(gw, "carol")
    x.online(alice)
    time.sleep(33)      # a probe would have been due
    assert not server.matching("OPTIONS") and state(gw)["state"] == "up"
    x.kill()
    mark = alice.mark()
    carol.im_refused("dave@sip.test", gw.text())
    assert state(gw)["state"] == "suspect"
    time.sleep(2.2)     # less, and it could be one restart
    carol.im_refused("dave@sip.test", gw.text())
    alice.wait("departed", 2, since=mark, who="bob@sip.test")
    alice.wait("im", 3, since=mark, who="aimgate", text=lambda t: SINCE.match(t))
    server, mark = x.start(), alice.mark()
    assert server.wait("SUBSCRIBE", 20)
    alice.wait("im", 5, since=mark, who="aimgate", text="sip.test is reachable again.")
    assert state(gw)["state"] == "up" and not server.matching("OPTIONS")


def test_their_watchers_hear_what_they_missed(gateway, far, aim):
    """M-655, M-656: nothing is sent to watchers there while the link is down; full state when it is up."""
    x = far()
    gw = gateway(["alice", "carol"], peers=[x.peer])
    server = x.start(gw)
    carol = aim(gw, "carol")
    sub = server.subscribe("sip:alice@aim.test", auth=False)
    assert sub.response.status == 200 and "closed" in sub.wait().text
    x.kill()
    carol.im_refused("bob@sip.test", gw.text())
    until(lambda: state(gw)["state"] in ("down", "probing"))
    aim(gw, "alice")
    time.sleep(0.5)
    server = x.start()
    got = server.wait("NOTIFY", 20, call_id=sub.call_id, where=lambda m: "open" in m.text)
    assert got.get("Subscription-State", "").startswith("active")


def test_the_longest_grant_to_a_peer_is_its_stale_limit(gateway, far, aim):
    """M-662: a peer with stale_limit=N gets N."""
    x = far()
    gw = gateway(["alice"], peers=[{**x.peer, "stale_limit": 120}])
    sub = x.start(gw).subscribe("sip:alice@aim.test", 3600, auth=False)
    assert sub.response.get("Expires") == "120"


def test_when_our_own_way_out_is_gone_no_peer_is_named(gateway, far, aim):
    """M-659: all peers down and the probe target near us, too."""
    x, y, near = far("x.test"), far("y.test"), far("near.test", "udp")
    gw = gateway(["alice"], peers=[x.peer, y.peer], config={"sip": {"probe": near.peer["route"]}})
    for one in (x, y, near):
        one.start(gw)
    alice = aim(gw, "alice")
    x.online(alice)
    y.online(alice)
    for one in (x, y, near):
        one.kill()
    mark = alice.mark()
    alice.im_refused("bob@x.test", gw.text())
    alice.wait("departed", since=mark, who="bob@x.test")
    alice.wait("departed", since=mark, who="bob@y.test")
    alice.wait("im", 25, since=mark, who="aimgate", text=LOST)
    mark = alice.mark()
    x.start()
    alice.wait("im", 25, since=mark, who="aimgate", text=BACK)
    assert notices(alice).count(LOST) == 1 and not [t for t in notices(alice) if SINCE.match(t)]


def test_one_of_two_peers_is_named_when_the_other_answers(gateway, far, aim):
    """M-654, M-659: something else answers: it is theirs."""
    x, y = far("x.test"), far("y.test")
    gw = gateway(["alice"], peers=[x.peer, y.peer])
    x.start(gw)
    y.start(gw)
    alice = aim(gw, "alice")
    x.online(alice)
    y.online(alice)
    x.kill()
    mark = alice.mark()
    alice.im_refused("bob@x.test", gw.text())
    got = alice.wait("im", 5, since=mark, who="aimgate", text=lambda t: SINCE.match(t))
    assert SINCE.match(got["text"])[1] == "x.test"
    assert not alice.find("departed", mark, who="bob@y.test") and state(gw, "y.test")["state"] == "up"


def test_a_second_route_keeps_the_link_up(gateway, far, aim):
    """M-652: down means that all its servers were tried."""
    x, backup = far(), far()
    peer = {**x.peer, "route": [x.peer["route"], backup.peer["route"]]}
    gw = gateway(["alice"], peers=[peer])
    x.start(gw)
    backup.start(gw)
    alice, text = aim(gw, "alice"), gw.text()
    x.kill()
    alice.im("bob@sip.test", text, ack=True)
    assert backup.server.wait("MESSAGE", text=text)
    time.sleep(3)
    assert state(gw)["state"] == "up" and state(gw)["usable"] == 1


def test_a_peer_in_use_is_kept_open_and_measured(gateway, far, aim):
    """M-651: CRLF keep-alive on its stream each 15 s (RFC 5626 4.4.1). S-010: delay, loss and downtime against bounds; a breach
    is logged, and is in the operator's view."""
    x = far()
    gw = gateway(["alice"], peers=[{**x.peer, "max_delay": 100}])
    server = x.start(gw)
    server.answers["MESSAGE"] = lambda m: time.sleep(0.3) or 200
    alice = aim(gw, "alice")
    for _ in range(4):
        alice.im("bob@sip.test", gw.text(), ack=True)
    row = state(gw)
    assert row["breaches"] == ["delay"] and row["delay_ms"] >= 300 and row["loss_percent"] == 0, row
    assert metric(gw, 'link_delay_milliseconds{domain="sip.test"}') >= 300
    until(lambda: server.pongs > 0, 17)
    until(lambda: "a peer does not keep what was agreed" in gw.log(), 35)
    assert gw.log().count("a peer does not keep what was agreed") == 1


def test_a_silent_server_is_asked_before_it_gets_a_message_again(gateway, far, aim):
    """S-202: put aside for 30 s, and probed with OPTIONS before that is over; an answer brings it back (RFC 3261 21.5.4)."""
    x, backup = far(transport="udp"), far()
    gw = gateway(["alice"], peers=[{**x.peer, "route": [x.peer["route"], backup.peer["route"]]}])
    server = x.start(gw)
    backup.start(gw)
    alice, texts = aim(gw, "alice"), [gw.text() for _ in range(3)]
    x.kill()
    for text in texts[:2]:
        alice.im("bob@sip.test", text, ack=True)                            # ICMP tells that nobody is there: the next route
        assert backup.server.wait("MESSAGE", text=text)
    assert state(gw)["state"] == "up" and state(gw)["usable"] == 1
    server = x.start()
    until(lambda: state(gw)["usable"] == 2, 25)
    assert [m.method for m in server.received] == ["OPTIONS"]
    alice.im("bob@sip.test", texts[2], ack=True)
    assert server.wait("MESSAGE", text=texts[2])


def test_a_domain_that_dns_finds_has_a_link_too(gateway, driver, closing, aim):
    """M-651, M-653 for domains that are no peers; M-660: DNS that fails by itself is no failure of the link."""
    port, zone = free_port(), "far.example.org"
    dns_port = free_port()
    d = driver("dns_zone.py", "--port", dns_port, "--zone", zone, "--record", f"_im._sip.{zone}. 1 SRV 0 5 {port} s.{zone}.",
               "--record", f"_pres._sip.{zone}. 1 SRV 0 5 {port} s.{zone}.", "--record", f"s.{zone}. 1 A 127.0.0.1")
    d.wait("ready", 15)
    relay = DnsRelay(f"127.0.0.1:{dns_port}")
    closing.append(relay)
    x = Far(closing, zone)
    x.port = port
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    x.start(gw)
    alice = aim(gw, "alice")
    x.online(alice)
    assert state(gw, zone)["by"] == "dns" and state(gw, zone)["state"] == "up" and state(gw, zone)["buddies"] == 1
    relay.fail = "servfail"
    time.sleep(1.2)                                                         # what was known has run out
    error = alice.wait("error", 10, id=alice.im(f"bob@{zone}", gw.text()))
    assert "cannot be found just now" in error["text"]
    time.sleep(3)
    assert state(gw, zone)["state"] == "up" and not alice.find("departed")
    relay.fail = None
    time.sleep(1.2)
    x.kill()
    assert alice.im_refused(f"bob@{zone}", gw.text()) == 5
    alice.wait("departed", 10, who=f"bob@{zone}")
    alice.wait("im", 10, who="aimgate", text=lambda t: t.startswith(f"{zone} cannot be reached since "))
