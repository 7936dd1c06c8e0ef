/* One look at somebody elsewhere whom nobody watches: a SUBSCRIBE with Expires 0 and the NOTIFY
 * that answers it (RFC 6665 4.4.3, RFC 8048 7). */
#ifndef GATEWAY_FLOW_LOOK_H
#define GATEWAY_FLOW_LOOK_H

#include "gateway/people/foreign.h"

enum {
    LOOK_MS = 5000, /* and no longer: somebody sits there and waits (M-615) */
    LOOKS_MAX = 1000,
};

struct looks;
struct looks *looks_new(void); /* NULL: no memory */
void looks_free(struct worker *w, struct looks *all);

/* Who wants to know. */
struct look_for {
    uint32_t session, id, what; /* as the caller needs them */
    /* DELIVERED: p->seen is what was seen. Else why not. Once. */
    void (*seen)(struct worker *w, const struct look_for *who, struct person *p, enum outcome how);
};

/* ERR_BUSY: too many looks, or too many of his owner's just now; then nobody is called. `p` stays
 * until it is over. */
enum err look_at(struct worker *w, struct person *p, const struct look_for *who);

#endif
