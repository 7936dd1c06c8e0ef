/* Servers that failed are put aside: for 30 s, then for twice as long each time, up to 5 minutes
 * (S-202: a dead target is put aside, RFC 3261 21.5.4). One table for the routes of peers and for
 * what DNS named: the same server is as dead by either. No I/O, no clock. */
#ifndef GATEWAY_PEER_PENALTY_H
#define GATEWAY_PEER_PENALTY_H

#include "base/deadlines.h"
#include "base/table.h"
#include "simple/event.h"

enum {
    PENALTY_FIRST_MS = 30000,
    PENALTY_LONGEST_MS = 300000,
    PENALTY_MAX =
        10000, /* servers remembered; then the one whose time is over soonest is forgotten */
};

struct penalties { /* zeroed and penalties_init'ed is empty */
    struct table by_hop;
    struct deadlines over; /* when an entry is forgotten */
};

void penalties_init(struct penalties *a);
void penalties_fini(struct penalties *a);

/* Until when; 0 or a time that is over: it is usable. A hop's flow does not matter here. */
uint64_t penalty_until(const struct penalties *a, const struct sip_hop *hop);
/* Cursor from 0 over all that are remembered; also those whose time is over. */
bool penalty_next(const struct penalties *a, size_t *at, struct sip_hop *hop, uint64_t *until);
/* No answer, or it cannot be reached. */
void penalty_failed(struct penalties *a, const struct sip_hop *hop, uint64_t now);
/* It asked to be left alone until then: 503 with Retry-After. Others are put aside and still used
 * where there is nothing better; this one is not (RFC 3261 21.5.4: MUST NOT forward any other
 * requests to that server). */
bool penalty_rests(const struct penalties *a, const struct sip_hop *hop, uint64_t now);
void penalty_rest(struct penalties *a, const struct sip_hop *hop, uint64_t now, uint64_t until);
/* An answer, whatever it was, is life. */
void penalty_answered(struct penalties *a, const struct sip_hop *hop);

#endif
