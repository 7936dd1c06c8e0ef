/* One DNS message, as the records that the locator reads. Comes in: the octets of an answer. Goes
 * out: the verdict, the records behind all CNAMEs, how long that holds. No I/O: every octet may be
 * hostile. */
#ifndef GATEWAY_NET_DNS_ANSWER_H
#define GATEWAY_NET_DNS_ANSWER_H

#include "base/arena.h"
#include "simple/txn/rr.h"

enum {
    DNS_RECORDS_MAX = 256, /* looked at in one message */
    DNS_SILENCE_TTL = 1,   /* s: failures, and "no" without a SOA that says how long (RFC 2308 5) */
};

/* What is in the arena lives as long as that. Never fails: what cannot be read is RR_FAILED. */
void dns_answer_read(struct span message, const struct rr_question *q, struct arena *a,
                     struct rr_answer *out);

#endif
