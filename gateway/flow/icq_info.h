/* ICQ's own requests about users (SNAC 0x0015/0x0002 with type 0x07D0): who somebody says he is,
 * searches, and what the user tells of himself. It is the directory in ICQ's words. */
#ifndef GATEWAY_FLOW_ICQ_INFO_H
#define GATEWAY_FLOW_ICQ_INFO_H

#include "gateway/door/aim.h"

void icq_info_asked(struct aim_session *s, uint32_t id, const struct icq_meta *m);

#endif
