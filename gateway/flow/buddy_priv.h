/* Between the files of flow/buddy. */
#ifndef GATEWAY_FLOW_BUDDY_PRIV_H
#define GATEWAY_FLOW_BUDDY_PRIV_H

#include "gateway/flow/buddy.h"

/* foreign.until: the same document means something else by now, and is read again. */
void buddy_document_is_due(struct timer *t, struct worker *w);

#endif
