/* Phones register (RFC 3261 10): contacts of local users, kept in memory and in the database. */
#ifndef GATEWAY_FLOW_REGISTER_H
#define GATEWAY_FLOW_REGISTER_H

#include "gateway/people/account.h"

enum { REGISTER_LOST_S = 20 }; /* a browser whose connection ended has so long to come back */

void register_request(struct worker *w, const struct sip_core_event *ev);
/* The connection is gone by which alone the contact was reached (RFC 5626 5.3): it runs out
 * soon. */
void register_lost(struct worker *w, struct contact *c);
/* The next time that something of the account runs out. */
void register_set_expiry(struct worker *w, struct account *a);
/* From the database, at the start; but those in browsers, which open a connection anew. */
void register_restore(struct worker *w);

#endif
