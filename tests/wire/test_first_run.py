"""The first screen: whole commands that work when pasted, and two line-mode clients that talk across the protocols."""
import os
import re
import shlex
import signal
import subprocess
import threading
import time

import pytest

from clientlib import _die_with_parent
from gateway import CHECKOUT, program


class Program:
    """A program on pipes; collects its lines."""

    def __init__(self, argv, cwd, env=None):
        self.lines, self.cond = [], threading.Condition()
        self.proc = subprocess.Popen(argv, cwd=cwd, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                     env={**os.environ, "ASAN_OPTIONS": "detect_leaks=1", **(env or {})},
                                     preexec_fn=lambda: _die_with_parent(signal.SIGKILL))
        threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        for raw in self.proc.stdout:
            with self.cond:
                self.lines.append(raw.decode("utf-8", "replace").rstrip("\n"))
                self.cond.notify_all()
        with self.cond:
            self.lines.append(None)
            self.cond.notify_all()

    def wait(self, what, timeout=15.0):
        """The first line in which `what` (a function or a text) is found."""
        end = time.monotonic() + timeout
        with self.cond:
            while True:
                for line in self.lines:
                    if line is not None and (what(line) if callable(what) else what in line):
                        return line
                left = end - time.monotonic()
                if left <= 0 or (self.lines and self.lines[-1] is None):
                    raise AssertionError(f"expected {what!r} within {timeout} s; got {self.lines}")
                self.cond.wait(left)

    def type(self, line):
        self.proc.stdin.write(line.encode() + b"\n")
        self.proc.stdin.flush()

    def close(self, sig=signal.SIGTERM):
        if self.proc.poll() is None:
            self.proc.send_signal(sig)
        try:
            code = self.proc.wait(8)
        except subprocess.TimeoutExpired:
            self.proc.kill()
            code = "still running 8 s after a signal"
        for pipe in (self.proc.stdin, self.proc.stdout):
            try:
                pipe.close()
            except OSError:
                pass
        return code


def commands(screen):
    """The lines of a screen that are whole commands: an absolute path to aimgate and words."""
    found = []
    for line in screen:
        match = re.search(r"(/\S*/aimgate(?: .*)?)$", (line or "").strip())
        if match:
            found.append(match[1])
    return found


@pytest.fixture
def first_screen(tmp_path, free_defaults):
    """The gateway started with no argument and no configuration in an empty folder."""
    server = Program([program()], tmp_path)
    try:
        server.wait(lambda line: line == "ready", 20)
        time.sleep(0.2)
        yield server, tmp_path
    finally:
        code = server.close()
    assert code == 0, f"expected exit 0 after SIGTERM; got {code}: {server.lines}"


@pytest.fixture
def free_defaults():
    """The embedded defaults use fixed ports: they must be free here."""
    import socket
    for port in (5190, 5060, 8090):
        with socket.socket() as s:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("127.0.0.1", port))
            except OSError:
                pytest.fail(f"port {port} is taken: the embedded defaults cannot be tested")


def paste(command, cwd, stdin):
    done = subprocess.run(["sh", "-c", command], cwd=cwd, input=stdin, capture_output=True, text=True, timeout=20)
    assert done.returncode == 0, f"pasted {command!r}: expected exit 0; got {done.returncode} {done.stderr}"
    return done.stdout


def test_the_first_screen_works_when_pasted(first_screen):
    server, folder = first_screen
    found = commands(server.lines)
    adds = [c for c in found if " user add " in c]
    aims = [c for c in found if re.search(r"aimgate( --config \S+)? aim ", c)]
    sips = [c for c in found if re.search(r"aimgate( --config \S+)? sip ", c)]
    assert len(adds) >= 2 and aims and sips, f"expected commands to add two users and to sign on by aim and sip; got {server.lines}"
    for command in adds:
        assert os.path.isabs(shlex.split(command)[0])
        paste(command, folder, "first9x7Q\n")
    one, two = Program(["sh", "-c", "exec " + aims[0]], folder), Program(["sh", "-c", "exec " + sips[0]], folder)
    try:
        one.type("first9x7Q"), two.type("first9x7Q")
        talk_across(one, two, shlex.split(aims[0])[-1], shlex.split(sips[0])[-1])
    finally:
        one.close(), two.close()


def talk_across(one, two, aim_name, sip_name):
    """Types the message commands of the two clients, however they spell them in their help."""
    time.sleep(1.5)
    one.type(f"{sip_name} hello from aim \u263a") if not says_how(one) else one.type(says_how(one)(sip_name, "hello from aim \u263a"))
    two.wait("hello from aim \u263a", 10)
    two.type(f"{aim_name} hello from sip \u263a") if not says_how(two) else two.type(says_how(two)(aim_name, "hello from sip \u263a"))
    one.wait("hello from sip \u263a", 10)


def says_how(client):
    """How the client's greeting says a message is written: 'NAME TEXT', 'im NAME TEXT', '/msg NAME TEXT', 'NAME: TEXT' ..."""
    for line in client.lines:
        match = re.search(r"""(?:^|[\s'"`<(])((?:/?[a-z]+ )?)<?(?:NAME|WHO|name)>?(:?) <?(?:TEXT|MESSAGE|text|message)>?""", line or "")
        if match:
            return lambda who, text, m=match: f"{m[1].strip()} {who}{m[2]} {text}".strip()
    return None


def test_the_two_clients_talk_across(gateway):
    gw = gateway(["alice", "bob"])
    one = Program([gw.program, "aim", "alice", "--config", gw.file], gw.dir)
    two = Program([gw.program, "sip", "bob", "--config", gw.file], gw.dir)
    try:
        one.type(gw.password("alice")), two.type(gw.password("bob"))
        talk_across(one, two, "alice", "bob")
    finally:
        codes = one.close(), two.close()
    assert all(code in (0, -15, 143) for code in codes), f"expected the clients to end on a signal; got {codes}"


def test_a_client_with_a_wrong_password_says_so(gateway):
    gw = gateway(["alice"])
    for door in ("aim", "sip"):
        client = Program([gw.program, door, "alice", "--config", gw.file], gw.dir)
        client.type("wrong")
        try:
            assert client.proc.wait(15) == 1, f"{door}: expected exit 1 for a wrong password; got {client.proc.returncode}"
        finally:
            client.close()
        assert any("assword" in (line or "") for line in client.lines), f"{door}: expected a word about the password; got {client.lines}"


def test_run_builds_and_starts_from_any_folder(tmp_path, free_defaults):
    """gateway/run from another folder: builds, keeps the caller's folder, becomes the program; SIGTERM gives 0."""
    run = os.path.join(CHECKOUT, "gateway", "run")
    done = subprocess.run([run, "--build-only"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0, f"gateway/run --build-only: {done.stdout[-1500:]} {done.stderr[-1500:]}"
    assert os.listdir(tmp_path) == [], f"expected nothing in the caller's folder after --build-only; got {os.listdir(tmp_path)}"
    assert os.access(os.path.join(CHECKOUT, "build", "aimgate"), os.X_OK), "expected build/aimgate"
    server = Program([run], tmp_path)
    try:
        server.wait(lambda line: line == "ready", 60)
        assert os.path.isdir(tmp_path / "aimgate-data"), f"expected the data in the caller's folder; got {os.listdir(tmp_path)}"
    finally:
        began = time.monotonic()
        code = server.close()
    assert code == 0 and time.monotonic() - began < 5, f"expected exit 0 within 5 s; got {code}"
    done = subprocess.run([run, "--version"], cwd=tmp_path, capture_output=True, text=True, timeout=240)
    assert done.returncode == 0 and "aimgate" in done.stdout, f"arguments are the program's; got {done}"
