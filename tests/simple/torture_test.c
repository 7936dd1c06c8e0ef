/* The torture messages of RFC 4475 (its archive, bit for bit) and RFC 5118, as files in torture/:
 * what the parser says of each, whole and off a stream octet by octet. What a server does with
 * those that parse (405, 416, 420, …) is not the parser's. */
#include "simple/wire/frame.h"
#include "simple/wire/print.h"
#include "wire.h"

static const struct {
    const char *file;
    enum sip_bad bad;
    enum sip_method method;
    const char *uri;         /* Request-URI; NULL: a response */
    const char *user, *host; /* of the Request-URI where its scheme is known */
    int headers;
} messages[] = {
    {"wsinv", 0, SIP_INVITE, "sip:vivekg@chair-dnrc.example.com;unknownparam", "vivekg",
     "chair-dnrc.example.com", 14},
    {"intmeth", 0, SIP_METHOD_OTHER,
     "sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-"
     "it)@example.com",
     "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*", "example.com", 8},
    {"esc01", 0, SIP_INVITE, "sip:sips%3Auser%40example.com@example.net",
     "sips%3Auser%40example.com", "example.net", 9},
    {"escnull", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 9},
    {"esc02", 0, SIP_METHOD_OTHER, "sip:registrar.example.com", "", "registrar.example.com", 10},
    {"lwsdisp", 0, SIP_OPTIONS, "sip:user@example.com", "user", "example.com", 7},
    {"longreq", 0, SIP_INVITE, "sip:user@example.com", "user", "example.com", 43},
    {"dblreq", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"semiuri", 0, SIP_OPTIONS, "sip:user;par=u%40example.net@example.com",
     "user;par=u%40example.net", "example.com", 8},
    {"transports", 0, SIP_OPTIONS, "sip:user@example.com", "user", "example.com", 12},
    {"mpart01", 0, SIP_MESSAGE, "sip:kumiko@example.org", "kumiko", "example.org", 14},
    {"unreason", 0, SIP_INVITE, NULL, NULL, NULL, 8},
    {"noreason", 0, SIP_INVITE, NULL, NULL, NULL, 7},
    {"badinv01", SIP_BAD_VIA, SIP_INVITE, "sip:user@example.com", "user", "example.com", 9},
    {"clerr", SIP_BAD_SHORT_BODY, SIP_INVITE, "sip:user@example.com", "user", "example.com", 9},
    {"ncl", SIP_BAD_CONTENT_LENGTH, SIP_INVITE, "sip:user@example.com", "user", "example.com", 9},
    {"scalar02", SIP_BAD_CSEQ, SIP_REGISTER, "sip:example.com", "", "example.com", 9},
    {"scalarlg", SIP_BAD_CSEQ, SIP_METHOD_OTHER, NULL, NULL, NULL, 8},
    {"quotbal", SIP_BAD_TO, SIP_INVITE, "sip:user@example.com", "user", "example.com", 9},
    {"ltgtruri", SIP_BAD_URI, SIP_INVITE, "<sip:user@example.com>", NULL, NULL, 9},
    {"lwsruri", SIP_BAD_URI, SIP_INVITE, "sip:user@example.com; lr", NULL, NULL, 9},
    {"lwsstart", SIP_BAD_URI, SIP_INVITE, " sip:user@example.com ", NULL, NULL, 9},
    {"trws", SIP_BAD_START_LINE, SIP_OPTIONS, NULL, NULL, NULL, 8},
    {"escruri", SIP_BAD_URI_HEADERS, SIP_INVITE, "sip:user@example.com?Route=%3Csip:example.com%3E",
     "user", "example.com", 9},
    {"baddate", 0, SIP_INVITE, "sip:user@example.com", "user", "example.com", 10},
    {"regbadct", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"badaspec", SIP_BAD_TO, SIP_OPTIONS, "sip:user@example.org", "user", "example.org", 8},
    {"baddn", SIP_BAD_FROM, SIP_OPTIONS, "sip:t.watson@example.org", "t.watson", "example.org", 8},
    {"badvers", SIP_BAD_VERSION, SIP_OPTIONS, "sip:t.watson@example.org", "t.watson", "example.org",
     7},
    {"mismatch01", SIP_BAD_CSEQ_METHOD, SIP_OPTIONS, "sip:user@example.com", "user", "example.com",
     7},
    {"mismatch02", 0, SIP_METHOD_OTHER, "sip:user@example.com", "user", "example.com", 9},
    {"bigcode", SIP_BAD_STATUS, SIP_INVITE, NULL, NULL, NULL, 7},
    {"badbranch", 0, SIP_OPTIONS, "sip:user@example.com", "user", "example.com", 8},
    {"insuf", SIP_BAD_NO_FROM, SIP_INVITE, "sip:user@example.com", "user", "example.com", 4},
    {"unkscm", 0, SIP_OPTIONS, "nobodyKnowsThisScheme:totallyopaquecontent", NULL, NULL, 7},
    {"novelsc", 0, SIP_OPTIONS, "soap.beep://192.0.2.103:3002", NULL, NULL, 7},
    {"unksm2", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"bext01", 0, SIP_OPTIONS, "sip:user@example.com", "user", "example.com", 9},
    {"invut", 0, SIP_INVITE, "sip:user@example.com", "user", "example.com", 9},
    {"regaut01", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"multi01", SIP_BAD_REPEATED, SIP_INVITE, "sip:user@company.com", "user", "company.com", 15},
    {"mcl01", SIP_BAD_REPEATED, SIP_OPTIONS, "sip:user@example.com", "user", "example.com", 9},
    {"bcast", 0, SIP_INVITE, NULL, NULL, NULL, 9},
    {"zeromf", 0, SIP_OPTIONS, "sip:user@example.com", "user", "example.com", 7},
    {"cparam01", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"cparam02", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"regescrt", 0, SIP_REGISTER, "sip:example.com", "", "example.com", 8},
    {"sdp01", 0, SIP_INVITE, "sip:user@example.com", "user", "example.com", 10},
    {"inv2543", 0, SIP_INVITE, "sip:UserB@example.com", "UserB", "example.com", 7},
    {"ipv6-good", 0, SIP_REGISTER, "sip:[2001:db8::10]", "", "2001:db8::10", 8},
    {"ipv6-bad", SIP_BAD_URI, SIP_REGISTER, "sip:2001:db8::10", NULL, NULL, 8},
    {"port-ambiguous", 0, SIP_REGISTER, "sip:[2001:db8::10:5070]", "", "2001:db8::10:5070", 8},
    {"port-unambiguous", 0, SIP_REGISTER, "sip:[2001:db8::10]:5070", "", "2001:db8::10", 8},
    {"via-received-param-with-delim", 0, SIP_BYE, "sip:[2001:db8::10]", "", "2001:db8::10", 7},
    {"via-received-param-no-delim", 0, SIP_OPTIONS, "sip:[2001:db8::10]", "", "2001:db8::10", 8},
    {"ipv6-in-sdp", 0, SIP_INVITE, "sip:user@[2001:db8::10]", "user", "2001:db8::10", 9},
    {"mult-ip-in-header", 0, SIP_BYE, "sip:user@host.example.net", "user", "host.example.net", 9},
    {"mult-ip-in-sdp", 0, SIP_INVITE, "sip:user@[2001:db8::10]", "user", "2001:db8::10", 9},
    {"ipv4-mapped-ipv6", 0, SIP_INVITE, "sip:user@example.com", "user", "example.com", 10},
    {"ipv6-bug-abnf-3-colons", 0, SIP_OPTIONS, "sip:user@[2001:db8:::192.0.2.1]", "user",
     "2001:db8:::192.0.2.1", 7},
    {"ipv6-correct-abnf-2-colons", 0, SIP_OPTIONS, "sip:user@[2001:db8::192.0.2.1]", "user",
     "2001:db8::192.0.2.1", 7},
};

/* In memory of exactly its size, so that a read past its end is seen. */
static struct span load(const char *name, uint8_t **owner)
{
    char path[500];
    static uint8_t whole[10000];
    size_t n;
    FILE *f;

    (void)snprintf(path, sizeof path, "%s/simple/torture/%s.dat", getenv("TESTS_DIR"), name);
    f = fopen(path, "rb");
    if (!f)
        fail_msg("%s", path);
    n = fread(whole, 1, sizeof whole, f);
    (void)fclose(f);
    assert_true(n > 0 && n < sizeof whole);
    *owner = malloc(n);
    assert_non_null(*owner);
    memcpy(*owner, whole, n);
    return span_of(*owner, n);
}

static struct sip_msg m;

static void check_request_uri(size_t i)
{
    if (messages[i].uri)
        assert_span(m.uri, messages[i].uri);
    if (messages[i].user) {
        assert_span(m.target.user, messages[i].user);
        assert_span(m.target.host, messages[i].host);
    }
}

static void every_message_is_judged_as_the_rfc_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        uint8_t *owner;
        struct span in = load(messages[i].file, &owner);

        if (sip_msg_parse(&m, in) != messages[i].bad || m.method != messages[i].method ||
            m.n_hdrs != messages[i].headers)
            fail_msg("%s: \"%s\", %d lines", messages[i].file, sip_bad_text(m.bad), m.n_hdrs);
        check_request_uri(i);
        free(owner);
    }
}

/* A stream gives the same message, except where a stream must have a Content-Length that makes
 * sense. */
static void every_message_comes_off_a_stream_octet_by_octet(void **state)
{
    static const struct {
        const char *file;
        enum sip_framed framed;
    } others[] = {
        {"clerr", SIP_FRAME_MORE},     {"ncl", SIP_FRAME_BROKEN}, {"mcl01", SIP_FRAME_BROKEN},
        {"inv2543", SIP_FRAME_BROKEN}, {"baddn", SIP_FRAME_MORE}, /* without its empty line */
    };

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        uint8_t *owner;
        struct span in = load(messages[i].file, &owner);
        enum sip_framed framed = SIP_FRAME_MORE, want = SIP_FRAME_WHOLE;
        struct sip_frame f = {0};

        for (size_t n = 1; n <= in.n && framed == SIP_FRAME_MORE; n++)
            framed = sip_frame_next(&f, span_first(in, n));
        for (size_t k = 0; k < sizeof others / sizeof *others; k++)
            if (strcmp(others[k].file, messages[i].file) == 0)
                want = others[k].framed;
        if (framed != want)
            fail_msg("%s: %d", messages[i].file, framed);
        if (framed == SIP_FRAME_WHOLE)
            assert_int_equal(sip_msg_parse(&m, span_first(in, f.size)), messages[i].bad);
        free(owner);
    }
}

/* What is answered is well-formed where the request was. */
static void every_request_can_be_answered(void **state)
{
    static struct sip_msg answer;

    (void)state;
    for (size_t i = 0; i < sizeof messages / sizeof *messages; i++) {
        uint8_t *owner;
        struct span in = load(messages[i].file, &owner);
        struct buf b = {0};

        sip_msg_parse(&m, in);
        if (sip_msg_is_answerable(&m)) {
            sip_put_reply(&b, &m, &(struct sip_reply){.status = 400, .to_tag = SPAN("t")});
            sip_put_body(&b, (struct span){0});
            assert_true(buf_ok(&b));
            sip_msg_parse(&answer, buf_span(&b));
            if (m.bad == SIP_GOOD && answer.bad != SIP_GOOD)
                fail_msg("%s: \"%s\"", messages[i].file, sip_bad_text(answer.bad));
            assert_true(answer.to.tag.n > 0 || !m.has_to);
        }
        buf_fini(&b);
        free(owner);
    }
}

static void the_tortuous_invite_means_what_it_means(void **state)
{
    uint8_t *owner;
    struct span in = load("wsinv", &owner);
    struct sip_each c;
    struct sip_via via;
    struct sip_contact_value contact;
    struct sip_name_addr route;
    struct buf b = {0};

    (void)state;
    sip_msg_parse(&m, in);
    assert_span(m.to.tag, "1918181833n");
    assert_span(m.from.tag, "98asjd8");
    sip_display_text(&b, &m.from);
    assert_span(buf_span(&b), "J Rosenberg \\\"");
    assert_int_equal(m.max_forwards, 68);
    assert_int_equal(m.cseq.number, 9);
    assert_span(m.via.branch, "390skdjuw");
    assert_int_equal(m.body.n, 150);
    c = sip_each(&m, SIP_HDR_VIA);
    assert_true(sip_via_next(&c, &via) && sip_via_next(&c, &via));
    assert_int_equal(via.transport, SIP_TRANSPORT_TCP);
    assert_span(via.branch, "z9hG4bK9ikj8");
    assert_true(sip_via_next(&c, &via));
    assert_span(via.host, "192.168.255.111");
    assert_span(via.branch, "z9hG4bK30239");
    assert_false(sip_via_next(&c, &via) || c.bad);
    c = sip_each(&m, SIP_HDR_CONTACT);
    assert_true(sip_contact_next(&c, &contact));
    assert_int_equal(contact.q, 330);
    c = sip_each(&m, SIP_HDR_ROUTE);
    assert_true(sip_name_addr_next(&c, &route));
    assert_span(route.uri, "sip:services.example.com;lr;unknownwith=value;unknown-no-value");
    assert_true(sip_msg_has(&m, SIP_HDR_SUBJECT));
    assert_span(sip_msg_find_other(&m, "UnknownHeaderWithUnusualValue")->value, ";;,,;;,;");
    buf_fini(&b);
    free(owner);
}

static void all_transports_and_brackets_of_via_are_read(void **state)
{
    static const enum sip_transport want[] = {SIP_TRANSPORT_UDP, SIP_TRANSPORT_SCTP,
                                              SIP_TRANSPORT_TLS, SIP_TRANSPORT_OTHER,
                                              SIP_TRANSPORT_TCP};
    uint8_t *owner;
    struct span in = load("transports", &owner);
    struct sip_each c;
    struct sip_via via;

    (void)state;
    sip_msg_parse(&m, in);
    c = sip_each(&m, SIP_HDR_VIA);
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_true(sip_via_next(&c, &via));
        assert_int_equal(via.transport, want[i]);
    }
    assert_false(sip_via_next(&c, &via));
    free(owner);
    in = load("via-received-param-with-delim", &owner);
    sip_msg_parse(&m, in);
    assert_span(m.via.received, "2001:db8::9:255");
    free(owner);
    in = load("badbranch", &owner);
    sip_msg_parse(&m, in);
    assert_false(sip_msg_has_branch(&m));
    free(owner);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_message_is_judged_as_the_rfc_says),
        cmocka_unit_test(every_message_comes_off_a_stream_octet_by_octet),
        cmocka_unit_test(every_request_can_be_answered),
        cmocka_unit_test(the_tortuous_invite_means_what_it_means),
        cmocka_unit_test(all_transports_and_brackets_of_via_are_read),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
