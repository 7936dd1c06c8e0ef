#include "gateway/people/account.h"

#include "base/utf8.h"
#include "db/icons.h"
#include "db/rosters.h"
#include "mapping/roster.h"

#include <stdlib.h>

/* Somebody on one of the lists. */
struct listed {
    struct span name;
    unsigned on; /* a bit for each enum privacy_list */
};

static void forget_lists(struct account *a)
{
    size_t at = 0;

    for (struct listed *l = NULL; (l = table_next(&a->listed, &at));)
        free(l);
    table_fini(&a->listed);
    table_init(&a->listed);
    a->any_denied = false;
}

static enum err put_on_list(struct account *a, enum privacy_list list, struct span raw)
{
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;
    struct listed *l;

    if (name_norm(raw, norm, &n) == NAME_BAD)
        return OK; /* nobody can have that name */
    a->any_denied |= list == PRIVACY_DENIED;
    l = table_find(&a->listed, span_of(norm, n));
    if (l) {
        l->on |= 1U << list;
        return OK;
    }
    l = malloc(sizeof *l + n);
    if (!l)
        return ERR_NOMEM;
    memcpy(l + 1, norm, n);
    l->name = span_of(l + 1, n);
    l->on = 1U << list;
    if (table_add(&a->listed, l->name, l)) {
        free(l);
        return ERR_NOMEM;
    }
    return OK;
}

/* The item names a buddy icon by its hash. */
static void take_icon(struct account *a, struct span attributes)
{
    struct span info;
    struct rd r;

    if (!tlv_find(attributes, FEEDBAG_ATTR_BART, &info))
        return;
    r = rd_over(info);
    (void)rd_u8(&r); /* flags */
    info = rd_str8(&r);
    if (!rd_ok(&r) || info.n > sizeof a->icon_wish || bart_is_no_icon(info))
        return;
    memcpy(a->icon_wish, info.p, info.n);
    a->icon_wish_n = info.n;
}

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

static enum err take_item(struct account *a, const struct roster_row *row, bool buddies)
{
    enum privacy_list list;

    if (row->class == FEEDBAG_PD_INFO)
        a->mode = roster_mode(row->attributes);
    if (row->class == FEEDBAG_PREFERENCES) {
        a->hides_idle = !feedbag_pref(row->attributes, PREF_SHOW_IDLE, true);
        a->hides_typing = !feedbag_pref(row->attributes, PREF_SHOW_TYPING, true);
        a->refuses_stored = !feedbag_pref(row->attributes, PREF_OFFLINE_MESSAGES, true);
    }
    if (row->class == FEEDBAG_BART && span_is(row->name, "1"))
        take_icon(a, row->attributes);
    if (!roster_list_of(row->class, &list) || (list == PRIVACY_BUDDIES && !buddies))
        return OK;
    return put_on_list(a, list, row->name);
}

static enum err read_roster(struct worker *w, struct account *a, bool buddies)
{
    struct cursor c = {0};
    struct roster_row row;
    enum err e = rosters_list(w->store, a->id, &c), closed;

    while (!e && rosters_next(&c, &row))
        e = take_item(a, &row, buddies);
    closed = cursor_close(&c);
    return e ? e : closed;
}

/* What a client without a list on the server said (SNAC foodgroup 0x0009). */
static enum err read_kept(struct worker *w, struct account *a)
{
    struct cursor c = {0};
    struct privacy_entry row;
    unsigned mode = 0;
    enum err e = privacy_mode(w->store, a->id, &mode), closed;

    if (e)
        return e;
    if (mode && a->mode == PRIVACY_UNSET)
        a->mode = (enum privacy_mode)mode;
    e = privacy_list_user(w->store, a->id, &c);
    while (!e && privacy_next(&c, &row)) {
        if (row.until && row.until <= w->unix_now)
            continue;
        if (row.list == KEPT_PERMIT)
            e = put_on_list(a, PRIVACY_PERMITTED, row.name);
        else if (row.list == KEPT_DENY)
            e = put_on_list(a, PRIVACY_DENIED, row.name);
    }
    closed = cursor_close(&c);
    return e ? e : closed;
}

enum err account_load_rules(struct worker *w, struct account *a)
{
    enum err e;

    forget_lists(a);
    a->mode = PRIVACY_UNSET;
    a->hides_idle = a->hides_typing = a->refuses_stored = false;
    a->icon_wish_n = 0;
    e = read_roster(w, a, false);
    if (!e)
        e = read_kept(w, a);
    if (!e && a->mode == PRIVACY_PERMIT_BUDDIES)
        e = read_roster(w, a, true); /* only that mode asks who is a buddy */
    return e;
}

static void take_user(struct account *a, const struct user_row *u)
{
    a->id = u->id;
    memcpy(a->settings, u->settings, sizeof a->settings);
    a->icq = u->name.n > 0 && u->name.p[0] >= '0' && u->name.p[0] <= '9' &&
             span_find(u->name, '@') == u->name.n;
    memset(a->ha1, 0, sizeof a->ha1);
}

void contact_free(struct worker *w, struct contact *c)
{
    list_remove(&c->node);
    list_remove(&c->of_flow);
    w->metrics.sip_contacts--;
    free(c);
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
    forget_lists(a);
    table_fini(&a->listed);
    span_free(&a->formatted);
    span_free(&a->failed.to);
    span_free(&a->failed.domain);
    explicit_bzero(a->ha1, sizeof a->ha1);
    free(a);
}

static bool is_used(const struct account *a)
{
    return !list_empty(&a->sessions) || !list_empty(&a->services) || !list_empty(&a->contacts) || !list_empty(&a->published) ||
           !list_empty(&a->person->watchers) || a->holds > 0;
}

void account_drop(struct worker *w, struct account *a)
{
    struct person *p = a->person;

    p->account = NULL;
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
    list_init(&a->winfos);
    table_init(&a->listed);
    a->idle.due = on_idle;
    a->person = p;
    take_user(a, u);
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
        return (*out)->deleted ? ERR_NO_USER : OK;
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

static bool has_listed(void *lists, enum privacy_list list, struct span name)
{
    struct account *a = lists;
    struct listed *l = table_find(&a->listed, name);

    return l && (l->on >> list & 1);
}

struct privacy account_privacy(struct account *a)
{
    return (struct privacy){.mode = a->mode,
                            .any_denied = a->any_denied,
                            .icq = a->icq,
                            .has = has_listed,
                            .lists = a};
}

enum privacy_verdict account_allows_presence(struct account *a, struct span who)
{
    struct privacy rules = account_privacy(a);

    return privacy_presence(&rules, &(struct privacy_other){.name = who});
}

enum privacy_verdict account_allows_message(struct account *a, struct span who)
{
    struct privacy rules = account_privacy(a);

    return privacy_message(&rules, &(struct privacy_other){.name = who});
}

bool account_blocks(struct account *a, struct span who)
{
    return account_allows_presence(a, who) == PRIVACY_BLOCK;
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
    return (a->settings[USER_hide_existence] || w->conf->sip.hide_existence) && !span_eq(who, a->person->key) &&
           account_blocks(a, who);
}

bool account_ignores(struct account *a, struct span who)
{
    struct privacy rules = account_privacy(a);

    return privacy_ignores(&rules, who);
}

enum err account_password(struct worker *w, struct span norm, struct buf *out)
{
    struct user_row u;
    enum err e = users_find(w->store, norm, &w->arena, &u);

    return e ? e : unseal(&w->key, u.password, u.name, out);
}
