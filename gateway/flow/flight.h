/* A message under way: one flight from the moment it is taken until every place it was sent to has
 * said how it went. It ends in exactly one outcome, of which its sender hears once:
 *
 *   taken -> sent to sessions and phones -> the kernel took it, or a phone answered 2xx   ->
 * "delivered"
 *                                        -> 8 s and nobody took it, or all places failed  -> stored
 * -> "stored"
 *                                        -> neither                                       -> the
 * error
 *
 * After that a flight lives on until its octets are acknowledged: a session that breaks before has
 * not delivered it, and it is stored for the next sign-on. What came out of the store is deleted
 * there only then. */
#ifndef GATEWAY_FLOW_FLIGHT_H
#define GATEWAY_FLOW_FLIGHT_H

#include "db/messages.h"
#include "gateway/flow/origin.h"

enum {
    FLIGHT_GIVE_UP_MS = 8000, /* in our own queue for so long: it is stored */
    FLIGHT_PATIENCE_S = 3600, /* M-712: how long what is patient is kept */
    FLIGHTS_MAX = 200000,
    FLIGHT_ROOM = 1280,       /* octets of one with its texts; a longer one is rare */
};

/* On its way to one AIM session. */
struct sending {
    struct list of_session; /* aim_session.untaken, then .unacked */
    struct flight *flight;
    uint64_t end;           /* the output's offset behind its last octet */
};

struct flight {
    struct list node;       /* all of them */
    struct worker *w;
    size_t size;           /* of its memory: the texts stand behind the struct */
    struct origin origin;  /* typed is ours; fragments and relay are gone */
    struct message m;      /* ours */
    struct account *to;    /* a local recipient (held) */
    struct span recipient; /* as the store knows them: normalised name, or address key */
    unsigned open;         /* places that have not said how it went */
    bool answered;         /* the origin has heard */
    bool over;             /* it has heard that it failed: nothing more is sent or kept */
    bool confirmed;        /* one place has it for sure */
    bool storing;          /* a write is under way */
    int64_t row;           /* stored; 0: not */
    int64_t turn;          /* its place among all, in the order they came */
    enum outcome failure;  /* of the places that failed, the one that says most */
    struct list waiting;   /* for its first place to take it */
    uint64_t departed;
    struct sending first;   /* most go to one session; the others' are allocated */
    struct storer_op op;    /* while `storing` */
    struct message_row write;
};

/* Nobody was there to take it, though his domain was (480, 408). */
static inline bool flight_met_nobody(const struct flight *f)
{
    return f->failure == OUTCOME_BUSY || f->failure == OUTCOME_TIMEOUT;
}

/* What others do about what comes of flights. May be called from any function below. */
struct flight_handler {
    /* It is on disk, and its sender has been told. */
    void (*stored)(struct worker *w, const struct flight *f);
    /* It was delivered or given up: its row is of no use any more. */
    void (*over)(struct worker *w, const struct flight *f);
    /* What came out of the store is over. Its row stays, where it has one still: it was not
     * delivered. */
    void (*landed)(struct worker *w, const struct flight *f);
    /* What the sender asked to be told of has happened: RECEIPT_DELIVERY or RECEIPT_STORED. */
    void (*receipt)(struct worker *w, const struct message *m, enum message_receipt what);
    /* An AIM user was told so of his message. */
    void (*ended)(struct worker *w, const struct flight *f, enum outcome how);
    /* Its sender was told that it is on its way, and it will not be delivered after all. */
    void (*failed)(struct worker *w, const struct message *m);
};

/* All flights of a worker, and their memory. */
struct flights;
struct flights *flights_new(const struct flight_handler *on); /* borrowed; NULL: no memory */
void flights_free(struct worker *w, struct flights *all);

/* The place of a message that comes now among all (message_row.turn). */
int64_t flight_turn(struct worker *w);
/* Makes a flight: copies the message and holds the account. NULL: no memory or too many (answer
 * OVERLOAD). */
struct flight *flight_new(struct worker *w, const struct origin *o, const struct message *m,
                          struct account *to, struct span recipient);
/* All places are told of: from here on it lives by itself. */
void flight_depart(struct flight *f);
/* Sends it to that session, `prefix` in front of the text; `stored`: with the time it waited since.
 * False: the session takes no more just now. */
bool flight_to_session(struct flight *f, struct aim_session *s, struct span prefix, bool stored);

/* A place (counted in f->open) took it: the sender can be told. */
void flight_took(struct flight *f);
/* A place has it for sure (STORED: to keep it for the recipient) / does not have it. Each once for
 * every place; the flight may be gone afterwards. */
void flight_confirm(struct flight *f, enum outcome how);
void flight_fail(struct flight *f, enum outcome why);

/* The session's kernel took octets / its far end acknowledged all up to `offset` / it broke with
 * that much acknowledged. */
void flight_session_took(struct aim_session *s);
void flight_session_acked(struct aim_session *s, uint64_t offset);
void flight_session_lost(struct aim_session *s, uint64_t offset);

#endif
