/* Directory entries: what users tell of themselves in SNAC 0x0002/0x0009, look up in 0x0002/0x000B
 * and search for in foodgroup 0x000F. The fields have the same numbers everywhere. */
#ifndef OSCAR_FOODGROUP_DIRECTORY_H
#define OSCAR_FOODGROUP_DIRECTORY_H

#include "oscar/tlv.h"

/* Numbers of TLVs; above DIRECTORY_PUBLIC_END our own, which no search sees. */
enum directory_field {
    DIRECTORY_FIRST = 0x0001,
    DIRECTORY_LAST = 0x0002,
    DIRECTORY_MIDDLE = 0x0003,
    DIRECTORY_MAIDEN = 0x0004,
    DIRECTORY_EMAIL = 0x0005,
    DIRECTORY_COUNTRY = 0x0006,
    DIRECTORY_STATE = 0x0007,
    DIRECTORY_CITY = 0x0008,
    DIRECTORY_NAME = 0x0009, /* the screen name: in answers only */
    DIRECTORY_INTEREST = 0x000B,
    DIRECTORY_NICK = 0x000C,
    DIRECTORY_ZIP = 0x000D,
    DIRECTORY_STREET = 0x0021,
    DIRECTORY_PUBLIC_END = 0x0100,
    DIRECTORY_ABOUT = 0x0101,         /* ICQ: a text */
    DIRECTORY_ACCOUNT_EMAIL = 0x0102, /* of the account itself (foodgroup 0x0007) */
};

enum { DIRECTORY_VALUE_MAX = 128, DIRECTORY_ABOUT_MAX = 1000, DIRECTORY_FOUND_MAX = 40 };

/* Is it a field that a user fills in, and others may look for? */
bool directory_field_is_public(uint16_t field);

/* SNAC 0x0002/0x000C: the entry as TLVs one behind the other. */
void directory_entry_write(struct buf *b, struct span tlvs);
/* SNAC 0x000F/0x0003: `entries` are `n` blocks of u16 count and TLVs. */
void directory_found_write(struct buf *b, struct span entries, uint16_t n);

#endif
