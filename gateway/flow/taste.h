/* What a target of SIP has said that it does not take: message/cpim, answered with 415. It gets
 * plain text for a day. */
#ifndef GATEWAY_FLOW_TASTE_H
#define GATEWAY_FLOW_TASTE_H

#include "gateway/worker.h"

enum {
    TASTES_MAX = 10000, /* targets that are remembered; the oldest is forgotten */
    TASTE_MS = 86400 * 1000,
};

struct tastes;
struct tastes *tastes_new(void); /* NULL: no memory */
void tastes_free(struct tastes *all);

bool taste_is_plain(const struct tastes *all, struct span uri, uint64_t now);
/* Without memory it is asked again with the next message. */
void taste_note_plain(struct tastes *all, struct span uri, uint64_t now);

#endif
