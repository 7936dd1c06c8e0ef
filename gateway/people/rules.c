/* Who may see an account and write to it: the lists and answers that count, as they stand in the
 * database. */
#include "gateway/people/account.h"

#include <stdlib.h>

#include "db/policies.h"
#include "db/rosters.h"
#include "gateway/people/book.h"
#include "gateway/people/session.h"
#include "mapping/roster.h"

/* Lists of the account's own, behind those of mapping/privacy.h. */
enum own_list {
    LIST_BLOCKED = PRIVACY_IGNORED + 1, /* M-545 */
    LIST_WATCHER_ALLOWED,
    LIST_WATCHER_REFUSED,
};

/* Somebody on one of the lists. */
struct listed {
    struct span name;
    unsigned on;         /* a bit for each enum privacy_list and own_list */
    int64_t welcome;     /* no stranger until then (Unix seconds) */
    int64_t unwelcome;   /* what he writes is refused until then */
    int64_t turned_down; /* when he was first; 0: never, or 30 days ago */
};

void account_forget_rules(struct account *a)
{
    size_t at = 0;

    for (struct listed *l = NULL; (l = table_next(&a->listed, &at));)
        free(l);
    table_fini(&a->listed);
    table_init(&a->listed);
    a->any_denied = false;
}

/* NULL: no memory. */
static struct listed *listed_get(struct account *a, struct span norm)
{
    struct listed *l = table_find(&a->listed, norm);

    if (l)
        return l;
    l = calloc(1, sizeof *l + norm.n);
    if (!l)
        return NULL;
    l->name = span_behind(l + 1, norm);
    if (table_add(&a->listed, l->name, l)) {
        free(l);
        return NULL;
    }
    return l;
}

/* A list may have somebody under a name that is bound to his address: what counts is who it is (1.6
 * of the tables). The empty span: nobody can have that name. */
static struct span who_is(struct worker *w, struct span raw, char norm[SCREEN_NAME_MAX + 1])
{
    struct name_target t;
    struct buf key = {0};
    struct span out;
    size_t n;

    if (name_norm(raw, norm, &n) == NAME_BAD)
        return (struct span){0};
    out = span_of(norm, n);
    if (span_find(out, '@') < n || book_typed(w, out, &t) || t.local)
        return out;
    address_key(&key, &w->rules, &t.address);
    if (buf_ok(&key))
        out = arena_copy(&w->arena, buf_span(&key));
    buf_fini(&key);
    return out;
}

static enum err put_on_list(struct worker *w, struct account *a, enum privacy_list list,
                            struct span raw)
{
    char norm[SCREEN_NAME_MAX + 1];
    struct span name = who_is(w, raw, norm);
    struct listed *l;

    if (!name.n)
        return OK;
    l = listed_get(a, name);
    if (!l)
        return ERR_NOMEM;
    a->any_denied |= list == PRIVACY_DENIED;
    l->on |= 1U << list;
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

static enum err take_item(struct worker *w, struct account *a, const struct roster_row *row,
                          bool buddies)
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
    return put_on_list(w, a, list, row->name);
}

static enum err read_roster(struct worker *w, struct account *a, bool buddies)
{
    struct cursor c = {0};
    struct roster_row row;
    enum err e = rosters_list(w->store, a->id, &c), closed;

    while (!e && rosters_next(&c, &row))
        e = take_item(w, a, &row, buddies);
    closed = cursor_close(&c);
    return e ? e : closed;
}

/* What the user answered to the helper's questions. */
static enum err take_answer(struct account *a, const struct privacy_entry *row)
{
    struct listed *l = listed_get(a, row->name);

    if (!l)
        return ERR_NOMEM;
    switch (row->list) {
    case KEPT_BLOCK: l->on |= 1U << LIST_BLOCKED; break;
    case KEPT_WATCHER_ALLOWED: l->on |= 1U << LIST_WATCHER_ALLOWED; break;
    case KEPT_WATCHER_REFUSED: l->on |= 1U << LIST_WATCHER_REFUSED; break;
    case KEPT_STRANGER_YES: l->welcome = row->until ? row->until : INT64_MAX; break;
    case KEPT_STRANGER_NO:
        l->turned_down = row->created;
        l->unwelcome = row->created + ACCOUNT_STRANGER_NO_S;
        break;
    default: break;
    }
    return OK;
}

static enum err take_kept(struct worker *w, struct account *a, const struct privacy_entry *row)
{
    if (row->until && row->until <= w->unix_now)
        return OK;
    switch (row->list) {
    case KEPT_PERMIT: return put_on_list(w, a, PRIVACY_PERMITTED, row->name);
    case KEPT_DENY: return put_on_list(w, a, PRIVACY_DENIED, row->name);
    default: return take_answer(a, row);
    }
}

/* What a client without a list on the server said (SNAC foodgroup 0x0009), and what was said to the
 * helper. */
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
    while (!e && privacy_next(&c, &row))
        e = take_kept(w, a, &row);
    closed = cursor_close(&c);
    return e ? e : closed;
}

/* A document that cannot be read grants nothing: it was good when it was imported. */
static enum err load_policy(struct worker *w, struct account *a)
{
    struct auth_policy doc = {0};
    struct arena arena = {0};
    struct span text;
    enum err e = policies_find(w->store, a->id, &arena, &text);

    policy_free(a->policy);
    a->policy = NULL;
    if (e == OK) {
        if (auth_policy_parse(text, &arena, &doc) != OK) {
            LOG_ERROR(&w->log, "store",
                      "a rule document cannot be read: it shows its user to nobody over SIP", "do",
                      "aimgate rules import, or clear");
            doc.n = 0;
        }
        a->policy = policy_new(&doc, &w->rules);
        e = a->policy ? OK : ERR_NOMEM;
    }
    arena_fini(&arena);
    return e == ERR_NOT_FOUND ? OK : e;
}

enum err account_load_rules(struct worker *w, struct account *a)
{
    enum err e;

    account_forget_rules(a);
    a->asks_strangers = w->conf->users.knock_knock || a->settings[USER_knock_knock];
    a->confirms_watchers = w->conf->users.foreign_watchers == CONF_CONSENT_CONFIRM ||
                           a->settings[USER_foreign_watchers] == CONSENT_CONFIRM;
    a->authorises = a->icq && a->settings[USER_authorisation];
    a->keeps_buddies = a->asks_strangers || w->conf->sip.list_messages;
    a->mode = PRIVACY_UNSET;
    a->hides_idle = a->hides_typing = a->refuses_stored = false;
    a->icon_wish_n = 0;
    e = load_policy(w, a);
    if (!e)
        e = read_roster(w, a, false);
    if (!e)
        e = read_kept(w, a);
    if (!e && account_asks_who_is_buddy(a))
        e = read_roster(w, a, true);
    return e;
}

static bool is_on(const struct account *a, unsigned list, struct span name)
{
    const struct listed *l = table_find(&a->listed, name);

    return l && (l->on >> list & 1);
}

static bool has_listed(void *lists, enum privacy_list list, struct span name)
{
    return is_on(lists, list, name);
}

struct privacy account_privacy(struct account *a)
{
    return (struct privacy){
        .mode = a->mode, .any_denied = a->any_denied, .icq = a->icq, .has = has_listed, .lists = a};
}

/* A client without a list on the server has him on its own. */
static bool is_watched(const struct worker *w, const struct account *a, struct span who)
{
    const struct person *p = person_find(w->people, who);
    struct buf key = {0};
    bool watched = false;

    if (!p) {
        buf_add(&key, a->person->key);
        buf_u8(&key, ' '); /* somebody elsewhere, as this account knows him */
        buf_add(&key, who);
        p = buf_ok(&key) ? person_find(w->people, buf_span(&key)) : NULL;
        buf_fini(&key);
    }
    if (p)
        LIST_EACH (struct edge, e, &p->edges, of_target)
            watched |= e->session->account == a && e->kept;
    return watched;
}

bool account_knows(const struct worker *w, const struct account *a, struct span who)
{
    return is_on(a, PRIVACY_BUDDIES, who) || is_on(a, PRIVACY_PERMITTED, who) ||
           span_eq(who, a->person->key) || is_watched(w, a, who);
}

bool account_is_stranger(const struct worker *w, const struct account *a, struct span who)
{
    return a->asks_strangers && !account_welcomes_until(a, who, w->unix_now + 1) &&
           !account_knows(w, a, who);
}

bool account_permits_relay(const struct worker *w, const struct account *a, struct span who)
{
    return account_welcomes_until(a, who, w->unix_now + 1) || account_knows(w, a, who);
}

bool account_welcomes_until(const struct account *a, struct span who, int64_t when)
{
    const struct listed *l = table_find(&a->listed, who);

    return l && l->welcome >= when;
}

bool account_turned_down(const struct worker *w, const struct account *a, struct span who,
                         bool *before)
{
    const struct listed *l = table_find(&a->listed, who);

    *before = l && l->turned_down;
    return a->asks_strangers && l && l->unwelcome > w->unix_now;
}

bool account_has_blocked(const struct account *a, struct span who)
{
    return is_on(a, LIST_BLOCKED, who);
}

enum privacy_verdict account_allows_presence(struct account *a, struct span who)
{
    struct privacy rules = account_privacy(a);

    return privacy_presence(
        &rules, &(struct privacy_other){.name = who, .blocked = account_has_blocked(a, who)});
}

/* What its rule document says of him; false: there is none, or it is himself. */
static bool is_ruled(const struct worker *w, const struct account *a,
                     const struct policy_watcher *who, struct policy_says *out)
{
    if (!a->policy || (who->local && span_eq(who->name, a->person->key)))
        return false;
    *out = policy_judge(a->policy, who, w->unix_now);
    return true;
}

enum privacy_verdict account_allows_watcher(const struct worker *w, struct account *a,
                                            struct span who, bool local)
{
    struct privacy rules = account_privacy(a);
    struct policy_says says;
    bool ruled = is_ruled(w, a, &(struct policy_watcher){who, local}, &says);

    rules.confirm = ruled ? says.handling == AUTH_CONFIRM
                          : (a->confirms_watchers && !local) || account_awaits(a, who);
    return privacy_presence(
        &rules, &(struct privacy_other){.name = who,
                                        .blocked = account_has_blocked(a, who) ||
                                                   (ruled && (says.handling == AUTH_BLOCK ||
                                                              says.handling == AUTH_POLITE_BLOCK)),
                                        .authorised = is_on(a, LIST_WATCHER_ALLOWED, who)});
}

bool account_awaits(const struct account *a, struct span who)
{
    return a->authorises && !span_eq(who, a->person->key) && !is_on(a, LIST_WATCHER_ALLOWED, who);
}

bool account_said_no(const struct account *a, struct span who)
{
    return is_on(a, LIST_WATCHER_REFUSED, who);
}

bool account_refuses_watcher(const struct worker *w, struct account *a, struct span who, bool local)
{
    struct policy_says says;
    bool ruled = is_ruled(w, a, &(struct policy_watcher){who, local}, &says);

    if ((ruled || !local || account_awaits(a, who)) && is_on(a, LIST_WATCHER_REFUSED, who))
        return true;
    return ruled && says.handling == AUTH_BLOCK && !account_blocks(a, who);
}

static bool is_less(const struct presence_provide *p)
{
    return !p->services || !p->devices || !p->persons || !p->activities || !p->notes ||
           p->input != INPUT_FULL;
}

bool account_holds_back(const struct worker *w, const struct account *a,
                        const struct policy_watcher *who, struct presence_provide *out)
{
    const uint8_t *s = a->settings;
    struct policy_says says;

    *out = (struct presence_provide){.services = true,
                                     .devices = s[USER_provide_devices],
                                     .persons = s[USER_provide_persons],
                                     .activities = s[USER_provide_activities],
                                     .notes = s[USER_provide_notes],
                                     .input = (enum presence_input)s[USER_provide_user_input]};
    if (a->hides_idle && out->input > INPUT_BARE) /* M-226, and what phones publish of it */
        out->input = INPUT_BARE;
    if (who && is_ruled(w, a, who, &says))
        presence_provide_both(out, &says.provide);
    return is_less(out);
}

enum privacy_verdict account_allows_message(struct account *a, struct span who)
{
    struct privacy rules = account_privacy(a);

    return privacy_message(
        &rules, &(struct privacy_other){.name = who,
                                        .blocked = account_has_blocked(a, who),
                                        .anonymous = span_is(who, ANONYMOUS_NAME) &&
                                                     !a->settings[USER_allow_anonymous]});
}

bool account_blocks(struct account *a, struct span who)
{
    return account_allows_presence(a, who) == PRIVACY_BLOCK;
}

bool account_ignores(struct account *a, struct span who)
{
    struct privacy rules = account_privacy(a);

    return privacy_ignores(&rules, who);
}

bool account_permits(struct account *a, struct span who)
{
    return has_listed(a, PRIVACY_PERMITTED, who);
}
