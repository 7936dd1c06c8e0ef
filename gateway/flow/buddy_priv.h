/* Between the files of flow/buddy. */
#ifndef GATEWAY_FLOW_BUDDY_PRIV_H
#define GATEWAY_FLOW_BUDDY_PRIV_H

#include "gateway/flow/buddy.h"

/* foreign.until: the same document means something else by now, and is read again. */
void buddy_document_is_due(struct timer *t, struct worker *w);

/* ---- buddy_list: users of a peer that are watched together ---- */

enum {
    BUDDY_LIST_MAX = 32,          /* users in one: their documents go into one message */
    BUDDY_LIST_BODY = 8 * 1024,   /* octets of the list that is sent; over UDP: */
    BUDDY_LIST_BODY_UDP = 500,    /* what fits into a datagram, with the head (RFC 3261 18.1.1) */
    BUDDY_LIST_GATHER_MS = 300,   /* those who come within it go together */
    /* some of them are watched no more: a list without them takes its place */
    BUDDY_LIST_REPLACE_MS = 5000,
    BUDDY_LIST_ANEW_MS = 10000,   /* between two questions for all of it */
};

/* His turn has come, or comes once more: true: he is in a list, which sees to it; false: he is to
 * be asked for alone. */
bool buddy_list_join(struct worker *w, struct foreign *f);
/* He is not wanted any more. Nothing where he is in none. */
void buddy_list_leave(struct worker *w, struct foreign *f);
/* The link is down: nothing is sent until one of them joins again. */
void buddy_list_hold(struct buddy_list *l);

/* ---- what that needs of the others ---- */

/* What a list's document says about one of its members; the same errors as buddy_take_document. */
enum err buddy_take_part(struct worker *w, struct foreign *f, struct span type, struct span body,
                         struct span name);

/* A SUBSCRIBE of `owner` over that way, to one user or, with a body of a list, to a list service;
 * NULL: it cannot be sent. */
struct buddy_ask {
    const struct person *owner;
    const struct address *to;
    const struct sub_ids *ids;
    struct way *way;
    struct asker *asker;
    struct span list;
    uint32_t expires;
};
struct sip_sub *buddy_ask(struct worker *w, const struct buddy_ask *ask);
/* How it is written there. */
void buddy_put_uri(struct buf *b, const struct peer *peer, const struct address *a);

void buddy_show_offline(struct worker *w, struct foreign *f);
/* His subscription has ended for good: `refused`, or there is no such user. */
void buddy_said_no(struct worker *w, struct foreign *f, bool refused);
/* He waits for his turn to be watched. */
void buddy_queue_up(struct worker *w, struct foreign *f);
/* M-614: how long to wait after so many failures, a fifth more or less. */
uint64_t buddy_patience(struct worker *w, unsigned failures);

#endif
