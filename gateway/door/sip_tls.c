/* Connections of the SIP door under TLS: who has proven to be whom, and which of them a request may
 * go out by (RFC 5922, RFC 5923). */
#include "gateway/door/sip_priv.h"
#include "gateway/net/tls.h"
#include "gateway/peer/peers.h"

static struct sip_conn *conn_at(struct sip_end_node *n)
{
    return n->source ? LIST_OF(n, struct sip_conn, at) : LIST_OF(n, struct sip_conn, alias);
}

static struct span name_of(const struct sip_door *d, uint32_t domain)
{
    return domains_name(peers_domains(d->w->peers), domain);
}

struct sip_conn *sip_tls_find(const struct sip_door *d, const struct sip_hop *hop)
{
    struct span name = name_of(d, hop->domain);
    struct sip_end_node *n = name.n ? sip_ends_find(&d->ends, hop->transport, &hop->addr) : NULL;

    for (; n; n = sip_ends_next(n)) {
        struct sip_conn *c = conn_at(n);

        if (c->stands ? stream_proves(c->stream, name) : c->ours && c->hop.domain == hop->domain)
            return c;
    }
    return NULL;
}

bool sip_tls_begin(struct sip_conn *c, uint32_t domain)
{
    struct span name = name_of(c->door, domain);

    c->hop.domain = domain;
    return name.n && stream_secure(c->stream, c->door->w->tls, TLS_CALLS, name) == OK;
}

void sip_tls_stands(struct sip_conn *c)
{
    struct worker *w = c->door->w;
    struct span names = stream_names(c->stream);

    if (c->ours)
        domains_note(peers_domains(w->peers), c->hop.domain, NULL);
    while (!c->hop.domain &&
           names.n) { /* answers that must find another way go to the same domain */
        size_t end = span_find(names, ' ');

        if (peer_find(w->peers, span_first(names, end)))
            c->hop.domain = domains_number(peers_domains(w->peers), span_first(names, end));
        names = span_skip(names, end + 1);
    }
}

void sip_tls_ended(struct sip_conn *c, const char *why)
{
    if (c->ours && stream_is_mistrusted(c->stream))
        domains_note(peers_domains(c->door->w->peers), c->hop.domain, why);
}

bool sip_door_proves(const struct sip_door *d, uint32_t flow, struct span domain)
{
    const struct sip_conn *c = sip_conn_of_flow(d, flow);

    return c && stream_proves(c->stream, domain);
}

struct span sip_door_names(const struct sip_door *d, uint32_t flow)
{
    const struct sip_conn *c = sip_conn_of_flow(d, flow);

    return c ? stream_names(c->stream) : (struct span){0};
}

void sip_door_alias(struct sip_door *d, uint32_t flow, uint16_t port)
{
    struct sip_conn *c = sip_conn_of_flow(d, flow);

    if (!c || c->ours || c->kind->transport != SIP_TRANSPORT_TLS || c->aliased.addr.port == port)
        return;
    sip_ends_remove(&d->ends, &c->alias);
    c->aliased = c->hop;
    c->aliased.addr.port = port;
    if (sip_ends_add_alias(&d->ends, &c->alias, c->kind->transport, &c->aliased.addr))
        c->aliased = (struct sip_hop){0};
}
