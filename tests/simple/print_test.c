#include "simple/wire/print.h"

#include "wire.h"

static const struct sip_addr source = {.family = 4, .ip = {198, 51, 100, 7}, .port = 40001};
static const struct sip_addr same = {.family = 4, .ip = {192, 0, 2, 1}, .port = 5060};

static void a_request_reads_as_it_was_put_together(void **state)
{
    static struct sip_msg m;
    struct buf b = {0};

    (void)state;
    sip_put_request_line(&b, SPAN("MESSAGE"), SPAN("sip:bob@example.com"));
    sip_put_via(&b, &(struct sip_via_out){SIP_TRANSPORT_TCP, SPAN("2001:db8::1"), 5060,
                                          SPAN("z9hG4bK1"), true});
    sip_put_hdr_number(&b, SIP_HDR_MAX_FORWARDS, 70);
    sip_put_addr(&b, SIP_HDR_FROM, SPAN("Al \"the\\man\"\n"), SPAN("sip:al@example.org"),
                 SPAN("t1"));
    sip_put_addr(&b, SIP_HDR_TO, SPAN(""), SPAN("sip:bob@example.com"), SPAN(""));
    sip_put_hdr_str(&b, SIP_HDR_CALL_ID, "c1");
    sip_put_cseq(&b, 1, SPAN("MESSAGE"));
    sip_put_hdr_named(&b, SPAN("X-More"), SPAN(""));
    sip_put_date(&b, 1289690940);
    sip_put_hdr(&b, SIP_HDR_CONTENT_TYPE, SPAN("text/plain"));
    sip_put_body(&b, SPAN("hello"));
    assert_true(buf_ok(&b));
    assert_span(buf_span(&b), "MESSAGE sip:bob@example.com SIP/2.0\r\n"
                              "Via: SIP/2.0/TCP [2001:db8::1]:5060;rport;branch=z9hG4bK1\r\n"
                              "Max-Forwards: 70\r\n"
                              "From: \"Al \\\"the\\\\man\\\" \" <sip:al@example.org>;tag=t1\r\n"
                              "To: <sip:bob@example.com>\r\n"
                              "Call-ID: c1\r\n"
                              "CSeq: 1 MESSAGE\r\n"
                              "X-More: \r\n"
                              "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n"
                              "Content-Type: text/plain\r\n"
                              "Content-Length: 5\r\n\r\nhello");
    assert_int_equal(sip_msg_parse(&m, buf_span(&b)), SIP_GOOD);
    assert_span(m.from.tag, "t1");
    buf_fini(&b);
}

static void nothing_can_be_smuggled_into_a_line(void **state)
{
    static const struct span bad[] = {
        {(const uint8_t *)"a\r\nX: y", 7},
        {(const uint8_t *)"a\n", 2},
        {(const uint8_t *)"a\r", 2},
        {(const uint8_t *)"a\0b", 3},
    };

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        for (int how = 0; how < 9; how++) {
            struct buf b = {0};
            size_t at;

            switch (how) {
            case 0: sip_put_hdr(&b, SIP_HDR_SUBJECT, bad[i]); break;
            case 1: sip_put_hdr_named(&b, bad[i], SPAN("x")); break;
            case 2: sip_put_hdr_named(&b, SPAN("x"), bad[i]); break;
            case 3: sip_put_request_line(&b, SPAN("A"), bad[i]); break;
            case 4: sip_put_request_line(&b, bad[i], SPAN("sip:a")); break;
            case 5: sip_put_cseq(&b, 1, bad[i]); break;
            case 6: sip_put_addr(&b, SIP_HDR_TO, SPAN(""), bad[i], SPAN("")); break;
            case 7: sip_put_addr(&b, SIP_HDR_TO, SPAN(""), SPAN("sip:a"), bad[i]); break;
            default:
                at = sip_hdr_begin(&b, SIP_HDR_WARNING);
                buf_add(&b, bad[i]);
                sip_hdr_end(&b, at);
                break;
            }
            assert_false(buf_ok(&b));
            buf_fini(&b);
        }
    }
}

#define REST "From: a <sip:a@b>;tag=1\r\nTo: <sip:c@d>\r\nCall-ID: x\r\nCSeq: 1 OPTIONS\r\n"

static const struct {
    const char *via;   /* header lines as they came */
    const char *reply; /* and went back */
    const struct sip_addr *source;
} replies[] = {
    {"Via: SIP/2.0/UDP 192.0.2.1;branch=a\r\n", "Via: SIP/2.0/UDP 192.0.2.1;branch=a\r\n", &same},
    {"Via: SIP/2.0/UDP 192.0.2.1;branch=a\r\n",
     "Via: SIP/2.0/UDP 192.0.2.1;branch=a;received=198.51.100.7\r\n", &source},
    {"Via: SIP/2.0/UDP 192.0.2.1;rport;branch=a\r\n",
     "Via: SIP/2.0/UDP 192.0.2.1;branch=a;rport=5060;received=192.0.2.1\r\n", &same},
    {"v: SIP/2.0/UDP host;received=9.9.9.9;rport=1;branch=a;x=\"y;z\", SIP/2.0/TCP b\r\n"
     "Via: SIP /2.0/UDP\r\n c\r\n",
     "Via: SIP/2.0/UDP host;branch=a;x=\"y;z\";rport=40001;received=198.51.100.7, SIP/2.0/TCP b\r\n"
     "Via: SIP /2.0/UDP c\r\n",
     &source},
    {"Via: SIP/2.0/UDP host;branch=a\r\n", "Via: SIP/2.0/UDP host;branch=a\r\n", NULL},
    {"Via: SIP/2.0/UDP;;;\r\n", "Via: SIP/2.0/UDP;;;\r\n", &source},
};

static void an_answer_repeats_the_vias_and_completes_the_top_one(void **state)
{
    static struct sip_msg m;

    (void)state;
    for (size_t i = 0; i < sizeof replies / sizeof *replies; i++) {
        struct buf in = {0}, b = {0}, want = {0};

        buf_fmt(&in, "OPTIONS sip:c@d SIP/2.0\r\n%s" REST "\r\n", replies[i].via);
        buf_fmt(&want,
                "SIP/2.0 404 Not Found\r\n%sFrom: a <sip:a@b>;tag=1\r\nTo: <sip:c@d>;tag=ours\r\n"
                "Call-ID: x\r\nCSeq: 1 OPTIONS\r\nContent-Length: 0\r\n\r\n",
                replies[i].reply);
        sip_msg_parse(&m, buf_span(&in));
        sip_put_reply(&b, &m,
                      &(struct sip_reply){
                          .status = 404, .to_tag = SPAN("ours"), .source = replies[i].source});
        sip_put_body(&b, (struct span){0});
        assert_true(buf_ok(&b));
        assert_span(buf_span(&b), buf_cstr(&want));
        buf_fini(&in);
        buf_fini(&b);
        buf_fini(&want);
    }
}

static void folds_are_undone_and_a_tag_is_not_given_twice(void **state)
{
    static struct sip_msg m;
    struct buf b = {0};

    (void)state;
    sip_msg_parse(&m,
                  SPAN("OPTIONS sip:c@d SIP/2.0\r\nVia: SIP/2.0/UDP h\r\n"
                       "f: \"A\r\n\t B\"\r\n  <sip:a@b>;tag=1\r\nt:\r\n <sip:c@d> \r\n ; tag=2\r\n"
                       "i: x\r\nCSeq: 1\r\n OPTIONS\r\nRoute: <sip:r>\r\nRoute: <sip:s>\r\n\r\n"));
    sip_put_reply(&b, &m, &(struct sip_reply){.status = 200, .to_tag = SPAN("ours")});
    sip_put_copy(&b, &m, SIP_HDR_ROUTE);
    assert_span(buf_span(&b), "SIP/2.0 200 OK\r\nVia: SIP/2.0/UDP h\r\n"
                              "From: \"A B\" <sip:a@b>;tag=1\r\nTo: <sip:c@d> ; tag=2\r\n"
                              "Call-ID: x\r\nCSeq: 1 OPTIONS\r\n"
                              "Route: <sip:r>\r\nRoute: <sip:s>\r\n");
    buf_fini(&b);
}

static void every_status_has_a_phrase(void **state)
{
    (void)state;
    assert_string_equal(sip_reason(489), "Bad Event");
    assert_string_equal(sip_reason(299), "OK");
    assert_string_equal(sip_reason(499), "Bad Request");
    assert_string_equal(sip_reason(0), "Unknown");
    for (int s = 100; s < 700; s++)
        assert_true(strlen(sip_reason(s)) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_reads_as_it_was_put_together),
        cmocka_unit_test(nothing_can_be_smuggled_into_a_line),
        cmocka_unit_test(an_answer_repeats_the_vias_and_completes_the_top_one),
        cmocka_unit_test(folds_are_undone_and_a_tag_is_not_given_twice),
        cmocka_unit_test(every_status_has_a_phrase),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
