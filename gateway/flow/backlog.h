/* What is stored for users of other domains: it is sent when their domain is back; and what is
 * patient (message.patient) when they are. To each of them it goes in the order in which it came,
 * and before what is written to him meanwhile. */
#ifndef GATEWAY_FLOW_BACKLOG_H
#define GATEWAY_FLOW_BACKLOG_H

#include "gateway/flow/flight.h"

enum {
    BACKLOG_DOMAINS_MAX = 10000,
    /* rows on their way to one domain at once, in a pass over all of its rows */
    BACKLOG_BATCH = 64,
    BACKLOG_RETRY_MS = 30000,    /* how often a domain that cannot be reached is tried */
    BACKLOG_PATIENT_MS = 600000, /* the same for users there who cannot */
};

struct backlog;
struct backlog *backlog_new(void); /* NULL: no memory */
void backlog_free(struct worker *w, struct backlog *b);
/* Looks in the database for what waits. */
void backlog_start(struct worker *w);
/* The same for what there was no room for. */
void backlog_review(struct worker *w);

/* That flight to another domain is on disk now. */
void backlog_stored(struct worker *w, const struct flight *f);
/* One that came out of the store is over: without a row any more, it was delivered or given up. */
void backlog_landed(struct worker *w, const struct flight *f);
/* That row is deleted, or could not be. */
void backlog_forget(struct worker *w, int64_t row);
/* Something is written to that user (his address key) of that domain: what waits for him goes
 * first, but for what is patient. */
void backlog_goes_first(struct worker *w, struct span name, struct span domain);
/* Its user sees that somebody elsewhere has come: what he wrote to him meanwhile goes out. `name`
 * is that one's address key. */
void backlog_is_back(struct worker *w, struct span user, struct span name);
/* An answer came from that domain. */
void backlog_peer_is_up(struct worker *w, struct span domain);
/* Its link is up again: what waits goes at once. */
void backlog_link_is_up(struct worker *w, struct span domain);

#endif
