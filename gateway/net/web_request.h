/* One request to a small web server, read whole, and its answer: HTTP/1.0 or 1.1, GET or POST, a
 * body that says how long it is. After the answer the connection ends. Pure. */
#ifndef GATEWAY_NET_WEB_REQUEST_H
#define GATEWAY_NET_WEB_REQUEST_H

#include "base/buf.h"

enum { WEB_HEAD_MAX = 8192, WEB_BODY_MAX = 8192, WEB_REQUEST_MAX = WEB_HEAD_MAX + WEB_BODY_MAX };

/* Spans point into what was read. */
struct web_request {
    bool post;               /* else GET */
    struct span path, query; /* as they came, with their %XX; the query without its ? */
    struct span host;        /* empty: HTTP/1.0 named none */
    struct span type;        /* Content-Type, with its parameters; empty: none */
    struct span body;
};

enum { WEB_MORE = 0, WEB_WHOLE = 200 };

/* WEB_MORE: ask again with more octets; WEB_WHOLE; else the status of the refusal. What stands
 * behind a whole request is not looked at. */
int web_request_read(struct span in, struct web_request *out);

/* `type` NULL: the status in words is the body. */
void web_answer_write(struct buf *out, int status, const char *type, struct span body);

#endif
