"""Scripted clients that sign on over HTTP, written from section 5.6 of the reference: clientLogin as libpurple does it, and
the SNAC of AIM 6.2 and later.

    got = clientlogin(Web(port, ctx), "alice", "secret")     # {"host": …, "port": …, "cookie": …}
    got = kerberos(Web(port, ctx), "alice", "secret")        # the same
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
from oscar_wire import Reader, need, snac, str16, tlv, u8, u16, u32

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


ROAST_KERBEROS = bytes.fromhex("7691C5E7D0D995DD9E2FEAD86B21C2BC")


def kerberos_request(name, password, version=4, app=None, service="im/boss", request=0x4321):
    """SNAC 0x050C/0x0002; `app`: the key of an application, as libpurple and AIM 8 show it."""
    octets = password.encode()[:16]
    if version >= 4:
        octets = bytes(c ^ ROAST_KERBEROS[i % 16] for i, c in enumerate(octets))
    context = [tlv(1, u32(13)), tlv(2, u32(4))] + ([tlv(5, f"imApp key={app}")] if app else [])
    ticket = u32(0x40000000) + u16(version) + u32(0x10000) + u16(len(octets) + 4) + str16(octets) + u16(0)
    wanted = [tlv(2, ticket), tlv(0x1D, app or ""), tlv(0x28)]
    body = u32(request, 0, 5, 8, 0) + u16(1) + tlv(5, "COOL") + u32(7, 0) + str16("US") + str16("en")
    body += u16(len(context)) + b"".join(context) + u32(0x01000000) + u8(0) + str16(name) + str16(service) + u32(0)
    body += u16(0 if app else 2) + u16(len(wanted)) + b"".join(wanted)
    return snac(0x050C, 2, body, 7)


def block(r, what):
    """u16 count, TLVs."""
    return {r.u16(what): r.str16(what) for _ in range(r.u16(what))}


def read_kerberos(answer, name):
    """What the ticket says; every octet of the answer is accounted for."""
    assert answer.status == 200 and answer.headers["content-type"] == "application/x-snac", answer.raw
    r = Reader(answer.body, "SNAC 050C")
    family, subtype, flags, request = r.u16("family"), r.u16("subtype"), r.u16("flags"), r.u32("id")
    need((family, flags, request) == (0x050C, 0, 7), "the request's family and id", (family, flags, request))
    need(r.u32("id") == 0x4321, "the request's own id", "another")
    if subtype != 3:
        r.str16("name")
        code, text = r.u16("code"), r.str16("text").decode()
        r.u32("?")
        block(r, "more")
        raise Refused(subtype, code, text)
    now = r.u32("epoch")
    r.u32("zero")
    need(r.str16("principal").decode() == name and r.str16("realm") == b"AOL", "the name, and realm AOL", answer.body)
    need(r.u16("tickets") == 1, "one ticket", "more")
    need(r.u16("version") == 5 and r.str16("sealed") == b"" and r.str16("realm") == b"AOL", "an empty ticket", answer.body)
    need(r.str16("service") == b"im/boss", "im/boss", "another service")
    r.str16("realm"), r.str16("name"), r.u8("kvno"), r.str16("key"), r.u32("?"), r.u32("?")
    need([r.u32("time") for _ in range(3)] == [now, now, now + 86400], "its times", now)
    for _ in range(4):
        r.u32("?")
    bos = block(r, "ticket")[3]
    need(block(r, "more") == {} and not r.data, "nothing behind it", "more")
    r = Reader(bos, "TLV 0003")
    need(r.u16("one") == 1, "1", "another")
    tlvs = block(r, "BOS")
    host, port = tlvs[5].decode().rsplit(":", 1)
    got = {"host": host, "port": int(port), "cookie": tlvs[6]}
    if 0x8E in tlvs:
        need(tlvs[0x8E] == b"\0\2", "2 in TLV 008E", tlvs[0x8E])
        got["tlsCertName"] = tlvs[0x8D].decode()
    return got


def kerberos(web, name, password, **more):
    octets = kerberos_request(name, password, **more)
    return read_kerberos(web.post("/", octets, kind="application/x-snac", host="kdc.uas.aol.com"), name)


class KerberosSession(Session):
    """Signs on as AIM 6.2 and later; it goes on under TLS where it is told so, by the context `bos_tls`."""

    def __init__(self, web, name, password, personality=LIBPURPLE, bos_tls=None, **more):
        super().__init__(web.port, name, password, personality)
        self.web, self.bos_tls, self.more, self.hello = web, bos_tls, more, web_hello(personality, None)

    def authorize(self, password=None):
        self.told = kerberos(self.web, self.name, password or self.password, **self.more)
        self.tls = self.bos_tls if "tlsCertName" in self.told else None
        return (self.told["host"], self.told["port"]), self.told["cookie"]


def web_hello(personality, multi):
    """What the first frame at BOS has beside the cookie."""
    version = b"".join(tlv(kind, u16(n)) for kind, n in zip(range(0x17, 0x1B), personality.version))
    return tlv(3, personality.text) + version + (tlv(0x4A, u8(multi)) if multi is not None else b"")


class WebSession(Session):
    """Signs on as libpurple with login type clientLogin; `bos_tls`: the context for BOS, where it is told to use TLS."""

    def __init__(self, web, name, password, personality=LIBPURPLE, bos_tls=None, multi=1, form="xml"):
        super().__init__(web.port, name, password, personality)
        self.web, self.bos_tls, self.form = web, bos_tls, form
        self.hello = web_hello(personality, multi)
        self.told = None

    def authorize(self, password=None):
        self.told = clientlogin(self.web, self.name, password or self.password, self.form, tls=int(bool(self.bos_tls)))
        self.tls = self.bos_tls if "tlsCertName" in self.told else None
        return (self.told["host"], self.told["port"]), self.told["cookie"]
