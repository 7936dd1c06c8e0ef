/* The user-info block: name, warning level and TLVs, as arrivals, messages and information replies
 * carry it. Data only: spans belong to whoever made it. */
#ifndef OSCAR_USERINFO_H
#define OSCAR_USERINFO_H

#include "base/buf.h"
#include "base/rd.h"

enum userinfo_class {
    CLASS_UNCONFIRMED = 0x0001,
    CLASS_FREE = 0x0010, /* an AIM user */
    CLASS_AWAY = 0x0020,
    CLASS_ICQ = 0x0040,
    CLASS_WIRELESS = 0x0080,
    CLASS_BOT = 0x0400,
};

/* TLV 0x0006, low word; ICQ clients set several. */
enum userinfo_status {
    STATUS_AWAY = 0x0001,
    STATUS_DND = 0x0002,
    STATUS_NOT_AVAILABLE = 0x0004,
    STATUS_OCCUPIED = 0x0010,
    STATUS_FREE_FOR_CHAT = 0x0020,
    STATUS_INVISIBLE = 0x0100,
};

/* Types of the block's TLVs. */
enum userinfo_tlv {
    USERINFO_TLV_CLASS = 0x0001,
    USERINFO_TLV_SIGNON = 0x0003,
    USERINFO_TLV_IDLE = 0x0004,
    USERINFO_TLV_MEMBER_SINCE = 0x0005,
    USERINFO_TLV_STATUS = 0x0006,
    USERINFO_TLV_IPV4 = 0x000A,
    USERINFO_TLV_ICQ = 0x000C,
    USERINFO_TLV_CAPS = 0x000D,
    USERINFO_TLV_SESSION = 0x000F,
    USERINFO_TLV_INSTANCE = 0x0014,
    USERINFO_TLV_BART = 0x001D,
    USERINFO_TLV_SUBSCRIPTIONS = 0x001E,
    USERINFO_TLV_PRIMARY = 0x0028,
};

struct oscar_userinfo {
    struct span name;      /* as its owner formats it; at most 255 octets */
    uint16_t warning;      /* tenths of a percent */
    uint16_t class_flags;  /* enum userinfo_class */
    uint32_t status;       /* enum userinfo_status and flags */
    uint32_t signon;       /* Unix seconds */
    uint32_t session;      /* seconds online */
    uint32_t member_since; /* Unix seconds; 0: not known */
    bool idle;
    uint16_t idle_minutes; /* with `idle` only */
    bool icq_record;  /* write TLV 0x000C, zeroed: ICQ clients need it in arrivals of ICQ users */
    struct span caps; /* 16 octets each; may be empty */
    struct span bart; /* BART items as on the wire (foodgroup/bart.h); may be empty */
};

/* Writes the full block, always: Mac AIM 4.x cannot answer a partial one, and node-oscar takes a
 * contact without TLV 0x0006 for offline. TLVs 0x0001, 0x0006, 0x000F, 0x0003, then where known
 * 0x0004, 0x000D, 0x001D, 0x0005, 0x000C. */
void userinfo_write(struct buf *b, const struct oscar_userinfo *u);
/* The same, with a count that leaves room for `more` TLVs, which the caller writes behind it. */
void userinfo_write_more(struct buf *b, const struct oscar_userinfo *u, uint16_t more);
/* The block of one who left: warning 0 and TLV 0x0001 = u16 0, nothing else. Mac AIM 4.0 needs just
 * that. */
void userinfo_write_gone(struct buf *b, struct span name);
/* Reads one block off the front; missing TLVs leave zeros. False where it is cut short. */
bool userinfo_read(struct rd *r, struct oscar_userinfo *out);

#endif
