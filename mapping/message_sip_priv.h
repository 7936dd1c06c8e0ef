/* MIME as MESSAGE bodies use it, and the unwrapping of message/cpim. For message_sip*.c only. */
#ifndef MAPPING_MESSAGE_SIP_PRIV_H
#define MAPPING_MESSAGE_SIP_PRIV_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { MIME_PARTS_MAX = 32, MIME_HEADERS_MAX = 32, MIME_DEPTH_MAX = 3 };

/* One entity: what its headers say and its content, all borrowed. */
struct mime_part {
    struct span type;        /* Content-Type, with parameters; empty: none */
    struct span encoding;    /* Content-Transfer-Encoding */
    struct span disposition; /* Content-Disposition, with parameters */
    struct span id;          /* Content-ID, without <> */
    struct span body;
};

/* "text/plain" of "text/plain; charset=UTF-8". */
struct span mime_type(struct span value);
/* The value of a parameter, quotes off (escapes inside stay); false: not there. */
bool mime_param(struct span value, const char *name, struct span *out);
/* Takes a line off the front, without its end (CR LF, or LF alone). */
struct span mime_line(struct span *s);
/* Headers up to an empty line, then the body. */
void mime_part_read(struct span entity, struct mime_part *out);
/* The parts between the boundaries; ERR_SYNTAX, ERR_FULL (more than `max`). */
enum err mime_multipart(struct span type, struct span body, struct mime_part *parts, size_t max,
                        size_t *count);
/* "ID" of "<ID>". */
struct span mime_id(struct span value);
/* 7bit, 8bit, binary: borrowed; base64 and quoted-printable: in the arena. ERR_UNSUPPORTED for all
 * else. */
enum err mime_decode(const struct mime_part *part, struct arena *a, struct span *out);

/* What message/cpim headers say (RFC 3862), decoded, in the arena. */
struct cpim {
    struct span from;       /* URI */
    struct span date;       /* DateTime */
    struct span subject;    /* the one for the language asked for */
    struct span imdn_id;    /* RFC 5438 Message-ID */
    struct span imdn_route; /* URIs of IMDN-Record-Route, in order, with ", " between */
    unsigned receipts;      /* enum message_receipt */
    struct mime_part inner;
};
/* ERR_SYNTAX: two From, a folded line; ERR_UNSUPPORTED: Require names a header that is not known;
 * *bad says what. */
enum err cpim_read(struct span body, struct span language, struct arena *a, struct cpim *out,
                   const char **bad);

#endif
