#include "simple/wire/msg.h"

#include "wire.h"

#define VIA  "Via: SIP/2.0/UDP 192.0.2.1;branch=z9hG4bKabc\r\n"
#define FROM "From: <sip:al@example.org>;tag=a\r\n"
#define TO   "To: <sip:bob@example.org>\r\n"
#define CID  "Call-ID: c1@192.0.2.1\r\n"
#define CSEQ "CSeq: 7 MESSAGE\r\n"
#define ALL  VIA FROM TO CID CSEQ
#define LINE "MESSAGE sip:bob@example.org SIP/2.0\r\n"

static const struct {
    const char *text;
    enum sip_bad bad;
} messages[] = {
    {LINE ALL "\r\n", SIP_GOOD},
    {LINE ALL "Content-Length: 2\r\n\r\nhi", SIP_GOOD},
    {LINE ALL "Content-Length: 2\r\n\r\nhi and what else the datagram has", SIP_GOOD},
    {LINE ALL "Content-Length: 3\r\n\r\nhi", SIP_BAD_SHORT_BODY},
    {LINE ALL "Content-Length: -3\r\n\r\nhi", SIP_BAD_CONTENT_LENGTH},
    {LINE ALL "Content-Length: 2 2\r\n\r\nhi", SIP_BAD_CONTENT_LENGTH},
    {LINE ALL "Content-Length: 2\r\nl: 2\r\n\r\nhi", SIP_BAD_REPEATED},
    {LINE ALL "Call-ID: c2\r\n\r\n", SIP_BAD_REPEATED},
    {LINE ALL "f: <sip:x@y>\r\n\r\n", SIP_BAD_REPEATED},
    {LINE ALL "Max-Forwards: 0\r\n\r\n", SIP_GOOD},
    {LINE ALL "Max-Forwards: 255\r\n\r\n", SIP_GOOD},
    {LINE ALL "Max-Forwards: 256\r\n\r\n", SIP_BAD_MAX_FORWARDS},
    {"message sip:bob@example.org SIP/2.0\r\n" VIA FROM TO CID "CSeq: 7 message\r\n\r\n", SIP_GOOD},
    {"MESSAGE sip:bob@example.org sip/2.0\r\n" ALL "\r\n", SIP_GOOD},
    {"MESSAGE sip:bob@example.org SIP/7.0\r\n" ALL "\r\n", SIP_BAD_VERSION},
    {"MESSAGE sip:bob@example.org SIP/2.1\r\n" ALL "\r\n", SIP_BAD_VERSION},
    {"MESSAGE sip:bob@example.org HTTP/1.1\r\n" ALL "\r\n", SIP_BAD_START_LINE},
    {"MESSAGE sip:bob@example.org\r\n" ALL "\r\n", SIP_BAD_START_LINE},
    {"MESSAGE  sip:bob@example.org SIP/2.0\r\n" ALL "\r\n", SIP_BAD_URI},
    {"MESSAGE sip:bob@example.org SIP/2.0 \r\n" ALL "\r\n", SIP_BAD_START_LINE},
    {"MESSAGE <sip:bob@example.org> SIP/2.0\r\n" ALL "\r\n", SIP_BAD_URI},
    {"MESSAGE sip:bob@example.org; lr SIP/2.0\r\n" ALL "\r\n", SIP_BAD_URI},
    {"MESSAGE sip:bob@example.org?a=b SIP/2.0\r\n" ALL "\r\n", SIP_BAD_URI_HEADERS},
    {"MESSAGE im:bob@example.org SIP/2.0\r\n" ALL "\r\n", SIP_GOOD},
    {"MESSAGE tel:+12015550123 SIP/2.0\r\n" ALL "\r\n", SIP_GOOD},
    {"MES(AGE sip:bob@example.org SIP/2.0\r\n" ALL "\r\n", SIP_BAD_START_LINE},
    {" sip:bob@example.org SIP/2.0\r\n" ALL "\r\n", SIP_BAD_START_LINE},
    {"", SIP_BAD_START_LINE},
    {"\r\n", SIP_BAD_START_LINE},
    {"SIP/2.0 200 OK\r\n" ALL "\r\n", SIP_GOOD},
    {"SIP/2.0 200 \r\n" ALL "\r\n", SIP_GOOD},
    {"SIP/2.0 200\r\n" ALL "\r\n", SIP_GOOD},
    {"sip/2.0 699 \xe2\x82\xac\r\n" ALL "\r\n", SIP_GOOD},
    {"SIP/2.0 99 OK\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {"SIP/2.0 700 OK\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {"SIP/2.0 2000 OK\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {"SIP/2.0 0200 OK\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {"SIP/2.0 4294967301 OK\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {"SIP/2.0 20x OK\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {"SIP/2.0\r\n" ALL "\r\n", SIP_BAD_STATUS},
    {LINE FROM TO CID CSEQ "\r\n", SIP_BAD_NO_VIA},
    {LINE VIA TO CID CSEQ "\r\n", SIP_BAD_NO_FROM},
    {LINE VIA FROM CID CSEQ "\r\n", SIP_BAD_NO_TO},
    {LINE VIA FROM TO CSEQ "\r\n", SIP_BAD_NO_CALL_ID},
    {LINE VIA FROM TO CID "\r\n", SIP_BAD_NO_CSEQ},
    {LINE "Via: SIP/2.0/UDP\r\n" FROM TO CID CSEQ "\r\n", SIP_BAD_VIA},
    {LINE VIA "Via: x\r\n" FROM TO CID CSEQ "\r\n", SIP_BAD_VIA},
    {LINE VIA "From: Bell, Al <sip:al@x>\r\n" TO CID CSEQ "\r\n", SIP_BAD_FROM},
    {LINE VIA FROM "To: \"Al <sip:al@x>\r\n" CID CSEQ "\r\n", SIP_BAD_TO},
    {LINE VIA FROM TO "Call-ID: a b\r\n" CSEQ "\r\n", SIP_BAD_CALL_ID},
    {LINE VIA FROM TO "Call-ID:\r\n" CSEQ "\r\n", SIP_BAD_CALL_ID},
    {LINE VIA FROM TO CID "CSeq: 7 OPTIONS\r\n\r\n", SIP_BAD_CSEQ_METHOD},
    {"ODD sip:bob@example.org SIP/2.0\r\n" ALL "\r\n", SIP_GOOD},
    {LINE VIA FROM TO CID "CSeq: 4294967295 MESSAGE\r\n\r\n", SIP_GOOD},
    {LINE VIA FROM TO CID "CSeq: 4294967296 MESSAGE\r\n\r\n", SIP_BAD_CSEQ},
    {LINE VIA FROM TO CID "CSeq: MESSAGE\r\n\r\n", SIP_BAD_CSEQ},
    {LINE ALL "no colon here\r\n\r\n", SIP_BAD_LINE},
    {LINE ALL ": no name\r\n\r\n", SIP_BAD_LINE},
    {LINE ALL "na me: x\r\n\r\n", SIP_BAD_LINE},
    {LINE " folded: start line\r\n" ALL "\r\n", SIP_BAD_LINE},
    {LINE ALL, SIP_BAD_NO_END},
    {LINE VIA FROM TO CID "CSeq: 7 MESSAGE", SIP_BAD_NO_END},
    {LINE ALL "X: a\nb: c\r\n\r\n", SIP_BAD_LINE_END},
    {LINE ALL "X: a\rb\r\n\r\n", SIP_BAD_LINE_END},
    {"MESSAGE sip:bob@example.org SIP/2.0\nVia: x\n\n", SIP_BAD_LINE_END},
};

static void every_fault_has_its_name(void **state)
{
    static struct sip_msg m;

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        size_t n = strlen(messages[i].text);
        char *exact = malloc(n + !n); /* so that a read past its end is seen */

        assert_non_null(exact);
        memcpy(exact, messages[i].text, n);
        if (sip_msg_parse(&m, span_of(exact, n)) != messages[i].bad)
            fail_msg("%s: \"%s\"", messages[i].text, sip_bad_text(m.bad));
        free(exact);
    }
}

static void a_message_can_be_read_at_its_index(void **state)
{
    static struct sip_msg m;
    const struct sip_hdr *h;

    (void)state;
    assert_int_equal(sip_msg_parse(&m, SPAN(LINE ALL "v: SIP/2.0/TCP b;branch=z9hG4bK2\r\n"
                                                     "SUBJECT :  one\r\n\ttwo \r\n"
                                                     "X-Odd: x\r\nl: 5\r\n\r\nhello world")),
                     SIP_GOOD);
    assert_true(m.is_request);
    assert_int_equal(m.method, SIP_MESSAGE);
    assert_span(m.uri, "sip:bob@example.org");
    assert_span(m.target.user, "bob");
    assert_span(m.body, "hello");
    assert_int_equal(m.n_hdrs, 9);
    assert_span(m.from.tag, "a");
    assert_span(m.to.tag, "");
    assert_span(m.call_id, "c1@192.0.2.1");
    assert_int_equal(m.cseq.number, 7);
    assert_span(m.via.branch, "z9hG4bKabc");
    assert_false(m.has_max_forwards);
    assert_span(sip_msg_value(&m, SIP_HDR_SUBJECT), "one\r\n\ttwo");
    h = sip_msg_hdr(&m, SIP_HDR_VIA);
    assert_span(h->name, "Via");
    h = sip_msg_hdr_next(&m, h);
    assert_span(h->name, "v");
    assert_null(sip_msg_hdr_next(&m, h));
    assert_null(sip_msg_hdr(&m, SIP_HDR_CONTACT));
    assert_span(sip_msg_find_other(&m, "x-odd")->value, "x");
    assert_null(sip_msg_find_other(&m, "x-even"));
    assert_true(m.raw.n < sizeof LINE ALL + 100);
    assert_true(sip_msg_is_answerable(&m));
    assert_true(sip_msg_has_branch(&m));
}

static void a_response_has_the_method_of_its_cseq(void **state)
{
    static struct sip_msg m;

    (void)state;
    assert_int_equal(sip_msg_parse(&m, SPAN("SIP/2.0 404 Not here\r\n" ALL "\r\n")), SIP_GOOD);
    assert_false(m.is_request);
    assert_int_equal(m.status, 404);
    assert_span(m.reason, "Not here");
    assert_int_equal(m.method, SIP_MESSAGE);
    assert_false(sip_msg_is_answerable(&m));
}

static void a_bad_message_is_read_to_its_end(void **state)
{
    static struct sip_msg m;

    (void)state;
    assert_int_equal(sip_msg_parse(&m, SPAN(LINE "Via: ;;\r\n" FROM "junk\r\n" TO CID
                                                 "CSeq: 7 MESSAGE\r\n\r\n")),
                     SIP_BAD_VIA);
    assert_int_equal(sip_bad_status(m.bad), 400);
    assert_true(sip_msg_is_answerable(&m));
    assert_false(m.has_via);
    assert_true(m.has_from && m.has_to && m.has_call_id && m.has_cseq);
    sip_msg_parse(&m, SPAN("ACK sip:a@b SIP/2.0\r\n" VIA "\r\n"));
    assert_false(sip_msg_is_answerable(&m));
}

static void there_are_256_header_lines_at_most(void **state)
{
    static struct sip_msg m;

    (void)state;
    for (int lines = SIP_HEADERS_MAX; lines <= SIP_HEADERS_MAX + 1; lines++) {
        struct buf b = {0};

        BUF_LIT(&b, LINE ALL);
        for (int i = 5; i < lines; i++)
            BUF_LIT(&b, "Route: <sip:a>\r\n");
        BUF_LIT(&b, "\r\n");
        assert_int_equal(sip_msg_parse(&m, buf_span(&b)),
                         lines <= SIP_HEADERS_MAX ? SIP_GOOD : SIP_BAD_TOO_MANY);
        assert_int_equal(m.n_hdrs, SIP_HEADERS_MAX);
        assert_int_equal(m.first[SIP_HDR_ROUTE], 6);
        assert_int_equal(m.last[SIP_HDR_ROUTE], SIP_HEADERS_MAX);
        buf_fini(&b);
    }
    assert_int_equal(sip_bad_status(SIP_BAD_TOO_MANY), 513);
}

static void long_and_compact_forms_are_the_same(void **state)
{
    static struct sip_msg m;

    (void)state;
    assert_int_equal(sip_msg_parse(&m, SPAN(LINE "v: SIP/2.0/UDP h\r\nf: <sip:a@b>;tag=1\r\n"
                                                 "t: <sip:c@d>\r\ni: x\r\nCSEQ: 1 MESSAGE\r\n"
                                                 "m: <sip:e@f>\r\nc: text/plain\r\no: presence\r\n"
                                                 "k: path\r\ns: hi\r\ne: gzip\r\nu: presence\r\n"
                                                 "r: <sip:r>\r\nb: <sip:b>\r\na: *\r\nj: *\r\n"
                                                 "d: fork\r\ny: x\r\nx: 90\r\nl: 0\r\n\r\n")),
                     SIP_GOOD);
    for (size_t i = 0; i < m.n_hdrs; i++)
        assert_int_not_equal(m.hdrs[i].id, SIP_HDR_OTHER);
    assert_true(sip_msg_has(&m, SIP_HDR_SUPPORTED) && sip_msg_has(&m, SIP_HDR_ALLOW_EVENTS));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_fault_has_its_name),
        cmocka_unit_test(a_message_can_be_read_at_its_index),
        cmocka_unit_test(a_response_has_the_method_of_its_cseq),
        cmocka_unit_test(a_bad_message_is_read_to_its_end),
        cmocka_unit_test(there_are_256_header_lines_at_most),
        cmocka_unit_test(long_and_compact_forms_are_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
