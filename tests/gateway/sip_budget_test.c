/* What a source may send before it is read, and how much is answered to who may not be there. */
#include "gateway/door/sip_budget.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

enum { T0 = 1000000 };

static int setup(void **state)
{
    static struct sip_budget b; /* one test at a time */

    sip_budget_init(&b);
    *state = &b;
    return 0;
}

static int teardown(void **state)
{
    sip_budget_fini(*state);
    return 0;
}

static struct sip_hop udp(const char *ip, uint16_t port)
{
    struct sip_hop h = {.transport = SIP_TRANSPORT_UDP};

    assert_true(sip_addr_parse(span_str(ip), &h.addr));
    h.addr.port = port;
    return h;
}

/* How many of `n` datagrams at once are taken. */
static unsigned send(struct sip_budget *b, struct sip_hop from, unsigned n, uint64_t now)
{
    unsigned taken = 0;

    for (unsigned i = 0; i < n; i++)
        taken += sip_budget_datagram(b, &from, 100, now);
    return taken;
}

static void a_stranger_has_a_burst_and_a_rate(void **state)
{
    struct sip_budget *b = *state;

    assert_int_equal(send(b, udp("192.0.2.1", 5060), 3000, T0), 2000);
    assert_int_equal(send(b, udp("192.0.2.1", 5061), 10, T0), 0);  /* the host, not the port */
    assert_int_equal(send(b, udp("192.0.2.2", 5060), 10, T0), 10); /* others are not touched */
    assert_int_equal(send(b, udp("192.0.2.1", 5060), 10, T0 + 1), 0);
    assert_int_equal(send(b, udp("192.0.2.1", 5060), 10, T0 + 2), 1);
    assert_int_equal(send(b, udp("192.0.2.1", 5060), 1000, T0 + 1002), 500);
    assert_int_equal(send(b, udp("192.0.2.1", 5060), 9000, T0 + 90000),
                     2000); /* no more is saved */
}

static void an_ipv6_host_has_its_64_to_itself(void **state)
{
    struct sip_budget *b = *state;

    assert_int_equal(send(b, udp("2001:db8::1", 1), 3000, T0), 2000);
    assert_int_equal(send(b, udp("2001:db8::2:2", 1), 10, T0), 0);
    assert_int_equal(send(b, udp("2001:db8:0:1::1", 1), 10, T0), 10);
    assert_int_equal(send(b, udp("::1", 1), 4000, T0), 4000); /* loopback is no stranger's */
}

static void all_strangers_together_have_an_end(void **state)
{
    struct sip_budget *b = *state;
    unsigned taken = 0;
    char ip[32];

    for (unsigned i = 0; i < 60000; i++) { /* each from another source */
        (void)snprintf(ip, sizeof ip, "10.%u.%u.%u", i >> 16, i >> 8 & 255, i & 255);
        taken += send(b, udp(ip, 5060), 1, T0);
    }
    assert_int_equal(taken, BUDGET_ALL_PER_SECOND);
    assert_int_equal(table_count(&b->hosts), BUDGET_HOSTS_MAX);
}

static void who_is_trusted_is_not_touched_by_a_flood(void **state)
{
    struct sip_budget *b = *state;
    struct sip_hop phone = udp("127.0.0.1", 40000), peer = udp("127.0.0.1", 5080);

    sip_budget_trust(b, &phone, SIP_WHO_PHONE, T0 + 60000);
    sip_budget_trust(b, &peer, SIP_WHO_UNLIMITED, T0 + 60000);
    assert_int_equal(send(b, udp("127.0.0.1", 666), 200000, T0), 5000);
    assert_int_equal(send(b, phone, 100000, T0), 100000);
    assert_int_equal(send(b, peer, 500000, T0), 500000);
    assert_true(sip_budget_trusts(b, &phone, T0 + 59999));
    assert_false(sip_budget_trusts(b, &phone, T0 + 60000)); /* until then */
    phone.transport = SIP_TRANSPORT_TCP;
    assert_false(sip_budget_trusts(b, &phone, T0));
}

static void trusted_ways_are_bounded(void **state)
{
    struct sip_budget *b = *state;
    struct sip_hop first = udp("10.0.0.1", 1);

    sip_budget_trust(b, &first, SIP_WHO_PHONE, T0 + 1000);
    for (unsigned i = 0; i < BUDGET_WAYS_MAX; i++) {
        struct sip_hop h = udp("10.0.0.2", (uint16_t)i);

        h.addr.ip[1] = (uint8_t)(i >> 16);
        sip_budget_trust(b, &h, SIP_WHO_PHONE, T0 + 1000);
    }
    assert_int_equal(table_count(&b->ways), BUDGET_WAYS_MAX);
    assert_false(sip_budget_trusts(b, &first, T0));
}

static void connections_are_counted_by_host(void **state)
{
    struct sip_budget *b = *state;
    struct sip_hop from = udp("192.0.2.1", 5060);
    unsigned taken = 0;

    for (unsigned i = 0; i < 5000; i++)
        taken += sip_budget_connection(b, &from.addr, T0);
    assert_int_equal(taken, 2000);
    assert_int_equal(send(b, from, 10, T0), 10); /* another purse */
    assert_true(sip_budget_connection(b, &from.addr, T0 + 10));
    assert_false(sip_budget_connection(b, &from.addr, T0 + 10));
}

/* S-416, RFC 3856 9.5, 6665 6.3: no amplification for whoever forges his address. */
static void answers_to_a_stranger_are_in_proportion(void **state)
{
    struct sip_budget *b = *state;
    struct sip_hop victim = udp("192.0.2.9", 5060), phone = udp("192.0.2.8", 5060);
    size_t said = 0;

    for (int i = 0; i < 1000; i++)
        for (int k = 0; k < 10; k++) /* ten answers of 1,000 octets for each request of 400 */
            if ((k > 0 || sip_budget_datagram(b, &victim, 400, T0)) &&
                sip_budget_reply(b, &victim, 1000, T0))
                said += 1000;
    assert_true(said <= BUDGET_REPLY_FIRST + 1000 * 400 * BUDGET_REPLY_TIMES);
    assert_true(said > 1000 * 400);
    for (int i = 0; i < 1000; i++) /* asks for long, and takes no answers */
        assert_true(sip_budget_datagram(b, &victim, 400, T0 + 100000));
    said = 0;
    while (sip_budget_reply(b, &victim, 100, T0 + 100000))
        said += 100;
    assert_true(said <= BUDGET_REPLY_FIRST + 400 * BUDGET_REPLY_TIMES);
    sip_budget_trust(b, &phone, SIP_WHO_PHONE, T0 + 60000);
    for (int i = 0; i < 100; i++)
        assert_true(sip_budget_reply(b, &phone, 1000, T0));
    phone.addr.port = 9; /* also where its Via says */
    assert_true(sip_budget_reply(b, &phone, 1000, T0));
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        T(a_stranger_has_a_burst_and_a_rate),
        T(an_ipv6_host_has_its_64_to_itself),
        T(all_strangers_together_have_an_end),
        T(who_is_trusted_is_not_touched_by_a_flood),
        T(trusted_ways_are_bounded),
        T(connections_are_counted_by_host),
        T(answers_to_a_stranger_are_in_proportion),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
