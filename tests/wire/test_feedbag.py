"""The list kept here (SNAC foodgroup 0x0013): what careless clients do to it, and what others see of it."""
import oscar_session as oscar
from oscar_wire import Item, u16, u32


def group_of(session):
    return next(i for i in session.items if i.kind == 1 and i.group)


def buddy(session, name, item, kind=0):
    return Item(name, group_of(session).group, item, kind)


def test_an_edit_reaches_the_other_sessions_even_when_its_client_has_gone(gateway, aim):
    gw = gateway(["alice", "bob"])
    bob = aim(gw, "bob")
    one, two = aim(gw, "alice"), aim(gw, "alice")
    since = two.mark()
    one.bos.send_snac(0x13, 8, buddy(one, "bob", 700).bytes())
    one.bos.send(4)
    pushed = two.wait("snac", since=since, snac="13/08")
    assert pushed["body"] == buddy(two, "bob", 700).bytes(), "the item as it was written"
    two.wait("arrived", who="bob")
    bob.sign_off()
    two.wait("departed", who="bob")


def test_an_item_is_what_stands_in_its_place(gateway, aim):
    """A buddy item that is given another name, and one that is deleted by its numbers alone."""
    gw = gateway(["alice", "bob", "carol"])
    alice, bob, carol = aim(gw, "alice"), aim(gw, "bob"), aim(gw, "carol")
    assert alice.edit(8, [buddy(alice, "bob", 700)]) == [0]
    alice.wait("arrived", who="bob")
    mark = alice.mark()
    assert alice.edit(9, [buddy(alice, "Bo B", 700)]) == [0]
    alice.never("departed", 0.3, since=mark)
    mark = alice.mark()
    assert alice.edit(9, [buddy(alice, "carol", 700)]) == [0]
    alice.wait("arrived", since=mark, who="carol")
    bob.away("not seen")
    alice.never("arrived", 2.5, since=mark, who="bob")
    assert alice.edit(0x0A, [buddy(alice, "", 700)]) == [0]
    mark = alice.mark()
    carol.away("not seen either")
    alice.never("arrived", 2.5, since=mark, who="carol")
    assert alice.edit(0x0A, [buddy(alice, "carol", 700)]) == [2], "it is not there any more"


def test_a_rule_is_lifted_by_deleting_its_numbers(gateway, aim):
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice", oscar.AIM51), aim(gw, "bob")      # no privacy item: deny items count
    assert alice.edit(8, [Item("bob", 0, 701, 3)]) == [0]
    assert bob.im_refused("alice", gw.text()) == 4
    assert alice.edit(0x0A, [Item("", 0, 701, 0)]) == [0]
    bob.im("alice", gw.text(), ack=True)


def test_two_changes_of_one_second_are_two(gateway, aim):
    """A copy that is one edit behind is never taken for current, even with the same number of items."""
    gw = gateway(["alice"])
    alice = aim(gw, "alice")
    for n in range(4):
        request = alice.bos.send_snac(0x13, 4)
        copy = alice.wait("feedbag", id=request)
        item = Item("prefs", 0, 77, 5, [(0xC9, u32(n))])
        assert alice.edit(9, [item]) == [0]
        request = alice.bos.send_snac(0x13, 5, u32(copy["changed"]) + u16(len(copy["items"])))
        assert alice.answer(request) and alice.find("snac", id=request)[0]["snac"] == "13/06", \
            "expected the list: this copy has the time of an earlier one"


def test_a_list_in_pieces_is_served_whole(gateway, aim):
    """No root, an order of ids that are not there, a buddy in a group that is not there."""
    gw = gateway(["alice", "bob"])
    alice = aim(gw, "alice")
    group = group_of(alice)
    assert alice.edit(9, [Item(group.name, group.group, 0, 1, [(0xC8, u16(901, 902))])]) == [0]
    assert alice.edit(8, [Item("bob", 0x0333, 5, 0)]) == [0]
    assert alice.edit(0x0A, [Item("", 0, 0, 1)]) == [0]
    alice.sign_off()
    again = aim(gw, "alice", oscar.NODE_OSCAR)      # its check of 13/06 is strict: every id has an item
    groups = {i.group: i for i in again.items if i.kind == 1}
    assert groups[0x0333].order() == [5] and groups[group.group].order() == []
    assert sorted(groups[0].order()) == sorted(g for g in groups if g)


def test_a_list_without_groups_gets_one(gateway, aim):
    gw = gateway(["alice"])
    alice = aim(gw, "alice")
    assert alice.edit(0x0A, [i for i in alice.items if i.kind == 1]) == [0, 0]
    assert [i.kind for i in alice.items] == [4], "only the privacy item is left"
    alice.sign_off()
    again = aim(gw, "alice", oscar.NODE_OSCAR)
    assert [i.name for i in again.items if i.kind == 1 and i.group] == ["Buddies"]
    again.add_buddy("bob@sip.example.org")


def test_limits_of_classes(gateway, aim):
    """13/03 announces them: one privacy item, 600 buddies."""
    gw = gateway(["alice"])
    alice = aim(gw, "alice")
    assert alice.edit(8, [Item("", 0, 801, 4)]) == [0x0C], "there is one already"
    assert alice.edit(9, [Item("", 0, next(i.item for i in alice.items if i.kind == 4), 4)]) == [0], "which may change"
    names = [buddy(alice, f"buddy{n:03}", 1000 + n) for n in range(601)]
    for at in range(0, 600, 200):
        assert alice.edit(8, names[at:at + 200]) == [0] * 200
    assert alice.edit(8, [names[600], names[0], buddy(alice, "group", 0, 1)]) == [0x0C, 0, 0]
    assert alice.edit(0x0A, [names[5]]) == [0] and alice.edit(8, [names[600]]) == [0]
    assert alice.edit(8, [Item("n" * 98, 0, 900, 0x0400), Item("n" * 97, 0, 900, 0x0400)]) == [0x0A, 0]


def test_whom_one_ignores_is_not_seen_and_does_not_get_through(gateway, aim):
    """Class 0x000E, by which ICQ ignores: his presence is not shown, his messages are refused; he still sees us."""
    gw = gateway(["alice", "bob"])
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    alice.add_buddy("bob"), bob.add_buddy("alice")
    alice.wait("arrived", who="bob"), bob.wait("arrived", who="alice")
    marks = alice.mark(), bob.mark()
    assert alice.edit(8, [Item("bob", 0, 702, 0x0E)]) == [0]
    alice.wait("departed", since=marks[0], who="bob")
    assert bob.im_refused("alice", gw.text()) == 4
    assert alice.info("bob") == 4
    bob.never("departed", 0.3, since=marks[1], who="alice")
    marks = alice.mark(), bob.mark()
    assert alice.edit(0x0A, [Item("bob", 0, 702, 0x0E)]) == [0]
    alice.wait("arrived", since=marks[0], who="bob")
