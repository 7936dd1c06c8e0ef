"""What a user decides about others through the helper: blocks, strangers, watchers, reports."""
import pytest

import oscar_session as oscar
from clientlib import free_port
from sip_ua import UserAgent
from test_helper import ask, ask_by_phone

ALICE = "sip:alice@aim.test"


@pytest.fixture
def domains(gateway, closing):
    """A gateway with a peer p.test that is a scripted UA."""
    def make(users, peer=None, **more):
        port = free_port()
        gw = gateway(users, peers=[{"domain": "p.test", "route": f"sip:127.0.0.1:{port}", **(peer or {})}], **more)
        joe = UserAgent(gw.sip_port, "joe", "none", "p.test", listen=port)
        closing.append(joe)
        return gw, joe
    return make


# ---- blocks ----

@pytest.mark.parametrize("mode", [1, 3, 4, 5])
def test_block_counts_in_every_mode_and_both_ways(domains, aim, mode):
    """M-545: messages and presence of the blocked are neither let in nor out; in mode 4 the client's own list has it."""
    gw, joe = domains(["alice", "bob"])
    joe.serve_presence()
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    alice.add_buddy("bob", "joe@p.test")
    if mode == 3:
        alice.edit(8, [oscar.Item(name, 0, alice._free_id(0) + n, 2) for n, name in enumerate(("bob", "joe@p.test"))])
    alice.privacy(mode)
    watch = joe.subscribe(ALICE)
    watch.wait(text=lambda t: "<basic>open</basic>" in t)
    mark = alice.mark()
    assert ask(alice, "BLOCK Joe@P.test") == \
        "joe@p.test is blocked: neither messages nor your presence pass between you. UNBLOCK ends it."
    assert "bob is blocked" in ask(alice, "block bob")
    pushed = alice.find("list-insert", mark)
    assert len(pushed) == (2 if mode == 4 else 0), pushed
    bob.wait("departed", who="alice")
    watch.wait(text=lambda t: "<basic>closed</basic>" in t)
    assert joe.message(ALICE, "x").status == 403
    assert bob.im_refused("alice", "x") == 4 and alice.im_refused("bob", "x") == 0x10
    assert alice.im_refused("joe@p.test", "x") == 0x10
    gw.restart()
    assert joe.message(ALICE, "x").status == 403, "expected it to outlive a restart"
    alice = aim(gw, "alice")
    assert [i.name for i in alice.items if i.kind == 3] == (["joe@p.test", "bob"] if mode == 4 else [])
    assert ask(alice, "unblock joe@p.test") == "joe@p.test is not blocked any more."
    assert ask(alice, "unblock joe@p.test") == "joe@p.test was not blocked."
    assert joe.message(ALICE, "hello").status == 200
    alice.wait("im", who="joe@p.test", text="hello")
    assert "That is me" in ask(alice, "block aimgate") and "you yourself" in ask(alice, "block alice")


def test_a_list_that_has_somebody_under_a_bound_name_means_him(domains, aim):
    gw, joe = domains(["alice"])
    gw.ok("binding", "add", "joey", "im:joe@p.test")
    alice = aim(gw, "alice")
    alice.deny("joey")
    alice.privacy(4)
    assert joe.message(ALICE, "x").status == 403


def test_a_phone_blocks_by_the_same_words(domains, ua):
    gw, joe = domains(["alice"])
    alice = ua(gw, "alice")
    assert "joe@p.test is blocked" in ask_by_phone(alice, "block sip:joe@p.test")
    assert joe.message(ALICE, "x").status == 403
    assert "not blocked any more" in ask_by_phone(alice, "unblock joe@p.test")
    assert joe.message(ALICE, "x").status == 200
