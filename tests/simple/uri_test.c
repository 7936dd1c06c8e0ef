#include "simple/wire/uri.h"

#include "wire.h"

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows in the order they are read */
static const struct {
    const char *text;
    bool ok;
    enum sip_scheme scheme;
    const char *user, *password, *host, *params, *headers;
    uint16_t port;
} uris[] = {
    {"sip:al@example.org", true, SIP_SCHEME_SIP, "al", "", "example.org", "", "", 0},
    {"SIPS:al:pw@example.org:5061;transport=tcp;lr?a=b&c=d", true, SIP_SCHEME_SIPS, "al", "pw",
     "example.org", ";transport=tcp;lr", "a=b&c=d", 5061},
    {"sip:example.org", true, SIP_SCHEME_SIP, "", "", "example.org", "", "", 0},
    {"sip:[2001:db8::10]:5070", true, SIP_SCHEME_SIP, "", "", "2001:db8::10", "", "", 5070},
    {"sip:[2001:db8::10:5070]", true, SIP_SCHEME_SIP, "", "", "2001:db8::10:5070", "", "", 0},
    {"sip:2001:db8::10", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:user;par=u%40example.net@example.com", true, SIP_SCHEME_SIP, "user;par=u%40example.net",
     "", "example.com", "", "", 0},
    {"sip:1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*:&it+has=1,weird!*pas$wo~d_too.(doesn't-"
     "it)@example.com",
     true, SIP_SCHEME_SIP, "1_unusual.URI~(to-be!sure)&isn't+it$/crazy?,/;;*",
     "&it+has=1,weird!*pas$wo~d_too.(doesn't-it)", "example.com", "", "", 0},
    {"sip:%00%00@example.org", true, SIP_SCHEME_SIP, "%00%00", "", "example.org", "", "", 0},
    {"im:bob@example.com?subject=x", true, SIP_SCHEME_IM, "bob", "", "example.com", "", "subject=x",
     0},
    {"pres:bob@example.com", true, SIP_SCHEME_PRES, "bob", "", "example.com", "", "", 0},
    {"tel:+1-201-555-0123", true, SIP_SCHEME_OTHER, "", "", "", "", "", 0},
    {"soap.beep://192.0.2.103:3002", true, SIP_SCHEME_OTHER, "", "", "", "", "", 0},
    {"nobodyKnowsThisScheme:totallyopaquecontent", true, SIP_SCHEME_OTHER, "", "", "", "", "", 0},
    {"sip:", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:@example.org", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:al@", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:a@b@c", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:a b@c", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:a%zz@c", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:al@example.org:0", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:al@example.org:65536", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:al@example.org:5060x", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:al@example.org;", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:al@example.org;=a", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"<sip:al@example.org>", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"sip:[::1", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"no-colon", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {":x", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"tel:", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
    {"", false, 0, NULL, NULL, NULL, NULL, NULL, 0},
};

static void a_uri_falls_into_its_parts(void **state)
{
    struct sip_uri u;

    (void)state;
    for (size_t i = 0; i < sizeof uris / sizeof *uris; i++) {
        if (sip_uri_parse(span_str(uris[i].text), &u) != uris[i].ok)
            fail_msg("%s", uris[i].text);
        if (!uris[i].ok)
            continue;
        assert_int_equal(u.scheme, uris[i].scheme);
        assert_span(u.user, uris[i].user);
        assert_span(u.password, uris[i].password);
        assert_span(u.host, uris[i].host);
        assert_span(u.params, uris[i].params);
        assert_span(u.headers, uris[i].headers);
        assert_int_equal(u.port, uris[i].port);
    }
}

/* RFC 3261 19.1.4, and what follows from its rules. */
static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"sip:%61lice@atlanta.com;transport=TCP", "sip:alice@AtLanTa.CoM;Transport=tcp", true},
    {"sip:carol@chicago.com", "sip:carol@chicago.com;newparam=5", true},
    {"sip:carol@chicago.com", "sip:carol@chicago.com;security=on", true},
    {"sip:carol@chicago.com;newparam=5", "sip:carol@chicago.com;security=on", true},
    {"sip:biloxi.com;transport=tcp;method=REGISTER?to=sip:bob%40biloxi.com",
     "sip:biloxi.com;method=REGISTER;transport=tcp?to=sip:bob%40biloxi.com", true},
    {"sip:alice@atlanta.com?subject=project%20x&priority=urgent",
     "sip:alice@atlanta.com?priority=urgent&subject=project%20x", true},
    {"SIP:ALICE@AtLanTa.CoM;Transport=udp", "sip:alice@AtLanTa.CoM;Transport=UDP", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com:5060", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com;transport=udp", false},
    {"sip:bob@biloxi.com", "sip:bob@biloxi.com:6000;transport=tcp", false},
    {"sip:carol@chicago.com", "sip:carol@chicago.com?Subject=next%20meeting", false},
    {"sip:bob@phone21.boxesbybob.com", "sip:bob@192.0.2.4", false},
    {"sip:carol@chicago.com;security=on", "sip:carol@chicago.com;security=off", false},
    {"sip:a@b", "sips:a@b", false},
    {"sip:a:pw@b", "sip:a@b", false},
    {"sip:a@b", "sip:b", false},
    {"sip:a%2Fb@c", "sip:a/b@c", false},
    {"sip:a%2fb@c", "sip:a%2Fb@c", true},
    {"sip:%00@c", "sip:%00%00@c", false},
    {"sip:a@[2001:db8::1]", "sip:a@[2001:DB8:0::1]", true},
    {"im:bob@d?subject=x", "im:bob@D", true},
    {"im:bob@d", "pres:bob@d", false},
    {"sip:a@b;p=1;p=2", "sip:a@b;p=1;p=2",
     true}, /* no parameter may come twice: the text decides */
    {"tel:+1", "tel:+1", true},
    {"tel:+1", "tel:+2", false},
};

static void uris_are_compared_by_the_rules(void **state)
{
    struct sip_uri a, b;

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        assert_true(sip_uri_parse(span_str(pairs[i].a), &a));
        assert_true(sip_uri_parse(span_str(pairs[i].b), &b));
        if (sip_uri_eq(&a, &b) != pairs[i].same || sip_uri_eq(&b, &a) != pairs[i].same)
            fail_msg("%s and %s", pairs[i].a, pairs[i].b);
    }
}

static void parameters_and_headers_are_found(void **state)
{
    struct sip_uri u;
    struct sip_param p;
    struct span rest;

    (void)state;
    assert_true(sip_uri_parse(SPAN("sip:a@b;LR;maddr=192.0.2.1?x=1&y"), &u));
    assert_true(sip_uri_param(&u, "lr", &p));
    assert_false(p.has_value);
    assert_true(sip_uri_param(&u, "maddr", &p));
    assert_span(p.value, "192.0.2.1");
    assert_false(sip_uri_param(&u, "ob", NULL));
    rest = u.headers;
    assert_true(sip_uri_header_next(&rest, &p));
    assert_span(p.value, "1");
    assert_true(sip_uri_header_next(&rest, &p));
    assert_span(p.name, "y");
    assert_false(sip_uri_header_next(&rest, &p));
}

/* Comparing takes each with each, so their number is bounded. */
static void a_uri_has_32_parameters_and_32_headers_at_most(void **state)
{
    (void)state;
    for (int n = SIP_URI_PARAMS_MAX; n <= SIP_URI_PARAMS_MAX + 1; n++) {
        struct buf params = {0}, headers = {0};
        struct sip_uri u;

        BUF_LIT(&params, "sip:h");
        BUF_LIT(&headers, "sip:h?a");
        for (int i = 0; i < n; i++) {
            BUF_LIT(&params, ";a");
            if (i > 0)
                BUF_LIT(&headers, "&a=b");
        }
        assert_int_equal(sip_uri_parse(buf_span(&params), &u), n <= SIP_URI_PARAMS_MAX);
        assert_int_equal(sip_uri_parse(buf_span(&headers), &u), n <= SIP_URI_PARAMS_MAX);
        buf_fini(&params);
        buf_fini(&headers);
    }
}

static void escapes_go_both_ways(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_true(sip_unescape(&b, SPAN("a%00%41b")));
    assert_int_equal(b.n, 4);
    assert_memory_equal(b.p, "a\0Ab", 4);
    assert_false(sip_unescape(&b, SPAN("a%4")));
    buf_reset(&b);
    sip_uri_print(&b, SIP_SCHEME_SIP, SPAN("a b@\xc3\xa4"), SPAN("2001:db8::1"), 5070);
    assert_span(buf_span(&b), "sip:a%20b%40%C3%A4@[2001:db8::1]:5070");
    buf_reset(&b);
    sip_uri_print(&b, SIP_SCHEME_IM, (struct span){0}, SPAN("example.org"), 0);
    assert_span(buf_span(&b), "im:example.org");
    buf_fini(&b);
}

static const struct {
    const char *text, *printed; /* NULL: not an address */
    bool unicast, loopback;
} addrs[] = {
    {"192.0.2.1", "192.0.2.1", true, false},
    {"255.255.255.255", "255.255.255.255", false, false},
    {"224.0.0.1", "224.0.0.1", false, false},
    {"0.0.0.0", "0.0.0.0", false, false},
    {"127.0.0.1", "127.0.0.1", true, true},
    {"::1", "::1", true, true},
    {"::", "::", false, false},
    {"1::", "1::", true, false},
    {"[2001:DB8::9:1]", "2001:db8::9:1", true, false},
    {"2001:db8:0:0:1:0:0:1", "2001:db8::1:0:0:1", true, false},
    {"2001:db8:0:1:1:1:1:1", "2001:db8:0:1:1:1:1:1", true, false},
    {"ff02::1", "ff02::1", false, false},
    {"::ffff:192.0.2.10", "::ffff:192.0.2.10", true, false},
    {"::ffff:224.0.0.1", "::ffff:224.0.0.1", false, false},
    {"::ffff:127.0.0.1", "::ffff:127.0.0.1", true, true},
    {"2001:db8:::192.0.2.1", "2001:db8::c000:201", true, false},
    {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8", true, false},
    {"1:2:3:4:5:6:7:8:9", NULL, false, false},
    {"1:2:3:4:5:6:7", NULL, false, false},
    {"1::2::3", NULL, false, false},
    {"12345::", NULL, false, false},
    {"1:2:", NULL, false, false},
    {":1", NULL, false, false},
    {"127.1", NULL, false, false},
    {"1.2.3.4.5", NULL, false, false},
    {"1.2.3.256", NULL, false, false},
    {"01.2.3.4", NULL, false, false},
    {"1.2.3.", NULL, false, false},
    {"::1.2.3.4:1", NULL, false, false},
    {"1:2:3:4:5:6:7:1.2.3.4", NULL, false, false},
    {"", NULL, false, false},
    {"[]", NULL, false, false},
};

static void addresses_are_read_and_written(void **state)
{
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof addrs / sizeof *addrs; i++) {
        struct sip_addr a, again;

        if (sip_addr_parse(span_str(addrs[i].text), &a) != (addrs[i].printed != NULL))
            fail_msg("%s", addrs[i].text);
        assert_int_equal(a.family != 0, addrs[i].printed != NULL);
        if (!addrs[i].printed)
            continue;
        buf_reset(&b);
        sip_addr_print(&b, &a);
        assert_span(buf_span(&b), addrs[i].printed);
        assert_true(sip_addr_parse(buf_span(&b), &again));
        assert_true(sip_addr_eq(&a, &again));
        assert_int_equal(sip_addr_is_unicast(&a), addrs[i].unicast);
        assert_int_equal(sip_addr_is_loopback(&a), addrs[i].loopback);
    }
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_uri_falls_into_its_parts),
        cmocka_unit_test(uris_are_compared_by_the_rules),
        cmocka_unit_test(parameters_and_headers_are_found),
        cmocka_unit_test(a_uri_has_32_parameters_and_32_headers_at_most),
        cmocka_unit_test(escapes_go_both_ways),
        cmocka_unit_test(addresses_are_read_and_written),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
