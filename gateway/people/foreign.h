/* Somebody elsewhere as one of our users sees him: one for each (account, foreign address), beside
 * the person. The subscription that feeds it is made and kept by flow/buddy. */
#ifndef GATEWAY_PEOPLE_FOREIGN_H
#define GATEWAY_PEOPLE_FOREIGN_H

#include "gateway/people/asker.h"
#include "gateway/people/person.h"
#include "gateway/peer/way.h"

struct buddy_list;

/* Of the first SUBSCRIBE, whichever server it goes to (RFC 3263 4.3). */
struct sub_ids {
    char call_id[24], tag[16];
};

struct foreign {
    struct asker asker; /* first: of its subscription */
    struct person *person;
    struct person *owner;    /* whose buddy: the person of a local account */
    struct address address;  /* owned, exact spelling */
    struct span name;        /* normalised screen name: user@host */
    struct sip_sub *sub;     /* his own; NULL where he is in a list */
    struct buddy_list *listed; /* he is watched together with others (flow/buddy_list) */
    struct list of_list;
    enum sip_sub_reason list_end; /* what it last said of him for good: it is told once */
    bool named;              /* by the list that is being read */
    bool alone;              /* their list service leaves him out */
    struct worker *w;
    struct list of_link;     /* domain_link.buddies */
    struct domain_link *link; /* to its domain; NULL: not watched */
    struct way way;          /* of the first SUBSCRIBE */
    struct way target;       /* of what follows in its dialog, where DNS found the domain */
    struct sub_ids ids;
    bool taken;              /* a server said yes to it */
    struct timer retry;      /* when to subscribe (again) */
    struct timer until;      /* when what the document says changes by itself */
    struct buf document;     /* the last one */
    unsigned failures;       /* since the last success */
    unsigned at_once;        /* ends that were followed at once, and since when */
    uint64_t at_once_since;
    bool pending, told_refused; /* as the owner's ICQ clients know (flow/icq_auth) */
    /* refused for good: not before somebody adds the buddy anew, or signs on */
    bool stopped;
};

/* The short name for clients that take no long one. Lives while the event is handled. */
struct span foreign_alias(struct worker *w, const struct foreign *f);

#endif
