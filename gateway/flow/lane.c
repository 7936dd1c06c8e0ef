#include "gateway/flow/lane.h"

#include <stdlib.h>

#include "gateway/door/sip.h"
#include "gateway/flow/attempt.h"
#include "gateway/flow/taste.h"
#include "gateway/flow/thread.h"

/* One target: a contact's URI, or a foreign user's. */
struct lane {
    struct span key;     /* the Request-URI; behind the struct */
    struct list waiting; /* struct attempt; the first is under way */
    size_t count, stored; /* all, and how many of them came out of the store */
};

struct lanes {
    struct table by_key;
    struct threads *threads;
    void (*peer_is_up)(struct worker *w, struct span domain);
};

struct lanes *lanes_new(void (*peer_is_up)(struct worker *w, struct span domain))
{
    struct lanes *o = calloc(1, sizeof *o);

    if (!o)
        return NULL;
    table_init(&o->by_key);
    o->peer_is_up = peer_is_up;
    o->threads = threads_new();
    if (!o->threads) {
        lanes_free(o);
        return NULL;
    }
    return o;
}

static void box_free(struct lanes *o, struct lane *b)
{
    table_remove(&o->by_key, b->key);
    free(b);
}

void lanes_free(struct lanes *o)
{
    size_t at = 0;

    if (!o)
        return;
    for (struct lane *b = NULL; (b = table_next(&o->by_key, &at));) {
        LIST_EACH (struct attempt, a, &b->waiting, node)
            attempt_free(a);
        free(b);
    }
    table_fini(&o->by_key);
    threads_free(o->threads);
    free(o);
}

static struct lane *box_get(struct lanes *o, struct span key)
{
    struct lane *b = table_find(&o->by_key, key);

    if (b)
        return b;
    b = calloc(1, sizeof *b + key.n);
    if (!b)
        return NULL;
    b->key = span_behind(b + 1, key);
    list_init(&b->waiting);
    if (table_add(&o->by_key, b->key, b)) {
        free(b);
        return NULL;
    }
    return b;
}

/* ---- where to ---- */

static void finish(struct attempt *at, bool ok, enum outcome how);

static void send_part(struct attempt *at)
{
    enum outcome why;

    if (attempt_send(at, &why))
        way_note_sent(at->flight->w, &at->way);
    else
        finish(at, false, why);
}

/* A phone behind a NAT names a host that only it knows: then where it sent from is where it is. */
static bool next_hop(struct attempt *at)
{
    struct worker *w = at->flight->w;

    if (!way_next(w, &at->way))
        return false;
    at->hop = sip_door_race(w->sip_door, &at->way.hop, &at->way.beside);
    return true;
}

static void on_located(void *ctx)
{
    struct attempt *at = ctx;

    if (next_hop(at) || at->is_phone) /* a phone: else as it is, where its REGISTER came from */
        send_part(at);
    else
        finish(at, false, way_no_place(&at->way));
}

/* What the peer is configured to get, and what it said that it likes. */
static void take_switches(struct attempt *at)
{
    struct worker *w = at->flight->w;

    if (at->is_phone)
        return;
    at->as = peer_switches(at->way.peer);
    at->cpim |= at->as->cpim && !taste_is_plain(w, at->box->key);
    at->html = at->flight->m.html.n > 0 && taste_likes_html(w, at->as->html, at->box->key);
}

/* It is the first of its lane. */
static void start(struct attempt *at)
{
    struct worker *w = at->flight->w;
    const struct message *m = &at->flight->m;
    enum sip_scheme as = at->flight->origin.by_sip_uri ? SIP_SCHEME_SIP : SIP_SCHEME_IM;
    enum locate_state s;

    if (!at->is_phone && links_is_shut(w, m->to.host)) { /* M-655 */
        finish(at, false, OUTCOME_LINK_DOWN);
        return;
    }
    if (!at->asks) {
        attempt_begin(at);
        send_part(at);
        return;
    }
    s = at->is_phone ? way_to_uri(w, &at->way, at->box->key, on_located, at)
                     : way_to_domain(w, &at->way, as, m->to.host, on_located, at);
    take_switches(at);
    attempt_begin(at);
    if (s != LOCATE_ASKING)
        on_located(at);
}

static bool is_stored(const struct flight *f)
{
    return f->origin.kind == ORIGIN_STORE;
}

/* It leaves its lane. Its place stays taken until its flight has heard: what is sent because of
 * that to the same target waits there. */
static void drop(struct attempt *at, bool ok, enum outcome how)
{
    struct lane *b = at->box;
    struct flight *f = at->flight;
    bool stored = is_stored(f);

    attempt_free(at);
    if (ok)
        flight_confirm(f, how);
    else
        flight_fail(f, how);
    b->count--;
    b->stored -= stored;
}

static void next_of(struct worker *w, struct lane *b)
{
    while (b->count > 0) {
        struct attempt *at = LIST_OF(b->waiting.next, struct attempt, node);

        if (!at->flight->over) {
            start(at);
            return;
        }
        drop(at, false, at->flight->failure);
    }
    box_free(w->lanes, b);
}

static void finish(struct attempt *at, bool ok, enum outcome how)
{
    struct worker *w = at->flight->w;
    struct lane *b = at->box;

    drop(at, ok, how);
    next_of(w, b);
}

/* Nothing can have arrived (refused, or 503): the next server. */
static bool go_elsewhere(struct attempt *at)
{
    if (!at->asks || !next_hop(at))
        return false;
    send_part(at);
    return true;
}

/* ---- another try, each kind once (RFC 3261 8.1.3) ---- */

/* Where it may be sent: the peer that redirects sends on itself; another one is asked by its own
 * route, and whoever is none by DNS. */
static bool aim_at_uri(struct attempt *at)
{
    struct worker *w = at->flight->w;
    struct sip_uri u;
    struct peer *other;

    if (!arena_ok(&at->arena) || !sip_uri_parse(at->uri, &u) || u.scheme != SIP_SCHEME_SIP)
        return false;
    other = peer_find(w->peers, u.host);
    if (at->way.peer && (!other || other == at->way.peer))
        return true;
    way_fini(&at->way);
    at->way.peer = other;
    at->aims = !other;
    return at->aims || next_hop(at);
}

/* Changes what is to be sent; false: another try is no use. */
static bool may_try_again(struct attempt *at, const struct sip_core_event *ev)
{
    if (ev->cause != SIP_BY_PEER || at->part > 0)
        return false;
    switch (outcome_from_sip((unsigned)ev->status).retry) {
    case IM_FOLLOW: return !at->is_phone && attempt_follow(at, ev->msg) && aim_at_uri(at);
    case IM_SPLIT: /* S-043: else it is their trouble of the moment (RFC 3261 21.4.11) */
        return !ev->retry_after && attempt_cut_smaller(at);
    case IM_PLAIN:
        if (!at->cpim && !at->html)
            return false;
        taste_note_plain(at->flight->w, at->box->key);
        attempt_make_plain(at);
        return true;
    case IM_FRESH:
        if (at->afresh)
            return false;
        at->afresh = true;
        return true;
    default: return false;
    }
}

/* As a request of its own. */
static void try_again(struct attempt *at)
{
    struct worker *w = at->flight->w;

    attempt_begin(at);
    if (!at->aims) {
        send_part(at);
        return;
    }
    at->aims = false;
    if (way_to_uri(w, &at->way, at->uri, on_located, at) != LOCATE_ASKING)
        on_located(at);
}

static void note_way(struct attempt *at, const struct sip_core_event *ev)
{
    struct worker *w = at->flight->w;

    if (!at->asks)
        return;
    way_note(w, &at->way, ev);
    if (!at->is_phone && ev->cause == SIP_BY_PEER && ev->status != 503)
        w->lanes->peer_is_up(w, at->flight->m.to.host);
}

/* What broke after it was written may have arrived: whoever waits is told so, and what is stored is
 * sent again. */
static enum outcome outcome_of(const struct attempt *at, const struct sip_core_event *ev)
{
    bool stored = is_stored(at->flight);

    if (ev->cause == SIP_BY_TIMEOUT || (ev->cause == SIP_BY_BREAK && !at->is_phone && !stored))
        return OUTCOME_TIMEOUT;
    if (ev->cause != SIP_BY_PEER)
        return at->is_phone                            ? OUTCOME_OFFLINE
               : way_mistrust(at->flight->w, &at->way) ? OUTCOME_TLS_FAILED
                                                       : OUTCOME_CONNECT_FAILED;
    return outcome_from_sip((unsigned)ev->status).outcome;
}

static void note_thread(struct attempt *at, const struct sip_core_event *ev)
{
    struct worker *w = at->flight->w;

    if (ev->status < 300)
        thread_learn(w->lanes->threads, at->call_id, ev->msg, w->now);
    else
        thread_forget(w->lanes->threads, at->call_id);
}

static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct attempt *at = (struct attempt *)(void *)a;
    bool untouched =
        ev->cause == SIP_BY_TRANSPORT || (ev->cause == SIP_BY_PEER && ev->status == 503) ||
        (ev->cause != SIP_BY_PEER && at->as->failover == CONF_FAILOVER_ALWAYS); /* S-198 */

    note_way(at, ev);
    if (at->as->draft_im00)
        note_thread(at, ev);
    if (ev->status >= 200 && ev->status < 300) {
        taste_hear(w, at->box->key, ev->msg);
        if (++at->part < at->parts) {
            attempt_begin(at);
            send_part(at);
        } else {
            finish(at, true,
                   ev->status == 200 || at->is_phone ? OUTCOME_DELIVERED : OUTCOME_STORED);
        }
    } else if (may_try_again(at, ev)) {
        try_again(at);
    } else if (at->part > 0 || !untouched || !go_elsewhere(at)) {
        finish(at, false, outcome_of(at, ev));
    }
}

/* Receipts are asked for where the sender wants them and the target has not said that it takes no
 * message/cpim. */
static void choose_form(struct attempt *at)
{
    struct flight *f = at->flight;

    at->asks_receipts = f->m.ask_receipts &&
                        !taste_is_plain(f->w, at->uri) &&
                        receipt_wait_for(f->w, &f->m, at->imdn_id);
    at->cpim = at->asks_receipts;
    at->as = peer_switches(NULL);
    at->home = at->box->key;
    at->threads = f->w->lanes->threads;
    at->path = arena_copy(&at->arena, f->origin.crossing.path);
}

static bool has_room(const struct lane *b, const struct flight *f)
{
    return is_stored(f) ? b->stored < LANE_STORED_MAX : b->count - b->stored < LANE_MAX;
}

static struct attempt *attempt_new(struct flight *f, struct span uri)
{
    struct lane *b = box_get(f->w->lanes, uri);
    struct attempt *at;

    if (!b)
        return NULL;
    at = has_room(b, f) ? calloc(1, sizeof *at) : NULL;
    if (!at) {
        if (b->count == 0)
            box_free(f->w->lanes, b);
        return NULL;
    }
    at->asker.answered = on_answer;
    at->box = b;
    at->uri = b->key;
    at->flight = f;
    list_append(&b->waiting, &at->node);
    b->count++;
    b->stored += is_stored(f);
    f->open++;
    choose_form(at);
    return at;
}

/* Its URI has a name for a host. */
static bool is_named(struct span uri)
{
    struct sip_uri u;

    return sip_uri_parse(uri, &u) && u.ip.family == 0;
}

bool lane_to_contact(struct flight *f, const struct contact *c)
{
    struct attempt *at = attempt_new(f, c->c.uri);

    if (!at)
        return false;
    at->is_phone = true;
    at->html = f->m.html.n > 0 && taste_phone_likes_html(f->w, c);
    at->route_set = arena_copy(&at->arena, c->c.path);
    at->hop = sip_door_hop_of(f->w->sip_door, c);
    at->asks = at->hop.transport != SIP_TRANSPORT_UDP &&
               !sip_door_flow_stands(f->w->sip_door, at->hop.flow) && is_named(c->c.uri);
    if (at->box->count == 1)
        start(at);
    return true;
}

bool lane_to_domain(struct flight *f)
{
    struct attempt *at;
    struct buf uri = {0};

    address_to_sip_uri(&uri, &f->m.to);
    at = buf_ok(&uri) ? attempt_new(f, buf_span(&uri)) : NULL;
    buf_fini(&uri);
    if (!at)
        return false;
    at->asks = true;
    if (at->box->count == 1)
        start(at);
    return true;
}

bool lane_is_busy(const struct lanes *o, struct span uri)
{
    return table_find(&o->by_key, uri) != NULL;
}

bool lane_next(const struct lanes *o, size_t *at, struct lane_state *out)
{
    const struct lane *b = table_next(&o->by_key, at);

    if (!b)
        return false;
    *out = (struct lane_state){b->key, b->count};
    return true;
}

void lane_each_sender(const struct lanes *o, struct span domain,
                      void (*on)(void *ctx, const struct address *from), void *ctx)
{
    const struct lane *b;
    size_t at = 0;

    while ((b = table_next(&o->by_key, &at)))
        LIST_EACH (struct attempt, a, &b->waiting, node)
            if (!a->is_phone && span_eq(a->flight->m.to.host, domain))
                on(ctx, &a->flight->m.from);
}
