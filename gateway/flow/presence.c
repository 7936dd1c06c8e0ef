#include "gateway/flow/presence.h"

#include "gateway/flow/subscription.h"
#include "gateway/flow/upstream.h"
#include "gateway/flow/winfo.h"
#include "gateway/people/foreign.h"
#include "mapping/presence_merge.h"
#include "mapping/presence_oscar.h"
#include "simple/event/eventlist.h"

#include <stdlib.h>

enum { POLICY_LOOK_S = 3600 /* at least so often for a rule's hour */ };
enum { SOURCES_MAX = ACCOUNT_SESSIONS_MAX + REGISTRAR_CONTACTS_MAX + PUBLISH_LIVE_MAX + 2 };

/* ---- what is told to AIM ---- */

static void fill_userinfo(struct worker *w, const struct presence *p, struct span name,
                          struct oscar_userinfo *out)
{
    presence_to_userinfo(p, name, w->unix_now, out, &w->arena);
}

static struct span shown_name(struct worker *w, const struct person *p, bool by_alias)
{
    if (p->account)
        return p->account->formatted;
    return p->foreign && by_alias ? foreign_alias(w, p->foreign) : p->name;
}

/* Whoever is reached by SIP: takes UTF-8 (0x134E), and is of one network with ICQ (0x134D). Clients
 * offer no more then. */
static const uint8_t phone_caps[] = {
    0x09, 0x46, 0x13, 0x4E, 0x4C, 0x7F, 0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0, 0,
    0x09, 0x46, 0x13, 0x4D, 0x4C, 0x7F, 0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0, 0,
};

/* Since when the account is there, unless one of its clients hides it (SNAC 0x0001/0x0014 bit
 * 1). */
static uint32_t member_since(const struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->hides_since)
            return 0;
    return (uint32_t)a->created;
}

void presence_userinfo(struct worker *w, const struct person *p, bool by_alias,
                       struct oscar_userinfo *out)
{
    struct presence nobody = {.online = true, .signon = w->unix_now};

    fill_userinfo(w, p->seen ? p->seen : &nobody, shown_name(w, p, by_alias), out);
    if (p->account)
        out->member_since = member_since(p->account);
    if (!p->account || list_empty(&p->account->sessions))
        out->caps = span_of(phone_caps, sizeof phone_caps);
}

/* Blocks count both ways: whom one does not want to be seen by, one does not see (SNAC 0x0009). Who
 * has yet to be authorised just does not see (M-507). */
bool presence_may_see(struct account *viewer, const struct person *p)
{
    struct span name = p->foreign ? p->foreign->name : p->key;

    if (p->kept)
        return true;
    if (account_blocks(viewer, name) || account_ignores(viewer, name))
        return false;
    return !p->account || (!account_blocks(p->account, viewer->person->key) &&
                           !account_awaits(p->account, viewer->person->key));
}

/* M-508: an ICQ user who is invisible is seen by those on the visible list, which is the permit
 * list. */
static bool sees_invisible(const struct person *p, struct span who)
{
    return p->seen && p->seen->invisible && p->account && p->account->icq &&
           account_permits(p->account, who);
}

static bool is_there_for(const struct person *p, struct span who)
{
    return person_is_online(p) || (p->seen && p->seen->online && sees_invisible(p, who));
}

bool presence_is_shown(struct account *viewer, const struct person *p)
{
    return is_there_for(p, viewer->person->key) && presence_may_see(viewer, p);
}

static bool is_shown_to(const struct edge *e)
{
    return presence_is_shown(e->session->account, e->target);
}

static void show(struct worker *w, struct edge *e, const struct oscar_userinfo *u, bool again)
{
    bool online = e->session->online && u && is_shown_to(e);

    if (online) {
        struct oscar_userinfo mine = *u;

        mine.name = shown_name(w, e->target, e->by_alias);
        oscar_conn_arrived(e->session->conn, &mine);
    } else if (e->shown || again) {
        oscar_conn_departed(e->session->conn, shown_name(w, e->target, e->by_alias));
    } else {
        return;
    }
    e->shown = online;
    w->metrics.presence_changes++;
    aim_session_dirty(e->session);
}

void presence_show_edge(struct worker *w, struct edge *e, bool again)
{
    struct oscar_userinfo u;
    bool online = is_there_for(e->target, e->session->account->person->key);

    if (!online && !e->shown)
        return;
    if (online && e->shown && !again)
        return;
    if (online)
        presence_userinfo(w, e->target, e->by_alias, &u);
    show(w, e, online ? &u : NULL, false);
}

static void tell_edges(struct worker *w, struct person *p)
{
    struct oscar_userinfo u;
    bool online = p->seen && p->seen->online; /* and whether for each of them, `show` asks */

    if (list_empty(&p->edges))
        return;
    p->told = w->now;
    if (online)
        presence_userinfo(w, p, false, &u);
    LIST_EACH (struct edge, e, &p->edges, of_target)
        show(w, e, online ? &u : NULL, false);
}

static void on_pace(struct timer *t, struct worker *w)
{
    tell_edges(w, LIST_OF(t, struct person, pace));
}

/* Departures at once; arrivals and changes at most one in 2 s, the latest state wins. */
static void tell_aim(struct worker *w, struct person *p)
{
    if (!person_is_online(p) || p->told == 0 || w->now - p->told >= PRESENCE_PACE_MS) {
        timer_clear(w, &p->pace);
        tell_edges(w, p);
    } else if (!timer_is_set(&p->pace)) {
        p->pace.due = on_pace;
        timer_set(w, &p->pace, p->told + PRESENCE_PACE_MS);
    }
}

/* ---- what is told to SIP ---- */

static size_t sources_of(struct account *a, struct presence_source *out)
{
    size_t n = 0;

    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online && n < SOURCES_MAX)
            out[n++] = (struct presence_source){.is = SOURCE_AIM, .aim = s->state};
    LIST_EACH (struct published, p, &a->published, node)
        if (n < SOURCES_MAX)
            out[n++] = (struct presence_source){.is = SOURCE_PUBLISHED,
                                                .document = &p->doc,
                                                .etag = p->first_etag,
                                                .since = p->since};
    /* A phone that publishes says more than its registration: which publication is whose is not
     * told, so registrations count only where nothing is published. */
    LIST_EACH (struct contact, c, &a->contacts, node)
        if (list_empty(&a->published) && n < SOURCES_MAX)
            out[n++] = (struct presence_source){
                .is = SOURCE_REGISTERED, .contact = c->c.uri, .since = c->since};
    return n;
}

static struct address address_of(const struct worker *w, const struct person *p)
{
    if (p->foreign)
        return p->foreign->address;
    return (struct address){.user = p->key, .host = w->own_domain};
}

static bool is_of_oneself(const struct person *p, struct span watcher)
{
    return p->account && span_eq(watcher, p->key);
}

/* M-229: how far somebody is warned is told to phones of ours, not to other domains. */
static bool tells_warning(const struct person *p, const struct watcher *v)
{
    return p->account && v->sub->local && p->seen && p->seen->warning > 0;
}

/* v NULL: for all of whom nothing else is to be thought of. */
static void write_document(struct worker *w, struct person *p, const struct watcher *v,
                           struct buf *out)
{
    static const struct presence offline = {0};
    struct presence_writing how = {.now = w->unix_now};
    struct presence_source sources[SOURCES_MAX];
    struct presence_provide given;

    struct policy_watcher who;

    if (v) {
        who = (struct policy_watcher){v->sub->who, v->sub->local};
        how.watcher = v->sub->who;
        how.session = tells_warning(p, v) ? SESSION_IF_WARNED : SESSION_NEVER;
        how.sees_invisible = sees_invisible(p, v->sub->who);
    }
    if (p->account && !is_of_oneself(p, how.watcher) &&
        /* blocked: as if offline */
        account_holds_back(w, p->account, v && !v->blocked ? &who : NULL, &given))
        how.provide = &given;
    buf_reset(out);
    if ((v && v->blocked) || !p->seen || (p->seen->invisible && !how.sees_invisible))
        presence_write_pidf(out, &offline, address_of(w, p), &how);
    else if (p->account)
        (void)presence_write_composed(out, sources, sources_of(p->account, sources),
                                      address_of(w, p), &how);
    else
        presence_write_pidf(out, p->seen, address_of(w, p), &how);
}

static struct sip_doc *make_document(struct worker *w, struct person *p, const struct watcher *v)
{
    struct buf b = {0};
    struct sip_doc *doc = NULL;

    write_document(w, p, v, &b);
    if (buf_ok(&b))
        doc = sip_doc_new(SPAN(PIDF_TYPE), buf_span(&b));
    buf_fini(&b);
    return doc;
}

/* The one document for all who may see all, unless the away text speaks to each by name. */
static struct sip_doc *document_for(struct worker *w, struct person *p, const struct watcher *v)
{
    struct presence_provide given;

    if (v->blocked || tells_warning(p, v) || sees_invisible(p, v->sub->who) ||
        (p->seen && presence_pidf_is_personal(p->seen)) ||
        (is_of_oneself(p, v->sub->who) && account_holds_back(w, p->account, NULL, &given)) ||
        (p->account && p->account->policy))
        return make_document(w, p, v);
    if (!p->doc)
        p->doc = make_document(w, p, NULL);
    return p->doc ? sip_doc_ref(p->doc) : NULL;
}

static enum privacy_verdict judge(struct worker *w, const struct watcher *v)
{
    struct account *a = v->target->account;

    return a ? account_allows_watcher(w, a, v->sub->who, v->sub->local) : PRIVACY_ALLOW;
}

static bool is_refused(struct worker *w, const struct watcher *v)
{
    return v->target->account &&
           account_refuses_watcher(w, v->target->account, v->sub->who, v->sub->local);
}

static void on_policy_turns(struct timer *t, struct worker *w)
{
    presence_rules_changed(w, LIST_OF(t, struct account, policy_turns));
}

/* A rule may begin or end at its hour. */
static void mind_the_hour(struct worker *w, struct account *a)
{
    int64_t at = a && a->policy ? policy_turns(a->policy, w->unix_now) : INT64_MAX;

    if (at == INT64_MAX)
        return;
    a->policy_turns.due = on_policy_turns;
    if (at > w->unix_now + POLICY_LOOK_S) /* the clock of the day may be set meanwhile */
        at = w->unix_now + POLICY_LOOK_S;
    timer_set(w, &a->policy_turns, w->now + (uint64_t)(at - w->unix_now) * 1000);
}

/* What v may see now; true where that comes or goes. */
static bool look(struct worker *w, struct watcher *v, struct sip_doc **doc)
{
    bool was = v->told_online;

    enum privacy_verdict may = judge(w, v);

    mind_the_hour(w, v->target->account);
    v->blocked = may == PRIVACY_BLOCK;
    v->pending = may == PRIVACY_CONFIRM;
    v->told_online = may == PRIVACY_ALLOW && is_there_for(v->target, v->sub->who);
    *doc = v->pending ? NULL : document_for(w, v->target, v);
    return v->told_online != was;
}

/* Why a watcher is none any more; none: he is. */
static enum sip_sub_reason why_gone(struct worker *w, const struct watcher *v)
{
    struct account *a = v->target->account;

    if (!a)
        return SIP_REASON_NONE;
    if (account_hides(w, a, v->sub->who)) /* S-275: as if there were nobody */
        return SIP_REASON_NORESOURCE;
    if (is_refused(w, v) || account_rejects(w, a, v->sub->who)) /* M-525, M-524 */
        return SIP_REASON_REJECTED;
    return SIP_REASON_NONE;
}

static void put_entry(struct worker *w, struct watcher *v, struct sip_doc *doc)
{
    struct sip_list_state is = {.state = SIP_SUBSTATE_ACTIVE, .doc = doc};
    enum sip_sub_reason gone = why_gone(w, v);

    if (v->pending)
        is.state = SIP_SUBSTATE_PENDING;
    if (gone)
        is = (struct sip_list_state){.state = SIP_SUBSTATE_TERMINATED, .reason = gone};
    sip_list_set(v->sub->watch, v->entry, &is);
}

void presence_fill_entry(struct worker *w, struct watcher *v)
{
    struct sip_doc *doc;

    (void)look(w, v, &doc);
    put_entry(w, v, doc);
    sip_doc_unref(&doc);
}

void presence_tell_watcher(struct worker *w, struct watcher *v, bool urgent)
{
    struct sip_notify n = {.state = SIP_SUBSTATE_ACTIVE};

    n.urgent = look(w, v, &n.doc) || urgent;
    if (v->of_list)
        put_entry(w, v, n.doc);
    else if (v->pending)
        n.state = SIP_SUBSTATE_PENDING; /* M-522 */
    sip_watch_notify(w->sip, v->sub->watch, &n, w->now);
    w->metrics.notifies++;
    sip_doc_unref(&n.doc);
}

/* Whoever is not there says nothing: what an invisible user does would show that she is. */
static void tell_sip(struct worker *w, struct person *p)
{
    bool online = person_is_online(p);

    sip_doc_unref(&p->doc);
    LIST_EACH (struct watcher, v, &p->watchers, node)
        if (!v->blocked && !v->pending && (online || v->told_online) &&
            !subscription_is_cut_off(v->sub))
            presence_tell_watcher(w, v, false);
}

/* ---- changes ---- */

static bool seen_differs(const struct presence *a, const struct presence *b)
{
    struct presence was, is;

    if (!a || !b)
        return (a && a->online) != (b && b->online);
    if (!a->invisible || !b->invisible)
        return presence_differs(a, b);
    was = *a; /* for those on the visible list */
    is = *b;
    was.invisible = is.invisible = false;
    return presence_differs(&was, &is);
}

/* Takes `fresh`. */
static void set_seen(struct worker *w, struct person *p, struct presence *fresh)
{
    bool differs = seen_differs(p->seen, fresh);

    free(p->seen);
    p->seen = fresh;
    if (differs)
        tell_aim(w, p);
    if (!list_empty(&p->watchers))
        tell_sip(w, p);
    else
        sip_doc_unref(&p->doc);
}

/* From the first AIM session to the last. */
static void tell_upstream(struct worker *w, struct account *a)
{
    struct buf b = {0};
    bool any = false;

    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        any |= s->online;
    if (any && !a->person->deleted && person_is_online(a->person))
        write_document(w, a->person, NULL, &b);
    if (buf_ok(&b))
        upstream_tell(w, a, buf_span(&b));
    buf_fini(&b);
}

void presence_account_changed(struct worker *w, struct account *a)
{
    struct presence_source sources[SOURCES_MAX];
    struct presence merged = {0};
    size_t n = sources_of(a, sources);
    struct address who = address_of(w, a->person);

    if (presence_merge(sources, n, who, w->unix_now, &merged, &w->arena))
        return;
    set_seen(w, a->person, merged.online ? presence_dup(&merged) : NULL);
    if (upstream_is_wanted(w))
        tell_upstream(w, a);
}

void presence_foreign_changed(struct worker *w, struct person *p, struct presence *now_seen)
{
    if (!now_seen && !p->seen)
        return;
    set_seen(w, p, now_seen);
}

static void watcher_rules_changed(struct worker *w, struct watcher *v)
{
    enum privacy_verdict may = judge(w, v);
    enum sip_sub_reason gone = why_gone(w, v);

    if (gone) {
        if (v->of_list)
            presence_tell_watcher(w, v, true);
        else
            subscription_end(w, v->sub, gone);
        return;
    }
    if ((v->blocked == (may == PRIVACY_BLOCK) && v->pending == (may == PRIVACY_CONFIRM) &&
         v->told_online == (may == PRIVACY_ALLOW && is_there_for(v->target, v->sub->who))) ||
        subscription_is_cut_off(v->sub))
        return;
    if (!v->pending && may != PRIVACY_CONFIRM && !v->told_online &&
        !is_there_for(v->target, v->sub->who))
        v->blocked = may == PRIVACY_BLOCK; /* who is not there changes no rules either */
    else
        presence_tell_watcher(w, v, true);
    winfo_watches(w, v);
}

void presence_rules_changed(struct worker *w, struct account *a)
{
    struct person *p = a->person;
    struct oscar_userinfo u;
    bool online = p->seen && p->seen->online;

    if (online)
        presence_userinfo(w, p, false, &u);
    LIST_EACH (struct edge, e, &p->edges, of_target)
        if (is_shown_to(e) != e->shown)
            show(w, e, online ? &u : NULL, false);
    LIST_EACH (struct watcher, v, &p->watchers, node)
        watcher_rules_changed(w, v);
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        LIST_EACH (struct edge, e, &s->buddies, of_session) {
            bool visible = is_shown_to(e);

            if (visible != e->shown)
                presence_show_edge(w, e, true);
        }
}
