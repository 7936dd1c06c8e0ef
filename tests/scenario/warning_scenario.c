/* Warnings on a clock that we move: when one may warn, and how a level fades. */
#include "tests/scenario/world.h"

static struct world w;

enum { PACED = 2500 /* two changes of presence are so far apart */ };

static struct aim alice, dave;
static const char bob[] = "bob@sip.example.org";

static int make(void **state)
{
    (void)state;
    world_make(&w, WORLD_FREE);
    world_user(&w, "alice");
    world_user(&w, "dave");
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_true(aim_sign_on(&dave, &w, "dave"));
    return 0;
}

static int end(void **state)
{
    (void)state;
    aim_sign_off(&alice);
    aim_sign_off(&dave);
    world_end(&w);
    return 0;
}

/* Their clients say that they are still there. */
static void pass(uint64_t ms)
{
    for (; ms > 0; ms -= ms < MINUTE ? ms : MINUTE) {
        world_pass(&w, ms < MINUTE ? ms : MINUTE);
        (void)aim_send(&alice, 1, 0x16, NULL, 0);
        (void)aim_send(&dave, 1, 0x16, NULL, 0);
        world_settle(&w);
    }
}

static void warn(struct aim *a, const char *whom, bool anonymous)
{
    char body[64] = {0, (char)anonymous, (char)strlen(whom)};

    memcpy(body + 3, whom, strlen(whom));
    (void)aim_send(a, 4, 8, body, 3 + strlen(whom));
    world_settle(&w);
}

static void writes(struct aim *a, const char *to)
{
    aim_says(a, to, "you again?");
    aim_expect_ack(a);
}

static void expect_warned(struct aim *a, uint16_t added, uint16_t level)
{
    char body[] = {(char)(added >> 8), (char)added, (char)(level >> 8), (char)level};

    aim_expect(a, 4, 9, body, sizeof body, "", 0);
}

/* The next block of that kind: whose it is, and the level in it. */
static void expect_level(struct aim *a, uint16_t family, uint16_t subtype, const char *who,
                         uint16_t level)
{
    struct aim_heard h = {0};
    char name[256];
    bool away;

    do
        if (!aim_next(a, &h))
            fail_msg("%s does not hear that %s is at %u", a->name, who, level);
    while (h.family != family || h.subtype != subtype);
    assert_true(aim_block(h.body, name, &away));
    assert_string_equal(name, who);
    assert_int_equal(h.body.p[1 + strlen(who)] << 8 | h.body.p[2 + strlen(who)], level);
}

/* 5.5: 5.0 % in 5 minutes; section 19 of OSCAR's: 0x0001/0x000F to the user, 0x0003/0x000B to who
 * watches. */
static void a_level_fades_and_all_hear_of_it(void **state)
{
    (void)state;
    aim_lists(&dave, true, "alice", 7, 8, 0);
    expect_level(&dave, 3, 0xB, "alice", 0);
    writes(&alice, "dave");
    pass(PACED);
    warn(&dave, "alice", false);
    expect_warned(&dave, 100, 100);
    expect_level(&dave, 3, 0xB, "alice", 100);
    aim_forget(&alice);
    pass(5 * MINUTE - 1000);
    aim_expect_nothing_of(&alice, 1, 0xF);
    pass(1000);
    expect_level(&alice, 1, 0xF, "alice", 50);
    expect_level(&dave, 3, 0xB, "alice", 50);
    pass(5 * MINUTE);
    expect_level(&alice, 1, 0xF, "alice", 0);
    expect_level(&dave, 3, 0xB, "alice", 0);
    pass(10 * MINUTE);
    aim_expect_nothing_of(&alice, 1, 0xF);
    aim_expect_nothing_of(&dave, 3, 0xB);
}

/* Only if he wrote in the last 10 minutes, and once in 10 minutes. */
static void only_who_wrote_lately_is_warned_and_not_again_soon(void **state)
{
    (void)state;
    writes(&alice, "dave");
    pass(10 * MINUTE + 1000);
    warn(&dave, "alice", false);
    aim_expect_error(&dave, 0xD);
    writes(&alice, "dave");
    pass(10 * MINUTE - 1000);
    warn(&dave, "alice", true);
    expect_warned(&dave, 30, 30);
    for (int i = 0; i < 2; i++) {
        writes(&alice, "dave");
        pass(5 * MINUTE - 1000);
        warn(&dave, "alice", true);
        aim_expect_error(&dave, 0xD);
    }
    pass(2000);
    warn(&dave, "alice", true);
    expect_warned(&dave, 30, 30); /* the first has faded */
}

/* Somebody elsewhere: the same, as those see it who watch him. */
static void the_level_of_somebody_elsewhere_fades(void **state)
{
    struct sip_asked asked = {0};

    (void)state;
    aim_lists(&alice, true, bob, 7, 8, 0);
    sip_expect_subscribe(&w, &asked, bob, 200);
    sip_notifies(&w, &asked, "active;expires=3600", "open");
    expect_level(&alice, 3, 0xB, bob, 0);
    pass(PACED);
    assert_int_equal(sip_says(&w, bob, "alice@aim.test", "hello"), 200);
    warn(&alice, bob, false);
    expect_level(&alice, 3, 0xB, bob, 100);
    expect_warned(&alice, 100, 100);
    pass(MINUTE);
    assert_int_equal(sip_says(&w, bob, "dave@aim.test", "hello"), 200);
    warn(&dave, bob, true);
    expect_warned(&dave, 30, 130); /* that does not put off what is to fade */
    pass(4 * MINUTE - 1000);
    aim_expect_nothing_of(&dave, 3, 0xB);
    aim_forget(&alice);
    pass(1000);
    expect_level(&alice, 3, 0xB, bob, 80);
    pass(5 * MINUTE);
    expect_level(&alice, 3, 0xB, bob, 30);
    pass(5 * MINUTE);
    expect_level(&alice, 3, 0xB, bob, 0);
    sip_notifies(&w, &asked, "active;expires=3600", "open");
    pass(15 * MINUTE);
    aim_expect_nothing_of(&alice, 3, 0xB);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_level_fades_and_all_hear_of_it, make, end),
        cmocka_unit_test_setup_teardown(only_who_wrote_lately_is_warned_and_not_again_soon, make,
                                        end),
        cmocka_unit_test_setup_teardown(the_level_of_somebody_elsewhere_fades, make, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
