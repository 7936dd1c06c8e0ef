/* Via: RFC 3261 20.42 and 25.1, rport of RFC 3581, IPv6 as RFC 5118 4.5 has it. */
#include "simple/wire/hdr_priv.h"
#include "simple/wire/scan.h"

#define IS(s, literal) scan_is_word((s), SPAN(literal))

/* sent-protocol: name SLASH version SLASH transport. Any version is taken here: the start line says
 * what the message is. */
static bool read_protocol(struct span *in, struct sip_via *out)
{
    if (in->n > 12 && memcmp(in->p, "SIP/2.0/", 8) == 0) {
        scan_drop(in, 8);
    } else if (!IS(scan_token(in), "sip") || !scan_separator(in, '/') || scan_token(in).n == 0 ||
               !scan_separator(in, '/')) {
        return false;
    }
    out->transport_name = scan_token(in);
    out->transport = sip_transport_find(out->transport_name);
    return out->transport_name.n > 0;
}

/* LWS host [COLON port] */
static bool read_sent_by(struct span *in, struct sip_via *out)
{
    uint64_t port;

    if (in->n == 0 || !scan_is(in->p[0], SCAN_LWS))
        return false;
    scan_lws(in);
    if (!sip_host_read(in, &out->host, &out->ip) || out->host.n == 0)
        return false;
    if (!scan_separator(in, ':'))
        return true;
    if (!scan_number(in, 65535, &port) || port == 0)
        return false;
    out->port = (uint16_t)port;
    out->ip.port = out->port;
    return true;
}

static struct span without_brackets(struct span s)
{
    if (s.n >= 2 && s.p[0] == '[' && s.p[s.n - 1] == ']')
        return (struct span){s.p + 1, s.n - 2};
    return s;
}

static bool take_param(struct sip_via *out, const struct sip_param *p)
{
    uint64_t port = 0;
    struct span value = p->value;

    if (IS(p->name, "branch")) {
        if (!out->has_branch)
            out->branch = p->value;
        out->has_branch = true;
    } else if (IS(p->name, "rport")) {
        out->has_rport = true;
        if (value.n > 0 && (!scan_number(&value, 65535, &port) || value.n > 0))
            return false;
        out->rport = (uint16_t)port;
    } else if (IS(p->name, "received")) {
        out->received = without_brackets(p->value);
    } else if (IS(p->name, "maddr")) {
        out->maddr = without_brackets(p->value);
    }
    return true;
}

bool sip_via_read(struct span *in, struct sip_via *out)
{
    struct span s = *in, start;
    struct sip_param param;

    scan_clear(out, sizeof *out);
    scan_lws(&s);
    start = s;
    if (!read_protocol(&s, out) || !read_sent_by(&s, out))
        return false;
    scan_lws(&s);
    out->params = s;
    while (sip_param_next(&s, &param, NULL))
        if (!take_param(out, &param))
            return false;
    out->params = scan_since(out->params, s);
    out->text = scan_since(start, s);
    *in = s;
    return sip_value_end(in);
}

bool sip_via_next(struct sip_each *c, struct sip_via *out)
{
    scan_clear(out, sizeof *out);
    if (!sip_each_ready(c))
        return false;
    return sip_via_read(&c->rest, out) ? true : sip_each_fail(c);
}
