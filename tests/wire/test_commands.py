"""The command line: accounts, bindings, listings, check; with the daemon and without; exit codes 0, 1, 2."""
import json
import os
import pty
import re
import select
import subprocess
import time

import pytest

import oscar_session as oscar
from gateway import program

LIVE = pytest.mark.parametrize("running", [True, False], ids=["running", "stopped"])
LISTINGS = ("user list", "binding list", "peer list", "session list", "queue list")


def refused(got, code=1):
    """Exit 1: refused, with one line that says why."""
    assert got.code == code, f"expected exit {code}; got {got}"
    if code == 1:
        assert got.err.strip() and got.err.strip().count("\n") == 0, f"expected one line on stderr; got {got}"
    else:
        assert got.err.strip(), f"expected words on stderr; got {got}"
    assert not got.out.strip(), f"expected nothing on stdout; got {got}"
    return got


def names(gw, *listing):
    """Every string in a JSON listing, lower-case without spaces."""
    return json.dumps(gw.ok(*listing, "--json").json).lower().replace(" ", "")


@LIVE
def test_accounts_come_change_and_go(gateway, running):
    gw = gateway(start=running)
    gw.add_user("Alice Smith", "first9x7Q")
    gw.add_user("bob")
    text = gw.ok("user", "list").out
    assert "Alice Smith" in text and "bob" in text, text
    assert "alicesmith" in names(gw, "user", "list")
    for same in ("Alice Smith", "ALICE SMITH", "alicesmith"):
        refused(gw.cli("user", "add", same, stdin="other9x7Q\n"))
    gw.passwords["Alice Smith"] = "second9x7Q"
    gw.ok("user", "passwd", "alicesmith", stdin="second9x7Q\n")
    if not running:
        gw.start()
    with pytest.raises(oscar.Refused):
        oscar.Session(gw.oscar_port, "alicesmith", "first9x7Q").authorize()
    oscar.Session(gw.oscar_port, "alicesmith", "second9x7Q").authorize()
    gw.ok("user", "del", "bob")
    assert "bob" not in gw.ok("user", "list").out
    with pytest.raises(oscar.Refused):
        oscar.Session(gw.oscar_port, "bob", gw.password("bob")).authorize()
    refused(gw.cli("user", "del", "bob"))
    refused(gw.cli("user", "passwd", "nobodyhere", stdin="xxxx9x7Q\n"))


@pytest.mark.parametrize("name", ["ab", "1abc", "aimgate", "Aim Gate", "trailing ", "x" * 17, "a\u00e9bc", "", "a@b", "bob;x"])
def test_names_that_are_refused(gateway, name):
    gw = gateway(start=False)
    got = gw.cli("user", "add", name, stdin="pass9x7Q\n")
    assert got.code in (1, 2) and got.err.strip(), f"expected a refusal of {name!r}; got {got}"
    assert got.code == 1 or name == "", f"expected exit 1; got {got}"


@pytest.mark.parametrize("args", [("user", "add"), ("user", "del"), ("binding", "del"), ("user", "bogus"), ()])
def test_what_was_typed_is_shown_in_one_line_that_a_terminal_can_bear(gateway, args):
    gw = gateway(start=False)
    gw.add_user("alice")
    for word in ("new\nline", "red\x1b[31m", "bell\x07", "x" * 100000):
        got = gw.cli(*args, word, stdin="pass9x7Q\n")
        assert got.code in (1, 2), f"expected a refusal; got {got}"
        line = got.err.removesuffix("\n")
        assert line.isprintable() and len(line) < 2000, f"expected one short line; got {line[:300]!r}"


def test_an_empty_password_is_refused_and_none_is_taken_from_the_arguments(gateway):
    gw = gateway(start=False)
    assert gw.cli("user", "add", "alice", stdin="").code == 1
    assert gw.cli("user", "add", "alice", stdin="\n").code == 1
    refused(gw.cli("user", "add", "alice", "secret9x7Q", stdin=""), 2)
    assert "alice" not in gw.ok("user", "list").out


def test_the_password_is_asked_for_on_a_terminal_and_not_shown(gateway):
    gw = gateway(start=False)
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(gw.program, [gw.program, "user", "add", "alice", "--config", gw.file], gw.environment())
    seen, end = b"", time.monotonic() + 20
    sent = 0
    while time.monotonic() < end:
        ready, _, _ = select.select([fd], [], [], 0.4)
        if not ready:
            if sent < 2 and b"assword" in seen:
                os.write(fd, b"typed9x7Q\n")
                sent += 1
            continue
        try:
            data = os.read(fd, 4096)
        except OSError:
            break
        if not data:
            break
        seen += data
    _, status = os.waitpid(pid, 0)
    os.close(fd)
    assert os.waitstatus_to_exitcode(status) == 0, f"expected exit 0; the terminal showed {seen!r}"
    assert b"typed9x7Q" not in seen, f"the password was shown: {seen!r}"
    gw.start()
    oscar.Session(gw.oscar_port, "alice", "typed9x7Q").authorize()


@LIVE
def test_ten_thousand_accounts_at_once(gateway, running):
    gw = gateway(start=running)
    rows = "".join(f"User {n:05d}\tpw{n:05d}9x7Q\n" for n in range(10000))
    rows = rows.replace("User ", "user")
    began = time.monotonic()
    gw.ok("user", "import", stdin=rows, timeout=60)
    took = time.monotonic() - began
    assert took < 20, f"expected seconds for 10,000 accounts; took {took:.1f} s"
    assert gw.ok("user", "list").out.count("user0") >= 10000
    if not running:
        gw.start()
    oscar.Session(gw.oscar_port, "user07777", "pw077779x7Q").authorize()


@LIVE
def test_an_import_is_all_or_nothing(gateway, running):
    gw = gateway(["taken1"], start=running)
    got = gw.cli("user", "import", stdin="good1\tpw9x7Q\nx\tpw9x7Q\ntaken1\tpw9x7Q\nnotab\ngood2\tpw9x7Q\naimgate\tpw9x7Q\n")
    assert got.code == 1, got
    for number in (2, 3, 4, 6):
        assert re.search(rf"\b{number}\b", got.err), f"expected line {number} among the refusals; got {got}"
    for number in (1, 5):
        assert not re.search(rf"^\D*\b{number}\b:", got.err, re.M), f"line {number} is good; got {got}"
    assert "good1" not in gw.ok("user", "list").out


@LIVE
def test_bindings(gateway, running):
    gw = gateway(["alice"], start=running)
    gw.ok("binding", "add", "bobbaker", "im:bob@sip.example.org")
    assert "bobbaker" in gw.ok("binding", "list").out and "bob@sip.example.org" in names(gw, "binding", "list")
    refused(gw.cli("binding", "add", "bobbaker", "im:other@sip.example.org"))
    refused(gw.cli("binding", "add", "another1", "im:bob@sip.example.org"))
    refused(gw.cli("binding", "add", "alice", "im:carol@sip.example.org"))
    refused(gw.cli("binding", "add", "local1", "im:alice@aim.test"))
    refused(gw.cli("binding", "add", "phone1", "tel:+15551230000"))
    refused(gw.cli("binding", "add", "aimgate", "im:x@sip.example.org"))
    refused(gw.cli("user", "add", "bobbaker", stdin="pass9x7Q\n"))
    gw.ok("binding", "del", "bobbaker")
    refused(gw.cli("binding", "del", "bobbaker"))
    assert "bobbaker" not in gw.ok("binding", "list").out


@LIVE
def test_every_listing_has_json_and_words(gateway, running):
    gw = gateway(["alice"], start=running, peers=[{"domain": "sip.example.org", "route": "sip:127.0.0.1:9;transport=udp"}])
    for listing in LISTINGS:
        rows = gw.ok(*listing.split(), "--json").json
        assert isinstance(rows, (list, dict)), f"{listing}: {rows!r}"
        gw.ok(*listing.split())
    status = gw.ok("status")
    assert ("stopped" in status.out) == (not running), f"expected {'no ' if running else ''}'stopped'; got {status}"
    assert isinstance(gw.ok("status", "--json").json, dict)
    if running:
        assert "sip.example.org" in gw.ok("peer", "list").out


def test_what_is_live_shows_in_the_listings(gateway, aim, ua):
    gw = gateway(["alice", "bob", "carol"])
    aim(gw, "alice")
    bob = ua(gw, "bob")
    got = bob.message("sip:carol@aim.test", gw.text())
    assert got.status == 202
    sessions = names(gw, "session", "list")
    assert "alice" in sessions and "bob" in sessions, f"expected alice and bob; got {sessions}"
    queue = names(gw, "queue", "list")
    assert "carol" in queue, f"expected carol's message; got {queue}"
    assert "carol" in gw.ok("queue", "list").out
    gw.kill9()
    assert "alice" not in names(gw, "session", "list"), "a session without a daemon"
    assert "carol" in names(gw, "queue", "list") or not gw.ok("queue", "list", "--json").json


def test_a_deleted_account_is_signed_off(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    alice.add_buddy("bob")
    alice.wait("arrived", who="bob")
    gw.ok("user", "del", "bob")
    bob.wait("closed", 5, link=bob.bos.label)
    alice.wait("departed", 5, who="bob")


BAD = """domain: aim.test
data: {data}
oscar:
  listen: 127.0.0.1:99999
  listne: 127.0.0.1:5190
sip:
  udp: [127.0.0.1:5060, nonsense]
  tcp: 127.0.0.1:5060
  tcp: 127.0.0.1:5061
admin:
  listen: 0.0.0.0:8090
tls:
  certificate: /nonexistent/cert.pem
peers:
  - domain: not a domain
    route: "mailto:x@y"
log:
  level: loud
wrong: 1
"""


def test_check_says_all_that_is_wrong_in_one_run(gateway):
    gw = gateway(start=False)
    with open(gw.file, "w", encoding="utf-8") as f:
        f.write(BAD.format(data=os.path.join(gw.dir, "data")))
    got = gw.cli("check")
    assert got.code == 2, f"expected exit 2; got {got}"
    said = got.out + got.err
    lines = {int(m[1]): m[0] for m in re.finditer(rf"{re.escape(gw.file)}:(\d+): .*", said)}
    for number, key in ((4, "listen"), (5, "listne"), (7, "udp"), (9, "tcp"), (11, "listen"), (13, "certificate"), (15, "domain"),
                        (16, "route"), (18, "level"), (19, "wrong")):
        assert number in lines, f"expected {gw.file}:{number}: about {key}; got:\n{said}"
        assert key in lines[number], f"expected the key {key} in {lines[number]!r}"
    serve = gw.cli("serve", timeout=20)
    assert serve.code == 2 and f"{gw.file}:5: " in serve.err, f"serve must say the same and exit 2; got {serve}"
    assert "ready" not in serve.out


def test_check_of_a_good_file_is_one_line(gateway):
    gw = gateway(start=False)
    got = gw.ok("check")
    assert len((got.out + got.err).strip().splitlines()) == 1, got
    gw.config = {}
    with open(gw.file, "w", encoding="utf-8") as f:
        f.write("# nothing here\n")
    gw.ok("check")


@pytest.mark.parametrize("text, line", [("domain: [\n", 1), ("domain: x\n\tdata: y\n", 2), ("- a\n- b\n", 1)])
def test_check_of_what_is_no_yaml(gateway, text, line):
    gw = gateway(start=False)
    with open(gw.file, "w", encoding="utf-8") as f:
        f.write(text)
    got = gw.cli("check")
    assert got.code == 2 and f"{gw.file}:" in got.out + got.err, f"expected FILE:LINE and exit 2; got {got}"


@pytest.mark.parametrize("args", [["nonsense"], ["user"], ["user", "nonsense"], ["user", "add"], ["user", "list", "extra"],
                                  ["--nonsense"], ["binding", "add", "x"], ["status", "--nonsense"]])
def test_bad_usage_is_exit_2(gateway, args):
    gw = gateway(start=False)
    refused(gw.cli(*args, config=False, env={"AIMGATE_CONFIG": gw.file}), 2)


def test_help_and_version_before_and_after(gateway):
    gw = gateway(start=False)
    for args in (["--help"], ["user", "--help"], ["user", "add", "--help"], ["--help", "user"], ["--version"],
                 ["user", "list", "--version"]):
        got = gw.ok(*args, config=False)
        assert got.out.strip(), f"expected words on stdout; got {got}"
    assert "aimgate" in gw.ok("--version", config=False).out


def test_the_configuration_is_looked_for_in_order(gateway, tmp_path):
    gw = gateway(start=False)
    gw.add_user("alice")
    assert "alice" in gw.cli("--config", gw.file, "user", "list", config=False).out, "--config before the command"
    assert "alice" in gw.cli("user", "list", config=False, env={"AIMGATE_CONFIG": gw.file}, cwd=tmp_path).out
    assert "alice" in gw.cli("user", "list", config=False, cwd=gw.dir).out, "./aimgate.yaml"
    got = gw.cli("user", "list", config=False, cwd=tmp_path)
    assert got.code == 1 and str(tmp_path) in got.err, f"expected where it looked for a database; got {got}"
    assert gw.cli("user", "list", "--config", "/nonexistent.yaml", config=False).code in (1, 2)


def test_a_relative_path_is_taken_from_the_files_folder(gateway, tmp_path):
    gw = gateway(start=False)
    gw.config["data"] = "./my-data"
    gw.write_config()
    gw.cli("user", "add", "alice", stdin="pass9x7Q\n", cwd=tmp_path)
    assert os.path.isdir(os.path.join(gw.dir, "my-data")), os.listdir(gw.dir)
    mode = os.stat(os.path.join(gw.dir, "my-data")).st_mode & 0o777
    assert mode == 0o700, f"expected the data folder 0700; got {mode:o}"


def test_ready_is_one_line_and_comes_after_the_listeners(gateway):
    gw = gateway(start=False, config={"log": {"level": "error", "format": "json"}})
    gw.start()
    assert gw.stdout == ["ready"] or gw.stdout[-1] == "ready" and sum("ready" in s for s in gw.stdout) == 1, gw.stdout
    for line in gw.log().splitlines():
        json.loads(line)


def test_a_taken_port_is_said_and_not_ready(gateway):
    gw = gateway()
    other = gateway(start=False)
    other.config["oscar"]["listen"] = gw.config["oscar"]["listen"]
    other.write_config()
    got = other.cli("serve", timeout=20)
    assert got.code not in (0, 99) and str(gw.oscar_port) in got.err and "ready" not in got.out, f"got {got}"


def test_a_second_daemon_on_the_same_data_is_refused(gateway):
    gw = gateway()
    free = gateway(start=False)
    free.config["data"] = gw.config["data"]
    free.write_config()
    got = free.cli("serve", timeout=20)
    assert got.code not in (0, 99) and "ready" not in got.out, f"expected a refusal; got {got}"


def test_sighup_reloads_without_dropping_a_session(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    gw.config["log"] = {"level": "debug"}
    gw.config["peers"] = [{"domain": "new.example.org", "route": "sip:127.0.0.1:9;transport=udp"}]
    gw.write_config()
    gw.proc.send_signal(1)
    end = time.monotonic() + 5
    while "new.example.org" not in gw.ok("peer", "list").out and time.monotonic() < end:
        time.sleep(0.2)
    assert "new.example.org" in gw.ok("peer", "list").out, gw.log_tail()
    text = gw.text()
    alice.im("bob", text, ack=True)
    bob.wait("im", text=text)
    with open(gw.file, "a", encoding="utf-8") as f:
        f.write("wrong: 1\n")
    gw.proc.send_signal(1)
    time.sleep(0.7)
    assert gw.alive() and "wrong" in gw.log(), f"expected a complaint about the bad file and life to go on; {gw.log_tail()}"
    text = gw.text()
    bob.im("alice", text, ack=True)
    alice.wait("im", text=text)


def test_the_control_socket_and_the_database_are_the_owners(gateway):
    gw = gateway(["alice"])
    data = gw.config["data"]
    for name in os.listdir(data):
        mode = os.stat(os.path.join(data, name)).st_mode & 0o077
        assert mode == 0 or os.stat(data).st_mode & 0o077 == 0, f"{name} is open to others"
    if os.getuid() == 0:
        done = subprocess.run([program(), "user", "list", "--config", gw.file], capture_output=True, text=True, user=65534,
                              group=65534, env=gw.environment())
        assert done.returncode != 0 and "alice" not in done.stdout, f"nobody may list the users; got {done.stdout}"


def test_health_metrics_and_the_console(gateway):
    import urllib.request
    gw = gateway()

    def get(path):
        with urllib.request.urlopen(f"http://127.0.0.1:{gw.admin_port}{path}", timeout=5) as r:
            return r.status, r.headers.get("Content-Type", ""), r.read().decode()
    assert get("/health")[0] == 200
    status, kind, text = get("/metrics")
    assert status == 200 and kind.startswith("text/plain") and re.search(r"^# TYPE \w+ (counter|gauge|histogram)", text, re.M), text
    for line in text.splitlines():
        assert re.match(r"#|[a-zA-Z_:][\w:]*(\{.*\})? [-+0-9.eEinfNa]+$", line), f"not a metric line: {line!r}"
    assert "<html" in get("/")[2].lower()
