/* Where a connection ends: time, rates, and bytes that make no sense. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/deadlines.h"
#include "base/hex.h"
#include "oscar/flap.h"
#include "oscar/rate.h"
#include "oscar/tlv.h"
#include "talk.h"

static void a_sign_on_must_finish_in_thirty_seconds(void **state)
{
    struct talk t = {0};

    (void)state;
    talk_begin(&t, true);
    assert_int_equal(oscar_conn_deadline(t.c), 1000 + OSCAR_SIGNON_MS);
    talk_cookie(&t, 'B');
    talk_script(&t, "01/17 01/06");
    talk_wait(&t, OSCAR_SIGNON_MS - 1);
    assert_false(oscar_conn_is_over(t.c));
    talk_wait(&t, 1);
    assert_true(oscar_conn_is_over(t.c));
    assert_string_equal(oscar_conn_why(t.c), "the sign-on took too long");
    talk_expect_told(&t, "COOKIE SIGNED_OFF ");
    assert_int_equal(oscar_conn_deadline(t.c), DEADLINE_NEVER);
    talk_end(&t);
}

static void silence_is_answered_by_keep_alives_and_then_the_end(void **state)
{
    struct talk t = {0};

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    assert_int_equal(oscar_conn_deadline(t.c), 1000 + OSCAR_KEEPALIVE_MS);
    talk_wait(&t, OSCAR_KEEPALIVE_MS);
    talk_expect_heard(&t, "ch5 ");
    for (int i = 2; i < 5; i++)
        talk_wait(&t, OSCAR_KEEPALIVE_MS);
    talk_frame(&t, FLAP_KEEPALIVE, (struct span){0}); /* any octet is proof of life */
    talk_wait(&t, OSCAR_KEEPALIVE_MS);
    assert_false(oscar_conn_is_over(t.c));
    talk_wait(&t, OSCAR_SILENCE_MS - OSCAR_KEEPALIVE_MS);
    assert_true(oscar_conn_is_over(t.c));
    talk_expect_told(&t, "SIGNED_OFF ");
    talk_end(&t);
}

static const struct {
    const char *says;
    uint64_t wait;
} ready_without_list[] = {
    {"01/17 01/06 01/08 01/02", OSCAR_ONLINE_WAIT_MS},
    {"01/17 01/06 01/08 13/04 01/02", OSCAR_ONLINE_WAIT_LIST_MS},
    {"01/17 01/06 01/08 01/02 13/04", OSCAR_ONLINE_WAIT_LIST_MS},
};

static void a_client_without_a_list_is_online_after_a_moment(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct talk t = {0};

        talk_begin(&t, true);
        talk_cookie(&t, 'B');
        talk_script(&t, ready_without_list[i].says);
        talk_forget(&t);
        assert_int_equal(oscar_conn_deadline(t.c), 1000 + ready_without_list[i].wait);
        talk_wait(&t, ready_without_list[i].wait - 1);
        talk_expect_told(&t, "");
        talk_wait(&t, 1);
        talk_expect_told(&t, "ONLINE ");
        talk_script(&t, "13/07");
        talk_expect_told(&t, "ONLINE LIST_USED ");
        talk_end(&t);
    }
}

/* After the hello and, with 'B', a good cookie: these bytes, and what comes of them. */
static const struct {
    const char *what;
    char cookie; /* 0: none */
    const char *hex;
    const char *heard; /* after what the sign-on made */
    const char *why;   /* "": it lives */
} malformed[] = {
    {"HTTP", 0, "474554202F", "", "bytes that are no FLAP frame"},
    {"channel 0", 0, "2A00000000", "", "bytes that are no FLAP frame"},
    {"channel 6", 0, "2A06", "", "bytes that are no FLAP frame"},
    {"FLAP version 2", 0, "2A010000000400000002", "", "a sign-on frame of another version"},
    {"no version", 0, "2A01000000020000", "", "a sign-on frame of another version"},
    {"a SNAC before the hello", 0, "2A020000000A00170006000000000001", "",
     "a SNAC before the sign-on frame"},
    {"a key request without a name", 0, "2A0100000004000000012A020001000A00170006000000000001",
     "17/01 ", ""},
    {"a login without a key", 0,
     "2A0100000004000000012A02000100130017000200000000000100010005616C696365", "17/03 ch4 ", ""},
    {"a registration", 0, "2A0100000004000000012A020001000A00170004000000000001", "17/01 ", ""},
    {"BOS requests at the authorizer", 0, "2A0100000004000000012A020001000A00010006000000000001",
     "01/01 ", ""},
    {"an error frame", 0, "2A0300000000", "", "the client reports a FLAP error"},
    {"good-bye", 'B', "2A0400010000", "", "the client signed off"},
    {"a frame of 16385 octets", 'B', "2A0200014001", "", "a frame longer than any client sends"},
    {"no SNAC header", 'B', "2A0200010009000100060000000000", "",
     "a frame without a whole SNAC header"},
    {"a version block cut short", 'B', "2A020001000C000100068000000000010009", "",
     "a frame without a whole SNAC header"},
    {"a version block", 'B', "2A0200010012000100068000000000010006000100020003", "01/07 ", ""},
    {"a second hello", 'B', "2A010001000400000001", "", ""},
    {"a service request without a foodgroup", 'B', "2A020001000A00010004000000000001", "01/01 ",
     ""},
    {"an IM without a channel", 'B', "2A0200010012000400060000000000011122334455667788", "04/01 ",
     ""},
    {"an IM to nobody", 'B', "2A0200010015000400060000000000011122334455667788000100", "04/01 ",
     ""},
    {"a name cut short", 'B', "2A020001000F000200150000000000010000000209", "02/01 ", ""},
    {"a warning of nobody", 'B', "2A020001000C000400080000000000010000", "04/01 ", ""},
    {"idle for no time", 'B', "2A020001000C000100110000000000010000", "", ""},
    {"typing cut short", 'B', "2A020001000C000400140000000000010000", "", ""},
    {"an item cut short", 'B', "2A02000100100013000800000000000100056361726F", "13/01 ", ""},
    {"an item with too long attributes", 'B',
     "2A02000100140013000800000000000100000001000200000009", "13/01 ", ""},
    {"an ICQ request without a block", 'B', "2A020001000A00150002000000000001", "15/01 ", ""},
    {"an ICQ request of another kind", 'B',
     "2A0200010018001500020000000000010001000A0800A1860100D0070200", "15/01 ", ""},
    {"TLVs longer than the rest", 'B', "2A020001001000020004000000000001000400406869", "", ""},
    {"an address of no length", 'B', "2A020001000A000A0002000000000001", "0A/01 ", ""},
};

static void what_makes_no_sense_is_refused_or_ends_the_connection(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++) {
        for (enum talk_pieces p = TALK_FRAMES; p <= TALK_OCTETS; p++) {
            struct talk t = {.pieces = p};
            uint8_t bytes[128];
            size_t n = strlen(malformed[i].hex) / 2;

            assert_true(hex_read(span_str(malformed[i].hex), bytes, n));
            talk_begin(&t, true);
            if (malformed[i].cookie)
                talk_cookie(&t, malformed[i].cookie);
            talk_go(&t);
            talk_forget(&t);
            t.id = 1; /* what answers these carries */
            talk_raw(&t, span_of(bytes, n));
            if (strcmp(oscar_conn_why(t.c), malformed[i].why) != 0)
                print_message("%s\n", malformed[i].what);
            assert_string_equal(oscar_conn_why(t.c), malformed[i].why);
            talk_expect_heard(&t, malformed[i].heard);
            assert_int_equal(oscar_conn_is_over(t.c), malformed[i].why[0] != 0);
            if (malformed[i].why[0])
                assert_int_equal(oscar_conn_feed(t.c, SPAN("*"), t.now), ERR_CLOSED);
            talk_end(&t);
        }
    }
}

/* IMs without a pause: the class has AOL's numbers for class 1, so 157 until it cuts. */
static void a_burst_is_warned_then_dropped_then_cut(void **state)
{
    struct talk t = {0};
    struct snac s;
    struct snac_failure f;
    int n = 0;

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    while (!span_is(span_first(buf_span(&t.heard), 6), "01/0A ")) {
        talk_forget(&t);
        talk_script(&t, "04/06");
        n++;
    }
    assert_int_equal(n, 87);
    talk_expect_heard(&t, "01/0A 04/0C "); /* the alert, and it still went through */
    assert_int_equal(talk_last(&t, 0x01, 0x0A, &s).p[1], RATE_CODE_ALERT);
    for (talk_forget(&t); n < 109; n++) {
        talk_forget(&t);
        talk_script(&t, "04/06");
    }
    talk_expect_heard(&t, "01/0A 04/01 ");
    assert_int_equal(talk_last(&t, 0x01, 0x0A, &s).p[1], RATE_CODE_LIMIT);
    assert_true(snac_failure_read(talk_last(&t, 0x04, 0x01, &s), &f));
    assert_int_equal(f.code, SNAC_ERR_RATE_TO_HOST);
    for (; n < 157; n++) {
        talk_forget(&t);
        talk_script(&t, "04/06");
    }
    talk_expect_heard(&t, "ch4 ");
    talk_expect_told(&t, "SIGNED_OFF ");
    talk_end(&t);
}

static void a_pause_clears_a_limit(void **state)
{
    struct talk t = {0};
    struct snac s;

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    for (int n = 0; n < 109; n++)
        talk_script(&t, "04/06");
    talk_forget(&t);
    t.now += 81 * 2500ULL;
    talk_script(&t, "04/06");
    talk_expect_heard(&t, "01/0A 04/0C ");
    assert_int_equal(talk_last(&t, 0x01, 0x0A, &s).p[1], RATE_CODE_CLEAR);
    talk_end(&t);
}

/* Clients hold everything back while they are limited: they are told that it is over. */
static void a_limit_ends_by_itself(void **state)
{
    struct talk t = {0};
    struct snac s;
    uint64_t due;

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    for (int n = 0; n < 109; n++)
        talk_script(&t, "04/06");
    talk_forget(&t);
    talk_wait(&t, OSCAR_KEEPALIVE_MS);
    talk_expect_heard(&t, "ch5 ");
    due = oscar_conn_deadline(t.c);
    assert_in_range(due, t.now + 20000, t.now + 25000); /* from below 1500 up to 2500 */
    talk_wait(&t, due - t.now - 1);
    talk_expect_heard(&t, "ch5 ");
    talk_wait(&t, 1);
    talk_expect_heard(&t, "ch5 01/0A ");
    assert_int_equal(talk_last(&t, 0x01, 0x0A, &s).p[1], RATE_CODE_CLEAR);
    assert_true(oscar_conn_deadline(t.c) > t.now);
    talk_forget(&t);
    talk_script(&t, "04/06");
    talk_expect_heard(&t, "04/0C ");
    talk_end(&t);
}

/* SNAC 0x0001/0x000A code 1: the class of messages has other numbers. */
static void a_warned_user_hears_of_closer_limits(void **state)
{
    struct talk t = {0};
    struct oscar_userinfo u = talk_alice;
    struct snac s;
    int n = 0;

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    u.warning = 500;
    oscar_conn_set_self(t.c, &u, false);
    talk_go(&t);
    talk_expect_heard(&t, "01/0A ");
    assert_int_equal(talk_last(&t, 0x01, 0x0A, &s).p[1], RATE_CODE_CHANGED);
    oscar_conn_set_self(t.c, &u, false); /* no change */
    talk_go(&t);
    talk_expect_heard(&t, "01/0A ");
    while (span_search(buf_span(&t.heard), SPAN("04/01")) == t.heard.n) {
        talk_script(&t, "04/06");
        n++;
    }
    assert_int_equal(n, 39); /* else 109 */
    talk_end(&t);
}

static void notices_go_to_those_who_want_them(void **state)
{
    struct talk t = {0};

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    talk_snac(&t, 0x01, 0x09, SPAN("\0\3\0\x63"));
    for (int n = 0; n < 100; n++)
        talk_script(&t, "04/06");
    assert_int_equal(span_search(buf_span(&t.heard), SPAN("01/0A")), t.heard.n);
    talk_end(&t);
}

static void without_limits_nothing_is_counted(void **state)
{
    struct talk t = {.pieces = TALK_AT_ONCE};

    (void)state;
    talk_begin(&t, false);
    talk_online(&t);
    for (int n = 0; n < 1000; n++)
        talk_script(&t, "04/06");
    talk_go(&t);
    assert_int_equal(t.told.n, 3 * 1000); /* "IM " */
    assert_int_equal(t.heard.n, 6 * 1000);
    talk_end(&t);
}

static void a_reader_that_does_not_read_is_given_up(void **state)
{
    struct rng rng;
    struct oscar_conn_conf conf = {.rng = &rng, .output_max = 4096};
    struct oscar_conn *c;
    struct oscar_self self = {.user = talk_alice};
    struct oscar_event e;
    struct span out;
    struct flap f;
    uint64_t written = 0;

    (void)state;
    rng_init_fixed(&rng, 1);
    c = oscar_conn_new(&conf, 0);
    assert_int_equal(oscar_conn_feed(c, SPAN("*\1\0\0\0\x0A\0\0\0\1\0\6\0\2BB"), 0), OK);
    assert_true(oscar_conn_next(c, &e));
    oscar_conn_welcome(c, 0, &self);
    for (int i = 0; i < 1000 && !oscar_conn_is_over(c); i++) {
        written = oscar_conn_written(c);
        oscar_conn_arrived(c, &talk_alice);
    }
    assert_true(oscar_conn_is_over(c));
    assert_int_equal(oscar_conn_written(c), written);
    out = oscar_conn_output(c);
    assert_int_equal(out.n, written);
    assert_in_range(out.n, 4000, 4096);
    while (out.n) /* what is there are whole frames */
        assert_int_equal(flap_read(&out, &f), FRAME_WHOLE);
    oscar_conn_free(c);
}

static void input_that_nobody_pulls_is_bounded(void **state)
{
    static const uint8_t much[65536];
    struct rng rng;
    struct oscar_conn_conf conf = {.rng = &rng};
    struct oscar_conn *c = oscar_conn_new(&conf, 0);
    struct oscar_event e;
    int n = 0;

    (void)state;
    while (oscar_conn_feed(c, span_of(much, sizeof much), 0) == OK)
        n++;
    assert_int_equal(n, OSCAR_INPUT_MAX / sizeof much);
    assert_true(oscar_conn_next(c, &e));
    assert_int_equal(e.kind, OSCAR_SIGNED_OFF);
    assert_false(oscar_conn_next(c, &e));
    oscar_conn_free(c);
}

static void requests_wait_while_their_answers_do(void **state)
{
    enum { PAUSE = 8192, ASKED = 1000 };
    uint8_t ask[] = {'*', 2, 0, 0, 0, 10, 0, 1, 0, 6, 0, 0, 0, 0, 0, 7};
    struct rng rng;
    struct oscar_conn_conf conf = {.rng = &rng, .output_pause = PAUSE};
    struct oscar_conn *c;
    struct oscar_self self = {.user = talk_alice};
    struct oscar_event e;
    struct span out;
    struct flap f;
    size_t answers = 0, before, most = 0;

    (void)state;
    rng_init_fixed(&rng, 1);
    c = oscar_conn_new(&conf, 0);
    assert_int_equal(oscar_conn_feed(c, SPAN("*\1\0\0\0\x0A\0\0\0\1\0\6\0\2BB"), 0), OK);
    assert_true(oscar_conn_next(c, &e));
    oscar_conn_welcome(c, 0, &self);
    oscar_conn_sent(c, oscar_conn_output(c).n);
    for (int i = 1; i <= ASKED; i++) {
        ask[2] = (uint8_t)(i >> 8);
        ask[3] = (uint8_t)i;
        assert_int_equal(oscar_conn_feed(c, span_of(ask, sizeof ask), 0), OK);
    }
    do {
        before = answers;
        assert_false(oscar_conn_next(c, &e));
        out = oscar_conn_output(c);
        most = out.n > most ? out.n : most;
        while (flap_read(&out, &f) == FRAME_WHOLE)
            answers++;
        oscar_conn_sent(c, oscar_conn_output(c).n);
    } while (answers > before);
    assert_int_equal(answers, ASKED);
    assert_in_range(most, PAUSE, PAUSE + FLAP_OUT_MAX);
    oscar_conn_free(c);
}

static void sequence_numbers_begin_at_100_and_wrap_at_16_bits(void **state)
{
    struct talk t = {0};
    struct flap f;
    uint16_t want = FLAP_FIRST_SEQ;
    uint32_t frames = 0;

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    buf_reset(&t.frames);
    for (int i = 0; i < 70000; i++) {
        struct span out;

        oscar_conn_departed(t.c, SPAN("bob"));
        out = oscar_conn_output(t.c);
        assert_int_equal(flap_read(&out, &f), FRAME_WHOLE);
        if (frames++ == 0)
            want = f.seq;
        assert_int_equal(f.seq, want);
        want++;
        oscar_conn_sent(t.c, 1000);
    }
    talk_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sign_on_must_finish_in_thirty_seconds),
        cmocka_unit_test(silence_is_answered_by_keep_alives_and_then_the_end),
        cmocka_unit_test(a_client_without_a_list_is_online_after_a_moment),
        cmocka_unit_test(what_makes_no_sense_is_refused_or_ends_the_connection),
        cmocka_unit_test(a_burst_is_warned_then_dropped_then_cut),
        cmocka_unit_test(a_pause_clears_a_limit),
        cmocka_unit_test(a_limit_ends_by_itself),
        cmocka_unit_test(a_warned_user_hears_of_closer_limits),
        cmocka_unit_test(notices_go_to_those_who_want_them),
        cmocka_unit_test(without_limits_nothing_is_counted),
        cmocka_unit_test(a_reader_that_does_not_read_is_given_up),
        cmocka_unit_test(input_that_nobody_pulls_is_bounded),
        cmocka_unit_test(requests_wait_while_their_answers_do),
        cmocka_unit_test(sequence_numbers_begin_at_100_and_wrap_at_16_bits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
