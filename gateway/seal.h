/* Seals passwords for the database: AES-256-GCM under a key in a file of its own, bound to the
 * screen name, so that neither a copy of the database alone nor a row moved to another account
 * tells a password. They must be recoverable: AIM's and SIP's digests are made from the password
 * itself. */
#ifndef GATEWAY_SEAL_H
#define GATEWAY_SEAL_H

#include "base/buf.h"
#include "base/err.h"
#include "db/store.h"

enum { SEAL_KEY_LEN = 32, SEAL_NONCE_LEN = 12, SEAL_TAG_LEN = 16 };

struct seal_key {
    uint8_t bytes[SEAL_KEY_LEN];
};

/* Reads the key at `path`. With `create`, a missing one is made (0600, on disk before this
 * returns); else ERR_NOT_FOUND. ERR_DENIED: others than its owner may read it. ERR_KEY: not a key
 * file. ERR_IO. */
enum err seal_open_key(const char *path, bool create, struct seal_key *out);
/* The same for a database: a key is made only where the database has no users yet, and it must open
 * their passwords: else ERR_KEY. */
enum err seal_open_key_for(struct store *s, const char *path, struct seal_key *out);
/* One sentence for the operator on what the calls above gave: what is wrong with `path`, and what
 * to do. */
void seal_explain(enum err e, const char *path, struct buf *out);
void seal_key_fini(struct seal_key *key); /* wipes it */

/* Appends nonce, ciphertext and tag. ERR_NOMEM, ERR_INTERNAL. */
enum err seal(const struct seal_key *key, struct span plain, struct span name, struct buf *out);
/* Appends the plain text: the caller wipes it (seal_wipe). ERR_KEY when it was not sealed with this
 * key and name. */
enum err unseal(const struct seal_key *key, struct span sealed, struct span name, struct buf *out);
enum { PASSWORD_MAX = 128 /* octets; AIM clients send no more than 16 characters */ };
/* NULL when it may be a password, else why not: "…" to follow "the password ". */
const char *password_fault(struct span password);
/* Overwrites and frees. */
void seal_wipe(struct buf *b);

#endif
