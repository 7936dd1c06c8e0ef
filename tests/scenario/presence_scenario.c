/* Who is there, and who is told of it. */
#include "tests/scenario/world.h"

static struct world w;

static void presence_goes_both_ways_between_aim_users(void **state)
{
    struct aim alice, dave;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_true(aim_sign_on(&dave, &w, "dave"));
    aim_lists(&dave, true, "alice", 1, 7, 0);
    aim_expect_arrived(&dave, "alice", false);
    world_pass(&w, 2000);
    aim_away(&alice, "back at five");
    aim_expect_arrived(&dave, "alice", true);
    aim_sign_off(&alice);
    aim_expect_departed(&dave, "alice");
    aim_lists(&dave, false, "alice", 1, 7, 0);
    aim_sign_off(&dave);
}

static void a_watcher_is_told_at_most_once_in_five_seconds_and_of_the_end_at_once(void **state)
{
    struct sip_watch watch = {0};
    struct sip_heard h;
    struct aim alice;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_int_equal(sip_watches(&w, &watch, "bob@sip.example.org", "alice@aim.test", 3600), 200);
    assert_true(sip_next(&w, &h, false));
    assert_non_null(strstr(h.body, "<basic>open</basic>"));
    aim_away(&alice, "one");
    aim_away(&alice, "two");
    assert_false(sip_next(&w, &h, false));
    world_pass(&w, 5000);
    assert_true(sip_next(&w, &h, false));
    assert_non_null(strstr(h.body, "two"));
    assert_null(strstr(h.body, "one"));
    aim_sign_off(&alice);
    assert_true(sip_next(&w, &h, false));
    assert_non_null(strstr(h.body, "<basic>closed</basic>"));
    assert_int_equal(sip_watches(&w, &watch, "", "", 0), 200);
    sip_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(presence_goes_both_ways_between_aim_users),
        CONVERSATION(a_watcher_is_told_at_most_once_in_five_seconds_and_of_the_end_at_once),
    };

    return cmocka_run_group_tests_name("scenario/presence", tests, NULL, NULL);
}
