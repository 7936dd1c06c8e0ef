"""BarnOwl at the gateway and Linphone in another domain (Kamailio) over a dedicated link, UDP and TCP."""
import pytest

import talk
from clientlib import free_port
from gateway import DOMAIN
from kamailio_domain import KamailioDomain
from sip_ua import UserAgent

ALICE, BOB = "alice@aim.test", "bob@sip.test"


@pytest.fixture
def linked(gateway, closing):
    """A gateway and a Kamailio domain, each the other's next hop."""
    def make(link, users, record_route=False):
        port = free_port()
        gw = gateway(users, capture=True, capture_ports=[port],
                     peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport={link}", "limits": "none"}])
        domain = KamailioDomain("sip.test", port=port, users=["bob:secret", "dave:secret"], record_route=record_route,
                                routes=[f"{DOMAIN}=sip:127.0.0.1:{gw.sip_port};transport={link}"])
        domain.start()
        domain.close = domain.stop
        closing.append(domain)
        return gw, domain
    return make


@pytest.mark.parametrize("link, record_route", [("udp", False), ("tcp", True)])
def test_they_talk_and_see_each_other_across_domains(linked, barnowl, linphone, aim, link, record_route):
    gw, domain = linked(link, ["alice", "carol"], record_route)
    bob = linphone(gw, "bob", "udp", port=domain.port, domain="sip.test", password="secret")
    alice, carol = barnowl(gw, "alice"), aim(gw, "carol")
    talk.talk_it_all(gw, alice, bob, ALICE, BOB, carol)

    again = barnowl(gw, "alice")
    again.wait("presence", talk.PRESENCE, who=BOB, state="online")      # bob's list and subscription are still there
    talk.sip_leaves(again, bob, BOB)


def test_an_unknown_user_of_the_peer_is_reported(linked, aim):
    gw, _ = linked("udp", ["alice"])
    alice = aim(gw, "alice")
    assert alice.im_refused("nobody@sip.test", gw.text()) in (4, 0x13)  # Kamailio: 480, M-424 (480: 13, or 04 offline)


def test_an_unregistered_user_gets_nothing_and_the_sender_hears_it(linked, aim):
    gw, _ = linked("tcp", ["alice"])
    alice = aim(gw, "alice")
    assert alice.im_refused("dave@sip.test", gw.text(), ack=False) in (4, 0x13)


def test_the_link_dies_and_comes_back(linked, barnowl, aim, closing):
    """S-002, S-003: the progress report's story: the other system dies. Who has a buddy there sees them go, is told which
    system failed and that his own works, and all is well again when it is back."""
    gw, domain = linked("tcp", ["alice", "carol"])
    route = f"sip:127.0.0.1:{gw.sip_port};transport=tcp"
    alice, carol = barnowl(gw, "alice"), aim(gw, "carol")

    def bob(port):
        user = UserAgent(port, "bob", "secret", "sip.test", "udp", check=False)
        closing.append(user)
        assert user.register().status == 200 and user.publish(user.pidf()).status == 200
    bob(domain.port)
    alice.send(f"buddy {BOB}")
    carol.add_buddy(BOB)
    alice.wait("presence", talk.PRESENCE, who=BOB, state="online")
    carol.wait("arrived", talk.PRESENCE, who=BOB)

    mark, carol_mark = alice.mark(), carol.mark()
    domain.stop()
    assert carol.im_refused(BOB, gw.text()) == 5
    alice.wait("presence", 10, since=mark, who=BOB, state="offline")
    carol.wait("departed", 10, since=carol_mark, who=BOB)
    named = "sip.test cannot be reached since "
    alice.wait("im", 10, since=mark, **{"from": "aimgate"}, text=lambda t: t.startswith(named))
    carol.wait("im", 10, since=carol_mark, who="aimgate", text=lambda t: t.startswith(named))
    alice.send(f"im {BOB} {gw.text()}")                                     # in vain, and it says whose fault it is
    alice.wait("im", 10, since=mark, **{"from": "aimgate"}, text=lambda t: "sip.test" in t and not t.startswith(named))

    mark = alice.mark()
    revived = KamailioDomain("sip.test", port=domain.port, users=["bob:secret"], routes=[f"{DOMAIN}={route}"])
    revived.start()
    revived.close = revived.stop
    closing.append(revived)
    bob(revived.port)
    alice.wait("im", 30, since=mark, **{"from": "aimgate"}, text="sip.test is reachable again.")
    alice.wait("presence", 30, since=mark, who=BOB, state="online")
    carol.wait("arrived", 30, who=BOB, since=carol_mark)
