#include "gateway/peer/peers.h"

#include "base/table.h"
#include "gateway/net/addr.h"

#include <stdlib.h>

enum { AWAY_FIRST_MS = 30000, AWAY_LONGEST_MS = 300000, PEER_WHY_MAX = 120 };

struct route {
    struct sip_hop hop;
    uint64_t until; /* put aside until then; 0: usable */
    uint64_t away;  /* how long the last time */
};

struct peer {
    char *domain;
    uint32_t number; /* of the domain, for hops */
    struct conf_peer conf; /* points into the configuration: renewed by a reload */
    struct route routes[CONF_LIST_MAX];
    size_t route_count;
    uint64_t sent, received, failures, last_failure_at, slot;
    char last_failure[PEER_WHY_MAX];
    bool kept; /* while reloading */
    struct peer *next_retired;
};

struct peers {
    struct table by_domain;
    struct domains domains;
    struct peer *retired; /* taken out of the configuration: requests under way may still know them */
};

static const enum sip_transport transports[] = {
    [CONF_UDP] = SIP_TRANSPORT_UDP, [CONF_TCP] = SIP_TRANSPORT_TCP, [CONF_TLS] = SIP_TRANSPORT_TLS};

static void peer_free(struct peer *p)
{
    free(p->domain);
    free(p);
}

/* Routes that stay keep what is known of them. */
static void take_conf(struct peer *p, const struct conf_peer *conf)
{
    struct route old[CONF_LIST_MAX];
    size_t old_count = p->route_count;

    memcpy(old, p->routes, sizeof old);
    p->conf = *conf;
    p->route_count = 0;
    for (size_t i = 0; i < conf->routes.n && p->route_count < CONF_LIST_MAX; i++) {
        struct route *r = &p->routes[p->route_count];

        if (!conf->routes.at[i].numeric)
            continue;
        *r = (struct route){.hop.transport = transports[conf->routes.at[i].transport]};
        net_from_sockaddr(&conf->routes.at[i].address.at.sa, &r->hop.addr);
        for (size_t k = 0; k < old_count; k++)
            if (old[k].hop.transport == r->hop.transport &&
                sip_addr_eq(&old[k].hop.addr, &r->hop.addr))
                *r = old[k];
        p->route_count++;
    }
}

static enum err add_peer(struct peers *ps, const struct conf_peer *conf)
{
    struct peer *p = calloc(1, sizeof *p);
    enum err e;

    if (!p)
        return ERR_NOMEM;
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
            p->kept = true;
        }
    }
    at = 0;
    for (struct peer *p = NULL; (p = peer_next(ps, &at));)
        if (!p->kept) {
            table_remove(&ps->by_domain, span_str(p->domain));
            p->route_count = 0;
            p->conf = (struct conf_peer){0};
            p->next_retired = ps->retired;
            ps->retired = p;
        }
    return OK;
}

enum err peers_new(const struct conf *conf, struct peers **out)
{
    struct peers *ps = calloc(1, sizeof *ps);

    *out = ps;
    if (!ps)
        return ERR_NOMEM;
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

struct peer *peer_find(const struct peers *ps, struct span domain)
{
    return table_find(&ps->by_domain, domain);
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

bool peer_sends_from(const struct peer *p, const struct sip_hop *from)
{
    struct sockaddr_storage ss;
    enum conf_transport over = from->transport == SIP_TRANSPORT_UDP ? CONF_UDP : CONF_TCP;

    if (from->transport == SIP_TRANSPORT_WS || from->transport == SIP_TRANSPORT_WSS)
        return false; /* a browser is one user, though its address may be shared with a peer (a proxy in front) */
    net_to_sockaddr(&from->addr, &ss);
    return conf_peer_sends_from(&p->conf, over, (struct sockaddr *)&ss);
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

bool peer_route(const struct peer *p, unsigned skip, uint64_t now, struct sip_hop *out,
                size_t *route)
{
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < p->route_count; i++) {
        if (i < 32 && (skip >> i & 1))
            continue;
        if (p->routes[i].until <= now) {
            best = i;
            break;
        }
        if (best == SIZE_MAX || p->routes[i].until < p->routes[best].until)
            best = i;
    }
    if (best == SIZE_MAX)
        return false;
    *out = p->routes[best].hop;
    out->domain = p->number;
    *route = best;
    return true;
}

void peer_answered(struct peer *p, size_t route, uint64_t now)
{
    (void)now;
    if (route < p->route_count)
        p->routes[route].until = p->routes[route].away = 0;
}

void peer_failed(struct peer *p, size_t route, uint64_t now, const char *why)
{
    struct route *r = &p->routes[route];

    p->failures++;
    p->last_failure_at = now;
    (void)span_copy(span_first(span_str(why), PEER_WHY_MAX - 1), p->last_failure, PEER_WHY_MAX);
    if (route >= p->route_count)
        return;
    r->away = r->away ? r->away * 2 : AWAY_FIRST_MS;
    if (r->away > AWAY_LONGEST_MS)
        r->away = AWAY_LONGEST_MS;
    r->until = now + r->away;
}

void peer_rest(struct peer *p, size_t route, uint64_t until)
{
    if (route < p->route_count)
        p->routes[route].until = until;
}

uint64_t peer_slot(struct peer *p, uint64_t now, uint64_t step)
{
    p->slot = p->slot + step > now ? p->slot + step : now;
    return p->slot;
}

void peer_state(const struct peer *p, uint64_t now, struct peer_state *out)
{
    *out = (struct peer_state){.domain = span_str(p->domain),
                               .routes = p->route_count,
                               .sent = p->sent,
                               .received = p->received,
                               .failures = p->failures,
                               .last_failure = p->last_failure,
                               .last_failure_at = p->last_failure_at};
    for (size_t i = 0; i < p->route_count; i++)
        if (p->routes[i].until <= now)
            out->usable++;
}

void peer_count_sent(struct peer *p)
{
    p->sent++;
}

void peer_count_received(struct peer *p)
{
    p->received++;
}
