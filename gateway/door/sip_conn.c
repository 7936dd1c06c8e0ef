/* Connections of the SIP door. Comes in: octets of streams. Goes out: whole messages to the SIP
 * element, and what it sends, in order. Bounded here: how many there are, how much waits in each
 * and how long. Stays out: how a message is cut out (sip_tcp.c, sip_ws.c), which kind of stream it
 * is (gateway/net), what a message says. */
#include <stdlib.h>

#include "gateway/door/sip_priv.h"
#include "gateway/peer/peers.h"
#include "simple/wire/print.h"

struct sip_conn *sip_conn_of_flow(const struct sip_door *d, uint32_t flow)
{
    return d->latest && d->latest->hop.flow == flow
               ? d->latest
               : table_find(&d->by_flow, span_of(&flow, sizeof flow));
}

void sip_conn_dirty(struct sip_conn *c)
{
    if (!list_linked(&c->dirty))
        list_append(&c->door->dirty, &c->dirty);
}

/* ---- what leaves ---- */

bool sip_conn_send(struct sip_conn *c, struct span message)
{
    if (c->out.n + message.n > SIP_OUTPUT_MAX)
        return false;
    if (c->out.n == 0)
        c->moved = c->door->w->now;
    c->kind->put(c, message);
    sip_bounds_note(c);
    sip_conn_dirty(c);
    return true;
}

struct span sip_conn_waiting(struct sip_conn *c)
{
    if (!c->stands)
        return (struct span){0};
    return c->paced ? sip_pace_waiting(c) : buf_span(&c->out);
}

void sip_conn_took(struct sip_conn *c, size_t taken)
{
    if (taken > 0) {
        c->wrote = true;
        buf_drop(&c->out, taken);
        if (c->paced)
            sip_pace_took(c, taken);
        c->moved = c->door->w->now;
    }
    if (c->out.n == 0)
        buf_fini(&c->out);
    if (taken > 0)
        sip_bounds_moved(c);
}

void sip_conn_offer(struct sip_conn *c)
{
    struct span out = sip_conn_waiting(c);

    sip_conn_took(c, out.n ? stream_send(c->stream, out) : 0);
}

/* ---- the end ---- */

static void log_closed(const struct sip_conn *c, const char *why)
{
    struct buf peer = {0};

    sip_addr_print_hostport(&peer, &c->hop.addr);
    LOG_DEBUG(&c->door->w->log, "sip", "a connection ended", "with", buf_cstr(&peer), "why", why);
    buf_fini(&peer);
}

/* Who was reached by it alone is reached no more. */
static void lose_riders(struct sip_conn *c)
{
    LIST_EACH (struct contact, x, &c->riders, of_flow) {
        list_remove(&x->of_flow);
        c->door->on.lost(c->door->w, x);
    }
}

void sip_conn_close(struct sip_conn *c, const char *why, bool broken)
{
    struct sip_door *d = c->door;

    log_closed(c, why);
    if (c->kind->end)
        c->kind->end(c);
    list_remove(&c->of_door);
    list_remove(&c->dirty);
    sip_bounds_forget(c);
    if (d->latest == c)
        d->latest = NULL;
    table_remove(&d->by_flow, span_of(&c->hop.flow, sizeof c->hop.flow));
    sip_ends_remove(&d->ends, &c->at);
    sip_ends_remove(&d->ends, &c->alias);
    timer_clear(d->w, &c->timer);
    timer_clear(d->w, &c->pace);
    sip_race_end(c);
    stream_close(&c->stream);
    d->w->metrics.sip_connections--;
    if (broken) {
        enum sip_cause how = c->wrote ? SIP_BY_BREAK : SIP_BY_TRANSPORT;

        sip_core_hop_failed(d->w->sip, &c->hop, how, d->w->now);
        if (c->ours && !c->stands) { /* sent to the address, before there was a flow */
            struct sip_hop any = c->hop;

            any.flow = 0;
            sip_core_hop_failed(d->w->sip, &any, how, d->w->now);
        }
        if (c->aliased.addr.family)
            sip_core_hop_failed(d->w->sip, &c->aliased, how, d->w->now);
    }
    lose_riders(c);
    buf_fini(&c->in);
    buf_fini(&c->out);
    free(c);
}

/* An answer, if it was a request at all. */
static void answer_broken(struct sip_conn *c, enum sip_bad bad, struct span head)
{
    struct sip_msg *m = malloc(sizeof *m);
    struct buf b = {0};

    if (!m)
        return;
    (void)sip_msg_parse(m, head);
    if (sip_msg_is_answerable(m)) {
        struct sip_reply r = {
            .status = sip_bad_status(bad), .reason = sip_bad_text(bad), .source = &c->hop.addr};

        sip_put_reply(&b, m, &r);
        sip_put_body(&b, (struct span){0});
        if (buf_ok(&b))
            c->kind->put(c, buf_span(&b));
    }
    free(m);
    buf_fini(&b);
}

void sip_conn_refuse(struct sip_conn *c, enum sip_bad bad, struct span head)
{
    struct sip_door *d = c->door;
    uint32_t flow = c->hop.flow;

    d->w->metrics.sip_dropped++;
    sip_door_route(d);
    if (!sip_conn_of_flow(d, flow))
        return;
    if (head.n)
        answer_broken(c, bad, head);
    sip_conn_offer(c);
    sip_conn_close(c, sip_bad_text(bad), true);
}

bool sip_conn_may_go_on(struct sip_conn *c)
{
    struct sip_door *d = c->door;

    if (c->trusted || sip_budget_message(&d->budget, &c->hop.addr, d->w->now))
        return true;
    c->paused = true;
    stream_pause(c->stream);
    timer_set(d->w, &c->timer, d->w->now + SIP_PAUSE_MS);
    return false;
}

bool sip_conn_hand_on(struct sip_conn *c, struct span message)
{
    struct sip_door *d = c->door;
    uint32_t flow = c->hop.flow;

    c->begun = 0;
    sip_core_input(d->w->sip, &c->hop, message, d->w->now);
    sip_door_pump(d);
    return sip_conn_of_flow(d, flow) != NULL;
}

/* NULL: not a transport over connections that we speak. */
static const struct sip_kind *kind_of(enum sip_transport over)
{
    return over == SIP_TRANSPORT_TCP   ? &sip_kind_tcp
           : over == SIP_TRANSPORT_TLS ? &sip_kind_tls
                                       : NULL;
}

/* ---- what the stream tells ---- */

/* Takes what is whole of what waits, or, where nothing does, straight from what came. False: the
 * connection is gone. */
static bool take(struct sip_conn *c, struct span in)
{
    bool waiting = c->in.n > 0;
    size_t taken;

    if (!c->kind->take(c, waiting ? buf_span(&c->in) : in, &taken))
        return false;
    if (waiting)
        buf_drop(&c->in, taken);
    else
        buf_add(&c->in, span_skip(in, taken));
    if (c->in.n == 0)
        buf_fini(&c->in);
    return true;
}

static void on_data(void *ctx, struct span in)
{
    struct sip_conn *c = ctx;
    struct sip_door *d = c->door;

    worker_begin(d->w);
    c->heard = d->w->now;
    d->latest = c;
    if (c->in.n > 0)
        buf_add(&c->in, in);
    if (buf_ok(&c->in) && !take(c, in))
        c = NULL;
    if (c && !buf_ok(&c->in))
        sip_conn_close(c, "more than one message may be", true);
    else if (c)
        sip_bounds_note(c);
    sip_door_route(d);
    sip_bounds_hold(d);
}

static void on_room(void *ctx)
{
    struct sip_conn *c = ctx;

    worker_begin(c->door->w);
    sip_race_end(c);
    if (!c->stands && c->kind->transport == SIP_TRANSPORT_TLS)
        sip_tls_stands(c);
    c->stands = true;
    c->heard = c->door->w->now;
    sip_conn_dirty(c);
}

static void on_closed(void *ctx, const char *why)
{
    struct sip_conn *c = ctx;
    struct sip_door *d = c->door;

    worker_begin(d->w);
    if (sip_race_goes_on(c))
        return;
    sip_tls_ended(c, why);
    sip_conn_close(c, why, true);
    sip_door_pump(d);
}

void sip_conn_moved(struct sip_conn *c, struct stream *s, const struct sip_addr *peer)
{
    struct sip_door *d = c->door;

    stream_close(&c->stream);
    c->stream = s;
    c->hop.addr = *peer;
    sip_ends_remove(&d->ends, &c->at);
    (void)sip_ends_add(&d->ends, &c->at, c->kind->transport, peer); /* no memory: nobody finds it */
    stream_start(s, &(struct stream_handler){c, on_data, on_room, on_closed});
    on_room(c);
}

static void go_on(struct sip_conn *c)
{
    struct sip_door *d = c->door;

    c->paused = false;
    c->begun = 0; /* it was us who did not read */
    c->heard = d->w->now;
    stream_resume(c->stream);
    timer_set(d->w, &c->timer, d->w->now + SIP_STALL_MS / 2);
    if (take(c, (struct span){0}))
        sip_bounds_note(c);
    sip_door_route(d);
    sip_bounds_hold(d);
}

/* When to look again: now and then, and when half a message has had its time. */
static uint64_t next_look(const struct sip_conn *c, uint64_t now)
{
    uint64_t next = now + SIP_STALL_MS / 2, slow = c->begun + SIP_SLOW_MS;

    return c->begun && slow < next ? slow : next;
}

/* Silent, slow, stalled or never connected: it ends. */
static void on_timer(struct timer *t, struct worker *w)
{
    struct sip_conn *c = LIST_OF(t, struct sip_conn, timer);
    struct sip_door *d = c->door;
    const char *why = NULL;

    if (c->paused) {
        go_on(c);
        return;
    }
    if (!c->stands)
        why = "cannot be connected";
    else if (c->begun && w->now - c->begun >= SIP_SLOW_MS)
        why = "sent half a message";
    else if (c->out.n && w->now - c->moved >= SIP_STALL_MS)
        why = "does not read what is sent to it";
    else if (c->kind->overdue)
        why = c->kind->overdue(c);
    else if (!c->kept && w->now - c->heard >= SIP_IDLE_MS)
        why = "idle";
    if (!why) {
        timer_set(w, t, next_look(c, w->now));
        return;
    }
    w->metrics.sip_dropped++;
    sip_conn_close(c, why, true);
    sip_door_pump(d);
}

/* ---- the beginning ---- */

/* Not connected yet: the caller gives it a stream, or closes it. NULL: too many, no memory. */
static struct sip_conn *conn_new(struct sip_door *d, const struct sip_kind *kind,
                                 const struct sip_addr *peer)
{
    bool full = d->w->metrics.sip_connections >= SIP_CONNECTIONS_MAX, limited;
    struct sip_conn *c = full ? NULL : calloc(1, sizeof *c);

    if (!c)
        return NULL;
    if (++d->next_flow >= SIP_FLOW_UDP)
        d->next_flow = 1;
    c->door = d;
    c->kind = kind;
    c->hop = (struct sip_hop){.transport = kind->transport, .addr = *peer, .flow = d->next_flow};
    c->in.max = SIP_MESSAGE_MAX + 65536;
    c->kept = peers_send_from(d->w->peers, &c->hop, &limited);
    c->timer.due = on_timer;
    c->heard = c->moved = c->spoke = d->w->now;
    list_init(&c->riders);
    if (table_add(&d->by_flow, span_of(&c->hop.flow, sizeof c->hop.flow), c)) {
        free(c);
        return NULL;
    }
    if (sip_ends_add(&d->ends, &c->at, kind->transport, peer)) {
        table_remove(&d->by_flow, span_of(&c->hop.flow, sizeof c->hop.flow));
        free(c);
        return NULL;
    }
    list_prepend(&d->conns, &c->of_door);
    d->w->metrics.sip_connections++;
    return c;
}

static struct sip_conn *conn_open(struct sip_door *d, const struct sip_hop *to)
{
    const struct sip_kind *kind = sip_addr_is_unicast(&to->addr) ? kind_of(to->transport) : NULL;
    struct sip_conn *c = kind ? conn_new(d, kind, &to->addr) : NULL;
    struct stream_handler on = {c, on_data, on_room, on_closed};

    if (!c)
        return NULL;
    c->ours = c->trusted = true;
    if (stream_connect(d->w->net, &to->addr, &on, &c->stream)) {
        c->stream = NULL;
        sip_conn_close(c, "cannot be connected", false);
        return NULL;
    }
    if (kind->transport == SIP_TRANSPORT_TLS && !sip_tls_begin(c, to->domain)) {
        sip_conn_close(c, "cannot go under TLS", false);
        return NULL;
    }
    timer_set(d->w, &c->timer, d->w->now + SIP_CONNECT_MS);
    return c;
}

struct sip_conn *sip_conn_for(struct sip_door *d, const struct sip_hop *hop)
{
    struct sip_conn *c = hop->flow ? sip_conn_of_flow(d, hop->flow) : NULL;
    struct sip_end_node *n;

    /* A browser cannot be called, and its port may be another's by now (RFC 7118 5.5). */
    if (c || hop->transport == SIP_TRANSPORT_WS || hop->transport == SIP_TRANSPORT_WSS)
        return c;
    if (hop->transport == SIP_TRANSPORT_TLS) {
        c = sip_tls_find(d, hop);
        return c ? c : conn_open(d, hop);
    }
    n = sip_ends_find(&d->ends, hop->transport, &hop->addr);
    return n ? LIST_OF(n, struct sip_conn, at) : conn_open(d, hop);
}

/* At most so many of one address, and so many a second; but for peers. */
static bool is_crowded(struct sip_door *d, enum sip_transport over, const struct sip_addr *peer)
{
    const struct sip_hop from = {.transport = over, .addr = *peer};
    bool limited;

    if (peers_send_from(d->w->peers, &from, &limited))
        return limited && !sip_addr_is_loopback(peer) &&
               sip_ends_of_source(&d->ends, peer) >= SIP_PER_SOURCE_MAX;
    if (!sip_budget_connection(&d->budget, peer, d->w->now)) {
        d->w->metrics.sip_flooded++;
        return true;
    }
    return sip_ends_of_source(&d->ends, peer) >= SIP_PER_SOURCE_MAX && !sip_addr_is_loopback(peer);
}

void sip_conn_accepted(void *ctx, struct stream *s)
{
    struct sip_listener *l = ctx;
    struct sip_door *d = l->door;
    struct sip_conn *c;

    worker_begin(d->w);
    if (is_crowded(d, l->kind->transport, stream_peer(s))) {
        stream_abort(&s);
        return;
    }
    if (l->kind->secure && stream_secure(s, d->w->tls, l->kind->side, (struct span){0})) {
        stream_abort(&s);
        return;
    }
    c = conn_new(d, l->kind, stream_peer(s));
    if (!c) {
        stream_abort(&s);
        return;
    }
    c->stream = s;
    c->stands = !c->kind->secure;
    c->trusted = c->kept;
    if (c->kind->begin && !c->kind->begin(c)) {
        sip_conn_close(c, "no memory", false);
        return;
    }
    stream_start(s, &(struct stream_handler){c, on_data, on_room, on_closed});
    timer_set(d->w, &c->timer, d->w->now + SIP_STALL_MS / 2);
}

/* Only where nothing waits: what waits says as much. */
void sip_door_keep_alive(struct sip_door *d, const struct sip_hop *to)
{
    struct sip_end_node *n = sip_ends_find(&d->ends, to->transport, &to->addr);
    struct sip_conn *c = to->transport == SIP_TRANSPORT_TLS ? sip_tls_find(d, to)
                         : n                                ? LIST_OF(n, struct sip_conn, at)
                                                            : NULL;

    if (c && c->stands && c->out.n == 0 && to->transport != SIP_TRANSPORT_UDP)
        (void)sip_conn_send(c, SPAN("\r\n\r\n"));
}
