#include "oscar/foodgroup/userlookup.h"

#include "oscar/tlv.h"

void userlookup_found_write(struct buf *b, const struct span *names, size_t n)
{
    for (size_t i = 0; i < n && i < USERLOOKUP_FOUND_MAX; i++)
        tlv_write(b, 0x0001, names[i]);
}
