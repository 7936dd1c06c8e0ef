#include "gateway/flow/watch.h"

#include "db/watchers.h"
#include "gateway/flow/buddy.h"
#include "gateway/flow/presence.h"
#include "gateway/people/hop.h"
#include "simple/wire/print.h"

#include <stdlib.h>

/* ---- in memory ---- */

static struct watcher *watcher_new(struct person *target, struct span who, bool local)
{
    struct watcher *v = calloc(1, sizeof *v + who.n);

    if (!v)
        return NULL;
    memcpy(v + 1, who.p, who.n);
    v->who = span_of(v + 1, who.n);
    v->target = target;
    v->local = local;
    list_append(&target->watchers, &v->node);
    return v;
}

static void watcher_free(struct worker *w, struct watcher *v)
{
    struct person *target = v->target;

    list_remove(&v->node);
    if (v->watch)
        w->metrics.watchers--;
    free(v);
    if (target->account)
        account_release(w, target->account);
    else
        person_release(w, target);
}

/* ---- in the database ---- */

struct save {
    struct storer_op op;
    struct arena arena;
    struct watcher_row row;
    bool remove;
};

static enum err run_save(struct storer_op *op, struct store *s)
{
    struct save *save = LIST_OF(op, struct save, op);
    enum err e;

    if (!save->remove)
        return watchers_put(s, &save->row);
    e = watchers_delete(s, &save->row);
    return e == ERR_NOT_FOUND ? OK : e;
}

static void done_save(struct storer_op *op, enum err e, void *ctx)
{
    struct save *save = LIST_OF(op, struct save, op);
    struct worker *w = ctx;

    if (e)
        LOG_ERROR(&w->log, "store", "a subscription was not stored", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    arena_fini(&save->arena);
    free(save);
}

static void save_watch(struct worker *w, struct watcher *v, bool remove)
{
    struct sip_watch_row r;
    struct save *save = calloc(1, sizeof *save);
    struct arena *a = save ? &save->arena : NULL;
    uint8_t *hop;

    if (!save)
        return;
    sip_watch_export(w->sip, v->watch, &r);
    hop = arena_alloc(a, HOP_OCTETS);
    if (hop)
        hop_write(hop, &r.hop);
    save->remove = remove;
    save->row = (struct watcher_row){.call_id = arena_copy(a, r.call_id),
                                     .local_tag = arena_copy(a, r.local_tag),
                                     .remote_tag = arena_copy(a, r.remote_tag),
                                     .event = SPAN("presence"),
                                     .event_id = arena_copy(a, r.event_id),
                                     .local_uri = arena_copy(a, r.local_uri),
                                     .remote_uri = arena_copy(a, r.remote_uri),
                                     .target = arena_copy(a, r.target),
                                     .routes = arena_copy(a, r.routes),
                                     .local_cseq = r.local_cseq,
                                     .remote_cseq = r.remote_cseq,
                                     .hop = span_of(hop, hop ? HOP_OCTETS : 0),
                                     .presentity = arena_copy(a, v->target->key),
                                     .accept = arena_copy(a, r.accept),
                                     .state = v->local ? SPAN("local") : SPAN("foreign"),
                                     .expires = r.expires_at,
                                     .created = w->unix_now};
    if (!arena_ok(a)) {
        arena_fini(a);
        free(save);
        return;
    }
    v->saved = !remove;
    save->op = (struct storer_op){.run = run_save, .done = done_save, .bytes = 2048};
    worker_write(w, &save->op);
}

/* ---- requests ---- */

/* Whom they mean; NULL: it was answered. */
static struct person *target_of(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct address to;
    struct account *a;
    struct person *p;

    if (address_from_parts(ev->msg->target.user, ev->msg->target.host, &w->rules, &w->arena, &to)) {
        identity_refuse(w, ev, 404, "no such user");
        return NULL;
    }
    if (address_is_own(&w->rules, &to)) {
        if (account_get(w, to.user, &a) == OK)
            return a->person;
        identity_refuse(w, ev, 404, "no such user");
        return NULL;
    }
    if (!who->local) {
        identity_refuse(w, ev, 403, "no relay between other domains");
        return NULL;
    }
    p = buddy_get(w, who->account, &to);
    if (!p || !peer_find(w->peers, to.host)) {
        if (p)
            person_release(w, p);
        identity_refuse(w, ev, 404, "this service does not reach that domain");
        return NULL;
    }
    return p;
}

/* False: 423 was answered. */
static bool grant(struct worker *w, const struct sip_core_event *ev, bool local, uint32_t *expires)
{
    struct buf headers = {0};
    int status;

    if (sip_watch_grant(ev->msg, WATCH_EXPIRES_MIN, local ? WATCH_EXPIRES_OWN : WATCH_EXPIRES_MAX,
                        expires, &status))
        return true;
    sip_put_hdr_number(&headers, SIP_HDR_MIN_EXPIRES, WATCH_EXPIRES_MIN);
    sip_core_respond(w->sip, ev->txn,
                     &(struct sip_answer){.status = status, .headers = buf_span(&headers)}, w->now);
    buf_fini(&headers);
    return false;
}

void watch_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct person *target = target_of(w, ev, who);
    struct watcher *v;
    uint32_t expires;

    if (!target)
        return;
    v = grant(w, ev, who->local, &expires) ? watcher_new(target, who->name, who->local) : NULL;
    if (!v) {
        person_release(w, target);
        return;
    }
    v->watch = sip_watch_accept(w->sip, ev->txn, expires, (uintptr_t)v, w->now);
    if (!v->watch) {
        watcher_free(w, v);
        return;
    }
    w->metrics.watchers++;
    if (target->foreign)
        buddy_want(w, target);
    presence_tell_watcher(w, v, true);
    if (expires == 0) /* a fetch: that NOTIFY was all */
        watcher_free(w, v);
    else if (target->account)
        save_watch(w, v, false);
}

/* A refresh is proven anew: it is the same user, or it is refused and the watch stays as it was. */
void watch_refresh(struct worker *w, const struct sip_core_event *ev)
{
    struct watcher *v = (struct watcher *)(uintptr_t)ev->owner;
    struct claim who;
    uint32_t expires;

    if (!identity_check(w, ev, &who))
        return;
    if (!span_eq(who.name, v->who)) {
        identity_refuse(w, ev, 403, "not the one who subscribed");
        return;
    }
    if (!grant(w, ev, who.local, &expires))
        return;
    if (expires == 0 && v->saved)
        save_watch(w, v, true);
    sip_watch_refresh(w->sip, v->watch, ev->txn, expires, w->now);
    presence_tell_watcher(w, v, true);
    if (expires == 0)
        watcher_free(w, v);
    else if (v->target->account)
        save_watch(w, v, false);
}

void watch_ended(struct worker *w, const struct sip_core_event *ev)
{
    struct watcher *v = (struct watcher *)(uintptr_t)ev->owner;

    if (v->saved)
        save_watch(w, v, true);
    watcher_free(w, v);
}

void watch_end_all(struct worker *w, struct account *a)
{
    a->holds++; /* it stays until the last one is told */
    LIST_EACH (struct watcher, v, &a->person->watchers, node) {
        if (v->saved)
            save_watch(w, v, true);
        sip_watch_notify(w->sip, v->watch,
                         &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED,
                                              .reason = SIP_REASON_NORESOURCE,
                                              .urgent = true},
                         w->now);
        watcher_free(w, v);
    }
    a->holds--;
}

/* ---- after a restart ---- */

static void restore(struct worker *w, const struct watcher_row *row)
{
    struct sip_watch_row r = {.call_id = row->call_id,
                              .local_tag = row->local_tag,
                              .remote_tag = row->remote_tag,
                              .local_uri = row->local_uri,
                              .remote_uri = row->remote_uri,
                              .target = row->target,
                              .routes = row->routes,
                              .event_id = row->event_id,
                              .accept = row->accept,
                              .local_cseq = row->local_cseq,
                              .remote_cseq = row->remote_cseq,
                              .expires_at = row->expires};
    struct sip_name_addr remote;
    struct address from;
    struct account *a;
    struct watcher *v;
    struct buf who = {0};
    bool local = span_is(row->state, "local");

    if (row->expires <= w->unix_now || !hop_read(row->hop, &r.hop) ||
        account_get(w, row->presentity, &a) || !sip_name_addr_parse(row->remote_uri, &remote) ||
        uri_to_address(remote.uri, &w->rules, &w->arena, &from))
        return;
    if (local)
        buf_add(&who, from.user);
    else
        address_key(&who, &w->rules, &from);
    v = watcher_new(a->person, buf_span(&who), local);
    buf_fini(&who);
    if (!v)
        return;
    v->watch = sip_watch_restore(w->sip, &r, (uintptr_t)v, w->now, w->unix_now);
    if (!v->watch) {
        watcher_free(w, v);
        return;
    }
    v->saved = true;
    w->metrics.watchers++;
    presence_tell_watcher(w, v, false);
}

void watch_restore(struct worker *w)
{
    struct cursor c = {0};
    struct watcher_row row;

    if (watchers_list(w->store, &c) == OK)
        while (watchers_next(&c, &row)) {
            restore(w, &row);
            arena_reset(&w->arena);
        }
    (void)cursor_close(&c);
}
