"""OSCAR bytes for the scripted client: FLAP, SNAC, TLV, user-info blocks, messages, feedbag items.

Written from the published wire layouts for the tests alone and shares no code with the program under
test.  Reading is strict: what a server must not send raises Violation and says what was expected.
"""
import hashlib
import struct
from dataclasses import dataclass, field

AIM_MD5 = b"AOL Instant Messenger (SM)"
ROAST = bytes.fromhex("f32681c43986db9271a3b9e6537a957c")
ROAST_JAVA = bytes.fromhex("f3b36c99953facb6c5fa6b63696cc39a")
SERVER_ID = 0x80000000
AWAY, AIM_USER, ICQ_USER, WIRELESS, BOT = 0x0020, 0x0010, 0x0050, 0x0080, 0x0400
MAX_FRAME = 8192


class Violation(AssertionError):
    """The server sent something that the protocol does not allow."""


def need(truth, expected, got):
    if not truth:
        raise Violation(f"expected {expected}; got {got}")


# writing

def u8(n):
    return struct.pack(">B", n)


def u16(*n):
    return struct.pack(f">{len(n)}H", *n)


def u32(*n):
    return struct.pack(f">{len(n)}I", *n)


def str8(text):
    data = text.encode() if isinstance(text, str) else text
    return u8(len(data)) + data


def str16(text):
    data = text.encode() if isinstance(text, str) else text
    return u16(len(data)) + data


def tlv(kind, value=b""):
    data = value.encode() if isinstance(value, str) else value
    return u16(kind, len(data)) + data


def flap(channel, seq, data=b""):
    return struct.pack(">BBHH", 0x2A, channel, seq & 0xFFFF, len(data)) + data


def snac(family, subtype, body=b"", request=0, flags=0):
    return struct.pack(">HHHI", family, subtype, flags, request) + body


def roast(password, table=ROAST):
    return bytes(b ^ table[i % 16] for i, b in enumerate(password.encode()))


def digest(key, password, new):
    secret = password.encode()
    return hashlib.md5(key + (hashlib.md5(secret).digest() if new else secret) + AIM_MD5).digest()


def fragments(text, charset=None, caps=b"\1\1\1\2"):
    """The value of TLV 0x0002.  charset None: 0 for ASCII, else 2."""
    if charset is None:
        charset = 0 if text.isascii() else 2
    data = {0: lambda: text.encode("utf-8"), 2: lambda: text.encode("utf-16-be"),
            3: lambda: text.encode("cp1252"), 0x0D: lambda: text.encode("utf-8")}[charset]()
    return b"\5\1" + str16(caps) + b"\1\1" + u16(len(data) + 4) + u16(charset, 0) + data


def icbm(cookie, who, text, charset=None, ack=False, store=False, auto=False, typing=False, extra=b"",
         caps=b"\1\1\1\2"):
    """The body of 04/06 on channel 1."""
    body = cookie + u16(1) + str8(who) + tlv(2, fragments(text, charset, caps))
    for wanted, kind in ((ack, 3), (auto, 4), (store, 6), (typing, 0x0B)):
        if wanted:
            body += tlv(kind)
    return body + extra


@dataclass
class Item:
    """One feedbag item."""
    name: str
    group: int
    item: int
    kind: int
    attributes: list = field(default_factory=list)       # [(type, bytes)]

    def bytes(self):
        inner = b"".join(tlv(k, v) for k, v in self.attributes)
        return str16(self.name) + u16(self.group, self.item, self.kind, len(inner)) + inner

    def get(self, kind):
        return next((v for k, v in self.attributes if k == kind), None)

    def order(self):
        raw = self.get(0xC8) or b""
        return list(struct.unpack(f">{len(raw) // 2}H", raw))


# reading

class Reader:
    """Reads off the front of some bytes; a short read is a Violation that names what was read."""

    def __init__(self, data, what):
        self.data, self.what = data, what

    def take(self, n, name):
        need(len(self.data) >= n, f"{n} bytes of {name} in {self.what}", f"{len(self.data)}: {self.data.hex()}")
        out, self.data = self.data[:n], self.data[n:]
        return out

    def u8(self, name="u8"):
        return self.take(1, name)[0]

    def u16(self, name="u16"):
        return struct.unpack(">H", self.take(2, name))[0]

    def u32(self, name="u32"):
        return struct.unpack(">I", self.take(4, name))[0]

    def str8(self, name="str8"):
        return self.take(self.u8(name), name)

    def str16(self, name="str16"):
        return self.take(self.u16(name), name)

    def tlv(self):
        kind = self.u16("TLV type")
        return kind, self.take(self.u16(f"length of TLV {kind:04x}"), f"TLV {kind:04x}")

    def tlvs(self, count=None, repeats=()):
        """TLVs to the end, or `count` of them; the same type twice is a Violation but for `repeats`."""
        out = []
        while self.data if count is None else len(out) < count:
            kind, value = self.tlv()
            need(kind in repeats or all(k != kind for k, _ in out),
                 f"each TLV once in {self.what}", f"TLV {kind:04x} twice")
            out.append((kind, value))
        return Tlvs(out, self.what)

    def end(self):
        need(not self.data, f"nothing after {self.what}", self.data.hex())


class Tlvs(list):
    """[(type, value)] with look-ups that complain."""

    def __init__(self, pairs, what):
        super().__init__(pairs)
        self.what = what

    def __contains__(self, kind):
        return any(k == kind for k, _ in self)

    def raw(self, kind, default=None):
        return next((v for k, v in self if k == kind), default)

    def kinds(self):
        return [k for k, _ in self]

    def want(self, kind, size=None):
        value = self.raw(kind)
        need(value is not None, f"TLV {kind:04x} in {self.what}", " ".join(f"{k:04x}" for k in self.kinds()))
        need(size is None or len(value) == size, f"{size} bytes in TLV {kind:04x} of {self.what}", value.hex())
        return value

    def u16(self, kind, default=None):
        return default if kind not in self else int.from_bytes(self.want(kind, 2), "big")

    def u32(self, kind, default=None):
        return default if kind not in self else int.from_bytes(self.want(kind, 4), "big")

    def text(self, kind, default=None):
        value = self.raw(kind)
        return default if value is None else value.decode("utf-8", "strict")


@dataclass
class User:
    """A user-info block."""
    name: str
    warning: int
    tlvs: Tlvs

    @property
    def uclass(self):
        return int.from_bytes(self.tlvs.want(1)[:2], "big")

    @property
    def away(self):
        return bool(self.uclass & AWAY)

    @property
    def idle(self):
        return self.tlvs.u16(4)

    @property
    def status(self):
        return self.tlvs.u32(6)

    @property
    def signon(self):
        return self.tlvs.u32(3)

    @property
    def caps(self):
        raw = self.tlvs.raw(0x0D, b"")
        need(len(raw) % 16 == 0, "capabilities of 16 bytes each", raw.hex())
        return [raw[i:i + 16] for i in range(0, len(raw), 16)]

    @property
    def bart(self):
        """{type: (flags, data)} of TLV 0x001D."""
        r, out = Reader(self.tlvs.raw(0x1D, b""), "TLV 001d"), {}
        while r.data:
            kind, flags = r.u16(), r.u8()
            out[kind] = (flags, r.str8())
        return out

    @property
    def available_message(self):
        got = self.bart.get(2)
        if not got or not got[1]:
            return None
        r = Reader(got[1], "status text")
        text = r.str16()
        need(r.u16() in (0, 1), "0 or 1 after the status text", got[1].hex())
        return text.decode("utf-8")


def norm(name):
    """The form in which screen names are compared."""
    return name.replace(" ", "").lower()


def read_user(r):
    name = r.str8("screen name").decode("ascii")
    need(name and "\0" not in name, "a screen name", repr(name))
    warning = r.u16("warning level")
    need(warning <= 999, "a warning level of 0..999", warning)
    return User(name, warning, r.tlvs(r.u16("TLV count")))


def check_full(user, what):
    """The block of a live user: 0001 as u16, 0006, 000F and 0003 always there."""
    t = user.tlvs
    t.what = f"the user block of {user.name} in {what}"
    t.want(1, 2), t.want(6, 4), t.want(0x0F, 4), t.want(3, 4)
    if 4 in t:
        t.want(4, 2)
    need(not user.uclass & 0x0007, "none of class bits 0001, 0002, 0004 (M-206, other bits of TLV 0001)",
         f"{user.uclass:04x}")


def decode_text(charset, data):
    if charset == 2:
        need(len(data) % 2 == 0, "an even number of UTF-16 bytes", data.hex())
        return data.decode("utf-16-be")
    if charset == 3:
        return data.decode("cp1252")
    need(charset == 0, "charset 0, 2 or 3", f"{charset:04x}")
    return data.decode("utf-8")


def read_fragments(data):
    """(text, [charset]) of TLV 0x0002 as a server may write it."""
    r, text, charsets, caps = Reader(data, "TLV 0002 of a message"), "", [], False
    while r.data:
        ident, version = r.u8("fragment id"), r.u8("fragment version")
        value = r.str16("fragment")
        if (ident, version) == (5, 1):
            caps = True
        elif (ident, version) == (1, 1):
            need(len(value) >= 4, "charset and subset in a text fragment", value.hex())
            charset = int.from_bytes(value[:2], "big")
            charsets.append(charset)
            text += decode_text(charset, value[4:])
        else:
            raise Violation(f"fragment {ident:02x}/{version:02x} in a message to an AIM client")
    need(charsets, "a text fragment 01/01", data.hex())
    need(caps, "a fragment 05/01", data.hex())
    return text, charsets


def read_items(r, count=None):
    items = []
    while r.data if count is None else len(items) < count:
        name = r.str16("item name").decode("utf-8")
        group, item, kind = r.u16("group id"), r.u16("item id"), r.u16("class")
        inner = Reader(r.str16("attributes"), f"attributes of item {name!r}")
        items.append(Item(name, group, item, kind, list(inner.tlvs())))
    return items


def check_feedbag(items):
    """What a list handed to a client must hold for the pickiest of them."""
    need(items, "a feedbag with a root group and at least one more group", "an empty one")
    root = items[0]
    need((root.name, root.group, root.item, root.kind) == ("", 0, 0, 1), "the root group first", root)
    groups = [i.group for i in items if i.kind == 1 and i.group]
    need(groups, "a group besides the root group", items)
    need(sorted(root.order()) == sorted(groups), f"the root group's 00C8 to list {sorted(groups)}", root.order())
    for g in (i for i in items if i.kind == 1 and i.group):
        members = [i.item for i in items if i.kind == 0 and i.group == g.group]
        need(set(g.order()) <= set(members), f"00C8 of group {g.name!r} to list only of {members}", g.order())
    ids = [(i.group, i.item) for i in items]
    need(len(set(ids)) == len(ids), "each (group, item) id once", ids)
    need([(i.group) for i in items] == sorted(i.group for i in items), "items sorted by group", ids)


@dataclass
class Rates:
    """01/07: {class id: record}, {(family, subtype): class id}."""
    classes: dict
    members: dict


def read_rate_class(r, long_form):
    ident = r.u16("rate class id")
    names = ("window", "clear", "alert", "limit", "disconnect", "current", "maximum")
    record = {name: r.u32(name) for name in names}
    if long_form:
        record["since"], record["dropping"] = r.u32("ms since last"), r.u8("dropping")
        need(record["dropping"] in (0, 1), "0 or 1 in the last byte of a rate record", record["dropping"])
    need(record["window"] > 0, "a rate window above 0", record)
    need(record["disconnect"] <= record["limit"] <= record["alert"] <= record["clear"] <= record["maximum"],
         "rate levels in order", record)
    return ident, record


def read_rates(r, long_form, families=None):
    count = r.u16("rate class count")
    need(count >= 1, "at least one rate class", count)
    classes = dict(read_rate_class(r, long_form) for _ in range(count))
    need(len(classes) == count, "each rate class once", classes.keys())
    members = {}
    for ident in classes:
        need(r.u16("group class id") == ident, f"the members of class {ident} next", r.data[:8].hex())
        for _ in range(r.u16("pair count")):
            pair = (r.u16("family"), r.u16("subtype"))
            need(pair not in members, "each SNAC in one rate class", pair)
            members[pair] = ident
    r.end()
    for family in families or ():
        need(any(f == family for f, _ in members),
             "every family of 01/03 in the rate groups (Mac AIM freezes without)", f"none of {family:04x}")
    return Rates(classes, members)
