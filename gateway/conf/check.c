/* What is wrong only when values are held against each other, against the machine, or against what
 * this version serves. The reader has seen to it that each value is good by itself. */
#include "gateway/conf/conf.h"

#include <sys/stat.h>

#include "gateway/conf/address.h"
#include "gateway/conf/check_identity.h"
#include "gateway/conf/check_tls.h"
#include "gateway/conf/errors.h"
#include "gateway/conf/keys.h"

struct check {
    const struct conf *conf;
    struct conf_errors *errs;
};

static struct conf_place place(const struct check *k, enum conf_key_id id)
{
    return (struct conf_place){k->conf->name, k->conf->lines[id], conf_key_get(id)->path};
}

/* "peers[0].route", into `name`. */
enum { PEER_NAME_MAX = 48 };
static struct conf_place peer_place(const struct check *k, const struct conf_peer *p, int line,
                                    const char *key, char name[PEER_NAME_MAX])
{
    (void)snprintf(name, PEER_NAME_MAX, "peers[%zu].%s", (size_t)(p - k->conf->peers), key);
    return (struct conf_place){k->conf->name, line, name};
}

static const struct conf_addresses *addresses(const struct conf *c, enum conf_key_id id)
{
    return (const struct conf_addresses *)(const void *)((const char *)c +
                                                         conf_key_get(id)->offset);
}

/* Two listeners of one kind cannot share an address and a port. */
static void check_collisions(const struct check *k)
{
    static const enum conf_key_id listeners[] = {
        CONF_KEY_OSCAR,   CONF_KEY_OSCAR_TLS, CONF_KEY_WEB,    CONF_KEY_WEB_PLAIN, CONF_KEY_SIP_UDP,
        CONF_KEY_SIP_TCP, CONF_KEY_SIP_TLS,   CONF_KEY_SIP_WS, CONF_KEY_SIP_WSS,   CONF_KEY_ADMIN,
    };
    struct {
        const struct conf_address *at;
        enum conf_key_id key;
    } seen[sizeof listeners / sizeof listeners[0] * CONF_LIST_MAX];
    size_t n = 0;

    for (size_t l = 0; l < sizeof listeners / sizeof listeners[0]; l++) {
        const struct conf_addresses *list = addresses(k->conf, listeners[l]);
        bool udp = listeners[l] == CONF_KEY_SIP_UDP;

        for (size_t i = 0; i < list->n && i < CONF_LIST_MAX; i++) {
            struct conf_place at = place(k, listeners[l]);

            for (size_t j = 0; j < n; j++)
                if (udp == (seen[j].key == CONF_KEY_SIP_UDP) &&
                    list->at[i].port == seen[j].at->port &&
                    conf_same_host(&list->at[i].at.sa, &seen[j].at->at.sa)) {
                    at.line = list->at[i].line ? list->at[i].line : seen[j].at->line;
                    conf_errors_add(k->errs, at, "%s is taken by %s; choose another port",
                                    list->at[i].text, conf_key_get(seen[j].key)->path);
                    break;
                }
            seen[n].at = &list->at[i];
            seen[n++].key = listeners[l];
        }
    }
}

static void check_admin(const struct check *k)
{
    const struct conf_addresses *list = &k->conf->admin.listen;

    for (size_t i = 0; i < list->n; i++) {
        struct conf_place at = place(k, CONF_KEY_ADMIN);

        at.line = list->at[i].line;
        if (!conf_is_loopback(&list->at[i].at.sa))
            conf_errors_add(k->errs, at,
                            "%s is not loopback, and nobody is asked for a password there; use "
                            "127.0.0.1 or [::1]",
                            list->at[i].text);
    }
}

/* S-447, RFC 7118 9.1 (secure WebSocket in production): in the clear only where no wire is, or
 * where the operator says so. */
static void check_web(const struct check *k)
{
    const struct conf_addresses *list = &k->conf->sip.ws;

    for (size_t i = 0; i < list->n && !k->conf->sip.ws_public; i++) {
        struct conf_place at = place(k, CONF_KEY_SIP_WS);

        at.line = list->at[i].line;
        if (!conf_is_loopback(&list->at[i].at.sa))
            conf_errors_add(k->errs, at,
                            "%s is not loopback, and nothing is encrypted there; use sip.wss, or "
                            "write sip.ws_public: "
                            "true if you mean it",
                            list->at[i].text);
    }
}

/* Passwords come in the clear there, and clients are sent on from there. */
static void check_signon(const struct check *k)
{
    const struct conf *c = k->conf;
    const struct conf_addresses *list = &c->oscar.web_plain;

    for (size_t i = 0; i < list->n; i++) {
        struct conf_place at = place(k, CONF_KEY_WEB_PLAIN);

        at.line = list->at[i].line;
        if (!conf_is_loopback(&list->at[i].at.sa))
            conf_errors_add(
                k->errs, at,
                "%s is not loopback, and passwords come in the clear there; use oscar.web, or "
                "127.0.0.1 or [::1] and a web server in front",
                list->at[i].text);
    }
    if ((c->oscar.web.n || list->n) && !c->oscar.listen.n && !c->oscar.listen_tls.n)
        conf_errors_add(
            k->errs, place(k, c->oscar.web.n ? CONF_KEY_WEB : CONF_KEY_WEB_PLAIN),
            "who signs on there is sent to oscar.listen or oscar.listen_tls, and neither is set");
}

static void check_data(const struct check *k)
{
    const struct conf *c = k->conf;
    struct stat st;

    if (c->data && stat(c->data, &st) == 0 && !S_ISDIR(st.st_mode))
        conf_errors_add(k->errs, place(k, CONF_KEY_DATA), "%s is no folder; name another one",
                        c->data);
}

/* What is asked there must be able to answer. */
static void check_dns(const struct check *k)
{
    const struct conf_addresses *list = &k->conf->dns.servers;

    for (size_t i = 0; i < list->n; i++) {
        struct conf_place at = place(k, CONF_KEY_DNS_SERVERS);

        at.line = list->at[i].line;
        if (!conf_is_unicast(&list->at[i].at.sa))
            conf_errors_add(k->errs, at, "%s is no server's address; write that of a resolver",
                            list->at[i].text);
        for (size_t j = 0; j < i; j++)
            if (list->at[i].port == list->at[j].port &&
                conf_same_host(&list->at[i].at.sa, &list->at[j].at.sa)) {
                conf_errors_warn(k->errs, at, "%s stands there twice; remove one",
                                 list->at[i].text);
                break;
            }
    }
}

static bool listens_at(const struct conf_addresses *list, const struct conf_route *r)
{
    for (size_t i = 0; i < list->n; i++)
        if (list->at[i].port == r->port && conf_same_host(&list->at[i].at.sa, &r->address.at.sa))
            return true;
    return false;
}

static void check_route(const struct check *k, const struct conf_peer *p,
                        const struct conf_route *r)
{
    const struct conf *c = k->conf;
    const struct conf_addresses *const ours[] = {&c->sip.udp, &c->sip.tcp, &c->sip.tls};
    char name[PEER_NAME_MAX];
    struct conf_place at = peer_place(k, p, r->line, "route", name);

    if (r->transport == CONF_TLS && !c->sip.tls.n)
        conf_errors_add(k->errs, at,
                        "%s: who is called over TLS calls back over TLS, and nothing listens for "
                        "it; set sip.tls",
                        r->text);
    if (r->numeric && listens_at(ours[r->transport], r))
        conf_errors_add(k->errs, at, "%s is this gateway itself; write where the peer listens",
                        r->text);
}

static bool same_domain(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

static void check_domain(const struct check *k, const struct conf_peer *p)
{
    const struct conf *c = k->conf;
    char name[PEER_NAME_MAX];
    struct conf_place at = peer_place(k, p, p->line, "domain", name);

    if (same_domain(p->domain, c->domain))
        conf_errors_add(k->errs, at, "%s is the gateway's own domain; name the peer's", p->domain);
    for (const struct conf_peer *other = c->peers; other < p; other++)
        if (same_domain(p->domain, other->domain)) {
            conf_errors_add(k->errs, at,
                            "%s is a peer already (line %d); keep one, with a list of routes",
                            p->domain, other->line);
            break;
        }
}

/* A place that a request may come from. `port` 0: any. */
struct source {
    const struct conf_address *at;
    uint16_t port;
    enum conf_transport route; /* how the route behind it goes; CONF_UDP where it was a from line */
};

/* S-151: sips: goes under TLS all the way. */
static void check_scheme(const struct check *k, const struct conf_peer *p)
{
    char name[PEER_NAME_MAX];

    for (size_t i = 0; p->scheme == CONF_SCHEME_SIPS && i < p->routes.n; i++)
        if (p->routes.at[i].transport != CONF_TLS)
            conf_errors_add(
                k->errs, peer_place(k, p, p->routes.at[i].line, "scheme", name),
                "sips: needs TLS on every route, and %s has none; write ;transport=tls there",
                p->routes.at[i].text);
}

static size_t source_count(const struct conf_peer *p)
{
    return p->from.n ? p->from.n : p->routes.n;
}

/* False: a route that certificates or names keep apart. */
static bool source_at(const struct conf_peer *p, size_t i, struct source *out)
{
    const struct conf_route *r = p->from.n ? NULL : &p->routes.at[i];

    if (r)
        *out = (struct source){&r->address, r->port, r->transport};
    else
        *out = (struct source){&p->from.at[i], p->from.at[i].port, CONF_UDP};
    return !r || (r->numeric && r->transport != CONF_TLS);
}

/* Could one request have come from both? By its port if both have one; but a connection comes from
 * any port, so where a route goes over TCP its port tells nothing. */
static bool overlap(const struct source *a, const struct source *b)
{
    return conf_same_host(&a->at->at.sa, &b->at->at.sa) &&
           (a->port == 0 || b->port == 0 || a->port == b->port || a->route == CONF_TCP ||
            b->route == CONF_TCP);
}

static const struct conf_address *shared_source(const struct conf_peer *p,
                                                const struct conf_peer *other)
{
    struct source a, b;

    for (size_t i = 0; i < source_count(p); i++)
        for (size_t j = 0; j < source_count(other); j++)
            if (source_at(p, i, &a) && source_at(other, j, &b) && overlap(&a, &b))
                return a.at;
    return NULL;
}

static void check_shared(const struct check *k, const struct conf_peer *p)
{
    for (const struct conf_peer *other = k->conf->peers; other < p; other++) {
        const struct conf_address *at = shared_source(p, other);
        char name[PEER_NAME_MAX];
        struct conf_place where;

        if (!at || !p->domain || !other->domain || same_domain(p->domain, other->domain))
            continue;
        where = peer_place(k, p, at->line, p->from.n ? "from" : "route", name);
        conf_errors_warn(
            k->errs, where,
            "%s is shared with the peer %s (line %d), and nothing tells requests of the "
            "two apart: each may speak for the other; give both a from line with a "
            "port, or two addresses",
            at->text, other->domain, other->line);
        return; /* one line for each peer is enough */
    }
}

enum err conf_check(const struct conf *c, struct conf_errors *errs)
{
    struct check k = {c, errs};

    check_collisions(&k);
    check_admin(&k);
    check_web(&k);
    check_signon(&k);
    check_dns(&k);
    conf_check_tls(c, errs);
    conf_check_identity(c, errs);
    check_data(&k);
    if (c->sip.probe.n > 1)
        conf_errors_add(k.errs, place(&k, CONF_KEY_SIP_PROBE), "one server is enough; keep one");
    if (c->sip.publish.n > 1)
        conf_errors_add(k.errs, place(&k, CONF_KEY_SIP_PUBLISH), "one server is enough; keep one");
    for (size_t i = 0; i < c->peer_count; i++) {
        check_domain(&k, &c->peers[i]);
        check_scheme(&k, &c->peers[i]);
        for (size_t j = 0; j < c->peers[i].routes.n; j++)
            check_route(&k, &c->peers[i], &c->peers[i].routes.at[j]);
        check_shared(&k, &c->peers[i]);
    }
    return errs->errors ? ERR_SYNTAX : OK;
}
