/* The gateway's pieces that need no socket: what is known of peers, a hop as octets, the figures as
 * text. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "gateway/metrics.h"
#include "gateway/peer/peers.h"
#include "gateway/peer/way.h"
#include "gateway/people/hop.h"

enum { T0 = 1000000 };

/* --- peers --- */

struct partner {
    struct conf_route at[4];
    struct conf_peer conf[2];
    struct conf c;
    struct peers *all;
    struct worker w; /* of which a way needs the time, and who is put aside */
};

static struct conf_route route_to(const char *ip, uint16_t port, enum conf_transport over)
{
    struct conf_route r = {.transport = over, .host = ip, .port = port, .numeric = true};

    r.address.at.in4 = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons(port)};
    r.address.port = port;
    assert_int_equal(inet_pton(AF_INET, ip, &r.address.at.in4.sin_addr), 1);
    return r;
}

/* peer.example with a primary over UDP and a second over TCP; a name that no resolver has turned
 * into numbers between */
static int partner_setup(void **state)
{
    struct partner *p = calloc(1, sizeof *p);

    assert_non_null(p);
    p->at[0] = route_to("192.0.2.1", 5060, CONF_UDP);
    p->at[1] = (struct conf_route){
        .host = "sip.peer.example", .text = "sip:sip.peer.example:5060", .port = 5060};
    p->at[2] = route_to("192.0.2.2", 5070, CONF_TCP);
    p->conf[0] = (struct conf_peer){.domain = "peer.example", .routes = {p->at, 3}};
    p->conf[1] = (struct conf_peer){.domain = "other.example", .limits = CONF_LIMITS_NONE};
    p->c.peers = p->conf;
    p->c.peer_count = 2;
    penalties_init(&p->w.penalties);
    assert_int_equal(peers_new(&p->c, &p->w.penalties, &p->all), OK);
    p->w.peers = p->all;
    *state = p;
    return 0;
}

static int partner_teardown(void **state)
{
    struct partner *p = *state;

    peers_free(p->all);
    penalties_fini(&p->w.penalties);
    free(p);
    return 0;
}

static struct peer *known(const struct partner *p)
{
    struct peer *found = peer_find(p->all, SPAN("peer.example"));

    assert_non_null(found);
    return found;
}

/* A place that DNS gave. */
static struct way_place place_at(const char *ip, uint16_t port)
{
    struct way_place p = {.hop = {.transport = SIP_TRANSPORT_UDP}};

    assert_true(sip_addr_parse(span_str(ip), &p.hop.addr));
    p.hop.addr.port = port;
    return p;
}

/* The last octet of where a request goes as its n-th try (from 0); 0: nowhere. */
static int goes_to(struct partner *p, struct peer *peer, unsigned n, uint64_t now)
{
    struct way y = {.peer = peer};

    p->w.now = now;
    for (unsigned i = 0; i <= n; i++)
        if (!way_next(&p->w, &y))
            return 0;
    return y.hop.addr.ip[3];
}

static void fails(struct partner *p, const char *ip, uint16_t port, uint64_t now)
{
    struct way y = {.peer = known(p), .hop = place_at(ip, port).hop};

    if (port == 5070)
        y.hop.transport = SIP_TRANSPORT_TCP;
    p->w.now = now;
    way_note(&p->w, &y, &(struct sip_core_event){.cause = SIP_BY_TIMEOUT, .status = 408});
}

static size_t usable(const struct peer *p, uint64_t now)
{
    struct peer_state s;

    peer_state(p, now, &s);
    return s.usable;
}

static void the_first_route_is_taken_while_it_is_good(void **state)
{
    struct partner *p = *state;
    struct way y = {.peer = known(p)};

    p->w.now = T0;
    assert_null(peer_find(p->all, SPAN("nowhere.example")));
    assert_true(peer_is_limited(known(p)));
    assert_false(peer_is_limited(peer_find(p->all, SPAN("other.example"))));
    assert_true(way_next(&p->w, &y));
    assert_int_equal(y.hop.transport, SIP_TRANSPORT_UDP);
    assert_int_equal(y.hop.addr.port, 5060);
    assert_int_equal(goes_to(p, known(p), 0, T0), 1);
    assert_int_equal(goes_to(p, known(p), 1, T0), 2); /* was tried there */
    assert_int_equal(goes_to(p, known(p), 2, T0), 0); /* none is left */
    assert_int_equal(goes_to(p, peer_find(p->all, SPAN("other.example")), 0, T0), 0);
}

static void a_route_that_failed_is_put_aside_ever_longer(void **state)
{
    struct partner *p = *state;
    static const unsigned aside[] = {30000, 60000, 120000, 240000, 300000, 300000};
    struct way_place first = place_at("192.0.2.1", 5060);
    uint64_t now = T0;

    for (size_t i = 0; i < sizeof aside / sizeof *aside; i++) {
        fails(p, "192.0.2.1", 5060, now);
        assert_int_equal(goes_to(p, known(p), 0, now), 2);
        assert_int_equal(goes_to(p, known(p), 0, now + aside[i] - 1), 2);
        now += aside[i];
        assert_int_equal(goes_to(p, known(p), 0, now), 1);
    }
    penalty_answered(&p->w.penalties, &first.hop);
    fails(p, "192.0.2.1", 5060, now); /* an answer was life: from the beginning */
    assert_int_equal(goes_to(p, known(p), 0, now + 30000), 1);
}

static void with_all_put_aside_the_soonest_is_tried(void **state)
{
    struct partner *p = *state;
    struct way second = {.peer = known(p), .hop = place_at("192.0.2.2", 5070).hop};

    second.hop.transport = SIP_TRANSPORT_TCP;
    fails(p, "192.0.2.1", 5060, T0);
    fails(p, "192.0.2.2", 5070, T0 + 1000);
    assert_int_equal(usable(known(p), T0 + 1000), 0);
    assert_int_equal(goes_to(p, known(p), 0, T0 + 1000), 1);
    assert_int_equal(goes_to(p, known(p), 1, T0 + 1000), 2);
    /* 503 with Retry-After: for just that long, and never before (RFC 3261 21.5.4) */
    p->w.now = T0;
    way_note(&p->w, &second,
             &(struct sip_core_event){.cause = SIP_BY_PEER, .status = 503, .retry_after = 5});
    assert_int_equal(goes_to(p, known(p), 0, T0 + 1000), 1);
    assert_int_equal(goes_to(p, known(p), 1, T0 + 1000), 0);
    assert_int_equal(goes_to(p, known(p), 0, T0 + 5000), 2);
    assert_int_equal(usable(known(p), T0 + 5000), 1);
}

static void a_crowd_is_spread_over_slots(void **state)
{
    struct partner *p = *state;
    static const struct {
        uint64_t now, at;
    } rows[] = {
        {T0, T0}, {T0, T0 + 20}, {T0 + 1, T0 + 40}, {T0 + 500, T0 + 500}, {T0 + 500, T0 + 520},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        assert_int_equal(peer_slot(known(p), rows[i].now, 20), rows[i].at);
}

static void a_reload_keeps_what_is_known_of_routes_that_stay(void **state)
{
    struct partner *p = *state;
    struct conf_route fresh[2] = {route_to("192.0.2.3", 5060, CONF_UDP), p->at[0]};
    struct conf_peer conf = {.domain = "peer.example", .routes = {fresh, 2}};
    struct conf c = {.peers = &conf, .peer_count = 1};
    struct peer *gone = peer_find(p->all, SPAN("other.example"));
    struct peer_state s;
    size_t at = 0, n = 0;

    peer_count_sent(known(p));
    peer_count_received(known(p));
    fails(p, "192.0.2.1", 5060, T0);
    assert_int_equal(peers_reload(p->all, &c), OK);
    assert_int_equal(goes_to(p, known(p), 0, T0), 3);
    assert_int_equal(goes_to(p, known(p), 1, T0), 1);
    assert_int_equal(usable(known(p), T0), 1); /* .1 is still put aside */
    assert_int_equal(usable(known(p), T0 + 30000), 2);
    peer_state(known(p), T0, &s);
    assert_int_equal(s.routes, 2);
    assert_int_equal(s.sent, 1);
    assert_int_equal(s.received, 1);
    assert_int_equal(s.failures, 1);
    assert_string_equal(s.last_failure, "no answer");
    assert_int_equal(s.last_failure_at, T0);
    assert_null(peer_find(p->all, SPAN("other.example")));
    assert_true(span_is(peer_domain(gone), "other.example")); /* requests under way may know it */
    peer_failed(gone, T0, "late");
    assert_int_equal(goes_to(p, gone, 0, T0), 0);
    while (peer_next(p->all, &at))
        n++;
    assert_int_equal(n, 1);
}

static void a_route_that_is_a_name_leads_where_dns_says(void **state)
{
    struct partner *p = *state;
    struct way_place found[] = {place_at("192.0.2.7", 5060), place_at("192.0.2.8", 5062)};
    struct sip_hop from = found[1].hop;
    struct conf_peer conf = p->conf[0];
    struct conf c = {.peers = &conf, .peer_count = 1};
    struct peer_state s;

    assert_null(peer_named_route(known(p), 0));
    assert_non_null(peer_named_route(known(p), 1));
    peer_state(known(p), T0, &s);
    assert_int_equal(s.routes, 3);
    assert_int_equal(s.usable, 2); /* the name leads nowhere yet */
    assert_false(peer_sends_from(known(p), &from));
    peer_set_places(known(p), 1, found, 2);
    assert_int_equal(goes_to(p, known(p), 0, T0), 1); /* in the order of the routes */
    assert_int_equal(goes_to(p, known(p), 1, T0), 7);
    assert_int_equal(goes_to(p, known(p), 2, T0), 8);
    assert_int_equal(goes_to(p, known(p), 3, T0), 2);
    /* and it may speak from there: UDP by address and port, */
    assert_true(peer_sends_from(known(p), &from));
    from.addr.port = 1;
    assert_false(peer_sends_from(known(p), &from));
    from.transport = SIP_TRANSPORT_TCP; /* TCP by address */
    assert_true(peer_sends_from(known(p), &from));
    assert_int_equal(peers_reload(p->all, &c), OK); /* the same name: it stays known */
    assert_int_equal(goes_to(p, known(p), 1, T0), 7);
    peer_set_places(known(p), 1, NULL, 0);
    assert_int_equal(goes_to(p, known(p), 1, T0), 2);
}

static void who_sends_is_known_by_the_routes(void **state)
{
    struct partner *p = *state;
    static const struct {
        enum sip_transport over;
        uint8_t last;
        uint16_t port;
        bool theirs;
    } rows[] = {
        {SIP_TRANSPORT_UDP, 1, 5060, true},  {SIP_TRANSPORT_UDP, 1, 5061, false},
        {SIP_TRANSPORT_TCP, 2, 40000, true}, /* a connection's port is any */
        {SIP_TRANSPORT_UDP, 9, 5060, false}, {SIP_TRANSPORT_TCP, 9, 40000, false},
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct sip_hop from = {rows[i].over, {4, {192, 0, 2, rows[i].last}, rows[i].port}, 0, 0};

        assert_int_equal(peer_sends_from(known(p), &from), rows[i].theirs);
    }
}

/* --- a hop as octets --- */

static void a_hop_is_the_same_after_it_was_stored(void **state)
{
    static const struct sip_hop rows[] = {
        {SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0},
        {SIP_TRANSPORT_TCP, {4, {255, 255, 255, 255}, 65535}, 7, 0},
        {SIP_TRANSPORT_TLS, {6, {0x20, 1, 0xD, 0xB8, [15] = 1}, 5061}, 9, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t octets[HOP_OCTETS];
        struct sip_hop got;

        hop_write(octets, &rows[i]);
        assert_true(hop_read(span_of(octets, sizeof octets), &got));
        assert_int_equal(got.transport, rows[i].transport);
        assert_true(sip_addr_eq(&got.addr, &rows[i].addr));
        assert_int_equal(got.flow, 0); /* after a restart there is no connection */
    }
}

static void octets_that_are_no_hop_are_refused(void **state)
{
    static const struct {
        size_t at, size;
        uint8_t value;
    } rows[] = {
        {0, HOP_OCTETS, 200},                     /* transport */
        {1, HOP_OCTETS, 0},   {1, HOP_OCTETS, 5}, /* family */
        {19, 0, 1},           {19, HOP_OCTETS - 1, 1}, {19, HOP_OCTETS + 1, 1},
    };
    static const struct sip_hop good = {SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint8_t octets[HOP_OCTETS + 1] = {0};
        struct sip_hop got;

        hop_write(octets, &good);
        octets[rows[i].at] = rows[i].value;
        assert_false(hop_read(span_of(octets, rows[i].size), &got));
    }
}

/* --- figures --- */

static void the_figures_are_prometheus_text(void **state)
{
    struct metrics m = {.aim_signons = 7, .aim_sessions = 3, .store_failures = UINT64_MAX};
    struct buf out = {0};
    size_t lines = 0, rows = 0;

    (void)state;
    metrics_print(&m, &out);
    assert_true(buf_ok(&out));
    assert_non_null(strstr(buf_cstr(&out),
                           "# HELP aimgate_aim_signons_total AIM sessions that signed on\n"
                           "# TYPE aimgate_aim_signons_total counter\n"
                           "aimgate_aim_signons_total 7\n"));
    assert_non_null(
        strstr(buf_cstr(&out), "# TYPE aimgate_aim_sessions gauge\naimgate_aim_sessions 3\n"));
    assert_non_null(
        strstr(buf_cstr(&out), "\naimgate_store_failures_total 18446744073709551615\n"));
    for (const char *c = buf_cstr(&out); *c; c++)
        lines += *c == '\n';
#define COUNTER(name, help) rows++;
#define GAUGE(name, help)   rows++;
#include "gateway/metrics.def"
#undef COUNTER
#undef GAUGE
    assert_int_equal(lines, rows * 3);
    buf_fini(&out);
}

int main(void)
{
#define P(f) cmocka_unit_test_setup_teardown(f, partner_setup, partner_teardown)
    const struct CMUnitTest tests[] = {
        P(the_first_route_is_taken_while_it_is_good),
        P(a_route_that_failed_is_put_aside_ever_longer),
        P(with_all_put_aside_the_soonest_is_tried),
        P(a_crowd_is_spread_over_slots),
        P(a_reload_keeps_what_is_known_of_routes_that_stay),
        P(a_route_that_is_a_name_leads_where_dns_says),
        P(who_sends_is_known_by_the_routes),
        cmocka_unit_test(a_hop_is_the_same_after_it_was_stored),
        cmocka_unit_test(octets_that_are_no_hop_are_refused),
        cmocka_unit_test(the_figures_are_prometheus_text),
    };

    return cmocka_run_group_tests_name("gateway/pieces", tests, NULL, NULL);
}
