/* What the files of the server transactions know of each other. */
#ifndef SIMPLE_TXN_SERVER_PRIV_H
#define SIMPLE_TXN_SERVER_PRIV_H

#include "simple/txn/server.h"

struct pending {
    struct list fifo;
    struct sip_txn txn;
    struct txn_key key;
    struct sip_hop from, reply;
    uint64_t born;
    uint32_t entry; /* in server.answered */
    enum sip_method method;
    char tag[SERVER_TAG];
    size_t lines_n, head_n;
    uint8_t bytes[]; /* header lines that the response repeats; then the request's head where it is
                        needed */
};

void server_print(struct server *s, struct buf *b, const struct sip_msg *m,
                  const struct sip_hop *from, const struct txn_key *key,
                  const struct sip_answer *a);

/* Answers with something of their own, for as long as Timer J runs. Without memory they are not
 * kept: a repeat then gets the bare status. */
void kept_add(struct server *s, const struct txn_key *key, enum sip_method method,
              const struct sip_answer *a, uint64_t now);
/* Fills in reason, headers, content type and body if there are any. */
void kept_find(const struct server *s, const struct txn_key *key, enum sip_method method,
               struct sip_answer *a);
void kept_drop(struct server *s, const struct txn_key *key, enum sip_method method);
void kept_expire(struct server *s, uint64_t now);
void kept_fini(struct server *s);

bool invite_find(const struct server *s, const struct txn_key *key);
void invites_tick(struct server *s, uint64_t now);
void invites_fini(struct server *s);

#endif
