/* The heap of deadlines gives what is due, oldest first, whatever was moved and cleared before. */
#include "base/deadlines.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/rng.h"

enum { OWNERS = 500, STEPS = 20000 };

static uint64_t first_of(const uint64_t when[OWNERS])
{
    uint64_t first = DEADLINE_NEVER;

    for (int i = 0; i < OWNERS; i++)
        if (when[i] < first)
            first = when[i];
    return first;
}

static void what_is_set_moved_and_cleared_comes_in_its_order(void **state)
{
    static struct deadline all[OWNERS];
    static uint64_t when[OWNERS];
    struct deadlines heap = {0};
    struct rng rng = {0};
    uint64_t last = 0;
    struct deadline *d;
    int n = 0;

    (void)state;
    rng_init_fixed(&rng, 3);
    for (int i = 0; i < OWNERS; i++)
        when[i] = DEADLINE_NEVER;
    for (int step = 0; step < STEPS; step++) {
        uint32_t i = rng_u32(&rng) % OWNERS;

        if (rng_u32(&rng) % 4 == 0) {
            deadline_clear(&heap, &all[i]);
            when[i] = DEADLINE_NEVER;
        } else {
            when[i] = rng_u32(&rng) % 1000;
            assert_int_equal(deadline_set(&heap, &all[i], when[i]), OK);
        }
        if (step % 100 == 0)
            assert_int_equal(deadlines_first(&heap), first_of(when));
    }
    while ((d = deadlines_due(&heap, 500))) {
        assert_true(d->when >= last && d->when <= 500);
        assert_int_equal(d->when, when[d - all]);
        last = d->when;
        when[d - all] = DEADLINE_NEVER;
        n++;
    }
    assert_true(n > 0 && first_of(when) > 500);
    assert_int_equal(deadlines_first(&heap), first_of(when));
    deadlines_fini(&heap);
}

static void never_is_no_deadline(void **state)
{
    struct deadlines heap = {0};
    struct deadline d = {0};

    (void)state;
    assert_int_equal(deadlines_first(&heap), DEADLINE_NEVER);
    assert_int_equal(deadline_set(&heap, &d, 5), OK);
    assert_int_equal(deadline_set(&heap, &d, DEADLINE_NEVER), OK);
    assert_null(deadlines_due(&heap, DEADLINE_NEVER - 1));
    deadlines_fini(&heap);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_set_moved_and_cleared_comes_in_its_order),
        cmocka_unit_test(never_is_no_deadline),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
