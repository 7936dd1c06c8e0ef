/* The sender of a message as the recipient's AIM clients are to see him: the name they know him by,
 * and all that is known of him. */
#ifndef GATEWAY_FLOW_SENDER_H
#define GATEWAY_FLOW_SENDER_H

#include "gateway/people/account.h"
#include "gateway/people/session.h"
#include "mapping/message.h"
#include "oscar/userinfo.h"

/* *out borrows from the message and the people: good while the event is handled. */
void sender_userinfo(const struct aim_session *s, const struct message *m,
                     struct oscar_userinfo *out);

#endif
