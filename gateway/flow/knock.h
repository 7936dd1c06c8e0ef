/* Knock-knock (5.4 of the tables): what somebody writes whom a user does not know waits on disk,
 * and the user is asked once, by the helper. Whichever protocol either of them speaks. The answer
 * is flow/strangers. */
#ifndef GATEWAY_FLOW_KNOCK_H
#define GATEWAY_FLOW_KNOCK_H

#include "db/messages.h"
#include "gateway/flow/flight.h"

enum {
    KNOCK_DOMAINS_MAX = 1000, /* whose new strangers are counted (M-548); the one quiet longest is
                                 forgotten */
};

struct knocks;
struct knocks *knocks_new(void); /* NULL: no memory */
void knocks_free(struct knocks *k);

/* A message for that account, of `sender` (as privacy lists have him). True: it is held, or
 * refused, and the origin hears of it. False: nothing stands against it. */
bool knock_takes(struct worker *w, const struct origin *o, const struct message *m,
                 struct account *to, struct span sender);
/* M-547: a stored one, when it would be delivered. True: it waits for an answer now. */
bool knock_holds(struct worker *w, struct account *to, const struct message_row *row,
                 struct span sender);

#endif
