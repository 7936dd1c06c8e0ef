#include "gateway/people/account.h"

#include "db/icons.h"

#include <stdlib.h>

bool account_find_icon(struct worker *w, struct account *a)
{
    struct span wish = span_of(a->icon_wish, a->icon_wish_n);

    if (wish.n && !icons_has(w->store, a->id, wish))
        wish.n = 0;
    if (span_eq(wish, span_of(a->icon, a->icon_n)))
        return false;
    memcpy(a->icon, a->icon_wish, sizeof a->icon);
    a->icon_n = wish.n;
    return true;
}

static void take_user(struct account *a, const struct user_row *u)
{
    a->id = u->id;
    a->created = u->created;
    memcpy(a->settings, u->settings, sizeof a->settings);
    a->icq = u->name.n > 0 && u->name.p[0] >= '0' && u->name.p[0] <= '9' &&
             span_find(u->name, '@') == u->name.n;
    memset(a->ha1, 0, sizeof a->ha1);
}

void published_free(struct published *p)
{
    list_remove(&p->node);
    arena_fini(&p->arena);
    free(p);
}

static void account_free(struct worker *w, struct account *a)
{
    LIST_EACH (struct contact, c, &a->contacts, node)
        contact_free(w, c);
    LIST_EACH (struct published, p, &a->published, node)
        published_free(p);
    timer_clear(w, &a->expiry);
    timer_clear(w, &a->idle);
    timer_clear(w, &a->resume);
    timer_clear(w, &a->fading);
    free(a->heard);
    timer_clear(w, &a->policy_turns);
    policy_free(a->policy);
    account_forget_rules(a);
    table_fini(&a->listed);
    span_free(&a->formatted);
    free(a->evidence);
    span_free(&a->failed.to);
    span_free(&a->failed.domain);
    explicit_bzero(a->ha1, sizeof a->ha1);
    free(a);
}

static bool is_used(const struct account *a)
{
    return !list_empty(&a->sessions) || !list_empty(&a->services) || !list_empty(&a->contacts) ||
           !list_empty(&a->published) || !list_empty(&a->person->watchers) || a->holds > 0;
}

void account_drop(struct worker *w, struct account *a)
{
    struct person *p = a->person;

    p->account = NULL;
    p->deleted = false;
    account_free(w, a);
    person_release(w, p);
}

static void on_idle(struct timer *t, struct worker *w)
{
    struct account *a = LIST_OF(t, struct account, idle);

    if (!is_used(a))
        account_drop(w, a);
}

static enum err account_new(struct worker *w, const struct user_row *u, struct account **out)
{
    struct person *p = person_get(w, u->name, u->name);
    struct account *a = p ? calloc(1, sizeof *a) : NULL;
    enum err e;

    if (!a)
        return ERR_NOMEM;
    list_init(&a->sessions);
    list_init(&a->services);
    list_init(&a->contacts);
    list_init(&a->published);
    list_init(&a->buddy_lists);
    list_init(&a->winfos);
    table_init(&a->listed);
    a->idle.due = on_idle;
    a->person = p;
    take_user(a, u);
    a->warning = (struct warning){u->warning, u->warned};
    e = span_keep(&a->formatted, u->formatted) ? account_load_rules(w, a) : ERR_NOMEM;
    (void)account_find_icon(w, a);
    if (e) {
        account_free(w, a);
        person_release(w, p);
        return e;
    }
    p->account = a;
    *out = a;
    return OK;
}

struct account *account_loaded(const struct worker *w, struct span norm)
{
    struct person *p = person_find(w->people, norm);

    return p ? p->account : NULL;
}

enum err account_get(struct worker *w, struct span norm, struct account **out)
{
    struct user_row u;
    enum err e;

    *out = account_loaded(w, norm);
    if (*out)
        return (*out)->person->deleted ? ERR_NO_USER : OK;
    e = users_find(w->store, norm, &w->arena, &u);
    if (!e)
        e = account_new(w, &u, out);
    if (!e)
        account_release(w, *out);
    return e;
}

void account_release(struct worker *w, struct account *a)
{
    if (!is_used(a))
        timer_set(w, &a->idle, w->now + ACCOUNT_IDLE_MS);
}

enum err account_reload(struct worker *w, struct account *a)
{
    struct user_row u;
    enum err e = users_find(w->store, a->person->key, &w->arena, &u);

    if (e)
        return e;
    take_user(a, &u);
    return span_keep(&a->formatted, u.formatted) ? account_load_rules(w, a) : ERR_NOMEM;
}

void account_note_failed(struct account *a, struct span to, struct span domain, enum outcome how,
                         int64_t now)
{
    if (span_keep(&a->failed.to, to) && span_keep(&a->failed.domain, domain)) {
        a->failed.how = how;
        a->failed.at = now;
    }
}

bool account_hides(const struct worker *w, struct account *a, struct span who)
{
    return (a->settings[USER_hide_existence] || w->conf->users.hide_existence) &&
           !span_eq(who, a->person->key) && account_blocks(a, who);
}

bool account_rejects(const struct worker *w, struct account *a, struct span who)
{
    return (a->settings[USER_block_style] == BLOCK_OPEN ||
            w->conf->users.block_style == CONF_BLOCK_OPEN) &&
           !span_eq(who, a->person->key) && account_blocks(a, who);
}

enum err account_password(struct worker *w, struct span norm, struct buf *out)
{
    struct user_row u;
    enum err e = users_find(w->store, norm, &w->arena, &u);

    return e ? e : unseal(&w->key, u.password, u.name, out);
}
