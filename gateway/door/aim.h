/* The AIM door: accepts connections, feeds bytes to the OSCAR core, hands its events to the flows,
 * writes out what it says. One write a turn and connection, however many messages it carries; and
 * of what a client sent no more than AIM_TURN_EVENTS, nor than makes AIM_TURN_OUTPUT of answers: a
 * flood waits for the others' turns.
 *
 * A session's promise on messages: sent entries wait in `unacked` until the far end's TCP has
 * acknowledged their last octet; when the connection breaks before, each is told lost
 * (flow/flight.h). */
#ifndef GATEWAY_DOOR_AIM_H
#define GATEWAY_DOOR_AIM_H

#include "gateway/people/account.h"
#include "gateway/people/session.h"

enum {
    AIM_CONNECTIONS_MAX = 100000,
    AIM_OUTPUT_PAUSE = 128 << 10, /* a client that reads slower is not read from either ... */
    AIM_OUTPUT_DROP = 512 << 10,  /* ... and then dropped: what was for it is stored */
    AIM_TURN_EVENTS = 32,         /* of one session at once, then it is the others' turn; ... */
    AIM_TURN_NAMES = 16,          /* ... so many octets of names count as one, ... */
    AIM_TURN_OUTPUT = 16 << 10,   /* ... and with so much waiting for it nothing is taken */
    AIM_STALL_MS = 60000,         /* nothing of the output moved for so long: dropped */
    AIM_UNACKED_MAX = 1024,       /* messages on their way to one session ... */
    AIM_UNACKED_ASK = 8,          /* ... of which the kernel is asked from so many on */
};

/* What the flows make of it: given by who opens the door, so that the door knows no flow. */
struct aim_handler {
    void (*event)(struct aim_session *s, const struct oscar_event *ev);
    /* SIGNON_PUSH_MS after being announced: see aim_session.push */
    void (*quiet)(struct aim_session *s);
    void (*took)(struct aim_session *s);  /* the kernel took octets: aim_session.taken has grown */
    void (*acked)(struct aim_session *s, uint64_t offset); /* the far end has all up to there */
    /* it broke with that much acknowledged */
    void (*lost)(struct aim_session *s, uint64_t offset);
    /* nothing of the session may stay behind */
    void (*gone)(struct aim_session *s);
};

enum err aim_door_new(struct worker *w, const struct aim_handler *on, struct aim_door **out);
enum err aim_door_open(struct aim_door *d, struct buf *why);
/* No new connections. */
void aim_door_close_listeners(struct aim_door *d);
/* Ends all sessions with a good-bye. */
void aim_door_shutdown(struct aim_door *d);
/* All sessions end, and nobody calls any more. NULL: nothing. */
void aim_door_hang_up(struct aim_door *d);
void aim_door_free(struct aim_door *d);

/* Offers the output of every session that said something. */
void aim_door_flush(struct aim_door *d);
/* Something was written to its core: offer it before the loop sleeps. */
void aim_session_dirty(struct aim_session *s);
/* Ends the connection: what is in the output still goes out. `why` is for one log line; NULL:
 * none. */
void aim_session_end(struct aim_session *s, const char *why);
/* How many octets of output wait for the kernel. */
size_t aim_session_waiting(const struct aim_session *s);

/* By aim_session.id; NULL: it is gone. */
struct aim_session *aim_session_by_id(struct aim_door *d, uint32_t id);
struct list *aim_door_sessions(struct aim_door *d); /* struct aim_session.of_door */
/* The address that clients are told for the second connection: as configured, or the one this
 * client came to. */
void aim_session_bos_address(const struct aim_session *s, struct buf *out);
/* The same for who came to our address `at` by another door; the host without brackets. False:
 * nothing listens for that. */
bool aim_door_bos(const struct worker *w, const struct sip_addr *at, bool secure, struct buf *host,
                  uint16_t *port);

#endif
