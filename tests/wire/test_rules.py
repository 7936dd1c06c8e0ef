"""Imported rule documents: who may see a user over SIP (S-356 to S-359; RFC 4745, RFC 5025)."""
import os

import pytest

from test_consent import ALICE, domains, reason, state  # noqa: F401
from test_helper import ask

XMLNS = 'xmlns="urn:ietf:params:xml:ns:common-policy" xmlns:pr="urn:ietf:params:xml:ns:pres-rules"'
ALL = "".join(f"<pr:provide-{many}><pr:all-{many}/></pr:provide-{many}>" for many in ("services", "persons", "devices")) \
    + "<pr:provide-all-attributes/>"
JOE = '<one id="sip:J%6Fe@P.TEST"/>'
EXAMPLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "examples", "p1-pres-rules.xml")


def rule(who, handling, given=ALL, name="r"):
    return (f'<rule id="{name}"><conditions><identity>{who}</identity></conditions><actions><pr:sub-handling>{handling}'
            f"</pr:sub-handling></actions><transformations>{given}</transformations></rule>")


def document(*rules):
    return f'<?xml version="1.0"?><ruleset {XMLNS}>{"".join(rules)}</ruleset>'


def have(gw, *rules, name="alice"):
    return gw.ok("rules", "import", name, "-", stdin=document(*rules))


def test_import_show_and_clear(gateway, tmp_path):
    """With and without the daemon; what is refused, and why."""
    gw = gateway(["alice"])
    with open(EXAMPLE, encoding="utf-8") as f:
        example = f.read()
    assert gw.ok("rules", "import", "Ali ce", EXAMPLE).out == "imported 2 rules\n"
    assert gw.ok("rules", "show", "alice").out == example
    gw.stop()
    assert gw.ok("rules", "show", "alice").out == example
    text = document('<rule id="night"><conditions><sphere value="home"/></conditions></rule>')
    got = gw.ok("rules", "import", "alice", "-", stdin=text)
    assert "imported 1 rules" in got.out and "rule night never applies" in got.out
    assert gw.ok("rules", "show", "alice").out == text
    gw.ok("rules", "clear", "alice")
    for args, said, stdin in [(("show", "alice"), "has no rule document", ""), (("clear", "alice"), "has no rule document", ""),
                              (("import", "nobody1", "-"), "there is no user nobody1", document()),
                              (("import", "alice", str(tmp_path / "none")), "No such file", ""),
                              (("import", "alice", "-"), "is no rule document", "<a/>"),
                              (("import", "alice", "-"), "is not valid", document(rule(JOE, "perhaps"))),
                              (("import", "alice", "-"), "is not valid", "<!DOCTYPE a>" + document()[21:]),
                              (("import", "alice", "-"), "is too large", document() + " " * 40000),
                              (("import", "alice", "-"), "is too large", document(*[rule(JOE, "allow", "")] * 300))]:
        got = gw.cli("rules", *args, stdin=stdin)
        assert got.code == 1 and said in got.err and got.err.count("\n") == 1, got
    assert gw.cli("rules", "show", "alice").code == 1, "expected nothing to be kept of what was refused"


def test_each_handling_and_each_change_of_a_running_subscription(domains, aim):
    """S-356, S-357, S-358: a change of the document changes what runs, at once; no rule: block."""
    gw, joe = domains(["alice"])
    have(gw, rule("<many/>", "confirm", ""), rule(JOE, "allow"))
    alice = aim(gw, "alice")
    watch = joe.subscribe(ALICE)
    assert b"<basic>open" in watch.wait(state="active").body
    mark = joe.mark()
    have(gw, rule(JOE, "polite-block", ""))
    assert b"<basic>closed" in watch.wait(since=mark, state="active").body
    mark = joe.mark()
    have(gw, rule(JOE, "confirm"))
    m = watch.wait(since=mark, state="pending")
    assert not m.body
    asked = joe.subscribe(ALICE)
    assert asked.response.status == 200 and state(asked.wait()) == "pending"
    alice.wait("im", who="aimgate", text=lambda t: "joe@p.test would like to see" in t)
    mark = joe.mark()
    ask(alice, "allow joe@p.test")
    assert b"<basic>open" in watch.wait(since=mark, state="active").body
    for rules in ([rule(JOE, "block")], [rule('<one id="sip:eve@p.test"/>', "allow")]):
        have(gw, rule(JOE, "allow"))
        watch = joe.subscribe(ALICE)
        assert watch.response.status == 200 and state(watch.wait()) == "active"
        mark = joe.mark()
        have(gw, *rules)
        assert reason(watch.wait(since=mark, state="terminated")) == "rejected"
        assert joe.subscribe(ALICE).response.status == 403
    gw.ok("rules", "clear", "alice")
    assert b"<basic>open" in joe.subscribe(ALICE).wait(state="active").body


def test_what_the_lists_block_is_blocked(domains, aim):
    """A document never shows her to whom AIM's lists, or the helper's, block; and it says nothing of messages."""
    gw, joe = domains(["alice"])
    have(gw, rule("<many/>", "allow"))
    alice = aim(gw, "alice")
    watch = joe.subscribe(ALICE)
    assert b"<basic>open" in watch.wait(state="active").body
    mark = joe.mark()
    ask(alice, "block joe@p.test")
    assert b"<basic>closed" in watch.wait(since=mark, state="active").body
    assert b"<basic>closed" in joe.subscribe(ALICE).wait(state="active").body
    have(gw, rule("<many/>", "block"))              # he is to learn nothing of that
    assert b"<basic>closed" in joe.subscribe(ALICE).wait(state="active").body
    mark = joe.mark()
    ask(alice, "unblock joe@p.test")
    assert reason(watch.wait(since=mark, state="terminated")) == "rejected"
    assert joe.message(ALICE, "hello").status == 200
    have(gw, rule("<many/>", "allow"))
    alice.privacy(2)                                # deny all
    assert b"<basic>closed" in joe.subscribe(ALICE).wait(state="active").body


def test_a_document_is_for_users_of_ours_too_but_not_for_oneself_nor_on_aim(domains, aim, ua):
    gw, joe = domains(["alice", "bob", "carol"])
    have(gw, rule('<many domain="aim.test"><except id="sip:bob@aim.test"/></many>', "allow"),
         rule('<one id="sip:carol@aim.test"/>', "allow"))
    alice, on_aim = aim(gw, "alice"), aim(gw, "bob")
    bob, carol, own = ua(gw, "bob"), ua(gw, "carol"), ua(gw, "alice")
    assert bob.subscribe(ALICE).response.status == 403
    assert b"<basic>open" in carol.subscribe(ALICE).wait(state="active").body
    assert b"<basic>open" in own.subscribe(ALICE).wait(state="active").body
    assert joe.subscribe(ALICE).response.status == 403
    on_aim.add_buddy("alice")
    on_aim.wait("arrived", who="alice")
    have(gw, rule('<one id="sip:bob@aim.test"/>', "confirm"))
    watch = bob.subscribe(ALICE)
    assert state(watch.wait()) == "pending"
    ask(alice, "allow bob")
    watch.wait(state="active")


@pytest.mark.parametrize("given, there, gone", [
    ("", [], ["<tuple", "open", "person", "note"]),
    ("<pr:provide-services><pr:all-services/></pr:provide-services>", ["<basic>open"], ["away", "out to lunch"]),
    ("<pr:provide-services><pr:class>x</pr:class></pr:provide-services><pr:provide-persons><pr:all-persons/>"
     "</pr:provide-persons><pr:provide-activities>true</pr:provide-activities>", ["away"], ["<tuple", "out to lunch"]),
    (ALL, ["<basic>open", "away", "out to lunch"], [])])
def test_what_a_rule_does_not_give_is_not_told(domains, aim, given, there, gone):
    """RFC 5025 3.3: no permission, no part of the document."""
    gw, joe = domains(["alice"])
    have(gw, rule(JOE, "allow", given))
    alice = aim(gw, "alice")
    alice.away("out to lunch")
    ask(alice, "status")
    text = joe.subscribe(ALICE).wait(state="active").text
    body = text[text.index("entity="):]
    assert all(t in body for t in there) and not any(g in body for g in gone), text


def test_what_was_imported_while_it_was_down_counts_when_it_is_up(domains, aim):
    gw, joe = domains(["alice"])
    have(gw, rule(JOE, "allow"))
    watch = joe.subscribe(ALICE)
    assert state(watch.wait()) == "active"
    gw.stop()
    have(gw, rule(JOE, "block"))
    mark = joe.mark()
    gw.start()
    assert reason(watch.wait(since=mark, state="terminated")) == "rejected"
