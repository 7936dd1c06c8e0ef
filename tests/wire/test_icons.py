"""Buddy icons: the list names one, a client uploads it, others are told and fetch it (SNAC foodgroup 0x0010)."""
import hashlib

import oscar_session as oscar

GIF = b"GIF89a" + bytes(range(256)) * 4
JPEG = b"\xff\xd8\xff\xe0" + b"another face" * 100
UNKNOWN = 0x40


def shows(event, image):
    """Does an arrival carry that image's hash as its icon?"""
    item = event["user"].bart.get(1)
    return item is not None and item[1] == hashlib.md5(image).digest()


def two(gateway, aim, **more):
    gw = gateway(["alice", "bob"], **more)
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    bob.add_buddy("alice")
    bob.wait("arrived", who="alice")
    return gw, alice, bob


def test_libpurple_uploads_on_a_second_connection_and_a_buddy_fetches(gateway, aim):
    gw, alice, bob = two(gateway, aim, capture=True)
    named = alice.choose_icon(GIF)
    state = alice.wait("icon-state")
    assert (state["kind"], state["hash"]) == (1, named) and state["flags"] & UNKNOWN, \
        f"expected 01/21 that asks for the upload; got {state}"
    assert not bob.find("arrived", user=lambda u: u.bart.get(1)), "nobody is told of an image that is not here"
    service = alice.second_connection(0x10)
    kept = alice.upload(GIF, link=service)
    assert (kept["code"], kept["kind"], kept["hash"]) == (0, 1, named), f"expected 10/03 code 0; got {kept}"
    got = bob.wait("arrived", who="alice", user=lambda u: 1 in u.bart)
    assert shows(got, GIF), f"expected the hash {named.hex()} in TLV 001D; got {got['user'].bart}"
    for link in (bob.second_connection(0x10), bob.bos):
        for newer in (False, True):
            image = bob.icon("alice", named, newer, link)
            assert (image["image"], image["code"]) == (GIF, 0), f"expected the image; got {image}"


def test_an_icon_outlives_the_session_and_the_gateway(gateway, aim):
    gw, alice, bob = two(gateway, aim)
    alice.choose_icon(GIF)
    alice.upload(GIF)
    alice.sign_off(), bob.sign_off()
    gw.restart()
    alice, bob = aim(gw, "alice"), aim(gw, "bob")
    assert shows(bob.wait("arrived", who="alice"), GIF)
    alice.never("icon-state", 0.3)
    mark = alice.mark()
    named = alice.choose_icon(JPEG)
    assert alice.wait("icon-state", since=mark)["flags"] & UNKNOWN
    alice.upload(JPEG)
    got = bob.wait("arrived", who="alice", user=lambda u: u.bart.get(1, (0, b""))[1] == named)
    assert shows(got, JPEG)
    assert bob.icon("alice", hashlib.md5(GIF).digest()) == 0x14, "the earlier image is gone"
    assert bob.icon("alice", hashlib.md5(GIF).digest(), newer=True)["code"] == 7
    mark = bob.mark()
    assert alice.edit(0x0A, [next(i for i in alice.items if i.kind == 0x14)]) == [0]
    gone = bob.wait("arrived", since=mark, who="alice")
    assert 1 not in gone["user"].bart, f"expected no icon any more; got {gone['user'].bart}"


def test_a_list_names_an_image_that_never_came(gateway, aim):
    """At the next sign-on the client is asked for it."""
    gw = gateway(["alice"])
    alice = aim(gw, "alice")
    alice.choose_icon(GIF)
    alice.sign_off()
    assert aim(gw, "alice").wait("icon-state")["flags"] & UNKNOWN


def test_what_is_no_icon_is_refused_with_its_code(gateway, aim):
    gw = gateway(["alice"])
    alice = aim(gw, "alice")
    for image, kind, code in ((b"", 1, 3), (b"GIF89a" + bytes(7163), 1, 4), (b"#!/bin/sh", 1, 5), (GIF, 0x0F, 1)):
        got = alice.upload(image, kind)
        assert got["code"] == code, f"expected code {code} for {len(image)} octets of type {kind}; got {got}"
    assert alice.upload(b"GIF89a" + bytes(7162))["code"] == 0, "7168 octets are allowed"


def test_who_is_blocked_or_looks_at_somebody_invisible_gets_no_icon(gateway, aim):
    gw, alice, bob = two(gateway, aim)
    named = alice.choose_icon(GIF)
    alice.upload(GIF)
    bob.wait("arrived", who="alice", user=lambda u: 1 in u.bart)
    alice.deny("bob")
    alice.privacy(4)
    bob.wait("departed", who="alice")
    assert bob.icon("alice", named) == 0x14
    mark = bob.mark()
    alice.undeny("bob")
    bob.wait("arrived", since=mark, who="alice")
    mark = bob.mark()
    alice.status(0x100)
    bob.wait("departed", since=mark, who="alice")
    assert bob.icon("alice", named) == 0x14
    assert alice.icon("alice", named)["image"] == GIF, "one's own is one's own"
    assert bob.icon("nobodyhere", named) == 0x14 and bob.icon("carol@sip.example.org", named) == 0x14
    bob.never("arrived", 0.3, since=mark, who="alice")


def test_service_connections_end_with_the_last_session_and_are_counted(gateway, aim):
    gw = gateway(["alice"])
    alice = aim(gw, "alice", oscar.AIM51)
    service = alice.second_connection(0x10)
    alice.bos.send(4)
    alice.wait("closed", link=service.label)
