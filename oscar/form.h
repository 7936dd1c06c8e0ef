/* The fields of a web form, or of the query of a URL: name=value&name=value, with %XX for what is
 * no letter (application/x-www-form-urlencoded). Comes in: a span. Goes out: fields as they came,
 * pointing into it, and decoded texts. Stays out: HTTP. */
#ifndef OSCAR_FORM_H
#define OSCAR_FORM_H

#include "base/buf.h"

enum { FORM_FIELDS_MAX = 64 /* what stands behind so many is not looked at */ };

/* As it came; `whole` is both with the = between them. */
struct form_field {
    struct span name, value, whole;
};

/* The next field off the front of *form; false at the end. Empty ones ("&&") are skipped. */
bool form_next(struct span *form, struct form_field *out);
/* The value of the first field of that name, as it came. False, and *value empty: there is none. */
bool form_find(struct span form, const char *name, struct span *value);
/* Appends what %XX stand for; `plus` is what a + stands for: a space in forms, itself elsewhere.
 * False: a % without two digits behind it, or a NUL. */
bool form_decode(struct span raw, uint8_t plus, struct buf *out);
/* Appends the text with %XX for all but letters, digits and -._~ (RFC 3986 2.3). */
void form_encode(struct buf *b, struct span text);

#endif
