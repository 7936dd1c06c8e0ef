/* Why a subscription ended, in words (RFC 6665 4.1.3): in Subscription-State, and of the instances
 * of a list (RFC 4662 5.5). */
#ifndef SIMPLE_EVENT_REASON_H
#define SIMPLE_EVENT_REASON_H

#include "simple/event.h"

enum sip_sub_reason sip_reason_parse(struct span word); /* NONE: one that is not known */
const char *sip_reason_word(enum sip_sub_reason reason); /* "" for NONE */

#endif
