/* Base 64, its form for URLs without padding, and lower-case base 32 without padding (RFC 4648 4, 5
 * and 6). */
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buf.h"

void base64_write(struct buf *b, struct span in);
/* White space is skipped; anything else that is not base 64: false. */
bool base64_read(struct span in, struct buf *out);
/* With - and _, and without padding (RFC 7515 2). Reading: no white space, no padding. */
void base64url_write(struct buf *b, struct span in);
bool base64url_read(struct span in, struct buf *out);
/* The first n characters of the base 32 form of `in` (n * 5 <= in.n * 8); no NUL. */
void base32_print(struct span in, char *to, size_t n);

#endif
