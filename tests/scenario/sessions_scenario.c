/* Several clients of one account (22 of OSCAR's reference, 2.5 and M-714 of the mapping). */
#include "tests/scenario/world.h"

static struct world w;

static void an_edit_of_one_is_seen_by_the_other(void **state)
{
    static const char item[] = "\0\4dave\0\1\0\7\0\0\0\0";
    struct aim *one, *two, *dave;

    (void)state;
    dave = aim_arrives(&w, "dave");
    one = aim_arrives(&w, "alice");
    two = aim_arrives(&w, "alice");
    aim_lists(one, true, "dave", 1, 7, 0);
    aim_expect(two, 0x13, 8, item, sizeof item - 1, "", 0);
    aim_expect_arrived(two, "dave", false);
    aim_expect_arrived(one, "dave", false);
    aim_lists(two, false, "dave", 1, 7, 0);
    aim_expect(one, 0x13, 0xA, item, sizeof item - 1, "", 0);
    aim_sign_off(dave);
    aim_expect_nothing_of(one, 3, 0xC);
    aim_expect_nothing_of(two, 3, 0xC);
}

/* An edit that is on the disk, while the gateway does not know it yet, and the other client fetches
 * the list. */
static void an_edit_while_the_other_fetches_the_list_counts_once(void **state)
{
    struct aim two = {0}, *one, *dave;
    struct aim_login l = {.name = "alice", .many = 1, .from = 2, .old = true};

    (void)state;
    one = aim_arrives(&w, "alice");
    assert_int_equal(aim_logs_in(&two, &w, &l), 0);
    w.held = true;
    aim_lists(one, true, "dave", 1, 7, 0);
    net_double_commit(w.net);
    (void)aim_send(&two, 0x13, 4, NULL, 0);
    w.held = false;
    world_settle(&w);
    (void)aim_send(&two, 0x13, 7, NULL, 0);
    aim_ready(&two);
    dave = aim_arrives(&w, "dave");
    aim_expect_arrived(one, "dave", false);
    aim_expect_arrived(&two, "dave", false);
    aim_lists(one, false, "dave", 1, 7, 0);
    aim_sign_off(dave);
    aim_expect_nothing_of(one, 3, 0xC);
    aim_expect_nothing_of(&two, 3, 0xC);
    aim_sign_off(&two);
}

/* M-714: to all that are neither away nor idle; to all where there is none of those. */
static void a_message_goes_to_who_is_there(void **state)
{
    struct aim *one, *two;

    (void)state;
    one = aim_arrives(&w, "alice");
    two = aim_arrives(&w, "alice");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "to both"), 200);
    aim_expect_im(one, "bob@sip.example.org", "to both");
    aim_expect_im(two, "bob@sip.example.org", "to both");
    aim_away(one, "gone");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "to two"), 200);
    aim_expect_im(two, "bob@sip.example.org", "to two");
    aim_expect_nothing_of(one, 4, 7);
    aim_away(two, "gone, too");
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "to whom?"), 200);
    aim_expect_im(one, "bob@sip.example.org", "to whom?");
    aim_expect_im(two, "bob@sip.example.org", "to whom?");
}

static void away_is_who_is_away_with_all_of_them(void **state)
{
    struct aim *one, *two, *dave;

    (void)state;
    dave = aim_arrives(&w, "dave");
    aim_lists(dave, true, "alice", 1, 7, 0);
    one = aim_arrives(&w, "alice");
    aim_expect_arrived(dave, "alice", false);
    two = aim_arrives(&w, "alice");
    world_pass(&w, 2000);
    aim_forget(dave);
    aim_away(one, "gone");
    world_pass(&w, 2000);
    aim_expect_nothing_of(dave, 3, 0xB);
    aim_away(two, "gone, too");
    aim_expect_arrived(dave, "alice", true);
    aim_sign_off(two);
    aim_expect_nothing_of(dave, 3, 0xC);
    aim_sign_off(one);
    aim_expect_departed(dave, "alice");
}

/* What waits goes to the one that asks first. */
static void stored_messages_come_once_and_in_order(void **state)
{
    struct aim *one, *two;

    (void)state;
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "first"), 202);
    world_pass(&w, 60000);
    assert_int_equal(sip_says(&w, "bob@sip.example.org", "alice@aim.test", "second"), 202);
    one = aim_arrives(&w, "alice");
    two = aim_arrives(&w, "alice");
    aim_expect_im(one, "bob@sip.example.org", "first");
    aim_expect_im(one, "bob@sip.example.org", "second");
    aim_expect_nothing_of(two, 4, 7);
    aim_sign_off(one);
    aim_sign_off(two);
    one = aim_arrives(&w, "alice");
    aim_expect_nothing_of(one, 4, 7);
}

/* The time of the one that was used last. */
static void idle_is_who_is_idle_with_all_of_them(void **state)
{
    struct aim *one, *two, *dave;
    struct aim_person p;

    (void)state;
    dave = aim_arrives(&w, "dave");
    one = aim_arrives(&w, "alice");
    two = aim_arrives(&w, "alice");
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_arrived(dave, "alice", false);
    world_pass(&w, 3 * SECOND);
    aim_idle(one, 3600);
    aim_expect_quiet(dave);
    aim_idle(two, 600);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.idle, 10);
    aim_idle(one, 0);
    world_pass(&w, 3 * SECOND);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.idle, -1);
}

static void invisible_is_who_is_so_with_all_or_with_the_newest(void **state)
{
    struct aim *one, *two, *dave;

    (void)state;
    dave = aim_arrives(&w, "dave");
    aim_lists(dave, true, "alice", 1, 7, 0);
    one = aim_arrives(&w, "alice");
    aim_expect_arrived(dave, "alice", false);
    two = aim_arrives(&w, "alice");
    world_pass(&w, 3 * SECOND);
    aim_forget(dave);
    aim_status(one, 0x100);
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(dave, 3, 0xC);
    aim_status(two, 0x100);
    aim_expect_departed(dave, "alice");
    aim_status(one, 0);
    aim_expect_quiet(dave);
    world_pass(&w, 3 * SECOND);
    aim_sign_off(two);
    aim_expect_arrived(dave, "alice", false);
}

/* All that one of them can; the profile that was set last. */
static void what_they_can_is_put_together(void **state)
{
    static const uint8_t a[16] = {9,    'F',  0x13, 'A', 0x4C, 0x7F, 0x11,
                                  0xD1, 0x82, 0x22, 'D', 'E',  'S',  'T'},
                         b[16] = {9,    'F',  0x13, 'E', 0x4C, 0x7F, 0x11,
                                  0xD1, 0x82, 0x22, 'D', 'E',  'S',  'T'};
    struct aim *one, *two, *dave;
    struct buf caps = {0};
    struct aim_person p;
    struct span info;

    (void)state;
    dave = aim_arrives(&w, "dave");
    one = aim_arrives(&w, "alice");
    two = aim_arrives(&w, "alice");
    aim_put_tlv(&caps, 5, a, sizeof a);
    (void)aim_send_buf(one, 2, 4, &caps);
    aim_put_tlv(&caps, 5, b, sizeof b);
    (void)aim_send_buf(two, 2, 4, &caps);
    aim_profile(two, "of two");
    aim_profile(one, "of one");
    (void)aim_asks(dave, "alice");
    info = aim_expect_body(dave, 2, 6);
    aim_person(&info, &p);
    assert_int_equal(p.caps.n, 32);
    assert_true(span_search(p.caps, span_of(a, 16)) < 32 &&
                span_search(p.caps, span_of(b, 16)) < 32);
    assert_true(span_eq(aim_tlv(info, 2), SPAN("of one")));
}

/* One answers for all. */
static void one_answers_by_itself_and_not_all(void **state)
{
    struct aim *one, *two, *dave;

    (void)state;
    dave = aim_arrives(&w, "dave");
    one = aim_arrives(&w, "alice");
    two = aim_arrives(&w, "alice");
    aim_away(one, "gone");
    aim_away(two, "gone");
    aim_says(dave, "alice", "hello?");
    aim_expect_im(one, "dave", "hello?");
    aim_expect_im(two, "dave", "hello?");
    (void)aim_says_so(one, "dave", 0, SPAN("gone"), AIM_AUTO);
    (void)aim_says_so(two, "dave", 0, SPAN("gone"), AIM_AUTO);
    aim_expect_im(dave, "alice", "gone");
    aim_expect_nothing_of(dave, 4, 7);
}

/* Five are the most: one more puts one of them out, and the newest is on. */
static void a_sixth_puts_one_of_them_out(void **state)
{
    struct aim *all[6];
    unsigned on = 0;

    (void)state;
    for (int i = 0; i < 6; i++)
        all[i] = aim_arrives(&w, "alice");
    for (int i = 0; i < 6; i++)
        on += !net_double_is_closed(all[i]->line);
    assert_int_equal(on, 5);
    aim_expect_on(all[5]);
}

static void a_second_one_is_shown_who_is_there_and_nobody_is_told(void **state)
{
    struct aim *one, *two, *dave, *erin;
    struct sip_asked asked = {0};

    (void)state;
    dave = aim_arrives(&w, "dave");
    erin = aim_arrives(&w, "erin");
    aim_lists(erin, true, "alice", 1, 7, 0);
    one = aim_arrives(&w, "alice");
    aim_expect_arrived(erin, "alice", false);
    aim_lists(one, true, "dave", 1, 7, 0);
    aim_lists(one, true, "bob@sip.example.org", 1, 8, 0);
    sip_is_seen(&w, &asked, "bob@sip.example.org");
    world_pass(&w, 3 * SECOND);
    aim_forget(erin);
    two = aim_arrives(&w, "alice");
    aim_expect_arrived(two, "dave", false);
    aim_expect_arrived(two, "bob@sip.example.org", false);
    assert_int_equal(net_double_waiting(w.net), 0); /* M-605: nobody elsewhere is asked anew */
    aim_sign_off(one);
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(erin, 3, 0xC);
    aim_expect_nothing_of(dave, 3, 0xC);
    aim_sign_off(two);
    aim_expect_departed(erin, "alice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(an_edit_of_one_is_seen_by_the_other),
        CONVERSATION(an_edit_while_the_other_fetches_the_list_counts_once),
        CONVERSATION(a_message_goes_to_who_is_there),
        CONVERSATION(away_is_who_is_away_with_all_of_them),
        CONVERSATION(stored_messages_come_once_and_in_order),
        CONVERSATION(idle_is_who_is_idle_with_all_of_them),
        CONVERSATION(invisible_is_who_is_so_with_all_or_with_the_newest),
        CONVERSATION(what_they_can_is_put_together),
        CONVERSATION(one_answers_by_itself_and_not_all),
        CONVERSATION(a_sixth_puts_one_of_them_out),
        CONVERSATION(a_second_one_is_shown_who_is_there_and_nobody_is_told),
    };

    return cmocka_run_group_tests_name("scenario/sessions", tests, NULL, NULL);
}
