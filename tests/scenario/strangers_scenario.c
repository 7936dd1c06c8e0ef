/* Whoever is not known yet: messages that wait for a yes, watchers that wait for leave (5.3 and 5.4
 * of the mapping). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";
static const char question[] = "bob@sip.example.org (not on your list) wants to talk. Reply YES "
                               "bob@sip.example.org to accept, NO bob@sip.example.org to refuse";

static struct aim *alice_asks_strangers(void)
{
    struct aim *alice = aim_arrives(&w, "alice");

    world_sets(&w, "alice", "knock_knock", "on");
    return alice;
}

static int says(const char *text)
{
    return sip_says(&w, bob, alice_uri, text);
}

/* The helper tells bob so, in a MESSAGE. */
static void bob_is_told(const char *words)
{
    struct sip_heard h;

    while (sip_next(&w, &h, false))
        if (!strcmp(h.method, "MESSAGE")) {
            assert_string_equal(h.from_user, "aimgate@aim.test");
            assert_string_equal(h.to_user, bob);
            if (!strstr(h.body, words))
                fail_msg("\"%s\" instead of \"%s\"", h.body, words);
            return;
        }
    fail_msg("bob is not told");
}

static void yes_lets_what_waits_through_in_order(void **state)
{
    struct aim *alice = alice_asks_strangers();

    (void)state;
    assert_int_equal(says("one"), 202);
    aim_expect_im(alice, "aimgate", question);
    assert_int_equal(says("two"), 202);
    aim_expect_quiet(alice); /* asked once */
    world_pass(&w, HOUR);
    aim_says(alice, "aimgate", "yes bob@sip.example.org");
    aim_expect_im(alice, "aimgate", "may write to you for a day");
    aim_expect_im(alice, bob, "one");
    aim_expect_im(alice, bob, "two");
    assert_int_equal(says("three"), 200);
    aim_expect_im(alice, bob, "three");
    world_pass(&w, 25ULL * HOUR); /* the day is over */
    aim_forget(alice);
    assert_int_equal(says("four"), 202);
    aim_expect_im(alice, "aimgate", question);
}

static void writing_back_or_listing_him_is_a_yes(void **state)
{
    struct aim *alice = alice_asks_strangers();

    (void)state;
    assert_int_equal(says("one"), 202);
    aim_expect_im(alice, "aimgate", question);
    aim_says(alice, bob, "who are you?");
    sip_expect_message(&w, bob, "who are you?");
    sip_answers(&w, 200);
    aim_expect_im(alice, bob, "one");
    world_pass(&w, 25ULL * HOUR);
    assert_int_equal(says("two"), 202);
    aim_expect_im(alice, "aimgate", question);
    aim_lists(alice, true, bob, 1, 7, 0);
    aim_expect_im(alice, bob, "two");
    world_pass(&w, 25ULL * HOUR);
    assert_int_equal(says("three"), 200); /* for good */
}

static void no_is_for_a_day_and_twice_is_for_good(void **state)
{
    struct aim *alice = alice_asks_strangers();

    (void)state;
    assert_int_equal(says("one"), 202);
    sip_forget(&w);
    aim_expect_im(alice, "aimgate", question);
    aim_says(alice, "aimgate", "no");
    aim_expect_im(alice, "aimgate", "is refused for a day");
    bob_is_told("were not accepted");
    assert_int_equal(says("two"), 603);
    aim_expect_quiet(alice);
    world_pass(&w, 25ULL * HOUR);
    assert_int_equal(says("three"), 202);
    aim_expect_im(alice, "aimgate", question);
    aim_says(alice, "aimgate", "no bob@sip.example.org");
    aim_expect_im(alice, "aimgate", "is blocked");
    assert_int_equal(says("four"), 403);
    world_pass(&w, 25ULL * HOUR);
    assert_int_equal(says("five"), 403);
    aim_says(alice, "aimgate", "unblock bob@sip.example.org");
    aim_forget(alice);
    assert_int_equal(says("six"), 202);
}

/* M-546: nothing is nothing; the sender need not guess. */
static void no_answer_in_a_day_drops_what_waits(void **state)
{
    struct aim *alice = alice_asks_strangers();

    (void)state;
    assert_int_equal(says("one"), 202);
    sip_forget(&w);
    world_pass(&w, 25ULL * HOUR);
    bob_is_told("could not be delivered");
    aim_expect_im(alice, "aimgate", question);
    aim_says(alice, "aimgate", "yes bob@sip.example.org");
    aim_expect_im(alice, "aimgate", "may write to you");
    aim_expect_quiet(alice);
}

/* M-547: stored, and asked about when she is there. */
static void who_is_away_is_asked_on_return(void **state)
{
    struct aim *alice = alice_asks_strangers();

    (void)state;
    aim_sign_off(alice);
    assert_int_equal(says("one"), 202);
    world_pass(&w, HOUR);
    alice = aim_arrives(&w, "alice");
    aim_expect_im(alice, "aimgate", question);
    aim_expect_quiet(alice);
    aim_says(alice, "aimgate", "yes");
    aim_expect_im(alice, "aimgate", "may write to you for a day");
    aim_expect_im(alice, bob, "one");
}

static void so_many_may_wait_and_no_more(void **state)
{
    struct aim *alice = alice_asks_strangers();
    char after[16];

    (void)state;
    for (int i = 0; i < 10; i++)
        assert_int_equal(says("let me in"), 202);
    assert_int_equal(sip_says_so(&w, bob, alice_uri, "Content-Type: text/plain\r\n", "!",
                                 "Retry-After", after, sizeof after),
                     480);
    assert_string_equal(after, "300");
    for (int i = 1; i < 20; i++) {
        char from[64];

        (void)snprintf(from, sizeof from, "stranger%d@sip.example.org", i);
        assert_int_equal(sip_says(&w, from, alice_uri, "hello"), 202);
    }
    assert_int_equal(sip_says_so(&w, "onemore@sip.example.org", alice_uri,
                                 "Content-Type: text/plain\r\n", "!", "Retry-After", after,
                                 sizeof after),
                     480);
    assert_string_equal(after, "600");
    aim_expect_on(alice);
}

/* M-548: and of one domain five new ones a minute. */
static void a_domain_brings_five_strangers_a_minute(void **state)
{
    (void)state;
    (void)alice_asks_strangers();
    for (int i = 0; i < 7; i++) {
        char from[64];

        if (i == 6)
            world_pass(&w, MINUTE);
        (void)snprintf(from, sizeof from, "stranger%d@sip.example.org", i);
        assert_int_equal(sip_says(&w, from, alice_uri, "hello"), i == 5 ? 480 : 202);
    }
}

static void who_is_known_is_not_held(void **state)
{
    struct aim *alice = alice_asks_strangers();

    (void)state;
    aim_lists(alice, true, bob, 0, 9, 2); /* the permit list */
    assert_int_equal(says("one"), 200);
    aim_expect_im(alice, bob, "one");
}

static void users_of_the_domain_are_strangers_too(void **state)
{
    struct aim *alice = alice_asks_strangers(), *dave = aim_arrives(&w, "dave");

    (void)state;
    aim_says(dave, "alice", "hello");
    aim_expect_ack(dave);
    aim_expect_im(alice, "aimgate", "dave (not on your list) wants to talk.");
    aim_says(alice, "aimgate", "yes dave");
    aim_expect_im(alice, "aimgate", "dave may write to you for a day");
    aim_expect_im(alice, "dave", "hello");
}

/* ---- watchers */

static void a_watcher_sees_nothing_until_he_may(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_watch watch = {0};
    struct sip_heard h;

    (void)state;
    world_sets(&w, "alice", "foreign_watchers", "confirm");
    assert_int_equal(sip_watches(&w, &watch, bob, alice_uri, 3600), 200);
    sip_expect_notify(&w, &h);
    assert_memory_equal(h.state, "pending", 7);
    assert_string_equal(h.body, "");
    aim_expect_im(alice, "aimgate",
                  "bob@sip.example.org would like to see when you are online. Reply ALLOW "
                  "bob@sip.example.org or REFUSE bob@sip.example.org");
    aim_away(alice, "nobody's business");
    world_pass(&w, 10 * SECOND);
    sip_expect_no_notify(&w);
    aim_says(alice, "aimgate", "allow bob@sip.example.org");
    sip_expect_seen(&w, "open");
    aim_says(alice, "aimgate", "refuse bob@sip.example.org");
    sip_expect_notify(&w, &h);
    assert_string_equal(h.state, "terminated;reason=rejected");
    watch.on = false;
    assert_int_equal(sip_watches(&w, &watch, bob, alice_uri, 3600), 403);
}

/* ICQ clients have a dialog of their own. */
static void an_icq_user_is_asked_in_a_dialog(void **state)
{
    struct aim *icq = aim_arrives(&w, "700700");
    struct sip_watch watch = {0};
    struct buf b = {0};
    struct span asks;

    (void)state;
    world_sets(&w, "700700", "foreign_watchers", "confirm");
    assert_int_equal(sip_watches(&w, &watch, bob, "700700@aim.test", 3600), 200);
    sip_forget(&w);
    asks = aim_expect_body(icq, 0x13, 0x19);
    assert_true(span_search(asks, SPAN("bob@sip.example.org")) < asks.n);
    assert_true(span_search(asks, SPAN("would like to see when you are online")) < asks.n);
    aim_put_name(&b, bob);
    buf_u8(&b, 1);
    aim_put16(&b, 0);
    (void)aim_send_buf(icq, 0x13, 0x1A, &b);
    sip_expect_seen(&w, "open");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(yes_lets_what_waits_through_in_order),
        CONVERSATION(writing_back_or_listing_him_is_a_yes),
        CONVERSATION(no_is_for_a_day_and_twice_is_for_good),
        CONVERSATION(no_answer_in_a_day_drops_what_waits),
        CONVERSATION(who_is_away_is_asked_on_return),
        CONVERSATION(so_many_may_wait_and_no_more),
        CONVERSATION_IN(a_domain_brings_five_strangers_a_minute, WORLD_LIMITED),
        CONVERSATION(who_is_known_is_not_held),
        CONVERSATION(users_of_the_domain_are_strangers_too),
        CONVERSATION(a_watcher_sees_nothing_until_he_may),
        CONVERSATION(an_icq_user_is_asked_in_a_dialog),
    };

    return cmocka_run_group_tests_name("scenario/strangers", tests, NULL, NULL);
}
