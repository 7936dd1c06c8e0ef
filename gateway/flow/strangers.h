/* What a user says to those who knock (flow/knock): yes, no, or yes by other means, a list or an
 * answer; and what becomes of what waits. */
#ifndef GATEWAY_FLOW_STRANGERS_H
#define GATEWAY_FLOW_STRANGERS_H

#include "db/messages.h"
#include "gateway/people/account.h"

enum {
    STRANGERS_WELCOME_S = 24 * 3600, /* M-543: who was said yes to, or written to, is no stranger
                                        for so long */
    STRANGERS_AGAIN_S = 30 * 86400,  /* M-545: a second no within so long is a block */
};

/* What others do about it. */
struct strangers_handler {
    /* Messages for that account may be delivered from now on. */
    void (*wake)(struct worker *w, struct account *a);
    /* It said no twice. */
    void (*block)(struct worker *w, struct account *a, struct span name, bool blocked);
};

struct strangers;
struct strangers *strangers_new(const struct strangers_handler *on); /* borrowed; NULL: no memory */
void strangers_free(struct strangers *s);

/* The user answers, or writes to somebody, which is a yes that is not talked of. */
void strangers_yes(struct worker *w, struct account *a, struct span name);
void strangers_no(struct worker *w, struct account *a, struct span name);
void strangers_wrote(struct worker *w, struct account *a, const struct address *to);
/* What the account knows of others has changed: who is no stranger any more is let in. */
void strangers_review(struct worker *w, struct account *a);
/* What waits of him is not wanted: dropped, and he is told as much as that. */
void strangers_drop(struct worker *w, struct account *a, struct span name, const char *words);

/* The only one who waits for an answer; empty: nobody, or several. *names: all of them, with ", "
 * between. */
struct span strangers_only_one(struct worker *w, struct account *a, struct buf *names);

#endif
