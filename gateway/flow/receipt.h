/* What became of a message, told after it was accepted. Towards SIP by IMDN where that was asked
 * for (RFC 5438), else by a message from the helper buddy; towards AIM by an instant message of it.
 * And the other way: what SIP tells of messages whose senders on AIM asked for it. */
#ifndef GATEWAY_FLOW_RECEIPT_H
#define GATEWAY_FLOW_RECEIPT_H

#include "gateway/flow/identity.h"
#include "mapping/message.h"

/* `what` was asked for and has happened: RECEIPT_DELIVERY or RECEIPT_STORED. */
void receipt_send(struct worker *w, const struct message *m, enum message_receipt what);
/* It was accepted, and will not be delivered after all: the sender must hear of it, in one way or
 * the other. */
void receipt_failed(struct worker *w, const struct message *m);

/* The same by the helper's own words, which are stored where he cannot be reached. */
void receipt_failed_words(struct worker *w, const struct message *m);

/* The same by IMDN, and by those words where no place of his takes it. False: the sender did not
 * ask for that, and no word has gone to him. (What a program wrote is not answered by one:
 * true.) */
bool receipt_imdn_failed(struct worker *w, const struct message *m);

/* A document of message/imdn+xml about a message of one of ours: if it is waited for and failed,
 * its writer is told. Whatever else it is, is nothing. */
void receipt_heard(struct worker *w, const struct claim *who, struct span document);

#endif
