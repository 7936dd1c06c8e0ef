/* A small AIM client: what it knows, and what it sends. Over it stand client_aim_signon (from the
 * first octet to being on), client_aim_list (the contact list), and the command aim.c (what happens
 * while signed on). */
#ifndef GATEWAY_CMD_CLIENT_AIM_H
#define GATEWAY_CMD_CLIENT_AIM_H

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

#endif
