"""Messages that cross a gateway from SIP to SIP are new requests, and still do not go round in circles (S-410, S-411)."""
import pytest

from clientlib import free_port
from sip_ua import UserAgent
from test_robust import metric

ZOE = "third.test"


@pytest.fixture
def zoe(closing):
    """Makes users of a domain that both gateways have as a peer, wherever on this host they write from."""
    def make(gw, port=0):
        user = UserAgent(gw.sip_port, "zoe", "", ZOE, "udp", listen=port)
        closing.append(user)
        return user
    return make


def third():
    return {"domain": ZOE, "route": f"sip:127.0.0.1:{free_port()};transport=udp", "from": "127.0.0.1"}


def test_max_forwards_goes_across_one_less(gateway, ua, zoe):
    """S-410: Max-Forwards 1 leaves with 0, the next element's 483 is relayed, and 0 goes nowhere (RFC 3261 16.3, 16.6)."""
    gw = gateway(["alice"], peers=[third()])
    alice, far = ua(gw, "alice"), zoe(gw)

    def write(hops):
        return far.message("sip:alice@aim.test", gw.text(), auth=False, max_forwards=hops).status
    assert write(70) == 200 and alice.received[-1].get("Max-Forwards") == "69"
    alice.answers["MESSAGE"] = lambda m: 483 if m.get("Max-Forwards") == "0" else 200
    assert write(2) == 200 and alice.received[-1].get("Max-Forwards") == "1"
    assert write(1) == 483 and alice.received[-1].get("Max-Forwards") == "0"
    n = len(alice.received)
    assert write(0) == 483 and len(alice.received) == n


def test_a_phone_s_message_to_another_domain_has_one_hop_less(gateway, ua, closing):
    port = free_port()
    gw = gateway(["alice"], peers=[{"domain": ZOE, "route": f"sip:127.0.0.1:{port};transport=udp"}])
    far, alice = UserAgent(gw.sip_port, "zoe", "", ZOE, "udp", listen=port), ua(gw, "alice")
    closing.append(far)
    assert alice.message(f"sip:zoe@{ZOE}", gw.text(), max_forwards=10).status == 200
    assert far.received[-1].get("Max-Forwards") == "9" and far.received[-1].get("Gateway-Path") is None


def test_two_gateways_whose_users_forward_to_each_other(gateway, ua, zoe, closing):
    """S-411: alice's phone at the one sends on to carol at the other, and carol's to alice: it stops with 482, once round."""
    one = gateway(["alice"], peers=[third()])
    two = gateway(["carol"], peers=[third()], domain="b.test")
    alice = ua(one, "alice")
    carol = UserAgent(two.sip_port, "carol", two.password("carol"), "b.test", "udp")
    closing.append(carol)
    assert carol.register().status == 200

    def forwards(by, to):
        def answer(m):
            kept = [(n, m.get(n)) for n in ("Gateway-Path",) if m.get(n)]
            return by.message(to, m.text, auth=False, headers=kept, max_forwards=int(m.get("Max-Forwards")) - 1).status
        return answer
    alice.answers["MESSAGE"] = forwards(zoe(two), "sip:carol@b.test")
    carol.answers["MESSAGE"] = forwards(zoe(one), "sip:alice@aim.test")
    got = zoe(one).message("sip:alice@aim.test", one.text(), auth=False)
    assert got.status == 482, got
    assert len(alice.received) == len(carol.received) == 1
    path = carol.received[0].get("Gateway-Path").split(", ")
    assert len(path) == 2 and path[0] == alice.received[0].get("Gateway-Path") and "alice" not in path[0]


def test_a_path_of_too_many_gateways_ends(gateway, ua, zoe):
    """Bounded: more marks than anybody has gateways are 483; one of somebody else's making is no loop."""
    gw = gateway(["alice"], peers=[third()])
    alice, far = ua(gw, "alice"), zoe(gw)

    def write(path):
        return far.message("sip:alice@aim.test", gw.text(), auth=False, headers=[("Gateway-Path", path)]).status
    assert write("0123456789abcdef") == 200
    assert write(", ".join(["0123456789abcdef"] * 9)) == 483
    assert write("x" * 4000) == 483
    assert len(alice.received) == 1


def test_two_gateways_that_take_each_other_for_a_third(gateway, aim):
    """S-411, S-448: each has the other as the route of x.test: neither relays, so it ends at the first step."""
    ports = [free_port(), free_port()]
    gws = []
    for n, (own, other) in enumerate((("aim.test", "b.test"), ("b.test", "aim.test"))):
        route = f"sip:127.0.0.1:{ports[1 - n]};transport=udp"
        gws.append(gateway(["alice"], domain=own, config={"sip": {"udp": f"127.0.0.1:{ports[n]}"}},
                           peers=[{"domain": "x.test", "route": route, "from": "127.0.0.1:1"},
                                  {"domain": other, "route": route}]))
    alice = aim(gws[0], "alice")
    assert alice.im_refused("bob@x.test", gws[0].text()) == 0x0D
    assert [metric(gw, "sip_requests_total") for gw in gws] == [0, 1]
