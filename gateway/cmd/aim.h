/* aimgate aim NAME: a small AIM client. What its files know of each other: aim.c (the command and
 * what happens while signed on), client_aim_signon.c (from the first octet to being on),
 * client_aim_list.c (the contact list). */
#ifndef GATEWAY_CMD_AIM_H
#define GATEWAY_CMD_AIM_H

#include "base/arena.h"
#include "base/rng.h"
#include "gateway/cmd/client_talk.h"
#include "oscar/flap.h"
#include "oscar/snac.h"

enum aim_step {
    AIM_KEY,      /* at the authorizer: the key was asked for (SNAC 0x0017/0x0006) */
    AIM_LOGIN,    /* the digest was sent (0x0017/0x0002) */
    AIM_COOKIE,   /* on the second connection: the cookie was sent, families are to come */
    AIM_VERSIONS, /* 0x0001/0x0017 was sent */
    AIM_RATES,    /* 0x0001/0x0006 was sent */
    AIM_LIST,     /* the contact list was asked for (0x0013/0x0004) */
    AIM_ON,
};

struct aim {
    struct client_talk *t;
    enum aim_step step;
    bool moved; /* to another connection: what is left of the old one's input is gone */
    uint16_t seq;
    uint32_t id; /* of the last request */
    uint64_t keepalive_at;
    bool too_fast; /* told so for messages (SNAC 0x0001/0x000A): lines wait a while after each */
    struct rng rng;
    struct arena arena; /* of what is being handled */
    struct buf body;    /* of the SNAC being written */
    struct buf items;   /* the contact list as on the wire */
};

/* Sends a SNAC with what stands in a->body, and empties that. Gives the request's id. */
uint32_t aim_send(struct aim *a, uint16_t foodgroup, uint16_t subtype);
void aim_send_frame(struct aim *a, enum flap_channel channel, struct span data);

/* ---- client_aim_signon.c */
void aim_signon_start(struct aim *a);
void aim_signon_take(struct aim *a, const struct snac *s);
/* The last step: the list is there. */
void aim_signon_finish(struct aim *a);

/* ---- client_aim_list.c */
/* SNACs 0x0013/…; true: the whole list has arrived now. */
bool aim_list_take(struct aim *a, const struct snac *s);
void aim_list_add(struct aim *a, struct span name);

#endif
