/* The life of watches: decisions, the last word, many of them, a restart. */
#include "tests/simple/watch_world.h"

static void pending_becomes_active_and_rejected_ends(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch;

    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES});
    expect_event(w, SIP_EVENT_REQUEST);
    watch = accepted(w, 600);
    expect_out(w, "SIP/2.0 200 OK");
    sip_watch_notify(w->core, watch, &(struct sip_notify){.state = SIP_SUBSTATE_PENDING}, w->now);
    expect_out(w, "NOTIFY "); /* S-270: without a document */
    out_has(w, "\r\nSubscription-State: pending;expires=600\r\n");
    out_has(w, "\r\nContent-Length: 0\r\n");
    answers(w, 200, NULL);
    tell(w, watch, "<open/>", true);
    expect_out(w, "NOTIFY "); /* S-271 */
    out_has(w, "active;");
    answers(w, 200, NULL);
    sip_watch_notify(
        w->core, watch,
        &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED, .reason = SIP_REASON_REJECTED},
        w->now);
    expect_out(w, "NOTIFY "); /* S-272 */
    out_has(w, "\r\nSubscription-State: terminated;reason=rejected\r\n");
    answers(w, 481, NULL);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
}

static void a_drain_says_when_to_come_back(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    sip_watch_notify(w->core, watch,
                     &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED,
                                          .reason = SIP_REASON_PROBATION,
                                          .retry_after = 120},
                     w->now);
    expect_out(w, "NOTIFY "); /* S-260, S-278 */
    out_has(w, "\r\nSubscription-State: terminated;reason=probation;retry-after=120\r\n");
}

static void the_last_word_waits_for_the_one_before(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    tell(w, watch, "<one/>", true);
    expect_out(w, "NOTIFY ");
    sip_watch_notify(
        w->core, watch,
        &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED, .reason = SIP_REASON_NORESOURCE},
        w->now);
    expect_no_out(w);
    answers(w, 500, NULL);
    expect_out(w, "NOTIFY ");
    out_has(w, "terminated;reason=noresource");
    answers(w, 200, NULL);
    assert_int_equal(counts(w).watches, 0);
}

static void over_the_bound_a_watcher_is_sent_away(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();
    char tag[64];

    sip_core_free(w->core);
    conf.max_watches = 1;
    world_open(w, &conf);
    bob_watches(w, tag);
    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .call_id = "more"});
    expect_event(w, SIP_EVENT_REQUEST);
    assert_null(accepted(w, 600)); /* S-281 */
    expect_out(w, "SIP/2.0 503 ");
    out_has(w, "\r\nRetry-After: ");
}

static void a_thousand_watchers_share_one_document(void **state)
{
    enum { N = 1000 };
    static struct sip_watch *watches[N];
    struct world *w = *state;
    struct sip_doc *doc;
    int n = 0;

    for (int i = 0; i < N; i++) {
        char tag[64], call[16];

        snprintf(call, sizeof call, "w%d", i);
        watches[i] = watching(
            w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .call_id = call}, tag);
    }
    doc = document("<away/>");
    for (int i = 0; i < N; i++)
        sip_watch_notify(
            w->core, watches[i],
            &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .doc = doc, .urgent = true}, w->now);
    sip_doc_unref(&doc);
    while (next_out(w)) {
        char call[16];

        out_has(w, "<away/>");
        snprintf(call, sizeof call, "w%d", n++); /* in the order they were told */
        assert_string_equal(out_value(w, "Call-ID"), call);
    }
    assert_int_equal(n, N);
    assert_int_equal(counts(w).in_flight, N);
}

static void a_watch_outlives_the_process(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();
    struct sip_watch_row row;
    struct sip_watch *watch;
    struct sip_core *old = w->core;
    char tag[64], cseq[32];

    watch = watching(w,
                     &(struct ask){.method = "SUBSCRIBE",
                                   .headers = WATCHES "Record-Route: <sip:p1.example;lr>\n"
                                                      "Accept: application/pidf+xml\n"},
                     tag);
    snprintf(cseq, sizeof cseq, "%s", out_value(w, "CSeq"));
    wait_ms(w, 100000);
    sip_watch_export(old, watch, &row);
    assert_true(span_is(row.local_tag, tag));
    assert_int_equal(row.expires_at, world_unix(w) + 500);
    w->core = sip_core_new(&conf, w->now, world_unix(w)); /* kill -9, start: S-279 */
    watch = sip_watch_restore(w->core, &row, 88, w->now, world_unix(w));
    assert_non_null(watch);
    assert_null(sip_watch_restore(w->core, &row, 89, w->now, world_unix(w)));
    sip_core_free(old);
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY sip:bob@192.0.2.7:5060 SIP/2.0");
    out_has(w, "\r\nRoute: <sip:p1.example;lr>\r\n");
    out_has(w, "\r\nTo: \"Bob\" <sip:bob@peer.example>;tag=f1\r\n");
    out_has(w, "\r\nSubscription-State: active;expires=500\r\n");
    assert_string_equal(out_tag(w, "From"), tag);
    assert_true(atol(out_value(w, "CSeq")) >
                atol(cseq)); /* M-630: the dialog goes on, CSeq grows */
    answers(w, 200, NULL);
    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE", .branch = "r", .to_tag = tag, .cseq = 2, .headers = WATCHES});
    expect_event(w, SIP_EVENT_WATCH_REFRESH);
    assert_int_equal(w->ev.owner, 88);
    assert_true(sip_watch_answer(w->core, watch, w->ev.txn, 600, w->now));
    expect_out(w, "SIP/2.0 200 OK");
}

/* S-302: a crash makes nobody hear more than he asked for. */
static void who_wants_few_gets_few_after_a_restart_too(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();
    struct sip_watch_row row;
    struct sip_watch *watch;
    struct sip_core *old = w->core;
    char tag[64];

    watch = watching(w,
                     &(struct ask){.method = "SUBSCRIBE",
                                   .headers = "Event: presence;max-rate=0.05;min-rate=0.01\n"
                                              "Contact: <sip:b@192.0.2.7:5060>\n"},
                     tag);
    sip_watch_export(old, watch, &row);
    assert_string_equal(row.wants, ";max-rate=0.05;min-rate=0.01");
    w->core = sip_core_new(&conf, w->now, world_unix(w));
    watch = sip_watch_restore(w->core, &row, 88, w->now, world_unix(w));
    sip_core_free(old);
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY ");
    out_has(w, ";max-rate=0.05;min-rate=0.01\r\n");
    answers(w, 200, NULL);
    tell(w, watch, "<closed/>", true);
    wait_ms(w, 19000);
    expect_no_out(w);
    wait_ms(w, 1000);
    expect_out(w, "NOTIFY ");
    out_has(w, "<closed/>");
}

static void a_watch_that_expired_while_we_were_away_ends(void **state)
{
    struct world *w = *state;
    struct sip_watch_row row = {.call_id = SPAN("c9"),
                                .local_tag = SPAN("ours"),
                                .remote_tag = SPAN("theirs"),
                                .local_uri = SPAN("<sip:al@aim.example>"),
                                .remote_uri = SPAN("<sip:bob@peer.example>"),
                                .target = SPAN("sip:bob@192.0.2.7"),
                                .event_id = SPAN("3"),
                                .expires_at = world_unix(w) - 10,
                                .hop = PEER_UDP};

    assert_non_null(sip_watch_restore(w->core, &row, 5, w->now, world_unix(w)));
    tick(w);
    expect_event(w, SIP_EVENT_WATCH_ENDED);
    assert_int_equal(w->ev.owner, 5);
    expect_out(w, "NOTIFY ");
    out_has(w, "\r\nEvent: presence;id=3\r\n");
    out_has(w, "terminated;reason=timeout");
    wait_ms(w, 32000);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
}

static void what_is_not_fit_to_be_sent_is_not_restored(void **state)
{
    struct world *w = *state;
    struct sip_watch_row good = {.call_id = SPAN("c9"),
                                 .local_tag = SPAN("ours"),
                                 .remote_tag = SPAN("theirs"),
                                 .local_uri = SPAN("<sip:al@aim.example>"),
                                 .remote_uri = SPAN("<sip:bob@peer.example>"),
                                 .target = SPAN("sip:bob@192.0.2.7"),
                                 .expires_at = world_unix(w) + 10,
                                 .hop = PEER_UDP};
    struct sip_watch_row bad[5];

    for (int i = 0; i < 5; i++)
        bad[i] = good;
    bad[0].call_id = SPAN("c\r\nX: y");
    bad[1].local_tag = SPAN("");
    bad[2].hop.addr.ip[0] = 224;
    bad[3].routes = SPAN("no route");
    bad[4].hop.transport = SIP_TRANSPORT_WSS;
    for (int i = 0; i < 5; i++)
        assert_null(sip_watch_restore(w->core, &bad[i], 5, w->now, world_unix(w)));
    assert_int_equal(counts(w).watches, 0);
    assert_non_null(sip_watch_restore(w->core, &good, 5, w->now, world_unix(w)));
}

/* What outlives a crash is written before the 200 goes out: until then the watch is silent. */
static struct sip_watch *silent(struct world *w)
{
    struct sip_watch *watch;

    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES});
    expect_event(w, SIP_EVENT_REQUEST);
    watch = sip_watch_accept(w->core, w->ev.txn, 77, w->now);
    assert_non_null(watch);
    expect_no_out(w);
    return watch;
}

static void an_accepted_watch_says_nothing_before_its_answer(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = silent(w);
    struct sip_txn txn = w->ev.txn;
    struct sip_watch_row row;
    char tag[64];

    sip_watch_export(w->core, watch, &row);
    assert_true(span_copy(row.local_tag, tag, sizeof tag));
    tell(w, watch, "<closed/>", true); /* a change meanwhile */
    expect_no_out(w);
    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES}); /* sent once more */
    expect_no_event(w);
    expect_no_out(w);
    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE", .branch = "r", .to_tag = tag, .cseq = 2, .headers = WATCHES});
    expect_out(w, "SIP/2.0 481 "); /* nobody was told of this dialog */
    assert_true(sip_watch_answer(w->core, watch, txn, 600, w->now));
    expect_out(w, "SIP/2.0 200 OK");
    assert_string_equal(out_tag(w, "To"), tag); /* the one that was exported */
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY ");
    out_has(w, "<open/>");
    out_has(w, "active;expires=600");
    answers(w, 200, NULL);
    expect_no_out(w);
    assert_false(sip_watch_answer(w->core, watch, txn, 600, w->now)); /* once only */
}

static void a_watch_that_is_never_answered_ends_without_a_word(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = silent(w);

    tell(w, watch, "<open/>", true);
    wait_ms(w, 31999);
    expect_no_event(w);
    wait_ms(w, 1);
    expect_event(w, SIP_EVENT_WATCH_ENDED);
    assert_ptr_equal(w->ev.watch, watch);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
    while (next_out(w))
        assert_true(strncmp(w->out, "NOTIFY", 6) != 0);
}

static void a_watch_refused_after_all_ends_without_a_word(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch = silent(w);

    sip_core_answer(w->core, w->ev.txn, 500, w->now);
    sip_watch_notify(w->core, watch, &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED},
                     w->now);
    expect_out(w, "SIP/2.0 500 ");
    expect_no_out(w);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
}

struct rate {
    const char *asked, *told;
};

/* What the first NOTIFY says; the watch of the first row. */
static struct sip_watch *asked_and_told(struct world *w, const struct rate *rows, size_t n)
{
    struct sip_watch *first = NULL;

    for (size_t i = 0; i < n; i++) {
        char headers[128], call[8], tag[64];
        struct sip_watch *watch;

        snprintf(headers, sizeof headers, "Event: presence%s\nContact: <sip:b@192.0.2.7:5060>\n",
                 rows[i].asked);
        snprintf(call, sizeof call, "r%zu", i);
        watch = watching(
            w, &(struct ask){.method = "SUBSCRIBE", .headers = headers, .call_id = call}, tag);
        out_has(w, rows[i].told);
        first = first ? first : watch;
    }
    return first;
}

static void who_wants_few_gets_few(void **state)
{
    static const struct rate rows[] = {
        {";max-rate=0.01", ";max-rate=0.01\r\n"},
        {";max-rate=99", ";max-rate=0.2\r\n"}, /* no more often than others */
        {";max-rate=0.0000005", "expires=600\r\n"},
        {";max-rate=0", "expires=600\r\n"},
        {";max-rate=often", "expires=600\r\n"},
        {";adaptive-min-rate=1", "expires=600\r\n"}, /* not obeyed: not echoed */
    };
    struct world *w = *state;
    struct sip_watch *first = asked_and_told(w, rows, sizeof rows / sizeof *rows);

    tell(w, first, "<one/>", true); /* S-302, RFC 6446 5.3 */
    wait_ms(w, 99000);
    expect_no_out(w);
    tell(w, first, "<two/>", false);
    wait_ms(w, 1000);
    expect_out(w, "NOTIFY ");
    out_has(w, "<two/>");
    answers(w, 200, NULL);
    sip_watch_notify(w->core, first, &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED},
                     w->now);
    expect_out(w, "NOTIFY ");
}

static void what_is_granted_of_a_least_rate_is_said(void **state)
{
    static const struct rate rows[] = {
        {";min-rate=0.01", "expires=600;min-rate=0.01\r\n"},
        {";min-rate=1", "expires=600;min-rate=0.05\r\n"}, /* not that often */
        {";min-rate=1;max-rate=0.01", ";max-rate=0.01;min-rate=0.01\r\n"},
        {";min-rate=0", "expires=600\r\n"},
        {";min-rate=rarely", "expires=600\r\n"},
    };

    (void)asked_and_told(*state, rows, sizeof rows / sizeof *rows);
}

/* S-302, RFC 6446 6: without news, too; what is new begins the time anew. */
static void who_wants_to_hear_all_the_same_hears_it(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch =
        watching(w,
                 &(struct ask){.method = "SUBSCRIBE",
                               .headers = "Event: presence;min-rate=0.02\n"
                                          "Contact: <sip:b@192.0.2.7:5060>\n"},
                 tag);

    for (int i = 0; i < 3; i++) {
        wait_ms(w, 49000);
        expect_no_out(w);
        wait_ms(w, 1000);
        expect_out(w, "NOTIFY ");
        out_has(w, "<open/>");
        out_has(w, ";min-rate=0.02\r\n");
        answers(w, 200, NULL);
    }
    wait_ms(w, 30000);
    tell(w, watch, "<news/>", false);
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    wait_ms(w, 49000);
    expect_no_out(w);
    wait_ms(w, 1000);
    expect_out(w, "NOTIFY ");
    out_has(w, "<news/>");
    answers(w, 200, NULL);
    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE", .branch = "r", .to_tag = tag, .cseq = 2, .headers = WATCHES});
    expect_event(w, SIP_EVENT_WATCH_REFRESH); /* from here on without */
    assert_true(sip_watch_answer(w->core, watch, w->ev.txn, 600, w->now));
    expect_out(w, "SIP/2.0 200 OK");
    tell(w, watch, "<more/>", false);
    expect_out(w, "NOTIFY ");
    answers(w, 200, NULL);
    wait_ms(w, 100000);
    expect_no_out(w);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(pending_becomes_active_and_rejected_ends),
        T(a_drain_says_when_to_come_back),
        T(the_last_word_waits_for_the_one_before),
        T(over_the_bound_a_watcher_is_sent_away),
        T(a_thousand_watchers_share_one_document),
        T(a_watch_outlives_the_process),
        T(a_watch_that_expired_while_we_were_away_ends),
        T(who_wants_few_gets_few_after_a_restart_too),
        T(what_is_not_fit_to_be_sent_is_not_restored),
        T(who_wants_few_gets_few),
        T(what_is_granted_of_a_least_rate_is_said),
        T(who_wants_to_hear_all_the_same_hears_it),
        T(an_accepted_watch_says_nothing_before_its_answer),
        T(a_watch_that_is_never_answered_ends_without_a_word),
        T(a_watch_refused_after_all_ends_without_a_word),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
