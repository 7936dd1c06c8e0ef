/* Foodgroup 0x0013, Feedbag: the contact list that is kept here. Items are stored and returned
 * octet for octet; what they mean is for others, but for the numbers below. */
#ifndef OSCAR_FOODGROUP_FEEDBAG_H
#define OSCAR_FOODGROUP_FEEDBAG_H

#include "oscar/tlv.h"

enum feedbag_class {
    FEEDBAG_BUDDY = 0x0000,
    FEEDBAG_GROUP = 0x0001,
    FEEDBAG_PERMIT = 0x0002,
    FEEDBAG_DENY = 0x0003,
    FEEDBAG_PD_INFO = 0x0004,
    FEEDBAG_PREFERENCES = 0x0005,
    FEEDBAG_IGNORE = 0x000E,
    FEEDBAG_BART = 0x0014,
};

enum { FEEDBAG_CLASSES = 21 /* classes 0x0000 to 0x0014 have limits */ };

enum feedbag_attribute {
    FEEDBAG_ATTR_PENDING = 0x0066,
    FEEDBAG_ATTR_ORDER = 0x00C8,
    FEEDBAG_ATTR_PREFS = 0x00C9,
    FEEDBAG_ATTR_PD_MODE = 0x00CA,
    FEEDBAG_ATTR_PD_MASK = 0x00CB,
    FEEDBAG_ATTR_BART = 0x00D5,
    FEEDBAG_ATTR_PREFS_VALID = 0x00D6,
    FEEDBAG_ATTR_PREFS2 = 0x00D7,
    FEEDBAG_ATTR_PREFS2_VALID = 0x00D8,
    FEEDBAG_ATTR_ALIAS = 0x0131,
    FEEDBAG_ATTR_NOTE = 0x013C,
};

enum pd_mode { PD_PERMIT_ALL = 1, PD_DENY_ALL, PD_PERMIT_SOME, PD_DENY_SOME, PD_PERMIT_ON_LIST };

/* Numbers of preferences (feedbag_pref). */
enum feedbag_preference {
    PREF_SHOW_IDLE = 0x0A,
    PREF_SHOW_TYPING = 0x16,
    PREF_OFFLINE_MESSAGES = 0x34,
};

enum feedbag_op { FEEDBAG_INSERT = 0x08, FEEDBAG_UPDATE = 0x09, FEEDBAG_DELETE = 0x0A };

struct feedbag_item {
    struct span name;
    uint16_t group, item, class_id;
    struct span attributes; /* TLVs */
};

/* The next item off the front of *items; false at the end, or where the rest makes no whole item.
 */
bool feedbag_item_next(struct span *items, struct feedbag_item *out);
void feedbag_item_write(struct buf *b, const struct feedbag_item *item);

/* SNAC 0x0013/0x0005. */
struct feedbag_copy {
    bool has_time, has_count;
    uint32_t time;
    uint16_t count;
};
void feedbag_copy_read(struct span body, struct feedbag_copy *out);
void feedbag_copy_write(struct buf *b, uint32_t time, uint16_t count);
void feedbag_rights_write(struct buf *b); /* SNAC 0x0013/0x0003 */
/* The most items of a class that SNAC 0x0013/0x0003 announces; 0: no limit announced. */
uint16_t feedbag_class_max(uint16_t class_id);

/* Takes as many whole items off the front of *items as fit into `room` octets, at least one; gives
 * their number, 0 at the end. */
size_t feedbag_portion(struct span *items, size_t room, struct span *portion);
/* The body of one frame of SNAC 0x0013/0x0006. Only the last one carries the time. */
void feedbag_list_write(struct buf *b, struct span portion, size_t count, const uint32_t *time);
/* Client side: the items of one SNAC 0x0013/0x0006, and the time behind them (0: none). */
bool feedbag_list_read(struct span body, struct span *items, uint16_t *count, uint32_t *time);

/* Is a preference set in the attributes of a FEEDBAG_PREFERENCES item? `fallback` where it is not
 * told. */
bool feedbag_pref(struct span attributes, enum feedbag_preference n, bool fallback);

/* SNACs 0x0013/0x0014 to 0x001C: authorization, used by ICQ clients. */
struct feedbag_auth {
    uint16_t subtype; /* SNAC_FEEDBAG_AUTH_… */
    struct span name; /* the other party */
    bool granted;     /* of an answer */
    struct span reason;
};
bool feedbag_auth_read(uint16_t subtype, struct span body, struct feedbag_auth *out);
void feedbag_auth_write(struct buf *b, const struct feedbag_auth *a);

#endif
