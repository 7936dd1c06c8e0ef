/* A SIP user agent of the load generator: one socket for all its dialogs, and whole messages out of
 * it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "tests/bench/load.h"

static int own_port(int fd)
{
    struct sockaddr_in at;
    socklen_t len = sizeof at;

    if (getsockname(fd, (struct sockaddr *)&at, &len) != 0)
        fail("no port: %s", strerror(errno));
    return ntohs(at.sin_port);
}

void agent_open(struct agent *a, const struct load *l,
                void (*take)(struct agent *, const uint8_t *, size_t))
{
    struct sockaddr_in to = loopback(l->sip);

    *a = (struct agent){
        .l = l, .take = take, .via = l->tcp ? "TCP" : "UDP", .transport = l->tcp ? "tcp" : "udp"};
    a->fd = l->tcp ? tcp_connect(l->sip) : udp_socket(0);
    if (!l->tcp && connect(a->fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail("cannot connect: %s", strerror(errno));
    a->port = own_port(a->fd);
}

/* What leaves by datagrams waits with its size in front. */
static void keep(struct outbox *b, const void *p, size_t n)
{
    memcpy(outbox_room(b, sizeof n + n), &n, sizeof n);
    memcpy(b->p + b->n + sizeof n, p, n);
    b->n += sizeof n + n;
}

static size_t kept(const struct outbox *b, size_t at, const uint8_t **p)
{
    size_t n;

    memcpy(&n, b->p + at, sizeof n);
    *p = b->p + at + sizeof n;
    return n;
}

void agent_say(struct agent *a, const void *p, size_t n)
{
    if (!a->l->tcp) {
        keep(&a->out, p, n);
        return;
    }
    memcpy(outbox_room(&a->out, n), p, n);
    a->out.n += n;
}

static void send_datagrams(struct agent *a)
{
    struct mmsghdr msgs[BATCH] = {0};
    struct iovec iov[BATCH];
    const uint8_t *p;

    for (size_t at = 0; at < a->out.n;) {
        int n = 0, sent = 0;

        for (; n < BATCH && at < a->out.n; n++) {
            size_t size = kept(&a->out, at, &p);

            iov[n] = (struct iovec){(void *)(uintptr_t)p, size};
            msgs[n].msg_hdr = (struct msghdr){.msg_iov = &iov[n], .msg_iovlen = 1};
            at += sizeof size + size;
        }
        while (sent < n) {
            int some = sendmmsg(a->fd, msgs + sent, (unsigned)(n - sent), 0);

            if (some <= 0)
                wait_for(a->fd, true);
            sent += some > 0 ? some : 0;
        }
    }
    a->out.n = 0;
}

static void flush(struct agent *a)
{
    if (a->l->tcp)
        outbox_flush(&a->out, a->fd);
    else
        send_datagrams(a);
}

static void answer(struct agent *a, const uint8_t *p, size_t n)
{
    uint8_t text[DATAGRAM_MAX + 64];
    size_t size;

    if (n > DATAGRAM_MAX)
        fail("a request of %zu octets", n);
    size = sip_answer(p, n, text);
    if (a->refuse)
        memcpy(text + 8, a->refuse, 3);
    if (a->holds)
        keep(&a->held, text, size);
    else
        agent_say(a, text, size);
}

bool agent_let_go(struct agent *a, int most)
{
    const uint8_t *p;

    for (; most > 0 && a->let_go < a->held.n; most--) {
        size_t size = kept(&a->held, a->let_go, &p);

        agent_say(a, p, size);
        a->let_go += sizeof size + size;
    }
    if (a->let_go < a->held.n)
        return true;
    a->let_go = a->held.n = 0;
    return false;
}

static void take(struct agent *a, const uint8_t *p, size_t n)
{
    a->take(a, p, n);
    if (!sip_status(p, n))
        answer(a, p, n);
}

static void read_stream(struct agent *a)
{
    size_t at = 0, n;

    (void)inbox_read(&a->in, a->fd, "SIP");
    while ((n = sip_frame(a->in.p + at, a->in.n - at)) > 0) {
        take(a, a->in.p + at, n);
        at += n;
    }
    inbox_drop(&a->in, at);
}

static void read_datagrams(struct agent *a)
{
    uint8_t octets[DATAGRAM_MAX];
    ssize_t n;

    for (int i = 0; i < BATCH && (n = recv(a->fd, octets, sizeof octets, 0)) > 0; i++)
        take(a, octets, (size_t)n);
}

void agent_turn(struct agent *a)
{
    flush(a);
    if (a->l->tcp)
        read_stream(a);
    else
        read_datagrams(a);
    flush(a);
}
