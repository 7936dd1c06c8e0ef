#include "gateway/flow/link_notice.h"

#include <stdlib.h>
#include <time.h>

#include "gateway/flow/helper.h"
#include "gateway/flow/lane.h"
#include "gateway/people/foreign.h"
#include "mapping/outcome.h"

/* The users of one link, while it is down or they wait for messages to it. */
struct told {
    struct table by_user;
};

struct user {
    uint64_t told;   /* when he heard of it last; 0: not yet */
    struct span key; /* behind the struct */
};

static struct told *told_get(struct domain_link *l)
{
    if (!l->told && (l->told = calloc(1, sizeof *l->told)))
        table_init(&l->told->by_user);
    return l->told;
}

void link_notice_forget(struct domain_link *l)
{
    struct user *u;
    size_t at = 0;

    if (!l->told)
        return;
    while ((u = table_next(&l->told->by_user, &at)))
        free(u);
    table_fini(&l->told->by_user);
    free(l->told);
    l->told = NULL;
}

/* Finds or adds. NULL: no memory, or too many. */
static struct user *user_get(struct domain_link *l, struct span key)
{
    struct told *t = told_get(l);
    struct user *u = t ? table_find(&t->by_user, key) : NULL;

    if (u || !t || table_count(&t->by_user) >= NOTICE_TOLD_MAX)
        return u;
    u = calloc(1, sizeof *u + key.n);
    if (!u)
        return NULL;
    u->key = span_behind(u + 1, key);
    if (table_add(&t->by_user, u->key, u)) {
        free(u);
        return NULL;
    }
    return u;
}

/* ---- who ---- */

struct collecting {
    struct worker *w;
    struct domain_link *l;
};

static void on_sender(void *ctx, const struct address *from)
{
    struct collecting *c = ctx;

    if (address_is_own(&c->w->rules, from) && !span_is(from->user, "aimgate"))
        (void)user_get(c->l, from->user);
}

/* Those who wrote there some time ago. */
static void drop_old(struct worker *w, struct told *t)
{
    struct user *u;
    size_t at = 0;

    while ((u = table_next(&t->by_user, &at)))
        if (w->now - u->told > NOTICE_OLD_MS) {
            table_remove(&t->by_user, u->key);
            free(u);
        }
}

void link_notice_tidy(struct worker *w, struct domain_link *l)
{
    if (l->told)
        drop_old(w, l->told);
    if (l->told && table_count(&l->told->by_user) == 0)
        link_notice_forget(l);
}

void link_notice_join(struct domain_link *to, struct domain_link *from)
{
    struct user *u;
    size_t at = 0;

    while (from->told && (u = table_next(&from->told->by_user, &at)))
        (void)user_get(to, u->key);
    link_notice_forget(from);
}

void link_notice_collect(struct worker *w, struct domain_link *l)
{
    if (l->told)
        drop_old(w, l->told);
    LIST_EACH (struct foreign, f, &l->buddies, of_link)
        if (person_is_online(f->person))
            (void)user_get(l, f->owner->key);
    lane_each_sender(w->lanes, l->domain, on_sender, &(struct collecting){w, l});
}

/* ---- the words ---- */

static void say(struct worker *w, struct user *u, const struct buf *words)
{
    struct address to = {.user = u->key, .host = w->own_domain};

    u->told = w->now;
    if (buf_ok(words))
        helper_say(w, &to, buf_span(words));
}

/* "14:05", by this machine's clock. */
static void put_time(struct buf *b, int64_t when)
{
    time_t t = (time_t)when;
    struct tm tm;

    if (localtime_r(&t, &tm))
        buf_fmt(b, "%02d:%02d", tm.tm_hour, tm.tm_min);
}

void link_notice_down(struct worker *w, struct domain_link *l)
{
    struct buf words = {0};
    struct user *u;
    size_t at = 0;

    if (!l->told)
        return;
    if (!l->domain.n) {
        BUF_LIT(&words, "This service has lost its connection to other services.");
    } else {
        buf_add(&words, l->domain);
        BUF_LIT(&words, " cannot be reached since ");
        put_time(&words, l->down_unix);
        BUF_LIT(&words, ". Its users are shown offline. Your own service is working.");
    }
    while ((u = table_next(&l->told->by_user, &at)))
        say(w, u, &words);
    buf_fini(&words);
}

void link_notice_up(struct worker *w, struct domain_link *l)
{
    struct buf words = {0};
    struct user *u;
    size_t at = 0;

    if (!l->told)
        return;
    if (!l->domain.n) {
        BUF_LIT(&words, "This service is connected to other services again.");
    } else {
        buf_add(&words, l->domain);
        BUF_LIT(&words, " is reachable again.");
    }
    while ((u = table_next(&l->told->by_user, &at)))
        if (u->told)
            say(w, u, &words);
    buf_fini(&words);
    link_notice_forget(l);
}

void link_notice_message(struct worker *w, const struct message *m, bool stored)
{
    struct domain_link *l = links_find(w->links, m->to.host);
    struct user *u = l ? user_get(l, m->from.user) : NULL;
    struct buf words = {0};

    if (!u)
        return;
    outcome_notice(&words, stored ? OUTCOME_STORED_LINK : OUTCOME_LINK_DOWN, (struct span){0},
                   m->to.host);
    say(w, u, &words);
    buf_fini(&words);
}
