/* Warnings (SNAC 0x0004/0x0008): an AIM user says that another one went too far. The level of who
 * is warned rises, is seen by all who see him, slows him down and fades by itself; of our own users
 * it outlives their sessions and us. */
#ifndef GATEWAY_FLOW_WARN_H
#define GATEWAY_FLOW_WARN_H

#include "gateway/door/aim.h"
#include "gateway/people/account.h"

enum {
    WARN_HEARD = 16,        /* who wrote to a user lately; who wrote first is forgotten */
    WARN_HEARD_S = 10 * 60, /* only who wrote to the warner in this time is warned ... */
    WARN_AGAIN_S = 10 * 60, /* ... and by him once in this time */
};

void warn_from_aim(struct aim_session *s, uint32_t id, const struct icbm_warning *in);
/* `sender` (a normalised name) wrote to that account. */
void warn_heard(struct worker *w, struct account *to, struct span sender);
/* A session of the account is there: what it shows fades from now on. */
void warn_begin(struct worker *w, struct account *a);

#endif
