/* Partial notification (RFC 5263): who accepts application/pidf-diff+xml is told what changed since
 * the document before, and the whole after each SUBSCRIBE. */
#include "simple/event/notifier.h"

#include <stdlib.h>

#include "simple/doc/pidf_diff.h"

struct sip_partial {
    uint32_t version;     /* of what was sent last */
    struct sip_doc *told; /* the state that it gave; NULL: none, the next is whole */
};

/* RFC 5263 4.2: it must be named; a wildcard is not meant. */
static bool names_diff(const struct sip_msg *m)
{
    struct sip_each c = sip_each(m, SIP_HDR_ACCEPT);
    struct sip_type t;

    while (sip_accept_next(&c, &t))
        if (sip_type_is(&t, "application", "pidf-diff+xml") && t.q > 0)
            return true;
    return false;
}

bool partial_begin(struct sip_watch *w)
{
    if (!w->partial)
        w->partial = calloc(1, sizeof *w->partial);
    return w->partial != NULL;
}

void partial_end(struct sip_watch *w)
{
    if (w->partial)
        sip_doc_unref(&w->partial->told);
    free(w->partial);
    w->partial = NULL;
}

void partial_choose(const struct sip_core *c, struct sip_watch *w, const struct sip_msg *subscribe)
{
    if (!sip_msg_has(subscribe, SIP_HDR_ACCEPT))
        return; /* as it was */
    if (c->conf.partial && !w->of_winfo && names_diff(subscribe))
        (void)partial_begin(w); /* no memory: whole documents are as good */
    else
        partial_end(w);
}

void partial_tell_all(struct sip_watch *w)
{
    if (w->partial)
        sip_doc_unref(&w->partial->told);
}

struct sip_doc *partial_compose(const struct sip_watch *w)
{
    struct sip_partial *p = w->partial;
    struct span now = sip_doc_body(w->doc);
    struct sip_doc *doc = NULL;
    struct buf b = {0};
    bool done = p->told && pidf_diff_write(&b, sip_doc_body(p->told), now, p->version + 1);

    if (!done)
        done = pidf_full_write(&b, now, p->version + 1);
    if (done && buf_ok(&b))
        doc = sip_doc_new(SPAN(PIDF_DIFF_TYPE), buf_span(&b));
    buf_fini(&b);
    return doc;
}

void partial_sent(struct sip_watch *w)
{
    struct sip_partial *p = w->partial;

    p->version++;
    sip_doc_unref(&p->told);
    p->told = sip_doc_ref(w->doc);
}
