/* The contact list of the line-mode AIM client: fetched, shown as people, and added to (SNACs
 * 0x0013/…). The items are kept as they came, so that what others put into them stays. */
#ifndef GATEWAY_CMD_CLIENT_AIM_LIST_H
#define GATEWAY_CMD_CLIENT_AIM_LIST_H

#include "gateway/cmd/client_aim.h"

/* SNACs 0x0013/…; true: the whole list has arrived now. */
bool aim_list_take(struct aim *a, const struct snac *s);
void aim_list_add(struct aim *a, struct span name);

#endif
