"""Domains that are no peers are located by DNS (RFC 3861 4, RFC 3263 4): Knot DNS serves the zone."""
import time

import pytest

from clientlib import free_port
from sip_ua import UserAgent

FAR = "far.example.org"


@pytest.fixture
def dns(driver):
    def make(*records):
        port = free_port()
        d = driver("dns_zone.py", "--port", port, "--zone", FAR, *(x for r in records for x in ("--record", r)))
        d.wait("ready", 15)
        return d, f"127.0.0.1:{port}"
    return make


@pytest.fixture
def server(closing):
    """A SIP server of the far domain, at a port of its own."""
    def make(transport, port):
        s = UserAgent(free_port(), "bob", "", FAR, transport, listen=port, connect=False)
        closing.append(s)
        return s
    return make


def test_a_message_goes_where_the_record_of_im_says(gateway, dns, server, aim):
    """S-185: an im: host is looked up by _im._sip first (RFC 3861 3-5, RFC 3428 5)."""
    port = free_port()
    _, at = dns(f"_im._sip.{FAR}. 5 SRV 0 5 {port} sip.{FAR}.", f"sip.{FAR}. 5 A 127.0.0.1")
    bob, gw = server("tcp", port), gateway(["alice"], config={"dns": {"servers": [at]}})
    alice, text = aim(gw, "alice"), gw.text()
    request = alice.im(f"bob@{FAR}", text)
    got = bob.wait("MESSAGE", text=text)
    assert FAR in got.get("To") and "alice@aim.test" in got.get("From")
    assert request


def test_the_next_server_is_tried_when_one_refuses_the_connection(gateway, dns, server, aim):
    """S-197: failed connect, then the next target (RFC 3263 4.3)."""
    dead, port = free_port(), free_port()
    _, at = dns(f"_sip._tcp.{FAR}. 5 SRV 0 5 {dead} a.{FAR}.", f"_sip._tcp.{FAR}. 5 SRV 1 5 {port} b.{FAR}.",
                f"a.{FAR}. 5 A 127.0.0.1", f"b.{FAR}. 5 A 127.0.0.1")
    bob, gw = server("tcp", port), gateway(["alice"], config={"dns": {"servers": [at]}})
    alice, text = aim(gw, "alice"), gw.text()
    alice.im(f"bob@{FAR}", text, ack=True)
    assert bob.wait("MESSAGE", text=text)
    assert len([m for m in bob.received if m.method == "MESSAGE"]) == 1


def test_a_domain_that_is_not_there_is_an_error_at_once(gateway, dns, aim):
    """S-203: NXDOMAIN is permanent (RFC 3263 4, RFC 7247 7.1 note 4)."""
    _, at = dns(f"www.{FAR}. 5 A 127.0.0.1")
    gw = gateway(["alice"], config={"dns": {"servers": [at]}})
    alice, began = aim(gw, "alice"), time.monotonic()
    request = alice.im(f"bob@nothing.{FAR}", gw.text())
    alice.wait("error", id=request)
    assert time.monotonic() - began < 5
