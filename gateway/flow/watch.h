/* SIP watches our users (RFC 6665, RFC 3856): who may, what they are granted, and that it survives a restart. */
#ifndef GATEWAY_FLOW_WATCH_H
#define GATEWAY_FLOW_WATCH_H

#include "gateway/flow/identity.h"

enum {
    WATCH_EXPIRES_MIN = 60,
    WATCH_EXPIRES_MAX = 3600, /* others; bounds how long they may be wrong when we are gone (M-662) */
    WATCH_EXPIRES_OWN = 7200, /* phones of our own users */
};

void watch_request(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
void watch_refresh(struct worker *w, const struct sip_core_event *ev);
void watch_ended(struct worker *w, const struct sip_core_event *ev);
/* The account is gone: everybody who watches it is told (M-527). */
void watch_end_all(struct worker *w, struct account *a);
/* From the database, at the start. */
void watch_restore(struct worker *w);

#endif
