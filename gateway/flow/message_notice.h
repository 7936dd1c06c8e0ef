/* What the helper says of how a message of an AIM user ended: always, or where his account asks for
 * it (`notices`, `notify_stored`). */
#ifndef GATEWAY_FLOW_MESSAGE_NOTICE_H
#define GATEWAY_FLOW_MESSAGE_NOTICE_H

#include "gateway/flow/flight.h"

/* He was told of it already, in a SNAC. */
void message_notice(struct worker *w, const struct origin *o, enum outcome how);
/* The same of a flight: the words about a link are its own (flow/link_notice), and so are those
 * about what we stored ourselves (flow/later). */
void message_notice_ended(struct worker *w, const struct flight *f, enum outcome how);

#endif
