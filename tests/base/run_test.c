/* Runs of octets: sixteen at a time and one at a time see the same. */
#include "base/run.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/rng.h"

static void a_run_ends_at_the_first_control_character(void **state)
{
    uint8_t text[100];

    (void)state;
    for (size_t n = 0; n <= sizeof text; n++) {
        memset(text, ' ', sizeof text);
        assert_int_equal(run_printable(span_of(text, n)), n);
        for (size_t at = 0; at < n; at++) {
            text[at] = 0x1f;
            assert_int_equal(run_printable(span_of(text, n)), at);
            text[at] = at % 2 ? 0xff : 0x80; /* the upper half is no control */
        }
    }
}

static void any_octets_are_seen_as_one_by_one(void **state)
{
    struct rng rng = {0};
    uint8_t text[64];

    (void)state;
    rng_init_fixed(&rng, 1);
    for (int round = 0; round < 20000; round++) {
        size_t printable = 0, ascii = 0, n = rng_u32(&rng) % sizeof text;

        rng_bytes(&rng, text, sizeof text);
        for (size_t i = 0; round % 2 && i < n; i++)
            text[i] &= i % 40 ? 0x7f : 0xff; /* long runs of ASCII too */
        while (printable < n && text[printable] >= 0x20)
            printable++;
        while (ascii < n && text[ascii] < 0x80)
            ascii++;
        assert_int_equal(run_printable(span_of(text, n)), printable);
        assert_int_equal(run_ascii(span_of(text, n)), ascii);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_run_ends_at_the_first_control_character),
        cmocka_unit_test(any_octets_are_seen_as_one_by_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
