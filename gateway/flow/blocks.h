/* The block list that the helper keeps for an account (M-545): it counts in every privacy mode and
 * both ways, for messages and for presence. Where the account's own list denies those on it (mode
 * 4), it is put on that too, and its clients are told. */
#ifndef GATEWAY_FLOW_BLOCKS_H
#define GATEWAY_FLOW_BLOCKS_H

#include "gateway/people/account.h"

/* From the store's commit on it counts, and the helper says so to the user. `name` is as privacy
 * lists have it. */
void blocks_set(struct worker *w, struct account *a, struct span name, bool blocked);

#endif
