/* Client transactions: RFC 3261 17.1.2, and what a request of ours looks like. */
#include "tests/simple/sip_world.h"

static struct sip_request message(const struct sip_hop *hop)
{
    return (struct sip_request){
        .method = SIP_MESSAGE,
        .uri = SPAN("sip:bob@peer.example"),
        .from_uri = SPAN("sip:al@aim.example"),
        .from_display = SPAN("Al \"the\" G"),
        .to_uri = SPAN("sip:bob@peer.example"),
        .headers = SPAN("Expires: 60\r\n"),
        .content_type = SPAN("text/plain"),
        .body = SPAN("hi"),
        .hop = *hop,
    };
}

static uint64_t sends(struct world *w, const struct sip_hop *hop, uint64_t owner)
{
    struct sip_request r = message(hop);
    uint64_t id = sip_core_send(w->core, &r, owner, w->now);

    assert_true(id != 0);
    expect_out(w, "MESSAGE sip:bob@peer.example SIP/2.0\r\n");
    assert_true(w->id == id);
    return id;
}

static void a_request_has_all_it_needs(void **state)
{
    struct world *w = *state;
    struct sip_request r = message(&PEER_UDP);

    sends(w, &PEER_UDP, 1);
    out_has(w, "\r\nVia: SIP/2.0/UDP gw.aim.example:5060;branch=z9hG4bK"); /* S-129 */
    out_has(w, ";rport\r\n");                                              /* S-159 */
    out_has(w, "\r\nMax-Forwards: 70\r\n");                                /* S-124 */
    out_has(w, "\r\nFrom: \"Al \\\"the\\\" G\" <sip:al@aim.example>;tag=");
    out_has(w, "\r\nTo: <sip:bob@peer.example>\r\n");
    out_has(w, "\r\nCSeq: 1 MESSAGE\r\n");
    out_has(w, "\r\nDate: Mon, 16 Nov 2026 00:00:00 GMT\r\n");
    out_has(w, "\r\nExpires: 60\r\n");
    out_has(w, "\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nhi");
    assert_null(strstr(w->out, "Contact")); /* S-207: MESSAGE makes no dialog */
    assert_int_equal(sip_core_measure(w->core, &r), strlen(w->out));
    r.cseq = 7;
    r.call_id = SPAN("chosen");
    r.route = SPAN("<sip:proxy.example;lr>");
    sip_core_send(w->core, &r, 1, w->now);
    expect_out(w, "MESSAGE ");
    out_has(w, "\r\nCSeq: 7 MESSAGE\r\n");
    out_has(w, "\r\nCall-ID: chosen\r\n");
    out_has(w, "\r\nRoute: <sip:proxy.example;lr>\r\n");
}

static void branches_tags_and_calls_never_repeat(void **state)
{
    struct world *w = *state;
    char seen[3][64] = {"", "", ""};

    for (int i = 0; i < 20; i++) { /* S-128, S-129 */
        sends(w, &PEER_UDP, 1);
        assert_string_not_equal(out_value(w, "Via"), seen[0]);
        assert_string_not_equal(out_tag(w, "From"), seen[1]);
        assert_string_not_equal(out_value(w, "Call-ID"), seen[2]);
        snprintf(seen[0], 64, "%s", out_value(w, "Via"));
        snprintf(seen[1], 64, "%s", out_tag(w, "From"));
        snprintf(seen[2], 64, "%s", out_value(w, "Call-ID"));
    }
}

static void silence_over_udp_is_eleven_sends_and_408(void **state)
{
    static const unsigned gaps[] = {500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 4000};
    struct world *w = *state;

    sends(w, &PEER_UDP, 42);
    for (size_t i = 0; i < sizeof gaps / sizeof *gaps; i++) { /* S-169, Timer E */
        wait_ms(w, gaps[i] - 1);
        expect_no_out(w);
        wait_ms(w, 1);
        expect_out(w, "MESSAGE ");
    }
    wait_ms(w, 499);
    expect_no_event(w);
    wait_ms(w, 1); /* S-170, Timer F: 32 s */
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.status, 408);
    assert_int_equal(w->ev.cause, SIP_BY_TIMEOUT);
    assert_int_equal(w->ev.owner, 42);
    assert_null(w->ev.msg);
    expect_no_out(w);
    assert_int_equal(counts(w).in_flight, 0);
}

static void over_tcp_it_is_sent_once(void **state)
{
    struct world *w = *state;

    sends(w, &PEER_TCP, 1);
    wait_ms(w, 31999);
    expect_no_out(w);
    expect_no_event(w);
    wait_ms(w, 1);
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.status, 408);
}

static void a_final_answer_is_told_once(void **state)
{
    struct world *w = *state;

    sends(w, &PEER_UDP, 9);
    answers(w, 486, "Retry-After: 30 (in a minute)\n");
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.status, 486);
    assert_int_equal(w->ev.owner, 9);
    assert_int_equal(w->ev.cause, SIP_BY_PEER);
    assert_int_equal(w->ev.retry_after, 30);
    assert_non_null(w->ev.msg);
    answers(w, 486, NULL); /* S-171: late copies produce nothing */
    answers(w, 200, NULL);
    expect_no_event(w);
    wait_ms(w, 60000);
    expect_no_out(w);
    assert_int_equal(counts(w).in_flight, 0);
}

static void a_provisional_answer_only_slows_the_repeats(void **state)
{
    struct world *w = *state;

    sends(w, &PEER_UDP, 1);
    answers(w, 100, NULL);
    expect_no_event(w);
    wait_ms(w, 3999);
    expect_no_out(w);
    wait_ms(w, 1); /* S-177: E in steps of T2 */
    expect_out(w, "MESSAGE ");
    wait_ms(w, 28000);
    while (next_out(w)) {
    }
    expect_event(w, SIP_EVENT_RESPONSE); /* F keeps running */
    assert_int_equal(w->ev.status, 408);
}

static void answers_that_are_not_ours_are_dropped(void **state)
{
    struct world *w = *state;
    char sent[4096], text[4096], via[256], call[64], from[128];

    sends(w, &PEER_UDP, 1);
    strcpy(sent, w->out);
    snprintf(via, sizeof via, "%s", out_value(w, "Via"));
    snprintf(call, sizeof call, "%s", out_value(w, "Call-ID"));
    snprintf(from, sizeof from, "%s", out_value(w, "From"));
#define ANSWER(v, cseq)                                                                        \
    snprintf(text, sizeof text,                                                                \
             "SIP/2.0 200 OK\nVia: %s\nFrom: %s\nTo: <sip:b@p>;tag=1\nCall-ID: %s\nCSeq: %s\n" \
             "Content-Length: 0\n\n",                                                          \
             v, from, call, cseq);                                                             \
    hears(w, &PEER_UDP, text)
    ANSWER(via, "1 NOTIFY"); /* S-167: another method */
    expect_no_event(w);
    ANSWER("SIP/2.0/UDP gw.aim.example:5060;branch=z9hG4bKaaaaaaaaaaaaaaaaaaaa", "1 MESSAGE");
    expect_no_event(w);
    ANSWER("SIP/2.0/UDP gw.aim.example:5060;branch=z9hG4bKa", "1 MESSAGE");
    expect_no_event(w);
    memcpy(strstr(via, "gw.aim"), "xx.aim", 6); /* S-160: sent-by is not ours */
    ANSWER(via, "1 MESSAGE");
    expect_no_event(w);
    memcpy(strstr(via, "xx.aim"), "gw.aim", 6);
    strcat(via, ", SIP/2.0/UDP 255.255.255.255;branch=z9hG4bKb"); /* RFC 4475 3.3.10 */
    ANSWER(via, "1 MESSAGE");
    expect_no_event(w);
    *strchr(via, ',') = 0;
    ANSWER(via, "1 MESSAGE");
    expect_event(w, SIP_EVENT_RESPONSE);
}

static void a_broken_transport_is_told_at_once(void **state)
{
    struct world *w = *state;
    uint64_t id = sends(w, &PEER_UDP, 5);

    sip_core_send_failed(w->core, id, w->now); /* S-163, S-173 */
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.status, 503);
    assert_int_equal(w->ev.cause, SIP_BY_TRANSPORT);
    assert_int_equal(w->ev.owner, 5);
    expect_no_event(w);
    sip_core_send_failed(w->core, id, w->now);
    expect_no_event(w);
}

static void a_broken_connection_fails_all_that_went_over_it(void **state)
{
    struct world *w = *state;
    struct sip_hop any = PEER_TCP, other = PEER_TCP;

    any.flow = 0;
    other.flow = 8;
    sends(w, &PEER_TCP, 1);
    sends(w, &any, 2);
    sends(w, &other, 3);
    sends(w, &PEER_UDP, 4);
    sip_core_hop_failed(w->core, &PEER_TCP, SIP_BY_BREAK, w->now);
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.owner, 1);
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.owner, 2);
    expect_no_event(w);
}

/* S-163: the network does not know whose domain was wanted there. */
static void a_dead_address_fails_what_went_to_a_peer_there(void **state)
{
    struct world *w = *state;
    struct sip_hop to_peer = PEER_UDP, over_tls = PEER_UDP, broken;

    to_peer.domain = 3;
    over_tls.domain = 3;
    over_tls.transport = SIP_TRANSPORT_TLS;
    sends(w, &to_peer, 1);
    sends(w, &over_tls, 2);
    sip_core_hop_failed(w->core, &PEER_UDP, SIP_BY_TRANSPORT, w->now);
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.owner, 1);
    expect_no_event(w);
    broken = over_tls;
    broken.domain = 4; /* the connection to another domain at that address */
    sip_core_hop_failed(w->core, &broken, SIP_BY_TRANSPORT, w->now);
    expect_no_event(w);
    sip_core_hop_failed(w->core, &over_tls, SIP_BY_TRANSPORT, w->now);
    expect_event(w, SIP_EVENT_RESPONSE);
    assert_int_equal(w->ev.owner, 2);
}

static void what_is_forgotten_is_not_told(void **state)
{
    struct world *w = *state;
    uint64_t a = sends(w, &PEER_UDP, 1), b = sends(w, &PEER_UDP, 2);

    sip_core_forget(w->core, a);
    wait_ms(w, 32000);
    sip_core_forget(w->core, b);
    expect_no_event(w);
    assert_int_equal(counts(w).in_flight, 0);
}

static void what_cannot_be_sent_is_refused_here(void **state)
{
    static const struct {
        struct sip_hop hop;
        const char *uri;
    } rows[] = {
        /* S-164: multicast */
        {{SIP_TRANSPORT_UDP, {4, {224, 0, 1, 75}, 5060}, 0, 0}, "sip:b@p"},
        {{SIP_TRANSPORT_UDP, {4, {255, 255, 255, 255}, 5060}, 0, 0}, "sip:b@p"}, /* broadcast */
        {{SIP_TRANSPORT_UDP, {4, {0, 0, 0, 0}, 5060}, 0, 0}, "sip:b@p"},
        {{SIP_TRANSPORT_WS, {4, {192, 0, 2, 7}, 80}, 0, 0}, "sip:b@p"}, /* not offered */
        {{SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0},
         "sips:b@p"}, /* S-151: never downgraded */
        {{SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0}, "sip:b@p\r\nX: y"},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sip_request r = message(&rows[i].hop);

        r.uri = span_str(rows[i].uri);
        assert_true(sip_core_send(w->core, &r, 1, w->now) == 0);
        assert_int_equal(sip_core_measure(w->core, &r), 0);
        expect_no_out(w);
    }
    assert_int_equal(counts(w).in_flight, 0);
}

static void over_the_bound_nothing_is_sent(void **state)
{
    struct world *w = *state;
    struct sip_core_conf conf = world_conf();
    struct sip_request r = message(&PEER_UDP);

    sip_core_free(w->core);
    conf.max_sent = 2;
    world_open(w, &conf);
    sends(w, &PEER_UDP, 1);
    sends(w, &PEER_UDP, 2);
    assert_true(sip_core_send(w->core, &r, 3, w->now) == 0);
    answers(w, 200, NULL);
    expect_event(w, SIP_EVENT_RESPONSE);
    sends(w, &PEER_UDP, 3);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(a_request_has_all_it_needs),
        T(branches_tags_and_calls_never_repeat),
        T(silence_over_udp_is_eleven_sends_and_408),
        T(over_tcp_it_is_sent_once),
        T(a_final_answer_is_told_once),
        T(a_provisional_answer_only_slows_the_repeats),
        T(answers_that_are_not_ours_are_dropped),
        T(a_broken_transport_is_told_at_once),
        T(a_broken_connection_fails_all_that_went_over_it),
        T(a_dead_address_fails_what_went_to_a_peer_there),
        T(what_is_forgotten_is_not_told),
        T(what_cannot_be_sent_is_refused_here),
        T(over_the_bound_nothing_is_sent),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
