#include "gateway/flow/lane.h"

#include <stdlib.h>

#include "gateway/door/sip.h"
#include "gateway/people/asker.h"
#include "gateway/flow/receipt_wait.h"
#include "gateway/flow/taste.h"
#include "gateway/peer/way.h"
#include "mapping/message_sip.h"

/* One target: a contact's URI, or a foreign user's. */
struct lane {
    struct span key; /* the Request-URI; behind the struct */
    struct list waiting; /* struct attempt; the first is under way */
    size_t count;
};

enum { ATTEMPT_ID = 24 }; /* characters: 120 bits */

/* One message to one target. */
struct attempt {
    struct asker asker; /* first */
    struct list node;
    struct lane *box;
    struct flight *flight;
    struct way way;     /* to a domain, or to a phone whose Contact is a name */
    struct sip_hop hop;
    bool is_phone;
    bool asks, begun;   /* the way is to be looked up first; that was begun */
    char call_id[ATTEMPT_ID], tag[ATTEMPT_ID]; /* of the part: they stay from server to server */
    uint64_t request;   /* the core's id; 0: not sent yet */
    struct span uri;    /* the Request-URI: the box's key, or where a redirection led; in `arena` */
    struct span route_set; /* Path of a phone's registration (RFC 3327); in `arena`; may be empty */
    unsigned redirected;
    bool cpim; /* in message/cpim, with receipts asked for by imdn_id (RFC 5438) */
    char imdn_id[RECEIPT_ID];
    bool aims;            /* at another URI, which is to be looked up */
    bool smaller, afresh; /* tried again: in smaller parts after 413, as a new request after 481 */
    unsigned part, parts;
    struct fit_part *cut; /* where it was too long; NULL: one part, the whole text */
    struct span text;     /* as it is cut: with the auto-reply prefix; in `arena` or the flight's */
    struct arena arena;
};

struct lanes {
    struct table by_key;
    struct tastes *tastes;
    void (*peer_is_up)(struct worker *w, struct span domain);
};

struct lanes *lanes_new(void (*peer_is_up)(struct worker *w, struct span domain))
{
    struct lanes *o = calloc(1, sizeof *o);

    if (!o)
        return NULL;
    table_init(&o->by_key);
    o->peer_is_up = peer_is_up;
    o->tastes = tastes_new();
    if (!o->tastes) {
        free(o);
        return NULL;
    }
    return o;
}

static void attempt_free(struct attempt *at)
{
    list_remove(&at->node);
    way_fini(&at->way);
    free(at->cut);
    arena_fini(&at->arena);
    free(at);
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
    tastes_free(o->tastes);
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

/* ---- one request ---- */

static void fill_request(struct attempt *at, struct buf *uris, struct buf *headers, struct sip_request *r)
{
    struct worker *w = at->flight->w;
    const struct message *m = &at->flight->m;
    size_t split;

    address_to_sip_uri(uris, &m->from);
    split = uris->n;
    address_to_sip_uri(uris, &m->to);
    message_sip_headers(headers, m, w->unix_now);
    *r = (struct sip_request){.method = SIP_MESSAGE,
                              .uri = at->uri,
                              .route = at->route_set,
                              .from_uri = span_of(uris->p, split),
                              .to_uri = span_skip(buf_span(uris), split),
                              .from_display = m->friendly,
                              .call_id = span_of(at->call_id, sizeof at->call_id),
                              .from_tag = span_of(at->tag, sizeof at->tag),
                              .headers = buf_span(headers),
                              .date = m->sent, /* M-713: a stored message keeps its own */
                              .content_type =
                                  span_str(at->cpim ? MESSAGE_TYPE_CPIM : MESSAGE_TYPE_TEXT),
                              .hop = at->hop};
}

/* One part, or all of it, as it is sent. */
static void put_body(struct attempt *at, struct buf *body, const struct fit_part *part)
{
    const struct message *m = &at->flight->m;
    struct buf from = {0}, to = {0};

    if (!at->cpim) {
        fit_sip_body(body, part);
        return;
    }
    address_to_im_uri(&from, &m->from);
    address_to_im_uri(&to, &m->to);
    (void)message_sip_write(body, m, part,
                            &(struct sip_writer){.cpim = true,
                                                 .imdn_id = span_of(at->imdn_id, RECEIPT_ID),
                                                 .from_uri = buf_span(&from),
                                                 .to_uri = buf_span(&to)});
    body->bad = body->bad || !buf_ok(&from) || !buf_ok(&to);
    buf_fini(&from);
    buf_fini(&to);
}

/* Finds out whether it fits, and cuts it where not (mapping 3.8). False: it cannot be sent at all. */
static bool plan(struct attempt *at, const struct sip_request *r)
{
    struct worker *w = at->flight->w;
    struct sip_request with_body = *r;
    struct buf one = {0};
    size_t budget;

    if (at->parts)
        return true;
    at->text = message_sip_text(&at->flight->m, &at->arena);
    put_body(at, &one,
             &(struct fit_part){.text = SPAN("x"), .i = 1, .n = 1}); /* what is around it counts */
    with_body.body = buf_span(&one);
    budget = buf_ok(&one) ? fit_sip_budget(sip_core_measure(w->sip, &with_body) - 1, false) : 0;
    buf_fini(&one);
    if (at->smaller)
        budget = at->text.n / 2 < budget / 2 ? at->text.n / 2 : budget / 2;
    at->parts = 1;
    if (at->text.n + at->text.n / 8 <= budget && at->text.n < budget)
        return true;
    at->cut = calloc(FIT_PARTS_MAX, sizeof *at->cut);
    return at->cut && fit_sip(at->text, budget, at->cut, &at->parts) == OK;
}

static void finish(struct attempt *at, bool ok, enum outcome why);

/* The same request to the next server differs in its branch only (S-197: RFC 3263 4.3). */
static void begin_part(struct attempt *at)
{
    struct worker *w = at->flight->w;

    rng_token(&w->rng, at->call_id, sizeof at->call_id);
    rng_token(&w->rng, at->tag, sizeof at->tag);
}

static void send_part(struct attempt *at)
{
    struct worker *w = at->flight->w;
    struct buf uris = {0}, headers = {0}, body = {0};
    struct fit_part whole;
    struct sip_request r;
    enum outcome why = OUTCOME_INTERNAL;

    fill_request(at, &uris, &headers, &r);
    at->request = 0;
    if (!plan(at, &r)) {
        why = OUTCOME_TOO_LONG;
    } else {
        whole = (struct fit_part){.text = at->text, .i = 1, .n = 1};
        put_body(at, &body, at->cut ? &at->cut[at->part] : &whole);
        r.body = buf_span(&body);
        if (buf_ok(&body) && buf_ok(&uris) && buf_ok(&headers))
            at->request = sip_core_send(w->sip, &r, (uintptr_t)&at->asker, w->now);
    }
    buf_fini(&uris);
    buf_fini(&headers);
    buf_fini(&body);
    if (at->request)
        way_note_sent(w, &at->way);
    else
        finish(at, false, why);
}

/* ---- where to ---- */

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

/* It is the first of its lane. */
static void start(struct attempt *at)
{
    struct worker *w = at->flight->w;
    const struct message *m = &at->flight->m;
    enum sip_scheme as = at->flight->origin.by_sip_uri ? SIP_SCHEME_SIP : SIP_SCHEME_IM;
    enum locate_state s;

    if (!at->is_phone && links_is_down(w, m->to.host)) { /* M-655 */
        finish(at, false, OUTCOME_LINK_DOWN);
        return;
    }
    begin_part(at);
    if (!at->asks) {
        send_part(at);
        return;
    }
    s = at->is_phone ? way_to_uri(w, &at->way, at->box->key, on_located, at)
                     : way_to_domain(w, &at->way, as, m->to.host, on_located, at);
    if (s != LOCATE_ASKING)
        on_located(at);
}

static void next_of(struct worker *w, struct lane *b)
{
    while (b->count > 0) {
        struct attempt *at = LIST_OF(b->waiting.next, struct attempt, node);
        struct flight *f = at->flight;

        if (!f->over) {
            start(at);
            return;
        }
        b->count--;
        (void)list_pop(&b->waiting);
        attempt_free(at);
        flight_fail(f, f->failure);
    }
    box_free(w->lanes, b);
}

static void finish(struct attempt *at, bool ok, enum outcome why)
{
    struct flight *f = at->flight;
    struct worker *w = f->w;
    struct lane *b = at->box;

    b->count--;
    attempt_free(at);
    if (ok)
        flight_confirm(f);
    else
        flight_fail(f, why);
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

enum { REDIRECTIONS_MAX = 5, SMALLER_MIN = 64 /* octets of text that are worth cutting */ };

/* 3xx: the Contact with the highest q that is not what was just tried. */
static bool follow(struct attempt *at, const struct sip_msg *m)
{
    struct sip_each each = sip_each(m, SIP_HDR_CONTACT);
    struct sip_contact_value v;
    struct span best = {0};
    int q = -1;

    while (sip_contact_next(&each, &v)) {
        if (!v.star && v.q > q && !span_eq(v.addr.uri, at->uri)) {
            best = v.addr.uri;
            q = v.q;
        }
    }
    if (q < 0 || at->redirected++ == REDIRECTIONS_MAX)
        return false;
    at->uri = arena_copy(&at->arena, best);
    return true;
}

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
    case IM_FOLLOW: return !at->is_phone && follow(at, ev->msg) && aim_at_uri(at);
    case IM_SPLIT:
        if (at->smaller || at->parts > 1 || at->text.n < SMALLER_MIN ||
            ev->retry_after) /* S-043: it is their trouble of the moment (RFC 3261 21.4.11) */
            return false;
        at->smaller = true;
        at->parts = 0;
        return true;
    case IM_PLAIN:
        if (!at->cpim)
            return false;
        taste_note_plain(at->flight->w->lanes->tastes, at->uri, at->flight->w->now);
        at->cpim = false;
        at->parts = 0;
        free(at->cut);
        at->cut = NULL;
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

    begin_part(at);
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

/* What broke after it was written may have arrived: whoever waits is told so, and what is stored is sent again. */
static enum outcome outcome_of(const struct attempt *at, const struct sip_core_event *ev)
{
    bool stored = at->flight->origin.kind == ORIGIN_STORE;

    if (ev->cause == SIP_BY_TIMEOUT || (ev->cause == SIP_BY_BREAK && !at->is_phone && !stored))
        return OUTCOME_TIMEOUT;
    if (ev->cause != SIP_BY_PEER)
        return at->is_phone                                            ? OUTCOME_OFFLINE
               : way_mistrust(at->flight->w, &at->way) ? OUTCOME_TLS_FAILED
                                                                       : OUTCOME_CONNECT_FAILED;
    return outcome_from_sip((unsigned)ev->status).outcome;
}

static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct attempt *at = (struct attempt *)(void *)a;
    bool untouched = ev->cause == SIP_BY_TRANSPORT || (ev->cause == SIP_BY_PEER && ev->status == 503);

    (void)w;
    note_way(at, ev);
    if (ev->status >= 200 && ev->status < 300) {
        if (++at->part < at->parts) {
            begin_part(at);
            send_part(at);
        } else {
            finish(at, true, OUTCOME_DELIVERED);
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

    at->cpim = f->m.ask_receipts && !taste_is_plain(f->w->lanes->tastes, at->uri, f->w->now) &&
               receipt_wait_for(f->w, &f->m, at->imdn_id);
}

static struct attempt *attempt_new(struct flight *f, struct span uri)
{
    struct lane *b = box_get(f->w->lanes, uri);
    struct attempt *at;

    if (!b)
        return NULL;
    at = b->count < LANE_MAX ? calloc(1, sizeof *at) : NULL;
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

void lane_each_sender(const struct lanes *o, struct span domain, void (*on)(void *ctx, const struct address *from),
                      void *ctx)
{
    const struct lane *b;
    size_t at = 0;

    while ((b = table_next(&o->by_key, &at)))
        LIST_EACH (struct attempt, a, &b->waiting, node)
            if (!a->is_phone && span_eq(a->flight->m.to.host, domain))
                on(ctx, &a->flight->m.from);
}
