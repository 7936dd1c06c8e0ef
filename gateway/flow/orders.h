/* What is asked of the helper buddy, over either protocol: done, and answered by a message of it.
 */
#ifndef GATEWAY_FLOW_ORDERS_H
#define GATEWAY_FLOW_ORDERS_H

#include "gateway/people/account.h"
#include "mapping/message.h"

/* The account `by` wrote it to the helper. What a program wrote is not answered. */
void orders_take(struct worker *w, struct account *by, const struct message *m);

#endif
