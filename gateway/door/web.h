/* The web door: where AIM clients sign on over HTTP. Under TLS; in the clear only on loopback, for
 * a web server in front that does TLS. Comes in: connections, one request each. Goes out: one call
 * of the handler for each request that makes sense, its answer, and the end of the connection.
 * Stays out: what the paths mean. */
#ifndef GATEWAY_DOOR_WEB_H
#define GATEWAY_DOOR_WEB_H

#include "gateway/net/web_request.h"
#include "gateway/worker.h"

enum {
    WEB_CONNECTIONS_MAX = 512,
    WEB_CONNECTIONS_OF_HOST = 64, /* not of loopback: a web server in front comes from there */
    WEB_MS = 10000, /* from the first moment of a connection to the last octet of its answer */
};

/* Borrowed during the call. */
struct web_call {
    const struct web_request *request;
    const struct sip_addr *from, *at; /* the caller, and the address of ours that he came to */
};

struct web_answer {
    int status;       /* 0 on the way in */
    const char *type; /* of the body; static; NULL: the status says it all */
    struct buf body;  /* the door's: write into it. When it went bad, 500 is sent */
};

typedef void (*web_handler)(struct worker *w, const struct web_call *call, struct web_answer *out);

enum err web_door_new(struct worker *w, web_handler on, struct web_door **out);
enum err web_door_open(struct web_door *d, struct buf *why);
/* No new connections. */
void web_door_close_listeners(struct web_door *d);
void web_door_free(struct web_door *d);

#endif
