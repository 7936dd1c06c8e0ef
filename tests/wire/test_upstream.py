"""The presence of AIM users, published at another server of the domain (S-343, RFC 3903 4): a scripted event state compositor."""
import time

import pytest

from clientlib import free_port
from sip_ua import UserAgent, token
from test_sip_ua import valid


class Server(UserAgent):
    """Takes publications, as `answer` says: 200 unless it gives something else."""

    def __init__(self, gw, port, transport, expires):
        super().__init__(gw.sip_port, "esc", "none", "aim.test", transport, listen=port, connect=False)
        self.tags, self.expires, self.next_answer = {}, expires, []
        self.answers["PUBLISH"], self.taken = self.take, 0

    def take(self, m):
        self.decide(m)
        self.taken += 1

    def decide(self, m):
        if self.next_answer:
            return self.reply(m, *self.next_answer.pop(0))
        who, tag = m.uri, m.get("SIP-If-Match")
        if tag and tag != self.tags.get(who):
            return self.reply(m, 412)
        self.tags[who] = token(4) if m.get("Expires") != "0" else None
        lifetime = min(int(m.get("Expires")), self.expires)
        self.reply(m, 200, [("Expires", str(lifetime))] + ([("SIP-ETag", self.tags[who])] if self.tags[who] else []))

    def published(self, nth, timeout=5):
        m, end = self.wait("PUBLISH", timeout, nth), time.monotonic() + 1
        while self.taken <= nth and time.monotonic() < end:     # it has its answer
            time.sleep(0.01)
        return m


@pytest.fixture
def server(gateway, closing):
    def make(transport="tcp", expires=3600):
        port = free_port()
        gw = gateway(["alice"], config={"sip": {"publish": f"sip:127.0.0.1:{port};transport={transport}"}})
        esc = Server(gw, port, transport, expires)
        closing.append(esc)
        return gw, esc
    return make


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_sign_on_change_and_sign_off(server, aim, transport):
    gw, esc = server(transport)
    alice = aim(gw, "alice")
    first = esc.published(0)
    assert first.uri == "sip:alice@aim.test" and first.get("Event") == "presence" and first.kind == "application/pidf+xml"
    assert not first.get("SIP-If-Match") and int(first.get("Expires")) == 3600 and "<basic>open" in valid(first)
    tag = esc.tags[first.uri]
    alice.away("out to lunch")
    second = esc.published(1)
    assert second.get("SIP-If-Match") == tag and "out to lunch" in valid(second)
    tag = esc.tags[first.uri]
    alice.sign_off()
    last = esc.published(2)
    assert last.get("Expires") == "0" and last.get("SIP-If-Match") == tag and not last.body
    time.sleep(0.3)
    assert len(esc.matching("PUBLISH")) == 3


def test_refreshed_before_it_is_over(server, aim):
    gw, esc = server(expires=3)
    aim(gw, "alice")
    first = esc.published(0)
    second = esc.published(1)
    assert second.arrived - first.arrived < 3 and not second.body and second.get("SIP-If-Match")
    assert esc.published(2).get("SIP-If-Match") != second.get("SIP-If-Match")


def test_unknown_there_it_is_published_anew(server, aim):
    """412: the server was started anew: whole, without SIP-If-Match."""
    gw, esc = server()
    alice = aim(gw, "alice")
    esc.published(0)
    esc.tags.clear()
    alice.away("out")
    assert esc.published(1).get("SIP-If-Match")
    fresh = esc.published(2)
    assert not fresh.get("SIP-If-Match") and "out" in valid(fresh)


def test_too_brief_is_asked_for_longer(server, aim):
    gw, esc = server()
    esc.next_answer = [(423, [("Min-Expires", "7000")])]
    aim(gw, "alice")
    again = esc.published(1)
    assert again.get("Expires") == "7000" and again.body


def test_signed_off_before_the_answer(server, aim):
    gw, esc = server()
    held = []
    esc.answers["PUBLISH"] = lambda m: held.append(m) if not held else esc.take(m)
    alice = aim(gw, "alice")
    esc.published(0)
    alice.sign_off()
    time.sleep(0.3)
    assert len(esc.matching("PUBLISH")) == 1
    esc.take(held[0])
    assert esc.published(1).get("Expires") == "0"


def test_a_server_that_refuses_is_tried_again_and_told_of(server, aim):
    gw, esc = server()
    esc.next_answer = [(503, [("Retry-After", "1")]), (403, [])]
    alice = aim(gw, "alice")
    esc.published(0)
    time.sleep(0.3)
    assert "presence was not published" in gw.log() and "look at the server of sip.publish" in gw.log()
    alice.sign_off()
    gw.stop()
    assert gw.log().count("presence was not published") == 1


def test_by_default_nothing_is_published(gateway, aim, ua):
    gw = gateway(["alice"])
    phone = ua(gw, "alice")
    aim(gw, "alice")
    phone.never("PUBLISH", 0.5)
