/* Delay, loss and downtime of a domain against what was agreed (S-010), on a clock that we move. */
#include "gateway/peer/service.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { HOUR = SERVICE_HOUR_MS, T0 = 100 * HOUR, S = 1000 };

static const struct service_bounds bounds = {.delay_ms = 100, .loss_percent = 5, .downtime_s = 60};

static struct service_figures figures(struct service *s, uint64_t now)
{
    struct service_figures f;

    service_figures(s, now, &f);
    return f;
}

static void answers_have_a_mean_and_a_worst_delay(void **state)
{
    struct service s = {0};

    (void)state;
    service_answered(&s, 50, T0);
    service_answered(&s, 500, T0);
    assert_int_equal(service_breaches(&s, &bounds, T0), 0); /* two are no mean */
    service_answered(&s, 50, T0 + S);
    assert_int_equal(figures(&s, T0 + S).delay_ms, 200);
    assert_int_equal(figures(&s, T0 + S).delay_max_ms, 500);
    assert_int_equal(service_breaches(&s, &bounds, T0 + S), SERVICE_DELAY);
    assert_int_equal(service_breaches(&s, &(struct service_bounds){0}, T0 + S), 0);
}

static void silence_is_loss(void **state)
{
    struct service s = {0};

    (void)state;
    for (int i = 0; i < 9; i++)
        service_answered(&s, 1, T0);
    service_unanswered(&s, T0);
    assert_int_equal(figures(&s, T0).loss_permille, 100);
    assert_int_equal(service_breaches(&s, &bounds, T0), SERVICE_LOSS);
    for (int i = 0; i < 10; i++)
        service_answered(&s, 1, T0);
    assert_int_equal(service_breaches(&s, &bounds, T0), 0); /* 5 % were agreed */
}

static void two_hours_later_it_is_forgotten(void **state)
{
    struct service s = {0};

    (void)state;
    for (int i = 0; i < 20; i++)
        service_unanswered(&s, T0);
    assert_int_equal(figures(&s, T0 + HOUR).requests, 20);
    assert_int_equal(figures(&s, T0 + 2 * HOUR).requests, 0);
    assert_int_equal(figures(&s, T0 + 24 * HOUR).requests, 0); /* the same place of the ring */
}

static void downtime_is_of_the_last_day(void **state)
{
    struct service s = {0};

    (void)state;
    service_set_down(&s, true, T0 + HOUR - 30 * S);
    assert_int_equal(figures(&s, T0 + HOUR).downtime_s, 30); /* while it lasts */
    service_set_down(&s, false, T0 + HOUR + 40 * S);
    assert_int_equal(figures(&s, T0 + 2 * HOUR).downtime_s, 70);
    assert_int_equal(service_breaches(&s, &bounds, T0 + 2 * HOUR), SERVICE_DOWNTIME);
    assert_int_equal(figures(&s, T0 + 24 * HOUR).downtime_s, 40);
    assert_int_equal(service_breaches(&s, &bounds, T0 + 24 * HOUR), 0);
    assert_int_equal(figures(&s, T0 + 26 * HOUR).downtime_s, 0);
    service_set_down(&s, true, T0 + 30 * HOUR);
    assert_int_equal(figures(&s, T0 + 1000ULL * HOUR).downtime_s,
                     23 * 3600); /* this hour has just begun */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_have_a_mean_and_a_worst_delay),
        cmocka_unit_test(silence_is_loss),
        cmocka_unit_test(two_hours_later_it_is_forgotten),
        cmocka_unit_test(downtime_is_of_the_last_day),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
