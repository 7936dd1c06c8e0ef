#include "gateway/door/web.h"

#include <stdlib.h>

#include "gateway/net/addr.h"
#include "gateway/net/listener.h"

struct web_listener {
    struct web_door *door;
    struct listener *at;
    bool secure;
};

struct web_door {
    struct worker *w;
    web_handler on;
    struct web_listener listeners[2 * CONF_LIST_MAX];
    size_t listener_count;
    struct list conns;
    size_t count;
};

struct web_conn {
    struct timer due; /* its time is over */
    struct list node;
    struct web_door *door;
    struct stream *stream;
    struct buf in;  /* may hold a password */
    struct buf out; /* empty: nothing was answered yet */
};

static void conn_end(struct web_conn *c)
{
    timer_clear(c->door->w, &c->due);
    list_remove(&c->node);
    c->door->count--;
    stream_close(&c->stream);
    seal_wipe(&c->in);
    seal_wipe(&c->out);
    free(c);
}

/* Ends the connection when all of the answer is with the kernel. */
static void offer(struct web_conn *c)
{
    buf_drop(&c->out, stream_send(c->stream, buf_span(&c->out)));
    if (c->out.n == 0)
        conn_end(c);
}

static void answer(struct web_conn *c, int status, const struct web_request *q)
{
    struct worker *w = c->door->w;
    struct web_answer a = {.status = status};

    if (status == WEB_WHOLE) {
        struct web_call call = {q, stream_peer(c->stream), stream_local(c->stream)};

        a.status = 0;
        c->door->on(w, &call, &a);
    }
    if (!buf_ok(&a.body) || !a.status)
        a = (struct web_answer){.status = 500, .body = a.body};
    web_answer_write(&c->out, a.status, a.type, buf_span(&a.body));
    seal_wipe(&a.body);
    stream_pause(c->stream);
    if (buf_ok(&c->out))
        offer(c);
    else
        conn_end(c);
}

static void on_data(void *ctx, struct span in)
{
    struct web_conn *c = ctx;
    struct web_request q = {0};
    int status;

    worker_begin(c->door->w);
    if (c->out.n)
        return;
    if (!c->in.p) { /* at once: no copy of a password stays behind */
        (void)buf_room(&c->in, WEB_REQUEST_MAX);
        c->in.n = 0;
    }
    buf_add(&c->in, span_first(in, WEB_REQUEST_MAX - c->in.n));
    status = buf_ok(&c->in) ? web_request_read(buf_span(&c->in), &q) : 500;
    if (status != WEB_MORE)
        answer(c, status, &q);
}

static void on_room(void *ctx)
{
    struct web_conn *c = ctx;

    worker_begin(c->door->w);
    if (c->out.n)
        offer(c);
}

static void on_closed(void *ctx, const char *why)
{
    struct web_conn *c = ctx;

    (void)why;
    worker_begin(c->door->w);
    conn_end(c);
}

static void on_due(struct timer *t, struct worker *w)
{
    (void)w;
    conn_end(LIST_OF(t, struct web_conn, due));
}

static bool has_room(const struct web_door *d, const struct sip_addr *from)
{
    size_t n = 0;

    if (d->count >= WEB_CONNECTIONS_MAX)
        return false;
    LIST_EACH (const struct web_conn, c, &d->conns, node)
        n += sip_addr_same_host(stream_peer(c->stream), from);
    return n < WEB_CONNECTIONS_OF_HOST || sip_addr_is_loopback(from);
}

static void on_accepted(void *ctx, struct stream *stream)
{
    const struct web_listener *l = ctx;
    struct web_door *d = l->door;
    struct web_conn *c = NULL;

    worker_begin(d->w);
    if (!d->w->draining && has_room(d, stream_peer(stream)))
        c = calloc(1, sizeof *c);
    if (!c || (l->secure && stream_secure(stream, d->w->tls, TLS_SERVES_AIM, (struct span){0}))) {
        free(c);
        stream_abort(&stream);
        return;
    }
    c->door = d;
    c->stream = stream;
    c->due.due = on_due;
    list_append(&d->conns, &c->node);
    d->count++;
    timer_set(d->w, &c->due, d->w->now + WEB_MS);
    stream_start(stream, &(struct stream_handler){c, on_data, on_room, on_closed});
}

/* ---- life ---- */

enum err web_door_new(struct worker *w, web_handler on, struct web_door **out)
{
    struct web_door *d = calloc(1, sizeof *d);

    *out = d;
    if (!d)
        return ERR_NOMEM;
    d->w = w;
    d->on = on;
    list_init(&d->conns);
    return OK;
}

/* `key` is what the configuration calls it. */
static enum err open_all(struct web_door *d, const char *key, const struct conf_addresses *at,
                         bool secure, struct buf *why)
{
    for (size_t i = 0; i < at->n; i++) {
        struct web_listener *l = &d->listeners[d->listener_count];
        struct sip_addr addr;
        const char *words = "";

        *l = (struct web_listener){.door = d, .secure = secure};
        net_from_sockaddr(&at->at[i].at.sa, &addr);
        if (listener_open(d->w->net, &addr, on_accepted, l, &l->at, &words)) {
            buf_fmt(why, "%s: cannot listen on %s: %s; stop what uses it, or choose another", key,
                    at->at[i].text, words);
            return ERR_IO;
        }
        d->listener_count++;
    }
    return OK;
}

enum err web_door_open(struct web_door *d, struct buf *why)
{
    enum err e = open_all(d, "oscar.web", &d->w->conf->oscar.web, true, why);

    return e ? e : open_all(d, "oscar.web_plain", &d->w->conf->oscar.web_plain, false, why);
}

void web_door_close_listeners(struct web_door *d)
{
    for (size_t i = 0; i < d->listener_count; i++)
        listener_close(&d->listeners[i].at);
}

void web_door_free(struct web_door *d)
{
    if (!d)
        return;
    web_door_close_listeners(d);
    LIST_EACH (struct web_conn, c, &d->conns, node)
        conn_end(c);
    free(d);
}
