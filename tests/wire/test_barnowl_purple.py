"""BarnOwl and libpurple's SIMPLE protocol (Pidgin, Finch), both users of the gateway."""
import pytest

import talk

ALICE = "alice@aim.test"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_they_talk_and_see_each_other(gateway, barnowl, purple, transport):
    gw = gateway(["alice", "bob"], capture=True)
    alice, bob = barnowl(gw, "alice"), purple(gw, "bob", transport)
    talk.see_each_other(alice, bob, ALICE, "bob")
    talk.write_both_ways(gw, alice, bob, ALICE, "bob", start="h\u00e9llo \u263a & more")
    talk.aim_leaves(alice, bob, ALICE)

    again = barnowl(gw, "alice")
    again.wait("presence", talk.PRESENCE, who="bob", state="online")
    talk.sip_leaves(again, bob, "bob")

    mark = again.mark()
    purple(gw, "bob", transport)
    again.wait("presence", talk.PRESENCE, since=mark, who="bob", state="online")
