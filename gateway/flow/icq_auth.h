/* ICQ users see that somebody elsewhere has yet to say yes to them (M-484): the item of their list
 * is marked as waiting, and the answer is told by ICQ's own dialog. AIM clients have none: whoever
 * is pending is offline to them. */
#ifndef GATEWAY_FLOW_ICQ_AUTH_H
#define GATEWAY_FLOW_ICQ_AUTH_H

#include "gateway/people/foreign.h"

/* What their domain said to the subscription. */
enum icq_auth { ICQ_AUTH_PENDING, ICQ_AUTH_GRANTED, ICQ_AUTH_REFUSED };
/* Tells the owner's clients where that is news. */
void icq_auth_heard(struct worker *w, struct foreign *f, enum icq_auth what);
/* In the storer: the items of that user that name somebody of ours wait no longer. Clients marked
 * them themselves when they asked; the changed ones are written to *items. Several statements. */
enum err icq_auth_unmark(struct store *s, int64_t user, struct span name, int64_t now,
                         struct buf *items);

#endif
