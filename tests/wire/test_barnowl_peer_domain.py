"""BarnOwl at the gateway and Linphone in another domain (Kamailio) over a dedicated link, UDP and TCP."""
import pytest

import talk
from clientlib import free_port
from gateway import DOMAIN
from kamailio_domain import KamailioDomain

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
    carol.add_buddy(BOB)
    talk.see_each_other(alice, bob, ALICE, BOB)
    talk.write_both_ways(gw, alice, bob, ALICE, BOB)
    talk.aim_away_and_back(alice, bob, ALICE, "gone fishing")
    talk.sip_away_and_back(alice, bob, BOB, "at lunch", carol)
    talk.aim_leaves(alice, bob, ALICE)

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


def test_the_link_dies_and_comes_back(linked, aim):
    gw, domain = linked("tcp", ["alice"])
    alice = aim(gw, "alice")
    domain.stop()
    code = alice.im_refused("bob@sip.test", gw.text())
    assert code == 5, f"M-438 (connect refused): expected error 05; got {code:#x}"
