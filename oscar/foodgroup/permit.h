/* Foodgroup 0x0009: permit and deny lists of clients that keep no list here. */
#ifndef OSCAR_FOODGROUP_PERMIT_H
#define OSCAR_FOODGROUP_PERMIT_H

#include "base/buf.h"

enum { PERMIT_MAX = 200, DENY_MAX = 200, PERMIT_TEMPORARY_MAX = 20 };

void permit_rights_write(struct buf *b); /* SNAC 0x0009/0x0003 */

#endif
