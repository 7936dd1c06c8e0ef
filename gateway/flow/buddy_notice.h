/* What a user is told about somebody elsewhere on the list who cannot be watched (M-482, M-483): by
 * the helper, when he was just added. */
#ifndef GATEWAY_FLOW_BUDDY_NOTICE_H
#define GATEWAY_FLOW_BUDDY_NOTICE_H

#include "gateway/people/foreign.h"

enum {
    BUDDY_NOTICE_QUIET_S = 60 /* after a sign-on: whoever is on the list for long is no news */
};

/* `refused`: they do not want to be seen (403, 603, rejected); else there is no such user. */
void buddy_notice(struct worker *w, const struct foreign *f, bool refused);

#endif
