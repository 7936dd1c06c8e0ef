/* Messages of those who are warned, and to them: whether somebody is warned too far for the other
 * (SNAC 0x0004/0x0002 says how far that is). How warning is done is in flow/warn. */
#ifndef GATEWAY_FLOW_WARNED_H
#define GATEWAY_FLOW_WARNED_H

#include "gateway/flow/origin.h"
#include "gateway/people/account.h"
#include "mapping/message.h"

/* How far the sender is warned, tenths of a percent: `own` where he is one of ours, else `name`. */
uint16_t warned_level(struct worker *w, const struct account *own, struct span name);
/* Seconds until a session of `to` takes messages of that sender; 0: one does, or none is there, or
 * a phone is. */
uint32_t warned_wait(struct worker *w, const struct account *to, const struct account *own,
                     struct span name);
/* True: one of the two is warned too far for the other, and it was answered. */
bool warned_refuses(struct worker *w, const struct origin *o, const struct message *m,
                    struct account *to, const struct account *own, struct span name);
/* Does the AIM client that wrote it want nothing to do with somebody who is warned so far? */
bool warned_turns_away(struct worker *w, const struct origin *o, uint16_t level);

#endif
