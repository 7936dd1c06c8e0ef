/* The service's own buddy: what may be asked of it, and how its notices sound (4.1, 5.4 and 5.5 of
 * the mapping). It never speaks under another name, nor anybody under its. */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";

/* What it says, without the markup. */
static void says(struct aim *a, const char *words)
{
    aim_expect_im(a, "aimgate", words);
}

static void asks(struct aim *a, const char *what, const char *answer)
{
    aim_says(a, "aimgate", what);
    says(a, answer);
}

static void it_is_there_for_everybody_as_what_it_is(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct aim_person p;
    uint32_t id;

    (void)state;
    aim_lists(alice, true, "AimGate", 1, 7, 0);
    aim_expect_seen(alice, "aimgate", &p);
    assert_int_equal(p.class, 0x410); /* a machine */
    aim_lists(alice, true, "aimgate", 0, 8, 3);
    aim_lists(alice, false, "aimgate", 0, 8, 3);
    id = alice->id;
    aim_warns(alice, "aimgate", false);
    (void)aim_expect_error_of(alice, id + 1, 0xD);
    assert_int_equal(sip_says(&w, bob, "aimgate@aim.test", "help"), 404);
    assert_int_equal(sip_watches(&w, &(struct sip_watch){0}, bob, "aimgate@aim.test", 3600), 404);
}

static void it_says_what_it_understands(void **state)
{
    static const char *const words[] = {"WHO",   "STATUS", "WHY",   "YES",     "NO",
                                        "ALLOW", "REFUSE", "BLOCK", "UNBLOCK", "REPORT"};
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        asks(alice, "help", words[i]);
    asks(alice, "<HTML><B>HeLp</B></HTML>", "WHO");
    asks(alice, "good morning", "I do not understand that. What I understand:");
    asks(alice, "block", "Whom do you mean?");
    asks(alice, "who is this?", "neither a screen name nor an address");
}

static void it_says_who_somebody_is(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_asked asked = {0};

    (void)state;
    asks(alice, "who dave", "dave is a user of this service, im:dave@aim.test. Not online");
    (void)aim_arrives(&w, "dave");
    asks(alice, "who D A V E", "Online");
    asks(alice, "who nobody", "Nobody here has that name");
    asks(alice, "who sip:bob@sip.example.org", "bob@sip.example.org is a user of sip.example.org");
    aim_lists(alice, true, bob, 1, 7, 0);
    sip_is_seen(&w, &asked, bob);
    asks(alice, "who bob@sip.example.org", "Online");
    asks(alice, "who aimgate", "That is me");
}

/* Whom one is hidden from learns here no more than from the list. */
static void who_is_blocked_or_not_seen_learns_nothing_here(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");

    (void)state;
    asks(dave, "who alice", "Online");
    aim_status(alice, 0x100);
    asks(dave, "who alice", "Not online, as far as you may see.");
    aim_status(alice, 0);
    aim_lists(alice, true, "dave", 0, 7, 3);
    asks(dave, "who alice", "Not online, as far as you may see.");
}

static void it_says_why_the_last_message_failed(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    asks(alice, "why", "No message of yours has failed since you signed on.");
    aim_says(alice, bob, "?");
    sip_expect_message(&w, bob, "?");
    sip_answers(&w, 404);
    aim_expect_error(alice, 4);
    world_pass(&w, 5 * SECOND);
    asks(alice, "why", "Your message to bob@sip.example.org, 5 s ago, failed: ");
    (void)aim_says_so(alice, "dave", 0, SPAN("?"), 0);
    asks(alice, "why", "Your message to dave");
}

static void it_says_where_one_is_signed_on(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    asks(alice, "status", "You are alice, im:alice@aim.test");
    asks(alice, "status", "AIM client");
}

/* 4.1, with notices on; each at most once in a minute. */
static void its_notices_name_what_failed(void **state)
{
    static const struct {
        int status;
        const char *words;
    } rows[] = {
        {202, "Stored for bob@sip.example.org"},
        {380, "bob@sip.example.org cannot be reached"},
        {404, "No such user: bob@sip.example.org"},
        {405, "bob@sip.example.org cannot take messages"},
        {408, "sip.example.org does not answer"},
        {410, "bob@sip.example.org no longer exists"},
        {470, "bob@sip.example.org must first agree"},
        {482, "Routing loop at sip.example.org"},
        {504, "sip.example.org has a fault"},
    };
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_heard h;

    (void)state;
    world_sets(&w, "alice", "notices", "on");
    world_sets(&w, "alice", "notify_stored", "on");
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        for (int again = 0; again < 3; again++) {
            aim_says(alice, bob, "?");
            while (sip_next(&w, &h, true))
                sip_answers(&w, rows[i].status);
            if (again == 0 || again == 2)
                says(alice, rows[i].words);
            else
                aim_expect_nothing_of(alice, 4, 7);
            if (again == 1)
                world_pass(&w, 61 * SECOND);
        }
}

static void without_notices_it_is_silent(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    aim_says(alice, bob, "?");
    sip_expect_message(&w, bob, "?");
    sip_answers(&w, 404);
    aim_expect_quiet(alice);
}

/* Both ways and in every mode, and on the client's own list where that denies some. */
static void block_and_unblock_count_at_once(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct span item;

    (void)state;
    aim_lists(alice, true, "dave", 1, 7, 0);
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_mode(alice, 1); /* everybody may */
    world_pass(&w, 3 * SECOND);
    aim_forget(alice);
    aim_forget(dave);
    asks(alice, "block dave",
         "dave is blocked: neither messages nor your presence pass between you");
    aim_expect_departed(dave, "alice");
    aim_says(dave, "alice", "hello?");
    aim_expect_error(dave, 4);
    asks(alice, "block bob@sip.example.org", "bob@sip.example.org is blocked");
    assert_int_equal(sip_says(&w, bob, alice_uri, "hello?"), 403);
    asks(alice, "unblock dave", "dave is not blocked any more");
    aim_says(dave, "alice", "hello!");
    aim_expect_im(alice, "dave", "hello!");
    asks(alice, "unblock dave", "dave was not blocked");
    asks(alice, "block alice", "That is you yourself");
    asks(alice, "block aimgate", "You will hear from me all the same");
    aim_mode(alice, 4);
    aim_says(alice, "aimgate", "block dave");
    item = aim_expect_body(alice, 0x13, 8);
    assert_true(span_eq(aim_take(&item, aim_u16(&item)), SPAN("dave")));
    (void)aim_take(&item, 4);
    assert_int_equal(aim_u16(&item), 3);
}

/* When and by which way, and not what it says. */
static void a_report_goes_to_the_operator(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    asks(alice, "report bob@sip.example.org",
         "no message of bob@sip.example.org came to you lately");
    assert_int_equal(sip_says(&w, bob, alice_uri, "buy this"), 200);
    aim_expect_im(alice, bob, "buy this");
    asks(alice, "report bob@sip.example.org spam again",
         "Reported, as number 2: when and by which way the last messages of bob@sip.example.org "
         "came");
    sip_expect_no_message(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(it_is_there_for_everybody_as_what_it_is),
        CONVERSATION(it_says_what_it_understands),
        CONVERSATION(it_says_who_somebody_is),
        CONVERSATION(who_is_blocked_or_not_seen_learns_nothing_here),
        CONVERSATION(it_says_why_the_last_message_failed),
        CONVERSATION(it_says_where_one_is_signed_on),
        CONVERSATION(its_notices_name_what_failed),
        CONVERSATION(without_notices_it_is_silent),
        CONVERSATION(block_and_unblock_count_at_once),
        CONVERSATION(a_report_goes_to_the_operator),
    };

    return cmocka_run_group_tests_name("scenario/helper", tests, NULL, NULL);
}
