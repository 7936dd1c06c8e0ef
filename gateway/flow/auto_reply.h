/* Automatic replies of AIM clients: where several of one account are away, each would answer; one
 * does. */
#ifndef GATEWAY_FLOW_AUTO_REPLY_H
#define GATEWAY_FLOW_AUTO_REPLY_H

#include "gateway/door/aim.h"
#include "mapping/address.h"

/* M-361. True: another client of that account has just answered them. */
bool auto_reply_is_second(struct aim_session *s, const struct address *to);

#endif
