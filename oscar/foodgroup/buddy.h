/* Foodgroup 0x0003, Buddy: presence of contacts, and the list of those who keep theirs in the
 * client. */
#ifndef OSCAR_FOODGROUP_BUDDY_H
#define OSCAR_FOODGROUP_BUDDY_H

#include "oscar/userinfo.h"

enum {
    BUDDY_MAX = 600,
    BUDDY_WATCHERS_MAX = 750,
    BUDDY_NOTES_MAX = 512,
    BUDDY_TEMPORARY_MAX = 160
};

void buddy_rights_write(struct buf *b); /* SNAC 0x0003/0x0003 */
/* Names of SNAC 0x0003/0x0004 and others are read by screenname_next. */

#endif
