/* The certificates that the users of peers sign with (RFC 8224), as the operator named them: the
 * URL in an Identity header only says which. Nothing is ever fetched. Comes in: the configuration.
 * Goes out: whose a certificate is, and whether it made a signature. Stays out: what a request
 * says. */
#ifndef GATEWAY_PEER_CREDENTIALS_H
#define GATEWAY_PEER_CREDENTIALS_H

#include "base/buf.h"
#include "base/err.h"
#include "gateway/conf/conf.h"

struct credentials;
struct credential;

enum { CREDENTIAL_SIGNATURE = 64 /* octets of ES256: r and s (RFC 7518 3.4) */ };

/* All that `conf` names, read as the files are now. Not OK: `why` says what is wrong, for the
 * log. */
enum err credentials_load(const struct conf *conf, struct credentials **out, struct buf *why);
void credentials_free(struct credentials *c); /* NULL is fine */

/* Of that peer; NULL: it has none of that URL. */
const struct credential *credentials_find(const struct credentials *c, struct span domain,
                                          struct span info);
bool credentials_have(const struct credentials *c, struct span domain); /* any at all */

/* May it speak for the users of that domain (RFC 5922 7)? */
bool credential_names(const struct credential *c, struct span domain);
bool credential_is_good_at(const struct credential *c, int64_t unix_time); /* by its dates */
/* Was it the one that signed these octets? */
bool credential_signed(const struct credential *c, struct span octets,
                       const uint8_t signature[CREDENTIAL_SIGNATURE]);

#endif
