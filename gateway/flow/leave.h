/* ICQ's authorisation between users of the domain (M-507): who wants to see an ICQ user that is to
 * be asked first asks, the other answers, and both learn of it. ICQ clients ask and answer by SNACs
 * 0x0013/0x0014 to 0x001B, the oldest by messages of channel 4 (types 6, 7, 8); AIM clients have
 * neither: it is asked for them, and the helper tells them. Requests and answers are kept by
 * flow/consent. */
#ifndef GATEWAY_FLOW_LEAVE_H
#define GATEWAY_FLOW_LEAVE_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"
#include "oscar/foodgroup/icbm.h"

/* Is the item refused until the client asks (status 0x000E)? So it is where an ICQ client adds
 * somebody who has yet to say yes, without the mark of one that waits. */
bool leave_is_missing(struct aim_session *s, const struct feedbag_item *item);
/* Somebody is on the session's list now: for a client that cannot ask it is done here. */
void leave_added(struct aim_session *s, struct span name);
/* SNAC 0x0013/0x0014, 0x0018, 0x001A: authorisation is given, asked for, or answered; of somebody
 * elsewhere, too. */
void leave_auth(struct aim_session *s, const struct feedbag_auth *auth);

/* A message of channel 4 to somebody of ours; true: it was about this, and that was done. */
bool leave_take_old(struct aim_session *s, struct account *to, const struct icbm_old_style *old);

#endif
