/* One of our users watches somebody elsewhere: one subscription for each (account, foreign address), alive while a
 * session or a phone of the account wants it. Its record is what those see (mapping: 6.1 of the tables). */
#ifndef GATEWAY_FLOW_BUDDY_H
#define GATEWAY_FLOW_BUDDY_H

#include "gateway/people/account.h"

enum {
    BUDDY_EXPIRES = 3600,        /* M-601 */
    BUDDY_PACE_MS = 100,         /* M-601: 10 new SUBSCRIBEs a second and peer */
    BUDDY_AT_ONCE_MAX = 3,       /* M-610: "deactivated" is followed at once so often in a minute */
};

struct foreign {
    struct person *person;
    struct person *owner;    /* whose buddy: the person of a local account */
    struct address address;  /* owned, exact spelling */
    struct span name;        /* normalised screen name: user@host */
    struct sip_sub *sub;
    size_t route;            /* which of the peer's routes it went over */
    struct timer retry;      /* when to subscribe (again) */
    struct timer until;      /* when what the document says changes by itself */
    struct buf document;     /* the last one */
    unsigned failures;       /* since the last success */
    unsigned at_once;        /* ends that were followed at once, and since when */
    uint64_t at_once_since;
    bool stopped;            /* refused for good: not before somebody adds the buddy anew, or signs on */
};

/* The person for that address as the account sees it: found, or made (not yet subscribed). NULL: no memory. */
struct person *foreign_get(struct worker *w, struct account *owner, const struct address *address);
/* Somebody wants to see them: subscribes where that is not under way. */
void foreign_want(struct worker *w, struct person *p);
struct address foreign_address(const struct foreign *f);
struct span foreign_name(const struct foreign *f);
/* The short name for clients that take no long one. Lives while the event is handled. */
struct span foreign_alias(struct worker *w, const struct foreign *f);

/* SIP_EVENT_SUB_*: owner is the struct foreign. */
void buddy_event(struct worker *w, const struct sip_core_event *ev);

#endif
