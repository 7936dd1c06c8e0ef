/* Where a local recipient is: live sessions and phones. */
#ifndef GATEWAY_FLOW_ROUTE_H
#define GATEWAY_FLOW_ROUTE_H

#include "gateway/flow/flight.h"

/* Sends it to every place where its recipient, the account `to`, can take it just now; there may be
 * none. */
void route_to_account(struct flight *f, struct account *to);

#endif
