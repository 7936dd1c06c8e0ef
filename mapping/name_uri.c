/* The neutral address as URIs spell it: reading sip:, sips:, im: and pres:, hosts, writing, and
 * when two addresses are one person. */
#include "mapping/name.h"

#include <stdlib.h>

#include <idn2.h>

#include "base/hex.h"
#include "base/utf8.h"

enum { LABELS_MIN = 2, LABEL_MAX = 63, URI_MAX = 1024 };

/* ---- hosts ---- */

static bool is_ipv4(struct span s)
{
    unsigned parts = 0;

    while (s.n > 0) {
        size_t dot = span_find(s, '.');
        uint64_t v;

        if (++parts > 4 || dot > 3 || !span_number(span_first(s, dot), 255, &v))
            return false;
        if (dot + 1 == s.n)
            return false;
        s = span_skip(s, dot + 1);
    }
    return parts == 4;
}

static bool is_label(struct span s)
{
    if (s.n == 0 || s.n > LABEL_MAX || s.p[0] == '-' || s.p[s.n - 1] == '-')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!(s.p[i] >= 'a' && s.p[i] <= 'z') && !(s.p[i] >= '0' && s.p[i] <= '9') && s.p[i] != '-')
            return false;
    return true;
}

static bool is_host(struct span s, const struct name_rules *rules)
{
    unsigned labels = 0;

    if (s.n == 0 || s.n > ADDRESS_HOST_MAX)
        return false;
    if (s.p[0] <= '9' && is_ipv4(s))
        return rules->allow_ip;
    for (struct span left = s; left.n > 0;) {
        size_t dot = span_find(left, '.');

        if (!is_label(span_first(left, dot)) || dot + 1 == left.n)
            return false;
        labels++;
        left = span_skip(left, dot + 1);
    }
    return labels >= LABELS_MIN || rules->allow_short_hosts;
}

/* U-labels to A-labels (IDNA 2008 with the compatibility mapping of UTS 46). */
static enum err to_ascii(struct arena *a, struct span host, struct span *out)
{
    struct span z = arena_copy(a, host); /* with a NUL behind it */
    char *ascii = NULL;
    int rc;

    if (z.n == 0)
        return ERR_NOMEM;
    if (!utf8_valid(z) || span_find(z, 0) < z.n)
        return ERR_BAD_HOST;
    rc = idn2_to_ascii_8z((const char *)z.p, &ascii, IDN2_NONTRANSITIONAL | IDN2_NFC_INPUT);
    if (rc != IDN2_OK)
        return rc == IDN2_MALLOC ? ERR_NOMEM : ERR_BAD_HOST;
    *out = arena_copy(a, span_str(ascii));
    idn2_free(ascii);
    return out->n ? OK : ERR_NOMEM;
}

enum err host_norm(struct arena *a, struct span host, const struct name_rules *rules,
                   struct span *out)
{
    bool ascii = true;
    uint8_t *lower;

    for (size_t i = 0; i < host.n; i++)
        ascii = ascii && host.p[i] < 0x80;
    if (host.n > (size_t)4 * ADDRESS_HOST_MAX)
        return ERR_BAD_HOST;
    if (!ascii) {
        enum err e = to_ascii(a, host, &host);

        if (e)
            return e;
    }
    if (host.n > 0 && host.p[host.n - 1] == '.')
        host.n--;
    if (host.n == 0 || host.n > ADDRESS_HOST_MAX)
        return ERR_BAD_HOST;
    lower = arena_alloc(a, host.n);
    if (!lower)
        return ERR_NOMEM;
    for (size_t i = 0; i < host.n; i++)
        lower[i] = ascii_lower(host.p[i]);
    *out = span_of(lower, host.n);
    return is_host(*out, rules) ? OK : ERR_BAD_HOST;
}

bool host_is_own(const struct name_rules *rules, struct span host)
{
    for (size_t i = 0; i < rules->own_count; i++)
        if (span_eq(rules->own[i], host))
            return true;
    return false;
}

/* ---- reading ---- */

/* Percent-decodes once; 1 to 64 octets of UTF-8 without control characters. */
static enum err user_decode(struct arena *a, struct span user, struct span *out)
{
    uint8_t *to = user.n <= (size_t)3 * ADDRESS_USER_MAX ? arena_alloc(a, user.n + 1) : NULL;
    size_t n = 0;
    bool ascii = true; /* printable */

    if (!to)
        return arena_ok(a) ? ERR_BAD_NAME : ERR_NOMEM;
    for (size_t i = 0; i < user.n; i++) {
        uint8_t c = user.p[i];

        if (c == ':') /* a password */
            return ERR_BAD_NAME;
        if (c == '%') {
            if (!hex_read(span_of(user.p + i + 1, user.n - i < 3 ? 0 : 2), &c, 1))
                return ERR_BAD_NAME;
            i += 2;
        }
        ascii = ascii && c >= 0x20 && c < 0x7F;
        to[n++] = c;
    }
    *out = span_of(to, n);
    if (n > ADDRESS_USER_MAX || (!ascii && !utf8_valid(*out)))
        return ERR_BAD_NAME;
    if (ascii)
        return OK;
    for (struct span left = *out; left.n > 0;) {
        uint32_t c = utf8_next(&left);

        if (c < 0x20 || (c >= 0x7F && c <= 0x9F))
            return ERR_BAD_NAME;
    }
    return OK;
}

/* Our own users: the normal form of the name, or what is nobody's. */
static enum err own_user(struct arena *a, struct span decoded, struct span *out)
{
    enum name_class class;

    *out = name_norm_in(a, decoded, &class);
    if (!arena_ok(a))
        return ERR_NOMEM;
    return class == NAME_BAD ? ERR_NO_USER : OK;
}

enum err address_from_parts(struct span user, struct span host, const struct name_rules *rules,
                            struct arena *a, struct address *out)
{
    bool own;
    enum err e;

    *out = (struct address){0};
    own = host_is_own(rules, host); /* usually, and as we write it */
    e = own ? OK : host_norm(a, host, rules, &out->host);
    /* our own domain may be a short one or a literal, whatever the rules for others */
    own = own || ((e == OK || e == ERR_BAD_HOST) && out->host.n && host_is_own(rules, out->host));
    if (e && !own)
        return e;
    if (own)
        out->host = rules->own[0]; /* M-111: answers use the primary domain */
    if (user.n == 0)
        return ERR_NO_USER;
    e = user_decode(a, user, &out->user);
    if (e == OK && own)
        e = own_user(a, out->user, &out->user);
    return e == ERR_BAD_NAME && own ? ERR_NO_USER : e;
}

static bool take_scheme(struct span *uri)
{
    static const char *const schemes[] = {"sip:", "sips:", "im:", "pres:"};

    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (span_case_starts(*uri, span_str(schemes[i]))) {
            *uri = span_skip(*uri, strlen(schemes[i]));
            return true;
        }
    }
    return false;
}

/* host [":" port] [";" parameters] ["?" headers]; the octets of a host only. */
static struct span host_part(struct span right)
{
    right = span_first(right, span_find(right, '?'));
    right = span_first(right, span_find(right, ';'));
    if (right.n > 0 && right.p[0] == '[')
        return right; /* IPv6 never makes a name: host_norm refuses the bracket */
    return span_first(right, span_find(right, ':'));
}

enum err uri_to_address(struct span uri, const struct name_rules *rules, struct arena *a,
                        struct address *out)
{
    size_t at;
    struct span right;

    if (uri.n > URI_MAX)
        return ERR_BAD_NAME;
    if (!take_scheme(&uri))
        return ERR_BAD_SCHEME;
    at = span_find(uri, '@');
    if (at == uri.n)
        return ERR_NO_USER;
    right = span_skip(uri, at + 1);
    if (span_find(right, '@') < right.n)
        return ERR_BAD_NAME;
    return address_from_parts(span_first(uri, at), host_part(right), rules, a, out);
}

/* ---- writing ---- */

static void put_user(struct buf *out, struct span user, const char *as_they_are)
{
    for (size_t i = 0; i < user.n; i++) {
        uint8_t c = user.p[i];

        if ((ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9') ||
            (c && strchr(as_they_are, c))) {
            buf_u8(out, c);
        } else {
            buf_u8(out, '%');
            buf_u8(out, (uint8_t) "0123456789ABCDEF"[c >> 4]);
            buf_u8(out, (uint8_t) "0123456789ABCDEF"[c & 15]);
        }
    }
}

void address_to_uri(struct buf *out, enum uri_scheme scheme, const struct address *a)
{
    static const char *const schemes[] = {"sip:", "sips:", "im:", "pres:"};
    bool sip = scheme == URI_SIP || scheme == URI_SIPS;

    buf_str(out, schemes[scheme]);
    /* RFC 3261 25.1 user; RFC 3859 and 3860 appendix A take the mailbox of mailto */
    put_user(out, a->user, sip ? "-_.!~*'()&=+$,;?/" : "-._~!$'*+");
    buf_u8(out, '@');
    buf_add(out, a->host);
}

void address_to_sip_uri(struct buf *out, const struct address *a)
{
    address_to_uri(out, a->secure ? URI_SIPS : URI_SIP, a);
}

void address_to_im_uri(struct buf *out, const struct address *a)
{
    address_to_uri(out, URI_IM, a);
}

void address_to_pres_uri(struct buf *out, const struct address *a)
{
    address_to_uri(out, URI_PRES, a);
}

/* ---- comparing ---- */

bool address_is_own(const struct name_rules *rules, const struct address *a)
{
    return host_is_own(rules, a->host);
}

static bool folds(const struct name_rules *rules, struct span host)
{
    return !rules->case_sensitive || host_is_own(rules, host) ||
           !rules->case_sensitive(rules->ctx, host);
}

bool address_equal(const struct name_rules *rules, const struct address *a, const struct address *b)
{
    if (!span_eq(a->host, b->host))
        return false;
    return folds(rules, a->host) ? span_case_eq(a->user, b->user) : span_eq(a->user, b->user);
}

void address_key(struct buf *out, const struct name_rules *rules, const struct address *a)
{
    name_esc(out, a->user, folds(rules, a->host));
    buf_u8(out, '@');
    buf_add(out, a->host);
}

void address_pair_key(struct buf *out, const struct name_rules *rules, struct span owner,
                      const struct address *a, struct span key)
{
    buf_add(out, owner);
    buf_u8(out, ' ');
    if (key.n)
        buf_add(out, key);
    else
        address_key(out, rules, a);
}

bool address_is_anonymous(const struct address *a)
{
    struct span invalid = SPAN(".invalid");

    return (a->host.n > invalid.n && span_eq(span_skip(a->host, a->host.n - invalid.n), invalid)) ||
           span_is(a->host, "invalid");
}
