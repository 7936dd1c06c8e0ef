"""The conversation that two real clients must be able to have across the gateway, one step after the other."""

FANCY = "h\u00e9llo \u263a & <x>"
PRESENCE = 12                       # NOTIFYs to one watcher come at most every 5 s (RFC 3856 6.10)


def see_each_other(aim, sip, aim_uri, sip_name):
    aim.send(f"buddy {sip_name}")
    sip.send(f"buddy {aim_uri}")
    aim.wait("presence", PRESENCE, who=sip_name, state="online")
    sip.wait("presence", PRESENCE, who=aim_uri, state="online")


def write_both_ways(gw, aim, sip, aim_uri, sip_name, start=FANCY):
    text, mark = gw.text(start), aim.mark()
    sip.send(f"im {aim_uri} {text}")
    aim.wait("im", since=mark, **{"from": sip_name}, text=text)
    text, mark = gw.text(start), sip.mark()
    aim.send(f"im {sip_name} {text}")
    sip.wait("im", since=mark, **{"from": aim_uri}, text=text)


def aim_away_and_back(aim, sip, aim_uri, note):
    mark = sip.mark()
    aim.send(f"away {note}")
    sip.wait("presence", PRESENCE, since=mark, who=aim_uri, state="away", note=note)
    mark = sip.mark()
    aim.send("back")
    sip.wait("presence", PRESENCE, since=mark, who=aim_uri, state="online")


def sip_away_and_back(aim, sip, sip_name, note, reader):
    """`reader` is a scripted session with sip_name on its list: BarnOwl shows no away texts."""
    mark, reader_mark = aim.mark(), reader.mark()
    sip.send(f"away {note}")
    aim.wait("presence", PRESENCE, since=mark, who=sip_name, state="away")
    reader.wait("arrived", PRESENCE, since=reader_mark, who=sip_name, away=True)
    got = reader.info(sip_name, 3)
    assert not isinstance(got, int), f"expected 02/06 for {sip_name}; got error {got:#x}"
    assert got["away_text"] and note in got["away_text"], f"expected the away text {note!r}; got {got['away_text']!r}"
    mark = aim.mark()
    sip.send("back")
    aim.wait("presence", PRESENCE, since=mark, who=sip_name, state="online")


def aim_leaves(aim, sip, aim_uri):
    mark = sip.mark()
    assert aim.close() == 0
    sip.wait("presence", PRESENCE, since=mark, who=aim_uri, state="offline")


def sip_leaves(aim, sip, sip_name):
    mark = aim.mark()
    sip.close()
    aim.wait("presence", PRESENCE, since=mark, who=sip_name, state="offline")


def talk_it_all(gw, aim, sip, aim_uri, sip_name, carol):
    """From the first look at each other until the AIM client leaves; carol watches the SIP one by AIM."""
    carol.add_buddy(sip_name)
    see_each_other(aim, sip, aim_uri, sip_name)
    write_both_ways(gw, aim, sip, aim_uri, sip_name)
    aim_away_and_back(aim, sip, aim_uri, "gone fishing")
    sip_away_and_back(aim, sip, sip_name, "at lunch", carol)
    aim_leaves(aim, sip, aim_uri)


def meet_again(again, sip, aim_uri, sip_name, mark, carol):
    """The AIM client has come back, after `mark` of the SIP one, which leaves then."""
    sip.wait("presence", PRESENCE, who=aim_uri, state="online", since=max(0, mark - 3))
    again.wait("presence", PRESENCE, who=sip_name, state="online")
    sip_leaves(again, sip, sip_name)
    carol.wait("departed", who=sip_name)
