/* Hexadecimal digits, lower-case when written, either case when read. */
#ifndef BASE_HEX_H
#define BASE_HEX_H

#include "base/buf.h"

int hex_value(uint8_t digit); /* 0..15, or -1 */
void hex_write(struct buf *b, struct span in);
void hex_print(struct span in, char *to); /* 2 * in.n + 1 octets, NUL-terminated */
/* Exactly 2 * n digits into n octets. */
bool hex_read(struct span in, void *to, size_t n);

#endif
