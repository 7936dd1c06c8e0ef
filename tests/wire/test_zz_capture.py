"""Every frame that the gateway sent in the tests before this one, held against Wireshark's dissectors."""
import re
import subprocess

import oscar_session as oscar

KNOWN = ("AIM Generic, Evil",      # 01/10: Wireshark 4.0 does not step over the level word
         "AIM Directory, Server reply for search request")     # 0F/03: nor over the three words before the blocks
# 01/07 to a client of family 1 before version 3: records of 30 octets, where Wireshark 4.0 always reads 35
SHORT_RATES = re.compile("2a02.{8}00010007.{12}00050001.{56}0002.{56}0003")


MALFORMED = str(7 << 24)           # PI_MALFORMED, the group of an expert message


def fields(row, *wanted, where):
    decode = ["-d", f"tcp.port=={row['oscar']},aim"]
    for port in (row["sip"], *row["peers"]):
        decode += ["-d", f"tcp.port=={port},sip", "-d", f"udp.port=={port},sip"]
    argv = ["tshark", "-r", row["pcap"], "-n", *decode, "-Y", where, "-T", "fields", "-E", "separator=/t"]
    for name in wanted:
        argv += ["-e", name]
    done = subprocess.run(argv, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    return [line.split("\t") for line in done.stdout.splitlines()]


def to_gateway(row):
    return f"tcp.dstport=={row['oscar']} or tcp.dstport=={row['sip']} or udp.dstport=={row['sip']}"


def test_something_was_captured(captures, gateway, aim, ua):
    """Run by itself, this file makes a short conversation of its own."""
    if captures:
        return
    gw = gateway(["alice", "bob", "carol"], capture=True)
    for transport in ("udp", "tcp"):
        alice, bob = aim(gw, "alice", oscar.AIM51), ua(gw, "bob", transport)
        alice.add_buddy("bob")
        sub = bob.subscribe("sip:alice@aim.test")
        sub.wait(text=lambda t: "<basic>open</basic>" in t)
        for n in range(10):
            text = gw.text("\u263a")
            assert bob.message("sip:alice@aim.test", text).status == 200
            alice.wait("im", text=text)
            alice.im("bob", text, ack=True)
        alice.sign_off()


def frames(row):
    """One pass over a capture: what the gateway sent, (protocols, info, whether malformed, what, payload) each."""
    where = f"(aim or sip or _ws.malformed or _ws.expert.group == \"Malformed\") and not ({to_gateway(row)})"
    for protocols, info, bad, groups, what, payload in fields(
            row, "frame.protocols", "_ws.col.Info", "_ws.malformed", "_ws.expert.group", "_ws.expert.message", "tcp.payload",
            where=where):
        yield protocols.split(":"), info, bool(bad) or MALFORMED in groups.split(","), what, payload


def test_wireshark_finds_no_malformed_frame(captures):
    assert captures, "nothing was captured"
    seen, wrong = {"aim": 0, "sip": 0}, []
    for row in captures:
        for protocols, info, bad, what, payload in frames(row):
            for name in seen:
                seen[name] += name in protocols
            if bad and not any(k in info for k in KNOWN) and not SHORT_RATES.search(payload):
                wrong.append(f"{row['pcap']} {protocols[-1]}: {info} ({what})")
    assert not wrong, "malformed for Wireshark:\n" + "\n".join(wrong[:20])
    assert seen["aim"] >= 50 and seen["sip"] >= 10, f"expected at least 50 AIM and 10 SIP frames of the gateway; got {seen}"
    print(f"{seen['aim']} AIM frames and {seen['sip']} SIP messages of the gateway, none malformed")
