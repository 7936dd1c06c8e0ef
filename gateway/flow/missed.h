/* Missed calls: an AIM user is told that somebody's message was not delivered, and why (SNAC
 * 0x0004/0x000A). */
#ifndef GATEWAY_FLOW_MISSED_H
#define GATEWAY_FLOW_MISSED_H

#include "gateway/people/account.h"
#include "mapping/address.h"
#include "oscar/foodgroup/icbm.h"

enum { MISSED_PACE_MS = 10000 /* at most one in this time; the others are counted in the next */ };

/* `from` may write to him, or he hears of nobody whom he blocks: the caller has seen to that. */
void missed_tell(struct worker *w, struct account *to, const struct address *from,
                 enum icbm_missed_reason why);

#endif
