#include "oscar/foodgroup/stats.h"

void stats_interval_write(struct buf *b, uint16_t hours)
{
    buf_u16(b, hours);
}
