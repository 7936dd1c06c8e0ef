/* Questions to DNS servers, on the loop (c-ares). Comes in: a question. Goes out: one answer for
 * each, never during the call that asked. Stays out: caches, what the records mean, /etc/hosts. */
#ifndef GATEWAY_NET_DNS_H
#define GATEWAY_NET_DNS_H

#include "base/err.h"
#include "gateway/net/net.h"
#include "simple/txn/rr.h"

struct dns;

enum {
    DNS_QUERIES_MAX = 1000, /* under way at once */
    DNS_TIMEOUT_MS = 1000,  /* for the first try at a server; doubled for the second */
    DNS_TRIES = 2,          /* at each server */
};

/* The answer is good during the call. */
typedef void (*dns_answered)(void *ctx, const struct rr_answer *a);

/* `servers` with ports; none: those of /etc/resolv.conf. */
enum err dns_new(struct net *n, const struct sip_addr *servers, size_t count, struct dns **out);
/* ERR_FULL, ERR_NOMEM: there will be no answer. Takes a copy of the question. */
enum err dns_ask(struct dns *d, const struct rr_question *q, dns_answered on, void *ctx);
/* Other servers, or /etc/resolv.conf anew. What is under way is asked again. After an error the old
 * ones stay. */
enum err dns_set_servers(struct dns *d, const struct sip_addr *servers, size_t count);
/* Nobody hears of what is under way. The memory goes while the loop runs on. *dp is NULL
 * afterwards; NULL is fine. */
void dns_close(struct dns **dp);

#endif
