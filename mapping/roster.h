/* The list that an AIM user keeps on the server: items as data. Every class and attribute is stored
 * and given back byte for byte; only buddies, groups, permit, deny, mode, preferences and ignore
 * mean something here. */
#ifndef MAPPING_ROSTER_H
#define MAPPING_ROSTER_H

#include "base/arena.h"
#include "base/buf.h"
#include "mapping/privacy.h"

enum roster_class {
    ROSTER_BUDDY = 0x0000,
    ROSTER_GROUP = 0x0001, /* item id 0; group id 0 is the root, which orders the groups */
    ROSTER_PERMIT = 0x0002,
    ROSTER_DENY = 0x0003,
    ROSTER_PD = 0x0004,          /* the privacy mode */
    ROSTER_PREFERENCES = 0x0005, /* what the user discloses */
    ROSTER_IGNORE = 0x000E,
    ROSTER_BART = 0x0014,
};

enum roster_attribute {
    ROSTER_ORDER = 0x00C8, /* u16 ids of the members, in the order shown */
    ROSTER_PREFERENCE_BITS = 0x00C9,
    ROSTER_MODE = 0x00CA,
    ROSTER_PREFERENCE_VALID = 0x00D6, /* which of those bits the user has set */
    ROSTER_ALIAS = 0x0131,
    ROSTER_PENDING = 0x0066, /* an ICQ buddy who has not granted authorisation */
};

enum {
    ROSTER_SHOW_IDLE = 0x00000400, /* preference bits; both hold where nothing is said */
    ROSTER_SHOW_TYPING = 0x00400000,
};

struct roster_item {
    struct span name; /* as the client wrote it, not normalised */
    uint16_t group, id, class;
    struct span attributes; /* TLVs, without the length before them */
};

/* The value of an attribute; false where it is missing (or the TLVs are broken before it). */
bool roster_attribute(struct span attributes, uint16_t type, struct span *value);
/* The mode in a PD item; PRIVACY_UNSET where it says none. */
enum privacy_mode roster_mode(const struct roster_item *pd);
/* A preference bit of a class 0x0005 item, `otherwise` where the user has not set it. */
bool roster_preference(const struct roster_item *preferences, uint32_t bit, bool otherwise);

/* What a new account starts with: clients crash on an empty list. Root group, then the group
 * "Buddies". */
enum { ROSTER_SEED = 2 };
extern const struct roster_item roster_seed[ROSTER_SEED];

/* Root first, then by group and item id: the order in which clients want them. For qsort. */
int roster_item_cmp(const struct roster_item *a, const struct roster_item *b);

/* Writes the attributes of the group item `items[at]` with an order (0x00C8) that lists exactly the
 * members that exist: those it names keep their places, missing ones come last; its other
 * attributes stay. True if that differs from what it has (false, and nothing written, where it is
 * right or is no group). Some clients crash on an id without an item. */
bool roster_repair_order(const struct roster_item *items, size_t n, size_t at,
                         struct buf *attributes);

#endif
