/* Instant messages: taken from one door, brought to every place where the recipient is (live sessions, phones, a
 * peer's domain, the store). */
#ifndef GATEWAY_FLOW_MESSAGE_H
#define GATEWAY_FLOW_MESSAGE_H

#include "base/pool.h"
#include "gateway/flow/flight.h"
#include "gateway/flow/identity.h"

struct lanes;
struct later;

struct message_flow {
    struct list flights;
    struct list waiting;   /* flights that no place has taken yet, in the order they departed */
    struct timer give_up;  /* for the first of them, or for one that waited before it */
    struct pool spare; /* their memory */
    struct lanes *lanes;
    struct later *later;
};

struct message_flow *message_flow_new(struct worker *w);
void message_flow_free(struct worker *w, struct message_flow *f);

void message_from_aim(struct aim_session *s, uint32_t id, const struct icbm_message *im);
/* A MESSAGE whose sender is known. */
void message_from_sip(struct worker *w, const struct sip_core_event *ev, const struct claim *who);
/* A stored row to a live session (or a phone, session NULL). False: not now. */
bool message_deliver_stored(struct worker *w, struct account *to, const struct message_row *row,
                            struct aim_session *s, const struct contact *c, bool pushed);
/* A stored row to a foreign user whose domain is back. */
void message_retry_out(struct worker *w, const struct message_row *row);
/* Our own words to somebody, local or elsewhere; from the helper. */
void message_from_helper(struct worker *w, const struct address *to, struct span text);

/* Between AIM sessions only. */
void message_typing(struct aim_session *s, const struct icbm_typing *t);
void message_client_event(struct aim_session *s, const struct icbm_client_event *e);

/* The sender of m as that account's AIM clients are to see him: the name they know him by, and all that is known. */
void message_sender_userinfo(struct worker *w, struct account *viewer, const struct message *m,
                             bool short_names, struct oscar_userinfo *out);

#endif
