/* What an AIM client asks about somebody: profile, away text, capabilities (SNACs 0x0002/0x0005 and
 * 0x0015). */
#ifndef GATEWAY_FLOW_INFO_H
#define GATEWAY_FLOW_INFO_H

#include "gateway/door/aim.h"

void info_wanted(struct aim_session *s, uint32_t id, const struct locate_query *q);

#endif
