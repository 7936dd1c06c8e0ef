/* A message that came by SIP and goes on by SIP is a new request; what keeps it from going round in
 * a circle goes across: Max-Forwards, one less each time (RFC 3261 16.6), and a mark for each user
 * whose phone it was sent on to, in the header Gateway-Path. A mark of ours that comes back is a
 * loop (as RFC 5393 4.2 has it in branches, which do not survive here). */
#ifndef GATEWAY_FLOW_CROSSING_H
#define GATEWAY_FLOW_CROSSING_H

#include "gateway/people/account.h"

enum {
    CROSSING_MARK = 16,     /* characters of one */
    CROSSING_MARKS_MAX = 8, /* of one message; more are too many gateways */
    CROSSING_HOPS = 70,     /* RFC 3261 8.1.1.6 */
};

struct crossing {     /* zeroed: it begins here */
    uint8_t used;     /* of CROSSING_HOPS, before it leaves again */
    struct span path; /* the marks so far; borrowed from the request */
};

/* Of a MESSAGE for that account (NULL: for somebody elsewhere). Gives 0, or what it is refused
 * with: 482, 483. */
int crossing_read(struct worker *w, const struct sip_msg *m, const struct account *to,
                  struct crossing *out);
/* The header that goes on with it: to a phone of `to`, else NULL. */
void crossing_put(struct buf *headers, const struct worker *w, struct span path,
                  const struct account *to);

#endif
