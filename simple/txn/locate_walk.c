/* One walk: RFC 3861 4 and RFC 3263 4, step by step. */
#include "simple/txn/locate_priv.h"

#define SIPS_PORT 5061

static const struct service {
    const char *naptr, *labels;
    enum sip_transport transport;
    bool secure;
} services[] = {
#define SERVICE(transport, naptr, labels, secure) \
    {naptr, labels, SIP_TRANSPORT_##transport, secure},
#include "simple/txn/locate.def"
};
enum { SERVICES = sizeof services / sizeof services[0] };

enum step {
    STEP_ON,   /* there are no such records: go on with the next step */
    STEP_WAIT, /* answers are missing */
    STEP_END,  /* such records decide, whatever came of them */
};

static bool is_offered(const struct locate *l, enum sip_transport t)
{
    return t != SIP_TRANSPORT_OTHER && (l->want.offers & LOCATE_OFFER(t));
}

/* ---- places ---- */

static void add_place(struct locate *l, const struct locate_place *how, const struct rr *address,
                      uint16_t port)
{
    struct locate_place *p = &l->places[l->n_places];

    if (l->n_places == LOCATE_PLACES_MAX || !sip_addr_is_unicast(&address->addr))
        return;
    *p = *how;
    p->address = address;
    p->addr = address->addr;
    p->addr.port = port;
    p->group = l->group;
    for (size_t i = 0; i < l->n_places; i++)
        if (l->places[i].transport == p->transport && sip_addr_eq(&l->places[i].addr, &p->addr))
            return;
    l->n_places++;
}

/* Addresses that came with the SRV record (RFC 2782: additional section). They are used for it and
 * for nothing else: who answers for one zone may say what he likes about others. */
static bool add_brought(struct locate *l, const struct locate_place *how,
                        const struct rr_answer *srv, enum rr_type type, struct span host,
                        uint16_t port)
{
    bool any = false;

    for (size_t i = srv ? srv->n : 0; srv && i < srv->n + srv->more; i++)
        if (srv->rrs[i].type == type && span_eq(srv->rrs[i].name, host)) {
            add_place(l, how, &srv->rrs[i], port);
            any = true;
        }
    return any;
}

/* Of one host, IPv6 first; both questions are asked at once. */
static enum step add_host(struct locate *l, const struct locate_place *how,
                          const struct rr_answer *srv, struct span host, uint16_t port)
{
    static const enum rr_type types[] = {RR_AAAA, RR_A};
    unsigned missing = 0, unknown = 0;

    l->group++;
    for (size_t t = 0; t < sizeof types / sizeof types[0]; t++) {
        const struct rr_answer *a;

        if (add_brought(l, how, srv, types[t], host, port))
            continue;
        a = locate_need(l, types[t], host);
        missing += !a;
        unknown += a && a->verdict == RR_NO_NAME;
        for (size_t i = 0; a && i < a->n; i++)
            add_place(l, how, &a->rrs[i], port);
    }
    if (how->why == LOCATE_BY_HOST || how->why == LOCATE_BY_PORT)
        l->no_domain = unknown == sizeof types / sizeof types[0];
    return missing ? STEP_WAIT : STEP_END;
}

/* RFC 3861 names no transport: what listens on the port of sips: speaks TLS, anything else TCP or
 * UDP. */
static enum step add_server_of_scheme(struct locate *l, struct locate_place *how,
                                      const struct rr_answer *a)
{
    static const enum sip_transport plain[] = {SIP_TRANSPORT_TCP, SIP_TRANSPORT_UDP},
                                    secure[] = {SIP_TRANSPORT_TLS};
    bool safe = how->srv->srv.port == SIPS_PORT;
    const enum sip_transport *over = safe ? secure : plain;
    size_t n = safe ? 1 : 2;
    enum step step = STEP_END;

    for (size_t i = 0; i < n; i++) {
        if (!is_offered(l, over[i])) {
            l->not_offered = true;
            continue;
        }
        how->transport = over[i];
        if (add_host(l, how, a, how->srv->srv.target, how->srv->srv.port) == STEP_WAIT)
            step = STEP_WAIT;
    }
    return step;
}

/* The SRV records of one name, in order. how->transport OTHER: they do not say which. */
static enum step add_servers(struct locate *l, struct span name, struct locate_place how)
{
    const struct rr_answer *a = locate_need(l, RR_SRV, name);
    bool open = how.transport == SIP_TRANSPORT_OTHER;
    enum step step = STEP_END;

    if (!a)
        return STEP_WAIT;
    if (a->verdict == RR_NO_NAME || (a->verdict == RR_ANSWERED && a->n == 0))
        return STEP_ON;
    for (size_t i = 0; i < a->n && i < LOCATE_SERVERS_MAX; i++) {
        enum step one = STEP_END;

        how.srv = &a->rrs[i];
        if (how.srv->srv.target.n == 0) /* ".": it is decidedly not offered */
            continue;
        if (open)
            one = add_server_of_scheme(l, &how, a);
        else
            one = add_host(l, &how, a, how.srv->srv.target, how.srv->srv.port);
        if (one == STEP_WAIT)
            step = STEP_WAIT;
    }
    return step;
}

/* `labels` "." domain, if that is short enough to be a name. */
static struct span under(char to[RR_NAME_MAX + 1], const char *labels, struct span domain)
{
    size_t n = strlen(labels) + 1 + domain.n;
    uint8_t *at = (uint8_t *)to;

    if (n > RR_NAME_MAX)
        return (struct span){0};
    (void)span_place(&at, span_str(labels));
    *at++ = '.';
    (void)span_place(&at, domain);
    return span_of(to, n);
}

static enum step add_service(struct locate *l, const struct service *s, struct span domain,
                             enum locate_why why)
{
    char name[RR_NAME_MAX + 1];

    return add_servers(l, under(name, s->labels, domain),
                       (struct locate_place){.transport = s->transport, .why = why});
}

/* ---- steps ---- */

/* RFC 3861 4: if there are such records, they decide, and the domain's own addresses are not used.
 */
static enum step by_scheme(struct locate *l, struct span domain)
{
    char name[RR_NAME_MAX + 1];
    const char *labels = l->want.scheme == SIP_SCHEME_IM ? "_im._sip" : "_pres._sip";

    if (l->want.scheme != SIP_SCHEME_IM && l->want.scheme != SIP_SCHEME_PRES)
        return STEP_ON;
    return add_servers(l, under(name, labels, domain),
                       (struct locate_place){.why = LOCATE_BY_SCHEME});
}

/* What the URI asks for, over TLS where it is a sips: URI (RFC 3261 19.1.2: "sips" and
 * transport=tcp is TLS). */
static enum sip_transport asked_transport(const struct locate *l)
{
    bool secure = l->want.scheme == SIP_SCHEME_SIPS;

    switch (l->want.transport) {
    case SIP_TRANSPORT_OTHER: return secure ? SIP_TRANSPORT_TLS : SIP_TRANSPORT_OTHER;
    case SIP_TRANSPORT_TCP: return secure ? SIP_TRANSPORT_TLS : SIP_TRANSPORT_TCP;
    case SIP_TRANSPORT_WS: return secure ? SIP_TRANSPORT_WSS : SIP_TRANSPORT_WS;
    case SIP_TRANSPORT_UDP:
        return secure ? SIP_TRANSPORT_SCTP : SIP_TRANSPORT_UDP; /* no such thing */
    default: return l->want.transport;
    }
}

/* Where nothing names a transport: UDP, for sips: TLS (RFC 3263 4.1). Where UDP is turned off here,
 * what is not. */
static enum sip_transport plain_transport(const struct locate *l)
{
    enum sip_transport asked = asked_transport(l);

    if (asked != SIP_TRANSPORT_OTHER)
        return asked;
    if (!is_offered(l, SIP_TRANSPORT_UDP) && is_offered(l, SIP_TRANSPORT_TCP))
        return SIP_TRANSPORT_TCP;
    return SIP_TRANSPORT_UDP;
}

static enum step by_transport(struct locate *l, struct span domain)
{
    enum sip_transport t = asked_transport(l);

    for (size_t i = 0; i < SERVICES; i++)
        if (services[i].transport == t)
            return add_service(l, &services[i], domain, LOCATE_BY_TRANSPORT);
    return STEP_ON;
}

static bool is_wanted(const struct locate *l, const struct service *s)
{
    return s->secure || l->want.scheme != SIP_SCHEME_SIPS;
}

static const struct service *service_of(const struct rr *naptr)
{
    if (!span_case_is(naptr->naptr.flags, "s"))
        return NULL;
    for (size_t i = 0; i < SERVICES; i++)
        if (span_case_is(naptr->naptr.service, services[i].naptr))
            return &services[i];
    return NULL;
}

/* Records of services that we do not offer are as if they were not there. */
static enum step by_naptr(struct locate *l, struct span domain, struct span *alias)
{
    const struct rr_answer *a;
    enum step step = STEP_ON;

    *alias = locate_alias(l, RR_NAPTR, domain);
    if (alias->n > 0)
        return STEP_END;
    a = locate_need(l, RR_NAPTR, domain);
    if (!a)
        return STEP_WAIT;
    if (a->verdict == RR_FAILED || a->verdict == RR_SILENT)
        return STEP_END;
    for (size_t i = 0; i < a->n && i < LOCATE_SERVERS_MAX; i++) {
        const struct service *s = service_of(&a->rrs[i]);
        enum step one;

        if (!s || !is_wanted(l, s))
            continue;
        if (!is_offered(l, s->transport)) {
            l->not_offered = true;
            continue;
        }
        one = add_servers(l, a->rrs[i].naptr.replacement,
                          (struct locate_place){.transport = s->transport,
                                                .why = LOCATE_BY_NAPTR,
                                                .naptr = &a->rrs[i]});
        if (one == STEP_WAIT || (one == STEP_END && step == STEP_ON))
            step = one;
    }
    return step;
}

static enum step by_services(struct locate *l, struct span domain)
{
    enum step step = STEP_ON;

    for (size_t i = 0; i < SERVICES; i++) {
        enum step one;

        if (!is_offered(l, services[i].transport) || !is_wanted(l, &services[i]))
            continue;
        one = add_service(l, &services[i], domain, LOCATE_BY_SRV);
        if (one == STEP_WAIT || (one == STEP_END && step == STEP_ON))
            step = one;
    }
    return step;
}

/* The host itself: an address, or a name with addresses. */
static enum step by_host(struct locate *l, struct span domain, enum locate_why why)
{
    struct locate_place how = {.transport = plain_transport(l), .why = why};
    uint16_t port = l->want.port ? l->want.port : sip_transport_port(how.transport);

    if (!is_offered(l, how.transport)) {
        l->not_offered = true;
        return STEP_END;
    }
    if (l->ip.family) {
        struct rr address = {.addr = l->ip};

        add_place(l, &how, &address, port);
        if (l->n_places)
            l->places[0].address = NULL;
        return STEP_END;
    }
    return add_host(l, &how, NULL, domain, port);
}

/* RFC 3261's URIs and what RFC 3861 leads to. *alias: the domain is another name of that one, so
 * begin again there (RFC 3861 4: "processed as if it were the initial domain"). */
static enum step by_sip(struct locate *l, struct span domain, struct span *alias)
{
    enum step step;

    if (l->ip.family)
        return by_host(l, domain, LOCATE_BY_NUMERIC);
    if (l->want.port)
        return by_host(l, domain, LOCATE_BY_PORT);
    if (l->want.transport != SIP_TRANSPORT_OTHER && !is_offered(l, asked_transport(l))) {
        l->not_offered = true;
        return STEP_END;
    }
    if (l->want.transport != SIP_TRANSPORT_OTHER) {
        step = by_transport(l, domain);
    } else {
        step = by_naptr(l, domain, alias);
        if (step == STEP_ON)
            step = by_services(l, domain);
    }
    if (step != STEP_ON)
        return step;
    step = by_host(l, domain, LOCATE_BY_HOST);
    *alias = locate_alias(l, RR_A, domain);
    return step;
}

static enum locate_state end_of(const struct locate *l)
{
    if (l->n_places)
        return LOCATE_FOUND;
    if (l->failed)
        return LOCATE_FAILED;
    if (l->not_offered)
        return LOCATE_NO_TRANSPORT;
    return l->no_domain ? LOCATE_NO_DOMAIN : LOCATE_NO_SERVICE;
}

static void forget(struct locate *l)
{
    l->failed = NULL;
    l->waits = l->no_domain = l->not_offered = false;
    l->n_places = 0;
    l->group = 0;
}

void locate_walk(struct locate *l)
{
    struct span domain = l->want.host;

    for (int hop = 0; hop <= RR_ALIASES_MAX && domain.n > 0; hop++) {
        struct span alias = {0};
        enum step step;

        forget(l);
        step = by_scheme(l, domain);
        if (step == STEP_ON)
            (void)by_sip(l, domain, &alias);
        domain = alias;
    }
    if (!l->waits)
        l->state = end_of(l);
}
