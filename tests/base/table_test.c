/* The table against a plain array: the same answers through growth, removal and what a cursor sees.
 */
#include "base/table.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "base/rng.h"

enum { KEYS = 3000, STEPS = 60000 };

struct entry {
    uint32_t key;
    bool there, seen;
};

static struct span key_of(const struct entry *e)
{
    return span_of(&e->key, sizeof e->key);
}

static void check_cursor(struct table *t, struct entry all[KEYS], size_t count)
{
    size_t at = 0, n = 0;
    struct entry *e;

    while ((e = table_next(t, &at))) {
        assert_true(e->there && !e->seen);
        e->seen = true;
        n++;
    }
    assert_int_equal(n, count);
    for (size_t i = 0; i < KEYS; i++)
        all[i].seen = false;
}

static void it_knows_what_was_added_and_not_removed(void **state)
{
    static struct entry all[KEYS];
    struct table t;
    struct rng rng = {0};
    size_t count = 0;

    (void)state;
    table_init(&t);
    rng_init_fixed(&rng, 7);
    for (uint32_t i = 0; i < KEYS; i++)
        all[i].key = i * 2654435761U;
    for (int step = 0; step < STEPS; step++) {
        struct entry *e = &all[rng_u32(&rng) % KEYS];

        if (rng_u32(&rng) % 3 == 0) {
            assert_ptr_equal(table_remove(&t, key_of(e)), e->there ? e : NULL);
            count -= e->there;
            e->there = false;
        } else {
            assert_int_equal(table_add(&t, key_of(e), e), e->there ? ERR_EXISTS : OK);
            count += !e->there;
            e->there = true;
        }
        e = &all[rng_u32(&rng) % KEYS];
        assert_ptr_equal(table_find(&t, key_of(e)), e->there ? e : NULL);
        assert_int_equal(table_count(&t), count);
        if (step % 5000 == 0)
            check_cursor(&t, all, count);
    }
    table_fini(&t);
}

static void a_cursor_may_remove_what_it_gave(void **state)
{
    static struct entry all[KEYS];
    struct table t;
    struct entry *e;
    size_t at = 0;

    (void)state;
    table_init(&t);
    for (uint32_t i = 0; i < KEYS; i++) {
        all[i].key = i;
        assert_int_equal(table_add(&t, key_of(&all[i]), &all[i]), OK);
    }
    while ((e = table_next(&t, &at)))
        assert_ptr_equal(table_remove(&t, key_of(e)), e);
    assert_int_equal(table_count(&t), 0);
    table_fini(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_knows_what_was_added_and_not_removed),
        cmocka_unit_test(a_cursor_may_remove_what_it_gave),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
