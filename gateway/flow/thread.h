/* Threads of messages as draft-ietf-simple-im-00 has them, for peers with draft_im00: From, To and
 * Call-ID stay the same between two users, CSeq grows, and later messages go where a 2xx said (its
 * Contact, by its Record-Route). RFC 3428 has none of that. */
#ifndef GATEWAY_FLOW_THREAD_H
#define GATEWAY_FLOW_THREAD_H

#include "mapping/address.h"
#include "simple/wire/msg.h"

enum {
    THREAD_ID = 24,        /* characters of a Call-ID and of a tag */
    THREADS_MAX = 10000,   /* whose way is remembered; the one not used for longest is forgotten */
    THREAD_MS = 3600000,   /* not used for so long, it begins anew */
    THREAD_WAY_MAX = 2048, /* octets of a way; a longer one is not followed */
};

struct threads;
struct threads *threads_new(void); /* NULL: no memory */
void threads_free(struct threads *all);

/* The same for ever, also over restarts. */
void thread_ids(const struct address *from, const struct address *to, char call_id[THREAD_ID],
                char tag[THREAD_ID]);
/* S-077, S-078: seconds of the clock, and always more than before. */
uint32_t thread_cseq(struct threads *all, int64_t unix_now);
/* Where the next one goes; empty spans: nothing was learned. Until the next call of another. */
void thread_way(struct threads *all, const char call_id[THREAD_ID], uint64_t now, struct span *uri,
                struct span *route);
/* A 2xx; without Record-Route and Contact it teaches nothing. */
void thread_learn(struct threads *all, const char call_id[THREAD_ID], const struct sip_msg *answer,
                  uint64_t now);
/* It leads nowhere any more. */
void thread_forget(struct threads *all, const char call_id[THREAD_ID]);

#endif
