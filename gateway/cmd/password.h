/* Passwords as people type them: never on the command line, never shown, wiped after use. */
#ifndef GATEWAY_CMD_PASSWORD_H
#define GATEWAY_CMD_PASSWORD_H

#include "base/buf.h"
#include "base/err.h"

enum { PASSWORD_MAX = 128 /* octets; AIM clients send no more than 16 characters */ };

/* NULL when it may be a password, else why not: "…" to follow "the password ". */
const char *password_fault(struct span password);

/* From a terminal: asks without showing what is typed, twice where it is a new one. Else: the first
 * line of standard input. NULL and *out (seal_wipe it), or why not: a clause for a refusal. */
const char *password_ask(const char *name, bool new_one, struct buf *out);

#endif
