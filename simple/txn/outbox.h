/* Messages on their way out: printed one behind the other into one buffer, pulled oldest first.
 * Comes in: what a transaction prints. Goes out: hop and bytes. When all are pulled the buffer
 * starts anew, so that a turn of the loop costs no allocation. */
#ifndef SIMPLE_TXN_OUTBOX_H
#define SIMPLE_TXN_OUTBOX_H

#include "simple/core.h"

enum {
    OUTBOX_BYTES_MAX = 128 * 1024 * 1024, /* not yet pulled; over it nothing more is printed */
    OUTBOX_KEEP = 1024 * 1024,            /* memory kept for the next turn */
};

struct outbox_item;
struct outbox { /* zeroed is empty */
    struct buf bytes;
    struct outbox_item *items;
    size_t first, n, cap; /* items[first..n) are waiting */
    size_t start;         /* where the message being printed begins */
};

void outbox_fini(struct outbox *o);
/* Print the message into what this gives, then outbox_end, or outbox_undo. */
struct buf *outbox_begin(struct outbox *o);
static inline struct span outbox_printed(const struct outbox *o) /* since outbox_begin */
{
    return (struct span){o->bytes.p + o->start, o->bytes.n - o->start};
}
/* False: printing failed (no memory, or what was to be printed is not fit for a header line);
 * nothing is sent. */
bool outbox_end(struct outbox *o, const struct sip_hop *hop, uint64_t id);
void outbox_undo(struct outbox *o);
/* A message that was printed before, once more. */
bool outbox_again(struct outbox *o, struct span bytes, const struct sip_hop *hop, uint64_t id);
bool outbox_next(struct outbox *o, struct sip_output *out);
size_t outbox_waiting(const struct outbox *o); /* octets not yet pulled */

#endif
