/* Whom somebody in SIP may watch: a user of ours, or, for our own users, the helper or somebody
 * elsewhere as a buddy of theirs. */
#ifndef GATEWAY_FLOW_TARGET_H
#define GATEWAY_FLOW_TARGET_H

#include "gateway/people/account.h"

/* Whom an address means to a watcher, whose account is NULL where he is not one of ours. NULL:
 * nobody; why not, as a SIP status and words. Let go of it with target_release, where nothing holds
 * it. */
struct refusal {
    int status;
    const char *text;
};
struct person *target_find(struct worker *w, struct account *watcher, const struct address *to,
                           struct refusal *why);
void target_release(struct worker *w, struct person *target);

#endif
