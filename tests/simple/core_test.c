/* What the SIP element answers by itself. */
#include "tests/simple/sip_world.h"

static void each_bad_request_is_told_why(void **state)
{
    static const struct {
        const char *text, *answer;
    } rows[] = {
        /* S-121: what is missing is named */
        {"MESSAGE sip:al@aim.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa\n"
         "From: <sip:b@p>;tag=1\nTo: <sip:al@aim.example>\nCSeq: 1 MESSAGE\nContent-Length: 0\n\n",
         "SIP/2.0 400 Missing Call-ID"},
        /* S-122: what must be single is repeated */
        {"MESSAGE sip:al@aim.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa\n"
         "From: <sip:b@p>;tag=1\nTo: <sip:al@aim.example>\nCall-ID: x\nCall-ID: y\nCSeq: 1 "
         "MESSAGE\n"
         "Content-Length: 0\n\n",
         "SIP/2.0 400 "},
        /* S-123: the CSeq names another method */
        {"MESSAGE sip:al@aim.example SIP/2.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa\n"
         "From: <sip:b@p>;tag=1\nTo: <sip:al@aim.example>\nCall-ID: x\nCSeq: 1 "
         "NOTIFY\nContent-Length: 0\n\n",
         "SIP/2.0 400 "},
        {"MESSAGE sip:al@aim.example SIP/7.0\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa\n"
         "From: <sip:b@p>;tag=1\nTo: <sip:al@aim.example>\nCall-ID: x\nCSeq: 1 "
         "MESSAGE\nContent-Length: 0\n\n",
         "SIP/2.0 505 "},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hears(w, &PEER_UDP, rows[i].text);
        expect_no_event(w);
        expect_out(w, rows[i].answer);
        out_has(w, "Via: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKa");
    }
    assert_int_equal(counts(w).pending, 0);
    assert_int_equal(counts(w).answered, 0);
}

static void each_method_has_its_answer(void **state)
{
    static const struct {
        const char *method, *answer;
    } rows[] = {
        /* S-135: known but taken by nobody here 405, unknown 501 */
        {"INVITE", "SIP/2.0 405 "}, {"BYE", "SIP/2.0 405 "},     {"INFO", "SIP/2.0 405 "},
        {"UPDATE", "SIP/2.0 405 "}, {"REFER", "SIP/2.0 405 "},   {"PRACK", "SIP/2.0 405 "},
        {"FOO", "SIP/2.0 501 "},    {"message", "SIP/2.0 501 "},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        /* S-134: the method is looked at before Require is */
        asks(w, &(struct ask){.method = rows[i].method, .headers = "Require: frobnicate\n"});
        expect_out(w, rows[i].answer);
        out_has(w, "Allow: MESSAGE, SUBSCRIBE, NOTIFY, PUBLISH, REGISTER, OPTIONS");
        expect_no_event(w);
    }
}

static void cseq_of_an_unknown_method_does_not_matter(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.method = "NEWMETHOD", .cseq_method = "INVITE"});
    expect_out(w, "SIP/2.0 501 "); /* RFC 4475 3.1.2.18 */
}

static void an_unknown_scheme_is_416(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.uri = "nobodyKnowsThisScheme:totallyopaque"});
    expect_out(w, "SIP/2.0 416 "); /* S-136 */
    asks(w, &(struct ask){.uri = "soap.beep://192.0.2.103:3002"});
    expect_out(w, "SIP/2.0 416 ");
    expect_no_event(w);
}

static void unknown_option_tags_are_named(void **state)
{
    struct world *w = *state;

    /* S-131: compared without case; S-132: 420 names what is not known, in Proxy-Require that is
     * all */
    asks(w, &(struct ask){.headers =
                              "Require: nothingSupportsThis, EventList\nProxy-Require: path\n"});
    expect_out(w, "SIP/2.0 420 ");
    out_has(w, "\r\nUnsupported: nothingSupportsThis, path\r\n");
    asks(w, &(struct ask){.headers = "Require: eventlist\n"});
    expect_event(w, SIP_EVENT_REQUEST);
}

static void a_route_by_im_is_refused(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.headers = "Route: <im:al@aim.example>\n"});
    expect_out(w, "SIP/2.0 400 "); /* S-222, RFC 3428 5 */
    expect_no_event(w);
}

static void options_of_the_domain_are_told(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.method = "OPTIONS", .uri = "sip:aim.example"});
    expect_out(w, "SIP/2.0 200 "); /* S-137 */
    out_has(w, "\r\nAllow: ");
    out_has(w, "\r\nAccept: text/plain\r\n");
    out_has(w, "\r\nAccept-Encoding: ");
    out_has(w, "\r\nAccept-Language: ");
    out_has(w, "\r\nSupported: eventlist, path\r\n");
    out_has(w, "\r\nAllow-Events: presence, presence.winfo\r\n");
    expect_no_event(w);
    asks(w, &(struct ask){.method = "OPTIONS", .uri = "sip:al@aim.example", .cseq = 2});
    expect_event(w, SIP_EVENT_REQUEST);
    asks(w, &(struct ask){.method = "OPTIONS", .uri = "sip:elsewhere.example", .cseq = 3});
    expect_event(w, SIP_EVENT_REQUEST);
}

static void a_message_out_of_its_dialog_is_481(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.to_tag = "unknown"});
    expect_out(w, "SIP/2.0 481 "); /* S-138, S-224 */
    asks(w, &(struct ask){.method = "NOTIFY",
                          .to_tag = "unknown",
                          .headers = "Event: presence\nSubscription-State: active\n"});
    expect_out(w, "SIP/2.0 481 ");
    asks(w, &(struct ask){.method = "SUBSCRIBE",
                          .to_tag = "unknown",
                          .headers = "Event: presence\nContact: <sip:b@192.0.2.7>\n"});
    expect_out(w, "SIP/2.0 481 ");
    expect_no_event(w);
}

static void nothing_is_said_to_junk(void **state)
{
    static const char *const rows[] = {
        "",
        "\n\n",
        "hello",
        "SIP/2.0 200 OK\n\n",
        "ACK sip:al@aim.example SIP/2.0\n\n",
        "MESSAGE sip:al@aim.example SIP/2.0\n\n",
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        hears(w, &PEER_UDP, rows[i]);
        expect_no_out(w);
        expect_no_event(w);
    }
}

static void a_message_goes_to_the_gateway_and_its_answer_back(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){.headers = "Content-Type: text/plain\n", .body = "hi"});
    expect_event(w, SIP_EVENT_REQUEST);
    assert_int_equal(w->ev.method, SIP_MESSAGE);
    assert_true(span_is(w->ev.msg->body, "hi"));
    expect_no_event(w);
    expect_no_out(w); /* S-174: nothing provisional */
    assert_true(sip_core_answer(w->core, w->ev.txn, 200, w->now));
    expect_out(w, "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP 192.0.2.7:5060;branch=z9hG4bKa1\r\n");
    out_has(w, "\r\nFrom: \"Bob\" <sip:bob@peer.example>;tag=f1\r\n");
    out_has(w, "\r\nTo: <sip:al@aim.example>;tag=");
    out_has(w, "\r\nCall-ID: c1\r\n");
    out_has(w, "\r\nCSeq: 1 MESSAGE\r\n");
    out_has(w, "\r\nContent-Length: 0\r\n\r\n");
    assert_false(sip_core_answer(w->core, w->ev.txn, 200, w->now)); /* once only */
    expect_no_out(w);
}

static void an_answer_may_say_more(void **state)
{
    struct world *w = *state;

    asks(w, &(struct ask){0});
    expect_event(w, SIP_EVENT_REQUEST);
    assert_true(sip_core_respond(w->core, w->ev.txn,
                                 &(struct sip_answer){.status = 415,
                                                      .reason = SPAN("No Pictures"),
                                                      .headers = SPAN("Accept: text/plain\r\n"),
                                                      .content_type = SPAN("text/plain"),
                                                      .body = SPAN("sorry")},
                                 w->now));
    expect_out(w, "SIP/2.0 415 No Pictures\r\n");
    out_has(w,
            "\r\nAccept: text/plain\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nsorry");
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)
    const struct CMUnitTest tests[] = {
        T(each_bad_request_is_told_why),
        T(each_method_has_its_answer),
        T(cseq_of_an_unknown_method_does_not_matter),
        T(an_unknown_scheme_is_416),
        T(unknown_option_tags_are_named),
        T(a_route_by_im_is_refused),
        T(options_of_the_domain_are_told),
        T(a_message_out_of_its_dialog_is_481),
        T(nothing_is_said_to_junk),
        T(a_message_goes_to_the_gateway_and_its_answer_back),
        T(an_answer_may_say_more),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
