/* How far users elsewhere are warned by ours: one level for each address, whoever gave it. It is
 * shown to all of ours who watch him, fades, and outlives a restart. */
#ifndef GATEWAY_FLOW_WARNINGS_H
#define GATEWAY_FLOW_WARNINGS_H

#include "gateway/worker.h"
#include "mapping/address.h"
#include "mapping/warning.h"

enum {
    WARNINGS_MAX = 20000,  /* users that are remembered; who was to fade next is forgotten */
    WARNINGS_REFUSED = 900 /* from here on nothing is taken of him (M-459) */
};

struct warnings;
struct warnings *warnings_new(void); /* NULL: no memory */
void warnings_free(struct worker *w, struct warnings *all);
/* Those that were before the start. */
void warnings_restore(struct worker *w);

/* `name`: user@host, as privacy lists have it. NULL: nobody has warned him lately. */
const struct warning *warnings_find(const struct worker *w, struct span name);
uint16_t warnings_level(const struct worker *w, struct span name);
/* He is forgiven: in memory; the database is the caller's. */
void warnings_forgive(struct worker *w, struct span name);
/* Adds to the level of `who`, whose name that is; *added is how much it was. ERR_NOMEM. */
enum err warnings_add(struct worker *w, const struct address *who, struct span name,
                      uint16_t amount, uint16_t *added);

#endif
