"""The rows of tests/bench/run about OSCAR alone: messages from AIM session to AIM session, sign-ons, presence told to AIM
sessions, ten thousand sessions that do nothing, and clients that want too much while others go on as before."""
import json
import os
import subprocess
import tempfile
import time

from machine import Gateway, cpu_seconds, free_ports, stop

PAIRS, WATCHERS, SIGN_ONS, MANY, SILENT, STALLED = 1000, 1000, 1000, 10000, 5000, 1000
# µs for one; KiB; ms
TARGETS = {"icbm to aim, 1000 pairs": 10, "sign-on": 500}
FLOODS = {"messages": "flood-messages", "empty frames": "flood-frames", "wrong passwords": "flood-passwords",
          f"{SILENT} silent connections": "flood-silent", f"{STALLED} stalled frames": "flood-stalled"}


def gateway(bench, what, **more):
    folder = tempfile.mkdtemp(prefix=f"{what}-", dir=bench.dir)
    found = Gateway(bench.program, os.path.join(folder, "gateway"), free_ports(1)[0], bench.pki, **more)
    bench.procs.append(found.proc)
    return found


def run(bench, name, what, who, **more):
    try:
        return bench.run(what, who.keys(), **more)
    except (RuntimeError, subprocess.TimeoutExpired) as err:
        bench.notes.append(f"{name}: {err}")
        return {}


def pairs(bench):
    name = f"icbm to aim, {PAIRS} pairs"
    if not bench.wanted(name):
        return
    who, n = gateway(bench, "pairs", users=2 * PAIRS), 100 if bench.options.quick else PAIRS
    for i in range(bench.rounds + (not bench.options.quick)): # the first does not count
        got = run(bench, name, "pairs", who, sessions=2 * n, window=4, seconds=bench.seconds, warm=bench.warm)
        if got.get("lost") or got.get("errors"):
            bench.notes.append(f"{name}: {got['lost']} of {got['sent']} lost, {got['errors']} refused; the round does not count")
        elif got and (i or bench.options.quick):
            bench.rows.setdefault(name, []).append(got)
    stop(who.proc)


def sign_ons(bench):
    if not bench.wanted("sign-on"):
        return
    who, n = gateway(bench, "signon"), 100 if bench.options.quick else SIGN_ONS
    run(bench, "sign-on", "signon", who, sessions=n, buddies=100, rounds=0)
    stop(who.proc)
    who.restart()
    bench.procs.append(who.proc) # so that it finds each user and each list on disk
    for i in range(bench.rounds):
        got = run(bench, "sign-on", "signon", who, sessions=n, buddies=100, rounds=1)
        if i == 0 and "first" in got:
            bench.rows["sign-on, first"] = [got["first"]]
        if "again" in got:
            bench.rows.setdefault("sign-on", []).append(got["again"])
    stop(who.proc)


def fanout(bench):
    name = "presence to aim"
    if not bench.wanted(name):
        return
    who = gateway(bench, "fanout", users=WATCHERS + 1)
    got = run(bench, name, "fanout", who, watchers=WATCHERS, rounds=1 if bench.options.quick else 3)
    for row in got.get("rounds", ()):
        if row["told"] == WATCHERS:
            bench.rows.setdefault(name, []).append(row)
        else:
            bench.notes.append(f"{name}: {row['told']} were told of {WATCHERS}; the round does not count")
    stop(who.proc)


class Background:
    """A load that goes on until it is ended: `row` is what it said then."""
    def __init__(self, bench, what, who, **more):
        argv = ["taskset", "-c", "1", bench.load, what, *who.keys(), *(f"{k}={v}" for k, v in more.items())]
        self.proc = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        bench.procs.insert(0, self.proc)
        self.began = bool(self.proc.stdout.readline())

    def end(self):
        out, _ = self.proc.communicate()
        return json.loads(out) if out.strip() else {}


def many(bench):
    """Sessions that stay, and two users among them who write to each other."""
    if not bench.wanted("idle many"):
        return
    n = 1000 if bench.options.quick else MANY
    who = gateway(bench, "many", users=n)
    before = who.pss()
    load = Background(bench, "idle", who, sessions=n - 2, first=2, buddies=10)
    if not load.began:
        bench.notes.append(f"{n} idle sessions: they did not all sign on")
    else:
        at, used = time.monotonic(), cpu_seconds(who.proc.pid)
        time.sleep(2 if bench.options.quick else 10)
        row = {"sessions": n, "share": (cpu_seconds(who.proc.pid) - used) / (time.monotonic() - at),
               "kib": (who.pss() - before) / n}
        row |= run(bench, "idle many", "pairs", who, sessions=2, window=1, pace=100, seconds=2, warm=0.2)
        bench.rows["idle many"] = [row]
    load.end()
    stop(who.proc)


def floods(bench):
    """What one SIP user who writes 100 messages a second to an AIM user sees of them. Who floods has the core of the
        load generator in common with him."""
    for name, what in {"nobody": None, **FLOODS}.items():
        if not bench.wanted(f"flood {name}"):
            continue
        who = gateway(bench, "flood", limits=True)
        before = who.pss()
        load = what and Background(bench, what, who, first=1, sessions=500,
                                   connections=SILENT if "silent" in what else STALLED)
        used, at = cpu_seconds(who.proc.pid), time.monotonic()
        got = run(bench, f"flood {name}", "messages", who, transport="tcp", sessions=1, pace=100, seconds=2, warm=0.2)
        share, grown = (cpu_seconds(who.proc.pid) - used) / (time.monotonic() - at), who.pss() - before
        row = {**got, "flood": load.end() if load else {}, "share": share, "grown_kib": grown}
        if "delivered_p99" in got:
            bench.rows[f"flood {name}"] = [row]
        stop(who.proc)


def all_rows(bench):
    for rows in (pairs, sign_ons, fanout, many, floods):
        rows(bench)


def middle(rows):
    return sorted(rows, key=lambda row: row["cpu"])[(len(rows) - 1) // 2]


def is_ours(name):
    return name.startswith(("icbm to aim", "sign-on", "presence to aim", "idle many", "flood "))


def said(flood):
    if "said" not in flood:
        return ""
    cut = f", cut off {flood['cuts']} times" if flood["cuts"] else ""
    return f"{flood['rate']:.0f} a second{cut}"


def table(rows):
    lines = []
    for name, got in rows.items():
        if not name.startswith(("icbm to aim", "sign-on", "presence to aim")):
            continue
        best = middle(got)
        more = f"the last after {best['last_ms']:.0f} ms" if "last_ms" in best else f"{best['rate']:.0f} a second"
        if "answered_p50" in best:
            more += f"; arrived {best['delivered_p50'] / 1000:.2f} / {best['delivered_p99'] / 1000:.2f} ms (p50/p99)"
        lines.append(f"| {name} | {best['cpu'] * 10:.1f} | {' '.join('%.1f' % (row['cpu'] * 10) for row in got)} |"
                     f" {1e5 / best['cpu']:.0f} | {more} |")
    if lines:
        lines[:0] = ["", "| OSCAR alone | µs of CPU for one | rounds | for a CPU second | |", "|---|---|---|---|---|"]
    if "idle many" in rows:
        row = rows["idle many"][0]
        lines += ["", f"{row['sessions']} sessions that do nothing take {row['share'] * 100:.1f} % of one core and {row['kib']:.1f} KiB each."
                  f" Messages between two of them meanwhile arrive in {row.get('delivered_p50', 0) / 1000:.2f} / "
                  f"{row.get('delivered_p99', 0) / 1000:.2f} ms (p50/p99)."]
    floods_of = [(name[len("flood "):], got[0]) for name, got in rows.items() if name.startswith("flood ")]
    if floods_of:
        lines += ["", "| flood of | it came to | of the gateway's core | memory | others' messages p50/p99 ms |", "|---|---|---|---|---|"]
    for name, row in floods_of:
        lines.append(f"| {name} | {said(row['flood'])} | {row['share'] * 100:.0f} % | {row['grown_kib'] / 1024:+.1f} MiB |"
                     f" {row['delivered_p50'] / 1000:.2f} / {row['delivered_p99'] / 1000:.2f} |")
    return lines


def found(rows):
    return {name: middle(rows[name])["cpu"] * 10 for name in TARGETS if name in rows}
