/* Whose input is read in this turn of the loop, so that a crowd that floods waits for itself and
 * not the others for it. Whose last read found all that there was is read at once, as long as the
 * turn has octets left. Who had more than his share stands in a line, and so does who comes when
 * the turn has none left; the line gets what the others leave of the turn, and at least TURN_LINE.
 * Comes in: nodes of connections, octets. Stays out: sockets. */
#ifndef GATEWAY_NET_TURNS_H
#define GATEWAY_NET_TURNS_H

#include "base/list.h"

enum {
    TURN_OCTETS = 128 << 10,   /* of all connections in one turn: two milliseconds of messages */
    TURN_LINE = 32 << 10,      /* of those in line at least */
    TURN_SHARE_MAX = 64 << 10, /* of one connection at once ... */
    TURN_SHARE_MIN = 4 << 10,  /* ... and where many stand in line */
    TURN_HANDSHAKE = 16 << 10, /* what a step of a TLS handshake counts: it is computed, not read */
};

struct turns {
    struct list line; /* the next one first */
    size_t waiting;   /* how many they are */
    size_t left;      /* octets of this turn */
    /* how many of the line may still come: who joins it in this turn comes in the next */
    size_t asked;
};

void turns_init(struct turns *t);
void turns_begin(struct turns *t);
/* octets that one may read now; 0: it is to stand in line */
size_t turns_share(const struct turns *t);
void turns_took(struct turns *t, size_t octets);
/* to the end of the line; who stands there keeps his place */
void turns_wait(struct turns *t, struct list *node);
void turns_leave(struct turns *t, struct list *node); /* who is in no line is fine */
/* The others were read; now turns_next gives those in line, each out of it and once; NULL: enough
 * for this turn. */
void turns_call(struct turns *t);
struct list *turns_next(struct turns *t);

#endif
