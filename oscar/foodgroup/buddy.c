#include "oscar/foodgroup/buddy.h"

#include "oscar/tlv.h"

void buddy_rights_write(struct buf *b)
{
    tlv_write_u16(b, 0x0001, BUDDY_MAX);
    tlv_write_u16(b, 0x0002, BUDDY_WATCHERS_MAX);
    tlv_write_u16(b, 0x0003, BUDDY_NOTES_MAX);
    tlv_write_u16(b, 0x0004, BUDDY_TEMPORARY_MAX);
}
