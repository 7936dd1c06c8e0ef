#include "gateway/flow/subscription.h"

#include <stdlib.h>

#include "gateway/peer/domains.h"
#include "gateway/peer/links.h"
#include "gateway/peer/peers.h"
#include "gateway/people/hop.h"
#include "simple/wire/print.h"

/* ---- in the database ---- */

/* A SUBSCRIBE that is answered when its row is on disk. Zeroed: none. */
struct asked {
    struct sip_txn txn;
    uint32_t expires;
    bool first; /* it began the subscription */
};

struct save {
    struct storer_op op;
    struct arena arena;
    struct watcher_row row;
    bool remove;
    struct save *next;      /* subscription.saves */
    struct subscription *s; /* NULL: gone meanwhile */
    struct asked asked;
};

/* While its dialog is still there to ask. */
static void leave(struct worker *w, struct subscription *s, enum sip_sub_reason gone)
{
    s->gone = (uint8_t)gone;
    s->leaving = true;
    if (s->kind->leave)
        s->kind->leave(w, s);
}

static void free_subscription(struct worker *w, struct subscription *s)
{
    for (struct save *save = s->saves; save; save = save->next)
        save->s = NULL;
    if (s->watch)
        w->metrics.watchers--;
    link_release(&s->link);
    s->kind->free(w, s);
}

/* ---- the link to the watcher's domain ---- */

static struct span domain_of(const struct subscription *s)
{
    return span_skip(s->who, span_find(s->who, '@') + 1);
}

static void hold_link(struct worker *w, struct subscription *s)
{
    if (!s->local)
        s->link = link_hold(links_get(w, domain_of(s)));
}

bool subscription_is_cut_off(const struct subscription *s)
{
    return s->link && link_is_down(&s->link->link);
}

void subscription_link_up(struct worker *w, const struct domain_link *l)
{
    size_t at = 0;

    for (struct person *p = NULL; (p = table_next(&w->people->by_key, &at));)
        LIST_EACH (struct watcher, v, &p->watchers, node)
            /* a list is there more than once */
            if (v->sub->link == l && v->sub->told_up != (uint32_t)l->link.since) {
                v->sub->told_up = (uint32_t)l->link.since;
                v->sub->kind->tell(w, v->sub, true);
            }
}

static enum err run_save(struct storer_op *op, struct store *s)
{
    struct save *save = LIST_OF(op, struct save, op);
    enum err e = ERR_NOT_FOUND;

    if (save->remove) {
        e = watchers_delete(s, save->row.id);
        return e == ERR_NOT_FOUND ? OK : e;
    }
    if (!save->asked.first)
        e = watchers_renew(s, &save->row);
    return e == ERR_NOT_FOUND ? watchers_add(s, &save->row) : e;
}

static void unlink_save(struct save *save)
{
    struct save **at = &save->s->saves;

    while (*at != save)
        at = &(*at)->next;
    *at = save->next;
}

static void save_free(struct save *save)
{
    arena_fini(&save->arena);
    free(save);
}

static void answer(struct worker *w, struct subscription *s, const struct asked *asked, enum err e);

static void done_save(struct storer_op *op, enum err e, void *ctx)
{
    struct save *save = LIST_OF(op, struct save, op);
    struct worker *w = ctx;
    struct subscription *s = save->s;
    struct asked asked = save->asked;

    if (e)
        LOG_ERROR(&w->log, "store", "a subscription was not stored", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    if (save->remove)
        e = OK; /* they leave all the same: at worst they are told once more after a restart */
    if (s)
        unlink_save(save);
    save_free(save);
    if (asked.txn.id)
        answer(w, s, &asked, e);
}

static void fill_row(struct worker *w, const struct subscription *s, struct save *save)
{
    struct arena *a = &save->arena;
    struct sip_watch_row r;
    uint8_t *hop = arena_alloc(a, HOP_OCTETS);

    sip_watch_export(w->sip, s->watch, &r);
    if (hop)
        hop_write(hop, &r.hop);
    save->row = (struct watcher_row){.id = s->row,
                                     .call_id = arena_copy(a, r.call_id),
                                     .local_tag = arena_copy(a, r.local_tag),
                                     .remote_tag = arena_copy(a, r.remote_tag),
                                     .event_id = arena_copy(a, r.event_id),
                                     .local_uri = arena_copy(a, r.local_uri),
                                     .remote_uri = arena_copy(a, r.remote_uri),
                                     .target = arena_copy(a, r.target),
                                     .routes = arena_copy(a, r.routes),
                                     .local_cseq = r.local_cseq,
                                     .remote_cseq = r.remote_cseq,
                                     .hop = span_of(hop, hop ? HOP_OCTETS : 0),
                                     .accept = arena_copy(a, span_str(r.wants)),
                                     .state = s->local ? SPAN("local") : SPAN("foreign"),
                                     .expires = w->unix_now + save->asked.expires,
                                     .created = s->created};
    s->kind->describe(s, &save->row, a);
}

static void save_row(struct worker *w, struct subscription *s, const struct asked *asked,
                     bool remove)
{
    struct save *save = calloc(1, sizeof *save);

    if (save) {
        save->asked = *asked;
        fill_row(w, s, save);
    }
    if (!save || !arena_ok(&save->arena)) {
        if (save)
            save_free(save);
        if (asked->txn.id)
            answer(w, s, asked, ERR_NOMEM);
        return;
    }
    save->remove = remove;
    save->s = s;
    save->next = s->saves;
    s->saves = save;
    s->saved = !remove;
    save->op =
        (struct storer_op){.run = run_save, .done = done_save, .bytes = 2048 + save->row.list.n};
    worker_write(w, &save->op);
}

static void forget_row(struct worker *w, struct subscription *s)
{
    if (s->saved)
        save_row(w, s, &(struct asked){0}, true);
}

/* ---- answers ---- */

/* D-05: 202 says "pending" to peers from before RFC 6665, and to nobody else (8.3.1). */
static bool is_pending_there(const struct worker *w, const struct subscription *s)
{
    return !s->local && s->kind->is_pending &&
           peer_switches(peer_find(w->peers, domain_of(s)))->legacy_202 &&
           s->kind->is_pending(w, s);
}

/* Of one that nobody was told of. */
static void drop_silent(struct worker *w, struct subscription *s)
{
    forget_row(w, s);
    sip_watch_notify(w->sip, s->watch, &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED},
                     w->now);
    free_subscription(w, s);
}

/* What is to last is on disk (or `e` says why not): the 200, and the state at once behind it. `s`
 * is NULL when it ended meanwhile. */
static void answer(struct worker *w, struct subscription *s, const struct asked *asked, enum err e)
{
    if (!s || e) {
        sip_core_answer(w->sip, asked->txn, s ? 500 : asked->first ? 404 : 481, w->now);
        if (s && asked->first)
            drop_silent(w, s);
        return;
    }
    sip_watch_say_accepted(s->watch, is_pending_there(w, s));
    if (!sip_watch_answer(w->sip, s->watch, asked->txn, asked->expires, w->now)) {
        if (asked->first)
            drop_silent(w, s); /* so late that nobody waits for it any more */
        return;
    }
    if (asked->expires == 0)
        leave(w, s, SIP_REASON_NONE);
    s->kind->tell(w, s, true);
    if (asked->expires == 0) /* that NOTIFY was all */
        free_subscription(w, s);
}

/* M-662: what their watchers see outlives a lost link by no more than was granted. */
static uint32_t longest(struct worker *w, const struct sip_core_event *ev, bool local)
{
    const struct peer *p;
    struct address from;
    uint32_t limit;

    if (local)
        return WATCH_EXPIRES_OWN;
    p = uri_to_address(ev->msg->from.uri, &w->rules, &w->arena, &from)
            ? NULL
            : peer_find(w->peers, from.host);
    limit = peer_switches(p)->stale_limit;
    return limit < WATCH_EXPIRES_MAX ? limit : WATCH_EXPIRES_MAX;
}

bool subscription_grant(struct worker *w, const struct sip_core_event *ev, bool local,
                        uint32_t *expires)
{
    struct buf headers = {0};
    int status;

    if (sip_watch_grant(ev->msg, WATCH_EXPIRES_MIN, longest(w, ev, local), expires, &status))
        return true;
    sip_put_hdr_number(&headers, SIP_HDR_MIN_EXPIRES, WATCH_EXPIRES_MIN);
    sip_core_respond(w->sip, ev->txn,
                     &(struct sip_answer){.status = status, .headers = buf_span(&headers)}, w->now);
    buf_fini(&headers);
    return false;
}

bool subscription_accept(struct worker *w, struct subscription *s, const struct sip_core_event *ev)
{
    s->created = (uint32_t)w->unix_now;
    s->row = ++w->last_row;
    s->watch = sip_watch_accept(w->sip, ev->txn, (uintptr_t)s, w->now);
    if (!s->watch) {
        s->kind->free(w, s);
        return false;
    }
    hold_link(w, s);
    w->metrics.watchers++;
    return true;
}

void subscription_begin(struct worker *w, struct subscription *s, const struct sip_core_event *ev,
                        uint32_t expires)
{
    struct asked asked = {.txn = ev->txn, .expires = expires, .first = true};

    if (expires == 0) /* a fetch: nothing of it lasts */
        answer(w, s, &asked, OK);
    else
        save_row(w, s, &asked, false);
}

void subscription_refuse(struct worker *w, struct subscription *s, const struct sip_core_event *ev,
                         int status)
{
    sip_core_answer(w->sip, ev->txn, status, w->now);
    drop_silent(w, s);
}

void subscription_end(struct worker *w, struct subscription *s, enum sip_sub_reason reason)
{
    leave(w, s, reason);
    forget_row(w, s);
    sip_watch_notify(
        w->sip, s->watch,
        &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED,
                             .reason = reason,
                             .retry_after = reason == SIP_REASON_GIVEUP ? WATCH_GIVEUP_RETRY : 0,
                             .urgent = true},
        w->now);
    free_subscription(w, s);
}

struct ending {
    struct subscription *sub;
};

void subscription_end_of_user(struct worker *w, struct span name, enum sip_sub_reason reason)
{
    struct buf found = {0}; /* what holds them changes while they end */
    size_t at = 0;

    for (struct person *p = NULL; (p = table_next(&w->people->by_key, &at));)
        LIST_EACH (struct watcher, v, &p->watchers, node)
            if (v->sub->local && !v->sub->leaving && span_eq(v->sub->who, name)) {
                buf_put(&found, &(struct ending){v->sub}, sizeof(struct ending));
                v->sub->leaving = buf_ok(&found); /* a list is there more than once */
            }
    for (size_t i = 0; i < found.n; i += sizeof(struct ending)) {
        struct ending e;

        memcpy(&e, found.p + i, sizeof e);
        subscription_end(w, e.sub, reason);
    }
    buf_fini(&found);
}

/* A refresh is proven anew: it is the same user, or it is refused and all stays as it was. */
void subscription_refresh(struct worker *w, const struct sip_core_event *ev)
{
    struct subscription *s = sip_event_owner(ev);
    struct asked asked = {.txn = ev->txn};
    struct claim who;

    if (!identity_check(w, ev, &who))
        return;
    if (!span_eq(who.name, s->who)) {
        identity_refuse(w, ev, 403, "not the one who subscribed");
        return;
    }
    if (s->kind->takes &&
        !s->kind->takes(s, ev->msg)) { /* S-355, RFC 5367 5.1: no other list in a later SUBSCRIBE */
        sip_core_respond(
            w->sip, ev->txn,
            &(struct sip_answer){.status = 415,
                                 .headers = SPAN("Accept: application/simple-filter+xml\r\n")},
            w->now);
        return;
    }
    if (!subscription_grant(w, ev, who.local, &asked.expires))
        return;
    if (asked.expires == 0 && !s->saved)
        answer(w, s, &asked, OK);
    else
        save_row(w, s, &asked, asked.expires == 0);
}

void subscription_ended(struct worker *w, const struct sip_core_event *ev)
{
    struct subscription *s = sip_event_owner(ev);

    if (ev->status == 408 || ev->status == 503)
        link_note_failure(w, s->link, "no answer to NOTIFY");
    leave(w, s, SIP_REASON_NONE);
    forget_row(w, s);
    free_subscription(w, s);
}

/* ---- after a restart ---- */

bool subscription_who(struct worker *w, const struct watcher_row *row, struct buf *who)
{
    struct sip_name_addr remote;
    struct address from;

    if (!sip_name_addr_parse(row->remote_uri, &remote) ||
        uri_to_address(remote.uri, &w->rules, &w->arena, &from))
        return false;
    if (span_is(row->state, "local"))
        buf_add(who, from.user);
    else
        address_key(who, &w->rules, &from);
    return buf_ok(who);
}

/* Of the domain of user@host, if it is a peer's: under TLS it must prove to be that. */
static uint32_t number_of(struct worker *w, struct span who)
{
    struct span domain = span_skip(who, span_find(who, '@') + 1);

    return peer_find(w->peers, domain) ? domains_number(peers_domains(w->peers), domain) : 0;
}

bool subscription_restore(struct worker *w, struct subscription *s, const struct watcher_row *row)
{
    struct sip_watch_row r = {.call_id = row->call_id,
                              .local_tag = row->local_tag,
                              .remote_tag = row->remote_tag,
                              .local_uri = row->local_uri,
                              .remote_uri = row->remote_uri,
                              .target = row->target,
                              .routes = row->routes,
                              .event_id = row->event_id,
                              .winfo = span_is(row->event, "presence.winfo"),
                              .local_cseq = row->local_cseq,
                              .remote_cseq = row->remote_cseq,
                              .expires_at = row->expires};

    s->created = (uint32_t)row->created;
    s->row = row->id;
    (void)span_copy(row->accept, r.wants, sizeof r.wants);
    if (hop_read(row->hop, &r.hop)) {
        if (!s->local)
            r.hop.domain = number_of(w, s->who);
        s->watch = sip_watch_restore(w->sip, &r, (uintptr_t)s, w->now, w->unix_now);
    }
    if (!s->watch) {
        s->kind->free(w, s);
        return false;
    }
    s->saved = true;
    hold_link(w, s);
    w->metrics.watchers++;
    return true;
}
