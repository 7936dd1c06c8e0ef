/* The data folder, for commands that work on the database themselves, whether or not the daemon
 * runs. */
#ifndef GATEWAY_CMD_DATA_H
#define GATEWAY_CMD_DATA_H

#include "base/buf.h"
#include "db/store_open.h"
#include "gateway/cmd/cmd.h"

struct json_t;

/* Opens the database; STORE_WRITE makes folder and file. CMD_DONE, or CMD_REFUSED after it has said
 * why and where it looked. */
int data_open(const struct cmd_context *c, enum store_mode mode, struct store **out);
/* Refuses with what the store said. */
int data_refuse(const struct cmd_context *c, struct store *s, enum err e);
/* A listing: `rows` prints what there is, as a table or, with --json, each by data_row, and counts
 * it. Where there is nothing, `none` tells what would make the first. */
int data_list(const struct cmd_context *c,
              enum err (*rows)(const struct cmd_context *c, struct store *s, size_t *n),
              const char *none);
void data_row(struct json_t *row, bool first); /* takes it; NULL is fine */
/* Tells a running daemon that something changed; that there is none is fine. */
void data_tell(const struct cmd_context *c, const char *what, struct span name);

#endif
