/* Presence of our AIM users, published at a presence server of the domain (RFC 3903, as an event
 * publication agent): one publication for each account, from its first AIM session to its last.
 * Comes in: documents as they change. Goes out: PUBLISH. Stays out: what a document says. */
#ifndef GATEWAY_FLOW_UPSTREAM_H
#define GATEWAY_FLOW_UPSTREAM_H

#include "gateway/people/account.h"

enum {
    UPSTREAM_EXPIRES = 3600, /* asked for */
    UPSTREAM_RETRY_S = 30,   /* after a failure; doubled up to the next */
    UPSTREAM_RETRY_MAX_S = 1800,
    UPSTREAM_MAX = 100000, /* publications; further users are not published */
};

struct upstreams;
struct upstreams *upstreams_new(void); /* NULL: no memory */
void upstreams_free(struct worker *w, struct upstreams *all);

/* Is there such a server? */
bool upstream_is_wanted(const struct worker *w);
/* Of that account this is to be known from now on; empty: nothing any more (Expires 0). */
void upstream_tell(struct worker *w, struct account *a, struct span document);

#endif
