/* Thousands of random histories of one user and two who would like to know of her, held against a
 * model of her rules: whoever is blocked never learns of her and never gets through, whoever she is
 * invisible to never sees her; and in the end everybody knows just what he may.
 *
 * A failure names the history: HISTORY=n runs it alone, and says what happens. */
#include "tests/scenario/world.h"

static struct world w;

enum {
    HISTORIES = 2000,
    STEPS = 30,
    BOB = 0,   /* of ours, on AIM */
    CAROL = 1, /* of sip.example.org */
    SESSIONS = 3,
    AT_END_MS = 12000, /* all that is paced has come by then */
};

static const char carol[] = "carol@sip.example.org";

/* What happened in all histories: a property that nothing touches proves nothing. */
static struct {
    unsigned arrived, departed, told, refused, open, closed, through, kept_out, invisible;
    unsigned blocked, unblocked, cut, held, late;
} seen;

struct history {
    unsigned number, step;
    uint64_t chance;
    bool loud, hides; /* whether she goes invisible in it */
    char her[16], his[16], her_uri[40];
    struct aim alice[SESSIONS], bob;
    unsigned order[SESSIONS], signs; /* which of her sessions is the newest */
    bool invisible[SESSIONS];
    uint8_t mode;
    bool permit[2], deny[2], ignore[2], buddy[2];
    bool denied[2];  /* by an item that the gateway put on her list */
    bool blocked[2]; /* by the helper */
    bool asks;       /* before strangers' words are shown to her ... */
    bool knows[2];   /* ... whom she may have said yes or no to, or written to */
    bool cut;        /* carol's link is ... */
    bool waits;      /* ... and what she wrote to her meanwhile waits for it */
    bool his_deny, his_ignore, his_buddy;
    struct sip_watch watch;
    int bob_sees, carol_sees; /* the last they heard: 0 offline, 1 online, -1 nothing */
    char text[32];            /* of the message under way */
    unsigned from;            /* whose */
    bool got_through;
    bool bob_came, carol_asked; /* in this step */
};

static unsigned dice(struct history *h, unsigned n)
{
    h->chance ^= h->chance << 13;
    h->chance ^= h->chance >> 7;
    h->chance ^= h->chance << 17;
    return (unsigned)(h->chance >> 33) % n;
}

static void note(const struct history *h, const char *what)
{
    if (h->loud)
        (void)fprintf(stderr, "%u: %s\n", h->step, what);
}

static void wrong(const struct history *h, const char *what)
{
    fail_msg("history %u, step %u: %s", h->number, h->step, what);
}

/* ---- the model ---- */

static bool she_blocks(const struct history *h, unsigned who)
{
    if (h->blocked[who])
        return true;
    switch (h->mode) {
    case 1: return false;
    case 2: return true;
    case 3: return !h->permit[who];
    case 5: return !h->buddy[who];
    default: return h->deny[who] || h->denied[who]; /* 4, and none with deny items */
    }
}

static bool she_hears(const struct history *h, unsigned who)
{
    return !she_blocks(h, who) && !h->ignore[who];
}

/* A stranger's words wait for her yes. */
static bool she_is_asked(const struct history *h, unsigned who)
{
    return h->asks && !h->buddy[who] && !h->permit[who];
}

static bool is_on(const struct history *h)
{
    for (unsigned i = 0; i < SESSIONS; i++)
        if (aim_is_on(&h->alice[i]))
            return true;
    return false;
}

/* Invisible if all of her sessions are, or the newest is. */
static bool is_invisible(const struct history *h)
{
    bool all = true;
    unsigned newest = 0;
    bool last = false;

    for (unsigned i = 0; i < SESSIONS; i++) {
        if (!aim_is_on(&h->alice[i]))
            continue;
        all &= h->invisible[i];
        if (h->order[i] >= newest) {
            newest = h->order[i];
            last = h->invisible[i];
        }
    }
    return all || last;
}

static bool may_see(const struct history *h, unsigned who)
{
    if (!is_on(h) || is_invisible(h) || she_blocks(h, who))
        return false;
    return who == CAROL || (!h->his_deny && !h->his_ignore);
}

/* ---- what they hear ---- */

/* An IM or an event of typing; and not what the helper says of her. */
static bool is_from(struct span body, const char *name)
{
    (void)aim_take(&body, 10);
    return span_is(aim_take(&body, aim_u8(&body)), name);
}

static void bob_hears(struct history *h)
{
    struct aim_heard s;
    char name[256];
    bool away;

    while (aim_is_on(&h->bob) && aim_next(&h->bob, &s)) {
        if (s.family == 3 && s.subtype == 0xB && aim_block(s.body, name, &away) &&
            !strcmp(name, h->her)) {
            seen.arrived++;
            h->bob_sees = 1;
            note(h, "  bob sees her");
            if (!may_see(h, BOB))
                wrong(h, "bob is told that she is there");
        } else if (s.family == 3 && s.subtype == 0xC) {
            seen.departed++;
            if (h->bob_sees == 0)
                wrong(h, "bob is told that she is gone, and she was not there");
            h->bob_sees = 0;
            note(h, "  bob sees her no more");
        } else if (s.family == 2 && s.subtype == 6) {
            seen.told++;
            if (!may_see(h, BOB))
                wrong(h, "bob is told about her");
        } else if (s.family == 4 && (s.subtype == 7 || s.subtype == 0x14) &&
                   is_from(s.body, h->her)) {
            bool blocks = she_blocks(h, BOB) && !h->bob_came; /* what she said before was stored */

            if (blocks || h->his_deny || (s.subtype == 7 && h->his_ignore))
                wrong(h, "bob hears from her");
        } else if (s.subtype == 1) {
            seen.refused++;
        }
    }
}

static void carol_hears(struct history *h)
{
    struct sip_heard m;

    while (sip_next(&w, &m, false)) {
        if (strcmp(m.from_user, h->her_uri) != 0)
            continue; /* of an earlier history */
        if (!strcmp(m.method, "MESSAGE") && she_blocks(h, CAROL) && !h->waits)
            wrong(h, "carol hears from her");
        if (strcmp(m.method, "NOTIFY") != 0)
            continue;
        if (strstr(m.body, "<basic>open</basic>")) {
            seen.open++;
            h->carol_sees = 1;
            note(h, "  carol sees her");
            if (!may_see(h, CAROL))
                wrong(h, "carol is told that she is there");
        } else if (strstr(m.body, "<basic>closed</basic>")) {
            seen.closed++;
            if (h->carol_sees == 0 && !h->carol_asked)
                wrong(h, "carol is told that she is gone, and she was not there");
            h->carol_sees = 0;
            note(h, "  carol sees her no more");
        }
    }
}

enum { HER_ITEMS = 10 }; /* the first id; the helper takes others */

static uint16_t item_of(unsigned class, unsigned who)
{
    return (uint16_t)(HER_ITEMS + class * 2 + who);
}

/* By the helper, or by another session of hers, which the model knows already. */
static void her_list_changes(struct history *h, struct span items, bool on)
{
    while (items.n > 0) {
        struct span name = aim_take(&items, aim_u16(&items));
        uint16_t group = aim_u16(&items), item = aim_u16(&items), class = aim_u16(&items);
        unsigned who = span_is(name, h->his) ? BOB : CAROL;

        (void)aim_take(&items, aim_u16(&items));
        if (class != 3 || group)
            continue;
        if (item != item_of(1, who))
            h->denied[who] = on;
        else
            h->deny[who] = on;
    }
}

/* Any of her sessions: also of what was stored. */
static void she_listens(struct history *h)
{
    struct aim_heard s;
    char name[256];
    bool away;

    for (unsigned i = 0; i < SESSIONS; i++)
        while (aim_is_on(&h->alice[i]) && aim_next(&h->alice[i], &s)) {
            if (s.family == 0x13 && (s.subtype == 8 || s.subtype == 0xA))
                her_list_changes(h, s.body, s.subtype == 8);
            if (s.family != 4 || s.subtype != 7 || !aim_block(span_skip(s.body, 10), name, &away))
                continue;
            if (!strcmp(name, h->his) && !she_hears(h, BOB))
                wrong(h, "she hears from bob, whom she blocks");
            if (!strcmp(name, carol) && !she_hears(h, CAROL))
                wrong(h, "she hears from carol, whom she blocks");
            if (h->text[0] && span_search(s.body, span_str(h->text)) < s.body.n)
                h->got_through = true;
        }
}

static void all_hear(struct history *h)
{
    bob_hears(h);
    carol_hears(h);
    she_listens(h);
}

/* ---- what they do ---- */

static struct aim *any_of_hers(struct history *h)
{
    for (unsigned n = 0, i = dice(h, SESSIONS); n < SESSIONS; n++, i = (i + 1) % SESSIONS)
        if (aim_is_on(&h->alice[i]))
            return &h->alice[i];
    return NULL;
}

static void she_comes_or_goes(struct history *h)
{
    unsigned i = dice(h, SESSIONS);

    note(h, aim_is_on(&h->alice[i]) ? "she signs off" : "she signs on");
    if (aim_is_on(&h->alice[i])) {
        aim_sign_off(&h->alice[i]);
        return;
    }
    assert_true(aim_sign_on(&h->alice[i], &w, h->her));
    h->order[i] = ++h->signs;
    h->invisible[i] = false;
}

static void she_edits_by(struct history *h, struct aim *a);

/* M-703: her rules change between storing and delivery. */
static void she_comes_with_other_rules(struct history *h)
{
    struct aim *a = &h->alice[0];

    if (is_on(h))
        return;
    note(h, "she signs on, and changes her rules before she asks for what is stored");
    assert_int_equal(
        aim_logs_in(a, &w, &(struct aim_login){.name = h->her, .many = 1, .old = true}), 0);
    h->order[0] = ++h->signs;
    h->invisible[0] = false;
    she_edits_by(h, a);
    she_edits_by(h, a);
    aim_ready(a);
    (void)aim_send(a, 0x13, 7, NULL, 0);
    (void)aim_send(a, 4, 0x10, NULL, 0);
    world_pass(&w, 1000);
    seen.late++;
}

static void she_changes(struct history *h)
{
    unsigned i = dice(h, SESSIONS);

    if (!aim_is_on(&h->alice[i]))
        return;
    if (h->hides && dice(h, 2)) {
        h->invisible[i] = !h->invisible[i];
        note(h, h->invisible[i] ? "she goes invisible" : "she is visible again");
        aim_status(&h->alice[i], h->invisible[i] ? 0x100 : 0);
        seen.invisible += h->invisible[i];
    } else {
        note(h, "she goes away, or comes back");
        aim_away(&h->alice[i], dice(h, 2) ? "a secret place" : "");
    }
}

static void she_edits_by(struct history *h, struct aim *a)
{
    static const uint16_t classes[] = {2, 3, 0x0E, 0};
    bool *lists[] = {h->permit, h->deny, h->ignore, h->buddy};
    unsigned which = dice(h, 4), who = dice(h, 2);
    bool *on = &lists[which][who];

    *on = !*on;
    if (h->loud)
        (void)fprintf(stderr, "%u: she puts %s %s class %X\n", h->step, who ? "carol" : "bob",
                      *on ? "on" : "off", classes[which]);
    aim_lists(a, *on, who == CAROL ? carol : h->his, classes[which] ? 0 : 1, item_of(which, who),
              classes[which]);
}

static void she_edits(struct history *h)
{
    struct aim *a = any_of_hers(h);

    if (a)
        she_edits_by(h, a);
}

static void she_tells_the_helper(struct history *h, const char *what, unsigned who)
{
    struct aim *a = any_of_hers(h);
    char order[64];

    if (!a)
        return;
    (void)snprintf(order, sizeof order, "%s %s", what, who ? carol : h->his);
    note(h, order);
    all_hear(h);
    if (!strcmp(what, "block") || !strcmp(what, "unblock")) {
        h->blocked[who] = what[0] == 'b';
        if (h->blocked[who])
            seen.blocked++;
        else
            seen.unblocked++;
        if (!h->blocked[who])
            h->deny[who] = h->denied[who] = false;
    } else {
        h->knows[who] = true;
    }
    aim_says(a, "aimgate", order);
}

static void she_asks_for_strangers(struct history *h)
{
    h->asks = !h->asks;
    note(h, h->asks ? "she wants to be asked" : "she does not want to be asked any more");
    world_sets(&w, h->her, "knock_knock", h->asks ? "on" : "off");
}

/* All that is open stays so. */
static void time_goes_by(struct history *h, uint64_t minutes)
{
    for (; minutes > 0; minutes--) {
        world_pass(&w, MINUTE);
        for (unsigned i = 0; i < SESSIONS; i++)
            if (aim_is_on(&h->alice[i]))
                aim_frame(&h->alice[i], 5, (struct span){0});
        if (aim_is_on(&h->bob))
            aim_frame(&h->bob, 5, (struct span){0});
    }
}

/* The link is back: if her subscription is still there she has been told the truth by now. */
static void carol_asks_again(struct history *h)
{
    bool right = (h->carol_sees == 1) == may_see(h, CAROL);
    int status = sip_watches(&w, &h->watch, carol, h->her_uri, 3600);

    h->carol_asked = true;
    if (status == 200 && !right)
        wrong(h, "carol was not told when her link came back");
    if (status == 481) { /* it ended while nobody could say so */
        h->watch.on = false;
        status = sip_watches(&w, &h->watch, carol, h->her_uri, 3600);
    }
    if (status / 100 != 2)
        wrong(h, "carol may not even ask: that tells");
}

static void the_link_comes_or_goes(struct history *h)
{
    h->cut = !h->cut;
    note(h, h->cut ? "carol's link is cut" : "carol's link is there again");
    all_hear(h);
    net_double_cut(w.net, h->cut);
    h->carol_asked = true; /* when it is back all is told again */
    time_goes_by(h, h->cut ? 1 : 3);
    seen.cut += h->cut;
    if (!h->cut) {
        all_hear(h);
        if (h->watch.on)
            carol_asks_again(h);
        all_hear(h);
        h->waits = false;
    }
}

static void she_changes_mode(struct history *h)
{
    struct aim *a = any_of_hers(h);
    uint8_t mode = (uint8_t)dice(h, 6);

    if (!a || mode == h->mode)
        return;
    h->mode = mode;
    if (h->loud)
        (void)fprintf(stderr, "%u: her mode is %u\n", h->step, mode);
    aim_mode(a, mode);
}

static void she_speaks(struct history *h)
{
    struct aim *a = any_of_hers(h);
    const char *to = dice(h, 2) ? h->his : carol;

    if (!a)
        return;
    note(h, "she speaks");
    h->knows[to == carol] = true;
    h->waits |= h->cut && to == carol && !she_blocks(h, CAROL);
    if (dice(h, 2))
        aim_says(a, to, "hello from her");
    else
        aim_typing(a, to, 2);
}

/* It must come if it may. */
static void check_message(struct history *h, unsigned who)
{
    bool may = she_hears(h, who) && !(who == BOB && h->his_deny), asked = she_is_asked(h, who);

    all_hear(h);
    if (h->got_through && (!may || (asked && !h->knows[who])))
        wrong(h, "a message got through that may not");
    if (!h->got_through && may && is_on(h) && !asked && !(h->knows[who] && h->asks))
        wrong(h, "a message that may get through did not");
    seen.through += h->got_through;
    seen.kept_out += !may;
    seen.held += may && asked && !h->got_through;
    h->text[0] = 0;
}

static bool is_answer_to_carol(const struct history *h, int status)
{
    if (!she_hears(h, CAROL))
        return status == 403 || (h->asks && h->knows[CAROL] && status == 603);
    if (h->asks && h->knows[CAROL])
        return status == 200 || status == 202 || status == 603;
    if (she_is_asked(h, CAROL))
        return status == 202 || status == 480; /* as many as may wait */
    return status == (is_on(h) ? 200 : 202);
}

static void they_write(struct history *h)
{
    unsigned who = dice(h, 2);
    int status;

    if (who == BOB ? !aim_is_on(&h->bob) : h->cut)
        return;
    all_hear(h);
    h->got_through = false;
    (void)snprintf(h->text, sizeof h->text, "word %u of %u", h->step, h->number);
    note(h, who ? "carol writes" : "bob writes");
    if (who == BOB) {
        aim_says(&h->bob, h->her, h->text);
    } else {
        status = sip_says(&w, carol, h->her_uri, h->text);
        if (!is_answer_to_carol(h, status)) {
            if (h->loud)
                (void)fprintf(stderr, "   %d\n", status);
            wrong(h, "carol gets another answer than the rules give");
        }
    }
    check_message(h, who);
}

static void bob_acts(struct history *h)
{
    switch (dice(h, 5)) {
    case 0:
        if (aim_is_on(&h->bob)) {
            note(h, "bob signs off");
            aim_sign_off(&h->bob);
        } else {
            note(h, "bob signs on");
            assert_true(aim_sign_on(&h->bob, &w, h->his));
            h->bob_came = true;
        }
        h->bob_sees = -1;
        break;
    case 1:
        if (aim_is_on(&h->bob)) {
            h->his_deny = !h->his_deny;
            note(h, h->his_deny ? "bob blocks her" : "bob blocks her no more");
            aim_lists(&h->bob, h->his_deny, h->her, 0, 30, 3);
        }
        break;
    case 2:
        if (aim_is_on(&h->bob)) {
            h->his_ignore = !h->his_ignore;
            note(h, h->his_ignore ? "bob ignores her" : "bob ignores her no more");
            aim_lists(&h->bob, h->his_ignore, h->her, 0, 31, 0x0E);
        }
        break;
    case 3:
        if (aim_is_on(&h->bob)) {
            h->his_buddy = !h->his_buddy;
            h->bob_sees = -1;
            note(h, h->his_buddy ? "bob lists her" : "bob lists her no more");
            aim_lists(&h->bob, h->his_buddy, h->her, 1, 32, 0);
        }
        break;
    default:
        if (aim_is_on(&h->bob))
            (void)aim_asks(&h->bob, h->her);
    }
}

static void carol_acts(struct history *h)
{
    bool ends = h->watch.on && dice(h, 2);

    if (h->cut)
        return;
    h->carol_asked = true;
    note(h, ends ? "carol watches no more" : "carol watches");
    if (sip_watches(&w, &h->watch, carol, h->her_uri, ends ? 0 : 3600) / 100 != 2)
        wrong(h, "carol may not even ask: that tells");
    if (!h->watch.on)
        h->carol_sees = -1;
}

static void step(struct history *h)
{
    switch (dice(h, 14)) {
    case 0: she_comes_or_goes(h); break;
    case 1:
    case 2: she_changes(h); break;
    case 3:
    case 4: she_edits(h); break;
    case 5: she_changes_mode(h); break;
    case 6: she_speaks(h); break;
    case 7:
    case 8: they_write(h); break;
    case 9: bob_acts(h); break;
    case 10: she_tells_the_helper(h, dice(h, 2) ? "block" : "unblock", dice(h, 2)); break;
    case 11: she_comes_with_other_rules(h); break;
    case 12:
        if (!dice(h, 8))
            the_link_comes_or_goes(h);
        else if (!dice(h, 8))
            she_asks_for_strangers(h);
        else if (h->asks)
            she_tells_the_helper(h, "yes", dice(h, 2));
        break;
    default:
        if (dice(h, 2))
            carol_acts(h);
        else
            world_pass(&w, dice(h, 6000));
    }
    all_hear(h);
    h->bob_came = h->carol_asked = false;
}

/* In the end everybody knows what he may. */
static void check_end(struct history *h)
{
    if (h->cut)
        the_link_comes_or_goes(h);
    world_pass(&w, AT_END_MS);
    all_hear(h);
    if (aim_is_on(&h->bob) && h->his_buddy && (h->bob_sees == 1) != may_see(h, BOB))
        wrong(h, may_see(h, BOB) ? "bob does not see her" : "bob still sees her");
    if (h->watch.on && (h->carol_sees == 1) != may_see(h, CAROL))
        wrong(h, may_see(h, CAROL) ? "carol does not see her" : "carol still sees her");
}

static void one_history(unsigned number, bool hides, bool loud)
{
    struct history h = {.number = number,
                        .chance = (number + 1) * 0x9E3779B97F4A7C15u,
                        .loud = loud,
                        .hides = hides,
                        .asks = number % 4 == 0,
                        .bob_sees = -1,
                        .carol_sees = -1};

    (void)snprintf(h.her, sizeof h.her, "her%u", number);
    (void)snprintf(h.his, sizeof h.his, "his%u", number);
    (void)snprintf(h.her_uri, sizeof h.her_uri, "%s@aim.test", h.her);
    assert_true(aim_sign_on(&h.alice[0], &w, h.her));
    h.order[0] = ++h.signs;
    assert_true(aim_sign_on(&h.bob, &w, h.his));
    aim_lists(&h.bob, true, h.her, 1, 32, 0);
    h.his_buddy = true;
    carol_acts(&h);
    all_hear(&h);
    for (h.step = 1; h.step <= STEPS; h.step++)
        step(&h);
    check_end(&h);
    for (unsigned i = 0; i < SESSIONS; i++)
        aim_sign_off(&h.alice[i]);
    aim_sign_off(&h.bob);
    if (h.watch.on)
        (void)sip_watches(&w, &h.watch, carol, h.her_uri, 0);
    sip_forget(&w);
}

static void histories(unsigned from, unsigned to, bool hides)
{
    const char *alone = getenv("HISTORY");

    memset(&seen, 0, sizeof seen);
    for (unsigned n = from; n < to; n++)
        if (!alone || (unsigned)atoi(alone) == n)
            one_history(n, hides, alone != NULL);
    if (alone)
        return;
    if (seen.arrived < HISTORIES || seen.departed < HISTORIES || seen.told < 100 ||
        seen.refused < HISTORIES / 2 || seen.open < HISTORIES || seen.closed < HISTORIES ||
        seen.through < HISTORIES / 2 || seen.kept_out < HISTORIES / 2 ||
        (hides && seen.invisible < HISTORIES / 2) || seen.blocked < HISTORIES / 2 ||
        seen.unblocked < HISTORIES / 2 || seen.cut < 100 || seen.held < 100 || seen.late < 100)
        fail_msg(
            "too little happened: arrived %u, departed %u, told %u, refused %u, open %u, "
            "closed %u, through %u, kept out %u, invisible %u, blocked %u, unblocked %u, cut %u, "
            "held %u, late %u",
            seen.arrived, seen.departed, seen.told, seen.refused, seen.open, seen.closed,
            seen.through, seen.kept_out, seen.invisible, seen.blocked, seen.unblocked, seen.cut,
            seen.held, seen.late);
}

static void whoever_is_blocked_never_learns_and_never_gets_through(void **state)
{
    (void)state;
    histories(0, HISTORIES, false);
}

static void whoever_is_invisible_is_seen_by_nobody(void **state)
{
    (void)state;
    histories(HISTORIES, 2 * HISTORIES, true);
}

static int make(void **state)
{
    char names[2][16];

    (void)state;
    world_make(&w, WORLD_FREE);
    world_users_begin(&w);
    for (unsigned n = 0; n < 2 * HISTORIES; n++) {
        (void)snprintf(names[0], sizeof names[0], "her%u", n);
        (void)snprintf(names[1], sizeof names[1], "his%u", n);
        world_user(&w, names[0]);
        world_user(&w, names[1]);
        if (n % 4 == 0)
            world_sets(&w, names[0], "knock_knock", "on");
    }
    world_users_end(&w);
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(whoever_is_blocked_never_learns_and_never_gets_through),
        cmocka_unit_test(whoever_is_invisible_is_seen_by_nobody),
    };

    return cmocka_run_group_tests_name("scenario/privacy", tests, make, end);
}
