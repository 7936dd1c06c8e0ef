/* AIM clients: their own FLAP, SNAC and TLV. */
#ifndef TESTS_SCENARIO_AIM_H
#define TESTS_SCENARIO_AIM_H

#include "base/buf.h"

struct world;
struct stream;

struct aim {
    struct world *w;
    struct stream *line;
    const char *name;
    uint8_t from; /* its address is 127.0.0.`from` */
    uint16_t seq;
    uint32_t id;
    struct buf taken; /* what came out of the line and is being looked at */
};

struct aim_heard {
    uint8_t channel;
    uint16_t family, subtype, flags;
    uint32_t id;
    struct span body; /* good until the next one is asked for */
};

/* ---- the wire (aim_end.c) */

uint8_t aim_u8(struct span *in); /* off the front; what is not there fails the test */
uint16_t aim_u16(struct span *in);
uint32_t aim_u32(struct span *in);
struct span aim_take(struct span *in, size_t n);
struct span aim_tlv(struct span list, unsigned type); /* the first; p is NULL where there is none */
void aim_put16(struct buf *b, unsigned v);
void aim_put_tlv(struct buf *b, unsigned type, const void *value, size_t n);
void aim_put_name(struct buf *b, const char *name); /* u8 length, octets */

void aim_calls(struct aim *a);
void aim_hangs_up(struct aim *a);
void aim_frame(struct aim *a, uint8_t channel, struct span data);
/* One request; gives its id. The second takes the body. */
uint32_t aim_send(struct aim *a, uint16_t family, uint16_t subtype, const void *body, size_t n);
uint32_t aim_send_buf(struct aim *a, uint16_t family, uint16_t subtype, struct buf *body);
/* The oldest frame that was not looked at; false: there is none. */
bool aim_next(struct aim *a, struct aim_heard *h);
bool aim_find(struct aim *a, uint16_t family, uint16_t subtype, struct aim_heard *h);
void aim_forget(struct aim *a); /* looks at all of them */

/* ---- signing on and off (aim_signon.c) */

enum aim_way { AIM_MD5, AIM_MD5_TWICE, AIM_ROASTED, AIM_ROASTED_JAVA };

struct aim_login {
    const char *name, *password; /* NULL: "secret" */
    const char *client;          /* TLV 0003; NULL: without */
    enum aim_way way;
    uint8_t many; /* TLV 004A; 0: without */
    uint8_t from; /* its address; 0: 127.0.0.1 */
    bool old;     /* knows no list on the server and asks for no stored messages: no more than
                     01/17 is sent */
};

/* What the authorizer said. */
struct aim_answer {
    unsigned error; /* 0: come in */
    char name[64], at[64];
    uint8_t cookie[256];
};
void aim_asks_in(struct aim *a, struct world *w, const struct aim_login *l, struct aim_answer *out);
/* All the way in. Gives the error, 0: it is in. */
unsigned aim_logs_in(struct aim *a, struct world *w, const struct aim_login *l);
void aim_ready(struct aim *a); /* 01/02 */
/* Signs on, uses its list and is ready; welcomes its other sessions. False: refused. */
bool aim_sign_on(struct aim *a, struct world *w, const char *name);
/* The same with one of the cast, who must get in, and who goes when the world ends. */
struct aim *aim_arrives(struct world *w, const char *name);
struct aim *aim_arrives_so(struct world *w, const struct aim_login *l);
void aim_sign_off(struct aim *a);
/* A second connection, for one family that BOS does not have (6.5 of oscar.md); sign it off. */
void aim_opens(struct aim *a, uint16_t family, struct aim *service);
static inline bool aim_is_on(const struct aim *a)
{
    return a->line != NULL;
}
/* The gateway has hung up; what it gave as reason in a frame of channel 4: 0 none, -1 there was no
 * such frame. */
void aim_expect_end(struct aim *a, int reason);
void aim_expect_on(struct aim *a); /* it has not */

/* ---- what a person does (aim_acts.c) */

enum { AIM_ACK = 1, AIM_STORE = 2, AIM_AUTO = 4 }; /* TLVs 3, 6, 4 */

void aim_says(struct aim *a, const char *to, const char *text); /* ACK and STORE */
/* Text in that charset; gives the request's id. */
uint32_t aim_says_so(struct aim *a, const char *to, unsigned charset, struct span text,
                     unsigned flags);
void aim_away(struct aim *a, const char *text); /* "": back */
void aim_profile(struct aim *a, const char *text);
void aim_status(struct aim *a, uint32_t status);
void aim_available(struct aim *a, const char *text);
void aim_idle(struct aim *a, uint32_t seconds);
void aim_typing(struct aim *a, const char *to, uint16_t event);
uint32_t aim_asks(struct aim *a, const char *about); /* profile and away text */
void aim_warns(struct aim *a, const char *whom, bool anonymous);
/* Puts an item on the list, or takes it off; the client is told that it is done. */
void aim_lists(struct aim *a, bool add, const char *name, uint16_t group, uint16_t item,
               uint16_t class);
void aim_mode(struct aim *a, uint8_t mode); /* the privacy item; 0: none */
void aim_names(struct aim *a, uint16_t family, uint16_t subtype, const char *name); /* str8 */
void aim_put_item(struct buf *b, const char *name, uint16_t group, uint16_t item, uint16_t class,
                  struct span attributes);

/* ---- what it hears (aim_hears.c) */

/* Whom a user-info block describes, and how. */
struct aim_person {
    char name[256];
    unsigned warning;
    uint16_t class;
    uint32_t status, signon, member, online; /* 0 where it is not said */
    int idle;                                /* minutes; -1: not idle */
    char available[256];
    uint8_t icon[16];
    size_t icon_n;
    struct span caps; /* good as long as the SNAC */
};
/* Takes the block off the front. */
void aim_person(struct span *in, struct aim_person *p);
/* Whom a user-info block at the start of a body names, and whether its away bit is set. */
bool aim_block(struct span body, char name[256], bool *away);

struct aim_im {
    uint8_t cookie[8];
    uint16_t channel, charset;
    struct aim_person from;
    struct span text; /* as it came */
    bool automatic, stored;
    uint32_t sent; /* when, of one that was stored */
};
/* The next IM; others in between are skipped. */
void aim_expect_an_im(struct aim *a, struct aim_im *im);

/* What it must hear next among SNACs of that kind; others in between are skipped. */
void aim_expect_im(struct aim *a, const char *from, const char *text);
void aim_expect_im_of(struct aim *a, char from[256], const char *text); /* whoever wrote it */
void aim_expect_seen(struct aim *a, const char *who, struct aim_person *p);
void aim_expect_arrived(struct aim *a, const char *who, bool away);
void aim_expect_departed(struct aim *a, const char *who);
void aim_expect_ack(struct aim *a);
void aim_expect_error(struct aim *a, uint16_t code);
/* Of that request; gives the sub-code (TLV 0008), 0: none. */
unsigned aim_expect_error_of(struct aim *a, uint32_t id, uint16_t code);
void aim_expect_missed(struct aim *a, const char *from, uint16_t count, uint16_t reason);
/* The answer to an edit of its list: one status. */
void aim_expect_edited(struct aim *a, uint16_t status);
/* The next of that kind: its body is these octets, and behind them those. */
void aim_expect(struct aim *a, uint16_t family, uint16_t subtype, const char *body, size_t n,
                const char *more, size_t more_n);
/* The next of that kind, whatever it says. */
struct span aim_expect_body(struct aim *a, uint16_t family, uint16_t subtype);
void aim_expect_nothing_of(struct aim *a, uint16_t family, uint16_t subtype);
/* No IM, arrival, departure, typing or missed call. */
void aim_expect_quiet(struct aim *a);

#endif
