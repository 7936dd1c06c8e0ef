/* Several clients of one account. */
#include "tests/scenario/world.h"

static struct world w;

static void an_edit_of_one_is_seen_by_the_other(void **state)
{
    static const char item[] = "\0\4dave\0\1\0\7\0\0\0\0";
    struct aim one, two, dave;

    (void)state;
    assert_true(aim_sign_on(&dave, &w, "dave"));
    assert_true(aim_sign_on(&one, &w, "alice"));
    assert_true(aim_sign_on(&two, &w, "alice"));
    aim_lists(&one, true, "dave", 1, 7, 0);
    aim_expect(&two, 0x13, 8, item, sizeof item - 1, "", 0);
    aim_expect_arrived(&two, "dave", false);
    aim_expect_arrived(&one, "dave", false);
    aim_lists(&two, false, "dave", 1, 7, 0);
    aim_expect(&one, 0x13, 0xA, item, sizeof item - 1, "", 0);
    aim_sign_off(&dave);
    aim_expect_nothing_of(&one, 3, 0xC);
    aim_expect_nothing_of(&two, 3, 0xC);
    aim_sign_off(&one);
    aim_sign_off(&two);
}

/* M-714: to all that are neither away nor idle; to all where there is none of those. */
static void a_message_goes_to_who_is_there(void **state)
{
    struct aim one, two;

    (void)state;
    assert_true(aim_sign_on(&one, &w, "alice"));
    assert_true(aim_sign_on(&two, &w, "alice"));
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "to both"), 200);
    aim_expect_im(&one, "bob@sip.example.org", "to both");
    aim_expect_im(&two, "bob@sip.example.org", "to both");
    aim_away(&one, "gone");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "to two"), 200);
    aim_expect_im(&two, "bob@sip.example.org", "to two");
    aim_expect_nothing_of(&one, 4, 7);
    aim_away(&two, "gone, too");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "to whom?"), 200);
    aim_expect_im(&one, "bob@sip.example.org", "to whom?");
    aim_expect_im(&two, "bob@sip.example.org", "to whom?");
    aim_sign_off(&one);
    aim_sign_off(&two);
}

static void away_is_who_is_away_with_all_of_them(void **state)
{
    struct aim one, two, dave;

    (void)state;
    assert_true(aim_sign_on(&dave, &w, "dave"));
    aim_lists(&dave, true, "alice", 1, 7, 0);
    assert_true(aim_sign_on(&one, &w, "alice"));
    aim_expect_arrived(&dave, "alice", false);
    assert_true(aim_sign_on(&two, &w, "alice"));
    world_pass(&w, 2000);
    aim_forget(&dave);
    aim_away(&one, "gone");
    world_pass(&w, 2000);
    aim_expect_nothing_of(&dave, 3, 0xB);
    aim_away(&two, "gone, too");
    aim_expect_arrived(&dave, "alice", true);
    aim_sign_off(&two);
    aim_expect_nothing_of(&dave, 3, 0xC);
    aim_sign_off(&one);
    aim_expect_departed(&dave, "alice");
    aim_sign_off(&dave);
}

/* What waits goes to the one that asks first. */
static void stored_messages_come_once_and_in_order(void **state)
{
    struct aim one, two;

    (void)state;
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "first"), 202);
    world_pass(&w, 60000);
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "second"), 202);
    assert_true(aim_sign_on(&one, &w, "alice"));
    assert_true(aim_sign_on(&two, &w, "alice"));
    aim_expect_im(&one, "bob@sip.example.org", "first");
    aim_expect_im(&one, "bob@sip.example.org", "second");
    aim_expect_nothing_of(&two, 4, 7);
    aim_sign_off(&one);
    aim_sign_off(&two);
    assert_true(aim_sign_on(&one, &w, "alice"));
    aim_expect_nothing_of(&one, 4, 7);
    aim_sign_off(&one);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(an_edit_of_one_is_seen_by_the_other),
        CONVERSATION(a_message_goes_to_who_is_there),
        CONVERSATION(away_is_who_is_away_with_all_of_them),
        CONVERSATION(stored_messages_come_once_and_in_order),
    };

    return cmocka_run_group_tests_name("scenario/sessions", tests, NULL, NULL);
}
