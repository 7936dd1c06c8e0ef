/* What both roles of digest share. */
#ifndef SIMPLE_TXN_DIGEST_PRIV_H
#define SIMPLE_TXN_DIGEST_PRIV_H

#include "simple/txn/digest.h"

enum digest_algorithm digest_algorithm_find(struct span name); /* empty: MD5, RFC 7616 3.3 */
const char *digest_algorithm_name(enum digest_algorithm a);

/* The parts with colons between them, hashed, as lower-case digits. */
bool digest_hash(enum digest_algorithm a, const struct span *parts, size_t n,
                 char out[DIGEST_HEX_SIZE]);

/* What goes into a response, RFC 7616 3.4.1 to 3.4.3. */
struct digest_input {
    enum digest_algorithm algorithm;
    enum digest_qop qop;
    struct span ha1, method, uri, body, nonce, nc, cnonce;
};
bool digest_response(const struct digest_input *in, char out[DIGEST_HEX_SIZE]);

#endif
