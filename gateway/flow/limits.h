/* How much one may write across the gateway: what a SIP sender writes to one user and to all, what
 * a peer's domain writes, what an AIM user writes to other domains and how fast he begins to watch
 * there. The numbers are the configuration's (`limits`); a peer with limits: none is not
 * counted. */
#ifndef GATEWAY_FLOW_LIMITS_H
#define GATEWAY_FLOW_LIMITS_H

#include "gateway/flow/identity.h"

enum {
    LIMITS_SENDERS_MAX = 20000, /* SIP senders kept in mind; the one quiet longest is forgotten */
    /* users that one sender writes to; the one with most to spare is forgotten */
    LIMITS_PAIRS = 8,
    LIMITS_MESSAGE = BUCKET_TOKEN,
    LIMITS_ASIDE = BUCKET_TOKEN / 5, /* somebody types; a receipt */
    LIMITS_RETRY_MAX = 300,
};

struct limits;
struct limits *limits_new(struct rng *rng); /* NULL: no memory */
void limits_free(struct limits *all);

/* Seconds to wait before that may be sent, and *how says why; 0: it may, and is counted. A warned
 * sender has so much less (flow/warn). */
uint32_t limits_sip(struct worker *w, const struct claim *who, struct span to, uint32_t cost,
                    enum outcome *how);
/* The same for a message of one of our AIM users to another domain. */
uint32_t limits_aim(struct worker *w, struct account *from, struct span host);
/* Milliseconds until one more user elsewhere may be watched for him; 0: now, and it is counted. */
uint64_t limits_subscribe(struct worker *w, struct account *from, struct span host);

#endif
