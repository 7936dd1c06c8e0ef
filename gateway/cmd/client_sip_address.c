/* Names and addresses of the line-mode SIP client. */
#include "gateway/cmd/sip.h"
#include "mapping/name.h"
#include "oscar/screenname.h"

static struct span domain_of(const struct ua *ua)
{
    return span_str(ua->t->cmd->conf->domain);
}

static size_t last_at(struct span s)
{
    size_t at = s.n;

    while (at > 0 && s.p[at - 1] != '@')
        at--;
    return at ? at - 1 : s.n;
}

/* The user part of one of our own: as it is compared, that is in lower case and without spaces. */
static bool put_own_user(struct buf *b, struct span name)
{
    char norm[SCREENNAME_WIRE_MAX + 1];
    struct span out;

    if (!screenname_normalise(name, norm, sizeof norm, &out) || out.n == 0)
        return false;
    buf_add(b, out);
    return true;
}

const char *ua_take_name(struct ua *ua, struct span typed)
{
    struct span name = span_trim(typed);
    size_t at = last_at(name);

    if (at < name.n && span_case_eq(span_skip(name, at + 1), domain_of(ua)))
        name = span_first(name, at);
    if (!put_own_user(&ua->user, name))
        return "is no screen name; user list shows all";
    sip_uri_print(&ua->uri, SIP_SCHEME_SIP, buf_span(&ua->user), domain_of(ua), 0);
    sip_uri_print(&ua->registrar, SIP_SCHEME_SIP, (struct span){0}, domain_of(ua), 0);
    return buf_ok(&ua->uri) && buf_ok(&ua->registrar) ? NULL : "cannot be kept: out of memory";
}

static struct span without_scheme(struct span s)
{
    static const struct span schemes[] = {SPAN("sip:"), SPAN("im:"), SPAN("pres:")};

    for (size_t i = 0; i < sizeof schemes / sizeof schemes[0]; i++)
        if (span_case_starts(s, schemes[i]))
            return span_skip(s, schemes[i].n);
    return s;
}

bool ua_address(const struct ua *ua, struct span typed, struct buf *uri)
{
    struct span s = without_scheme(span_trim(typed));
    size_t at = last_at(s);
    struct span host = at < s.n ? span_skip(s, at + 1) : domain_of(ua);
    struct buf user = {0};
    struct sip_uri parsed;
    bool ok = true;

    if (!s.p || s.n == 0)
        return false;
    if (span_case_eq(host, domain_of(ua)))
        ok = put_own_user(&user, span_first(s, at));
    else
        buf_add(&user, span_first(s, at));
    if (ok && user.n)
        sip_uri_print(uri, SIP_SCHEME_SIP, buf_span(&user), host, 0);
    ok = ok && user.n && buf_ok(uri) && sip_uri_parse(buf_span(uri), &parsed);
    buf_fini(&user);
    return ok;
}

void ua_put_name(const struct ua *ua, struct span uri, struct buf *out)
{
    struct sip_uri u;

    if (!sip_uri_parse(uri, &u) || !u.has_user || !sip_unescape(out, u.user)) {
        buf_reset(out);
        buf_add(out, uri);
        return;
    }
    if (span_case_eq(u.host, domain_of(ua)))
        return;
    buf_u8(out, '@');
    buf_add(out, u.host);
}
