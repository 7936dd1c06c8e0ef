/* The presence record to and from what OSCAR says: class bits, status word, idle minutes, BART
 * items, away text. Pure fields, no SNACs: the user-info block itself is written in oscar/. */
#ifndef MAPPING_PRESENCE_OSCAR_H
#define MAPPING_PRESENCE_OSCAR_H

#include "base/arena.h"
#include "base/buf.h"
#include "mapping/charset.h"
#include "mapping/presence.h"

/* User class bits (TLV 0x0001). */
enum {
    AIM_CLASS_FREE = 0x0010,
    AIM_CLASS_AWAY = 0x0020,
    AIM_CLASS_ICQ = 0x0040,
    AIM_CLASS_WIRELESS = 0x0080,
    AIM_CLASS_BOT = 0x0400,
};

/* Status bits (TLV 0x0006, low word). */
enum {
    AIM_STATUS_AWAY = 0x0001,
    AIM_STATUS_DND = 0x0002,
    AIM_STATUS_NOT_AVAILABLE = 0x0004,
    AIM_STATUS_OCCUPIED = 0x0010,
    AIM_STATUS_INVISIBLE = 0x0100,
};

enum {
    AWAY_MAX = 1024, /* octets of an away text shown to AIM (TLV 0x0004 of SNAC 0x0002/0x0006) */
    AIM_STATUS_TEXT_MAX = 251 /* octets of an available message in a BART item */
};

/* The fields of a user-info block that presence decides. */
struct presence_block {
    uint16_t user_class; /* TLV 0x0001 */
    uint16_t warning;
    uint32_t status;  /* TLV 0x0006, 0 for AIM names */
    uint32_t signon;  /* TLV 0x0003, Unix seconds; 0: not known, left out */
    uint32_t session; /* TLV 0x000F, seconds since then */
    bool idle;
    uint16_t idle_minutes; /* TLV 0x0004, where idle */
    struct span caps;      /* TLV 0x000D */
    struct span bart;      /* value of TLV 0x001D: icon hash and status text; may be empty */
};

/* What a buddy list shows of an online record. `bart` lies in the arena, the rest borrows from *p.
 * For an offline one only warning 0 and class 0 are to be written. */
void presence_to_block(const struct presence *p, int64_t now, struct presence_block *out,
                       struct arena *a);
/* The record that a block of an arrived user means. */
void presence_from_block(const struct presence_block *in, int64_t now, struct presence *out,
                         struct arena *a);

/* What a session of our own user says of itself. Each sets its part of *p and leaves the rest;
 * texts are copied into the arena. They do not touch `changed`. */
void presence_set_status(struct presence *p, uint32_t status); /* SNAC 0x0001/0x001E TLV 0x0006 */
void presence_set_bart(struct presence *p, struct span items, struct arena *a); /* TLV 0x001D */
void presence_set_idle(struct presence *p, uint32_t seconds,
                       int64_t now); /* SNAC 0x0001/0x0011; 0: active again */
/* SNAC 0x0002/0x0004 TLV 0x0003 (MIME type) and 0x0004 (text): non-empty is away, empty is back.
 * The words are kept with their %n, %d and %t. */
void presence_set_away(struct presence *p, struct span mime, struct span text, bool icq,
                       struct arena *a);

/* The away text of a record as an AIM client is shown it: HTML, at most AWAY_MAX octets, in a
 * character set that this client reads. *mime is static. Texts that did not come from AIM have no
 * %n, %d, %t for viewers to replace. */
void presence_away_html(const struct presence *p, enum text_client viewer, struct buf *text,
                        struct span *mime);

#endif
