"""A scripted SIP user agent over UDP, TCP or TLS, for tests: registers, writes, subscribes, publishes, and answers as told.

    with UserAgent(gw.sip_port, "bob", "secret", "aim.test", "tcp") as bob:
        bob.register()
        assert bob.message("sip:alice@aim.test", "hello").status == 200
        got = bob.wait("MESSAGE", text="hi")

What comes is checked as it comes (sip_wire.py); a breach is raised by the next call.  `answers` says how a request
is answered: {"MESSAGE": 486}, or a function of the request; None is silence.  Retransmissions get the same answer
and are counted, not listed.
"""
import html
import os
import queue
import re
import select
import socket
import threading
import time

from pki import Secure
from sip_wire import Sip, Violation, challenges, check_request, check_response, credentials, need, parse, uri_of

REASONS = {200: "OK", 202: "Accepted", 400: "Bad Request", 403: "Forbidden", 404: "Not Found", 415: "Unsupported",
           480: "Temporarily Unavailable", 481: "No Such Dialog", 486: "Busy Here", 503: "Unavailable", 603: "Decline"}


def token(n=8):
    return os.urandom(n).hex()


class Subscription:
    """A dialog that a SUBSCRIBE of ours began."""

    def __init__(self, ua, to, event, call_id, from_tag):
        self.ua, self.to, self.event, self.call_id, self.from_tag = ua, to, event, call_id, from_tag
        self.to_tag = self.target = self.accept = None
        self.cseq, self.peer_cseq, self.response = 1, 0, None
        self.routes = []

    def notifies(self):
        return [m for m in self.ua.received if m.method == "NOTIFY" and m.get("Call-ID") == self.call_id and
                m.tag("To") == self.from_tag]

    def wait(self, timeout=10.0, after=0, **match):
        """The first NOTIFY of this dialog from number `after` on that matches (see UserAgent.wait)."""
        return self.ua.wait("NOTIFY", timeout, call_id=self.call_id, nth=after, **match)

    def refresh(self, expires=600, **more):
        """SUBSCRIBE in the dialog; gives the response."""
        self.cseq += 1
        headers = [("Event", self.event), ("Expires", str(expires)), ("Contact", self.ua.contact),
                   ("Accept", self.accept or "application/pidf+xml")] + [("Route", r) for r in self.routes]
        m = self.ua.request("SUBSCRIBE", self.target, headers, to=self.to, to_tag=self.to_tag, call_id=self.call_id,
                            from_tag=self.from_tag, cseq=self.cseq, **more)
        self.cseq = self.ua.last_cseq
        return m


class UserAgent:
    def __init__(self, port, user, password, domain, transport="udp", host="127.0.0.1", algorithm=None,
                 auth_user=None, check=True, tls=None, serves=None, listen=0, connect=True):
        """Over TLS: `tls` is the context to call with, `serves` the one to be called with (pki.py). `listen`: the port to
        be called at; 0: any. `connect`: at once, not only when there is something to send."""
        self.listen, self.at_once, self.accepted, self.via_extra = listen, connect, [], ""
        self.tls, self.serves = tls, serves
        self.server, self.user, self.password, self.domain = (host, port), user, password, domain
        self.transport, self.algorithm, self.checking = transport, algorithm, check
        self.auth_user = auth_user or user
        self.received, self.retransmitted, self.cond = [], 0, threading.Condition()
        self.answers, self.challenge, self.nc, self.challenge_header = {}, None, 0, "Authorization"
        self.pending, self.answered, self.broken = {}, {}, None
        self.responses = []
        self.cseq, self.last_cseq, self.register_id, self.register_cseq = 0, 0, token() + "@test", 0
        self.etag = None
        self.running = True
        self.socks, self.buffers, self.pongs = [], {}, 0
        self.takes_one = False      # message out of what it reads, as libpurple's SIMPLE does: the next with the next read
        self.wake_r, self.wake_w = os.pipe()
        self.aor = f"sip:{user}@{domain}"
        self.stream = self.listener = None
        self.open(host)
        self.thread = threading.Thread(target=self._loop, daemon=True)
        self.thread.start()

    def open(self, host):
        """Sockets; where we are reached, and what our Via says."""
        if self.transport == "udp":
            self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            self.udp.bind((host, self.listen))
            self.port = self.udp.getsockname()[1]
            self.socks.append(self.udp)
        else:
            self.listener = socket.create_server((host, self.listen))
            self.port = self.listener.getsockname()[1]
            self.socks.append(self.listener)
            self.stream = self.connect() if self.at_once else None
        self.contact = f"<sip:{self.user}@{host}:{self.port};transport={self.transport}>"
        self.via = f"SIP/2.0/{self.transport.upper()} {host}:{self.port};rport"

    def connect(self):
        sock = socket.create_connection(self.server, timeout=5)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.tls:
            sock = Secure(sock, self.tls)
        self.buffers[sock] = b""
        self.socks.append(sock)
        try:
            os.write(self.wake_w, b"x")
        except OSError:
            pass
        return sock

    # what comes

    def _loop(self):
        while self.running:
            ready, _, _ = select.select([*self.socks, self.wake_r], [], [], 1.0)
            for sock in ready:
                try:
                    self._readable(sock)
                except OSError:
                    self._drop(sock)
                except Exception as err:        # told by the next call of the test
                    self.broken = self.broken or (err if isinstance(err, Violation) else Violation(repr(err)))
                    with self.cond:
                        self.cond.notify_all()

    def _readable(self, sock):
        if sock == self.wake_r:
            os.read(sock, 64)
        elif self.transport == "udp":
            data, source = sock.recvfrom(65536)
            if data.strip(b"\r\n"):
                self._message(data, sock, source)
        elif sock is self.listener:
            new, _ = sock.accept()
            if self.serves:
                new = Secure(new, self.serves, server_side=True)
            new.settimeout(5)
            self.buffers[new] = b""
            self.socks.append(new)
            self.accepted.append(new)
        else:
            data = sock.recv(65536)
            if data is None:
                return
            if not data:
                return self._drop(sock)
            self.buffers[sock] += data
            self._split(sock)

    def _drop(self, sock):
        if sock in self.socks:
            self.socks.remove(sock)
        sock.close()
        if sock is self.stream:
            self.stream = None

    def _split(self, sock):
        while self._take_one(sock) and not self.takes_one:
            pass

    def _take_one(self, sock):
        """The next message of a stream; False: it is not whole yet."""
        data = self.buffers[sock]
        while data.startswith(b"\r\n"):     # keep-alives and answers to ours
            if data.startswith(b"\r\n\r\n"):
                sock.sendall(b"\r\n")
                data = data[2:]
            data = data[2:]
            self.pongs += 1
        self.buffers[sock] = data
        head, sep, rest = data.partition(b"\r\n\r\n")
        if not sep:
            return False
        match = re.search(rb"(?im)^content-length[ \t]*:[ \t]*(\d+)[ \t]*$", head.replace(b"\r", b""))
        need(match, "Content-Length on a stream", head)
        size = int(match[1])
        if len(rest) < size:
            return False
        self.buffers[sock] = rest[size:]
        self._message(data[:len(head) + 4 + size], sock, sock.getpeername())
        return True

    def _message(self, data, sock, source):
        m = parse(data)
        m.size, m.source, m.arrived, m.sock = len(data), source, time.monotonic(), sock
        if m.status:
            return self._response(m)
        key = (m.branch, m.method, m.list("Via")[0])
        if key in self.answered:
            self.retransmitted += 1
            if self.answered[key]:
                self._reply_bytes(self.answered[key], sock, source)
            return
        self.answered[key] = None
        try:
            if self.checking:
                check_request(m, self.transport)
        except Violation as err:                # told by the next call of the test; the gateway gets its answer
            self.broken = self.broken or err
        with self.cond:
            self.received.append(m)
            self.cond.notify_all()
        rule = self.answers.get(m.method, 200)
        status = rule(m) if callable(rule) else rule
        if status is not None:
            self.reply(m, status)

    def reply(self, m, status, headers=(), reason=None, tag=None):
        tag = "" if m.tag("To") else f";tag={tag or token(4)}"
        lines = [f"SIP/2.0 {status} {reason or REASONS.get(status, 'Whatever')}"]
        lines += [f"Via: {v}" for v in m.all("Via")]
        lines += [f"From: {m.get('From')}", f"To: {m.get('To')}{tag}", f"Call-ID: {m.get('Call-ID')}",
                  f"CSeq: {m.get('CSeq')}"] + [f"{n}: {v}" for n, v in headers] + ["Content-Length: 0", "", ""]
        data = "\r\n".join(lines).encode()
        self.answered[(m.branch, m.method, m.list("Via")[0])] = data
        self._reply_bytes(data, m.sock, m.source)

    def _reply_bytes(self, data, sock, source):
        if self.transport == "udp":
            sock.sendto(data, source)
        else:
            sock.sendall(data)

    def _response(self, m):
        key = (m.branch, m.cseq[1])
        with self.cond:
            request = self.pending.get(key)
            need(request is not None, "a response to a request of ours", m)
            self.responses.append(m)
            if self.checking:
                check_response(m, request[0])
            request[1].put(m)

    def check(self):
        if self.broken:
            broken, self.broken = self.broken, None
            raise broken

    def drop(self):
        """Hangs up."""
        gone, self.stream = self.stream, None
        self.socks.remove(gone)
        os.write(self.wake_w, b"x")
        time.sleep(0.05)                        # the thread looks at it no more
        gone.close()

    # looking

    def matching(self, method, text=None, who=None, since=0, call_id=None, state=None, where=None):
        out = []
        for m in self.received[since:]:
            if m.method != method or (call_id and m.get("Call-ID") != call_id):
                continue
            if text is not None and not (text(m.text) if callable(text) else m.text.replace("\r\n", "\n") == text):
                continue
            if who is not None and m.address("From") != who.lower():
                continue
            if state is not None and m.get("Subscription-State", "").split(";")[0] != state:
                continue
            if where is not None and not where(m):
                continue
            out.append(m)
        return out

    def wait(self, method, timeout=10.0, nth=0, **match):
        """The first request like this (or number `nth` of those like it)."""
        end = time.monotonic() + timeout
        with self.cond:
            while True:
                self.check()
                got = self.matching(method, **match)
                if len(got) > nth:
                    return got[nth]
                left = end - time.monotonic()
                if left <= 0:
                    raise AssertionError(f"{self.aor}: expected {method} number {nth} {match} within {timeout} s; "
                                         f"got {self.received[-8:]}")
                self.cond.wait(left)

    def never(self, method, seconds, **match):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.check()
            got = self.matching(method, **match)
            if got:
                raise AssertionError(f"{self.aor}: expected no {method} {match}; got {got[0]}")
            time.sleep(0.02)

    def mark(self):
        with self.cond:
            return len(self.received)

    # what goes

    def send_bytes(self, data):
        if self.transport == "udp":
            self.udp.sendto(data, self.server)
        else:
            self.stream = self.stream or self.connect()
            self.stream.sendall(data)

    def build(self, method, uri, headers=(), body=b"", to=None, to_tag=None, call_id=None, from_tag=None, cseq=None,
              from_=None, branch=None, max_forwards=70):
        body = body.encode() if isinstance(body, str) else body
        if cseq is None:
            self.cseq += 1
            cseq = self.cseq
        self.last_cseq = cseq
        via = f"{self.via};branch={branch or 'z9hG4bK' + token()}{self.via_extra}"
        target = to or uri
        rows = [("Via", via), ("Max-Forwards", str(max_forwards)),
                ("From", f"<{from_ or self.aor}>;tag={from_tag or token(6)}"),
                ("To", f"<{target}>" + (f";tag={to_tag}" if to_tag else "")),
                ("Call-ID", call_id or token() + "@test"), ("CSeq", f"{cseq} {method}")]
        rows += [(n, v) for n, v in headers if v is not None]
        rows.append(("Content-Length", str(len(body))))
        return Sip(f"{method} {uri} SIP/2.0", rows, body)

    @staticmethod
    def encode(m):
        return (m.start + "\r\n" + "".join(f"{n}: {v}\r\n" for n, v in m.headers) + "\r\n").encode() + m.body

    def transact(self, m, timeout=10.0):
        """Sends one request as it is; gives its final response."""
        answers = queue.Queue()
        with self.cond:
            self.pending[(m.branch, m.method)] = (m, answers)
        data, pause, end = self.encode(m), 0.5, time.monotonic() + timeout
        self.send_bytes(data)
        resend = time.monotonic() + pause if self.transport == "udp" else None
        while True:
            self.check()
            now = time.monotonic()
            if now > end:
                raise AssertionError(f"{self.aor}: expected an answer to {m.start} within {timeout} s; got nothing")
            if resend and now >= resend:
                self.send_bytes(data)
                pause = min(2 * pause, 4)
                resend = now + pause
            try:
                got = answers.get(timeout=0.05)
            except queue.Empty:
                continue
            if got.status >= 200:
                return got

    def request(self, method, uri, headers=(), body=b"", auth=True, timeout=10.0, qop="auth", password=None, **more):
        """A request with as many tries as digest needs; gives the final response of the last one."""
        headers = list(headers)
        kept = dict(more)
        kept.setdefault("call_id", token() + "@test")
        kept.setdefault("from_tag", token(6))
        fresh = False                           # whether self.challenge is an answer to this very request
        for _ in range(4):
            extra = []
            if auth and self.challenge:
                self.nc += 1
                raw = body.encode() if isinstance(body, str) else body
                extra = [(self.challenge_header, credentials(self.challenge, method, uri, self.auth_user,
                                                             password or self.password, self.nc, raw, qop))]
            got = self.transact(self.build(method, uri, headers + extra, body, **kept), timeout)
            if got.status not in (401, 407) or not auth:
                return got
            offered = challenges(got, self.checking)
            if extra and fresh and not any(c.get("stale", "").lower() == "true" for c in offered):
                return got
            self.challenge = next(c for c in offered if self.algorithm in (None, c.get("algorithm", "MD5").upper()))
            self.challenge_header = "Authorization" if got.status == 401 else "Proxy-Authorization"
            self.nc, fresh = 0, True
            self.cseq = max(self.cseq, self.last_cseq + 1)
            kept["cseq"] = self.last_cseq + 1
        return got

    def register(self, expires=3600, contact=None, headers=(), **more):
        """REGISTER of our contact; gives the response."""
        self.register_cseq += 1
        rows = [("Contact", contact or self.contact), ("Expires", str(expires)), *headers]
        got = self.request("REGISTER", f"sip:{self.domain}", rows, to=self.aor, call_id=self.register_id,
                           cseq=self.register_cseq, **more)
        self.register_cseq = max(self.register_cseq, self.last_cseq)
        return got

    def unregister(self):
        return self.register(0)

    def message(self, to, text, kind="text/plain;charset=UTF-8", headers=(), **more):
        """MESSAGE to a URI; gives the response."""
        body = text.replace("\n", "\r\n").encode() if isinstance(text, str) else text
        rows = ([("Content-Type", kind)] if kind else []) + list(headers)
        return self.request("MESSAGE", to, rows, body, **more)

    def subscribe(self, to, expires=600, event="presence", accept="application/pidf+xml", headers=(), **more):
        """SUBSCRIBE; gives a Subscription with the response in `response` (its dialog set up by the NOTIFY)."""
        call_id, tag = token() + "@test", token(6)
        sub = Subscription(self, to, event, call_id, tag)
        sub.accept = accept
        rows = [("Event", event), ("Contact", self.contact), *headers]
        rows += [("Expires", str(expires))] if expires is not None else []
        rows += [("Accept", accept)] if accept else []
        sub.response = self.request("SUBSCRIBE", to, rows, call_id=call_id, from_tag=tag, **more)
        sub.cseq = self.last_cseq
        if 200 <= sub.response.status < 300:
            sub.to_tag = sub.response.tag("To")
            sub.target = uri_of(sub.response.want("Contact"))
        return sub

    def serve_presence(self):
        """Answers SUBSCRIBE with 200 from now on, as a presence server; notify() is next."""
        self.notified = {}

        def answer(m):
            call = m.get("Call-ID")
            self.notified.setdefault(call, [token(6), 0])
            self.reply(m, 200, [("Contact", self.contact), ("Expires", m.get("Expires"))], tag=self.notified[call][0])
        self.answers["SUBSCRIBE"] = answer

    def notify(self, m, body=b"", state="active;expires=600", kind="application/pidf+xml"):
        """NOTIFY in the dialog that the SUBSCRIBE m began with us; gives the response."""
        kept = self.notified[m.get("Call-ID")]
        kept[1] += 1
        rows = [("Event", m.get("Event")), ("Subscription-State", state), ("Contact", self.contact)]
        rows += [("Content-Type", kind)] if body else []
        return self.request("NOTIFY", uri_of(m.want("Contact")), rows, body, auth=False, to=uri_of(m.want("From")),
                            to_tag=m.tag("From"), from_=uri_of(m.want("To")), from_tag=kept[0],
                            call_id=m.get("Call-ID"), cseq=kept[1])

    def publish(self, body, expires=600, etag=None, event="presence", kind="application/pidf+xml", uri=None, **more):
        """PUBLISH; keeps the new entity tag in `etag`."""
        rows = ([("Event", event)] if event else []) + ([("Expires", str(expires))] if expires is not None else [])
        rows += [("SIP-If-Match", etag)] if etag else []
        rows += [("Content-Type", kind)] if body and kind else []
        got = self.request("PUBLISH", uri or self.aor, rows, body or b"", **more)
        if got.status == 200:
            self.etag = got.get("SIP-ETag")
        return got

    def pidf(self, basic="open", note=None, activity=None, tuple_id="t1"):
        """A PIDF document about ourselves."""
        ns = ' xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:r="urn:ietf:params:xml:ns:pidf:rpid"'
        person = f'<dm:person id="p1"><r:activities><r:{activity}/></r:activities></dm:person>' if activity else ""
        text = f"<note>{html.escape(note)}</note>" if note else ""
        return (f'<?xml version="1.0" encoding="UTF-8"?>\n<presence xmlns="urn:ietf:params:xml:ns:pidf"{ns} '
                f'entity="pres:{self.user}@{self.domain}"><tuple id="{tuple_id}"><status><basic>{basic}</basic></status>'
                f"<contact>{self.aor}</contact>{text}</tuple>{person}</presence>")

    def close(self):
        if not self.running:
            return
        self.running = False
        try:
            os.write(self.wake_w, b"x")
        except OSError:
            pass
        self.thread.join(3)
        for sock in list(self.socks):
            sock.close()
        for fd in (self.wake_r, self.wake_w):
            os.close(fd)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            self.check()
