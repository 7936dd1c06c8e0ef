/* Where a URI's servers are, asked of DNS once for all who want to know. Comes in: URIs. Goes out:
 * places in the order of trying, at once where the answers are still good, else by a call. Keeps
 * answers as long as they may be believed (1 s to one day; "no" up to 5 minutes; RFC 2308), asks a
 * question once however many wait for it. Stays out: which records mean what (simple/txn/locate),
 * who is put aside (gateway/peer/penalty). */
#ifndef GATEWAY_PEER_LOCATOR_H
#define GATEWAY_PEER_LOCATOR_H

#include "gateway/peer/place.h"
#include "gateway/worker.h"
#include "simple/txn/locate.h"

enum {
    LOCATOR_ANSWERS_MAX = 10000, /* kept; then the one that was used longest ago goes */
    LOCATIONS_MAX = 2000,        /* waiting for answers at once; more are LOCATE_BUSY */
    LOCATOR_TTL_MIN = 1,         /* s */
    LOCATOR_TTL_MAX = 86400,
    LOCATOR_NO_MAX = 300, /* s that a "no" is believed */
};

struct locator;
/* One URI that is looked up, or was. */
struct location;

enum err locator_new(struct worker *w, struct locator **out);
/* Other servers by the configuration, or the system's anew; what is known is forgotten. */
enum err locator_reload(struct locator *l, const struct conf *fresh);
void locator_free(struct locator *l); /* all locations are gone before; NULL is fine */

/* Looks it up; `want` without `offers`. It is ready at once, or `on` is called later, once, and may
 * free it. NULL: no memory. */
struct location *location_new(struct worker *w, const struct locate_want *want,
                              void (*on)(void *ctx), void *ctx);
enum locate_state location_state(const struct location *x); /* ASKING: it is not ready */
/* Only what can be reached from here: a family that this machine has a way to, and never ourselves.
 */
const struct way_place *location_places(const struct location *x, size_t *n);
uint32_t location_ttl(const struct location *x); /* s, 1 at least */
void location_free(struct location **xp); /* at any time; *xp is NULL afterwards; NULL is fine */

/* Seconds that the answer to a question is still believed; -1: it is not known. */
int64_t locator_left(const struct locator *l, const struct rr_question *q);

/* When the next of many requests to domains that are no peers may go: as peer_slot. */
uint64_t locator_slot(struct locator *l, uint64_t now, uint64_t step);

#endif
