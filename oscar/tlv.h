/* TLVs: type, length, value; the lists that most SNACs end with.
 * Comes in: a span. Goes out: values that point into it. The same type number means different
 * things in different lists, so the names of types stand with the foodgroup that uses them. */
#ifndef OSCAR_TLV_H
#define OSCAR_TLV_H

#include "base/buf.h"
#include "base/rd.h"

struct tlv {
    uint16_t type;
    struct span value;
};

/* The next TLV off the front of *list; false at the end. A value that is announced longer than the
 * list is cut to what is there and is the last one (Jimm sends that in SNAC 0x0002/0x0004). */
bool tlv_next(struct span *list, struct tlv *out);
/* The first TLV of that type. False, and *out empty, where there is none: a missing TLV is not the
 * same as an empty one. */
bool tlv_find(struct span list, uint16_t type, struct span *out);
bool tlv_has(struct span list, uint16_t type);
/* The number a TLV holds; `fallback` where it is missing or too short. Longer ones: their front. */
uint8_t tlv_get_u8(struct span list, uint16_t type, uint8_t fallback);
uint16_t tlv_get_u16(struct span list, uint16_t type, uint16_t fallback);
uint32_t tlv_get_u32(struct span list, uint16_t type, uint32_t fallback);
/* A block of u16 count, then that many TLVs: the span that holds just these. Stops where they stop.
 */
struct span tlv_block(struct rd *r);

void tlv_write(struct buf *b, uint16_t type, struct span value);
void tlv_write_empty(struct buf *b, uint16_t type);
void tlv_write_u8(struct buf *b, uint16_t type, uint8_t v);
void tlv_write_u16(struct buf *b, uint16_t type, uint16_t v);
void tlv_write_u32(struct buf *b, uint16_t type, uint32_t v);
/* A TLV whose length is known only when it is written: keep what begin gives for end. */
size_t tlv_begin(struct buf *b, uint16_t type);
void tlv_end(struct buf *b, size_t begun);

#endif
