/* Instant messages of AIM sessions to users of a SIP peer, which is us: it answers 200 over the TCP
 * connection that the gateway opens. */
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>

#include "tests/bench/load.h"

enum { PEERS_MAX = 16, EVENTS = 256, LISTENER = 1 << 20 };

struct peer {
    int fd;
    struct inbox in;
    struct outbox out;
};

struct talk {
    const struct load *l;
    int ep, listener;
    struct aim *sessions;
    struct peer peers[PEERS_MAX];
    int peer_count;
    uint32_t sent;
    uint64_t acked, delivered, errors;
    unsigned last_error;
    uint64_t sent_at[SEQ_RING];
    struct latency to_delivery, to_ack;
    struct run run;
};

static void fill_window(struct talk *t)
{
    while (t->sent - (uint32_t)t->acked < (unsigned)t->l->window) {
        uint32_t seq = t->sent++;
        char to[128];

        (void)snprintf(to, sizeof to, "sender%04u@%s", seq % SENDERS, t->l->peer_domain);
        t->sent_at[seq % SEQ_RING] = now_ns();
        aim_message(&t->sessions[seq % (unsigned)t->l->sessions], to, seq);
    }
}

static uint32_t u32_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void on_session(struct talk *t, struct aim *a)
{
    struct snac s;
    size_t at = 0;

    (void)inbox_read(&a->in, a->fd, "AIM");
    for (; aim_next(a, at, &s); at += s.used) {
        if (s.family == 4 && s.subtype == 0x0C && s.n >= 8) {
            t->acked++;
            latency_add(&t->to_ack, now_ns() - t->sent_at[u32_at(s.body + 4) % SEQ_RING]);
        } else if (s.family == 4 && s.subtype == 1) {
            t->acked++;
            t->errors++;
            t->last_error = s.n >= 2 ? (unsigned)(s.body[0] << 8 | s.body[1]) : 0;
        }
    }
    inbox_drop(&a->in, at);
}

static void on_requests(struct talk *t, struct peer *p)
{
    size_t at = 0, n;

    (void)inbox_read(&p->in, p->fd, "the gateway's connection");
    while ((n = sip_frame(p->in.p + at, p->in.n - at)) > 0) {
        uint32_t seq;

        if (text_seq(p->in.p + at, n, &seq)) {
            t->delivered++;
            latency_add(&t->to_delivery, now_ns() - t->sent_at[seq % SEQ_RING]);
        }
        p->out.n += sip_answer(p->in.p + at, n, outbox_room(&p->out, n + 64));
        at += n;
    }
    inbox_drop(&p->in, at);
    outbox_flush(&p->out, p->fd);
}

static void on_call(struct talk *t)
{
    int fd = accept4(t->listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    if (fd < 0 || t->peer_count == PEERS_MAX)
        fail("the gateway's connection could not be taken");
    t->peers[t->peer_count].fd = fd;
    poll_add(t->ep, fd, LISTENER + 1 + (uint64_t)t->peer_count++);
}

static void turn(struct talk *t)
{
    struct epoll_event events[EVENTS];
    int n = epoll_wait(t->ep, events, EVENTS, 0); /* never asleep: see load_messages.c */

    for (int i = 0; i < n; i++) {
        uint64_t what = events[i].data.u64;

        if (what < LISTENER)
            on_session(t, &t->sessions[what]);
        else if (what == LISTENER)
            on_call(t);
        else
            on_requests(t, &t->peers[what - LISTENER - 1]);
    }
}

int load_icbm(const struct load *l)
{
    struct talk *t = calloc(1, sizeof *t);
    bool fresh;

    if (!t)
        fail("out of memory");
    t->l = l;
    t->ep = poll_new();
    t->listener = tcp_listen(l->peer);
    poll_add(t->ep, t->listener, LISTENER);
    t->sessions = aim_sign_on_all(l, t->ep);
    run_begin(&t->run, l);
    while (run_goes_on(&t->run, l, t->acked, &fresh)) {
        if (fresh) {
            memset(&t->to_delivery, 0, sizeof t->to_delivery);
            memset(&t->to_ack, 0, sizeof t->to_ack);
        }
        fill_window(t);
        turn(t);
    }
    printf("{");
    run_print(&t->run, l, t->acked);
    printf(",\"delivered_p50\":%.0f,\"delivered_p99\":%.0f,\"answered_p50\":%.0f,"
           "\"answered_p99\":%.0f,\"errors\":%llu,\"error\":%u}\n",
           latency_at(&t->to_delivery, 0.5), latency_at(&t->to_delivery, 0.99),
           latency_at(&t->to_ack, 0.5), latency_at(&t->to_ack, 0.99), (unsigned long long)t->errors,
           t->last_error);
    return 0;
}
