"""Several addresses to listen on, of both families: what came to one is answered from it, and is told that one's name."""
import re

import pytest

from test_identity import ALICE, Sender


@pytest.mark.parametrize("here, to, name", [("::1", "::1", "[::1]"), ("127.0.0.1", "127.0.0.1", "127.0.0.1"),
                                            ("127.0.0.1", "127.0.0.2", "127.0.0.1")])
def test_a_datagram_is_answered_from_the_address_it_came_to(gateway, closing, here, to, name):
    """RFC 3581 4. Via and Contact name the first address of the family."""
    gw = gateway(["alice"], peers=[{"domain": "p.test", "route": "sip:127.0.0.9:5060", "from": ["127.0.0.1", "::1"]}],
                 start=False)
    port = gw.sip_port
    gw.config["sip"]["udp"] = [f"127.0.0.1:{port}", f"[::1]:{port}", f"127.0.0.2:{port}"]
    gw.write_config()
    gw.start()
    peer = Sender(gw, here, to=to)
    closing.append(peer)
    assert peer.ask("sip:joe@p.test") == 202 and peer.source[:2] == (to, port), peer.source
    assert peer.ask("sip:joe@p.test", method="SUBSCRIBE", more=["Event: presence"]) == 200
    assert peer.source[:2] == (to, port), peer.source
    assert f"\r\nContact: <sip:{name}:{port}>\r\n" in peer.answer.decode(), peer.answer
    notify, source = peer.sock.recvfrom(65536)
    assert notify.startswith(b"NOTIFY ") and source[:2] == (to, port), (notify, source)
    assert re.search(rf"(?m)^Via: SIP/2.0/UDP {re.escape(name)}:{port};", notify.decode()), notify
    assert peer.ask("sip:joe@p.test", ALICE, "OPTIONS") == 200
