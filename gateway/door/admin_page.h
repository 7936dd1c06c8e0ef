/* The console: one page that shows what the listings say, and asks for them again and again. It
 * holds its style and its script, and the policy that goes with it lets a browser run just that
 * script, by its digest. */
#ifndef GATEWAY_DOOR_ADMIN_PAGE_H
#define GATEWAY_DOOR_ADMIN_PAGE_H

#include "base/buf.h"

struct admin_page {
    char policy[320]; /* Content-Security-Policy */
};

bool admin_page_init(struct admin_page *p); /* false: no memory, no SHA-256 */
void admin_page_print(struct buf *out);

#endif
