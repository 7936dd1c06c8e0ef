#include "gateway/flow/look.h"

#include "gateway/door/sip.h"
#include "gateway/flow/buddy.h"
#include "gateway/flow/limits.h"

#include <stdlib.h>

struct look {
    struct asker asker; /* first */
    struct list node;
    struct worker *w;
    struct person *person;
    struct look_for who;
    struct sip_sub *sub;
    struct sub_ids ids;
    struct way way;
    struct timer late;
};

struct looks {
    struct list all;
    size_t n;
};

struct looks *looks_new(void)
{
    struct looks *all = calloc(1, sizeof *all);

    if (all)
        list_init(&all->all);
    return all;
}

static void look_free(struct worker *w, struct look *l)
{
    struct person *p = l->person;

    if (l->sub)
        sip_sub_end(w->sip, l->sub, w->now);
    timer_clear(w, &l->late);
    way_fini(&l->way);
    list_remove(&l->node);
    w->looks->n--;
    free(l);
    p->holds--;
    person_release(w, p);
}

void looks_free(struct worker *w, struct looks *all)
{
    if (!all)
        return;
    LIST_EACH (struct look, l, &all->all, node)
        look_free(w, l);
    free(all);
}

static void end(struct worker *w, struct look *l, enum outcome how)
{
    struct person *p = l->person;

    l->who.seen(w, &l->who, p, how);
    /* somebody else has him on the list, and was refused before: what was seen now would grow old
     * there */
    if (how == OUTCOME_DELIVERED && (!list_empty(&p->edges) || !list_empty(&p->watchers)))
        buddy_want(w, p);
    look_free(w, l);
}

static void on_late(struct timer *t, struct worker *w)
{
    end(w, LIST_OF(t, struct look, late), OUTCOME_TIMEOUT);
}

static bool go_on(struct worker *w, struct look *l)
{
    if (!way_next(w, &l->way))
        return false;
    l->sub = buddy_subscribe(w, l->person->foreign, &l->ids, &l->way, 0, &l->asker);
    return l->sub != NULL;
}

/* 503, silence, no connection: the next server. */
static void failed(struct worker *w, struct look *l, const struct sip_core_event *ev)
{
    bool refused = ev->cause == SIP_BY_PEER && ev->status != 503;

    l->sub = NULL; /* dead after this event */
    way_note(w, &l->way, ev);
    if (refused || !go_on(w, l))
        end(w, l, refused ? OUTCOME_OFFLINE : OUTCOME_TIMEOUT);
}

static enum outcome outcome_of(const struct look *l)
{
    return l->person->foreign->document.n ? OUTCOME_DELIVERED : OUTCOME_OFFLINE;
}

static void heard(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct look *l = LIST_OF(a, struct look, asker);

    switch (ev->kind) {
    case SIP_EVENT_SUB_ACCEPTED: way_note(w, &l->way, ev); break;
    case SIP_EVENT_SUB_NOTIFY: /* RFC 6665 4.4.3 wants "terminated"; some say it in two steps */
        buddy_notified(w, l->person->foreign, ev);
        if (outcome_of(l) == OUTCOME_DELIVERED)
            end(w, l, OUTCOME_DELIVERED);
        break;
    case SIP_EVENT_SUB_FAILED: failed(w, l, ev); break;
    case SIP_EVENT_SUB_ENDED:
        l->sub = NULL;
        if (ev->msg)
            (void)buddy_take_document(w, l->person->foreign, ev->msg);
        end(w, l, outcome_of(l));
        break;
    default: break;
    }
}

static void on_located(void *ctx)
{
    struct look *l = ctx;
    enum locate_state s = way_state(&l->way);

    if (s != LOCATE_FOUND)
        end(l->w, l, way_outcome(s));
    else if (!go_on(l->w, l))
        end(l->w, l, OUTCOME_TIMEOUT);
}

enum err look_at(struct worker *w, struct person *p, const struct look_for *who)
{
    struct foreign *f = p->foreign;
    struct look *l;

    if (w->looks->n >= LOOKS_MAX || links_is_shut(w, f->address.host) ||
        limits_subscribe(w, f->owner->account, f->address.host))
        return ERR_BUSY;
    l = calloc(1, sizeof *l);
    if (!l)
        return ERR_NOMEM;
    l->asker.answered = heard;
    l->w = w;
    l->person = p;
    l->who = *who;
    l->late.due = on_late;
    buddy_draw_ids(w, &l->ids);
    p->holds++;
    list_append(&w->looks->all, &l->node);
    w->looks->n++;
    timer_set(w, &l->late, w->now + LOOK_MS);
    if (way_to_domain(w, &l->way, SIP_SCHEME_PRES, f->address.host, on_located, l) != LOCATE_ASKING)
        on_located(l);
    return OK;
}
