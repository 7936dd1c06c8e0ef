/* Every end of a message: each row of the table of answers, each SIP status, each AIM error; and
 * who is typing. */
#include "mapping/outcome.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mapping/typing.h"

/* status, AIM error of the message, effect on a first SUBSCRIBE and on a refresh: as the
 * reference's table has it. */
static const struct {
    unsigned status, aim;
    enum sub_effect initial, refresh;
    enum im_retry retry;
} answers[] = {
    {200, 0x00, SUB_ACTIVE, SUB_ACTIVE, IM_NO_RETRY},
    {202, 0x00, SUB_ACTIVE, SUB_ACTIVE, IM_NO_RETRY},
    {204, 0x00, SUB_ACTIVE, SUB_ACTIVE, IM_NO_RETRY},
    {300, 0x05, SUB_FOLLOW, SUB_FOLLOW, IM_FOLLOW},
    {301, 0x05, SUB_FOLLOW, SUB_FOLLOW, IM_FOLLOW},
    {302, 0x05, SUB_FOLLOW, SUB_FOLLOW, IM_FOLLOW},
    {305, 0x05, SUB_END, SUB_END, IM_NO_RETRY},
    {380, 0x05, SUB_END, SUB_END, IM_NO_RETRY},
    {400, 0x0E, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {401, 0x0F, SUB_END, SUB_KEEP, IM_CREDENTIALS},
    {407, 0x0F, SUB_END, SUB_KEEP, IM_CREDENTIALS},
    {402, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {403, 0x0D, SUB_STOP, SUB_STOP, IM_NO_RETRY},
    {404, 0x04, SUB_STOP, SUB_END, IM_NO_RETRY},
    {604, 0x04, SUB_STOP, SUB_END, IM_NO_RETRY},
    {405, 0x09, SUB_STOP, SUB_END, IM_NO_RETRY},
    {501, 0x09, SUB_STOP, SUB_END, IM_NO_RETRY},
    {406, 0x09, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {488, 0x09, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {606, 0x09, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {408, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {410, 0x04, SUB_STOP, SUB_END, IM_NO_RETRY},
    {412, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {413, 0x0B, SUB_END, SUB_KEEP, IM_SPLIT},
    {513, 0x0B, SUB_END, SUB_KEEP, IM_SPLIT},
    {414, 0x04, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {484, 0x04, SUB_STOP, SUB_END, IM_NO_RETRY},
    {415, 0x09, SUB_END, SUB_KEEP, IM_PLAIN},
    {416, 0x05, SUB_AGAIN, SUB_END, IM_AS_SIP},
    {420, 0x08, SUB_AGAIN, SUB_KEEP, IM_OTHER_TAGS},
    {421, 0x08, SUB_AGAIN, SUB_KEEP, IM_OTHER_TAGS},
    {422, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {424, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {425, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {428, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {429, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {433, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {436, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {437, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {438, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {469, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {470, 0x0D, SUB_STOP, SUB_KEEP, IM_NO_RETRY},
    {423, 0x0D, SUB_LONGER, SUB_LONGER, IM_NO_RETRY},
    {430, 0x13, SUB_END, SUB_KEEP, IM_NEXT_FLOW},
    {439, 0x13, SUB_END, SUB_KEEP, IM_NEXT_FLOW},
    {440, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {482, 0x05, SUB_END, SUB_END, IM_NO_RETRY},
    {483, 0x05, SUB_END, SUB_END, IM_NO_RETRY},
    {480, 0x13, SUB_END, SUB_END, IM_NO_RETRY},
    {481, 0x05, SUB_END, SUB_AT_ONCE, IM_FRESH},
    {485, 0x16, SUB_STOP, SUB_END, IM_NO_RETRY},
    {486, 0x13, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {600, 0x13, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {487, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {491, 0x05, SUB_END, SUB_KEEP, IM_SOON},
    {493, 0x0D, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {494, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {489, 0x05, SUB_STOP, SUB_STOP, IM_NO_RETRY},
    {500, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {502, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {504, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {503, 0x05, SUB_KEEP, SUB_KEEP, IM_NEXT_SERVER},
    {505, 0x08, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {555, 0x08, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {580, 0x08, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {603, 0x0A, SUB_STOP, SUB_STOP, IM_NO_RETRY},
    {607, 0x0D, SUB_STOP, SUB_STOP, IM_NO_RETRY},
    {608, 0x0D, SUB_STOP, SUB_STOP, IM_NO_RETRY},
    {499, 0x0D, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {599, 0x05, SUB_END, SUB_KEEP, IM_NO_RETRY},
    {699, 0x0A, SUB_END, SUB_KEEP, IM_NO_RETRY},
};

static void every_answer_of_the_table_means_what_it_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
        struct sip_verdict v = outcome_from_sip(answers[i].status);

        if (outcome_row(v.outcome)->aim_error != answers[i].aim ||
            v.initial != answers[i].initial || v.refresh != answers[i].refresh ||
            v.retry != answers[i].retry)
            fail_msg("%u: %s", answers[i].status, outcome_row(v.outcome)->name);
    }
    assert_true(outcome_from_sip(480).note_retry_after);
    assert_true(outcome_from_sip(500).note_retry_after);
    assert_true(outcome_from_sip(503).note_retry_after);
}

static void every_status_has_an_end(void **state)
{
    /* RFC 6665 4.1.2.2 and ours: these answers to a refresh end the subscription */
    static const unsigned ends[] = {403, 404, 405, 410, 416, 480, 481, 482, 483,
                                    484, 485, 489, 501, 603, 604, 607, 608};

    (void)state;
    for (unsigned status = 200; status < 700; status++) {
        struct sip_verdict v = outcome_from_sip(status);
        bool over = v.refresh == SUB_END || v.refresh == SUB_STOP || v.refresh == SUB_AT_ONCE;
        bool listed = status >= 303 && status < 400;

        for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
            listed = listed || ends[i] == status;
        assert_int_equal(outcome_is_success(v.outcome), status < 300);
        assert_int_equal(outcome_row(v.outcome)->aim_error == 0, status < 300);
        assert_int_not_equal(outcome_row(v.outcome)->aim_error, 0x10); /* the sender's own list */
        if (over != listed)
            fail_msg("%u", status);
    }
    assert_int_equal(outcome_from_sip(0).outcome, OUTCOME_FAILED);
    assert_int_equal(outcome_from_sip(700).outcome, OUTCOME_FAILED);
}

static void every_row_is_whole(void **state)
{
    (void)state;
    for (unsigned o = 0; o < OUTCOME__COUNT; o++) {
        const struct outcome_row *row = outcome_row((enum outcome)o);

        assert_non_null(row->name);
        assert_non_null(row->text);
        assert_true(row->sip_status >= 200 && row->sip_status < 700);
        assert_int_not_equal(row->sip_status, 408); /* RFC 4320 4.2 */
        assert_int_equal(row->sip_status < 300, row->aim_error == 0);
        assert_true(row->when == NOTICE_NEVER || row->notice);
        assert_true(row->missed >= MISSED_NONE && row->missed <= 4);
        if (row->sip_status == 503) /* never for one user or one sender */
            assert_true(o == OUTCOME_AIM_DOWN || o == OUTCOME_OVERLOAD);
    }
}

static void aim_conditions_answer_sip(void **state)
{
    static const struct {
        enum outcome o;
        unsigned status, retry;
        int missed;
    } rows[] = {
        {OUTCOME_DELIVERED, 200, 0, -1},     {OUTCOME_STORED, 202, 0, -1},
        {OUTCOME_NO_USER, 404, 0, -1},       {OUTCOME_OFFLINE, 480, 600, -1},
        {OUTCOME_STORE_FULL, 480, 600, -1},  {OUTCOME_BLOCKED, 403, 0, -1},
        {OUTCOME_REFUSED, 603, 0, -1},       {OUTCOME_RATE, 480, 30, 2},
        {OUTCOME_SENDER_EVIL, 480, 300, 3},  {OUTCOME_RECEIVER_EVIL, 480, 300, 4},
        {OUTCOME_TOO_LONG, 413, 0, 1},       {OUTCOME_NOT_CONVERTED, 500, 0, 0},
        {OUTCOME_TYPE_REFUSED, 415, 0, -1},  {OUTCOME_AIM_UNAVAILABLE, 480, 120, -1},
        {OUTCOME_AIM_DOWN, 503, 120, -1},    {OUTCOME_CLIENT_CANNOT, 488, 0, -1},
        {OUTCOME_DENIED, 403, 0, -1},        {OUTCOME_BUSY, 480, 60, -1},
        {OUTCOME_QUEUE_FULL, 480, 30, -1},   {OUTCOME_NO_MATCH, 404, 0, -1},
        {OUTCOME_LIST_OVERFLOW, 480, 0, -1}, {OUTCOME_AMBIGUOUS, 485, 0, -1},
        {OUTCOME_LOST, 480, 0, -1},          {OUTCOME_NOT_ON_AOL, 480, 0, -1},
        {OUTCOME_HELD_FULL, 480, 300, -1},   {OUTCOME_STRANGERS_FULL, 480, 600, -1},
        {OUTCOME_NOT_PROVEN, 401, 0, -1},    {OUTCOME_NO_ANSWER, 480, 0, -1},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const struct outcome_row *row = outcome_row(rows[i].o);

        if (row->sip_status != rows[i].status || row->retry_after != rows[i].retry ||
            row->missed != rows[i].missed)
            fail_msg("%s", row->name);
    }
    /* who blocks and wants to look signed off looks like that to the last header */
    assert_int_equal(outcome_as_shown(OUTCOME_BLOCKED, true), OUTCOME_OFFLINE);
    assert_int_equal(outcome_to_sip(OUTCOME_REFUSED, true), 480);
    assert_int_equal(outcome_to_sip(OUTCOME_BLOCKED, false), 403);
}

static void aim_errors_have_an_end(void **state)
{
    static const unsigned sip[] = {200, 500, 480, 480, 480, 480, 500, 500, 500, 488, 603, 413, 480,
                                   403, 500, 403, 403, 480, 480, 480, 404, 480, 485, 480, 480};

    (void)state;
    for (unsigned i = 0; i < sizeof sip / sizeof *sip; i++)
        if (outcome_to_sip(outcome_from_aim(i), false) != sip[i])
            fail_msg("0x%02x", i);
    assert_int_equal(outcome_from_aim(0x19), OUTCOME_INTERNAL);
    for (int e = 0; e < ERR__COUNT; e++)
        assert_int_equal(outcome_is_success(outcome_from_err((enum err)e)),
                         e == OK || e == ERR_NOT_FOUND);
}

static void ends_without_an_answer_have_a_verdict(void **state)
{
    (void)state;
    assert_int_equal(outcome_verdict(OUTCOME_DOMAIN_UNKNOWN).initial, SUB_STOP);
    assert_int_equal(outcome_verdict(OUTCOME_NO_ROUTE).initial, SUB_END);
    assert_int_equal(outcome_verdict(OUTCOME_CONNECT_FAILED).retry, IM_NEXT_SERVER);
    assert_int_equal(outcome_verdict(OUTCOME_TIMEOUT).retry, IM_NO_RETRY);
    assert_int_equal(outcome_verdict(OUTCOME_TIMEOUT).refresh, SUB_KEEP);
    assert_int_equal(outcome_verdict(OUTCOME_PEER_REFUSED).refresh, SUB_STOP);
    assert_int_equal(outcome_when_offline(OUTCOME_BUSY, true), OUTCOME_OFFLINE);
    assert_int_equal(outcome_when_offline(OUTCOME_BUSY, false), OUTCOME_BUSY);
}

static void notices_name_who_and_where(void **state)
{
    struct buf b = {0};

    (void)state;
    outcome_notice(&b, OUTCOME_NO_USER, SPAN("bob@example.com"), SPAN("example.com"));
    assert_true(span_is(buf_span(&b), "No such user: bob@example.com"));
    buf_reset(&b);
    outcome_notice(&b, OUTCOME_LINK_DOWN, SPAN("bob@example.com"), SPAN("example.com"));
    assert_true(span_is(buf_span(&b), "example.com is unreachable; your own service works"));
    buf_reset(&b);
    outcome_notice(&b, OUTCOME_OFFLINE, SPAN("x"), SPAN("y"));
    assert_int_equal(b.n, 0);
    buf_fini(&b);
}

/* ---- typing ---- */

static void typing_is_told_to_sip_after_a_message(void **state)
{
    struct typing_to_sip t = {0};
    uint64_t now = 1000000;

    (void)state;
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now), TYPING_SEND_NOTHING);
    typing_content(&t, now);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now), TYPING_SEND_ACTIVE);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now + 10), TYPING_SEND_NOTHING);
    assert_int_equal(typing_deadline(&t), now + 60000);
    assert_int_equal(typing_tick(&t, true, now + 59999), TYPING_SEND_NOTHING);
    assert_int_equal(typing_tick(&t, true, now + 60000), TYPING_SEND_ACTIVE);
    assert_int_equal(typing_tick(&t, true, now + 120000), TYPING_SEND_ACTIVE);
    assert_int_equal(typing_tick(&t, true, now + 180000), TYPING_SEND_ACTIVE);
    assert_int_equal(typing_event(&t, AIM_TYPING_TYPED, true, now + 200000), TYPING_SEND_IDLE);
    assert_int_equal(typing_event(&t, AIM_TYPING_CLOSED, true, now + 200001), TYPING_SEND_NOTHING);
    assert_true(typing_deadline(&t) == UINT64_MAX);
    /* a day later nobody remembers */
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now + 86400000), TYPING_SEND_NOTHING);
}

/* What they write lets us tell them, and does not say that our side stopped typing. */
static void a_message_of_theirs_leaves_our_typing_as_it_is(void **state)
{
    struct typing_to_sip t = {0};

    (void)state;
    typing_heard(&t, 0);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, 10), TYPING_SEND_ACTIVE);
    typing_heard(&t, 20);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, 30), TYPING_SEND_NOTHING);
    assert_int_equal(typing_event(&t, AIM_TYPING_NONE, true, 40), TYPING_SEND_IDLE);
}

static void typing_is_not_told_to_who_refused_it(void **state)
{
    struct typing_to_sip t = {0};
    uint64_t now = 1000000;

    (void)state;
    typing_content(&t, now);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, false, now), TYPING_SEND_NOTHING);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now), TYPING_SEND_ACTIVE);
    typing_refused(&t, now);
    typing_content(&t, now + 1);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now + 2), TYPING_SEND_NOTHING);
    typing_content(&t, now + 86400000);
    assert_int_equal(typing_event(&t, AIM_TYPING_BEGUN, true, now + 86400001), TYPING_SEND_ACTIVE);
    /* a message says it all */
    typing_content(&t, now + 86400002);
    assert_int_equal(typing_event(&t, AIM_TYPING_NONE, true, now + 86400003), TYPING_SEND_NOTHING);
}

static void typing_from_sip_ends_by_itself(void **state)
{
    struct typing_from_sip t = {0};
    enum aim_typing event;

    (void)state;
    assert_false(typing_state(&t, false, 0, 1000, &event));
    assert_true(typing_state(&t, true, 0, 1000, &event));
    assert_int_equal(event, AIM_TYPING_BEGUN);
    assert_false(typing_due(&t, 120999));
    assert_true(typing_due(&t, 121000));
    assert_true(typing_over(&t, &event));
    assert_int_equal(event, AIM_TYPING_NONE);
    assert_false(typing_over(&t, &event));
    assert_true(typing_state(&t, true, 60, 1000, &event));
    assert_true(typing_due(&t, 61000));
    assert_true(typing_state(&t, false, 0, 2000, &event));
    assert_int_equal(event, AIM_TYPING_NONE);
    assert_true(typing_state(&t, true, UINT32_MAX, 0, &event));
    assert_int_equal(t.until, 86400000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_answer_of_the_table_means_what_it_says),
        cmocka_unit_test(every_status_has_an_end),
        cmocka_unit_test(every_row_is_whole),
        cmocka_unit_test(aim_conditions_answer_sip),
        cmocka_unit_test(aim_errors_have_an_end),
        cmocka_unit_test(ends_without_an_answer_have_a_verdict),
        cmocka_unit_test(notices_name_who_and_where),
        cmocka_unit_test(typing_is_told_to_sip_after_a_message),
        cmocka_unit_test(a_message_of_theirs_leaves_our_typing_as_it_is),
        cmocka_unit_test(typing_is_not_told_to_who_refused_it),
        cmocka_unit_test(typing_from_sip_ends_by_itself),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
