/* Lists in a SUBSCRIBE, and the bodies they come in (RFC 4826, RFC 5367, RFC 3261 20.12). */
#include "simple/doc/resource_lists.h"

#include <zlib.h>

#include "simple/doc/xml.h"
#include "simple/wire/encoding.h"
#include "tests/documents.h"
#include "tests/simple/wire.h"

#define LISTS(inside) \
    "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'>" inside "</resource-lists>"

static void the_example_is_read(void **state)
{
    struct buf doc = {0};
    struct arena a = {0};
    struct resource_list l;

    (void)state;
    read_example("l1-resource-lists.xml", &doc);
    assert_int_equal(resource_lists_parse(buf_span(&doc), &a, &l), OK);
    assert_int_equal(l.n, 2);
    assert_span(l.v[0].uri, "sip:bob@example.com");
    assert_span(l.v[0].name, "Bob Baker");
    assert_span(l.v[1].uri, "sip:carol@example.org");
    assert_span(l.v[1].name, "");
    arena_fini(&a);
    buf_fini(&doc);
}

static void only_the_outermost_lists_count(void **state)
{
    /* S-355: a flat list is served, nested ones are ignored (RFC 5367 4) */
    static const char doc[] = LISTS(
        "<list><display-name>Mine</display-name><entry uri=' sip:a@x '/>"
        "<list><entry uri='sip:inner@x'/></list><entry-ref ref='b'/><external anchor='c'/></list>"
        "<list><entry uri='sip:b@x'/><entry/><entry uri='no uri'/><entry "
        "uri='sip:&amp;@x'/></list>");
    struct arena a = {0};
    struct resource_list l;

    (void)state;
    assert_int_equal(resource_lists_parse(span_str(doc), &a, &l), OK);
    assert_span(l.name, "Mine");
    assert_int_equal(l.n, 3);
    assert_span(l.v[0].uri, "sip:a@x");
    assert_span(l.v[1].uri, "sip:b@x");
    assert_span(l.v[2].uri, "sip:&@x");
    arena_fini(&a);
}

static void what_is_no_list_is_refused(void **state)
{
    static const struct {
        const char *doc;
        enum err e;
    } rows[] = {
        {"", ERR_SYNTAX},
        {"<resource-lists", ERR_SYNTAX},
        {"<!DOCTYPE r><resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'/>", ERR_SYNTAX},
        {"<list xmlns='urn:ietf:params:xml:ns:resource-lists'/>", ERR_UNSUPPORTED},
        {"<resource-lists/>", ERR_UNSUPPORTED},
        {LISTS(""), OK},
        {LISTS("<list/>"), OK},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct resource_list l;
        enum err e = resource_lists_parse(span_str(rows[i].doc), &a, &l);

        if (e != rows[i].e || l.n != 0)
            fail_msg("%s: %s", rows[i].doc, err_text(e));
        arena_fini(&a);
    }
}

static void a_list_has_a_bound(void **state)
{
    (void)state;
    for (int n = RESOURCE_LISTS_MAX; n <= RESOURCE_LISTS_MAX + 1; n++) {
        struct buf b = {0};
        struct arena a = {0};
        struct resource_list l;

        BUF_LIT(&b, "<resource-lists xmlns='urn:ietf:params:xml:ns:resource-lists'><list>");
        for (int i = 0; i < n; i++)
            buf_fmt(&b, "<entry uri='sip:u%d@x'/>", i);
        BUF_LIT(&b, "</list></resource-lists>");
        assert_int_equal(resource_lists_parse(buf_span(&b), &a, &l),
                         n > RESOURCE_LISTS_MAX ? ERR_FULL : OK);
        assert_int_equal(l.n, n > RESOURCE_LISTS_MAX ? 0 : n);
        arena_fini(&a);
        buf_fini(&b);
    }
}

/* ---- encodings ---- */

/* By deflate as zlib writes it, or with 16 more by gzip. */
static struct span pack(const char *text, size_t n, int bits, uint8_t *to, size_t room)
{
    z_stream z = {.next_in = (uint8_t *)(uintptr_t)text,
                  .avail_in = (uInt)n,
                  .next_out = to,
                  .avail_out = (uInt)room};

    assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, bits, 8, Z_DEFAULT_STRATEGY), Z_OK);
    assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
    (void)deflateEnd(&z);
    return span_of(to, z.total_out);
}

static enum err decode(const char *encoding, struct span body, size_t max, struct arena *a,
                       struct span *out)
{
    struct sip_msg m;
    char headers[128];
    char *text;
    enum err e;

    snprintf(headers, sizeof headers, "%s%s%sContent-Length: 0\r\n",
             encoding ? "Content-Encoding: " : "", encoding ? encoding : "",
             encoding ? "\r\n" : "");
    text = wire_request(&m, "SUBSCRIBE", "sip:x@y", headers, "");
    m.body = body;
    e = sip_body_decode(&m, max, a, out);
    free(text);
    return e;
}

static void bodies_are_unpacked_by_their_encoding(void **state)
{
    static const char text[] = "hello hello hello hello hello hello";
    uint8_t zlib[200], gzip[200];
    struct span packed = pack(text, sizeof text - 1, MAX_WBITS, zlib, sizeof zlib);
    struct span zipped = pack(text, sizeof text - 1, MAX_WBITS + 16, gzip, sizeof gzip);
    const struct {
        const char *encoding;
        struct span body;
        size_t max;
        enum err e;
    } rows[] = {
        {NULL, span_str(text), 35, OK},
        {NULL, span_str(text), 34, ERR_FULL},
        {"identity", span_str(text), 99, OK},
        {"deflate", packed, 35, OK},
        {"DEFLATE", packed, 99, OK},
        {"gzip", zipped, 99, OK},
        {"deflate", packed, 34, ERR_FULL}, /* what would grow without end is cut */
        {"deflate", span_first(packed, packed.n - 3), 99, ERR_SYNTAX},
        {"deflate", span_str(text), 99, ERR_SYNTAX},
        {"deflate", SPAN(""), 99, ERR_SYNTAX},
        {"br", packed, 99, ERR_UNSUPPORTED},
        {"deflate, gzip", packed, 99, ERR_UNSUPPORTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct span out;
        enum err e = decode(rows[i].encoding, rows[i].body, rows[i].max, &a, &out);

        if (e != rows[i].e)
            fail_msg("%zu: %s", i, err_text(e));
        if (e == OK)
            assert_span(out, text);
        arena_fini(&a);
    }
}

static void a_bomb_stops_at_the_bound(void **state)
{
    static char zeros[4 << 20];
    static uint8_t packed[8192];
    struct arena a = {0};
    struct span out, bomb;

    (void)state;
    bomb = pack(zeros, sizeof zeros, MAX_WBITS, packed, sizeof packed);
    assert_int_equal(decode("deflate", bomb, XML_SIZE_MAX, &a, &out), ERR_FULL);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_example_is_read),
        cmocka_unit_test(only_the_outermost_lists_count),
        cmocka_unit_test(what_is_no_list_is_refused),
        cmocka_unit_test(a_list_has_a_bound),
        cmocka_unit_test(bodies_are_unpacked_by_their_encoding),
        cmocka_unit_test(a_bomb_stops_at_the_bound),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
