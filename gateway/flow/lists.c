#include "gateway/flow/lists.h"

#include <stdlib.h>

#include "gateway/flow/buddy.h"
#include "gateway/flow/list_asked.h"
#include "gateway/flow/list_wish.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/target.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/winfo.h"
#include "simple/doc/resource_lists.h"
#include "simple/event/eventlist.h"

#define ADHOC_USER   "buddy-lists"
#define BUDDIES_TAIL "-buddies"

struct lists {
    struct list all;  /* struct listing */
    size_t resources; /* of all of them */
};

/* A subscription to a list. */
struct listing {
    struct subscription sub; /* first */
    struct list node;        /* lists.all */
    struct lists *lists;
    struct account *owner; /* whose phone subscribed; NULL: somebody of another domain */
    bool buddies;          /* the owner's buddy list, and it follows that */
    bool linphone;         /* its subscriber reads as liblinphone does */
    struct watcher *edges; /* one for each resource; target NULL: there is nobody */
    size_t n;
    uint8_t who[];
};

struct lists *lists_new(void)
{
    struct lists *l = calloc(1, sizeof *l);

    if (l)
        list_init(&l->all);
    return l;
}

static struct listing *listing_of(struct subscription *s)
{
    return LIST_OF(s, struct listing, sub);
}

/* ---- resources ---- */

static void detach(struct worker *w, struct watcher *v)
{
    struct person *target = v->target;

    if (target)
        winfo_left(w, v, SIP_REASON_NONE);
    list_remove(&v->node);
    v->target = NULL;
    if (target)
        target_release(w, target);
}

static void say_none(struct watcher *v, int status)
{
    sip_list_set(v->sub->watch, v->entry,
                 &(struct sip_list_state){.state = SIP_SUBSTATE_TERMINATED,
                                          .reason = status == 403 ? SIP_REASON_REJECTED
                                                                  : SIP_REASON_NORESOURCE});
}

static void attach(struct worker *w, struct listing *l, struct watcher *v, const struct address *to)
{
    struct refusal why = {404, ""};

    if (to->host.n)
        v->target = target_find(w, l->owner, to, &why);
    if (v->target && v->target->account && account_hides(w, v->target->account, l->sub.who)) {
        target_release(w, v->target);
        v->target = NULL;
        why.status = 404;
    }
    if (v->target && v->target->account && account_rejects(w, v->target->account, l->sub.who))
        why.status = 403; /* M-524 */
    else if (v->target && v->target->account)
        why.status = consent_judge(w, v->target->account,
                                   &(struct policy_watcher){l->sub.who, l->sub.local},
                                   sip_watch_remote(l->sub.watch));
    if (v->target && why.status == 403) {
        target_release(w, v->target);
        v->target = NULL;
    }
    if (!v->target) {
        say_none(v, why.status);
        return;
    }
    list_append(&v->target->watchers, &v->node);
    if (v->target->foreign)
        buddy_want(w, v->target);
}

static void drop_resources(struct worker *w, struct listing *l)
{
    for (size_t i = 0; i < l->n; i++)
        detach(w, &l->edges[i]);
    l->lists->resources -= l->n;
    l->n = 0;
    free(l->edges);
    l->edges = NULL;
}

/* These from now on. False: no memory, or too many of all; all is as it was. */
static bool take_resources(struct worker *w, struct listing *l, const struct list_wish *wish)
{
    struct sip_list_conf conf = wish->conf;
    size_t n = conf.n;
    struct watcher *edges = calloc(n ? n : 1, sizeof *edges);

    conf.for_linphone = l->linphone;
    if (!edges || l->lists->resources + n > LISTS_RESOURCES_MAX ||
        !sip_watch_set_list(l->sub.watch, &conf)) {
        free(edges);
        return false;
    }
    drop_resources(w, l);
    l->edges = edges;
    l->n = n;
    l->lists->resources += n;
    for (size_t i = 0; i < n; i++) {
        edges[i].sub = &l->sub;
        edges[i].entry = (uint16_t)i;
        edges[i].of_list = true;
        attach(w, l, &edges[i], &wish->to[i]);
    }
    return true;
}

/* ---- the kind ---- */

/* "KIND[ linphone]\nURI\tNAME\n…": what a restart needs. */
static void describe(const struct subscription *s, struct watcher_row *row, struct arena *a)
{
    const struct listing *l = LIST_OF_CONST(s, struct listing, sub);
    struct buf text = {0};

    buf_str(&text, l->buddies ? "buddies" : "adhoc");
    buf_str(&text, l->linphone ? " linphone\n" : "\n");
    for (size_t i = 0; i < l->n && !l->buddies; i++) {
        struct sip_list_item item = sip_list_item(s->watch, i);

        buf_add(&text, item.uri);
        BUF_LIT(&text, "\t");
        buf_add(&text, item.name);
        BUF_LIT(&text, "\n");
    }
    row->event = SPAN("presence");
    row->presentity = l->owner ? arena_copy(a, l->owner->person->key) : (struct span){0};
    row->list = arena_copy(a, buf_span(&text));
    if (!buf_ok(&text))
        a->bad = true;
    buf_fini(&text);
}

/* Somebody may have been added meanwhile. */
static void look_again(struct worker *w, struct listing *l, struct watcher *v)
{
    struct address to = {0};

    (void)uri_to_address(sip_list_item(l->sub.watch, v->entry).uri, &w->rules, &w->arena, &to);
    attach(w, l, v, &to);
}

static void tell(struct worker *w, struct subscription *s, bool urgent)
{
    struct listing *l = listing_of(s);

    for (size_t i = 0; i < l->n; i++) {
        struct watcher *v = &l->edges[i];

        if (!v->target)
            look_again(w, l, v);
        if (v->target) {
            presence_fill_entry(w, v);
            winfo_watches(w, v);
        }
    }
    sip_watch_notify(w->sip, s->watch,
                     &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .urgent = urgent}, w->now);
    w->metrics.notifies++;
}

static bool takes(const struct subscription *s, const struct sip_msg *m)
{
    struct sip_type type;

    (void)s;
    return m->body.n == 0 || !sip_type_parse(sip_msg_value(m, SIP_HDR_CONTENT_TYPE), &type) ||
           !sip_type_is(&type, "application", "resource-lists+xml");
}

static void leave(struct worker *w, struct subscription *s)
{
    struct listing *l = listing_of(s);

    for (size_t i = 0; i < l->n; i++)
        winfo_left(w, &l->edges[i], s->gone);
}

static void free_listing(struct worker *w, struct subscription *s)
{
    struct listing *l = listing_of(s);

    drop_resources(w, l);
    list_remove(&l->node);
    if (l->owner) {
        l->owner->holds--;
        account_release(w, l->owner);
    }
    free(l);
}

static const struct subscription_kind listed = {
    .describe = describe, .tell = tell, .takes = takes, .leave = leave, .free = free_listing};

static struct listing *listing_new(struct worker *w, struct account *owner, struct span who,
                                   bool local)
{
    struct listing *l = calloc(1, sizeof *l + who.n);

    if (!l)
        return NULL;
    memcpy(l->who, who.p, who.n);
    l->sub = (struct subscription){.kind = &listed, .who = span_of(l->who, who.n), .local = local};
    l->lists = w->lists;
    l->owner = owner;
    if (owner)
        owner->holds++;
    list_append(&w->lists->all, &l->node);
    return l;
}

void lists_free(struct worker *w, struct lists *l)
{
    if (!l)
        return;
    LIST_EACH (struct listing, one, &l->all, node)
        free_listing(w, &one->sub);
    free(l);
}

/* ---- requests ---- */

static size_t count_of(const struct worker *w, struct span who)
{
    size_t n = 0;

    LIST_EACH (struct listing, l, &w->lists->all, node)
        n += span_eq(l->sub.who, who);
    return n;
}

static void begin(struct worker *w, const struct sip_core_event *ev, const struct claim *who,
                  struct list_wish *wish, bool buddies)
{
    struct listing *l;
    struct buf uri = {0};
    uint32_t expires;

    if (count_of(w, who->name) >= LISTS_OF_ONE) {
        identity_refuse(w, ev, 403, "too many lists");
        return;
    }
    if (!subscription_grant(w, ev, who->local, &expires))
        return;
    l = listing_new(w, who->account, who->name, who->local);
    if (!l) {
        sip_core_answer(w->sip, ev->txn, 500, w->now);
        return;
    }
    l->buddies = buddies;
    l->linphone = list_asked_by_linphone(ev->msg);
    if (!subscription_accept(w, &l->sub, ev))
        return;
    address_to_sip_uri(&uri,
                       &(struct address){.user = ev->msg->target.user, .host = w->own_domain});
    wish->conf.uri = buf_span(&uri);
    if (buf_ok(&uri) && take_resources(w, l, wish))
        subscription_begin(w, &l->sub, ev, expires);
    else
        subscription_refuse(w, &l->sub, ev, 503);
    buf_fini(&uri);
}

static void adhoc_request(struct worker *w, const struct sip_core_event *ev,
                          const struct claim *who)
{
    struct resource_list list;
    struct list_wish wish;

    if (!list_asked_is_readable(w, ev) || !list_asked_body(w, ev, &list))
        return;
    wish = list_wish_given(w, &list);
    begin(w, ev, who, &wish, false);
}

static void buddies_request(struct worker *w, const struct sip_core_event *ev,
                            const struct claim *who, const struct account *a)
{
    struct list_wish wish;

    if (a != who->account) {
        identity_refuse(w, ev, 403, "that list is its owner's alone");
        return;
    }
    if (!list_asked_is_readable(w, ev))
        return;
    wish = list_wish_buddies(w, a);
    begin(w, ev, who, &wish, true);
}

/* The account whose buddies "USER-buddies" means. */
static struct account *account_of(struct worker *w, struct span user)
{
    struct span tail = SPAN(BUDDIES_TAIL), norm;
    struct account *a;

    if (user.n <= tail.n || !span_case_eq(span_skip(user, user.n - tail.n), tail))
        return NULL;
    norm = name_norm_in(&w->arena, span_first(user, user.n - tail.n), &(enum name_class){0});
    return norm.n && account_get(w, norm, &a) == OK ? a : NULL;
}

bool lists_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    const struct sip_uri *target = &ev->msg->target;
    struct account *a;

    if (!w->conf->sip.lists || !host_is_own(&w->rules, target->host))
        return false;
    if (!target->has_user || span_case_is(target->user, ADHOC_USER)) {
        adhoc_request(w, ev, who);
        return true;
    }
    a = account_of(w, target->user);
    if (a)
        buddies_request(w, ev, who, a);
    else if (sip_has_token(ev->msg, SIP_HDR_REQUIRE, "recipient-list-subscribe"))
        identity_refuse(w, ev, 404, "lists are taken by " ADHOC_USER " of this domain");
    else
        return false;
    return true;
}

/* ---- changes ---- */

static void follow_roster(struct worker *w, struct listing *l)
{
    struct list_wish wish = list_wish_buddies(w, l->owner);
    struct buf uri = {0};

    buf_add(&uri, sip_list_uri(l->sub.watch));
    wish.conf.uri = buf_span(&uri);
    if (buf_ok(&uri) && take_resources(w, l, &wish))
        tell(w, &l->sub, false);
    buf_fini(&uri);
}

void lists_roster_changed(struct worker *w, struct account *a)
{
    LIST_EACH (struct listing, l, &w->lists->all, node)
        if (l->buddies && l->owner == a)
            follow_roster(w, l);
}

void lists_forget(struct worker *w, struct account *a)
{
    LIST_EACH (struct listing, l, &w->lists->all, node)
        if (l->owner == a)
            subscription_end(w, &l->sub, SIP_REASON_NORESOURCE);
    LIST_EACH (struct watcher, v, &a->person->watchers, node) {
        if (!v->of_list)
            continue;
        detach(w, v);
        say_none(v, 404);
        sip_watch_notify(w->sip, v->sub->watch,
                         &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .urgent = true},
                         w->now);
    }
}

/* ---- after a restart ---- */

void lists_restore(struct worker *w, const struct watcher_row *row, struct span who)
{
    struct span lines = row->list, agent = list_wish_cut(&lines, '\n'),
                kind = list_wish_cut(&agent, ' ');
    struct sip_name_addr local;
    struct account *owner = NULL;
    struct listing *l;
    struct list_wish wish;

    if (!w->conf->sip.lists || !sip_name_addr_parse(row->local_uri, &local) ||
        (row->presentity.n && account_get(w, row->presentity, &owner)))
        return;
    l = listing_new(w, owner, who, span_is(row->state, "local"));
    if (!l)
        return;
    l->buddies = owner && span_is(kind, "buddies");
    l->linphone = agent.n > 0;
    if (!subscription_restore(w, &l->sub, row))
        return;
    wish = l->buddies ? list_wish_buddies(w, owner) : list_wish_kept(w, lines);
    wish.conf.uri = local.uri;
    /* RFC 4662 5.2: more than any before, and that is at most ten in a second */
    wish.conf.version = (uint32_t)(w->unix_now - row->created + 1) * 10;
    if (take_resources(w, l, &wish))
        tell(w, &l->sub, false);
    else
        subscription_end(w, &l->sub, SIP_REASON_DEACTIVATED);
}
