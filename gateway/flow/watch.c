#include "gateway/flow/watch.h"

#include <stdlib.h>

#include "db/watchers.h"
#include "gateway/flow/buddy.h"
#include "gateway/flow/presence.h"
#include "gateway/people/hop.h"
#include "simple/wire/print.h"

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
    list_init(&v->saves);
    list_append(&target->watchers, &v->node);
    return v;
}

static void target_release(struct worker *w, struct person *target)
{
    if (target->account)
        account_release(w, target->account);
    else
        person_release(w, target);
}

/* ---- in the database ---- */

/* A SUBSCRIBE that is answered when its row is on disk. Zeroed: none. */
struct asked {
    struct sip_txn txn;
    uint32_t expires;
    bool first; /* it began the watch */
};

struct save {
    struct storer_op op;
    struct arena arena;
    struct watcher_row row;
    bool remove;
    struct list node;  /* watcher.saves */
    struct watcher *v; /* NULL: gone meanwhile */
    struct asked asked;
};

static void watcher_free(struct worker *w, struct watcher *v)
{
    struct person *target = v->target;

    LIST_EACH (struct save, save, &v->saves, node) {
        list_remove(&save->node);
        save->v = NULL;
    }
    list_remove(&v->node);
    if (v->watch)
        w->metrics.watchers--;
    free(v);
    target_release(w, target);
}

static enum err run_save(struct storer_op *op, struct store *s)
{
    struct save *save = LIST_OF(op, struct save, op);
    enum err e;

    if (!save->remove)
        return watchers_put(s, &save->row);
    e = watchers_delete(s, &save->row);
    return e == ERR_NOT_FOUND ? OK : e;
}

static void save_free(struct save *save)
{
    list_remove(&save->node);
    arena_fini(&save->arena);
    free(save);
}

static void answer(struct worker *w, struct watcher *v, const struct asked *asked, enum err e);

static void done_save(struct storer_op *op, enum err e, void *ctx)
{
    struct save *save = LIST_OF(op, struct save, op);
    struct worker *w = ctx;
    struct watcher *v = save->v;
    struct asked asked = save->asked;

    if (e)
        LOG_ERROR(&w->log, "store", "a subscription was not stored", "why", err_text(e), "do",
                  "look at the disk of the data folder");
    if (save->remove)
        e = OK; /* they leave all the same: at worst they are told once more after a restart */
    save_free(save);
    if (asked.txn.id)
        answer(w, v, &asked, e);
}

static void fill_row(struct worker *w, const struct watcher *v, struct save *save)
{
    struct arena *a = &save->arena;
    struct sip_watch_row r;
    uint8_t *hop = arena_alloc(a, HOP_OCTETS);

    sip_watch_export(w->sip, v->watch, &r);
    if (hop)
        hop_write(hop, &r.hop);
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
                                     .expires = w->unix_now + save->asked.expires,
                                     .created = w->unix_now};
}

static void save_watch(struct worker *w, struct watcher *v, const struct asked *asked, bool remove)
{
    struct save *save = calloc(1, sizeof *save);

    if (save) {
        save->asked = *asked;
        fill_row(w, v, save);
    }
    if (!save || !arena_ok(&save->arena)) {
        if (save)
            save_free(save);
        if (asked->txn.id)
            answer(w, v, asked, ERR_NOMEM);
        return;
    }
    save->remove = remove;
    save->v = v;
    list_append(&v->saves, &save->node);
    v->saved = !remove;
    save->op = (struct storer_op){.run = run_save, .done = done_save, .bytes = 2048};
    worker_write(w, &save->op);
}

static void forget_row(struct worker *w, struct watcher *v)
{
    if (v->saved)
        save_watch(w, v, &(struct asked){0}, true);
}

/* Of a watch that nobody was told of. */
static void drop_silent(struct worker *w, struct watcher *v)
{
    forget_row(w, v);
    sip_watch_notify(w->sip, v->watch, &(struct sip_notify){.state = SIP_SUBSTATE_TERMINATED},
                     w->now);
    watcher_free(w, v);
}

/* What is to last is on disk (or `e` says why not): the 200, and the state at once behind it. `v`
 * is NULL when the watch ended meanwhile. */
static void answer(struct worker *w, struct watcher *v, const struct asked *asked, enum err e)
{
    if (!v || e) {
        sip_core_answer(w->sip, asked->txn, v ? 500 : asked->first ? 404 : 481, w->now);
        if (v && asked->first)
            drop_silent(w, v);
        return;
    }
    if (!sip_watch_answer(w->sip, v->watch, asked->txn, asked->expires, w->now)) {
        if (asked->first)
            drop_silent(w, v); /* so late that nobody waits for it any more */
        return;
    }
    presence_tell_watcher(w, v, true);
    if (asked->expires == 0) /* that NOTIFY was all */
        watcher_free(w, v);
}

/* ---- requests ---- */

/* Whom they mean; NULL: it was answered. */
static struct person *target_of(struct worker *w, const struct sip_core_event *ev,
                                const struct claim *who)
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
    struct asked asked;
    struct watcher *v;
    uint32_t expires;

    if (!target)
        return;
    v = grant(w, ev, who->local, &expires) ? watcher_new(target, who->name, who->local) : NULL;
    if (!v) {
        target_release(w, target);
        return;
    }
    v->watch = sip_watch_accept(w->sip, ev->txn, (uintptr_t)v, w->now);
    if (!v->watch) {
        watcher_free(w, v);
        return;
    }
    w->metrics.watchers++;
    if (target->foreign)
        buddy_want(w, target);
    asked = (struct asked){.txn = ev->txn, .expires = expires, .first = true};
    if (expires == 0) /* a fetch: nothing of it lasts */
        answer(w, v, &asked, OK);
    else
        save_watch(w, v, &asked, false);
}

/* A refresh is proven anew: it is the same user, or it is refused and the watch stays as it was. */
void watch_refresh(struct worker *w, const struct sip_core_event *ev)
{
    struct watcher *v = (struct watcher *)(uintptr_t)ev->owner;
    struct asked asked;
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
    asked = (struct asked){.txn = ev->txn, .expires = expires};
    if (expires == 0 && !v->saved)
        answer(w, v, &asked, OK);
    else
        save_watch(w, v, &asked, expires == 0);
}

void watch_ended(struct worker *w, const struct sip_core_event *ev)
{
    struct watcher *v = (struct watcher *)(uintptr_t)ev->owner;

    forget_row(w, v);
    watcher_free(w, v);
}

void watch_end_all(struct worker *w, struct account *a)
{
    a->holds++; /* it stays until the last one is told */
    LIST_EACH (struct watcher, v, &a->person->watchers, node) {
        forget_row(w, v);
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

/* Whom a row is about: an account, or the buddy elsewhere of one. NULL: nobody any more. */
static struct person *target_of_row(struct worker *w, struct span presentity)
{
    size_t at = span_find(presentity, ' ');
    struct span name = span_skip(presentity, at + 1);
    size_t host = span_find(name, '@');
    struct address to;
    struct account *a;

    if (account_get(w, span_first(presentity, at), &a))
        return NULL;
    if (at == presentity.n)
        return a->person;
    if (address_from_parts(span_first(name, host), span_skip(name, host + 1), &w->rules, &w->arena,
                           &to) ||
        !peer_find(w->peers, to.host)) {
        account_release(w, a);
        return NULL;
    }
    return buddy_get(w, a, &to);
}

static bool watcher_of_row(struct worker *w, const struct watcher_row *row, struct buf *who)
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
    struct person *target;
    struct watcher *v = NULL;
    struct buf who = {0};

    if (row->expires <= w->unix_now || !hop_read(row->hop, &r.hop) ||
        !(target = target_of_row(w, row->presentity)))
        return;
    if (watcher_of_row(w, row, &who))
        v = watcher_new(target, buf_span(&who), span_is(row->state, "local"));
    if (v && !v->local)
        r.hop.domain = number_of(w, buf_span(&who));
    buf_fini(&who);
    if (!v) {
        target_release(w, target);
        return;
    }
    v->watch = sip_watch_restore(w->sip, &r, (uintptr_t)v, w->now, w->unix_now);
    if (!v->watch) {
        watcher_free(w, v);
        return;
    }
    v->saved = true;
    w->metrics.watchers++;
    if (target->foreign)
        buddy_want(w, target);
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
