/* Typing statuses: what is read out of a document, and what is written. */
#include "simple/doc/iscomposing.h"

#include "wire.h"

#define DOC(inside) \
    "<isComposing xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\">" inside "</isComposing>"

static const struct {
    const char *what, *document;
    enum err e;
    bool active;
    uint32_t refresh;
} documents[] = {
    {"active", DOC("<state>active</state><refresh>60</refresh>"), OK, true, 60},
    {"idle", DOC("<state>idle</state>"), OK, false, 0},
    {"another word is idle", DOC("<state>foo</state>"), OK, false, 0},
    {"white space", DOC("<state>\n active </state><refresh> +7 </refresh>"), OK, true, 7},
    {"a refresh that is no number", DOC("<state>active</state><refresh>soon</refresh>"), OK, true,
     0},
    {"a refresh beyond all", DOC("<state>active</state><refresh>99999999999</refresh>"), OK, true,
     UINT32_MAX},
    {"what is not known is passed over",
     DOC("<x/><state>active</state><contenttype>a</contenttype>"), OK, true, 0},
    {"no state", DOC("<refresh>60</refresh>"), ERR_SYNTAX, false, 0},
    {"another document", "<presence xmlns=\"urn:ietf:params:xml:ns:pidf\"/>", ERR_SYNTAX, false, 0},
    {"no name space", "<isComposing><state>active</state></isComposing>", ERR_SYNTAX, false, 0},
    {"not XML", "active", ERR_SYNTAX, false, 0},
};

static void a_state_is_read_or_nothing_is(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
        struct iscomposing is;
        struct arena a = {0};

        if (iscomposing_parse(span_str(documents[i].document), &a, &is) != documents[i].e ||
            is.active != documents[i].active || is.refresh != documents[i].refresh)
            fail_msg("%s: %d %u", documents[i].what, is.active, is.refresh);
        arena_fini(&a);
    }
}

static void what_is_written_reads_back_the_same(void **state)
{
    static const struct iscomposing all[] = {{true, 60}, {true, 0}, {false, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) {
        struct iscomposing is;
        struct arena a = {0};
        struct buf b = {0};

        iscomposing_print(&b, &all[i]);
        assert_int_equal(iscomposing_parse(buf_span(&b), &a, &is), OK);
        assert_true(is.active == all[i].active && is.refresh == all[i].refresh);
        buf_fini(&b);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_state_is_read_or_nothing_is),
        cmocka_unit_test(what_is_written_reads_back_the_same),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
