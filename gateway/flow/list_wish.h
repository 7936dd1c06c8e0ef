/* Whom a list is to have, before anybody is watched: the buddies of an account, what came in a
 * SUBSCRIBE, or what was kept of it for a restart. All of it lives in the arena of the event. */
#ifndef GATEWAY_FLOW_LIST_WISH_H
#define GATEWAY_FLOW_LIST_WISH_H

#include "gateway/people/account.h"
#include "simple/doc/resource_lists.h"
#include "simple/event/eventlist.h"

struct list_wish {
    struct sip_list_conf conf;
    struct address *to; /* of each; an empty host: its URI names nobody */
};

/* The account's buddies, each with its alias. */
struct list_wish list_wish_buddies(struct worker *w, const struct account *a);
struct list_wish list_wish_given(struct worker *w, const struct resource_list *list);
/* "URI\tNAME\n…" */
struct list_wish list_wish_kept(struct worker *w, struct span lines);
/* What stands before `end`, which is dropped with it. */
struct span list_wish_cut(struct span *rest, uint8_t end);

#endif
