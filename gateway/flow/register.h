/* Phones register (RFC 3261 10): contacts of local users, kept in memory and in the database. */
#ifndef GATEWAY_FLOW_REGISTER_H
#define GATEWAY_FLOW_REGISTER_H

#include "gateway/people/account.h"

void register_request(struct worker *w, const struct sip_core_event *ev);
/* The next time that something of the account runs out. */
void register_set_expiry(struct worker *w, struct account *a);
/* From the database, at the start. */
void register_restore(struct worker *w);

#endif
