"""What AIM's menus change and look up: the own account, the directory, ICQ's information (foodgroups 07, 0F, 02, 0A, 15)."""
import struct

import pytest

import oscar_session as oscar
from oscar_wire import str8, tlv, u16

NICK, FIRST, LAST, EMAIL, CITY, ABOUT = 0x154, 0x140, 0x14A, 0x15E, 0x190, 0x258


def ask(session, link, family, subtype, body=b""):
    request = link.send_snac(family, subtype, body)
    session.answer(request)
    return request


def account(session, link, subtype, body=b""):
    return session.wait("account", id=ask(session, link, 7, subtype, body), link=link.label)


def test_the_account_is_told_on_its_own_connection(gateway, aim):
    gw = gateway(["Alice Smith"], capture=True)
    alice = aim(gw, "Alice Smith")
    link = alice.second_connection(7)
    got = account(alice, link, 2, tlv(1) + tlv(0x13))
    assert (got["name"], got["registration"], got["email"]) == ("Alice Smith", 3, None)
    confirmed = alice.wait("confirmed", id=ask(alice, link, 7, 6))
    assert confirmed["code"] == 0x1E, "accounts are confirmed already"
    assert account(alice, link, 4, tlv(0x11, "alice@example.com"))["email"] == "alice@example.com"
    assert account(alice, link, 4, tlv(0x11, "not an address"))["error"] == 8
    assert account(alice, link, 2, tlv(0x11))["email"] == "alice@example.com"


def test_a_name_is_written_otherwise_and_buddies_see_it(gateway, aim, ua):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    watch = ua(gw, "carol").subscribe("sip:alice@aim.test")
    watch.wait(text=lambda t: "<basic>open</basic>" in t)
    link, mark, own = alice.second_connection(7), bob.mark(), alice.mark()
    got = account(alice, link, 4, tlv(1, "A lice"))
    assert (got["name"], got["error"]) == ("A lice", None), f"expected 07/05 with the name; got {got}"
    arrived = bob.wait("arrived", since=mark, who="alice")
    assert arrived["who"] == "A lice", f"expected the new spelling; got {arrived['who']}"
    assert alice.wait("self", since=own, formatted="A lice")
    watch.wait(12, text=lambda t: "A lice" in t)
    text = gw.text()
    alice.im("bob", text)
    assert bob.wait("im", who="alice", text=lambda t: text in t)["who"] == "A lice"
    for wrong, code in (("alicia", 1), ("alice ", 6), ("1", 1)):
        assert account(alice, link, 4, tlv(1, wrong))["error"] == code, f"expected error {code} for {wrong!r}"
    gw.restart()
    assert aim(gw, "alice").wait("self")["formatted"] == "A lice"


def test_a_password_is_changed_by_who_knows_the_old_one(gateway, aim):
    gw = gateway(["alice"])
    alice = aim(gw, "alice")
    link = alice.second_connection(7)
    old = gw.password("alice")
    assert account(alice, link, 4, tlv(2, "newSecret7") + tlv(0x12, "guess"))["error"] == 0x0A
    assert account(alice, link, 4, tlv(2, "bad\x07") + tlv(0x12, old))["error"] == 7
    assert account(alice, link, 4, tlv(2, "newSecret7") + tlv(0x12, old))["error"] is None
    with pytest.raises(oscar.Refused):
        oscar.Session(gw.oscar_port, "alice", old, oscar.LIBPURPLE).authorize()
    gw.passwords["alice"] = "newSecret7"
    assert aim(gw, "alice").wait("self")
    for _ in range(5):
        assert account(alice, link, 4, tlv(2, "x") + tlv(0x12, "guess"))["error"] in (0x0A, 4)
    assert account(alice, link, 4, tlv(2, "other9") + tlv(0x12, "newSecret7"))["error"] == 4, "no more guesses here"


def test_the_directory_finds_who_told_of_himself(gateway, aim):
    gw = gateway(["Alice Smith", "bob", "carol"], capture=True,
                 peers=[{"domain": "sip.example.org", "route": "sip:127.0.0.1:9;transport=udp"}])
    alice, bob, carol = aim(gw, "Alice Smith"), aim(gw, "bob"), aim(gw, "carol")
    told = tlv(1, "Alice") + tlv(2, "Smith") + tlv(8, "Z\u00fcrich") + tlv(5, "al@example.com") + tlv(0x1A, u16(1))
    ask(alice, alice.bos, 2, 9, told)
    ask(carol, carol.bos, 2, 9, tlv(1, "Carol") + tlv(8, "Z\u00fcrich"))
    link = bob.second_connection(0x0F)

    def find(body):
        return bob.wait("directory", id=ask(bob, link, 0x0F, 2, body), link=link.label)["people"]
    everything = {1: "Alice", 2: "Smith", 5: "al@example.com", 8: "Z\u00fcrich", 9: "Alice Smith"}
    assert find(tlv(1, "aLICE")) == [everything]
    assert [p[9] for p in find(tlv(8, "Z\u00fcrich"))] == ["Alice Smith", "carol"]
    assert [p[9] for p in find(tlv(8, "Z\u00fcrich") + tlv(1, "carol"))] == ["carol"]
    assert find(tlv(1, "nobody")) == [] and find(b"") == []
    entry = bob.wait("entry", id=ask(bob, bob.bos, 2, 0x0B, str8("alicesmith")))
    assert entry["fields"][2] == "Smith" and 9 not in entry["fields"]
    assert bob.wait("entry", id=ask(bob, bob.bos, 2, 0x0B, str8("nobodyhere")))["fields"] == {}
    found = bob.wait("snac", id=ask(bob, bob.bos, 0x0A, 2, b"AL@example.com"))
    assert found["snac"] == "0A/03" and found["body"] == tlv(1, "Alice Smith")
    found = bob.wait("snac", id=ask(bob, bob.bos, 0x0A, 2, b"dan@sip.example.org"))
    assert found["body"] == tlv(1, "dan@sip.example.org"), f"an address of a peer is its own name; got {found}"
    alice.deny("bob")
    alice.privacy(4)
    bob.never("arrived", 0.2, who="alicesmith")
    assert find(tlv(1, "Alice")) == [], "whom she blocks does not find her"
    error = bob.wait("error", id=ask(bob, bob.bos, 0x0A, 2, b"al@example.com"))
    assert error["code"] == 0x14, f"expected no match; got {error}"


def text(s):
    return struct.pack("<H", len(s.encode()) + 1) + s.encode() + b"\0"


def field(kind, s):
    return struct.pack("<HH", kind, len(text(s))) + text(s)


def texts(data, n):
    out = []
    for _ in range(n):
        size = struct.unpack("<H", data[:2])[0]
        out.append(data[2:1 + size].decode())
        data = data[2 + size:]
    return out, data


def meta(kind, data=b""):
    return struct.pack("<H", kind) + data


def test_icq_information_is_set_read_and_found(gateway, aim):
    gw = gateway(["100001", "200002"], capture=True)
    one, two = aim(gw, "100001", oscar.ICQ2003), aim(gw, "200002", oscar.ICQ2003)
    mine = field(NICK, "Ali") + field(FIRST, "Alice") + field(ABOUT, "about me") + field(CITY, "Bern")
    done, = one.icq(0x7D0, meta(0xC3A, mine), seq=9)
    assert (done["meta"], done["ok"], done["seq"], done["uin"]) == (0xC3F, True, 9, 100001), done
    parts = two.icq(0x7D0, meta(0x4D0, struct.pack("<I", 100001)))
    kinds = [p["meta"] for p in parts]
    assert kinds == [0xC8, 0xDC, 0xEB, 0x10E, 0xD2, 0xE6, 0xF0, 0xFA], f"expected all parts in order; got {kinds}"
    assert all(p["ok"] and p["kind"] == 0x7DA and p["seq"] == 7 for p in parts)
    assert [p["last"] for p in parts] == [False] * 7 + [True]
    names, rest = texts(parts[0]["data"], 11)
    assert names[:6] == ["Ali", "Alice", "", "", "Bern", ""] and len(rest) == 7, (names, rest)
    assert texts(parts[5]["data"], 1)[0] == ["about me"]
    short, = two.icq(0x7D0, meta(0x4BA, struct.pack("<I", 100001)))
    assert short["meta"] == 0x104 and texts(short["data"], 4)[0] == ["Ali", "Alice", "", ""]
    found, = two.icq(0x7D0, meta(0x569, struct.pack("<HHI", 0x136, 4, 100001)))
    assert found["meta"] == 0x1AE and struct.unpack("<HI", found["data"][:6])[1] == 100001
    assert texts(found["data"][6:], 4)[0][0] == "Ali"
    found, = two.icq(0x7D0, meta(0x55F, field(NICK, "ALI")))
    assert found["ok"] and struct.unpack("<HI", found["data"][:6])[1] == 100001
    for question in (meta(0x4D0, struct.pack("<I", 999999)), meta(0x569, struct.pack("<HHI", 0x136, 4, 1)), meta(0x1234),
                     meta(0x573, field(EMAIL, "x@y.example"))):
        failed, = two.icq(0x7D0, question)
        assert not failed["ok"], f"expected 32 for {question.hex()}; got {failed}"
    assert two.icq(0x1111) == 8, "not supported"


def test_qip_announces_more_than_it_sends(gateway, aim):
    gw = gateway(["100001"])
    one = aim(gw, "100001", oscar.ICQ2003)
    got, = one.icq(0x7D0, meta(0x569, struct.pack("<HHI", 0x136, 400, 100001)))
    assert got["ok"] and struct.unpack("<HI", got["data"][:6])[1] == 100001
