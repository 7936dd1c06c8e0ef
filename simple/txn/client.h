/* Client transactions (RFC 3261 17.1.2). Comes in: requests to send, responses, failures of the
 * transport, time. Goes out: the request, again and again over UDP (Timer E: T1 doubled up to T2),
 * and one result: the final answer, 408 after silence (Timer F: 64*T1), or 503 when it could not be
 * sent. The branch names its transaction: the slot, and 65 random bits that a forger would have to
 * guess. So a response is matched without a search, and a late one matches nothing: Timer K needs
 * no state. */
#ifndef SIMPLE_TXN_CLIENT_H
#define SIMPLE_TXN_CLIENT_H

#include "base/deadlines.h"
#include "base/list.h"
#include "base/rng.h"
#include "simple/txn/outbox.h"

enum { CLIENT_BRANCH = 27 }; /* z9hG4bK, 7 characters of the slot, 13 random ones */

enum client_for { CLIENT_FOR_NOBODY, CLIENT_FOR_GATEWAY, CLIENT_FOR_WATCH, CLIENT_FOR_SUB };

struct client_txn {
    uint64_t id; /* for sip_core_send_failed */
    enum client_for whom;
    union {
        uint64_t owner; /* GATEWAY */
        void *user;     /* WATCH, SUB */
    };
    enum sip_method method;
    struct sip_hop hop;
    char branch[CLIENT_BRANCH];
    bool ended; /* taken out: only the result is still of interest */
    int status;
    enum sip_cause cause;
    struct list told; /* where the core queues it until the gateway has pulled the event */
    struct deadline due;
    uint64_t interval, ends; /* Timer E, Timer F */
    uint8_t *bytes;          /* UDP: to be sent again */
    size_t n;
};

struct clients {
    struct outbox *out;
    struct rng *rng;
    uint64_t t1;
    struct client_txn **slots;
    uint32_t n_slots, max_slots, *free, n_free, generation;
    struct deadlines due;
    uint64_t n_sent, n_resent, n_timeouts, n_transport;
};

void clients_init(struct clients *cl, struct outbox *out, struct rng *rng, uint32_t max,
                  uint64_t t1);
void clients_fini(struct clients *cl);
size_t clients_count(const struct clients *cl);

/* Three steps: make it, print the request with its branch into the outbox, start it. NULL: full or
 * no memory. */
struct client_txn *client_new(struct clients *cl, const struct sip_hop *hop,
                              enum sip_method method);
/* Ends what outbox_begin began. False: not printed or not remembered; nothing is sent and t is
 * gone. */
bool client_start(struct clients *cl, struct client_txn *t, uint64_t now);
void client_free(struct clients *cl, struct client_txn *t); /* also forgets; NULL is fine */
struct client_txn *client_find(const struct clients *cl, uint64_t id);

/* The transaction that a final response ends, with status and cause set: the caller frees it when
 * done. NULL: a provisional one, or it answers nothing of ours. */
struct client_txn *client_answered(struct clients *cl, const struct sip_msg *response,
                                   uint64_t now);
/* Those that fail, in the same way. Over a hop: one at a time, with a cursor that starts at 0. */
struct client_txn *client_failed(struct clients *cl, uint64_t id);
struct client_txn *client_hop_failed(struct clients *cl, const struct sip_hop *hop,
                                     enum sip_cause how, uint32_t *at);
/* Repeats what is due; gives one that timed out, NULL when there is no more. */
struct client_txn *client_tick(struct clients *cl, uint64_t now);
static inline uint64_t clients_deadline(const struct clients *cl)
{
    return deadlines_first(&cl->due);
}

#endif
