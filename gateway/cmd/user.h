/* What the commands on accounts share. */
#ifndef GATEWAY_CMD_USER_H
#define GATEWAY_CMD_USER_H

#include "base/arena.h"
#include "db/store_open.h"
#include "gateway/cmd/cmd.h"
#include "gateway/seal.h"

enum {
    IMPORT_MAX = 100000, /* accounts at once: they are one transaction */
    IMPORT_BYTES_MAX = 32 * 1024 * 1024,
};

/* NULL when a new account may have that name (*norm is then its normal form), else why not. */
const char *user_name_fault(const struct conf *conf, struct span typed, struct arena *a,
                            struct span *norm);
/* Why the store refused to add it, in words. NULL: look at the error itself. */
const char *user_add_fault(enum err e);
enum err user_add_sealed(struct store *s, const struct seal_key *key, struct span norm,
                         struct span formatted, struct span password);
/* Opens the database and its key; both are made by STORE_WRITE. Refuses like data_open. */
int user_open(const struct cmd_context *c, enum store_mode mode, struct store **s,
              struct seal_key *key);

#endif
