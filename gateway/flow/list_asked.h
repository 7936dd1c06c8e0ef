/* A SUBSCRIBE that asks for a list (RFC 4662, RFC 5367): whether its phone can read one, and the
 * list that came with it. */
#ifndef GATEWAY_FLOW_LIST_ASKED_H
#define GATEWAY_FLOW_LIST_ASKED_H

#include "gateway/worker.h"
#include "simple/doc/resource_lists.h"

/* False: it was answered. */
bool list_asked_is_readable(struct worker *w, const struct sip_core_event *ev);
bool list_asked_body(struct worker *w, const struct sip_core_event *ev, struct resource_list *out);

bool list_asked_by_linphone(const struct sip_msg *m);

#endif
