/* What only ICQ has. */
#include "tests/scenario/world.h"

static struct world w;

static void an_icq_user_is_invisible_to_all_but_those_on_the_visible_list(void **state)
{
    struct aim icq, alice, dave;

    (void)state;
    assert_true(aim_sign_on(&icq, &w, "700700"));
    assert_true(aim_sign_on(&alice, &w, "alice"));
    assert_true(aim_sign_on(&dave, &w, "dave"));
    aim_lists(&alice, true, "700700", 1, 8, 0);
    aim_lists(&dave, true, "700700", 1, 8, 0);
    aim_expect_arrived(&alice, "700700", false);
    aim_expect_arrived(&dave, "700700", false);
    world_pass(&w, 2000);
    aim_lists(&icq, true, "dave", 0, 9, 2);
    aim_status(&icq, 0x100);
    aim_expect_departed(&alice, "700700");
    aim_forget(&dave);
    world_pass(&w, 2000);
    aim_status(&icq, 0x101);
    aim_expect_arrived(&dave, "700700", true);
    aim_expect_nothing_of(&alice, 3, 0xB);
    (void)aim_asks(&alice, "700700");
    aim_expect_error(&alice, 4);
    aim_lists(&icq, false, "dave", 0, 9, 2);
    aim_expect_departed(&dave, "700700");
    aim_status(&icq, 0);
    world_pass(&w, 2000);
    aim_expect_arrived(&alice, "700700", false);
    aim_lists(&alice, false, "700700", 1, 8, 0);
    aim_lists(&dave, false, "700700", 1, 8, 0);
    aim_sign_off(&icq);
    aim_sign_off(&alice);
    aim_sign_off(&dave);
}

/* M-484: a mark on the item while they think about it, and their answer by ICQ's own dialog. */
static void an_icq_user_sees_who_has_yet_to_say_yes(void **state)
{
    static const char item[] = "\0\23bob@sip.example.org\0\1\0\11\0\0";
    struct sip_asked asked = {0};
    struct aim icq;

    (void)state;
    assert_true(aim_sign_on(&icq, &w, "700700"));
    aim_lists(&icq, true, "bob@sip.example.org", 1, 9, 0);
    world_pass(&w, 1000);
    sip_expect_subscribe(&w, &asked, "bob@sip.example.org", 200);
    aim_forget(&icq);
    sip_notifies(&w, &asked, "pending", NULL);
    aim_expect(&icq, 0x13, 9, item, sizeof item - 1, "\0\4\0\146\0\0", 6);
    sip_notifies(&w, &asked, "pending", NULL);
    aim_expect_nothing_of(&icq, 0x13, 9);
    sip_notifies(&w, &asked, "active;expires=3600", "open");
    aim_expect_arrived(&icq, "bob@sip.example.org", false);
    aim_expect(&icq, 0x13, 9, item, sizeof item - 1, "\0\0", 2);
    aim_expect(&icq, 0x13, 0x1B, "\0\6\0\1\0\2\0\4\23bob@sip.example.org\1", 29, "\0\0\0\0", 4);
    sip_notifies(&w, &asked, "terminated;reason=rejected", NULL);
    aim_expect_departed(&icq, "bob@sip.example.org");
    aim_expect(&icq, 0x13, 0x1B, "\0\6\0\1\0\2\0\4\23bob@sip.example.org\0", 29, "\0\0\0\0", 4);
    aim_lists(&icq, false, "bob@sip.example.org", 1, 9, 0);
    aim_sign_off(&icq);
    sip_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(an_icq_user_is_invisible_to_all_but_those_on_the_visible_list),
        CONVERSATION(an_icq_user_sees_who_has_yet_to_say_yes),
    };

    return cmocka_run_group_tests_name("scenario/icq", tests, NULL, NULL);
}
