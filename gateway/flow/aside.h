/* Requests beside the conversation: a typing status, a receipt. Sent once to each place where their
 * recipient is by SIP, and never waited for: what cannot be sent is dropped. */
#ifndef GATEWAY_FLOW_ASIDE_H
#define GATEWAY_FLOW_ASIDE_H

#include "gateway/people/asker.h"
#include "mapping/address.h"

struct aside {
    const struct address *from, *to;
    struct span display; /* of the sender; may be empty */
    struct span first;   /* whom of their own domain it goes to instead of `to`; may be empty */
    struct span headers; /* ready lines */
    struct span content_type, body;
    bool polite; /* dropped for a target that a message is on its way to (RFC 3428 8) */
};

/* Gives how many requests were sent; `asker` hears of the end of each of them (NULL: nobody). */
unsigned aside_send(struct worker *w, const struct aside *what, struct asker *asker);

#endif
