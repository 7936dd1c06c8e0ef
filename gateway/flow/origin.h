/* Where a message came from, and who is to hear how it ended: a MESSAGE that waits for its answer,
 * an ICBM, or nobody. */
#ifndef GATEWAY_FLOW_ORIGIN_H
#define GATEWAY_FLOW_ORIGIN_H

#include "gateway/door/aim.h"
#include "gateway/flow/crossing.h"
#include "mapping/outcome.h"

enum origin_kind {
    ORIGIN_SIP,    /* a MESSAGE: its transaction waits for the answer */
    ORIGIN_AIM,    /* an ICBM: acknowledged if asked, or an error */
    ORIGIN_STORE,  /* a stored message: `row` is deleted when it was delivered */
    ORIGIN_HELPER, /* our own words: nobody waits */
    ORIGIN_GROUP,  /* one of several that one MESSAGE goes to: `group` hears */
};

/* Waits for the ends of several messages. */
struct origin_group {
    void (*ended)(struct worker *w, struct origin_group *g, size_t which, enum outcome how);
};

/* Who is to hear how it ended. */
struct origin {
    enum origin_kind kind;
    struct sip_txn txn;
    uint32_t session, request; /* AIM: who sent it, and the id of the SNAC */
    uint8_t cookie[ICBM_COOKIE];
    uint16_t channel;
    struct span author;  /* the sender's normalised name, where he is one of ours */
    /* the recipient as the client wrote it; SIP: where the sender is one of ours */
    struct span typed;
    struct span domain;  /* the recipient's, where it is not ours: for the words of an error */
    bool wants_ack;
    bool store;          /* AIM: TLV 0x0006, keep it if it cannot be delivered */
    /* SIP: it named the recipient by a sip: URI, which is located without _im (RFC 3428 5) */
    bool by_sip_uri;
    bool one_place;      /* SIP: it is to go to one place only (RFC 3841 6.1, "no-fork") */
    /* SIP: what goes on with it; the path is good while the event is handled */
    struct crossing crossing;
    const struct contact *only;   /* SIP: that phone (RFC 5627); good while the event is handled */
    enum text_client written_by;  /* AIM: what kind of client wrote it */
    /* AIM: as they came, for AIM clients; good while the event is handled */
    struct span fragments, relay;
    int64_t row;
    struct origin_group *group;
    size_t which; /* of the group */
};

/* Tells it how it ended; `retry_after` (seconds, 0: the outcome's own) to SIP. */
void origin_answer(struct worker *w, const struct origin *o, enum outcome how);
void origin_answer_after(struct worker *w, const struct origin *o, enum outcome how,
                         uint32_t retry_after);

#endif
