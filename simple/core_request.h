/* Requests: what is answered by rule, in the order of RFC 3261 8.2 (S-134: method, headers,
 * content, then what the method means), and what goes on to dialogs or to the gateway. */
#ifndef SIMPLE_CORE_REQUEST_H
#define SIMPLE_CORE_REQUEST_H

#include "simple/core_priv.h"

/* The core's input is one; the core knows afterwards what it tells. */
void core_request(struct sip_core *c, const struct sip_hop *from, uint64_t now);

#endif
