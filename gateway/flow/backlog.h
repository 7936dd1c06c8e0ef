/* What is stored for users of other domains: it is sent when their domain is back; and what is patient
 * (message.patient) when they are. */
#ifndef GATEWAY_FLOW_BACKLOG_H
#define GATEWAY_FLOW_BACKLOG_H

#include "gateway/flow/flight.h"

enum {
    BACKLOG_DOMAINS_MAX = 10000,
    BACKLOG_BATCH = 64,          /* rows on their way to one domain at once */
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
/* Its user sees that somebody elsewhere has come: what he wrote to him meanwhile goes out. `name` is
 * that one's address key. */
void backlog_is_back(struct worker *w, struct span user, struct span name);
/* An answer came from that domain. */
void backlog_peer_is_up(struct worker *w, struct span domain);

#endif
