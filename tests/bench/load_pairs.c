/* Instant messages between AIM sessions: of each pair one writes and the other reads, with so many
 * under way in each, every one acknowledged. What one turn lets go is said in one piece. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tests/bench/load.h"

enum { EVENTS = 256 };

struct pairs {
    const struct load *l;
    int ep;
    struct aim *all; /* 2k writes to 2k + 1 */
    uint32_t sent;
    uint64_t acked, delivered, errors;
    unsigned last_error;
    uint64_t sent_at[SEQ_RING];
    struct latency to_delivery, to_ack;
    struct run run;
};

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void say(struct pairs *t, struct aim *a, int n)
{
    char to[16];

    aim_name(to, a->number + 1);
    while (n-- > 0) {
        uint32_t seq = t->sent++;

        t->sent_at[seq % SEQ_RING] = now_ns();
        aim_message(a, to, seq);
    }
    aim_flush(a);
}

/* How many of its messages have come to an end. */
static int on_snac(struct pairs *t, const struct snac *s)
{
    if (s->family != 4)
        return 0;
    if (s->subtype == 7 && s->n >= 8) {
        t->delivered++;
        latency_add(&t->to_delivery, now_ns() - t->sent_at[u32_at(s->body + 4) % SEQ_RING]);
        return 0;
    }
    if (s->subtype == 0x0C && s->n >= 8) {
        latency_add(&t->to_ack, now_ns() - t->sent_at[u32_at(s->body + 4) % SEQ_RING]);
    } else if (s->subtype == 1) {
        t->errors++;
        t->last_error = s->n >= 2 ? (unsigned)(s->body[0] << 8 | s->body[1]) : 0;
    } else {
        return 0;
    }
    t->acked++;
    return 1;
}

/* At that pace each turn lets one more go, as it comes due; else what has ended makes room. */
static bool is_due(const struct pairs *t)
{
    return (double)(t->sent - t->run.done_before) <
           (double)(now_ns() - t->run.began) / 1e9 * t->l->pace;
}

static void on_session(struct pairs *t, struct aim *a)
{
    struct snac s;
    size_t at = 0;
    int ended = 0;

    (void)inbox_read(&a->in, a->fd, "AIM");
    for (; aim_next(a, at, &s); at += s.used)
        ended += on_snac(t, &s);
    inbox_drop(&a->in, at);
    if (ended && !t->l->pace)
        say(t, a, ended);
}

static void turn(struct pairs *t)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(t->ep, events, EVENTS, 0); /* never asleep: see load_messages.c */

    for (int i = 0; i < n; i++)
        on_session(t, &t->all[events[i].data.u64]);
    if (t->l->pace && t->run.counting && is_due(t))
        say(t, &t->all[2 * (t->sent % (unsigned)(t->l->sessions / 2))], 1);
}

/* When it is over, what is still under way comes to its end: nothing may be lost. */
static void drain(struct pairs *t)
{
    uint64_t until = now_ns() + 3000000000ULL;
    struct epoll_event e;
    struct snac s;

    while ((t->acked < t->sent || t->delivered + t->errors < t->sent) && now_ns() < until)
        if (epoll_wait(t->ep, &e, 1, 0) == 1) {
            struct aim *a = &t->all[e.data.u64];
            size_t at = 0;

            (void)inbox_read(&a->in, a->fd, "AIM");
            for (; aim_next(a, at, &s); at += s.used)
                (void)on_snac(t, &s);
            inbox_drop(&a->in, at);
        }
}

static struct pairs *pairs_new(const struct load *l)
{
    struct pairs *t = calloc(1, sizeof *t);

    if (!t)
        fail("out of memory");
    t->l = l;
    t->ep = poll_new();
    t->all = aim_sign_on_all(l, t->ep);
    for (int i = 0; i < l->sessions; i++)
        t->all[i].gathers = true;
    return t;
}

int load_pairs(const struct load *l)
{
    struct pairs *t = pairs_new(l);
    bool fresh;

    run_begin(&t->run, l);
    for (int i = 0; i + 1 < l->sessions && !l->pace; i += 2)
        say(t, &t->all[i], l->window);
    while (run_goes_on(&t->run, l, t->acked, &fresh)) {
        if (fresh) {
            memset(&t->to_delivery, 0, sizeof t->to_delivery);
            memset(&t->to_ack, 0, sizeof t->to_ack);
        }
        turn(t);
    }
    printf("{");
    run_print(&t->run, l, t->acked);
    drain(t);
    printf(",\"delivered_p50\":%.0f,\"delivered_p99\":%.0f,\"answered_p50\":%.0f,"
           "\"answered_p99\":%.0f,\"sent\":%u,\"lost\":%llu,\"errors\":%llu,\"error\":%u}\n",
           latency_at(&t->to_delivery, 0.5), latency_at(&t->to_delivery, 0.99),
           latency_at(&t->to_ack, 0.5), latency_at(&t->to_ack, 0.99), t->sent,
           (unsigned long long)(t->sent - t->delivered - t->errors), (unsigned long long)t->errors,
           t->last_error);
    return 0;
}
