/* PASSporT (RFC 8225): what is signed in an Identity header field: who writes to whom, and when.
 * Comes in: the base64url parts of a full form, or what a compact one leaves out. Goes out: claims,
 * or the octets that were signed. Stays out: keys, signatures, and whether it may be believed. */
#ifndef SIMPLE_DOC_PASSPORT_H
#define SIMPLE_DOC_PASSPORT_H

#include "base/arena.h"
#include "base/err.h"
#include "simple/wire/uri.h"

enum {
    PASSPORT_PART_MAX = 4096, /* octets of JSON in one part */
    PASSPORT_DEST_MAX = 64,   /* of each kind in "dest" that are looked at */
};

struct passport {
    struct span alg, typ, x5u, ppt; /* of the header; empty: not there */
    /* "uri" of "orig"; empty: another kind of identity (a telephone number) */
    struct span orig;
    struct span dest[PASSPORT_DEST_MAX]; /* "uri" of "dest" */
    size_t dest_count;
    struct span numbers[PASSPORT_DEST_MAX]; /* "tn" of "dest": telephone numbers (RFC 8224 8.3) */
    size_t number_count;
    int64_t iat; /* Unix seconds */
};

/* Both parts are base64url. ERR_SYNTAX: not such a thing, or beyond a bound. Spans in the arena. */
enum err passport_parse(struct span header, struct span payload, struct arena *a,
                        struct passport *out);

/* The address in the form that claims have (RFC 8224 8.5): scheme, user and host in lower case,
 * escapes that need not be undone, nothing else of it. */
void passport_print_uri(struct buf *b, const struct sip_uri *uri);

/* What a compact form was signed over: "header.payload" in base64url, made of canonical JSON (RFC
 * 8225 9). One of those texts is no UTF-8: the buffer becomes bad. */
struct passport_claims {
    struct span x5u, orig, dest;
    int64_t iat;
};
void passport_print(struct buf *b, const struct passport_claims *of);

#endif
