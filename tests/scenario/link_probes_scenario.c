/* When a link counts as down, and what brings it up: probes, and what is heard without them, on a
 * clock that is moved (mapping: 6.5 of the tables). */
#include "tests/scenario/world.h"

#include "gateway/peer/links.h"

/* A peer that must not be probed. */
#define WORLD_UNPROBED                                                                             \
    "oscar: {listen: 127.0.0.1:5190, rate_limits: false}\n"                                        \
    "peers: [{domain: sip.example.org, route: \"sip:127.0.0.1:5080;transport=udp\", limits: "      \
    "none, probe: false}]\n"

#define BOB "bob@sip.example.org"

static struct world w;

static const struct link *the_link(void)
{
    const struct domain_link *l = links_find(w.worker->links, SPAN("sip.example.org"));

    assert_non_null(l);
    return &l->link;
}

enum { STEP = 200 }; /* ms: shorter than until a request is repeated */

/* Passes the time until it is so. */
static void until_down(bool down, unsigned seconds)
{
    for (unsigned n = seconds * SECOND / STEP; link_is_down(the_link()) != down && n; n--)
        world_pass(&w, STEP);
    assert_int_equal(link_is_down(the_link()), down);
}

static void expect_notice(struct aim *a, const char *part)
{
    struct aim_im im;

    aim_expect_an_im(a, &im);
    assert_string_equal(im.from.name, "aimgate");
    if (span_search(im.text, span_str(part)) == im.text.n)
        fail_msg("not \"%s\": %.*s", part, SPAN_ARG(im.text));
}

static struct aim *alice_sees_bob(void)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_asked bob;

    aim_lists(alice, true, BOB, 1, 7, 0);
    world_pass(&w, STEP);
    sip_is_seen(&w, &bob, BOB);
    aim_expect_arrived(alice, BOB, false);
    return alice;
}

static void lose(struct aim *alice, unsigned seconds)
{
    net_double_cut(w.net, true);
    until_down(true, seconds);
    net_double_cut(w.net, false);
    aim_expect_departed(alice, BOB);
    expect_notice(alice, "sip.example.org cannot be reached since ");
}

static void is_back(struct aim *alice)
{
    struct sip_asked bob;

    expect_notice(alice, "sip.example.org is reachable again.");
    world_pass(&w, STEP);
    sip_expect_subscribe(&w, &bob, BOB, 481); /* they know nothing of it any more */
    sip_forget(&w);
    for (int i = 0; i < 10 && net_double_waiting(w.net) == 0; i++)
        world_pass(&w, STEP);
    sip_is_seen(&w, &bob, BOB);
    aim_expect_arrived(alice, BOB, false);
}

static void a_link_that_was_down_three_times_in_ten_minutes_must_answer_for_a_minute(void **state)
{
    struct aim *alice = alice_sees_bob();
    struct sip_heard h;

    (void)state;
    for (int i = 0; i < 2; i++) {
        lose(alice, 60);
        until_down(false, 6); /* the first probe is after 5 s */
        is_back(alice);
        world_pass(&w, MINUTE); /* the helper does not repeat itself sooner */
    }
    lose(alice, 60);
    world_pass(&w, 62 * SECOND); /* it answers a probe each 5 s */
    assert_true(link_is_down(the_link()));
    aim_expect_quiet(alice);
    aim_says(alice, BOB, "are you there?");
    expect_notice(alice, "Stored until sip.example.org is back");
    assert_false(sip_next(&w, &h, false));
    until_down(false, 4);
    is_back(alice);
}

static void no_probe(void)
{
    struct sip_heard h;
    struct buf was = {0};
    uint16_t to;

    while (net_double_next(w.net, &to, &was)) {
        assert_true(was.n > 8 && memcmp(was.p, "OPTIONS ", 8) != 0);
        buf_fini(&was);
    }
    buf_fini(&was);
    assert_false(sip_next(&w, &h, false));
}

static void a_quiet_peer_that_must_not_be_probed_stays_up(void **state)
{
    struct aim *alice = alice_sees_bob();

    (void)state;
    world_pass(&w, 40 * MINUTE);
    assert_int_equal(the_link()->state, LINK_UP);
    aim_expect_quiet(alice);
    no_probe();
}

static void without_probes_the_second_request_without_an_answer_is_down(void **state)
{
    struct aim *alice = alice_sees_bob();
    struct sip_asked bob;

    (void)state;
    net_double_cut(w.net, true);
    aim_says(alice, BOB, "one");
    world_pass(&w, 33 * SECOND);
    assert_int_equal(the_link()->state, LINK_SUSPECT);
    aim_says(alice, BOB, "two");
    world_pass(&w, 33 * SECOND);
    assert_int_equal(the_link()->state, LINK_DOWN);
    aim_expect_departed(alice, BOB);
    /* after 5 s it is tried by a SUBSCRIBE; that has no answer, and after 10 s by another one */
    world_pass(&w, 6 * SECOND);
    assert_int_equal(the_link()->state, LINK_PROBING);
    world_pass(&w, 33 * SECOND);
    assert_int_equal(the_link()->state, LINK_DOWN);
    net_double_cut(w.net, false);
    world_pass(&w, 11 * SECOND);
    sip_expect_subscribe(&w, &bob, BOB, 200);
    assert_int_equal(the_link()->state, LINK_UP);
}

static void without_probes_what_they_write_brings_it_up(void **state)
{
    struct aim *alice = alice_sees_bob();

    (void)state;
    net_double_cut(w.net, true);
    aim_says(alice, BOB, "one");
    world_pass(&w, 5 * SECOND);
    aim_says(alice, "carol@sip.example.org", "two");
    world_pass(&w, 34 * SECOND);
    until_down(true, 5);
    expect_notice(alice, "cannot be reached since ");
    net_double_cut(w.net, false);
    assert_int_equal(sip_says(&w, "dan@sip.example.org", "alice@aim.test", "here we are"), 200);
    assert_int_equal(the_link()->state, LINK_UP);
    aim_expect_im(alice, "dan@sip.example.org", "here we are");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(a_link_that_was_down_three_times_in_ten_minutes_must_answer_for_a_minute),
        CONVERSATION_IN(a_quiet_peer_that_must_not_be_probed_stays_up, WORLD_UNPROBED),
        CONVERSATION_IN(without_probes_the_second_request_without_an_answer_is_down,
                        WORLD_UNPROBED),
        CONVERSATION_IN(without_probes_what_they_write_brings_it_up, WORLD_UNPROBED),
    };

    return cmocka_run_group_tests_name("scenario/link_probes", tests, NULL, NULL);
}
