"""A scripted AIM client: signs on as one of several kinds of client, then does what a test says.

    with Session(port, "Alice Smith", "secret", BARNOWL) as alice:
        alice.sign_on()
        alice.add_buddy("bob")
        alice.wait("arrived", who="bob", away=False)
        alice.im("bob", "hello", ack=True)
        alice.wait("im", who="bob", text="hi")

Every frame from the server is decoded and checked as it comes; what no server may send is raised as a
Violation by the next call.  All that happened is in `events`; `wait` looks them up.
"""
import hashlib
import os
import socket
import struct
import threading
import time
from dataclasses import dataclass

from oscar_wire import (MAX_FRAME, SERVER_ID, Item, Reader, Violation, check_feedbag, check_full,
                        digest, flap, icbm, need, norm, read_fragments, read_items, read_rate_class,
                        read_rates, read_user, ROAST, ROAST_JAVA, roast, snac, str8, str16, tlv, u8, u16, u32)
from pki import Secure

# what may answer what, beside family/0001; everything else comes by itself
REPLIES = {
    (0x01, 0x04): [(0x01, 0x05)], (0x01, 0x06): [(0x01, 0x07)], (0x01, 0x0E): [(0x01, 0x0F)],
    (0x01, 0x17): [(0x01, 0x18)], (0x01, 0x1E): [(0x01, 0x0F)], (0x02, 0x02): [(0x02, 0x03)],
    (0x02, 0x05): [(0x02, 0x06)], (0x02, 0x09): [(0x02, 0x0A)], (0x02, 0x0B): [(0x02, 0x0C)],
    (0x02, 0x0F): [(0x02, 0x10)], (0x02, 0x15): [(0x02, 0x06)], (0x03, 0x02): [(0x03, 0x03)],
    (0x04, 0x04): [(0x04, 0x05)], (0x04, 0x06): [(0x04, 0x0C)], (0x04, 0x08): [(0x04, 0x09)],
    (0x04, 0x10): [(0x04, 0x07), (0x04, 0x17)], (0x09, 0x02): [(0x09, 0x03)], (0x0A, 0x02): [(0x0A, 0x03)],
    (0x0B, 0x03): [(0x0B, 0x04)], (0x0D, 0x02): [(0x0D, 0x09)], (0x0D, 0x08): [(0x0D, 0x09)],
    (0x13, 0x02): [(0x13, 0x03)], (0x13, 0x04): [(0x13, 0x06)], (0x13, 0x05): [(0x13, 0x06), (0x13, 0x0F)],
    (0x13, 0x08): [(0x13, 0x0E)], (0x13, 0x09): [(0x13, 0x0E)], (0x13, 0x0A): [(0x13, 0x0E)],
    (0x06, 0x02): [(0x06, 0x03)], (0x07, 0x02): [(0x07, 0x03)], (0x07, 0x04): [(0x07, 0x05)], (0x07, 0x06): [(0x07, 0x07)], (0x0F, 0x02): [(0x0F, 0x03)],
    (0x10, 0x02): [(0x10, 0x03)], (0x10, 0x04): [(0x10, 0x05)], (0x10, 0x06): [(0x10, 0x07)],
    (0x15, 0x02): [(0x15, 0x03)], (0x17, 0x06): [(0x17, 0x07), (0x17, 0x03)], (0x17, 0x02): [(0x17, 0x03)],
}
UNASKED = {(0x01, s) for s in (0x03, 0x0A, 0x0B, 0x0D, 0x0F, 0x10, 0x12, 0x13, 0x15, 0x21)} | \
    {(0x03, s) for s in (0x0A, 0x0B, 0x0C)} | {(0x04, s) for s in (0x07, 0x0A, 0x0B, 0x14)} | \
    {(0x0B, 0x02)} | {(0x13, s) for s in (0x08, 0x09, 0x0A, 0x11, 0x12, 0x13, 0x15, 0x19, 0x1B, 0x1C)}
ICQ_FLAGGED = {(0x13, 0x19), (0x13, 0x1B), (0x13, 0x1C)}

ALL_FAMILIES = [(1, 3), (0x13, 4), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (9, 1), (0x0A, 1), (0x0B, 1)]
OLD_FAMILIES = [(1, 3), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (9, 1), (0x0A, 1), (0x0B, 1)]
RIGHTS = ["13/02", "13/04", "02/02", "03/02", "04/04", "09/02"]
CAP_UTF8 = bytes.fromhex("0946134e4c7f11d18222444553540000")
CAP_INTEROP = bytes.fromhex("0946134d4c7f11d18222444553540000")


@dataclass(frozen=True)
class Personality:
    """A kind of client: how it signs on and in which order it asks."""
    name: str
    text: str                       # TLV 0x0003
    version: tuple                  # major, minor, point, build
    login: str                      # old, new (MD5) or roast
    steps: tuple                    # after 01/08: "ff/ss" sends, "?ff/ss" waits for that answer
    reactions: tuple = ()           # (answer, request): LF asks when an answer comes
    families: tuple = tuple(ALL_FAMILIES)
    multi: int = None               # TLV 0x004A
    zero_ids: tuple = ()            # requests sent with id 0
    feedbag: bool = True            # false: the list is the client's own, sent in 03/04
    first_in_flap1: bool = False    # sends its first SNAC in one segment with its channel 1 frame
    icbm: tuple = (0xB, 8000, 999, 999, 0)
    charset: int = None             # of what is not ASCII
    html: bool = True
    retrieves: bool = False         # asks for stored messages by 04/10
    services: tuple = ()            # families asked for by 01/04
    icq: bool = False               # signs on with a number
    says_versions: bool = True      # false: no 01/17 at all, as the oldest
    client_id: int = 0x0109         # TLV 0x0016
    login_more: bytes = b""         # further TLVs of its sign-on
    caps: bytes = CAP_UTF8 + CAP_INTEROP
    waits_motd: bool = False        # goes on only after 01/13
    refused: tuple = ()             # services it asks for and is refused without harm


LIBPURPLE = Personality(
    "libpurple", "Purple/2.12.1", (5, 9, 0, 0x611), "new", multi=1, first_in_flap1=True,
    steps=("01/0E", *RIGHTS, "?13/06", "?09/03", "13/11", "13/08", "13/07", "02/04 caps", "02/04 back", "01/1E",
           "04/02", "01/1E dc", "01/11", "01/04 18", "01/04 0D", "01/02", "04/10"),
    zero_ids=("13/07", "13/11", "13/12", "04/10"), icbm=(0x51B, 8000, 999, 999, 0), retrieves=True)
BARNOWL = Personality(
    "BarnOwl", "AOL Instant Messenger, version 5.1.3036/WIN32", (5, 1, 0, 0xBDC), "new", multi=1,
    steps=("01/0E", *RIGHTS, "09/04", "01/14"),
    reactions=(("04/05", "04/02"), ("09/03", "01/02"), ("09/03", "15/02 3C"), ("13/06", "13/07"),
               ("0B/02", "04/04")),
    icbm=(3, 8000, 999, 999, 0), charset=3, html=False)
BITLBEE = Personality(
    "BitlBee", "AOL Instant Messenger, version 5.5.3595/WIN32", (5, 5, 0, 0xE0B), "old",
    steps=("01/0E", "02/02", "03/02", "04/04", "09/02", "?09/03", "09/04", "01/14", "04/02", "01/02", "01/04 0D",
           "13/02", "13/04", "?13/06", "13/07", "15/02 3C", "01/1E", "02/04 caps", "15/02 3E"),
    families=tuple((f, 3 if f == 0x13 else v) for f, v in ALL_FAMILIES), zero_ids=("01/06", "02/02"),
    icbm=(0xB, 8000, 999, 999, 0))
NODE_OSCAR = Personality(
    "node-oscar", "AOL Instant Messenger, version 5.9.3702/WIN32", (5, 9, 0, 0xE76), "old",
    steps=("02/02", "04/04", "13/02", "?02/03", "?04/05", "?13/03", "04/02", "02/04 caps", "01/1E", "13/04", "?13/06",
           "13/07", "01/02", "01/04 0D"),
    families=((1, 4), (0x13, 4), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (9, 1), (0x0A, 1), (0x0B, 1)),
    icbm=(0x51F, 8000, 0x8403, 0xE703, 0), charset=0, services=(0x0D,))
AIM51 = Personality(
    "AIM 5.1", "AOL Instant Messenger, version 5.1.3036/WIN32", (5, 1, 0, 0xBDC), "new",
    steps=("13/02", "13/05", "02/02", "03/02", "04/04", "09/02", "?13/06", "?02/03", "?03/03", "?04/05", "?09/03",
           "13/07", "02/04 caps", "04/02", "01/1E", "01/02"),
    multi=1)
AIM41 = Personality(
    "AIM 4.1", "AOL Instant Messenger (SM), version 4.1.2010/WIN32", (4, 1, 0, 0x7DA), "old",
    steps=("02/02", "03/02", "04/04", "09/02", "?02/03", "?03/03", "?04/05", "?09/03", "03/04", "09/07", "02/04 caps",
           "04/02", "01/02"),
    families=tuple(OLD_FAMILIES), feedbag=False)
AIM35 = Personality(
    "AIM 3.5", "AOL Instant Messenger (SM), version 3.5.1670/WIN32", (3, 5, 0, 0x686), "old",
    steps=("02/02", "03/02", "04/04", "09/02", "?02/03", "?03/03", "?04/05", "?09/03", "03/04", "02/04 caps", "04/02",
           "01/02"),
    families=((1, 2), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (9, 1), (0x0A, 1), (0x0B, 1)), feedbag=False)
AIM30 = Personality(
    "AIM 3.0 (roasted)", "AOL Instant Messenger (SM), version 3.0.1470/WIN32", (3, 0, 0, 0x5BE), "roast",
    steps=AIM35.steps, families=AIM35.families, feedbag=False)
# The others: what section 28 of the reference tells of each, in the order of its nearest relative above.

WIN = ("02/02", "03/02", "04/04", "09/02", "?02/03", "?03/03", "?04/05", "?09/03")
OLD = (*WIN, "03/04", "02/04 caps", "04/02", "01/02")
LISTED = ("13/02", "13/05", "02/02", "03/02", "04/04", "09/02", "?13/06", "?02/03", "?03/03", "?04/05", "?09/03", "13/07",
          "02/04 caps", "04/02", "01/1E")
OLDEST = ((1, 1), (2, 1), (3, 1), (4, 1), (6, 1), (8, 1), (9, 1), (0x0A, 1), (0x0B, 1))
ICQ_FAMILIES = tuple((f, 2 if f == 0x13 else v) for f, v in ALL_FAMILIES) + ((0x15, 1),)
FAMILIES_4 = tuple((f, 4 if f == 1 else v) for f, v in ALL_FAMILIES)

AIM17 = Personality(        # records of 30 octets, and never an 01/0F that it did not ask for
    "AIM 1.7", "AOL Instant Messenger (TM), version 1.7.486/WIN32", (1, 7, 0, 0x1E6), "roast", steps=OLD, families=OLDEST,
    says_versions=False, feedbag=False, client_id=0x0004)
AIM2 = Personality(         # chat navigation; a usage report; a search by e-mail
    "AIM 2.1", "AOL Instant Messenger (SM), version 2.1.1236/WIN32", (2, 1, 0, 0x4D4), "roast",
    steps=(*WIN, "03/04", "02/04 caps", "04/02", "0B/03", "?0B/04", "01/02", "01/04 0D"), families=OLDEST, feedbag=False,
    client_id=0x0004, services=(0x0D,))
MACAIM2 = Personality(
    "Mac AIM 2", "AOL Instant Messenger (SM), version 2.0.912/Macintosh", (2, 0, 0, 0x390), "roast", steps=OLD,
    families=OLDEST, feedbag=False, client_id=0x0004, login_more=tlv(9, u16(0x15)))
JAVA = Personality(
    "Java AIM 1.1.19", "AOL Instant Messenger (TM) version 1.1.19 for Java built 03/24/98, freeMem 215871 totalMem 1048567",
    (1, 1, 0x13, 0), "roast java", steps=OLD, families=OLDEST, feedbag=False, client_id=0x0001)
AIM40 = Personality(
    "AIM 4.0", "AOL Instant Messenger (SM), version 4.0.1891/WIN32", (4, 0, 0, 0x763), "old",
    steps=(*WIN, "03/04", "09/05", "02/04 caps", "04/02", "01/02"), families=tuple(OLD_FAMILIES), feedbag=False)
MACAIM40 = Personality(     # waits for the answer to 01/1E; wants full blocks and all rate groups
    "Mac AIM 4.0", "AOL Instant Messenger (SM), version 4.0.9/Macintosh", (4, 0, 9, 0), "old",
    steps=(*WIN, "03/04", "09/07", "02/04 caps", "04/02", "01/1E", "?01/0F", "01/02", "01/04 0D"),
    families=tuple(OLD_FAMILIES), feedbag=False, services=(0x0D,))
AIM43 = Personality(
    "AIM 4.3", "AOL Instant Messenger (SM), version 4.3.2229/WIN32", (4, 3, 0, 0x8B5), "old",
    steps=("13/02", "13/04", *WIN, "?13/06", "13/07", "02/04 caps", "04/02", "01/02"))
AIM48 = Personality(        # the new digest; an error shows where alerts are refused
    "AIM 4.8", "AOL Instant Messenger (SM), version 4.8.2790/WIN32", (4, 8, 0, 0xAE6), "new",
    steps=(*LISTED, "01/02", "01/04 18"), services=(0x18,))
AIM59 = Personality(        # icons, and an own account, on connections of their own
    "AIM 5.9", "AOL Instant Messenger, version 5.9.3702/WIN32", (5, 9, 0, 0xE76), "new",
    steps=(*LISTED, "01/02", "01/04 10", "01/04 07", "01/04 18"), services=(0x10, 0x07), refused=(0x18,), multi=1)
AIMLITE = Personality(
    "AIM Lite", "AIM Lite 0.2, AOL Instant Messenger, version 5.9/WIN32", (5, 9, 0, 0), "new", steps=(*LISTED, "01/02"))
AIM61 = Personality(        # with BUCP switched on: family 1 of version 4, so 01/0F is a block for each session
    "AIM 6.1", "AOL Instant Messenger, version 6.1.46.1/WIN32", (6, 1, 46, 1), "new",
    steps=("01/0E", "?01/0F", *LISTED, "01/02", "04/10", "01/04 10"), families=FAMILIES_4, multi=1, retrieves=True,
    services=(0x10,), login_more=tlv(0x94, b"\0"))
ICQ2000 = Personality(
    "ICQ 2000b", "ICQ Inc. - Product of ICQ (TM).2000b.4.65.1.3281.85", (4, 65, 1, 0xCD1), "roast", icq=True, html=False,
    steps=(*WIN, "03/04", "02/04 caps", "04/02", "01/1E", "01/02", "15/02 3C"), families=(*OLD_FAMILIES, (0x15, 1)),
    feedbag=False, client_id=0x010A)
ICQ2003 = Personality(
    "ICQ 2003b", "ICQ Inc. - Product of ICQ (TM).2003b.5.37.1.3728.85", (5, 37, 1, 0xE90), "roast", icq=True, html=False,
    steps=(*LISTED, "01/02", "15/02 3C"), families=ICQ_FAMILIES, client_id=0x010A)
ICQLITE = Personality(      # ready before it uses its list: what came in between it has thrown away
    "ICQ 5 Lite", "ICQ Client", (20, 34, 0, 0x914), "new", icq=True, html=False,
    steps=("13/02", "13/05", *WIN, "?13/06", "02/04 caps", "04/02", "01/1E", "01/02", "13/07", "15/02 3C"),
    families=(*ALL_FAMILIES, (0x15, 1)), client_id=0x010A)
ICQ6 = Personality(         # as AIM 6; reads markup
    "ICQ 6", "ICQ Client", (20, 52, 0, 0x0BF4), "new", icq=True, html=False, steps=(*LISTED, "01/02", "15/02 3C", "04/10"),
    families=(*FAMILIES_4, (0x15, 1)), client_id=0x010A, multi=1, retrieves=True,
    caps=CAP_UTF8 + CAP_INTEROP + bytes.fromhex("0138ca7b769a491588f213fc00979ea8"))
JIMM = Personality(         # goes on after 01/13 only
    "Jimm", "ICQ Inc. - Product of ICQ (TM).2003a.5.45.1.3777.85", (5, 45, 1, 0xEC1), "new", icq=True, html=False,
    steps=("13/02", "13/05", *WIN, "?13/06", "13/07", "02/04 jimm", "04/02", "01/1E", "01/02", "15/02 3C"),
    families=ICQ_FAMILIES, client_id=0x010A, waits_motd=True)
QIP = Personality(          # a privacy item without a mode
    "QIP 2005", "QIP 2005a", (5, 37, 1, 0xE90), "new", icq=True, html=False,
    steps=("13/02", "13/05", *WIN, "?13/06", "13/08 nomode", "13/07", "02/04 caps", "04/02", "01/1E", "01/02", "15/02 3C"),
    families=ICQ_FAMILIES, client_id=0x010A)
MIRANDA = Personality(      # waits for the empty channel 4 frame of the authorizer
    "Miranda", "Miranda IM", (0, 7, 0, 0), "new", icq=True, html=False, steps=(*LISTED, "01/02", "15/02 3C"),
    families=(*ALL_FAMILIES, (0x15, 1)), client_id=0x010A)
TRILLIAN = Personality(
    "Trillian", "Trillian", (3, 1, 0, 0), "new", steps=(*LISTED, "01/02"), multi=1,
    caps=CAP_UTF8 + bytes.fromhex("f2e7c7f4fead4dfbb23536798bdf0000"))
ICHAT = Personality(
    "iChat", "Apple iChat", (4, 0, 0, 0), "new", steps=("01/0E", *LISTED, "01/02"), multi=1)
KOPETE = Personality(
    "Kopete", "ICQBasic", (20, 34, 0, 0x914), "new",
    steps=("13/02", "13/05", *WIN, "?13/06", "13/07", "02/04 caps", "04/02", "01/02", "01/04 0D"), services=(0x0D,))
BEAIM = Personality(
    "BeAIM", "BeAIM, AOL Instant Messenger, version 1.5/BeOS", (1, 5, 0, 0), "old", steps=OLD, families=tuple(OLD_FAMILIES),
    feedbag=False)
NETOSCAR = Personality(
    "Net::OSCAR", "AOL Instant Messenger, version 5.5.3595/WIN32", (5, 5, 0, 0xE0B), "new",
    steps=("01/0E", *LISTED, "01/02"))

ALL = (LIBPURPLE, BARNOWL, BITLBEE, NODE_OSCAR, AIM51, AIM41, AIM35, AIM30, AIM17, AIM2, MACAIM2, JAVA, AIM40, MACAIM40,
       AIM43, AIM48, AIM59, AIMLITE, AIM61, ICQ2000, ICQ2003, ICQLITE, ICQ6, JIMM, QIP, MIRANDA, TRILLIAN, ICHAT, KOPETE,
       BEAIM, NETOSCAR)


def pair(text):
    return tuple(int(x, 16) for x in text.split()[0].split("/"))


def name_of(key):
    return f"{key[0]:02X}/{key[1]:02X}"


def brief(record):
    """One event for a failure message."""
    words = [record["event"]]
    for key, value in record.items():
        if key in ("event", "t", "flags", "user", "tlvs") or value is None:
            continue
        text = value.hex() if isinstance(value, bytes) else str(value)
        words.append(f"{key}={text[:60]}" + ("..." if len(text) > 60 else ""))
    return " ".join(words)


class Refused(Exception):
    """The server said no to a sign-on; `code` is TLV 0x0008."""

    def __init__(self, code):
        super().__init__(f"sign-on refused with code {code:#06x}")
        self.code = code


class Link:
    """One FLAP connection: frames, sequence numbers, request ids; a thread reads and checks."""

    def __init__(self, address, on_frame, label, tls=None, receive_buffer=None):
        self.label, self.on_frame = label, on_frame
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        if receive_buffer:
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.sock.settimeout(10)
        self.sock.connect(address)
        self.sock.settimeout(None)
        self.reads = threading.Event()
        self.reads.set()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.recv = self.sock.recv
        if tls:
            self.sock = Secure(self.sock, tls)
            self.recv = self.sock.read
        self.seq = int.from_bytes(os.urandom(2), "big") & 0x7FFF
        self.requests, self.next_id = {}, 1
        self.peer_seq, self.frames_in, self.closed = None, 0, False
        self.broken = None
        self.cond = threading.Condition()
        self.send_lock = threading.Lock()
        self.thread = threading.Thread(target=self._read, daemon=True)
        self.thread.start()

    def send(self, channel, data=b"", more=b""):
        with self.send_lock:
            out = flap(channel, self.seq, data)
            self.seq = (self.seq + 1) & 0xFFFF
            self.sock.sendall(out + more)

    def frame(self, channel, data=b""):
        """A frame to go out together with another one; takes the next number but one."""
        return flap(channel, self.seq + 1, data)

    def send_snac(self, family, subtype, body=b"", request=None, flags=0):
        if request is None:
            request, self.next_id = self.next_id, self.next_id + 1
        with self.cond:
            self.requests.setdefault(request, []).append((family, subtype))
        self.send(2, snac(family, subtype, body, request, flags))
        return request

    def _exact(self, n):
        data = b""
        while len(data) < n:
            part = self.recv(n - len(data))
            if not part:
                need(not data, f"{n} bytes of a frame", f"the end after {data.hex()}")
                return None
            data += part
        return data

    def _read(self):
        try:
            while self.reads.wait():
                head = self._exact(6)
                if head is None:
                    break
                mark, channel, seq, size = struct.unpack(">BBHH", head)
                need(mark == 0x2A and 1 <= channel <= 5, "a FLAP header", head.hex())
                need(size <= MAX_FRAME, f"at most {MAX_FRAME} bytes in a frame", size)
                if self.peer_seq is not None:
                    wrapped = self.peer_seq == 0x7FFF and seq == 0
                    need(wrapped or seq == (self.peer_seq + 1) & 0xFFFF,
                         f"FLAP sequence number {(self.peer_seq + 1) & 0xFFFF}", seq)
                self.peer_seq = seq
                data = self._exact(size) if size else b""
                need(data is not None, f"{size} bytes of payload", "the end of the connection")
                self.frames_in += 1
                if self.frames_in == 1:
                    need((channel, data) == (1, b"\0\0\0\1"), "channel 1 with just 00000001 as the first frame",
                         f"channel {channel}: {data.hex()}")
                else:
                    need(channel != 1, "channel 1 only once", data.hex())
                self.on_frame(self, channel, data)
        except OSError:
            pass
        except Exception as err:                    # told by the next call of the test
            ours = isinstance(err, ValueError) and self.sock.fileno() < 0   # a TLS socket that we closed
            if not ours:
                self.broken = err if isinstance(err, Violation) else Violation(f"{self.label}: {err!r}")
        with self.cond:
            self.closed = True
        self.on_frame(self, None, b"")

    def match(self, family, subtype, request):
        """The request that this SNAC answers, or None where it came by itself."""
        if request & SERVER_ID:
            need((family, subtype) in UNASKED, "a SNAC that a server may send by itself under an id with the top bit",
                 f"{name_of((family, subtype))} id {request:08x}")
            return None
        with self.cond:
            asked = list(self.requests.get(request, ()))
        need(asked, "the request id of one of our requests", f"{name_of((family, subtype))} id {request:08x}")
        for key in asked:
            if (family, subtype) in REPLIES.get(key, ()) or (subtype == 1 and family == key[0]):
                return key
        raise Violation(f"expected an answer to {', '.join(map(name_of, asked))} under id {request:08x}; "
                        f"got {name_of((family, subtype))}")

    def in_kernel(self):
        """What came and was not read, without reading it."""
        try:
            return self.sock.recv(1 << 24, socket.MSG_PEEK | socket.MSG_DONTWAIT)
        except BlockingIOError:
            return b""

    def reset(self):
        """As a client that is killed."""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()
        self.reads.set()

    def close(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.reads.set()
        self.sock.close()
        self.thread.join(2)


class Session:
    """One AIM account signed on."""

    def __init__(self, port, name, password, personality=LIBPURPLE, buddies=(), host="127.0.0.1", hold_online=False,
                 families=None, tls=None, receive_buffer=None):
        """`tls`: the context to call with (pki.py)."""
        self.tls = tls
        self.address, self.name, self.password = (host, port), name, password
        self.personality, self.local_buddies, self.hold_online = personality, list(buddies), hold_online
        self.events, self.cond = [], threading.Condition()
        self.items, self.links = [], []
        self.bos = None
        self.hello = b""                 # what else its first frame at BOS has
        self.online_sent = self.list_used = False
        self.rates = self.families = None
        self.long_rates = dict(families or personality.families)[1] >= 3
        self.rights = {}
        self.receive_buffer = receive_buffer
        self.disconnected = None
        self.started = time.monotonic()

    # events

    def _put(self, event, /, **fields):
        record = {"event": event, "t": round(time.monotonic() - self.started, 3), **fields}
        with self.cond:
            self.events.append(record)
            self.cond.notify_all()

    def mark(self):
        with self.cond:
            return len(self.events)

    def check(self):
        for link in self.links:
            if link.broken:
                raise link.broken

    def find(self, event, since=0, **match):
        def same(key, wanted, got):
            if callable(wanted):
                return wanted(got)
            if key == "who" and got is not None:
                return norm(wanted) == norm(got)
            return wanted == got
        return [r for r in self.events[since:] if r["event"] == event and
                all(same(k, v, r.get(k)) for k, v in match.items())]

    def wait(self, event, timeout=10.0, since=0, **match):
        """The first event (from index `since` on) with this name and these fields."""
        end = time.monotonic() + timeout
        with self.cond:
            while True:
                self.check()
                got = self.find(event, since, **match)
                if got:
                    return got[0]
                left = end - time.monotonic()
                if left <= 0:
                    shown = "\n  ".join(map(brief, self.events[-14:]))
                    raise AssertionError(f"{self.name}: expected {event} {match} within {timeout} s; got\n  {shown}")
                self.cond.wait(min(left, 0.5))

    def answer(self, request, timeout=10.0):
        """The first event under this request id, an error or not."""
        self._until(lambda: any(r.get("id") == request for r in self.events), f"an answer to request {request}", timeout)
        return next(r for r in self.events if r.get("id") == request)

    def never(self, event, seconds, since=0, **match):
        """Fails if such an event comes within `seconds`."""
        end = time.monotonic() + seconds
        with self.cond:
            while True:
                self.check()
                got = self.find(event, since, **match)
                if got:
                    raise AssertionError(f"{self.name}: expected no {event} {match}; got {got[0]}")
                left = end - time.monotonic()
                if left <= 0:
                    return
                self.cond.wait(left)

    # frames in

    def _on_frame(self, link, channel, data):
        if channel is None:
            self._put("closed", link=link.label, error=str(link.broken) if link.broken else None)
        elif channel == 4:
            tlvs = Reader(data, "a channel 4 frame").tlvs()
            self.disconnected = tlvs
            if 9 in tlvs:
                tlvs.want(9, 2)
            self._put("sign-off", link=link.label, tlvs=tlvs, reason=tlvs.u16(9), empty=not data)
        elif channel == 2:
            need(len(data) >= 10, "a SNAC header of 10 bytes", data.hex())
            family, subtype, flags, request = struct.unpack(">HHHI", data[:10])
            need(not flags & 0x8000 or (family, subtype) in ICQ_FLAGGED, "no SNAC flag 0x8000", f"{flags:04x}")
            asked = link.match(family, subtype, request)
            self._on_snac(link, (family, subtype), flags, request, asked, data[10:])

    def _on_snac(self, link, key, flags, request, asked, body):
        r = Reader(body, name_of(key))
        fields = {"id": request, "asked": asked and name_of(asked), "link": link.label}
        if key[1] == 1:
            code, tlvs = r.u16("error code"), r.tlvs()
            self._put("error", snac=name_of(key), code=code, sub=tlvs.u16(8), text=tlvs.text(0x1B), **fields)
        else:
            handler = getattr(self, f"_in_{key[0]:02x}_{key[1]:02x}", None)
            extra = (handler(r, flags, fields) if handler else None) or {}
            fields.update(extra)
        self._put("snac", snac=name_of(key), body=body, flags=flags, **fields)

    def _in_01_03(self, r, _flags, _f):
        need(len(r.data) % 2 == 0 and r.data, "a list of families", r.data.hex())
        families = list(struct.unpack(f">{len(r.data) // 2}H", r.data))
        need(1 in families, "family 1 in 01/03", families)
        return {"families": families}

    def _in_01_05(self, r, _flags, fields):
        tlvs = r.tlvs()
        need(tlvs.kinds()[:1] == [0x0D], "TLV 000d first in 01/05 (Kopete)", tlvs.kinds())
        tlvs.want(6, 256)
        need(tlvs.want(5).count(b":") == 1, "host:port in TLV 0005", tlvs.raw(5))
        self._put("redirect", family=tlvs.u16(0x0D), address=tlvs.text(5), cookie=tlvs.raw(6), certificate=tlvs.text(0x8D),
                  state=tlvs.raw(0x8E), **fields)

    def _in_01_07(self, r, _flags, _f):
        self.rates = read_rates(r, self.long_rates, self.families)

    def _in_01_0a(self, r, _flags, _f):
        code = r.u16("rate code")
        need(1 <= code <= 4, "a rate code of 1..4", code)
        ident, record = read_rate_class(r, self.long_rates)
        r.end()
        self._put("rate", code=code, rate_class=ident, record=record)

    def _in_01_0f(self, r, _flags, fields):
        user = read_user(r)
        blocks = 1
        while r.data:
            read_user(r)                    # AIM 6 form: one block an instance
            blocks += 1
        check_full(user, "01/0F")
        need(norm(user.name) == norm(self.name), f"our own name {self.name}", user.name)
        self._put("self", user=user, blocks=blocks, warning=user.warning, away=user.away, formatted=user.name, **fields)

    def _in_01_10(self, r, _flags, _f):
        level = r.u16("warning level")
        need(level <= 999, "a level of 0..999", level)
        self._put("warned", level=level, by=read_user(r).name if r.data else None)

    def _in_01_13(self, r, _flags, _f):
        kind = r.u16("type of the message of the day")
        need(kind == 4, "message of the day of type 4 (libpurple pops up a warning below it)", kind)
        r.tlvs()

    def _in_01_18(self, r, _flags, fields):
        need(len(r.data) % 4 == 0, "pairs of family and version", r.data.hex())
        flat = struct.unpack(f">{len(r.data) // 2}H", r.data)
        versions = dict(zip(flat[::2], flat[1::2]))
        self.long_rates = versions.get(1, 0) >= 3
        return {"versions": versions}

    def _in_02_03(self, r, _flags, _f):
        tlvs = r.tlvs()
        for kind in range(1, 6):
            tlvs.want(kind, 2)              # node-oscar reads all five
        self.rights["away"] = tlvs.u16(1)

    def _in_02_06(self, r, _flags, fields):
        user = read_user(r)
        check_full(user, "02/06")
        tlvs = r.tlvs()
        text = {}
        for what, mime, body in (("profile", 1, 2), ("away_text", 3, 4)):
            need((mime in tlvs) == (body in tlvs), f"TLV {mime:04x} and {body:04x} together", tlvs.kinds())
            text[what] = None if body not in tlvs else mime_text(tlvs.text(mime), tlvs.raw(body))
        self._put("userinfo", who=user.name, user=user, away=user.away, idle=user.idle, tlvs=tlvs, **text, **fields)

    def _in_03_03(self, r, _flags, _f):
        for _, value in r.tlvs():
            need(len(value) == 2, "u16 values in 03/03", value.hex())

    def _in_03_0a(self, r, _flags, _f):
        while r.data:
            self._put("rejected", who=r.str8().decode("ascii"))

    def _in_03_0b(self, r, _flags, _f):
        need(self.online_sent, "no arrival before 01/02", "03/0B")
        user = read_user(r)
        need(not r.data, "one user in each 03/0B", r.data.hex())
        check_full(user, "03/0B")
        self._put("arrived", who=user.name, user=user, away=user.away, idle=user.idle, status=user.status,
                  message=user.available_message, uclass=user.uclass, warning=user.warning)

    def _in_03_0c(self, r, _flags, _f):
        need(self.online_sent, "no departure before 01/02", "03/0C")
        user = read_user(r)
        r.end()
        need(user.warning == 0 and list(user.tlvs) == [(1, b"\0\0")],
             "warning 0 and just TLV 0001 = 0000 in 03/0C (M-202, sign-off)", user)
        self._put("departed", who=user.name)

    def _in_04_05(self, r, _flags, _f):
        need(len(r.data) == 16, "16 bytes of ICBM parameters", r.data.hex())

    def _in_04_07(self, r, _flags, fields):
        need(self.online_sent, "no message before 01/02", "04/07")
        cookie, channel = r.take(8, "cookie"), r.u16("channel")
        user = read_user(r)
        tlvs = r.tlvs()
        stored = 0x16 in tlvs
        if not stored:
            check_full(user, "04/07")       # Mac AIM cannot reply to a partial one
        need(3 not in tlvs, "no TLV 0003 in 04/07", tlvs.kinds())
        need((6 in tlvs) == stored, "TLV 0006 with a stored message's time 0016 and only then", tlvs.kinds())
        if channel != 1:
            self._put("rendezvous", who=user.name, channel=channel, tlvs=tlvs, cookie=cookie)
            return
        need(tlvs.kinds()[:1] == [2], "TLV 0002 first in 04/07 (BeAIM)", tlvs.kinds())
        if 0x0B in tlvs:
            need(tlvs.kinds()[-1] == 0x0B and not tlvs.raw(0x0B), "an empty TLV 000b last", tlvs.kinds())
        for kind in (4, 6):
            need(not tlvs.raw(kind), f"TLV {kind:04x} empty", tlvs.raw(kind))
        raw, charsets = read_fragments(tlvs.want(2))
        limit = self.personality.icbm[1]
        need(len(tlvs.raw(2)) <= limit, f"at most {limit} bytes, as 04/02 said", len(tlvs.raw(2)))
        self._put("im", who=user.name, user=user, text=plain(raw), raw=raw, charsets=charsets, cookie=cookie,
                  auto=4 in tlvs, time=tlvs.u32(0x16), stored=stored, typing=0x0B in tlvs,
                  friendly=tlvs.text(0x17), away=user.away)

    def _in_04_09(self, r, _flags, fields):
        self._put("warn-reply", added=r.u16(), level=r.u16(), **fields)
        r.end()

    def _in_04_0a(self, r, _flags, _f):
        while r.data:
            channel, user, count, reason = r.u16(), read_user(r), r.u16(), r.u16()
            need(reason <= 4, "a missed-call reason of 0..4", reason)
            self._put("missed", who=user.name, channel=channel, count=count, reason=reason)

    def _in_04_0c(self, r, _flags, fields):
        cookie, channel, name = r.take(8, "cookie"), r.u16("channel"), r.str8("name").decode()
        r.end()
        self._put("ack", cookie=cookie, channel=channel, name=name, **fields)

    def _in_04_14(self, r, _flags, _f):
        r.take(8, "cookie")
        channel, name, kind = r.u16("channel"), r.str8("name").decode("ascii"), r.u16("event")
        r.end()
        need(kind in (0, 1, 2, 0x0F), "a typing event of 0, 1, 2 or 15", kind)
        self._put("typing", who=name, channel=channel, kind=kind)

    def _in_04_17(self, r, _flags, fields):
        r.end()
        self._put("offline-done", **fields)

    def _in_09_03(self, r, _flags, _f):
        tlvs = r.tlvs()
        tlvs.want(1, 2), tlvs.want(2, 2)

    def _in_0d_09(self, r, _flags, _f):
        tlvs = r.tlvs(repeats=(3,))
        tlvs.want(2), tlvs.want(3)

    def _in_01_21(self, r, _flags, _f):
        while r.data:
            kind, flags = r.u16("BART type"), r.u8("flags")
            self._put("icon-state", kind=kind, flags=flags, hash=r.str8("hash"))

    def _in_10_03(self, r, _flags, fields):
        code = r.u8("code")
        self._put("icon-kept", code=code, kind=r.u16("BART type"), flags=r.u8("flags"), hash=r.str8("hash"), **fields)
        r.end()

    def _in_10_05(self, r, _flags, fields):
        who = r.str8("name").decode()
        kind, flags, named = r.u16("BART type"), r.u8("flags"), r.str8("hash")
        self._put("icon", who=who, kind=kind, flags=flags, hash=named, code=0, image=r.str16("image"), **fields)
        r.end()

    def _in_10_07(self, r, _flags, fields):
        who, asked = r.str8("name").decode(), (r.u16("BART type"), r.u8("flags"), r.str8("hash"))
        code, got = r.u8("code"), (r.u16("BART type"), r.u8("flags"), r.str8("hash"))
        need(asked == got, "the item that was asked for", (asked, got))
        self._put("icon", who=who, kind=got[0], hash=got[2], code=code, image=r.str16("image"), **fields)
        r.end()

    def _in_02_0c(self, r, _flags, fields):
        need(r.u16("status") == 1, "0001 first in 02/0C", r.data)
        self._put("entry", fields=self._fields(r.tlvs(r.u16("count"))), **fields)
        r.end()

    def _fields(self, tlvs):
        return {kind: value.decode() for kind, value in tlvs}

    def _in_0f_03(self, r, _flags, fields):
        need((r.u16("status"), r.u16("second")) == (5, 0), "0005 0000 first in 0F/03", r.data)
        people = [self._fields(r.tlvs(r.u16("TLV count"))) for _ in range(r.u16("results"))]
        self._put("directory", people=people, **fields)
        r.end()

    def _account(self, r, _flags, fields):
        need(r.u16("permissions") == 3, "permissions 3", r.data)
        tlvs = r.tlvs(r.u16("count"))
        r.end()
        self._put("account", name=tlvs.text(1), email=tlvs.text(0x11), registration=tlvs.u16(0x13), error=tlvs.u16(8), **fields)

    _in_07_03 = _in_07_05 = _account

    def _in_07_07(self, r, _flags, fields):
        self._put("confirmed", code=r.u16("code"), **fields)

    def _in_15_03(self, r, flags, fields):
        block = r.tlvs().want(1)
        size, uin, kind, seq = struct.unpack("<HIHH", block[:10])
        need(size == len(block) - 2, f"the length {len(block) - 2} in an ICQ block", size)
        more, data = {}, block[10:]
        if kind == 0x07DA:
            more, data = {"meta": struct.unpack("<H", data[:2])[0], "ok": data[2] == 0x0A}, data[3:]
            need(block[12] in (0x0A, 0x32), "0A or 32", block[12])
        self._put("icq", uin=uin, kind=kind, seq=seq, data=data, last=not flags & 1, **more, **fields)

    def _in_13_03(self, r, _flags, _f):
        tlvs = r.tlvs()
        tlvs.want(4), tlvs.want(6, 2)
        self.rights["name"] = tlvs.u16(6)

    def _in_13_06(self, r, flags, fields):
        need(r.u8("feedbag version") == 0, "feedbag version 0", r.what)
        items = read_items(r, r.u16("item count"))
        if flags & 1:
            self._partial = getattr(self, "_partial", []) + items
            return
        changed = r.u32("last change")
        r.end()
        self.items = getattr(self, "_partial", []) + items
        self._partial = []
        check_feedbag(self.items)
        self._put("feedbag", items=list(self.items), changed=changed, **fields)

    def _in_13_0e(self, r, _flags, fields):
        need(r.data and len(r.data) % 2 == 0, "status words", r.data.hex())
        self._put("status", codes=list(struct.unpack(f">{len(r.data) // 2}H", r.data)), **fields)

    def _in_13_1c(self, r, flags, _f):
        r.take(r.u16("length of what comes first"), "version")
        self._put("added", who=r.str8("name").decode())
        r.end()

    def _in_13_19(self, r, flags, _f):
        self._auth("auth-request", r, flags)

    def _auth(self, what, r, flags):
        if flags & 0x8000:
            r.take(r.u16("length of what comes first"), "version")
        self._put(what, who=r.str8("name").decode(), reason=r.str16("reason").decode())

    def _pushed(self, what):
        def handler(r, _flags, _f):
            for item in read_items(r):
                self.items = [i for i in self.items if (i.group, i.item) != (item.group, item.item)]
                if what != "delete":
                    self.items.append(item)
                self._put("list-" + what, item=item)
        return handler

    @property
    def _in_13_08(self):
        return self._pushed("insert")

    @property
    def _in_13_09(self):
        return self._pushed("update")

    @property
    def _in_13_0a(self):
        return self._pushed("delete")

    # sign-on

    def open(self, label, address=None):
        link = Link(address or self.address, self._on_frame, f"{self.name} {label}", self.tls, self.receive_buffer)
        self.links.append(link)
        return link

    def identity(self):
        p = self.personality
        out = tlv(3, p.text) if p.text else b""
        out += tlv(0x16, u16(p.client_id))
        for kind, part in zip((0x17, 0x18, 0x19, 0x1A), p.version):
            out += tlv(kind, u16(part))
        out += tlv(0x14, u32(0x611 if "Purple" in p.text else 0xD2)) + tlv(0x0F, "en") + tlv(0x0E, "us")
        return out + p.login_more + (tlv(0x4A, u8(p.multi)) if p.multi is not None else b"")

    def authorize(self, password=None):
        """The authorizer connection; gives (address, cookie) or raises Refused."""
        password = self.password if password is None else password
        p, link = self.personality, self.open("authorizer")
        since = self.mark()
        try:
            if p.login.startswith("roast"):
                table = ROAST_JAVA if p.login == "roast java" else ROAST
                link.send(1, u32(1) + tlv(1, self.name) + tlv(2, roast(password, table)) + self.identity())
                reply = self.wait("sign-off", link=link.label, since=since)["tlvs"]
                reply.what = "the channel 4 answer to a roasted login"
            else:
                ask = snac(0x17, 6, tlv(1, self.name) + tlv(0x4B) + tlv(0x5A), 1)
                link.requests[1], link.next_id = [(0x17, 6)], 2
                if p.first_in_flap1:
                    link.send(1, u32(1), more=link.frame(2, ask))
                    link.seq += 1
                else:
                    if p.name == "node-oscar":          # waits for the server's frame
                        self._until(lambda: link.frames_in >= 1, "the server's channel 1 frame")
                    link.send(1, u32(1))
                    link.send(2, ask)
                answer = self.wait("snac", link=link.label, since=since, snac=lambda s: s in ("17/07", "17/03"))
                if answer["snac"] == "17/07":
                    r = Reader(answer["body"], "17/07")
                    key = r.str16("key")
                    need(key and all(0x20 < c < 0x7F for c in key), "a printable ASCII key", key)
                    need(0x26 not in r.tlvs(), "no TLV 0026 after the key", "it")
                    body = tlv(1, self.name) + tlv(0x25, digest(key, password, p.login == "new"))
                    body += (tlv(0x4C) if p.login == "new" else b"") + self.identity()
                    link.send_snac(0x17, 2, body)
                    answer = self.wait("snac", link=link.label, since=since, snac="17/03")
                reply = Reader(answer["body"], "17/03").tlvs()
                off = self.wait("sign-off", link=link.label, since=since)
                need(off["empty"], "an empty channel 4 frame after 17/03 (Miranda)", off["tlvs"])
            need(norm(reply.want(1).decode()) == norm(self.name), f"TLV 0001 = {self.name}", reply.raw(1))
            if 8 in reply:
                raise Refused(reply.u16(8))
            for kind in (*range(0x40, 0x4A), 2):
                need(kind not in reply, f"no TLV {kind:04x} in a login answer", reply.kinds())
            address, cookie = reply.want(5), reply.want(6, 256)
            need(address.count(b":") == 1, "host:port in TLV 0005", address)
            host, port = address.decode().split(":")
            return (host, int(port)), cookie
        finally:
            link.close()

    def _until(self, truth, what, timeout=10.0):
        end = time.monotonic() + timeout
        while not truth():
            self.check()
            need(time.monotonic() < end, what, "nothing")
            time.sleep(0.005)

    def connect(self, address, cookie, label="BOS", families=None):
        """A service connection up to 01/08."""
        since = self.mark()
        link = self.open(label, address)
        link.send(1, u32(1) + tlv(6, cookie) + (self.hello if label == "BOS" else b""))
        got = self.wait("snac", link=link.label, since=since, snac="01/03")
        offered = got["families"]
        if label == "BOS":
            self.families = offered
        versions = [(f, v) for f, v in families or self.personality.families if f in offered]
        if self.personality.says_versions:
            self._say_versions(link, versions, since)
        saved = self.families
        self.families = offered
        self._send(link, "01/06")
        self.wait("snac", link=link.label, since=since, snac="01/07")
        self.families = saved
        self._send(link, "01/08", u16(*self.rates.classes))
        return link

    def _say_versions(self, link, versions, since):
        self._send(link, "01/17", b"".join(u16(f, v) for f, v in versions))
        reply = self.wait("snac", link=link.label, since=since, snac="01/18")["versions"]
        for family, version in versions:
            if family in reply:
                need(reply[family] <= version, f"at most version {version} of family {family:04x}", reply[family])
        if self.personality.waits_motd and link.label.endswith("BOS"):
            self.wait("snac", link=link.label, since=since, snac="01/13")

    def _send(self, link, text, body=b""):
        zero = text.split()[0] in self.personality.zero_ids
        return link.send_snac(*pair(text), body, 0 if zero else None)

    def sign_on(self, timeout=10.0):
        address, cookie = self.authorize()
        self.bos = self.connect(address, cookie)
        since, done = self.mark(), set()
        for step in self.personality.steps:
            if step.startswith("?"):
                self._react_until(lambda s=step: self.find("snac", since, snac=s[1:]), since, done, step[1:])
            else:
                self.do(step)
        wanted = [answer for answer, _ in self.personality.reactions if answer != "0B/02"]
        for answer in wanted:
            self._react_until(lambda a=answer: self.find("snac", since, snac=a), since, done, answer)
        for family in self.personality.services:
            self.second_connection(family, asked=True)
        if self.retrieves:
            self.wait("offline-done", timeout=timeout)
        return self

    @property
    def retrieves(self):
        return "04/10" in self.personality.steps

    def _react_until(self, truth, since, done, what):
        end = time.monotonic() + 10
        while True:
            self._react(since, done)
            if truth():
                return
            self.check()
            need(time.monotonic() < end, f"{what} during sign-on", [e.get("snac") for e in self.events[since:]])
            with self.cond:
                self.cond.wait(0.05)

    def _react(self, since, done):
        for answer, request in self.personality.reactions:
            if (answer, request) not in done and self.find("snac", since, snac=answer):
                done.add((answer, request))
                self.do(request)

    def do(self, step):
        """One request of a sign-on by its name."""
        key, _, word = step.partition(" ")
        if key == "13/08" and not word:
            return self._seed_list()
        if key == "13/08":
            return self.edit(8, [Item("", 0, self._free_id(0), 4)])
        if key == "04/10":
            return self.retrieve()
        if key == "01/02":
            return None if self.hold_online else self.go_online()
        if key in ("13/07", "03/04"):
            self.list_used = True
        number = int(word, 16) if word and key in ("01/04", "15/02") else 0
        slots, limit, sender, receiver, interval = self.personality.icbm
        body = {
            "13/05": u32(0) + u16(0), "01/14": u32(3), "09/04": u32(0x1F), "09/07": b"",
            "04/02": u16(0) + u32(slots) + u16(limit, sender, receiver) + u32(interval),
            "02/04": tlv(5, self.personality.caps) if word == "caps" else tlv(4),
            "01/1E": tlv(0x0C, bytes(37)) if word == "dc" else tlv(6, u32(0)),
            "01/11": u32(0), "01/04": u16(number),
            "03/04": b"".join(str8(b) for b in self.local_buddies),
            "15/02": tlv(1, struct.pack("<HIHH", 8, int(norm(self.name)) if self.personality.icq else 0, number, 2)),
        }.get(key, b"")
        if word == "jimm":                              # a TLV that says it is longer than the SNAC
            body = u16(5, 0x00F0) + self.personality.caps
        return self._send(self.bos, key, body)

    def go_online(self):
        self.online_sent = True
        tools = b"".join(u16(f, v, 0x0110, 0x0629) for f, v in self.personality.families)
        self._send(self.bos, "01/02", tools)

    def retrieve(self):
        return self._send(self.bos, "04/10")

    def _seed_list(self):
        """What libpurple adds to a list that has no root group or privacy item."""
        if not any(i.kind == 1 and i.group == 0 for i in self.items):
            self.edit(8, [Item("", 0, 0, 1, [(0xC8, b"")])])
        if not any(i.kind == 4 for i in self.items):
            self.edit(8, [Item("", 0, self._free_id(0), 4, [(0xCA, b"\1"), (0xCB, b"\xff" * 4)])])

    def second_connection(self, family, asked=False):
        """01/04 and the connection it leads to, up to its own 01/02; gives the link."""
        since = 0 if asked else self.mark()
        if not asked:
            self._send(self.bos, "01/04", u16(family))
        got = self.wait("redirect", since=since, family=family)
        host, port = got["address"].split(":")
        one = dict(self.personality.families)[1]
        link = self.connect((host, int(port)), got["cookie"], f"{family:02x}", [(1, one), (family, 1)])
        link.send_snac(1, 2, u16(1, one, 0x10, 0x629, family, 1, 0x10, 0x629))
        if family == 0x0D:
            link.send_snac(0x0D, 2)
            self.wait("snac", link=link.label, snac="0D/09")
        return link

    # what a person does

    def im(self, who, text, ack=False, store=False, auto=False, charset=None, cookie=None, html=None):
        cookie = cookie or os.urandom(8)
        if charset is None and not text.isascii():
            charset = self.personality.charset
            if charset == 3 and any(ord(c) > 0xFF for c in text):
                charset = 2
        if html is None and self.personality.html:
            text = "<HTML><BODY>" + text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;") + \
                "</BODY></HTML>"
        since = self.mark()
        request = self.bos.send_snac(4, 6, icbm(cookie, who, text, charset, ack, store, auto))
        if ack:
            got = self.wait("ack", since=since, id=request)
            need((got["cookie"], got["channel"], got["name"]) == (cookie, 1, who),
                 f"the ack to carry cookie {cookie.hex()}, channel 1 and the name as typed", got)
        return request

    def im_refused(self, who, text, **more):
        """Sends an IM and gives the code of the error that must come back."""
        since = self.mark()
        request = self.im(who, text, **more)
        return self.wait("error", since=since, snac="04/01", id=request)["code"]

    def typing(self, who, kind):
        self.bos.send_snac(4, 0x14, bytes(8) + u16(1) + str8(who) + u16(kind))

    def away(self, text, mime='text/aolrtf; charset="us-ascii"', encoding="ascii"):
        self.bos.send_snac(2, 4, tlv(3, mime) + tlv(4, text.encode(encoding)))

    def back(self):
        self.bos.send_snac(2, 4, tlv(4))

    def profile(self, text):
        self.bos.send_snac(2, 4, tlv(1, 'text/aolrtf; charset="us-ascii"') + tlv(2, text))

    def idle(self, seconds):
        self.bos.send_snac(1, 0x11, u32(seconds))

    def status(self, value, text=None):
        """01/1E: ICQ status word, and the available message if given."""
        more = b""
        if text is not None:
            data = str16(text) + u16(0)
            more = tlv(0x1D, u16(2) + u8(4) + str8(data))
        since = self.mark()
        self.bos.send_snac(1, 0x1E, tlv(6, u32(value)) + more)
        return self.wait("self", since=since, asked="01/1E")

    def info(self, who, mask=3, old=False, timeout=10.0):
        """02/06 for a name (the event), or the error code."""
        since = self.mark()
        if old:
            request = self.bos.send_snac(2, 5, u16(mask) + str8(who))
        else:
            request = self.bos.send_snac(2, 0x15, u32(mask) + str8(who))
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            got = self.find("userinfo", since, id=request)
            if got:
                need(norm(got[0]["who"]) == norm(who), f"the info of {who}", got[0]["who"])
                return got[0]
            bad = self.find("error", since, id=request)
            if bad:
                return bad[0]["code"]
            self.check()
            time.sleep(0.01)
        raise AssertionError(f"{self.name}: expected 02/06 or 02/01 for {who} within {timeout} s; got nothing")

    def keep_alive(self):
        self.bos.send(5)

    # lists

    def _free_id(self, group):
        used = {i.item for i in self.items if i.group == group} | {i.group for i in self.items}
        return next(n for n in range(1, 0x8000) if n not in used)

    def edit(self, subtype, items):
        """13/08, 09 or 0A; gives the status words."""
        since = self.mark()
        request = self.bos.send_snac(0x13, subtype, b"".join(i.bytes() for i in items))
        codes = self.wait("status", since=since, id=request)["codes"]
        need(len(codes) == len(items), f"{len(items)} status words", codes)
        for item, code in zip(items, codes):
            if code == 0:
                self.items = [i for i in self.items if (i.group, i.item) != (item.group, item.item)]
                if subtype != 0x0A:
                    self.items.append(item)
        return codes

    def add_buddy(self, *names):
        """Adds names in the client's own way: 03/04, or a feedbag edit as libpurple does it."""
        if not self.personality.feedbag:
            self.bos.send_snac(3, 4, b"".join(str8(n) for n in names))
            return
        for name in names:
            group = next(i for i in self.items if i.kind == 1 and i.group)
            self._send(self.bos, "13/11")
            item = Item(name, group.group, self._free_id(group.group), 0)
            codes = self.edit(8, [item])
            need(codes == [0], f"status 0 for adding {name}", codes)
            order = u16(*group.order(), item.item)
            need(self.edit(9, [Item(group.name, group.group, 0, 1, [(0xC8, order)])]) == [0], "status 0", "else")
            self._send(self.bos, "13/12")

    def remove_buddy(self, name):
        if not self.personality.feedbag:
            self.bos.send_snac(3, 5, str8(name))
            return
        item = next(i for i in self.items if i.kind == 0 and norm(i.name) == norm(name))
        group = next(i for i in self.items if i.kind == 1 and i.group == item.group)
        self._send(self.bos, "13/11")
        need(self.edit(0x0A, [item]) == [0], f"status 0 for removing {name}", "else")
        rest = [i for i in group.order() if i != item.item]
        self.edit(9, [Item(group.name, group.group, 0, 1, [(0xC8, u16(*rest))])])
        self._send(self.bos, "13/12")

    def deny(self, name):
        if self.personality.feedbag:
            self.edit(8, [Item(name, 0, self._free_id(0), 3)])
        else:
            self.bos.send_snac(9, 7, str8(name))

    def undeny(self, name):
        if self.personality.feedbag:
            self.edit(0x0A, [next(i for i in self.items if i.kind == 3 and norm(i.name) == norm(name))])
        else:
            self.bos.send_snac(9, 8, str8(name))

    def choose_icon(self, image):
        """The list's item of class 0x14; gives the image's hash."""
        named = hashlib.md5(image).digest()
        old = next((i for i in self.items if i.kind == 0x14), None)
        item = Item("1", 0, old.item if old else self._free_id(0), 0x14, [(0xD5, u8(1) + str8(named)), (0x131, b"")])
        need(self.edit(9 if old else 8, [item]) == [0], "status 0 for the icon item", "else")
        return named

    def upload(self, image, kind=1, link=None):
        """10/02; gives the 10/03."""
        request = (link or self.bos).send_snac(0x10, 2, u16(kind) + str16(image))
        self.answer(request)
        return self.wait("icon-kept", id=request, link=(link or self.bos).label)

    def icon(self, who, named, newer=False, link=None):
        """An image: the event, or the code of an error."""
        link, since = link or self.bos, self.mark()
        request = link.send_snac(0x10, 6 if newer else 4, str8(who) + u8(1) + u16(1) + u8(1) + str8(named))
        got = self.wait("snac", since=since, id=request, link=link.label)
        bad = self.find("error", since, id=request, link=link.label)
        return bad[0]["code"] if bad else self.wait("icon", since=since, id=got["id"], link=link.label)

    def icq(self, kind, data=b"", uin=None, seq=7):
        """15/02 of that type; all events of its answer, or the code of the error."""
        uin = int(norm(self.name)) if uin is None else uin
        body = struct.pack("<IHH", uin, kind, seq) + data
        since = self.mark()
        request = self.bos.send_snac(0x15, 2, tlv(1, struct.pack("<H", len(body)) + body))
        self._until(lambda: self.find("icq", since, id=request, last=True) or self.find("error", since, id=request),
                    "the last 15/03")
        bad = self.find("error", since, id=request)
        return bad[0]["code"] if bad else self.find("icq", since, id=request)

    def privacy(self, mode):
        """The PD item's mode: 1 all, 2 none, 3 permitted, 4 all but denied, 5 buddies."""
        old = next((i for i in self.items if i.kind == 4), None)
        item = Item("", 0, old.item if old else self._free_id(0), 4, [(0xCA, u8(mode)), (0xCB, b"\xff" * 4)])
        return self.edit(9 if old else 8, [item])

    # the end

    def sign_off(self):
        """As AIM does: a channel 4 frame, then closing."""
        if self.bos and not self.bos.closed:
            try:
                self.bos.send(4)
            except OSError:
                pass
        self.close()

    def close(self):
        for link in self.links:
            link.close()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            self.check()


def mime_text(mime, data):
    charset = "us-ascii"
    for part in mime.split(";")[1:]:
        key, _, value = part.strip().partition("=")
        if key.lower() == "charset":
            charset = value.strip('"').lower()
    return data.decode({"unicode-2-0": "utf-16-be", "us-ascii": "ascii"}.get(charset, charset))


def plain(text):
    """What a person would read: the gateway's HTML taken off again."""
    if not text[:12].upper().startswith(("<HTML", "<BODY")):
        return text
    import html
    import re
    body = re.sub(r"(?i)<br>", "\n", text)
    return html.unescape(re.sub(r"<[^>]*>", "", body)).replace("\xa0", " ")
