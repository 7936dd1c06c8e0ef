/* Many sends in one call: each socket gets its octets, in order, and each send its own answer.
 * Where the kernel does not offer it there is nothing to test, and that is said. */
#include "gateway/net/batch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

enum { PAIRS = BATCH_MAX };

struct pairs {
    struct batch *b;
    int near[PAIRS], far[PAIRS];
};

static int setup(void **state)
{
    static struct pairs p;

    p.b = batch_new();
    if (!p.b)
        print_message("io_uring is not offered here\n");
    for (int i = 0; i < PAIRS; i++) {
        int fd[2];

        assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
        p.near[i] = fd[0];
        p.far[i] = fd[1];
    }
    *state = &p;
    return 0;
}

static int teardown(void **state)
{
    struct pairs *p = *state;

    for (int i = 0; i < PAIRS; i++) {
        close(p->near[i]);
        if (p->far[i] >= 0)
            close(p->far[i]);
    }
    batch_free(p->b);
    return 0;
}

static void each_socket_gets_its_octets_in_order(void **state)
{
    struct pairs *p = *state;
    struct batch_send sends[PAIRS];
    char words[PAIRS][16], got[64];

    if (!p->b)
        skip();
    for (int round = 0; round < 3; round++) {
        for (int i = 0; i < PAIRS; i++) {
            int n = snprintf(words[i], sizeof words[i], "%d.%d ", round, i);

            sends[i] = (struct batch_send){p->near[i], span_of(words[i], (size_t)n), 0};
        }
        assert_true(batch_send(p->b, sends, PAIRS));
        for (int i = 0; i < PAIRS; i++)
            assert_int_equal(sends[i].sent, sends[i].out.n);
    }
    for (int i = 0; i < PAIRS; i++) {
        char want[64];
        ssize_t n = recv(p->far[i], got, sizeof got, 0);

        (void)snprintf(want, sizeof want, "0.%d 1.%d 2.%d ", i, i, i);
        assert_int_equal(n, strlen(want));
        assert_memory_equal(got, want, strlen(want));
    }
}

static void a_full_and_a_broken_socket_do_not_hinder_the_others(void **state)
{
    struct pairs *p = *state;
    static uint8_t much[1 << 20];
    struct batch_send sends[4] = {
        {p->near[0], SPAN("one"), 0},
        {p->near[1], {much, sizeof much}, 0},
        {p->near[2], SPAN("three"), 0},
        {p->near[3], SPAN("four"), 0},
    };

    if (!p->b)
        skip();
    close(p->far[2]);
    p->far[2] = -1;
    assert_true(batch_send(p->b, sends, 4));
    assert_int_equal(sends[0].sent, 3);
    assert_true(sends[1].sent > 0 &&
                sends[1].sent < (ssize_t)sizeof much); /* what there was room for */
    assert_int_equal(sends[2].sent, -EPIPE);
    assert_int_equal(sends[3].sent, 4);
    assert_true(batch_send(p->b, &sends[1], 1));
    assert_int_equal(sends[1].sent, -EAGAIN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_socket_gets_its_octets_in_order, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_and_a_broken_socket_do_not_hinder_the_others, setup,
                                        teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
