/* Server transactions (RFC 3261 17.2, as RFC 4320 and RFC 6026 leave them). Comes in: parsed
 * requests and our answers to them. Goes out: responses, to where RFC 3261 18.2.2 and RFC 3581 send
 * them; repeats are answered here and seen by nobody else. A request that waits for its answer is
 * one allocation with all that the response repeats; an answered one is an entry of txn/answered,
 * and only what the request does not carry (headers, body) is kept beside it. What is refused by
 * rule needs no memory at all: the same request gets the same answer again. */
#ifndef SIMPLE_TXN_SERVER_H
#define SIMPLE_TXN_SERVER_H

#include "base/deadlines.h"
#include "base/list.h"
#include "base/pool.h"
#include "base/rng.h"
#include "base/table.h"
#include "simple/txn/anew.h"
#include "simple/txn/answered.h"
#include "simple/txn/outbox.h"

enum {
    SERVER_PENDING_BYTES_MAX = 256 * 1024 * 1024, /* of requests that wait for their answer */
    SERVER_PENDING_ROOM = 1024,                   /* for one of these; a longer one is rare */
    SERVER_KEPT_MAX = 100000,                     /* answers with headers or a body of their own */
    SERVER_KEPT_BYTES_MAX = 64 * 1024 * 1024,
    SERVER_INVITES_MAX = 10000, /* refused INVITEs that wait for ACK */
    SERVER_TAG = 12,            /* characters of a To tag: 60 bits of a keyed hash */
};

/* Said with 503 where a bound is reached, which is the only reason for one (RFC 7247 7.1 note 5): a
 * line "Retry-After: 30" to 120, so that not all come back at once. */
enum { SERVER_RETRY_LATER = 24, SERVER_RETRY_MIN = 30, SERVER_RETRY_MAX = 120 };

struct pending;
struct server {
    struct outbox *out;
    struct rng rng;
    uint64_t secret[4], tag_secret[2];
    uint64_t t1;
    struct answered answered;
    struct anew anew;
    struct pending **slots;
    uint32_t n_slots, max_slots, *free, n_free; /* numbers of unused slots */
    uint32_t generation;
    size_t pending_bytes;
    struct pool spare;       /* struct pending */
    struct list fresh, late; /* struct pending by age: before 100 was due, after */
    struct table kept;
    struct list kept_fifo;
    size_t kept_bytes;
    struct table invites;
    struct deadlines invites_due;
    struct buf scratch;
    uint64_t n_repeats, n_refused;
};

bool server_init(struct server *s, struct outbox *out, uint32_t max_pending, uint32_t max_answered,
                 uint64_t t1, uint64_t now);
void server_fini(struct server *s);
struct span server_retry_later(struct server *s, char line[SERVER_RETRY_LATER]);
struct txn_key server_key(const struct server *s, const struct sip_msg *m);

enum server_seen {
    SERVER_NEW,
    SERVER_SEEN,   /* it was answered once more, or ignored while the answer is being made */
    SERVER_REMADE, /* it was answered 200 with headers that are to be made anew: server_again */
};
enum server_seen server_repeat(struct server *s, const struct sip_msg *m,
                               const struct sip_hop *from, const struct txn_key *key, uint64_t now);
/* A new one. 0: full, refused with 503. */
struct sip_txn server_open(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                           const struct txn_key *key, uint64_t now);
/* The answer to a repeat. */
void server_again(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                  const struct txn_key *key, const struct sip_answer *a);
/* The tag in To of the answer to a request without one. */
void server_tag(const struct server *s, const struct txn_key *key, char tag[SERVER_TAG]);
/* Answers without remembering (RFC 3261 8.2.7). */
void server_refuse(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                   const struct txn_key *key, const struct sip_answer *a);
/* 200 if there is such a request, else 481; nothing else happens (S-139: CANCEL of a non-INVITE).
 */
void server_cancel(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                   const struct txn_key *key);
/* Refuses an INVITE and repeats that until ACK comes (S-179: timers G, H and I). */
void server_refuse_invite(struct server *s, const struct sip_msg *m, const struct sip_hop *from,
                          const struct txn_key *key, const struct sip_answer *a, uint64_t now);
void server_ack(struct server *s, const struct txn_key *key, uint64_t now);

bool server_respond(struct server *s, struct sip_txn txn, const struct sip_answer *a, uint64_t now);
/* A request that waits for its answer; false when it is gone. `head` is kept for SUBSCRIBE only.
 * `tag` is the one in To of the answer. Borrowed until the next call. */
struct server_request {
    struct span head, tag;
    struct sip_hop from, reply;
};
bool server_request(const struct server *s, struct sip_txn txn, struct server_request *out);

uint64_t server_deadline(const struct server *s);
void server_tick(struct server *s, uint64_t now);
size_t server_pending(const struct server *s);

#endif
