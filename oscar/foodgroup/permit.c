#include "oscar/foodgroup/permit.h"

#include "oscar/tlv.h"

void permit_rights_write(struct buf *b)
{
    tlv_write_u16(b, 0x0002, DENY_MAX);
    tlv_write_u16(b, 0x0001, PERMIT_MAX);
    tlv_write_u16(b, 0x0003, PERMIT_TEMPORARY_MAX);
}
