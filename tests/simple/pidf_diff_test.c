/* What changed between two documents as pidf_print writes them (RFC 5262). That it is valid, and
 * makes the whole, is seen over the wire (test_partial.py). */
#include "simple/doc/pidf_diff.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define NS \
    "xmlns=\"urn:ietf:params:xml:ns:pidf\" xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\""
#define LONG                                                                                       \
    "a note that is long enough for a difference to be shorter than all of it, whatever its root " \
    "has to say of name spaces"
#define DOC(inside)                                                                               \
    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence " NS " entity=\"pres:al@x\">\n" inside \
    "</presence>\n"
#define TUPLE(id, basic, note)                                                                \
    "  <tuple id=\"" id "\">\n    <status><basic>" basic "</basic></status>\n    <note>" note \
    "</note>\n  </tuple>\n"
#define PERSON(note) \
    "  <dm:person id=\"person\">\n    <dm:note>" note "</dm:note>\n  </dm:person>\n"
#define NOTE(text)   "  <note>" text "</note>\n"
#define ALL          TUPLE("im", "open", LONG) TUPLE("p1", "open", LONG) PERSON(LONG)

static const struct {
    const char *what, *before, *after, *says[3]; /* says[0] NULL: not to be said */
} rows[] = {
    {"nothing", DOC(ALL), DOC(ALL), {NULL}},
    {"a tuple",
     DOC(ALL),
     DOC(TUPLE("im", "closed", "-") TUPLE("p1", "open", LONG) PERSON(LONG)),
     {"<p:replace sel=\"*/tuple[@id='im']\"><tuple id=\"im\">", "<basic>closed</basic>",
      "</tuple></p:replace>"}},
    {"one goes",
     DOC(ALL),
     DOC(TUPLE("im", "open", LONG) PERSON(LONG)),
     {"<p:remove sel=\"*/tuple[@id='p1']\"/>"}},
    {"one comes",
     DOC(TUPLE("im", "open", LONG) PERSON(LONG) TUPLE("x", "open", LONG)),
     DOC(TUPLE("im", "open", LONG) TUPLE("p1", "open", "") PERSON(LONG) TUPLE("x", "open", LONG)),
     {"<p:add sel=\"*/tuple[@id='im']\" pos=\"after\">", "<tuple id=\"p1\">", "</p:add>"}},
    {"the first one",
     DOC(ALL),
     DOC(TUPLE("a", "open", "") ALL),
     {"<p:add sel=\"*\" pos=\"prepend\">", "<tuple id=\"a\">"}},
    {"a person",
     DOC(ALL),
     DOC(TUPLE("im", "open", LONG) TUPLE("p1", "open", LONG) PERSON("out")),
     {"xmlns:dm=", "sel=\"*/dm:person[@id='person']\"", "<dm:note>out</dm:note>"}},
    {"a note of all", DOC(ALL NOTE("a")), DOC(ALL NOTE("b")), {NULL}},
    {"a note more", DOC(ALL), DOC(ALL NOTE("b")), {NULL}},
    {"everything", DOC(TUPLE("im", "open", "")), DOC(TUPLE("im", "closed", "")), {NULL}},
    {"no such document", "<presence/>", DOC(ALL), {NULL}},
    {"cut off", DOC(ALL), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence ", {NULL}},
};

static void what_changed_is_said_where_it_is_shorter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};
        bool done = pidf_diff_write(&b, span_str(rows[i].before), span_str(rows[i].after), 7);

        if (done != (rows[i].says[0] != NULL))
            fail_msg("%s: %s", rows[i].what, done ? buf_cstr(&b) : "nothing was said");
        for (size_t k = 0; k < 3 && rows[i].says[k]; k++)
            if (!strstr(buf_cstr(&b), rows[i].says[k]))
                fail_msg("%s: no %s in %s", rows[i].what, rows[i].says[k], buf_cstr(&b));
        if (done)
            assert_non_null(strstr(buf_cstr(&b), " entity=\"pres:al@x\" version=\"7\">"));
        else
            assert_int_equal(b.n, 0);
        buf_fini(&b);
    }
}

static void the_whole_has_a_version(void **state)
{
    struct buf b = {0};

    (void)state;
    assert_true(pidf_full_write(&b, SPAN(DOC(NOTE("x"))), 1));
    assert_string_equal(
        buf_cstr(&b), "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                      "<p:pidf-full xmlns:p=\"urn:ietf:params:xml:ns:pidf-diff\" version=\"1\" " NS
                      " entity=\"pres:al@x\">\n" NOTE("x") "</p:pidf-full>\n");
    b.n = 0;
    assert_false(pidf_full_write(&b, SPAN("<presence/>"), 1));
    assert_int_equal(b.n, 0);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_changed_is_said_where_it_is_shorter),
        cmocka_unit_test(the_whole_has_a_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
