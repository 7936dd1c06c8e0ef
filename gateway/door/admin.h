/* The admin door: what is going on, over HTTP, for the operator on this machine. Figures for
 * Prometheus, health, the listings of the control socket, and a page that shows them. Nothing can
 * be changed here, and nobody is asked for a password: that is why the configuration holds it on
 * the loopback. */
#ifndef GATEWAY_DOOR_ADMIN_H
#define GATEWAY_DOOR_ADMIN_H

#include "gateway/worker.h"

enum err admin_door_new(struct worker *w, struct admin_door **out);
enum err admin_door_open(struct admin_door *d, struct buf *why);
/* The memory of its connections goes with net_free. */
void admin_door_free(struct admin_door *d);

#endif
