"""BarnOwl, and JsSIP in a real browser (headless Chromium), both users of the gateway's own domain."""
import pytest

import talk
from clientlib import free_port

ALICE = "alice@aim.test"


@pytest.fixture
def jssip(driver, pki):
    """A gateway's configuration for browsers, and browsers on it."""
    class Jssip:
        def __init__(self):
            pair = pki.issue("web.test", san="DNS:aim.test,IP:127.0.0.1")
            self.port = {"ws": free_port(), "wss": free_port()}
            self.config = {"sip": {name: f"127.0.0.1:{port}" for name, port in self.port.items()},
                           "tls": {"certificate": pair[0], "key": pair[1]}}

        def __call__(self, gw, name, transport, wait=True, password=None, page="127.0.0.1"):
            d = driver("jssip_client.py", "--url", f"{transport}://127.0.0.1:{self.port[transport]}", "--domain", "aim.test",
                       "--user", name, "--password", password or gw.password(name), "--page-host", page,
                       *(["--any-certificate"] if transport == "wss" else []))
            if wait:
                d.wait("signed-on", 60)
            return d
    return Jssip()


@pytest.mark.parametrize("transport", ["ws", "wss"])
def test_they_talk_and_see_each_other(gateway, barnowl, jssip, aim, transport):
    gw = gateway(["alice", "bob", "carol"], config=jssip.config)
    alice, bob, carol = barnowl(gw, "alice"), jssip(gw, "bob", transport), aim(gw, "carol")
    assert bob.wait("signed-on")["require"] == "outbound"
    talk.talk_it_all(gw, alice, bob, ALICE, "bob", carol)

    again, mark = barnowl(gw, "alice"), bob.mark()
    talk.meet_again(again, bob, ALICE, "bob", mark, carol)


def test_a_wrong_password_an_unknown_user_and_a_page_from_elsewhere(gateway, jssip):
    gw = gateway(["bob"], config=jssip.config)
    wrong = jssip(gw, "bob", "ws", wait=False, password="wrong")
    wrong.wait("error", 60, code=401)
    assert "credentials were refused user=bob" in gw.log()      # it did answer the challenge
    elsewhere = jssip(gw, "bob", "ws", wait=False, page="localhost")
    elsewhere.wait("disconnected", 60)
    assert "a WebSocket was refused origin=http://localhost:" in gw.log()
    wrong.send("im nobodyatall@aim.test hello")
    assert wrong.wait("im-state", to="nobodyatall@aim.test")["state"] == "not-delivered"


def test_a_browser_that_dies_is_offline_and_gets_its_messages_when_it_is_back(gateway, jssip, aim):
    gw = gateway(["alice", "bob"], config=jssip.config)
    alice, bob = aim(gw, "alice"), jssip(gw, "bob", "ws")
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    bob.send("away at lunch")
    alice.wait("arrived", who="bob", away=True)
    bob.send("leave")
    alice.wait("departed", 30, who="bob")
    text = gw.text()
    alice.im("bob", text, ack=True, store=True)
    again = jssip(gw, "bob", "wss")
    again.wait("im", 15, **{"from": ALICE}, text=text)
