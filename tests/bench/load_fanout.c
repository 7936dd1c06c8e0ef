/* One user goes away and comes back; AIM sessions that have him on their list hear of it. */
#include <stdlib.h>
#include <sys/epoll.h>

#include "tests/bench/load.h"

/* PACE_MS: a buddy's changes keep two seconds of distance. AFTER_MS: what a change still costs when
 * the last one has heard of it. */
enum { EVENTS = 256, PACE_MS = 2300, AFTER_MS = 300, GIVE_UP_MS = 8000 };

struct fanout {
    const struct load *l;
    int ep;
    struct aim who, *watchers;
    uint64_t told, last_at;
};

static void on_watcher(struct fanout *f, struct aim *a)
{
    struct snac s;
    size_t at = 0;

    (void)inbox_read(&a->in, a->fd, "AIM");
    for (; aim_next(a, at, &s); at += s.used)
        if (s.family == 3 && s.subtype == 0x0B) {
            f->told++;
            f->last_at = now_ns();
        }
    inbox_drop(&a->in, at);
}

/* Reads until so many were told in all, or for some time. */
static void await(struct fanout *f, uint64_t told, int ms)
{
    uint64_t until = now_ns() + (uint64_t)ms * 1000000;
    struct epoll_event events[EVENTS];

    while (f->told < told && now_ns() < until) {
        int n = epoll_wait(f->ep, events, EVENTS, 0);

        for (int i = 0; i < n; i++)
            on_watcher(f, &f->watchers[events[i].data.u64]);
    }
}

static void measure(struct fanout *f, int i)
{
    const struct load *l = f->l;
    uint64_t before = f->told, from, told;
    struct usage start;
    double cpu;

    await(f, UINT64_MAX, PACE_MS);
    start = usage_now(l);
    from = now_ns();
    before = f->told;
    aim_away(&f->who, i % 2 ? "" : "Out for lunch, back at two");
    await(f, before + (uint64_t)l->watchers, GIVE_UP_MS);
    await(f, UINT64_MAX, AFTER_MS);
    cpu = usage_now(l).cpu - start.cpu;
    told = f->told - before ? f->told - before : 1;
    printf("%s{\"told\":%llu,\"cpu\":%.4f,\"last_ms\":%.1f}", i ? "," : "",
           (unsigned long long)(f->told - before), cpu * 1e5 / (double)told,
           (double)(f->last_at - from) / 1e6);
}

int load_fanout(const struct load *l)
{
    struct fanout f = {.l = l, .ep = poll_new()};
    struct load watchers = *l;
    char name[16];

    watchers.sessions = l->watchers;
    watchers.first = 1;
    aim_sign_on(&f.who, l, 0);
    aim_name(name, 0);
    f.watchers = aim_sign_on_all(&watchers, f.ep);
    for (int i = 0; i < l->watchers; i++)
        aim_add_buddy(&f.watchers[i], name);
    await(&f, (uint64_t)l->watchers, GIVE_UP_MS);
    printf("{\"rounds\":[");
    for (int i = 0; i < l->rounds; i++)
        measure(&f, i);
    printf("]}\n");
    return 0;
}
