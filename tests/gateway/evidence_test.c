/* What is remembered of the last messages, in case one of them is reported. */
#include "gateway/people/evidence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct trace trace_of(const char *who, int64_t at)
{
    return (struct trace){.who = span_str(who),
                          .at = at,
                          .over = "UDP",
                          .from = {.ip = {192, 0, 2, 1}, .port = 5060, .family = 4},
                          .id_is = "Call-ID",
                          .id = SPAN("a@b")};
}

static void a_line_has_all_but_the_words(void **state)
{
    struct span vias[] = {SPAN("SIP/2.0/UDP a;branch=1"), SPAN("SIP/2.0/TCP b;branch=2")};
    struct trace t = trace_of("joe@p.test", 1000000000), aim = trace_of("joe@p.test", 1000000001);
    struct evidence *e = NULL;
    struct buf out = {0};

    (void)state;
    t.vias = vias;
    t.via_count = 2;
    aim.over = "AIM";
    aim.id_is = "ICBM cookie";
    aim.binary = true;
    aim.id = span_of("\0\1\xff", 3);
    evidence_note(&e, &t);
    evidence_note(&e, &aim);
    evidence_print(e, SPAN("joe@p.test"), &out);
    assert_string_equal(buf_cstr(&out),
                        "2001-09-09T01:46:40Z UDP from 192.0.2.1:5060, Call-ID: a@b, Via: "
                        "SIP/2.0/UDP a;branch=1, SIP/2.0/TCP b;branch=2\n"
                        "2001-09-09T01:46:41Z AIM from 192.0.2.1:5060, ICBM cookie: 0001ff\n");
    buf_reset(&out);
    evidence_print(e, SPAN("joe"), &out);
    assert_int_equal(out.n, 0);
    evidence_print(NULL, SPAN("joe"), &out);
    assert_int_equal(out.n, 0);
    buf_fini(&out);
    free(e);
}

static void the_oldest_goes_and_what_is_long_is_cut(void **state)
{
    char longer[EVIDENCE_TEXT * 2];
    struct span vias[] = {span_of(longer, sizeof longer), SPAN("no room")};
    struct evidence *e = NULL;
    struct buf out = {0};
    size_t lines = 0;

    (void)state;
    memset(longer, 'x', sizeof longer);
    for (int i = 0; i < EVIDENCE_KEPT + 3; i++) {
        struct trace t = trace_of("joe", 1000000000 + i);

        t.vias = vias;
        t.via_count = 2;
        evidence_note(&e, &t);
    }
    evidence_print(e, SPAN("joe"), &out);
    for (size_t i = 0; i < out.n; i++)
        lines += out.p[i] == '\n';
    assert_int_equal(lines, EVIDENCE_KEPT);
    assert_true(span_starts(buf_span(&out), SPAN("2001-09-09T01:46:43Z"))); /* three are gone */
    assert_true(out.n < EVIDENCE_KEPT * (EVIDENCE_TEXT + 100));
    assert_true(span_search(buf_span(&out), SPAN("no room")) == out.n);
    buf_fini(&out);
    free(e);
}

static void a_name_that_is_too_long_is_nobodys(void **state)
{
    char who[EVIDENCE_WHO + 2];
    struct evidence *e = NULL;
    struct buf out = {0};
    struct trace t;

    (void)state;
    memset(who, 'x', sizeof who);
    who[sizeof who - 1] = 0;
    t = trace_of(who, 1000000000);
    evidence_note(&e, &t);
    evidence_print(e, span_str(who), &out);
    assert_int_equal(out.n, 0);
    free(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_line_has_all_but_the_words),
        cmocka_unit_test(the_oldest_goes_and_what_is_long_is_cut),
        cmocka_unit_test(a_name_that_is_too_long_is_nobodys),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
