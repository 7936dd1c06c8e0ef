/* Password proofs of the sign-on: MD5 digests of BUCP in their old and new form, and roasting, the
 * XOR of the oldest clients. MD5 is what these clients speak; nothing here protects a password by
 * itself. */
#ifndef OSCAR_ROAST_H
#define OSCAR_ROAST_H

#include "oscar/foodgroup/bucp.h"

enum { ROAST_MD5 = 16, ROAST_PASSWORD_CUT = 16 /* official clients cut passwords there */ };

enum roast_table { ROAST_AIM, ROAST_JAVA, ROAST_KERBEROS };

/* MD5(key, password, "AOL Instant Messenger (SM)"). False where there is no MD5 or no memory. */
bool roast_md5_old(struct span key, struct span password, uint8_t out[ROAST_MD5]);
/* MD5(key, MD5(password), "AOL Instant Messenger (SM)"). */
bool roast_md5_new(struct span key, struct span password, uint8_t out[ROAST_MD5]);
/* Its own inverse; `to` has room for in.n octets. */
void roast_xor(enum roast_table table, struct span in, uint8_t *to);
/* Does any form in which clients send this password fit? UTF-8 as stored, and the same in Latin-1;
 * whole, and its first 16 characters. All are tried, so that the time tells nothing. */
bool roast_any(struct span password, bool (*fits)(const void *ctx, struct span form),
               const void *ctx);
/* Does the proof fit, in any form? In either digest form; roasted, by either table of its scheme.
 * Compares in constant time. */
bool roast_check(const struct oscar_login *login, struct span password);

#endif
