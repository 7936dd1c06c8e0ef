/* Whom the line-mode SIP client watches: subscriptions, and what their documents say. */
#include "gateway/cmd/sip.h"

#include <time.h>

#include "base/deadlines.h"
#include "gateway/cmd/client_say.h"
#include "mapping/presence_sip.h"
#include "simple/doc/pidf.h"

enum { RETRY_AT_ONCE = 2 /* seconds: not in a circle */, RETRY_LATER = 60 };

bool ua_watch(struct ua *ua, struct client_person *p)
{
    struct buf uri = {0};
    struct sip_sub_want want = {
        .from_uri = buf_span(&ua->uri), .expires = UA_EXPIRES, .hop = ua->hop};

    p->retry_at = 0;
    if (ua_address(ua, span_str(p->name), &uri)) {
        want.to_uri = buf_span(&uri);
        p->watch = sip_sub_new(ua->core, &want, (uintptr_t)p, ua->t->now);
    }
    if (!p->watch)
        client_say("%s cannot be watched; try again", p->name);
    buf_fini(&uri);
    return p->watch != NULL;
}

static void later(struct ua *ua, struct client_person *p, uint64_t seconds)
{
    p->retry_at = ua->t->now + seconds * 1000;
}

/* ---- documents ---- */

static void show(struct ua *ua, struct client_person *p, const struct pidf *doc)
{
    struct presence_reading reading = {.now = (int64_t)time(NULL)};
    struct presence now;

    if (presence_from_pidf(doc, &reading, &now, &ua->arena) != OK)
        return;
    client_person_set(p,
                      !now.online ? CLIENT_GONE
                      : now.away  ? CLIENT_AWAY
                                  : CLIENT_HERE,
                      now.online ? presence_text(&now) : (struct span){0});
}

/* False: it is broken. No body: the earlier document stands. */
static bool read_document(struct ua *ua, struct client_person *p, const struct sip_msg *m)
{
    struct pidf doc;
    enum err e = m->body.n ? pidf_parse(m->body, &ua->arena, &doc) : ERR_UNSUPPORTED;

    if (e == OK)
        show(ua, p, &doc);
    return e == OK || e == ERR_UNSUPPORTED;
}

static void take_notify(struct ua *ua, struct client_person *p, const struct sip_core_event *ev)
{
    bool good = true;

    if (ev->state == SIP_SUBSTATE_PENDING)
        client_say("%s must first agree to be watched by you", p->name);
    else
        good = read_document(ua, p, ev->msg);
    (void)sip_core_answer(ua->core, ev->txn, good ? 200 : 400, ua->t->now);
}

/* ---- ends ---- */

/* Off the list again: a later /add is a new try. */
static void take_failed(struct ua *ua, struct client_person *p, const struct sip_core_event *ev)
{
    const char *why = "look at the log of the gateway, then try again";
    char waited[CLIENT_NAME_MAX + 1];

    (void)client_settled(ua->t, (uintptr_t)p, waited);
    if (ev->status == 404 || ev->status == 604)
        why = "there is nobody of that name; look at the spelling";
    else if (ev->status == 403 || ev->status == 603)
        why = "you may not watch them; ask them";
    else if (ev->status == 408 || ev->status == 503)
        why = "no answer; try again later";
    client_say("%s was not added (%d): %s", p->name, ev->status, why);
    client_people_remove(&ua->t->people, p);
}

static void take_ended(struct ua *ua, struct client_person *p, const struct sip_core_event *ev)
{
    p->watch = NULL;
    switch (ev->reason) {
    case SIP_REASON_REJECTED:
        client_say("%s does not want to be watched by you any more", p->name);
        client_people_remove(&ua->t->people, p);
        break;
    case SIP_REASON_NORESOURCE:
    case SIP_REASON_INVARIANT:
        client_say("%s does not exist any more", p->name);
        client_people_remove(&ua->t->people, p);
        break;
    case SIP_REASON_PROBATION:
    case SIP_REASON_GIVEUP: later(ua, p, ev->retry_after ? ev->retry_after : RETRY_LATER); break;
    default: later(ua, p, ev->retry_after ? ev->retry_after : RETRY_AT_ONCE); break;
    }
}

static struct client_person *find_owner(struct ua *ua, uint64_t owner)
{
    LIST_EACH (struct client_person, p, &ua->t->people.all, node) {
        if ((uintptr_t)p == owner)
            return p;
    }
    return NULL;
}

void ua_watch_event(struct ua *ua, const struct sip_core_event *ev)
{
    struct client_person *p = find_owner(ua, ev->owner);
    char name[CLIENT_NAME_MAX + 1];

    if (!p)
        return;
    switch (ev->kind) {
    case SIP_EVENT_SUB_ACCEPTED:
        if (client_settled(ua->t, (uintptr_t)p, name))
            client_say("%s is on your list", name);
        break;
    case SIP_EVENT_SUB_NOTIFY: take_notify(ua, p, ev); break;
    case SIP_EVENT_SUB_FAILED: take_failed(ua, p, ev); break;
    case SIP_EVENT_SUB_ENDED: take_ended(ua, p, ev); break;
    default: break;
    }
}

uint64_t ua_watch_retry(struct ua *ua, bool now)
{
    uint64_t next = DEADLINE_NEVER;

    LIST_EACH (struct client_person, p, &ua->t->people.all, node) {
        if (!p->retry_at || ua->leaving)
            continue;
        if (now && p->retry_at <= ua->t->now)
            (void)ua_watch(ua, p);
        else if (p->retry_at < next)
            next = p->retry_at;
    }
    return next;
}

void ua_watch_end_all(struct ua *ua)
{
    LIST_EACH (struct client_person, p, &ua->t->people.all, node) {
        if (p->watch)
            sip_sub_end(ua->core, p->watch, ua->t->now);
        p->watch = NULL;
        p->retry_at = 0;
    }
}
