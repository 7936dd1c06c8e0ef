/* What SIP senders may write: many senders and many recipients take no more memory than there is a
 * bound for, and nobody wins by being forgotten. */
#include "gateway/flow/limits.h"

#include "gateway/flow/warnings.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

struct world {
    struct conf conf;
    struct worker w;
};

static int setup(void **state)
{
    static struct world world; /* one test at a time */

    memset(&world, 0, sizeof world);
    world.conf.limits.sender_to_user = (struct rate){1 * BUCKET_TOKEN, 10 * BUCKET_TOKEN};
    world.conf.limits.sender = (struct rate){3 * BUCKET_TOKEN, 30 * BUCKET_TOKEN};
    world.w.conf = &world.conf;
    world.w.now = 1000000;
    world.w.limits = limits_new(&world.w.rng);
    world.w.warnings = warnings_new();
    assert_non_null(world.w.limits);
    assert_non_null(world.w.warnings);
    *state = &world;
    return 0;
}

static int teardown(void **state)
{
    struct worker *w = &((struct world *)*state)->w;

    limits_free(w->limits);
    warnings_free(w, w->warnings);
    return 0;
}

/* How many of n are let through. */
static unsigned written(struct worker *w, const char *by, const char *to, unsigned n)
{
    struct claim who = {.name = span_str(by)};
    enum outcome how;
    unsigned let = 0;

    for (unsigned i = 0; i < n; i++)
        let += limits_sip(w, &who, span_str(to), LIMITS_MESSAGE, &how) == 0;
    return let;
}

static void one_pair_one_sender(void **state)
{
    struct worker *w = &((struct world *)*state)->w;
    struct claim bob = {.name = SPAN("bob@x")};
    enum outcome how;

    assert_int_equal(written(w, "bob@x", "al", 20), 10);
    assert_int_equal(written(w, "eve@x", "al", 20), 10); /* others are not touched */
    assert_int_equal(written(w, "bob@x", "cy", 20), 10);
    assert_int_equal(written(w, "bob@x", "di", 20), 10);
    assert_int_equal(written(w, "bob@x", "ed", 20), 0); /* 30 in all */
    assert_int_equal(limits_sip(w, &bob, SPAN("ed"), LIMITS_MESSAGE, &how), 1);
    /* never */
    assert_int_equal(limits_sip(w, &bob, SPAN("ed"), 11 * LIMITS_MESSAGE, &how), LIMITS_RETRY_MAX);
    w->now += 1000;
    assert_int_equal(written(w, "bob@x", "ed", 20), 3);
}

/* What is refused by one limit costs nothing at the others. */
static void what_is_refused_is_not_counted(void **state)
{
    struct worker *w = &((struct world *)*state)->w;

    assert_int_equal(written(w, "bob@x", "al", 1000), 10);
    assert_int_equal(written(w, "bob@x", "cy", 20), 10);
    assert_int_equal(written(w, "bob@x", "di", 20), 10);
}

static void many_recipients_win_nothing(void **state)
{
    struct worker *w = &((struct world *)*state)->w;
    unsigned let = 0;
    char to[16];

    for (unsigned i = 0; i < 10 * LIMITS_PAIRS; i++) {
        (void)snprintf(to, sizeof to, "user%u", i);
        let += written(w, "bob@x", to, 10);
    }
    assert_int_equal(let, 30);
}

static void many_senders_are_forgotten_the_quietest_first(void **state)
{
    struct worker *w = &((struct world *)*state)->w;
    char by[32];

    assert_int_equal(written(w, "first@x", "al", 20), 10);
    for (unsigned i = 0; i < LIMITS_SENDERS_MAX; i++) {
        (void)snprintf(by, sizeof by, "user%u@x", i);
        assert_int_equal(written(w, by, "al", 1), 1);
        if (i == LIMITS_SENDERS_MAX / 2)
            assert_int_equal(written(w, "loud@x", "al", 20), 10);
    }
    assert_int_equal(written(w, "loud@x", "al", 1), 0);   /* still in mind */
    assert_int_equal(written(w, "first@x", "al", 20), 10); /* forgotten */
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(one_pair_one_sender),
        T(what_is_refused_is_not_counted),
        T(many_recipients_win_nothing),
        T(many_senders_are_forgotten_the_quietest_first),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
