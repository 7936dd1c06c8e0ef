"""What of his presence a user gives to SIP watchers (S-362, RFC 5025 3.3): the settings provide_*."""
import pytest

from test_sip_ua import is_, valid


@pytest.fixture
def away(rows, ua, aim):
    """Somebody who is away with words and idle, and who looks at her."""
    name = rows.name()
    alice, bob = aim(rows.gw, name), ua(rows.gw, rows.name())
    alice.away("out to lunch")
    alice.idle(900)
    text = look(bob, name).text
    while "out to lunch" not in text or "last-input" not in text:
        text = look(bob, name).text
    return alice, bob, name


def look(bob, name):
    """A fetch: what one NOTIFY says at once."""
    return bob.subscribe(f"sip:{name}@aim.test", 0).wait(3)


@pytest.mark.parametrize("setting, value, gone, there", [
    ("provide_user_input", "bare", ["last-input", "idle-threshold"], [">idle<", "out to lunch"]),
    ("provide_user_input", "no", ["user-input"], ["out to lunch", "away/>"]),
    ("provide_notes", "off", ["out to lunch"], ["away/>", "last-input"]),
    ("provide_activities", "off", ["activities"], ["out to lunch", "last-input"]),
    ("provide_persons", "off", ["person"], ["out to lunch", "last-input"])])
def test_what_is_not_given_is_not_told(rows, away, setting, value, gone, there):
    alice, bob, name = away
    rows.gw.ok("user", "set", name, setting, value)
    text = valid(look(bob, name))
    body = text[text.index("<tuple"):]
    assert not [g for g in gone if g in body] and all(t in body for t in there), text
    rows.gw.ok("user", "set", name, setting, "full" if setting == "provide_user_input" else "on")
    assert gone[0] in look(bob, name).text


def test_a_change_is_told_to_who_watches_but_not_to_oneself(rows, away, ua):
    alice, bob, name = away
    sub, own = bob.subscribe(f"sip:{name}@aim.test"), ua(rows.gw, name).subscribe(f"sip:{name}@aim.test")
    sub.wait(3), own.wait(3)
    mark = bob.mark()
    rows.gw.ok("user", "set", name, "provide_notes", "off")
    assert "out to lunch" not in sub.wait(8, since=mark).text
    is_(own.refresh(600), 200)
    assert "out to lunch" in own.wait(3, 1).text


def test_an_unknown_word_is_answered_with_those_there_are(gateway):
    gw = gateway(["alice"])
    got = gw.cli("user", "set", "alice", "provide_user_input", "some")
    assert got.code == 1 and "no, bare, thresholds, full" in got.err, got
