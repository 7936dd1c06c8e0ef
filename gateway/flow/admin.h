/* What the operator asks a running gateway, and tells it. Answers are JSON. */
#ifndef GATEWAY_FLOW_ADMIN_H
#define GATEWAY_FLOW_ADMIN_H

#include "gateway/worker.h"

/* One line of the control socket: "status", "peer list", "session list", "queue list", "user
 * added|changed|deleted NAME", "users added", "binding changed NAME". */
void admin_command(struct worker *w, struct span line, struct buf *answer);

#endif
