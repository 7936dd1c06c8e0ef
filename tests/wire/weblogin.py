"""A scripted client that signs on over HTTP, written from section 5.6 of the reference: clientLogin as libpurple does it.

    got = clientlogin(Web(port, ctx), "alice", "secret")     # {"host": …, "port": …, "cookie": …}
    with WebSession(web, "alice", "secret") as alice: …      # an oscar_session.Session that begins so
"""
import base64
import hashlib
import hmac
import json
import socket
import urllib.parse
import xml.etree.ElementTree as ET

from oscar_session import LIBPURPLE, Session
from oscar_wire import tlv, u16, u8

LOGIN_HOST, API_HOST = "api.screenname.aol.com", "api.oscar.aol.com"
KEY = "ma15d7JTxbmVG-RP"


class Refused(Exception):
    """A statusCode other than 200."""

    def __init__(self, code, detail, text):
        super().__init__(f"{code}/{detail}: {text}")
        self.code, self.detail, self.text = code, detail, text


def quote(text):
    return urllib.parse.quote(text, safe="-._~")


class Answer:
    def __init__(self, raw):
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("ascii").split("\r\n")
        self.raw = raw
        self.status = int(lines[0].split()[1]) if raw else None
        self.headers = {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:] if line)}


class Web:
    """One request a connection, octets as they are given; `context` None: in the clear."""

    def __init__(self, port, context=None):
        self.port, self.context = port, context

    def connect(self, name=None):
        sock = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        return self.context.wrap_socket(sock, server_hostname=name) if self.context else sock

    def send(self, octets, name=None, pieces=None):
        with self.connect(name) as sock:
            got = b""
            try:
                for i in range(0, len(octets), pieces or len(octets)):
                    sock.sendall(octets[i:i + (pieces or len(octets))])
            except (BrokenPipeError, ConnectionResetError):
                pass                            # it has heard enough; its answer may still be there
            while True:
                try:
                    piece = sock.recv(65536)
                except ConnectionResetError:
                    piece = b""
                if not piece:
                    return Answer(got)
                got += piece

    def post(self, path, body, kind="application/x-www-form-urlencoded; charset=UTF-8", host=None, **more):
        """As libpurple: HTTP/1.0, and mostly without Host."""
        named = f"Host: {host}\r\n" if host else ""
        head = f"POST {path} HTTP/1.0\r\nConnection: close\r\nAccept: */*\r\n{named}" \
               f"Content-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        return self.send(head.encode() + body, host, **more)

    def get(self, url, **more):
        parts = urllib.parse.urlsplit(url)
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        head = f"GET {target} HTTP/1.1\r\nConnection: close\r\nAccept: */*\r\nHost: {parts.netloc}\r\n\r\n"
        return self.send(head.encode(), parts.hostname, **more)


def read(answer, form="xml"):
    """The data of a good answer as a flat dict."""
    assert answer.status == 200, answer.raw
    assert answer.headers["cache-control"] == "no-store" and int(answer.headers["content-length"]) == len(answer.body)
    if form == "json":
        root = json.loads(answer.body)["response"]
        data = {**root["data"], **root["data"].get("token", {})}
        code, detail, text = root["statusCode"], root.get("statusDetailCode"), root["statusText"]
    else:
        root = ET.fromstring(answer.body)
        assert root.tag == "response"
        data = {e.tag: e.text for e in root.find("data").iter()}
        code, detail, text = int(root.findtext("statusCode")), root.findtext("statusDetailCode"), root.findtext("statusText")
    if code != 200:
        raise Refused(code, detail and int(detail), text)
    return data


def sign(method, url, query, key):
    text = f"{method}&{quote(url)}&{quote(query)}"
    return base64.b64encode(hmac.new(key.encode(), text.encode(), hashlib.sha256).digest()).decode()


def log_in(web, name, password, form="xml"):
    """The token and the session key."""
    body = f"devId={KEY}&f={form}&pwd={quote(password)}&s={quote(name)}"
    data = read(web.post("/auth/clientLogin", body.encode()), form)
    digest = hmac.new(password.encode(), data["sessionSecret"].encode(), hashlib.sha256).digest()
    return data, base64.b64encode(digest).decode()


def session_url(data, key, form="xml", tls=1, scheme="https", host=API_HOST, at=None):
    query = f"a={quote(data['a'])}&distId=1553&f={form}&k={KEY}&ts={at or data['hostTime']}&useTLS={tls}"
    url = f"{scheme}://{host}/aim/startOSCARSession"
    return f"{url}?{query}&sig_sha256={sign('GET', url, query, key)}"


def clientlogin(web, name, password, form="xml", **more):
    data, key = log_in(web, name, password, form)
    got = read(web.get(session_url(data, key, form, **more)), form)
    return {**got, "port": int(got["port"]), "cookie": base64.b64decode(got["cookie"], validate=True)}


class WebSession(Session):
    """Signs on as libpurple with login type clientLogin; `bos_tls`: the context for BOS, where it is told to use TLS."""

    def __init__(self, web, name, password, personality=LIBPURPLE, bos_tls=None, multi=1, form="xml"):
        super().__init__(web.port, name, password, personality)
        self.web, self.bos_tls, self.form = web, bos_tls, form
        version = b"".join(tlv(kind, u16(n)) for kind, n in zip(range(0x17, 0x1B), personality.version))
        self.hello = tlv(3, personality.text) + version + (tlv(0x4A, u8(multi)) if multi is not None else b"")
        self.told = None

    def authorize(self, password=None):
        self.told = clientlogin(self.web, self.name, password or self.password, self.form, tls=int(bool(self.bos_tls)))
        self.tls = self.bos_tls if "tlsCertName" in self.told else None
        return (self.told["host"], self.told["port"]), self.told["cookie"]
