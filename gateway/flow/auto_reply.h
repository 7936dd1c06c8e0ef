/* Automatic replies: where several AIM clients of one account are away, each would answer, and one
 * does; and where the user asked for it (auto_away), the gateway answers for him. */
#ifndef GATEWAY_FLOW_AUTO_REPLY_H
#define GATEWAY_FLOW_AUTO_REPLY_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"
#include "mapping/message.h"

/* M-361. True: another client of that account has just answered them. */
bool auto_reply_is_second(struct aim_session *s, const struct address *to);
/* M-363: a message reached somebody who is away. His away text goes back, once to each sender while
 * it stands; never in answer to another automatic reply. */
void auto_reply_answer(struct worker *w, struct account *to, const struct message *m);

#endif
