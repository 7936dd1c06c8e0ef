/* Messages between AIM and SIP, and what is said about them. */
#include "tests/scenario/world.h"

static struct world w;

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

/* M-363: with auto_away. %n is the reader. */
static void the_gateway_answers_with_the_away_text_once(void **state)
{
    struct aim alice, dave;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_true(aim_sign_on(&dave, &w, "dave"));
    world_sets(&w, "alice", "auto_away", "on");
    world_sets(&w, "dave", "auto_away", "on");
    aim_away(&alice, "not here, %n");
    aim_away(&dave, "me neither");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "hello?"), 200);
    sip_expect_message(&w, "bob@sip.example.org", "[Auto-reply] not here, bob@sip.example.org");
    sip_answers(&w, 200);
    aim_forget(&alice);
    aim_says(&dave, "alice", "hello");
    aim_expect_im(&alice, "dave", "hello");
    aim_expect_im(&dave, "alice", "not here, dave@aim.test");
    aim_expect_nothing_of(&alice, 4, 7); /* no answer to the answer */
    aim_says(&dave, "alice", "hello again");
    aim_expect_nothing_of(&dave, 4, 7);
    world_pass(&w, 2000);
    aim_away(&alice, "somewhere else");
    aim_says(&dave, "alice", "and now?");
    aim_expect_im(&dave, "alice", "somewhere else");
    aim_away(&alice, "");
    aim_says(&dave, "alice", "welcome back");
    aim_expect_nothing_of(&dave, 4, 7);
    aim_sign_off(&alice);
    aim_sign_off(&dave);
    world_pass(&w, 61000); /* what was set goes with the accounts */
}

/* D-21: to a client that takes no long names; and back under the same. */
static void somebody_elsewhere_has_a_short_name_where_it_is_wanted(void **state)
{
    char alias[256];
    struct aim alice;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    world_sets(&w, "alice", "short_names", "always");
    aim_sign_off(&alice);
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "who am I?"), 200);
    aim_expect_im_of(&alice, alias, "who am I?");
    assert_int_equal(strlen(alias), 11);
    assert_memory_equal(alias, "bobx", 4);
    aim_says(&alice, alias, "bob");
    sip_expect_message(&w, "bob@sip.example.org", "bob");
    sip_answers(&w, 200);
    aim_lists(&alice, true, "bob@sip.example.org", 1, 12, 0); /* as the list has him */
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "and now?"), 200);
    aim_expect_im(&alice, "bob@sip.example.org", "and now?");
    aim_lists(&alice, false, "bob@sip.example.org", 1, 12, 0);
    aim_lists(&alice, true, alias, 1, 12, 0);
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "and now?"), 200);
    aim_expect_im(&alice, alias, "and now?");
    aim_lists(&alice, false, alias, 1, 12, 0);
    aim_sign_off(&alice);
    world_pass(&w, 61000);
    sip_forget(&w);
}

static void who_missed_a_message_that_was_too_long_is_told(void **state)
{
    static char text[20000];
    struct aim alice;
    struct aim_heard h;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", text), 413);
    aim_expect_missed(&alice, "bob@sip.example.org", 1, 1);
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", text), 413);
    aim_expect_nothing_of(&alice, 4, 0xA);
    world_pass(&w, 10000);
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", text), 413);
    aim_expect_missed(&alice, "bob@sip.example.org", 2, 1);
    aim_lists(&alice, true, "bob@sip.example.org", 0, 9, 3);
    world_pass(&w, 10000);
    aim_forget(&alice);
    (void)sip_says(&w, "bob@sip.example.org", "alice@aim.test", text);
    while (aim_next(&alice, &h))
        assert_true(h.family != 4); /* of whom she blocks she hears nothing */
    aim_lists(&alice, false, "bob@sip.example.org", 0, 9, 3);
    aim_sign_off(&alice);
}

/* M-482, M-483, M-381. */
static void the_helper_says_what_became_of_a_buddy_and_of_a_message(void **state)
{
    struct sip_asked asked = {0};
    struct aim alice;

    (void)state;
    assert_true(aim_sign_on(&alice, &w, "alice"));
    world_sets(&w, "alice", "notices", "on");
    world_sets(&w, "alice", "notify_stored", "on");
    world_pass(&w, 61000);
    aim_lists(&alice, true, "nobody@sip.example.org", 1, 13, 0);
    world_pass(&w, 1000);
    sip_expect_subscribe(&w, &asked, "nobody@sip.example.org", 404);
    aim_expect_im(&alice, "aimgate", "nobody@sip.example.org is not known there");
    aim_lists(&alice, true, "shy@sip.example.org", 1, 14, 0);
    world_pass(&w, 1000);
    sip_expect_subscribe(&w, &asked, "shy@sip.example.org", 603);
    aim_expect_im(&alice, "aimgate", "shy@sip.example.org does not share presence with you");
    aim_says(&alice, "dave", "when you are back");
    aim_expect_ack(&alice);
    aim_expect_im(&alice, "aimgate", "to dave is kept");
    aim_lists(&alice, false, "nobody@sip.example.org", 1, 13, 0);
    aim_lists(&alice, false, "shy@sip.example.org", 1, 14, 0);
    aim_sign_off(&alice);
    assert_true(aim_sign_on(&alice, &w, "dave"));
    aim_expect_im(&alice, "alice", "when you are back");
    aim_sign_off(&alice);
    world_pass(&w, 61000);
    sip_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(a_message_goes_out_and_is_acknowledged_when_it_was_answered),
        CONVERSATION(a_message_comes_in_and_waits_where_nobody_is_there),
        CONVERSATION(the_gateway_answers_with_the_away_text_once),
        CONVERSATION(somebody_elsewhere_has_a_short_name_where_it_is_wanted),
        CONVERSATION(who_missed_a_message_that_was_too_long_is_told),
        CONVERSATION(the_helper_says_what_became_of_a_buddy_and_of_a_message),
    };

    return cmocka_run_group_tests_name("scenario/message", tests, NULL, NULL);
}
