#include "simple/txn/rr.h"

const char *rr_type_name(enum rr_type t)
{
    switch (t) {
    case RR_A: return "A";
    case RR_CNAME: return "CNAME";
    case RR_AAAA: return "AAAA";
    case RR_SRV: return "SRV";
    case RR_NAPTR: return "NAPTR";
    }
    return "?";
}

/* The texts of a record; NULL for those it has not. */
enum { TEXTS = 4 };
static void texts_of(struct rr *r, struct span *out[TEXTS])
{
    out[0] = &r->name;
    out[1] = out[2] = out[3] = NULL;
    if (r->type == RR_CNAME) {
        out[1] = &r->alias;
    } else if (r->type == RR_SRV) {
        out[1] = &r->srv.target;
    } else if (r->type == RR_NAPTR) {
        out[1] = &r->naptr.flags;
        out[2] = &r->naptr.service;
        out[3] = &r->naptr.replacement;
    }
}

size_t rr_answer_size(const struct rr_answer *a)
{
    size_t n = a->n + a->more, size = n * sizeof(struct rr) + a->name.n;

    for (size_t i = 0; i < n; i++) {
        struct rr r = a->rrs[i];
        struct span *texts[TEXTS];

        texts_of(&r, texts);
        for (size_t t = 0; t < TEXTS && texts[t]; t++)
            size += texts[t]->n;
    }
    return size;
}

void rr_answer_copy(void *room, const struct rr_answer *in, struct rr_answer *out)
{
    size_t n = in->n + in->more;
    struct rr *rrs = room;
    uint8_t *at = (uint8_t *)(rrs + n);

    for (size_t i = 0; i < n; i++) {
        struct span *texts[TEXTS];

        rrs[i] = in->rrs[i];
        texts_of(&rrs[i], texts);
        for (size_t t = 0; t < TEXTS && texts[t]; t++)
            *texts[t] = span_place(&at, *texts[t]);
    }
    *out = *in;
    out->rrs = rrs;
    out->name = span_place(&at, in->name);
}

static void put_name(struct buf *b, struct span name)
{
    buf_add(b, name);
    BUF_LIT(b, ".");
}

/* What is no plain text is shown as zone files escape it. */
static void put_string(struct buf *b, struct span s)
{
    BUF_LIT(b, "\"");
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < ' ' || s.p[i] > '~')
            buf_fmt(b, "\\%03u", s.p[i]);
        else if (s.p[i] == '"' || s.p[i] == '\\')
            buf_fmt(b, "\\%c", s.p[i]);
        else
            buf_u8(b, s.p[i]);
    }
    BUF_LIT(b, "\"");
}

void rr_print(struct buf *b, const struct rr *r)
{
    switch (r->type) {
    case RR_A:
    case RR_AAAA: sip_addr_print(b, &r->addr); return;
    case RR_CNAME: put_name(b, r->alias); return;
    case RR_SRV:
        buf_fmt(b, "%u %u %u ", r->srv.priority, r->srv.weight, r->srv.port);
        put_name(b, r->srv.target);
        return;
    case RR_NAPTR:
        buf_fmt(b, "%u %u ", r->naptr.order, r->naptr.preference);
        put_string(b, r->naptr.flags);
        BUF_LIT(b, " ");
        put_string(b, r->naptr.service);
        BUF_LIT(b, " \"\" ");
        put_name(b, r->naptr.replacement);
        return;
    }
}
