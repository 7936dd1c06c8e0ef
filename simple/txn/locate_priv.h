/* What the locator knows; over it the walk (locate_walk.c), over that the locator (locate.c). */
#ifndef SIMPLE_TXN_LOCATE_PRIV_H
#define SIMPLE_TXN_LOCATE_PRIV_H

#include "base/arena.h"
#include "simple/txn/locate.h"

struct known {
    struct rr_question q;
    struct rr_answer a; /* SRV and NAPTR records stand in the order of trying */
    bool given, answered;
};

struct locate {
    struct locate_want want;
    struct sip_addr ip; /* the host where it is an address */
    struct arena arena;
    struct rng *rng;
    struct known known[LOCATE_QUESTIONS_MAX];
    size_t n_known;
    enum locate_state state;

    /* of one walk */
    bool waits;                 /* for an answer */
    const struct known *failed; /* an answer that DNS does not have just now */
    bool no_domain;             /* the host of the URI does not exist */
    bool not_offered;           /* there was a service, but over nothing that we offer */
    struct locate_place places[LOCATE_PLACES_MAX];
    size_t n_places;
    unsigned group;
};

/* From the start to where answers are missing, or to the end. */
void locate_walk(struct locate *l);

/* The question as it was asked; NULL: it was not. */
struct known *locate_find(struct locate *l, enum rr_type type, struct span name);
/* The answer, behind CNAMEs; NULL: it is not known yet, and will be asked. One without records
 * where that would be too many questions. */
const struct rr_answer *locate_need(struct locate *l, enum rr_type type, struct span name);
/* What the answer to that question says the name is an alias of; empty: of nothing, or not known.
 */
struct span locate_alias(struct locate *l, enum rr_type type, struct span name);

#endif
