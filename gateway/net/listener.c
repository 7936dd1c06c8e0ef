#include "gateway/net/listener.h"

#include "gateway/net/net_priv.h"
#include "gateway/net/stream_priv.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

enum { BACKLOG = 1024, ACCEPTS_PER_TURN = 64 };

struct listener {
    uv_poll_t poll;
    struct net *net;
    int fd, spare; /* `spare` is given up to refuse callers when descriptors run out */
    bool local;    /* the operator's: it has the reserve */
    listener_accepted on;
    void *ctx;
    char *path;
};

static void on_uv_closed(uv_handle_t *h)
{
    struct listener *l = LIST_OF(h, struct listener, poll);

    free(l->path);
    free(l);
}

/* No descriptor is left: take the caller and let him go, or the loop would spin on him. */
static void refuse_one(struct listener *l)
{
    int fd;

    close(l->spare);
    fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    l->spare = dup(l->fd);
    l->net->on.full(l->net->on.ctx);
}

/* The system gives the lowest number that is free. */
static bool may_stay(const struct listener *l, int fd)
{
    if (l->local || fd < l->net->callers_end)
        return true;
    close(fd);
    l->net->on.full(l->net->on.ctx);
    return false;
}

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct listener *l = LIST_OF(h, struct listener, poll);

    (void)events;
    for (int i = 0; status == 0 && i < ACCEPTS_PER_TURN; i++) {
        struct sockaddr_storage peer = {0};
        socklen_t len = sizeof peer;
        int fd = accept4(l->fd, (struct sockaddr *)&peer, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
        struct stream *s;

        if (fd < 0) {
            if (errno == EMFILE || errno == ENFILE)
                refuse_one(l);
            return;
        }
        if (!may_stay(l, fd))
            continue;
        s = stream_from_fd(l->net, fd, (struct sockaddr *)&peer);
        if (s)
            l->on(l->ctx, s);
    }
}

/* Takes fd. */
static enum err listener_new(struct net *n, int fd, listener_accepted on, void *ctx,
                             struct listener **out)
{
    struct listener *l = listen(fd, BACKLOG) == 0 ? calloc(1, sizeof *l) : NULL;

    if (!l || uv_poll_init(&n->loop, &l->poll, fd)) {
        free(l);
        close(fd);
        return ERR_IO;
    }
    l->net = n;
    l->fd = fd;
    l->spare = dup(fd);
    l->on = on;
    l->ctx = ctx;
    uv_poll_start(&l->poll, UV_READABLE, on_poll);
    *out = l;
    return OK;
}

enum err listener_open(struct net *n, const struct sip_addr *at, listener_accepted on, void *ctx,
                       struct listener **out, const char **why)
{
    int fd = net_bound_socket(at, SOCK_STREAM);
    enum err e;

    if (fd >= 0)
        stream_set_options(fd); /* Linux hands them on */
    e = fd < 0 ? ERR_IO : listener_new(n, fd, on, ctx, out);
    if (e)
        *why = strerror(errno);
    return e;
}

static bool is_served(const struct sockaddr_un *at)
{
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    bool served = fd >= 0 && connect(fd, (const struct sockaddr *)at, sizeof *at) == 0;

    if (fd >= 0)
        close(fd);
    return served;
}

enum err listener_open_local(struct net *n, const char *path, listener_accepted on, void *ctx,
                             struct listener **out)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    enum err e;
    int fd;

    *out = NULL;
    if (!span_copy(span_str(path), at.sun_path, sizeof at.sun_path))
        return ERR_RANGE;
    if (is_served(&at))
        return ERR_BUSY;
    (void)unlink(path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    if (bind(fd, (struct sockaddr *)&at, sizeof at) != 0 || chmod(path, 0600) != 0) {
        close(fd);
        return ERR_IO;
    }
    e = listener_new(n, fd, on, ctx, out);
    if (!e) {
        (*out)->path = strdup(path);
        (*out)->local = true;
    }
    return e;
}

void listener_close(struct listener **lp)
{
    struct listener *l = *lp;

    *lp = NULL;
    if (!l)
        return;
    if (l->path)
        (void)unlink(l->path);
    uv_poll_stop(&l->poll);
    close(l->fd);
    if (l->spare >= 0)
        close(l->spare);
    uv_close((uv_handle_t *)&l->poll, on_uv_closed);
}
