/* Server transactions: repeats, merged requests, where answers go, timers of RFC 3261 17.2 and RFC
 * 4320. */
#include "tests/simple/sip_world.h"

static struct sip_txn take_message(struct world *w, const struct ask *a)
{
    asks(w, a);
    expect_event(w, SIP_EVENT_REQUEST);
    expect_no_out(w);
    return w->ev.txn;
}

static void a_retransmission_gets_the_same_answer(void **state)
{
    struct world *w = *state;
    char first[sizeof w->out];

    sip_core_answer(w->core, take_message(w, &(struct ask){0}), 200, w->now);
    expect_out(w, "SIP/2.0 200 OK");
    memcpy(first, w->out, sizeof first);
    wait_ms(w, 10000); /* S-172: repeated after 10 s: the same 200, tag and all (S-128) */
    asks(w, &(struct ask){0});
    expect_no_event(w); /* S-165: one delivery */
    expect_out(w, "SIP/2.0 200 OK");
    assert_string_equal(w->out, first);
}

static void a_retransmission_gets_the_same_words_and_headers(void **state)
{
    struct world *w = *state;
    char first[sizeof w->out];

    sip_core_respond(
        w->core, take_message(w, &(struct ask){0}),
        &(struct sip_answer){.status = 415,
                             .reason = SPAN("What Is That"),
                             .headers = SPAN("Accept: text/plain\r\n")},
        w->now);
    expect_out(w, "SIP/2.0 415 What Is That");
    memcpy(first, w->out, sizeof first);
    asks(w, &(struct ask){0});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 415 What Is That");
    assert_string_equal(w->out, first);
}

static void a_retransmission_of_what_was_challenged_is_challenged_anew(void **state)
{
    struct world *w = *state;
    static const int rows[] = {401, 407};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ask a = {.call_id = i ? "k2" : "k1"};

        for (int copy = 0; copy < 3; copy++) {
            sip_core_answer(w->core, take_message(w, &a), rows[i], w->now);
            expect_out(w, "SIP/2.0 40");
        }
        take_message(w, &a);
        asks(w, &a); /* but one at a time */
        expect_no_event(w);
        expect_no_out(w);
    }
}

static void while_it_waits_a_retransmission_is_ignored(void **state)
{
    struct world *w = *state;

    take_message(w, &(struct ask){0});
    asks(w, &(struct ask){0});
    expect_no_event(w);
    expect_no_out(w);
}

static void over_udp_100_comes_at_3500_ms(void **state)
{
    struct world *w = *state;
    struct sip_txn txn = take_message(w, &(struct ask){0});

    wait_ms(w, 3499);
    expect_no_out(w);
    wait_ms(w, 1); /* S-175: when Timer E of the sender reaches T2 */
    expect_out(w, "SIP/2.0 100 Trying");
    asks(w, &(struct ask){0}); /* Proceeding: repeated on a repeat */
    expect_out(w, "SIP/2.0 100 Trying");
    sip_core_answer(w->core, txn, 202, w->now);
    expect_out(w, "SIP/2.0 202 Accepted");
}

static void over_tcp_there_is_no_100(void **state)
{
    struct world *w = *state;

    take_message(w, &(struct ask){.via = "TCP 192.0.2.7:5060", .from = &PEER_TCP});
    wait_ms(w, 10000);
    expect_no_out(w);
}

static void too_late_nothing_is_said(void **state)
{
    struct world *w = *state;
    struct sip_txn txn = take_message(w, &(struct ask){0});

    wait_ms(w, 32000);
    expect_out(w, "SIP/2.0 100 Trying");
    assert_int_equal(counts(w).pending, 0);
    assert_false(sip_core_answer(w->core, txn, 200, w->now));
    expect_no_out(w);
}

static void a_message_is_never_answered_408(void **state)
{
    struct world *w = *state;

    assert_false(
        sip_core_answer(w->core, take_message(w, &(struct ask){0}), 408, w->now)); /* S-176 */
    expect_no_out(w);
    assert_int_equal(counts(w).pending, 0);
}

static void a_merged_request_is_482_and_delivered_once(void **state)
{
    struct world *w = *state;
    struct sip_txn txn = take_message(w, &(struct ask){.branch = "one"});

    asks(w,
         &(struct ask){
             .branch = "two"}); /* S-178: the same request by another way, first not answered yet */
    expect_no_event(w);
    expect_out(w, "SIP/2.0 482 ");
    out_has(w, "branch=z9hG4bKtwo");
    sip_core_answer(w->core, txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 ");
    out_has(w, "branch=z9hG4bKone");
}

static void a_repeated_message_gets_the_first_answer_for_an_hour(void **state)
{
    struct world *w = *state;

    sip_core_answer(w->core, take_message(w, &(struct ask){.branch = "one"}), 202, w->now);
    expect_out(w, "SIP/2.0 202 ");
    wait_ms(w, 3540000);
    asks(w, &(struct ask){.branch = "two"}); /* S-100: never delivered twice */
    expect_no_event(w);
    expect_out(w, "SIP/2.0 202 ");
    wait_ms(w, 120000);
    asks(w, &(struct ask){.branch = "three"});
    expect_event(w, SIP_EVENT_REQUEST);
}

static void after_try_again_the_same_message_may_come_again(void **state)
{
    struct world *w = *state;
    static const int rows[] = {503, 500, 401, 407, 428, 436, 437, 438}; /* RFC 8224 6.2.3 */

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        const char *call = (const char *[]){"k1", "k2", "k3", "k4", "k5", "k6", "k7", "k8"}[i];

        sip_core_answer(w->core, take_message(w, &(struct ask){.branch = "one", .call_id = call}),
                        rows[i], w->now);
        expect_out(w, "SIP/2.0 ");
        sip_core_answer(w->core, take_message(w, &(struct ask){.branch = "two", .call_id = call}),
                        200, w->now);
        expect_out(w, "SIP/2.0 200 ");
        out_has(w, "branch=z9hG4bKtwo");
        asks(w, &(struct ask){.branch = "two", .call_id = call});
        expect_out(w, "SIP/2.0 200 ");
    }
}

static void other_calls_tags_and_numbers_are_other_messages(void **state)
{
    struct world *w = *state;

    take_message(w, &(struct ask){0});
    take_message(w, &(struct ask){.branch = "b", .call_id = "C1"}); /* S-127: octet by octet */
    take_message(w, &(struct ask){.branch = "c", .from_tag = "f2"});
    take_message(w, &(struct ask){.branch = "d", .cseq = 2});
    assert_int_equal(counts(w).pending, 4);
}

static void the_same_message_ids_with_another_text_are_another_message(void **state)
{
    struct world *w = *state;

    sip_core_answer(w->core, take_message(w, &(struct ask){.body = "one"}), 200, w->now);
    expect_out(w, "SIP/2.0 200 ");
    sip_core_answer(w->core, take_message(w, &(struct ask){.body = "two"}), 202, w->now);
    expect_out(w, "SIP/2.0 202 ");
    asks(w, &(struct ask){.body = "one"}); /* each is still known by its own answer */
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 ");
    asks(w, &(struct ask){.body = "two", .branch = "b"});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 202 ");
}

/* How long a request with the same ids is a repeat. */
static void repeats_are_known_for_as_long_as_their_method_says(void **state)
{
    struct world *w = *state;
    static const struct {
        const char *method, *headers;
        unsigned known_ms, forgotten_ms; /* after the first */
    } rows[] = {
        {"PUBLISH", "Event: presence\n", 36000, 38000},
        {"REGISTER", "Authorization: Digest nonce=\"a\"\n", 36000, 38000},
        {"OPTIONS", "", 36000, 38000}, /* Timer J and who sent it late */
        {"MESSAGE", "", 59 * 60 * 1000, 61 * 60 * 1000},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct ask a = {.method = rows[i].method,
                        .headers = rows[i].headers,
                        .call_id = rows[i].method};

        asks(w, &a);
        expect_event(w, SIP_EVENT_REQUEST);
        sip_core_answer(w->core, w->ev.txn, 200, w->now);
        expect_out(w, "SIP/2.0 200 ");
        wait_ms(w, rows[i].known_ms);
        asks(w, &a);
        expect_no_event(w);
        expect_out(w, "SIP/2.0 200 ");
        wait_ms(w, rows[i].forgotten_ms - rows[i].known_ms);
        asks(w, &a);
        expect_event(w, SIP_EVENT_REQUEST);
        sip_core_answer(w->core, w->ev.txn, 200, w->now);
        expect_out(w, "SIP/2.0 200 ");
    }
}

static void expect_publish(struct world *w, bool is_new)
{
    asks(w, &(struct ask){.method = "PUBLISH", .headers = "Event: presence\n"});
    if (is_new) {
        expect_event(w, SIP_EVENT_REQUEST);
        sip_core_respond(w->core, w->ev.txn,
                         &(struct sip_answer){.status = 200, .headers = SPAN("SIP-ETag: e\r\n")},
                         w->now);
    }
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 ");
    out_has(w, "SIP-ETag: e");
    expect_no_out(w);
}

/* libpurple begins each run with the same ids. */
static void who_registered_anew_publishes_anew(void **state)
{
    struct world *w = *state;
    struct sip_hop other = PEER_UDP;

    expect_publish(w, true);
    wait_ms(w, 1500);
    expect_publish(w, false);
    other.addr.port++;
    sip_core_started_anew(w->core, &other, w->now); /* somebody else */
    expect_publish(w, false);
    sip_core_started_anew(w->core, &PEER_UDP, w->now);
    wait_ms(w, 200);
    expect_publish(w, true);
    wait_ms(w, 1500);
    expect_publish(w, false); /* and a retransmission of that is still one */
    wait_ms(w, 40000);                   /* all of it is forgotten in its order */
    expect_publish(w, true);
}

static void who_proves_himself_anew_under_old_ids_is_heard(void **state)
{
    struct world *w = *state;
    static const char *const proofs[] = {"Authorization: Digest nonce=\"a\"\n",
                                         "Authorization: Digest nonce=\"b\"\n"};

    for (size_t i = 0; i < 2; i++) {
        struct ask a = {.method = "REGISTER", .headers = proofs[i]};

        asks(w, &a);
        expect_event(w, SIP_EVENT_REQUEST);
        sip_core_answer(w->core, w->ev.txn, 200, w->now);
        expect_out(w, "SIP/2.0 200 ");
        wait_ms(w, 5000);
        asks(w, &a); /* and a retransmission is still one */
        expect_no_event(w);
        expect_out(w, "SIP/2.0 200 ");
    }
}

static void without_a_branch_all_of_the_request_is_compared(void **state)
{
    struct world *w = *state;
    const char *text = "MESSAGE sip:al@aim.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7:5060\n"
                       "From: <sip:b@p>\nTo: <sip:al@aim.example>\nCall-ID: x\nCSeq: 1 MESSAGE\n"
                       "Content-Length: 0\n\n";

    hears(w, &PEER_UDP, text); /* S-166: as RFC 2543 sent it */
    expect_event(w, SIP_EVENT_REQUEST);
    sip_core_answer(w->core, w->ev.txn, 200, w->now);
    expect_out(w, "SIP/2.0 200 ");
    hears(w, &PEER_UDP, text);
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 ");
}

static void cancel_has_no_effect(void **state)
{
    struct world *w = *state;
    struct sip_txn txn = take_message(w, &(struct ask){0});

    asks(w, &(struct ask){.method = "CANCEL"}); /* S-139 */
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 ");
    out_has(w, "CSeq: 1 CANCEL");
    asks(w, &(struct ask){.method = "CANCEL", .branch = "other"});
    expect_out(w, "SIP/2.0 481 ");
    assert_true(sip_core_answer(w->core, txn, 200, w->now));
    expect_out(w, "SIP/2.0 200 ");
    out_has(w, "CSeq: 1 MESSAGE");
}

static void a_refused_invite_is_repeated_until_ack(void **state)
{
    struct world *w = *state;
    static const unsigned gaps[] = {500, 1000, 2000, 4000, 4000};

    asks(w, &(struct ask){.method = "INVITE"});
    expect_out(w, "SIP/2.0 405 ");
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) { /* S-179, Timer G */
        wait_ms(w, gaps[i] - 1);
        expect_no_out(w);
        wait_ms(w, 1);
        expect_out(w, "SIP/2.0 405 ");
    }
    asks(w, &(struct ask){.method = "INVITE"});
    expect_out(w, "SIP/2.0 405 ");
    asks(w, &(struct ask){.method = "ACK", .to_tag = "t"});
    wait_ms(w, 4000);
    asks(w, &(struct ask){.method = "INVITE"}); /* Confirmed: ignored */
    asks(w, &(struct ask){.method = "ACK", .to_tag = "t"});
    wait_ms(w, 60000);
    expect_no_out(w);
}

static void an_ack_needs_no_body_for_an_invite_that_had_one(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.method = "INVITE",
                          .headers = "Content-Type: application/sdp\n",
                          .body = "v=0\r\n"});
    expect_out(w, "SIP/2.0 405 ");
    asks(w, &(struct ask){.method = "CANCEL"});
    expect_out(w, "SIP/2.0 200 ");
    asks(w, &(struct ask){.method = "ACK", .to_tag = "t"});
    wait_ms(w, 40000);
    expect_no_out(w);
}

static void a_refused_invite_without_ack_ends_after_32_s(void **state)
{
    struct world *w = *state;
    int n = 0;

    asks(w, &(struct ask){.method = "INVITE"});
    wait_ms(w, 32000); /* Timer H */
    while (next_out(w))
        n++;
    assert_int_equal(n, 11); /* 0, 0.5, 1.5, 3.5, 7.5 ... 31.5 */
    assert_true(sip_core_deadline(w->core) == DEADLINE_NEVER);
}

static void over_tcp_a_refusal_is_said_once(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.method = "INVITE", .via = "TCP 192.0.2.7", .from = &PEER_TCP});
    expect_out(w, "SIP/2.0 405 ");
    wait_ms(w, 40000);
    expect_no_out(w);
}

static void a_stray_ack_is_dropped(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.method = "ACK"}); /* S-140 */
    expect_no_out(w);
    expect_no_event(w);
}

static void the_answer_goes_where_rport_and_via_say(void **state)
{
    static const struct sip_hop far = {SIP_TRANSPORT_UDP, {4, {198, 51, 100, 9}, 33333}, 0, 0};
    static const struct {
        const char *via, *params, *line;
        uint8_t ip0;
        uint16_t port;
    } rows[] = {
        /* S-158: received when the host is another; rport is filled in and used */
        {"UDP 10.0.0.1:5070", "",
         "Via: SIP/2.0/UDP 10.0.0.1:5070;branch=z9hG4bKr0;received=198.51.100.9\r\n", 198, 5070},
        {"UDP 10.0.0.1:5070", ";rport", ";received=198.51.100.9", 198, 33333},
        {"UDP 10.0.0.1:5070", ";rport", ";rport=33333", 198, 33333},
        {"UDP peer.example", "", ";received=198.51.100.9", 198, 5060},
        /* S-157: maddr is honoured; S-164: but not where it is no host's */
        {"UDP 10.0.0.1:5070", ";maddr=203.0.113.4", "Via", 203, 5070},
        {"UDP 10.0.0.1:5070", ";maddr=224.0.1.75", "Via", 198, 5070},
        {"UDP 10.0.0.1:5070", ";maddr=255.255.255.255", "Via", 198, 5070},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        char call[8];

        (void)snprintf(call, sizeof call, "r%zu", i);
        sip_core_answer(w->core,
                        take_message(w, &(struct ask){.via = rows[i].via,
                                                      .via_params = rows[i].params,
                                                      .branch = i ? call : "r0",
                                                      .call_id = call,
                                                      .from = &far}),
                        200, w->now);
        expect_out(w, "SIP/2.0 200 ");
        out_has(w, rows[i].line);
        assert_int_equal(w->hop.addr.ip[0], rows[i].ip0);
        assert_int_equal(w->hop.addr.port, rows[i].port);
    }
}

static void over_a_stream_the_answer_takes_the_connection_or_the_port_of_sent_by(void **state)
{
    struct world *w = *state;

    sip_core_answer(w->core,
                    take_message(w, &(struct ask){.via = "TCP 192.0.2.7:5080", .from = &PEER_TCP}),
                    200, w->now);
    expect_out(w, "SIP/2.0 200 "); /* S-157 */
    assert_int_equal(w->hop.flow, 7);
    assert_int_equal(w->hop.addr.port, 5080);
}

static void over_the_bound_requests_are_refused_503(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();

    sip_core_free(w->core);
    conf.max_pending = 2;
    world_open(w, &conf);
    take_message(w, &(struct ask){.call_id = "a"});
    take_message(w, &(struct ask){.call_id = "b"});
    asks(w, &(struct ask){.call_id = "c"});
    expect_no_event(w);
    expect_out(w, "SIP/2.0 503 ");
    out_has(w, "\r\nRetry-After: ");
}

static void the_memory_of_answers_is_bounded(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();
    char call[16];

    sip_core_free(w->core);
    conf.max_answered = 1000;
    world_open(w, &conf);
    for (int i = 0; i < 5000; i++) {
        (void)snprintf(call, sizeof call, "n%d", i);
        sip_core_answer(w->core, take_message(w, &(struct ask){.call_id = call}), 200, w->now);
        expect_out(w, "SIP/2.0 200 ");
    }
    assert_int_equal(counts(w).answered, 1000);
    asks(w, &(struct ask){.call_id = "n4999"}); /* the newest are known */
    expect_no_event(w);
    expect_out(w, "SIP/2.0 200 ");
    take_message(w, &(struct ask){.call_id = "n3999"}); /* the oldest are not */
    wait_ms(w, 3601000);
    assert_int_equal(counts(w).answered, 0);
}

static void t1_scales_all_timers(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();

    sip_core_free(w->core);
    conf.t1 = 50; /* S-168 */
    world_open(w, &conf);
    take_message(w, &(struct ask){0});
    wait_ms(w, 350);
    expect_out(w, "SIP/2.0 100 ");
    wait_ms(w, 2850);
    assert_int_equal(counts(w).pending, 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(a_retransmission_gets_the_same_answer),
        T(a_retransmission_gets_the_same_words_and_headers),
        T(a_retransmission_of_what_was_challenged_is_challenged_anew),
        T(while_it_waits_a_retransmission_is_ignored),
        T(over_udp_100_comes_at_3500_ms),
        T(over_tcp_there_is_no_100),
        T(too_late_nothing_is_said),
        T(a_message_is_never_answered_408),
        T(a_merged_request_is_482_and_delivered_once),
        T(a_repeated_message_gets_the_first_answer_for_an_hour),
        T(after_try_again_the_same_message_may_come_again),
        T(other_calls_tags_and_numbers_are_other_messages),
        T(the_same_message_ids_with_another_text_are_another_message),
        T(repeats_are_known_for_as_long_as_their_method_says),
        T(who_registered_anew_publishes_anew),
        T(who_proves_himself_anew_under_old_ids_is_heard),
        T(without_a_branch_all_of_the_request_is_compared),
        T(cancel_has_no_effect),
        T(a_refused_invite_is_repeated_until_ack),
        T(an_ack_needs_no_body_for_an_invite_that_had_one),
        T(a_refused_invite_without_ack_ends_after_32_s),
        T(over_tcp_a_refusal_is_said_once),
        T(a_stray_ack_is_dropped),
        T(the_answer_goes_where_rport_and_via_say),
        T(over_a_stream_the_answer_takes_the_connection_or_the_port_of_sent_by),
        T(over_the_bound_requests_are_refused_503),
        T(the_memory_of_answers_is_bounded),
        T(t1_scales_all_timers),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
