/* Telling a SIP sender what became of a message that was accepted: by IMDN where that was asked for (RFC 5438), else by a
 * message from the helper buddy; and an AIM sender by an instant message of it. */
#ifndef GATEWAY_FLOW_RECEIPT_H
#define GATEWAY_FLOW_RECEIPT_H

#include "gateway/worker.h"
#include "mapping/message.h"

/* `what` was asked for and has happened: RECEIPT_DELIVERY or RECEIPT_STORED. */
void receipt_send(struct worker *w, const struct message *m, enum message_receipt what);
/* It was accepted, and will not be delivered after all: the sender must hear of it, in one way or the other. */
void receipt_failed(struct worker *w, const struct message *m);

#endif
