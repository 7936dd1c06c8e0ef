#include "gateway/flow/upstream.h"

#include "gateway/people/asker.h"
#include "gateway/peer/way.h"
#include "simple/doc/pidf.h"
#include "simple/wire/print.h"

#include <stdlib.h>

enum { ETAG_MAX = 256 };

/* One publication. */
struct upstream {
    struct asker asker; /* first */
    struct list node;
    struct worker *w;
    struct account *a; /* held */
    struct way way;
    struct buf document; /* empty: to be removed, or nothing to say */
    struct span etag;    /* owned; what the server has; empty: nothing */
    struct timer due;    /* the refresh, or the next try */
    uint32_t expires;    /* asked for */
    unsigned failures;
    bool in_flight, removes; /* what is in flight has Expires 0 */
    bool changed; /* since what is in flight, or was sent last */
};

struct upstreams {
    struct list all;
    size_t n;
};

struct upstreams *upstreams_new(void)
{
    struct upstreams *all = calloc(1, sizeof *all);

    if (all)
        list_init(&all->all);
    return all;
}

bool upstream_is_wanted(const struct worker *w)
{
    return w->conf->sip.publish.n > 0;
}

static void upstream_free(struct worker *w, struct upstream *u)
{
    struct account *a = u->a;

    timer_clear(w, &u->due);
    way_fini(&u->way);
    buf_fini(&u->document);
    span_free(&u->etag);
    list_remove(&u->node);
    w->upstreams->n--;
    a->upstream = NULL;
    free(u);
    a->holds--;
    account_release(w, a);
}

void upstreams_free(struct worker *w, struct upstreams *all)
{
    if (!all)
        return;
    LIST_EACH (struct upstream, u, &all->all, node)
        upstream_free(w, u);
    free(all);
}

/* ---- PUBLISH ---- */

static void settle(struct worker *w, struct upstream *u);

static void try_again(struct worker *w, struct upstream *u, uint32_t retry_after)
{
    uint64_t seconds = (uint64_t)UPSTREAM_RETRY_S << (u->failures < 6 ? u->failures : 6);

    if (seconds > UPSTREAM_RETRY_MAX_S)
        seconds = UPSTREAM_RETRY_MAX_S;
    if (retry_after > seconds)
        seconds = retry_after;
    u->failures++;
    u->changed = true; /* what was sent may not be there */
    timer_set(w, &u->due, w->now + seconds * 1000);
}

static void log_refused(struct worker *w, const struct upstream *u, const struct sip_core_event *ev)
{
    struct buf who = {0}, code = {0};

    buf_add(&who, u->a->person->key);
    buf_number(&code, (uint64_t)ev->status);
    if (u->failures == 0) /* once, not with each try */
        LOG_WARNING(&w->log, "sip", "presence was not published", "user", buf_cstr(&who), "status",
                    buf_cstr(&code), "do",
                    ev->status == 401 || ev->status == 407
                        ? "let the server of sip.publish take PUBLISH from here without a password"
                        : "look at the server of sip.publish");
    buf_fini(&who);
    buf_fini(&code);
}

/* RFC 3903 4.1: what has a body and an etag changes it, what has no body refreshes it, Expires 0
 * removes it. */
static void put_headers(struct buf *b, const struct upstream *u, uint32_t expires)
{
    BUF_LIT(b, "Event: presence\r\n");
    sip_put_hdr_number(b, SIP_HDR_EXPIRES, expires);
    if (u->etag.n)
        sip_put_hdr(b, SIP_HDR_SIP_IF_MATCH, u->etag);
}

static bool send_publish(struct worker *w, struct upstream *u)
{
    bool removes = u->document.n == 0, says = u->changed && !removes;
    struct address who = {.user = u->a->person->key, .host = w->own_domain};
    struct buf uri = {0}, headers = {0};
    struct sip_request r = {.method = SIP_PUBLISH, .hop = u->way.hop};

    address_to_sip_uri(&uri, &who);
    put_headers(&headers, u, removes ? 0 : u->expires);
    r.uri = r.from_uri = r.to_uri = buf_span(&uri);
    r.headers = buf_span(&headers);
    if (says) {
        r.content_type = SPAN(PIDF_TYPE);
        r.body = buf_span(&u->document);
    }
    /* RFC 3261 18.1.1 */
    if (r.hop.transport == SIP_TRANSPORT_UDP && sip_core_measure(w->sip, &r) > SIP_UDP_MAX)
        r.hop.transport = SIP_TRANSPORT_TCP;
    u->in_flight =
        buf_ok(&uri) && buf_ok(&headers) && sip_core_send(w->sip, &r, (uintptr_t)&u->asker, w->now);
    if (u->in_flight)
        u->changed = false;
    u->removes = removes;
    buf_fini(&uri);
    buf_fini(&headers);
    return u->in_flight;
}

static void on_located(void *ctx)
{
    struct upstream *u = ctx;

    if (way_state(&u->way) != LOCATE_FOUND || !way_next(u->w, &u->way) || !send_publish(u->w, u))
        try_again(u->w, u, 0);
}

static void publish(struct worker *w, struct upstream *u)
{
    timer_clear(w, &u->due);
    way_fini(&u->way);
    if (!upstream_is_wanted(w)) { /* SIGHUP took the server away: what is there ends by itself */
        upstream_free(w, u);
        return;
    }
    if (way_to_uri(w, &u->way, span_str(w->conf->sip.publish.at[0].text), on_located, u) !=
        LOCATE_ASKING)
        on_located(u);
}

/* ---- answers ---- */

static void taken(struct worker *w, struct upstream *u, const struct sip_core_event *ev)
{
    uint32_t seconds = u->expires;

    u->failures = 0;
    if (!span_keep(&u->etag, sip_msg_value(ev->msg, SIP_HDR_SIP_ETAG)) || u->etag.n > ETAG_MAX)
        span_free(&u->etag); /* then each change is a publication of its own, and ends by itself */
    if (sip_seconds_parse(sip_msg_value(ev->msg, SIP_HDR_EXPIRES), &seconds) &&
        seconds > u->expires)
        seconds = u->expires;
    timer_set(w, &u->due, w->now + (uint64_t)seconds * 900); /* S-343: before it is over */
}

static void answered(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct upstream *u = LIST_OF(a, struct upstream, asker);
    uint32_t min;

    u->in_flight = false;
    way_note(w, &u->way, ev);
    if (ev->cause == SIP_BY_PEER && ev->status < 300) {
        if (u->removes)
            span_free(&u->etag);
        else
            taken(w, u, ev);
    } else if (ev->status == 412 &&
               u->etag.n) { /* RFC 3903 4.1.2: the server knows nothing of it: anew, whole */
        span_free(&u->etag);
        u->changed = u->document.n > 0;
    } else if (ev->status == 423 && ev->msg &&
               sip_seconds_parse(sip_msg_value(ev->msg, SIP_HDR_MIN_EXPIRES), &min) &&
               min > u->expires && min <= 7 * 86400) {
        u->expires = min;
        u->changed = true;
    } else if (u->document.n == 0) { /* it ends by itself */
        span_free(&u->etag);
    } else {
        log_refused(w, u, ev);
        try_again(w, u, ev->retry_after);
        return;
    }
    settle(w, u);
}

/* What is still to be said. May free it. */
static void settle(struct worker *w, struct upstream *u)
{
    if (u->in_flight || way_state(&u->way) == LOCATE_ASKING)
        return;
    if (u->document.n == 0 && u->etag.n == 0)
        upstream_free(w, u);
    else if (u->changed || u->document.n == 0)
        publish(w, u);
}

static void on_due(struct timer *t, struct worker *w)
{
    struct upstream *u = LIST_OF(t, struct upstream, due);

    if (u->document.n)
        publish(w, u);
    else
        settle(w, u);
}

static struct upstream *upstream_new(struct worker *w, struct account *a)
{
    struct upstream *u = w->upstreams->n < UPSTREAM_MAX ? calloc(1, sizeof *u) : NULL;

    if (!u)
        return NULL;
    u->asker.answered = answered;
    u->due.due = on_due;
    u->w = w;
    u->a = a;
    u->expires = UPSTREAM_EXPIRES;
    a->holds++;
    a->upstream = u;
    list_append(&w->upstreams->all, &u->node);
    w->upstreams->n++;
    return u;
}

void upstream_tell(struct worker *w, struct account *a, struct span document)
{
    struct upstream *u = a->upstream;

    if (!u && document.n)
        u = upstream_new(w, a);
    if (!u || (document.n && span_eq(document, buf_span(&u->document))))
        return;
    buf_reset(&u->document);
    buf_add(&u->document, document);
    u->changed = document.n > 0;
    if (document.n == 0 || u->failures == 0) /* else the next try says it */
        settle(w, u);
}
