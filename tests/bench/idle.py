"""The rows of tests/bench/run about connections that do nothing, or worse. What 5,000 of each transport add to the PSS of
a gateway of its own when they stand and say nothing; then 5,000 that mean harm: a third sends half a giant message, a third
an octet now and then, a third asks and reads no answer. They come from an address of nobody's: a peer without limits may
take all of the gateway's time. Beside those the peer sends a MESSAGE to an AIM session 20 times a second."""
import json
import os
import resource
import socket
import subprocess
import time

from machine import Gateway, free_ports, stop

MANY = 5000
TRANSPORTS = ("tcp", "tls", "ws")
TARGETS = {"idle tls connection": 40.0, "hostile connections": 96.0, "slowest answer beside them": 1000.0}
UNITS = {"idle tls connection": "KiB", "hostile connections": "MiB", "slowest answer beside them": "ms"}
STRANGER = "127.0.0.2"
SECONDS = 8 # that the hostile ones go on
GIANT = b"MESSAGE sip:bench0000@aim.bench SIP/2.0\r\nX-H: " + b"y" * 60000
OPENING = (b"GET / HTTP/1.1\r\nHost: aim.bench\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
           b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: sip\r\n\r\n")
ASKED = b"".join(b"OPTIONS sip:aim.bench SIP/2.0\r\nVia: SIP/2.0/TCP 127.0.0.1:5999;branch=z9hG4bK%d\r\nMax-Forwards: 70\r\n"
                 b"From: <sip:user0000@sip.bench>;tag=t\r\nTo: <sip:aim.bench>\r\nCall-ID: c%d\r\nCSeq: 1 OPTIONS\r\n"
                 b"Content-Length: 0\r\n\r\n" % (n, n) for n in range(100))


def connect(port, rcvbuf=None, source="127.0.0.1"):
    s = socket.socket()
    s.bind((source, 0))
    if rcvbuf:
        s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
    s.settimeout(10)
    s.connect(("127.0.0.1", port))
    return s


def web_socket(port):
    s = connect(port)
    s.sendall(OPENING)
    if not s.recv(1024).startswith(b"HTTP/1.1 101 "):
        raise RuntimeError("a WebSocket was not opened")
    return s


def silent(bench, transport, count):
    """KiB of one that stands."""
    gateway = Gateway(bench.program, os.path.join(bench.dir, f"silent-{transport}"), free_ports(1)[0], bench.pki)
    bench.procs.append(gateway.proc)
    before, held, load = gateway.pss(), [], None
    if transport == "tls": # with a certificate, both ways
        load = subprocess.Popen([bench.load, "secure", *gateway.keys(), *gateway.secure(), f"connections={count}"],
                                stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if not load.stdout.readline():
            raise RuntimeError("they could not be made")
    else:
        held = [web_socket(gateway.ws) if transport == "ws" else connect(gateway.sip) for _ in range(count)]
    time.sleep(1)
    took = (gateway.pss() - before) / count
    for s in held:
        s.close()
    if load:
        load.communicate()
    stop(gateway.proc)
    return took


def push(s, data):
    try:
        return s.send(data)
    except (BlockingIOError, ConnectionError): # it is full; or was closed, as it should be
        return 0


class Hostile:
    def __init__(self, port, count):
        each = count // 3
        self.giants = [[connect(port, source=STRANGER), 0] for _ in range(count - 2 * each)]
        self.drips = [connect(port, source=STRANGER) for _ in range(each)]
        self.deaf = [connect(port, 4096, STRANGER) for _ in range(each)]
        for s in [s for s, _ in self.giants] + self.drips + self.deaf:
            s.setblocking(False)

    def go_on(self):
        for one in self.giants:
            one[1] += push(one[0], GIANT[one[1]:one[1] + 8000])
        for s in self.drips:
            push(s, b"M")
        for s in self.deaf:
            push(s, ASKED)

    def end(self):
        for s in [s for s, _ in self.giants] + self.drips + self.deaf:
            s.close()


def hostile(bench, count):
    """The most MiB they took, and milliseconds of the slowest answer and delivery beside them."""
    gateway = Gateway(bench.program, os.path.join(bench.dir, "hostile"), free_ports(1)[0], bench.pki)
    bench.procs.append(gateway.proc)
    before, most = gateway.pss(), 0
    many = Hostile(gateway.sip, count)
    beside = subprocess.Popen(["taskset", "-c", "1", bench.load, "messages", *gateway.keys(), "transport=tcp", "sessions=1", "pace=20", "warm=0",
                               f"seconds={SECONDS}"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True)
    while beside.poll() is None:
        many.go_on()
        most = max(most, gateway.pss() - before)
    out, err = beside.communicate()
    many.end()
    stop(gateway.proc)
    if beside.returncode:
        raise RuntimeError(f"the others were not answered: {err.strip()}")
    got = json.loads(out)
    if got["delivered"] != got["sent"] or got["refused"]:
        raise RuntimeError(f"of {got['sent']} messages of others {got['delivered']} were delivered, {got['refused']} refused")
    return most / 1024, got["slowest"] / 1000


def all_rows(bench):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    count = MANY // 5 if bench.options.quick else MANY
    for transport in TRANSPORTS:
        name = f"idle {transport} connection"
        if bench.wanted(name):
            try:
                bench.rows[name] = [{"connections": count, "kib": silent(bench, transport, count)}]
            except (OSError, RuntimeError) as err:
                bench.notes.append(f"{name}: {err}")
    if bench.wanted("idle hostile connections"):
        try:
            mib, slowest = hostile(bench, count)
            bench.rows["hostile connections"] = [{"connections": count, "mib": mib, "slowest_ms": slowest}]
        except (OSError, RuntimeError) as err:
            bench.notes.append(f"hostile connections: {err}")


def table(rows):
    lines = [f"| {got[0]['connections']} {name.removesuffix(' connection')} | {got[0]['kib']:.1f} |"
             f" {got[0]['kib'] * got[0]['connections'] / 1024:.1f} |"
             for name, got in rows.items() if name.endswith(" connection")]
    if "hostile connections" in rows:
        row = rows["hostile connections"][0]
        lines.append(f"| {row['connections']} hostile, at most | {row['mib'] * 1024 / row['connections']:.1f} | {row['mib']:.1f} |")
    return ["", "| connections | KiB each | MiB in all |", "|---|---|---|", *lines] if lines else []


def found(rows):
    out = {}
    if "idle tls connection" in rows:
        out["idle tls connection"] = rows["idle tls connection"][0]["kib"]
    if "hostile connections" in rows:
        row = rows["hostile connections"][0]
        out.update({"hostile connections": row["mib"], "slowest answer beside them": row["slowest_ms"]})
    return out
