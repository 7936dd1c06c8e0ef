#include "gateway/flow/authorizer.h"

#include <stdlib.h>

#include "base/table.h"
#include "gateway/people/account.h"
#include "oscar/roast.h"

/* Sign-ons with one name from one address. */
struct attempts {
    struct list node;
    uint64_t until;
    unsigned wrong, right;
    struct span key; /* behind the struct */
};

struct authorizer {
    struct table attempts;
    struct list list; /* oldest first */
};

struct authorizer *authorizer_new(void)
{
    struct authorizer *z = calloc(1, sizeof *z);

    if (!z)
        return NULL;
    table_init(&z->attempts);
    list_init(&z->list);
    return z;
}

static void attempts_free(struct authorizer *z, struct attempts *t)
{
    table_remove(&z->attempts, t->key);
    list_remove(&t->node);
    free(t);
}

void authorizer_free(struct authorizer *z)
{
    if (!z)
        return;
    LIST_EACH (struct attempts, t, &z->list, node)
        attempts_free(z, t);
    table_fini(&z->attempts);
    free(z);
}

/* ---- too many tries ---- */

/* In the worker's scratch. */
static struct span attempts_key(struct worker *w, const struct sip_addr *from, struct span name)
{
    buf_reset(&w->scratch);
    sip_addr_print(&w->scratch, from);
    buf_u8(&w->scratch, ' ');
    buf_add(&w->scratch, name);
    return buf_span(&w->scratch);
}

static bool is_throttled(struct worker *w, const struct sip_addr *from, struct span name)
{
    struct authorizer *z = w->authorizer;
    struct attempts *t;

    LIST_EACH (struct attempts, old, &z->list, node) {
        if (old->until > w->now)
            break;
        attempts_free(z, old);
    }
    if (!w->conf->oscar.rate_limits)
        return false;
    t = table_find(&z->attempts, attempts_key(w, from, name));
    return t && (t->wrong >= AUTHORIZER_WRONG_MAX || t->right >= AUTHORIZER_RIGHT_MAX);
}

static void count_attempt(struct worker *w, const struct sip_addr *from, struct span name,
                          bool right)
{
    struct authorizer *z = w->authorizer;
    struct span key = attempts_key(w, from, name);
    struct attempts *t = table_find(&z->attempts, key);

    if (t) {
        t->wrong += !right;
        t->right += right;
        return;
    }
    if (table_count(&z->attempts) >= AUTHORIZER_KEPT)
        attempts_free(z, LIST_OF(z->list.next, struct attempts, node));
    t = calloc(1, sizeof *t + key.n);
    if (!t)
        return;
    t->key = span_behind(t + 1, key);
    t->until = w->now + AUTHORIZER_MS;
    t->wrong = !right;
    t->right = right;
    if (table_add(&z->attempts, t->key, t))
        free(t);
    else
        list_append(&z->list, &t->node);
}

/* ---- the judgement ---- */

void authorizer_log_refused(struct worker *w, const struct sip_addr *from, struct span name,
                            const char *why)
{
    struct buf who = {0}, where = {0};

    buf_add(&who, name);
    sip_addr_print(&where, from);
    LOG_INFO(&w->log, "aim", "a sign-on was refused", "user", buf_cstr(&who), "from",
             buf_cstr(&where), "why", why);
    buf_fini(&who);
    buf_fini(&where);
    w->metrics.aim_refused++;
}

/* The password, against what the database has. */
static uint16_t check(struct worker *w, const struct oscar_login *l, struct authorized *out,
                      const char **why)
{
    struct buf password = {0};
    struct user_row user = {0};
    enum err e = users_find(w->store, out->name, &w->arena, &user);
    uint16_t wrong = 0;

    if (!e)
        e = unseal(&w->key, user.password, user.name, &password);
    if (!e && !roast_check(l, buf_span(&password)))
        e = ERR_BAD_PASSWORD;
    if (e)
        wrong = e == ERR_NO_USER || e == ERR_BAD_PASSWORD ? LOGIN_ERR_WRONG_PASSWORD
                                                          : LOGIN_ERR_UNAVAILABLE;
    *why = err_text(e);
    out->formatted = user.formatted;
    seal_wipe(&password);
    return wrong;
}

static uint16_t judge(struct worker *w, const struct sip_addr *from, const struct oscar_login *l,
                      struct authorized *out, const char **why)
{
    uint16_t wrong;

    *why = "the gateway is about to stop";
    if (w->draining)
        return LOGIN_ERR_UNAVAILABLE;
    *why = "not a screen name";
    if (out->class == NAME_BAD)
        return LOGIN_ERR_WRONG_PASSWORD;
    *why = "too many sign-ons or wrong passwords; wait a minute";
    if (is_throttled(w, from, out->name))
        return LOGIN_ERR_TOO_OFTEN;
    wrong = check(w, l, out, why);
    if (wrong != LOGIN_ERR_UNAVAILABLE)
        count_attempt(w, from, out->name, !wrong);
    return wrong;
}

uint16_t authorizer_judge(struct worker *w, const struct sip_addr *from,
                          const struct oscar_login *l, struct authorized *out)
{
    const char *why;
    uint16_t wrong;

    *out = (struct authorized){.class = NAME_BAD};
    out->name = name_norm_in(&w->arena, l->name, &out->class);
    wrong = judge(w, from, l, out, &why);
    if (wrong)
        authorizer_log_refused(w, from, out->name, why);
    return wrong;
}
