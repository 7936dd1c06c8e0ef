/* What an AIM client does, to the flow that handles it. */
#ifndef GATEWAY_FLOW_AIM_EVENTS_H
#define GATEWAY_FLOW_AIM_EVENTS_H

#include "gateway/door/aim.h"

void aim_event(struct aim_session *s, const struct oscar_event *ev);

#endif
