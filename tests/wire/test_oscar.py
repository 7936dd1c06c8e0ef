"""OSCAR towards one client: sign-on answers, lists, privacy, errors, second logins."""
import pytest

import oscar_session as oscar
from oscar_wire import Item, u16


@pytest.mark.parametrize("kind", [oscar.LIBPURPLE, oscar.BITLBEE], ids=["newMD5", "oldMD5"])
def test_a_wrong_password_and_an_unknown_name(gateway, kind):
    gw = gateway(["alice"])
    for name, password, codes in (("alice", "wrong", (5,)), ("nobodyhere", "wrong", (1, 5))):
        with pytest.raises(oscar.Refused) as refused:
            oscar.Session(gw.oscar_port, name, password, kind).authorize()
        assert refused.value.code in codes, f"expected code {codes} for {name}; got {refused.value.code}"


def test_name_and_password_are_compared_as_aim_does(gateway, aim):
    gw = gateway(["Alice Smith"])
    s = oscar.Session(gw.oscar_port, "a L I ceSMITH", gw.password("Alice Smith"), oscar.LIBPURPLE)
    try:
        s.sign_on()
        assert s.wait("self")["formatted"] == "Alice Smith"
        with pytest.raises(oscar.Refused):
            oscar.Session(gw.oscar_port, "alicesmith", gw.password("Alice Smith").upper(), oscar.LIBPURPLE).authorize()
    finally:
        s.close()


def test_a_cookie_works_once(gateway, aim):
    gw = gateway(["alice"])
    s = aim(gw, "alice", sign_on=False)
    address, cookie = s.authorize()
    s.bos = s.connect(address, cookie)
    for bad in (cookie, bytes(256), b"short", b""):
        since = s.mark()
        link = s.open("again", address)
        link.send(1, oscar.u32(1) + oscar.tlv(6, bad))
        s.wait("closed", 5, since=since, link=link.label)
        assert not s.find("snac", since, link=link.label), f"expected a channel 4 frame and the end; got {s.events[since:]}"


def test_the_two_lists_of_families_agree(gateway, aim):
    gw = gateway(["alice"])
    s = aim(gw, "alice")
    assert set(s.families) >= {1, 2, 3, 4, 9, 0x0A, 0x0B, 0x13, 0x15}, s.families


def test_a_list_is_kept_and_comes_back_byte_for_byte(gateway, aim):
    gw = gateway(["alice"])
    s = aim(gw, "alice")
    s.add_buddy("bob@example.com")
    odd = Item("private \u263a", 0, 77, 0x0401, [(0x0999, bytes(range(9))), (0x0131, "\u00e9".encode())])
    assert s.edit(8, [odd]) == [0]
    kept = {(i.group, i.item): i for i in s.items}
    s.sign_off()
    gw.restart()
    again = aim(gw, "alice")
    got = {(i.group, i.item): i for i in again.items}
    assert got == kept, f"expected {kept}; got {got}"
    feedbag = again.wait("feedbag")
    since = again.mark()
    request = again.bos.send_snac(0x13, 5, oscar.u32(feedbag["changed"]) + u16(len(feedbag["items"])))
    m = again.wait("snac", since=since, id=request)
    assert m["snac"] == "13/0F", f"expected 13/0F for a copy that is current; got {m['snac']}"


def test_edits_are_answered_one_word_an_item(gateway, aim):
    gw = gateway(["alice"])
    s = aim(gw, "alice")
    group = next(i for i in s.items if i.kind == 1 and i.group).group
    codes = s.edit(8, [Item("bob", group, 100, 0), Item("carol", group, 101, 0), Item("bad\x01name", group, 102, 0)])
    assert codes[:2] == [0, 0] and codes[2] == 0x0A, f"expected 0, 0, 000A for a name that is none (M-481); got {codes}"
    assert s.edit(0x0A, [Item("nobody", group, 999, 0)])[0] in (0, 2)


def test_deny_hides_both_ways_and_undeny_shows_again(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    alice.add_buddy("bob"), bob.add_buddy("alice")
    alice.wait("arrived", who="bob"), bob.wait("arrived", who="alice")
    marks = alice.mark(), bob.mark()
    alice.deny("bob")
    alice.privacy(4)
    bob.wait("departed", since=marks[1], who="alice")
    alice.wait("departed", since=marks[0], who="bob")
    assert bob.im_refused("alice", gw.text()) == 4, "blocked: error 04 hides the block"
    assert alice.im_refused("bob", gw.text()) == 0x10, "our own block: error 10"
    assert bob.info("alice") == 4, "blocked: 02/01 code 04"
    marks = alice.mark(), bob.mark()
    alice.undeny("bob")
    bob.wait("arrived", since=marks[1], who="alice")
    alice.wait("arrived", since=marks[0], who="bob")


def test_privacy_modes(gateway, aim):
    gw = gateway(["alice", "bob", "carol"])
    alice, bob, carol = aim(gw, "alice"), aim(gw, "bob"), aim(gw, "carol")
    for other in (bob, carol):
        other.add_buddy("alice")
        other.wait("arrived", who="alice")
    alice.add_buddy("bob")
    marks = bob.mark(), carol.mark()
    alice.privacy(5)
    carol.wait("departed", since=marks[1], who="alice")
    bob.never("departed", 0.5, since=marks[0], who="alice")
    alice.privacy(2)
    bob.wait("departed", since=marks[0], who="alice")
    marks = bob.mark(), carol.mark()
    alice.privacy(1)
    bob.wait("arrived", since=marks[0], who="alice")
    carol.wait("arrived", since=marks[1], who="alice")


def test_old_clients_lists_by_families_3_and_9(gateway, aim):
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob")
    alice = aim(gw, "alice", oscar.AIM41, buddies=["bob"])
    bob.add_buddy("alice")
    alice.wait("arrived", who="bob"), bob.wait("arrived", who="alice")
    mark = bob.mark()
    alice.deny("bob")
    bob.wait("departed", since=mark, who="alice")
    mark, mark_alice = bob.mark(), alice.mark()
    alice.undeny("bob")
    bob.wait("arrived", since=mark, who="alice"), alice.wait("arrived", since=mark_alice, who="bob")
    mark = alice.mark()
    alice.remove_buddy("bob")
    bob.away("hidden")
    alice.never("arrived", 1.5, since=mark, who="bob")


@pytest.mark.parametrize("who, code", [("nobodyhere", 4), ("1nvalid name", 4)])
def test_a_message_to_nobody(gateway, aim, who, code):
    gw = gateway(["alice"])
    assert aim(gw, "alice").im_refused(who, gw.text()) == code


def test_a_message_that_is_too_long(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    long = "x" * 5000
    alice.im("bob", long, ack=True)
    assert "".join(m["text"] for m in bob.find("im") or [bob.wait("im")]).startswith("x" * 1000)
    code = alice.im_refused("bob", "y" * 9000)
    assert code in (0x0B, 0x0E), f"expected 0B or 0E for 9000 octets (M, AIM_IN 8000); got {code:#x}"


def test_a_reply_is_needed_for_every_query(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.profile("<b>my profile</b>")
    bob.away("gone")
    for old, mask in ((True, 1), (True, 2), (True, 3), (False, 1), (False, 2), (False, 3), (False, 7)):
        got = alice.info("bob", mask, old)
        assert not isinstance(got, int), f"expected 02/06 for what={mask} old={old}; got error {got}"
        assert (got["profile"] == "<b>my profile</b>") == bool(mask & 1), (mask, old, got["profile"])
        assert (got["away_text"] == "gone") == bool(mask & 2), (mask, old, got["away_text"])
        assert (5 in got["tlvs"]) == bool(mask & 4)
    assert alice.info("nobodyhere") == 4


@pytest.mark.parametrize("family, subtype, body", [
    (0x0A, 2, b"nobody@example.com"), (0x0F, 2, b""), (0x06, 2, b""), (0x02, 0x0B, oscar.str8("bob")),
    (0x07, 2, b""), (0x77, 0x33, b"what"), (0x04, 0x99, b""), (0x18, 6, b"")])
def test_every_request_gets_an_answer_or_an_error(gateway, aim, family, subtype, body):
    gw = gateway(["alice"])
    s = aim(gw, "alice")
    s.answer(s.bos.send_snac(family, subtype, body), 5)
    s.keep_alive()
    assert not isinstance(s.info("alice", 1), int), "the connection is of no use afterwards"


def test_warning_is_answered(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, _ = aim(gw, "alice"), aim(gw, "bob")
    got = alice.answer(alice.bos.send_snac(4, 8, u16(0) + oscar.str8("bob")))
    assert got.get("code") == 0x0D, f"expected error 0D, as bob never wrote to alice (warning rules); got {got}"


def test_an_old_client_is_replaced_by_its_next_login(gateway, aim):
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob")
    bob.add_buddy("alice")
    first = aim(gw, "alice", oscar.BITLBEE)
    bob.wait("arrived", who="alice")
    second = aim(gw, "alice", oscar.BITLBEE)
    first.wait("closed", link=first.bos.label)
    text = gw.text()
    bob.im("alice", text, ack=True)
    second.wait("im", who="bob", text=text)


def test_two_new_clients_of_one_account_coexist(gateway, aim):
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob")
    bob.add_buddy("alice")
    one, two = aim(gw, "alice", oscar.LIBPURPLE), aim(gw, "alice", oscar.AIM51)
    bob.wait("arrived", who="alice")
    text = gw.text()
    bob.im("alice", text, ack=True)
    one.wait("im", text=text), two.wait("im", text=text)
    mark = bob.mark()
    one.away("only one of two")
    bob.never("arrived", 1.5, since=mark, away=True)
    assert not bob.info("alice")["away_text"], "an away text of somebody who is not away"
    two.away("now both")
    bob.wait("arrived", since=mark, away=True)
    assert bob.info("alice")["away_text"] == "now both"
    mark = two.mark()
    one.add_buddy("bob")
    two.wait("list-insert", since=mark, item=lambda i: i.name == "bob")
    mark = bob.mark()
    one.sign_off()
    bob.never("departed", 1.0, since=mark)
    two.sign_off()
    bob.wait("departed", since=mark, who="alice")


def test_a_burst_within_the_limits_arrives_and_beyond_is_told(gateway, aim):
    gw = gateway(["alice", "bob"], config={"oscar": {"rate_limits": True}})
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    texts = [gw.text() for _ in range(30)]
    for text in texts:
        alice.im("bob", text)
    bob.wait("im", text=texts[0])
    assert not alice.bos.closed, "30 messages in a burst closed the connection (28, test order)"


def test_keep_alives_of_both_kinds(gateway, aim):
    gw = gateway(["alice"])
    s = aim(gw, "alice")
    for _ in range(3):
        s.keep_alive()
        s.bos.send_snac(1, 0x16)
    assert not isinstance(s.info("alice", 1), int)
    assert not s.bos.closed
