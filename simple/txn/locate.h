/* Where the servers of a URI are: RFC 3861 for im: and pres:, RFC 3263 for sip: and sips:, RFC 2782
 * for the order. Comes in: a URI's parts and what we offer, then the answer to each question. Goes
 * out: the questions to put to DNS, and in the end the places to try, in order, each with the
 * records that led to it. Stays out: DNS itself, caches, time.
 *
 *   locate_ask until it gives no more -> locate_answer for each, in any order -> again, while the
 * state is ASKING */
#ifndef SIMPLE_TXN_LOCATE_H
#define SIMPLE_TXN_LOCATE_H

#include "base/rng.h"
#include "simple/txn/rr.h"
#include "simple/wire/hdr.h"
#include "simple/wire/uri.h"

enum {
    LOCATE_QUESTIONS_MAX = 64, /* of one location; records that would need more are left out */
    LOCATE_PLACES_MAX = 32,
    LOCATE_SERVERS_MAX = 16, /* SRV records of one name, and NAPTR records, the best first */
};

enum locate_state {
#define END(name, temporary, text) LOCATE_##name,
#include "simple/txn/locate.def"
};
const char *locate_text(enum locate_state s);
bool locate_is_temporary(enum locate_state s);

enum locate_why {
#define WHY(name, text) LOCATE_BY_##name,
#include "simple/txn/locate.def"
};
const char *locate_why_text(enum locate_why w);

struct locate_want {
    enum sip_scheme scheme;       /* IM, PRES, SIP, SIPS */
    struct span host;             /* lower case, A-labels; IPv6 without brackets */
    uint16_t port;                /* 0: not given */
    enum sip_transport transport; /* OTHER: not given */
    bool
        domain_only; /* a domain of users: one whole name, no address, nothing local (RFC 3861 3) */
    unsigned offers; /* LOCATE_OFFER(transport) of those that we send over */
};
#define LOCATE_OFFER(transport) (1U << (transport))
/* What a URI asks for: all but offers and domain_only. Host as it is in the URI. */
struct locate_want locate_want_of(const struct sip_uri *u);

struct locate_place {
    enum sip_transport transport;
    struct sip_addr addr; /* with port */
    unsigned group; /* the same for those that differ in nothing but the address of one host */
    enum locate_why why;
    const struct rr *naptr, *srv, *address; /* what led here; NULL: was not asked */
};

/* Can that be a domain of users? RFC 3861 3: whole names only; nothing that is local to a machine.
 */
bool locate_is_domain(struct span host);

struct locate;

/* Takes copies, but for rng, which decides between SRV records by their weights. NULL: no memory.
 */
struct locate *locate_new(const struct locate_want *want, struct rng *rng);
void locate_free(struct locate *l); /* NULL is fine */

/* The next question that was not given yet; false: there is none before the next answer. The name
 * is good as long as l. */
bool locate_ask(struct locate *l, struct rr_question *out);
/* What it does not know, or has an answer to, is left aside. Copies what it needs. */
void locate_answer(struct locate *l, const struct rr_question *q, const struct rr_answer *a);

enum locate_state locate_state(const struct locate *l);
/* In the order of trying; good as long as l. Empty unless FOUND. */
const struct locate_place *locate_places(const struct locate *l, size_t *n);
/* How long this may be believed, seconds: the shortest of all answers. UINT32_MAX: nothing was
 * asked. */
uint32_t locate_ttl(const struct locate *l);
/* FAILED: the question that has no answer. */
const struct rr_answer *locate_failure(const struct locate *l, struct rr_question *q);
/* What was asked, oldest first, and its answer (NULL: none yet); false behind the last. For those
 * who show it. */
bool locate_asked(const struct locate *l, size_t i, struct rr_question *q,
                  const struct rr_answer **a);

#endif
