/* What the line-mode clients show: lines on standard output, each with its time, flushed at once.
 * Texts of others may stand in them as they came: control characters, and characters that turn the
 * direction of writing around, never reach the terminal, and the second line of a text is set in,
 * so that it cannot pass for a line of ours. */
#ifndef GATEWAY_CMD_CLIENT_SAY_H
#define GATEWAY_CMD_CLIENT_SAY_H

#include "base/buf.h"

/* "[14:05] ", what printf makes of it, and an end of line. */
void client_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
