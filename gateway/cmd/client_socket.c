#include "gateway/cmd/client_socket.h"

#include <errno.h>
#include <poll.h>
#include <unistd.h>

enum { READ_AT_ONCE = 65536 };

static socklen_t size_of(const struct conf_address *a)
{
    return a->at.sa.sa_family == AF_INET6 ? sizeof a->at.in6 : sizeof a->at.in4;
}

/* A listener on all addresses: this machine's own one is among them. */
static void reach(struct conf_address *a)
{
    if (a->at.sa.sa_family == AF_INET && a->at.in4.sin_addr.s_addr == htonl(INADDR_ANY))
        a->at.in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    else if (a->at.sa.sa_family == AF_INET6 && IN6_IS_ADDR_UNSPECIFIED(&a->at.in6.sin6_addr))
        a->at.in6.sin6_addr = in6addr_loopback;
}

static int wait_connected(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLOUT};
    int error = 0;
    socklen_t n = sizeof error;

    if (poll(&p, 1, CLIENT_CONNECT_MS) != 1)
        return ETIMEDOUT;
    return getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &n) == 0 ? error : errno;
}

/* 0, or errno. */
static int dial(struct client_socket *s)
{
    int type = s->datagram ? SOCK_DGRAM : SOCK_STREAM;
    socklen_t n = sizeof s->local.at;
    int e = 0;

    s->fd = socket(s->remote.at.sa.sa_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (s->fd < 0)
        return errno;
    s->open = true;
    if (connect(s->fd, &s->remote.at.sa, size_of(&s->remote)) != 0)
        e = errno == EINPROGRESS ? wait_connected(s->fd) : errno;
    if (e == 0 && getsockname(s->fd, &s->local.at.sa, &n) != 0)
        e = errno;
    return e;
}

const char *client_socket_open(struct client_socket *s, const struct conf_address *to,
                               bool datagram)
{
    int e;

    *s = (struct client_socket){.datagram = datagram,
                                .in = {.max = CLIENT_IN_MAX},
                                .out = {.max = CLIENT_OUT_MAX},
                                .remote = {.at = to->at}};
    reach(&s->remote);
    e = dial(s);
    if (e == 0)
        return NULL;
    client_socket_close(s);
    return strerrordesc_np(e) ? strerrordesc_np(e) : "unknown error";
}

void client_socket_close(struct client_socket *s)
{
    if (s->open)
        (void)close(s->fd);
    s->open = false;
    buf_fini(&s->in);
    buf_fini(&s->out);
}

bool client_socket_read(struct client_socket *s)
{
    uint8_t *to;
    ssize_t n;
    size_t before;

    if (s->datagram)
        buf_reset(&s->in);
    before = s->in.n;
    to = buf_room(&s->in, READ_AT_ONCE);
    if (!to)
        return false;
    n = recv(s->fd, to, READ_AT_ONCE, 0);
    s->in.n = before + (n > 0 ? (size_t)n : 0);
    if (n < 0)
        return errno == EAGAIN || errno == EINTR || (s->datagram && errno != ECONNREFUSED);
    return n > 0 || s->datagram;
}

bool client_socket_write(struct client_socket *s)
{
    ssize_t n;

    if (!buf_ok(&s->out))
        return false;
    if (s->out.n == 0)
        return true;
    n = send(s->fd, s->out.p, s->out.n, MSG_NOSIGNAL);
    if (n < 0 && errno != EAGAIN && errno != EINTR && !s->datagram)
        return false;
    if (s->datagram)
        buf_reset(&s->out); /* lost or not: transactions repeat it */
    else if (n > 0)
        buf_drop(&s->out, (size_t)n);
    return true;
}

void client_socket_shut(struct client_socket *s)
{
    if (s->open && !s->datagram)
        (void)shutdown(s->fd, SHUT_WR);
}
