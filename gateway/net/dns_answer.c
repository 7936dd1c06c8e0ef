#include "gateway/net/dns_answer.h"

#include <arpa/nameser.h>
#include <stdlib.h>

/* While one message is read. */
struct reading {
    ns_msg msg;
    const struct rr_question *q;
    struct arena *arena;
    struct rr rrs[RR_ANSWER_MAX];
    size_t n;
    struct rr more[RR_ANSWER_MAX]; /* CNAMEs and addresses beside */
    size_t n_more;
    struct span name; /* behind the CNAMEs so far */
    uint32_t ttl;
};

/* Lower case, without the dot at the end. What is no plain host or service name does not occur in
 * SIP: false. */
static bool take_name(struct arena *a, const char *text, struct span *out)
{
    struct span s = span_str(text);
    uint8_t *to;

    if (s.n && s.p[s.n - 1] == '.')
        s.n--;
    to = arena_alloc(a, s.n + 1);
    if (!to || s.n > RR_NAME_MAX)
        return false;
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = ascii_lower(s.p[i]);

        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.'))
            return false;
        to[i] = c;
    }
    *out = span_of(to, s.n);
    return true;
}

/* A compressed name at `at`; *after is behind it. */
static bool read_name(struct reading *r, const uint8_t *at, const uint8_t **after, struct span *out)
{
    char text[NS_MAXDNAME];
    int n = ns_name_uncompress(ns_msg_base(r->msg), ns_msg_end(r->msg), at, text, sizeof text);

    if (n < 0)
        return false;
    *after = at + n;
    return take_name(r->arena, text, out);
}

static bool read_string(struct reading *r, const uint8_t **at, const uint8_t *end, struct span *out)
{
    size_t n = *at < end ? **at : 0;

    if (*at >= end || (size_t)(end - *at) < 1 + n)
        return false;
    *out = arena_copy(r->arena, span_of(*at + 1, n));
    *at += 1 + n;
    return arena_ok(r->arena);
}

static bool read_address(const uint8_t *data, size_t n, struct sip_addr *out)
{
    *out = (struct sip_addr){.family = n == 4 ? 4 : 6};
    if (n != 4 && n != 16)
        return false;
    memcpy(out->ip, data, n);
    return true;
}

static bool read_naptr(struct reading *r, const uint8_t *at, const uint8_t *end, struct rr *out)
{
    struct span regexp;

    if (end - at < 4)
        return false;
    out->naptr.order = (uint16_t)ns_get16(at);
    out->naptr.preference = (uint16_t)ns_get16(at + 2);
    at += 4;
    return read_string(r, &at, end, &out->naptr.flags) &&
           read_string(r, &at, end, &out->naptr.service) && read_string(r, &at, end, &regexp) &&
           at < end && read_name(r, at, &at, &out->naptr.replacement) && at == end;
}

static bool read_srv(struct reading *r, const uint8_t *at, const uint8_t *end, struct rr *out)
{
    if (end - at < 7)
        return false;
    out->srv.priority = (uint16_t)ns_get16(at);
    out->srv.weight = (uint16_t)ns_get16(at + 2);
    out->srv.port = (uint16_t)ns_get16(at + 4);
    return read_name(r, at + 6, &at, &out->srv.target) && at == end;
}

/* False: not one of ours, or broken. */
static bool read_record(struct reading *r, const ns_rr *in, struct rr *out)
{
    const uint8_t *at = ns_rr_rdata(*in), *end = at + ns_rr_rdlen(*in);

    *out = (struct rr){.type = (enum rr_type)ns_rr_type(*in), .ttl = ns_rr_ttl(*in)};
    if (ns_rr_class(*in) != ns_c_in || !take_name(r->arena, ns_rr_name(*in), &out->name))
        return false;
    if (out->ttl > INT32_MAX)
        out->ttl = 0; /* RFC 2181 8 */
    switch (ns_rr_type(*in)) {
    case ns_t_a:
    case ns_t_aaaa:
        return ns_rr_rdlen(*in) == (ns_rr_type(*in) == ns_t_a ? 4 : 16) &&
               read_address(at, ns_rr_rdlen(*in), &out->addr);
    case ns_t_cname: return read_name(r, at, &at, &out->alias) && at == end;
    case ns_t_srv: return read_srv(r, at, end, out);
    case ns_t_naptr: return read_naptr(r, at, end, out);
    default: return false;
    }
}

static void keep(struct rr *to, size_t *n, const struct rr *one)
{
    if (*n < RR_ANSWER_MAX)
        to[(*n)++] = *one;
}

static void believe(struct reading *r, uint32_t ttl)
{
    if (ttl < r->ttl)
        r->ttl = ttl;
}

static size_t count(const struct reading *r, ns_sect section)
{
    size_t n = ns_msg_count(r->msg, section);

    return n < DNS_RECORDS_MAX ? n : DNS_RECORDS_MAX;
}

/* The alias of the name so far, anywhere in the answer: their order is not given. */
static bool follow(struct reading *r)
{
    for (size_t i = 0; i < count(r, ns_s_an); i++) {
        struct rr one;
        ns_rr rr;

        if (ns_parserr(&r->msg, ns_s_an, (int)i, &rr))
            return false;
        if (ns_rr_type(rr) != ns_t_cname || !read_record(r, &rr, &one) ||
            !span_eq(one.name, r->name))
            continue;
        keep(r->more, &r->n_more, &one);
        believe(r, one.ttl);
        r->name = one.alias;
        return true;
    }
    return false;
}

static void read_answers(struct reading *r)
{
    for (size_t i = 0; i < count(r, ns_s_an); i++) {
        struct rr one;
        ns_rr rr;

        if (ns_parserr(&r->msg, ns_s_an, (int)i, &rr))
            return;
        if (read_record(r, &rr, &one) && one.type == r->q->type && span_eq(one.name, r->name)) {
            keep(r->rrs, &r->n, &one);
            believe(r, one.ttl);
        }
    }
}

static bool is_target(const struct reading *r, struct span name)
{
    for (size_t i = 0; i < r->n; i++)
        if (span_eq(r->rrs[i].srv.target, name))
            return true;
    return false;
}

/* RFC 2782: addresses of the targets. */
static void read_additional(struct reading *r)
{
    for (size_t i = 0; i < count(r, ns_s_ar); i++) {
        struct rr one;
        ns_rr rr;

        if (ns_parserr(&r->msg, ns_s_ar, (int)i, &rr))
            return;
        if ((ns_rr_type(rr) == ns_t_a || ns_rr_type(rr) == ns_t_aaaa) &&
            read_record(r, &rr, &one) && is_target(r, one.name)) {
            keep(r->more, &r->n_more, &one);
            believe(r, one.ttl);
        }
    }
}

/* RFC 2308 5: how long a "no" holds: the smaller one of the SOA's TTL and its last field. */
static void read_negative_ttl(struct reading *r)
{
    for (size_t i = 0; i < count(r, ns_s_ns); i++) {
        uint32_t minimum;
        ns_rr rr;

        if (ns_parserr(&r->msg, ns_s_ns, (int)i, &rr))
            break;
        if (ns_rr_type(rr) != ns_t_soa || ns_rr_rdlen(rr) < 4)
            continue;
        minimum = (uint32_t)ns_get32(ns_rr_rdata(rr) + ns_rr_rdlen(rr) - 4);
        believe(r, minimum);
        believe(r, ns_rr_ttl(rr));
        return;
    }
    believe(r, DNS_SILENCE_TTL);
}

static const char *rcode_name(unsigned rcode)
{
    static const char *const names[] = {[ns_r_formerr] = "FORMERR",
                                        [ns_r_servfail] = "SERVFAIL",
                                        [ns_r_notimpl] = "NOTIMP",
                                        [ns_r_refused] = "REFUSED"};

    return rcode < sizeof names / sizeof names[0] && names[rcode] ? names[rcode] : "an error";
}

static void finish(struct reading *r, struct rr_answer *out)
{
    struct rr *all = arena_alloc(r->arena, (r->n + r->n_more) * sizeof *all);

    if (!all)
        return;
    memcpy(all, r->rrs, r->n * sizeof *all);
    memcpy(all + r->n, r->more, r->n_more * sizeof *all);
    *out = (struct rr_answer){.verdict = RR_ANSWERED,
                              .ttl = r->ttl,
                              .name = r->name,
                              .rrs = all,
                              .n = r->n,
                              .more = r->n_more};
    if (ns_msg_getflag(r->msg, ns_f_rcode) == ns_r_nxdomain)
        out->verdict = RR_NO_NAME;
}

static bool is_answer(struct reading *r)
{
    struct span name;
    ns_rr rr;

    if (!ns_msg_getflag(r->msg, ns_f_qr) || ns_msg_count(r->msg, ns_s_qd) != 1 ||
        ns_parserr(&r->msg, ns_s_qd, 0, &rr))
        return false;
    return take_name(r->arena, ns_rr_name(rr), &name) && span_eq(name, r->q->name) &&
           (enum rr_type)ns_rr_type(rr) == r->q->type;
}

void dns_answer_read(struct span message, const struct rr_question *q, struct arena *a,
                     struct rr_answer *out)
{
    struct reading *r = arena_alloc(a, sizeof *r);
    unsigned rcode;

    *out = (struct rr_answer){
        .verdict = RR_FAILED, .why = "a broken answer", .ttl = DNS_SILENCE_TTL, .name = q->name};
    if (!r || message.n > UINT16_MAX || ns_initparse(message.p, (int)message.n, &r->msg))
        return;
    r->q = q;
    r->arena = a;
    r->name = q->name;
    r->ttl = UINT32_MAX;
    rcode = (unsigned)ns_msg_getflag(r->msg, ns_f_rcode);
    if (!is_answer(r))
        return;
    if (rcode != ns_r_noerror && rcode != ns_r_nxdomain) {
        out->why = rcode_name(rcode);
        return;
    }
    for (int hop = 0; hop < RR_ALIASES_MAX && follow(r); hop++)
        ;
    read_answers(r);
    if (q->type == RR_SRV && r->n > 0)
        read_additional(r);
    if (r->n == 0)
        read_negative_ttl(r);
    finish(r, out);
}
