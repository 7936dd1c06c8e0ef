"""The rows of tests/bench/run about parsing: one MESSAGE of some 600 octets, by us and by the libraries beside us, in the
same minute on the same core. Each is the best of 300 short rounds, as whatever else runs only adds."""
import os
import re
import subprocess

PROGRAMS = ("sip_parse_bench", "sip_parse_bench_theirs", "sip_parse_bench_re")
TARGETS = {"parse ours / parse sofia-sip": 0.30}


def all_rows(bench, folder):
    if not bench.wanted("parse"):
        return
    for program in (os.path.join(folder, name) for name in PROGRAMS):
        if not os.path.exists(program):
            bench.notes.append(f"no {os.path.basename(program)}: a library to compare with is not installed")
            continue
        text = subprocess.run(["taskset", "-c", "0", program], check=True, text=True, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE).stdout
        for name, ns in re.findall(r"^(\S.*?) +([\d.]+) ns a message", text, re.M):
            bench.rows[f"parse {name}"] = [{"ns": float(ns)}]


def table(rows):
    lines = [f"| {name.removeprefix('parse ')} | {got[0]['ns']:.0f} |" for name, got in rows.items() if "ns" in got[0]]
    return ["", "| one MESSAGE parsed | ns |", "|---|---|", *lines] if lines else []


def found(rows):
    return {name: rows[a][0]["ns"] / rows[b][0]["ns"] for name in TARGETS for a, b in [name.split(" / ")]
            if a in rows and b in rows}
