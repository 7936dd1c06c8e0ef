"""What tests/bench measures, and what starts and ends it: processes on the core of the measured, free ports,
certificates, the gateway and Kamailio, each in a folder of its own."""
import os
import random
import signal
import socket
import subprocess
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ACCOUNTS = 1000


def free_ports(n):
    """Ports that nobody has and no outgoing connection takes, each with the next one free too."""
    found = []
    while len(found) < n:
        port = random.randrange(12000, 30000, 2)
        tries = [(kind, p) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM) for p in (port, port + 1)]
        try:
            for kind, p in tries:
                with socket.socket(socket.AF_INET, kind) as s:
                    s.bind(("127.0.0.1", p))
        except OSError:
            continue
        if port not in found:
            found.append(port)
    return found


def start(core, argv, **more):
    return subprocess.Popen(["taskset", "-c", str(core), *argv], stdin=subprocess.DEVNULL, **more)


def children(pid):
    found = [pid]
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", encoding="ascii", errors="replace") as f:
                    if int(f.read().rsplit(")", 1)[1].split()[1]) == pid:
                        found.append(int(name))
            except OSError:
                pass
    return found


def pss(pid):
    """In KiB: what is shared counts for each process in part."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as f:
        return next(int(line.split()[1]) for line in f if line.startswith("Pss:"))


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="ascii", errors="replace") as f:
        return sum(map(int, f.read().rsplit(")", 1)[1].split()[11:13])) / os.sysconf("SC_CLK_TCK")


def await_port(port, proc, log):
    end = time.monotonic() + 15
    while time.monotonic() < end:
        with socket.socket() as s:
            if s.connect_ex(("127.0.0.1", port)) == 0:
                return
        if proc.poll() is not None:
            break
        time.sleep(0.05)
    raise SystemExit(f"{proc.args[3]} did not start: {open(log, errors='replace').read()[-2000:]}")


def stop(proc):
    proc.send_signal(signal.SIGTERM)
    try:
        proc.wait(10)
    except subprocess.TimeoutExpired:
        proc.kill()


def certificates(folder):
    """A CA and the certificates of the gateway's and the peer's domain, in a folder."""
    def openssl(*args):
        subprocess.run(["openssl", *args], cwd=folder, check=True, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    os.makedirs(folder)
    new = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    openssl("req", "-x509", *new, "-keyout", "ca.key", "-out", "ca.pem", "-days", "90", "-subj", "/CN=Bench CA")
    for domain in ("aim.bench", "sip.bench"):
        with open(os.path.join(folder, "ext"), "w", encoding="ascii") as f:
            f.write(f"subjectAltName=DNS:{domain}\nextendedKeyUsage=serverAuth,clientAuth\n")
        openssl("req", *new, "-keyout", f"{domain}.key", "-out", "csr", "-subj", f"/CN={domain}")
        openssl("x509", "-req", "-in", "csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "90",
                "-extfile", "ext", "-out", f"{domain}.pem")


class Gateway:
    def __init__(self, program, folder, peer, pki, users=ACCOUNTS, limits=False):
        self.program, self.pki = program, pki
        self.oscar, self.sip, admin = free_ports(3)
        self.ws, self.peer, self.log = self.oscar + 1, peer, os.path.join(folder, "log")
        os.makedirs(folder)
        self.conf = os.path.join(folder, "aimgate.yaml")
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f"domain: aim.bench\ndata: {folder}/data\n"
                    f"oscar:\n  listen: 127.0.0.1:{self.oscar}\n  rate_limits: {str(limits).lower()}\n"
                    f"sip:\n  udp: 127.0.0.1:{self.sip}\n  tcp: 127.0.0.1:{self.sip}\n  tls: 127.0.0.1:{self.sip + 1}\n  ws: 127.0.0.1:{self.ws}\n"
                    f"tls:\n  certificate: {pki}/aim.bench.pem\n  key: {pki}/aim.bench.key\n  ca: {pki}/ca.pem\n"
                    f"admin:\n  listen: 127.0.0.1:{admin}\nlog:\n  level: warning\npeers:\n"
                    f"  - domain: sip.bench\n    route: \"sip:127.0.0.1:{peer};transport=tcp\"\n"
                    f"    from: [\"127.0.0.1\"]\n    limits: none\n")
        names = "".join(f"bench{i:04}\tbench{i:04}\n" for i in range(users))
        subprocess.run([program, "--config", self.conf, "user", "import"], input=names, text=True, check=True,
                       stdout=subprocess.DEVNULL)
        self.restart()

    def restart(self):
        """Starts it, once more where it was stopped."""
        with open(self.log, "wb") as log:
            self.proc = start(0, [self.program, "--config", self.conf], stdout=subprocess.DEVNULL, stderr=log)
        await_port(self.sip, self.proc, self.log)

    def keys(self):
        return [f"pids={self.proc.pid}", f"sip={self.sip}", f"oscar={self.oscar}", f"peer={self.peer}"]

    def secure(self):
        return [f"tls={self.sip + 1}", f"certificate={self.pki}/sip.bench.pem", f"key={self.pki}/sip.bench.key"]

    def pss(self):
        return pss(self.proc.pid)


class Kamailio:
    """`start` runs it with what stands in front of its configuration."""
    def __init__(self, folder, peer, pki):
        self.pki = pki
        self.sip, = free_ports(1)
        self.peer = peer
        os.makedirs(folder)
        with open(os.path.join(folder, "tls.cfg"), "w", encoding="ascii") as f:
            f.write("".join(f"[{side}:default]\nmethod = TLSv1.2+\nverify_certificate = yes\nrequire_certificate = yes\n"
                            f"private_key = {pki}/aim.bench.key\ncertificate = {pki}/aim.bench.pem\nca_list = {pki}/ca.pem\n"
                            for side in ("server", "client")))
        self.start(folder, f"enable_tls=yes\nlisten=tls:127.0.0.1:{self.sip + 1}\n"
                           f"#!define TLSCONFIG \"{folder}/tls.cfg\"\n", "kamailio.cfg")

    def start(self, folder, front, name):
        conf, log = os.path.join(folder, name), os.path.join(folder, "log")
        with open(conf, "w", encoding="ascii") as f:
            f.write(f"#!KAMAILIO\nlisten=udp:127.0.0.1:{self.sip}\nlisten=tcp:127.0.0.1:{self.sip}\n{front}"
                    f"include_file \"{HERE}/{name}\"\n")
        with open(log, "wb") as out:
            self.proc = start(0, ["kamailio", "-DD", "-E", "-x", "tlsf", "-m", "2048", "-M", "16", "-f", conf,
                                  "-w", folder, "-Y", folder], stdout=out, stderr=out)
        await_port(self.sip, self.proc, log)
        time.sleep(0.3)

    def keys(self):
        return [f"pids={','.join(map(str, children(self.proc.pid)))}", f"sip={self.sip}", f"peer={self.peer}",
                "domain=kam.bench"]

    secure = Gateway.secure

    def pss(self):
        return sum(pss(pid) for pid in children(self.proc.pid))
