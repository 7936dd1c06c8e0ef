/* A NOTIFY about a list, taken apart (RFC 4662 4.5, RFC 2387). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "mapping/list_sip.h"
#include "simple/doc/xml.h"

#define KIND "multipart/related;type=\"application/rlmi+xml\";boundary=b"
#define ROOT                                                                                       \
    "<list xmlns='urn:ietf:params:xml:ns:rlmi' uri='sip:l@x' version='1' fullState='true'>"        \
    "<resource uri='sip:a@x'><instance id='1' state='active' cid='a1'/></resource></list>\r\n"
#define RLMI(id)              \
    "--b\r\nContent-ID: <" id \
    ">\r\nContent-Type: application/rlmi+xml;charset=\"UTF-8\"\r\n\r\n" ROOT
#define PART(id, more, text) \
    "--b\r\nContent-ID: " id "\r\nContent-Type: application/pidf+xml\r\n" more "\r\n" text "\r\n"
#define END "--b--\r\n"

static const struct {
    const char *type, *body;
    enum err e;
    const char *doc; /* of the first resource */
} rows[] = {
    {KIND, RLMI("r") PART("<a1>", "", "<p/>") END, OK, "<p/>"},
    {KIND ";start=\"<r>\"", PART("<a1>", "", "<p/>") RLMI("r") END, OK, "<p/>"},
    {KIND ";start=\"r\"", PART("<a1>", "", "<p/>") RLMI("r") END, OK, "<p/>"},
    {KIND, RLMI("r") PART("a1", "", "<p/>") END, OK, "<p/>"},
    {KIND, RLMI("r") PART("<a1>", "Content-Transfer-Encoding: base64\r\n", "PHAvPg==") END, OK,
     "<p/>"},
    {KIND, RLMI("r") PART("<a1>", "Content-Transfer-Encoding: strange\r\n", "<p/>") END, OK, ""},
    {KIND, RLMI("r") PART("<other>", "", "<p/>") END, OK, ""}, /* nothing came of it */
    {KIND, RLMI("r") END, OK, ""},
    {KIND, RLMI("r"), OK, ""}, /* without an end */
    /* the first is the root */
    {KIND, PART("<a1>", "", "<p/>") RLMI("r") END, ERR_UNSUPPORTED, NULL},
    {KIND ";start=\"<zz>\"", PART("<a1>", "", "<p/>") END, ERR_UNSUPPORTED, NULL},
    {KIND, "", ERR_SYNTAX, NULL},
    {"multipart/related", RLMI("r") END, ERR_SYNTAX, NULL},
    {"multipart/mixed;boundary=b", RLMI("r") END, ERR_UNSUPPORTED, NULL},
    {"application/rlmi+xml", ROOT, ERR_UNSUPPORTED, NULL},
    {"", "", ERR_UNSUPPORTED, NULL},
};

static void bodies(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct list_notice n;

        if (list_from_notify(span_str(rows[i].type), span_str(rows[i].body), &a, &n) != rows[i].e)
            fail_msg("row %zu", i);
        if (!rows[i].e) {
            assert_true(n.n == 1 && n.list.full && n.list.version == 1);
            if (!span_is(n.v[0].doc, rows[i].doc))
                fail_msg("row %zu: another document", i);
            assert_int_equal(n.v[0].type.n > 0, n.v[0].doc.n > 0);
        }
        arena_fini(&a);
    }
}

static void too_many_parts_are_refused(void **state)
{
    struct buf b = {0};
    struct arena a = {0};
    struct list_notice n;

    (void)state;
    BUF_LIT(&b, RLMI("r"));
    for (int i = 0; i < RLMI_RESOURCES_MAX; i++)
        BUF_LIT(&b, PART("<a1>", "", "<p/>"));
    assert_int_equal(list_from_notify(SPAN(KIND), buf_span(&b), &a, &n), OK);
    BUF_LIT(&b, PART("<a1>", "", "<p/>") END);
    assert_int_equal(list_from_notify(SPAN(KIND), buf_span(&b), &a, &n), ERR_FULL);
    buf_fini(&b);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(bodies),
                                       cmocka_unit_test(too_many_parts_are_refused)};

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
