/* Spans that are copied: behind the struct that holds them, and onto the heap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/span.h"

static void texts_stand_one_behind_the_other(void **state)
{
    uint8_t room[8] = {0}, *at = room;
    struct span first = span_place(&at, SPAN("abc"));
    struct span nothing = span_place(&at, (struct span){0});
    struct span last = span_place(&at, SPAN("defgh"));

    (void)state;
    assert_true(span_is(first, "abc") && first.p == room);
    assert_int_equal(nothing.n, 0);
    assert_true(span_is(last, "defgh") && last.p == room + 3);
    assert_ptr_equal(at, room + sizeof room);
    assert_true(span_is(span_behind(room, SPAN("xyz")), "xyz"));
    assert_true(span_is(first, "xyz"));
}

static void an_owned_span_is_replaced_even_by_a_part_of_itself(void **state)
{
    struct span owned = {0};

    (void)state;
    assert_true(span_keep(&owned, SPAN("Alice Smith")));
    assert_true(span_keep(&owned, span_skip(owned, 6)));
    assert_true(span_is(owned, "Smith"));
    assert_true(span_keep(&owned, (struct span){0}));
    assert_int_equal(owned.n, 0);
    span_free(&owned);
    assert_null(owned.p);
    span_free(&owned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_stand_one_behind_the_other),
        cmocka_unit_test(an_owned_span_is_replaced_even_by_a_part_of_itself),
    };

    return cmocka_run_group_tests_name("base/span", tests, NULL, NULL);
}
