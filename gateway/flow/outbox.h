/* Messages to SIP: one at a time to each target (RFC 3428 8), in order, split where they are too long for the
 * path, by the next route where nothing can have arrived. */
#ifndef GATEWAY_FLOW_OUTBOX_H
#define GATEWAY_FLOW_OUTBOX_H

#include "gateway/flow/flight.h"

enum { OUTBOX_MAX = 32 /* messages that wait for one target (S-210: bounded; more is a rate error) */ };

struct outboxes;
struct outboxes *outboxes_new(void);
void outboxes_free(struct outboxes *o); /* what waits is dropped: its flights are the caller's to end */

/* To a registered phone of the flight's recipient. False: its queue is full. */
bool outbox_to_contact(struct flight *f, const struct contact *c);
/* To a user of a peer's domain: the flight's m.to. */
enum outcome outbox_to_peer(struct flight *f); /* OUTCOME_DELIVERED: it is on its way */

/* SIP_EVENT_RESPONSE of a request that was sent from here: owner is the attempt. */
void outbox_event(struct worker *w, const struct sip_core_event *ev);

struct outbox_state { /* for `queue list` */
    struct span target;
    size_t waiting;
};
bool outbox_next(const struct outboxes *o, size_t *at, struct outbox_state *out);

#endif
