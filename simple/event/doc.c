#include "simple/event/doc.h"

#include <stdlib.h>

#include "simple/wire/print.h"

struct sip_doc *sip_doc_new(struct span content_type, struct span body)
{
    struct buf b = {0};
    struct sip_doc *d = NULL;
    size_t type_n;

    sip_put_hdr(&b, SIP_HDR_CONTENT_TYPE, content_type);
    type_n = b.n;
    sip_put_body(&b, body);
    if (buf_ok(&b))
        d = malloc(sizeof *d + b.n);
    if (d) {
        d->refs = 1;
        d->n = b.n;
        d->type_n = (uint32_t)type_n;
        d->body_n = (uint32_t)body.n;
        memcpy(d->tail, b.p, b.n);
    }
    buf_fini(&b);
    return d;
}

struct sip_doc *sip_doc_ref(struct sip_doc *d)
{
    if (d)
        d->refs++;
    return d;
}

void sip_doc_unref(struct sip_doc **d)
{
    if (*d && --(*d)->refs == 0)
        free(*d);
    *d = NULL;
}

size_t sip_doc_size(const struct sip_doc *d)
{
    return d->body_n;
}

struct span sip_doc_type_line(const struct sip_doc *d)
{
    return span_of(d->tail, d->type_n);
}

struct span sip_doc_body(const struct sip_doc *d)
{
    return span_of(d->tail + d->n - d->body_n, d->body_n);
}
