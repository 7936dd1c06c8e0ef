"""BarnOwl and Linphone, both users of the gateway's own domain; unmodified programs from Debian."""
import pytest

import talk

ALICE = "alice@aim.test"


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_they_talk_and_see_each_other(gateway, barnowl, linphone, aim, transport):
    gw = gateway(["alice", "bob", "carol"], capture=True)
    alice, bob, carol = barnowl(gw, "alice"), linphone(gw, "bob", transport), aim(gw, "carol")
    talk.talk_it_all(gw, alice, bob, ALICE, "bob", carol)

    again, mark = barnowl(gw, "alice"), bob.mark()
    talk.meet_again(again, bob, ALICE, "bob", mark, carol)


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_linphone_learns_what_became_of_a_message(gateway, barnowl, linphone, transport):
    gw = gateway(["alice", "bob"], capture=True)
    barnowl(gw, "alice")
    bob = linphone(gw, "bob", transport)
    bob.send(f"im {ALICE} {gw.text()}")
    bob.wait("im-state", to=ALICE, state=lambda s: s in ("delivered", "delivered-to-user"))
    bob.send(f"im nobodyatall@aim.test {gw.text()}")
    bob.wait("im-state", to="nobodyatall@aim.test", state="not-delivered")


def test_linphone_with_a_wrong_password_is_refused(gateway, linphone):
    gw = gateway(["bob"])
    bob = linphone(gw, "bob", "udp", wait=False, password="wrong")
    bob.wait("error", text=lambda t: "registration failed" in t)


def test_barnowl_with_a_wrong_password_is_refused(gateway, driver, shim):
    gw = gateway(["alice"])
    alice = driver("barnowl_client.py", "--port", gw.oscar_port, "--user", "alice", "--password", "wrong", "--shim", shim)
    alice.wait("error", 15, code=5)
