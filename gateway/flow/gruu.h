/* Addresses of one phone of a user among others (GRUU, RFC 5627): the public one is the user's with
 * the instance in it, the temporary one tells nobody but us whose it is. Comes in: registrations,
 * Request-URIs. Goes out: what stands in the answer to REGISTER, which phone is meant. */
#ifndef GATEWAY_FLOW_GRUU_H
#define GATEWAY_FLOW_GRUU_H

#include "gateway/people/account.h"

/* For the phones of a REGISTER's answer. Spans live in the worker's arena. */
void gruu_give(struct worker *w, const struct account *a, const struct registrar_result *r,
               struct registrar_gruus *out);

/* Which phone a Request-URI means. Zeroed: none, but the user. */
struct gruu {
    struct span instance; /* of a public one, without its <> */
    uint64_t mark;        /* of a temporary one */
    bool is;
};
/* Reads the `gr` of a URI, if it is of our domain; a temporary one's `user` becomes whose it is.
 * False: it is none of ours. */
bool gruu_read(struct worker *w, const struct sip_uri *uri, struct span *user, struct gruu *out);
/* The phone; NULL: it is not registered now. */
const struct contact *gruu_contact(const struct account *a, const struct gruu *g);

#endif
