#include "gateway/net/stream.h"

#include "gateway/net/net_priv.h"
#include "gateway/net/stream_priv.h"

#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    LINGER_MS = 3000,
    UNACKED_MS = 60000, /* octets that the far end's kernel does not acknowledge: it is gone */
};

static void on_uv_closed(uv_handle_t *h)
{
    struct stream *s = LIST_OF(h, struct stream, poll);

    stream_tls_drop(s);
    free(s);
}

static void on_poll(uv_poll_t *h, int status, int events);

void stream_poll_again(struct stream *s)
{
    int events = 0;

    if (!s->paused && !s->connecting)
        events |= UV_READABLE;
    if (s->want_room || s->connecting)
        events |= UV_WRITABLE;
    if (events == 0)
        events = UV_DISCONNECT; /* paused: still hear of a reset */
    uv_poll_start(&s->poll, events, on_poll);
}

void stream_tell_closed(struct stream *s, const char *why)
{
    uv_poll_stop(&s->poll);
    turns_leave(&s->net->turns, &s->turn);
    if (s->lingering) {
        s->linger_until = 0;
        return;
    }
    if (s->on.closed)
        s->on.closed(s->on.ctx, why);
}

static int socket_error(int fd)
{
    int error = 0;
    socklen_t len = sizeof error;

    (void)getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &len);
    return error;
}

static const char *error_words(int fd)
{
    int error = socket_error(fd);

    return error ? strerror(error) : "the connection broke";
}

static void ended(struct stream *s, const char *why)
{
    if (s->tls)
        stream_tls_ended(s, why);
    else
        stream_tell_closed(s, why);
}

/* Its share of this turn. Where there may be more, it stands in line before its owner hears of
 * anything. */
static void read_some(struct stream *s)
{
    struct turns *t = &s->net->turns;
    size_t share = turns_share(t);
    ssize_t n = share ? recv(s->fd, s->net->read_buf, share, 0) : 0;

    if (!share || ((size_t)n == share || (s->broken && n > 0)))
        turns_wait(t, &s->turn);
    if (!share || (n < 0 && !s->broken && (errno == EAGAIN || errno == EINTR)))
        return;
    if (n <= 0) {
        s->far_closed = n == 0;
        ended(s, n == 0 ? "closed by the other side" : strerror(errno));
        return;
    }
    turns_took(t, (size_t)n);
    if (s->tls)
        stream_tls_data(s, span_of(s->net->read_buf, (size_t)n));
    else if (s->on.data)
        s->on.data(s->on.ctx, span_of(s->net->read_buf, (size_t)n));
}

static void read_next(struct list *turn)
{
    struct stream *s = LIST_OF(turn, struct stream, turn);

    if (!s->paused || s->broken)
        read_some(s);
}

/* It was reset. What came before that is still to be read: a phone that leaves says so and hangs up
 * at once. */
static void on_broken(struct stream *s)
{
    s->broken = true;
    if (!s->connecting && s->on.data)
        turns_wait(&s->net->turns, &s->turn);
    else if (s->on.closed || s->lingering)
        ended(s, error_words(s->fd));
}

static bool finish_connect(struct stream *s)
{
    int error = socket_error(s->fd);

    if (error) {
        stream_tell_closed(s, strerror(error));
        return false;
    }
    s->connecting = false;
    s->want_room = true;
    if (s->tls)
        stream_tls_begin(s);
    return !stream_is_closing(s);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct stream *s = LIST_OF(h, struct stream, poll);

    if (status < 0) {
        on_broken(s);
        return;
    }
    if (s->connecting && !finish_connect(s))
        return;
    if ((events & UV_WRITABLE) && s->want_room) {
        s->want_room = false;
        stream_poll_again(s);
        if (s->tls)
            stream_tls_room(s);
        else if (s->on.room)
            s->on.room(s->on.ctx);
    }
    /* The owner may have closed it in `room`: then the handle is closing and on is zeroed. */
    if (!stream_is_closing(s) && (events & (UV_READABLE | UV_DISCONNECT)) && !list_linked(&s->turn))
        read_some(s);
}

static struct stream *stream_new(struct net *n, int fd)
{
    struct stream *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->net = n;
    n->read_next = read_next;
    s->fd = fd;
    if (uv_poll_init(&n->loop, &s->poll, fd)) {
        free(s);
        return NULL;
    }
    return s;
}

void stream_set_options(int fd)
{
    int one = 1;
    unsigned unacked = UNACKED_MS;

    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof unacked);
}

struct stream *stream_from_fd(struct net *n, int fd, const struct sockaddr *peer)
{
    struct stream *s = stream_new(n, fd);
    struct sockaddr_storage local = {0};
    socklen_t len = sizeof local;

    if (!s) {
        close(fd);
        return NULL;
    }
    net_from_sockaddr(peer, &s->peer);
    if (getsockname(fd, (struct sockaddr *)&local, &len) == 0)
        net_from_sockaddr((struct sockaddr *)&local, &s->local);
    return s;
}

enum err stream_connect(struct net *n, const struct sip_addr *to, const struct stream_handler *on,
                        struct stream **out)
{
    struct sockaddr_storage ss;
    socklen_t len = net_to_sockaddr(to, &ss);
    int fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    struct stream *s;

    *out = NULL;
    if (fd < 0)
        return ERR_IO;
    stream_set_options(fd);
    if (connect(fd, (struct sockaddr *)&ss, len) != 0 && errno != EINPROGRESS) {
        close(fd);
        return ERR_IO;
    }
    s = stream_new(n, fd);
    if (!s) {
        close(fd);
        return ERR_NOMEM;
    }
    s->peer = *to;
    s->connecting = true;
    s->on = *on;
    stream_poll_again(s);
    *out = s;
    return OK;
}

void stream_start(struct stream *s, const struct stream_handler *on)
{
    s->on = *on;
    stream_poll_again(s);
}

size_t stream_send_raw(struct stream *s, struct span out)
{
    size_t taken = 0;

    while (!s->connecting && taken < out.n) {
        ssize_t n = send(s->fd, out.p + taken, out.n - taken, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            break; /* full, or broken: then the next read tells */
        taken += (size_t)n;
    }
    if (taken < out.n && !s->want_room) {
        s->want_room = true;
        stream_poll_again(s);
    }
    return taken;
}

size_t stream_send(struct stream *s, struct span out)
{
    return s->tls ? stream_tls_send(s, out) : stream_send_raw(s, out);
}

/* What the kernel took of each at once; the rest, and every failure, is left to stream_send. */
static void send_batch(struct net *n, struct stream_out *out, size_t count)
{
    struct batch_send sends[STREAM_OUT_MAX];

    for (size_t i = 0; i < count; i++)
        sends[i] = (struct batch_send){.fd = out[i].stream->fd,
                                       .out = out[i].stream->tls
                                                  ? stream_tls_wrap(out[i].stream, out[i].bytes)
                                                  : out[i].bytes};
    if (!batch_send(n->batch, sends, count)) {
        batch_free(n->batch);
        n->batch = NULL;
    }
    for (size_t i = 0; i < count; i++) {
        size_t sent = sends[i].sent > 0 ? (size_t)sends[i].sent : 0;

        out[i].taken = out[i].stream->tls ? stream_tls_took(out[i].stream, sent) : sent;
    }
}

void stream_send_each(struct net *n, struct stream_out *out, size_t count)
{
    for (size_t i = 0; i < count; i++)
        out[i].taken = 0;
    if (n->batch && count > 1)
        send_batch(n, out, count);
    for (size_t i = 0; i < count; i++)
        if (out[i].taken < out[i].bytes.n)
            out[i].taken += stream_send(out[i].stream, span_skip(out[i].bytes, out[i].taken));
}

size_t stream_unacked(const struct stream *s)
{
    int n = 0;
    size_t octets = ioctl(s->fd, SIOCOUTQ, &n) == 0 && n > 0 ? (size_t)n : 0;

    return s->tls ? stream_tls_unacked(s, octets) : octets;
}

void stream_pause(struct stream *s)
{
    if (!s->paused) {
        s->paused = true;
        stream_poll_again(s);
    }
}

void stream_resume(struct stream *s)
{
    if (s->paused) {
        s->paused = false;
        stream_poll_again(s);
    }
}

const struct sip_addr *stream_peer(const struct stream *s)
{
    return &s->peer;
}

const struct sip_addr *stream_local(const struct stream *s)
{
    return &s->local;
}

static void drop(struct stream *s)
{
    list_remove(&s->linger_node);
    list_remove(&s->shaking);
    turns_leave(&s->net->turns, &s->turn);
    s->on = (struct stream_handler){0};
    uv_close((uv_handle_t *)&s->poll, on_uv_closed); /* polls no more from here on */
    close(s->fd);
}

static bool reap(struct net *n, bool all)
{
    uint64_t now = uv_now(&n->loop);

    LIST_EACH (struct stream, s, &n->lingering, linger_node)
        if (all || s->linger_until <= now)
            drop(s);
    if (!all)
        stream_reap_shaking(n);
    return !list_empty(&n->lingering) || !list_empty(&n->shaking);
}

void stream_reap_later(struct net *n)
{
    net_reap_with(n, reap);
}

/* A close with unread input would send a reset and could take away the last frames that we sent: so
 * it is half-closed, and what still comes is thrown away for a while. From who closed first nothing
 * comes any more. */
void stream_close(struct stream **sp)
{
    struct stream *s = *sp;

    *sp = NULL;
    if (!s)
        return;
    s->on = (struct stream_handler){0};
    list_remove(&s->shaking);
    if (s->tls && !s->connecting)
        stream_tls_close(s);
    if (s->connecting || s->far_closed || shutdown(s->fd, SHUT_WR) != 0) {
        drop(s);
        return;
    }
    s->lingering = true;
    s->paused = s->want_room = false;
    s->linger_until = uv_now(&s->net->loop) + LINGER_MS;
    list_append(&s->net->lingering, &s->linger_node);
    stream_poll_again(s);
    stream_reap_later(s->net);
}

void stream_abort(struct stream **sp)
{
    struct stream *s = *sp;
    struct linger hard = {.l_onoff = 1, .l_linger = 0};

    *sp = NULL;
    if (!s)
        return;
    (void)setsockopt(s->fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
    drop(s);
}
