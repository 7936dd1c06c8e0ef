/* Resource records as the locator reads them (RFC 1035, 2782, 3403, 3596), and the answer to one
 * question. Data only: whoever speaks DNS makes them. Names are lower-case text without the last
 * dot; the root is empty. */
#ifndef SIMPLE_TXN_RR_H
#define SIMPLE_TXN_RR_H

#include "base/buf.h"
#include "simple/wire/addr.h"

enum {
    RR_NAME_MAX = 253,  /* octets of a name as text */
    RR_ANSWER_MAX = 64, /* records of one answer; what is beyond them is left out */
    RR_ALIASES_MAX = 8, /* CNAMEs in a row */
};

enum rr_type { RR_A = 1, RR_CNAME = 5, RR_AAAA = 28, RR_SRV = 33, RR_NAPTR = 35 };
const char *rr_type_name(enum rr_type t); /* "SRV", ... */

struct rr {
    struct span name; /* whose it is */
    enum rr_type type;
    uint32_t ttl; /* seconds */
    union {
        struct sip_addr addr; /* A, AAAA; the port is 0 */
        struct span alias;    /* CNAME */
        struct {
            uint16_t priority, weight, port;
            struct span target; /* empty: no such service here (RFC 2782) */
        } srv;
        struct {
            uint16_t order, preference;
            struct span flags, service, replacement;
        } naptr;
    };
};

struct rr_question {
    enum rr_type type;
    struct span name;
};

enum rr_verdict {
    RR_ANSWERED, /* perhaps without a record of that type */
    RR_NO_NAME,  /* NXDOMAIN: there is no such name */
    RR_FAILED,   /* the servers cannot say: SERVFAIL, REFUSED, broken answers */
    RR_SILENT,   /* nothing came */
};

struct rr_answer {
    enum rr_verdict verdict;
    const char *why;  /* RR_FAILED: "SERVFAIL", ...; static, may be NULL */
    uint32_t ttl;     /* seconds that all of it may be believed */
    struct span name; /* what the question's name is an alias of in the end; without CNAME the name
                         itself */
    const struct rr *rrs;
    size_t n; /* of the type that was asked for, in the order they came */
    size_t
        more; /* behind those: the CNAMEs that led here, and addresses of the additional section */
};

/* A copy whose records and texts lie in `room`: rr_answer_size octets, aligned for anything. */
size_t rr_answer_size(const struct rr_answer *a);
void rr_answer_copy(void *room, const struct rr_answer *in, struct rr_answer *out);
/* The data of a record as a zone file has it: `10 60 5060 a.example.org.` */
void rr_print(struct buf *b, const struct rr *r);

#endif
