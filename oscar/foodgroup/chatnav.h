/* Foodgroup 0x000D, chat navigation: rights only. node-oscar does not sign on without them; rooms
 * are not offered. */
#ifndef OSCAR_FOODGROUP_CHATNAV_H
#define OSCAR_FOODGROUP_CHATNAV_H

#include "base/buf.h"

void chatnav_rights_write(struct buf *b); /* SNAC 0x000D/0x0009 */

#endif
