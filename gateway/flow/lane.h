/* Messages to SIP: one at a time to each target (RFC 3428 8), in order, split where they are too
 * long for the path, to the next server where nothing can have arrived. */
#ifndef GATEWAY_FLOW_LANE_H
#define GATEWAY_FLOW_LANE_H

#include "gateway/flow/flight.h"

enum {
    /* messages that wait for one target (S-210: bounded; more is a rate error), ... */
    LANE_MAX = 32,
    /* ... beside what came out of the store before them */
    LANE_STORED_MAX = MESSAGES_PER_RECIPIENT,
};

struct lanes;
/* `peer_is_up` hears of each answer that came from another domain, but for 503. NULL: no memory. */
struct lanes *lanes_new(void (*peer_is_up)(struct worker *w, struct span domain));
void lanes_free(struct lanes *o); /* what waits is dropped: its flights are the caller's to end */

/* To a registered phone of the flight's recipient. False: its queue is full. */
bool lane_to_contact(struct flight *f, const struct contact *c);
/* To a user of another domain, by a peer's routes or by DNS: the flight's m.to. False: its queue is
 * full. */
bool lane_to_domain(struct flight *f);

/* Is a message on its way to that Request-URI? */
bool lane_is_busy(const struct lanes *o, struct span uri);

/* Whose messages are on their way to that domain; the same one may come more than once. */
void lane_each_sender(const struct lanes *o, struct span domain,
                      void (*on)(void *ctx, const struct address *from), void *ctx);

struct lane_state { /* for `queue list` */
    struct span target;
    size_t waiting;
};
bool lane_next(const struct lanes *o, size_t *at, struct lane_state *out);

#endif
