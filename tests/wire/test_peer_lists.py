"""Buddies at a peer that are watched by one subscription to a list service (S-353, S-354; RFC 4662, RFC 5367)."""
import time
import xml.etree.ElementTree as ET

import pytest

from clientlib import free_port
from sip_ua import UserAgent
from test_links import until
from test_lists import is_, valid
from test_rows_presence import Notifier, document

DORA, EVE, FRED = (f"{n}@sip.test" for n in ("dora", "eve", "fred"))
ENTRY = "{urn:ietf:params:xml:ns:resource-lists}entry"
KIND = 'multipart/related;type="application/rlmi+xml";start="<root@sip.test>";boundary=cut'
ONLINE, CLOSED = object(), object()


class Service(Notifier):
    """The list service's end of one subscription."""

    def told(self, version, full, says, names=None):
        """NOTIFY with, for each user, ONLINE, CLOSED, "pending", a reason why it ended, or None: nothing known."""
        rows, parts = "", ""
        for n, (who, what) in enumerate(says.items()):
            inside = ""
            if what is ONLINE or what is CLOSED:
                body = document(who.split("@")[0], "open" if what is ONLINE else "closed").decode()
                parts += f"\r\n--cut\r\nContent-ID: <p{n}@sip.test>\r\nContent-Type: application/pidf+xml\r\n\r\n{body}"
                inside = f'<instance id="i" state="active" cid="p{n}@sip.test"/>'
            elif what == "pending":
                inside = '<instance id="i" state="pending"/>'
            elif what:
                inside = f'<instance id="i" state="terminated" reason="{what}"/>'
            rows += f'<resource uri="sip:{who}">{inside}</resource>'
        root = (f'<?xml version="1.0"?><list xmlns="urn:ietf:params:xml:ns:rlmi" uri="sip:buddy-lists@sip.test" '
                f'version="{version}" fullState="{"true" if full else "false"}">{rows}</list>')
        valid(root.encode(), "rlmi.xsd")
        body = f"--cut\r\nContent-ID: <root@sip.test>\r\nContent-Type: application/rlmi+xml\r\n\r\n{root}{parts}\r\n--cut--\r\n"
        return self.notify(body.encode(), kind=KIND, extra=[("Require", "eventlist")])

    def notify(self, body=b"", state="active;expires=3600", kind="application/pidf+xml", extra=()):
        self.cseq += 1
        rows = [("Event", "presence"), ("Subscription-State", state), ("Contact", f"<sip:127.0.0.1:{self.peer.port}>"),
                ("Content-Type", kind), *extra]
        to, mine = self.m.get("From"), self.m.get("To")
        m = self.peer.build("NOTIFY", self.m.get("Contact").strip("<>"), rows, body, from_=mine.strip("<>"), from_tag=self.tag,
                            cseq=self.cseq, to=to[to.index("<") + 1:to.index(">")], to_tag=self.m.tag("From"),
                            call_id=self.m.get("Call-ID"))
        return self.peer.transact(m)


def first(m):
    """A SUBSCRIBE that begins something."""
    return not m.tag("To") and m.get("Expires") != "0"


class World:
    def __init__(self, gateway, aim, closing, transport="tcp", service="buddy-lists", **more):
        self.port = free_port()
        self.gw = gateway(["alice", "zoe"], peers=[{"domain": "sip.test", "limits": "none", "list_service": service,
                                                    "route": f"sip:127.0.0.1:{self.port};transport={transport}", **more}])
        self.peer = UserAgent(self.gw.sip_port, "rls", "none", "sip.test", transport, listen=self.port, connect=False)
        closing.append(self.peer)
        self.aim = aim
        self.peer.answers["SUBSCRIBE"] = lambda m: None if first(m) else 200

    def signs_on(self, *buddies, name="alice"):
        """With a list from before."""
        self.peer.answers["SUBSCRIBE"], kept = (lambda m: 480), self.peer.answers["SUBSCRIBE"]
        session = self.aim(self.gw, name)
        session.add_buddy(*buddies)
        session.sign_off()
        time.sleep(1)
        self.peer.answers["SUBSCRIBE"] = kept
        self.mark = self.peer.mark()
        return self.aim(self.gw, name)

    def asked(self, mark=None, timeout=5):
        return self.peer.wait("SUBSCRIBE", timeout, since=self.mark if mark is None else mark, where=first)


@pytest.fixture
def world(gateway, aim, closing):
    return lambda *args, **more: World(gateway, aim, closing, *args, **more)


def whom(m):
    assert m.kind == "application/resource-lists+xml" and m.get("Content-Disposition") == "recipient-list", m.headers
    assert m.get("Require") == "recipient-list-subscribe" and "eventlist" in m.get("Supported"), m.headers
    assert {"application/rlmi+xml", "multipart/related", "application/pidf+xml"} <= set(m.list("Accept")), m.headers
    return [e.get("uri") for e in ET.fromstring(valid(m.body, "resource-lists.xsd")).iter(ENTRY)]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_buddies_there_are_one_subscription(world, transport):
    w = world(transport)
    alice = w.signs_on(DORA, EVE, FRED)
    m = w.asked()
    assert m.uri == "sip:buddy-lists@sip.test" and m.address("From") == "alice@aim.test", m.start
    assert sorted(whom(m)) == [f"sip:{u}" for u in (DORA, EVE, FRED)]
    rls = Service(w.peer, m)
    is_(rls.told(0, True, {DORA: ONLINE, EVE: None, FRED: "rejected"}), 200)
    alice.wait("arrived", 3, who=DORA)
    is_(rls.told(1, False, {EVE: ONLINE}), 200)
    alice.wait("arrived", 3, who=EVE)
    is_(rls.told(2, False, {DORA: CLOSED}), 200)
    alice.wait("departed", 3, who=DORA)
    is_(rls.told(3, False, {DORA: ONLINE, EVE: "pending"}), 200)
    alice.wait("departed", 3, who=EVE)
    mark = w.peer.mark()
    is_(rls.told(5, False, {EVE: ONLINE}), 200)             # 4 was lost
    again = w.peer.wait("SUBSCRIBE", 5, since=mark)
    assert again.tag("To") and not again.body and not again.get("Require"), "RFC 5367 5.1: a list only in the first"
    assert "eventlist" in again.get("Supported")
    is_(rls.told(6, True, {DORA: "deactivated", EVE: ONLINE, FRED: ONLINE}), 200)
    alice.wait("arrived", 3, who=FRED)
    alice.wait("departed", 3, who=DORA)
    assert len([m for m in w.peer.received if m.method == "SUBSCRIBE" and first(m) and m.tag("From") == again.tag("From")]) == 1
    mark = w.peer.mark()
    alice.sign_off()
    assert w.peer.wait("SUBSCRIBE", 5, since=mark).get("Expires") == "0"


def test_the_name_of_the_service_may_have_the_watchers_in_it(world):
    w = world(service="*-buddies")
    w.signs_on(DORA)
    m = w.asked()
    assert m.uri == "sip:alice-buddies@sip.test" and whom(m) == [f"sip:{DORA}"]


def test_each_watcher_has_a_list_of_his_own(world):
    w = world()
    for name in ("alice", "zoe"):
        w.signs_on(DORA, EVE, name=name)
        m = w.asked()
        assert m.address("From") == f"{name}@aim.test" and len(whom(m)) == 2


def test_who_comes_later_has_another_list_and_who_goes_makes_a_new_one(world):
    w = world()
    alice = w.signs_on(DORA, EVE)
    rls = Service(w.peer, w.asked())
    is_(rls.told(0, True, {DORA: ONLINE, EVE: ONLINE}), 200)
    alice.wait("arrived", 3, who=EVE)
    mark = w.peer.mark()
    alice.add_buddy(FRED)
    m = w.asked(mark)
    assert whom(m) == [f"sip:{FRED}"]
    is_(Service(w.peer, m).told(0, True, {FRED: ONLINE}), 200)
    alice.wait("arrived", 3, who=FRED)
    mark, heard = w.peer.mark(), alice.mark()
    alice.remove_buddy(DORA)
    m = w.asked(mark, 8)
    assert whom(m) == [f"sip:{EVE}"], "expected the others of the list, without who was removed"
    assert w.peer.wait("SUBSCRIBE", 3, since=mark, where=lambda m: m.get("Expires") == "0").get("Call-ID") == rls.m.get("Call-ID")
    is_(Service(w.peer, m).told(0, True, {EVE: ONLINE}), 200)
    time.sleep(1)
    assert not [e for e in alice.events[heard:] if e["event"] == "departed" and e["who"] == EVE], "expected EVE to stay online"


@pytest.mark.parametrize("status", [403, 404, 405, 415, 420, 421, 489, 501])
def test_a_peer_that_takes_no_lists_is_asked_for_each(world, status):
    w = world()
    w.peer.answers["SUBSCRIBE"] = lambda m: status if m.uri.startswith("sip:buddy-lists@") else None if first(m) else 200
    alice = w.signs_on(DORA, EVE)
    got = [w.peer.wait("SUBSCRIBE", 5, since=w.mark, where=lambda m, u=u: m.uri == f"sip:{u}") for u in (DORA, EVE)]
    for m in got:
        assert not m.body and not m.get("Require") and m.list("Accept") == ["application/pidf+xml"]
    is_(Notifier(w.peer, got[0]).notify(document("dora")), 200)
    alice.wait("arrived", 3, who=DORA)
    mark = w.peer.mark()
    alice.add_buddy(FRED)
    assert w.asked(mark).uri == f"sip:{FRED}", "expected no list to be tried again"
    assert w.gw.log().count("a peer takes no lists") == 1


def test_a_service_that_is_busy_is_asked_again(world):
    w = world()
    w.peer.answers["SUBSCRIBE"] = lambda m: 480
    w.signs_on(DORA, EVE)
    w.asked()
    w.peer.answers["SUBSCRIBE"] = lambda m: None if first(m) else 200
    m = w.asked(w.peer.mark(), 10)
    assert len(whom(m)) == 2


def test_who_is_left_out_is_asked_for_alone(world):
    """A service that has a list of its own instead of the one that was sent."""
    w = world()
    alice = w.signs_on(DORA, EVE)
    is_(Service(w.peer, w.asked()).told(0, True, {DORA: ONLINE, "stranger@sip.test": ONLINE}), 200)
    alice.wait("arrived", 3, who=DORA)
    m = w.peer.wait("SUBSCRIBE", 5, since=w.mark, where=lambda m: m.uri == f"sip:{EVE}")
    is_(Notifier(w.peer, m).notify(document("eve")), 200)
    alice.wait("arrived", 3, who=EVE)


@pytest.mark.parametrize("kind, body, status", [
    ("application/pidf+xml", document("dora"), 415),
    (KIND, b"nothing", 400),
    (KIND, b"--cut\r\nContent-Type: application/rlmi+xml\r\n\r\n<list", 400),
    (KIND, b"--cut\r\nContent-Type: text/plain\r\n\r\nhello\r\n--cut--\r\n", 415)])
def test_what_is_no_list_changes_nothing(world, kind, body, status):
    w = world()
    alice = w.signs_on(DORA)
    rls = Service(w.peer, w.asked())
    is_(rls.told(0, True, {DORA: ONLINE}), 200)
    alice.wait("arrived", 3, who=DORA)
    mark = alice.mark()
    is_(rls.notify(body, kind=kind), status)
    time.sleep(0.5)
    assert not [e for e in alice.events[mark:] if e["event"] == "departed"]


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_forty_are_several_lists(world, transport):
    """32 in one; over UDP what goes into a datagram (RFC 3261 18.1.1)."""
    w = world(transport)
    everybody = [f"user{n}@sip.test" for n in range(40)]
    w.signs_on(*everybody)

    def lists():
        return [m for m in w.peer.received[w.mark:] if m.method == "SUBSCRIBE" and first(m)]
    until(lambda: {u for m in lists() for u in whom(m)} == {f"sip:{u}" for u in everybody})
    sizes = sorted({m.get("Call-ID"): len(whom(m)) for m in lists()}.values())
    assert sizes == [8, 32] if transport == "tcp" else len(sizes) < 6 and all(m.size <= 1200 for m in lists()), sizes


def test_another_gateway_is_a_list_service(gateway, aim, closing):
    """Both ends are this program: lists as it serves them to phones, served to a peer."""
    near, far = gateway(["alice"], start=False, domain="near.test"), gateway(["dora", "eve"], start=False, domain="far.test")
    for gw, other, more in ((near, far, {"list_service": "buddy-lists"}), (far, near, {})):
        gw.config["peers"] = [{"domain": other.domain, "route": f"sip:127.0.0.1:{other.sip_port};transport=tcp",
                               "from": ["127.0.0.1"], **more}]
        gw.write_config()
        gw.start()
    alice, dora = aim(near, "alice"), aim(far, "dora")
    alice.add_buddy("dora@far.test", "eve@far.test", "nobody@far.test")
    alice.wait("arrived", 8, who="dora@far.test")
    eve = aim(far, "eve")
    alice.wait("arrived", 8, who="eve@far.test")
    dora.sign_off()
    alice.wait("departed", 8, who="dora@far.test")
    eve.away("at the sea")
    alice.wait("arrived", 12, who="eve@far.test", away=True)
    assert "a peer takes no lists" not in near.log(), "expected lists to be taken"
