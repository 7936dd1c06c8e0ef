/* The list that an AIM user keeps on the server: what its items mean here, and the two edits that
 * we make ourselves. Comes in: items as data (oscar/foodgroup/feedbag.h), stored and given back
 * byte for byte. Stays out: the store, the SNACs. */
#ifndef MAPPING_ROSTER_H
#define MAPPING_ROSTER_H

#include "base/buf.h"
#include "base/err.h"
#include "mapping/privacy.h"
#include "oscar/foodgroup/feedbag.h"

/* The mode in a PD item's attributes; PRIVACY_UNSET where it says none that we know. */
enum privacy_mode roster_mode(struct span attributes);
/* On which list does an item of this class put its name? False: on none. */
bool roster_list_of(uint16_t class_id, enum privacy_list *out);

/* What a new account starts with, for clients crash on an empty list: the root group, then
 * "Buddies". */
enum { ROSTER_SEED = 2 };
void roster_seed(struct feedbag_item items[ROSTER_SEED]); /* spans are static */

/* Root first, then by group and item id: the order in which clients want them (<0, 0, >0). */
int roster_item_cmp(const struct feedbag_item *a, const struct feedbag_item *b);

/* Writes the attributes of the group `items[at]` with an order (0x00C8) of exactly the members that
 * exist: those it names keep their places, missing ones come last; its other attributes stay as
 * they are. True where that differs from what it has; false, and nothing is written, where it is
 * right or no group. Some clients crash on an id without an item. */
bool roster_repair_order(const struct feedbag_item *items, size_t n, size_t at,
                         struct buf *attributes);

/* Writes the whole list as the pickiest of clients takes it, whatever other clients made of it:
 * sorted, the root group first, at least one more group, a group for every buddy that says it is in
 * one, orders of exactly what exists. What is right is written octet for octet. ERR_NOMEM. */
enum err roster_write_whole(struct buf *out, const struct feedbag_item *items, size_t n);

#endif
