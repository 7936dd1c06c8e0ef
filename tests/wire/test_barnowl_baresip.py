"""BarnOwl and baresip, both users of the gateway's own domain; unmodified programs from Debian."""
import pytest

import talk
from gateway import DOMAIN


@pytest.fixture
def baresip(driver):
    def make(gw, name, transport, contact):
        d = driver("baresip_client.py", "--port", gw.sip_port, "--domain", DOMAIN, "--user", name, "--password",
                   gw.password(name), "--transport", transport, "--contact", contact)
        d.wait("signed-on", 20)
        return d
    return make


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_they_talk_and_see_each_other(gateway, barnowl, baresip, transport):
    gw = gateway(["alice", "bob"], capture=True)
    alice_uri = f"alice@{DOMAIN}"
    alice, bob = barnowl(gw, "alice"), baresip(gw, "bob", transport, alice_uri)
    alice.send("buddy bob")
    alice.wait("presence", talk.PRESENCE, who="bob", state="online")
    bob.wait("presence", talk.PRESENCE, who=alice_uri, state="online")

    text, mark = gw.text(talk.FANCY), alice.mark()
    bob.send(f"im {text}")
    alice.wait("im", since=mark, **{"from": "bob"}, text=text)
    text, mark = gw.text(), bob.mark()
    alice.send(f"im bob {text}")
    bob.wait("im", since=mark, **{"from": alice_uri}, text=text)

    mark = bob.mark()
    assert alice.close() == 0
    bob.wait("presence", talk.PRESENCE, since=mark, who=alice_uri, state="offline")
    again, mark = barnowl(gw, "alice"), bob.mark()
    bob.wait("presence", talk.PRESENCE, since=max(0, mark - 3), who=alice_uri, state="online")
    again.wait("presence", talk.PRESENCE, who="bob", state="online")
    mark = again.mark()
    bob.close()
    again.wait("presence", talk.PRESENCE, since=mark, who="bob", state="offline")
