#include "oscar/screenname.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *a, *b;
    bool same;
} pairs[] = {
    {"Chatty Chuck", "chattychuck", true},
    {"  chatty  chuck  ", "CHATTYCHUCK", true},
    {"chattychuck", "chattychuc", false},
    {"chattychuc", "chattychuck", false},
    {"a", "b", false},
    {"", "   ", true},
    {"Bob@Example.Net", "bob@example.net", true},
    {"caf\xC3\xA9", "CAF\xC3\x89", false}, /* only ASCII is folded */
};

static void names_are_equal_but_for_case_and_spaces(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        char a[64], b[64];
        struct span na, nb;

        assert_int_equal(screenname_eq(span_str(pairs[i].a), span_str(pairs[i].b)), pairs[i].same);
        assert_true(screenname_normalise(span_str(pairs[i].a), a, sizeof a, &na));
        assert_true(screenname_normalise(span_str(pairs[i].b), b, sizeof b, &nb));
        assert_int_equal(span_eq(na, nb), pairs[i].same);
    }
}

static void a_name_that_does_not_fit_is_refused(void **state)
{
    char to[4];
    struct span out;

    (void)state;
    assert_true(screenname_normalise(SPAN("A b C d"), to, sizeof to, &out));
    assert_true(span_is(out, "abcd"));
    assert_false(screenname_normalise(SPAN("abcde"), to, sizeof to, &out));
}

static void icq_numbers_are_told_from_names(void **state)
{
    static const struct {
        const char *name;
        bool icq;
    } rows[] = {{"12345", true},   {"1234", false},  {"1234567890", true}, {"12345678901", false},
                {"012345", false}, {"12a45", false}, {"", false}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(screenname_is_icq(span_str(rows[i].name)), rows[i].icq);
}

static void a_list_gives_its_names_and_stops_where_it_is_cut(void **state)
{
    struct span list = SPAN("\3bob\0\5carol\x09"
                            "cut"),
                name;

    (void)state;
    assert_true(screenname_next(&list, &name));
    assert_true(span_is(name, "bob"));
    assert_true(screenname_next(&list, &name));
    assert_true(span_is(name, "carol"));
    assert_false(screenname_next(&list, &name));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_are_equal_but_for_case_and_spaces),
        cmocka_unit_test(a_name_that_does_not_fit_is_refused),
        cmocka_unit_test(icq_numbers_are_told_from_names),
        cmocka_unit_test(a_list_gives_its_names_and_stops_where_it_is_cut),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
