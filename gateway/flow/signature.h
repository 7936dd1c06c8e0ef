/* Is a request signed as it must be (RFC 8224 6.2)? Judges Identity headers by the certificates
 * that are configured for the peer; sends and logs nothing. Comes in: the request, what is
 * configured, the time. Goes out: one row of signature.def. Stays out: by which way the request
 * came (flow/identity). */
#ifndef GATEWAY_FLOW_SIGNATURE_H
#define GATEWAY_FLOW_SIGNATURE_H

#include "base/arena.h"
#include "gateway/peer/credentials.h"
#include "simple/wire/msg.h"

enum { SIGNATURES_MAX = 4 /* Identity headers that are looked at in one request */ };

enum signature {
    SIGNATURE_GOOD,    /* one of them is */
    SIGNATURE_UNASKED, /* there is none, or nothing to verify it with, and that is allowed */
#define SIGNATURE(id, status, reason, why, cure) SIGNATURE_##id,
#include "gateway/flow/signature.def"
#undef SIGNATURE
    SIGNATURES
};

struct signature_case {
    const struct sip_msg *msg; /* a request whose From is in that domain */
    struct span domain;
    const struct credentials *keys;
    enum conf_identity policy;
    uint32_t freshness; /* s, both ways */
    int64_t now;        /* Unix seconds */
    struct arena *arena;
};
enum signature signature_judge(const struct signature_case *q);

/* Of an answer other than GOOD and UNASKED. */
struct signature_row {
    int status;
    const char *reason; /* "": the usual phrase */
    const char *why, *cure;
};
const struct signature_row *signature_row(enum signature s);

#endif
