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

void agent_say(struct agent *a, const void *p, size_t n)
{
    if (a->l->tcp) {
        memcpy(outbox_room(&a->out, n), p, n);
        a->out.n += n;
    } else {
        send_all(a->fd, p, n);
    }
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
    if (!a->holds) {
        agent_say(a, text, size);
        return;
    }
    memcpy(outbox_room(&a->held, sizeof size + size), &size, sizeof size);
    memcpy(a->held.p + a->held.n + sizeof size, text, size);
    a->held.n += sizeof size + size;
}

bool agent_let_go(struct agent *a, int most)
{
    size_t size;

    for (; most > 0 && a->let_go < a->held.n; most--) {
        memcpy(&size, a->held.p + a->let_go, sizeof size);
        agent_say(a, a->held.p + a->let_go + sizeof size, size);
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
    outbox_flush(&a->out, a->fd);
    if (a->l->tcp)
        read_stream(a);
    else
        read_datagrams(a);
    outbox_flush(&a->out, a->fd);
}
