/* Whose input is read in a turn of the loop. */
#include "gateway/net/turns.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

enum { CROWD = 500 };

struct flow {
    struct list node;
    size_t unread, read, turn; /* octets; when it last was read */
};

/* As a stream does it: what its share is, and the line where there may be more. */
static void read_one(struct turns *t, struct flow *f, size_t turn)
{
    size_t share = turns_share(t), n = f->unread < share ? f->unread : share;

    if (n == share)
        turns_wait(t, &f->node);
    turns_took(t, n);
    f->unread -= n;
    f->read += n;
    if (n)
        f->turn = turn;
}

/* One turn of the loop: all who have something and are in no line, then the line. Gives the
 * octets. */
static size_t turn(struct turns *t, struct flow *f, size_t count, size_t number)
{
    size_t before = 0, after = 0;
    struct list *next;

    for (size_t i = 0; i < count; i++)
        before += f[i].read;
    turns_begin(t);
    for (size_t i = 0; i < count; i++)
        if (f[i].unread && !list_linked(&f[i].node))
            read_one(t, &f[i], number);
    turns_call(t);
    while ((next = turns_next(t)))
        read_one(t, LIST_OF(next, struct flow, node), number);
    for (size_t i = 0; i < count; i++)
        after += f[i].read;
    return after - before;
}

static void a_turn_is_bounded_and_the_line_moves(void **state)
{
    static struct flow f[CROWD];
    struct turns t;

    (void)state;
    turns_init(&t);
    for (size_t i = 0; i < CROWD; i++)
        f[i].unread = SIZE_MAX / CROWD / 2;
    for (size_t i = 0; i < 50; i++)
        assert_in_range(turn(&t, f, CROWD, i), TURN_LINE, TURN_OCTETS + TURN_LINE + TURN_SHARE_MAX);
    /* each had his share, and none more than the first round gave and that */
    for (size_t i = 0; i < CROWD; i++) {
        assert_in_range(f[i].read, TURN_SHARE_MIN, 10 * TURN_SHARE_MAX);
        assert_in_range(f[i].turn, 50 - 2 * CROWD * TURN_SHARE_MIN / TURN_OCTETS, 50);
    }
}

static void who_says_little_waits_for_no_crowd(void **state)
{
    static struct flow f[CROWD + 1];
    struct turns t;

    (void)state;
    turns_init(&t);
    for (size_t i = 0; i < CROWD; i++)
        f[i].unread = SIZE_MAX / CROWD / 2;
    (void)turn(&t, f, CROWD, 0);
    for (size_t i = 1; i < 20; i++) {
        f[CROWD].unread = 600;
        (void)turn(&t, f, CROWD + 1, i);
        assert_int_equal(f[CROWD].unread, 0);
    }
}

static void who_says_little_but_is_one_of_very_many_lets_the_line_move(void **state)
{
    static struct flow f[CROWD + 1];
    struct turns t;

    (void)state;
    turns_init(&t);
    f[CROWD].unread = SIZE_MAX / 4;
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < CROWD; j++)
            f[j].unread += TURN_SHARE_MIN - 1;
        (void)turn(&t, f, CROWD + 1, i);
        assert_true(f[CROWD].turn + CROWD * TURN_SHARE_MIN / TURN_LINE >= i);
    }
}

static void one_alone_has_all_it_can_take_at_once(void **state)
{
    struct flow f = {.unread = 3 * TURN_SHARE_MAX};
    struct turns t;

    (void)state;
    turns_init(&t);
    turns_begin(&t);
    assert_int_equal(turns_share(&t), TURN_SHARE_MAX);
    assert_int_equal(turn(&t, &f, 1, 0), TURN_SHARE_MAX); /* not once more from the line */
    assert_int_equal(turn(&t, &f, 1, 1), TURN_SHARE_MAX);
    assert_int_equal(turn(&t, &f, 1, 2), TURN_SHARE_MAX);
    (void)turn(&t, &f, 1, 3);
    assert_int_equal(t.waiting, 0);
}

static void who_leaves_the_line_is_not_called(void **state)
{
    struct list node[3] = {0};
    struct turns t;

    (void)state;
    turns_init(&t);
    turns_begin(&t);
    for (size_t i = 0; i < 3; i++) {
        turns_wait(&t, &node[i]);
        turns_wait(&t, &node[i]); /* keeps its place */
    }
    assert_int_equal(t.waiting, 3);
    turns_call(&t);
    assert_null(turns_next(&t)); /* not in the turn in which they joined it */
    turns_begin(&t);
    turns_call(&t);
    assert_ptr_equal(turns_next(&t), &node[0]);
    turns_leave(&t, &node[1]);
    turns_leave(&t, &node[1]);
    assert_ptr_equal(turns_next(&t), &node[2]);
    assert_null(turns_next(&t));
    assert_int_equal(t.waiting, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_turn_is_bounded_and_the_line_moves),
        cmocka_unit_test(who_says_little_waits_for_no_crowd),
        cmocka_unit_test(who_says_little_but_is_one_of_very_many_lets_the_line_move),
        cmocka_unit_test(one_alone_has_all_it_can_take_at_once),
        cmocka_unit_test(who_leaves_the_line_is_not_called),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
