/* Receipts that say "failed" and are under way: the sender of a message that was promised to arrive
 * hears of its end by them alone, so where no place of his takes one he is told in another way. */
#ifndef GATEWAY_FLOW_UNTOLD_H
#define GATEWAY_FLOW_UNTOLD_H

#include "gateway/people/asker.h"
#include "mapping/message.h"

enum {
    UNTOLD_MAX = 10000 /* under way at once; whose is one more is told in the other way at once */
};

struct untolds;
/* `tell` tells him. NULL: no memory. */
struct untolds *untolds_new(void (*tell)(struct worker *w, const struct message *m));
void untolds_free(struct untolds *all);

/* Whom aside_send is to tell of a receipt of m, which is copied. NULL: no memory, or too many. */
struct asker *untold_begin(struct worker *w, const struct message *m);
/* It was sent to so many places; 0: it is over, and nobody is told. */
void untold_sent(struct asker *asker, unsigned places);

#endif
