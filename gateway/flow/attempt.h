/* One message to one SIP target: the request that it is sent as, whole or in parts, and how that is
 * changed for another try. Stays out: whose turn it is, where it goes, what an answer means
 * (flow/lane). */
#ifndef GATEWAY_FLOW_ATTEMPT_H
#define GATEWAY_FLOW_ATTEMPT_H

#include "gateway/flow/flight.h"
#include "gateway/flow/receipt_wait.h"
#include "gateway/flow/thread.h"
#include "gateway/peer/way.h"
#include "gateway/people/asker.h"
#include "mapping/fit.h"

struct lane;

enum { ATTEMPT_ID = 24 }; /* characters: 120 bits */

struct attempt {
    struct asker asker; /* first */
    struct list node;
    struct lane *box;
    struct flight *flight;
    struct way way; /* to a domain, or to a phone whose Contact is a name */
    struct sip_hop hop;
    bool is_phone;
    bool asks, begun; /* the way is to be looked up first; that was begun */
    char call_id[ATTEMPT_ID], tag[ATTEMPT_ID]; /* of the part: they stay from server to server */
    uint64_t request;                          /* the core's id; 0: not sent yet */
    struct span uri; /* the Request-URI: the box's key, or where a redirection led; in `arena` */
    struct span route_set; /* Path of a phone's registration (RFC 3327); in `arena`; may be empty */
    struct span path;      /* of a message that crosses; in `arena` */
    unsigned redirected;
    struct span home;           /* its lane's key: whom it is for */
    const struct conf_peer *as; /* the switches of the peer it goes to */
    struct threads *threads;    /* for peers with draft_im00 */
    uint32_t cseq;
    bool cpim;          /* in message/cpim */
    bool html;          /* formatted, where it goes in one piece */
    bool asks_receipts; /* by imdn_id, with cpim (RFC 5438) */
    char imdn_id[RECEIPT_ID];
    bool aims;            /* at another URI, which is to be looked up */
    bool smaller, afresh; /* tried again: in smaller parts after 413, as a new request after 481 */
    unsigned part, parts;
    struct fit_part *cut; /* where it was too long; NULL: one part, the whole text */
    struct span text;     /* as it is cut: with the auto-reply prefix; in `arena` or the flight's */
    struct arena arena;
};

/* Takes it out of its lane. */
void attempt_free(struct attempt *at);
/* A new request: the same to the next server differs in its branch only (S-197: RFC 3263 4.3). */
void attempt_begin(struct attempt *at);
/* Sends the part whose turn it is. False: it cannot be sent, *why says why. */
bool attempt_send(struct attempt *at, enum outcome *why);

/* For another try (RFC 3261 8.1.3); false: it would be no use. */
bool attempt_follow(struct attempt *at, const struct sip_msg *m); /* to where a 3xx leads */
bool attempt_cut_smaller(struct attempt *at);                     /* once */
void attempt_make_plain(struct attempt *at); /* without message/cpim and HTML */

#endif
