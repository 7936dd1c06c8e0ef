/* Capabilities: 16-octet UUIDs, most of them with a 2-octet short form. */
#ifndef OSCAR_CAPS_H
#define OSCAR_CAPS_H

#include "base/buf.h"

enum { CAPS_UUID = 16 };

/* The short form XXYY stands for 0946XXYY-4C7F-11D1-8222-444553540000. */
enum caps_short {
    CAPS_SHORT_CAPS = 0x0000, /* understands short capabilities */
    CAPS_XHTML_IM = 0x0002,
    CAPS_VOICE = 0x1341,
    CAPS_SEND_FILE = 0x1343,
    CAPS_ICQ_DIRECT = 0x1344,
    CAPS_DIRECT_IM = 0x1345,
    CAPS_ICON = 0x1346,
    CAPS_GET_FILE = 0x1348,
    CAPS_ICQ_RELAY = 0x1349,
    CAPS_BUDDY_LIST = 0x134B,
    CAPS_INTEROPERATE = 0x134D,
    CAPS_UTF8 = 0x134E,
};

/* What is advertised for contacts that have no OSCAR client: UTF-8 messages, and AIM and ICQ may
 * talk. */
struct span caps_gateway(void);
/* HTML messages of ICQ 6; and chat. */
extern const uint8_t caps_icq_html[CAPS_UUID];
extern const uint8_t caps_chat[CAPS_UUID];

bool caps_has(struct span caps, struct span uuid);
bool caps_has_short(struct span caps, uint16_t xxyy);
void caps_write_short(struct buf *b, uint16_t xxyy); /* its 16 octets */

#endif
