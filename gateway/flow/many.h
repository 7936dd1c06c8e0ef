/* One MESSAGE for many (RFC 5365): the list that comes with it is expanded, for users who have
 * agreed to that (RFC 5360). */
#ifndef GATEWAY_FLOW_MANY_H
#define GATEWAY_FLOW_MANY_H

#include "gateway/flow/identity.h"
#include "mapping/message.h"

#define MANY_USER "message-lists" /* no account has such a name */

enum { MANY_MAX = 20 /* recipients */ };

/* Is that service on, and the request for it? */
bool many_is_asked(const struct worker *w, const struct sip_uri *target);
/* Sends it to all of them, or to none: 470 names those who have not agreed. */
void many_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who,
                  struct message *m);

#endif
