/* Foodgroup 0x000A: search by e-mail address. */
#ifndef OSCAR_FOODGROUP_USERLOOKUP_H
#define OSCAR_FOODGROUP_USERLOOKUP_H

#include "base/buf.h"

enum { USERLOOKUP_ADDRESS_MAX = 320, USERLOOKUP_FOUND_MAX = 10 };

/* SNAC 0x000A/0x0003: one TLV a name. */
void userlookup_found_write(struct buf *b, const struct span *names, size_t n);

#endif
