/* What comes over SIP, to the flow that handles it. */
#ifndef GATEWAY_FLOW_SIP_EVENTS_H
#define GATEWAY_FLOW_SIP_EVENTS_H

#include "gateway/worker.h"

void sip_event(struct worker *w, const struct sip_core_event *ev);

#endif
