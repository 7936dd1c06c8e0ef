/* What a target of SIP has said of itself: that it takes no message/cpim and no HTML (415): it gets
 * plain text for a day. Or that it likes HTML (Accept in a MESSAGE of its own, or in its answer to
 * one; S-023, S-053): for half an hour. What it said last holds. A phone says so by its REGISTER,
 * too, for as long as it is registered. */
#ifndef GATEWAY_FLOW_TASTE_H
#define GATEWAY_FLOW_TASTE_H

#include "gateway/flow/identity.h"

enum {
    TASTES_MAX = 10000, /* targets that are remembered; the oldest is forgotten */
    TASTE_MS = 86400 * 1000,
    TASTE_HTML_MS = 1800 * 1000,
};

struct tastes;
struct tastes *tastes_new(void); /* NULL: no memory */
void tastes_free(struct tastes *all);

/* By the URI that it is written to: a phone's Contact, or a user's elsewhere. */
bool taste_is_plain(const struct worker *w, struct span uri);
/* Without memory it is asked again with the next message. */
void taste_note_plain(struct worker *w, struct span uri);
/* It sent that: does the Accept in it list text/html? */
void taste_hear(struct worker *w, struct span uri, const struct sip_msg *m);
void taste_hear_sender(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
bool taste_accepts_html(const struct sip_msg *m);

/* May what is for it be formatted? By what is configured for it (a peer's, an account's `html`),
 * and where that leaves it to it, by what it said. */
bool taste_likes_html(const struct worker *w, enum conf_html wish, struct span uri);
bool taste_user_likes_html(const struct worker *w, const struct address *to);
bool taste_phone_likes_html(const struct worker *w, const struct contact *c);
bool taste_any_phone_likes_html(const struct worker *w, const struct account *to);

#endif
