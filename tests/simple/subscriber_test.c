/* We watch them: SUBSCRIBE out, NOTIFY in (RFC 6665 4.1). */
#include "tests/simple/sip_world.h"

struct seen { /* of the SUBSCRIBE that went out, for the peer's NOTIFYs */
    char call[64], tag[64];
};

static struct sip_sub *subscribes(struct world *w, uint32_t expires, struct seen *seen)
{
    struct sip_sub_want want = {
        .from_uri = SPAN("sip:al@aim.example"),
        .from_display = SPAN("Al"),
        .to_uri = SPAN("sip:bob@peer.example"),
        .headers = SPAN("P-Asserted-Identity: <sip:al@aim.example>\r\n"),
        .expires = expires,
        .hop = PEER_UDP,
    };
    struct sip_sub *s = sip_sub_new(w->core, &want, 55, w->now);

    assert_non_null(s);
    expect_out(w, "SUBSCRIBE sip:bob@peer.example SIP/2.0\r\n");
    snprintf(seen->call, sizeof seen->call, "%s", out_value(w, "Call-ID"));
    snprintf(seen->tag, sizeof seen->tag, "%s", out_tag(w, "From"));
    return s;
}

struct told {
    unsigned cseq;
    const char *state;    /* Subscription-State */
    const char *from_tag; /* peer */
    const char *headers;  /* Contact and Event unless given */
    const char *body;
};

static void notifies(struct world *w, const struct seen *seen, const struct told *t)
{
    char headers[1024], branch[32];
    const char *more =
        t->headers ? t->headers : "Event: presence\nContact: <sip:server.peer.example:5070>\n";

    snprintf(branch, sizeof branch, "n%u%s", t->cseq, t->from_tag ? t->from_tag : "");
    if (t->state)
        snprintf(headers, sizeof headers, "%sSubscription-State: %s\n", more, t->state);
    else
        snprintf(headers, sizeof headers, "%s", more);
    asks(w, &(struct ask){.method = "NOTIFY",
                          .uri = "sip:gw.aim.example:5060",
                          .branch = branch,
                          .call_id = seen->call,
                          .to_tag = seen->tag,
                          .from_tag = t->from_tag ? t->from_tag : "peer",
                          .cseq = t->cseq,
                          .headers = headers,
                          .body = t->body});
}

/* Past the first NOTIFY, all answered. */
static struct sip_sub *stands(struct world *w, uint32_t expires, struct seen *seen)
{
    struct sip_sub *s = subscribes(w, expires, seen);
    char state[64];

    answers(w, 200, "Expires: 3600\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    snprintf(state, sizeof state, "active;expires=%u", expires);
    notifies(w, seen, &(struct told){.cseq = 10, .state = state, .body = "<open/>"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY);
    sip_core_answer(w->core, w->ev.txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 OK");
    return s;
}

/* Time passes until something is sent. */
static void until_it_sends(struct world *w, const char *what)
{
    uint64_t give_up = w->now + 4000000;

    while (!next_out(w) && w->now < give_up) {
        w->now = sip_core_deadline(w->core);
        tick(w);
    }
    assert_memory_equal(w->out, what, strlen(what));
}

static void the_first_subscribe_has_all_it_needs(void **state)
{
    struct world *w = *state;
    struct seen seen;

    subscribes(w, 3600, &seen); /* S-282 */
    out_has(w, "\r\nEvent: presence\r\n");
    out_has(w, "\r\nAccept: application/pidf+xml\r\n");
    out_has(w, "\r\nExpires: 3600\r\n");
    out_has(w, "\r\nContact: <sip:gw.aim.example:5060>\r\n");
    out_has(w, "\r\nFrom: \"Al\" <sip:al@aim.example>;tag=");
    out_has(w, "\r\nTo: <sip:bob@peer.example>\r\n");
    out_has(w, "\r\nP-Asserted-Identity: <sip:al@aim.example>\r\n");
    out_has(w, "\r\nCSeq: 1 SUBSCRIBE\r\n");
}

static void accepted_then_told(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = subscribes(w, 3600, &seen);

    answers(w, 200, "Expires: 1800\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    assert_int_equal(w->ev.expires, 1800);
    assert_int_equal(w->ev.owner, 55);
    assert_ptr_equal(w->ev.sub, s);
    notifies(w, &seen, &(struct told){.cseq = 10, .state = "pending;expires=1800"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY);
    assert_int_equal(w->ev.state, SIP_SUBSTATE_PENDING);
    assert_true(sip_core_answer(w->core, w->ev.txn, 200, w->now));
    expect_out(w, "SIP/2.0 200 OK");
    notifies(w, &seen,
             &(struct told){.cseq = 11, .state = "active;expires=1790", .body = "<open/>"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY);
    assert_int_equal(w->ev.state, SIP_SUBSTATE_ACTIVE);
    assert_int_equal(w->ev.expires, 1790);
    assert_true(span_is(w->ev.msg->body, "<open/>"));
    assert_true(sip_core_answer(w->core, w->ev.txn, 400, w->now)); /* the gateway found it broken */
    expect_out(w, "SIP/2.0 400 ");
    assert_true(span_is(sip_sub_next_uri(s), "sip:server.peer.example:5070"));
}

static void notify_may_come_first(void **state)
{
    struct world *w = *state;
    struct seen seen;
    char subscribe[4096];

    subscribes(w, 3600, &seen);
    strcpy(subscribe, w->out);
    notifies(w, &seen, &(struct told){.cseq = 1, .state = "active;expires=600", .body = "<open/>"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY); /* S-284 */
    sip_core_answer(w->core, w->ev.txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 OK");
    strcpy(w->out, subscribe);
    answers(w, 202, "Expires: 600\n"); /* S-256: an old peer's 202 is a 200 */
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    wait_ms(w, 400000);
    expect_no_event(w); /* Timer N was stopped */
}

static void a_silent_notifier_fails_after_timer_n(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = subscribes(w, 3600, &seen);

    answers(w, 200, "Expires: 3600\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    wait_ms(w, 31999);
    expect_no_event(w);
    wait_ms(w, 1); /* S-285: 64*T1 */
    expect_event(w, SIP_EVENT_SUB_FAILED);
    assert_ptr_equal(w->ev.sub, s);
    assert_int_equal(w->ev.status, 408);
    assert_int_equal(w->ev.cause, SIP_BY_TIMEOUT);
    expect_no_event(w);
    assert_int_equal(counts(w).subs, 0);
}

static void timer_n_guards_each_refresh(void **state)
{
    struct world *w = *state;
    struct seen seen;

    stands(w, 3600, &seen);
    until_it_sends(w, "SUBSCRIBE ");
    answers(w, 200, "Expires: 3600\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    wait_ms(w, 31999);
    expect_no_event(w);
    wait_ms(w, 1); /* S-285: also after a refresh */
    expect_event(w, SIP_EVENT_SUB_ENDED);
    assert_int_equal(w->ev.status, 408);
    assert_int_equal(w->ev.cause, SIP_BY_TIMEOUT);
}

static void the_second_branch_of_a_fork_is_sent_away(void **state)
{
    struct world *w = *state;
    struct seen seen;

    stands(w, 3600, &seen);
    notifies(w, &seen, &(struct told){.cseq = 1, .state = "active", .from_tag = "fork2"});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 481 "); /* S-286 */
}

static void each_bad_notify_has_its_answer(void **state)
{
    static const struct {
        struct told told;
        const char *answer;
    } rows[] = {
        /* S-288 */
        {{.cseq = 20, .state = "active", .headers = "Event: foo\n"}, "SIP/2.0 489 "},
        {{.cseq = 21, .state = "active", .headers = "Subject: x\n"}, "SIP/2.0 489 "},
        {{.cseq = 22, .headers = "Event: presence\n"}, "SIP/2.0 400 Missing Subscription-State"},
        {{.cseq = 23, .state = "active", .headers = "Event: presence;id=4\n"}, "SIP/2.0 481 "},
        {{.cseq = 9, .state = "active"}, "SIP/2.0 500 "}, /* S-294: an older one */
    };
    struct world *w = *state;
    struct seen seen;

    stands(w, 3600, &seen);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        notifies(w, &seen, &rows[i].told);
        expect_no_event(w);
        expect_out(w, rows[i].answer);
    }
    memcpy(seen.tag, "zzzz", 4);
    notifies(w, &seen, &(struct told){.cseq = 24, .state = "active"});
    expect_out(w, "SIP/2.0 481 ");
}

static void a_refresh_comes_in_time_by_the_route_of_notify(void **state)
{
    struct world *w = *state;
    struct seen seen;
    uint64_t start;

    subscribes(w, 3600, &seen);
    answers(w, 200, "Expires: 3600\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    start = w->now;
    notifies(w, &seen,
             &(struct told){.cseq = 10,
                            .state = "active;expires=3600",
                            .headers = "Event: presence\nContact: <sip:s.peer.example>\n"
                                       "Record-Route: <sip:p9.peer.example;lr>\n"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY);
    sip_core_answer(w->core, w->ev.txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 OK");
    until_it_sends(w, "SUBSCRIBE sip:s.peer.example SIP/2.0\r\n");
    assert_in_range(w->now - start, 2900000, 3240000);     /* S-289 */
    out_has(w, "\r\nRoute: <sip:p9.peer.example;lr>\r\n"); /* S-287 */
    out_has(w, "\r\nTo: <sip:bob@peer.example>;tag=peer\r\n");
    out_has(w, "\r\nCSeq: 2 SUBSCRIBE\r\n");
    assert_string_equal(out_value(w, "Call-ID"), seen.call);
    answers(w, 200, "Expires: 3600\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
}

static void notify_may_shorten_the_time(void **state)
{
    struct world *w = *state;
    struct seen seen;

    stands(w, 3600, &seen);
    notifies(w, &seen, &(struct told){.cseq = 11, .state = "active;expires=100"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY);
    sip_core_answer(w->core, w->ev.txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 OK");
    wait_ms(w, 49999); /* M-611: at least half of it */
    expect_no_out(w);
    wait_ms(w, 20001); /* min(0.9*100, 100-30) */
    expect_out(w, "SUBSCRIBE ");
}

static void each_answer_to_a_refresh_ends_it_or_not(void **state)
{
    static const struct {
        int status;
        bool ends;
    } rows[] = {
        /* S-290; 403 and 603: they do not want us any more */
        {404, true},  {405, true},  {410, true},  {416, true}, {480, true}, {481, true},
        {482, true},  {483, true},  {484, true},  {485, true}, {489, true}, {501, true},
        {604, true},  {403, true},  {603, true},  {607, true}, {608, true}, {500, false},
        {503, false}, {486, false}, {408, false},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen;
        struct sip_sub *s = stands(w, 3600, &seen);

        until_it_sends(w, "SUBSCRIBE ");
        answers(w, rows[i].status, NULL);
        if (rows[i].ends) {
            expect_event(w, SIP_EVENT_SUB_ENDED);
            assert_int_equal(w->ev.status, rows[i].status);
        } else {
            expect_event(w, SIP_EVENT_SUB_DELAYED);
            assert_int_equal(w->ev.status, rows[i].status);
            assert_int_equal(w->ev.cause, SIP_BY_PEER);
            expect_no_event(w);
            until_it_sends(w, "SUBSCRIBE "); /* tried again before it runs out */
            answers(w, 200, "Expires: 3600\n");
            expect_event(w, SIP_EVENT_SUB_ACCEPTED);
            sip_sub_end(w->core, s, w->now);
            expect_out(w, "SUBSCRIBE ");
            answers(w, 481, NULL);
        }
        expect_no_event(w);
        assert_int_equal(counts(w).subs, 0);
    }
}

/* M-655: while the link is down nothing is sent; M-656: then the whole state is asked for. */
static void a_held_one_is_silent_until_it_is_refreshed(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = stands(w, 3600, &seen);

    sip_sub_hold(w->core, s);
    wait_ms(w, 3500 * 1000); /* the refresh would have been due at 3240 s at the latest */
    assert_false(next_out(w));
    sip_sub_refresh(w->core, s, w->now);
    tick(w);
    expect_out(w, "SUBSCRIBE ");
    assert_string_equal(out_value(w, "Call-ID"), seen.call);
    sip_sub_hold(w->core, s); /* the answer does not wake it */
    answers(w, 200, "Expires: 3600\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    notifies(w, &seen, &(struct told){.cseq = 11, .state = "active;expires=3600"});
    expect_event(w, SIP_EVENT_SUB_NOTIFY);
    sip_core_answer(w->core, w->ev.txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 OK");
    wait_ms(w, 3500 * 1000);
    assert_false(next_out(w));
    wait_ms(w, 101 * 1000); /* M-661: but it does not outlive what was granted */
    expect_event(w, SIP_EVENT_SUB_ENDED);
    assert_int_equal(w->ev.reason, SIP_REASON_TIMEOUT);
}

static void without_a_refresh_it_runs_out(void **state)
{
    struct world *w = *state;
    struct seen seen;

    stands(w, 3600, &seen);
    until_it_sends(w, "SUBSCRIBE ");
    for (int i = 0; i < 3600 / 30 && w->ev.kind != SIP_EVENT_SUB_ENDED; i++) {
        answers(w, 500, NULL);
        (void)sip_core_next(w->core, &w->ev); /* delayed, or over */
        wait_ms(w, 30000);
        while (next_out(w)) {
        }
    }
    assert_int_equal(w->ev.kind, SIP_EVENT_SUB_ENDED);
    assert_int_equal(w->ev.reason, SIP_REASON_TIMEOUT);
    expect_no_event(w);
    assert_int_equal(counts(w).subs, 0);
}

static void too_brief_asks_for_longer(void **state)
{
    struct world *w = *state;
    struct seen seen;

    subscribes(w, 60, &seen);
    answers(w, 423, "Min-Expires: 1200\n"); /* S-291 */
    expect_no_event(w);
    expect_out(w, "SUBSCRIBE ");
    out_has(w, "\r\nExpires: 1200\r\n");
    out_has(w, "\r\nCSeq: 2 SUBSCRIBE\r\n");
    answers(w, 423, "Min-Expires: 100\n");
    expect_event(w, SIP_EVENT_SUB_FAILED);
    assert_int_equal(w->ev.status, 423);
}

static void a_refused_subscribe_is_told(void **state)
{
    struct world *w = *state;
    struct seen seen;

    subscribes(w, 3600, &seen);
    answers(w, 489, "Retry-After: 77\n"); /* S-292: the peer has no presence */
    expect_event(w, SIP_EVENT_SUB_FAILED);
    assert_int_equal(w->ev.status, 489);
    assert_int_equal(w->ev.retry_after, 77);
    assert_non_null(w->ev.msg);
    expect_no_event(w);
    assert_int_equal(counts(w).subs, 0);
    subscribes(w, 3600, &seen);
    sip_core_send_failed(w->core, w->id, w->now);
    expect_event(w, SIP_EVENT_SUB_FAILED);
    assert_int_equal(w->ev.cause, SIP_BY_TRANSPORT);
}

static void each_reason_of_an_end_is_told(void **state)
{
    static const struct {
        const char *state;
        enum sip_sub_reason reason;
        uint32_t retry_after;
    } rows[] = {
        /* S-293 */
        {"terminated;reason=deactivated", SIP_REASON_DEACTIVATED, 0},
        {"terminated;reason=probation;retry-after=60", SIP_REASON_PROBATION, 60},
        {"terminated;reason=rejected", SIP_REASON_REJECTED, 0},
        {"terminated;reason=timeout", SIP_REASON_TIMEOUT, 0},
        {"terminated;reason=giveup;retry-after=9", SIP_REASON_GIVEUP, 9},
        {"terminated;reason=noresource", SIP_REASON_NORESOURCE, 0},
        {"terminated;reason=invariant", SIP_REASON_INVARIANT, 0},
        {"terminated;reason=whatever", SIP_REASON_NONE, 0},
        {"terminated", SIP_REASON_NONE, 0},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct seen seen;

        stands(w, 3600, &seen);
        notifies(w, &seen, &(struct told){.cseq = 11, .state = rows[i].state, .body = "<bye/>"});
        expect_event(w, SIP_EVENT_SUB_ENDED);
        assert_int_equal(w->ev.reason, rows[i].reason);
        assert_int_equal(w->ev.retry_after, rows[i].retry_after);
        assert_true(span_is(w->ev.msg->body, "<bye/>"));
        expect_out(w, "SIP/2.0 200 OK");
        expect_no_event(w);
        assert_int_equal(counts(w).subs, 0);
        notifies(w, &seen, &(struct told){.cseq = 12, .state = "active"});
        expect_out(w, "SIP/2.0 481 ");
    }
}

static void a_fetch_ends_with_its_document(void **state)
{
    struct world *w = *state;
    struct seen seen;

    subscribes(w, 0, &seen);
    out_has(w, "\r\nExpires: 0\r\n");
    answers(w, 200, "Expires: 0\n");
    expect_event(w, SIP_EVENT_SUB_ACCEPTED);
    notifies(w, &seen,
             &(struct told){.cseq = 1, .state = "terminated;reason=timeout", .body = "<open/>"});
    expect_event(w, SIP_EVENT_SUB_ENDED);
    assert_true(span_is(w->ev.msg->body, "<open/>"));
    expect_out(w, "SIP/2.0 200 OK");
    expect_no_event(w);
    assert_int_equal(counts(w).subs, 0);
}

static void leaving_waits_for_the_last_notify(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = stands(w, 3600, &seen);

    sip_sub_end(w->core, s, w->now);
    expect_out(w, "SUBSCRIBE "); /* S-298 */
    out_has(w, "\r\nExpires: 0\r\n");
    answers(w, 200, "Expires: 0\n");
    notifies(w, &seen, &(struct told){.cseq = 11, .state = "active;expires=20", .body = "<late/>"});
    expect_out(w, "SIP/2.0 200 OK");
    notifies(w, &seen,
             &(struct told){.cseq = 12, .state = "terminated;reason=timeout", .body = "<x/>"});
    expect_out(w, "SIP/2.0 200 OK");
    expect_no_event(w);
    assert_int_equal(counts(w).subs, 0);
}

static void leaving_a_silent_peer_ends_with_timer_n(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = stands(w, 3600, &seen);

    sip_sub_end(w->core, s, w->now);
    expect_out(w, "SUBSCRIBE ");
    answers(w, 200, NULL);
    wait_ms(w, 32000);
    expect_no_event(w);
    assert_int_equal(counts(w).subs, 0);
}

static void leaving_before_the_answer_says_so_once_there_is_a_dialog(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = subscribes(w, 3600, &seen);

    sip_sub_end(w->core, s, w->now);
    expect_no_out(w);
    answers(w, 200, "Expires: 3600\n");
    expect_no_out(w);
    expect_no_event(w);
    notifies(w, &seen,
             &(struct told){.cseq = 1, .state = "active;expires=3600", .body = "<open/>"});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 OK");
    expect_out(w, "SUBSCRIBE sip:server.peer.example:5070 ");
    out_has(w, "\r\nExpires: 0\r\n");
    answers(w, 200, NULL);
    notifies(w, &seen, &(struct told){.cseq = 2, .state = "terminated"});
    expect_out(w, "SIP/2.0 200 OK");
    assert_int_equal(counts(w).subs, 0);
}

static void the_end_of_what_just_ended_is_harmless(void **state)
{
    struct world *w = *state;
    struct seen seen;
    struct sip_sub *s = subscribes(w, 3600, &seen);

    wait_ms(w, 32000);
    sip_sub_end(w->core, s, w->now); /* its end was not pulled yet */
    while (sip_core_next(w->core, &w->ev))
        assert_int_equal(w->ev.kind, SIP_EVENT_SUB_FAILED);
    assert_int_equal(counts(w).subs, 0);
}

static void over_the_bound_nobody_is_watched(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();
    struct seen seen;

    sip_core_free(w->core);
    conf.max_subs = 1;
    world_open(w, &conf);
    subscribes(w, 3600, &seen);
    assert_null(sip_sub_new(w->core,
                            &(struct sip_sub_want){.from_uri = SPAN("sip:a@b"),
                                                   .to_uri = SPAN("sip:c@d"),
                                                   .hop = PEER_UDP},
                            1, w->now));
    expect_no_out(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(the_first_subscribe_has_all_it_needs),
        T(accepted_then_told),
        T(notify_may_come_first),
        T(a_silent_notifier_fails_after_timer_n),
        T(timer_n_guards_each_refresh),
        T(the_second_branch_of_a_fork_is_sent_away),
        T(each_bad_notify_has_its_answer),
        T(a_refresh_comes_in_time_by_the_route_of_notify),
        T(notify_may_shorten_the_time),
        T(each_answer_to_a_refresh_ends_it_or_not),
        T(a_held_one_is_silent_until_it_is_refreshed),
        T(without_a_refresh_it_runs_out),
        T(too_brief_asks_for_longer),
        T(a_refused_subscribe_is_told),
        T(each_reason_of_an_end_is_told),
        T(a_fetch_ends_with_its_document),
        T(leaving_waits_for_the_last_notify),
        T(leaving_a_silent_peer_ends_with_timer_n),
        T(leaving_before_the_answer_says_so_once_there_is_a_dialog),
        T(the_end_of_what_just_ended_is_harmless),
        T(over_the_bound_nobody_is_watched),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
