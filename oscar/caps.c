#include "oscar/caps.h"

enum { SHORT_AT = 2 }; /* where the two octets of the short form stand */

static const uint8_t short_base[CAPS_UUID] = {0x09, 0x46, 0x00, 0x00, 0x4C, 0x7F, 0x11, 0xD1,
                                              0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00};

const uint8_t caps_icq_html[CAPS_UUID] = {0x01, 0x38, 0xCA, 0x7B, 0x76, 0x9A, 0x49, 0x15,
                                          0x88, 0xF2, 0x13, 0xFC, 0x00, 0x97, 0x9E, 0xA8};
const uint8_t caps_chat[CAPS_UUID] = {0x74, 0x8F, 0x24, 0x20, 0x62, 0x87, 0x11, 0xD1,
                                      0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00};

struct span caps_gateway(void)
{
    /* CAPS_UTF8 and CAPS_INTEROPERATE in full. Nothing else: clients would offer what cannot work.
     */
    static const uint8_t both[2 * CAPS_UUID] = {0x09, 0x46, 0x13, 0x4E, 0x4C, 0x7F, 0x11, 0xD1,
                                                0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00,
                                                0x09, 0x46, 0x13, 0x4D, 0x4C, 0x7F, 0x11, 0xD1,
                                                0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00};

    return span_of(both, sizeof both);
}

bool caps_has(struct span caps, struct span uuid)
{
    for (; caps.n >= CAPS_UUID; caps = span_skip(caps, CAPS_UUID))
        if (span_eq(span_first(caps, CAPS_UUID), uuid))
            return true;
    return false;
}

static void short_uuid(uint16_t xxyy, uint8_t to[CAPS_UUID])
{
    memcpy(to, short_base, CAPS_UUID);
    to[SHORT_AT] = (uint8_t)(xxyy >> 8);
    to[SHORT_AT + 1] = (uint8_t)xxyy;
}

bool caps_has_short(struct span caps, uint16_t xxyy)
{
    uint8_t uuid[CAPS_UUID];

    short_uuid(xxyy, uuid);
    return caps_has(caps, span_of(uuid, sizeof uuid));
}

void caps_write_short(struct buf *b, uint16_t xxyy)
{
    uint8_t uuid[CAPS_UUID];

    short_uuid(xxyy, uuid);
    buf_put(b, uuid, sizeof uuid);
}
