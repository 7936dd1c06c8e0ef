#include "gateway/door/sip.h"

#include "gateway/net/addr.h"
#include "gateway/net/listener.h"
#include "gateway/net/udp.h"
#include "simple/wire/frame.h"
#include "simple/wire/print.h"

#include <stdlib.h>

struct sip_conn {
    struct list of_door;
    struct list dirty;
    struct sip_door *door;
    struct stream *stream;
    struct sip_hop hop;   /* .flow is its number */
    struct sip_frame frame;
    struct buf in, out;
    struct timer timer;
    uint64_t heard, moved; /* when something came; when output last moved */
    uint64_t begun;        /* when the message in `in` began; 0: none */
    bool ours, stands;     /* we connected; it stands */
};

struct sip_door {
    struct worker *w;
    sip_handler event;
    struct udp *udp[CONF_LIST_MAX];
    size_t udp_count;
    struct listener *listeners[CONF_LIST_MAX];
    size_t listener_count;
    struct table by_flow; /* struct sip_conn by its number */
    struct list conns, dirty;
    uint32_t next_flow;
    bool pumping, has_output;
};

static void conn_close(struct sip_conn *c, const char *why, bool broken);

/* ---- the element's events and output ---- */

void sip_door_pump(struct sip_door *d)
{
    struct sip_core_event ev;

    if (d->pumping)
        return; /* a flow handed something in while it handled an event: the outer loop goes on */
    d->pumping = true;
    while (sip_core_next(d->w->sip, &ev)) {
        arena_reset(&d->w->arena);
        d->has_output = true;
        d->event(d->w, &ev);
    }
    d->pumping = false;
}

static void dirty(struct sip_conn *c)
{
    if (!list_linked(&c->dirty))
        list_append(&c->door->dirty, &c->dirty);
}

static struct udp *udp_for(struct sip_door *d, const struct sip_addr *to)
{
    for (size_t i = 0; i < d->udp_count; i++)
        if (udp_local(d->udp[i])->family == to->family)
            return d->udp[i];
    return NULL;
}

static struct sip_conn *conn_of_flow(const struct sip_door *d, uint32_t flow)
{
    return table_find(&d->by_flow, span_of(&flow, sizeof flow));
}

bool sip_door_flow_stands(const struct sip_door *d, uint32_t flow)
{
    return flow && conn_of_flow(d, flow) != NULL;
}

struct sip_hop sip_door_hop_of(const struct sip_door *d, const struct contact *c)
{
    if (c->from.transport != SIP_TRANSPORT_UDP && sip_door_flow_stands(d, c->from.flow))
        return c->from;
    return c->direct ? c->to : c->from;
}

/* Any connection to that address, unless it is the wrong one: the newest first. */
static struct sip_conn *conn_to(struct sip_door *d, const struct sip_addr *to)
{
    LIST_EACH (struct sip_conn, c, &d->conns, of_door)
        if (sip_addr_eq(&c->hop.addr, to))
            return c;
    return NULL;
}

static struct sip_conn *conn_open(struct sip_door *d, const struct sip_addr *to);

static void send_stream(struct sip_door *d, const struct sip_output *out)
{
    struct sip_conn *c = out->hop.flow ? conn_of_flow(d, out->hop.flow) : NULL;

    if (!c)
        c = conn_to(d, &out->hop.addr);
    if (!c)
        c = conn_open(d, &out->hop.addr);
    if (!c || c->out.n + out->bytes.n > SIP_OUTPUT_MAX) {
        if (out->id)
            sip_core_send_failed(d->w->sip, out->id, d->w->now);
        if (c)
            conn_close(c, "does not read what is sent to it", true);
        return;
    }
    if (c->out.n == 0)
        c->moved = d->w->now;
    buf_add(&c->out, out->bytes);
    dirty(c);
}

static void send_datagram(struct sip_door *d, const struct sip_output *out)
{
    struct udp *u = udp_for(d, &out->hop.addr);

    if ((!u || !udp_send(u, &out->hop.addr, out->bytes)) && out->id)
        sip_core_send_failed(d->w->sip, out->id, d->w->now);
}

static void route_output(struct sip_door *d)
{
    struct sip_output out;

    while (sip_core_output(d->w->sip, &out)) {
        if (out.hop.transport == SIP_TRANSPORT_UDP)
            send_datagram(d, &out);
        else
            send_stream(d, &out);
    }
}

static void offer(struct sip_conn *c)
{
    size_t taken = c->out.n && c->stands ? stream_send(c->stream, buf_span(&c->out)) : 0;

    if (taken > 0) {
        buf_drop(&c->out, taken);
        c->moved = c->door->w->now;
    }
    if (c->out.n == 0)
        buf_fini(&c->out);
}

void sip_door_flush(struct sip_door *d)
{
    do { /* what cannot be sent is an event, which may give more to send */
        d->has_output = false;
        route_output(d);
        sip_door_pump(d);
    } while (d->has_output);
    while (!list_empty(&d->dirty)) {
        struct sip_conn *c = LIST_OF(d->dirty.next, struct sip_conn, dirty);

        list_remove(&c->dirty);
        offer(c);
    }
    for (size_t i = 0; i < d->udp_count; i++)
        udp_flush(d->udp[i]);
}

/* ---- datagrams ---- */

static void on_datagram(void *ctx, const struct sip_addr *from, struct span in)
{
    struct sip_door *d = ctx;
    struct sip_hop hop = {.transport = SIP_TRANSPORT_UDP, .addr = *from};

    worker_begin(d->w);
    if (in.n <= 4 && span_trim(in).n == 0)
        return; /* a keep-alive: no answer over UDP (RFC 5626 4.4.1) */
    sip_core_input(d->w->sip, &hop, in, d->w->now);
    sip_door_pump(d);
    route_output(d);
}

static void on_unreachable(void *ctx, const struct sip_addr *to)
{
    struct sip_door *d = ctx;
    struct sip_hop hop = {.transport = SIP_TRANSPORT_UDP, .addr = *to};

    sip_core_hop_failed(d->w->sip, &hop, d->w->now);
    sip_door_pump(d);
}

/* ---- connections ---- */

static void log_closed(const struct sip_conn *c, const char *why)
{
    struct buf peer = {0};

    sip_addr_print_hostport(&peer, &c->hop.addr);
    LOG_DEBUG(&c->door->w->log, "sip", "a connection ended", "with", buf_cstr(&peer), "why", why);
    buf_fini(&peer);
}

/* `broken`: who waits for an answer over it learns so now. */
static void conn_close(struct sip_conn *c, const char *why, bool broken)
{
    struct sip_door *d = c->door;

    log_closed(c, why);
    list_remove(&c->of_door);
    list_remove(&c->dirty);
    table_remove(&d->by_flow, span_of(&c->hop.flow, sizeof c->hop.flow));
    timer_clear(d->w, &c->timer);
    stream_close(&c->stream);
    d->w->metrics.sip_connections--;
    if (broken) {
        sip_core_hop_failed(d->w->sip, &c->hop, d->w->now);
        if (c->ours && !c->stands) { /* sent to the address, before there was a flow */
            struct sip_hop any = c->hop;

            any.flow = 0;
            sip_core_hop_failed(d->w->sip, &any, d->w->now);
        }
    }
    buf_fini(&c->in);
    buf_fini(&c->out);
    free(c);
}

static void refuse_broken(struct sip_conn *c)
{
    struct sip_door *d = c->door;
    struct span head = span_first(buf_span(&c->in), c->frame.size);

    d->w->metrics.sip_dropped++;
    if (head.n) { /* an answer, if it was a request at all; then the connection ends */
        struct sip_msg *m = malloc(sizeof *m);
        struct buf b = {0};

        if (m) {
            (void)sip_msg_parse(m, head);
            if (sip_msg_is_answerable(m)) {
                struct sip_reply r = {.status = sip_bad_status(c->frame.bad),
                                      .reason = sip_bad_text(c->frame.bad),
                                      .source = &c->hop.addr};

                sip_put_reply(&b, m, &r);
                sip_put_body(&b, (struct span){0});
                if (buf_ok(&b))
                    (void)stream_send(c->stream, buf_span(&b));
            }
        }
        free(m);
        buf_fini(&b);
    }
    conn_close(c, sip_bad_text(c->frame.bad), true);
}

/* False: the connection is gone. */
static bool take_frames(struct sip_conn *c)
{
    struct sip_door *d = c->door;
    uint32_t flow = c->hop.flow;
    size_t at = 0;

    for (;;) {
        struct span rest = span_skip(buf_span(&c->in), at);

        switch (sip_frame_next(&c->frame, rest)) {
        case SIP_FRAME_MORE:
            buf_drop(&c->in, at);
            if (c->in.n == 0) {
                buf_fini(&c->in);
                c->begun = 0;
            } else if (!c->begun) {
                c->begun = d->w->now;
            }
            return true;
        case SIP_FRAME_WHOLE:
            c->begun = 0;
            sip_core_input(d->w->sip, &c->hop, span_first(rest, c->frame.size), d->w->now);
            at += c->frame.size;
            sip_door_pump(d);
            if (!conn_of_flow(d, flow))
                return false;
            break;
        case SIP_FRAME_PING: /* RFC 5626 4.4.1 */
            buf_str(&c->out, "\r\n");
            dirty(c);
            at += c->frame.size;
            break;
        case SIP_FRAME_PONG: at += c->frame.size; break;
        case SIP_FRAME_BROKEN:
            buf_drop(&c->in, at);
            refuse_broken(c);
            return false;
        }
    }
}

static void on_data(void *ctx, struct span in)
{
    struct sip_conn *c = ctx;
    struct sip_door *d = c->door;

    worker_begin(d->w);
    c->heard = d->w->now;
    buf_add(&c->in, in);
    if (!buf_ok(&c->in)) {
        conn_close(c, "more than one message may be", true);
        return;
    }
    (void)take_frames(c);
    route_output(d);
}

static void on_room(void *ctx)
{
    struct sip_conn *c = ctx;

    worker_begin(c->door->w);
    c->stands = true;
    c->heard = c->door->w->now;
    dirty(c);
}

static void on_closed(void *ctx, const char *why)
{
    struct sip_conn *c = ctx;
    struct sip_door *d = c->door;

    worker_begin(d->w);
    conn_close(c, why, true);
    sip_door_pump(d);
}

/* Silent, slow, stalled or never connected: it ends. */
static void on_timer(struct timer *t, struct worker *w)
{
    struct sip_conn *c = LIST_OF(t, struct sip_conn, timer);
    struct sip_door *d = c->door;
    const char *why = NULL;

    if (!c->stands)
        why = "cannot be connected";
    else if (c->begun && w->now - c->begun >= SIP_SLOW_MS)
        why = "sent half a message";
    else if (c->out.n && w->now - c->moved >= SIP_STALL_MS)
        why = "does not read what is sent to it";
    else if (w->now - c->heard >= SIP_IDLE_MS)
        why = "idle";
    if (!why) {
        timer_set(w, t, w->now + SIP_STALL_MS / 2);
        return;
    }
    w->metrics.sip_dropped++;
    conn_close(c, why, true);
    sip_door_pump(d);
}

/* Takes the stream on success. */
static struct sip_conn *conn_new(struct sip_door *d, const struct sip_addr *peer)
{
    struct sip_conn *c = d->w->metrics.sip_connections < SIP_CONNECTIONS_MAX ? calloc(1, sizeof *c) : NULL;

    if (!c)
        return NULL;
    if (++d->next_flow == 0)
        d->next_flow = 1;
    c->door = d;
    c->hop = (struct sip_hop){.transport = SIP_TRANSPORT_TCP, .addr = *peer, .flow = d->next_flow};
    c->in.max = SIP_MESSAGE_MAX + 65536;
    c->timer.due = on_timer;
    c->heard = c->moved = d->w->now;
    if (table_add(&d->by_flow, span_of(&c->hop.flow, sizeof c->hop.flow), c)) {
        free(c);
        return NULL;
    }
    list_prepend(&d->conns, &c->of_door);
    d->w->metrics.sip_connections++;
    return c;
}

static struct sip_conn *conn_open(struct sip_door *d, const struct sip_addr *to)
{
    struct sip_conn *c = sip_addr_is_unicast(to) ? conn_new(d, to) : NULL;

    if (!c)
        return NULL;
    c->ours = true;
    if (stream_connect(d->w->net, to, &(struct stream_handler){c, on_data, on_room, on_closed},
                       &c->stream)) {
        c->stream = NULL;
        conn_close(c, "cannot be connected", false);
        return NULL;
    }
    timer_set(d->w, &c->timer, d->w->now + SIP_CONNECT_MS);
    return c;
}

/* At most so many of one address: the list is walked only once it is long. */
static bool is_crowded(const struct sip_door *d, const struct sip_addr *peer)
{
    size_t n = 0;

    if (table_count(&d->by_flow) < SIP_PER_SOURCE_MAX)
        return false;
    LIST_EACH (struct sip_conn, c, &d->conns, of_door)
        n += sip_addr_same_host(&c->hop.addr, peer);
    return n >= SIP_PER_SOURCE_MAX && !sip_addr_is_loopback(peer);
}

static void on_accepted(void *ctx, struct stream *s)
{
    struct sip_door *d = ctx;
    struct sip_conn *c;

    worker_begin(d->w);
    c = is_crowded(d, stream_peer(s)) ? NULL : conn_new(d, stream_peer(s));
    if (!c) {
        stream_abort(&s);
        return;
    }
    c->stream = s;
    c->stands = true;
    stream_start(s, &(struct stream_handler){c, on_data, on_room, on_closed});
    timer_set(d->w, &c->timer, d->w->now + SIP_STALL_MS / 2);
}

/* ---- opening ---- */

enum err sip_door_new(struct worker *w, sip_handler event, struct sip_door **out)
{
    struct sip_door *d = calloc(1, sizeof *d);

    *out = d;
    if (!d)
        return ERR_NOMEM;
    d->w = w;
    d->event = event;
    table_init(&d->by_flow);
    list_init(&d->conns);
    list_init(&d->dirty);
    return OK;
}

static enum err cannot_listen(struct buf *why, const char *key, const char *at, const char *words)
{
    buf_fmt(why, "%s: cannot listen on %s: %s; stop what uses it, or choose another", key, at, words);
    return ERR_IO;
}

enum err sip_door_open(struct sip_door *d, struct buf *why)
{
    const struct conf_addresses *udp = &d->w->conf->sip.udp, *tcp = &d->w->conf->sip.tcp;
    const char *words = "";
    struct sip_addr at;

    for (size_t i = 0; i < udp->n; i++) {
        net_from_sockaddr(&udp->at[i].at.sa, &at);
        if (udp_open(d->w->net, &at, &(struct udp_handler){d, on_datagram, on_unreachable}, &d->udp[i],
                     &words))
            return cannot_listen(why, "sip.udp", udp->at[i].text, words);
        d->udp_count = i + 1;
    }
    for (size_t i = 0; i < tcp->n; i++) {
        net_from_sockaddr(&tcp->at[i].at.sa, &at);
        if (listener_open(d->w->net, &at, on_accepted, d, &d->listeners[i], &words))
            return cannot_listen(why, "sip.tcp", tcp->at[i].text, words);
        d->listener_count = i + 1;
    }
    return OK;
}

void sip_door_close_listeners(struct sip_door *d)
{
    for (size_t i = 0; i < d->listener_count; i++)
        listener_close(&d->listeners[i]);
}

void sip_door_free(struct sip_door *d)
{
    if (!d)
        return;
    sip_door_close_listeners(d);
    LIST_EACH (struct sip_conn, c, &d->conns, of_door)
        conn_close(c, "the gateway stops", false);
    for (size_t i = 0; i < d->udp_count; i++)
        udp_close(&d->udp[i]);
    table_fini(&d->by_flow);
    free(d);
}
