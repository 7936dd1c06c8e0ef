/* aimgate locate URI: where what is for that URI goes, and why. What is found is made into JSON
 * first; without --json the same is told in words. */

#include <jansson.h>
#include <string.h>

#include "gateway/cmd/cmd.h"
#include "gateway/cmd/lookup.h"
#include "gateway/conf/address.h"
#include "gateway/control_client.h"
#include "gateway/net/addr.h"
#include "gateway/peer/names.h"
#include "gateway/peer/reach.h"

/* ---- as JSON ---- */

static json_t *text(struct span s)
{
    json_t *j = json_stringn((const char *)s.p, s.n);

    return j ? j : json_string("?"); /* DNS may hold anything */
}

static void put(json_t *to, const char *key, json_t *value)
{
    (void)json_object_set_new(to, key, value);
}

static json_t *record(const struct rr *r)
{
    struct buf b = {0};
    json_t *j;

    buf_fmt(&b, "%.*s %s ", SPAN_ARG(r->name), rr_type_name(r->type));
    rr_print(&b, r);
    j = json_pack("{s:o,s:I}", "record", text(buf_span(&b)), "ttl", (json_int_t)r->ttl);
    buf_fini(&b);
    return j;
}

/* What the daemon says to one line; NULL: there is none, or it does not know. */
static json_t *daemon_says(const struct cmd_context *c, const char *line)
{
    struct buf answer = {0};
    json_t *j = NULL;

    if (control_ask(c->conf->data, line, &answer) == OK)
        j = json_loadb((const char *)answer.p, answer.n, 0, NULL);
    buf_fini(&answer);
    return j;
}

/* Seconds for which a running gateway still believes its own earlier answer; null: it has none. */
static json_t *kept_by_daemon(const struct cmd_context *c, const struct rr_question *q)
{
    struct buf line = {0};
    json_t *answer, *left;

    buf_fmt(&line, "dns %u %.*s", (unsigned)q->type, SPAN_ARG(q->name));
    answer = buf_ok(&line) ? daemon_says(c, buf_cstr(&line)) : NULL;
    left = json_incref(json_object_get(answer, "left"));
    json_decref(answer);
    buf_fini(&line);
    return left ? left : json_null();
}

static const char *verdict_text(const struct rr_answer *a)
{
    if (!a || a->verdict == RR_SILENT)
        return "no answer";
    if (a->verdict == RR_NO_NAME)
        return "no such name";
    if (a->verdict == RR_FAILED)
        return a->why ? a->why : "failed";
    return a->n ? "answered" : "no such record";
}

static json_t *questions(const struct cmd_context *c, const struct locate *walk)
{
    json_t *all = json_array();
    struct rr_question q;
    const struct rr_answer *a;

    for (size_t i = 0; locate_asked(walk, i, &q, &a); i++) {
        json_t *j = json_object(), *records = json_array();

        for (size_t k = 0; a && k < a->n + a->more; k++)
            if (k < a->n || a->rrs[k].type == RR_CNAME)
                (void)json_array_append_new(records, record(&a->rrs[k]));
        put(j, "type", json_string(rr_type_name(q.type)));
        put(j, "name", text(q.name));
        put(j, "answer", json_string(verdict_text(a)));
        put(j, "ttl", a ? json_integer(a->ttl) : json_null());
        put(j, "kept", kept_by_daemon(c, &q));
        put(j, "records", records);
        (void)json_array_append_new(all, j);
    }
    return all;
}

/* Seconds that the daemon has it put aside for; null: it has not. */
static json_t *aside_for(const json_t *aside, const char *transport, const char *address)
{
    size_t i;
    json_t *row;

    json_array_foreach(
        aside, i,
        row) if (strcmp(json_string_value(json_object_get(row, "transport")), transport) == 0 &&
                 strcmp(json_string_value(json_object_get(row, "address")), address) ==
                     0) return json_incref(json_object_get(row, "seconds"));
    return json_null();
}

static json_t *place(const struct cmd_context *c, const json_t *aside, const struct sip_hop *hop,
                     const char *why)
{
    struct buf at = {0};
    json_t *j = json_object();

    sip_addr_print_hostport(&at, &hop->addr);
    put(j, "transport", json_string(sip_transport_name(hop->transport)));
    put(j, "address", text(buf_span(&at)));
    put(j, "why", json_string(why));
    put(j, "unusable",
        reach_is_self(c->conf, hop) ? json_string("this gateway itself")
        : !reach_can(c->conf, hop)  ? json_string("this machine knows no way there")
                                    : json_null());
    put(j, "aside", aside_for(aside, sip_transport_name(hop->transport), buf_cstr(&at)));
    buf_fini(&at);
    return j;
}

static void add_places(const struct cmd_context *c, const json_t *aside, const struct locate *walk,
                       json_t *to)
{
    size_t n;
    const struct locate_place *p = locate_places(walk, &n);

    for (size_t i = 0; i < n; i++) {
        const struct rr *by[] = {p[i].naptr, p[i].srv, p[i].address};
        struct sip_hop hop = {.transport = p[i].transport, .addr = p[i].addr};
        json_t *j = place(c, aside, &hop, locate_why_text(p[i].why)), *records = json_array();

        for (size_t k = 0; k < 3; k++)
            if (by[k])
                (void)json_array_append_new(records, record(by[k]));
        put(j, "records", records);
        (void)json_array_append_new(to, j);
    }
}

static bool any_usable(const json_t *places)
{
    size_t i;
    json_t *row;

    json_array_foreach(places, i,
                       row) if (json_is_null(json_object_get(row, "unusable"))) return true;
    return false;
}

/* ---- looking it up ---- */

/* Adds what one walk found to asked and places. Gives its end. */
static enum locate_state look_up(const struct cmd_context *c, const struct locate_want *want,
                                 json_t *out)
{
    struct locate *walk;
    enum err e = lookup_run(c->conf, want, &walk);
    enum locate_state end = e ? LOCATE_FAILED : locate_state(walk);
    json_t *aside = daemon_says(c, "aside"), *asked;

    if (!e) {
        asked = questions(c, walk);
        (void)json_array_extend(json_object_get(out, "asked"), asked);
        json_decref(asked);
        add_places(c, aside, walk, json_object_get(out, "places"));
        if (end == LOCATE_FOUND && locate_ttl(walk) != UINT32_MAX)
            put(out, "ttl", json_integer(locate_ttl(walk)));
    }
    json_decref(aside);
    locate_free(walk);
    return end;
}

static const struct conf_peer *peer_of(const struct conf *c, const char *domain)
{
    for (size_t i = 0; i < c->peer_count; i++)
        if (strcmp(c->peers[i].domain, domain) == 0)
            return &c->peers[i];
    return NULL;
}

/* A peer's routes; DNS is asked only for those that are names. */
static enum locate_state by_routes(const struct cmd_context *c, const struct conf_peer *p,
                                   json_t *out)
{
    static const enum sip_transport over[] = {[CONF_UDP] = SIP_TRANSPORT_UDP,
                                              [CONF_TCP] = SIP_TRANSPORT_TCP,
                                              [CONF_TLS] = SIP_TRANSPORT_TLS};
    json_t *aside = daemon_says(c, "aside"), *places = json_object_get(out, "places");
    enum locate_state end = LOCATE_FOUND;

    for (size_t i = 0; i < p->routes.n; i++) {
        const struct conf_route *r = &p->routes.at[i];
        struct sip_hop hop = {.transport = over[r->transport]};
        struct locate_want want = peer_route_want(r);

        if (r->numeric) {
            json_t *j;

            net_from_sockaddr(&r->address.at.sa, &hop.addr);
            j = place(c, aside, &hop, "a route of the peer");
            put(j, "route", json_string(r->text));
            (void)json_array_append_new(places, j);
        } else {
            want.offers = reach_offers(c->conf);
            end = look_up(c, &want, out);
        }
    }
    json_decref(aside);
    return json_array_size(places) ? LOCATE_FOUND : end;
}

/* A user's URI is located by its domain; with a port, a transport or an address it says where
 * itself. */
static enum locate_state by_dns(const struct cmd_context *c, const struct sip_uri *u,
                                const char *host, json_t *out)
{
    struct locate_want want = locate_want_of(u);

    if (span_eq(want.host, u->host)) /* not maddr */
        want.host = span_str(host);
    want.offers = reach_offers(c->conf);
    want.domain_only = u->scheme == SIP_SCHEME_IM || u->scheme == SIP_SCHEME_PRES ||
                       (!want.port && want.transport == SIP_TRANSPORT_OTHER && !u->ip.family);
    return look_up(c, &want, out);
}

static enum locate_state locate(const struct cmd_context *c, const struct sip_uri *u, json_t *out)
{
    const char *host = u->ip.family ? (const char *)arena_copy(c->arena, u->host).p
                                    : conf_host_name(c->arena, u->host);
    const struct conf_peer *peer = host ? peer_of(c->conf, host) : NULL;
    bool own = host && strcmp(host, c->conf->domain) == 0;
    enum locate_state end;

    put(out, "by", json_string(own ? "own" : peer ? "peer" : "dns"));
    put(out, "asked", json_array());
    put(out, "places", json_array());
    put(out, "ttl", json_null());
    if (own)
        return LOCATE_OWN;
    if (!host)
        return LOCATE_BAD_NAME;
    end = peer ? by_routes(c, peer, out) : by_dns(c, u, host, out);
    return end == LOCATE_FOUND && !any_usable(json_object_get(out, "places")) ? LOCATE_NO_WAY : end;
}

/* ---- in words ---- */

static void say_records(const json_t *records, const char *before)
{
    size_t i;
    json_t *r;

    json_array_foreach(records, i, r)(void)
        printf("%s%s (TTL %lld)\n", before, json_string_value(json_object_get(r, "record")),
               (long long)json_integer_value(json_object_get(r, "ttl")));
}

static void say_asked(const json_t *asked)
{
    size_t i;
    json_t *q;

    json_array_foreach(asked, i, q)
    {
        const json_t *kept = json_object_get(q, "kept");

        (void)printf("  asked %-5s %s: %s", json_string_value(json_object_get(q, "type")),
                     json_string_value(json_object_get(q, "name")),
                     json_string_value(json_object_get(q, "answer")));
        if (json_is_integer(kept))
            (void)printf("; the gateway keeps its own answer for %lld s",
                         (long long)json_integer_value(kept));
        (void)printf("\n");
        say_records(json_object_get(q, "records"), "          ");
    }
}

static void say_places(const json_t *places)
{
    size_t i;
    json_t *p;

    json_array_foreach(places, i, p)
    {
        const json_t *aside = json_object_get(p, "aside"),
                     *unusable = json_object_get(p, "unusable");

        (void)printf("%3zu. %s %s: %s", i + 1, json_string_value(json_object_get(p, "transport")),
                     json_string_value(json_object_get(p, "address")),
                     json_string_value(json_object_get(p, "why")));
        if (json_is_string(unusable))
            (void)printf("; left out: %s", json_string_value(unusable));
        if (json_is_integer(aside))
            (void)printf("; put aside for %lld s more, because it failed",
                         (long long)json_integer_value(aside));
        (void)printf("\n");
        say_records(json_object_get(p, "records"), "          ");
    }
}

static void say(const struct cmd_context *c, const json_t *out)
{
    const char *by = json_string_value(json_object_get(out, "by"));
    const json_t *ttl = json_object_get(out, "ttl");

    if (strcmp(by, "own") == 0) {
        (void)printf("%s is ours: its users are here, and DNS is never asked for %s\n", c->argv[0],
                     c->conf->domain);
        return;
    }
    (void)printf("%s goes %s\n", c->argv[0],
                 strcmp(by, "peer") == 0 ? "by the routes of a peer, which overrule DNS"
                                         : "where DNS says");
    say_asked(json_object_get(out, "asked"));
    say_places(json_object_get(out, "places"));
    if (json_is_integer(ttl))
        (void)printf("good for %lld s\n", (long long)json_integer_value(ttl));
}

/* What to do about each end that is none. */
static int refuse(const struct cmd_context *c, enum locate_state end)
{
    const char *cure =
        end == LOCATE_NO_DOMAIN || end == LOCATE_BAD_NAME ? "is the domain spelled right?"
        : end == LOCATE_FAILED       ? "look at dns.servers, and at that domain's servers"
        : end == LOCATE_NO_TRANSPORT ? "listen on sip.udp, sip.tcp or sip.tls as that domain asks"
        : end == LOCATE_NO_WAY
            ? "look at this machine's addresses, and at what DNS names"
            : "its operator must publish SRV records, or make it a peer with a route";

    return cmd_refuse("%s cannot be reached: %s; %s", c->argv[0], locate_text(end), cure);
}

int cmd_locate(const struct cmd_context *c)
{
    struct sip_uri u;
    json_t *out;
    enum locate_state end;

    if (!sip_uri_parse(span_str(c->argv[0]), &u) || u.scheme == SIP_SCHEME_OTHER)
        return cmd_refuse("%s is no im:, pres:, sip: or sips: URI; write im:user@domain",
                          c->argv[0]);
    out = json_object();
    put(out, "uri", json_string(c->argv[0]));
    end = locate(c, &u, out);
    put(out, "state", json_string(locate_text(end)));
    if (c->json)
        (void)(json_dumpf(out, stdout, JSON_INDENT(2)) || printf("\n"));
    else
        say(c, out);
    json_decref(out);
    return end == LOCATE_FOUND || end == LOCATE_OWN ? CMD_DONE : refuse(c, end);
}
