/* Permit and deny of clients without a list here (SNAC foodgroup 0x0009): kept for the account, in
 * force at once. */
#ifndef GATEWAY_FLOW_PERMIT_H
#define GATEWAY_FLOW_PERMIT_H

#include "gateway/door/aim.h"

/* Puts names on the list, or takes them off; what is put there says the mode, too
 * (mapping/privacy.h). */
void permit_change(struct aim_session *s, const struct oscar_names *names, bool permit);

#endif
