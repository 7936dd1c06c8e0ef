/* An address: who, whichever protocol speaks. The neutral form of a screen name and of a sip:,
 * sips:, im: or pres: URI. Data only; the spans belong to whoever made it. */
#ifndef MAPPING_ADDRESS_H
#define MAPPING_ADDRESS_H

#include "base/span.h"

enum { ADDRESS_USER_MAX = 64, ADDRESS_HOST_MAX = 253, SCREEN_NAME_MAX = 97 };

struct address {
    /* decoded octets, UTF-8, 1 to 64 of them; local users: the normalised screen name */
    struct span user;
    struct span host; /* A-labels, lower-case, no trailing dot; or an IP literal where allowed */
    /* to be reached under TLS only, all the way: named by sips: (RFC 3261 26.2.2) */
    bool secure;
};

#endif
