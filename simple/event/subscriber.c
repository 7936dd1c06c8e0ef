/* The subscriber (RFC 6665 4.1): our users watch others. Comes in: whom to watch, answers to
 * SUBSCRIBE, time. Goes out: SUBSCRIBE, refreshed in time, and how it stands. NOTIFYs are in
 * event/subscriber_notify.c. Stays out: when to try again after an end, what a document says. */
#include "simple/event/subscriber.h"

#include <stdlib.h>

#include "simple/wire/print.h"

/* --- life --- */

void sub_free(struct sip_core *c, struct sip_sub *s)
{
    if (s->d.tag_n)
        table_remove(&c->dialogs, dialog_key(&s->d));
    deadline_clear(&c->subs_due, &s->due);
    client_free(&c->clients, client_find(&c->clients, s->in_flight));
    list_remove(&s->told);
    list_remove(&s->all);
    c->n_subs--;
    dialog_fini(&s->d);
    free(s);
}

void subscriber_fini(struct sip_core *c)
{
    LIST_EACH (struct sip_sub, s, &c->subs, all)
        sub_free(c, s);
}

void sub_schedule(struct sip_core *c, struct sip_sub *s)
{
    uint64_t when = s->silence_at;

    if (s->expires_at < when)
        when = s->expires_at;
    if (s->refresh_at < when && !s->in_flight)
        when = s->refresh_at;
    if (s->state == SUB_GONE)
        when = DEADLINE_NEVER;
    (void)deadline_set(&c->subs_due, &s->due,
                       when); /* no memory: the next thing that happens sets it */
}

/* Out of everything that could still find it. */
static void detach(struct sip_core *c, struct sip_sub *s)
{
    client_free(&c->clients, client_find(&c->clients, s->in_flight));
    s->in_flight = 0;
    list_remove(&s->told);
    table_remove(&c->dialogs, dialog_key(&s->d));
    s->d.tag_n = 0;
    s->state = SUB_GONE;
    sub_schedule(c, s);
}

/* Without a message to show; several may be told at once. */
static void tell(struct sip_core *c, struct sip_sub *s, enum sip_event_kind kind, int status,
                 enum sip_cause cause)
{
    s->told_kind = kind;
    s->told_status = status;
    s->told_cause = cause;
    s->told_reason = SIP_REASON_NONE;
    list_remove(&s->told);
    list_append(&c->told_subs, &s->told);
}

void sub_over(struct sip_core *c, struct sip_sub *s, int status, enum sip_cause cause,
              enum sip_sub_reason reason)
{
    enum sip_event_kind kind;

    if (s->state == SUB_LEAVING) {
        sub_free(c, s);
        return;
    }
    kind = s->state == SUB_TRYING ? SIP_EVENT_SUB_FAILED : SIP_EVENT_SUB_ENDED;
    detach(c, s);
    tell(c, s, kind, status, cause);
    s->told_reason = reason;
}

void sub_over_by_message(struct sip_core *c, struct sip_sub *s, const struct sip_core_event *ev)
{
    if (s->state == SUB_LEAVING) {
        sub_free(c, s);
        return;
    }
    detach(c, s);
    core_tell(c, ev);
}

bool subscriber_next(struct sip_core *c, struct sip_core_event *out)
{
    struct sip_sub *s;

    if (list_empty(&c->told_subs))
        return false;
    s = LIST_OF(c->told_subs.next, struct sip_sub, told);
    list_remove(&s->told);
    *out = (struct sip_core_event){.kind = s->told_kind,
                                   .cause = s->told_cause,
                                   .reason = s->told_reason,
                                   .status = s->told_status,
                                   .owner = s->owner,
                                   .sub = s,
                                   .from = s->d.hop};
    if (s->state == SUB_GONE)
        subscriber_pulled(c, s);
    return true;
}

void subscriber_pulled(struct sip_core *c, struct sip_sub *s)
{
    c->dead_sub = s;
}

void subscriber_bury(struct sip_core *c)
{
    struct sip_sub *s = c->dead_sub;

    c->dead_sub = NULL;
    if (s)
        sub_free(c, s);
}

/* --- SUBSCRIBE --- */

static void print_subscribe(struct sip_core *c, struct sip_sub *s, const struct client_txn *t)
{
    struct buf *b = outbox_begin(&c->out);

    sip_put_request_line(b, SPAN("SUBSCRIBE"), dialog_uri(&s->d));
    core_put_via(c, b, t);
    dialog_put_head(&s->d, b);
    sip_put_cseq(b, ++s->d.local_cseq, SPAN("SUBSCRIBE"));
    sip_put_hdr_number(b, SIP_HDR_EXPIRES, s->state == SUB_LEAVING ? 0 : s->asked);
    buf_put(b, s->texts, s->headers_n);
    if (s->list_n && !s->has_dialog) { /* S-354, RFC 5367 5; later it would be 415 (5.1) */
        BUF_LIT(
            b,
            "Require: recipient-list-subscribe\r\nContent-Type: application/resource-lists+xml\r\n"
            "Content-Disposition: recipient-list\r\n");
        sip_put_body(b, span_of(s->texts + s->headers_n, s->list_n));
    } else {
        sip_put_body(b, (struct span){0});
    }
}

bool sub_send(struct sip_core *c, struct sip_sub *s, uint64_t now)
{
    struct client_txn *t = client_new(&c->clients, &s->d.hop, SIP_SUBSCRIBE);
    uint64_t id;

    if (!t)
        return false;
    id = t->id;
    t->whom = CLIENT_FOR_SUB;
    t->user = s;
    print_subscribe(c, s, t);
    if (!client_start(&c->clients, t, now))
        return false;
    s->in_flight = id;
    s->silence_at = now + 64 * c->t1; /* S-285, Timer N: from every SUBSCRIBE on */
    s->refresh_at = DEADLINE_NEVER;
    s->said_bye = s->state == SUB_LEAVING;
    sub_schedule(c, s);
    return true;
}

static struct sip_sub *sub_new(struct sip_core *c, const struct sip_sub_want *want, uint64_t owner)
{
    struct sip_sub *s;

    if (c->n_subs >= c->conf.max_subs ||
        !core_can_reach(c, &want->hop, want->uri.n ? want->uri : want->to_uri))
        return NULL;
    s = calloc(1, sizeof *s + want->headers.n + want->list.n);
    if (!s)
        return NULL;
    s->d.role = DIALOG_SUB;
    s->d.hop = want->hop;
    s->owner = owner;
    s->asked = want->expires < CORE_EXPIRES_MAX ? want->expires : CORE_EXPIRES_MAX;
    s->expires_at = s->refresh_at = s->silence_at = DEADLINE_NEVER;
    s->headers_n = want->headers.n;
    s->list_n = want->list.n;
    if (want->headers.n)
        memcpy(s->texts, want->headers.p, want->headers.n);
    if (want->list.n)
        memcpy(s->texts + want->headers.n, want->list.p, want->list.n);
    list_append(&c->subs, &s->all);
    c->n_subs++;
    return s;
}

static void put_party(struct buf *b, struct span display, struct span uri)
{
    if (display.n) {
        sip_put_quoted(b, display);
        BUF_LIT(b, " ");
    }
    BUF_LIT(b, "<");
    buf_add(b, uri);
    BUF_LIT(b, ">");
}

/* What is said in every SUBSCRIBE before the other side has a tag. */
static bool begin_dialog(struct sip_core *c, struct sip_sub *s, const struct sip_sub_want *want)
{
    struct buf text = {.max = DIALOG_TEXT_MAX};
    struct buf *extra = core_scratch(c);
    char tag[CORE_TAG], id[CORE_CALL_ID];
    struct dialog_parts parts = {.call_id = span_of(id, sizeof id),
                                 .local_tag = span_of(tag, sizeof tag),
                                 .target = want->uri.n ? want->uri : want->to_uri,
                                 .routes = want->route};
    size_t local;
    bool done;

    rng_token(c->rng, tag, sizeof tag);
    rng_token(c->rng, id, sizeof id);
    if (want->call_id.n && want->tag.n) {
        parts.call_id = want->call_id;
        parts.local_tag = want->tag;
    }
    put_party(&text, want->from_display, want->from_uri);
    local = text.n;
    put_party(&text, (struct span){0}, want->to_uri);
    core_put_contact(c, extra, &want->hop, core_is_secure(parts.target));
    BUF_LIT(extra, "Event: presence\r\nAccept: application/pidf+xml");
    if (want->list.n) /* RFC 4662 4.1, 4.3 */
        BUF_LIT(extra, ", application/rlmi+xml, multipart/related\r\nSupported: eventlist");
    BUF_LIT(extra, "\r\n");
    parts.local = span_of(text.p, local);
    parts.remote = span_of(text.p + local, text.n - local);
    parts.extra = buf_span(extra);
    done = buf_ok(&text) && buf_ok(extra) && dialog_set(&s->d, &parts);
    buf_fini(&text);
    return done;
}

struct sip_sub *sip_sub_new(struct sip_core *c, const struct sip_sub_want *want, uint64_t owner,
                            uint64_t now)
{
    struct sip_sub *s = sub_new(c, want, owner);

    if (!s)
        return NULL;
    if (begin_dialog(c, s, want)) {
        if (table_add(&c->dialogs, dialog_key(&s->d), &s->d) != OK)
            s->d.tag_n = 0; /* not there: nothing to take out */
        else if (sub_send(c, s, now))
            return s;
    }
    sub_free(c, s);
    return NULL;
}

void sip_sub_end(struct sip_core *c, struct sip_sub *s, uint64_t now)
{
    if (s->state == SUB_GONE)
        return; /* its end is about to be told, and frees it */
    s->state = SUB_LEAVING;
    list_remove(&s->told);
    s->expires_at = DEADLINE_NEVER;
    /* a SUBSCRIBE in flight, or no dialog yet: the farewell waits for the answer, or for NOTIFY */
    if (!s->has_dialog || s->in_flight)
        sub_schedule(c, s);
    else if (!sub_send(c, s, now))
        sub_free(c, s);
}

void sip_sub_move(struct sip_sub *s, const struct sip_hop *hop)
{
    s->d.hop = *hop;
}

void sip_sub_hold(struct sip_core *c, struct sip_sub *s)
{
    if (s->state != SUB_LIVE)
        return; /* the first SUBSCRIBE comes to its end, or it is over */
    s->held = true;
    s->refresh_at = DEADLINE_NEVER;
    sub_schedule(c, s);
}

void sip_sub_refresh(struct sip_core *c, struct sip_sub *s, uint64_t now)
{
    s->held = false;
    if (s->state != SUB_LIVE || s->in_flight)
        return;
    s->refresh_at = now;
    sub_schedule(c, s);
}

struct span sip_sub_next_uri(const struct sip_sub *s)
{
    return dialog_next_uri(&s->d);
}

/* --- answers to SUBSCRIBE --- */

/* M-611: refresh at min(0.9*E, E-30 s) less 0 to 10 % so that not all come at once, and at least
 * E/2. */
static uint64_t refresh_after(struct sip_core *c, uint32_t seconds)
{
    uint64_t e = (uint64_t)seconds * 1000, at = e * 9 / 10;

    if (e > 30000 && e - 30000 < at)
        at = e - 30000;
    at -= at / 10 * (rng_u32(c->rng) % 1024) / 1024;
    if (at < e / 2)
        at = e / 2;
    return at > SUB_REFRESH_MIN ? at : SUB_REFRESH_MIN;
}

void sub_granted(struct sip_core *c, struct sip_sub *s, uint32_t seconds, uint64_t now)
{
    uint64_t until;

    if (seconds > CORE_EXPIRES_MAX)
        seconds = CORE_EXPIRES_MAX;
    until = now + (uint64_t)seconds * 1000;
    if (s->state == SUB_LEAVING || s->asked == 0)
        return;
    if (s->held)
        s->refresh_at = DEADLINE_NEVER;
    else if (s->refresh_at == DEADLINE_NEVER || until + SUB_SAME_GRANT < s->expires_at ||
        until > s->expires_at + SUB_SAME_GRANT)
        s->refresh_at = now + refresh_after(c, seconds);
    s->expires_at = until;
}

static void accepted(struct sip_core *c, struct sip_sub *s, const struct core_result *r,
                     uint64_t now)
{
    uint32_t seconds = s->asked ? s->asked : SUB_EXPIRES;

    s->too_brief = 0;
    if (r->msg && sip_seconds_parse(sip_msg_value(r->msg, SIP_HDR_EXPIRES), &seconds) &&
        seconds > s->asked)
        seconds = s->asked; /* S-252: a grant is never longer than what was asked for */
    sub_granted(c, s, seconds, now);
    core_tell(c, &(struct sip_core_event){.kind = SIP_EVENT_SUB_ACCEPTED,
                                          .status = r->status,
                                          .expires = seconds,
                                          .owner = s->owner,
                                          .sub = s,
                                          .msg = r->msg,
                                          .from = r->hop});
    sub_schedule(c, s);
}

/* S-291: ask again for as long as the peer wants it at least. */
static bool asks_for_longer(struct sip_core *c, struct sip_sub *s, const struct core_result *r,
                            uint64_t now)
{
    uint32_t min;

    if (r->status != 423 || !r->msg || ++s->too_brief > SUB_TOO_BRIEF_MAX || s->asked == 0 ||
        !sip_seconds_parse(sip_msg_value(r->msg, SIP_HDR_MIN_EXPIRES), &min) || min <= s->asked ||
        min > CORE_EXPIRES_MAX)
        return false;
    s->asked = min;
    return sub_send(c, s, now);
}

static bool is_unwelcome(int status)
{
    return status == 403 || status == 603 || status == 607 || status == 608;
}

/* A first SUBSCRIBE that failed; or a refresh that ends it (S-290: answers that mean there is
 * nobody, and those that mean we are not wanted). Silence does not: the link may be down for a
 * while. */
static bool is_end(const struct sip_sub *s, const struct core_result *r)
{
    return !s->has_dialog || (r->cause == SIP_BY_PEER &&
                              (core_ends_subscription(r->status) || is_unwelcome(r->status)));
}

/* Other failures: it stands until it expires, and is tried again before that. */
static void try_later(struct sip_core *c, struct sip_sub *s, const struct core_result *r,
                      uint64_t now)
{
    uint64_t wait = core_retry_after(r->msg);
    uint64_t left =
        s->expires_at != DEADLINE_NEVER && s->expires_at > now ? s->expires_at - now : 0;

    if (wait * 1000 < left / 2)
        wait = left / 2000;
    if (wait < SUB_RETRY)
        wait = SUB_RETRY;
    s->silence_at = DEADLINE_NEVER;
    s->refresh_at = s->held ? DEADLINE_NEVER : now + wait * 1000;
    sub_schedule(c, s);
}

static void failed(struct sip_core *c, struct sip_sub *s, const struct core_result *r, uint64_t now)
{
    struct sip_core_event ev = {.kind = s->state == SUB_TRYING ? SIP_EVENT_SUB_FAILED
                                                               : SIP_EVENT_SUB_ENDED,
                                .cause = r->cause,
                                .status = r->status,
                                .retry_after = core_retry_after(r->msg),
                                .owner = s->owner,
                                .sub = s,
                                .msg = r->msg,
                                .from = r->hop};

    if (!is_end(s, r)) {
        try_later(c, s, r, now);
        ev.kind = SIP_EVENT_SUB_DELAYED;
        if (r->msg)
            core_tell(c, &ev);
        else
            tell(c, s, ev.kind, r->status, r->cause);
    } else if (r->msg) {
        sub_over_by_message(c, s, &ev);
    } else {
        sub_over(c, s, r->status, r->cause, SIP_REASON_NONE);
    }
}

/* While leaving: the farewell goes out as soon as there is a dialog to say it in, and its failure
 * is the end as well. */
static void answered_leaving(struct sip_core *c, struct sip_sub *s, const struct core_result *r,
                             uint64_t now)
{
    bool over = r->status >= 300 && (s->said_bye || is_end(s, r));

    if (!over && !s->said_bye && s->has_dialog)
        over = !sub_send(c, s, now);
    if (over)
        sub_free(c, s);
    else
        sub_schedule(c, s);
}

void subscriber_answered(struct sip_core *c, struct sip_sub *s, const struct core_result *r,
                         uint64_t now)
{
    s->in_flight = 0;
    if (s->state == SUB_GONE)
        return;
    if (s->state == SUB_LEAVING)
        answered_leaving(c, s, r, now);
    else if (r->status < 300)
        accepted(c, s, r, now);
    else if (!asks_for_longer(c, s, r, now))
        failed(c, s, r, now);
}

/* --- time --- */

static void due(struct sip_core *c, struct sip_sub *s, uint64_t now)
{
    if (now >= s->silence_at) { /* S-285: SUBSCRIBE, and no NOTIFY */
        sub_over(c, s, 408, SIP_BY_TIMEOUT, SIP_REASON_NONE);
    } else if (now >= s->expires_at) {
        sub_over(c, s, 0, SIP_BY_TIMEOUT, SIP_REASON_TIMEOUT);
    } else if (now >= s->refresh_at && !s->in_flight && !sub_send(c, s, now)) {
        s->refresh_at = now + (uint64_t)SUB_RETRY * 1000;
        sub_schedule(c, s);
    }
}

void subscriber_tick(struct sip_core *c, uint64_t now)
{
    struct deadline *d;

    while ((d = deadlines_due(&c->subs_due, now)) != NULL)
        due(c, LIST_OF(d, struct sip_sub, due), now);
}
