/* What a PUBLISH asks for (RFC 3903 6). Pure: the live publications of that user, the request and
 * the time come in; what to do, or a refusal, goes out. Stays out: whether the user is ours (404)
 * and the sender may (403), making etags, reading the document, composing. */
#ifndef SIMPLE_EVENT_PUBLISH_H
#define SIMPLE_EVENT_PUBLISH_H

#include "simple/wire/msg.h"

#define PUBLISH_EXPIRES_MIN 60 /* seconds */
#define PUBLISH_EXPIRES_MAX 7200
#define PUBLISH_EXPIRES     3600
#define PUBLISH_LIVE_MAX    10 /* publications of one user */

struct publication {
    struct span etag;
    uint64_t expires_at; /* ms */
};

struct publish_conf { /* zeroed: the numbers above */
    uint32_t expires_min, expires_max, expires;
};

enum publish_action {
    PUBLISH_REFUSE,  /* status, text, min_expires say how; 489 wants Allow-Events, 415 wants Accept
                      */
    PUBLISH_CREATE,  /* new state in the body */
    PUBLISH_MODIFY,  /* new state in the body for have[index] */
    PUBLISH_REFRESH, /* have[index] lives on as it is */
    PUBLISH_REMOVE,  /* have[index] goes */
    PUBLISH_NOTHING, /* a new one that expires at once: 200, nothing is kept */
};
struct publish_result {
    enum publish_action action;
    int status; /* 200, or 400, 412, 415, 423, 489, 503 */
    const char *text;
    uint32_t min_expires; /* 423 */
    uint32_t expires;     /* seconds granted, for the Expires of the 200; 0: removed */
    size_t index;         /* in have */
};

/* A publication in `have` that has expired counts as gone. Every 200 gets a new SIP-ETag. */
enum publish_action publish_check(const struct publish_conf *conf, const struct publication *have,
                                  size_t n, const struct sip_msg *request, uint64_t now,
                                  struct publish_result *out);

#endif
