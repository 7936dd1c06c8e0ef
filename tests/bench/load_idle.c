/* Sessions with buddies that do nothing: says when all are signed on and told of each other, then
 * reads what comes until standard input ends. */
#include <poll.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum { EVENTS = 256, QUIET_MS = 700 };

static void turn(int ep, struct aim *all, int ms, bool *any)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(ep, events, EVENTS, ms);

    *any = n > 0;
    for (int i = 0; i < n; i++) {
        struct aim *a = &all[events[i].data.u64];

        (void)inbox_read(&a->in, a->fd, "AIM");
        free(a->in.p);
        a->in = (struct inbox){0};
    }
}

int load_idle(const struct load *l)
{
    int ep = poll_new();
    struct aim *all = aim_sign_on_all(l, ep);
    struct pollfd both[2] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = ep, .events = POLLIN}};
    bool any = true;

    while (any)
        turn(ep, all, QUIET_MS, &any);
    printf("{\"sessions\":%d,\"buddies\":%d}\n", l->sessions, l->buddies);
    (void)fflush(stdout);
    while (poll(both, 2, -1) > 0 && !both[0].revents)
        turn(ep, all, 0, &any);
    return 0;
}
