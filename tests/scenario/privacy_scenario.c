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
    SESSIONS = 2,
    AT_END_MS = 12000, /* all that is paced has come by then */
};

static const char carol[] = "carol@sip.example.org";

/* What happened in all histories: a property that nothing touches proves nothing. */
static struct {
    unsigned arrived, departed, told, refused, open, closed, through, kept_out, invisible;
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
    bool his_deny, his_ignore, his_buddy;
    struct sip_watch watch;
    int bob_sees, carol_sees; /* the last they heard: 0 offline, 1 online, -1 nothing */
    char text[32];            /* of the message under way */
    unsigned from;            /* whose */
    bool got_through;
    bool bob_came; /* in this step */
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
    switch (h->mode) {
    case 1: return false;
    case 2: return true;
    case 3: return !h->permit[who];
    case 5: return !h->buddy[who];
    default: return h->deny[who]; /* 4, and none with deny items */
    }
}

static bool she_hears(const struct history *h, unsigned who)
{
    return !she_blocks(h, who) && !h->ignore[who];
}

static bool is_on(const struct history *h)
{
    return aim_is_on(&h->alice[0]) || aim_is_on(&h->alice[1]);
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
            h->bob_sees = 0;
            note(h, "  bob sees her no more");
        } else if (s.family == 2 && s.subtype == 6) {
            seen.told++;
            if (!may_see(h, BOB))
                wrong(h, "bob is told about her");
        } else if (s.family == 4 && (s.subtype == 7 || s.subtype == 0x14)) {
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
        if (!strcmp(m.method, "MESSAGE") && she_blocks(h, CAROL))
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
            h->carol_sees = 0;
            note(h, "  carol sees her no more");
        }
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
    unsigned i = dice(h, SESSIONS);

    if (!aim_is_on(&h->alice[i]))
        i = !i;
    return aim_is_on(&h->alice[i]) ? &h->alice[i] : NULL;
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

static void she_edits(struct history *h)
{
    static const uint16_t classes[] = {2, 3, 0x0E, 0};
    bool *lists[] = {h->permit, h->deny, h->ignore, h->buddy};
    struct aim *a = any_of_hers(h);
    unsigned which = dice(h, 4), who = dice(h, 2);
    bool *on = &lists[which][who];

    if (!a)
        return;
    *on = !*on;
    if (h->loud)
        (void)fprintf(stderr, "%u: she puts %s %s class %X\n", h->step, who ? "carol" : "bob",
                      *on ? "on" : "off", classes[which]);
    aim_lists(a, *on, who == CAROL ? carol : h->his, classes[which] ? 0 : 1,
              (uint16_t)(10 + which * 2 + who), classes[which]);
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
    if (dice(h, 2))
        aim_says(a, to, "hello from her");
    else
        aim_typing(a, to, 2);
}

/* It must come if it may. */
static void check_message(struct history *h, unsigned who)
{
    bool may = she_hears(h, who) && !(who == BOB && h->his_deny);

    all_hear(h);
    if (h->got_through && !may)
        wrong(h, "a message got through that may not");
    if (!h->got_through && may && is_on(h))
        wrong(h, "a message that may get through did not");
    seen.through += h->got_through;
    seen.kept_out += !may;
    h->text[0] = 0;
}

static void they_write(struct history *h)
{
    unsigned who = dice(h, 2);
    int status;

    if (who == BOB && !aim_is_on(&h->bob))
        return;
    all_hear(h);
    h->got_through = false;
    (void)snprintf(h->text, sizeof h->text, "word %u of %u", h->step, h->number);
    note(h, who ? "carol writes" : "bob writes");
    if (who == BOB) {
        aim_says(&h->bob, h->her, h->text);
    } else {
        status = sip_says(&w, carol, h->her_uri, h->text);
        if (status != (she_hears(h, CAROL) ? is_on(h) ? 200 : 202 : 403)) {
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

    note(h, ends ? "carol watches no more" : "carol watches");
    if (sip_watches(&w, &h->watch, carol, h->her_uri, ends ? 0 : 3600) / 100 != 2)
        wrong(h, "carol may not even ask: that tells");
    if (!h->watch.on)
        h->carol_sees = -1;
}

static void step(struct history *h)
{
    switch (dice(h, 10)) {
    case 0: she_comes_or_goes(h); break;
    case 1:
    case 2: she_changes(h); break;
    case 3:
    case 4: she_edits(h); break;
    case 5: she_changes_mode(h); break;
    case 6: she_speaks(h); break;
    case 7: they_write(h); break;
    case 8: bob_acts(h); break;
    default:
        if (dice(h, 2))
            carol_acts(h);
        else
            world_pass(&w, dice(h, 6000));
    }
    all_hear(h);
    h->bob_came = false;
}

/* In the end everybody knows what he may. */
static void check_end(struct history *h)
{
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
        (hides && seen.invisible < HISTORIES))
        fail_msg("too little happened: arrived %u, departed %u, told %u, refused %u, open %u, "
                 "closed %u, through %u, kept out %u, invisible %u",
                 seen.arrived, seen.departed, seen.told, seen.refused, seen.open, seen.closed,
                 seen.through, seen.kept_out, seen.invisible);
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
