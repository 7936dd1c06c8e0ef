/* What a lost link means for people: no stale presence, and whoever is concerned hears which system
 * failed (6.5 of the mapping). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";
static struct sip_asked asked;

/* alice watches bob, who is there. */
static struct aim *alice_sees_bob(void)
{
    struct aim *alice = aim_arrives(&w, "alice");

    asked = (struct sip_asked){0};
    aim_lists(alice, true, bob, 1, 7, 0);
    sip_is_seen(&w, &asked, bob);
    aim_expect_arrived(alice, bob, false);
    world_pass(&w, MINUTE);
    sip_forget(&w);
    return alice;
}

static void lose_the_link(void)
{
    net_double_cut(w.net, true);
    world_pass(&w, MINUTE);
}

static void find_the_link(void)
{
    net_double_cut(w.net, false);
    world_pass(&w, MINUTE);
}

/* Within two minutes, and as often as it is sent. */
static void bob_reads(const char *text)
{
    static char call_id[128]; /* of the message before: a copy of it may come */
    struct sip_heard h;

    for (int s = 0; s < 120; s++) {
        while (sip_next(&w, &h, false))
            if (!strcmp(h.method, "MESSAGE") && strcmp(h.call_id, call_id) != 0) {
                assert_string_equal(h.body, text);
                (void)snprintf(call_id, sizeof call_id, "%s", h.call_id);
                return;
            }
        world_pass(&w, SECOND);
    }
    fail_msg("\"%s\" does not come", text);
}

/* M-652 to M-654: within a minute, once, by name. */
static void who_is_behind_a_lost_link_is_offline_and_the_helper_says_why(void **state)
{
    struct aim *alice = alice_sees_bob(), *dave = aim_arrives(&w, "dave");

    (void)state;
    lose_the_link();
    aim_expect_departed(alice, bob);
    aim_expect_im(alice, "aimgate", "sip.example.org cannot be reached since ");
    aim_expect_quiet(alice);
    aim_expect_quiet(dave); /* whom it does not concern */
    world_pass(&w, 10 * MINUTE);
    aim_expect_quiet(alice);
}

static void words_of_the_notice(void **state)
{
    struct aim *alice = alice_sees_bob();
    struct aim_im im;
    int hour, minute;
    char words[512];

    (void)state;
    lose_the_link();
    do
        aim_expect_an_im(alice, &im);
    while (strcmp(im.from.name, "aimgate") != 0);
    (void)snprintf(words, sizeof words, "%.*s", (int)im.text.n, (const char *)im.text.p);
    assert_int_equal(sscanf(strstr(words, "sip."), "sip.example.org cannot be reached since %d:%d",
                            &hour, &minute),
                     2);
    assert_non_null(strstr(words, ". Its users are shown offline. Your own service is working."));
}

/* M-656: asked for anew, shown again, and told to who was told before. */
static void when_it_is_back_all_is_as_before(void **state)
{
    struct aim *alice = alice_sees_bob(), *dave = aim_arrives(&w, "dave");

    (void)state;
    lose_the_link();
    aim_expect_departed(alice, bob);
    aim_expect_im(alice, "aimgate", "cannot be reached");
    find_the_link();
    aim_expect_im(alice, "aimgate", "sip.example.org is reachable again.");
    sip_is_seen(&w, &asked, bob);
    aim_expect_arrived(alice, bob, false);
    aim_expect_quiet(dave);
}

/* M-439: at once, with the domain's name; stored where the client asks for it. */
static void what_is_written_meanwhile_fails_at_once_or_waits(void **state)
{
    struct aim *alice = alice_sees_bob();
    uint32_t id;

    (void)state;
    lose_the_link();
    aim_forget(alice);
    id = aim_says_so(alice, bob, 0, SPAN("now"), AIM_ACK);
    (void)aim_expect_error_of(alice, id, 5);
    aim_expect_im(alice, "aimgate", "sip.example.org is unreachable; your own service works");
    aim_says(alice, bob, "first");
    aim_expect_ack(alice);
    aim_expect_im(alice, "aimgate", "Stored until sip.example.org is back");
    aim_says(alice, bob, "second");
    aim_expect_ack(alice);
    net_double_cut(w.net, false);
    bob_reads("first");
    bob_reads("second");
}

/* A message that was under way when it broke: its sender hears of it. */
static void what_was_under_way_ends_with_an_answer(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    uint32_t id;

    (void)state;
    net_double_cut(w.net, true);
    id = aim_says_so(alice, bob, 0, SPAN("hello?"), AIM_ACK);
    world_pass(&w, 40 * SECOND);
    (void)aim_expect_error_of(alice, id, 5);
    aim_expect_nothing_of(alice, 4, 0xC);
}

/* Their watchers are told the whole state again; messages in their direction were never touched. */
static void their_watchers_are_told_again_when_it_is_back(void **state)
{
    struct aim *alice = alice_sees_bob();
    struct sip_watch watch = {0};

    (void)state;
    assert_int_equal(sip_watches(&w, &watch, bob, alice_uri, 3600), 200);
    sip_expect_seen(&w, "open");
    lose_the_link();
    aim_away(alice, "gone meanwhile");
    aim_sign_off(alice);
    world_pass(&w, MINUTE);
    find_the_link();
    sip_expect_seen(&w, "closed");
}

/* Any answer is life, also a "no". */
static void an_answer_that_says_no_is_life(void **state)
{
    struct aim *alice = alice_sees_bob();

    (void)state;
    for (int i = 0; i < 20; i++) {
        struct sip_heard h;

        (void)aim_says_so(alice, bob, 0, SPAN("?"), AIM_ACK);
        assert_true(sip_next(&w, &h, true));
        sip_answers(&w, 500);
        aim_expect_error(alice, 5);
        world_pass(&w, 10 * SECOND);
    }
    aim_expect_quiet(alice);
}

/* M-661: what the peer does not refresh is not shown for ever, though the link looks up. */
static void presence_does_not_outlive_its_subscription(void **state)
{
    struct aim *alice = alice_sees_bob();
    struct sip_heard h;
    bool gone = false;

    (void)state;
    for (int m = 0; m < 70 && !gone; m++) {
        struct aim_heard s;

        world_pass(&w, MINUTE);
        while (sip_next(&w, &h, true))
            if (!strcmp(h.method, "SUBSCRIBE"))
                sip_answers(&w, 500);
        while (aim_next(alice, &s))
            gone |= s.family == 3 && s.subtype == 0xC;
    }
    assert_true(gone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(who_is_behind_a_lost_link_is_offline_and_the_helper_says_why),
        CONVERSATION(words_of_the_notice),
        CONVERSATION(when_it_is_back_all_is_as_before),
        CONVERSATION(what_is_written_meanwhile_fails_at_once_or_waits),
        CONVERSATION(what_was_under_way_ends_with_an_answer),
        CONVERSATION(their_watchers_are_told_again_when_it_is_back),
        CONVERSATION(an_answer_that_says_no_is_life),
        CONVERSATION(presence_does_not_outlive_its_subscription),
    };

    return cmocka_run_group_tests_name("scenario/link_loss", tests, NULL, NULL);
}
