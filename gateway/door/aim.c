#include "gateway/door/aim.h"

#include "gateway/net/addr.h"
#include "gateway/net/listener.h"

#include <stdlib.h>

enum { ACK_SWEEP_MS = 500 };

struct aim_listener {
    struct aim_door *door;
    struct listener *at;
    bool secure; /* under TLS */
};

struct aim_door {
    struct worker *w;
    struct aim_handler on;
    struct aim_listener listeners[2 * CONF_LIST_MAX];
    size_t listener_count;
    struct list sessions;
    struct list dirty;
    struct table by_id;
    size_t count;
    uint32_t next_id;
    struct timer sweep; /* asks the kernel what was acknowledged */
};

static void on_tick(struct timer *t, struct worker *w);
static void on_push(struct timer *t, struct worker *w);

size_t aim_session_waiting(const struct aim_session *s)
{
    return oscar_conn_output(s->conn).n;
}

struct aim_session *aim_session_by_id(struct aim_door *d, uint32_t id)
{
    return table_find(&d->by_id, span_of(&id, sizeof id));
}

void aim_session_dirty(struct aim_session *s)
{
    if (!list_linked(&s->dirty))
        list_append(&s->w->aim_door->dirty, &s->dirty);
}

struct list *aim_door_sessions(struct aim_door *d)
{
    return &d->sessions;
}

static void log_end(const struct aim_session *s, const char *why)
{
    struct buf peer = {0};

    if (!why)
        return;
    sip_addr_print_hostport(&peer, stream_peer(s->stream));
    if (s->account) {
        struct buf name = {0};

        buf_add(&name, s->account->person->key);
        LOG_INFO(&s->w->log, "aim", "a session ended", "user", buf_cstr(&name), "from",
                 buf_cstr(&peer), "why", why);
        buf_fini(&name);
    } else {
        LOG_DEBUG(&s->w->log, "aim", "a connection ended", "from", buf_cstr(&peer), "why", why);
    }
    buf_fini(&peer);
}

static void session_free(struct aim_session *s)
{
    timer_clear(s->w, &s->tick);
    timer_clear(s->w, &s->push);
    list_remove(&s->dirty);
    list_remove(&s->of_door);
    table_remove(&s->w->aim_door->by_id, span_of(&s->id, sizeof s->id));
    s->w->aim_door->count--;
    oscar_conn_free(s->conn);
    buf_fini(&s->texts.bytes);
    span_free(&s->software);
    free(s->state);
    free(s);
}

void aim_session_end(struct aim_session *s, const char *why)
{
    size_t unacked = stream_unacked(s->stream);

    log_end(s, why);
    s->w->aim_door->on.lost(s, s->taken - (unacked < s->taken ? unacked : s->taken));
    s->w->aim_door->on.gone(s);
    stream_close(&s->stream);
    session_free(s);
}

/* Nobody is there for answers; the next turn takes more of what was sent, until there is none. */
static void settle_left(struct aim_session *s)
{
    oscar_conn_sent(s->conn, aim_session_waiting(s));
    if (s->more)
        timer_set(s->w, &s->tick, s->w->now);
    else
        aim_session_end(s, s->left);
}

/* The kernel took `taken` octets of `offered`; a session that is over ends when all of it is
 * out. */
static void settle(struct aim_session *s, size_t offered, size_t taken)
{
    size_t left;

    if (s->left) {
        settle_left(s);
        return;
    }
    if (taken > 0) {
        oscar_conn_sent(s->conn, taken);
        s->taken += taken;
        s->moved = s->w->now;
        s->w->aim_door->on.took(s);
    }
    left = oscar_conn_output(s->conn).n;
    if (left == 0 && oscar_conn_is_over(s->conn)) {
        aim_session_end(s, oscar_conn_why(s->conn));
        return;
    }
    if (left > AIM_OUTPUT_DROP ||
        (offered > taken && s->w->now - s->moved > AIM_STALL_MS)) {
        s->w->metrics.aim_dropped++;
        aim_session_end(s, "does not read what is sent to it");
        return;
    }
    if (left > 0 && offered == taken)
        aim_session_dirty(s); /* said while the others were settled */
    if (left <= AIM_TURN_OUTPUT && s->more)
        timer_set(s->w, &s->tick, s->w->now);
    if (left > AIM_OUTPUT_PAUSE || s->more)
        stream_pause(s->stream);
    else
        stream_resume(s->stream);
}

static void offer(struct aim_session *s)
{
    struct span out = s->left ? (struct span){0} : oscar_conn_output(s->conn);

    settle(s, out.n, out.n ? stream_send(s->stream, out) : 0);
}

/* Moves sessions that have output from `dirty` to `offered`, and their octets to the kernel. */
static void offer_many(struct aim_door *d, struct list *offered)
{
    struct stream_out out[STREAM_OUT_MAX];
    size_t n = 0;

    while (n < STREAM_OUT_MAX && !list_empty(&d->dirty)) {
        struct aim_session *s = LIST_OF(d->dirty.next, struct aim_session, dirty);

        list_remove(&s->dirty);
        list_append(offered, &s->dirty);
        s->offer.octets = s->left ? 0 : oscar_conn_output(s->conn).n;
        s->offer.taken = 0;
        if (s->offer.octets > 0)
            out[n++] = (struct stream_out){s->stream, oscar_conn_output(s->conn), 0};
    }
    stream_send_each(d->w->net, out, n);
    n = 0;
    LIST_EACH (struct aim_session, s, offered, dirty)
        if (s->offer.octets > 0)
            s->offer.taken = out[n++].taken;
}

void aim_door_flush(struct aim_door *d)
{
    struct list offered;

    list_init(&offered);
    while (!list_empty(&d->dirty)) {
        offer_many(d, &offered);
        /* settling one may end it, or give another something to say */
        while (!list_empty(&offered)) {
            struct aim_session *s = LIST_OF(offered.next, struct aim_session, dirty);

            list_remove(&s->dirty);
            settle(s, s->offer.octets, s->offer.taken);
        }
    }
}

/* What it takes of a session's turn. */
static size_t weight_of(const struct oscar_event *ev)
{
    switch (ev->kind) {
    case OSCAR_BUDDIES:
    case OSCAR_PERMIT:
    case OSCAR_DENY: return 1 + ev->names.list.n / AIM_TURN_NAMES;
    case OSCAR_FEEDBAG_EDIT: return 1 + ev->edit.items.n / AIM_TURN_NAMES / 8;
    default: return 1;
    }
}

/* Pulls what the core has to say, for one turn; afterwards its deadline may have moved. */
static void pump(struct aim_session *s)
{
    struct oscar_event ev;
    uint64_t due;
    size_t taken = 0;

    while (taken < AIM_TURN_EVENTS && oscar_conn_next(s->conn, &ev)) {
        taken += weight_of(&ev);
        if (ev.kind == OSCAR_SIGNED_OFF) {
            if (!ev.why.clean)
                s->w->metrics.aim_dropped++;
            break; /* `offer` ends it when its last words are out */
        }
        s->w->aim_door->on.event(s, &ev);
    }
    s->more = !oscar_conn_is_over(s->conn) &&
              (taken >= AIM_TURN_EVENTS || oscar_conn_output(s->conn).n > AIM_TURN_OUTPUT);
    due = oscar_conn_deadline(s->conn);
    if (oscar_conn_output(s->conn).n > 0 && due > s->w->now + AIM_STALL_MS)
        due = s->w->now + AIM_STALL_MS + 1;
    if (!timer_is_set(&s->tick) || s->tick.at.when != due)
        timer_set(s->w, &s->tick, due);
    aim_session_dirty(s);
}

static void on_tick(struct timer *t, struct worker *w)
{
    struct aim_session *s = LIST_OF(t, struct aim_session, tick);

    oscar_conn_tick(s->conn, w->now);
    pump(s);
}

static void on_push(struct timer *t, struct worker *w)
{
    w->aim_door->on.quiet(LIST_OF(t, struct aim_session, push));
}

static void on_data(void *ctx, struct span in)
{
    struct aim_session *s = ctx;

    worker_begin(s->w);
    (void)oscar_conn_feed(s->conn, in, s->w->now); /* what went wrong comes as an event */
    pump(s);
}

static void on_room(void *ctx)
{
    struct aim_session *s = ctx;

    worker_begin(s->w);
    aim_session_dirty(s);
}

static void on_closed(void *ctx, const char *why)
{
    struct aim_session *s = ctx;

    worker_begin(s->w);
    if (s->more) { /* who writes and leaves has written all the same */
        s->left = why;
        aim_session_dirty(s);
    } else {
        aim_session_end(s, why);
    }
}

static void on_accepted(void *ctx, struct stream *stream)
{
    const struct aim_listener *l = ctx;
    struct aim_door *d = l->door;
    struct worker *w = d->w;
    struct oscar_conn_conf conf = {.rate_limits = w->conf->oscar.rate_limits,
                                   .rng = &w->rng,
                                   .output_pause = AIM_TURN_OUTPUT};
    struct aim_session *s = NULL;

    worker_begin(w);
    if (!w->draining && d->count < AIM_CONNECTIONS_MAX)
        s = calloc(1, sizeof *s);
    if (s && (!l->secure || stream_secure(stream, w->tls, TLS_SERVES_AIM, (struct span){0}) == OK))
        s->conn = oscar_conn_new(&conf, w->now);
    if (s)
        s->id = ++d->next_id;
    if (!s || !s->conn || table_add(&d->by_id, span_of(&s->id, sizeof s->id), s)) {
        if (s)
            oscar_conn_free(s->conn);
        free(s);
        stream_abort(&stream);
        return;
    }
    s->w = w;
    s->stream = stream;
    s->secure = l->secure;
    s->since = w->unix_now;
    s->moved = w->now;
    s->tick.due = on_tick;
    s->push.due = on_push;
    list_init(&s->buddies);
    list_init(&s->untaken);
    list_init(&s->unacked);
    list_prepend(&d->sessions, &s->of_door);
    d->count++;
    w->metrics.aim_connections++;
    stream_start(stream, &(struct stream_handler){s, on_data, on_room, on_closed});
    pump(s);
    /* the hello travels alone in its segment (node-oscar drops what follows it) */
    aim_door_flush(d);
}

/* Lets go of what has arrived for sure. */
static void on_sweep(struct timer *t, struct worker *w)
{
    struct aim_door *d = LIST_OF(t, struct aim_door, sweep);

    LIST_EACH (struct aim_session, s, &d->sessions, of_door)
        if (!list_empty(&s->unacked)) {
            size_t unacked = stream_unacked(s->stream);

            d->on.acked(s, s->taken - (unacked < s->taken ? unacked : s->taken));
        }
    timer_set(w, &d->sweep, w->now + ACK_SWEEP_MS);
}

enum err aim_door_new(struct worker *w, const struct aim_handler *on, struct aim_door **out)
{
    struct aim_door *d = calloc(1, sizeof *d);

    *out = d;
    if (!d)
        return ERR_NOMEM;
    d->w = w;
    d->on = *on;
    list_init(&d->sessions);
    list_init(&d->dirty);
    table_init(&d->by_id);
    d->sweep.due = on_sweep;
    return OK;
}

/* `key` is what the configuration calls it. */
static enum err open_all(struct aim_door *d, const char *key, const struct conf_addresses *at,
                         bool secure, struct buf *why)
{
    for (size_t i = 0; i < at->n; i++) {
        struct aim_listener *l = &d->listeners[d->listener_count];
        struct sip_addr addr;
        const char *words = "";

        *l = (struct aim_listener){.door = d, .secure = secure};
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

enum err aim_door_open(struct aim_door *d, struct buf *why)
{
    enum err e = open_all(d, "oscar.listen", &d->w->conf->oscar.listen, false, why);

    if (!e)
        e = open_all(d, "oscar.listen_tls", &d->w->conf->oscar.listen_tls, true, why);
    if (e)
        return e;
    timer_set(d->w, &d->sweep, d->w->now + ACK_SWEEP_MS);
    return OK;
}

void aim_door_close_listeners(struct aim_door *d)
{
    for (size_t i = 0; i < d->listener_count; i++)
        listener_close(&d->listeners[i].at);
}

void aim_door_shutdown(struct aim_door *d)
{
    LIST_EACH (struct aim_session, s, &d->sessions, of_door) {
        oscar_conn_shutdown(s->conn);
        list_remove(&s->dirty);
        offer(s);
    }
}

void aim_door_hang_up(struct aim_door *d)
{
    if (!d)
        return;
    aim_door_close_listeners(d);
    LIST_EACH (struct aim_session, s, &d->sessions, of_door)
        aim_session_end(s, NULL);
}

void aim_door_free(struct aim_door *d)
{
    if (!d)
        return;
    aim_door_hang_up(d);
    timer_clear(d->w, &d->sweep);
    table_fini(&d->by_id);
    free(d);
}

/* Advertised is the port without TLS, but where it is told apart: who came under TLS stays
 * there. */
void aim_session_bos_address(const struct aim_session *s, struct buf *out)
{
    const struct conf_hostport *told = &s->w->conf->oscar.advertise;
    const struct conf_hostport *told_tls = &s->w->conf->oscar.advertise_tls;

    if (s->secure && told_tls->host)
        buf_fmt(out, "%s:%u", told_tls->host, told_tls->port);
    else if (told->host)
        buf_fmt(out, "%s:%u", told->host, s->secure ? stream_local(s->stream)->port : told->port);
    else
        sip_addr_print_hostport(out, stream_local(s->stream));
}

/* The listener at that very address, or at all of this machine's; else the first. */
static struct sip_addr nearest(const struct conf_addresses *list, const struct sip_addr *at)
{
    struct sip_addr first, found;

    net_from_sockaddr(&list->at[0].at.sa, &first);
    for (size_t i = 0; i < list->n; i++) {
        net_from_sockaddr(&list->at[i].at.sa, &found);
        if (!sip_addr_is_unicast(&found) && found.family == at->family) {
            uint16_t port = found.port;

            found = *at;
            found.port = port;
        }
        if (sip_addr_same_host(&found, at))
            return found;
    }
    return first;
}

bool aim_door_bos(const struct worker *w, const struct sip_addr *at, bool secure, struct buf *host,
                  uint16_t *port)
{
    const struct conf_addresses *list =
        secure ? &w->conf->oscar.listen_tls : &w->conf->oscar.listen;
    const struct conf_hostport *told = &w->conf->oscar.advertise;
    struct sip_addr own;

    if (secure && w->conf->oscar.advertise_tls.host) {
        told = &w->conf->oscar.advertise_tls;
        buf_str(host, told->host);
        *port = told->port;
        return true;
    }
    if (!list->n)
        return false;
    own = nearest(list, at);
    *port = told->host && !secure ? told->port : own.port;
    if (told->host)
        buf_str(host, told->host);
    else
        sip_addr_print(host, &own);
    return true;
}
