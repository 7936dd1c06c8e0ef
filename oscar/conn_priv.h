/* One connection from inside, and what its files all need: conn_rate.c; over it conn_signon.c,
 * conn_in.c with conn_in_*.c (what comes) and conn_out.c (what is sent); over all conn.c (its
 * life). Nobody else includes this. */
#ifndef OSCAR_CONN_PRIV_H
#define OSCAR_CONN_PRIV_H

#include "oscar/conn.h"
#include "oscar/flap.h"
#include "oscar/rate.h"

enum { CONN_SERVED_MAX = 16, CONN_KEYS_MAX = 8 /* key requests before we lose patience */ };

/* From its first byte to the client being ready, and its end. */
enum signon_state {
    SIGNON_HELLO,       /* our channel 1 is out; theirs says what this connection is for */
    SIGNON_AUTH,        /* an authorizer connection: key requests, then the login */
    SIGNON_AUTH_WAIT,   /* the gateway looks at a LOGIN; input waits */
    SIGNON_COOKIE_WAIT, /* the gateway looks at a COOKIE; input waits */
    SIGNON_SETUP,       /* welcomed: versions, rates, rights, until the client says it is ready */
    SIGNON_READY,       /* SNAC 0x0001/0x0002 came */
    SIGNON_LEAVING,     /* the authorizer's answer is out: the client is to close, or we do */
    SIGNON_OVER,        /* nothing is read or written any more */
};

struct oscar_conn {
    /* What each message needs stands together: it is fetched from memory for each. */
    enum signon_state state;
    const char *why; /* NULL while it lives */
    bool clean;
    bool params_set;     /* SNAC 0x0004/0x0002 came */
    uint16_t seq;
    uint32_t server_id;
    struct buf out;
    size_t out_at; /* octets of `out` that were sent */
    uint64_t written;
    uint64_t now, last_in, last_out;
    struct icbm_params icbm;
    struct oscar_conn_conf conf;

    struct buf in;
    size_t in_at; /* octets of `in` whose frames were pulled */
    uint64_t by;        /* when the present state ends by itself; DEADLINE_NEVER */
    uint64_t online_at; /* when ONLINE is told without a list; DEADLINE_NEVER */
    enum login_scheme scheme; /* how the login came: where the answer goes */
    uint32_t login_id;
    uint8_t key[BUCP_KEY];
    uint8_t keys_given;
    uint16_t service; /* 0: BOS; else the foodgroup this connection is for */
    uint16_t oservice_version;
    bool modern;         /* knows what TLV 0x0009 of channel 4 means */
    bool ancient;        /* is shown no BART items */
    bool list_used;      /* SNAC 0x0013/0x0007 or 0x0003/0x0004 came */
    bool list_fetched;   /* SNAC 0x0013/0x0006 went */
    bool feedbag;        /* its list is kept here */
    bool online_due;     /* ONLINE is to be told next */
    bool online;         /* it was told */
    bool signed_off;     /* SIGNED_OFF was told */
    bool counting;       /* frames came: the next one should have the number in_seq */
    bool gap_due, gap_told;
    uint16_t in_seq, gap_expected, gap_came;
    uint8_t rate_wanted; /* bit n: notices for class n + 1 */
    struct rates rates;
    struct oscar_userinfo self; /* its spans point into self_bytes */
    uint8_t *self_bytes;
    uint64_t self_at; /* when self.session was right */
    uint32_t ipv4;
};

/* ---- Signing on (conn_signon.c) */
/* The client's first frame; true where it makes an event. */
bool signon_hello(struct oscar_conn *c, struct span data, struct oscar_event *out);
/* A SNAC on an authorizer connection. */
bool signon_auth(struct oscar_conn *c, const struct snac *s, struct oscar_event *out);

/* ---- Its end, and who it is */
/* The connection is over, for this reason; the first one stays. */
void conn_end(struct oscar_conn *c, const char *why, bool clean);
/* Copies u and what it points to; false without memory (the old one stays). */
bool conn_keep_self(struct oscar_conn *c, const struct oscar_userinfo *u);
static inline bool conn_is_signed_on(const struct oscar_conn *c)
{
    return c->state == SIGNON_SETUP || c->state == SIGNON_READY;
}

/* ---- Writing. A SNAC is opened, its body is written to c->out, and it is closed; one
 * that could not be written whole is taken back and ends the connection. */
size_t conn_snac_open(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype, uint16_t flags,
                      uint32_t id);
void conn_snac_close(struct oscar_conn *c, size_t begun);
void conn_frame(struct oscar_conn *c, enum flap_channel channel, struct span data);
/* The id of the next SNAC that nobody asked for. */
uint32_t conn_server_id(struct oscar_conn *c);
void conn_refuse(struct oscar_conn *c, const struct snac *s, enum snac_error code);
/* A SNAC without a body. */
void conn_say(struct oscar_conn *c, uint16_t foodgroup, uint16_t subtype, uint32_t id);
void conn_say_self(struct oscar_conn *c, uint32_t id);

/* The foodgroups of this connection, at most CONN_SERVED_MAX; returns how many. */
size_t conn_served(const struct oscar_conn *c, uint16_t to[CONN_SERVED_MAX]);

/* ---- What comes (conn_in.c and its tables). A handler answers, or fills *out and returns true. */
struct conn_route {
    bool (*take)(struct oscar_conn *c, const struct snac *s, struct oscar_event *out);
    bool asks; /* an answer is due, if only an error */
};
/* The handlers of a foodgroup by subtype; holes are what we do not know. */
struct conn_table {
    const struct conn_route *rows;
    size_t n;
};
extern const struct conn_table conn_oservice, conn_locate, conn_buddy, conn_icbm, conn_invite,
    conn_permit, conn_userlookup, conn_stats, conn_chatnav, conn_bart, conn_feedbag, conn_icq,
    conn_alert, conn_admin, conn_directory;
bool conn_take(struct oscar_conn *c, const struct snac *s, struct oscar_event *out);

/* ---- How fast it comes (conn_rate.c); only where that is limited. */
/* Counts one SNAC; false: it is not to be handled. */
bool conn_passes_rate(struct oscar_conn *c, const struct snac *s, bool asks);
/* At rates.calm_at: says what is clear again. */
void conn_calm_rates(struct oscar_conn *c);
/* The warning level in c->self is another one; tell: the client too. */
void conn_warn_rates(struct oscar_conn *c, bool tell);

/* The client said that it is ready. */
void conn_ready(struct oscar_conn *c);
/* The client has a list, or said that it has one: with that and _ready it counts as online. */
void conn_list_used(struct oscar_conn *c);
bool conn_take_ignore(struct oscar_conn *c, const struct snac *s, struct oscar_event *out);
bool conn_take_unavailable(struct oscar_conn *c, const struct snac *s, struct oscar_event *out);

#endif
