/* The control door: a local socket in the data folder, for its owner only. One line asks, JSON
 * answers. */
#ifndef GATEWAY_DOOR_CONTROL_H
#define GATEWAY_DOOR_CONTROL_H

#include "gateway/worker.h"

enum { CONTROL_LINE_MAX = 1024, CONTROL_CLIENTS_MAX = 64, CONTROL_MS = 10000 };

/* Answers one line. */
typedef void (*control_handler)(struct worker *w, struct span line, struct buf *answer);

enum err control_door_new(struct worker *w, control_handler command, struct control_door **out);
enum err control_door_open(struct control_door *d, struct buf *why);
void control_door_free(struct control_door *d);

#endif
