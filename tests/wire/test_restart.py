"""What was answered 200 outlives a kill -9 at that very moment: a restart loses no subscription."""
import signal
import socket
import time

import pytest

from sip_ua import UserAgent
from sip_wire import params

ALICE = "sip:alice@aim.test"
TIMES = 20


def crash(gw):
    """As soon as the answer is here, and up again."""
    gw.kill9()
    gw.start()


def test_a_subscription_is_on_disk_before_its_200(gateway, ua):
    """SUBSCRIBE, kill -9 at the 200, restart: the refresh finds the dialog. RFC 6665 4.2.2 allows to forget it and
    answer 481; nothing that was promised is forgotten here."""
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    for n in range(TIMES):
        sub = bob.subscribe(ALICE)
        crash(gw)
        assert sub.response.status == 200, sub.response
        got = sub.refresh(600)
        assert got.status == 200, f"run {n}: expected 200 to the refresh after a restart; got {got.start}"
        assert sub.refresh(0).status == 200


def test_a_refresh_is_on_disk_before_its_200(gateway, ua):
    """The lifetime that the last 200 granted holds after a crash."""
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    for n in range(TIMES // 4):
        sub = bob.subscribe(ALICE, 60)
        sub.wait(3)
        assert sub.refresh(3000).status == 200
        crash(gw)
        mark = bob.mark()
        m = sub.wait(8, since=mark - 1)         # all watchers are told after a restart
        left = int(params(m.get("Subscription-State")).get("expires", "0"))
        assert left > 2900, f"run {n}: expected some 3000 s to be left; got {m.get('Subscription-State')}"
        assert sub.refresh(0).status == 200


def test_how_often_one_wants_to_be_told_outlives_a_crash(gateway, ua):
    """S-302, RFC 6446 5: max-rate, echoed in each Subscription-State."""
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    sub = bob.subscribe(ALICE, event="presence;max-rate=0.01")
    assert "max-rate=0.01" in sub.wait(3).get("Subscription-State")
    mark = bob.mark()
    crash(gw)
    assert "max-rate=0.01" in sub.wait(8, since=mark).get("Subscription-State")


def test_an_ended_subscription_does_not_come_back(gateway, ua):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob")
    for _ in range(TIMES // 4):
        sub = bob.subscribe(ALICE)
        sub.wait(3)
        assert sub.refresh(0).status == 200
        crash(gw)
        assert sub.refresh(600).status == 481


def test_a_phones_subscription_to_a_user_of_a_peer_outlives_a_crash(gateway, closing):
    """Also of a phone that is not registered: it proves itself with each request."""
    with UserAgent(9, "peer", "none", "sip.test") as peer:
        gw = gateway(["bob"], peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{peer.port};transport=udp"}])
        bob = UserAgent(gw.sip_port, "bob", gw.password("bob"), "aim.test")
        closing.append(bob)
        sub = bob.subscribe("sip:carol@sip.test")
        crash(gw)
        assert sub.response.status == 200, sub.response
        assert sub.refresh(600).status == 200
        peer.wait("SUBSCRIBE", 10, where=lambda m: m.uri.startswith("sip:carol@sip.test"))
        assert sub.refresh(0).status == 200


@pytest.mark.parametrize("transport", ("udp", "tcp"))
def test_the_state_follows_the_200_at_once(gateway, ua, transport):
    """RFC 6665 4.2.1.2: NOTIFY at once, and never before the 200 that says what the dialog is called."""
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob", transport)
    for _ in range(10):
        sub = bob.subscribe(ALICE)
        m = sub.wait(2)
        assert sub.response.arrived < m.arrived
        assert m.arrived - sub.response.arrived < 0.25, m.arrived - sub.response.arrived
        sub.refresh(0)
        time.sleep(0.02)


@pytest.mark.parametrize("who", ("nobody", "an AIM session", "a phone over TCP", "a silent connection", "an HTTP client"))
def test_an_idle_gateway_ends_at_once(gateway, ua, aim, who):
    """SIGTERM: exit 0 within 5 s whatever goes on; well below half a second where nothing does."""
    gw, took = gateway(["alice", "bob"], start=False), []
    for _ in range(3):                          # the best of three: the machine may be busy
        gw.start()
        sock = None
        if who == "an AIM session":
            aim(gw, "alice")
        elif who == "a phone over TCP":
            ua(gw, "bob", "tcp")
        elif who != "nobody":
            sock = socket.create_connection(("127.0.0.1", gw.admin_port if who == "an HTTP client" else gw.oscar_port))
            if who == "an HTTP client":
                sock.sendall(b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n")
                assert sock.recv(4096)
        time.sleep(0.2)
        proc, gw.proc, began = gw.proc, None, time.monotonic()
        proc.send_signal(signal.SIGTERM)
        assert proc.wait(5) == 0
        took.append(time.monotonic() - began)
        if sock:
            sock.close()
    assert min(took) < 0.5, f"SIGTERM with {who}: it took {took}"


def test_asked_to_stop_again_and_again_it_ends_as_well(gateway):
    """The last of many SIGTERMs come while it is taking itself down."""
    for _ in range(10):
        gw = gateway(["alice"])
        proc, gw.proc = gw.proc, None
        end = time.monotonic() + 5
        while proc.poll() is None and time.monotonic() < end:
            proc.send_signal(signal.SIGTERM)
            time.sleep(0.0005)
        assert proc.poll() == 0, f"it ended with {proc.poll()}; {gw.log_tail()}"
