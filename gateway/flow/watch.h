/* SIP watches one of our users, or one of ours somebody elsewhere (RFC 3856): who may, and that it
 * survives a restart. */
#ifndef GATEWAY_FLOW_WATCH_H
#define GATEWAY_FLOW_WATCH_H

#include "gateway/flow/subscription.h"

void watch_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
/* The account is gone: everybody who watches it is told (M-527). */
void watch_end_all(struct worker *w, struct account *a);
/* From the database, at the start: of every kind. */
void watch_restore(struct worker *w);
/* The worker ends: frees those who watch that person. */
void watch_free_all(struct person *p);

#endif
