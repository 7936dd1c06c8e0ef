/* UTF-8 as RFC 3629 has it: no surrogates, nothing over U+10FFFF, no overlong forms. */
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/buf.h"

#define UTF8_REPLACEMENT 0xFFFDU

bool utf8_valid(struct span s);
/* Takes one character off the front of *s; an invalid octet gives U+FFFD and takes one octet. *s
 * must not be empty. */
uint32_t utf8_next(struct span *s);
/* Appends one character; surrogates and what is over U+10FFFF are written as U+FFFD. */
void utf8_put(struct buf *b, uint32_t c);
/* Number of characters. */
size_t utf8_count(struct span s);
/* The longest prefix of at most n octets that ends at a character boundary. */
struct span utf8_cut(struct span s, size_t n);
/* The first n characters. */
struct span utf8_first(struct span s, size_t n);

#endif
