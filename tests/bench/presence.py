"""The rows of tests/bench/run about presence: NOTIFY fan-out, SUBSCRIBE, PUBLISH and REGISTER, and what a subscription
takes in memory, each beside Kamailio as a presence server (kamailio_presence.cfg) in the same run.

Each figure of CPU is the middle one of some rounds. A SUBSCRIBE counts with its answer, the NOTIFY that follows and that
one's 200. Ours has written it to disk before it answers, as it keeps subscriptions over a restart; Kamailio keeps all
of this in memory alone (subs_db_mode=0, publ_cache=2), but for the names of watchers whom it sees for the first time,
which it writes into a file of sqlite. Of what NOTIFYs cost is taken away what the same processes use in a time without
any, and both are new: behind the other rows one of Kamailio's costs twice as much. PUBLISH and REGISTER are told to both
with digest (MD5, qop=auth): the first of each user is challenged and said once more, the later ones use the nonce again.
"""
import contextlib
import os
import shutil
import socket
import sqlite3
import subprocess
import tempfile
import threading
import time

from machine import Gateway, Kamailio, free_ports, stop

SQL = "/usr/share/kamailio/db_sqlite"
WATCHERS, MANY = 1000, 100000
TARGETS = {f"notify {t} / kamailio notify {t}": 0.30 for t in ("udp", "tcp")} | \
    {f"{what} {t} / kamailio {what} {t}": 0.50 for what in ("subscribe first", "subscribe refresh") for t in ("udp", "tcp")} | \
    {"octets of a subscription": 880}


class PresenceServer(Kamailio):
    def start(self, folder, _front, _name):
        database = os.path.join(folder, "presence.sqlite")
        db = sqlite3.connect(database)
        for name in ("standard", "presence"):
            with open(f"{SQL}/{name}-create.sql", encoding="ascii") as f:
                db.executescript(f.read())
        db.commit()
        db.close()
        super().start(folder, f"#!define DBURL \"sqlite:///{database}\"\n"
                      f"#!define SERVERADDR \"sip:127.0.0.1:{self.sip}\"\n", "kamailio_presence.cfg")


def serve(conn):
    """200 to each request without a body that comes over the connection."""
    data = b""
    with conn:
        while part := conn.recv(4096):
            *heads, data = (data + part).lstrip(b"\r\n").split(b"\r\n\r\n")
            for head in heads:
                lines = [line for line in head.lstrip(b"\r\n").split(b"\r\n")[1:]
                         if line.split(b":")[0] in (b"Via", b"From", b"To", b"Call-ID", b"CSeq")]
                conn.sendall(b"\r\n".join([b"SIP/2.0 200 OK", *lines, b"Content-Length: 0", b"", b""]) if lines else b"")


def be_the_peer(port):
    """The watchers' domain answers when it is asked whether it is there: else it is told nothing after 30 s."""
    def work(home):
        while True:
            threading.Thread(target=serve, args=(home.accept()[0],), daemon=True).start()
    threading.Thread(target=work, args=(socket.create_server(("127.0.0.1", port)),), daemon=True).start()


def both(bench):
    """The gateway and Kamailio, new ones, with the names that their rows begin with."""
    folder = tempfile.mkdtemp(prefix="presence-", dir=bench.dir)
    found = [("", Gateway(bench.program, os.path.join(folder, "gateway"), free_ports(1)[0], bench.pki))]
    if shutil.which("kamailio") and os.path.isdir(SQL):
        found.append(("kamailio ", PresenceServer(os.path.join(folder, "kamailio"), free_ports(1)[0], bench.pki)))
    be_the_peer(found[0][1].peer)
    bench.procs += [who.proc for _, who in found]
    return found


@contextlib.contextmanager
def servers(bench, transport, *rows):
    """Both, if one of these rows is wanted, and their end."""
    wanted = any(bench.wanted(f"{front}{row} {transport}") for front in ("", "kamailio ") for row in rows)
    running = both(bench) if wanted else []
    yield running
    for _, who in running:
        stop(who.proc)


def run(bench, name, what, who, **more):
    try:
        return bench.run(what, who.keys(), **more)
    except (RuntimeError, subprocess.TimeoutExpired) as err:
        bench.notes.append(f"{name}: {err}")
        return {}


def notify(bench, front, who, transport):
    name = f"{front}notify {transport}"
    if not bench.wanted(name):
        return
    got = run(bench, name, "presence", who, transport=transport, rounds=1 + bench.rounds)
    for row in got.get("rounds", ())[1:]: # the first one's memory is new: for us 8 to 15 µs a NOTIFY more
        if row["notified"] == WATCHERS:
            bench.rows.setdefault(name, []).append(row)
        else:
            bench.notes.append(f"{name}: {row['notified']} NOTIFYs for {WATCHERS} watchers; the round does not count")


def requests(bench, front, who, transport):
    name = f"{front}subscribe {transport}"
    if bench.wanted(name):
        got = run(bench, name, "subscribe", who, transport=transport, watchers=2000 if bench.options.quick else 10000)
        for phase in ("first", "refresh"):
            if phase in got:
                bench.rows.setdefault(f"{front}subscribe {phase} {transport}", []).append(got[phase])
    name = f"{front}publish register {transport}"
    if bench.wanted(name):
        got = run(bench, name, "publish", who, transport=transport, sessions=1000)
        for phase in ("publish", "publish_refresh", "publish_modify", "register", "register_refresh"):
            if phase in got:
                bench.rows.setdefault(f"{front}{phase.replace('_', ' ')} {transport}", []).append(got[phase])


def memory(bench):
    """What so many subscriptions that stay add to the memory of all processes, divided by their number."""
    if not bench.wanted("octets of a subscription"):
        return
    n = 10000 if bench.options.quick else MANY
    for front, who in both(bench):
        name = f"{front}octets of a subscription"
        before = who.pss()
        load = subprocess.Popen(["taskset", "-c", "1", bench.load, "subscribe", *who.keys(), f"watchers={n}", "rounds=0",
                                 "transport=tcp"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        if load.stdout.readline():
            time.sleep(0.5)
            bench.rows[name] = [{"subscriptions": n, "octets": (who.pss() - before) * 1024 / n}]
        else:
            bench.notes.append(f"{name}: they could not all be made")
        load.communicate()
        stop(who.proc)


def all_rows(bench):
    for transport in ("tcp",) if bench.options.quick else ("udp", "tcp"):
        with servers(bench, transport, "subscribe", "publish register") as pair:
            for _ in range(bench.rounds):
                for front, who in pair:
                    requests(bench, front, who, transport)
        with servers(bench, transport, "notify") as pair:
            for front, who in pair:
                notify(bench, front, who, transport)
    memory(bench)


def middle(rows):
    return sorted(rows, key=lambda row: row["cpu"])[(len(rows) - 1) // 2]


def table(rows):
    lines = []
    for name, got in rows.items():
        if any(word in name for word in ("notify", "subscribe", "publish", "register")):
            best = middle(got)
            more = f"{best['octets']:.0f} octets, the last after {best['last_ms']:.0f} ms" if "octets" in best else \
                f"{best['rate']:.0f} a second"
            lines.append(f"| {name} | {best['cpu'] * 10:.1f} | {' '.join('%.1f' % (row['cpu'] * 10) for row in got)} | {more} |")
    for name, got in rows.items():
        if name.endswith("octets of a subscription"):
            lines += ["", f"{name}: {got[0]['octets']:.0f}, of {got[0]['subscriptions']} that stay."]
    if lines:
        lines[:0] = ["", "| presence | µs of CPU for one | rounds | |", "|---|---|---|---|"]
    return lines


def found(rows):
    out = {}
    for name in TARGETS:
        parts = name.split(" / ")
        if len(parts) == 2 and all(p in rows for p in parts):
            out[name] = middle(rows[parts[0]])["cpu"] / middle(rows[parts[1]])["cpu"]
        elif len(parts) == 1 and name in rows and rows[name][0]["subscriptions"] >= MANY: # of few, what is there once counts
            out[name] = rows[name][0]["octets"]
    return out
