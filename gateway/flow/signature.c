#include "gateway/flow/signature.h"

#include <assert.h>

#include "base/base64.h"
#include "simple/doc/passport.h"

static const struct signature_row rows[SIGNATURES] = {
#define SIGNATURE(id, status, reason, why, cure) [SIGNATURE_##id] = {status, reason, why, cure},
#include "gateway/flow/signature.def"
#undef SIGNATURE
};

const struct signature_row *signature_row(enum signature s)
{
    assert(s > SIGNATURE_UNASKED && s < SIGNATURES);
    return &rows[s];
}

static bool is_fresh(const struct signature_case *q, int64_t when)
{
    int64_t window = q->freshness; /* `when` is anything that fits */

    return when >= q->now - window && when <= q->now + window;
}

/* As claims have it (RFC 8224 8.5); empty: it is no URI of ours. */
static struct span canonical(const struct signature_case *q, struct span uri)
{
    struct sip_uri u;
    struct buf b = {0};
    struct span out = {0};

    if (sip_uri_parse(uri, &u) && u.scheme != SIP_SCHEME_OTHER)
        passport_print_uri(&b, &u);
    if (buf_ok(&b))
        out = arena_copy(q->arena, buf_span(&b));
    buf_fini(&b);
    return out;
}

/* The claim may have been made from a spelling of its own. */
static bool means(const struct signature_case *q, struct span claim, struct span uri)
{
    return uri.n > 0 && span_eq(canonical(q, claim), uri);
}

/* The user as a telephone number, which a signer may take an ICQ user for (RFC 8224 8.1, 8.3):
 * digits, with a plus before them or without. Empty: it is none. */
static struct span number_of(struct span uri)
{
    struct sip_uri u;
    struct span digits = {0};

    if (sip_uri_parse(uri, &u))
        digits = span_skip(u.user, u.user.n > 0 && u.user.p[0] == '+');
    for (size_t i = 0; i < digits.n; i++)
        if (digits.p[i] < '0' || digits.p[i] > '9')
            return (struct span){0};
    return digits;
}

static bool is_for(const struct signature_case *q, const struct passport *p)
{
    struct span to = canonical(q, q->msg->to.uri), number = number_of(q->msg->to.uri);

    for (size_t i = 0; i < p->dest_count; i++)
        if (means(q, p->dest[i], to))
            return true;
    for (size_t i = 0; number.n > 0 && i < p->number_count; i++)
        if (span_eq(p->numbers[i], number))
            return true;
    return false;
}

/* RFC 8224 6.2, step 4: the Date of the request. Absent it is not stale. */
static enum signature judge_date(const struct signature_case *q, bool *has, int64_t *date)
{
    *has = sip_date_parse(sip_msg_value(q->msg, SIP_HDR_DATE), date);
    if (!*has && sip_msg_has(q->msg, SIP_HDR_DATE))
        return SIGNATURE_NO_DATE;
    return *has && !is_fresh(q, *date) ? SIGNATURE_STALE : SIGNATURE_GOOD;
}

/* Step 5 of the full form: what it says must be what the request says. */
static enum signature judge_claims(const struct signature_case *q, const struct sip_identity *id,
                                   const struct credential *key)
{
    struct passport p;

    if (passport_parse(id->header, id->payload, q->arena, &p))
        return SIGNATURE_MALFORMED;
    if (!span_is(p.alg, "ES256"))
        return SIGNATURE_ALGORITHM;
    if (!span_is(p.typ, "passport") || p.ppt.n > 0)
        return SIGNATURE_MALFORMED;
    if (!is_fresh(q, p.iat))
        return SIGNATURE_STALE;
    if (!credential_is_good_at(key, p.iat))
        return SIGNATURE_EXPIRED;
    if (!span_eq(p.x5u, id->info) || !means(q, p.orig, canonical(q, q->msg->from.uri)) ||
        !is_for(q, &p))
        return SIGNATURE_CLAIMS;
    return SIGNATURE_GOOD;
}

/* Step 5 of the compact form: what was signed is made anew from the request. */
static void print_claims(const struct signature_case *q, const struct sip_identity *id,
                         int64_t date, struct buf *octets)
{
    struct passport_claims claims = {id->info, canonical(q, q->msg->from.uri),
                                     canonical(q, q->msg->to.uri), date};

    passport_print(octets, &claims);
}

static bool is_signed(const struct credential *key, const struct sip_identity *id,
                      struct span octets)
{
    struct buf signature = {.max = CREDENTIAL_SIGNATURE + 1};
    bool good = base64url_read(id->signature, &signature) && signature.n == CREDENTIAL_SIGNATURE &&
                credential_signed(key, octets, signature.p);

    buf_fini(&signature);
    return good;
}

static enum signature judge_signature(const struct signature_case *q, const struct sip_identity *id,
                                      const struct credential *key)
{
    bool compact = id->header.n == 0, has_date;
    struct buf made = {0};
    int64_t date;
    enum signature s = judge_date(q, &has_date, &date);

    if (s == SIGNATURE_GOOD && compact && !has_date)
        s = SIGNATURE_NO_DATE;
    if (s == SIGNATURE_GOOD && has_date && !credential_is_good_at(key, date)) /* step 4 */
        s = SIGNATURE_EXPIRED;
    if (s == SIGNATURE_GOOD && !compact)
        s = judge_claims(q, id, key);
    if (s != SIGNATURE_GOOD)
        return s;
    if (compact)
        print_claims(q, id, date, &made);
    if (!buf_ok(&made) || !is_signed(key, id, compact ? buf_span(&made) : id->octets))
        s = SIGNATURE_FORGED;
    buf_fini(&made);
    return s;
}

static enum signature judge_one(const struct signature_case *q, const struct sip_identity *id)
{
    const struct credential *key;

    if (id->alg.n > 0 && !span_is(id->alg, "ES256"))
        return SIGNATURE_ALGORITHM;
    key = credentials_find(q->keys, q->domain, id->info);
    if (!key)
        return SIGNATURE_UNKNOWN;
    if (!credential_names(key, q->domain))
        return SIGNATURE_DOMAIN;
    if (!credential_is_good_at(key, q->now))
        return SIGNATURE_EXPIRED;
    return judge_signature(q, id, key);
}

/* Of several faults the first is told; that a certificate is not at hand, only where it is so for
 * all of them (RFC 8224 6.2.2, 436). */
static enum signature worse(enum signature a, enum signature b)
{
    return a == SIGNATURE_GOOD || a == SIGNATURE_UNKNOWN ? b : a;
}

/* One that is good is enough (RFC 8224 6.2.1). One of an extension that we do not know is passed
 * over (6.2, step 1). */
enum signature signature_judge(const struct signature_case *q)
{
    enum signature fault = SIGNATURE_GOOD;
    const struct sip_hdr *h = sip_msg_hdr(q->msg, SIP_HDR_IDENTITY);
    bool extended = false;

    if (q->policy == CONF_IDENTITY_OFF || !credentials_have(q->keys, q->domain))
        return SIGNATURE_UNASKED;
    for (int i = 0; h && i < SIGNATURES_MAX; h = sip_msg_hdr_next(q->msg, h), i++) {
        struct sip_identity id;
        bool whole = sip_identity_parse(h->value, &id);
        enum signature s = whole ? SIGNATURE_GOOD : SIGNATURE_MALFORMED;

        if (whole && id.ppt.n > 0) {
            extended = true;
            continue;
        }
        if (whole)
            s = judge_one(q, &id);
        if (s == SIGNATURE_GOOD)
            return s;
        fault = worse(fault, s);
    }
    if (fault != SIGNATURE_GOOD)
        return fault;
    if (q->policy != CONF_IDENTITY_REQUIRED)
        return SIGNATURE_UNASKED;
    return extended ? SIGNATURE_EXTENSION : SIGNATURE_MISSING;
}
