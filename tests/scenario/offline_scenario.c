/* Messages for who is not there: stored, pushed and pulled, with the times at which they were
 * written (7 of the mapping, 13.8 of OSCAR's reference). */
#include <time.h>

#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";

static uint32_t now(void)
{
    return (uint32_t)(NET_DOUBLE_EPOCH + net_double_now / 1000);
}

static void who_pulls_them_gets_each_once_in_order_with_its_time(void **state)
{
    uint32_t first = now(), second;
    struct aim *dave = aim_arrives(&w, "dave"), *alice;
    struct aim_im im;

    (void)state;
    assert_int_equal(sip_says(&w, bob, alice_uri, "first"), 202);
    world_pass(&w, HOUR);
    second = now();
    aim_says(dave, "alice", "second");
    aim_expect_ack(dave);
    world_pass(&w, DAY);
    alice = aim_arrives(&w, "alice");
    aim_expect_an_im(alice, &im);
    assert_string_equal(im.from.name, bob);
    assert_true(im.stored);
    assert_in_range(im.sent, first, first + 1);
    aim_expect_an_im(alice, &im);
    assert_string_equal(im.from.name, "dave");
    assert_in_range(im.sent, second, second + 1);
    (void)aim_expect_body(alice, 4, 0x17); /* that was all */
    aim_expect_quiet(alice);
    (void)aim_send(alice, 4, 0x10, NULL, 0);
    aim_expect_quiet(alice);
    assert_int_equal(sip_says(&w, bob, alice_uri, "now"), 200);
    aim_expect_an_im(alice, &im);
    assert_false(im.stored);
    assert_int_equal(im.sent, 0);
}

/* Clients up to 5.9 do not ask: what waits comes some seconds after, and its time is in the text.
 */
static void who_does_not_ask_gets_them_pushed(void **state)
{
    time_t written = now();
    char prefixed[64];
    struct aim *alice;
    struct aim_im im;

    (void)state;
    (void)strftime(prefixed, sizeof prefixed, "[sent %F %R UTC] are you there?", gmtime(&written));
    assert_int_equal(sip_says(&w, bob, alice_uri, "are you there?"), 202);
    world_pass(&w, HOUR);
    alice = aim_arrives_so(&w, &(struct aim_login){.name = "alice", .old = true});
    aim_names(alice, 3, 4, "dave");
    aim_ready(alice);
    world_pass(&w, 4 * SECOND);
    aim_expect_quiet(alice);
    world_pass(&w, 2 * SECOND);
    aim_expect_an_im(alice, &im);
    assert_false(im.stored);
    assert_int_equal(im.sent, 0);
    assert_true(span_search(im.text, span_str(prefixed)) < im.text.n);
    aim_expect_quiet(alice);
}

/* 17: ICQ clients ask in their own way, and some before they use their list. */
static void an_icq_client_asks_in_its_own_way(void **state)
{
    static const uint8_t ask[] = {0, 1, 0, 10, 8, 0, 0x1C, 0xB1, 0x0A, 0, 0x3C, 0, 1, 0};
    struct aim *icq;
    struct aim_heard h;
    bool told = false, done = false;

    (void)state;
    assert_int_equal(sip_says(&w, bob, "700700@aim.test", "hello ICQ"), 202);
    icq = aim_arrives_so(&w, &(struct aim_login){.name = "700700", .old = true});
    aim_ready(icq);
    (void)aim_send(icq, 0x15, 2, ask, sizeof ask);
    (void)aim_send(icq, 0x13, 7, NULL, 0);
    world_pass(&w, 100);
    while (aim_next(icq, &h)) {
        told |= h.family == 4 && h.subtype == 7;
        told |= h.family == 0x15 && span_search(h.body, SPAN("hello ICQ")) < h.body.n;
        done |= h.family == 0x15 && span_search(h.body, SPAN("\x42\0\1\0")) < h.body.n;
    }
    assert_true(told && done);
}

/* 13.2: not stored unless it is asked for, and then with the reason. */
static void without_the_wish_nothing_is_stored(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice;
    uint32_t id = aim_says_so(dave, "alice", 0, SPAN("gone"), AIM_ACK);

    (void)state;
    assert_int_equal(aim_expect_error_of(dave, id, 4), 0);
    id = aim_says_so(dave, "alice", 0, SPAN("kept"), AIM_STORE);
    aim_expect_nothing_of(dave, 4, 0xC); /* nor an ack that was not asked for */
    alice = aim_arrives(&w, "alice");
    aim_expect_im(alice, "dave", "kept");
    aim_expect_quiet(alice);
}

static void a_name_that_is_nobodys_takes_no_messages(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave");

    (void)state;
    (void)aim_expect_error_of(dave, aim_says_so(dave, "nobody", 0, SPAN("?"), AIM_ACK | AIM_STORE),
                              4);
    (void)aim_expect_error_of(dave, aim_says_so(dave, "+15551230000", 0, SPAN("?"), AIM_STORE), 4);
    assert_int_equal(sip_says(&w, bob, "nobody@aim.test", "?"), 404);
}

/* Sub-code 000F, 480 with Retry-After; and what is there is not lost. */
static void a_full_box_takes_no_more_and_says_so(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice;
    char after[16], text[16];
    struct aim_im im;

    (void)state;
    for (int i = 0; i < 100; i++) {
        (void)snprintf(text, sizeof text, "number %d", i);
        assert_int_equal(sip_says(&w, bob, alice_uri, text), 202);
    }
    assert_int_equal(sip_says_so(&w, bob, alice_uri, "Content-Type: text/plain\r\n", "one more",
                                 "Retry-After", after, sizeof after),
                     480);
    assert_string_equal(after, "600");
    assert_int_equal(
        aim_expect_error_of(
            dave, aim_says_so(dave, "alice", 0, SPAN("one more"), AIM_ACK | AIM_STORE), 4),
        0xF);
    alice = aim_arrives(&w, "alice");
    for (int i = 0; i < 100; i++) {
        aim_expect_an_im(alice, &im);
        (void)snprintf(text, sizeof text, "number %d<", i);
        assert_true(span_search(im.text, span_str(text)) < im.text.n);
    }
    aim_expect_quiet(alice);
}

/* Preference 0x34: sub-code 000E, 480. */
static void who_wants_no_stored_messages_gets_none(void **state)
{
    static const uint8_t preference[] = {0, 0xD7, 0, 4, 0, 0, 0, 0, 0, 0xD8, 0, 4, 0, 0, 0x10, 0};
    struct aim *dave = aim_arrives(&w, "dave"), *alice = aim_arrives(&w, "alice");
    struct buf b = {0};

    (void)state;
    aim_put_item(&b, "", 0, 20, 5, span_of(preference, sizeof preference));
    (void)aim_send_buf(alice, 0x13, 8, &b);
    aim_expect_edited(alice, 0);
    aim_sign_off(alice);
    assert_int_equal(
        aim_expect_error_of(dave, aim_says_so(dave, "alice", 0, SPAN("?"), AIM_ACK | AIM_STORE), 4),
        0xE);
    assert_int_equal(sip_says(&w, bob, alice_uri, "?"), 480);
}

/* M-704, M-708: its own Date and Expires count from when it was written. */
static void what_expires_is_not_delivered_and_its_sender_told(void **state)
{
    struct aim *alice;
    char v[8];

    (void)state;
    assert_int_equal(sip_says_so(&w, bob, alice_uri, "Content-Type: text/plain\r\nExpires: 600\r\n",
                                 "dinner?", "To", v, sizeof v),
                     202);
    assert_int_equal(sip_says(&w, bob, alice_uri, "call me"), 202);
    assert_int_equal(sip_says_so(&w, bob, alice_uri, "Content-Type: text/plain\r\nExpires: 0\r\n",
                                 "now or never", "To", v, sizeof v),
                     480);
    sip_forget(&w);
    world_pass(&w, HOUR);
    alice = aim_arrives(&w, "alice");
    aim_expect_im(alice, bob, "call me");
    aim_expect_quiet(alice);
    world_pass(&w, MINUTE);
    {
        struct sip_heard h;
        bool told = false;

        while (sip_next(&w, &h, false))
            told |= !strcmp(h.method, "MESSAGE") && !strcmp(h.from_user, "aimgate@aim.test") &&
                    !strcmp(h.to_user, bob);
        assert_true(told);
    }
}

static void two_weeks_are_the_longest(void **state)
{
    struct aim *alice;

    (void)state;
    assert_int_equal(sip_says(&w, bob, alice_uri, "long ago"), 202);
    world_pass(&w, 14ULL * DAY + HOUR);
    alice = aim_arrives(&w, "alice");
    aim_expect_quiet(alice);
}

/* M-703: decided when it is stored, and again when it is delivered. */
static void who_was_blocked_meanwhile_does_not_get_through(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice;

    (void)state;
    assert_int_equal(sip_says(&w, bob, alice_uri, "from bob"), 202);
    aim_says(dave, "alice", "from dave");
    aim_expect_ack(dave);
    alice = aim_arrives_so(&w, &(struct aim_login){.name = "alice", .old = true});
    aim_lists(alice, true, bob, 0, 7, 3);
    aim_lists(alice, true, "dave", 0, 8, 3);
    aim_ready(alice);
    (void)aim_send(alice, 4, 0x10, NULL, 0);
    world_pass(&w, 10 * SECOND);
    aim_expect_quiet(alice);
    aim_lists(alice, false, bob, 0, 7, 3);
    aim_lists(alice, false, "dave", 0, 8, 3);
    (void)aim_send(alice, 4, 0x10, NULL, 0);
    world_pass(&w, 10 * SECOND);
    aim_expect_quiet(alice); /* gone for good */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(who_pulls_them_gets_each_once_in_order_with_its_time),
        CONVERSATION(who_does_not_ask_gets_them_pushed),
        CONVERSATION(an_icq_client_asks_in_its_own_way),
        CONVERSATION(without_the_wish_nothing_is_stored),
        CONVERSATION(a_name_that_is_nobodys_takes_no_messages),
        CONVERSATION(a_full_box_takes_no_more_and_says_so),
        CONVERSATION(who_wants_no_stored_messages_gets_none),
        CONVERSATION(what_expires_is_not_delivered_and_its_sender_told),
        CONVERSATION(two_weeks_are_the_longest),
        CONVERSATION(who_was_blocked_meanwhile_does_not_get_through),
    };

    return cmocka_run_group_tests_name("scenario/offline", tests, NULL, NULL);
}
