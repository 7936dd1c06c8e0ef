#include "gateway/flow/warn.h"

#include <stdlib.h>

#include "base/siphash.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/warnings.h"
#include "gateway/people/book.h"

/* ---- who may ---- */

static uint64_t mark_of(const struct account *a, struct span name)
{
    const uint64_t secret[2] = {(uint64_t)a->created, (uint64_t)a->id};

    return siphash(secret, name);
}

void warn_heard(struct worker *w, struct account *to, struct span sender)
{
    uint64_t who = mark_of(to, sender);
    struct heard *oldest;

    if (list_empty(&to->sessions))
        return; /* only AIM clients warn */
    if (!to->heard)
        to->heard = calloc(WARN_HEARD, sizeof *to->heard);
    if (!to->heard)
        return;
    oldest = to->heard;
    for (struct heard *h = to->heard; h < to->heard + WARN_HEARD; h++) {
        if (h->who == who) {
            h->at = w->unix_now;
            return;
        }
        if (h->at < oldest->at)
            oldest = h;
    }
    *oldest = (struct heard){.who = who, .at = w->unix_now};
}

/* Did that name write to him lately, and is it not warned by him already? Then it is now. */
static bool may_warn(struct worker *w, struct account *a, struct span name)
{
    uint64_t who = mark_of(a, name);

    for (size_t i = 0; a->heard && i < WARN_HEARD; i++) {
        struct heard *h = &a->heard[i];

        if (h->who != who)
            continue;
        if (w->unix_now - h->at > WARN_HEARD_S ||
            (h->warned && w->unix_now - h->warned < WARN_AGAIN_S))
            return false;
        h->warned = w->unix_now;
        return true;
    }
    return false;
}

/* ---- what stays ---- */

struct keeping {
    struct storer_op op;
    struct warning warning;
    struct span name; /* behind the struct */
};

static enum err run_keep(struct storer_op *op, struct store *s)
{
    struct keeping *k = LIST_OF(op, struct keeping, op);

    return users_set_warning(s, k->name, k->warning.level, k->warning.at);
}

static void done_keep(struct storer_op *op, enum err e, void *ctx)
{
    struct keeping *k = LIST_OF(op, struct keeping, op);
    struct worker *w = ctx;

    if (e && e != ERR_NO_USER)
        LOG_ERROR(&w->log, "store", "a warning is forgotten with the next restart", "why",
                  err_text(e), "do", "look at the disk of the data folder");
    free(k);
}

static void keep(struct worker *w, const struct account *a)
{
    struct span name = a->person->key;
    struct keeping *k = calloc(1, sizeof *k + name.n);

    if (!k)
        return;
    k->warning = a->warning;
    k->name = span_behind(k + 1, name);
    k->op = (struct storer_op){.run = run_keep, .done = done_keep, .bytes = sizeof *k + name.n};
    worker_write(w, &k->op);
}

/* ---- what follows ---- */

static void on_fading(struct timer *t, struct worker *w)
{
    struct account *a = LIST_OF(t, struct account, fading);

    presence_warning_changed(w, a, true);
    warn_begin(w, a);
}

void warn_begin(struct worker *w, struct account *a)
{
    int64_t next = warning_fades(&a->warning, w->unix_now);

    timer_clear(w, &a->fading);
    if (next == 0 || list_empty(&a->sessions))
        return;
    a->fading.due = on_fading;
    timer_set(w, &a->fading, w->now + (uint64_t)(next - w->unix_now) * 1000);
}

static void refuse(struct aim_session *s, uint32_t id, enum snac_error code)
{
    oscar_conn_error(s->conn, FOODGROUP_ICBM, id, &(struct snac_failure){.code = (uint16_t)code});
}

static void tell_warned(struct worker *w, struct account *to, uint16_t level,
                        const struct account *by)
{
    struct oscar_userinfo u;

    if (by)
        presence_userinfo(w, by->person, false, &u);
    LIST_EACH (struct aim_session, s, &to->sessions, of_account) {
        if (!s->online)
            continue;
        oscar_conn_evil(s->conn, level, by ? &u : NULL);
        aim_session_dirty(s);
    }
}

static void warn_account(struct aim_session *s, uint32_t id, struct account *to, bool anonymous)
{
    struct worker *w = s->w;
    struct account *own = s->account;
    uint16_t added, level;

    if (!person_is_online(to->person) || account_blocks(to, own->person->key)) {
        refuse(s, id, SNAC_ERR_NOT_LOGGED_ON);
        return;
    }
    if (warning_level(&to->warning, w->unix_now) == WARNING_MAX ||
        !may_warn(w, own, to->person->key)) {
        refuse(s, id, SNAC_ERR_REQUEST_DENIED);
        return;
    }
    added = warning_add(&to->warning, anonymous ? WARNING_ANONYMOUS : WARNING_NAMED, w->unix_now);
    level = warning_level(&to->warning, w->unix_now);
    keep(w, to);
    oscar_conn_warned(s->conn, id, added, level);
    tell_warned(w, to, level, anonymous ? NULL : own);
    presence_warning_changed(w, to, false);
    warn_begin(w, to);
}

/* 5.5 of the tables: SIP knows no warnings, so what he hears of it is how he is slowed down. */
static void warn_foreign(struct aim_session *s, uint32_t id, const struct address *who,
                         struct span name, bool anonymous)
{
    struct worker *w = s->w;
    uint16_t added;

    if (warnings_level(w, name) == WARNING_MAX || !may_warn(w, s->account, name))
        refuse(s, id, SNAC_ERR_REQUEST_DENIED);
    else if (warnings_add(w, who, name, anonymous ? WARNING_ANONYMOUS : WARNING_NAMED, &added))
        refuse(s, id, SNAC_ERR_SERVICE_UNAVAILABLE);
    else
        oscar_conn_warned(s->conn, id, added, warnings_level(w, name));
}

void warn_from_aim(struct aim_session *s, uint32_t id, const struct icbm_warning *in)
{
    struct name_target t;
    struct account *to;
    struct buf name = {0};

    if (book_typed(s->w, in->name, &t)) {
        refuse(s, id, SNAC_ERR_NOT_LOGGED_ON);
        return;
    }
    if (!t.local) {
        address_key(&name, &s->w->rules, &t.address);
        warn_foreign(s, id, &t.address, buf_span(&name), in->anonymous);
        buf_fini(&name);
        return;
    }
    if (book_is_helper(s->w, t.address.user))
        refuse(s, id, SNAC_ERR_REQUEST_DENIED);
    else if (account_get(s->w, t.address.user, &to))
        refuse(s, id, SNAC_ERR_NOT_LOGGED_ON);
    else if (to == s->account)
        refuse(s, id, SNAC_ERR_NOT_BY_HOST); /* nobody warns himself */
    else
        warn_account(s, id, to, in->anonymous);
}
