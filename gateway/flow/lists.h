/* One subscription for many (RFC 4662): the buddy list of an account by `sip:USER-buddies@D`, or
 * the list that comes in the SUBSCRIBE itself (RFC 5367), by `sip:buddy-lists@D`. Each resource is
 * watched as by a subscription of its own: the rules of each user count for each, and somebody
 * elsewhere is watched as a buddy of ours is. */
#ifndef GATEWAY_FLOW_LISTS_H
#define GATEWAY_FLOW_LISTS_H

#include "gateway/flow/subscription.h"

enum {
    LISTS_OF_ONE = 10,            /* lists that one watcher may have */
    LISTS_RESOURCES_MAX = 200000, /* resources of all lists */
};

struct lists;
struct lists *lists_new(void); /* NULL: no memory */
void lists_free(struct worker *w, struct lists *l);

/* A SUBSCRIBE for presence. False: it is not for a list. */
bool lists_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
void lists_restore(struct worker *w, const struct watcher_row *row, struct span who);
/* The buddies of that account are others now. */
void lists_roster_changed(struct worker *w, struct account *a);
/* That account is gone: lists that have it say so, lists of its own end. */
void lists_forget(struct worker *w, struct account *a);

#endif
