"""The gateway restarts and all its AIM clients come back at once: all get in, other domains are asked no faster than ten times
a second, and in the end everybody sees who is there."""
import collections
import concurrent.futures
import resource
import time

import pytest

import oscar_session as oscar
from clientlib import free_port
from oscar_session import Session
from oscar_wire import Item, u16
from sip_ua import UserAgent
from test_rows_presence import Notifier, document

CLIENTS, WATCHERS, PASSWORD = 500, 60, "pwstorm9x7Q"
NAMES = [f"storm{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(CLIENTS)]


@pytest.fixture
def crowd(gateway, closing):
    """500 clients, each with the next on its list; the first 60 also with a user of their own at a peer."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    port = free_port()
    gw = gateway(peers=[{"domain": "sip.test", "route": f"sip:127.0.0.1:{port};transport=tcp"}])
    gw.passwords.update(dict.fromkeys(NAMES, PASSWORD))
    gw.ok("user", "import", stdin="".join(f"{n}\t{PASSWORD}\n" for n in NAMES))
    peer = UserAgent(gw.sip_port, "far", "", "sip.test", "tcp", listen=port, connect=False)
    closing.append(peer)
    return gw, peer


def all_in(gw):
    """Everybody at once; gives the sessions, and how long the slowest took."""
    took = []

    def one(n):
        began = time.monotonic()
        s = Session(gw.oscar_port, NAMES[n], PASSWORD, oscar.AIM51)
        s.sign_on(30)
        took.append(time.monotonic() - began)
        return s
    with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
        return list(pool.map(one, range(CLIENTS))), max(took)


def lists(s, n):
    group = next(i for i in s.items if i.kind == 1 and i.group)
    names = [NAMES[(n + 1) % CLIENTS]] + ([f"far{n}@sip.test"] if n < WATCHERS else [])
    items = [Item(name, group.group, 100 + k, 0) for k, name in enumerate(names)]
    assert s.edit(8, items) == [0] * len(items)
    assert s.edit(9, [Item(group.name, group.group, 0, 1, [(0xC8, u16(*(i.item for i in items)))])]) == [0]


def sees_right(s, n, since, far):
    s.wait("arrived", 30, since=since, who=NAMES[(n + 1) % CLIENTS])
    if far and n < WATCHERS:
        s.wait("arrived", 30, since=since, who=f"far{n}@sip.test")


def serve(peer, since, wanted):
    """Answers each SUBSCRIBE by a NOTIFY that says "open", until as many users were asked for; their arrivals."""
    seen, done, end = collections.OrderedDict(), set(), time.monotonic() + 60
    while len(seen) < wanted:
        assert time.monotonic() < end, f"{len(seen)} of {wanted} users were asked for within a minute"
        for m in peer.matching("SUBSCRIBE", since=since, where=lambda m: not m.tag("To") and m.branch not in done):
            done.add(m.branch)
            user = m.uri.split(":")[1].split("@")[0]
            seen.setdefault(user, []).append(m.arrived)
            Notifier(peer, m).notify(document(user))
        time.sleep(0.02)
    return [t[0] for t in seen.values()]


def paced(times, what):
    """Ten a second, over the whole and at each moment. The peer here shares the machine with 500 clients: it may read some late and
    then many at once, but never earlier than they were sent."""
    assert len(times) == WATCHERS, f"{what}: expected {WATCHERS} users asked for; got {len(times)}"
    whole = times[-1] - times[0]
    assert whole >= 0.1 * (WATCHERS - 1) * 0.95, f"{what}: {WATCHERS} in {whole:.1f} s"
    early = max(0.1 * n - (t - times[0]) for n, t in enumerate(times))
    assert early < 1.5, f"{what}: some came {early:.1f} s too early"
    assert whole < 30, f"{what}: the last waited {whole:.1f} s"
    return whole


def test_five_hundred_clients_come_back_at_once(crowd, closing):
    gw, peer = crowd
    peer.answers["SUBSCRIBE"] = lambda m: 481 if m.tag("To") else None     # it has forgotten what was, as we come back
    with concurrent.futures.ThreadPoolExecutor(1) as side:
        sessions, first = all_in(gw)
        closing.extend(sessions)
        served = side.submit(serve, peer, 0, WATCHERS)
        for n, s in enumerate(sessions):
            lists(s, n)
        paced(served.result(), "the lists")
        for n, s in enumerate(sessions):
            sees_right(s, n, 0, True)
        mark = peer.mark()
        gw.restart()
        served, began = side.submit(serve, peer, mark, WATCHERS), time.monotonic()
        for s in sessions:
            s.close()
        again, slowest = all_in(gw)             # a refusal raises
        took = time.monotonic() - began
        assert took < 40, f"the last was in after {took:.0f} s"
        closing.extend(again)
        whole = paced(served.result(), "the storm")
        for n, s in enumerate(again):
            sees_right(s, n, 0, True)
    there = gw.ok("session", "list", "--json").json
    assert len(there) == CLIENTS, len(there)
    for s in again:
        s.check()
        assert not s.find("departed"), f"{s.name} saw somebody leave"
    print(f"\n{CLIENTS} back within {took:.1f} s (before the restart the slowest took {first:.1f} s, after it {slowest:.1f} s); "
          f"{WATCHERS} users elsewhere asked for within {whole:.1f} s")
