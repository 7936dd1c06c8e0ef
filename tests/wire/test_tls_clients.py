"""Real SIP programs over TLS: Linphone as a phone, Kamailio as a peer domain where both sides prove who they are."""
import pytest

import talk
from clientlib import free_port
from gateway import DOMAIN
from kamailio_domain import KamailioDomain

ALICE, BOB = "alice@aim.test", "bob@sip.test"


def test_linphone_over_tls_and_barnowl(secure, linphone, barnowl, pki):
    """It trusts the gateway's certificate by its CA; it has none of its own."""
    gw = secure(["alice", "bob"])
    alice = barnowl(gw, "alice")
    bob = linphone(gw, "bob", "tls", port=gw.tls_port, more=["--ca", pki.ca])
    talk.see_each_other(alice, bob, ALICE, "bob")
    talk.write_both_ways(gw, alice, bob, ALICE, "bob")


@pytest.fixture
def mutual(secure, pki, closing):
    """A gateway and a Kamailio domain that call each other over TLS, each with a certificate of its domain."""
    def make(users, certificate_of="sip.test", record_route=False):
        port = free_port()
        gw = secure(users, peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=tls", "limits": "none"}])
        domain = KamailioDomain("sip.test", tls_port=port, users=["bob:secret"], mutual=pki.files(certificate_of),
                                record_route=record_route, routes=[f"{DOMAIN}=sip:127.0.0.1:{gw.tls_port};transport=tls"])
        domain.start()
        domain.close = domain.stop
        closing.append(domain)
        return gw, domain
    return make


@pytest.mark.parametrize("record_route", [False, True])
def test_a_kamailio_domain_over_mutual_tls(mutual, barnowl, linphone, aim, record_route):
    gw, domain = mutual(["alice", "carol"], record_route=record_route)
    bob = linphone(gw, "bob", "udp", port=domain.port, domain="sip.test", password="secret")
    alice, carol = barnowl(gw, "alice"), aim(gw, "carol")
    talk.talk_it_all(gw, alice, bob, ALICE, BOB, carol)


def test_a_kamailio_with_the_certificate_of_another_domain(mutual, aim):
    gw, _ = mutual(["alice"], certificate_of="other.test")
    alice = aim(gw, "alice")
    assert alice.im_refused(BOB, gw.text()) == 5
    row = gw.ok("peer", "list", "--json").json[0]
    assert row["last_failure"] == "its certificate is of another domain", row
