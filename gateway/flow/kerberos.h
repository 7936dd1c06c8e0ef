/* AIM 6.2 to 7.5 sign on: one request over HTTP, answered by a ticket with the cookie of BOS. */
#ifndef GATEWAY_FLOW_KERBEROS_H
#define GATEWAY_FLOW_KERBEROS_H

#include "gateway/door/web.h"

/* A POST to "/". */
void kerberos_asked(struct worker *w, const struct web_call *call, struct web_answer *out);

#endif
