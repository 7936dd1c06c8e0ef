/* What became of each request, for as long as it may come again: a retransmission (RFC 3261 17.2.2,
 * Timer J), the same request over another branch (a merged request, 8.2.2.2), or a MESSAGE that
 * somebody sends anew within an hour (S-100: never delivered twice). Comes in: the hashes of a
 * request, and its final status. Goes out: that status. The answer's bytes are not kept here: a
 * repeat carries all that is needed to print the same answer again, so an entry is 40 octets and
 * two buckets of 4. Entries are born in order and all of one life live equally long: two first-in
 * first-out lists. */
#ifndef SIMPLE_TXN_ANSWERED_H
#define SIMPLE_TXN_ANSWERED_H

#include "simple/wire/msg.h"

/* Keyed hashes, so nobody can choose two requests that meet. */
struct txn_key {
    /* Call-ID, CSeq number, From tag, a MESSAGE's body: the request, whichever way it came */
    uint64_t id[2];
    uint64_t branch; /* top Via branch and sent-by (RFC 2543: Request-URI and all of the Via) */
};
void txn_key_id(const uint64_t secret[4], const struct sip_msg *m, struct txn_key *out);
void txn_key_branch(const uint64_t secret[4], const struct sip_msg *m, struct txn_key *out);

enum answered_life { ANSWERED_SHORT, ANSWERED_LONG, ANSWERED_LIVES };
enum { ANSWERED_LONG_MS = 3600 * 1000 };

struct answered_entry {
    struct txn_key key;
    uint32_t expires; /* in ticks of 128 ms */
    uint32_t newer;   /* next of its life */
    uint32_t chain;   /* next of its bucket, or of the free ones */
    uint16_t status;  /* final answer; 0: none yet */
    uint8_t method;   /* enum sip_method */
    bool provisional : 1; /* 100 went out */
    bool remade : 1;      /* who gave the answer makes it anew for a repeat */
};

struct answered {
    struct answered_entry **blocks;
    uint32_t *buckets, mask;
    uint32_t n_blocks, max_blocks, free, n, max;
    uint32_t oldest[ANSWERED_LIVES], newest[ANSWERED_LIVES];
    uint64_t born, short_ms;
};

bool answered_init(struct answered *a, uint32_t max, uint64_t short_ms, uint64_t now);
void answered_fini(struct answered *a);
/* The request of this id will be asked for soon: fetches what tells whether it is there. In a full
 * table that is a wait for main memory of 0.4 µs, which the next steps of the request then
 * cover. */
void answered_expect(const struct answered *a, const struct txn_key *key);
/* Numbers of entries, good until answered_add or answered_expire; 0: none. */
uint32_t answered_find(const struct answered *a, const struct txn_key *key, enum sip_method method);
/* The request that a CANCEL means: same branch, any method (RFC 3261 9.2). */
uint32_t answered_find_cancelled(const struct answered *a, const struct txn_key *key);
struct answered_entry *answered_get(const struct answered *a, uint32_t at);
/* Did it come before that time? To 128 ms: what came just then did not. Not for a MESSAGE. */
bool answered_is_before(const struct answered *a, uint32_t at, uint64_t when);
/* The next one with these ids is a new request. */
void answered_forget(struct answered *a, uint32_t at);
/* The oldest goes when it is full. 0: no memory. */
uint32_t answered_add(struct answered *a, const struct txn_key *key, enum sip_method method,
                      uint64_t now);
void answered_expire(struct answered *a, uint64_t now);

#endif
