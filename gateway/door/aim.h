/* The AIM door: accepts connections, feeds bytes to the OSCAR core, hands its events to the flows, writes out what it
 * says. One write a turn and connection, however many messages it carries.
 *
 * A session's promise on messages: sent entries wait in `unacked` until the far end's TCP has acknowledged their last
 * octet; when the connection breaks before, each is told lost (flow/flight.h). */
#ifndef GATEWAY_DOOR_AIM_H
#define GATEWAY_DOOR_AIM_H

#include "gateway/net/stream.h"
#include "gateway/people/account.h"
#include "mapping/charset.h"
#include "oscar/conn.h"

enum {
    AIM_CONNECTIONS_MAX = 100000,
    AIM_OUTPUT_PAUSE = 128 << 10, /* a client that reads slower is not read from either ... */
    AIM_OUTPUT_DROP = 512 << 10,  /* ... and then dropped: what was for it is stored */
    AIM_STALL_MS = 60000,         /* nothing of the output moved for so long: dropped */
    AIM_UNACKED_MAX = 1024,       /* messages on their way to one session */
};

/* What a session keeps of texts to show to other AIM clients, octet for octet. */
struct aim_texts {
    struct buf bytes; /* all four, one behind the other */
    size_t profile_mime, profile, away_mime, away; /* lengths */
};

struct aim_session {
    struct list of_door;    /* all connections */
    struct list of_account; /* signed on */
    struct list dirty;      /* has output to offer */
    struct worker *w;
    struct stream *stream;
    struct oscar_conn *conn;
    struct timer tick;      /* the core's deadline */
    struct timer push;      /* stored messages, where the client does not ask (M-707) */
    uint64_t taken;         /* octets of output that the kernel took */
    uint64_t moved;         /* when it last took some */
    uint32_t id;            /* for listings and logs */
    struct account *account; /* BOS only, from the cookie on; NULL: authorizer or service */
    bool service;           /* a second connection (chat navigation) */
    bool online;            /* announced */
    bool multi;             /* lives with other sessions of the account */
    bool short_names, asked_offline;
    bool list_loaded;       /* its edges follow the feedbag */
    enum text_client client, client_with_caps; /* how its texts are written; the second once it told capabilities */
    struct span software;   /* what the client says it is; owned */
    struct presence *state; /* what this session says of itself; NULL: not signed on */
    struct aim_texts texts;
    struct list buddies;    /* struct edge.of_session */
    size_t buddy_count;
    struct list untaken;    /* struct sending (flow/flight.h), in the order of their octets: in our output ... */
    struct list unacked;    /* ... and with the kernel, until the far end has acknowledged them */
    size_t sending_count;   /* in both */
    int64_t since;          /* Unix seconds */
};

enum err aim_door_new(struct worker *w, struct aim_door **out);
enum err aim_door_open(struct aim_door *d, struct buf *why);
/* No new connections. */
void aim_door_close_listeners(struct aim_door *d);
/* Ends all sessions with a good-bye. */
void aim_door_shutdown(struct aim_door *d);
void aim_door_free(struct aim_door *d);

/* Offers the output of every session that said something. */
void aim_door_flush(struct aim_door *d);
/* Something was written to its core: offer it before the loop sleeps. */
void aim_session_dirty(struct aim_session *s);
/* Ends the connection: what is in the output still goes out. `why` is for one log line; NULL: none. */
void aim_session_end(struct aim_session *s, const char *why);
/* How many octets of output wait for the kernel. */
size_t aim_session_waiting(const struct aim_session *s);

/* By aim_session.id; NULL: it is gone. */
struct aim_session *aim_session_by_id(struct aim_door *d, uint32_t id);
struct list *aim_door_sessions(struct aim_door *d); /* struct aim_session.of_door */
/* The address that clients are told for the second connection: as configured, or the one this client came to. */
void aim_session_bos_address(const struct aim_session *s, struct buf *out);

#endif
