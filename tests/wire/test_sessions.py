"""Sign-ons and several sessions of one account; what AIM clients say beside messages."""
import struct
import time

import pytest

import oscar_session as oscar
from oscar_wire import str8, tlv, u16, u32

SEND_FILE = bytes.fromhex("094613434c7f11d18222444553540000")
YEAR = 365 * 86400


def test_a_storm_of_sign_ons_is_told_to_wait(gateway):
    gw = gateway(["alice", "bob"], config={"oscar": {"rate_limits": True}})
    alice = oscar.Session(gw.oscar_port, "alice", gw.password("alice"), oscar.LIBPURPLE)
    for _ in range(30):
        assert alice.authorize()
    with pytest.raises(oscar.Refused) as refused:
        alice.authorize()
    assert refused.value.code == 0x18, "libpurple: too frequent, wait"
    assert oscar.Session(gw.oscar_port, "bob", gw.password("bob"), oscar.LIBPURPLE).authorize(), "it is not everybody's fault"


def test_old_rules_the_newest_sign_on_wins(gateway, aim):
    """TLV 0x004A absent, 0 or 3: one session. The one that goes is told why where it can understand it (22.3)."""
    gw = gateway(["alice"])
    pidgin = aim(gw, "alice")
    old = aim(gw, "alice", oscar.AIM41)
    off = pidgin.wait("sign-off", reason=1)
    assert off["tlvs"].want(9, 2), "two octets: libpurple reads a u16, and does not come back by itself"
    again = aim(gw, "alice", oscar.AIM51)
    old.wait("closed", link=old.bos.label)
    assert not old.find("sign-off", link=old.bos.label), "AIM up to 4.1 hangs on TLVs in channel 4: the connection just ends"
    again.keep_alive()
    assert again.info("alice", 1)["who"] == "alice"


def test_new_rules_up_to_five_sessions_live_side_by_side(gateway, aim):
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob")
    bob.add_buddy("alice")
    sessions = [aim(gw, "alice") for _ in range(5)]
    bob.wait("arrived", who="alice")
    sixth = aim(gw, "alice")
    sessions[0].wait("sign-off", reason=1)
    for s in sessions[1:]:
        s.sign_off()
    bob.never("departed", 0.5, who="alice")
    sixth.sign_off()
    bob.wait("departed", who="alice")


def test_since_when_the_account_is_there(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice", oscar.AIM51), aim(gw, "bob")
    bob.add_buddy("alice")
    since = bob.wait("arrived", who="alice")["user"].tlvs.u32(5)
    assert abs(since - time.time()) < 600, f"expected TLV 0005 with the account's creation; got {since}"
    assert alice.wait("self")["user"].tlvs.u32(5) == since
    mark = bob.mark()
    alice.bos.send_snac(1, 0x14, u32(1))            # idle time may be seen, member since not
    alice.away("now you see me again")
    got = bob.wait("arrived", since=mark, who="alice", away=True)
    assert 5 not in got["user"].tlvs, "not told any more"


def test_of_several_clients_that_are_away_one_answers(gateway, aim):
    """M-361; each of them would."""
    gw = gateway(["alice", "bob"])
    one, two, bob = aim(gw, "alice"), aim(gw, "alice"), aim(gw, "bob")
    for s in (one, two):
        s.away("not here")
    text = gw.text()
    bob.im("alice", text)
    for s in (one, two):
        s.wait("im", text=text)
        s.im("bob", "gone: " + text, auto=True, ack=True)
    bob.wait("im", who="alice", auto=True)
    two.im("bob", text + " myself", ack=True)
    bob.wait("im", text=text + " myself")
    assert len(bob.find("im", auto=True)) == 1, f"expected one automatic reply; got {bob.find('im')}"


def proposal(cookie, who, capability=SEND_FILE):
    data = u16(0) + cookie + capability + tlv(0x0A, u16(1)) + tlv(0x0F) + tlv(0x0005, u16(4443))
    return cookie + u16(2) + str8(who) + tlv(5, data) + tlv(3)


def test_files_to_sip_are_declined_and_the_user_told_once(gateway, aim):
    gw = gateway(["alice", "bob"], peers=[{"domain": "sip.example.org", "route": "sip:127.0.0.1:9;transport=udp"}])
    alice = aim(gw, "alice")
    for n in (1, 2):
        cookie = bytes(7) + bytes([n])
        alice.bos.send_snac(4, 6, proposal(cookie, "carol@sip.example.org"))
        got = alice.wait("rendezvous", cookie=cookie)
        kind, inner, capability = struct.unpack(">H8s16s", got["tlvs"].want(5)[:26])
        assert (kind, inner, capability) == (1, cookie, SEND_FILE), f"expected a cancel; got {got}"
        assert got["tlvs"].want(5)[26:] == tlv(0x0B, u16(1)), "declined"
    notice = alice.wait("im", who="aimgate")
    assert "carol@sip.example.org" in notice["text"] and "text messages" in notice["text"], notice["text"]
    alice.never("im", 0.3, since=alice.mark())
    assert len(alice.find("im")) == 1, "once is enough"


def test_rendezvous_between_aim_users_is_passed_on(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    alice.bos.send_snac(4, 6, proposal(b"cookie12", "bob"))
    got = bob.wait("rendezvous", who="alice", cookie=b"cookie12")
    assert got["tlvs"].want(5)[:2] == u16(0)
    event = b"cookie12" + u16(2) + str8("alice") + u16(3) + b"\0\2"
    bob.bos.send_snac(4, 0x0B, event)
    said = alice.wait("snac", snac="04/0B")
    assert said["body"] == event.replace(b"\5alice", b"\3bob"), "with the sender's name put in"


def old_style(cookie, who, kind, text, uin):
    data = struct.pack("<IBBH", uin, kind, 0, len(text) + 1) + text + b"\0"
    return cookie + u16(4) + str8(who) + tlv(5, data)


def test_icq_clients_settle_authorisation_by_channel_4(gateway, aim):
    gw = gateway(["100001", "200002", "alice"])
    one, two, alice = (aim(gw, n, k) for n, k in (("100001", oscar.ICQ2003), ("200002", oscar.ICQ2003), ("alice", oscar.AIM51)))
    asked = old_style(b"authauth", "200002", 6, b"let me\xfe\xfe\xfe\xfe\xfe1\xfeplease", 100001)
    one.bos.send_snac(4, 6, asked)
    got = two.wait("rendezvous", who="100001", channel=4)
    assert got["tlvs"].want(5) == asked[8 + 2 + 7 + 4:], "the block octet for octet"
    one.bos.send_snac(4, 6, old_style(b"plaintxt", "200002", 1, b"an old message", 100001) + tlv(3))
    two.wait("im", text="an old message")
    one.bos.send_snac(4, 6, old_style(b"urlurlur", "alice", 4, b"look\xfehttp://x.example/", 100001))
    alice.wait("im", text="look <http://x.example/>")


def test_icq_reads_text_and_aim_reads_markup(gateway, aim):
    """24.3: ICQ's clients show tags raw; what they write is no markup."""
    gw = gateway(["100001", "200002", "alice", "carol"])
    icq, other = aim(gw, "100001", oscar.ICQ2003), aim(gw, "200002", oscar.ICQ2003)
    alice, carol = aim(gw, "alice", oscar.AIM51), aim(gw, "carol", oscar.AIM51)
    alice.im("100001", "<HTML><B>bold</B> &amp; <I>plain</I><BR>two</HTML>", html=True)
    assert icq.wait("im", who="alice")["raw"] == "bold & plain\r\ntwo"
    icq.im("alice", "a <b> & c", html=False)
    assert alice.wait("im", who="100001")["raw"] == "<HTML><BODY>a &lt;b&gt; &amp; c</BODY></HTML>"
    icq.im("200002", "a <b> & c", html=False)
    assert other.wait("im", who="100001")["raw"] == "a <b> & c"
    alice.im("carol", "<HTML><B>as it is</B></HTML>", html=True)
    assert carol.wait("im", who="alice")["raw"] == "<HTML><B>as it is</B></HTML>"


def test_services_that_are_refused_and_those_that_are_not(gateway, aim):
    gw = gateway(["alice"])
    alice = aim(gw, "alice", oscar.AIM51)
    for family in (0x0E, 0x05, 0x18, 0x22, 0x1234):
        request = alice.bos.send_snac(1, 4, u16(family))
        assert alice.wait("error", id=request)["code"] == 5, f"{family:04x}: service unavailable"
    for family in (7, 0x0D, 0x0F, 0x10):
        alice.second_connection(family)
    alice.sign_off()
    aim48 = aim(gw, "alice", oscar.AIM48)
    assert aim48.second_connection(0x18), "AIM 4.8 shows an error where alerts are refused"
