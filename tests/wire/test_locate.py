"""Domains that are no peers are located by DNS (RFC 3861 4, RFC 3263 4): Knot DNS serves the zone."""
import socket
import time

import pytest

from clientlib import free_port
from dns_relay import DnsRelay
from sip_ua import UserAgent
from test_robust import metric

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
def asked(dns, closing):
    """The zone behind a relay that notes the questions: the zone's driver, and the relay."""
    def make(*records):
        zone, at = dns(*records)
        relay = DnsRelay(at)
        closing.append(relay)
        return zone, relay
    return make


def change(zone, *commands):
    for command in commands:
        since = zone.mark()
        zone.send(command)
        zone.wait("changed", since=since)


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


def test_only_the_names_of_the_rfcs_are_asked_for(gateway, asked, server, aim):
    """S-056: _im._sip first; S-057: "_sip.host" is never queried; S-058, S-195: a host with A only is UDP, port 5060 (RFC
    3861 3, RFC 3263 4.1, 4.2)."""
    _, relay = asked(f"{FAR}. 5 A 127.0.0.1")
    bob, gw = server("udp", 5060), gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice, text = aim(gw, "alice"), gw.text()
    alice.im(f"bob@{FAR}", text, ack=True)
    assert bob.wait("MESSAGE", text=text)
    assert relay.asked[0] == ("SRV", f"_im._sip.{FAR}")
    assert ("NAPTR", FAR) in relay.asked and ("A", FAR) in relay.asked
    assert {f"_sip._tcp.{FAR}", f"_sip._udp.{FAR}"} <= set(relay.names("SRV"))
    assert f"_sip.{FAR}" not in relay.names()


def test_who_is_named_by_a_sip_uri_is_not_looked_up_by_im(gateway, asked, server, ua):
    """S-059: a MESSAGE to a sip: URI does not ask for _im._sip (RFC 3428 5); S-195: SRV where there is no NAPTR."""
    port = free_port()
    _, relay = asked(f"_im._sip.{FAR}. 5 SRV 0 5 {free_port()} wrong.{FAR}.", f"wrong.{FAR}. 5 A 127.0.0.1",
                     f"_sip._tcp.{FAR}. 5 SRV 0 5 {port} sip.{FAR}.", f"sip.{FAR}. 5 A 127.0.0.1")
    bob, gw = server("tcp", port), gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice, text = ua(gw, "alice"), gw.text()
    assert alice.message(f"sip:bob@{FAR}", text).status == 200
    assert bob.wait("MESSAGE", text=text)
    assert f"_im._sip.{FAR}" not in relay.names() and f"_sip._tcp.{FAR}" in relay.names("SRV")


def test_a_silent_server_gets_no_double_at_the_next(gateway, asked, server, aim):
    """S-198: after silence the second server is not tried: the message may have arrived (RFC 3263 4.3, D-03)."""
    first, second = free_port(), free_port()
    _, relay = asked(f"_sip._udp.{FAR}. 60 SRV 0 5 {first} sip.{FAR}.", f"_sip._udp.{FAR}. 60 SRV 1 5 {second} sip.{FAR}.",
                     f"sip.{FAR}. 60 A 127.0.0.1")
    silent, other = server("udp", first), server("udp", second)
    silent.answers["MESSAGE"] = None
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice, text = aim(gw, "alice"), gw.text()
    request = alice.im(f"bob@{FAR}", text)
    assert silent.wait("MESSAGE", text=text)
    error = alice.wait("error", 40, id=request)
    assert error["code"] == 5 and FAR in error["text"]
    assert not other.matching("MESSAGE")


def test_an_ipv6_address_that_does_not_answer_costs_less_than_a_second(gateway, asked, server, aim, closing):
    """S-200: A and AAAA; a dead AAAA, and A is used in < 1 s (RFC 3263 4.2, RFC 8305)."""
    port = free_port()
    deaf = socket.socket(socket.AF_INET6)       # a full queue: the kernel drops what wants to connect
    deaf.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    deaf.bind(("::1", port))
    deaf.listen(0)
    closing.append(deaf)
    for _ in range(3):
        fill = socket.socket(socket.AF_INET6)
        fill.setblocking(False)
        fill.connect_ex(("::1", port))
        closing.append(fill)
    _, relay = asked(f"_im._sip.{FAR}. 5 SRV 0 5 {port} sip.{FAR}.", f"sip.{FAR}. 5 AAAA ::1", f"sip.{FAR}. 5 A 127.0.0.1")
    bob, gw = server("tcp", port), gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice, text = aim(gw, "alice"), gw.text()
    began = time.monotonic()
    alice.im(f"bob@{FAR}", text, ack=True)
    took = time.monotonic() - began
    assert bob.wait("MESSAGE", text=text)
    assert 0.2 < took < 1.0, took                # the race began 250 ms later: ::1 had been tried


def test_answers_are_believed_as_long_as_their_ttl_says(gateway, asked, server, aim):
    """S-201: a change of the zone is seen after its TTL of 2 s, and not asked for before (RFC 1035 3.2.1, RFC 2308)."""
    first, second = free_port(), free_port()
    srv = f"_im._sip.{FAR}. 2 SRV 0 5 %d sip.{FAR}."
    zone, relay = asked(srv % first, f"sip.{FAR}. 2 A 127.0.0.1")
    old, new = server("tcp", first), server("tcp", second)
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice, texts = aim(gw, "alice"), [gw.text() for _ in range(3)]
    began = time.monotonic()
    for text in texts[:2]:
        alice.im(f"bob@{FAR}", text, ack=True)
    if time.monotonic() - began < 1.5:
        assert relay.names("SRV").count(f"_im._sip.{FAR}") == 1
    change(zone, f"del _im._sip.{FAR}. SRV", "add " + srv % second)
    time.sleep(2.2)
    alice.im(f"bob@{FAR}", texts[2], ack=True)
    assert new.wait("MESSAGE", text=texts[2])
    assert [m.text for m in old.matching("MESSAGE")] == texts[:2]


def test_a_no_is_believed_as_long_as_the_soa_says(gateway, asked, aim):
    """S-201: negative answers live by the SOA's minimum, here 5 s (RFC 2308 5)."""
    _, relay = asked(f"www.{FAR}. 5 A 127.0.0.1")
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice, name = aim(gw, "alice"), f"nothing.{FAR}"

    def ask():
        since = alice.mark()
        alice.wait("error", since=since, id=alice.im(f"bob@{name}", gw.text()))
        return relay.names("SRV").count(f"_im._sip.{name}")
    began = time.monotonic()
    counts = [ask(), ask()]
    if time.monotonic() - began < 4:
        assert counts == [1, 1]
    time.sleep(5.2)
    assert ask() == 2


@pytest.mark.parametrize("fail, code, words", [("servfail", 5, "cannot be found just now"),
                                               ("silent", 5, "cannot be found just now"), (None, 4, "does not exist")])
def test_the_error_says_whether_it_will_pass_and_names_the_domain(gateway, asked, aim, fail, code, words):
    """S-203: SERVFAIL and silence are temporary, NXDOMAIN is not; M-437: both words name the domain."""
    _, relay = asked(f"www.{FAR}. 5 A 127.0.0.1")
    relay.fail = fail
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    alice = aim(gw, "alice")
    error = alice.wait("error", 30, id=alice.im(f"bob@nothing.{FAR}", gw.text()))
    assert error["code"] == code and words in error["text"] and f"nothing.{FAR}" in error["text"], error


def test_our_own_domain_is_never_asked_for_and_dns_cannot_lead_back_here(gateway, asked, aim):
    """S-206: own domains are never resolved outwards; a zone that leads here is a loop, and nothing is sent (RFC 3261 16.3)."""
    zone, relay = asked(f"www.{FAR}. 5 A 127.0.0.1")
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}})
    change(zone, f"add _im._sip.{FAR}. 5 SRV 0 5 {gw.sip_port} sip.{FAR}.", f"add sip.{FAR}. 5 A 127.0.0.1")
    alice = aim(gw, "alice")
    error = alice.wait("error", id=alice.im(f"bob@{FAR}", gw.text()))
    assert error["code"] == 5 and FAR in error["text"]
    alice.wait("error", id=alice.im("nobody@aim.test", gw.text()))
    assert not [name for name in relay.names() if name.endswith("aim.test")]
    assert metric(gw, "sip_requests_total") == 0


def test_a_server_that_dies_is_replaced_by_the_one_behind_it(gateway, dns, server, aim):
    """S-011: back-up servers stand by: the next SRV target where the first is gone (RFC 3263 4.3)."""
    first, second = free_port(), free_port()
    _, at = dns(f"_im._sip.{FAR}. 60 SRV 0 5 {first} sip.{FAR}.", f"_im._sip.{FAR}. 60 SRV 1 5 {second} sip.{FAR}.",
                f"sip.{FAR}. 60 A 127.0.0.1")
    one, two = server("tcp", first), server("tcp", second)
    gw = gateway(["alice"], config={"dns": {"servers": [at]}})
    alice, texts = aim(gw, "alice"), [gw.text() for _ in range(3)]
    alice.im(f"bob@{FAR}", texts[0], ack=True)
    assert one.wait("MESSAGE", text=texts[0])
    one.close()
    for text in texts[1:]:
        alice.im(f"bob@{FAR}", text, ack=True)
        assert two.wait("MESSAGE", text=text)


def test_presence_goes_by_its_own_records(gateway, dns, server, aim):
    """S-186, S-187: where both are there MESSAGE goes by _im._sip, SUBSCRIBE by _pres._sip (RFC 3861 3)."""
    ims, presence = free_port(), free_port()
    _, at = dns(f"_im._sip.{FAR}. 60 SRV 0 5 {ims} sip.{FAR}.", f"_pres._sip.{FAR}. 60 SRV 0 5 {presence} sip.{FAR}.",
                f"sip.{FAR}. 60 A 127.0.0.1")
    talker, watched = server("tcp", ims), server("tcp", presence)
    watched.serve_presence()
    gw = gateway(["alice"], config={"dns": {"servers": [at]}})
    alice, text = aim(gw, "alice"), gw.text()
    alice.add_buddy(f"bob@{FAR}")
    assert watched.wait("SUBSCRIBE")
    alice.im(f"bob@{FAR}", text, ack=True)
    assert talker.wait("MESSAGE", text=text)
    assert not talker.matching("SUBSCRIBE") and not watched.matching("MESSAGE")


# ---- aimgate locate ----

def test_locate_tells_which_record_won_and_why(gateway, asked):
    port = free_port()
    _, relay = asked(f'{FAR}. 5 NAPTR 10 50 "s" "SIP+D2T" "" _sip._tcp.{FAR}.', f"_sip._tcp.{FAR}. 5 SRV 1 5 5060 b.{FAR}.",
                     f"_sip._tcp.{FAR}. 5 SRV 0 5 {port} a.{FAR}.", f"a.{FAR}. 5 A 127.0.0.1", f"b.{FAR}. 5 A 127.0.0.2")
    gw = gateway(start=False, config={"dns": {"servers": [relay.at]}})
    told = gw.ok("locate", f"im:bob@{FAR}", "--json").json
    assert told["by"] == "dns" and told["state"] == "found" and 0 < told["ttl"] <= 5
    assert [p["address"] for p in told["places"]] == [f"127.0.0.1:{port}", "127.0.0.2:5060"]
    first = told["places"][0]
    assert "NAPTR" in first["why"] and first["transport"] == "TCP" and first["unusable"] is None
    assert [r["record"].split()[1] for r in first["records"]] == ["NAPTR", "SRV", "A"]
    assert told["asked"][0]["name"] == f"_im._sip.{FAR}" and told["asked"][0]["answer"] == "no such name"
    words = gw.ok("locate", f"im:bob@{FAR}").out
    assert f"1. TCP 127.0.0.1:{port}" in words and f"_im._sip.{FAR}: no such name" in words
    bad = gw.cli("locate", f"sip:bob@nothing.{FAR}")
    assert bad.code == 1 and "does not exist" in bad.err
    assert gw.cli("locate", "tel:+15551230000").code == 1


def test_locate_tells_what_the_running_gateway_keeps_and_has_put_aside(gateway, asked, aim):
    dead = free_port()
    _, relay = asked(f"_im._sip.{FAR}. 60 SRV 0 5 {dead} a.{FAR}.", f"a.{FAR}. 60 A 127.0.0.1")
    gw = gateway(["alice"], config={"dns": {"servers": [relay.at]}},
                 peers=[{"domain": "peer.test", "route": ["sip:127.0.0.1:5099;transport=tcp"]}])
    alice = aim(gw, "alice")
    assert alice.im_refused(f"bob@{FAR}", gw.text()) == 5
    told = gw.ok("locate", f"im:bob@{FAR}", "--json").json
    assert 0 < told["places"][0]["aside"] <= 30 and 0 < told["asked"][0]["kept"] <= 60
    assert "put aside for" in gw.ok("locate", f"im:bob@{FAR}").out
    peer = gw.ok("locate", "im:bob@peer.test", "--json").json
    assert peer["by"] == "peer" and peer["places"][0]["route"] == "sip:127.0.0.1:5099;transport=tcp"
    assert "is ours" in gw.ok("locate", "im:alice@aim.test").out
