#include "gateway/peer/peers.h"

#include <stdlib.h>

#include "base/table.h"
#include "gateway/net/addr.h"

enum { STALE_ANSWERED = 5, STALE_MS = 60000 /* so many answers in so long */ };
enum { PEER_NO_LISTS_MS = 24 * 3600 * 1000 };
enum { PEER_WHY_MAX = 160, ROUTE_GROUPS = 1000 /* more than one name leads to */ };

struct route {
    const struct conf_route *conf; /* renewed by a reload */
    struct way_place own;          /* of an address */
    struct way_place *found;       /* of a name */
    size_t n;
};

struct peer {
    char *domain;
    uint32_t number;       /* of the domain, for hops */
    struct conf_peer conf; /* points into the configuration: renewed by a reload */
    struct route routes[CONF_LIST_MAX];
    size_t route_count;
    uint64_t sent, received, failures, last_failure_at, slot, stale_since;
    uint64_t no_lists_until;
    unsigned stale; /* messages with a wrong Date since then */
    char last_failure[PEER_WHY_MAX];
    struct bucket budget;
    bool kept; /* while reloading */
    const struct penalties *penalties;
    struct peer *next_retired;
};

struct peers {
    struct table by_domain;
    struct peer *latest; /* that was asked for: it will be again; may be NULL */
    struct domains domains;
    const struct penalties *penalties;
    struct peer
        *retired; /* taken out of the configuration: requests under way may still know them */
};

static const enum sip_transport transports[] = {
    [CONF_UDP] = SIP_TRANSPORT_UDP, [CONF_TCP] = SIP_TRANSPORT_TCP, [CONF_TLS] = SIP_TRANSPORT_TLS};

static void peer_free(struct peer *p)
{
    for (size_t i = 0; i < p->route_count; i++)
        free(p->routes[i].found);
    free(p->domain);
    free(p);
}

static const struct way_place *places_of(const struct route *r)
{
    return r->conf->numeric ? &r->own : r->found;
}

static void take_route(struct route *r, const struct conf_route *conf)
{
    *r = (struct route){.conf = conf};
    if (!conf->numeric)
        return;
    r->own.hop.transport = transports[conf->transport];
    net_from_sockaddr(&conf->address.at.sa, &r->own.hop.addr);
    r->n = 1;
}

/* What DNS gave for a name is good for the same name. */
static bool take_found(struct route *r, struct route *old)
{
    if (r->conf->numeric || !old->found || strcmp(r->conf->text, old->conf->text) != 0)
        return false;
    r->found = old->found;
    r->n = old->n;
    old->found = NULL;
    return true;
}

/* The old configuration is still there. */
static void take_conf(struct peer *p, const struct conf_peer *conf)
{
    struct route old[CONF_LIST_MAX];
    size_t old_count = p->route_count;

    memcpy(old, p->routes, sizeof old);
    p->conf = *conf;
    p->route_count = 0;
    for (size_t i = 0; i < conf->routes.n && i < CONF_LIST_MAX; i++) {
        struct route *r = &p->routes[p->route_count++];

        take_route(r, &conf->routes.at[i]);
        for (size_t k = 0; k < old_count && !take_found(r, &old[k]); k++)
            ;
    }
    for (size_t k = 0; k < old_count; k++)
        free(old[k].found);
}

static enum err add_peer(struct peers *ps, const struct conf_peer *conf)
{
    struct peer *p = calloc(1, sizeof *p);
    enum err e;

    if (!p)
        return ERR_NOMEM;
    p->penalties = ps->penalties;
    p->domain = strdup(conf->domain);
    e = p->domain ? table_add(&ps->by_domain, span_str(p->domain), p) : ERR_NOMEM;
    if (e) {
        peer_free(p);
        return e;
    }
    p->number = domains_number(&ps->domains, span_str(p->domain));
    take_conf(p, conf);
    p->kept = true;
    return OK;
}

enum err peers_reload(struct peers *ps, const struct conf *conf)
{
    size_t at = 0;

    for (struct peer *p = NULL; (p = peer_next(ps, &at));)
        p->kept = false;
    for (size_t i = 0; i < conf->peer_count; i++) {
        struct peer *p = peer_find(ps, span_str(conf->peers[i].domain));
        enum err e = p ? OK : add_peer(ps, &conf->peers[i]);

        if (e)
            return e;
        if (p) {
            take_conf(p, &conf->peers[i]);
            p->no_lists_until = 0; /* the operator may have mended it */
            p->kept = true;
        }
    }
    at = 0;
    for (struct peer *p = NULL; (p = peer_next(ps, &at));)
        if (!p->kept) {
            table_remove(&ps->by_domain, span_str(p->domain));
            ps->latest = NULL;
            take_conf(p, &(struct conf_peer){0});
            p->next_retired = ps->retired;
            ps->retired = p;
        }
    return OK;
}

enum err peers_new(const struct conf *conf, const struct penalties *penalties, struct peers **out)
{
    struct peers *ps = calloc(1, sizeof *ps);

    *out = ps;
    if (!ps)
        return ERR_NOMEM;
    ps->penalties = penalties;
    table_init(&ps->by_domain);
    domains_init(&ps->domains);
    return peers_reload(ps, conf);
}

void peers_free(struct peers *ps)
{
    size_t at = 0;

    if (!ps)
        return;
    for (struct peer *p = NULL; (p = peer_next(ps, &at));)
        peer_free(p);
    while (ps->retired) {
        struct peer *p = ps->retired;

        ps->retired = p->next_retired;
        peer_free(p);
    }
    table_fini(&ps->by_domain);
    domains_fini(&ps->domains);
    free(ps);
}

struct domains *peers_domains(struct peers *ps)
{
    return &ps->domains;
}

struct peer *peer_find(struct peers *ps, struct span domain)
{
    if (!ps->latest || !span_eq(span_str(ps->latest->domain), domain))
        ps->latest = table_find(&ps->by_domain, domain);
    return ps->latest;
}

struct peer *peer_next(const struct peers *ps, size_t *at)
{
    return table_next(&ps->by_domain, at);
}

struct span peer_domain(const struct peer *p)
{
    return span_str(p->domain);
}

bool peer_is_secure(const struct peer *p)
{
    bool all = p->conf.routes.n > 0;

    for (size_t i = 0; i < p->conf.routes.n; i++)
        all = all && p->conf.routes.at[i].transport == CONF_TLS;
    return all;
}

bool peer_is_limited(const struct peer *p)
{
    return p->conf.limits != CONF_LIMITS_NONE;
}

const struct conf_peer *peer_switches(const struct peer *p)
{
    static const struct conf_peer defaults = {.stale_limit = 3600, .probe = true};

    return p ? &p->conf : &defaults;
}

const char *peer_list_service(const struct peer *p, uint64_t now)
{
    return now >= p->no_lists_until ? p->conf.list_service : NULL;
}

void peer_refused_list(struct peer *p, uint64_t now)
{
    p->no_lists_until = now + PEER_NO_LISTS_MS;
}

/* draft-ietf-simple-im-00 6.10.3: those who repeat stale messages may be left without an answer. */
bool peer_answers_stale(struct peer *p, uint64_t now)
{
    if (now - p->stale_since > STALE_MS) {
        p->stale_since = now;
        p->stale = 0;
    }
    return p->stale++ < STALE_ANSWERED;
}

void peer_bounds(const struct peer *p, struct service_bounds *out)
{
    *out = (struct service_bounds){.delay_ms = p->conf.max_delay,
                                   .loss_percent = p->conf.max_loss,
                                   .downtime_s = p->conf.max_downtime};
}

/* A route that is a name: over UDP from what it leads to, over TCP from the same host. */
static bool is_found_at(const struct peer *p, const struct sip_hop *from)
{
    for (size_t i = 0; i < p->route_count; i++)
        for (size_t k = 0; k < p->routes[i].n && !p->routes[i].conf->numeric; k++) {
            const struct sip_hop *to = &p->routes[i].found[k].hop;

            if (from->transport == SIP_TRANSPORT_UDP ? sip_addr_eq(&to->addr, &from->addr)
                                                     : sip_addr_same_host(&to->addr, &from->addr))
                return true;
        }
    return false;
}

bool peer_sends_from(const struct peer *p, const struct sip_hop *from)
{
    struct sockaddr_storage ss;
    enum conf_transport over = from->transport == SIP_TRANSPORT_UDP ? CONF_UDP : CONF_TCP;

    if (from->transport == SIP_TRANSPORT_WS || from->transport == SIP_TRANSPORT_WSS)
        return false; /* a browser is one user, though its address may be shared with a peer (a
                         proxy in front) */
    net_to_sockaddr(&from->addr, &ss);
    return conf_peer_sends_from(&p->conf, over, (struct sockaddr *)&ss) ||
           (p->conf.from.n == 0 && is_found_at(p, from));
}

bool peers_send_from(const struct peers *ps, const struct sip_hop *from, bool *limited)
{
    size_t at = 0;
    bool any = false;

    *limited = true;
    for (struct peer *p = NULL; (p = peer_next(ps, &at));)
        if (peer_sends_from(p, from)) {
            any = true;
            if (!peer_is_limited(p))
                *limited = false;
        }
    return any;
}

bool peer_place(const struct peer *p, size_t i, struct way_place *out)
{
    for (size_t r = 0; r < p->route_count; r++) {
        if (i < p->routes[r].n) {
            *out = places_of(&p->routes[r])[i];
            out->group += (unsigned)(r * ROUTE_GROUPS);
            out->hop.domain = p->number;
            return true;
        }
        i -= p->routes[r].n;
    }
    return false;
}

void peer_failed(struct peer *p, uint64_t now, const char *why)
{
    p->failures++;
    p->last_failure_at = now;
    (void)span_copy(span_first(span_str(why), PEER_WHY_MAX - 1), p->last_failure, PEER_WHY_MAX);
}

size_t peer_route_count(const struct peer *p)
{
    return p->route_count;
}

const struct conf_route *peer_named_route(const struct peer *p, size_t route)
{
    return route < p->route_count && !p->routes[route].conf->numeric ? p->routes[route].conf : NULL;
}

void peer_set_places(struct peer *p, size_t route, const struct way_place *places, size_t n)
{
    struct route *r = &p->routes[route];
    struct way_place *copy = n ? malloc(n * sizeof *copy) : NULL;

    if (route >= p->route_count || r->conf->numeric || (n && !copy)) {
        free(copy);
        return;
    }
    if (n)
        memcpy(copy, places, n * sizeof *copy);
    free(r->found);
    r->found = copy;
    r->n = n;
}

uint64_t peer_slot(struct peer *p, uint64_t now, uint64_t step)
{
    p->slot = p->slot + step > now ? p->slot + step : now;
    return p->slot;
}

void peer_state(const struct peer *p, uint64_t now, struct peer_state *out)
{
    struct way_place place;

    *out = (struct peer_state){.domain = span_str(p->domain),
                               .sent = p->sent,
                               .received = p->received,
                               .failures = p->failures,
                               .last_failure = p->last_failure,
                               .last_failure_at = p->last_failure_at};
    for (size_t i = 0; i < p->route_count; i++)
        out->routes += p->routes[i].n ? p->routes[i].n : 1;
    for (size_t i = 0; peer_place(p, i, &place); i++)
        out->usable += penalty_until(p->penalties, &place.hop) <= now;
}

void peer_count_sent(struct peer *p)
{
    p->sent++;
}

void peer_count_received(struct peer *p)
{
    p->received++;
}

struct bucket *peer_budget(struct peer *p)
{
    return &p->budget;
}
