/* Strangers (knock-knock, 5.4 of the tables): what somebody writes whom a user does not know waits on disk until the user,
 * asked once by the helper, says yes or no. Whichever protocol either of them speaks. */
#ifndef GATEWAY_FLOW_KNOCK_H
#define GATEWAY_FLOW_KNOCK_H

#include "db/messages.h"
#include "gateway/flow/flight.h"

enum {
    KNOCK_WELCOME_S = 24 * 3600,  /* M-543: who was said yes to, or written to, is no stranger for so long */
    KNOCK_AGAIN_S = 30 * 86400,   /* M-545: a second no within so long is a block */
    KNOCK_DOMAINS_MAX = 1000,     /* whose new strangers are counted (M-548); the one quiet longest is forgotten */
};

/* What others do about it. */
struct knock_handler {
    /* Messages for that account may be delivered from now on. */
    void (*wake)(struct worker *w, struct account *a);
    /* It said no twice. */
    void (*block)(struct worker *w, struct account *a, struct span name, bool blocked);
};

struct knocks;
struct knocks *knocks_new(const struct knock_handler *on); /* borrowed; NULL: no memory */
void knocks_free(struct knocks *k);

/* A message for that account, of `sender` (as privacy lists have him). True: it is held, or refused, and the origin
 * hears of it. False: nothing stands against it. */
bool knock_takes(struct worker *w, const struct origin *o, const struct message *m, struct account *to,
                 struct span sender);
/* M-547: a stored one, when it would be delivered. True: it waits for an answer now. */
bool knock_holds(struct worker *w, struct account *to, const struct message_row *row, struct span sender);

/* The user answers, or writes to somebody, which is a yes that is not talked of. */
void knock_yes(struct worker *w, struct account *a, struct span name);
void knock_no(struct worker *w, struct account *a, struct span name);
void knock_wrote(struct worker *w, struct account *a, const struct address *to);
/* What the account knows of others has changed: who is no stranger any more is let in. */
void knock_review(struct worker *w, struct account *a);
/* What waits of him is not wanted: dropped, and he is told as much as that. */
void knock_drop(struct worker *w, struct account *a, struct span name, const char *words);

/* The only one who waits for an answer; empty: nobody, or several. *names: all of them, with ", " between. */
struct span knock_only_one(struct worker *w, struct account *a, struct buf *names);

#endif
