"""The two line-mode clients: `aimgate aim NAME` and `aimgate sip NAME` against the running gateway."""
import os
import pty
import re
import select
import signal
import subprocess
import time

import pytest

from gateway import SANITIZER
from oscar_session import LIBPURPLE
from test_first_run import Program

DOORS = pytest.mark.parametrize("door", ["aim", "sip"])
TIME = re.compile(r"\[\d\d:\d\d\] ")


class Client(Program):
    """A line-mode client on pipes, signed on."""

    def __init__(self, gw, door, name, wait=True):
        super().__init__([gw.program, door, name, "--config", gw.file], gw.dir)
        self.type(gw.password(name))
        if wait:
            self.wait(f"signed on as {name}", 15)

    def mark(self):
        with self.cond:
            return len(self.lines)

    def says(self, text, since=0, timeout=15.0):
        """The first line from `since` on with that text behind its time; every line has one."""
        def found(line):
            return TIME.match(line) and TIME.sub("", line, count=1) == text and line in self.lines[since:]
        return self.wait(found, timeout)

    def leave(self):
        """The end of input; gives the exit status."""
        self.proc.stdin.close()
        code = self.proc.wait(10)
        self.proc.stdout.close()
        return code


@pytest.fixture
def client(gateway, closing):
    """Starts line-mode clients; none may end with a sanitizer's report."""
    class Closing:
        def __init__(self, c):
            self.c = c

        def close(self):
            self.c.close()
            text = "\n".join(line or "" for line in self.c.lines)
            assert not SANITIZER.search(text), text

    def make(gw, door, name, wait=True):
        c = Client(gw, door, name, wait)
        closing.append(Closing(c))
        return c
    return make


def piped(gw, door, name, *lines, password=None):
    """A whole run through pipes."""
    return gw.cli(door, name, stdin="\n".join([password or gw.password(name), *lines]) + "\n", timeout=30)


def refused(got, *words):
    assert got.code == 1 and not got.out.strip() and got.err.strip().count("\n") == 0, \
        f"expected exit 1 and one line on stderr; got {got}"
    for word in words:
        assert word in got.err, f"expected {word!r} in it; got {got}"


def test_one_conversation_across_the_two_protocols(gateway, client):
    gw = gateway(["alice", "bob"])
    alice, bob = client(gw, "aim", "alice"), client(gw, "sip", "bob")
    alice.type("/add bob")
    alice.says("what you type now goes to bob")
    alice.says("bob is on your list")
    alice.says("bob is here")
    alice.type("hello \u263a & <b>not bold</b>")
    bob.says("alice: hello \u263a & <b>not bold</b>")
    bob.says("what you type now goes to alice")         # who speaks first is answered
    bob.type("caf\u00e9  \U0001f600 <hi>")
    alice.says("bob: caf\u00e9  \U0001f600 <hi>")
    bob.type("/add alice")
    bob.says("alice is on your list")
    bob.says("alice is here")
    assert alice.leave() == 0
    bob.says("alice has left")
    assert bob.leave() == 0


@pytest.mark.parametrize("watched, watching", [("sip", "aim"), ("aim", "sip"), ("aim", "aim"), ("sip", "sip")])
def test_coming_going_and_being_away_are_seen(gateway, client, watched, watching):
    gw = gateway(["alice", "bob"])
    bob = client(gw, watching, "bob")
    bob.type("/add alice")
    bob.says("alice is on your list")
    alice = client(gw, watched, "alice")
    bob.says("alice is here")
    alice.type("/away lunch \u263a, 5% off")
    alice.says("you are away: lunch \u263a, 5% off")
    bob.says("alice is away: lunch \u263a, 5% off")
    bob.type("/who")
    bob.says("alice is away: lunch \u263a, 5% off", since=bob.mark() - 1)
    alice.type("/away back at two")
    bob.says("alice is away: back at two")
    alice.type("/back")
    alice.says("you are back")
    bob.says("alice is back")
    assert alice.leave() == 0
    bob.says("alice has left")
    assert [line for line in bob.lines if line and "alice is here" in line] != [], bob.lines


@DOORS
def test_who_is_not_let_in_is_told_why_and_what_to_do(gateway, door):
    gw = gateway(["alice"])
    refused(piped(gw, door, "alice", password="wrong"), "password", "user passwd alice")
    refused(piped(gw, door, "nobodyhere", password="wrong"), "user list")
    refused(gw.cli(door, "alice", stdin=""), "password")
    gw.stop()
    refused(piped(gw, door, "alice"), "no gateway answers", "aimgate serve --config")


@DOORS
def test_piped_lines_arrive_before_it_signs_off(gateway, aim, door):
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice", LIBPURPLE)
    texts = [gw.text() for _ in range(5)]
    began = time.monotonic()
    got = piped(gw, door, "bob", *(f"alice: {t}" for t in texts))
    assert got.code == 0 and not got.err, got
    assert time.monotonic() - began < 10, "expected it to end when all is acknowledged"
    for text in texts:
        alice.wait("im", text=text)
    order = [m["text"] for m in alice.find("im", who="bob")]
    assert order == texts, f"expected the order in which it was typed; got {order}"


def test_an_aim_user_who_is_too_fast_is_slowed_down_and_loses_nothing(gateway, aim):
    gw = gateway(["alice", "bob"], config={"oscar": {"rate_limits": True}})
    alice = aim(gw, "alice", LIBPURPLE)
    texts = [gw.text() for _ in range(105)]             # 87 back to back are an alert, 109 too many
    got = piped(gw, "aim", "bob", *(f"alice: {t}" for t in texts))
    assert got.code == 0 and "not delivered" not in got.out, got
    alice.wait("im", text=texts[-1])
    order = [m["text"] for m in alice.find("im", who="bob")]
    assert order == texts, f"expected all {len(texts)} in order; got {len(order)}"


@DOORS
def test_a_message_that_is_not_delivered_is_told_as_such(gateway, door):
    gw = gateway(["alice"])
    got = piped(gw, door, "alice", "nobodyhere: hello", "/add nobodyhere" if door == "sip" else "")
    assert got.code == 0, got
    assert "not delivered to nobodyhere: " in got.out and "spelling" in got.out, got
    if door == "sip":
        assert "nobodyhere was not added" in got.out, got


def test_a_stored_message_is_told_and_comes_later(gateway, client):
    gw = gateway(["alice", "bob"])
    one, two = gw.text(), gw.text()
    got = piped(gw, "sip", "bob", f"alice: {one}")
    assert "stored and will be delivered" in got.out, got
    client(gw, "aim", "alice").wait(f"bob: {one}")
    piped(gw, "aim", "alice", f"bob: {two}")
    client(gw, "sip", "bob").wait(two)


def test_the_list_of_an_aim_user_is_kept_by_the_gateway(gateway, client):
    gw = gateway(["alice", "bob", "carol"])
    first = client(gw, "aim", "alice")
    got = piped(gw, "aim", "alice", "/add bob", "/add Carol", "/add BOB")
    assert "bob is on your list already" in got.out and "Carol is on your list" in got.out, got
    mark = first.mark()
    first.type("/who")                                  # what was added elsewhere is known here
    first.says("bob is not here", since=mark)
    first.says("Carol is not here", since=mark)
    assert first.leave() == 0
    again = client(gw, "aim", "alice")
    again.type("/who")
    again.says("bob is not here")
    client(gw, "sip", "carol")
    again.says("carol is here")


@DOORS
def test_mistakes_are_answered_with_the_cure(gateway, door):
    gw = gateway(["alice"])
    got = piped(gw, door, "alice", "text for nobody", "/foo", "/to", "/who", "x" * 9000, "/to bob", "/help", "/quit",
                "alice: never said")
    assert got.code == 0 and not got.err, got
    for words in ("nobody is chosen; type NAME: TEXT, or first /to NAME",
                  "there is no command /foo; /help shows them", "/to whom? Type /to NAME",
                  "nobody is on your list; /add NAME adds somebody", "that line is too long and was not sent",
                  "what you type now goes to bob", "/away TEXT  others see that you are away, and why"):
        assert words in got.out, f"expected {words!r}; got {got}"
    assert "never said" not in got.out and "x" * 100 not in got.out, got


@DOORS
def test_texts_of_others_neither_forge_lines_nor_reach_the_terminal(gateway, client, ua, door):
    gw = gateway(["alice", "mallory"])
    alice, mallory = client(gw, door, "alice"), ua(gw, "mallory", "tcp")
    got = mallory.message("sip:alice@aim.test", "one\x1b[2J\r\n[12:00] bob: forged \u202eevil")
    assert got.status == 200, got
    alice.wait("forged")
    text = "\n".join(line or "" for line in alice.lines)
    assert "\x1b" not in text and "\u202e" not in text, repr(text)
    assert not [line for line in alice.lines if line and line.startswith("[12:00] bob")], alice.lines


@DOORS
def test_it_says_that_the_gateway_went_away(gateway, client, door):
    gw = gateway(["alice"])
    alice = client(gw, door, "alice")
    gw.kill9()
    alice.wait("start the gateway with: aimgate serve")
    assert alice.proc.wait(5) == 1
    gw.start()


@DOORS
@pytest.mark.parametrize("sig", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_signs_it_off(gateway, client, aim, door, sig):
    gw = gateway(["alice", "bob"])
    bob = client(gw, "aim", "bob")
    bob.type("/add alice")
    alice = client(gw, door, "alice")
    bob.says("alice is here")
    assert alice.close(sig) == 0
    bob.says("alice has left")


def test_sip_over_udp_where_there_is_no_tcp(gateway, client):
    gw = gateway(["alice", "bob"], start=False)
    gw.config["sip"]["tcp"] = []
    gw.write_config()
    gw.start()
    alice, bob = client(gw, "sip", "alice"), client(gw, "sip", "bob")
    alice.type("/add bob")
    alice.says("bob is here")
    alice.type("over UDP")
    bob.says("alice: over UDP")
    assert bob.leave() == 0
    alice.says("bob has left")
    refused(piped(gw, "sip", "alice", password="wrong"), "wrong password")


def test_listeners_on_all_addresses_are_reached_on_the_loopback(gateway, client):
    gw = gateway(["alice", "bob"], start=False)
    gw.config["oscar"]["listen"] = f"0.0.0.0:{gw.oscar_port}"
    gw.config["sip"]["tcp"] = gw.config["sip"]["udp"] = f"0.0.0.0:{gw.sip_port}"
    gw.write_config()
    gw.start()
    alice, bob = client(gw, "aim", "alice"), client(gw, "sip", "bob")
    alice.type("bob: here too")
    bob.says("alice: here too")


@DOORS
def test_in_a_terminal_the_password_is_not_shown(gateway, door):
    gw = gateway(["alice"])
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(gw.program, [gw.program, door, "alice", "--config", gw.file], {**os.environ, **gw.environment()})
    seen = b""

    def until(what, timeout=15):
        nonlocal seen
        end = time.monotonic() + timeout
        while what not in seen:
            assert select.select([fd], [], [], max(0, end - time.monotonic()))[0], f"expected {what!r}; got {seen!r}"
            seen += os.read(fd, 4096)
    until(b"Password for alice: ")
    os.write(fd, gw.password("alice").encode() + b"\n")
    until(b"signed on as alice")
    os.write(fd, b"/who\n")
    until(b"nobody is on your list")
    assert gw.password("alice").encode() not in seen, seen
    os.write(fd, b"\x04")                               # Ctrl-D
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    assert os.waitstatus_to_exitcode(status) == 0, seen


def test_in_a_terminal_no_password_is_asked_for_in_vain(gateway):
    gw = gateway(["alice"], start=False)
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(gw.program, [gw.program, "aim", "alice", "--config", gw.file], {**os.environ, **gw.environment()})
    seen = b""
    try:
        while chunk := os.read(fd, 4096):
            seen += chunk
    except OSError:
        pass                                            # the terminal of a program that has ended
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    assert os.waitstatus_to_exitcode(status) == 1 and b"no gateway answers" in seen and b"Password" not in seen, seen


@DOORS
def test_without_a_door_it_names_the_other(gateway, door):
    gw = gateway(["alice"], start=False)
    gw.config.update(oscar={"listen": []}, sip={"udp": [], "tcp": []})
    gw.write_config()
    got = piped(gw, door, "alice")
    refused(got, f"aimgate {'sip' if door == 'aim' else 'aim'} alice")


@DOORS
def test_its_lines_go_on_where_others_read_them(gateway, door):
    """Through a pipe each line comes at once, and nothing but lines with a time."""
    gw = gateway(["alice"])
    proc = subprocess.Popen([gw.program, door, "alice", "--config", gw.file], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=gw.environment())
    proc.stdin.write(gw.password("alice").encode() + b"\n")
    proc.stdin.flush()
    assert select.select([proc.stdout], [], [], 15)[0], "expected a line before the end of input"
    out, err = proc.communicate(timeout=15)
    assert proc.returncode == 0 and not err, err
    assert all(TIME.match(line) for line in out.decode().splitlines()), out
