/* The commands' side of the control socket: one line to the running gateway, its answer back. */
#ifndef GATEWAY_CONTROL_CLIENT_H
#define GATEWAY_CONTROL_CLIENT_H

#include "base/buf.h"
#include "base/err.h"

/* Appends the answer (JSON). ERR_NOT_FOUND: no gateway runs on that data folder. ERR_DENIED: it is
 * another user's. ERR_TIMEOUT, ERR_IO. */
enum err control_ask(const char *data_dir, const char *line, struct buf *answer);
/* The same, for who does not care what it says. */
enum err control_tell(const char *data_dir, const char *line);

#endif
