/* Screen names as OSCAR compares them, and lists of them as its SNACs carry them.
 * What a screen name may look like, and whose it is, is decided elsewhere (mapping/name). */
#ifndef OSCAR_SCREENNAME_H
#define OSCAR_SCREENNAME_H

#include "base/buf.h"

enum { SCREENNAME_WIRE_MAX = 255, SCREENNAME_FEEDBAG_MAX = 97 };

/* Lower-case, without spaces, into `to` (room for `size`); false where it does not fit. */
bool screenname_normalise(struct span name, char *to, size_t size, struct span *out);
/* The same person: equal but for case and spaces. */
bool screenname_eq(struct span a, struct span b);
/* 5 to 10 digits without a leading 0. */
bool screenname_is_icq(struct span name);
/* The next name of a list of u8 length and octets (SNAC 0x0003/0x0004 and others) off the front of
 * *list; empty names are passed over, a cut one ends the list. */
bool screenname_next(struct span *list, struct span *out);

#endif
