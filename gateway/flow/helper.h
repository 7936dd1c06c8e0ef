/* The service's own buddy: always online on AIM lists, and the voice of every word of the gateway's
 * own, to somebody local or elsewhere. What is asked of it is flow/orders. */
#ifndef GATEWAY_FLOW_HELPER_H
#define GATEWAY_FLOW_HELPER_H

#include "gateway/worker.h"
#include "mapping/address.h"

enum {
    HELPER_SAID_MS = 60000, /* the same notice to the same user comes once in so long */
    HELPER_SAID_MAX = 4096, /* notices that are remembered for that; the oldest is forgotten */
};

struct helper *helper_new(struct worker *w); /* NULL: no memory */
void helper_free(struct worker *w, struct helper *h);
/* Nobody else may have its name: ERR_EXISTS, and *why says what to do. */
enum err helper_check(struct worker *w, struct buf *why);

/* A notice. Nobody hears whether it arrived; it is stored where the recipient cannot be reached. */
void helper_say(struct worker *w, const struct address *to, struct span text);
/* The answer to a question: the same, however often. */
void helper_answer(struct worker *w, const struct address *to, struct span text);

#endif
