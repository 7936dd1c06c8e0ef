/* The data folder: what stands in it, for the gateway and for commands beside it. */
#ifndef GATEWAY_DATADIR_H
#define GATEWAY_DATADIR_H

#include "base/buf.h"
#include "base/err.h"

#define DATADIR_DATABASE "aimgate.db"
#define DATADIR_KEY      "aimgate.key"  /* what passwords are sealed with */
#define DATADIR_CONTROL  "control.sock" /* a running gateway is asked there */

/* Appends the path of a file in it. */
void datadir_path(const char *folder, const char *file, struct buf *out);
/* Makes it, 0700, where it is missing. ERR_IO: errno says why. */
enum err datadir_make(const char *folder);

#endif
