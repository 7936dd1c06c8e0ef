/* Phones publish their presence (RFC 3903): documents with entity tags, for local users only. */
#ifndef GATEWAY_FLOW_PUBLISH_H
#define GATEWAY_FLOW_PUBLISH_H

#include "gateway/flow/identity.h"

void publish_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
/* From the database, at the start. */
void publish_restore(struct worker *w);

#endif
