/* A small web server for the operator: HTTP/1.1, what can be read and nothing else, from listeners
 * that are not public. Comes in: connections. Goes out: one call of the handler for each GET or
 * HEAD that makes sense, and its reply. Stays out: what the paths mean, and every type of
 * libwebsockets, which does the protocol. */
#ifndef GATEWAY_NET_HTTP_H
#define GATEWAY_NET_HTTP_H

#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "gateway/net/net.h"
#include "simple/wire/addr.h"

struct http;

enum {
    HTTP_CLIENTS_MAX = 256,  /* connections at once; more are refused */
    HTTP_REQUEST_MAX = 4096, /* octets of a request's line and headers */
    HTTP_MS = 10000,         /* for the whole of a request, of a reply, and between them */
};

/* Borrowed during the call. `path` is decoded and without the query; `host` is empty where HTTP/1.0
 * named none. */
struct http_request {
    struct span path, host;
};

struct http_reply {
    int status;         /* 0 on the way in */
    const char *type;   /* of the body; static */
    const char *policy; /* Content-Security-Policy; NULL: nothing may be done with the body */
    struct buf body;    /* the server's: write into it. When it went bad, 500 is sent */
};

/* On the loop. Other methods than GET and HEAD were answered 405 before it is asked. */
typedef void (*http_handler)(void *ctx, const struct http_request *q, struct http_reply *out);

/* What libwebsockets has to say goes to `log` (must outlive it), at the level debug. */
enum err http_new(struct net *n, const struct log *log, http_handler on, void *ctx,
                  struct http **out);
/* Any number of times. ERR_IO: `why` gets strerror's words. */
enum err http_listen(struct http *h, const struct sip_addr *at, const char **why);
/* Ends it and all connections. The memory goes while the loop runs on, as net_free lets it. *hp is
 * NULL afterwards; NULL is fine. */
void http_close(struct http **hp);

#endif
