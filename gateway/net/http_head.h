/* The head of an HTTP request: its first line and its header lines, read by http_parser. Pure. */
#ifndef GATEWAY_NET_HTTP_HEAD_H
#define GATEWAY_NET_HTTP_HEAD_H

#include "base/span.h"

/* All spans point into the head. */
struct http_head {
    bool get, post;  /* else another method */
    bool current;    /* HTTP/1.1 or later */
    struct span url; /* as it stands in the first line */
    bool measured;   /* it has a Content-Length: */
    uint64_t length; /* that, else 0 */
    bool coded;      /* a transfer encoding: the length of the body is not told */
};

/* Called for each header line, in order; the value without the spaces around it. */
typedef void (*http_line)(void *ctx, struct span name, struct span value);

/* `head`: the whole request, with its empty line. False: it is none; *out has what could be read.
 * Folded lines are refused. */
bool http_head_read(struct span head, http_line on, void *ctx, struct http_head *out);

#endif
