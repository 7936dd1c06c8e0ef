/* name-addr and addr-spec, RFC 3261 20.10 and 25.1:
 *     name-addr = [ *(token LWS) / quoted-string ] LAQUOT URI RAQUOT
 *     value     = (name-addr / addr-spec) *(SEMI param)
 * Without <> a URI holds no comma, question mark or semicolon: what follows a ';' belongs to the
 * header field (20.10). */
#include "simple/wire/hdr_priv.h"
#include "simple/wire/scan.h"

/* scheme ":" and at least one octet, all of them such as may stand in a URI. */
static bool is_uri(struct span s)
{
    size_t colon = span_find(s, ':');

    if (colon == 0 || colon + 1 >= s.n || ascii_lower(s.p[0]) < 'a')
        return false;
    for (size_t i = 0; i < s.n; i++)
        if (!scan_is(s.p[i], SCAN_URI))
            return false;
    return true;
}

static bool read_brackets(struct span *in, struct sip_name_addr *out)
{
    size_t end = span_find(*in, '>');

    if (end == in->n)
        return false;
    out->brackets = true;
    out->uri = (struct span){in->p + 1, end - 1};
    scan_drop(in, end + 1);
    return is_uri(out->uri);
}

/* Tokens with white space between them, up to a '<'. Octets over 0x7F are taken as well: the
 * grammar wants them quoted, many phones do not. False, and nothing taken, if no '<' follows. */
static bool read_display(struct span *in, struct sip_name_addr *out)
{
    struct span s = *in;

    while (s.n > 0 && (scan_is(s.p[0], SCAN_TOKEN | SCAN_LWS) || s.p[0] >= 0x80))
        scan_drop(&s, 1);
    if (scan_peek(s) != '<')
        return false;
    out->display = scan_trim(scan_since(*in, s));
    *in = s;
    return true;
}

static bool read_addr_spec(struct span *in, struct sip_name_addr *out)
{
    size_t n = 0;

    while (n < in->n && scan_is(in->p[n], SCAN_URI) && in->p[n] != ';' && in->p[n] != ',')
        n++;
    out->uri = span_first(*in, n);
    scan_drop(in, n);
    return is_uri(out->uri) && span_find(out->uri, '?') == n;
}

static bool read_address(struct span *in, struct sip_name_addr *out)
{
    if (scan_peek(*in) == '"') {
        out->display_quoted = true;
        if (!scan_quoted(in, &out->display))
            return false;
        scan_lws(in);
        return scan_peek(*in) == '<' && read_brackets(in, out);
    }
    if (scan_peek(*in) == '<' || read_display(in, out))
        return read_brackets(in, out);
    return read_addr_spec(in, out);
}

bool sip_name_addr_read(struct span *in, struct sip_name_addr *out)
{
    struct span s = *in, start;
    struct sip_param param;

    scan_clear(out, sizeof *out);
    scan_lws(&s);
    start = s;
    if (!read_address(&s, out))
        return false;
    out->text = scan_since(start, s);
    if (s.n > 0) {
        scan_lws(&s);
        out->params = s;
        while (sip_param_next(&s, &param, NULL))
            if (out->tag.n == 0 && scan_is_word(param.name, SPAN("tag")))
                out->tag = param.value;
        out->params = scan_since(out->params, s);
        if (out->params.n > 0)
            out->text = scan_since(start, s);
    }
    *in = s;
    return sip_value_end(in);
}

bool sip_name_addr_parse(struct span value, struct sip_name_addr *out)
{
    return sip_name_addr_read(&value, out) && value.n == 0;
}

bool sip_name_addr_next(struct sip_each *c, struct sip_name_addr *out)
{
    scan_clear(out, sizeof *out);
    if (!sip_each_ready(c))
        return false;
    return sip_name_addr_read(&c->rest, out) ? true : sip_each_fail(c);
}

void sip_display_text(struct buf *b, const struct sip_name_addr *a)
{
    for (size_t i = 0; i < a->display.n; i++) {
        uint8_t c = a->display.p[i];

        if (c == '\\' && a->display_quoted && i + 1 < a->display.n) {
            c = a->display.p[++i];
        } else if (c == '\r' || c == '\n') {
            while (i + 1 < a->display.n && scan_is(a->display.p[i + 1], SCAN_LWS))
                i++;
            c = ' ';
        }
        buf_u8(b, c);
    }
}
