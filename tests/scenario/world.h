/* A whole gateway without sockets, on a clock that we move: AIM clients and the SIP users of one
 * peer domain around a real worker with a real database. What happens is to be read like a
 * conversation.
 *
 * Users have the password "secret". The peer is sip.example.org, which is 127.0.0.1:5080 over UDP.
 */
#ifndef TESTS_SCENARIO_WORLD_H
#define TESTS_SCENARIO_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "gateway/worker.h"
#include "tests/scenario/net_double.h"

struct world {
    char folder[64];
    struct worker *worker;
    struct net *net;
    unsigned serial;     /* for what must be unlike anything before */
    struct store *users; /* while they are made */
    struct buf sip;      /* the message that sip_next gave last */
};

void world_make(struct world *w);
void world_end(struct world *w);
void world_user(struct world *w, const char *name);
/* Around many of them: they are made at once. */
void world_users_begin(struct world *w);
void world_users_end(struct world *w);
void world_settle(struct world *w);
void world_pass(struct world *w, uint64_t ms);

/* ---- an AIM client (aim_end.c): its own FLAP, SNAC and TLV */

struct aim {
    struct world *w;
    struct stream *line;
    const char *name;
    uint16_t seq;
    uint32_t id;
    struct buf taken; /* what came out of the line and is being looked at */
};

struct aim_heard {
    uint8_t channel;
    uint16_t family, subtype;
    uint32_t id;
    struct span body; /* good until the next one is asked for */
};

/* Signs on, uses its list and is ready. False: refused. */
bool aim_sign_on(struct aim *a, struct world *w, const char *name);
void aim_sign_off(struct aim *a);
static inline bool aim_is_on(const struct aim *a)
{
    return a->line != NULL;
}
/* One request; gives its id. */
uint32_t aim_send(struct aim *a, uint16_t family, uint16_t subtype, const void *body, size_t n);
/* The oldest SNAC that was not looked at; false: there is none. */
bool aim_next(struct aim *a, struct aim_heard *h);
void aim_forget(struct aim *a); /* looks at all of them */
/* Whom a user-info block at the start of a body names, and whether its away bit is set. */
bool aim_block(struct span body, char name[256], bool *away);

/* What a person does. */
void aim_says(struct aim *a, const char *to, const char *text);
void aim_away(struct aim *a, const char *text); /* "": back */
void aim_status(struct aim *a, uint32_t status);
void aim_typing(struct aim *a, const char *to, uint16_t event);
uint32_t aim_asks(struct aim *a, const char *about); /* profile and away text */
/* Puts an item on the list, or takes it off; the client is told that it is done. */
void aim_lists(struct aim *a, bool add, const char *name, uint16_t group, uint16_t item,
               uint16_t class);
void aim_mode(struct aim *a, uint8_t mode); /* the privacy item; 0: none */

/* What it must hear next among SNACs of that kind; others in between are skipped. */
void aim_expect_im(struct aim *a, const char *from, const char *text);
void aim_expect_im_of(struct aim *a, char from[256], const char *text); /* whoever wrote it */
void aim_expect_arrived(struct aim *a, const char *who, bool away);
void aim_expect_departed(struct aim *a, const char *who);
void aim_expect_ack(struct aim *a);
void aim_expect_error(struct aim *a, uint16_t code);
void aim_expect_missed(struct aim *a, const char *from, uint16_t count, uint16_t reason);
/* The next of that kind: its body is these octets, and behind them those. */
void aim_expect(struct aim *a, uint16_t family, uint16_t subtype, const char *body, size_t n,
                const char *more, size_t more_n);
void aim_expect_nothing_of(struct aim *a, uint16_t family, uint16_t subtype);

/* ---- users of sip.example.org (sip_end.c): their own SIP, as text */

struct sip_heard {
    char method[16]; /* of a request; empty: a response */
    int status;
    char call_id[128], to_user[128], from_user[128], event[32];
    unsigned cseq;
    const char *text, *body; /* good until the next one is asked for */
};

/* The oldest message for the peer; requests were answered 200 already (but MESSAGE, where `hold`).
 */
bool sip_next(struct world *w, struct sip_heard *h, bool hold);
void sip_forget(struct world *w);
/* Answers the probes that came, and nothing else: done while time passes. */
void sip_lives(struct world *w);
/* The answer to the request that sip_next gave last. */
void sip_answers(struct world *w, int status);
/* Sends a MESSAGE; gives the status of the answer. */
int sip_says(struct world *w, const char *from, const char *to, const char *text);

struct sip_watch {
    char call_id[32], tag[32], to_tag[64], who[64], whom[64];
    unsigned cseq;
    bool on;
};
/* SUBSCRIBE to presence; gives the status. expires 0: a fetch, or the end of a subscription. */
int sip_watches(struct world *w, struct sip_watch *s, const char *who, const char *whom,
                unsigned expires);

/* The next SUBSCRIBE of `who` to `whom` at the peer: answered with `status`; and its NOTIFYs, with
 * that Subscription-State and, where it is not NULL, a document that says open or closed. */
struct sip_asked {
    char whom[128], from[256], to[256], call_id[128], contact[256];
    unsigned cseq;
};
void sip_expect_subscribe(struct world *w, struct sip_asked *s, const char *whom, int status);
void sip_notifies(struct world *w, struct sip_asked *s, const char *state, const char *basic);

void sip_expect_message(struct world *w, const char *to, const char *text);

#endif
