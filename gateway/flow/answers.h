/* What the helper knows: answers to its questions, in plain words, from what is in memory. */
#ifndef GATEWAY_FLOW_ANSWERS_H
#define GATEWAY_FLOW_ANSWERS_H

#include "gateway/people/account.h"

/* Who `name` is (a screen name, or a URI), and where; to the account `a` he is shown as its list
 * and his may. */
void answers_who(struct worker *w, struct account *a, struct span name, struct buf *out);
/* Sessions and phones of the account, and the links to other domains. */
void answers_status(struct worker *w, struct account *a, struct buf *out);
/* Why its last message failed. */
void answers_why(struct worker *w, struct account *a, struct buf *out);

#endif
