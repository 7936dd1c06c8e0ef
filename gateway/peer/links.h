/* The links to all domains that are in use: peers, and those that DNS finds. Whoever sends to one
 * tells what came of it here, and asks here whether anything may go there; flow/linkwatch probes
 * them, and tells those who want to know. */
#ifndef GATEWAY_PEER_LINKS_H
#define GATEWAY_PEER_LINKS_H

#include "base/list.h"
#include "gateway/peer/link.h"
#include "gateway/peer/service.h"
#include "gateway/worker.h"

enum {
    LINKS_MAX = 10000,     /* then more are not watched: they are as good as up */
    LINK_IDLE_MS = 600000, /* not used for so long, and by nobody: it is forgotten */
    LINK_WHY_MAX = 160,
};

struct probe;
struct told;

struct domain_link {
    struct link link;
    struct timer timer;            /* by link_deadline; its due is linkwatch's */
    struct list buddies;           /* struct foreign.of_link: our users' buddies there */
    size_t holds;                  /* of ways, and of their watchers of our users */
    uint64_t used;                 /* when something went there, or came from there */
    uint64_t succeeded, failed_at; /* the last time; 0: never */
    char why[LINK_WHY_MAX];        /* of the last failure */
    struct service service;
    unsigned breaches;   /* that were logged, and still are */
    bool acted;          /* linkwatch knows that it is down */
    bool witness;        /* it is asked whether anything can be reached at all */
    bool untold;         /* users are still to be told of it */
    int64_t down_unix;   /* when its first failure was, while it is down */
    struct probe *probe; /* linkwatch's; NULL: none is under way */
    struct told *told;   /* linkwatch's: users who know that it is down */
    struct span domain;  /* behind the struct */
};

struct links;
/* `due`: a link's time has come. NULL: no memory. */
struct links *links_new(void (*due)(struct timer *t, struct worker *w));
void links_free(struct worker *w, struct links *all); /* probes and users told are gone before */

struct domain_link *links_find(const struct links *all, struct span domain); /* NULL: not in use */
/* Finds or makes. NULL: too many, or no memory. */
struct domain_link *links_get(struct worker *w, struct span domain);
struct domain_link *links_next(const struct links *all, size_t *at); /* cursor, from 0 */
/* Nobody uses it, nobody waits to hear of it, and it was not used for long: it is gone. */
bool links_forget(struct worker *w, struct domain_link *l);
static inline struct domain_link *link_hold(struct domain_link *l)
{
    if (l)
        l->holds++;
    return l;
}
static inline void link_release(struct domain_link **lp)
{
    if (*lp)
        (*lp)->holds--;
    *lp = NULL;
}

/* Both cost nothing while no link is down. */
bool links_is_down(const struct worker *w, struct span domain);
bool links_is_shut(const struct worker *w, struct span domain); /* nothing is to be sent there */
size_t links_count_down(const struct links *all);

/* NULL for l is fine in these. */
void link_note_used(struct worker *w, struct domain_link *l);
void link_note_answer(struct worker *w, struct domain_link *l, uint64_t delay_ms);
void link_note_failure(struct worker *w, struct domain_link *l, const char *why);
void link_note_heard(struct worker *w, struct domain_link *l); /* a request of theirs came */

/* Of linkwatch: is a probe due, by what the configuration says now? As link_look, link_probed,
 * link_not_probed; and that it acted upon the state. */
bool link_note_due(struct worker *w, struct domain_link *l);
void link_note_look(struct worker *w, struct domain_link *l);
void link_note_probe(struct worker *w, struct domain_link *l, bool answered);
void link_note_no_probe(struct worker *w, struct domain_link *l);
void link_note_acted(struct worker *w, struct domain_link *l);
/* Nothing was due: its timer is set to when something is. */
void link_note_look_later(struct worker *w, struct domain_link *l);

#endif
