/* What a target of SIP has said of itself: that it takes no message/cpim and no HTML (415): it gets
 * plain text for a day. Or that it likes HTML (Accept in a MESSAGE of its own; S-023, S-053): for half
 * an hour. What it said last holds. */
#ifndef GATEWAY_FLOW_TASTE_H
#define GATEWAY_FLOW_TASTE_H

#include "gateway/worker.h"

enum {
    TASTES_MAX = 10000, /* targets that are remembered; the oldest is forgotten */
    TASTE_MS = 86400 * 1000,
    TASTE_HTML_MS = 1800 * 1000,
};

struct tastes;
struct tastes *tastes_new(void); /* NULL: no memory */
void tastes_free(struct tastes *all);

bool taste_is_plain(const struct tastes *all, struct span uri, uint64_t now);
bool taste_is_html(const struct tastes *all, struct span uri, uint64_t now);
/* Without memory it is asked again with the next message. */
void taste_note_plain(struct tastes *all, struct span uri, uint64_t now);
void taste_note_html(struct tastes *all, struct span uri, uint64_t now);

#endif
