/* The link to a domain, on a clock that we move (M-651 to M-657). */
#include "gateway/peer/link.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

enum { T0 = 1000000, S = 1000 };

static struct link fresh(void)
{
    struct link l;

    link_init(&l, T0);
    return l;
}

/* Probes as they are due, from `now` to `end`; all are answered, or none. Gives how many. */
static unsigned probe(struct link *l, bool answered, uint64_t now, uint64_t end,
                      enum link_news *news)
{
    unsigned n = 0;

    *news = LINK_NO_NEWS;
    for (; now <= end; now += 100)
        if (link_tick(l, now)) {
            enum link_news is = link_probed(l, answered, now);

            n++;
            if (is)
                *news = is;
        }
    return n;
}

static void it_is_probed_each_30_seconds(void **state)
{
    struct link l = fresh();
    enum link_news news;

    (void)state;
    assert_int_equal(probe(&l, true, T0, T0 + 91 * S, &news), 3);
    assert_int_equal(news, LINK_NO_NEWS);
    assert_int_equal(l.state, LINK_UP);
    assert_int_equal(link_answered(&l, T0 + 100 * S), LINK_NO_NEWS);
    assert_int_equal(link_deadline(&l), T0 + 130 * S); /* an answer is as good as a probe */
}

static void one_failure_is_a_suspicion_and_any_answer_ends_it(void **state)
{
    struct link l = fresh();

    (void)state;
    link_failed(&l, T0);
    assert_int_equal(l.state, LINK_SUSPECT);
    assert_false(link_is_down(&l));
    link_failed(&l, T0 + 1);
    link_failed(&l, T0 + 1); /* more requests of the same moment say no more */
    assert_int_equal(l.state, LINK_SUSPECT);
    assert_int_equal(link_answered(&l, T0 + 500), LINK_NO_NEWS);
    assert_int_equal(l.state, LINK_UP);
}

static void the_second_failure_within_20_seconds_is_down(void **state)
{
    struct link l = fresh();

    (void)state;
    link_failed(&l, T0);
    assert_false(link_tick(&l, T0 + LINK_SECOND_MS - 1));
    assert_true(link_tick(&l, T0 + LINK_SECOND_MS));
    assert_int_equal(link_deadline(&l), UINT64_MAX);
    assert_int_equal(link_probed(&l, false, T0 + 10 * S), LINK_WENT_DOWN);
    assert_int_equal(l.state, LINK_DOWN);
    assert_int_equal(l.since, T0 + 10 * S);
    assert_int_equal(l.doubted, T0);
}

/* M-652: a silent peer: the probe at 30 s, 8 s of silence, 2 s, 8 s of silence. */
static void from_loss_to_down_are_60_seconds_at_most(void **state)
{
    struct link l = fresh();
    uint64_t now = T0, ends = 0;
    enum link_news news = LINK_NO_NEWS;

    (void)state;
    for (; news != LINK_WENT_DOWN && now < T0 + 120 * S; now += 100) {
        if (l.probing && now >= ends)
            news = link_probed(&l, false, now);
        else if (link_tick(&l, now))
            ends = now + 8 * S;
    }
    assert_int_equal(news, LINK_WENT_DOWN);
    assert_in_range(now - T0, 1, 60 * S);
}

static void while_down_it_is_probed_by_the_schedule(void **state)
{
    static const uint64_t pauses[] = {5, 10, 20, 40, 60, 60};
    struct link l = fresh();
    uint64_t now = T0;

    (void)state;
    link_failed(&l, now);
    now += LINK_SECOND_MS;
    assert_true(link_tick(&l, now));
    assert_int_equal(link_probed(&l, false, now), LINK_WENT_DOWN);
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        assert_int_equal(link_deadline(&l), now + pauses[i] * S);
        now += pauses[i] * S;
        assert_true(link_tick(&l, now));
        assert_int_equal(l.state, LINK_PROBING);
        assert_true(link_is_down(&l));
        assert_int_equal(link_probed(&l, false, now), LINK_NO_NEWS);
        assert_int_equal(l.state, LINK_DOWN);
        assert_int_equal(l.since, T0 + LINK_SECOND_MS);
    }
    now += 60 * S;
    assert_true(link_tick(&l, now));
    assert_int_equal(link_probed(&l, true, now), LINK_CAME_UP);
    assert_int_equal(l.state, LINK_UP);
    assert_int_equal(link_deadline(&l), now + LINK_PROBE_MS);
}

static uint64_t bring_down(struct link *l, uint64_t now)
{
    link_failed(l, now);
    assert_true(link_tick(l, now + LINK_SECOND_MS));
    assert_int_equal(link_probed(l, false, now + LINK_SECOND_MS), LINK_WENT_DOWN);
    return now + LINK_SECOND_MS;
}

static void an_answer_to_anything_brings_it_up(void **state)
{
    struct link l = fresh();
    uint64_t now = bring_down(&l, T0);

    (void)state;
    assert_int_equal(link_answered(&l, now + 100), LINK_CAME_UP);
    assert_int_equal(l.state, LINK_UP);
}

static void who_writes_to_us_is_probed_at_once(void **state)
{
    struct link l = fresh();
    uint64_t now = bring_down(&l, T0);

    (void)state;
    assert_false(link_tick(&l, now + 1));
    link_look(&l, now + 1);
    assert_true(link_tick(&l, now + 1));
    assert_int_equal(link_probed(&l, true, now + 2), LINK_CAME_UP);
}

static void a_flapping_link_must_answer_for_a_minute(void **state)
{
    struct link l = fresh();
    uint64_t now = T0;
    enum link_news news;

    (void)state;
    for (int i = 0; i < 2; i++) {
        now = bring_down(&l, now);
        assert_int_equal(link_answered(&l, now += 5 * S), LINK_CAME_UP);
    }
    now = bring_down(&l, now);
    assert_true(l.flapping);
    assert_int_equal(link_answered(&l, now + S), LINK_NO_NEWS);
    assert_true(probe(&l, true, now, now + 64 * S, &news) >= 12);
    assert_int_equal(news, LINK_NO_NEWS);
    assert_int_equal(l.state, LINK_PROBING);
    (void)probe(&l, true, now + 64 * S, now + 70 * S, &news);
    assert_int_equal(news, LINK_CAME_UP);
    /* the next down is a fourth in ten minutes; one failure on the way, and the minute begins anew
     */
    now = bring_down(&l, now + 70 * S);
    assert_true(l.flapping);
    (void)probe(&l, true, now, now + 40 * S, &news);
    (void)probe(&l, false, now + 40 * S, now + 46 * S, &news);
    assert_int_equal(l.state, LINK_DOWN);
    (void)probe(&l, true, now + 46 * S, now + 100 * S, &news);
    assert_int_equal(news, LINK_NO_NEWS);
    (void)probe(&l, true, now + 100 * S, now + 130 * S, &news);
    assert_int_equal(news, LINK_CAME_UP);
}

static void three_downs_in_more_than_ten_minutes_are_no_flapping(void **state)
{
    struct link l = fresh();
    uint64_t now = T0;

    (void)state;
    for (int i = 0; i < 5; i++) {
        now = bring_down(&l, now);
        assert_false(l.flapping);
        assert_int_equal(link_answered(&l, now + S), LINK_CAME_UP);
        now += 301 * S;
    }
}

/* M-660. */
static void dns_that_cannot_say_says_nothing_of_the_link(void **state)
{
    struct link l = fresh();
    uint64_t now = T0 + LINK_PROBE_MS;

    (void)state;
    assert_true(link_tick(&l, now));
    link_not_probed(&l, now);
    assert_int_equal(l.state, LINK_UP);
    assert_int_equal(link_deadline(&l), now + LINK_PROBE_MS);
    now = bring_down(&l, now);
    assert_true(link_tick(&l, now + 5 * S));
    link_not_probed(&l, now + 5 * S);
    assert_int_equal(l.state, LINK_DOWN);
    assert_int_equal(link_deadline(&l), now + 15 * S);
}

static struct link fresh_by_requests(void)
{
    struct link l = fresh();

    l.by_requests = true;
    return l;
}

static uint64_t bring_down_by_requests(struct link *l, uint64_t now)
{
    assert_int_equal(link_failed(l, now), LINK_NO_NEWS);
    now += LINK_SECOND_MS;
    assert_int_equal(link_failed(l, now), LINK_WENT_DOWN);
    assert_true(link_is_shut(l));
    return now;
}

static void by_requests_two_failures_in_a_row_are_down(void **state)
{
    struct link l = fresh_by_requests();
    enum link_news news;

    (void)state;
    assert_int_equal(probe(&l, false, T0, T0 + 3600 * S, &news), 0); /* it is never asked */
    assert_int_equal(l.state, LINK_UP);
    assert_int_equal(link_failed(&l, T0), LINK_NO_NEWS);
    assert_int_equal(link_failed(&l, T0 + LINK_SECOND_MS - 1), LINK_NO_NEWS); /* it restarts */
    assert_int_equal(l.state, LINK_SUSPECT);
    assert_int_equal(link_answered(&l, T0 + 3 * S), LINK_NO_NEWS);
    assert_int_equal(link_failed(&l, T0 + 4 * S), LINK_NO_NEWS);
    assert_false(link_is_shut(&l));
    assert_int_equal(link_failed(&l, T0 + 600 * S), LINK_WENT_DOWN);
    assert_true(link_is_shut(&l));
}

static void by_requests_one_may_try_it_by_the_schedule(void **state)
{
    static const uint64_t pauses[] = {5, 10, 20, 40, 60, 60};
    struct link l = fresh_by_requests();
    uint64_t now = bring_down_by_requests(&l, T0);

    (void)state;
    for (size_t i = 0; i < sizeof pauses / sizeof pauses[0]; i++) {
        assert_int_equal(link_deadline(&l), now + pauses[i] * S);
        assert_int_equal(link_failed(&l, now + 1), LINK_NO_NEWS); /* one from before */
        now += pauses[i] * S;
        assert_true(link_tick(&l, now));
        assert_int_equal(l.state, LINK_PROBING);
        assert_true(link_is_down(&l));
        assert_false(link_is_shut(&l));
        assert_true(link_tick(&l, now + LINK_PROBE_MS)); /* nobody did: again, and still open */
        assert_false(link_is_shut(&l));
        now += 32 * S;
        assert_int_equal(link_failed(&l, now), LINK_NO_NEWS);
        assert_true(link_is_shut(&l));
    }
    assert_int_equal(link_heard(&l, now + 1), LINK_CAME_UP);
    assert_int_equal(l.state, LINK_UP);
}

static void by_requests_a_flapping_link_must_answer_for_a_minute(void **state)
{
    struct link l = fresh_by_requests();
    uint64_t now = T0;

    (void)state;
    for (int i = 0; i < 2; i++) {
        now = bring_down_by_requests(&l, now);
        assert_int_equal(link_answered(&l, now += 5 * S), LINK_CAME_UP);
    }
    now = bring_down_by_requests(&l, now);
    assert_int_equal(link_answered(&l, now), LINK_NO_NEWS);
    assert_false(link_is_shut(&l));
    assert_int_equal(link_answered(&l, now + 59 * S), LINK_NO_NEWS);
    assert_int_equal(link_failed(&l, now + 59 * S), LINK_NO_NEWS); /* the minute begins anew */
    assert_true(link_is_shut(&l));
    now += 60 * S;
    assert_int_equal(link_heard(&l, now), LINK_NO_NEWS);
    assert_int_equal(link_answered(&l, now + 59 * S), LINK_NO_NEWS);
    assert_int_equal(link_answered(&l, now + 60 * S), LINK_CAME_UP);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_is_probed_each_30_seconds),
        cmocka_unit_test(one_failure_is_a_suspicion_and_any_answer_ends_it),
        cmocka_unit_test(the_second_failure_within_20_seconds_is_down),
        cmocka_unit_test(from_loss_to_down_are_60_seconds_at_most),
        cmocka_unit_test(while_down_it_is_probed_by_the_schedule),
        cmocka_unit_test(an_answer_to_anything_brings_it_up),
        cmocka_unit_test(who_writes_to_us_is_probed_at_once),
        cmocka_unit_test(a_flapping_link_must_answer_for_a_minute),
        cmocka_unit_test(three_downs_in_more_than_ten_minutes_are_no_flapping),
        cmocka_unit_test(dns_that_cannot_say_says_nothing_of_the_link),
        cmocka_unit_test(by_requests_two_failures_in_a_row_are_down),
        cmocka_unit_test(by_requests_one_may_try_it_by_the_schedule),
        cmocka_unit_test(by_requests_a_flapping_link_must_answer_for_a_minute),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
