/* Who may claim to be whom: every SIP request passes here before a flow sees it. */
#ifndef GATEWAY_FLOW_IDENTITY_H
#define GATEWAY_FLOW_IDENTITY_H

#include "gateway/people/account.h"
#include "gateway/peer/peers.h"

struct claim {
    bool local;              /* one of ours, proven by digest or by the flow of a registration */
    struct account *account; /* local: theirs */
    /* else: the peer that vouches, for him or that it knows somebody without a name */
    struct peer *peer;
    struct address address;  /* lives while the event is handled */
    struct span name;        /* as privacy lists have it: normalised name, or user@host */
};

/* True and *out, or false: the request was answered (401, 407, 403, 400, 404, 416; 428, 436 to
 * 438). */
bool identity_check(struct worker *w, const struct sip_core_event *ev, struct claim *out);
/* Digest only, for that account: what REGISTER needs. */
bool identity_digest(struct worker *w, const struct sip_core_event *ev, struct account *a);
/* Nobody of that name: challenged like anybody else while there are no credentials, 404 with them
 * (RFC 3261 10.3: who it is comes before what is there). */
void identity_unknown(struct worker *w, const struct sip_core_event *ev);
/* Answers with a status and a Warning. */
void identity_refuse(struct worker *w, const struct sip_core_event *ev, int status,
                     const char *text);
/* The same with other headers before it: takes what `headers` holds. */
void identity_refuse_with(struct worker *w, const struct sip_core_event *ev, int status,
                          const char *text, struct buf *headers);

#endif
