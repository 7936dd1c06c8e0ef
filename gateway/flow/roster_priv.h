/* Between the files of flow/roster: the list as it stands (roster.c), edits of it
 * (roster_edit.c). */
#ifndef GATEWAY_FLOW_ROSTER_PRIV_H
#define GATEWAY_FLOW_ROSTER_PRIV_H

#include "gateway/flow/roster.h"

enum how_listed { BY_FEEDBAG, BY_CLIENT, BY_WINDOW };

/* The session watches whom that name means; NULL: *why says why not, or there is no memory (OK). */
struct edge *roster_watch(struct aim_session *s, struct span name, enum how_listed how,
                          enum err *why);
void roster_unwatch(struct aim_session *s, struct span name, enum how_listed how);
/* Its edges follow the feedbag as that is now. */
void roster_read_again(struct aim_session *s);

#endif
