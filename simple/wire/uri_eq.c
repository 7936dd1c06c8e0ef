/* When two URIs are the same: RFC 3261 19.1.4. */
#include "base/hex.h"
#include "simple/wire/scan.h"
#include "simple/wire/uri.h"

/* Takes one character, an escape counting as the octet it stands for. Escaped reserved characters
 * stay different from plain ones: 0x100 is added to those. */
static unsigned next_char(struct span *s)
{
    uint8_t c = s->p[0];

    if (c == '%' && hex_read((struct span){s->p + 1, s->n > 2 ? 2 : 0}, &c, 1)) {
        scan_drop(s, 3);
        /* unreserved = alphanum / "-_.!~*'()": those in the classes of both user and token, less
         * '+', and the two brackets */
        if ((scan_is(c, SCAN_USER) && scan_is(c, SCAN_TOKEN) && c != '+') || c == '(' || c == ')')
            return c;
        return c + 0x100U;
    }
    scan_drop(s, 1);
    return c;
}

static unsigned fold(unsigned c)
{
    return c < 0x80 ? ascii_lower((uint8_t)c) : c;
}

static bool same(struct span a, struct span b, bool folded)
{
    while (a.n > 0 && b.n > 0) {
        unsigned x = next_char(&a), y = next_char(&b);

        if (folded ? fold(x) != fold(y) : x != y)
            return false;
    }
    return a.n == 0 && b.n == 0;
}

static bool find_param(struct span rest, struct span name, struct sip_param *out)
{
    while (sip_uri_param_next(&rest, out))
        if (same(out->name, name, true))
            return true;
    return false;
}

/* A URI with one of these is never equal to one without it. */
static bool must_match(struct span name)
{
    static const char *const names[] = {"user", "ttl", "method", "maddr", "transport"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_case_is(name, names[i]))
            return true;
    return false;
}

/* Every parameter of a that is in b, or must be, has the same value there. */
static bool params_fit(struct span a, struct span b)
{
    struct sip_param mine, theirs;
    struct span rest = a;

    while (sip_uri_param_next(&rest, &mine)) {
        if (!find_param(b, mine.name, &theirs)) {
            if (must_match(mine.name))
                return false;
        } else if (mine.has_value != theirs.has_value || !same(mine.value, theirs.value, true)) {
            return false;
        }
    }
    return true;
}

static bool has_header(struct span rest, const struct sip_param *want)
{
    struct sip_param have;

    while (sip_uri_header_next(&rest, &have))
        if (same(have.name, want->name, true) && same(have.value, want->value, false))
            return true;
    return false;
}

/* Every header of a is in b, in any order. */
static bool headers_fit(struct span a, struct span b)
{
    struct sip_param h;

    while (sip_uri_header_next(&a, &h))
        if (!has_header(b, &h))
            return false;
    return true;
}

static bool same_host(const struct sip_uri *a, const struct sip_uri *b)
{
    if (a->ip.family || b->ip.family)
        return sip_addr_same_host(&a->ip, &b->ip);
    return span_case_eq(a->host, b->host);
}

bool sip_uri_eq(const struct sip_uri *a, const struct sip_uri *b)
{
    if (span_eq(a->text, b->text))
        return true;
    if (a->scheme != b->scheme || a->scheme == SIP_SCHEME_OTHER)
        return false;
    if (a->has_user != b->has_user || !same(a->user, b->user, false) || !same_host(a, b))
        return false;
    if (a->scheme == SIP_SCHEME_IM || a->scheme == SIP_SCHEME_PRES)
        return true;
    return same(a->password, b->password, false) && a->port == b->port &&
           params_fit(a->params, b->params) && params_fit(b->params, a->params) &&
           headers_fit(a->headers, b->headers) && headers_fit(b->headers, a->headers);
}
