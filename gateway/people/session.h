/* A connection of an AIM client, and what its user says by it. The door owns it; flows read and
 * change it. */
#ifndef GATEWAY_PEOPLE_SESSION_H
#define GATEWAY_PEOPLE_SESSION_H

#include "gateway/net/stream.h"
#include "gateway/worker.h"
#include "mapping/charset.h"
#include "mapping/presence.h"
#include "oscar/conn.h"

struct account;

/* What a session keeps of texts to show to other AIM clients, octet for octet. */
struct aim_texts {
    struct buf bytes; /* all four, one behind the other */
    size_t profile_mime, profile, away_mime, away; /* lengths */
    unsigned profile_turn; /* the how-manieth profile of its account it is; 0: none was set */
};

struct aim_session {
    /* What each message needs stands together: it is fetched from memory for each. */
    struct list of_account; /* signed on; a service connection stands in another list of it */
    struct list dirty;      /* has output to offer */
    struct {
        size_t octets, taken;
    } offer; /* the latest one of many, between the kernel's answer and its settling */
    struct worker *w;
    struct stream *stream;
    struct oscar_conn *conn;
    struct account *account; /* BOS only, from the cookie on; NULL: authorizer or service */
    struct presence *state; /* what this session says of itself; NULL: not signed on */
    bool online;            /* announced */
    bool more;              /* it sent more than its turn takes: the rest waits for the next */
    /* the far end has gone, and why, and what it sent is not all taken yet; else NULL */
    const char *left;
    bool short_names;       /* users elsewhere are shown under short names ... */
    bool lists_short;       /* ... or some of them: its list has them so */
    bool asked_offline;
    /* how its texts are written; the second once it told capabilities */
    enum text_client client, client_with_caps;
    /* struct sending (flow/flight.h), in the order of their octets: in our output ... */
    struct list untaken;
    struct list unacked;    /* ... and with the kernel, until the far end has acknowledged them */
    size_t sending_count;   /* in both */
    size_t ask_at;          /* with so many the kernel is asked what was acknowledged */
    uint64_t taken;         /* octets of output that the kernel took */
    uint64_t moved;         /* when it last took some */

    struct list of_door;    /* all connections */
    struct timer tick;      /* the core's deadline */
    struct timer push;      /* stored messages, where the client does not ask (M-707) */
    uint32_t id;            /* for listings and logs */
    struct account *serves; /* a service connection: whose; NULL: none, or not ours any more */
    bool secure;            /* under TLS, ours or that of a server in front of us */
    bool multi;             /* lives with other sessions of the account */
    bool hides_since;       /* others are not told since when the account is there */
    bool list_loaded;       /* its edges follow the feedbag, ... */
    uint64_t list_edits;    /* ... which was read when so many edits had begun */
    struct span software;   /* what the client says it is; owned */
    struct aim_texts texts;
    struct list buddies;    /* struct edge.of_session */
    size_t buddy_count;
    uint64_t told_text_only;  /* when it last heard that SIP carries no files; loop's clock */
    unsigned wrong_passwords; /* given for the old one where it was to be changed */
    struct icq_id icq_asked; /* of the latest change of ICQ information: what its answer copies */
    int64_t since;          /* Unix seconds */
};

#endif
