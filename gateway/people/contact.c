/* A registered phone: where its Contact leads. */
#include "gateway/people/account.h"

#include <stdlib.h>

#include "gateway/people/hop.h"

/* The proxy that requests to it go through first (RFC 3327), else itself. */
static struct span next_uri(const struct contact *c)
{
    struct span path = c->c.path;
    struct sip_name_addr first;

    return path.n && sip_name_addr_read(&path, &first) ? first.uri : c->c.uri;
}

/* Where its URI leads, if it says so in numbers. A phone behind a NAT names an address that only it
 * knows: then what it sent from is where it is. */
static void resolve(struct contact *c)
{
    struct sip_uri u;
    struct sip_param transport;

    if (!sip_uri_parse(next_uri(c), &u) || u.ip.family == 0 || !sip_addr_is_unicast(&u.ip))
        return;
    c->to = (struct sip_hop){.transport = SIP_TRANSPORT_UDP, .addr = u.ip};
    if (sip_uri_param(&u, "transport", &transport))
        c->to.transport = sip_transport_find(transport.value);
    c->to.addr.port = u.port ? u.port : sip_transport_port(c->to.transport);
    if (hop_is_web(&c->from))
        return; /* S-444, RFC 7118 5.5: a browser is reached over its own connection, whatever its
                   Contact says */
    c->direct =
        (c->to.transport == SIP_TRANSPORT_UDP || c->to.transport == SIP_TRANSPORT_TCP) &&
        (c->from.transport != SIP_TRANSPORT_UDP || sip_addr_same_host(&c->to.addr, &c->from.addr));
}

struct contact *contact_new(struct worker *w, struct account *a, const struct sip_contact *in,
                            const struct sip_hop *from)
{
    struct contact *c = calloc(1, sizeof *c + in->uri.n + in->instance.n + in->methods.n +
                                      in->path.n + in->call_id.n);
    uint8_t *at = (uint8_t *)(c + 1);

    if (!c)
        return NULL;
    c->c = *in;
    c->c.uri = span_place(&at, in->uri);
    c->c.instance = span_place(&at, in->instance);
    c->c.methods = span_place(&at, in->methods);
    c->c.path = span_place(&at, in->path);
    c->c.call_id = span_place(&at, in->call_id);
    c->expires =
        w->unix_now + (int64_t)(in->expires_at > w->now ? (in->expires_at - w->now) / 1000 : 0);
    c->since = w->unix_now;
    c->from = *from;
    c->account = a;
    resolve(c);
    w->metrics.sip_contacts++;
    return c;
}

void contact_free(struct worker *w, struct contact *c)
{
    list_remove(&c->node);
    list_remove(&c->of_flow);
    w->metrics.sip_contacts--;
    free(c);
}

const struct contact *contact_by_way(const struct account *a, const struct sip_hop *from)
{
    LIST_EACH (struct contact, c, &a->contacts, node) {
        if (c->from.transport != from->transport)
            continue;
        if (from->transport == SIP_TRANSPORT_UDP ? sip_addr_eq(&c->from.addr, &from->addr)
                                                 : c->from.flow == from->flow && from->flow)
            return c;
    }
    return NULL;
}
