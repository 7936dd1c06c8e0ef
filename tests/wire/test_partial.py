"""Partial notification (S-300, RFC 5262, RFC 5263): what changed, put together here by other code than the gateway's."""
import re
import xml.etree.ElementTree as ET

import pytest

from test_lists import valid
from test_sip_ua import is_

NS = {"": "urn:ietf:params:xml:ns:pidf", "p": "urn:ietf:params:xml:ns:pidf-diff", "dm": "urn:ietf:params:xml:ns:pidf:data-model"}
DIFF, FULL = f"{{{NS['p']}}}pidf-diff", f"{{{NS['p']}}}pidf-full"
KIND, PIDF = "application/pidf-diff+xml", "application/pidf+xml"


def find(root, sel):
    """The one element that a selector of RFC 5261 means, and its parent."""
    if sel == "*":
        return root, None
    step = re.fullmatch(r"\*/(?:(\w+):)?(\w+)\[@id='([^']+)'\]", sel)
    assert step, f"a selector that is not expected here: {sel}"
    tag = f"{{{NS[step[1] or '']}}}{step[2]}"
    got = [c for c in root if c.tag == tag and c.get("id") == step[3]]
    assert len(got) == 1, f"{sel} means {len(got)} elements"
    return got[0], root


class Viewer:
    """What a watcher knows, by what it was told."""

    def __init__(self):
        self.root, self.version, self.diffs = None, None, 0

    def take(self, m):
        assert m.kind == KIND, m.get("Content-Type")
        given = ET.fromstring(valid(m.body, "pidf-diff.xsd"))
        version = int(given.get("version"))
        if given.tag == FULL:
            self.root = given
        else:
            assert given.tag == DIFF and version == self.version + 1, (given.tag, version, self.version)
            assert given.get("entity") == self.root.get("entity")
            self.diffs += 1
            for op in given:
                self.apply(op)
        self.version = version
        return given.tag

    def apply(self, op):
        target, parent = find(self.root, op.get("sel"))
        name = op.tag.split("}")[1]
        if name == "remove":
            parent.remove(target)
        elif name == "replace":
            assert len(op) == 1
            parent[list(parent).index(target)] = op[0]
        elif op.get("pos") == "after":
            for n, new in enumerate(op):
                parent.insert(list(parent).index(target) + 1 + n, new)
        else:
            for n, new in enumerate(op):
                target.insert(n if op.get("pos") == "prepend" else len(target), new)

    def text(self):
        return plain(self.root)


def plain(root):
    """Without what a pidf-full has more than a presence document."""
    copy = ET.fromstring(ET.tostring(root))
    copy.tag = "presence"
    copy.attrib.pop("version", None)
    for e in copy.iter():
        e.tail = None
        e.text = (e.text or "").strip() or None
    return ET.canonicalize(ET.tostring(copy))


@pytest.fixture
def on(gateway, ua, aim):
    gw = gateway(["alice", "bob", "carl"], config={"sip": {"partial": True}})
    return gw, aim(gw, "alice"), ua(gw, "bob")


def look(phone):
    """The whole as anybody else is told it."""
    return plain(ET.fromstring(phone.subscribe("sip:alice@aim.test", 0).wait(3).body))


def test_what_is_told_in_parts_makes_the_whole(on, ua):
    gw, alice, bob = on
    phone = ua(gw, "alice")
    sub, seen = bob.subscribe("sip:alice@aim.test", accept=f"{PIDF}, {KIND}"), Viewer()
    assert seen.take(sub.wait(3)) == FULL and seen.version == 1
    steps = [lambda: alice.away("out to lunch"), lambda: alice.idle(700), lambda: is_(phone.publish(phone.pidf(note="on the phone", activity="busy")), 200),
             lambda: is_(phone.publish(None, 0, phone.etag), 200), alice.back]
    for step in steps:
        mark = bob.mark()
        step()
        seen.take(sub.wait(8, since=mark))
    assert seen.diffs >= 3, f"of {len(steps)} changes {seen.diffs} were told as such"
    assert seen.text() == look(bob)
    mark = bob.mark()
    is_(sub.refresh(600), 200)                  # RFC 5263 4.3: whole after each SUBSCRIBE
    assert seen.take(sub.wait(3, since=mark)) == FULL and seen.version == len(steps) + 2


@pytest.mark.parametrize("accept", [PIDF, None, "*/*", "application/*", f"{PIDF}, {KIND};q=0"])
def test_who_does_not_ask_is_told_the_whole(on, accept):
    gw, alice, bob = on
    assert bob.subscribe("sip:alice@aim.test", accept=accept).wait(3).kind == PIDF


def test_it_is_off_by_default(gateway, ua):
    gw = gateway(["alice", "bob"])
    assert ua(gw, "bob").subscribe("sip:alice@aim.test", accept=f"{KIND}, {PIDF}").wait(3).kind == PIDF


def test_after_a_restart_the_whole_comes_first(on):
    gw, alice, bob = on
    sub = bob.subscribe("sip:alice@aim.test", accept=f"{PIDF}, {KIND}")
    sub.wait(3)
    mark = bob.mark()
    gw.kill9()
    gw.start()
    assert Viewer().take(sub.wait(8, since=mark)) == FULL
