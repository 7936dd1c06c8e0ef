/* What an AIM client asks about somebody: profile, away text, capabilities (SNAC foodgroup 0x0002). */
#ifndef GATEWAY_FLOW_INFO_H
#define GATEWAY_FLOW_INFO_H

#include "gateway/door/aim.h"

void info_wanted(struct aim_session *s, uint32_t id, const struct locate_query *q);
void info_find_email(struct aim_session *s, uint32_t id, struct span address);

#endif
