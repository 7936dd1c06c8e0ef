"""One subscription for many (RFC 4662, RFC 5367): scripted phones, a scripted peer, and Linphone's friend list."""
import email.parser
import os
import re
import subprocess
import time
import xml.etree.ElementTree as ET
import zlib

import pytest

from clientlib import free_port
from sip_ua import UserAgent
from sip_wire import params

XSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "xsd")
BOTH = pytest.mark.parametrize("transport", ["udp", "tcp"])
ADHOC, ALICE, CARL, NOBODY = (f"sip:{n}@aim.test" for n in ("buddy-lists", "alice", "carl", "nobodyhere"))
LIST_TYPE, RLMI = "application/resource-lists+xml", "{urn:ietf:params:xml:ns:rlmi}"
ACCEPT = "multipart/related, application/rlmi+xml, application/pidf+xml"


def is_(got, *codes):
    assert got.status in codes, f"expected {' or '.join(map(str, codes))}; got {got.start} {got.all('Warning')}"
    return got


def valid(data, schema):
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", os.path.join(XSD, schema), "-"], input=data,
                          capture_output=True)
    assert done.returncode == 0, f"expected a document valid by {schema}; got {done.stderr.decode()}\n{data.decode()}"
    return data


def resource_lists(*uris, inside=""):
    entries = "".join(f'<entry uri="{u}"/>' for u in uris)
    return ('<?xml version="1.0" encoding="UTF-8"?>\n<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists">'
            f"<list>{entries}{inside}</list></resource-lists>").encode()


def subscribe(phone, to, uris=None, expires=600, body=None, require=True, supported="eventlist", accept=ACCEPT, more=(),
              event="presence"):
    headers = [("Supported", supported)] if supported else []
    if uris is not None or body is not None:
        headers += [("Content-Type", LIST_TYPE), ("Content-Disposition", "recipient-list")]
        body = resource_lists(*uris) if body is None else body
    if require and body is not None:
        headers.append(("Require", "recipient-list-subscribe"))
    return phone.subscribe(to, expires, event, accept, headers=[*headers, *more], body=body or b"")


class State:
    """What one NOTIFY says: version, full, and by URI (state, reason, document)."""

    def __init__(self, m):
        assert m.get("Require") == "eventlist", f"expected Require: eventlist in NOTIFY (RFC 4662 4.1); got {m.headers}"
        head = f"Content-Type: {m.get('Content-Type')}\r\n\r\n".encode()
        whole = email.parser.BytesParser().parsebytes(head + m.body)
        parts, given = whole.get_payload(), dict(whole.get_params())
        assert whole.get_content_type() == "multipart/related" and given["type"] == "application/rlmi+xml", given
        assert whole.is_multipart() and not whole.defects, whole.defects
        root = parts[0]
        assert root.get_content_type() == "application/rlmi+xml" and root["Content-ID"] == given["start"], \
            (root.items(), given)
        bodies = {p["Content-ID"].strip("<>"): p for p in parts[1:]}
        assert len(bodies) == len(parts) - 1, "expected every part to have an ID of its own"
        tree = ET.fromstring(valid(root.get_payload(decode=True), "rlmi.xsd"))
        self.uri, self.version, self.full = tree.get("uri"), int(tree.get("version")), tree.get("fullState") in ("true", "1")
        self.by, self.names, self.ids = {}, {}, {}
        for r in tree.findall(RLMI + "resource"):
            uri, one = r.get("uri"), r.find(RLMI + "instance")
            self.names[uri] = r.findtext(RLMI + "name")
            if one is None:
                self.by[uri] = (None, None, None)
                continue
            self.ids[uri], cid, document = one.get("id"), one.get("cid"), None
            if one.get("state") == "active":
                part = bodies.pop(cid)
                assert part.get_content_type() == "application/pidf+xml", part.items()
                document = valid(part.get_payload(decode=True), "presence-all.xsd").decode()
            self.by[uri] = (one.get("state"), one.get("reason"), document)
        assert not bodies, f"parts that no resource names: {list(bodies)}"

    def open(self, uri):
        return uri in self.by and "<basic>open</basic>" in (self.by[uri][2] or "")


def states(sub):
    return [State(m) for m in sub.notifies()]


@BOTH
def test_a_list_in_the_request_is_one_subscription(gateway, ua, aim, transport):
    gw = gateway(["alice", "bob", "carl"], capture=True)
    carl, bob = aim(gw, "carl"), ua(gw, "bob", transport)
    sub = subscribe(bob, ADHOC, [ALICE, CARL, NOBODY])
    assert is_(sub.response, 200).get("Require") == "eventlist", "RFC 4662 4.1: Require: eventlist in the 200"
    first = State(sub.wait(3))
    assert (first.version, first.full, first.uri) == (0, True, ADHOC), vars(first)
    assert list(first.by) == [ALICE, CARL, NOBODY]
    assert first.by[ALICE][0] == "active" and not first.open(ALICE) and first.open(CARL)
    assert first.by[NOBODY] == ("terminated", "noresource", None), first.by[NOBODY]

    alice = aim(gw, "alice")
    second = State(sub.wait(3, after=1))
    assert (second.version, second.full) == (1, False) and second.open(ALICE), vars(second)
    assert list(second.by) == [ALICE], f"expected only what changed; got {list(second.by)}"
    carl.away("at the sea")
    alice.away("at the lake")
    third = State(sub.wait(12, after=2))
    assert third.version == 2 and "at the sea" in third.by[CARL][2] and "at the lake" in third.by[ALICE][2], vars(third)
    is_(sub.refresh(600), 200)
    full = State(sub.wait(3, after=3))
    assert (full.version, full.full, set(full.by)) == (3, True, {ALICE, CARL, NOBODY}), vars(full)
    for uri in (ALICE, CARL):
        assert len({s.ids[uri] for s in states(sub) if uri in s.by}) == 1, "expected the same instance ID throughout"
    is_(sub.refresh(0), 200)
    last = sub.wait(3, state="terminated")
    assert params(last.get("Subscription-State")).get("reason") == "timeout" and State(last).full
    is_(sub.refresh(600), 481)


def test_who_asks_for_it_is_told_without_news(gateway, ua, aim):
    """S-302, RFC 6446 6: min-rate, of one, of a list (all of it again), and of who watches."""
    gw = gateway(["alice", "bob"])
    aim(gw, "alice")
    bob = ua(gw, "bob")
    one = bob.subscribe(ALICE, event="presence;min-rate=1")
    many = subscribe(bob, ADHOC, [ALICE], event="presence;min-rate=0.05")
    winfo = bob.subscribe("sip:bob@aim.test", event="presence.winfo;min-rate=0.05", accept="application/watcherinfo+xml")
    for sub in (one, many, winfo):
        is_(sub.response, 200)
        assert "min-rate=0.05" in sub.wait(3).get("Subscription-State")
    mark = time.monotonic()
    again = one.wait(25, after=1)
    assert 15 < time.monotonic() - mark and again.body == one.notifies()[0].body
    state = State(many.wait(5, after=1))
    assert state.full and state.version == 1 and state.open(ALICE)
    valid(winfo.wait(5, after=1).body, "watcherinfo.xsd")


def test_a_blocked_watcher_sees_the_same_as_of_somebody_offline(gateway, ua, aim):
    """Polite block (mapping 5.2), for each resource of a list on its own."""
    gw = gateway(["alice", "carl", "bob"])
    alice, carl, bob = aim(gw, "alice"), aim(gw, "carl"), ua(gw, "bob", "tcp")
    alice.deny("bob")
    alice.privacy(4)
    sub = subscribe(bob, ADHOC, [ALICE, CARL])
    first = State(sub.wait(3))
    assert not first.open(ALICE) and first.open(CARL)
    carl.sign_off()
    gone = State(sub.wait(3, after=1))
    assert gone.by[CARL][2].replace("carl", "alice") == first.by[ALICE][2], "expected the same bytes, blocked or offline"
    alice.undeny("bob")
    assert State(sub.wait(6, after=2)).open(ALICE)


def test_a_fetch_of_a_list_keeps_nothing(gateway, ua, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "tcp")
    sub = subscribe(bob, ADHOC, [ALICE], expires=0)
    is_(sub.response, 200)
    m = sub.wait(3, state="terminated")
    assert State(m).open(ALICE) and State(m).full
    alice.sign_off()
    bob.never("NOTIFY", 1, since=bob.mark())


@pytest.mark.parametrize("what, code, header, more", [
    ("no eventlist", 421, ("Require", "eventlist"), dict(supported=None)),
    ("an Accept without lists", 406, ("Accept", "multipart/related"), dict(accept="application/pidf+xml")),
    ("no XML", 400, None, dict(body=b"nothing")),
    ("another document", 400, None, dict(body=b"<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='a:b'/>")),
    ("too many", 403, None, dict(uris=[f"sip:u{i}@x" for i in range(501)])),
    ("too large", 413, None, dict(body=resource_lists(ALICE) + b" " * 33000)),
    ("an unknown encoding", 415, ("Accept-Encoding", "deflate"), dict(uris=[ALICE], more=[("Content-Encoding", "br")])),
    ("a broken encoding", 400, None, dict(uris=[ALICE], more=[("Content-Encoding", "deflate")])),
    ("a list for a user", 404, None, dict(to=ALICE)),
    ("5 seconds", 423, ("Min-Expires", "60"), dict(expires=5)),
])
def test_lists_that_are_refused(gateway, ua, what, code, header, more):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob", "tcp")
    more = {"to": ADHOC, **more}
    if "body" not in more:
        more.setdefault("uris", [ALICE])
    got = is_(subscribe(bob, **more).response, code)
    assert header is None or header[1] in (got.get(header[0]) or ""), f"{what}: expected {header}; got {got.headers}"


def test_a_body_is_not_taken_twice_nor_by_the_wrong_type(gateway, ua):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob", "tcp")
    got = bob.request("SUBSCRIBE", ADHOC, [("Event", "presence"), ("Contact", bob.contact), ("Supported", "eventlist"),
                                           ("Content-Type", "text/plain")], b"alice")
    assert LIST_TYPE in is_(got, 415).get("Accept")
    is_(subscribe(bob, ADHOC).response, 400)            # no list at all
    sub = subscribe(bob, ADHOC, [ALICE])
    sub.wait(3)
    sub.cseq += 1
    got = bob.request("SUBSCRIBE", sub.target, [
        ("Event", "presence"), ("Contact", bob.contact), ("Supported", "eventlist"), ("Content-Type", LIST_TYPE)],
        resource_lists(CARL), to=sub.to, to_tag=sub.to_tag, call_id=sub.call_id, from_tag=sub.from_tag, cseq=sub.cseq)
    sub.cseq = bob.last_cseq
    is_(got, 415)                                       # S-355: a body in a later SUBSCRIBE (RFC 5367 5.1)
    is_(sub.refresh(600), 200)                          # and all is as it was
    assert list(State(sub.wait(3, after=1)).by) == [ALICE]


def test_lists_in_lists_are_ignored_and_a_body_may_be_packed(gateway, ua):
    gw = gateway(["alice", "bob", "carl"])
    bob = ua(gw, "bob", "tcp")
    body = resource_lists(ALICE, inside=f'<list><entry uri="{CARL}"/></list>')
    sub = subscribe(bob, ADHOC, body=zlib.compress(body), more=[("Content-Encoding", "deflate")])
    is_(sub.response, 200)
    assert list(State(sub.wait(3)).by) == [ALICE]


def test_switched_off_lists_are_420(gateway, ua):
    gw = gateway(["alice", "bob"], config={"sip": {"lists": False}})
    bob = ua(gw, "bob", "tcp")
    got = is_(subscribe(bob, ADHOC, [ALICE]).response, 420)
    assert got.get("Unsupported") == "recipient-list-subscribe", got.headers
    is_(subscribe(bob, "sip:bob-buddies@aim.test").response, 404)
    options = is_(bob.request("OPTIONS", "sip:aim.test", []), 200)
    assert "eventlist" not in (options.get("Supported") or "")


def test_the_eleventh_list_of_one_watcher_is_too_many(gateway, ua):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob", "tcp")
    for _ in range(10):
        is_(subscribe(bob, ADHOC, [ALICE]).response, 200)
    is_(subscribe(bob, ADHOC, [ALICE]).response, 403)


def test_the_buddy_list_of_an_account_is_its_owners(gateway, ua, aim):
    gw = gateway(["alice", "bob", "carl"])
    bob, carl = ua(gw, "bob", "tcp"), aim(gw, "carl")
    with aim(gw, "bob") as session:
        session.add_buddy("carl")
        sub = subscribe(bob, "sip:bob-buddies@aim.test")
        is_(sub.response, 200)
        first = State(sub.wait(3))
        assert list(first.by) == [CARL] and first.open(CARL) and first.uri == "sip:bob-buddies@aim.test"
        session.add_buddy("alice")
        second = State(sub.wait(8, after=1))
        assert second.full and list(second.by) == [CARL, ALICE] and second.version == 1, vars(second)
        session.remove_buddy("carl")
        third = State(sub.wait(8, after=2))
        assert third.full and list(third.by) == [ALICE], vars(third)
    carl.close()
    is_(subscribe(ua(gw, "alice", "tcp"), "sip:bob-buddies@aim.test").response, 403)
    is_(subscribe(bob, "sip:bob-buddies@aim.test", supported=None).response, 421)


@pytest.mark.parametrize("how", ["stop", "kill -9"])
def test_a_list_survives_a_restart(gateway, ua, aim, how):
    gw = gateway(["alice", "bob", "carl"])
    bob = ua(gw, "bob")
    sub = subscribe(bob, ADHOC, [ALICE, CARL, NOBODY])
    before = State(sub.wait(3))
    if how == "stop":
        gw.stop()
    else:
        gw.kill9()
    mark = bob.mark()
    gw.start()
    again = State(sub.wait(6, since=mark))
    assert again.full and again.version > before.version and again.by == before.by, vars(again)
    aim(gw, "alice")
    assert State(sub.wait(12, since=mark, text=lambda t: "<basic>open</basic>" in t)).open(ALICE)
    is_(sub.refresh(600), 200)
    gw.ok("user", "add", "nobodyhere", stdin="secret9\n")
    mark = bob.mark()
    is_(sub.refresh(600), 200)
    assert State(sub.wait(3, since=mark)).by[NOBODY][0] == "active", "expected a user who came later to be seen with the next SUBSCRIBE"
    gw.ok("user", "del", "carl")
    sub.wait(6, where=lambda m: State(m).by.get(CARL) == ("terminated", "noresource", None))


def test_somebody_elsewhere_is_watched_as_a_buddy_is(gateway, ua, closing):
    port = free_port()
    gw = gateway(["alice", "bob"], peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=tcp"}])
    bob = ua(gw, "bob", "tcp")
    peer = UserAgent(gw.sip_port, "dora", "none", "sip.test", "tcp", listen=port)
    closing.append(peer)
    peer.serve_presence()
    dora = "sip:dora@sip.test"
    sub = subscribe(bob, ADHOC, [ALICE, dora, "sip:eve@localhost"])
    first = State(sub.wait(3))
    assert first.by[dora][0] == "active" and not first.open(dora)
    assert first.by["sip:eve@localhost"][:2] == ("terminated", "noresource")
    asked = peer.wait("SUBSCRIBE", 5)
    assert asked.address("From") == "bob@aim.test" and asked.address("To") == "dora@sip.test"
    peer.notify(asked, peer.pidf("open", note="gardening"))
    m = sub.wait(5, after=1)
    assert "gardening" in State(m).by[dora][2] and State(m).open(dora)


def test_a_peers_user_may_list_ours_only(gateway, closing):
    port = free_port()
    gw = gateway(["alice"], peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=tcp",
                                    "from": ["127.0.0.1"]}])
    dora = UserAgent(gw.sip_port, "dora", "none", "sip.test", "tcp", listen=port)
    closing.append(dora)
    sub = subscribe(dora, ADHOC, [ALICE, "sip:x@sip.test"])
    is_(sub.response, 200)
    first = State(sub.wait(3))
    assert first.by[ALICE][0] == "active" and first.by["sip:x@sip.test"] == ("terminated", "rejected", None), first.by


# Linphone

@BOTH
def test_linphones_friend_list_shows_aim_users(gateway, driver, aim, barnowl, transport):
    gw = gateway(["alice", "bob", "carl"], capture=True)
    bob = driver("linphone_client.py", "--port", gw.sip_port, "--domain", "aim.test", "--user", "bob", "--password",
                 gw.password("bob"), "--transport", transport, "--rls", ADHOC)
    bob.wait("signed-on", 20)
    alice = barnowl(gw, "alice")
    for name in ("alice", "carl", "nobodyhere"):
        bob.send(f"buddy {name}")
    bob.wait("presence", 10, who="alice@aim.test", state="online")
    carl, mark = aim(gw, "carl"), bob.mark()
    bob.wait("presence", 10, who="carl@aim.test", state="online", since=max(0, mark - 2))
    carl.away("gone fishing")
    bob.wait("presence", 15, who="carl@aim.test", state="away", note="gone fishing")
    alice.close()
    bob.wait("presence", 10, who="alice@aim.test", state="offline")
    assert not re.search(r"why=.*list", gw.log()), gw.log_tail()
