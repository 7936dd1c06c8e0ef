/* What became of a message, as a document: message/imdn+xml (RFC 5438 11). Comes in: octets, or
 * what happened. Goes out: which message and what became of it, or octets. Stays out: the
 * message/cpim around it, and whether anybody asked. */
#ifndef SIMPLE_DOC_IMDN_H
#define SIMPLE_DOC_IMDN_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define IMDN_TYPE "message/imdn+xml"

enum imdn_status {
    IMDN_OTHER, /* a display notification, or what is not known */
    IMDN_DELIVERED,
    IMDN_FAILED, /* or forbidden, or an error */
    IMDN_STORED,
};

struct imdn {
    struct span message_id;
    struct span datetime;                              /* as the message had it */
    struct span recipient_uri, original_recipient_uri; /* written only; may be empty */
    enum imdn_status status;
};
/* Fills message_id, datetime and status; spans in the arena. ERR_SYNTAX: not such a document. */
enum err imdn_parse(struct span document, struct arena *a, struct imdn *out);
/* Appends the document; the status must not be IMDN_OTHER. */
void imdn_print(struct buf *b, const struct imdn *is);

#endif
