/* Who is on a user's list: the feedbag kept here, and the lists that old clients keep
 * themselves. */
#ifndef GATEWAY_FLOW_ROSTER_H
#define GATEWAY_FLOW_ROSTER_H

#include "gateway/door/aim.h"

enum { ROSTER_ITEMS_MAX = 2000, ROSTER_ATTRIBUTES_MAX = 1024, ROSTER_EDIT_MAX = 512 };

void roster_get(struct aim_session *s, uint32_t id, const struct feedbag_copy *copy);
void roster_edit(struct aim_session *s, uint32_t id, enum feedbag_op op, struct span items);
/* SNAC 0x0013/0x0007. `again`: what was told before this may have been thrown away by the
 * client. */
void roster_used(struct aim_session *s, bool again);
void roster_names(struct aim_session *s, const struct oscar_names *names);
/* The session is announced: everybody on its list is watched from now on, if not since it fetched
 * the list. */
void roster_begin(struct aim_session *s);
/* Tells what is known of everybody on the list. */
void roster_show_all(struct aim_session *s, bool again);

#endif
