"""One gateway under test: a temporary folder, free ports, a configuration, the process, its log."""
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
CHECKOUT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(HERE, "clients"))

from clientlib import _die_with_parent, free_port      # noqa: E402

SANITIZER = re.compile(r"AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:|SUMMARY: \w+Sanitizer")
DOMAIN = "aim.test"


def program():
    """The program under test: $AIMGATE, else the sanitizer build, else the release build."""
    if os.environ.get("AIMGATE"):
        return os.environ["AIMGATE"]
    places = [os.path.join(CHECKOUT, *parts) for parts in
              (("build-test", "gateway", "aimgate"), ("build-test", "aimgate"), ("build", "aimgate"))]
    return next((path for path in places if os.path.isfile(path)), places[0])


def yaml(value, indent=0):
    """A small writer: dicts, lists and scalars as the configuration needs them."""
    pad, lines = "  " * indent, []
    for key, item in value.items():
        if isinstance(item, dict):
            lines += [f"{pad}{key}:", yaml(item, indent + 1)]
        elif isinstance(item, list) and item and isinstance(item[0], dict):
            lines.append(f"{pad}{key}:")
            for row in item:
                text = yaml(row, indent + 2)
                lines.append(f"{pad}  - " + text.lstrip())
        else:
            lines.append(f"{pad}{key}: {json.dumps(item)}")
    return "\n".join(lines)


class Capture:
    """tcpdump on the loopback for some ports."""

    def __init__(self, path, ports):
        self.path, self.ports = path, sorted(ports)
        expression = " or ".join(f"port {p}" for p in self.ports)
        self.proc = subprocess.Popen(["tcpdump", "-i", "lo", "-U", "--immediate-mode", "-s", "0", "-B", "8192", "-w", path, expression],
                                     stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                                     preexec_fn=lambda: _die_with_parent(signal.SIGKILL))
        line = b"x"
        while b"listening on" not in line:
            line = self.proc.stderr.readline()
            if not line:
                raise RuntimeError("tcpdump did not start (it needs root)")

    def stop(self):
        time.sleep(0.2)                         # what is in the kernel's buffer
        self.proc.send_signal(signal.SIGINT)
        self.proc.stderr.read()
        self.proc.wait(5)
        self.proc.stderr.close()


class Cli:
    """What a command printed."""

    def __init__(self, argv, done):
        self.argv, self.code, self.out, self.err = argv, done.returncode, done.stdout, done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"{' '.join(self.argv)} -> exit {self.code}\nstdout: {self.out}\nstderr: {self.err}"


class Gateway:
    """Starts nothing until start(); the same folder and ports serve for a restart."""

    def __init__(self, users=(), peers=(), config=None, captures=None, capture_ports=(), domain=DOMAIN):
        self.program, self.domain = program(), domain
        if not os.path.exists(self.program):
            raise FileNotFoundError(f"no program under test at {self.program} (set AIMGATE)")
        self.dir = tempfile.mkdtemp(prefix="aimgate-test-")
        self.oscar_port, self.sip_port, self.admin_port = free_port(), free_port(), free_port()
        self.config = {
            "domain": domain, "data": os.path.join(self.dir, "data"),
            "oscar": {"listen": f"127.0.0.1:{self.oscar_port}", "rate_limits": False},
            "sip": {"udp": f"127.0.0.1:{self.sip_port}", "tcp": f"127.0.0.1:{self.sip_port}"},
            "limits": dict.fromkeys(("sender_to_user", "sender", "domain", "aim_to_sip", "aim_subscribes"), "none"),
            "admin": {"listen": f"127.0.0.1:{self.admin_port}"}}
        if peers:
            self.config["peers"] = list(peers)
        for key, value in (config or {}).items():
            if isinstance(value, dict):
                self.config.setdefault(key, {}).update(value)
            else:
                self.config[key] = value
        self.file = os.path.join(self.dir, "aimgate.yaml")
        self.write_config()
        self.log_path = os.path.join(self.dir, "log")
        self.proc, self.stdout, self.ready = None, [], threading.Event()
        self.secrets, self.counter, self.passwords = [], 0, {}
        self.captures, self.capture_ports, self.capture = captures, list(capture_ports), None
        for name in users:
            self.add_user(name)

    def write_config(self):
        with open(self.file, "w", encoding="utf-8") as f:
            f.write(yaml(self.config) + "\n")

    # the process

    def environment(self):
        env = {k: v for k, v in os.environ.items() if k not in ("AIMGATE_CONFIG",)}
        env.setdefault("ASAN_OPTIONS", "detect_leaks=1:abort_on_error=0:exitcode=99:quarantine_size_mb=16")
        env.setdefault("UBSAN_OPTIONS", "print_stacktrace=1:halt_on_error=0")
        return env

    def start(self, timeout=20.0, argv=("serve",)):
        if self.captures is not None and self.capture is None:
            path = os.path.join(self.dir, "wire.pcap")
            self.capture = Capture(path, {self.oscar_port, self.sip_port, *self.capture_ports})
        self.ready.clear()
        self.stdout = []
        log = open(self.log_path, "ab")
        self.proc = subprocess.Popen([self.program, *argv, "--config", self.file], stdin=subprocess.DEVNULL,
                                     stdout=subprocess.PIPE, stderr=log, cwd=self.dir, env=self.environment(),
                                     preexec_fn=lambda: _die_with_parent(signal.SIGKILL))
        log.close()
        threading.Thread(target=self._read, args=(self.proc,), daemon=True).start()
        end = time.monotonic() + timeout
        while not self.ready.wait(0.05):
            if self.proc.poll() is not None:
                raise AssertionError(f"the gateway ended with {self.proc.returncode} before 'ready': {self.log_tail()}")
            if time.monotonic() > end:
                raise AssertionError(f"expected the line 'ready' on stdout within {timeout} s; got {self.stdout}; "
                                     f"{self.log_tail()}")
        return self

    def _read(self, proc):
        for raw in proc.stdout:
            line = raw.decode("utf-8", "replace").rstrip("\n")
            self.stdout.append(line)
            if line == "ready":
                self.ready.set()
        proc.stdout.close()

    def log(self):
        try:
            with open(self.log_path, encoding="utf-8", errors="replace") as f:
                return f.read()
        except OSError:
            return ""

    def log_tail(self, n=3000):
        return "log:\n" + self.log()[-n:]

    def alive(self):
        return self.proc is not None and self.proc.poll() is None

    def kill9(self):
        """kill -9, as a crash or a power cut would."""
        self.proc.kill()
        self.proc.wait(5)
        self.proc = None

    def stop(self, within=5.0):
        """SIGTERM; complains where that does not end it with 0 in time."""
        if not self.proc:
            return
        proc, self.proc = self.proc, None
        if proc.poll() is not None:
            raise AssertionError(f"the gateway had ended by itself with {proc.returncode}; {self.log_tail()}")
        began = time.monotonic()
        proc.send_signal(signal.SIGTERM)
        try:
            code = proc.wait(within)
        except subprocess.TimeoutExpired:
            proc.kill()
            proc.wait()
            raise AssertionError(f"expected exit 0 within {within} s of SIGTERM; it still ran; {self.log_tail()}") from None
        if code != 0:
            raise AssertionError(f"expected exit 0 after SIGTERM; got {code} after {time.monotonic() - began:.1f} s; "
                                 f"{self.log_tail(6000)}")

    def restart(self):
        self.stop()
        return self.start()

    def finish(self):
        """The end of a test: a clean stop, and what must not be in the log."""
        try:
            self.stop()
            text = self.log()
            found = SANITIZER.search(text)
            if found:
                raise AssertionError(f"a sanitizer report in the log:\n{text[max(0, found.start() - 500):][:6000]}")
            for secret in self.secrets + list(self.passwords.values()):
                if secret in text:
                    at = text.index(secret)
                    raise AssertionError(f"a password or message text in the log: ...{text[max(0, at - 200):at + 200]}...")
        finally:
            if self.proc:
                self.proc.kill()
                self.proc.wait()
            if self.capture:
                self.capture.stop()
                keep = tempfile.mkstemp(prefix="aimgate-", suffix=".pcap", dir=self.captures.folder)[1]
                shutil.move(self.capture.path, keep)
                self.captures.append({"pcap": keep, "oscar": self.oscar_port, "sip": self.sip_port,
                                      "peers": self.capture_ports})
            keep = os.environ.get("AIMGATE_KEEP")
            if keep:
                shutil.copytree(self.dir, os.path.join(keep, os.path.basename(self.dir)), dirs_exist_ok=True)
            shutil.rmtree(self.dir, ignore_errors=True)

    # its commands

    def cli(self, *args, stdin="", config=True, cwd=None, env=None, timeout=60):
        argv = [self.program, *args] + (["--config", self.file] if config else [])
        done = subprocess.run(argv, input=stdin, capture_output=True, text=True, timeout=timeout, cwd=cwd or self.dir,
                              env={**self.environment(), **(env or {})})
        if SANITIZER.search(done.stderr):
            raise AssertionError(f"a sanitizer report from {' '.join(args)}:\n{done.stderr[-6000:]}")
        return Cli(list(args), done)

    def ok(self, *args, **more):
        """A command that must succeed."""
        got = self.cli(*args, **more)
        assert got.code == 0, f"expected exit 0; got {got}"
        return got

    def password(self, name):
        return self.passwords[name]

    def add_user(self, name, password=None):
        key = re.sub(r"[^a-z0-9]", "", name.lower())[:5]
        self.passwords[name] = password or f"pw{key}9x7Q"
        self.ok("user", "add", name, stdin=self.passwords[name] + "\n")

    def text(self, start="hello"):
        """A text that is told from all others, and must not show up in the log."""
        self.counter += 1
        out = f"{start} wt{self.counter}z{os.urandom(2).hex()}"
        self.secrets.append(out)
        return out
