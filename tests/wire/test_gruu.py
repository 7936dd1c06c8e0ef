"""Addresses of one phone of a user (S-383, RFC 5627)."""
import re
import time

import pytest

from test_sip_ua import is_

UUIDS = ["urn:uuid:f81d4fae-7dec-11d0-a765-00a0c91e6bf6", "urn:uuid:11111111-0000-4000-8000-00a0c91e6bf6"]


def gruus(m, agent):
    """What the answer says of that phone's Contact."""
    mine = next(c for c in m.list("Contact") if str(agent.port) in c)
    return dict(re.findall(r';([\w+.-]+)="([^"]*)"', mine))


@pytest.fixture
def phones(rows, ua):
    """Two phones of one user, and their GRUUs."""
    name, made = rows.name(), []
    for uuid in UUIDS:
        agent = ua(rows.gw, name, register=False)
        agent.plain = agent.contact
        agent.contact = f'{agent.contact};+sip.instance="<{uuid}>"'
        agent.given = gruus(is_(agent.register(headers=[("Supported", "gruu")]), 200), agent)
        made.append(agent)
    return name, *made


def test_who_asks_is_given_them(phones, rows, ua):
    name, one, two = phones
    assert one.given["pub-gruu"] == f"sip:{name}@aim.test;gr={UUIDS[0]}" and two.given["pub-gruu"] == f"sip:{name}@aim.test;gr={UUIDS[1]}"
    assert one.given["temp-gruu"].startswith("sip:tgruu.") and one.given["temp-gruu"].endswith("@aim.test;gr"), one.given
    assert name not in one.given["temp-gruu"] and one.given["temp-gruu"] != two.given["temp-gruu"]
    again = gruus(is_(one.register(headers=[("Supported", "gruu")]), 200), one)
    assert again["pub-gruu"] == one.given["pub-gruu"] and again["temp-gruu"] != one.given["temp-gruu"]
    without = gruus(is_(one.register(), 200), one)
    assert "pub-gruu" not in without and "temp-gruu" not in without
    required = gruus(is_(one.register(headers=[("Require", "gruu")]), 200), one)
    assert "pub-gruu" in required


@pytest.mark.parametrize("kind", ["pub-gruu", "temp-gruu"])
def test_a_message_to_one_reaches_that_phone_only(phones, rows, ua, aim, kind):
    name, one, two = phones
    alice = aim(rows.gw, name)
    eve = ua(rows.gw, rows.name())
    is_(eve.message(one.given[kind], f"for {kind}"), 200)
    one.wait("MESSAGE", 3, text=f"for {kind}")
    two.never("MESSAGE", 0.3), alice.never("im", 0.1)
    is_(eve.message(f"sip:{name}@aim.test", "for all"), 200)
    one.wait("MESSAGE", 3, text="for all"), two.wait("MESSAGE", 3, text="for all"), alice.wait("im", 3, text="for all")
    # the earlier temporary ones stay good until the phone registers with another Call-ID (RFC 5627 5.4)
    one.register(headers=[("Supported", "gruu")])
    is_(eve.message(one.given[kind], "again"), 200)
    is_(one.unregister(), 200)
    got = is_(eve.message(one.given[kind], "too late"), 480)
    time.sleep(0.2)
    assert not two.matching("MESSAGE", text="too late") and not alice.find("im", text="too late"), got


@pytest.mark.parametrize("what", ["sip:{name}@aim.test;gr=urn:uuid:none", "sip:tgruu.0011@aim.test;gr", "sip:tgruu.zz@aim.test;gr",
                                  "sip:{name}@aim.test;gr", "sip:nobodyhere@aim.test;gr=urn:uuid:1"])
def test_what_is_none_of_ours(phones, rows, ua, what):
    name, one, two = phones
    is_(ua(rows.gw, rows.name()).message(what.format(name=name), "hello"), 404, 480)
    one.never("MESSAGE", 0.2)


def test_they_outlive_a_restart(gateway, ua):
    gw = gateway(["alice", "eve"])
    one = ua(gw, "alice", register=False)
    one.contact = f'{one.contact};+sip.instance="<{UUIDS[0]}>"'
    given = gruus(is_(one.register(headers=[("Supported", "gruu")]), 200), one)
    gw.kill9()
    gw.start()
    eve = ua(gw, "eve")
    for kind in ("pub-gruu", "temp-gruu"):
        is_(eve.message(given[kind], kind), 200)
        one.wait("MESSAGE", 3, text=kind)
