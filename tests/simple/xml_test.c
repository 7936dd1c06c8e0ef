/* XML: what is refused, what is read, and that what is escaped reads back the same. */
#include "simple/doc/xml.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "simple/doc/xml_time.h"

static const struct {
    const char *name, *doc;
    enum err expect;
} documents[] = {
    {"empty element", "<a/>", OK},
    {"text", "<?xml version=\"1.0\"?><a>x</a>", OK},
    {"latin-1 by name", "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><a>\xE9</a>", OK},
    {"not a document", "hello", ERR_SYNTAX},
    {"cut short", "<a><b></b>", ERR_SYNTAX},
    {"tags crossed", "<a><b></a></b>", ERR_SYNTAX},
    {"two roots", "<a/><b/>", ERR_SYNTAX},
    {"invalid UTF-8", "<a>\xFF</a>", ERR_SYNTAX},
    {"an entity nobody declared", "<a>&lol;</a>", ERR_SYNTAX},
    {"an empty DTD", "<!DOCTYPE a><a/>", ERR_SYNTAX},
    {"an external DTD", "<!DOCTYPE a SYSTEM \"file:///etc/passwd\"><a/>", ERR_SYNTAX},
    {"an external entity", "<!DOCTYPE a [<!ENTITY x SYSTEM \"file:///etc/passwd\">]><a>&x;</a>",
     ERR_SYNTAX},
    {"billion laughs",
     "<!DOCTYPE a [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\">"
     "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\">"
     "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;\">]><a>&f;</a>",
     ERR_SYNTAX},
};

static void documents_are_read_or_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct arena a = {0};
        const struct xml_node *root;
        enum err e = xml_parse(span_str(documents[i].doc), &a, &root);

        if (e != documents[i].expect)
            fail_msg("%s: %s", documents[i].name, err_text(e));
        assert_true((root != NULL) == (e == OK));
        arena_fini(&a);
    }
}

/* `times` of `open`, then `middle`, then `times` of `close`. */
static enum err parse_repeated(const char *open, const char *middle, const char *close,
                               size_t times)
{
    struct buf b = {0};
    struct arena a = {0};
    const struct xml_node *root;
    enum err e;

    for (size_t i = 0; i < times; i++)
        buf_str(&b, open);
    buf_str(&b, middle);
    for (size_t i = 0; i < times; i++)
        buf_str(&b, close);
    e = xml_parse(buf_span(&b), &a, &root);
    buf_fini(&b);
    arena_fini(&a);
    return e;
}

static void what_is_too_large_is_refused(void **state)
{
    struct buf b = {0};
    struct arena a = {0};
    const struct xml_node *root;

    (void)state;
    assert_int_equal(parse_repeated("<a>", "", "</a>", XML_DEPTH_MAX), OK);
    assert_int_equal(parse_repeated("<a>", "", "</a>", XML_DEPTH_MAX + 1), ERR_FULL);
    assert_int_equal(parse_repeated("<a>", "", "</a>", 4000), ERR_FULL);
    assert_int_equal(parse_repeated("", "<a>", "<b/>", 10), ERR_SYNTAX);
    BUF_LIT(&b, "<a>");
    for (size_t i = 1; i < XML_NODES_MAX; i++)
        BUF_LIT(&b, "<b/>");
    BUF_LIT(&b, "</a>");
    assert_int_equal(xml_parse(buf_span(&b), &a, &root), OK);
    b.n -= 4;
    BUF_LIT(&b, "<b/></a>");
    assert_int_equal(xml_parse(buf_span(&b), &a, &root), ERR_FULL);
    buf_reset(&b);
    BUF_LIT(&b, "<a");
    for (int i = 0; i <= XML_ATTRS_MAX; i++)
        buf_fmt(&b, " a%d='x'", i);
    BUF_LIT(&b, "/>");
    assert_int_equal(xml_parse(buf_span(&b), &a, &root), ERR_FULL);
    buf_reset(&b);
    BUF_LIT(&b, "<a>");
    while (b.n <= XML_SIZE_MAX)
        BUF_LIT(&b, "xxxxxxxxxxxxxxxx");
    BUF_LIT(&b, "</a>");
    assert_int_equal(xml_parse(buf_span(&b), &a, &root), ERR_FULL);
    buf_fini(&b);
    arena_fini(&a);
}

static void a_tree_knows_names_spaces_attributes_and_text(void **state)
{
    static const char doc[] = "<p:presence xmlns:p='urn:ietf:params:xml:ns:pidf' "
                              "xmlns='urn:nobody' entity='a&amp;b&#38;c'>\n"
                              "  <p:note xml:lang='en'>x &lt;<![CDATA[<y>]]>&#x20AC;</p:note>\n"
                              "  <note>not ours</note>\n"
                              "  <p:note>second</p:note>\n"
                              "</p:presence>";
    struct arena a = {0};
    const struct xml_node *root, *n;

    (void)state;
    assert_int_equal(xml_parse(span_str(doc), &a, &root), OK);
    assert_true(xml_is(root, XML_NS_PIDF, "presence"));
    assert_true(span_is(xml_attr(root, "entity"), "a&b&c"));
    n = xml_child(root, XML_NS_PIDF, "note");
    assert_true(span_is(n->text, "x <<y>\xE2\x82\xAC"));
    assert_true(span_is(xml_lang(n), "en"));
    n = xml_next(n, XML_NS_PIDF, "note");
    assert_true(span_is(n->text, "second"));
    assert_null(xml_next(n, XML_NS_PIDF, "note"));
    assert_true(xml_child(root, XML_NS_UNKNOWN, "note") != NULL);
    assert_int_equal(xml_attr(n, "none").n, 0);
    arena_fini(&a);
}

/* Anything: ASCII with markup, controls, valid characters, bytes that are none. */
static void put_anything(struct rng *r, struct buf *b)
{
    size_t n = rng_u32(r) % 60;

    while (n-- > 0) {
        uint32_t v = rng_u32(r);

        switch (v % 5) {
        case 0: buf_u8(b, (uint8_t) "&<>\"'\r\n\t ]"[v / 8 % 10]); break;
        case 1: buf_u8(b, (uint8_t)(v / 8)); break;
        case 2: utf8_put(b, v / 8 % 0x110000); break;
        default: buf_u8(b, (uint8_t)('a' + v / 8 % 26));
        }
    }
}

/* What xml_escape promises to keep: characters of XML, U+FFFD for the rest. */
static void put_expected(struct buf *b, struct span s)
{
    while (s.n > 0) {
        uint32_t c = utf8_next(&s);
        bool ok = c == '\t' || c == '\n' || c == '\r' || (c >= 0x20 && c != 0xFFFE && c != 0xFFFF);

        utf8_put(b, ok ? c : 0xFFFD);
    }
}

static void whatever_is_escaped_reads_back_the_same(void **state)
{
    struct rng r;

    (void)state;
    rng_init_fixed(&r, 7);
    for (int i = 0; i < 3000; i++) {
        struct buf in = {0}, doc = {0}, expect = {0};
        struct arena a = {0};
        const struct xml_node *root;

        put_anything(&r, &in);
        put_expected(&expect, buf_span(&in));
        BUF_LIT(&doc, "<a b=\"");
        xml_escape(&doc, buf_span(&in));
        BUF_LIT(&doc, "\">|");
        xml_escape(&doc, buf_span(&in));
        BUF_LIT(&doc, "</a>");
        assert_int_equal(xml_parse(buf_span(&doc), &a, &root), OK);
        assert_true(span_eq(xml_attr(root, "b"), buf_span(&expect)));
        assert_true(span_eq(span_skip(root->text, 1), buf_span(&expect)));
        buf_fini(&in);
        buf_fini(&doc);
        buf_fini(&expect);
        arena_fini(&a);
    }
}

static const struct {
    const char *text;
    int64_t seconds; /* -1: no time */
} times[] = {
    {"1970-01-01T00:00:00Z", 0},
    {"2001-07-23T14:00:05Z", 995896805},
    {"2001-07-23t14:00:05z", 995896805},
    {" 2001-07-23T14:00:05.999Z ", 995896805},
    {"2001-07-23T16:00:05+02:00", 995896805},
    {"2001-07-23T10:30:05-03:30", 995896805},
    {"2001-07-23T14:00:05", 995896805},
    {"2000-02-29T00:00:00Z", 951782400},
    {"9999-12-31T23:59:59Z", 253402300799},
    {"2001-02-29T00:00:00Z", -1},
    {"1900-02-29T00:00:00Z", -1},
    {"2001-13-01T00:00:00Z", -1},
    {"2001-04-31T00:00:00Z", -1},
    {"2001-07-23T24:00:00Z", -1},
    {"2001-07-23T14:60:00Z", -1},
    {"2001-07-23 14:00:05Z", -1},
    {"2001-07-23T14:00:05.Z", -1},
    {"2001-07-23T14:00:05+02", -1},
    {"2001-07-23T14:00:05+2:00", -1},
    {"2001-07-23T14:00:05Zx", -1},
    {"+2001-07-23T14:00:05Z", -1},
    {"2001-07-23", -1},
    {"", -1},
};

static void times_are_read_as_rfc_3339_has_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof times / sizeof *times; i++) {
        int64_t t = -1;
        bool ok = xml_time_parse(span_str(times[i].text), &t);

        if (ok != (times[i].seconds >= 0) || (ok && t != times[i].seconds))
            fail_msg("%s: %lld", times[i].text, (long long)t);
    }
}

static void times_printed_read_back_the_same(void **state)
{
    struct rng r;

    (void)state;
    rng_init_fixed(&r, 8);
    for (int i = 0; i < 20000; i++) {
        int64_t t = (int64_t)(((uint64_t)rng_u32(&r) << 32 | rng_u32(&r)) % 253402300800U),
                back = -1;
        struct buf b = {0};

        xml_time_print(&b, t);
        assert_true(xml_time_parse(buf_span(&b), &back));
        assert_true(back == t);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_read_or_refused),
        cmocka_unit_test(what_is_too_large_is_refused),
        cmocka_unit_test(a_tree_knows_names_spaces_attributes_and_text),
        cmocka_unit_test(whatever_is_escaped_reads_back_the_same),
        cmocka_unit_test(times_are_read_as_rfc_3339_has_them),
        cmocka_unit_test(times_printed_read_back_the_same),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
