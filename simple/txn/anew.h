/* Who started anew. A client that counts Call-IDs, tags and branches from a fixed seed says in each
 * run what it said in the one before, to the octet, and means something else (libpurple does): what
 * such a one sends after it has registered anew is no retransmission. Comes in: addresses and
 * times. Goes out: since when. */
#ifndef SIMPLE_TXN_ANEW_H
#define SIMPLE_TXN_ANEW_H

#include "base/list.h"
#include "base/table.h"
#include "simple/event.h"

enum { ANEW_MAX = 10000 }; /* addresses; the oldest is forgotten first */

struct anew {
    struct table by_addr;
    struct list fifo; /* the oldest first */
};

void anew_init(struct anew *a);
void anew_fini(struct anew *a);
/* Without memory it is not known, and what is said anew is taken for a repeat. */
void anew_note(struct anew *a, const struct sip_hop *who, uint64_t now);
/* When who is there started anew; 0: not known. */
uint64_t anew_since(const struct anew *a, const struct sip_hop *who);
void anew_expire(struct anew *a, uint64_t before); /* forgets what is older */

#endif
