#include "oscar/foodgroup/directory.h"

enum { FOUND_OK = 5 };

bool directory_field_is_public(uint16_t field)
{
    switch (field) {
    case DIRECTORY_FIRST:
    case DIRECTORY_LAST:
    case DIRECTORY_MIDDLE:
    case DIRECTORY_MAIDEN:
    case DIRECTORY_EMAIL:
    case DIRECTORY_COUNTRY:
    case DIRECTORY_STATE:
    case DIRECTORY_CITY:
    case DIRECTORY_INTEREST:
    case DIRECTORY_NICK:
    case DIRECTORY_ZIP:
    case DIRECTORY_STREET: return true;
    default: return false;
    }
}

void directory_entry_write(struct buf *b, struct span tlvs)
{
    struct span left = tlvs;
    struct tlv t;
    uint16_t n = 0;

    while (tlv_next(&left, &t))
        n++;
    buf_u16(b, 1);
    buf_u16(b, n);
    buf_add(b, tlvs);
}

void directory_found_write(struct buf *b, struct span entries, uint16_t n)
{
    buf_u16(b, FOUND_OK);
    buf_u16(b, 0);
    buf_u16(b, n);
    buf_add(b, entries);
}
