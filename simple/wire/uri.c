#include "simple/wire/uri.h"

#include "base/hex.h"
#include "simple/wire/scan.h"

static const char *const scheme_names[] = {"", "sip", "sips", "im", "pres"};

const char *sip_scheme_name(enum sip_scheme s)
{
    return s <= SIP_SCHEME_PRES ? scheme_names[s] : "";
}

static enum sip_scheme find_scheme(struct span name)
{
    for (int s = SIP_SCHEME_SIP; s <= SIP_SCHEME_PRES; s++)
        if (span_case_is(name, scheme_names[s]))
            return (enum sip_scheme)s;
    return SIP_SCHEME_OTHER;
}

/* scheme ":" of RFC 3986 3.1, off the front of *in. */
static bool read_scheme(struct span *in, struct sip_uri *out)
{
    size_t n = 0;

    while (n < in->n && (scan_is(in->p[n], SCAN_HOST) || in->p[n] == '+'))
        n++;
    if (n == 0 || n == in->n || in->p[n] != ':' || ascii_lower(in->p[0]) < 'a')
        return false;
    out->scheme_name = span_first(*in, n);
    out->scheme = find_scheme(out->scheme_name);
    out->secure = out->scheme == SIP_SCHEME_SIPS;
    scan_drop(in, n + 1);
    return true;
}

/* userinfo "@", when there is an '@'. A second one can nowhere stand unescaped. */
static bool read_user(struct span *in, struct sip_uri *out)
{
    size_t at = span_find(*in, '@'), colon;
    struct span info = span_first(*in, at);

    if (at == in->n)
        return true;
    colon = span_find(info, ':');
    out->user = span_first(info, colon);
    out->password = span_skip(info, colon + 1);
    out->has_user = true;
    scan_drop(in, at + 1);
    return out->user.n > 0 && scan_all_escaped(out->user, SCAN_USER) &&
           scan_all_escaped(out->password, SCAN_USER);
}

/* host [":" port] */
static bool read_hostport(struct span *in, struct sip_uri *out)
{
    uint64_t port;

    if (!sip_host_read(in, &out->host, &out->ip) || out->host.n == 0)
        return false;
    if (scan_char(in, ':')) {
        if (!scan_number(in, 65535, &port) || port == 0)
            return false;
        out->port = (uint16_t)port;
        out->ip.port = out->port;
    }
    return true;
}

static bool read_params(struct span *in, struct sip_uri *out)
{
    struct span rest;
    struct sip_param param;
    int count = 0;

    out->params = span_first(*in, span_find(*in, '?'));
    rest = out->params;
    scan_drop(in, rest.n);
    while (sip_uri_param_next(&rest, &param)) {
        if (++count > SIP_URI_PARAMS_MAX || !scan_all_escaped(param.name, SCAN_PARAM) ||
            !scan_all_escaped(param.value, SCAN_PARAM))
            return false;
    }
    return rest.n == 0;
}

static bool read_uri_headers(struct span in, struct sip_uri *out)
{
    struct sip_param header;
    int count = 0;

    out->has_headers = true;
    out->headers = in;
    while (sip_uri_header_next(&in, &header))
        if (++count > SIP_URI_PARAMS_MAX)
            return false;
    return scan_all_escaped(out->headers, SCAN_URI);
}

bool sip_uri_parse(struct span s, struct sip_uri *out)
{
    struct span in = s;

    scan_clear(out, sizeof *out);
    out->text = s;
    if (!read_scheme(&in, out))
        return false;
    if (out->scheme == SIP_SCHEME_OTHER) {
        for (size_t i = 0; i < in.n; i++)
            if (!scan_is(in.p[i], SCAN_URI))
                return false;
        return in.n > 0;
    }
    if (!read_user(&in, out) || !read_hostport(&in, out))
        return false;
    if (in.n > 0 && in.p[0] == ';' && !read_params(&in, out))
        return false;
    if (scan_char(&in, '?'))
        return read_uri_headers(in, out);
    return in.n == 0;
}

bool sip_uri_param_next(struct span *rest, struct sip_param *out)
{
    size_t end, eq;
    struct span all;

    *out = (struct sip_param){0};
    if (scan_peek(*rest) != ';')
        return false;
    all = span_skip(*rest, 1);
    end = span_find(all, ';');
    all = span_first(all, end);
    eq = span_find(all, '=');
    if (eq == 0 || all.n == 0)
        return false;
    out->name = span_first(all, eq);
    out->has_value = eq < all.n;
    out->value = span_skip(all, eq + 1);
    scan_drop(rest, all.n + 1);
    return true;
}

bool sip_uri_param(const struct sip_uri *u, const char *name, struct sip_param *out)
{
    struct span rest = u->params;
    struct sip_param param;

    while (sip_uri_param_next(&rest, &param)) {
        if (span_case_is(param.name, name)) {
            if (out)
                *out = param;
            return true;
        }
    }
    return false;
}

bool sip_uri_header_next(struct span *rest, struct sip_param *out)
{
    struct span all = span_first(*rest, span_find(*rest, '&'));
    size_t eq = span_find(all, '=');

    *out = (struct sip_param){.name = span_first(all, eq)};
    if (all.n == 0)
        return false;
    out->has_value = eq < all.n;
    out->value = span_skip(all, eq + 1);
    *rest = span_skip(*rest, all.n + 1);
    return true;
}

bool sip_unescape(struct buf *b, struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c == '%') {
            if (!hex_read((struct span){s.p + i + 1, s.n - i > 2 ? 2 : 0}, &c, 1))
                return false;
            i += 2;
        }
        buf_u8(b, c);
    }
    return true;
}

void sip_escape_user(struct buf *b, struct span user)
{
    static const char digits[] = "0123456789ABCDEF";

    for (size_t i = 0; i < user.n; i++) {
        uint8_t c = user.p[i];

        if (scan_is(c, SCAN_USER)) {
            buf_u8(b, c);
        } else {
            buf_u8(b, '%');
            buf_u8(b, (uint8_t)digits[c >> 4]);
            buf_u8(b, (uint8_t)digits[c & 15]);
        }
    }
}

void sip_uri_print(struct buf *b, enum sip_scheme scheme, struct span user, struct span host,
                   uint16_t port)
{
    bool literal = span_find(host, ':') < host.n && host.p[0] != '[';

    buf_str(b, sip_scheme_name(scheme));
    buf_u8(b, ':');
    if (user.n > 0) {
        sip_escape_user(b, user);
        buf_u8(b, '@');
    }
    if (literal)
        buf_u8(b, '[');
    buf_add(b, host);
    if (literal)
        buf_u8(b, ']');
    if (port != 0) {
        buf_u8(b, ':');
        buf_number(b, port);
    }
}
