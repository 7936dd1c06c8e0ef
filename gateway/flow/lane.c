#include "gateway/flow/lane.h"

#include <stdlib.h>

#include "gateway/door/sip.h"
#include "gateway/flow/asker.h"
#include "gateway/flow/receipt_wait.h"
#include "gateway/flow/taste.h"
#include "gateway/peer/peers.h"
#include "mapping/message_sip.h"

/* One target: a contact's URI, or a foreign user's. */
struct lane {
    struct span key; /* the Request-URI; behind the struct */
    struct list waiting; /* struct attempt; the first is under way */
    size_t count;
};

/* One message to one target. */
struct attempt {
    struct asker asker; /* first */
    struct list node;
    struct lane *box;
    struct flight *flight;
    struct sip_hop hop;
    struct peer *peer;  /* NULL: a phone */
    size_t route;
    unsigned tried;     /* a bit for each route of the peer that failed */
    uint64_t request;   /* the core's id; 0: not sent yet */
    struct span uri;    /* the Request-URI: the box's key, or where a redirection led; in `arena` */
    struct span route_set; /* Path of a phone's registration (RFC 3327); in `arena`; may be empty */
    unsigned redirected;
    bool cpim; /* in message/cpim, with receipts asked for by imdn_id (RFC 5438) */
    char imdn_id[RECEIPT_ID];
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
    if (at->request) {
        if (at->peer)
            peer_count_sent(at->peer);
    } else {
        finish(at, false, why);
    }
}

static void next_of(struct worker *w, struct lane *b)
{
    while (b->count > 0) {
        struct attempt *at = LIST_OF(b->waiting.next, struct attempt, node);
        struct flight *f = at->flight;

        if (!f->over) {
            send_part(at);
            return;
        }
        b->count--;
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

/* Nothing can have arrived (refused, or 503): the peer's next route. */
static bool go_elsewhere(struct attempt *at)
{
    struct worker *w = at->flight->w;

    if (!at->peer)
        return false;
    at->tried |= at->route < 32 ? 1U << at->route : 0;
    if (!peer_route(at->peer, at->tried, w->now, &at->hop, &at->route))
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
 * route. */
static bool aim_at_uri(struct attempt *at)
{
    struct worker *w = at->flight->w;
    struct sip_uri u;
    struct peer *other;

    if (!arena_ok(&at->arena) || !sip_uri_parse(at->uri, &u) || u.scheme != SIP_SCHEME_SIP)
        return false;
    other = peer_find(w->peers, u.host);
    if (!other || other == at->peer)
        return true;
    at->peer = other;
    at->tried = 0;
    return peer_route(other, 0, w->now, &at->hop, &at->route);
}

/* Changes what is to be sent; false: another try is no use. */
static bool may_try_again(struct attempt *at, const struct sip_core_event *ev)
{
    if (ev->cause != SIP_BY_PEER || at->part > 0)
        return false;
    switch (outcome_from_sip((unsigned)ev->status).retry) {
    case IM_FOLLOW: return at->peer && follow(at, ev->msg) && aim_at_uri(at);
    case IM_SPLIT:
        if (at->smaller || at->parts > 1 || at->text.n < SMALLER_MIN)
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

/* Why the certificate was not believed, theirs or ours; NULL: it was, or there is none. */
static const char *mistrust(const struct attempt *at)
{
    return domains_why(peers_domains(at->flight->w->peers), at->hop.domain);
}

static void note_route(struct attempt *at, const struct sip_core_event *ev)
{
    struct worker *w = at->flight->w;

    if (!at->peer)
        return;
    if (ev->cause == SIP_BY_PEER) {
        peer_answered(at->peer, at->route, w->now);
        if (ev->status == 503 && ev->retry_after)
            peer_rest(at->peer, at->route, w->now + ev->retry_after * 1000ULL);
        if (ev->status != 503)
            w->lanes->peer_is_up(w, peer_domain(at->peer));
    } else {
        peer_failed(at->peer, at->route, w->now,
                    ev->cause == SIP_BY_TIMEOUT ? "no answer"
                    : mistrust(at)              ? mistrust(at)
                                                : "cannot be reached");
    }
}

static enum outcome outcome_of(const struct attempt *at, const struct sip_core_event *ev)
{
    if (ev->cause == SIP_BY_TIMEOUT)
        return OUTCOME_TIMEOUT;
    if (ev->cause == SIP_BY_TRANSPORT)
        return !at->peer      ? OUTCOME_OFFLINE
               : mistrust(at) ? OUTCOME_TLS_FAILED
                              : OUTCOME_CONNECT_FAILED;
    return outcome_from_sip((unsigned)ev->status).outcome;
}

static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct attempt *at = (struct attempt *)(void *)a;

    (void)w;
    note_route(at, ev);
    if (ev->status >= 200 && ev->status < 300) {
        if (++at->part < at->parts)
            send_part(at);
        else
            finish(at, true, OUTCOME_DELIVERED);
    } else if (may_try_again(at, ev)) {
        send_part(at);
    } else if (at->part > 0 || (ev->status != 503 && ev->cause != SIP_BY_TRANSPORT) ||
               !go_elsewhere(at)) {
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

bool lane_to_contact(struct flight *f, const struct contact *c)
{
    struct attempt *at = attempt_new(f, c->c.uri);

    if (!at)
        return false;
    at->route_set = arena_copy(&at->arena, c->c.path);
    at->hop = sip_door_hop_of(f->w->sip_door, c);
    if (at->box->count == 1)
        send_part(at);
    return true;
}

enum outcome lane_to_peer(struct flight *f)
{
    struct peer *peer = peer_find(f->w->peers, f->m.to.host);
    struct attempt *at;
    struct buf uri = {0};

    if (!peer)
        return OUTCOME_PEER_REFUSED;
    address_to_sip_uri(&uri, &f->m.to);
    at = buf_ok(&uri) ? attempt_new(f, buf_span(&uri)) : NULL;
    buf_fini(&uri);
    if (!at)
        return OUTCOME_RATE;
    at->peer = peer;
    if (!peer_route(peer, 0, f->w->now, &at->hop, &at->route)) {
        at->box->count--;
        if (at->box->count == 0)
            box_free(f->w->lanes, at->box);
        attempt_free(at);
        f->open--;
        return OUTCOME_NO_ROUTE;
    }
    if (at->box->count == 1)
        send_part(at);
    return OUTCOME_DELIVERED;
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
