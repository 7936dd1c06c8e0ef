#include "simple/txn/dialog.h"

#include <stdlib.h>

#include "simple/wire/print.h"

void dialog_fini(struct dialog *d)
{
    free(d->text);
    d->text = NULL;
}

/* --- the parts --- */

static bool is_loose(struct span route)
{
    struct sip_uri u;

    return sip_uri_parse(route, &u) && sip_uri_param(&u, "lr", NULL);
}

static bool is_clean(struct span s) /* may stand in a line */
{
    return span_find(s, '\r') == s.n && span_find(s, '\n') == s.n && span_find(s, 0) == s.n;
}

static bool are_clean(const struct dialog_parts *p)
{
    return p->local_tag.n > 0 && p->local_tag.n <= DIALOG_TAG_MAX && is_clean(p->call_id) &&
           is_clean(p->local_tag) && is_clean(p->remote_tag) && is_clean(p->local) &&
           is_clean(p->remote) && is_clean(p->target) && is_clean(p->routes) &&
           span_find(p->target, ' ') == p->target.n && span_find(p->target, '>') == p->target.n;
}

/* Copies them; NULL: no memory, or too long. */
static uint8_t *join(const struct dialog_parts *p, uint16_t ends[DIALOG_PARTS])
{
    const struct span all[DIALOG_PARTS] = {
        [DIALOG_CALL_ID] = p->call_id, [DIALOG_REMOTE_TAG] = p->remote_tag,
        [DIALOG_LOCAL] = p->local,     [DIALOG_REMOTE] = p->remote,
        [DIALOG_TARGET] = p->target,   [DIALOG_ROUTES] = p->routes,
        [DIALOG_EXTRA] = p->extra,
    };
    size_t n = 0;
    uint8_t *text, *at;

    for (int i = 0; i < DIALOG_PARTS; i++) {
        n += all[i].n;
        if (n > DIALOG_TEXT_MAX)
            return NULL;
        ends[i] = (uint16_t)n;
    }
    at = text = malloc(n ? n : 1);
    for (int i = 0; text && i < DIALOG_PARTS; i++)
        (void)span_place(&at, all[i]);
    return text;
}

bool dialog_set(struct dialog *d, const struct dialog_parts *parts)
{
    struct span rest = parts->routes;
    struct sip_name_addr first = {0};
    uint16_t ends[DIALOG_PARTS];
    uint8_t *text;

    if (!are_clean(parts) || (parts->routes.n > 0 && !sip_name_addr_read(&rest, &first)))
        return false;
    text = join(parts, ends);
    if (!text)
        return false;
    if (d->tag_n == 0) {
        memcpy(d->tag, parts->local_tag.p, parts->local_tag.n);
        d->tag_n = (uint8_t)parts->local_tag.n;
    }
    d->strict = parts->routes.n > 0 && !is_loose(first.uri);
    free(d->text);
    d->text = text;
    memcpy(d->ends, ends, sizeof ends);
    return true;
}

struct dialog_parts dialog_parts(const struct dialog *d)
{
    return (struct dialog_parts){
        .call_id = dialog_part(d, DIALOG_CALL_ID),
        .local_tag = dialog_key(d),
        .remote_tag = dialog_part(d, DIALOG_REMOTE_TAG),
        .local = dialog_part(d, DIALOG_LOCAL),
        .remote = dialog_part(d, DIALOG_REMOTE),
        .target = dialog_part(d, DIALOG_TARGET),
        .routes = dialog_part(d, DIALOG_ROUTES),
        .extra = dialog_part(d, DIALOG_EXTRA),
    };
}

struct span dialog_next_uri(const struct dialog *d)
{
    struct span routes = dialog_part(d, DIALOG_ROUTES);
    struct sip_name_addr first;

    return routes.n && sip_name_addr_read(&routes, &first) ? first.uri
                                                           : dialog_part(d, DIALOG_TARGET);
}

struct span dialog_uri(const struct dialog *d)
{
    return d->strict ? dialog_next_uri(d) : dialog_part(d, DIALOG_TARGET);
}

/* --- printing the lines that stay --- */

/* S-149, RFC 3261 12.2.1.1: if the first route is not loose it is the Request-URI, and the target
 * the last route. */
static void put_route_line(const struct dialog *d, struct buf *b)
{
    struct span rest = dialog_part(d, DIALOG_ROUTES);
    struct sip_name_addr first;

    if (!rest.n)
        return;
    if (d->strict)
        sip_name_addr_read(&rest, &first);
    BUF_LIT(b, "Route: ");
    buf_add(b, rest);
    if (d->strict) {
        if (rest.n)
            BUF_LIT(b, ", ");
        BUF_LIT(b, "<");
        buf_add(b, dialog_part(d, DIALOG_TARGET));
        BUF_LIT(b, ">");
    }
    BUF_LIT(b, "\r\n");
}

void dialog_put_head(const struct dialog *d, struct buf *b)
{
    struct span remote_tag = dialog_part(d, DIALOG_REMOTE_TAG);

    BUF_LIT(b, "Max-Forwards: 70\r\n");
    put_route_line(d, b);
    BUF_LIT(b, "From: ");
    buf_add(b, dialog_part(d, DIALOG_LOCAL));
    BUF_LIT(b, ";tag=");
    buf_add(b, dialog_key(d));
    BUF_LIT(b, "\r\nTo: ");
    buf_add(b, dialog_part(d, DIALOG_REMOTE));
    if (remote_tag.n)
        BUF_LIT(b, ";tag=");
    buf_add(b, remote_tag);
    BUF_LIT(b, "\r\nCall-ID: ");
    buf_add(b, dialog_part(d, DIALOG_CALL_ID));
    BUF_LIT(b, "\r\n");
    buf_add(b, dialog_part(d, DIALOG_EXTRA));
}

/* --- reading the parts --- */

void dialog_put_party(struct buf *b, const struct sip_name_addr *a)
{
    struct span value = a->text;

    if (a->params.n)
        value.n = (size_t)(a->params.p - value.p);
    sip_put_unfolded(b, span_trim(value));
}

bool dialog_put_routes(struct buf *b, const struct sip_msg *m)
{
    struct sip_each each = sip_each(m, SIP_HDR_RECORD_ROUTE);
    struct sip_name_addr a;
    int n = 0;

    while (sip_name_addr_next(&each, &a)) {
        if (!a.brackets || ++n > DIALOG_ROUTES_MAX)
            return false;
        if (n > 1)
            BUF_LIT(b, ", ");
        BUF_LIT(b, "<");
        buf_add(b, a.uri);
        BUF_LIT(b, ">");
    }
    return !each.bad && buf_ok(b);
}

bool dialog_target(const struct sip_msg *m, struct span *uri)
{
    struct sip_each each = sip_each(m, SIP_HDR_CONTACT);
    struct sip_contact_value c, more;
    struct sip_uri u;

    if (!sip_contact_next(&each, &c) || c.star || sip_contact_next(&each, &more) || each.bad)
        return false;
    *uri = c.addr.uri;
    return sip_uri_parse(c.addr.uri, &u) &&
           (u.scheme == SIP_SCHEME_SIP || u.scheme == SIP_SCHEME_SIPS);
}

bool dialog_is(const struct dialog *d, const struct sip_msg *m)
{
    struct span remote_tag = dialog_part(d, DIALOG_REMOTE_TAG);

    return span_eq(dialog_part(d, DIALOG_CALL_ID), m->call_id) && /* S-127: octet by octet */
           (remote_tag.n == 0 || span_eq(remote_tag, m->from.tag));
}

bool dialog_advance(struct dialog *d, const struct sip_msg *m)
{
    if (d->has_remote_cseq && m->cseq.number <= d->remote_cseq)
        return false;
    d->has_remote_cseq = true;
    d->remote_cseq = m->cseq.number;
    return true;
}
