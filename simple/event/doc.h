/* A document that many get: printed once with the header lines that belong to it, counted. */
#ifndef SIMPLE_EVENT_DOC_H
#define SIMPLE_EVENT_DOC_H

#include "simple/core.h"

struct sip_doc {
    uint32_t refs;
    uint32_t type_n, body_n; /* octets of the first line, and of the body at the end */
    size_t n;
    uint8_t tail[]; /* Content-Type, Content-Length, the empty line and the body, ready */
};

/* Octets of its body, the line of its type, the body. */
size_t sip_doc_size(const struct sip_doc *d);
struct span sip_doc_type_line(const struct sip_doc *d);
struct span sip_doc_body(const struct sip_doc *d);

#endif
