/* They watch us: SUBSCRIBE in, NOTIFY out (RFC 6665 4.2, RFC 3856). */
#include "tests/simple/watch_world.h"

static void a_subscription_is_a_200_and_a_notify(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch;

    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE",
             .headers = "Event: presence;id=7\nContact: <sip:bob@192.0.2.7:5060>\n"
                        "Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\nExpires: 600\n"});
    expect_event(w, SIP_EVENT_REQUEST);
    assert_int_equal(w->ev.expires, 600);
    watch = accepted(w, 600);
    expect_out(w, "SIP/2.0 200 OK");    /* S-256: never 202 */
    out_has(w, "\r\nExpires: 600\r\n"); /* S-257 */
    out_has(w, "\r\nContact: <sip:gw.aim.example:5060>\r\n");
    out_has(w, "\r\nRecord-Route: <sip:p1.example;lr>");
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY sip:bob@192.0.2.7:5060 SIP/2.0\r\n"); /* S-258: at once */
    out_has(w, "\r\nRoute: <sip:p1.example;lr>, <sip:p2.example;lr>\r\n");
    out_has(w, "\r\nSubscription-State: active;expires=600\r\n"); /* S-259 */
    out_has(w, "\r\nEvent: presence;id=7\r\n");                   /* S-250: id echoed */
    out_has(w, "\r\nContact: <sip:gw.aim.example:5060>\r\n");
    out_has(w, "\r\nFrom: <sip:al@aim.example>;tag=");
    out_has(w, "\r\nTo: \"Bob\" <sip:bob@peer.example>;tag=f1\r\n");
    out_has(w, "\r\nCall-ID: c1\r\n");
    out_has(w, "\r\nContent-Type: application/pidf+xml\r\nContent-Length: 7\r\n\r\n<open/>");
    assert_true(w->hop.transport == SIP_TRANSPORT_UDP && w->hop.addr.port == 5060);
    answers(w, 200, NULL);
    expect_no_event(w);
    assert_true(span_is(sip_watch_remote(watch), "sip:bob@peer.example"));
    assert_true(span_is(sip_watch_next_uri(watch), "sip:p1.example;lr"));
}

/* RFC 3261 17.2.2: a repeat gets the same answer, whatever is kept of it. */
static void a_subscribe_that_comes_again_gets_the_same_200(void **state)
{
    static const char *const headers[] = {
        WATCHES, WATCHES "Record-Route: <sip:p1.example;lr>, <sip:p2.example;lr>\n"};
    struct world *w = *state;

    for (int i = 0; i < 2; i++) {
        struct ask ask = {.method = "SUBSCRIBE",
                          .headers = headers[i],
                          .branch = i ? "b1" : "a1",
                          .call_id = i ? "c2" : "c1"};
        struct sip_watch *watch;
        char *first;

        asks(w, &ask);
        expect_event(w, SIP_EVENT_REQUEST);
        watch = accepted(w, 500);
        expect_out(w, "SIP/2.0 200 OK");
        out_has(w, "\r\nExpires: 500\r\n");
        first = strdup(w->out);
        assert_non_null(first);
        tell(w, watch, "<open/>", false);
        expect_out(w, "NOTIFY ");
        answers(w, 200, NULL);
        wait_ms(w, 3000);
        asks(w, &ask);
        expect_no_event(w);
        expect_out(w, "SIP/2.0 200 OK");
        assert_string_equal(w->out, first);
        free(first);
    }
}

static void a_filter_in_the_body_is_ignored(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch;

    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .headers = WATCHES "Content-Type: application/simple-filter+xml\n",
                          .body = "<filter-set/>"}); /* S-280 */
    expect_event(w, SIP_EVENT_REQUEST);
    watch = accepted(w, 600);
    assert_non_null(watch);
    expect_out(w, "SIP/2.0 200 OK");
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY ");
}

static void a_strict_router_gets_the_request_uri(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch;

    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .headers =
                              WATCHES "Record-Route: <sip:old.example>, <sip:p2.example;lr>\n"});
    expect_event(w, SIP_EVENT_REQUEST);
    watch = accepted(w, 600);
    expect_out(w, "SIP/2.0 200 OK");
    tell(w, watch, NULL, false);
    expect_out(w, "NOTIFY sip:old.example SIP/2.0\r\n"); /* S-149 */
    out_has(w, "\r\nRoute: <sip:p2.example;lr>, <sip:bob@192.0.2.7:5060>\r\n");
}

static void what_cannot_be_watched_is_refused(void **state)
{
    static const struct {
        const char *headers, *answer, *says;
    } rows[] = {
        /* S-249: unknown package */
        {"Event: foo\nContact: <sip:b@192.0.2.7>\n", "SIP/2.0 489 ", "Allow-Events: presence"},
        {"Contact: <sip:b@192.0.2.7>\n", "SIP/2.0 489 ", "Allow-Events: presence"},
        {"Event: presence.winfo.winfo\nContact: <sip:b@192.0.2.7>\n", "SIP/2.0 489 ",
         "Allow-Events: presence, presence.winfo"},
        /* S-267: a type that nobody here writes */
        {"Event: presence\nAccept: text/plain\nContact: <sip:b@192.0.2.7>\n", "SIP/2.0 406 ",
         "Accept: "},
        {"Event: presence\n", "SIP/2.0 400 ", "Contact"},
        {"Event: presence\nContact: *\n", "SIP/2.0 400 ", "Contact"},
        {"Event: presence\nContact: <mailto:b@x>\n", "SIP/2.0 400 ", "Contact"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = rows[i].headers});
        expect_no_event(w);
        expect_out(w, rows[i].answer);
        out_has(w, rows[i].says);
    }
}

static void the_grant_is_bounded(void **state)
{
    static const struct {
        const char *headers;
        bool granted;
        uint32_t expires;
    } rows[] = {
        {"Event: presence\n", true, 3600},                 /* S-251: an hour if nothing is asked */
        {"Event: presence\nExpires: 600\n", true, 600},    /* S-252: never longer than asked */
        {"Event: presence\nExpires: 86400\n", true, 3600}, /* S-252: cut to our bound */
        {"Event: presence\nExpires: 5\n", false, 423},     /* S-253 */
        {"Event: presence\nExpires: 0\n", true, 0},
        {"Event: presence\nExpires: 60\n", true, 60},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char headers[256], call[8];
        uint32_t expires = 0;
        int status = 0;

        snprintf(headers, sizeof headers, "%sContact: <sip:b@192.0.2.7>\n", rows[i].headers);
        snprintf(call, sizeof call, "g%zu", i);
        asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = headers, .call_id = call});
        expect_event(w, SIP_EVENT_REQUEST);
        assert_int_equal(sip_watch_grant(w->ev.msg, 60, 3600, &expires, &status), rows[i].granted);
        assert_int_equal(rows[i].granted ? expires : (uint32_t)status, rows[i].expires);
    }
}

static void changes_wait_five_seconds_and_the_last_one_wins(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    wait_ms(w, 1000);
    for (int i = 0; i < 20; i++) /* S-268 */
        tell(w, watch, i == 19 ? "<last/>" : "<flap/>", false);
    expect_no_out(w);
    wait_ms(w, 3999);
    expect_no_out(w);
    wait_ms(w, 1);
    expect_out(w, "NOTIFY ");
    out_has(w, "<last/>");
    out_has(w, "active;expires=595");
    answers(w, 200, NULL);
    wait_ms(w, 20000);
    expect_no_out(w);
}

static void what_is_urgent_does_not_wait(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    tell(w, watch, "<closed/>", true);
    expect_out(w, "NOTIFY ");
    out_has(w, "<closed/>");
}

static void one_notify_is_in_flight_at_a_time(void **state)
{
    struct world *w = *state;
    char tag[64], cseq[64];
    struct sip_watch *watch = bob_watches(w, tag);

    tell(w, watch, "<one/>", true);
    expect_out(w, "NOTIFY ");
    snprintf(cseq, sizeof cseq, "%s", out_value(w, "CSeq"));
    tell(w, watch, "<two/>", true); /* S-269: coalesced until the answer */
    tell(w, watch, "<three/>", true);
    expect_no_out(w);
    answers(w, 200, NULL);
    expect_out(w, "NOTIFY ");
    out_has(w, "<three/>");
    assert_true(atol(out_value(w, "CSeq")) == atol(cseq) + 1); /* two in one second: one more */
}

static void a_refresh_is_granted_and_answered_with_the_state(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    wait_ms(w, 500000);
    asks(w, &(struct ask){
                .method = "SUBSCRIBE",
                .branch = "r",
                .to_tag = tag,
                .cseq = 2,
                .headers = "Event: presence\nContact: <sip:bob@192.0.2.8:5062>\nExpires: 300\n"});
    expect_event(w, SIP_EVENT_WATCH_REFRESH);
    assert_ptr_equal(w->ev.watch, watch);
    assert_int_equal(w->ev.owner, 77);
    assert_int_equal(w->ev.expires, 300);
    assert_true(sip_watch_answer(w->core, watch, w->ev.txn, 300, w->now));
    expect_out(w, "SIP/2.0 200 OK");
    out_has(w, "\r\nExpires: 300\r\n");
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY sip:bob@192.0.2.8:5062 SIP/2.0"); /* the target moved */
    out_has(w, "active;expires=300");
    answers(w, 200, NULL);
    wait_ms(w, 299999);
    expect_no_out(w);
    wait_ms(w, 1);
    expect_event(w, SIP_EVENT_WATCH_ENDED);
}

static void a_refresh_that_fits_no_dialog_is_refused(void **state)
{
    struct world *w = *state;
    char tag[64];

    bob_watches(w, tag);
#define REFRESH(...)                                                                           \
    asks(w, &(struct ask){                                                                     \
                .method = "SUBSCRIBE", .branch = "r", .to_tag = tag, .cseq = 2, __VA_ARGS__}); \
    expect_no_event(w)
    REFRESH(.headers = WATCHES, .call_id = "C1"); /* S-127: Call-ID octet by octet */
    expect_out(w, "SIP/2.0 481 ");
    REFRESH(.headers = WATCHES, .from_tag = "other"); /* S-264 */
    expect_out(w, "SIP/2.0 481 ");
    REFRESH(.headers = "Event: presence;id=9\nContact: <sip:bob@192.0.2.7>\n");
    expect_out(w, "SIP/2.0 481 ");
    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE", .branch = "s", .to_tag = tag, .cseq = 1, .headers = WATCHES});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 482 "); /* the first SUBSCRIBE's number again, another way */
    wait_ms(w, 60000);
    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE", .branch = "u", .to_tag = tag, .cseq = 1, .headers = WATCHES});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 500 "); /* RFC 3261 12.2.2: older than the last */
}

static void leaving_is_one_last_notify(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .branch = "r",
                          .to_tag = tag,
                          .cseq = 2,
                          .headers = "Event: presence\nExpires: 0\n"});
    expect_event(w, SIP_EVENT_WATCH_REFRESH);
    assert_int_equal(w->ev.expires, 0);
    assert_true(sip_watch_answer(w->core, watch, w->ev.txn, 0, w->now));
    expect_out(w, "SIP/2.0 200 OK");
    out_has(w, "\r\nExpires: 0\r\n");
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY "); /* S-261: terminated;reason=timeout, with state */
    out_has(w, "\r\nSubscription-State: terminated;reason=timeout\r\n");
    out_has(w, "<open/>");
    answers(w, 200, NULL);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
    asks(w,
         &(struct ask){
             .method = "SUBSCRIBE", .branch = "q", .to_tag = tag, .cseq = 3, .headers = WATCHES});
    expect_out(w, "SIP/2.0 481 "); /* S-264 */
}

static void a_fetch_leaves_nothing_behind(void **state)
{
    struct world *w = *state;
    struct sip_watch *watch;

    asks(w,
         &(struct ask){.method = "SUBSCRIBE",
                       .headers = "Event: presence\nContact: <sip:bob@192.0.2.7>\nExpires: 0\n"});
    expect_event(w, SIP_EVENT_REQUEST);
    watch = accepted(w, 0); /* S-262 */
    expect_out(w, "SIP/2.0 200 OK");
    tell(w, watch, "<open/>", false);
    expect_out(w, "NOTIFY ");
    out_has(w, "\r\nSubscription-State: terminated;reason=timeout\r\n");
    out_has(w, "<open/>");
    answers(w, 200, NULL);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
}

static void what_is_not_refreshed_ends(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    wait_ms(w, 600000);
    expect_out(w, "NOTIFY "); /* S-263 */
    out_has(w, "\r\nSubscription-State: terminated;reason=timeout\r\n");
    out_has(w, "\r\nContent-Length: 0\r\n");
    expect_event(w, SIP_EVENT_WATCH_ENDED);
    assert_ptr_equal(w->ev.watch, watch);
    assert_int_equal(w->ev.owner, 77);
    assert_int_equal(w->ev.status, 0);
    expect_no_event(w);
    answers(w, 200, NULL);
    assert_int_equal(counts(w).watches, 0);
}

static void each_failure_of_notify_ends_it_or_not(void **state)
{
    static const struct {
        int status;
        bool ends;
    } rows[] = {
        /* S-265, RFC 6665 4.2.2 */
        {404, true},
        {405, true},
        {410, true},
        {416, true},
        {480, true},
        {481, true},
        {482, true},
        {483, true},
        {484, true},
        {485, true},
        {489, true},
        {501, true},
        {604, true},
        /* S-266 */
        {400, false},
        {403, false},
        {486, false},
        {500, false},
        {503, false},
        {600, false},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char tag[64], call[8];
        struct sip_watch *watch;

        snprintf(call, sizeof call, "e%zu", i);
        watch = watching(
            w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .call_id = call}, tag);
        tell(w, watch, "<one/>", true);
        expect_out(w, "NOTIFY ");
        answers(w, rows[i].status, NULL);
        if (rows[i].ends) {
            expect_event(w, SIP_EVENT_WATCH_ENDED);
            assert_int_equal(w->ev.status, rows[i].status);
            expect_no_event(w);
            expect_no_out(w);
        } else {
            expect_no_event(w);
            tell(w, watch, "<two/>", true);
            expect_out(w, "NOTIFY ");
            answers(w, 200, NULL);
        }
    }
}

static void a_watcher_that_is_silent_is_lost(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    tell(w, watch, "<one/>", true);
    wait_ms(w, 32000); /* S-265, Timer F */
    expect_event(w, SIP_EVENT_WATCH_ENDED);
    assert_int_equal(w->ev.status, 408);
    expect_no_event(w);
    assert_int_equal(counts(w).watches, 0);
}

static void a_busy_watcher_is_told_later(void **state)
{
    struct world *w = *state;
    char tag[64];
    struct sip_watch *watch = bob_watches(w, tag);

    tell(w, watch, "<one/>", true);
    expect_out(w, "NOTIFY ");
    answers(w, 503, "Retry-After: 20\n"); /* S-266 */
    wait_ms(w, 19999);
    expect_no_out(w);
    wait_ms(w, 1);
    expect_out(w, "NOTIFY ");
    out_has(w, "<one/>");
}

static void a_long_notify_goes_over_tcp_and_falls_back(void **state)
{
    struct world *w = *state;
    char tag[64], body[1400];
    struct sip_watch *watch = bob_watches(w, tag);

    memset(body, 'x', sizeof body - 1);
    body[sizeof body - 1] = 0;
    tell(w, watch, body, true);
    expect_out(w, "NOTIFY "); /* S-152: over 1300 octets */
    out_has(w, "\r\nVia: SIP/2.0/TCP gw.aim.example:5060;");
    assert_true(w->hop.transport == SIP_TRANSPORT_TCP);
    assert_int_equal(w->hop.addr.port, 5060);
    sip_core_send_failed(w->core, w->id, w->now);
    expect_no_event(w);
    expect_out(w, "NOTIFY "); /* S-153: TCP was for its length only */
    assert_true(w->hop.transport == SIP_TRANSPORT_UDP);
    out_has(w, "\r\nVia: SIP/2.0/UDP ");
    answers(w, 200, NULL);
    tell(w, watch, body, true);
    expect_out(w, "NOTIFY ");
    assert_true(w->hop.transport == SIP_TRANSPORT_UDP); /* known by now */
    sip_core_send_failed(w->core, w->id, w->now);
    expect_event(w, SIP_EVENT_WATCH_ENDED);
    assert_int_equal(w->ev.status, 503);
}

static void the_same_subscribe_by_two_ways_is_one_dialog(void **state)
{
    struct world *w = *state;
    char tag[64];

    bob_watches(w, tag);
    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES, .branch = "fork"}); /* S-276 */
    expect_no_event(w);
    expect_out(w, "SIP/2.0 482 ");
    asks(w, &(struct ask){.method = "SUBSCRIBE", .headers = WATCHES});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 OK"); /* a retransmission: the same 200 */
    assert_string_equal(out_tag(w, "To"), tag);
    out_has(w, "\r\nExpires: 600\r\n");
    assert_int_equal(counts(w).watches, 1);
}

static void over_tcp_the_notify_takes_the_connection(void **state)
{
    struct world *w = *state;
    char tag[64];

    watching(
        w,
        &(struct ask){.method = "SUBSCRIBE",
                      .via = "TCP 192.0.2.7:5060",
                      .from = &PEER_TCP,
                      .headers = "Event: presence\nContact: <sip:bob@192.0.2.7;transport=tcp>\n"},
        tag);
    assert_int_equal(w->hop.flow, 7); /* S-277 */
    out_has(w, "\r\nContact: <sip:gw.aim.example:5060;transport=tcp>\r\n");
}

static void a_message_in_the_dialog_is_a_message(void **state)
{
    struct world *w = *state;
    char tag[64];

    bob_watches(w, tag);
    asks(w, &(struct ask){.to_tag = tag, .cseq = 5, .body = "hi"}); /* S-224 */
    expect_event(w, SIP_EVENT_REQUEST);
    assert_int_equal(w->ev.method, SIP_MESSAGE);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(a_subscription_is_a_200_and_a_notify),
        T(a_subscribe_that_comes_again_gets_the_same_200),
        T(a_filter_in_the_body_is_ignored),
        T(a_strict_router_gets_the_request_uri),
        T(what_cannot_be_watched_is_refused),
        T(the_grant_is_bounded),
        T(changes_wait_five_seconds_and_the_last_one_wins),
        T(what_is_urgent_does_not_wait),
        T(one_notify_is_in_flight_at_a_time),
        T(a_refresh_is_granted_and_answered_with_the_state),
        T(a_refresh_that_fits_no_dialog_is_refused),
        T(leaving_is_one_last_notify),
        T(a_fetch_leaves_nothing_behind),
        T(what_is_not_refreshed_ends),
        T(each_failure_of_notify_ends_it_or_not),
        T(a_watcher_that_is_silent_is_lost),
        T(a_busy_watcher_is_told_later),
        T(a_long_notify_goes_over_tcp_and_falls_back),
        T(the_same_subscribe_by_two_ways_is_one_dialog),
        T(over_tcp_the_notify_takes_the_connection),
        T(a_message_in_the_dialog_is_a_message),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
