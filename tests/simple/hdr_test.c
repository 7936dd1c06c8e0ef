/* Header fields with lists, parameters and addresses. */
#include "simple/wire/hdr.h"

#include "wire.h"

static void every_name_finds_itself(void **state)
{
    static const char compact[] = {
#define HDR(id, name, compact, once) compact,
#include "simple/wire/headers.def"
#undef HDR
    };

    (void)state;
    for (int id = 1; id < SIP_HDR__COUNT; id++) {
        char odd[40];
        size_t n = strlen(sip_hdr_name(id));

        assert_int_equal(sip_hdr_find(span_str(sip_hdr_name(id))), id);
        for (size_t i = 0; i <= n; i++) {
            char c = sip_hdr_name(id)[i];

            odd[i] = (char)(c >= 'a' && c <= 'z' && i % 2 ? c - 32 : c);
        }
        assert_int_equal(sip_hdr_find(span_str(odd)), id);
        odd[n / 2] ^= 1;
        assert_int_equal(sip_hdr_find(span_str(odd)), SIP_HDR_OTHER);
        if (n > 2) /* "T" is a name */
            assert_int_equal(sip_hdr_find(span_of(sip_hdr_name(id), n - 1)), SIP_HDR_OTHER);
        if (compact[id - 1])
            assert_int_equal(sip_hdr_find(span_of(&compact[id - 1], 1)), id);
    }
    assert_int_equal(sip_hdr_find(SPAN("z")), SIP_HDR_OTHER);
    assert_int_equal(sip_hdr_find(SPAN("1")), SIP_HDR_OTHER);
    assert_int_equal(sip_hdr_find(SPAN("")), SIP_HDR_OTHER);
    for (int m = 1; m < SIP_METHOD__COUNT; m++)
        assert_int_equal(sip_method_find(span_str(sip_method_name(m))), m);
    assert_int_equal(sip_method_find(SPAN("invite")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_find(SPAN("MESSAGES")), SIP_METHOD_OTHER);
    assert_int_equal(sip_method_find(SPAN("")), SIP_METHOD_OTHER);
    for (int t = 1; t <= SIP_TRANSPORT_WSS; t++)
        assert_int_equal(sip_transport_find(span_str(sip_transport_name(t))), t);
    assert_int_equal(sip_transport_find(SPAN("tls-sctp")), SIP_TRANSPORT_TLS_SCTP);
    assert_int_equal(sip_transport_find(SPAN("UNKNOWN")), SIP_TRANSPORT_OTHER);
}

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows in the order they are read */
static const struct {
    const char *in;
    bool ok;
    const char *host, *branch, *received, *rest;
    uint16_t port, rport;
    bool has_rport;
} vias[] = {
    {"SIP/2.0/UDP 192.0.2.1:5070;branch=z9hG4bKa;rport", true, "192.0.2.1", "z9hG4bKa", "", "",
     5070, 0, true},
    {"SIP / 2.0\r\n /UDP\r\n    h ; branch\t= x ,SIP/2.0/TCP b", true, "h", "x", "",
     "SIP/2.0/TCP b", 0, 0, false},
    {"SIP/2.0/UDP [2001:db8::9:1]:6050;received=[2001:db8::9:255];branch=a", true, "2001:db8::9:1",
     "a", "2001:db8::9:255", "", 6050, 0, false},
    {"SIP/2.0/UDP [2001:db8::9:1];received=2001:db8::9:255;branch=a", true, "2001:db8::9:1", "a",
     "2001:db8::9:255", "", 0, 0, false},
    {"SIP/2.0/TLS h;rport=1234;BRANCH=b;received=192.0.2.9", true, "h", "b", "192.0.2.9", "", 0,
     1234, true},
    {"SIP/2.0/TLS h;rport=;branch=b;branch=c", true, "h", "b", "", "", 0, 0, true},
    {"SIP/7.0/UDP h;x=\"a,b;c\";branch=b", true, "h", "b", "", "", 0, 0, false},
    {"SIP/2.0/UNKNOWN h", true, "h", "", "", "", 0, 0, false},
    {"SIP/2.0/UDP h : 5060", true, "h", "", "", "", 5060, 0, false},
    {"SIP/2.0/UDP 192.0.2.15;;,;,,", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP h,", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP h;branch=a b", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP h;x=\"open", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP h:99999", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP h:", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP h;rport=99999", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP 2001:db8::1", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDP [2001:db8::1", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/UDPh", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"SIP/2.0/ h", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"HTTP/2.0/UDP h", false, NULL, NULL, NULL, NULL, 0, 0, false},
    {"", false, NULL, NULL, NULL, NULL, 0, 0, false},
};

static void a_via_is_read_as_sent_by_and_parameters(void **state)
{
    struct sip_via v;

    (void)state;
    for (size_t i = 0; i < sizeof vias / sizeof *vias; i++) {
        struct span in = span_str(vias[i].in);

        if (sip_via_read(&in, &v) != vias[i].ok)
            fail_msg("%s", vias[i].in);
        if (!vias[i].ok)
            continue;
        assert_span(v.host, vias[i].host);
        assert_span(v.branch, vias[i].branch);
        assert_span(v.received, vias[i].received);
        assert_span(in, vias[i].rest);
        assert_int_equal(v.port, vias[i].port);
        assert_int_equal(v.rport, vias[i].rport);
        assert_int_equal(v.has_rport, vias[i].has_rport);
    }
}

static const struct {
    const char *in;
    bool ok;
    const char *display, *uri, *params, *tag;
} addresses[] = {
    {"<sip:a@b>;tag=x", true, "", "sip:a@b", ";tag=x", "x"},
    {"sip:a@b;tag=x", true, "", "sip:a@b", ";tag=x", "x"},
    {"sip:a@b", true, "", "sip:a@b", "", ""},
    {"<sip:a@b;lr?x=y>", true, "", "sip:a@b;lr?x=y", "", ""},
    {"\"J \\\\\\\"\"   <sip:a@b>\r\n  ;\r\n  tag = 98", true, "J \\\"", "sip:a@b",
     ";\r\n  tag = 98", "98"},
    {"caller<sip:a@b>;tag=323", true, "caller", "sip:a@b", ";tag=323", "323"},
    {"token1~` token2'+_ token3*%!.- <sip:m@e> ;p=\"\xd1\x80\";tag=_t", true,
     "token1~` token2'+_ token3*%!.-", "sip:m@e", ";p=\"\xd1\x80\";tag=_t", "_t"},
    {"J\xc3\xbcrgen <sip:a@b>", true, "J\xc3\xbcrgen", "sip:a@b", "", ""},
    {"\"<sip:x@y>\" <sip:a@b>", true, "<sip:x@y>", "sip:a@b", "", ""},
    {"isbn:2983792873", true, "", "isbn:2983792873", "", ""},
    {"<http://www.example.com>;tag=3", true, "", "http://www.example.com", ";tag=3", "3"},
    {"\"Watson, Thomas\" < sip:t@e >", false, NULL, NULL, NULL, NULL},
    {"Bell, Alexander <sip:a@b>;tag=4", false, NULL, NULL, NULL, NULL},
    {"\"Mr. J. User <sip:j@e>", false, NULL, NULL, NULL, NULL},
    {"sip:a@b?Route=x", false, NULL, NULL, NULL, NULL},
    {"sip:a@b,c", false, NULL, NULL, NULL, NULL},
    {"<sip:a@b", false, NULL, NULL, NULL, NULL},
    {"<sip:a@b>x", false, NULL, NULL, NULL, NULL},
    {"<sip:a@b>;", false, NULL, NULL, NULL, NULL},
    {"<sip:a@b>;;tag=x", false, NULL, NULL, NULL, NULL},
    {"<sip:a@b>, <sip:c@d>", false, NULL, NULL, NULL, NULL},
    {"<>", false, NULL, NULL, NULL, NULL},
    {"<sip:>", false, NULL, NULL, NULL, NULL},
    {"\"x\" sip:a@b", false, NULL, NULL, NULL, NULL},
    {"al", false, NULL, NULL, NULL, NULL},
    {"", false, NULL, NULL, NULL, NULL},
};

static void an_address_has_a_name_a_uri_and_parameters(void **state)
{
    struct sip_name_addr a;
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof addresses / sizeof *addresses; i++) {
        if (sip_name_addr_parse(span_str(addresses[i].in), &a) != addresses[i].ok)
            fail_msg("%s", addresses[i].in);
        if (!addresses[i].ok)
            continue;
        buf_reset(&b);
        sip_display_text(&b, &a);
        assert_span(buf_span(&b), addresses[i].display);
        assert_span(a.uri, addresses[i].uri);
        assert_span(a.params, addresses[i].params);
        assert_span(a.tag, addresses[i].tag);
    }
    buf_reset(&b);
    assert_true(sip_name_addr_parse(SPAN("\"two\r\n  lines\" <sip:a@b>"), &a));
    sip_display_text(&b, &a);
    assert_span(buf_span(&b), "two lines");
    buf_fini(&b);
}

static void combined_and_repeated_lines_are_one_list(void **state)
{
    static struct sip_msg m;
    static const char *const want[] = {"sip:a;lr", "sip:b", "sip:c", "sip:d"};
    char *text = wire_request(&m, "MESSAGE", "sip:x",
                              "Route: <sip:a;lr> , \"x, y\" <sip:b>\r\nSubject: no\r\n"
                              "Route:\r\nRoute: <sip:c>;p,\r\n <sip:d>\r\n",
                              "");
    struct sip_each c = sip_each(&m, SIP_HDR_ROUTE);
    struct sip_name_addr a;
    size_t n = 0;

    (void)state;
    for (; n < 4 && sip_name_addr_next(&c, &a); n++)
        assert_span(a.uri, want[n]);
    assert_int_equal(n, 4);
    assert_false(sip_name_addr_next(&c, &a) || c.bad);
    free(text);

    text = wire_request(&m, "MESSAGE", "sip:x", "Route: <sip:a>, b\r\nRoute: <sip:c>\r\n", "");
    c = sip_each(&m, SIP_HDR_ROUTE);
    assert_true(sip_name_addr_next(&c, &a));
    assert_false(sip_name_addr_next(&c, &a));
    assert_true(c.bad);
    assert_false(sip_name_addr_next(&c, &a));
    free(text);
}

static void values_are_cut_at_commas_outside_of_quotes(void **state)
{
    static struct sip_msg m;
    static const char *const want[] = {"a", "\"b,\\\",c\" <x,y>;z", "d"};
    char *text = wire_request(&m, "MESSAGE", "sip:x",
                              "Accept-Contact: a, \"b,\\\",c\" <x,y>;z,, d ,\r\n", "");
    struct sip_each c = sip_each(&m, SIP_HDR_ACCEPT_CONTACT);
    struct span v;
    size_t n = 0;

    (void)state;
    for (; n < 3 && sip_value_next(&c, &v); n++)
        assert_span(v, want[n]);
    assert_int_equal(n, 3);
    assert_false(sip_value_next(&c, &v) || c.bad);
    free(text);
}

static void a_contact_has_what_a_registrar_asks_for(void **state)
{
    static struct sip_msg m;
    char *text = wire_request(
        &m, "REGISTER", "sip:x",
        "Contact: \"Q \\\"\\\"\" <sip:a@b;x=1>;q=0.33;expires=90;reg-id=2"
        ";+sip.instance=\"<urn:uuid:1>\";methods=\"MESSAGE, SUBSCRIBE\", sip:c@d;expires=soon\r\n"
        "m: *\r\n",
        "");
    struct sip_each c = sip_each(&m, SIP_HDR_CONTACT);
    struct sip_contact_value v;

    (void)state;
    assert_true(sip_contact_next(&c, &v));
    assert_span(v.addr.uri, "sip:a@b;x=1");
    assert_int_equal(v.q, 330);
    assert_true(v.has_expires && v.has_q && v.has_reg_id);
    assert_int_equal(v.expires, 90);
    assert_int_equal(v.reg_id, 2);
    assert_span(v.instance, "<urn:uuid:1>");
    assert_span(v.methods, "MESSAGE, SUBSCRIBE");
    assert_true(sip_contact_next(&c, &v));
    assert_span(v.addr.uri, "sip:c@d");
    assert_false(v.has_expires);
    assert_int_equal(v.q, 1000);
    assert_true(sip_contact_next(&c, &v));
    assert_true(v.star);
    assert_false(sip_contact_next(&c, &v));
    assert_false(c.bad);
    free(text);
}

static void a_contact_that_makes_no_sense_ends_the_list(void **state)
{
    static const char *const bad[] = {
        "Contact: sip:a@b?Route=%3Csip:c%3E\r\n",
        "Contact: <sip:a@b>;q=1.5\r\n",
        "Contact: <sip:a@b>;q=2\r\n",
        "Contact: <sip:a@b>;q=0.1234\r\n",
        "Contact: \"Joe\" <sip:j@e>;;;;\r\n",
        "Contact: <sip:a@b>;reg-id=0;x\r\n",
        "Contact: <sip:a@b>;reg-id=x\r\n",
        "Contact: *x\r\n",
    };
    static struct sip_msg m;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        char *text = wire_request(&m, "REGISTER", "sip:x", bad[i], "");
        struct sip_each c = sip_each(&m, SIP_HDR_CONTACT);
        struct sip_contact_value v;

        assert_false(sip_contact_next(&c, &v));
        assert_true(c.bad);
        free(text);
    }
}

static void option_tags_are_tokens_of_any_case(void **state)
{
    static struct sip_msg m;
    char *text = wire_request(&m, "MESSAGE", "sip:x",
                              "Supported: PATH,, outbound\r\nk: eventList\r\nRequire:\r\n", "");
    struct sip_each c = sip_each(&m, SIP_HDR_REQUIRE);
    struct span t;

    (void)state;
    assert_true(sip_has_token(&m, SIP_HDR_SUPPORTED, "path"));
    assert_true(sip_has_token(&m, SIP_HDR_SUPPORTED, "outbound"));
    assert_true(sip_has_token(&m, SIP_HDR_SUPPORTED, "eventlist"));
    assert_false(sip_has_token(&m, SIP_HDR_SUPPORTED, "out"));
    assert_false(sip_token_next(&c, &t));
    assert_false(c.bad);
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_name_finds_itself),
        cmocka_unit_test(a_via_is_read_as_sent_by_and_parameters),
        cmocka_unit_test(an_address_has_a_name_a_uri_and_parameters),
        cmocka_unit_test(combined_and_repeated_lines_are_one_list),
        cmocka_unit_test(values_are_cut_at_commas_outside_of_quotes),
        cmocka_unit_test(a_contact_has_what_a_registrar_asks_for),
        cmocka_unit_test(a_contact_that_makes_no_sense_ends_the_list),
        cmocka_unit_test(option_tags_are_tokens_of_any_case),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
