"""A scripted WebSocket client on plain sockets, and a SIP user agent over it, as it would run in a browser.

Written from RFC 6455 and RFC 7118 for the tests alone; shares no code with the program under test.

    ws = WebSocket(gw.ws_port)                      # opens; .answer is the head of the HTTP answer
    ws.send(b"...")                                 # one text message; ws.frame(...) for all that is odd
    assert ws.message() == (TEXT, b"...")

    with WebPhone(gw.ws_port, "bob", "secret", "aim.test") as bob:
        bob.register()
"""
import base64
import hashlib
import os
import select
import socket
import struct

from pki import Secure
from sip_ua import UserAgent, token
from sip_wire import need

CONTINUED, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def request(host, key, protocol="sip", origin=None, path="/", drop=(), extra=(), method="GET", version="1.1"):
    """The octets of an opening request; `drop` leaves headers out, `extra` adds lines."""
    rows = [("Host", host), ("Upgrade", "websocket"), ("Connection", "Upgrade"), ("Sec-WebSocket-Key", key),
            ("Sec-WebSocket-Version", "13")]
    rows += [("Sec-WebSocket-Protocol", protocol)] if protocol else []
    rows += [("Origin", origin)] if origin else []
    lines = [f"{n}: {v}" for n, v in rows if n not in drop] + list(extra)
    return f"{method} {path} HTTP/{version}\r\n{''.join(line + chr(13) + chr(10) for line in lines)}\r\n".encode()


class Refused(Exception):
    """The answer was not 101."""

    def __init__(self, status, head, body):
        super().__init__(f"{status}: {body!r}")
        self.status, self.head, self.body = status, head, body


class WebSocket:
    def __init__(self, port, host="127.0.0.1", tls=None, opening=None, open_it=True, name=None, **more):
        self.sock = socket.create_connection((host, port), timeout=10)
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            self.sock = Secure(self.sock, tls, name=name)
        self.buffer, self.timeout = b"", 10.0
        self.key = base64.b64encode(os.urandom(16)).decode()
        self.host = f"{name or host}:{port}"
        if open_it:
            self.sock.sendall(opening or request(more.pop("ask_host", self.host), self.key, **more))
            self.opened()

    def opened(self):
        """Reads the answer to the opening request; Refused where it is not 101."""
        head = self.until(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1])
        lines = [line.split(b":", 1) for line in head.split(b"\r\n")[1:] if line]
        self.answer = {name.decode().lower(): value.strip().decode() for name, value in lines}
        if status != 101:
            self.to_the_end()
            raise Refused(status, self.answer, self.buffer)
        wanted = base64.b64encode(hashlib.sha1(self.key.encode() + MAGIC).digest()).decode()
        need(self.answer["sec-websocket-accept"] == wanted, f"Sec-WebSocket-Accept: {wanted}", head)
        need(self.answer["upgrade"].lower() == "websocket" and self.answer["connection"].lower() == "upgrade",
             "Upgrade: websocket, Connection: Upgrade", head)
        need(self.answer["sec-websocket-protocol"] == "sip", "Sec-WebSocket-Protocol: sip", head)
        need("sec-websocket-extensions" not in self.answer, "no extension", head)

    # octets

    def fill(self):
        data = None
        while data is None:
            if not select.select([self.sock], [], [], self.timeout)[0]:
                raise TimeoutError(f"nothing came for {self.timeout} s")
            data = self.sock.recv(65536)    # None: half a record of TLS
        if not data:
            raise ConnectionError("closed by the gateway")
        self.buffer += data

    def to_the_end(self):
        try:
            while True:
                self.fill()
        except ConnectionError:
            pass

    def until(self, end):
        while end not in self.buffer:
            self.fill()
        head, _, self.buffer = self.buffer.partition(end)
        return head

    # frames

    @staticmethod
    def encode(opcode, payload=b"", fin=True, mask=True, rsv=0, length=None):
        """A frame; `length` writes another form than the shortest: 16 or 64."""
        n = len(payload)
        first, bit = (0x80 if fin else 0) | rsv << 4 | opcode, 0x80 if mask else 0
        if n < 126 and not length:
            head = struct.pack("!BB", first, bit | n)
        elif n < 65536 and length != 64:
            head = struct.pack("!BBH", first, bit | 126, n)
        else:
            head = struct.pack("!BBQ", first, bit | 127, n)
        if not mask:
            return head + payload
        key = os.urandom(4)
        return head + key + bytes(octet ^ key[i % 4] for i, octet in enumerate(payload))

    def frame(self, opcode, payload=b"", **more):
        self.sock.sendall(self.encode(opcode, payload, **more))

    def send(self, payload, opcode=TEXT):
        self.frame(opcode, payload)

    def take(self):
        """The next frame that is whole in the buffer: (opcode, payload), or None. Strict about what a server may send."""
        if len(self.buffer) < 2:
            return None
        first, second = self.buffer[0], self.buffer[1]
        need(first & 0x80 and not first & 0x70, "a final frame without reserved bits", first)
        need(not second & 0x80, "a server's frame without a mask", second)
        n, at = second & 0x7F, 2
        if n >= 126:
            form = "!H" if n == 126 else "!Q"
            at += struct.calcsize(form)
            if len(self.buffer) < at:
                return None
            n = struct.unpack_from(form, self.buffer, 2)[0]
            need(n >= (126 if form == "!H" else 65536), "the shortest form of a length", n)
        if len(self.buffer) < at + n:
            return None
        payload, self.buffer = self.buffer[at:at + n], self.buffer[at + n:]
        need(first & 0xF in (TEXT, BINARY, CLOSE, PING, PONG), "an opcode", first)
        if first & 0xF == TEXT:
            payload.decode("utf-8")
        return first & 0xF, payload

    def next(self, timeout=10.0):
        """The next frame, waiting for it."""
        self.timeout = timeout
        while True:
            got = self.take()
            if got:
                return got
            self.fill()

    def message(self, timeout=10.0):
        """The next message, (opcode, payload); pings are answered on the way."""
        while True:
            opcode, payload = self.next(timeout)
            if opcode == PING:
                self.frame(PONG, payload)
            elif opcode in (TEXT, BINARY):
                return opcode, payload
            elif opcode == CLOSE:
                raise ConnectionError(f"closed with {payload!r}")

    def ends_with(self, timeout=10.0):
        """The code of the close frame that ends it (None: there was no code); the stream must end behind it."""
        opcode, payload = self.next(timeout)
        need(opcode == CLOSE, "a close frame", (opcode, payload))
        self.to_the_end()
        need(not self.buffer, "nothing behind a close frame", self.buffer)
        return struct.unpack("!H", payload[:2])[0] if payload else None

    def close(self):
        self.sock.close()


class WebPhone(UserAgent):
    """A user agent as JsSIP or SIP.js make one: sent-by and Contact at a made-up .invalid host, everything over one
    WebSocket. `opcode`: how messages are sent; `lengths`: whether Content-Length is written."""

    def __init__(self, port, user, password, domain, transport="ws", origin=None, outbound=True, **more):
        self.origin, self.outbound = origin, outbound
        self.opcode, self.lengths = TEXT, True
        self.pings, self.kinds, self.ended = 0, [], None
        self.ghost, self.instance = f"{token(5)}.invalid", f"urn:uuid:{token(4)}-{token(2)}-{token(2)}-{token(2)}-{token(6)}"
        super().__init__(port, user, password, domain, transport, **more)

    def open(self, host):
        self.port = None
        self.web = WebSocket(self.server[1], host, tls=self.tls, origin=self.origin)
        self.stream = self.web.sock
        self.buffers[self.stream] = b""
        self.socks.append(self.stream)
        flow = f';reg-id=1;+sip.instance="<{self.instance}>"' if self.outbound else ""
        self.contact = f"<sip:{token(4)}@{self.ghost};transport=ws>{flow}"
        self.via = f"SIP/2.0/{self.transport.upper()} {self.ghost}"

    def reopen(self):
        """Another connection, as after a lost network; the same instance."""
        if self.web.sock in self.socks:
            self.socks.remove(self.web.sock)
        self.web.close()
        contact = self.contact
        self.open(self.server[0])
        self.contact = contact
        try:
            os.write(self.wake_w, b"x")
        except OSError:
            pass

    def register(self, *args, **more):
        more.setdefault("headers", []).append(("Supported", "path, gruu, outbound"))
        return super().register(*args, **more)

    def _readable(self, sock):
        if sock == self.wake_r:
            os.read(sock, 64)
            return
        data = sock.recv(65536)
        if data is None:
            return
        if not data:
            return self._drop(sock)
        self.web.buffer += data
        self._split(sock)

    def _split(self, sock):
        while True:
            got = self.web.take()
            if not got:
                return
            opcode, payload = got
            if opcode == PING:
                self.pings += 1
                self.web.frame(PONG, payload)
            elif opcode == CLOSE:
                self.ended = struct.unpack("!H", payload[:2])[0] if payload else 0
            elif opcode in (TEXT, BINARY):
                if not payload.strip(b"\r\n"):
                    self.pongs += 1
                    continue
                self.kinds.append(opcode)
                self._message(payload, sock, sock.getpeername())

    def _reply_bytes(self, data, sock, source):
        sock.sendall(self.web.encode(self.opcode, data))

    def send_bytes(self, data):
        if not self.lengths:
            data = data.replace(b"Content-Length", b"X-Length", 1)
        self.stream.sendall(self.web.encode(self.opcode, data))
