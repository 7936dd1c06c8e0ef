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

static void copy_texts(struct arena *a, struct rr *r)
{
    r->name = arena_copy(a, r->name);
    if (r->type == RR_CNAME) {
        r->alias = arena_copy(a, r->alias);
    } else if (r->type == RR_SRV) {
        r->srv.target = arena_copy(a, r->srv.target);
    } else if (r->type == RR_NAPTR) {
        r->naptr.flags = arena_copy(a, r->naptr.flags);
        r->naptr.service = arena_copy(a, r->naptr.service);
        r->naptr.replacement = arena_copy(a, r->naptr.replacement);
    }
}

bool rr_answer_copy(struct arena *a, const struct rr_answer *in, struct rr_answer *out)
{
    size_t n = in->n + in->more;
    struct rr *rrs = arena_alloc(a, n * sizeof *rrs);

    if (!rrs)
        return false;
    for (size_t i = 0; i < n; i++) {
        rrs[i] = in->rrs[i];
        copy_texts(a, &rrs[i]);
    }
    *out = *in;
    out->rrs = rrs;
    out->name = arena_copy(a, in->name);
    return arena_ok(a);
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
