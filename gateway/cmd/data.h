/* The data folder, for commands that work on the database themselves, whether or not the daemon
 * runs. */
#ifndef GATEWAY_CMD_DATA_H
#define GATEWAY_CMD_DATA_H

#include "base/buf.h"
#include "db/store.h"
#include "gateway/cmd/cmd.h"

#define DATA_DATABASE "aimgate.db"
#define DATA_KEY      "aimgate.key"

/* Appends the path of a file in the data folder. */
void data_path(const struct conf *conf, const char *file, struct buf *out);
/* Makes the data folder, 0700, where it is missing. ERR_IO: errno says why. */
enum err data_make_folder(const struct conf *conf);
/* Opens the database; STORE_WRITE makes folder and file. CMD_DONE, or CMD_REFUSED after it has said
 * why and where it looked. */
int data_open(const struct cmd_context *c, enum store_mode mode, struct store **out);
/* Refuses with what the store said. */
int data_refuse(const struct cmd_context *c, struct store *s, enum err e);
/* Tells a running daemon that something changed; that there is none is fine. */
void data_tell(const struct cmd_context *c, const char *what, struct span name);

#endif
