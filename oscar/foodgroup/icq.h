/* Foodgroup 0x0015, ICQ: little-endian requests in TLV 0x0001. Only the question for stored
 * messages has an answer here. */
#ifndef OSCAR_FOODGROUP_ICQ_H
#define OSCAR_FOODGROUP_ICQ_H

#include "base/buf.h"
#include "base/rd.h"

enum icq_type {
    ICQ_OFFLINE_WANTED = 0x003C,
    ICQ_OFFLINE_DELETE = 0x003E,
    ICQ_OFFLINE_DONE = 0x0042,
    ICQ_META = 0x07D0,
};

struct icq_request {
    uint32_t uin;
    uint16_t type, seq;
    struct span data;
};

bool icq_request_read(struct span body, struct icq_request *out);
/* SNAC 0x0015/0x0003 with type 0x0042: no more stored messages. */
void icq_offline_done_write(struct buf *b, uint32_t uin, uint16_t seq);

#endif
