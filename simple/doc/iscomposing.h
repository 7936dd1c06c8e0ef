/* Who is typing, as a document: application/im-iscomposing+xml (RFC 3994). Comes in: octets. Goes
 * out: a state, and how long it lasts. Stays out: timers, whom it is told (mapping/typing.h). */
#ifndef SIMPLE_DOC_ISCOMPOSING_H
#define SIMPLE_DOC_ISCOMPOSING_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

#define ISCOMPOSING_TYPE "application/im-iscomposing+xml"

struct iscomposing {
    bool active;      /* any other state is idle (RFC 3994 3.5) */
    uint32_t refresh; /* seconds; 0: none given, or not a number */
};
/* ERR_SYNTAX: not such a document; ERR_FULL, ERR_NOMEM as xml_parse. */
enum err iscomposing_parse(struct span document, struct arena *a, struct iscomposing *out);
/* Appends the document; refresh goes with an active state only. */
void iscomposing_print(struct buf *b, const struct iscomposing *is);

#endif
