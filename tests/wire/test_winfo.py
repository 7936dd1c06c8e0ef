"""Who watches a user, told to that user's own phones (RFC 3857, RFC 3858)."""
import os
import subprocess
import xml.etree.ElementTree as ET

import pytest

XSD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "xsd")
ALICE, KIND, NS = "sip:alice@aim.test", "application/watcherinfo+xml", "{urn:ietf:params:xml:ns:watcherinfo}"


def info(m):
    """(version, state, {uri: (status, event, id)}) of a NOTIFY."""
    assert m.kind == KIND and m.get("Event") == "presence.winfo", m.headers
    done = subprocess.run(["xmllint", "--noout", "--nonet", "--schema", os.path.join(XSD, "watcherinfo.xsd"), "-"],
                          input=m.body, capture_output=True)
    assert done.returncode == 0, f"expected a valid document; got {done.stderr.decode()}\n{m.text}"
    tree = ET.fromstring(m.body)
    of = tree.find(NS + "watcher-list")
    assert of.get("resource") == ALICE and of.get("package") == "presence", m.text
    return (int(tree.get("version")), tree.get("state"),
            {x.text: (x.get("status"), x.get("event"), x.get("id")) for x in of.findall(NS + "watcher")})


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_a_user_is_told_who_watches(gateway, ua, transport):
    gw = gateway(["alice", "bob", "carl"], capture=True)
    alice, bob, carl = (ua(gw, name, transport) for name in ("alice", "bob", "carl"))
    watch = bob.subscribe(ALICE)
    watch.wait(3)
    sub = alice.subscribe(ALICE, 600, event="presence.winfo", accept=KIND)
    assert sub.response.status == 200, sub.response
    version, state, seen = info(sub.wait(3))
    assert (version, state) == (0, "full") and list(seen) == ["sip:bob@aim.test"], seen
    assert seen["sip:bob@aim.test"][:2] == ("active", "subscribe"), seen
    other = carl.subscribe(ALICE)
    version, state, more = info(sub.wait(8, after=1))
    assert (version, state) == (1, "partial") and list(more) == ["sip:carl@aim.test"], more
    other.refresh(0)
    watch.refresh(0)
    version, state, left = info(sub.wait(8, after=2))
    assert (version, state) == (2, "partial") and {v[:2] for v in left.values()} == {("terminated", "timeout")}, left
    assert left["sip:bob@aim.test"][2] == seen["sip:bob@aim.test"][2], "expected the same id throughout"
    times = [m.arrived for m in sub.notifies()]
    assert min(b - a for a, b in zip(times[1:], times[2:])) > 4.5, f"expected one in 5 s (S-348, RFC 3857 4.10); got {times}"
    assert sub.refresh(600).status == 200
    version, state, seen = info(sub.wait(3, after=3))
    assert (version, state, seen) == (3, "full", {})


@pytest.mark.parametrize("what, code, to, event, accept", [
    ("of somebody else", 403, "sip:bob@aim.test", "presence.winfo", KIND),
    ("of nobody", 403, "sip:nobodyhere@aim.test", "presence.winfo", KIND),
    ("of itself", 489, ALICE, "presence.winfo.winfo", KIND),
    ("as PIDF", 406, ALICE, "presence.winfo", "application/pidf+xml")])
def test_what_is_not_told(gateway, ua, what, code, to, event, accept):
    gw = gateway(["alice", "bob"])
    got = ua(gw, "alice", "tcp").subscribe(to, 600, event=event, accept=accept).response
    assert got.status == code, f"presence.winfo {what}: expected {code}; got {got.start}"
    if code == 489:
        assert set(got.list("Allow-Events")) == {"presence", "presence.winfo"}, got.all("Allow-Events")


def test_it_survives_a_restart_and_counts_lists(gateway, ua):
    gw = gateway(["alice", "bob"])
    alice, bob = ua(gw, "alice"), ua(gw, "bob")
    body = ('<resource-lists xmlns="urn:ietf:params:xml:ns:resource-lists"><list><entry uri="sip:alice@aim.test"/></list>'
            "</resource-lists>")
    bob.subscribe("sip:buddy-lists@aim.test", 600, accept=None, body=body, headers=[
        ("Supported", "eventlist"), ("Require", "recipient-list-subscribe"),
        ("Content-Type", "application/resource-lists+xml")])
    sub = alice.subscribe(ALICE, 600, event="presence.winfo", accept=KIND)
    _, _, before = info(sub.wait(3))
    assert list(before) == ["sip:bob@aim.test"], before
    gw.kill9()
    mark = alice.mark()
    gw.start()
    version, state, first = info(sub.wait(6, since=mark))
    assert version > 1 and state == "full", (version, state)
    assert sub.refresh(600).status == 200
    _, state, seen = info(sub.wait(3, since=mark, where=lambda m: m.text.count("<watcher ") == 1))
    assert seen == before, (seen, before)
