"""The torture messages of RFC 4475 (its archive, bit for bit) and RFC 5118 (as printed, Content-Length mended) against the
gateway, over UDP and over TCP: what is answered, and that nobody else notices.

The files are tests/simple/torture/*.dat.  Row ids (T-01 ...) are those of tests/conformance/rows.tsv.
"""
import os
import re
import select
import socket

import pytest

from sip_ua import UserAgent
from sip_wire import challenges, credentials, parse, uri_of

FILES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "simple", "torture")
HERE = "127.44.75.1"                # answers go to the port of the Via, so these ports must be ours alone
PORTS = (5060, 5061, 5050, 6050, 19823)
CLOSES = "closes"                   # over TCP: the connection ends after the answer

# row, file, answers over UDP, over TCP where they differ; None: no answer at all
ROWS = [
    ("T-01", "wsinv", (405,)),
    ("T-02", "intmeth", (501,)),
    ("T-03", "esc01", (405,)),
    ("T-04", "escnull", (404,)),
    ("T-05", "esc02", (501,)),
    ("T-06", "lwsdisp", (200,)),
    ("T-07", "longreq", (405,)),
    ("T-08", "dblreq", (401,), (401, 405, CLOSES)),     # on a stream the rest is the next message, and then junk
    ("T-09", "semiuri", (404,)),
    ("T-10", "transports", (200,)),
    ("T-11", "mpart01", (403,)),                        # neither its sender nor its receiver is ours: see below
    ("T-12", "unreason", None),
    ("T-13", "noreason", None),
    ("T-14", "badinv01", (400,)),
    ("T-15", "clerr", (400,), None),                    # on a stream the rest may still come
    ("T-16", "ncl", (400,), (400, CLOSES)),
    ("T-17", "scalar02", (400,)),
    ("T-18", "scalarlg", None),
    ("T-19", "quotbal", (400,)),
    ("T-20", "ltgtruri", (400,)),
    ("T-21", "lwsruri", (400,)),
    ("T-22", "lwsstart", (400,)),
    ("T-23", "trws", (400,)),
    ("T-24", "escruri", (400,)),
    ("T-25", "baddate", (405,)),
    ("T-26", "regbadct", (400,)),
    ("T-27", "badaspec", (400,)),
    ("T-28", "baddn", (400,), None),                    # the file ends before the empty line
    ("T-29", "badvers", (505,)),
    ("T-30", "mismatch01", (400,)),
    ("T-31", "mismatch02", (501,)),
    ("T-32", "bigcode", None),
    ("T-33", "badbranch", (200, 400)),
    ("T-34", "insuf", (400,)),
    ("T-35", "unkscm", (416,)),
    ("T-36", "novelsc", (416,)),
    ("T-37", "unksm2", (400,)),
    ("T-38", "bext01", (420,)),
    ("T-39", "invut", (405,)),
    ("T-40", "regaut01", (401,)),
    ("T-41", "multi01", (400,)),
    ("T-42", "mcl01", (400,), (400, CLOSES)),
    ("T-43", "bcast", None),
    ("T-44", "zeromf", (200,)),
    ("T-45", "cparam01", (401,)),                       # with a password: see below
    ("T-46", "cparam02", (401,)),
    ("T-47", "regescrt", (401,)),
    ("T-48", "sdp01", (405,)),
    ("T-49", "inv2543", (405,), (400, CLOSES)),         # no Content-Length on a stream
    ("T-50", "ipv6-good", (403,)),                      # parsed: another registrar's
    ("T-51", "ipv6-bad", (400,)),
    ("T-52", "port-ambiguous", (403,)),
    ("T-53", "port-unambiguous", (403,)),
    ("T-54", "via-received-param-with-delim", (405,)),
    ("T-54", "via-received-param-no-delim", (404, 200)),
    ("T-55", "ipv6-in-sdp", (405,)),
    ("T-55", "mult-ip-in-header", (405,)),
    ("T-55", "mult-ip-in-sdp", (405,)),
    ("T-55", "ipv4-mapped-ipv6", (405,)),
    ("T-56", "ipv6-bug-abnf-3-colons", (404,)),
    ("T-56", "ipv6-correct-abnf-2-colons", (404,)),
]
EACH = pytest.mark.parametrize("row, name, udp, tcp", [(*r, r[2])[:4] if len(r) == 3 else r for r in ROWS],
                               ids=[f"{r[0]}-{r[1]}" for r in ROWS])


def torture(name):
    with open(os.path.join(FILES, name + ".dat"), "rb") as f:
        return f.read()


@pytest.fixture(scope="module")
def gateways(shared_gateway):
    """One for each transport: the same message over the other one would be a repeat."""
    return {t: shared_gateway(["user", "watson", "kumiko"], domain="example.com") for t in ("udp", "tcp")}


@pytest.fixture(scope="module")
def datagrams():
    """A socket for each port that a Via names."""
    socks = []
    for port in PORTS:
        s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        s.bind((HERE, port))
        socks.append(s)
    yield socks
    for s in socks:
        s.close()


def split(data):
    """The responses in some octets."""
    out = []
    while data:
        head, sep, rest = data.partition(b"\r\n\r\n")
        assert sep, f"expected whole responses; got {data!r}"
        size = int(re.search(rb"(?im)^content-length: (\d+)", head)[1])
        out.append(parse(head + sep + rest[:size]))
        data = rest[size:]
    return out


def probe(n, domain="example.com"):
    return (f"OPTIONS sip:{domain} SIP/2.0\r\nVia: SIP/2.0/UDP {HERE}:5060;branch=z9hG4bKprobe{n}\r\nMax-Forwards: 70\r\n"
            f"From: <sip:probe@example.net>;tag=probe{n}\r\nTo: <sip:{domain}>\r\nCall-ID: probe{n}\r\nCSeq: 1 OPTIONS\r\n"
            "Content-Length: 0\r\n\r\n").encode()


def over_udp(gw, socks, data, late=False):
    """All answers up to that of an OPTIONS that was sent behind it: so the gateway is alive, too.  late: one may come after it."""
    gw.counter += 1
    for what in (data, probe(gw.counter, gw.domain)):
        socks[0].sendto(what, ("127.0.0.1", gw.sip_port))
    out, wait, alive = [], 5, False
    while not (alive and out and late):                                         # the answers come over several sockets, in any order
        ready, _, _ = select.select(socks, [], [], wait)
        if not ready:
            break
        for s in ready:
            for m in split(s.recv(65536)):
                probed = m.get("Call-ID") == f"probe{gw.counter}"
                alive |= probed
                wait = 0 if alive and not late else wait
                if not probed and not is_repeat(m):
                    out.append(m)
    assert alive, f"the gateway says nothing any more; it said {out}; {gw.log_tail()}"
    return out


refused = set()


def is_repeat(m):
    """The refusal of an INVITE that got no ACK yet, once more."""
    key = (m.get("Call-ID"), m.get("CSeq"))
    again = key in refused
    if m.status == 405 and key[1].endswith("INVITE"):
        refused.add(key)
    return again


def acknowledge(gw, socks, data, m):
    """ACK to a refused INVITE (RFC 3261 17.1.1.3): never answered, and the refusal is not repeated."""
    via = re.sub(r";(received|rport)=[^;]*", "", m.get("Via"))
    uri = re.match(rb"INVITE (\S+) ", data)[1].decode()
    rows = [f"ACK {uri} SIP/2.0", f"Via: {via}"] + [f"{n}: {m.get(n)}" for n in ("From", "To", "Call-ID")]
    rows += [f"CSeq: {m.cseq[0]} ACK", "Max-Forwards: 70", "Content-Length: 0", "", ""]
    assert not over_udp(gw, socks, "\r\n".join(rows).encode()), "an ACK is never answered"


def over_tcp(gw, data, wait):
    """All answers, and whether the connection ended; `wait` s where nothing is to come."""
    with socket.create_connection(("127.0.0.1", gw.sip_port), timeout=5) as s:
        s.sendall(data)
        got, closed = b"", False
        try:
            s.settimeout(wait or 5)
            while not closed and (wait or not got.endswith(b"\r\n\r\n")):
                part = s.recv(65536)
                got, closed = got + part, not part
            s.settimeout(0.05)
            part = s.recv(65536)
            got, closed = got + part, not part
        except (socket.timeout, ConnectionResetError) as err:
            closed = closed or isinstance(err, ConnectionResetError)
        return split(got), closed


def check(name, got, expected):
    codes = [m.status for m in got]
    if expected is None:
        assert not got, f"{name}: expected no answer; got {codes}"
        return
    wanted = [c for c in expected if c != CLOSES]
    several = len(wanted) > 1 and name == "dblreq"
    assert codes == wanted if several else len(codes) == 1 and codes[0] in wanted, f"{name}: expected {expected}; got {got}"
    first = got[0]
    if first.status in (405, 501):
        assert "MESSAGE" in first.list("Allow"), first.headers
    if name == "bext01":
        assert {"nothingSupportsThis", "nothingSupportsThisEither"} <= set(first.list("Unsupported")), first.headers
    if first.status == 401:
        challenges(first)
    sent = [line for line in torture(name).decode("latin-1").split("\r\n") if re.match(r"(?i)(call-id|i)\s*:", line)]
    if sent and name != "multi01":
        assert first.get("Call-ID") == sent[0].partition(":")[2].strip(), first.get("Call-ID")


@EACH
def test_over_udp(gateways, datagrams, row, name, udp, tcp):
    got = over_udp(gateways["udp"], datagrams, torture(name))
    check(name, got, udp)
    if got and got[0].status == 405 and got[0].cseq[1] == "INVITE":
        acknowledge(gateways["udp"], datagrams, torture(name), got[0])


@EACH
def test_over_tcp(gateways, row, name, udp, tcp):
    gw = gateways["tcp"]
    got, closed = over_tcp(gw, torture(name), 0.5 if tcp is None or name == "dblreq" else None)
    check(name, got, tcp)
    assert closed == bool(tcp and CLOSES in tcp), f"{name}: closed: {closed}"
    alive, _ = over_tcp(gw, probe(row + name).replace(b"/UDP", b"/TCP"), None)
    assert alive[0].status == 200


def test_an_invite_of_rfc2543_is_repeated_until_its_ack(gateways, datagrams):
    """T-49: no branch; the ACK is matched by what RFC 2543 has, and not answered."""
    gw, data = gateways["udp"], torture("inv2543").replace(b"inv2543.1717", b"inv2543.1718")
    first = over_udp(gw, datagrams, data)
    ready, _, _ = select.select(datagrams, [], [], 2)
    again = [m for s in ready for m in split(s.recv(65536)) if m.get("Call-ID").startswith("inv2543.1718")]
    assert [m.status for m in first + again] == [405, 405], f"expected 405 again without an ACK; got {first + again}"
    acknowledge(gw, datagrams, data, again[0])
    ready, _, _ = select.select(datagrams, [], [], 1.5)
    late = [m for s in ready for m in split(s.recv(65536)) if m.get("Call-ID").startswith("inv2543.1718")]
    assert not late, f"expected no more 405 after the ACK; got {late}"


# what needs a password or another domain

def register(gw, name, **edit):
    """The REGISTER of the file with digest credentials, edited; gives the 200 to it and to a fetch after it."""
    text = torture(name).decode()
    for old, new in edit.get("replace", {}).items():
        text = text.replace(old, new)
    user = re.search(r"To: sip:(\w+)@", text)[1]
    head = text.partition("\r\n\r\n")[0]
    out = []
    with UserAgent(gw.sip_port, user, gw.password(user), "example.com", "tcp") as ua:
        for cseq, drop in ((100, None), (102, r"(?m)^(Contact|M)\s*:.*\r\n")):
            lines = re.sub(r"CSeq: \d+", f"CSeq: {cseq}", re.sub(drop, "", head + "\r\n") if drop else head + "\r\n")
            lines = lines.replace("SIP/2.0/UDP", "SIP/2.0/TCP").replace("kdjuw", f"kdjuw{cseq}{name}")
            got, _ = over_tcp(gw, (lines + "\r\n").encode(), None)
            challenge = next(c for c in challenges(got[0]) if c.get("algorithm", "MD5") == "MD5")
            answer = credentials(challenge, "REGISTER", "sip:example.com", user, ua.password, 1)
            lines = re.sub(r"CSeq: \d+", f"CSeq: {cseq + 1}", lines).replace("kdjuw", "kdjuwx")
            got, _ = over_tcp(gw, (lines + f"Authorization: {answer}\r\n\r\n").encode(), None)
            out.append(got[0])
        ua.register_id, ua.register_cseq = out[-1].get("Call-ID"), 200
        assert ua.register(0, contact="*").status == 200
    return out


def test_a_header_parameter_of_a_contact_is_not_in_its_uri(gateways):
    """T-45 cparam01: the parameter stands behind an addr-spec, so it belongs to the header."""
    for got in register(gateways["tcp"], "cparam01"):
        assert got.status == 200 and [uri_of(c) for c in got.list("Contact")] == ["sip:+19725552222@gw1.example.net"], got.headers


def test_a_uri_parameter_of_a_contact_is_kept(gateways):
    """T-46 cparam02."""
    for got in register(gateways["tcp"], "cparam02"):
        assert [uri_of(c) for c in got.list("Contact")] == ["sip:+19725552222@gw1.example.net;unknownparam"], got.headers


def test_a_contact_with_an_escaped_route_is_kept_as_it_is(gateways):
    """T-47 regescrt.  Its Contact is of our own domain, which is refused; with another host it is kept, ?Route and all."""
    assert register(gateways["tcp"], "regescrt")[0].status == 403
    for got in register(gateways["tcp"], "regescrt", replace={"<sip:user@example.com?": "<sip:user@host5.example.org?"}):
        assert [uri_of(c) for c in got.list("Contact")] == ["sip:user@host5.example.org?Route=%3Csip:sip.example.com%3E"], \
            got.headers


def test_the_text_of_a_signed_multipart_is_delivered(gateway, aim, datagrams):
    """T-11 mpart01: NULs and odd octets in the second part; the text of the first one arrives, whole."""
    gw = gateway(["kumiko"], domain="example.org",
                 peers=[{"domain": "example.com", "route": "sip:127.0.0.1:9;transport=udp", "from": [HERE]}])
    kumiko = aim(gw, "kumiko")
    got = over_udp(gw, datagrams, torture("mpart01").replace(b"127.0.0.1:5070", HERE.encode() + b":5060"), late=True)
    assert [m.status for m in got] == [200], got
    seen = kumiko.wait("im", who="fluffy@example.com")["text"]
    assert seen.startswith("Hello") and "application/octet-stream" in seen, seen


@pytest.mark.parametrize("transport", ["udp", "tcp"])
def test_the_body_of_invut_in_a_message_is_415(gateways, transport):
    """T-39: as an INVITE it is refused for its method; as a MESSAGE for its type."""
    gw = gateways[transport]
    body = torture("invut").partition(b"\r\n\r\n")[2]
    with UserAgent(gw.sip_port, "watson", gw.password("watson"), "example.com", transport) as ua:
        got = ua.message("sip:user@example.com", body, kind="application/unknownformat")
    assert got.status == 415 and "text/plain" in got.list("Accept"), got
