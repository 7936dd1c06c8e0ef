#include "gateway/net/dns.h"

#include <ares.h>
#include <arpa/nameser.h>
#include <stdlib.h>

#include "gateway/net/dns_answer.h"
#include "gateway/net/net_priv.h"

enum { EDNS_SIZE = 1232 /* what passes every path unfragmented */ };

/* A socket of c-ares that the loop watches for it. */
struct watched {
    uv_poll_t poll; /* first: the handle is the struct */
    struct list node;
    struct dns *dns;
    ares_socket_t fd;
};

struct query {
    struct list node;
    struct dns *dns;
    struct rr_question q;
    dns_answered on;
    void *ctx;
    const struct rr_answer *ready; /* it failed while it was asked: told in the next turn */
    char name[RR_NAME_MAX + 1];
};

struct dns {
    struct net *net;
    ares_channel channel;
    uv_timer_t timer, soon; /* c-ares' own times; what is ready at once */
    unsigned open_timers;
    struct list watched, asked, ready;
    size_t n_queries;
    struct arena arena; /* while one answer is read */
    bool asking, moving, closing;
};

static const struct rr_answer no_name = {.verdict = RR_NO_NAME, .ttl = DNS_SILENCE_TTL},
                              silent = {.verdict = RR_SILENT,
                                        .why = "no server answers",
                                        .ttl = DNS_SILENCE_TTL},
                              refused = {.verdict = RR_FAILED,
                                         .why = "the servers fail, refuse, or are not there",
                                         .ttl = DNS_SILENCE_TTL},
                              failed = {.verdict = RR_FAILED,
                                        .why = "a broken answer",
                                        .ttl = DNS_SILENCE_TTL};

/* ---- time ---- */

static void on_timer(uv_timer_t *t);

static void set_timer(struct dns *d)
{
    struct timeval room, *wait = d->channel ? ares_timeout(d->channel, NULL, &room) : NULL;

    if (d->closing)
        return;
    if (wait)
        uv_timer_start(&d->timer, on_timer,
                       (uint64_t)wait->tv_sec * 1000 + (uint64_t)wait->tv_usec / 1000 + 1, 0);
    else
        uv_timer_stop(&d->timer);
}

static void on_timer(uv_timer_t *t)
{
    struct dns *d = t->data;

    ares_process_fd(d->channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    set_timer(d);
}

/* ---- sockets ---- */

static void on_watched_closed(uv_handle_t *h)
{
    free(h);
}

static void unwatch(struct watched *s)
{
    list_remove(&s->node);
    uv_poll_stop(&s->poll);
    uv_close((uv_handle_t *)&s->poll, on_watched_closed);
}

static void on_poll(uv_poll_t *h, int status, int events)
{
    struct watched *s = (struct watched *)h;
    struct dns *d = s->dns;
    ares_socket_t fd = s->fd; /* `s` may be gone after the call */
    bool in = status < 0 || (events & UV_READABLE), out = status < 0 || (events & UV_WRITABLE);

    ares_process_fd(d->channel, in ? fd : ARES_SOCKET_BAD, out ? fd : ARES_SOCKET_BAD);
    set_timer(d);
}

static struct watched *watch(struct dns *d, ares_socket_t fd)
{
    struct watched *s;

    LIST_EACH (struct watched, each, &d->watched, node)
        if (each->fd == fd)
            return each;
    s = calloc(1, sizeof *s);
    if (!s)
        return NULL;
    if (uv_poll_init_socket(&d->net->loop, &s->poll, fd)) {
        free(s);
        return NULL;
    }
    s->dns = d;
    s->fd = fd;
    list_append(&d->watched, &s->node);
    return s;
}

/* Without memory to watch a socket its questions end by their timeouts. */
static void on_socket_state(void *ctx, ares_socket_t fd, int readable, int writable)
{
    struct watched *s = watch(ctx, fd);

    if (!s)
        return;
    if (readable || writable)
        uv_poll_start(&s->poll, (readable ? UV_READABLE : 0) | (writable ? UV_WRITABLE : 0),
                      on_poll);
    else
        unwatch(s);
}

/* ---- answers ---- */

static void query_free(struct query *q)
{
    list_remove(&q->node);
    q->dns->n_queries--;
    free(q);
}

static void tell(struct query *q, const struct rr_answer *a)
{
    dns_answered on = q->on;
    void *ctx = q->ctx;
    struct rr_answer named = *a;

    if (named.name.n == 0)
        named.name = q->q.name;
    if (!q->dns->closing)
        on(ctx, &named);
    query_free(q);
}

static void on_answer(void *ctx, int status, int timeouts, unsigned char *message, int n)
{
    struct query *q = ctx;
    struct dns *d = q->dns;
    const struct rr_answer *a = &refused;
    struct rr_answer read;

    (void)timeouts;
    if (status == ARES_EDESTRUCTION && d->moving)
        return; /* it is asked anew */
    if (message && n > 0 &&
        (status == ARES_SUCCESS || status == ARES_ENODATA || status == ARES_ENOTFOUND)) {
        dns_answer_read(span_of(message, (size_t)n), &q->q, &d->arena, &read);
        a = &read;
    } else if (status == ARES_ETIMEOUT) {
        a = &silent;
    } else if (status == ARES_EBADNAME) {
        a = &no_name;
    } else if (status == ARES_EBADRESP || status == ARES_EFORMERR) {
        a = &failed;
    }
    if (d->asking) { /* only what never left is told during the call that asks */
        q->ready = a == &read ? &failed : a;
        list_remove(&q->node);
        list_append(&d->ready, &q->node);
    } else {
        tell(q, a);
        arena_reset(&d->arena);
    }
}

static void on_soon(uv_timer_t *t)
{
    struct dns *d = t->data;
    struct list now;

    list_init(&now);
    while (!list_empty(&d->ready)) {
        struct list *node = d->ready.next;

        list_remove(node);
        list_append(&now, node);
    }
    while (!list_empty(&now)) {
        struct query *q = LIST_OF(now.next, struct query, node);

        tell(q, q->ready);
    }
}

static void put_to_server(struct query *q)
{
    struct dns *d = q->dns;

    d->asking = true;
    ares_query(d->channel, q->name, ns_c_in, (int)q->q.type, on_answer, q);
    d->asking = false;
    if (!list_empty(&d->ready))
        uv_timer_start(&d->soon, on_soon, 0, 0);
}

enum err dns_ask(struct dns *d, const struct rr_question *q, dns_answered on, void *ctx)
{
    struct query *asked;

    if (d->n_queries >= DNS_QUERIES_MAX)
        return ERR_FULL;
    asked = calloc(1, sizeof *asked);
    if (!asked)
        return ERR_NOMEM;
    asked->dns = d;
    asked->on = on;
    asked->ctx = ctx;
    if (!span_copy(q->name, asked->name, sizeof asked->name)) {
        free(asked);
        return ERR_BAD_NAME;
    }
    asked->q = (struct rr_question){q->type, span_str(asked->name)};
    d->n_queries++;
    list_append(&d->asked, &asked->node);
    put_to_server(asked);
    set_timer(d);
    return OK;
}

/* ---- life ---- */

static enum err name_servers(ares_channel channel, const struct sip_addr *servers, size_t count)
{
    struct buf csv = {0};
    int status = ARES_SUCCESS;

    for (size_t i = 0; i < count; i++) {
        if (i)
            BUF_LIT(&csv, ",");
        sip_addr_print_hostport(&csv, &servers[i]);
    }
    if (count)
        status = buf_ok(&csv) ? ares_set_servers_ports_csv(channel, buf_cstr(&csv)) : ARES_ENOMEM;
    buf_fini(&csv);
    return status == ARES_SUCCESS ? OK : status == ARES_ENOMEM ? ERR_NOMEM : ERR_IO;
}

static enum err new_channel(struct dns *d, const struct sip_addr *servers, size_t count,
                            ares_channel *out)
{
    struct ares_options options = {.flags = ARES_FLAG_EDNS,
                                   .timeout = DNS_TIMEOUT_MS,
                                   .tries = DNS_TRIES,
                                   .ednspsz = EDNS_SIZE,
                                   .sock_state_cb = on_socket_state,
                                   .sock_state_cb_data = d};
    int status = ares_init_options(out, &options,
                                   ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES |
                                       ARES_OPT_EDNSPSZ | ARES_OPT_SOCK_STATE_CB);
    enum err e;

    if (status != ARES_SUCCESS)
        return status == ARES_ENOMEM ? ERR_NOMEM : ERR_IO;
    e = name_servers(*out, servers, count);
    if (e) {
        ares_destroy(*out);
        *out = NULL;
    }
    return e;
}

enum err dns_new(struct net *n, const struct sip_addr *servers, size_t count, struct dns **out)
{
    struct dns *d = calloc(1, sizeof *d);
    enum err e = ERR_NOMEM;

    *out = NULL;
    if (!d)
        return e;
    d->net = n;
    list_init(&d->watched);
    list_init(&d->asked);
    list_init(&d->ready);
    if (ares_library_init(ARES_LIB_INIT_ALL) == ARES_SUCCESS)
        e = new_channel(d, servers, count, &d->channel);
    if (e) {
        free(d);
        return e;
    }
    uv_timer_init(&n->loop, &d->timer);
    uv_timer_init(&n->loop, &d->soon);
    d->timer.data = d->soon.data = d;
    d->open_timers = 2;
    *out = d;
    return OK;
}

enum err dns_set_servers(struct dns *d, const struct sip_addr *servers, size_t count)
{
    ares_channel fresh = NULL;
    enum err e = new_channel(d, servers, count, &fresh);

    if (e)
        return e;
    d->moving = true;
    ares_destroy(d->channel);
    d->moving = false;
    d->channel = fresh;
    LIST_EACH (struct query, q, &d->asked, node)
        put_to_server(q);
    set_timer(d);
    return OK;
}

static void on_timer_closed(uv_handle_t *h)
{
    struct dns *d = h->data;

    if (--d->open_timers)
        return;
    arena_fini(&d->arena);
    free(d);
}

void dns_close(struct dns **dp)
{
    struct dns *d = *dp;

    *dp = NULL;
    if (!d)
        return;
    d->closing = true;
    ares_destroy(d->channel);
    d->channel = NULL;
    LIST_EACH (struct query, q, &d->ready, node)
        query_free(q);
    ares_library_cleanup();
    uv_close((uv_handle_t *)&d->timer, on_timer_closed);
    uv_close((uv_handle_t *)&d->soon, on_timer_closed);
}
