/* The states of a connection from its first byte to the client being ready, and its end. */
#ifndef OSCAR_SIGNON_H
#define OSCAR_SIGNON_H

#include "oscar/event.h"
#include "oscar/flap.h"

struct oscar_conn;

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

/* The client's first frame; true where it makes an event. */
bool signon_hello(struct oscar_conn *c, struct span data, struct oscar_event *out);
/* A SNAC on an authorizer connection. */
bool signon_auth(struct oscar_conn *c, const struct snac *s, struct oscar_event *out);

#endif
