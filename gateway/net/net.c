#include "gateway/net/net.h"

#include "gateway/net/net_priv.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

enum { REAP_MS = 500 };

static void on_prepare(uv_prepare_t *h)
{
    struct net *n = h->data;

    n->on.turn(n->on.ctx);
    turns_begin(&n->turns);
}

static void on_idle(uv_idle_t *h)
{
    (void)h;
}

static void on_check(uv_check_t *h)
{
    struct net *n = h->data;
    struct list *next;

    turns_call(&n->turns);
    while ((next = turns_next(&n->turns)))
        n->read_next(next);
    if (n->turns.waiting > 0)
        uv_idle_start(&n->idle, on_idle);
    else
        uv_idle_stop(&n->idle);
}

static void on_timer(uv_timer_t *h)
{
    struct net *n = h->data;

    n->on.timer(n->on.ctx);
}

static void on_async(uv_async_t *h)
{
    struct net *n = h->data;

    n->on.wake(n->on.ctx);
}

static void on_signal(uv_signal_t *h, int signo)
{
    struct net *n = h->data;

    n->on.signal(n->on.ctx, signo);
}

static void on_reap(uv_timer_t *h)
{
    struct net *n = h->data;

    if (!n->reap(n, false))
        uv_timer_stop(h);
}

void net_reap_with(struct net *n, bool (*reap)(struct net *n, bool all))
{
    n->reap = reap;
    if (!uv_is_active((uv_handle_t *)&n->reap_timer))
        uv_timer_start(&n->reap_timer, on_reap, REAP_MS, REAP_MS);
}

static void start_handles(struct net *n)
{
    static const int signos[] = {SIGTERM, SIGINT, SIGHUP};

    uv_prepare_init(&n->loop, &n->prepare);
    n->prepare.data = n;
    uv_prepare_start(&n->prepare, on_prepare);
    uv_check_init(&n->loop, &n->check);
    n->check.data = n;
    uv_check_start(&n->check, on_check);
    uv_idle_init(&n->loop, &n->idle);
    uv_timer_init(&n->loop, &n->timer);
    n->timer.data = n;
    uv_timer_init(&n->loop, &n->reap_timer);
    n->reap_timer.data = n;
    for (size_t i = 0; i < sizeof signos / sizeof signos[0]; i++) {
        uv_signal_init(&n->loop, &n->signals[i]);
        n->signals[i].data = n;
        uv_signal_start(&n->signals[i], on_signal, signos[i]);
    }
}

static int find_callers_end(void)
{
    struct rlimit limit;
    rlim_t most = INT_MAX;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < most)
        most = limit.rlim_cur;
    return (int)(most / 4 < NET_RESERVE ? most - most / 4 : most - NET_RESERVE);
}

enum err net_new(const struct net_handler *on, struct net **out)
{
    struct net *n = calloc(1, sizeof *n);

    *out = NULL;
    if (!n)
        return ERR_NOMEM;
    n->on = *on;
    n->callers_end = find_callers_end();
    list_init(&n->lingering);
    list_init(&n->shaking);
    turns_init(&n->turns);
    if (uv_loop_init(&n->loop)) {
        free(n);
        return ERR_IO;
    }
    if (uv_async_init(&n->loop, &n->async, on_async)) {
        uv_loop_close(&n->loop);
        free(n);
        return ERR_IO;
    }
    n->async.data = n;
    n->batch = batch_new();
    start_handles(n);
    *out = n;
    return OK;
}

void net_free(struct net *n)
{
    if (!n)
        return;
    if (n->reap)
        (void)n->reap(n, true);
    uv_close((uv_handle_t *)&n->prepare, NULL);
    uv_close((uv_handle_t *)&n->check, NULL);
    uv_close((uv_handle_t *)&n->idle, NULL);
    uv_close((uv_handle_t *)&n->timer, NULL);
    uv_close((uv_handle_t *)&n->reap_timer, NULL);
    uv_close((uv_handle_t *)&n->async, NULL);
    for (size_t i = 0; i < sizeof n->signals / sizeof n->signals[0]; i++)
        uv_close((uv_handle_t *)&n->signals[i], NULL);
    uv_run(&n->loop, UV_RUN_DEFAULT);
    uv_loop_close(&n->loop);
    batch_free(n->batch);
    free(n);
}

void net_run(struct net *n)
{
    uv_run(&n->loop, UV_RUN_DEFAULT);
}

void net_stop(struct net *n)
{
    uv_stop(&n->loop);
}

uint64_t net_now(const struct net *n)
{
    return uv_now(&n->loop);
}

void net_timer(struct net *n, uint64_t when)
{
    uint64_t now = uv_now(&n->loop);

    if (when == UINT64_MAX)
        uv_timer_stop(&n->timer);
    else
        uv_timer_start(&n->timer, on_timer, when > now ? when - now : 0, 0);
}

void net_wake(struct net *n)
{
    uv_async_send(&n->async);
}

socklen_t net_to_sockaddr(const struct sip_addr *a, struct sockaddr_storage *out)
{
    *out = (struct sockaddr_storage){0};
    if (a->family == 6) {
        struct sockaddr_in6 *to = (struct sockaddr_in6 *)out;

        to->sin6_family = AF_INET6;
        to->sin6_port = htons(a->port);
        memcpy(&to->sin6_addr, a->ip, 16);
        return sizeof *to;
    }
    struct sockaddr_in *to = (struct sockaddr_in *)out;

    to->sin_family = AF_INET;
    to->sin_port = htons(a->port);
    memcpy(&to->sin_addr, a->ip, 4);
    return sizeof *to;
}

void net_from_sockaddr(const struct sockaddr *in, struct sip_addr *out)
{
    *out = (struct sip_addr){0};
    if (in->sa_family == AF_INET6) {
        struct sockaddr_in6 from;

        memcpy(&from, in, sizeof from);
        out->family = 6;
        out->port = ntohs(from.sin6_port);
        memcpy(out->ip, &from.sin6_addr, 16);
    } else if (in->sa_family == AF_INET) {
        struct sockaddr_in from;

        memcpy(&from, in, sizeof from);
        out->family = 4;
        out->port = ntohs(from.sin_port);
        memcpy(out->ip, &from.sin_addr, 4);
    }
}

int net_bound_socket(const struct sip_addr *a, int type)
{
    struct sockaddr_storage ss;
    socklen_t len = net_to_sockaddr(a, &ss);
    int one = 1;
    int fd = socket(ss.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    if (fd < 0)
        return -1;
    if (type == SOCK_STREAM)
        (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    if (a->family == 6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &one, sizeof one);
    if (bind(fd, (struct sockaddr *)&ss, len) != 0) {
        int keep = errno;

        close(fd);
        errno = keep;
        return -1;
    }
    return fd;
}

bool net_own_address(uint8_t family, struct sip_addr *out)
{
    struct sip_addr far = {.family = family, .port = 9};
    /* for examples only */
    static const uint8_t far4[4] = {198, 51, 100, 1}, far6[4] = {0x20, 0x01, 0x0d, 0xb8};
    struct sockaddr_storage ss;
    socklen_t len;
    int fd;
    bool ok;

    memcpy(far.ip, family == 6 ? far6 : far4, 4);
    len = net_to_sockaddr(&far, &ss);
    fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return false;
    ok = connect(fd, (struct sockaddr *)&ss, len) == 0;
    len = sizeof ss;
    ok = ok && getsockname(fd, (struct sockaddr *)&ss, &len) == 0;
    close(fd);
    if (ok)
        net_from_sockaddr((struct sockaddr *)&ss, out);
    return ok && sip_addr_is_unicast(out);
}

static bool probe(const struct sip_addr *a, int (*how)(int, const struct sockaddr *, socklen_t))
{
    struct sockaddr_storage ss;
    socklen_t len = net_to_sockaddr(a, &ss);
    int fd = socket(ss.ss_family, SOCK_DGRAM | SOCK_CLOEXEC, 0);
    bool ok = fd >= 0 && how(fd, (struct sockaddr *)&ss, len) == 0;

    if (fd >= 0)
        close(fd);
    return ok;
}

bool net_is_own(const struct sip_addr *a)
{
    struct sip_addr any_port = *a;

    any_port.port = 0;
    return probe(&any_port, bind);
}

bool net_has_route(const struct sip_addr *a)
{
    return probe(a, connect);
}
