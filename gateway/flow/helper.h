/* The gateway's own words to somebody, local or elsewhere. They come from the helper buddy. */
#ifndef GATEWAY_FLOW_HELPER_H
#define GATEWAY_FLOW_HELPER_H

#include "gateway/worker.h"
#include "mapping/address.h"

/* Nobody hears whether it arrived; it is stored where the recipient cannot be reached. */
void helper_say(struct worker *w, const struct address *to, struct span text);

#endif
