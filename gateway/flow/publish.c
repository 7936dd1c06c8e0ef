#include "gateway/flow/publish.h"

#include "db/publications.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/register.h"
#include "simple/wire/print.h"

#include <stdlib.h>

enum { ETAG = 16 };

/* ---- in memory ---- */

/* ERR_SYNTAX, ERR_UNSUPPORTED: not a presence document. */
static enum err published_new(struct account *a, struct span etag, struct span first,
                              struct span body, int64_t expires, struct published **out)
{
    struct published *p = calloc(1, sizeof *p);
    enum err e;

    *out = NULL;
    if (!p)
        return ERR_NOMEM;
    p->etag = arena_copy(&p->arena, etag);
    p->first_etag = arena_copy(&p->arena, first.n ? first : etag);
    p->body = arena_copy(&p->arena, body);
    p->expires = expires;
    e = pidf_parse(p->body, &p->arena, &p->doc);
    if (e || !arena_ok(&p->arena)) {
        published_free(p);
        return e ? e : ERR_NOMEM;
    }
    list_append(&a->published, &p->node);
    *out = p;
    return OK;
}

/* ---- in the database ---- */

struct save {
    struct storer_op op;
    struct arena arena;
    struct publication_row row;
    struct span old;     /* the tag it takes the place of */
    bool remove;
    struct sip_txn txn;
    uint32_t expires;
};

static enum err run_save(struct storer_op *op, struct store *s)
{
    struct save *save = LIST_OF(op, struct save, op);
    enum err e;

    if (!save->remove)
        return publications_put(s, &save->row, save->old);
    e = publications_delete(s, save->row.user, save->old);
    return e == ERR_NOT_FOUND ? OK : e;
}

static void answer(struct worker *w, struct sip_txn txn, struct span etag, uint32_t expires)
{
    struct buf headers = {0};

    sip_put_hdr(&headers, SIP_HDR_SIP_ETAG, etag);
    sip_put_hdr_number(&headers, SIP_HDR_EXPIRES, expires);
    sip_core_respond(w->sip, txn,
                     &(struct sip_answer){.status = 200, .headers = buf_span(&headers)}, w->now);
    buf_fini(&headers);
}

static void save_free(struct save *save)
{
    arena_fini(&save->arena);
    free(save);
}

static void done_save(struct storer_op *op, enum err e, void *ctx)
{
    struct save *save = LIST_OF(op, struct save, op);
    struct worker *w = ctx;

    if (e) {
        LOG_ERROR(&w->log, "store", "a publication was not stored", "why", err_text(e), "do",
                  "look at the disk of the data folder");
        sip_core_answer(w->sip, save->txn, 500, w->now);
    } else {
        answer(w, save->txn, save->row.etag, save->expires);
    }
    save_free(save);
}

static void write_row(struct worker *w, struct account *a, const struct sip_core_event *ev,
                      struct span etag, struct span old, struct span body,
                      const struct publish_result *r)
{
    struct save *save = calloc(1, sizeof *save);

    if (!save) {
        sip_core_answer(w->sip, ev->txn, 500, w->now);
        return;
    }
    save->row = (struct publication_row){.user = a->id,
                                         .etag = arena_copy(&save->arena, etag),
                                         .expires = w->unix_now + r->expires,
                                         .body = arena_copy(&save->arena, body)};
    save->old = arena_copy(&save->arena, old);
    save->remove = r->action == PUBLISH_REMOVE;
    save->txn = ev->txn;
    save->expires = r->expires;
    if (!arena_ok(&save->arena)) {
        save_free(save);
        sip_core_answer(w->sip, ev->txn, 500, w->now);
        return;
    }
    save->op = (struct storer_op){
        .run = run_save, .done = done_save, .several = true, .bytes = body.n + 512};
    worker_write(w, &save->op);
}

/* ---- the request ---- */

static void refuse(struct worker *w, const struct sip_core_event *ev,
                   const struct publish_result *r)
{
    struct buf headers = {0};

    if (r->status == 423)
        sip_put_hdr_number(&headers, SIP_HDR_MIN_EXPIRES, r->min_expires);
    if (r->status == 489)
        sip_put_hdr_str(&headers, SIP_HDR_ALLOW_EVENTS, "presence");
    if (r->status == 415)
        sip_put_hdr_str(&headers, SIP_HDR_ACCEPT, PIDF_TYPE);
    identity_refuse_with(w, ev, r->status, r->text ? r->text : "refused", &headers);
}

/* False: it was answered (not their own, or nobody's). */
static bool is_own(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct address to;
    struct account *a;

    if (address_from_parts(ev->msg->target.user, ev->msg->target.host, &w->rules, &w->arena, &to)) {
        identity_refuse(w, ev, 404, "no such user");
        return false;
    }
    if (!address_is_own(&w->rules, &to)) {
        identity_refuse(w, ev, 403, "no relay between other domains");
        return false;
    }
    if (account_get(w, to.user, &a)) {
        identity_refuse(w, ev, 404, "no such user");
        return false;
    }
    if (a != who->account) {
        identity_refuse(w, ev, 403, "nobody publishes for somebody else");
        return false;
    }
    return true;
}

static void change(struct worker *w, struct account *a, const struct sip_core_event *ev,
                   const struct publish_result *r, struct published *old)
{
    char etag[ETAG];
    struct published *p = NULL;
    struct span tag = span_of(etag, ETAG), body = ev->msg->body, old_tag = {0};
    enum err e = OK;

    rng_token(&w->rng, etag, ETAG);
    if (r->action == PUBLISH_REFRESH && old)
        body = old->body;
    if (r->action != PUBLISH_REMOVE)
        e = published_new(a, tag, old ? old->first_etag : (struct span){0}, body,
                          w->unix_now + r->expires, &p);
    if (e) {
        identity_refuse(w, ev, e == ERR_NOMEM ? 500 : 400, "not a presence document");
        return;
    }
    if (old)
        old_tag = arena_copy(&w->arena, old->etag);
    if (p) {
        p->since = old ? old->since : w->unix_now;
        p->from = ev->from;
    }
    write_row(w, a, ev, tag, old_tag, p ? p->body : (struct span){0}, r);
    if (old)
        published_free(old);
    register_set_expiry(w, a);
    presence_account_changed(w, a);
    account_release(w, a);
}

void publish_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct published *objects[PUBLISH_LIVE_MAX];
    struct publication have[PUBLISH_LIVE_MAX];
    struct publish_conf conf = {0};
    struct publish_result r;
    size_t n = 0;

    if (!is_own(w, ev, who))
        return;
    LIST_EACH (struct published, p, &who->account->published, node)
        if (n < PUBLISH_LIVE_MAX) {
            objects[n] = p;
            have[n++] = (struct publication){
                .etag = p->etag,
                .expires_at = w->now + (p->expires > w->unix_now
                                            ? (uint64_t)(p->expires - w->unix_now) * 1000
                                            : 0)};
        }
    switch (publish_check(&conf, have, n, ev->msg, w->now, &r)) {
    case PUBLISH_REFUSE: refuse(w, ev, &r); break;
    case PUBLISH_NOTHING: answer(w, ev->txn, SPAN("none"), 0); break;
    case PUBLISH_CREATE: change(w, who->account, ev, &r, NULL); break;
    case PUBLISH_MODIFY:
    case PUBLISH_REFRESH:
    case PUBLISH_REMOVE: change(w, who->account, ev, &r, objects[r.index]); break;
    }
}

void publish_restore(struct worker *w)
{
    struct cursor c = {0};
    struct publication_row row;

    if (publications_list(w->store, &c) == OK)
        while (publications_next(&c, &row)) {
            struct account *a;
            struct published *p;

            if (row.expires <= w->unix_now || account_get(w, row.name, &a) ||
                published_new(a, row.etag, (struct span){0}, row.body, row.expires, &p))
                continue;
            register_set_expiry(w, a);
            presence_account_changed(w, a);
        }
    (void)cursor_close(&c);
}
