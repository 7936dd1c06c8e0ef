"""Hostile AIM clients: what they send is answered as the reference says or ends them, costs bounded memory, and takes nothing
from two others, whose messages arrive within a second all the while. What leaves the gateway is read strictly here (Link) and
by Wireshark (test_zz_capture.py)."""
import collections
import contextlib
import os
import random
import resource
import select
import socket
import struct
import subprocess
import sys
import time

import pytest

import oscar_session as oscar
from oscar_session import Link, Session
from oscar_wire import Item, flap, icbm, snac, str8, tlv, u8, u16, u32
from test_robust import MIB, metric, push, resident

HELLO = flap(1, 1, u32(1))
PASSWORD = "pwcrowd9x7Q"
INVALID, BAD_PAYLOAD, NOT_LOGGED_ON = 0x01, 0x0E, 0x04


class Pair:
    """Two AIM users who go on talking; each message within a second."""

    def __init__(self, gw):
        self.gw, self.slowest = gw, 0.0
        self.both = [Session(gw.oscar_port, n, gw.password(n), oscar.AIM51).sign_on() for n in ("alice", "bob")]
        self.talk()
        self.before = resident(gw)

    def talk(self):
        for one, other in (self.both, self.both[::-1]):
            text, began = self.gw.text(), time.monotonic()
            one.im(other.name, text, ack=True)
            other.wait("im", 5, text=text)
            took = time.monotonic() - began
            self.slowest = max(self.slowest, took)
            assert took < 1, f"a bystander's message took {took:.2f} s"

    def grown(self):
        return (resident(self.gw) - self.before) / MIB

    def told(self, what):
        print(f"\n{what}: {self.grown():.1f} MiB more, slowest message of a bystander {self.slowest * 1000:.0f} ms")


@pytest.fixture(scope="module")
def world(shared_gateway, captures):
    """One captured gateway and its pair for what is small."""
    gw = shared_gateway(["alice", "bob", "mallory", "trudy"], captures=captures)
    pair = Pair(gw)
    yield gw, pair
    for s in pair.both:
        s.close()
        s.check()


@pytest.fixture
def alone(gateway, closing):
    """A gateway of one's own, not captured, for what is large."""
    def make(users=(), **more):
        gw = gateway(["alice", "bob", "mallory", *users], **more)
        pair = Pair(gw)
        closing.extend(pair.both)
        return gw, pair
    return make


@pytest.fixture
def mallory(world, closing):
    def make(name="mallory", personality=oscar.AIM51):
        s = Session(world[0].oscar_port, name, world[0].password(name), personality)
        closing.append(s)
        return s.sign_on()
    return make


def answer_of(session, family, subtype, body):
    """What came under its id until a later request was answered: "FF/SS" each, errors with their code."""
    since = session.mark()
    request = session.bos.send_snac(family, subtype, body)
    session.wait("self", since=since, id=session.bos.send_snac(1, 0x0E))
    return [f"{e['snac']} {e['code']:02X}" if e["event"] == "error" else e["snac"] for e in session.events[since:]
            if e["event"] in ("snac", "error") and e.get("id") == request and not
            (e["event"] == "snac" and e["snac"].endswith("/01"))]


ITEM = Item("bob", 1, 7, 0, [(0x131, b"x")]).bytes()
TEXT = icbm(bytes(8), "bob", "hi")
# what, family, subtype, body, the only answer
LENGTHS = [
    ("a name longer than the SNAC", 2, 5, u16(1) + b"\xffbob", ["02/01 0E"]),
    ("the same in the newer query", 2, 0x15, u32(1) + b"\xffbob", ["02/01 0E"]),
    ("no name", 2, 0x0B, b"", ["02/01 0E"]),
    ("an away text longer than the SNAC", 2, 4, tlv(3, "text/aolrtf") + u16(4, 0xFFFF) + b"gone", []),
    ("a service of one octet", 1, 4, b"\0", ["01/01 0E"]),
    ("an idle time of three octets", 1, 0x11, b"\0\0\1", []),
    ("a status longer than the SNAC", 1, 0x1E, u16(6, 0xFFFF) + b"\0", ["01/0F"]),
    ("versions that end in half a pair", 1, 0x17, u16(1, 3, 2), ["01/18"]),
    ("buddies of 255 octets each", 3, 4, b"\xffab" * 3, []),
    ("a message to a name beyond its end", 4, 6, bytes(8) + u16(1) + b"\xffbob", ["04/01 0E"]),
    ("a message without text", 4, 6, bytes(8) + u16(1) + str8("bob"), ["04/01 0E"]),
    ("a text longer than the SNAC", 4, 6, bytes(8) + u16(1) + str8("bob") + u16(2, 0xFFFF) + b"\1\1", ["04/01 0E"]),
    ("a warning of nobody", 4, 8, u16(0) + b"\xff", ["04/01 0E"]),
    ("typing at a name beyond its end", 4, 0x14, bytes(8) + u16(1) + b"\xffb", []),
    ("denied names of 255 octets", 9, 7, b"\xffab", []),
    ("an item's name of 65,535 octets", 0x13, 8, u16(0xFFFF) + ITEM[2:], ["13/01 0E"]),
    ("an item's attributes of 65,535 octets", 0x13, 8, ITEM[:11] + u16(0xFFFF) + ITEM[13:], ["13/01 0E"]),
    ("an update that is cut", 0x13, 9, ITEM[:-1], ["13/01 0E"]),
    ("a deletion of nothing", 0x13, 0x0A, b"", ["13/01 0E"]),
    ("an image longer than the SNAC", 0x10, 2, u16(1) + u16(0xFFFF) + b"GIF89a", ["10/01 0E"]),
    ("a hash longer than the SNAC", 0x10, 4, str8("bob") + u8(1) + u16(1) + u8(1) + b"\xffx", ["10/01 0E"]),
    ("an ICQ block longer than the SNAC: what is there counts, as of Jimm", 0x15, 2, u16(1, 0xFFFF) + bytes(10), ["15/01 08"]),
    ("an ICQ block that tells its length wrong, as QIP's", 0x15, 2, tlv(1, b"\xff\xff" + bytes(8)), ["15/01 08"]),
    ("an ICQ block of one octet", 0x15, 2, tlv(1, b"\0"), ["15/01 0E"]),
]


def test_lengths_that_cannot_be(world, mallory):
    """Error 0x0E where the request has an answer, silence where it has none; the session lives on."""
    gw, pair = world
    session, wrong = mallory(), []
    for what, family, subtype, body, expected in LENGTHS:
        got = answer_of(session, family, subtype, body)
        if got != expected:
            wrong.append(f"{what} ({family:02X}/{subtype:02X}): expected {expected}; got {got}")
    assert not wrong, "\n".join(wrong)
    pair.talk()


@pytest.mark.parametrize("what, data", [
    ("a frame of 65,535 octets", struct.pack(">BBHH", 0x2A, 2, 9, 0xFFFF)),
    ("a frame of 16,385 octets", struct.pack(">BBHH", 0x2A, 2, 9, 16385)),
    ("a SNAC of 9 octets", flap(2, 9, bytes(9))), ("no SNAC at all", flap(2, 9)), ("channel 6", flap(6, 9)),
    ("no mark", b"\x2b\x02\0\x09\0\0"), ("the error channel", flap(3, 9)), ("a second sign-off", flap(4, 9) * 2)],
    ids=lambda v: v if isinstance(v, str) else "")
def test_a_frame_after_which_nothing_can_be_read_ends_the_session(world, mallory, what, data):
    gw, pair = world
    session = mallory()
    session.bos.sock.sendall(data)
    session.wait("closed", 3, link=session.bos.label)
    pair.talk()


def test_sequence_numbers_are_not_held_against_anybody(world, mallory):
    """The reference, section 1: a gap is no error; nothing is lost and nothing is taken twice."""
    gw, pair = world
    session, rng = mallory(), random.Random(5190)
    mark = pair.both[1].mark()
    texts = [gw.text() for _ in range(20)]
    for text in texts:
        session.bos.seq = rng.choice((0, 1, 0x7FFF, 0x8000, 0xFFFF, rng.randrange(0x10000)))
        session.im("bob", text, ack=True)
    pair.both[1].wait("im", 5, text=texts[-1])
    got = [e["text"] for e in pair.both[1].events[mark:] if e["event"] == "im"]
    assert got == texts, f"expected each once and in order; got {got}"
    assert gw.log().count(f"not numbered one after the other (told once) user={session.name}") == 1, gw.log_tail()


FOREIGN = [(0x05, 2), (0x0C, 2), (0x0E, 5), (0x14, 2), (0x17, 6), (0x18, 6), (0x22, 2), (0x25, 2), (0x4444, 1), (0xFFFF, 0xFFFF),
           (1, 0xFFFF), (2, 0x99), (4, 0x99), (0x13, 0x99), (4, 7), (3, 0x0B), (0x13, 6), (1, 3)]


def test_families_that_are_not_served_and_what_only_a_server_says(world, mallory):
    """Each is answered by an error of its own family (invalid SNAC), or ignored where it is itself an error."""
    gw, pair = world
    session, wrong = mallory(), []
    for family, subtype in FOREIGN:
        since = session.mark()
        request = session.bos.send_snac(family, subtype, os.urandom(20))
        session.wait("self", since=since, id=session.bos.send_snac(1, 0x0E))
        got = [(e["snac"], e["code"]) for e in session.find("error", since, id=request)]
        if family in session.families and subtype == 1:
            continue
        if len(got) != 1 or got[0][0] != f"{family:02X}/01" or got[0][1] not in (INVALID, 5):
            wrong.append(f"{family:04X}/{subtype:04X}: expected one error of its family; got {got}")
    assert not wrong, "\n".join(wrong)
    pair.talk()


def test_nothing_is_done_before_the_sign_on(world):
    """Every request of a client that has shown no cookie is refused: no message, no presence, no list."""
    gw, pair = world
    mark = pair.both[1].mark()
    for family, subtype, body in ((4, 6, TEXT), (2, 5, u16(1) + str8("bob")), (3, 4, str8("bob")), (0x13, 4, b""), (1, 6, b""),
                                  (1, 4, u16(0x10)), (1, 2, b""), (0x10, 4, str8("bob")), (0x15, 2, tlv(1, bytes(10))), (0x17, 9, b"")):
        said = []
        link = Link(("127.0.0.1", gw.oscar_port), lambda _l, channel, data: said.append((channel, data)), "before sign-on")
        link.send(1, u32(1))
        link.send_snac(family, subtype, body)
        end = time.monotonic() + 3
        while len(said) < 2 and time.monotonic() < end:
            time.sleep(0.01)
        link.close()
        assert link.broken is None, link.broken
        channel, data = said[1]
        assert channel == 2 and data[:4] == u16(family, 1), f"{family:02x}/{subtype:02x}: expected its error; got {data[:12].hex()}"
    with socket.create_connection(("127.0.0.1", gw.oscar_port), timeout=5) as s:
        s.sendall(flap(2, 1, snac(4, 6, TEXT, 1)))
        while s.recv(4096):
            pass                                # it is closed
    pair.talk()
    assert not [e for e in pair.both[1].events[mark:] if e["event"] == "im" and e["text"] == "hi"]


def closes(gw, cookie):
    """Does a connection with that cookie end with nothing but a sign-off?"""
    said = []
    link = Link(("127.0.0.1", gw.oscar_port), lambda _l, channel, data: said.append((channel, data)), "a cookie")
    link.send(1, u32(1) + tlv(6, cookie))
    link.thread.join(3)
    ended = link.closed
    link.close()
    return ended and [(c, d) for c, d in said if c not in (1, None)] in ([], [(4, b"")])


def test_cookies_of_services(world, mallory):
    """One is good once, for its service, while its session is there; nobody gets in by one that was made up or changed."""
    gw, pair = world
    session = mallory()

    def ask():
        since = session.mark()
        session.bos.send_snac(1, 4, u16(0x10))
        return session.wait("redirect", since=since, family=0x10)["cookie"]
    cookie = ask()
    link = session.connect(("127.0.0.1", gw.oscar_port), cookie, "10", [(1, 3), (0x10, 1)])
    assert closes(gw, cookie), "a cookie that was used let somebody in"
    for made_up in (os.urandom(256), b"", b"x", bytes(256), cookie[:128], bytes([cookie[0] ^ 1]) + cookie[1:]):
        assert closes(gw, made_up), f"a made-up cookie of {len(made_up)} octets let somebody in"
    mark = pair.both[1].mark()
    errors = session.mark()
    for family, subtype, body in ((4, 6, TEXT), (0x13, 8, ITEM), (2, 4, tlv(4, "x")), (3, 4, str8("bob")), (1, 4, u16(0x10))):
        request = link.send_snac(family, subtype, body)
        session.wait("error", since=errors, id=request, link=link.label, snac=f"{family:02X}/01")
    pair.talk()
    assert not [e for e in pair.both[1].events[mark:] if e["event"] == "im" and e["text"] == "hi"], \
        "a message went out by a connection for icons"
    later = ask()
    session.sign_off()
    time.sleep(0.5)
    assert closes(gw, later), "a service of a session that has ended let somebody in"


def test_keepalives_without_end(world, mallory):
    """300,000 of them, and it still is a session like any other."""
    gw, pair = world
    session = mallory()
    for _ in range(30):
        session.bos.sock.sendall(flap(5, 1) * 10000)
    pair.talk()
    assert session.info("bob")["who"] == "bob"
    pair.talk()
    assert pair.grown() < 32, f"grew by {pair.grown():.0f} MiB"


def test_who_half_closes_has_left(world, mallory, aim):
    gw, pair = world
    session, alice = mallory(), pair.both[0]
    alice.add_buddy("mallory")
    alice.wait("arrived", who="mallory")
    mark, text = alice.mark(), gw.text()
    session.im("alice", text)
    session.bos.sock.shutdown(socket.SHUT_WR)
    alice.wait("im", 3, since=mark, text=text)
    alice.wait("departed", 3, since=mark, who="mallory")
    session.wait("closed", 10, link=session.bos.label)
    alice.remove_buddy("mallory")


@pytest.mark.parametrize("how", ("a sign-off", "the end of what it sends", "closing"))
def test_who_writes_much_and_leaves_at_once_has_written_it(world, mallory, how):
    """More than a session's turn takes: the rest is taken though nobody is there any more, each once and in order."""
    gw, pair = world
    session, bob = mallory(), pair.both[1]
    mark, texts = bob.mark(), [gw.text() for _ in range(150)]
    out = b"".join(flap(2, n, snac(4, 6, icbm(struct.pack(">Q", n), "bob", text), 1000 + n)) for n, text in enumerate(texts))
    session.bos.sock.sendall(out + (flap(4, 999) if how == "a sign-off" else b""))
    if how == "the end of what it sends":
        session.bos.sock.shutdown(socket.SHUT_WR)
    elif how == "closing":
        session.bos.close()
    bob.wait("im", 10, since=mark, text=texts[-1])
    assert [e["text"] for e in bob.events[mark:] if e["event"] == "im"] == texts
    pair.talk()


# ---- What is large: gateways of their own, not captured.

def crowd_of(gw, opened, count, data=b"", rcvbuf=None):
    out = []
    for _ in range(count):
        s = opened.enter_context(socket.socket())
        if rcvbuf:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, rcvbuf)
        s.settimeout(5)
        s.connect(("127.0.0.1", gw.oscar_port))
        s.setblocking(False)
        push(s, data)
        out.append(s)
    return out


def many_descriptors(wanted):
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    assert hard == resource.RLIM_INFINITY or hard >= wanted, f"this test needs {wanted} descriptors; the limit is {hard}"
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def ended(socks):
    """Those that the gateway has closed; reads what came."""
    out = []
    for s in socks:
        try:
            while s.recv(65536):
                pass
            out.append(s)
        except BlockingIOError:
            pass
        except OSError:
            out.append(s)
    return out


def test_a_crowd_that_never_signs_on_is_bounded_and_gone_after_30_s(alone):
    """1,500 that say nothing, 500 with most of a giant frame, 500 that drip an octet a second, 100 that only keep alive."""
    many_descriptors(8000)
    gw, pair = alone()
    giant = struct.pack(">BBHH", 0x2A, 1, 1, 16384) + u32(1) + bytes(16000)
    began = time.monotonic()
    with contextlib.ExitStack() as opened:
        crowds = {"idle": crowd_of(gw, opened, 1500), "giants": crowd_of(gw, opened, 500, giant),
                  "drips": crowd_of(gw, opened, 500), "keepalives": crowd_of(gw, opened, 100, HELLO)}
        connected, n, drip = time.monotonic(), 0, HELLO + flap(2, 2, snac(0x17, 6, tlv(1, "mallory" * 9), 1))
        pair.told("2,600 connections")
        while time.monotonic() < connected + 34:
            for s in crowds["drips"]:
                push(s, drip[n:n + 1])
            for s in crowds["keepalives"]:
                push(s, flap(5, n))
            pair.talk()
            assert pair.grown() < 128, f"grew by {pair.grown():.0f} MiB"
            n += 1
            time.sleep(max(0, connected + n - time.monotonic()))
            if time.monotonic() < began + 20:
                assert not ended(crowds["drips"]), "who is slow was not given his 30 s"
        left = {what: len(socks) - len(ended(socks)) for what, socks in crowds.items()}
        assert not any(left.values()), f"still open {time.monotonic() - connected:.0f} s after the last came: {left}"
    pair.told("the crowd")


def test_who_reads_nothing_and_asks_for_much_is_not_read_from(alone, closing):
    """12 sessions that ask for some 200 MiB of answers and take none: each is paused at 128 KiB, or dropped."""
    names = [f"deaf{chr(97 + n)}" for n in range(12)]
    gw, pair = alone()
    gw.passwords.update({n: PASSWORD for n in names})
    gw.ok("user", "import", stdin="".join(f"{n}\t{PASSWORD}\n" for n in names))
    deaf = []
    for name in names:
        s = Session(gw.oscar_port, name, PASSWORD, oscar.AIM51, receive_buffer=4096)
        closing.append(s)
        s.sign_on()
        s.bos.reads.clear()
        s.bos.sock.setblocking(False)
        deaf.append(s)
    one = flap(2, 1, snac(1, 6, b"", 77))
    sent, peak = 0, 0
    for _ in range(12):
        for s in deaf:
            sent += push(s.bos.sock, one * 2000)
        pair.talk()
        peak = max(peak, pair.grown())
    rates = sum(6 + 10 + 2 + 35 * len(s.rates.classes) + 4 * len(s.rates.classes) + 4 * len(s.rates.members) for s in deaf) / len(deaf)
    wanted = sent / len(one) * rates / MIB
    pair.told(f"{wanted:.0f} MiB of answers asked for by {len(deaf)} who read nothing, {metric(gw, 'aim_dropped_total'):.0f} dropped")
    assert wanted > 150 and peak < 64, f"grew by {peak:.0f} MiB for {wanted:.0f} MiB asked for"


def flood(port, cookie, seconds, frames):
    """Another process, signed on by that cookie, that writes those frames as fast as it can; prints how many went out."""
    code = f"""
import select, socket, time
from oscar_wire import flap, tlv, u32
batch = b"".join({frames!r})
s = socket.create_connection(("127.0.0.1", {port}))
s.sendall(flap(1, 1, u32(1) + tlv(6, bytes.fromhex("{cookie.hex()}"))))
s.setblocking(False)
end, n = time.monotonic() + {seconds}, 0
try:
    while time.monotonic() < end:
        can_read, can_write, _ = select.select([s], [s], [], 0.1)
        if can_write:
            at = n % len(batch)
            n += s.send(batch[at:] + batch[:at])
        if can_read and not s.recv(1 << 20):
            break
except OSError:
    pass
print(n)
"""
    return subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))})


READY = flap(2, 2, snac(1, 2, b"", 1))
FLOODS = {
    "messages": icbm(bytes(8), "trudy", "z" * 200), "queries": u32(3) + str8("alice"), "statuses": tlv(6, u32(0)),
    "away texts": tlv(3, "text/aolrtf") + tlv(4, "a" * 900), "buddies": b"".join(str8(f"n{n}") for n in range(40)),
    "rates": b"", "rubbish": os.urandom(100)}
SUBTYPES = {"messages": (4, 6), "queries": (2, 0x15), "statuses": (1, 0x1E), "away texts": (2, 4), "buddies": (3, 4), "rates": (1, 6),
            "rubbish": (0x44, 0x44)}


@pytest.mark.parametrize("limits", (True, False), ids=("with rate limits", "without"))
def test_floods_of_a_signed_on_client(alone, limits):
    """All it can write for a second of each kind. With rate limits it is cut off; without, bounded all the same."""
    gw, pair = alone(["trudy"], config={"oscar": {"rate_limits": limits}})
    pair.before = resident(gw)
    for what, body in FLOODS.items():
        session = Session(gw.oscar_port, "mallory", gw.password("mallory"), oscar.AIM51)
        address, cookie = session.authorize()
        frames = [READY] + [flap(2, 3, snac(*SUBTYPES[what], body, 9))] * 20
        dropped = metric(gw, "aim_dropped_total")
        proc = flood(gw.oscar_port, cookie, 1.2, frames)
        while proc.poll() is None:
            if limits:
                time.sleep(1.0)                 # the pair has rates of its own
            pair.talk()
        sent = int(proc.stdout.read())
        proc.stdout.close()
        session.close()
        pair.told(f"{what}: {sent >> 10} KiB")
        assert pair.grown() < 96, f"{what}: grew by {pair.grown():.0f} MiB"
        assert limits or sent > 1 << 16, f"{what}: that was no flood: {sent} octets"
        if limits:
            assert metric(gw, "aim_dropped_total") > dropped, f"{what}: it was not cut off"


def test_ten_megabytes_of_list_edits(alone, closing):
    """Each is answered in order, the limits of the list hold, another session of the account that reads nothing costs no more
    than its bound, and what is served afterwards is whole."""
    gw, pair = alone()
    session = Session(gw.oscar_port, "mallory", gw.password("mallory"))
    closing.append(session)
    session.sign_on()
    other = Session(gw.oscar_port, "mallory", gw.password("mallory"), receive_buffer=4096)
    closing.append(other)
    other.sign_on()
    other.bos.reads.clear()
    group = next(i for i in session.items if i.kind == 1 and i.group)
    per, size, sent, first, last = 7, 1000, 0, session.bos.next_id, None
    for n in range(1450):
        span = 560 if n < 1100 else 2500        # within the limits of a list, then beyond
        numbers = [(n * per + k) % span for k in range(per)]
        items = [Item(f"nobody{i}", group.group, 100 + i, 0, [(0x13C, bytes([n % 251]) * size)]) for i in numbers]
        body = b"".join(i.bytes() for i in items)
        sent += len(body)
        last = session.bos.send_snac(0x13, 8 if n * per < 560 else 9, body)
        if n % 100 == 99:
            session.wait("status", 30, id=last)
            pair.talk()
            assert pair.grown() < 96, f"grew by {pair.grown():.0f} MiB after {sent >> 20} MiB"
    assert sent >= 10_000_000
    session.wait("status", 30, id=last)
    statuses = [e for e in session.find("status") if e["id"] >= first]
    assert [e["id"] for e in statuses] == list(range(first, last + 1)), "one answer for each, in order"
    codes = collections.Counter(code for e in statuses for code in e["codes"])
    pair.told(f"{sent / 1e6:.1f} MB of edits, codes {dict(codes)}")
    assert codes[0] >= 1100 * per and codes[12] > 0 and not set(codes) - {0, 12}, codes
    session.sign_off(), other.close()
    with Session(gw.oscar_port, "mallory", gw.password("mallory")) as again:
        again.sign_on()
        kept = [i for i in again.items if i.name.startswith("nobody")]
        assert 600 <= len(kept) <= 2000 and all(len(i.get(0x13C)) == size and len(set(i.get(0x13C))) == 1 for i in kept), len(kept)
    pair.talk()
