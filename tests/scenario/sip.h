/* Users of sip.example.org (sip_end.c): their own SIP, as text. */
#ifndef TESTS_SCENARIO_SIP_H
#define TESTS_SCENARIO_SIP_H

#include "base/buf.h"

struct world;

struct sip_heard {
    char method[16]; /* of a request; empty: a response */
    int status;
    char call_id[128], to_user[128], from_user[128], event[32], state[64];
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
/* The same with more lines of header (each ends with CRLF; "Content-Type: ..." among them); gives
 * the status, and the value of that header of the answer, "" where there is none. */
int sip_says_so(struct world *w, const char *from, const char *to, const char *headers,
                const char *body, const char *wanted, char *value, size_t size);

struct sip_watch {
    char call_id[32], tag[32], to_tag[64], who[64], whom[64];
    unsigned cseq;
    bool on;
};
/* SUBSCRIBE to presence; gives the status. expires 0: a fetch, or the end of a subscription. */
int sip_watches(struct world *w, struct sip_watch *s, const char *who, const char *whom,
                unsigned expires);

/* The next SUBSCRIBE of `who` to `whom` at the peer: answered with `status`; and its NOTIFYs, with
 * that Subscription-State and, where it is not NULL, a document that says open or closed. `s` is
 * zero, or has the subscription that may be refreshed. */
struct sip_asked {
    char whom[128], from[256], to[256], call_id[128], contact[256];
    unsigned cseq;
};
void sip_expect_subscribe(struct world *w, struct sip_asked *s, const char *whom, int status);
void sip_notifies(struct world *w, struct sip_asked *s, const char *state, const char *basic);
/* The same with a document of its own; gives the status of the answer. */
int sip_notifies_so(struct world *w, struct sip_asked *s, const char *state, const char *document);
/* Lets that user be seen by `who`, whose list he is on. */
void sip_is_seen(struct world *w, struct sip_asked *s, const char *whom);

void sip_expect_message(struct world *w, const char *to, const char *text);
void sip_expect_no_message(struct world *w); /* what else came is answered */
/* The next NOTIFY; its body is in w->sip, as `h` says. */
void sip_expect_notify(struct world *w, struct sip_heard *h);
/* It says open or closed. */
void sip_expect_seen(struct world *w, const char *basic);
void sip_expect_no_notify(struct world *w);

#endif
