/* What hostile and broken clients do: each is bounded, and nobody else is harmed (1, 2 and 25 of
 * OSCAR's reference; the limits of the README). */
#include "tests/scenario/world.h"

static struct world w;
static struct aim *alice, *dave;

static void two_are_there(void)
{
    alice = aim_arrives(&w, "alice");
    dave = aim_arrives(&w, "dave");
    aim_forget(alice);
    aim_forget(dave);
}

/* The others go on as if nothing were. */
static void others_are_well(void)
{
    aim_says(alice, "dave", "still there?");
    aim_expect_ack(alice);
    aim_expect_im(dave, "alice", "still there?");
}

static void says_octets(struct aim *a, struct span octets)
{
    *a = (struct aim){.w = &w, .name = "somebody"};
    aim_calls(a);
    net_double_say(a->line, octets);
    world_settle(&w);
}

/* No way to find the next frame: hung up on. */
static void what_is_no_frame_ends_the_connection(void **state)
{
    static const struct span rows[] = {
        SPAN("GET / HTTP/1.1\r\n\r\n"), SPAN("*\0\0\0\0\0"),     SPAN("*\x9\0\0\0\0"),
        SPAN("*\1\0\0\0\4\0\0\0\2"),    SPAN("*\2\0\0\xFF\xFF"), SPAN("*\1\0\0\0\1\0"),
    };

    (void)state;
    two_are_there();
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct aim a;

        says_octets(&a, rows[i]);
        if (!net_double_is_closed(a.line))
            fail_msg("row %zu is still there", i);
        aim_sign_off(&a);
    }
    others_are_well();
}

/* Octet by octet it is the same as at once. */
static void a_slow_writer_gets_in_too(void **state)
{
    static const uint8_t begins[] = {'*', 1, 0, 0,  0, 4,    0,   0,   0,   1,   '*', 2,
                                     0,   1, 0, 19, 0, 0x17, 0,   6,   0,   0,   0,   0,
                                     0,   1, 0, 1,  0, 5,    'a', 'l', 'i', 'c', 'e'};
    struct aim a = {.w = &w, .name = "alice"};

    (void)state;
    aim_calls(&a);
    for (size_t i = 0; i < sizeof begins; i++) {
        net_double_say(a.line, span_of(begins + i, 1));
        world_pass(&w, 500);
    }
    (void)aim_expect_body(&a, 0x17, 7);
    aim_sign_off(&a);
}

/* What comes before it is due, or not at all, is answered or ignored; never more. */
static void requests_out_of_their_order_do_no_harm(void **state)
{
    struct aim a = {.w = &w, .name = "alice"};

    (void)state;
    two_are_there();
    aim_calls(&a);
    (void)aim_send(&a, 4, 6, "cookie-1\0\1\5alice", 16); /* before anything else */
    (void)aim_send(&a, 0x13, 4, NULL, 0);
    (void)aim_send(&a, 1, 2, NULL, 0);
    world_pass(&w, MINUTE);
    assert_true(net_double_is_closed(a.line));
    aim_sign_off(&a);
    for (uint16_t family = 0; family < 0x30; family++)
        for (uint16_t subtype = 0; subtype < 0x30; subtype++)
            if (family != 1 || subtype != 2)
                (void)aim_send(alice, family, subtype, "\xFF\xFF\xFF", 3);
    aim_sign_off(alice);
    alice = aim_arrives(&w, "alice");
    aim_forget(dave);
    others_are_well();
}

/* Lengths that promise more than there is. */
static void absurd_lengths_are_cut_or_refused(void **state)
{
    (void)state;
    two_are_there();
    (void)aim_send(alice, 4, 6,
                   "cookie-1\0\1\xFF"
                   "dave",
                   15);
    (void)aim_send(alice, 4, 6, "cookie-1\0\1\4dave\0\2\xFF\xFF\5\1", 21);
    (void)aim_send(alice, 4, 6, "cookie-1\0\1\4dave\0\2\0\6\1\1\xFF\xFF\0\0", 25);
    (void)aim_send(alice, 0x13, 8, "\xFF\xFFx\0\1\0\1\0\0\xFF\xFF", 11);
    (void)aim_send(alice, 2, 4, "\0\5\0\xFFxyz", 7);
    (void)aim_send(alice, 3, 4,
                   "\xFF"
                   "dave",
                   5);
    (void)aim_send(alice, 0x15, 2, "\0\1\0\2\xFF\xFF", 6);
    (void)aim_send(alice, 1, 0x17, "\0", 1);
    aim_expect_on(alice);
    aim_expect_nothing_of(dave, 4, 7);
    aim_forget(alice);
    others_are_well();
}

/* Who does not read is not waited for: what was for him is stored. */
static void who_stops_reading_is_dropped_and_loses_nothing(void **state)
{
    static char text[2001];
    struct aim_im im;
    unsigned got = 0;

    (void)state;
    two_are_there();
    memset(text, 'x', sizeof text - 1);
    net_double_stall(dave->line, true);
    for (int i = 0; i < 50; i++)
        aim_says(alice, "dave", text);
    world_pass(&w, 2 * MINUTE);
    assert_true(net_double_is_closed(dave->line));
    aim_expect_on(alice);
    for (int i = 0; i < 50; i++)
        aim_expect_ack(alice);
    dave = aim_arrives(&w, "dave");
    for (; got < 50; got++) {
        world_pass(&w, 10 * SECOND);
        aim_expect_an_im(dave, &im);
    }
    aim_expect_nothing_of(dave, 4, 7);
}

/* One that closes its half hears what is under way, and is off. */
static void who_closes_one_half_is_gone(void **state)
{
    (void)state;
    two_are_there();
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_arrived(dave, "alice", false);
    net_double_half_close(alice->line);
    world_settle(&w);
    assert_true(net_double_is_closed(alice->line));
    aim_expect_departed(dave, "alice");
    aim_says(dave, "alice", "gone?");
    aim_expect_ack(dave);
    alice = aim_arrives(&w, "alice");
    aim_expect_im(alice, "dave", "gone?");
}

/* Five silent minutes; and any octet is a sign of life. */
static void who_says_nothing_is_gone_in_time(void **state)
{
    struct aim a;

    (void)state;
    two_are_there();
    assert_true(aim_sign_on(&a, &w, "erin")); /* nobody says for her that she is there */
    world_pass(&w, 4 * MINUTE);
    aim_expect_on(&a);
    world_pass(&w, 2 * MINUTE);
    assert_true(net_double_is_closed(a.line));
    aim_sign_off(&a);
    others_are_well();
}

/* Thousands of connections that say nothing. */
static void a_crowd_at_the_door_keeps_nobody_out(void **state)
{
    enum { CROWD = 2000 };
    static struct aim crowd[CROWD];

    (void)state;
    two_are_there();
    for (int i = 0; i < CROWD; i++) {
        crowd[i] = (struct aim){.w = &w, .name = "crowd"};
        aim_calls(&crowd[i]);
    }
    assert_non_null(aim_arrives(&w, "erin"));
    others_are_well();
    world_pass(&w, 31 * SECOND);
    for (int i = 0; i < CROWD; i++) {
        assert_true(net_double_is_closed(crowd[i].line));
        net_double_hang_up(&crowd[i].line);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(what_is_no_frame_ends_the_connection),
        CONVERSATION(a_slow_writer_gets_in_too),
        CONVERSATION(requests_out_of_their_order_do_no_harm),
        CONVERSATION(absurd_lengths_are_cut_or_refused),
        CONVERSATION(who_stops_reading_is_dropped_and_loses_nothing),
        CONVERSATION(who_closes_one_half_is_gone),
        CONVERSATION(who_says_nothing_is_gone_in_time),
        CONVERSATION(a_crowd_at_the_door_keeps_nobody_out),
    };

    return cmocka_run_group_tests_name("scenario/robust", tests, NULL, NULL);
}
