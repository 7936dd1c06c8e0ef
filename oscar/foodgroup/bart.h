/* BART items: icons and status texts by id, as TLV 0x001D of a user-info block and SNAC
 * 0x0001/0x001E hold them. The service that stores images (foodgroup 0x0010) is not offered: its
 * requests get an error. */
#ifndef OSCAR_FOODGROUP_BART_H
#define OSCAR_FOODGROUP_BART_H

#include "base/buf.h"
#include "base/rd.h"

enum bart_type {
    BART_SMALL_ICON = 0x0000,
    BART_ICON = 0x0001,
    BART_STATUS_TEXT = 0x0002,
    BART_MOOD = 0x000E,
};

enum { BART_FLAG_CUSTOM = 0x01, BART_FLAG_DATA = 0x04, BART_TEXT_MAX = 251 };

struct bart_item {
    uint16_t type;
    uint8_t flags;
    struct span data;
};

bool bart_next(struct span *items, struct bart_item *out);
bool bart_find(struct span items, uint16_t type, struct bart_item *out);
void bart_write(struct buf *b, const struct bart_item *item);
/* The text of an item BART_STATUS_TEXT and the name of its charset; empty charset: UTF-8. Both
 * empty where the text is cleared. */
bool bart_text_read(const struct bart_item *item, struct span *text, struct span *charset);
/* A status text item: UTF-8, cut by the caller to BART_TEXT_MAX octets. */
void bart_text_write(struct buf *b, struct span text);
/* Is this icon hash the one that says "no icon"? */
bool bart_is_no_icon(struct span hash);

#endif
