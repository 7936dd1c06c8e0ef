"""Stands between the gateway and a DNS server: a log of what was asked, and failures on demand.  UDP only."""
import socket
import threading

KINDS = {1: "A", 5: "CNAME", 28: "AAAA", 33: "SRV", 35: "NAPTR"}


def question(data):
    """("SRV", "_sip._tcp.far.example.org") of a query (RFC 1035 4.1.2), lower case."""
    at, labels = 12, []
    while data[at]:
        labels.append(data[at + 1:at + 1 + data[at]].decode())
        at += 1 + data[at]
    return KINDS.get(int.from_bytes(data[at + 1:at + 3], "big"), "?"), ".".join(labels).lower()


class DnsRelay:
    """`fail`: "servfail", "silent" or None, for every question from then on."""

    def __init__(self, server):
        host, port = server.rsplit(":", 1)
        self.server, self.asked, self.fail, self.running = (host, int(port)), [], None, True
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.sock.settimeout(0.1)
        self.at = "127.0.0.1:%d" % self.sock.getsockname()[1]
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()

    def _loop(self):
        while self.running:
            try:
                data, source = self.sock.recvfrom(4096)
            except TimeoutError:
                continue
            self.asked.append(question(data))
            if self.fail == "servfail":         # the same header with QR and RCODE 2, and the question back
                self.sock.sendto(data[:2] + b"\x81\x82" + data[4:6] + bytes(6) + data[12:], source)
            elif self.fail is None:
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
                    out.settimeout(2)
                    out.sendto(data, self.server)
                    try:
                        self.sock.sendto(out.recv(4096), source)
                    except TimeoutError:
                        pass

    def names(self, kind=None):
        return [name for k, name in self.asked if kind in (None, k)]

    def close(self):
        self.running = False
        self.thread.join(3)
        self.sock.close()
