/* Routes of peers that are host names: looked up when the configuration is taken, and again each
 * time that has run out. So a peer's places are at hand when it sends to us, too: who may speak for
 * it depends on them. While DNS cannot say, what it said last stays (M-660: a failure of DNS alone
 * is no failure of the link). */
#ifndef GATEWAY_PEER_NAMES_H
#define GATEWAY_PEER_NAMES_H

#include "gateway/worker.h"
#include "simple/txn/locate.h"

struct peer_names;

struct peer_names *peer_names_new(struct worker *w); /* NULL: no memory */
/* The configuration is new: follows the names of all peers. */
void peer_names_follow(struct peer_names *n);
void peer_names_free(struct peer_names *n); /* NULL is fine */

/* The route as a URI: what it does not say itself, DNS says (RFC 3263 4.1). */
struct locate_want peer_route_want(const struct conf_route *r);

#endif
