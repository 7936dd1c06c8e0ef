/* A client and a small gateway around one connection: the client says SNACs by number, the gateway
 * answers events as a real one would, and both sides of what was said are written down as text. */
#ifndef TESTS_OSCAR_TALK_H
#define TESTS_OSCAR_TALK_H

#include "oscar/conn.h"

enum talk_pieces { TALK_FRAMES, TALK_OCTETS, TALK_AT_ONCE };

struct talk {
    struct oscar_conn *c;
    struct rng rng;
    uint64_t now;
    enum talk_pieces pieces;
    uint16_t seq;
    uint32_t id;       /* of the last request; answers carry one of those given */
    struct buf wire;   /* said, and not fed yet */
    struct buf heard;  /* "01/03 01/18 ch4 " */
    struct buf told;   /* "LOGIN ONLINE " */
    struct buf frames; /* all output, raw */
    bool silent;       /* the gateway gives no answers */
};

void talk_begin(struct talk *t, bool rate_limits);
void talk_end(struct talk *t);
/* A frame, fed when the pieces are full: each frame, each octet, or all at talk_go. */
void talk_frame(struct talk *t, uint8_t channel, struct span data);
void talk_snac(struct talk *t, uint16_t foodgroup, uint16_t subtype, struct span body);
/* "01/17 01/06 …": SNACs with a body that a client would send. */
void talk_script(struct talk *t, const char *script);
void talk_raw(struct talk *t, struct span bytes);
void talk_go(struct talk *t); /* feeds what waits, pulls events, answers, takes the output */
void talk_wait(struct talk *t, uint64_t ms);
/* Signs on to BOS (or, by the cookie's first octet 'N', to chat navigation) up to SNAC
 * 0x0001/0x0003. */
void talk_cookie(struct talk *t, char which);
/* The same, on to client ready with a list in use; forgets what was heard and told. */
void talk_online(struct talk *t);
void talk_forget(struct talk *t);
/* The body of the last SNAC heard of that kind; asserts that there is one. */
struct span talk_last(struct talk *t, uint16_t foodgroup, uint16_t subtype, struct snac *out);
#define talk_expect_heard(t, text) assert_string_equal(buf_cstr(&(t)->heard), (text))
#define talk_expect_told(t, text)  assert_string_equal(buf_cstr(&(t)->told), (text))

extern const struct oscar_userinfo talk_alice;

#endif
