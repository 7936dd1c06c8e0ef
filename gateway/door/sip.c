/* What all transports of the SIP door share: the element's events and output, datagrams, opening
 * and closing. Connections: sip_conn.c. */
#include <stdlib.h>

#include "gateway/door/sip_priv.h"
#include "gateway/net/addr.h"
#include "gateway/peer/peers.h"

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
        d->on.event(d->w, &ev);
    }
    d->pumping = false;
}

/* What came to one of our addresses is answered from it (RFC 3581 4); else the first that leads
 * there. */
static struct udp *udp_for(struct sip_door *d, const struct sip_hop *to)
{
    size_t at = to->flow >= SIP_FLOW_UDP ? to->flow - SIP_FLOW_UDP : d->udp_count;

    if (at < d->udp_count && udp_local(d->udp[at].udp)->family == to->addr.family)
        return d->udp[at].udp;
    for (size_t i = 0; i < d->udp_count; i++)
        if (udp_local(d->udp[i].udp)->family == to->addr.family)
            return d->udp[i].udp;
    return NULL;
}

bool sip_door_flow_stands(const struct sip_door *d, uint32_t flow)
{
    return flow && sip_conn_of_flow(d, flow) != NULL;
}

struct sip_hop sip_door_hop_of(const struct sip_door *d, const struct contact *c)
{
    struct sip_hop hop;

    if (c->from.transport != SIP_TRANSPORT_UDP && sip_door_flow_stands(d, c->from.flow))
        return c->from;
    hop = c->direct ? c->to : c->from;
    if (hop.transport == SIP_TRANSPORT_UDP && c->from.transport == SIP_TRANSPORT_UDP)
        hop.flow = c->from.flow;
    return hop;
}

/* Is there a better flow to the same phone than c? */
static bool is_second_choice(const struct sip_door *d, const struct account *a,
                             const struct contact *c)
{
    bool stands = sip_door_flow_stands(d, c->from.flow), older = true;

    LIST_EACH (struct contact, other, &a->contacts, node) {
        if (other == c)
            older = false; /* those behind it came later */
        else if (other->c.reg_id && span_eq(other->c.instance, c->c.instance)) {
            bool it_stands = sip_door_flow_stands(d, other->from.flow);

            if (it_stands != stands ? it_stands : !older)
                return true;
        }
    }
    return false;
}

bool sip_door_takes(const struct sip_door *d, const struct account *a, const struct contact *c,
                    struct span method)
{
    return sip_contact_allows(&c->c, method) && !(c->c.reg_id && is_second_choice(d, a, c));
}

void sip_door_ride(struct sip_door *d, struct contact *c)
{
    struct sip_conn *conn = c->from.flow ? sip_conn_of_flow(d, c->from.flow) : NULL;

    if (conn && conn->ws)
        list_append(&conn->riders, &c->of_flow);
}

static void send_stream(struct sip_door *d, const struct sip_output *out)
{
    struct sip_conn *c = sip_conn_for(d, &out->hop);

    if (c && sip_conn_send(c, out->bytes))
        return;
    if (out->id)
        sip_core_send_failed(d->w->sip, out->id, d->w->now);
    if (c)
        sip_conn_close(c, "does not read what is sent to it", true);
}

static void send_datagram(struct sip_door *d, const struct sip_output *out)
{
    struct udp *u = udp_for(d, &out->hop);

    if (!out->id && !sip_budget_reply(&d->budget, &out->hop, out->bytes.n, d->w->now)) {
        d->w->metrics.sip_flooded++;
        return;
    }
    if ((!u || !udp_send(u, &out->hop.addr, out->bytes)) && out->id)
        sip_core_send_failed(d->w->sip, out->id, d->w->now);
}

void sip_door_route(struct sip_door *d)
{
    struct sip_output out;

    while (sip_core_output(d->w->sip, &out)) {
        if (out.hop.transport == SIP_TRANSPORT_UDP)
            send_datagram(d, &out);
        else
            send_stream(d, &out);
    }
}

/* What this turn has for connections goes to the kernel in few calls. */
static void offer_many(struct sip_door *d)
{
    struct stream_out out[STREAM_OUT_MAX];
    struct sip_conn *of[STREAM_OUT_MAX];
    size_t n = 0;

    while (n < STREAM_OUT_MAX && !list_empty(&d->dirty)) {
        struct sip_conn *c = LIST_OF(d->dirty.next, struct sip_conn, dirty);

        list_remove(&c->dirty);
        out[n] = (struct stream_out){c->stream, sip_conn_waiting(c), 0};
        of[n] = c;
        n += out[n].bytes.n > 0;
    }
    stream_send_each(d->w->net, out, n);
    for (size_t i = 0; i < n; i++)
        sip_conn_took(of[i], out[i].taken);
}

void sip_door_flush(struct sip_door *d)
{
    do { /* what cannot be sent is an event, which may give more to send */
        d->has_output = false;
        sip_door_route(d);
        sip_door_pump(d);
    } while (d->has_output);
    while (!list_empty(&d->dirty))
        offer_many(d);
    sip_bounds_hold(d);
    d->strangers = 0;
    for (size_t i = 0; i < d->udp_count; i++)
        udp_flush(d->udp[i].udp);
}

/* ---- datagrams ---- */

void sip_door_trust(struct sip_door *d, const struct sip_hop *from)
{
    struct sip_conn *c = from->flow ? sip_conn_of_flow(d, from->flow) : NULL;

    if (c)
        c->trusted = true;
    sip_budget_trust(&d->budget, from, SIP_WHO_PHONE, d->w->now + SIP_TRUST_MS);
}

/* Before anything of it is read. */
static bool may_come(struct sip_door *d, const struct sip_hop *from, size_t octets)
{
    uint64_t now = d->w->now;
    bool limited;

    if (!sip_budget_trusts(&d->budget, from, now)) {
        if (peers_send_from(d->w->peers, from, &limited))
            sip_budget_trust(&d->budget, from, limited ? SIP_WHO_PEER : SIP_WHO_UNLIMITED,
                             now + SIP_TRUST_PEER_MS);
        else if (d->strangers++ >= SIP_STRANGERS_A_TURN)
            return false;
    }
    return sip_budget_datagram(&d->budget, from, octets, now);
}

static void on_datagram(void *ctx, const struct sip_addr *from, struct span in)
{
    const struct sip_datagrams *at = ctx;
    struct sip_door *d = at->door;
    struct sip_hop hop = {.transport = SIP_TRANSPORT_UDP,
                          .addr = *from,
                          .flow = SIP_FLOW_UDP + (uint32_t)(at - d->udp)};

    worker_begin(d->w);
    if (!may_come(d, &hop, in.n)) {
        d->w->metrics.sip_flooded++;
        return;
    }
    if (in.n <= 4 && span_trim(in).n == 0)
        return; /* a keep-alive: no answer over UDP (RFC 5626 4.4.1) */
    sip_core_input(d->w->sip, &hop, in, d->w->now);
    sip_door_pump(d);
    sip_door_route(d);
}

static void on_unreachable(void *ctx, const struct sip_addr *to)
{
    struct sip_door *d = ((const struct sip_datagrams *)ctx)->door;
    struct sip_hop hop = {.transport = SIP_TRANSPORT_UDP, .addr = *to};

    sip_core_hop_failed(d->w->sip, &hop, SIP_BY_TRANSPORT, d->w->now);
    sip_door_pump(d);
}

/* ---- opening ---- */

enum err sip_door_new(struct worker *w, const struct sip_handler *on, struct sip_door **out)
{
    struct sip_door *d = calloc(1, sizeof *d);

    *out = d;
    if (!d)
        return ERR_NOMEM;
    d->w = w;
    d->on = *on;
    table_init(&d->by_flow);
    sip_ends_init(&d->ends);
    sip_budget_init(&d->budget);
    list_init(&d->half);
    list_init(&d->deaf);
    list_init(&d->conns);
    list_init(&d->dirty);
    return OK;
}

static enum err cannot_listen(struct buf *why, const char *key, const char *at, const char *words)
{
    buf_fmt(why, "%s: cannot listen on %s: %s; stop what uses it, or choose another", key, at,
            words);
    return ERR_IO;
}

static enum err open_udp(struct sip_door *d, const struct conf_addresses *at, struct buf *why)
{
    const char *words = "";
    struct sip_addr a;

    for (size_t i = 0; i < at->n; i++) {
        net_from_sockaddr(&at->at[i].at.sa, &a);
        d->udp[i].door = d;
        if (udp_open(d->w->net, &a, &(struct udp_handler){&d->udp[i], on_datagram, on_unreachable},
                     &d->udp[i].udp, &words))
            return cannot_listen(why, "sip.udp", at->at[i].text, words);
        d->udp_count = i + 1;
    }
    return OK;
}

/* `key` is what the configuration calls it. */
static enum err open_kind(struct sip_door *d, const struct sip_kind *kind, const char *key,
                          const struct conf_addresses *at, struct buf *why)
{
    const char *words = "";
    struct sip_addr a;

    for (size_t i = 0; i < at->n; i++) {
        struct sip_listener *l = &d->listeners[d->listener_count];

        *l = (struct sip_listener){.door = d, .kind = kind};
        net_from_sockaddr(&at->at[i].at.sa, &a);
        if (listener_open(d->w->net, &a, sip_conn_accepted, l, &l->at, &words))
            return cannot_listen(why, key, at->at[i].text, words);
        d->listener_count++;
    }
    return OK;
}

enum err sip_door_open(struct sip_door *d, struct buf *why)
{
    enum err e = open_udp(d, &d->w->conf->sip.udp, why);

    if (!e)
        e = open_kind(d, &sip_kind_tcp, "sip.tcp", &d->w->conf->sip.tcp, why);
    if (!e)
        e = open_kind(d, &sip_kind_tls, "sip.tls", &d->w->conf->sip.tls, why);
    if (!e)
        e = open_kind(d, &sip_kind_ws, "sip.ws", &d->w->conf->sip.ws, why);
    if (!e)
        e = open_kind(d, &sip_kind_wss, "sip.wss", &d->w->conf->sip.wss, why);
    return e;
}

void sip_door_close_listeners(struct sip_door *d)
{
    for (size_t i = 0; i < d->listener_count; i++)
        listener_close(&d->listeners[i].at);
}

void sip_door_free(struct sip_door *d)
{
    if (!d)
        return;
    sip_door_close_listeners(d);
    LIST_EACH (struct sip_conn, c, &d->conns, of_door)
        sip_conn_close(c, "the gateway stops", false);
    for (size_t i = 0; i < d->udp_count; i++)
        udp_close(&d->udp[i].udp);
    table_fini(&d->by_flow);
    sip_ends_fini(&d->ends);
    sip_budget_fini(&d->budget);
    free(d);
}
