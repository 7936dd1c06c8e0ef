/* What a user changes of the own account from an AIM client: how the name is written, the password,
 * the e-mail address (SNAC foodgroup 0x0007). */
#ifndef GATEWAY_FLOW_OWNER_H
#define GATEWAY_FLOW_OWNER_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"

enum {
    OWNER_WRONG_MAX = 5 /* wrong old passwords on one connection: then none is taken any more */
};

void owner_asked(struct aim_session *s, struct account *a, uint32_t id, struct span tlvs);
void owner_change(struct aim_session *s, struct account *a, uint32_t id,
                  const struct admin_change *c);
/* An ICQ user wants, or does not want, to be asked by whoever wants to see him. */
void owner_authorises(struct aim_session *s, bool on);

#endif
