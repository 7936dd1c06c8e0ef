/* Foodgroup 0x0010, BART: buddy icons and status texts by id, as TLV 0x001D of a user-info block,
 * SNAC 0x0001/0x001E and items of the feedbag hold them; and the SNACs that carry images. */
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

enum {
    BART_FLAG_CUSTOM = 0x01,
    BART_FLAG_DATA = 0x04,
    BART_FLAG_UNKNOWN = 0x40, /* of SNAC 0x0001/0x0021: not here, upload it */
    BART_TEXT_MAX = 251,
    BART_HASH = 16, /* octets of an image's name: its MD5 */
    BART_IMAGE_MAX = 7168,
};

/* What becomes of an image. */
enum bart_code {
    BART_OK = 0,
    BART_INVALID = 1,
    BART_NOT_CUSTOM = 2,
    BART_TOO_SMALL = 3,
    BART_TOO_BIG = 4,
    BART_WRONG_TYPE = 5,
    BART_NOT_FOUND = 7,
};

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

/* SNAC 0x0010/0x0002. */
struct bart_upload {
    uint16_t type;
    struct span image;
};
bool bart_upload_read(struct span body, struct bart_upload *out);
/* May it be kept? GIF, JPEG, BMP, ICO and PNG are images; what is in them is for the viewers. */
enum bart_code bart_image_check(struct span image);
bool bart_image_hash(struct span image, uint8_t out[BART_HASH]);

/* SNAC 0x0010/0x0004 and 0x0006: whose, and which of his items. */
struct bart_query {
    bool newer; /* 0x0006: answered in the newer form, which can say "not found" */
    struct span name;
    struct bart_item item; /* the first one asked for */
};
bool bart_query_read(struct span body, bool newer, struct bart_query *out);
/* SNAC 0x0010/0x0005 and 0x0007; `code` is told in the newer form only. */
void bart_image_write(struct buf *b, const struct bart_query *q, enum bart_code code,
                      struct span image);

#endif
