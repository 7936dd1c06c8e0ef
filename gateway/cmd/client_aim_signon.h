/* The sign-on of the line-mode AIM client: BUCP with the newer MD5 digest, then BOS up to client
 * ready. */
#ifndef GATEWAY_CMD_CLIENT_AIM_SIGNON_H
#define GATEWAY_CMD_CLIENT_AIM_SIGNON_H

#include "gateway/cmd/client_aim.h"

void aim_signon_start(struct aim *a);
void aim_signon_take(struct aim *a, const struct snac *s);
/* The last step: the list is there. */
void aim_signon_finish(struct aim *a);

#endif
