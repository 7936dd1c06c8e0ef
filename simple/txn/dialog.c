#include "simple/txn/dialog.h"

#include <stdlib.h>

#include "simple/wire/print.h"

void dialog_fini(struct dialog *d)
{
    free(d->text);
    d->text = NULL;
}

/* --- printing the lines that stay --- */

/* Where a part begins in the buffer, until the buffer stops moving. */
struct piece {
    size_t at, n;
    struct span *to;
};

static void put_piece(struct buf *b, struct piece *p, struct span s, struct span *to)
{
    p->to = to;
    p->at = b->n;
    sip_put_unfolded(b, s);
    p->n = b->n - p->at;
}

static bool is_loose(const struct sip_name_addr *route)
{
    struct sip_uri u;

    return sip_uri_parse(route->uri, &u) && sip_uri_param(&u, "lr", NULL);
}

enum { CALL_ID, LOCAL_TAG, REMOTE_TAG, LOCAL, REMOTE, TARGET, ROUTES, EXTRA, URI, NEXT, PIECES };

static void put_tag(struct buf *b, struct piece *p, struct span tag, struct span *to)
{
    if (tag.n)
        BUF_LIT(b, ";tag=");
    put_piece(b, p, tag, to);
    BUF_LIT(b, "\r\n");
}

/* S-149, RFC 3261 12.2.1.1: if the first route is not loose it is the Request-URI, and the target
 * the last route. */
static void put_route_line(struct buf *b, const struct dialog_parts *parts, bool strict)
{
    struct span rest = parts->routes;
    struct sip_name_addr first;

    if (!parts->routes.n)
        return;
    if (strict)
        sip_name_addr_read(&rest, &first);
    BUF_LIT(b, "Route: ");
    sip_put_unfolded(b, rest);
    if (strict) {
        if (rest.n)
            BUF_LIT(b, ", ");
        BUF_LIT(b, "<");
        sip_put_unfolded(b, parts->target);
        BUF_LIT(b, ">");
    }
    BUF_LIT(b, "\r\n");
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

bool dialog_set(struct dialog *d, const struct dialog_parts *parts)
{
    struct buf b = {.max = DIALOG_TEXT_MAX};
    struct dialog made = *d;
    struct dialog_parts *p = &made.parts;
    struct piece at[PIECES];
    struct sip_name_addr first = {0};
    struct span rest = parts->routes;
    bool routed = parts->routes.n > 0;
    bool strict;
    size_t head;

    if (!are_clean(parts) || (routed && !sip_name_addr_read(&rest, &first)))
        return false;
    strict = routed && !is_loose(&first);
    put_piece(&b, &at[TARGET], parts->target, &p->target);
    put_piece(&b, &at[ROUTES], parts->routes, &p->routes);
    at[URI] = at[NEXT] = at[TARGET]; /* mostly the same: kept once */
    if (strict)
        put_piece(&b, &at[URI], first.uri, &made.uri);
    if (routed)
        put_piece(&b, &at[NEXT], first.uri, &made.next_uri);
    at[URI].to = &made.uri;
    at[NEXT].to = &made.next_uri;
    head = b.n;
    BUF_LIT(&b, "Max-Forwards: 70\r\n");
    put_route_line(&b, parts, strict);
    BUF_LIT(&b, "From: ");
    put_piece(&b, &at[LOCAL], parts->local, &p->local);
    put_tag(&b, &at[LOCAL_TAG], parts->local_tag, &p->local_tag);
    BUF_LIT(&b, "To: ");
    put_piece(&b, &at[REMOTE], parts->remote, &p->remote);
    put_tag(&b, &at[REMOTE_TAG], parts->remote_tag, &p->remote_tag);
    BUF_LIT(&b, "Call-ID: ");
    put_piece(&b, &at[CALL_ID], parts->call_id, &p->call_id);
    BUF_LIT(&b, "\r\n");
    at[EXTRA] = (struct piece){b.n, parts->extra.n, &p->extra};
    buf_add(&b, parts->extra);
    if (!buf_ok(&b)) {
        buf_fini(&b);
        return false;
    }
    for (int i = 0; i < PIECES; i++)
        *at[i].to = span_of(b.p + at[i].at, at[i].n);
    made.head = span_of(b.p + head, b.n - head);
    made.text = b.p;
    memcpy(made.tag, p->local_tag.p, p->local_tag.n);
    made.tag_n = (uint8_t)p->local_tag.n;
    free(d->text);
    *d = made;
    return true;
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
    return span_eq(d->parts.call_id, m->call_id) && /* S-127: octet by octet */
           (d->parts.remote_tag.n == 0 || span_eq(d->parts.remote_tag, m->from.tag));
}

bool dialog_advance(struct dialog *d, const struct sip_msg *m)
{
    if (d->has_remote_cseq && m->cseq.number <= d->remote_cseq)
        return false;
    d->has_remote_cseq = true;
    d->remote_cseq = m->cseq.number;
    return true;
}
