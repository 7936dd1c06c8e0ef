#include "gateway/net/udp.h"

#include "base/buf.h"
#include "gateway/net/net_priv.h"

#include <errno.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdlib.h>
#include <unistd.h>

/* 64 at once: measured on loopback, a batch of 64 costs half of 16 per datagram, and 256 gains no
 * more. */
enum {
    BATCH = 64,
    BATCHES_PER_TURN = 4,
    DATAGRAM_MAX = 65535,
    QUEUE_MAX = 4096,
    QUEUE_OCTETS = 4 << 20
};

enum {
    SEGMENT_MAX = 1232, /* of one that leaves with others: fits IPv6 everywhere (RFC 8200 5) */
    RUN_OCTETS = 60000, /* of them together: on its way down in the kernel that is one datagram */
};

struct waiting { /* one datagram to be sent: its octets stand in `out` */
    struct sip_addr to;
    size_t at, n;
};

struct udp {
    uv_poll_t poll;
    struct net *net;
    int fd;
    bool want_room, flushing;
    bool segments; /* the kernel cuts many datagrams out of one piece (UDP_SEGMENT, Linux 4.18) */
    struct udp_handler on;
    struct sip_addr local;
    struct waiting *queue;
    size_t queued;
    struct buf out;
    uint8_t *in; /* BATCH datagrams of DATAGRAM_MAX: touched only as far as datagrams reach */
};

static void on_uv_closed(uv_handle_t *h)
{
    struct udp *u = LIST_OF(h, struct udp, poll);

    free(u->in);
    free(u->queue);
    buf_fini(&u->out);
    free(u);
}

/* ICMP answers to what we sent: the destination tells whom it concerns. */
static void read_errors(struct udp *u)
{
    for (int i = 0; i < BATCH; i++) {
        uint8_t control[512], byte;
        struct sockaddr_storage name;
        struct iovec iov = {&byte, 1};
        struct msghdr m = {.msg_name = &name,
                           .msg_namelen = sizeof name,
                           .msg_iov = &iov,
                           .msg_iovlen = 1,
                           .msg_control = control,
                           .msg_controllen = sizeof control};
        struct sip_addr to;

        if (recvmsg(u->fd, &m, MSG_ERRQUEUE | MSG_DONTWAIT) < 0)
            return;
        net_from_sockaddr((struct sockaddr *)&name, &to);
        if (to.family && u->on.failed)
            u->on.failed(u->on.ctx, &to);
    }
}

/* Gives how many came; the callback may close nothing: sockets are closed only when the loop has
 * stopped. */
static int read_batch(struct udp *u)
{
    struct mmsghdr msgs[BATCH] = {0};
    struct iovec iov[BATCH];
    struct sockaddr_storage names[BATCH];
    int n;

    for (size_t i = 0; i < BATCH; i++) {
        iov[i] = (struct iovec){u->in + i * DATAGRAM_MAX, DATAGRAM_MAX};
        msgs[i].msg_hdr = (struct msghdr){.msg_name = &names[i], .msg_namelen = sizeof names[i],
                                          .msg_iov = &iov[i], .msg_iovlen = 1};
    }
    n = recvmmsg(u->fd, msgs, BATCH, MSG_DONTWAIT, NULL);
    if (n < 0 && errno != EAGAIN && errno != EINTR)
        read_errors(u);
    for (int i = 0; i < n; i++) {
        struct sip_addr from;

        net_from_sockaddr((struct sockaddr *)&names[i], &from);
        u->on.data(u->on.ctx, &from, span_of(iov[i].iov_base, msgs[i].msg_len));
    }
    return n;
}

static void on_poll(uv_poll_t *h, int status, int events);

static void poll_again(struct udp *u)
{
    uv_poll_start(&u->poll, UV_READABLE | (u->want_room ? UV_WRITABLE : 0), on_poll);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct udp *u = LIST_OF(h, struct udp, poll);

    if (status < 0) { /* an ICMP error waits; libuv has stopped the handle for it */
        read_errors(u);
        poll_again(u);
        events = 0; /* and on: who makes errors come must not keep the rest from being read */
    }
    if (events & UV_WRITABLE) {
        u->want_room = false;
        poll_again(u);
        udp_flush(u);
    }
    for (int i = 0; i < BATCHES_PER_TURN && read_batch(u) == BATCH; i++)
        ;
}

static void report_errors(int fd, uint8_t family)
{
    int one = 1;

    if (family == 6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_RECVERR, &one, sizeof one);
    else
        (void)setsockopt(fd, IPPROTO_IP, IP_RECVERR, &one, sizeof one);
}

static void big_buffers(int fd)
{
    int size = 4 << 20; /* the kernel gives what net.core.[rw]mem_max allows */

    /* root may have more */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) != 0)
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

enum err udp_open(struct net *n, const struct sip_addr *at, const struct udp_handler *on,
                  struct udp **out, const char **why)
{
    int fd = net_bound_socket(at, SOCK_DGRAM);
    struct udp *u;

    *out = NULL;
    if (fd < 0) {
        *why = strerror(errno);
        return ERR_IO;
    }
    u = calloc(1, sizeof *u);
    if (u) {
        u->in = malloc((size_t)BATCH * DATAGRAM_MAX);
        u->queue = calloc(QUEUE_MAX, sizeof *u->queue);
    }
    if (!u || !u->in || !u->queue || uv_poll_init(&n->loop, &u->poll, fd)) {
        if (u) {
            free(u->in);
            free(u->queue);
        }
        free(u);
        close(fd);
        *why = err_text(ERR_NOMEM);
        return ERR_NOMEM;
    }
    report_errors(fd, at->family);
    u->segments = setsockopt(fd, SOL_UDP, UDP_SEGMENT, &(int){0}, sizeof(int)) == 0;
    big_buffers(fd);
    u->net = n;
    u->fd = fd;
    u->on = *on;
    u->local = *at;
    u->out.max = QUEUE_OCTETS;
    poll_again(u);
    *out = u;
    return OK;
}

bool udp_send(struct udp *u, const struct sip_addr *to, struct span out)
{
    size_t at;

    if (u->queued == QUEUE_MAX && !u->flushing)
        udp_flush(u);
    if (u->queued == QUEUE_MAX || out.n > DATAGRAM_MAX || to->family != u->local.family)
        return false;
    at = u->out.n;
    buf_add(&u->out, out);
    if (!buf_ok(&u->out)) {
        u->out.bad = false;
        return false;
    }
    u->queue[u->queued++] = (struct waiting){.to = *to, .at = at, .n = out.n};
    return true;
}

/* How many from there on can leave in one piece: to one address, each as long as the first, but
 * for the last one, which may be shorter. Answers to a peer are often so. Measured on loopback, 64
 * answers to MESSAGEs: 22 µs in one piece, 131 µs one by one. */
static size_t run_length(const struct udp *u, size_t from, size_t max)
{
    const struct waiting *first = &u->queue[from];
    size_t n = 1;

    if (!u->segments || first->n == 0 || first->n > SEGMENT_MAX)
        return 1;
    while (n < max && (n + 1) * first->n <= RUN_OCTETS) {
        const struct waiting *next = &u->queue[from + n];

        if (next->n == 0 || next->n > first->n || !sip_addr_eq(&next->to, &first->to))
            break;
        n++;
        if (next->n < first->n)
            break;
    }
    return n;
}

/* Of a batch, those to one address come to stand side by side, in their order: who is answered and
 * told in turns with others can still be sent to in one piece. */
static void put_together(struct udp *u, size_t from, size_t count)
{
    const struct waiting *in = u->queue + from;
    struct waiting out[BATCH];
    uint64_t taken = 0;
    size_t n = 0;

    if (!u->segments || run_length(u, from, count) == count)
        return;
    for (size_t i = 0; i < count; i++)
        for (size_t j = taken >> i & 1 ? count : i; j < count; j++)
            if (!(taken >> j & 1) && sip_addr_eq(&in[i].to, &in[j].to)) {
                out[n++] = in[j];
                taken |= 1ULL << j;
            }
    memcpy(u->queue + from, out, n * sizeof *out);
}

union segment_size { /* ancillary data of one message */
    struct cmsghdr head;
    uint8_t room[CMSG_SPACE(sizeof(uint16_t))];
};

static void put_segment_size(struct msghdr *m, union segment_size *control, uint16_t size)
{
    *control = (union segment_size){.head = {.cmsg_level = SOL_UDP,
                                             .cmsg_type = UDP_SEGMENT,
                                             .cmsg_len = CMSG_LEN(sizeof size)}};
    memcpy(CMSG_DATA(&control->head), &size, sizeof size);
    m->msg_control = control;
    m->msg_controllen = sizeof *control;
}

/* Does nothing leave by this way that is still to be cut? The MTU is too small, or IPsec is in
 * between. */
static bool is_no_way_for_segments(int error)
{
    return error == EINVAL || error == EMSGSIZE || error == EIO;
}

/* How many of the `count` from there on were sent; -1 and errno. */
static int send_batch(struct udp *u, size_t from, size_t count)
{
    struct mmsghdr msgs[BATCH] = {0};
    struct iovec iov[BATCH];
    struct sockaddr_storage names[BATCH];
    union segment_size controls[BATCH];
    size_t runs[BATCH], pieces = 0, sent = 0;
    int n;

    put_together(u, from, count);
    for (size_t i = 0; i < count; i += runs[pieces++]) {
        const struct waiting *w = &u->queue[from + i];
        struct msghdr *m = &msgs[pieces].msg_hdr;

        runs[pieces] = run_length(u, from + i, count - i);
        for (size_t j = 0; j < runs[pieces]; j++)
            iov[i + j] = (struct iovec){u->out.p + w[j].at, w[j].n};
        *m = (struct msghdr){.msg_name = &names[pieces],
                             .msg_namelen = net_to_sockaddr(&w->to, &names[pieces]),
                             .msg_iov = &iov[i],
                             .msg_iovlen = runs[pieces]};
        if (runs[pieces] > 1)
            put_segment_size(m, &controls[pieces], (uint16_t)w->n);
    }
    n = sendmmsg(u->fd, msgs, (unsigned)pieces, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (n < 0 && runs[0] > 1 && is_no_way_for_segments(errno)) {
        u->segments = false;
        return send_batch(u, from, count);
    }
    for (size_t i = 0; i < pieces && (int)i < n; i++)
        sent += runs[i];
    return n < 0 ? n : (int)sent;
}

/* What is left goes to the front. */
static void keep_rest(struct udp *u, size_t sent)
{
    size_t octets = u->queue[sent].at;

    for (size_t i = sent + 1; i < u->queued; i++) /* they may have changed places */
        octets = u->queue[i].at < octets ? u->queue[i].at : octets;
    memmove(u->queue, u->queue + sent, (u->queued - sent) * sizeof *u->queue);
    u->queued -= sent;
    buf_drop(&u->out, octets);
    for (size_t i = 0; i < u->queued; i++)
        u->queue[i].at -= octets;
    u->want_room = true;
    poll_again(u);
}

void udp_flush(struct udp *u)
{
    size_t sent = 0;

    u->flushing = true; /* `failed` may send anew: that goes to the end of the queue */
    while (sent < u->queued) {
        size_t count = u->queued - sent < BATCH ? u->queued - sent : BATCH;
        int n = send_batch(u, sent, count);

        if (n > 0) {
            sent += (size_t)n;
        } else if (errno == EAGAIN || errno == ENOBUFS) {
            keep_rest(u, sent);
            u->flushing = false;
            return;
        } else {
            /* An ICMP error that waits for us is reported on the next send: take it off and go on;
             * what cannot be sent at all (no route) fails its transaction at once. */
            read_errors(u);
            if (errno != EINTR && send_batch(u, sent, 1) != 1) {
                struct sip_addr to = u->queue[sent].to;

                if (u->on.failed)
                    u->on.failed(u->on.ctx, &to);
            }
            sent++;
        }
    }
    u->queued = 0;
    buf_reset(&u->out);
    u->flushing = false;
}

const struct sip_addr *udp_local(const struct udp *u)
{
    return &u->local;
}

void udp_close(struct udp **up)
{
    struct udp *u = *up;

    *up = NULL;
    if (!u)
        return;
    udp_flush(u);
    uv_poll_stop(&u->poll);
    close(u->fd);
    uv_close((uv_handle_t *)&u->poll, on_uv_closed);
}
