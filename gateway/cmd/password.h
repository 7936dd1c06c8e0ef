/* Passwords as people type them: never on the command line, never shown, wiped after use. */
#ifndef GATEWAY_CMD_PASSWORD_H
#define GATEWAY_CMD_PASSWORD_H

#include "base/buf.h"
#include "base/err.h"

/* From a terminal: asks without showing what is typed, twice where it is a new one. Else: the first
 * line of standard input. NULL and *out (seal_wipe it), or why not: a clause for a refusal. */
const char *password_ask(const char *name, bool new_one, struct buf *out);

#endif
