/* Conversations between AIM and SIP, told as they go. */
#include "tests/scenario/world.h"

static struct world w;

static int make(void **state)
{
    (void)state;
    world_make(&w);
    world_user(&w, "alice");
    world_user(&w, "dave");
    return 0;
}

static int end(void **state)
{
    (void)state;
    world_end(&w);
    return 0;
}

static void a_message_goes_out_and_is_acknowledged_when_it_was_answered(void **state)
{
    struct aim alice;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    aim_says(&alice, "bob@sip.example.org", "<HTML>hi &amp; <B>hello</B></HTML>");
    sip_expect_message(&w, "bob@sip.example.org", "hi & hello");
    aim_expect_nothing_of(&alice, 4, 0xC);
    sip_answers(&w, 200);
    aim_expect_ack(&alice);
    aim_says(&alice, "bob@sip.example.org", "nobody there?");
    sip_expect_message(&w, "bob@sip.example.org", "nobody there?");
    sip_answers(&w, 480);
    aim_expect_error(&alice, 0x13);
    aim_sign_off(&alice);
}

static void a_message_comes_in_and_waits_where_nobody_is_there(void **state)
{
    struct aim alice;

    (void)state;
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "are you there?"), 202);
    world_pass(&w, 3600 * 1000);
    assert_true(aim_sign_on(&alice, &w, "alice"));
    aim_expect_im(&alice, "bob@sip.example.org", "are you there?");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "now you are"), 200);
    aim_expect_im(&alice, "bob@sip.example.org", "now you are");
    aim_sign_off(&alice);
}

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
        cmocka_unit_test(a_message_goes_out_and_is_acknowledged_when_it_was_answered),
        cmocka_unit_test(a_message_comes_in_and_waits_where_nobody_is_there),
        cmocka_unit_test(presence_goes_both_ways_between_aim_users),
        cmocka_unit_test(a_watcher_is_told_at_most_once_in_five_seconds_and_of_the_end_at_once),
    };

    return cmocka_run_group_tests_name("scenario/talk", tests, make, end);
}
