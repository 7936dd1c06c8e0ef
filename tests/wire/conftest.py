"""Fixtures of the wire tests.

    gateway(users=["alice", "bob"], ...)   a started gateway; checked and removed at the end of the test
    shared_gateway(users=["alice"], ...)   the same for all tests of one file: at its end
    driver("barnowl_client.py", ...)       one of the drivers in clients/
    aim(gw, "alice", BARNOWL)              a scripted OSCAR session, signed on
    ua(gw, "bob", "tcp")                   a scripted SIP user agent, registered

`--repeat N` runs the tests with real clients N times in a row. Where several processes share the work (pytest-xdist),
each has a loopback of its own, so that none meets another's ports. AIMGATE_CAPTURES names a folder in which captures
stay for a later run of test_zz_capture.py.
"""
import ctypes
import fcntl
import json
import os
import socket
import struct
import subprocess
import sys

import pytest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(HERE, "clients")]

import oscar_session                            # noqa: E402
from clientlib import Driven, free_port         # noqa: E402
from gateway import DOMAIN, Gateway             # noqa: E402
from pki import Pki                             # noqa: E402
from sip_ua import UserAgent                    # noqa: E402

REPEATED = ("test_barnowl", "test_personalities", "test_offline_message")


def pytest_addoption(parser):
    parser.addoption("--repeat", type=int, default=1, metavar="N", help="run the client tests N times in a row")


def pytest_generate_tests(metafunc):
    times = metafunc.config.getoption("--repeat")
    if times > 1 and metafunc.module.__name__.startswith(REPEATED):
        metafunc.fixturenames.append("repetition")
        metafunc.parametrize("repetition", range(1, times + 1), ids=lambda n: f"run{n}")


def pytest_collection_modifyitems(items):
    items.sort(key=lambda item: item.path.name == "test_zz_capture.py")     # it reads what the others captured


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    setattr(item, "report_" + call.when, outcome.get_result())


CLONE_NEWNET, SIOCSIFFLAGS, IFF_UP = 0x40000000, 0x8914, 1


def pytest_configure():
    if "PYTEST_XDIST_WORKER" not in os.environ:
        return
    if ctypes.CDLL(None, use_errno=True).unshare(CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "no network of one's own: run as root, or with WORKERS=1")
    with socket.socket() as s:
        fcntl.ioctl(s, SIOCSIFFLAGS, struct.pack("16sH14x", b"lo", IFF_UP))


class Captures:
    """What was captured: dicts with pcap and ports, one file each in a folder."""

    def __init__(self, folder):
        self.folder = folder

    def append(self, row):
        with open(row["pcap"] + ".json", "w", encoding="utf-8") as f:
            json.dump(row, f)

    def __iter__(self):
        for name in sorted(os.listdir(self.folder)):
            if name.endswith(".json"):
                with open(os.path.join(self.folder, name), encoding="utf-8") as f:
                    yield json.load(f)

    def __bool__(self):
        return any(True for _ in self)


@pytest.fixture(scope="session")
def captures(tmp_path_factory):
    yield Captures(os.environ.get("AIMGATE_CAPTURES") or str(tmp_path_factory.mktemp("captures")))


@pytest.fixture(scope="session")
def shim(tmp_path_factory):
    """BarnOwl's LD_PRELOAD object, built once."""
    path = str(tmp_path_factory.mktemp("shim") / "shim.so")
    subprocess.run([sys.executable, os.path.join(HERE, "clients", "barnowl_client.py"), "--build-shim", path], check=True)
    return path


@pytest.fixture(scope="module")
def shared_gateway():
    """Makes gateways that serve all tests of a file, for many small tests; the same checks at their end."""
    made = []

    def make(users=(), **more):
        gw = Gateway(users, **more)
        made.append(gw)
        return gw.start()
    yield make
    problems = []
    for gw in made:
        try:
            gw.finish()
        except AssertionError as err:
            problems.append(str(err))
    assert not problems, "\n".join(problems)


class Rows:
    """One gateway for a file of many small tests, with users of its own for each, and a peer domain sip.test that is a
    scripted UA over UDP."""

    def __init__(self, make, n=90, **more):
        self.port, self.used = free_port(), 0
        self.names = [f"user{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(n)]
        peer = {"domain": "sip.test", "route": f"sip:127.0.0.1:{self.port};transport=udp", **more.pop("peer", {})}
        self.gw = make(users=(), peers=[peer], **more)
        self.gw.passwords.update({name: f"pw{name}9x7Q" for name in self.names})
        self.gw.ok("user", "import", stdin="".join(f"{n}\t{p}\n" for n, p in self.gw.passwords.items()))

    def name(self):
        """A user nobody else had."""
        self.used += 1
        return self.names[self.used - 1]


@pytest.fixture(scope="module")
def rows(shared_gateway):
    return Rows(shared_gateway)


@pytest.fixture
def peer(rows, closing):
    """The peer domain: answers, and writes as anybody of sip.test."""
    ua = UserAgent(rows.gw.sip_port, "bob", "none", "sip.test", "udp", listen=rows.port)
    closing.append(ua)
    return ua


@pytest.fixture
def gateway(request, captures):
    """Makes and starts gateways; at the end each must stop cleanly and have kept its secrets."""
    made = []

    def make(users=(), capture=False, start=True, **more):
        gw = Gateway(users, captures=captures if capture else None, **more)
        made.append(gw)
        return gw.start() if start else gw
    yield make
    failed = getattr(getattr(request.node, "report_call", None), "failed", False)
    problems = []
    for gw in made:
        if failed:
            print(gw.log_tail(6000))
        try:
            gw.finish()
        except AssertionError as err:
            problems.append(str(err))
    assert not problems, "\n".join(problems)


@pytest.fixture
def closing():
    """Closes what a test opened, last first, before the gateway goes."""
    opened = []
    yield opened
    errors = []
    for thing in reversed(opened):
        try:
            thing.close()
        except Exception as err:
            errors.append(repr(err))
    assert not errors, errors


@pytest.fixture
def driver(gateway, closing):
    """Starts a driver of clients/; it ends with the test."""
    def make(script, *args):
        d = Driven(script, *args, stderr=subprocess.DEVNULL)
        closing.append(d)
        return d
    return make


@pytest.fixture
def barnowl(driver, shim):
    def make(gw, name, wait=True):
        d = driver("barnowl_client.py", "--port", gw.oscar_port, "--user", name, "--password", gw.password(name),
                   "--shim", shim)
        if wait:
            d.wait("signed-on", 20)
        return d
    return make


@pytest.fixture
def linphone(driver):
    def make(gw, name, transport, wait=True, port=None, domain=DOMAIN, password=None, more=()):
        d = driver("linphone_client.py", "--port", port or gw.sip_port, "--domain", domain, "--user", name,
                   "--password", password or gw.password(name), "--transport", transport, *more)
        if wait:
            d.wait("signed-on", 20)
        return d
    return make


@pytest.fixture
def purple(driver):
    def make(gw, name, transport, wait=True):
        d = driver("purple_simple.py", "--port", gw.sip_port, "--domain", DOMAIN, "--user", name,
                   "--password", gw.password(name), "--transport", transport)
        if wait:
            d.wait("signed-on", 20)
        return d
    return make


@pytest.fixture
def aim(gateway, closing):
    def make(gw, name, personality=oscar_session.LIBPURPLE, sign_on=True, **more):
        s = oscar_session.Session(gw.oscar_port, name, gw.password(name), personality, **more)
        closing.append(s)
        return s.sign_on() if sign_on else s
    return make


@pytest.fixture
def ua(gateway, closing):
    def make(gw, name, transport="udp", register=True, **more):
        agent = UserAgent(gw.sip_port, name.replace(" ", "").lower(), gw.password(name), DOMAIN, transport, **more)
        closing.append(agent)
        if register:
            got = agent.register()
            assert got.status == 200, f"expected 200 to REGISTER of {name}; got {got}"
        return agent
    return make


# ---- TLS ----

@pytest.fixture(scope="session")
def pki(tmp_path_factory):
    return Pki(tmp_path_factory.mktemp("pki"))


@pytest.fixture(scope="session")
def other_pki(tmp_path_factory):
    """A CA that the gateway does not know, of the same name."""
    return Pki(tmp_path_factory.mktemp("other"))


@pytest.fixture(scope="session")
def own(pki):
    """The tls: section of the gateway."""
    return pki.files(DOMAIN, san=f"URI:sip:{DOMAIN},DNS:{DOMAIN}")


@pytest.fixture
def secure(gateway, own):
    """A gateway that listens under TLS, too: gw.tls_port, gw.aims_port."""
    def make(*args, config=None, tls=None, **more):
        config = dict(config or {})
        ports = free_port(), free_port()
        config["tls"] = dict(tls or own)
        config["sip"] = {"tls": f"127.0.0.1:{ports[0]}", **config.get("sip", {})}
        config["oscar"] = {"listen_tls": f"127.0.0.1:{ports[1]}", **config.get("oscar", {})}
        gw = gateway(*args, config=config, **more)
        gw.tls_port, gw.aims_port = ports
        return gw
    return make
