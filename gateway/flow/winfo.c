#include "gateway/flow/winfo.h"

#include <stdlib.h>

#include "base/siphash.h"
#include "simple/event/watcherinfo.h"

/* A subscription to who watches its owner. */
struct informed {
    struct subscription sub; /* first */
    struct list node;        /* account.winfos */
    struct account *owner;
};

static struct informed *informed_of(struct subscription *s)
{
    return LIST_OF(s, struct informed, sub);
}

/* ---- watchers ---- */

static uint64_t hash(struct span a, struct span b, uint16_t entry)
{
    static const uint64_t key[2] = {0x77696e666f, 0x3858};
    struct buf text = {0};
    uint64_t n;

    buf_add(&text, a);
    buf_u8(&text, ' ');
    buf_add(&text, b);
    buf_u16(&text, entry);
    n = siphash(key, buf_span(&text));
    buf_fini(&text);
    return n;
}

/* The same for one watcher for as long as it watches, across restarts, and nothing of its dialog.
 * One that began by waiting for a yes is known as its request is, which may outlive it. */
static uint64_t number_of(const struct worker *w, const struct watcher *v)
{
    struct sip_watch_row row;

    if (v->told_by_name)
        return hash(v->target->key, v->sub->who, 0);
    sip_watch_export(w->sip, v->sub->watch, &row);
    return hash(row.call_id, row.local_tag, v->entry);
}

static enum winfo_event event_of(enum sip_sub_reason gone)
{
    switch (gone) {
    case SIP_REASON_DEACTIVATED: return WINFO_DEACTIVATED;
    case SIP_REASON_PROBATION: return WINFO_PROBATION;
    case SIP_REASON_REJECTED: return WINFO_REJECTED;
    case SIP_REASON_GIVEUP: return WINFO_GIVEUP;
    case SIP_REASON_NORESOURCE: return WINFO_NORESOURCE;
    default: return WINFO_TIMEOUT; /* S-346: invariant is not in the schema of RFC 3858 */
    }
}

static void put(struct informed *i, uint64_t number, const struct winfo_watcher *one)
{
    struct winfo_watcher named = *one;
    char id[24];

    (void)snprintf(id, sizeof id, "w%016llx", (unsigned long long)number);
    named.id = span_str(id);
    sip_winfo_add(i->sub.watch, number, &named);
}

static void add(struct worker *w, struct informed *i, struct watcher *v, enum winfo_status status,
                enum winfo_event event)
{
    struct winfo_watcher one = {.uri = sip_watch_remote(v->sub->watch),
                                .status = status,
                                .event = event,
                                .since = (uint32_t)(w->unix_now - v->sub->created)};
    struct sip_watch_row row;

    sip_watch_export(w->sip, v->sub->watch, &row);
    if ((status == WINFO_ACTIVE || status == WINFO_PENDING) && row.expires_at > w->unix_now)
        one.expiration = (uint32_t)(row.expires_at - w->unix_now);
    put(i, number_of(w, v), &one);
}

static void notify(struct worker *w, struct informed *i, bool urgent)
{
    sip_watch_notify(w->sip, i->sub.watch,
                     &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .urgent = urgent}, w->now);
    w->metrics.notifies++;
}

static void change(struct worker *w, struct watcher *v, enum winfo_status status,
                   enum winfo_event event)
{
    struct account *a = v->target ? v->target->account : NULL;

    if (!a || !v->sub->watch)
        return;
    LIST_EACH (struct informed, i, &a->winfos, node) {
        add(w, i, v, status, event);
        notify(w, i, false);
    }
}

void winfo_watches(struct worker *w, struct watcher *v)
{
    bool was_pending = v->told_winfo && v->told_pending;

    if (v->sub->leaving || (v->told_winfo && v->told_pending == v->pending))
        return;
    if (!v->told_winfo)
        v->told_by_name = v->pending;
    v->told_winfo = true;
    v->told_pending = v->pending;
    change(w, v, v->pending ? WINFO_PENDING : WINFO_ACTIVE,
           was_pending ? WINFO_APPROVED : WINFO_SUBSCRIBE);
}

/* Is there (another) one of that name whom the user knows of? */
static bool has_watcher(const struct account *a, struct span who, const struct watcher *but)
{
    LIST_EACH (struct watcher, v, &a->person->watchers, node)
        if (v != but && v->told_winfo && v->told_by_name && span_eq(v->sub->who, who))
            return true;
    return false;
}

void winfo_left(struct worker *w, struct watcher *v, enum sip_sub_reason gone)
{
    bool waits = v->told_pending && event_of(gone) == WINFO_TIMEOUT; /* S-347 */

    if (!v->told_winfo)
        return;
    v->told_winfo = false;
    if (v->told_by_name && v->target->account && has_watcher(v->target->account, v->sub->who, v))
        return;
    change(w, v, waits ? WINFO_WAITING : WINFO_TERMINATED, event_of(gone));
}

void winfo_request_ended(struct worker *w, struct account *a, const struct request *r,
                         enum winfo_event why)
{
    struct winfo_watcher one = {.uri = r->uri,
                                .status = WINFO_TERMINATED,
                                .event = why,
                                .since = (uint32_t)(w->unix_now - r->created)};

    if (has_watcher(a, r->watcher, NULL))
        return; /* that one is told of itself */
    LIST_EACH (struct informed, i, &a->winfos, node) {
        put(i, hash(a->person->key, r->watcher, 0), &one);
        notify(w, i, false);
    }
}

/* ---- the kind ---- */

static void describe(const struct subscription *s, struct watcher_row *row, struct arena *a)
{
    row->event = SPAN("presence.winfo");
    row->presentity = arena_copy(a, LIST_OF_CONST(s, struct informed, sub)->owner->person->key);
}

/* Those that have asked, and do not watch just now. */
static void add_waiting(struct worker *w, struct informed *i)
{
    struct cursor c = {0};
    struct request r;

    if (requests_list(w->store, i->owner->id, &c) == OK)
        while (requests_next(&c, &r)) {
            struct winfo_watcher one = {.uri = r.uri,
                                        .status = WINFO_WAITING,
                                        .event = WINFO_TIMEOUT,
                                        .since = (uint32_t)(w->unix_now - r.created)};

            if (!has_watcher(i->owner, r.watcher, NULL))
                put(i, hash(i->owner->person->key, r.watcher, 0), &one);
        }
    (void)cursor_close(&c);
}

static void tell(struct worker *w, struct subscription *s, bool urgent)
{
    struct informed *i = informed_of(s);

    sip_winfo_begin(s->watch);
    LIST_EACH (struct watcher, v, &i->owner->person->watchers, node)
        if (v->told_winfo)
            add(w, i, v, v->told_pending ? WINFO_PENDING : WINFO_ACTIVE,
                v->told_by_name && !v->told_pending ? WINFO_APPROVED : WINFO_SUBSCRIBE);
    add_waiting(w, i);
    notify(w, i, urgent);
}

static void free_informed(struct worker *w, struct subscription *s)
{
    struct informed *i = informed_of(s);
    struct account *owner = i->owner;

    list_remove(&i->node);
    free(i);
    owner->holds--;
    account_release(w, owner);
}

static const struct subscription_kind informing = {
    .describe = describe, .tell = tell, .free = free_informed};

static struct informed *informed_new(struct account *owner)
{
    struct informed *i = calloc(1, sizeof *i);

    if (!i)
        return NULL;
    i->sub = (struct subscription){.kind = &informing, .who = owner->person->key, .local = true};
    i->owner = owner;
    owner->holds++;
    list_append(&owner->winfos, &i->node);
    return i;
}

/* False: no memory. */
static bool begin_of(struct worker *w, struct informed *i, uint32_t version)
{
    struct address who = {.user = i->owner->person->key, .host = w->own_domain};
    struct buf uri = {0};
    bool ok;

    address_to_sip_uri(&uri, &who);
    ok = buf_ok(&uri) && sip_watch_set_winfo(i->sub.watch, buf_span(&uri), version);
    buf_fini(&uri);
    return ok;
}

/* ---- requests ---- */

static size_t count(struct account *a)
{
    size_t n = 0;

    LIST_EACH (struct informed, i, &a->winfos, node)
        n += i->owner == a;
    return n;
}

/* S-344, RFC 3857 4.6: the user alone. */
static bool is_own(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct address to;

    return who->account &&
           !address_from_parts(ev->msg->target.user, ev->msg->target.host, &w->rules, &w->arena,
                               &to) &&
           address_is_own(&w->rules, &to) && span_eq(to.user, who->account->person->key);
}

void winfo_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct informed *i;
    uint32_t expires;

    if (!is_own(w, ev, who)) {
        identity_refuse(w, ev, 403, "who watches a user is told to that user alone");
        return;
    }
    if (count(who->account) >= WINFO_OF_ONE) {
        identity_refuse(w, ev, 403, "too many of them");
        return;
    }
    if (!subscription_grant(w, ev, true, &expires))
        return;
    i = informed_new(who->account);
    if (!i) {
        sip_core_answer(w->sip, ev->txn, 500, w->now);
        return;
    }
    if (!subscription_accept(w, &i->sub, ev))
        return;
    if (begin_of(w, i, 0))
        subscription_begin(w, &i->sub, ev, expires);
    else
        subscription_refuse(w, &i->sub, ev, 500);
}

void winfo_forget(struct worker *w, struct account *a)
{
    LIST_EACH (struct informed, i, &a->winfos, node)
        subscription_end(w, &i->sub, SIP_REASON_NORESOURCE);
}

void winfo_free_all(struct account *a)
{
    LIST_EACH (struct informed, i, &a->winfos, node) {
        list_remove(&i->node);
        free(i);
    }
}

void winfo_restore(struct worker *w, const struct watcher_row *row)
{
    struct account *a;
    struct informed *i;

    if (account_get(w, row->presentity, &a))
        return;
    i = informed_new(a);
    if (!i || !subscription_restore(w, &i->sub, row))
        return;
    /* RFC 3858 4.1: more than any before, and that is at most ten in a second */
    if (begin_of(w, i, (uint32_t)(w->unix_now - row->created + 1) * 10))
        tell(w, &i->sub, false);
    else
        subscription_end(w, &i->sub, SIP_REASON_DEACTIVATED);
}
