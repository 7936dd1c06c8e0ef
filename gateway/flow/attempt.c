#include "gateway/flow/attempt.h"

#include <stdlib.h>

#include "mapping/message_sip.h"

enum { REDIRECTIONS_MAX = 5, SMALLER_MIN = 64 /* octets of text that are worth cutting */ };

void attempt_free(struct attempt *at)
{
    list_remove(&at->node);
    way_fini(&at->way);
    free(at->cut);
    arena_fini(&at->arena);
    free(at);
}

/* As the peer wants its users named; what came by sips: goes on by it (S-151). */
static void put_uri(struct buf *out, const struct attempt *at, const struct address *a)
{
    if (at->as->scheme == CONF_SCHEME_SIPS)
        address_to_uri(out, URI_SIPS, a);
    else if ((at->as->draft_im00 || at->as->scheme == CONF_SCHEME_IM) && !at->flight->m.to.secure)
        address_to_uri(out, URI_IM, a);
    else
        address_to_sip_uri(out, a);
}

static void fill_request(struct attempt *at, struct buf *uris, struct buf *headers,
                         struct sip_request *r)
{
    struct worker *w = at->flight->w;
    const struct message *m = &at->flight->m;
    size_t split;

    put_uri(uris, at, &m->from);
    split = uris->n;
    put_uri(uris, at, &m->to);
    message_sip_headers(headers, m, w->unix_now);
    if (at->flight->origin.kind == ORIGIN_SIP)
        crossing_put(headers, w, at->path, at->is_phone ? at->flight->to : NULL);
    *r = (struct sip_request){.method = SIP_MESSAGE,
                              .uri = at->uri,
                              .route = at->route_set,
                              .from_uri = span_of(uris->p, split),
                              .to_uri = span_skip(buf_span(uris), split),
                              .from_display = m->friendly,
                              .call_id = span_of(at->call_id, sizeof at->call_id),
                              .from_tag = span_of(at->tag, sizeof at->tag),
                              .cseq = at->cseq,
                              .hops_used = at->flight->origin.crossing.used,
                              .headers = buf_span(headers),
                              .date = m->sent, /* M-713: a stored message keeps its own */
                              .hop = at->hop};
    if (!at->is_phone && !at->redirected && span_eq(at->uri, at->home))
        r->uri = r->to_uri;
}

/* One part, or all of it, as it is sent. */
static void put_body(struct attempt *at, struct buf *body, const struct fit_part *part,
                     struct span *type)
{
    const struct message *m = &at->flight->m;
    struct buf from = {0}, to = {0};

    if (!at->cpim && !at->html) {
        fit_sip_body(body, part);
        *type = SPAN(MESSAGE_TYPE_TEXT);
        return;
    }
    address_to_im_uri(&from, &m->from);
    address_to_im_uri(&to, &m->to);
    *type = span_str(message_sip_write(
        body, m, part,
        &(struct sip_writer){.cpim = at->cpim,
                             .html = at->html,
                             .imdn_id = span_of(at->imdn_id, at->asks_receipts ? RECEIPT_ID : 0),
                             .from_uri = buf_span(&from),
                             .to_uri = buf_span(&to)}));
    body->bad = body->bad || !buf_ok(&from) || !buf_ok(&to);
    buf_fini(&from);
    buf_fini(&to);
}

/* D-22: where every hop holds back by itself a long message may go in one piece, but not by
 * datagrams. */
static bool is_free_of_length(const struct attempt *at)
{
    return at->as->congestion_controlled && at->hop.transport != SIP_TRANSPORT_UDP;
}

/* HTML is not cut: what is too long goes as text. */
static bool fits_as_html(struct attempt *at, const struct sip_request *r)
{
    struct fit_part whole = {.text = at->text, .i = 1, .n = 1};
    size_t most = is_free_of_length(at) ? FIT_SIP_STREAM_MAX : SIP_UDP_MAX, size;
    struct sip_request with_body = *r;
    struct buf body = {0};

    put_body(at, &body, &whole, &with_body.content_type);
    with_body.body = buf_span(&body);
    size = buf_ok(&body) ? sip_core_measure(at->flight->w->sip, &with_body) : 0;
    buf_fini(&body);
    return size > 0 && size <= most;
}

/* Finds out whether it fits, and cuts it where not (mapping 3.8). False: it cannot be sent at all.
 */
static bool plan(struct attempt *at, const struct sip_request *r)
{
    struct worker *w = at->flight->w;
    struct sip_request with_body = *r;
    struct buf one = {0};
    size_t budget;

    if (at->parts)
        return true;
    at->text = message_sip_text(&at->flight->m, &at->arena);
    at->html = at->html && fits_as_html(at, r);
    if (at->html) {
        at->parts = 1;
        return true;
    }
    put_body(at, &one,
             &(struct fit_part){.text = SPAN("x"), .i = 1, .n = 1}, /* what is around it counts */
             &with_body.content_type);
    with_body.body = buf_span(&one);
    budget = buf_ok(&one)
                 ? fit_sip_budget(sip_core_measure(w->sip, &with_body) - 1, is_free_of_length(at))
                 : 0;
    buf_fini(&one);
    if (at->smaller)
        budget = at->text.n / 2 < budget / 2 ? at->text.n / 2 : budget / 2;
    at->parts = 1;
    if (at->text.n + at->text.n / 8 <= budget && at->text.n < budget)
        return true;
    at->cut = calloc(FIT_PARTS_MAX, sizeof *at->cut);
    return at->cut && fit_sip(at->text, budget, at->cut, &at->parts) == OK;
}

void attempt_begin(struct attempt *at)
{
    struct worker *w = at->flight->w;
    const struct message *m = &at->flight->m;
    struct span uri, route;

    if (!at->as->draft_im00) {
        rng_token(&w->rng, at->call_id, sizeof at->call_id);
        rng_token(&w->rng, at->tag, sizeof at->tag);
        return;
    }
    thread_ids(&m->from, &m->to, at->call_id, at->tag);
    at->cseq = thread_cseq(at->threads, w->unix_now);
    thread_way(at->threads, at->call_id, w->now, &uri, &route);
    at->route_set = arena_copy(&at->arena, route);
    if (!at->redirected)
        at->uri = uri.n ? arena_copy(&at->arena, uri) : at->home;
}

bool attempt_send(struct attempt *at, enum outcome *why)
{
    struct worker *w = at->flight->w;
    struct buf uris = {0}, headers = {0}, body = {0};
    struct fit_part whole;
    struct sip_request r;

    fill_request(at, &uris, &headers, &r);
    at->request = 0;
    *why = OUTCOME_INTERNAL;
    if (!plan(at, &r)) {
        *why = OUTCOME_TOO_LONG;
    } else {
        whole = (struct fit_part){.text = at->text, .i = 1, .n = 1};
        put_body(at, &body, at->cut ? &at->cut[at->part] : &whole, &r.content_type);
        r.body = buf_span(&body);
        if (buf_ok(&body) && buf_ok(&uris) && buf_ok(&headers))
            at->request = sip_core_send(w->sip, &r, (uintptr_t)&at->asker, w->now);
    }
    buf_fini(&uris);
    buf_fini(&headers);
    buf_fini(&body);
    return at->request != 0;
}

/* 3xx: the Contact with the highest q that is not what was just tried. */
bool attempt_follow(struct attempt *at, const struct sip_msg *m)
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

bool attempt_cut_smaller(struct attempt *at)
{
    if (at->smaller || at->parts > 1 || at->text.n < SMALLER_MIN)
        return false;
    at->smaller = true;
    at->parts = 0;
    return true;
}

void attempt_make_plain(struct attempt *at)
{
    at->cpim = at->html = at->asks_receipts = false;
    at->parts = 0;
    free(at->cut);
    at->cut = NULL;
}
