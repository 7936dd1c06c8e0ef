#include "gateway/flow/may_write.h"

static enum outcome outcome_of_rules(enum privacy_verdict v)
{
    switch (v) {
    case PRIVACY_ALLOW:
    case PRIVACY_CONFIRM: return OUTCOME_DELIVERED;
    case PRIVACY_REFUSE_ANONYMOUS: return OUTCOME_ANONYMOUS;
    case PRIVACY_REFUSE_DOMAIN: return OUTCOME_DENIED;
    case PRIVACY_BLOCK: break;
    }
    return OUTCOME_BLOCKED;
}

enum outcome may_write(struct account *to, struct span sender, struct account *own)
{
    if (own && account_blocks(own, to->person->key))
        return OUTCOME_SENDER_BLOCKS;
    return outcome_of_rules(account_allows_message(to, sender));
}
