/* Foodgroup 0x000B: usage reports. They are acknowledged and thrown away. */
#ifndef OSCAR_FOODGROUP_STATS_H
#define OSCAR_FOODGROUP_STATS_H

#include "base/buf.h"

/* How often a client is to report: SNAC 0x000B/0x0002, in hours. */
enum { STATS_INTERVAL_HOURS = 1200 };
void stats_interval_write(struct buf *b, uint16_t hours);

#endif
