/* A token bucket is full at first, lets a burst through, and then as much as comes back. */
#include "base/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct rate three = {.per_second = 3 * BUCKET_TOKEN, .at_once = 30 * BUCKET_TOKEN};

static unsigned taken(struct bucket *k, struct rate r, uint32_t cost, unsigned n, uint64_t now)
{
    unsigned got = 0;

    for (unsigned i = 0; i < n; i++)
        got += bucket_take(k, r, cost, now);
    return got;
}

static void a_burst_and_then_a_rate(void **state)
{
    struct bucket k = {0};

    (void)state;
    assert_int_equal(taken(&k, three, BUCKET_TOKEN, 100, 5000), 30);
    assert_int_equal(bucket_wait(&k, three, BUCKET_TOKEN, 5000), 334);
    assert_false(bucket_take(&k, three, BUCKET_TOKEN, 5333));
    assert_true(bucket_take(&k, three, BUCKET_TOKEN, 5334));
    assert_int_equal(taken(&k, three, BUCKET_TOKEN, 100, 6334), 3);
    assert_int_equal(taken(&k, three, BUCKET_TOKEN, 100, 1000000), 30); /* no more is saved up */
}

static void a_fifth_of_a_token_costs_a_fifth(void **state)
{
    struct bucket k = {0};

    (void)state;
    assert_int_equal(taken(&k, three, BUCKET_TOKEN / 5, 1000, 1), 150);
    assert_int_equal(bucket_wait(&k, three, BUCKET_TOKEN / 5, 1), 67);
}

/* Asked every millisecond, a slow rate still comes back. */
static void nothing_is_lost_between_two_questions(void **state)
{
    static const struct rate slow = {.per_second = 100, .at_once = BUCKET_TOKEN};
    struct bucket k = {0};
    unsigned got = 0;

    (void)state;
    for (uint64_t now = 0; now < 60000; now++)
        got += bucket_take(&k, slow, BUCKET_TOKEN, now);
    assert_int_equal(got, 1 + 5); /* at 0, and after each ten seconds */
}

static void no_limit_and_no_refill(void **state)
{
    static const struct rate none = {0}, once = {.at_once = 2 * BUCKET_TOKEN};
    struct bucket k = {0};

    (void)state;
    assert_int_equal(taken(&k, none, BUCKET_TOKEN, 1000, 1), 1000);
    assert_int_equal(taken(&k, once, BUCKET_TOKEN, 1000, 1), 2);
    assert_int_equal(taken(&k, once, BUCKET_TOKEN, 1000, UINT64_MAX), 0);
    assert_true(bucket_wait(&k, once, BUCKET_TOKEN, 9) == UINT64_MAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_and_then_a_rate),
        cmocka_unit_test(a_fifth_of_a_token_costs_a_fifth),
        cmocka_unit_test(nothing_is_lost_between_two_questions),
        cmocka_unit_test(no_limit_and_no_refill),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
