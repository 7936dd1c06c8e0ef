"""SIP messages for the scripted user agent: reading, strictly, what the gateway wrote, and digest answers.

Written from RFC 3261, 3428, 6665, 3903 and 8760 for the tests alone; shares no code with the program under test.
"""
import email.utils
import hashlib
import os
import re

TOKEN = r"[A-Za-z0-9.!%*_+`'~-]+"
SINGLE = {"from", "to", "call-id", "cseq", "max-forwards", "content-length", "content-type", "event", "expires",
          "subscription-state", "date", "sip-etag", "sip-if-match", "min-expires", "retry-after"}
COMPACT = set("imelcfskvtourbajdyx")
MEDIA = re.compile(rf"{TOKEN}/{TOKEN}(\s*;\s*{TOKEN}=({TOKEN}|\"[^\"]*\"))*$")


class Violation(AssertionError):
    """The gateway sent something that SIP does not allow."""


def need(truth, expected, got):
    if not truth:
        raise Violation(f"expected {expected}; got {got!r}")


class Sip:
    """One message: a request has `method` and `uri`, a response `status` and `reason`."""

    def __init__(self, start, headers, body=b""):
        self.start, self.headers, self.body = start, headers, body
        self.method = self.uri = self.status = self.reason = None
        self.source = self.arrived = None
        if start.startswith("SIP/2.0 "):
            _, code, self.reason = start.split(" ", 2)
            need(re.fullmatch(r"[1-6]\d\d", code), "a status code of 100..699", start)
            self.status = int(code)
        else:
            self.method, self.uri, version = start.split(" ")
            need(version == "SIP/2.0", "SIP/2.0 in the request line", start)

    def all(self, name):
        return [v for n, v in self.headers if n.lower() == name.lower()]

    def get(self, name, default=None):
        got = self.all(name)
        return got[0] if got else default

    def want(self, name):
        got = self.all(name)
        need(len(got) == 1, f"one {name} in {self.start}", got)
        return got[0]

    def list(self, name):
        """The elements of a header that may be combined by commas (none of ours has a comma in quotes)."""
        return [part.strip() for v in self.all(name) for part in v.split(",") if part.strip()]

    def tag(self, name):
        return params(self.want(name)).get("tag")

    def address(self, name):
        """user@host of From or To."""
        return bare(uri_of(self.want(name)))

    @property
    def branch(self):
        return params(self.list("Via")[0]).get("branch")

    @property
    def cseq(self):
        number, method = self.want("CSeq").split()
        return int(number), method

    @property
    def text(self):
        return self.body.decode("utf-8")

    @property
    def kind(self):
        """The media type without parameters, lower-case."""
        return (self.get("Content-Type") or "").split(";")[0].strip().lower()

    def __repr__(self):
        return f"<{self.start}; {self.body[:200]!r}>" if self.body else f"<{self.start}>"


def params(value):
    """The parameters after the <uri> or after the first ';' of a header value."""
    rest = value[value.rindex(">") + 1:] if ">" in value else value.partition(";")[2]
    out = {}
    for part in rest.split(";"):
        key, eq, val = part.strip().partition("=")
        if key:
            out[key.strip().lower()] = val.strip().strip('"') if eq else ""
    return out


def uri_of(value):
    match = re.search(r"<([^>]*)>", value)
    return match[1] if match else value.split(";")[0].strip()


def bare(uri):
    """user@host of a URI, host in lower case, without scheme, port and parameters."""
    rest = uri.partition(":")[2].split(";")[0].split("?")[0]
    user, at, host = rest.rpartition("@")
    return (user + at + host.rsplit(":", 1)[0] if host.count(":") == 1 else user + at + host).lower()


def parse(data):
    """A message as the gateway must write it: CRLF, no folding, long header names, UTF-8."""
    head, sep, body = data.partition(b"\r\n\r\n")
    need(sep, "an empty line after the headers", data[:200])
    need(not re.search(rb"(?<!\r)\n|\r(?!\n)", head), "CRLF line ends only", head[:400])
    start, *lines = head.decode("utf-8").split("\r\n")
    headers = []
    for line in lines:
        match = re.match(rf"({TOKEN})[ \t]*:[ \t]*(.*)$", line)
        need(match, "a header line 'Name: value' (never folded, S-113)", line)
        need(match[1].lower() not in COMPACT, "long header names (S-116, compact forms)", line)
        headers.append((match[1], match[2].rstrip()))
    return Sip(start, headers, body)


def check_common(m):
    for name in {n.lower() for n, _ in m.headers} & SINGLE:
        need(len(m.all(name)) == 1, f"{name} once in {m.start}", m.all(name))
    for name in ("Via", "From", "To", "Call-ID", "CSeq", "Content-Length"):
        need(m.all(name), f"{name} in {m.start}", [n for n, _ in m.headers])
    need(m.want("Content-Length") == str(len(m.body)), f"Content-Length {len(m.body)} in {m.start}",
         m.get("Content-Length"))
    need(re.fullmatch(rf"\d+ {TOKEN}", m.want("CSeq")) and m.cseq[0] < 2 ** 31, "a CSeq below 2^31", m.want("CSeq"))
    if m.body:
        need(MEDIA.match(m.want("Content-Type")), "a media type", m.get("Content-Type"))
    date = m.get("Date")
    if date is not None:
        need(date.endswith(" GMT") and email.utils.parsedate(date), "a Date in GMT", date)


def check_request(m, transport):
    """What every request of the gateway must hold, by method."""
    check_common(m)
    via = m.list("Via")[0]
    need(via.startswith(f"SIP/2.0/{transport.upper()} "), f"SIP/2.0/{transport.upper()} in the top Via", via)
    need((m.branch or "").startswith("z9hG4bK") and len(m.branch) >= 15, "an RFC 3261 branch", via)
    if transport == "udp":
        need("rport" in params(via), "rport in the top Via over UDP (S-159)", via)
        need(len(m.body) + 1 and m.size <= 65535, "a datagram", m.size)
    need(0 <= int(m.want("Max-Forwards")) <= 70, "Max-Forwards of at most 70", m.get("Max-Forwards"))
    need(m.cseq[1] == m.method, f"CSeq method {m.method}", m.get("CSeq"))
    need(len(m.tag("From") or "") >= 6, "a From tag of at least 32 random bits (S-128)", m.get("From"))
    need(re.match(r"(sips?|im|pres):", m.uri), "a sip: Request-URI", m.uri)
    for name in ("Accept-Encoding", "Record-Route", "Server"):
        need(m.method != "MESSAGE" or not m.all(name), f"no {name} in MESSAGE", m.all(name))
    if m.method == "MESSAGE":
        for name in ("Contact", "Accept", "Accept-Language"):
            need(not m.all(name), f"no {name} in MESSAGE (S-028, S-023)", m.all(name))
        need(m.size <= 1300, "at most 1300 bytes in a MESSAGE (S-208)", m.size)
        need(m.get("Date"), "a Date in MESSAGE (S-034)", None)
        need(m.body, "a body in MESSAGE (S-022: never sent empty)", m.body)
    elif m.method == "NOTIFY":
        need(m.want("Event") and m.want("Contact"), "Event and Contact in NOTIFY", m.headers)
        state = m.want("Subscription-State")
        word = state.split(";")[0].strip()
        need(word in ("active", "pending", "terminated"), "active, pending or terminated", state)
        need("expires" in params(state) or word == "terminated", "expires in Subscription-State (S-259)", state)
        need(m.tag("To"), "a To tag in NOTIFY", m.get("To"))
        if word == "pending":
            need(b"<basic>" not in m.body, "no basic status in a pending NOTIFY (S-270)", m.body)
    elif m.method == "SUBSCRIBE":
        need(m.want("Event") and m.want("Contact") and m.want("Expires"), "Event, Contact, Expires", m.headers)
        need("application/pidf+xml" in m.list("Accept")[:1], "Accept: application/pidf+xml first (S-282)",
             m.all("Accept"))


def check_response(m, request):
    """What every answer of the gateway must hold; `request` is what we sent."""
    check_common(m)
    code, method = m.status, request.method
    sent, got = request.list("Via"), m.list("Via")
    need(len(sent) == len(got), "all Via headers back", got)
    for mine, theirs in zip(sent, got):
        need(params(mine).get("branch") == params(theirs).get("branch") and mine.split(";")[0] == theirs.split(";")[0],
             f"Via {mine} back in order", theirs)
    top = params(got[0])
    if "rport" in params(sent[0]):
        need(top.get("rport", "").isdigit() and top.get("received"), "rport and received filled in (S-158)", got[0])
    need(m.want("Call-ID") == request.want("Call-ID"), "our Call-ID", m.get("Call-ID"))
    need(m.cseq == request.cseq, "our CSeq", m.get("CSeq"))
    need(m.tag("From") == request.tag("From") and uri_of(m.want("From")) == uri_of(request.want("From")),
         f"our From {request.get('From')}", m.get("From"))
    need(uri_of(m.want("To")) == uri_of(request.want("To")), f"our To {request.get('To')}", m.get("To"))
    need(code == 100 or m.tag("To"), "a To tag", m.get("To"))
    if method != "INVITE":
        need(code == 100 or code >= 200, "no provisional but 100 (S-174)", m.start)
        need(code != 408, "never 408 to a non-INVITE (S-176)", m.start)
    if method == "MESSAGE" and 200 <= code < 300:
        need(not m.all("Contact") and not m.all("Record-Route"), "no Contact in a 2xx to MESSAGE (S-029)", m.headers)
        need(not m.body, "no body in a 2xx to MESSAGE (S-069)", m.body)
    if method == "SUBSCRIBE" and 200 <= code < 300:
        need(code == 200, "200, never 202, to SUBSCRIBE (S-256)", m.start)
        need(m.want("Expires").isdigit() and m.want("Contact"), "Expires and Contact (S-257)", m.headers)
    if method == "PUBLISH" and 200 <= code < 300:
        need(m.want("SIP-ETag") and m.want("Expires"), "SIP-ETag and Expires (S-333)", m.headers)
    if method == "REGISTER" and 200 <= code < 300:
        need(m.get("Date"), "Date in the 200 to REGISTER (S-372)", m.headers)
    if code in (405, 501):
        need("MESSAGE" in m.list("Allow"), "Allow with MESSAGE (S-025)", m.all("Allow"))
    if code == 415:
        need(m.list("Accept") or m.list("Accept-Encoding"), "Accept in 415 (S-024)", m.headers)
    if code == 420:
        need(m.list("Unsupported"), "Unsupported in 420 (S-132)", m.headers)
    if code == 423:
        need(m.want("Min-Expires").isdigit(), "Min-Expires in 423", m.headers)
    if code == 489:
        need("presence" in m.list("Allow-Events"), "Allow-Events in 489 (S-249)", m.all("Allow-Events"))
    if code in (401, 407):
        challenges(m)


def challenges(m, strict=True):
    """The digest challenges of a 401 or 407, in order; strict: checks RFC 8760's rules for them."""
    name = "WWW-Authenticate" if m.status == 401 else "Proxy-Authenticate"
    out = []
    for value in m.all(name):
        scheme, _, rest = value.partition(" ")
        need(scheme == "Digest", "Digest challenges only", value)
        found = {key.lower(): bare_value if quoted is None else quoted for key, quoted, bare_value in parts(rest)}
        for key in ("realm", "nonce", "qop") if strict else ():
            need(found.get(key), f"{key} in the challenge", value)
        need("auth" in re.split(r"\s*,\s*", found.get("qop", "auth")), "qop with auth", value)
        out.append(found)
    algorithms = [c.get("algorithm", "MD5").upper() for c in out]
    need(not strict or algorithms == ["SHA-256", "MD5"], "SHA-256 first, then MD5, one header field each (S-388)", algorithms)
    need(len({c["realm"] for c in out}) == 1, "one realm", out)
    return out


def parts(text):
    for match in re.finditer(r'([A-Za-z][A-Za-z0-9_-]*)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^,\s]+))', text):
        yield match[1], match[2], match[3]


HASHES = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}


def credentials(challenge, method, uri, user, password, nc, body=b"", qop="auth"):
    algorithm = challenge.get("algorithm", "MD5").upper()

    def h(text):
        return HASHES[algorithm](text.encode() if isinstance(text, str) else text).hexdigest()
    cnonce, count = os.urandom(6).hex(), f"{nc:08x}"
    a1, a2 = h(f"{user}:{challenge['realm']}:{password}"), f"{method}:{uri}"
    if qop == "auth-int":
        a2 += ":" + h(body)
    if qop:
        answer = h(f"{a1}:{challenge['nonce']}:{count}:{cnonce}:{qop}:{h(a2)}")
    else:
        answer = h(f"{a1}:{challenge['nonce']}:{h(a2)}")
    out = (f'Digest username="{user}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", uri="{uri}", '
           f'response="{answer}", algorithm={challenge.get("algorithm", "MD5")}')
    if qop:
        out += f', qop={qop}, cnonce="{cnonce}", nc={count}'
    if challenge.get("opaque") is not None:
        out += f', opaque="{challenge["opaque"]}"'
    return out
