#include "oscar/foodgroup/chatnav.h"

#include "oscar/tlv.h"

enum {
    TLV_MAX_ROOMS = 0x0002,
    TLV_EXCHANGE = 0x0003,
    TLV_CLASS = 0x0002, /* within an exchange */
    TLV_ROOMS = 0x0003, /* AIM 2 and 3 need it */
    TLV_NAME_MAX = 0x0004,
    TLV_FLAGS = 0x00C9,
    TLV_NAME = 0x00D3,
    TLV_CREATE = 0x00D5,
    TLV_CHARSET = 0x00D6,
    TLV_LANGUAGE = 0x00D7,
    TLV_CHARSET_2 = 0x00D8,
    TLV_LANGUAGE_2 = 0x00D9,
    EXCHANGE_PRIVATE = 4,
    EXCHANGE_TLVS = 10,
    ROOMS = 10,
};

void chatnav_rights_write(struct buf *b)
{
    size_t begun;

    tlv_write_u8(b, TLV_MAX_ROOMS, ROOMS);
    begun = tlv_begin(b, TLV_EXCHANGE);
    buf_u16(b, EXCHANGE_PRIVATE);
    buf_u16(b, EXCHANGE_TLVS);
    tlv_write_u8(b, TLV_ROOMS, ROOMS);
    tlv_write_u16(b, TLV_CLASS, 0x0010);
    tlv_write_u16(b, TLV_NAME_MAX, 100);
    tlv_write_u16(b, TLV_FLAGS, 15);
    tlv_write_u8(b, TLV_CREATE, 2);
    tlv_write(b, TLV_NAME, SPAN("Chat"));
    tlv_write(b, TLV_CHARSET, SPAN("us-ascii"));
    tlv_write(b, TLV_LANGUAGE, SPAN("en"));
    tlv_write(b, TLV_CHARSET_2, SPAN("us-ascii"));
    tlv_write(b, TLV_LANGUAGE_2, SPAN("en"));
    tlv_end(b, begun);
}
