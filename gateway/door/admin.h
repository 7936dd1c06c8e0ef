/* The admin door: what is going on, over HTTP, for the operator on this machine. Figures for
 * Prometheus, health, the listings of the control socket, and a page that shows them. Nothing can
 * be changed here, and nobody is asked for a password: that is why the configuration holds it on
 * the loopback. */
#ifndef GATEWAY_DOOR_ADMIN_H
#define GATEWAY_DOOR_ADMIN_H

#include "gateway/door/control.h"

/* `command` answers the listings, as it does for the control socket. */
enum err admin_door_new(struct worker *w, control_handler command, struct admin_door **out);
enum err admin_door_open(struct admin_door *d, struct buf *why);
/* The memory of its connections goes with net_free. */
void admin_door_free(struct admin_door *d);

#endif
