#include "mapping/warning.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { T = 1000000 };

static const struct {
    uint16_t level;
    int64_t after;
    uint16_t left;
    int64_t fades; /* after T; 0: never */
} fading[] = {
    {0, 0, 0, 0},           {100, 0, 100, 300},
    {100, 299, 100, 300},   {100, 300, 50, 600},
    {100, 599, 50, 600},    {100, 600, 0, 0},
    {30, 299, 30, 300},     {30, 300, 0, 0},
    {999, 299, 999, 300},   {999, 19 * 300, 49, 20 * 300},
    {999, 20 * 300, 0, 0},  {999, INT64_MAX - T, 0, 0},
    {100, -5000, 100, 300}, /* the clock was set back */
};

/* 5.5: it decays 5.0 % per 5 minutes. */
static void a_level_fades_by_five_percent_in_five_minutes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof fading / sizeof fading[0]; i++) {
        struct warning x = {fading[i].level, T};

        assert_int_equal(warning_level(&x, T + fading[i].after), fading[i].left);
        assert_int_equal(warning_fades(&x, T + fading[i].after),
                         fading[i].fades ? T + fading[i].fades : 0);
    }
}

static void warnings_add_up_to_999(void **state)
{
    struct warning x = {0};

    (void)state;
    assert_int_equal(warning_add(&x, WARNING_NAMED, T), 100);
    assert_int_equal(warning_add(&x, WARNING_ANONYMOUS, T), 30);
    assert_int_equal(warning_level(&x, T), 130);
    for (int i = 0; i < 8; i++)
        assert_int_equal(warning_add(&x, WARNING_NAMED, T), 100);
    assert_int_equal(warning_add(&x, WARNING_NAMED, T), 69);
    assert_int_equal(warning_add(&x, WARNING_NAMED, T), 0);
    assert_int_equal(warning_level(&x, T), WARNING_MAX);
}

/* Else who is warned again and again would never be forgiven anything. */
static void being_warned_again_does_not_put_off_the_fading(void **state)
{
    struct warning x = {0};

    (void)state;
    (void)warning_add(&x, WARNING_NAMED, T);
    (void)warning_add(&x, WARNING_NAMED, T + 299);
    assert_int_equal(warning_level(&x, T + 299), 200);
    assert_int_equal(warning_level(&x, T + 300), 150);
    (void)warning_add(&x, WARNING_NAMED, T + 10000); /* long forgotten: it begins anew */
    assert_int_equal(warning_level(&x, T + 10299), 100);
    assert_int_equal(warning_level(&x, T + 10300), 50);
}

static const struct {
    uint16_t level, limit;
    int64_t after;
    uint32_t wait;
} waits[] = {
    {899, 899, 0, 0},     {900, 899, 0, 300},    {949, 899, 0, 300}, {950, 899, 0, 600},
    {999, 899, 100, 500}, {999, 0, 0, 20 * 300}, {100, 999, 0, 0},   {100, 50, 299, 1},
};

static void the_wait_ends_when_the_level_is_within_the_limit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
        struct warning x = {waits[i].level, T};
        int64_t now = T + waits[i].after;
        uint32_t wait = warning_wait(&x, waits[i].limit, now);

        assert_int_equal(wait, waits[i].wait);
        assert_true(warning_level(&x, now + wait) <= waits[i].limit);
        if (wait)
            assert_true(warning_level(&x, now + wait - 1) > waits[i].limit);
    }
}

static void a_rate_is_less_by_the_level(void **state)
{
    (void)state;
    assert_int_equal(warning_scale(1000, 0), 1000);
    assert_int_equal(warning_scale(1000, 100), 900);
    assert_int_equal(warning_scale(3000, 999), 3);
    assert_int_equal(warning_scale(UINT32_MAX, 500), UINT32_MAX / 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_level_fades_by_five_percent_in_five_minutes),
        cmocka_unit_test(warnings_add_up_to_999),
        cmocka_unit_test(being_warned_again_does_not_put_off_the_fading),
        cmocka_unit_test(the_wait_ends_when_the_level_is_within_the_limit),
        cmocka_unit_test(a_rate_is_less_by_the_level),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
