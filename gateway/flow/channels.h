/* What AIM clients say to each other beside messages: rendezvous (files, direct connections,
 * rooms), ICQ's own business, client events. It is passed on among them as it is, never stored, and
 * never carried to SIP. */
#ifndef GATEWAY_FLOW_CHANNELS_H
#define GATEWAY_FLOW_CHANNELS_H

#include "gateway/flow/flight.h"
#include "gateway/people/account.h"

enum {
    CHANNELS_TELL_MS = 60000 /* at most so often a client is told that SIP carries text only */
};

/* An ICBM to `to` (NULL: not one of ours). True: it was none with text, and is done with. */
bool channels_take(struct aim_session *s, const struct icbm_message *im, const struct origin *o,
                   struct account *to);
void channels_client_event(struct aim_session *s, const struct icbm_client_event *e);

#endif
