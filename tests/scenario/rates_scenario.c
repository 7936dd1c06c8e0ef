/* How much one may write: AIM's rate classes, held against their formula, and what senders of other
 * domains may (7 of OSCAR's reference, 5.5 of the mapping). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";

enum { CHANGED = 1, ALERT = 2, LIMITED = 3, CLEAR = 4, TOO_FAST = 2 };

/* ---- what the client knows of a class */

struct pace {
    uint16_t class;
    uint32_t window, clear, alert, limit, disconnect, level, max;
};

static void read_rate(struct span *in, struct pace *r)
{
    r->class = aim_u16(in);
    r->window = aim_u32(in);
    r->clear = aim_u32(in);
    r->alert = aim_u32(in);
    r->limit = aim_u32(in);
    r->disconnect = aim_u32(in);
    r->level = aim_u32(in);
    r->max = aim_u32(in);
    (void)aim_u32(in); /* since the last one */
    assert_in_range(aim_u8(in), 0, 1);
}

/* The class that IMs belong to, by the groups that the gateway announces. */
static void learn(struct aim *a, struct pace *out)
{
    struct pace classes[16];
    struct span in;
    unsigned n;

    (void)aim_send(a, 1, 6, NULL, 0);
    in = aim_expect_body(a, 1, 7);
    n = aim_u16(&in);
    assert_in_range(n, 1, 16);
    for (unsigned i = 0; i < n; i++)
        read_rate(&in, &classes[i]);
    out->class = 0;
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(aim_u16(&in), classes[i].class);
        for (unsigned pairs = aim_u16(&in); pairs > 0; pairs--)
            if (aim_u32(&in) == 0x00040006)
                *out = classes[i];
    }
    assert_int_equal(in.n, 0);
    assert_int_not_equal(out->class, 0);
    (void)aim_send(a, 1, 8, "\0\1\0\2\0\3\0\4\0\5", 10);
}

/* One IM of which nothing is kept, t after the one before. */
static void writes(struct aim *a, struct pace *r, uint64_t t)
{
    uint64_t level = ((uint64_t)r->level * (r->window - 1) + t) / r->window;

    world_pass(&w, t);
    r->level = (uint32_t)(level < r->max ? level : r->max);
    (void)aim_says_so(a, "dave", 0, SPAN("quick"), 0);
}

/* The last that was said of the class: 0 nothing. */
static unsigned told(struct aim *a, bool *refused)
{
    struct aim_heard h;
    unsigned code = 0;

    *refused = false;
    while (aim_next(a, &h)) {
        if (h.family == 1 && h.subtype == 0xA)
            code = aim_u16(&h.body);
        if (h.family == 4 && h.subtype == 1) {
            assert_int_equal(aim_u16(&h.body), TOO_FAST);
            *refused = true;
        }
    }
    return code;
}

static unsigned count_ims(struct aim *a)
{
    struct aim_heard h;
    unsigned n = 0;

    while (aim_find(a, 4, 7, &h))
        n++;
    return n;
}

/* ---- AIM users */

static void who_writes_too_fast_is_alerted_limited_and_free_again(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    unsigned sent = 0;
    bool refused;
    struct pace r;

    (void)state;
    learn(alice, &r);
    do {
        writes(alice, &r, 0);
        sent++;
    } while (r.level >= r.alert);
    assert_int_equal(told(alice, &refused), ALERT);
    assert_false(refused);
    do {
        writes(alice, &r, 0);
        sent++;
    } while (r.level >= r.limit);
    assert_int_equal(told(alice, &refused), LIMITED);
    assert_true(refused);
    assert_int_equal(count_ims(dave), sent - 1);
    writes(alice, &r, 1000); /* still */
    (void)told(alice, &refused);
    assert_true(refused);
    assert_int_equal(count_ims(dave), 0);
    writes(alice, &r, (uint64_t)r.window * r.max);
    assert_int_equal(told(alice, &refused), CLEAR);
    assert_false(refused);
    assert_int_equal(count_ims(dave), 1);
}

static void who_goes_on_is_hung_up_on_and_nobody_else(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct pace r;

    (void)state;
    learn(alice, &r);
    do {
        aim_expect_on(alice);
        writes(alice, &r, 0);
    } while (r.level >= r.disconnect);
    assert_true(net_double_is_closed(alice->line));
    aim_says(dave, "alice", "still there?");
    aim_expect_ack(dave);
    assert_int_equal(aim_logs_in(&w.cast[w.cast_n++], &w, &(struct aim_login){.name = "alice"}), 0);
}

static void who_is_as_fast_as_people_are_hears_nothing(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct pace r;
    bool refused;

    (void)state;
    learn(alice, &r);
    for (int i = 0; i < 200; i++)
        writes(alice, &r, 3 * SECOND);
    assert_int_equal(told(alice, &refused), 0);
    assert_false(refused);
    assert_int_equal(count_ims(dave), 200);
}

/* "rate_limits: false": announced, and nothing is held against it. */
static void where_nothing_is_limited_nothing_is(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct pace r;
    bool refused;

    (void)state;
    learn(alice, &r);
    for (int i = 0; i < 500; i++)
        writes(alice, &r, 0);
    assert_int_equal(told(alice, &refused), 0);
    assert_int_equal(count_ims(dave), 500);
}

/* 10 at once and one a second to other domains: error 2. */
static void one_user_may_write_so_much_to_other_domains(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    uint32_t id;

    (void)state;
    for (int i = 0; i < 10; i++) {
        aim_says(alice, bob, "quick");
        sip_expect_message(&w, bob, "quick");
        sip_answers(&w, 200);
        aim_expect_ack(alice);
    }
    id = aim_says_so(alice, bob, 0, SPAN("too quick"), AIM_ACK);
    (void)aim_expect_error_of(alice, id, TOO_FAST);
    sip_expect_no_message(&w);
    aim_says(dave, bob, "me");
    sip_expect_message(&w, bob, "me");
    sip_answers(&w, 200);
    world_pass(&w, 1100);
    aim_says(alice, bob, "slower");
    sip_expect_message(&w, bob, "slower");
}

/* ---- senders of other domains */

static int says(const char *from, const char *to, unsigned *again)
{
    char after[16];
    int status = sip_says_so(&w, from, to, "Content-Type: text/plain\r\n", "quick", "Retry-After",
                             after, sizeof after);

    *again = (unsigned)atoi(after);
    return status;
}

/* 480 and when to come again; whom it was for hears that she missed something. */
static void one_sender_may_write_so_much_to_one_user(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    unsigned again;

    (void)state;
    (void)aim_arrives(&w, "dave");
    for (int i = 0; i < 10; i++)
        assert_int_equal(says(bob, alice_uri, &again), 200);
    assert_int_equal(says(bob, alice_uri, &again), 480);
    assert_int_equal(again, 1);
    aim_expect_missed(alice, bob, 1, 2);
    assert_int_equal(says("carol@sip.example.org", alice_uri, &again), 200);
    assert_int_equal(says(bob, "dave@aim.test", &again), 200);
    world_pass(&w, 1100);
    assert_int_equal(says(bob, alice_uri, &again), 200);
    assert_int_equal(says(bob, alice_uri, &again), 480);
}

static void one_sender_may_write_so_much_to_all(void **state)
{
    static const char *const names[] = {"alice", "dave", "erin", "700700"};
    unsigned again;

    (void)state;
    for (int i = 0; i < 4; i++)
        (void)aim_arrives(&w, names[i]);
    for (int i = 0; i < 30; i++) {
        char to[32];

        (void)snprintf(to, sizeof to, "%s@aim.test", names[i % 4]);
        assert_int_equal(says(bob, to, &again), 200);
    }
    assert_int_equal(says(bob, "erin@aim.test", &again), 480);
    assert_int_equal(says("carol@sip.example.org", "erin@aim.test", &again), 200);
}

/* A warned sender's bucket fills more slowly: by 10 % of a second here. */
static void who_is_warned_may_write_less(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    unsigned again;

    (void)state;
    assert_int_equal(says(bob, alice_uri, &again), 200);
    aim_warns(alice, bob, false);
    world_pass(&w, 20 * SECOND);
    for (int i = 0; i < 10; i++)
        assert_int_equal(says(bob, alice_uri, &again), 200);
    world_pass(&w, 1020);
    assert_int_equal(says(bob, alice_uri, &again), 480);
    world_pass(&w, 120);
    assert_int_equal(says(bob, alice_uri, &again), 200);
}

/* From 90 % on nothing comes of him: M-459. */
static void who_is_warned_too_far_is_not_heard(void **state)
{
    static char names[10][16];
    struct aim *warner;
    unsigned again;

    (void)state;
    world_users_begin(&w);
    for (int i = 0; i < 10; i++) {
        (void)snprintf(names[i], sizeof names[i], "user%d", i);
        world_user(&w, names[i]);
    }
    world_users_end(&w);
    for (int i = 0; i < 10; i++) {
        char to[32];

        (void)snprintf(to, sizeof to, "%s@aim.test", names[i]);
        warner = aim_arrives(&w, names[i]);
        if (i < 9) {
            assert_int_equal(says(bob, to, &again), 200);
            aim_warns(warner, bob, false);
        } else {
            assert_int_equal(says(bob, to, &again), 480);
            assert_true(again > 0);
            aim_expect_missed(warner, bob, 1, 3);
            world_pass(&w, (uint64_t)again * SECOND);
            assert_int_equal(says(bob, to, &again), 200);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION_IN(who_writes_too_fast_is_alerted_limited_and_free_again, WORLD_LIMITED),
        CONVERSATION_IN(who_goes_on_is_hung_up_on_and_nobody_else, WORLD_LIMITED),
        CONVERSATION_IN(who_is_as_fast_as_people_are_hears_nothing, WORLD_LIMITED),
        CONVERSATION(where_nothing_is_limited_nothing_is),
        CONVERSATION_IN(one_user_may_write_so_much_to_other_domains, WORLD_LIMITED),
        CONVERSATION_IN(one_sender_may_write_so_much_to_one_user, WORLD_LIMITED),
        CONVERSATION_IN(one_sender_may_write_so_much_to_all, WORLD_LIMITED),
        CONVERSATION_IN(who_is_warned_may_write_less, WORLD_LIMITED),
        CONVERSATION_IN(who_is_warned_too_far_is_not_heard, WORLD_LIMITED),
    };

    return cmocka_run_group_tests_name("scenario/rates", tests, NULL, NULL);
}
