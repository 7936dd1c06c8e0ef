/* Buddy icons: the feedbag says which image is a user's, a client uploads it, and whoever may see
 * the user is told its name and fetches it. Images stay among our own users: SIP carries none. */
#ifndef GATEWAY_FLOW_ICON_H
#define GATEWAY_FLOW_ICON_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"

/* The client signed on: it is asked for the image that its list names, where that is not here. */
void icon_ask(struct aim_session *s);
/* The feedbag item was edited by that session. */
void icon_chosen(struct aim_session *s, struct account *a);
/* SNAC 0x0010/0x0002, on any connection of the account. */
void icon_set(struct aim_session *s, struct account *a, uint32_t id, const struct bart_upload *u);
/* SNAC 0x0010/0x0004 and 0x0006. */
void icon_wanted(struct aim_session *s, struct account *a, uint32_t id, const struct bart_query *q);

#endif
