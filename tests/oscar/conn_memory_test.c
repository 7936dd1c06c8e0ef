/* Every allocation of a conversation fails once: the connection ends or goes on, nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oscar/flap.h"
#include "talk.h"

static long until_failure = -1; /* negative: never */

static bool fails(void)
{
    return until_failure >= 0 && until_failure-- == 0;
}

/* The names are the linker's: --wrap=malloc. NOLINTBEGIN(bugprone-reserved-identifier) */
void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);
/* NOLINTEND(bugprone-reserved-identifier) */

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

static uint8_t session[4096];

/* What a client sends from its hello on, in one piece. */
static struct span session_bytes(void)
{
    struct talk t = {.pieces = TALK_AT_ONCE};
    size_t n;

    talk_begin(&t, true);
    talk_cookie(&t, 'B');
    talk_script(
        &t, "01/17 01/06 01/08 01/0E 13/02 13/04 02/02 03/02 04/04 09/02 13/08 13/07 01/02 04/06 "
            "02/15 04/10 03/04");
    n = t.wire.n;
    assert_true(n <= sizeof session);
    memcpy(session, t.wire.p, n);
    talk_end(&t);
    return span_of(session, n);
}

static void answer(struct oscar_conn *c, const struct oscar_event *e)
{
    struct oscar_self self = {.user = talk_alice};
    struct icbm_delivery d = {.from = &talk_alice, .channel = 1, .fragments = SPAN("text")};

    switch (e->kind) {
    case OSCAR_COOKIE: oscar_conn_welcome(c, 0, &self); break;
    case OSCAR_FEEDBAG_GET:
        oscar_conn_feedbag_list(c, e->id, SPAN("\0\0\0\0\0\0\0\1\0\0"), 1);
        break;
    case OSCAR_IM: oscar_conn_deliver_im(c, &d); break;
    case OSCAR_ONLINE: oscar_conn_set_self(c, &talk_alice, true); break;
    default: break;
    }
}

/* True: the connection survived. */
static bool converse(struct span bytes)
{
    struct rng rng;
    struct oscar_conn_conf conf = {.rng = &rng};
    struct oscar_conn *c;
    struct oscar_event e;
    struct span out;
    struct flap f;
    bool alive;

    rng_init_fixed(&rng, 1);
    c = oscar_conn_new(&conf, 0);
    if (!c)
        return false;
    for (; bytes.n; bytes = span_skip(bytes, 100)) {
        (void)oscar_conn_feed(c, span_first(bytes, 100), 0);
        while (oscar_conn_next(c, &e))
            answer(c, &e);
        out = oscar_conn_output(c);
        for (struct span left = out; left.n;)
            assert_int_equal(flap_read(&left, &f), FRAME_WHOLE);
        oscar_conn_sent(c, out.n);
    }
    oscar_conn_tick(c, 100000);
    alive = !oscar_conn_is_over(c);
    oscar_conn_free(c);
    return alive;
}

static void every_allocation_may_fail(void **state)
{
    struct span bytes = session_bytes();
    long n = 0;

    (void)state;
    for (;; n++) {
        bool alive;

        until_failure = n;
        alive = converse(bytes);
        assert_true(n < 1000);
        if (until_failure >= 0) { /* none failed any more */
            assert_true(alive);
            break;
        }
    }
    until_failure = -1;
    assert_true(n > 10);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_allocation_may_fail),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
