/* Header fields with a single value. */
#include "simple/wire/hdr.h"
#include "wire.h"

static void a_cseq_is_a_number_and_a_method(void **state)
{
    struct sip_cseq c;

    (void)state;
    assert_true(sip_cseq_parse(SPAN("0009\r\n  INVITE"), &c));
    assert_int_equal(c.number, 9);
    assert_int_equal(c.method, SIP_INVITE);
    assert_true(sip_cseq_parse(SPAN("4294967295 odd"), &c));
    assert_span(c.method_name, "odd");
    assert_false(sip_cseq_parse(SPAN("36893488147419103232 REGISTER"), &c));
    assert_false(sip_cseq_parse(SPAN("9INVITE"), &c));
    assert_false(sip_cseq_parse(SPAN("9 INVITE x"), &c));
    assert_false(sip_cseq_parse(SPAN("9 "), &c));
    assert_false(sip_cseq_parse(SPAN(""), &c));
}

static void types_are_compared_without_case(void **state)
{
    struct sip_type t;
    struct sip_param p;

    (void)state;
    assert_true(sip_type_parse(SPAN("Text / Plain ; Charset=\"utf-8\""), &t));
    assert_true(sip_type_is(&t, "text", "plain"));
    assert_true(sip_param_find(t.params, "charset", &p));
    assert_span(p.value, "utf-8");
    assert_true(p.quoted);
    assert_false(sip_type_parse(SPAN("text"), &t));
    assert_false(sip_type_parse(SPAN("text/"), &t));
    assert_false(sip_type_parse(SPAN("/plain"), &t));
    assert_false(sip_type_parse(SPAN("text/plain x"), &t));
    assert_false(sip_type_parse(SPAN(""), &t));
}

static const struct {
    const char *accept;
    bool accepted;
} accepts[] = {
    {"Accept: text/plain\r\n", true},
    {"Accept: text/html, text/*;q=0.1\r\n", true},
    {"Accept: text/html\r\nAccept: */*\r\n", true},
    {"Accept: text/html\r\n", false},
    {"Accept: */*, text/plain;q=0\r\n", false},
    {"Accept: text/plain;q=0.000\r\n", false},
    {"Accept:\r\n", false},
    {"", true},
};

static void the_closest_range_decides_what_is_accepted(void **state)
{
    static struct sip_msg m;

    (void)state;
    for (size_t i = 0; i < sizeof accepts / sizeof *accepts; i++) {
        char *text = wire_request(&m, "MESSAGE", "sip:x", accepts[i].accept, "");

        if (sip_accepts(&m, "text", "plain", true) != accepts[i].accepted)
            fail_msg("%s", accepts[i].accept);
        free(text);
    }
}

static void events_and_subscription_states_are_read(void **state)
{
    struct sip_event e;
    struct sip_subscription_state s;

    (void)state;
    assert_true(sip_event_parse(SPAN("presence.winfo ; id=7;x"), &e));
    assert_span(e.package, "presence.winfo");
    assert_span(e.id, "7");
    assert_false(sip_event_parse(SPAN(""), &e));
    assert_false(sip_event_parse(SPAN("presence;;"), &e));
    assert_true(sip_subscription_state_parse(SPAN("Active;expires=600"), &s));
    assert_int_equal(s.state, SIP_SUBSTATE_ACTIVE);
    assert_int_equal(s.expires, 600);
    assert_true(
        sip_subscription_state_parse(SPAN("terminated;reason=probation;retry-after=30"), &s));
    assert_int_equal(s.state, SIP_SUBSTATE_TERMINATED);
    assert_span(s.reason, "probation");
    assert_true(s.has_retry_after && !s.has_expires);
    assert_true(sip_subscription_state_parse(SPAN("odd"), &s));
    assert_int_equal(s.state, SIP_SUBSTATE_OTHER);
    assert_false(sip_subscription_state_parse(SPAN(";expires=1"), &s));
}

static void seconds_stop_at_the_largest_number(void **state)
{
    uint32_t v = 0;

    (void)state;
    assert_true(sip_seconds_parse(SPAN(" 3600 "), &v));
    assert_int_equal(v, 3600);
    assert_true(sip_seconds_parse(SPAN("99999999999999999999999"), &v));
    assert_int_equal(v, UINT32_MAX);
    assert_false(sip_seconds_parse(SPAN("-1"), &v));
    assert_false(sip_seconds_parse(SPAN("1x"), &v));
    assert_false(sip_seconds_parse(SPAN(""), &v));
    assert_true(sip_retry_after_parse(SPAN("18000;duration=3600"), &v));
    assert_int_equal(v, 18000);
    assert_true(sip_retry_after_parse(SPAN("120 (I'm in a meeting)"), &v));
    assert_int_equal(v, 120);
    assert_false(sip_retry_after_parse(SPAN("soon"), &v));
}

static const struct {
    const char *text;
    int64_t seconds; /* -1: not a date */
} dates[] = {
    {"Sat, 13 Nov 2010 23:29:00 GMT", 1289690940}, {"Thu, 01 Jan 1970 00:00:00 GMT", 0},
    {"Tue, 29 Feb 2000 12:00:00 GMT", 951825600},  {"Fri, 31 Dec 9999 23:59:59 GMT", 253402300799},
    {"Sat, 13 Nov 2010 23:29:00 EST", -1},         {"Fri, 01 Jan 2010 16:00:00 EST", -1},
    {"Sat, 13 Nov 2010 24:00:00 GMT", -1},         {"Thu, 29 Feb 2001 12:00:00 GMT", -1},
    {"Sat, 13 nov 2010 23:29:00 GMT", -1},         {"Saturday, 13-Nov-10 23:29:00 GMT", -1},
    {"Sat, 1 Nov 2010 23:29:00 GMT", -1},          {"", -1},
};

static void dates_are_rfc_1123_in_gmt_and_nothing_else(void **state)
{
    struct buf b = {0};

    (void)state;
    for (size_t i = 0; i < sizeof dates / sizeof *dates; i++) {
        int64_t v = -1;

        assert_int_equal(sip_date_parse(span_str(dates[i].text), &v), dates[i].seconds >= 0);
        if (dates[i].seconds < 0)
            continue;
        assert_int_equal(v, dates[i].seconds);
        buf_reset(&b);
        sip_date_print(&b, v);
        assert_span(buf_span(&b), dates[i].text);
    }
    for (int64_t day = 0; day < 60000; day += 7) {
        int64_t v;

        buf_reset(&b);
        sip_date_print(&b, day * 86400 + day);
        assert_true(sip_date_parse(buf_span(&b), &v));
        assert_int_equal(v, day * 86400 + day);
    }
    buf_fini(&b);
}

static void credentials_are_a_scheme_and_parameters(void **state)
{
    struct sip_auth a;
    struct sip_param p;
    bool bad = false;

    (void)state;
    assert_true(
        sip_auth_parse(SPAN("Digest username=\"a, \\\"b\",\r\n nc = 00000001 ,, qop=auth"), &a));
    assert_span(a.scheme, "Digest");
    assert_true(sip_auth_param_next(&a.params, &p, &bad));
    assert_span(p.value, "a, \\\"b");
    assert_true(sip_auth_param_next(&a.params, &p, &bad));
    assert_span(p.name, "nc");
    assert_span(p.value, "00000001");
    assert_true(sip_auth_param_next(&a.params, &p, &bad));
    assert_false(sip_auth_param_next(&a.params, &p, &bad));
    assert_false(bad);
    assert_true(sip_auth_parse(SPAN("Basic QWxhZGRpbjpvcGVu"), &a));
    assert_false(sip_auth_param_next(&a.params, &p, &bad));
    assert_false(sip_auth_parse(SPAN("Digest,x"), &a));
    assert_false(sip_auth_parse(SPAN(""), &a));
    assert_true(sip_auth_parse(SPAN("Digest a=\"open"), &a));
    bad = false;
    assert_false(sip_auth_param_next(&a.params, &p, &bad));
    assert_true(bad);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cseq_is_a_number_and_a_method),
        cmocka_unit_test(types_are_compared_without_case),
        cmocka_unit_test(the_closest_range_decides_what_is_accepted),
        cmocka_unit_test(events_and_subscription_states_are_read),
        cmocka_unit_test(seconds_stop_at_the_largest_number),
        cmocka_unit_test(dates_are_rfc_1123_in_gmt_and_nothing_else),
        cmocka_unit_test(credentials_are_a_scheme_and_parameters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
