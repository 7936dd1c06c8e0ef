"""The admin door: figures that Prometheus takes, health that tells the truth, listings, a page that lets nothing else in,
and callers who are wrong, slow or many."""
import base64
import hashlib
import http.client
import json
import os
import re
import socket
import sqlite3
import subprocess
import threading
import time

import pytest

PEERS = [{"domain": "sip.example.org", "route": "sip:127.0.0.1:9;transport=tcp"}]
PAGES = ["/", "/health", "/metrics", "/status.json", "/peers.json", "/sessions.json", "/queues.json"]


class Answer:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    @property
    def text(self):
        return self.body.decode()

    def __repr__(self):
        return f"{self.status} {dict(self.headers)} {self.body[:200]!r}"


def get(gw, path, method="GET", body=None, headers=None, timeout=5):
    c = http.client.HTTPConnection("127.0.0.1", gw.admin_port, timeout=timeout)
    try:
        c.request(method, path, body, headers or {})
        got = c.getresponse()
        return Answer(got.status, got.headers, got.read())
    finally:
        c.close()


def figures(gw):
    """The samples by name and labels."""
    rows = [line.rsplit(" ", 1) for line in get(gw, "/metrics").text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, value in rows}


def raw(gw, data, seconds=1.0):
    """What comes back for these octets, until the far end closes or is silent for so long; and whether it closed."""
    out = b""
    with socket.create_connection(("127.0.0.1", gw.admin_port), timeout=seconds) as s:
        try:
            s.sendall(data)
            while True:
                more = s.recv(65536)
                if not more:
                    return out, True
                out += more
        except socket.timeout:
            return out, False
        except OSError:
            return out, True


def lines(*rows):
    return ("\r\n".join(rows) + "\r\n\r\n").encode()


# figures and listings

def test_prometheus_takes_the_figures(gateway, aim):
    gw = gateway(["alice"], peers=PEERS)
    aim(gw, "alice")
    got = get(gw, "/metrics")
    assert got.status == 200 and got.headers["Content-Type"].startswith("text/plain; version=0.0.4"), got
    done = subprocess.run(["promtool", "check", "metrics"], input=got.body, capture_output=True, timeout=30)
    assert done.returncode == 0, f"promtool says: {done.stdout.decode()} {done.stderr.decode()}"


def test_the_figures_follow_what_happens(gateway, aim, ua):
    gw = gateway(["alice", "bob"], peers=PEERS)
    before = figures(gw)
    alice, bob = aim(gw, "alice"), ua(gw, "bob", "udp")
    text = gw.text()
    alice.im("bob", text, ack=True)
    bob.wait("MESSAGE", 5, text=text)
    after = figures(gw)

    def grew(name):
        return after[name] - before[name]
    assert grew("aimgate_aim_signons_total") == 1 and after["aimgate_aim_sessions"] == 1, after
    assert after["aimgate_sip_contacts"] == 1 and grew("aimgate_messages_from_aim_total") == 1, after
    assert after['aimgate_peer_up{domain="sip.example.org"}'] == 1 and after["aimgate_store_up"] == 1, after
    assert after["aimgate_store_queue_operations"] >= 0 and grew("aimgate_store_operations_total") >= 1, after
    assert after["process_cpu_seconds_total"] >= before["process_cpu_seconds_total"] > 0, after
    assert after["process_resident_memory_bytes"] > 1e6 and 8 < after["process_open_fds"] < 200, after
    assert abs(after["process_start_time_seconds"] - time.time()) < 60, after


def test_the_listings_are_those_of_the_commands(gateway, aim):
    gw = gateway(["alice"], peers=PEERS)
    aim(gw, "alice")
    for path, command in (("/status.json", "status"), ("/peers.json", "peer list"), ("/sessions.json", "session list"),
                          ("/queues.json", "queue list")):
        got = get(gw, path)
        assert got.status == 200 and got.headers["Content-Type"] == "application/json", got
        there, here = json.loads(got.body), gw.ok(*command.split(), "--json").json
        for changing in ("uptime", "age"):
            for row in (there, here) if isinstance(there, dict) else there + here:
                row.pop(changing, None)
        assert there == here, f"{path} says {there}, `{command}` {here}"
    assert json.loads(get(gw, "/sessions.json").body)[0]["user"] == "alice"


# health

def test_health_is_200_while_serving(gateway):
    gw = gateway()
    got = get(gw, "/health")
    assert (got.status, got.body) == (200, b"ok\n"), got
    gw.stop()
    with pytest.raises(OSError):
        get(gw, "/health")


def test_health_is_503_while_nothing_can_be_stored(gateway, ua):
    gw = gateway(["alice", "bob"])
    bob = ua(gw, "bob", "tcp")
    lock = sqlite3.connect(os.path.join(gw.config["data"], "aimgate.db"), isolation_level=None)
    lock.execute("BEGIN IMMEDIATE")                 # nobody else can write
    asking = threading.Thread(target=lambda: bob.message("sip:alice@aim.test", gw.text(), timeout=20), daemon=True)
    asking.start()
    try:
        end = time.monotonic() + 15
        while get(gw, "/health").status == 200 and time.monotonic() < end:
            time.sleep(0.1)
        got = get(gw, "/health")
        assert (got.status, got.body) == (503, b"store\n"), got
        assert figures(gw)["aimgate_store_up"] == 0
    finally:
        lock.rollback()
        lock.close()
    end = time.monotonic() + 10
    while get(gw, "/health").status != 200:
        assert time.monotonic() < end, f"expected 200 again; got {get(gw, '/health')}"
        time.sleep(0.1)
    asking.join(20)


@pytest.fixture
def small_disk(tmp_path):
    """A folder on a disk of 8 MiB."""
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(tmp_path)], check=True)
    yield tmp_path
    subprocess.run(["umount", "-l", str(tmp_path)], check=True)


def test_health_is_503_while_the_disk_is_full_and_nobody_writes(small_disk, gateway):
    gw = gateway(config={"data": str(small_disk / "data")})
    with open(small_disk / "filler", "wb", buffering=0) as f, pytest.raises(OSError):
        while True:
            f.write(bytes(4096))
    end = time.monotonic() + 8
    while get(gw, "/health").status == 200 and time.monotonic() < end:
        time.sleep(0.1)
    got = get(gw, "/health")
    assert (got.status, got.body) == (503, b"store\n"), got
    assert figures(gw)["aimgate_store_up"] == 0 and "the disk is full" in gw.log()
    os.unlink(small_disk / "filler")
    end = time.monotonic() + 4
    while get(gw, "/health").status != 200:
        assert time.monotonic() < end, f"expected 200 again; got {get(gw, '/health')}"
        time.sleep(0.1)


# the page

def test_the_page_runs_its_own_script_and_nothing_else(gateway):
    gw = gateway()
    got = get(gw, "/")
    assert got.status == 200 and got.headers["Content-Type"] == "text/html; charset=utf-8", got
    rules = dict(rule.strip().split(" ", 1) for rule in got.headers["Content-Security-Policy"].split(";"))
    assert rules["default-src"] == "'none'" and rules["connect-src"] == "'self'" and rules["frame-ancestors"] == "'none'", rules
    for kind in ("script", "style"):
        found = re.findall(rf"<{kind}>(.*?)</{kind}>", got.text, re.S)
        assert len(found) == 1, f"expected one {kind}; got {len(found)}"
        digest = base64.b64encode(hashlib.sha256(found[0].encode()).digest()).decode()
        assert rules[f"{kind}-src"] == f"'sha256-{digest}'", f"{rules[kind + '-src']} is not of what is there ({digest})"
    assert "/status.json" in got.text
    for never in ("innerHTML", "outerHTML", "insertAdjacent", "document.write", "eval(", "://", "src=", " style="):
        assert never not in got.text, f"{never!r} has no place on the page"
    assert not re.search(r"<[^>]*\son\w+\s*=", got.text), "a handler inside a tag"


@pytest.mark.parametrize("path", PAGES + ["/nothing"])
def test_every_answer_says_that_a_browser_must_not_guess_keep_or_share_it(gateway, path):
    gw = gateway()
    got = get(gw, path)
    assert got.status == (404 if path == "/nothing" else 200), got
    assert got.headers["X-Content-Type-Options"] == "nosniff" and got.headers["Cache-Control"] == "no-store", got
    assert got.headers["Cross-Origin-Resource-Policy"] == "same-origin" and "Access-Control-Allow-Origin" not in got.headers
    assert got.headers["Content-Security-Policy"].startswith("default-src 'none'"), got


def test_head_gives_the_same_without_the_body(gateway):
    gw = gateway()
    for path in ("/", "/health", "/nothing"):
        one, two = get(gw, path), get(gw, path, "HEAD")
        assert two.status == one.status and two.body == b"" and two.headers["Content-Length"] == str(len(one.body)), two


# who is wrong

@pytest.mark.parametrize("path", ["/nothing", "/status", "/health/", "/metrics.json", "/healthz", "/../../etc/passwd", "/STATUS.JSON"])
def test_other_paths_are_404(gateway, path):
    got = get(gateway(), path)
    assert got.status == 404, got


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "PROPFIND", "CONNECT"])
def test_other_methods_are_405(gateway, method):
    gw = gateway()
    for path in ("/health", "/nothing"):
        for body in (None, b"x", b"x" * 100000):
            if body and method in ("TRACE", "CONNECT"):
                continue
            got = get(gw, path, method, body)
            assert got.status == 405 and got.headers["Allow"] == "GET, HEAD", f"{method} {path}: {got}"


@pytest.mark.parametrize("host, status", [
    ("localhost", 200), ("LocalHost:PORT", 200), ("127.0.0.1", 200), ("127.0.0.1:PORT", 200), ("127.8.8.8", 200),
    ("[::1]", 200), ("[::1]:PORT", 200), ("127.0.0.1:1", 200),
    ("evil.example", 403), ("evil.example:PORT", 403), ("localhost.evil.example", 403), ("127.0.0.1.evil.example", 403),
    ("192.0.2.1:PORT", 403), ("[2001:db8::1]", 403), ("0.0.0.0:PORT", 403), ("127.1", 403), ("2130706433", 403),
    ("localhost@evil.example", 403), ("localhost:x", 403), ("[::1", 403), ("localhost, evil.example", 403), ("a" * 500, 403),
])
def test_only_our_own_names_are_served(gateway, host, status):
    """DNS rebinding: the caller's page was loaded from the name that stands in Host."""
    gw = gateway()
    host = host.replace("PORT", str(gw.admin_port))
    for path in ("/", "/status.json"):
        got = get(gw, path, headers={"Host": host})
        assert got.status == status, f"{host} {path}: expected {status}; got {got}"


def test_two_host_headers_are_refused(gateway):
    out, _ = raw(gateway(), lines("GET /health HTTP/1.1", "Host: localhost", "Host: evil.example"))
    assert out.startswith(b"HTTP/1.1 403 "), out


LONG = "a" * 9000
BAD = [
    ("no Host", lines("GET /health HTTP/1.1"), b"HTTP/1.1 400 "),
    ("HTTP/1.0 needs none", lines("GET /health HTTP/1.0"), b"HTTP/1.1 200 "),
    ("a body with GET", lines("GET /health HTTP/1.1", "Host: localhost", "Content-Length: 3") + b"abc", b"HTTP/1.1 400 "),
    ("a length below nothing", lines("GET /health HTTP/1.1", "Host: localhost", "Content-Length: -1"), b"HTTP/1.1 400 "),
    ("a length beyond all", lines("GET /health HTTP/1.1", "Host: localhost", "Content-Length: " + "9" * 30), b"HTTP/1.1 400 "),
    ("a chunked body", lines("GET /health HTTP/1.1", "Host: localhost", "Transfer-Encoding: chunked") + b"0\r\n\r\n", b"HTTP/1.1 400 "),
    ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", b"HTTP/1.1 400 "),
    ("zeroes", bytes(100), b"HTTP/1.1 400 "),
    ("no path", b"GET\r\n\r\n", b"HTTP/1.1 400 "),
    ("a long path", lines(f"GET /{LONG} HTTP/1.1", "Host: localhost"), b""),
    ("a long header", lines("GET /health HTTP/1.1", "Host: localhost", f"X: {LONG}"), b""),
    ("many headers", lines("GET /health HTTP/1.1", "Host: localhost", *(f"X-{i}: y" for i in range(900))), b""),
    ("a WebSocket", lines("GET / HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: websocket",
                          "Sec-WebSocket-Version: 13", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ=="), b"HTTP/1.0 403 "),
    ("HTTP/2", lines("GET / HTTP/1.1", "Host: localhost", "Connection: Upgrade, HTTP2-Settings", "Upgrade: h2c",
                     "HTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA"), b"HTTP/1.0 403 "),
    ("another protocol", lines("GET / HTTP/1.1", "Host: localhost", "Connection: Upgrade", "Upgrade: foo"), b"HTTP/1.0 403 "),
]


@pytest.mark.parametrize("what, data, answer", BAD, ids=[row[0] for row in BAD])
def test_what_makes_no_sense_ends_the_connection(gateway, what, data, answer):
    gw = gateway()
    out, closed = raw(gw, data, 3)
    assert closed and out.startswith(answer) and (answer or not out), f"{what}: {out} closed: {closed}"
    assert out.count(b" 403 ") + out.count(b"HTTP/1.1 ") <= 1, f"{what}: expected one answer; got {out}"
    assert get(gw, "/health").status == 200


# pipelines, many, slow

def test_requests_in_a_row_are_answered_in_order(gateway):
    gw = gateway()
    wanted = ["/health", "/nothing", "/status.json"] * 20
    out, closed = raw(gw, b"".join(lines(f"GET {path} HTTP/1.1", "Host: localhost") for path in wanted), 2)
    assert re.findall(rb"HTTP/1.1 (\d+)", out) == [b"404" if p == "/nothing" else b"200" for p in wanted] and not closed, out


@pytest.mark.parametrize("last", [
    lines("POST / HTTP/1.1", "Host: localhost", "Content-Length: 3") + b"abc",
    lines("POST / HTTP/1.1", "Host: localhost", "Content-Length: 3") + b"abcdefghijk",
    lines("PUT / HTTP/1.1", "Host: localhost", "Content-Length: 300000") + b"abc",
], ids=["a body", "more than a body", "less than a body"])
def test_a_body_behind_other_requests_does_not_stop_the_loop(gateway, last):
    gw = gateway()
    out, closed = raw(gw, lines("GET /health HTTP/1.1", "Host: localhost") * 2 + last, 3)
    assert re.findall(rb"HTTP/1.1 (\d+)", out) == [b"200", b"200", b"405"] and closed, out
    assert get(gw, "/health", timeout=2).status == 200


def test_fifty_ask_at_once(gateway):
    gw = gateway(peers=PEERS)
    wrong = []

    def caller(i):
        try:
            c = http.client.HTTPConnection("127.0.0.1", gw.admin_port, timeout=20)
            for n in range(10):
                path = PAGES[(i + n) % len(PAGES)]
                c.request("GET", path)
                got = c.getresponse()
                body = got.read()
                if got.status != 200 or len(body) != int(got.headers["Content-Length"]):
                    wrong.append((path, got.status, len(body)))
            c.close()
        except Exception as err:
            wrong.append(repr(err))
    threads = [threading.Thread(target=caller, args=(i,)) for i in range(50)]
    began = time.monotonic()
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert not wrong, wrong[:5]
    assert time.monotonic() - began < 15, f"500 requests took {time.monotonic() - began:.1f} s"


def test_one_who_keeps_his_connection_is_answered_at_once(gateway):
    gw = gateway()
    c = http.client.HTTPConnection("127.0.0.1", gw.admin_port, timeout=10)
    began = time.monotonic()
    for _ in range(50):
        c.request("GET", "/metrics")                # more than one segment: TCP must not wait for acknowledgements
        c.getresponse().read()
    took = time.monotonic() - began
    c.close()
    assert took < 1, f"50 requests took {took:.1f} s"


def test_the_slow_are_waited_for_ten_seconds_and_keep_nobody(gateway):
    gw = gateway()
    opened = []

    def connect(data, buffer=None):
        s = socket.socket()
        if buffer:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        s.settimeout(20)
        s.connect(("127.0.0.1", gw.admin_port))
        s.sendall(data)
        opened.append(s)
        return s

    began, before = time.monotonic(), figures(gw)["process_open_fds"]
    quiet = [connect(b"") for _ in range(10)] + [connect(b"GET /hea") for _ in range(10)]
    deaf = [connect(lines("GET /metrics HTTP/1.1", "Host: localhost") * 500, 2048) for _ in range(5)]    # they never read
    dribbling = connect(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
    longest, dribbled = 0.0, None
    while time.monotonic() - began < 14:
        asked = time.monotonic()
        assert get(gw, "/health").status == 200
        longest = max(longest, time.monotonic() - asked)
        try:
            dribbling.sendall(b"X: y\r\n")
        except OSError:
            dribbled = dribbled or time.monotonic() - began
        time.sleep(0.4)
    assert longest < 1, f"others waited {longest:.1f} s"
    assert dribbled, "one who sends a header now and then is never let go"
    for s in quiet:
        s.setblocking(False)
        try:
            assert s.recv(100) == b"", "nothing was asked, and something came"
        except ConnectionResetError:
            pass
        except BlockingIOError:
            raise AssertionError("one who asks nothing was still connected after 14 s") from None
    while (held := figures(gw)["process_open_fds"] - before) > 1:     # what was begun to be sent gets 5 s more
        assert time.monotonic() - began < 20, f"{held:.0f} of {len(opened)} are still held after 20 s"
        time.sleep(0.3)
    assert len(deaf) == 5
    for s in opened:
        s.close()
    assert get(gw, "/health").status == 200


def test_too_many_are_refused_and_then_served_again(gateway):
    gw = gateway()
    crowd = [socket.create_connection(("127.0.0.1", gw.admin_port), timeout=5) for _ in range(300)]
    time.sleep(0.3)
    refused = 0
    for s in crowd:
        s.setblocking(False)
        try:
            refused += s.recv(1) == b""
        except BlockingIOError:
            pass
        except OSError:
            refused += 1
    assert 40 <= refused <= 50, f"expected all but 256 to be refused; got {refused} of 300"
    for s in crowd:
        s.close()
    end = time.monotonic() + 5
    while True:
        try:
            assert get(gw, "/health").status == 200
            break
        except OSError:
            assert time.monotonic() < end
            time.sleep(0.1)
    assert figures(gw)["process_open_fds"] < 100


def test_it_ends_at_once_with_callers_in_every_state(gateway):
    gw = gateway()
    states = [b"", b"GET /", lines("GET /health HTTP/1.1", "Host: localhost"), lines("GET /metrics HTTP/1.1", "Host: localhost") * 200]
    opened = []
    for data in states * 5:
        s = socket.create_connection(("127.0.0.1", gw.admin_port), timeout=5)
        s.sendall(data)
        opened.append(s)
    time.sleep(0.3)
    began = time.monotonic()
    gw.stop(within=5)
    took = time.monotonic() - began
    assert took < 4, f"it took {took:.1f} s"
    for s in opened:
        s.close()
    gw.start()                                      # the port is free again at once
    assert get(gw, "/health").status == 200


# where it listens

def test_it_listens_on_each_address_or_on_none(gateway):
    gw = gateway(start=False)
    gw.config["admin"]["listen"] = [f"127.0.0.1:{gw.admin_port}", f"127.0.0.2:{gw.admin_port}"]
    gw.write_config()
    gw.start()
    for host in ("127.0.0.1", "127.0.0.2"):
        with socket.create_connection((host, gw.admin_port), timeout=5) as s:
            s.sendall(lines("GET /health HTTP/1.0"))
            assert s.recv(100).startswith(b"HTTP/1.1 200 ")
    gw.stop()
    gw.config["admin"]["listen"] = []
    gw.write_config()
    gw.start()
    with pytest.raises(OSError):
        get(gw, "/health")


def test_a_taken_address_is_named(gateway):
    gw = gateway(start=False)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", gw.admin_port))
        taken.listen(1)
        got = gw.cli("serve")
    assert got.code == 1 and "admin.listen" in got.err and f"127.0.0.1:{gw.admin_port}" in got.err, got
