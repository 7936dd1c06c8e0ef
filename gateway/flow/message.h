/* Instant messages: taken from one door, brought to every place where the recipient is (live
 * sessions, phones, a peer's domain, the store). */
#ifndef GATEWAY_FLOW_MESSAGE_H
#define GATEWAY_FLOW_MESSAGE_H

#include "gateway/door/aim.h"
#include "gateway/flow/identity.h"

void message_from_aim(struct aim_session *s, uint32_t id, const struct icbm_message *im);
/* A MESSAGE whose sender is known. */
void message_from_sip(struct worker *w, const struct sip_core_event *ev, const struct claim *who);

#endif
