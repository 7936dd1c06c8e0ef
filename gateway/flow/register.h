/* Phones register (RFC 3261 10): contacts of local users, kept in memory and in the database. */
#ifndef GATEWAY_FLOW_REGISTER_H
#define GATEWAY_FLOW_REGISTER_H

#include "gateway/people/account.h"

void register_request(struct worker *w, const struct sip_core_event *ev);
/* Contacts and publications of an account that have run out. */
void register_on_expiry(struct timer *t, struct worker *w);
/* The next time that something of the account runs out. */
void register_set_expiry(struct worker *w, struct account *a);
/* From the database, at the start. */
void register_restore(struct worker *w);

void contact_free(struct worker *w, struct contact *c);
void published_free(struct published *p);

#endif
