/* Who may see whom: invisible users, the modes of the privacy item, blocks (5.1 and 5.2 of the
 * mapping, 14 of OSCAR's reference). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org";

enum {
    PACED = 2 * SECOND + 100, /* between two changes that a buddy hears of */
    OPEN = 1,
    CLOSED = 0,
    PERMIT = 2,
    DENY = 3
};

/* Of the next document for bob: what must and what must not be in it. */
static void bob_reads(const char *has, const char *has_not)
{
    struct sip_heard h;

    sip_expect_notify(&w, &h);
    if (!strstr(h.body, has))
        fail_msg("no \"%s\" in %s", has, h.body);
    if (has_not && strstr(h.body, has_not))
        fail_msg("\"%s\" in %s", has_not, h.body);
}

static void bob_watches(struct sip_watch *s, const char *whom)
{
    *s = (struct sip_watch){0};
    assert_int_equal(sip_watches(&w, s, bob, whom, 3600), 200);
}

static void invisible_is_gone_for_all_and_hears_all(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct sip_watch watch;

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_lists(alice, true, "dave", 1, 7, 0);
    bob_watches(&watch, "alice@aim.test");
    aim_expect_arrived(dave, "alice", false);
    bob_reads("<basic>open</basic>", NULL);
    aim_status(alice, 0x100);
    aim_expect_departed(dave, "alice");
    bob_reads("<basic>closed</basic>", "<note>");
    aim_away(alice, "secret");
    world_pass(&w, 6 * SECOND);
    aim_expect_quiet(dave);
    sip_expect_no_notify(&w);
    (void)aim_asks(dave, "alice");
    aim_expect_error(dave, 4);
    aim_forget(alice);
    aim_away(dave, "me, too");
    aim_expect_arrived(alice, "dave", true);
    aim_says(dave, "alice", "are you there?");
    aim_expect_im(alice, "dave", "are you there?");
    aim_status(alice, 0);
    aim_expect_arrived(dave, "alice", true);
    bob_reads("<basic>open</basic>", NULL);
}

/* Before the first document goes out nobody sees more than after. */
static void who_comes_invisible_was_never_there(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice;
    struct sip_watch watch;

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    bob_watches(&watch, "alice@aim.test");
    bob_reads("<basic>closed</basic>", NULL);
    alice = aim_arrives_so(&w, &(struct aim_login){.name = "alice", .old = true});
    aim_status(alice, 0x100);
    aim_ready(alice);
    (void)aim_send(alice, 0x13, 7, NULL, 0);
    world_pass(&w, 6 * SECOND);
    aim_expect_quiet(dave);
    sip_expect_no_notify(&w);
}

/* 5.1, in each mode: dave is a buddy, bob on the permit list, erin on the deny list. */
static void each_mode_decides_who_sees(void **state)
{
    static const struct {
        uint8_t mode;
        int dave, erin, bob;
    } modes[] = {
        {1, OPEN, OPEN, OPEN},   {2, CLOSED, CLOSED, CLOSED}, {3, CLOSED, CLOSED, OPEN},
        {4, OPEN, CLOSED, OPEN}, {5, OPEN, CLOSED, CLOSED},   {0, OPEN, CLOSED, OPEN},
    };
    struct aim *alice = aim_arrives(&w, "alice"), *dave, *erin;
    struct sip_watch watch;
    struct aim_heard h;

    (void)state;
    aim_lists(alice, true, "dave", 1, 7, 0);
    aim_lists(alice, true, bob, 0, 8, PERMIT);
    aim_lists(alice, true, "erin", 0, 9, DENY);
    for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
        aim_mode(alice, modes[i].mode);
        world_pass(&w, 6 * SECOND);
        dave = aim_arrives(&w, "dave");
        erin = aim_arrives(&w, "erin");
        aim_lists(dave, true, "alice", 1, 7, 0);
        aim_lists(erin, true, "alice", 1, 7, 0);
        assert_int_equal(aim_find(dave, 3, 0xB, &h), modes[i].dave);
        assert_int_equal(aim_find(erin, 3, 0xB, &h), modes[i].erin);
        aim_says(erin, "alice", "hello");
        if (modes[i].erin)
            aim_expect_ack(erin);
        else
            aim_expect_error(erin, 4);
        sip_forget(&w);
        bob_watches(&watch, "alice@aim.test"); /* 200, whatever comes then */
        sip_expect_seen(&w, modes[i].bob ? "open" : "closed");
        assert_int_equal(sip_watches(&w, &watch, bob, "alice@aim.test", 0), 200);
        assert_int_equal(sip_says(&w, bob, "alice@aim.test", "hello"), modes[i].bob ? 200 : 403);
        aim_sign_off(dave);
        aim_sign_off(erin);
        w.cast_n = 1;
    }
}

/* 14, M-616: blocked is blocked both ways. */
static void whom_one_blocks_one_does_not_see_either(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct sip_asked asked = {0};

    (void)state;
    aim_lists(alice, true, "dave", 1, 7, 0);
    aim_lists(alice, true, bob, 1, 8, 0);
    sip_is_seen(&w, &asked, bob);
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_forget(alice);
    aim_expect_arrived(dave, "alice", false);
    world_pass(&w, PACED);
    aim_lists(alice, true, "dave", 0, 9, DENY);
    aim_expect_departed(alice, "dave");
    aim_expect_departed(dave, "alice");
    aim_says(alice, "dave", "?");
    aim_expect_error(alice, 0x10);
    aim_lists(alice, true, bob, 0, 10, DENY);
    aim_expect_departed(alice, bob);
    aim_says(alice, bob, "?");
    aim_expect_error(alice, 0x10);
    sip_notifies(&w, &asked, "active;expires=3600", "open");
    aim_expect_quiet(alice);
    sip_expect_no_message(&w);
    aim_lists(alice, false, bob, 0, 10, DENY);
    aim_expect_arrived(alice, bob, false);
    aim_lists(alice, false, "dave", 0, 9, DENY);
    aim_expect_arrived(alice, "dave", false);
    aim_expect_arrived(dave, "alice", false);
}

/* 5.2: who is blocked gets the very words that he would get of somebody who is not there. */
static void blocked_looks_like_offline_octet_for_octet(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_watch watch;
    struct sip_heard h;
    char blocked[2048], *state_of;

    (void)state;
    aim_away(alice, "not for bob");
    aim_lists(alice, true, bob, 0, 9, DENY);
    bob_watches(&watch, "alice@aim.test");
    sip_expect_notify(&w, &h);
    (void)snprintf(blocked, sizeof blocked, "%s", h.body);
    state_of = h.state;
    assert_memory_equal(state_of, "active", 6);
    assert_int_equal(sip_watches(&w, &watch, bob, "alice@aim.test", 0), 200);
    sip_forget(&w);
    aim_lists(alice, false, bob, 0, 9, DENY);
    aim_sign_off(alice);
    bob_watches(&watch, "alice@aim.test");
    sip_expect_notify(&w, &h);
    assert_string_equal(h.body, blocked);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(invisible_is_gone_for_all_and_hears_all),
        CONVERSATION(who_comes_invisible_was_never_there),
        CONVERSATION(each_mode_decides_who_sees),
        CONVERSATION(whom_one_blocks_one_does_not_see_either),
        CONVERSATION(blocked_looks_like_offline_octet_for_octet),
    };

    return cmocka_run_group_tests_name("scenario/rules", tests, NULL, NULL);
}
