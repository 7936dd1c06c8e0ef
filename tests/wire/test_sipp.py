"""SIPp as a peer domain's server on a UDP link: messages both ways, a subscription, a run of many."""
import os
import socket
import subprocess
import time

import pytest

from clientlib import free_port

SCENARIOS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "clients", "sipp")
ZOE = "zoe@sip.test"


class Sipp:
    """One run of a scenario from the peer's address and port."""

    def __init__(self, scenario, folder, port, gw=None, keys=(), more=()):
        argv = ["sipp", "-sf", os.path.join(SCENARIOS, scenario), "-i", "127.0.0.1", "-p", str(port), "-m", "1",
                "-nostdin", "-timeout", "15s", "-trace_logs", "-log_file", "sipp.log", "-trace_err", "-error_file",
                "sipp.err", *more]
        argv += [f"127.0.0.1:{gw.sip_port}"] if gw else []
        for key, value in keys:
            argv += ["-key", key, value]
        self.folder, self.port = str(folder), port
        self.proc = subprocess.Popen(argv, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                     stderr=subprocess.DEVNULL)

    def listens(self):
        """Waits until it has its port."""
        end = time.monotonic() + 5
        while time.monotonic() < end:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
                try:
                    s.bind(("127.0.0.1", self.port))
                except OSError:
                    return self
            time.sleep(0.05)
        raise AssertionError("SIPp did not take its port")

    def read(self, name):
        path = os.path.join(self.folder, name)
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def done(self):
        code = self.proc.wait(25)
        assert code == 0, f"expected SIPp to succeed; exit {code}: {self.read('sipp.err')[-1500:]}"
        return self.read("sipp.log")

    def close(self):
        if self.proc.poll() is None:
            self.proc.kill()
            self.proc.wait()


@pytest.fixture
def peer(gateway, closing, tmp_path):
    """A gateway whose peer sip.test is whatever listens on a port of ours, and a function that runs SIPp there."""
    port = free_port()
    gw = gateway(["alice"], capture=True, capture_ports=[port],
                 peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=udp", "limits": "none"}])

    def run(scenario, client=True, keys=(), more=()):
        one = Sipp(scenario, tmp_path, port, gw if client else None, keys, more)
        closing.append(one)
        return one
    return gw, run


def test_a_message_from_the_peer(peer, aim):
    gw, run = peer
    alice, text = aim(gw, "alice"), gw.text()
    run("message_uac.xml", keys=[("from", ZOE), ("to", "alice@aim.test"), ("text", text)]).done()
    alice.wait("im", who=ZOE, text=lambda t: t.strip() == text)


def test_a_message_to_the_peer(peer, aim):
    gw, run = peer
    alice, text = aim(gw, "alice"), gw.text("h\u00e9llo \u263a")
    server = run("message_uas.xml", client=False).listens()
    alice.im(ZOE, text, ack=True)
    log = server.done()
    assert text in log and "sip:alice@aim.test" in log, f"expected {text!r} from alice; got {log}"


def test_a_subscription_of_the_peer(peer, aim):
    gw, run = peer
    aim(gw, "alice")
    log = run("subscribe_uac.xml", keys=[("from", ZOE), ("to", "alice@aim.test")]).done()
    assert "NOTIFY state" in log and "active" in log and "open" in log, f"expected an active NOTIFY that says open; got {log}"


def test_two_hundred_messages_of_the_peer_all_arrive(peer, aim):
    gw, run = peer
    alice = aim(gw, "alice")
    run("message_uac.xml", keys=[("from", ZOE), ("to", "alice@aim.test"), ("text", "burst")], more=["-m", "200", "-r", "100"]
        ).done()
    alice.wait("im", who=ZOE)
    alice._until(lambda: len(alice.find("im", who=ZOE)) >= 200, "200 messages", 5)
    alice.never("im", 0.5, since=len(alice.events))
    assert len(alice.find("im", who=ZOE)) == 200


def test_a_peer_may_speak_for_its_own_domain_only(peer, aim):
    gw, run = peer
    alice = aim(gw, "alice")
    for liar in ("zoe@other.test", "alice@aim.test"):
        one = run("message_uac.xml", keys=[("from", liar), ("to", "alice@aim.test"), ("text", "liar")])
        assert one.proc.wait(25) != 0, f"a MESSAGE from {liar} by sip.test was accepted"
    alice.never("im", 0.3)
