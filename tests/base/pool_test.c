/* Blocks that pass from one owner to the next. */
#include "base/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { ROOM = 100 };

static void a_block_given_back_is_the_next_one_taken(void **state)
{
    struct pool p = {.room = ROOM};
    void *first = pool_take(&p, 1);

    (void)state;
    assert_non_null(first);
    pool_give(&p, first, 1);
    assert_ptr_equal(pool_take(&p, ROOM), first);
    memset(first, 1, ROOM); /* all of the room is its */
    pool_give(&p, first, ROOM);
    pool_fini(&p);
}

static void a_larger_block_is_not_kept(void **state)
{
    struct pool p = {.room = ROOM};
    void *large = pool_take(&p, ROOM + 1);

    (void)state;
    assert_non_null(large);
    memset(large, 1, ROOM + 1);
    pool_give(&p, large, ROOM + 1);
    assert_int_equal(p.n, 0);
    pool_give(&p, NULL, 0);
    assert_int_equal(p.n, 0);
}

static void no_more_is_kept_than_there_is_place_for(void **state)
{
    struct pool p = {.room = ROOM};
    void *blocks[POOL_SPARE + 10];

    (void)state;
    for (size_t i = 0; i < POOL_SPARE + 10; i++)
        blocks[i] = pool_take(&p, ROOM);
    for (size_t i = 0; i < POOL_SPARE + 10; i++)
        pool_give(&p, blocks[i], ROOM);
    assert_int_equal(p.n, POOL_SPARE);
    pool_fini(&p);
    assert_int_equal(p.n, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_given_back_is_the_next_one_taken),
        cmocka_unit_test(a_larger_block_is_not_kept),
        cmocka_unit_test(no_more_is_kept_than_there_is_place_for),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
