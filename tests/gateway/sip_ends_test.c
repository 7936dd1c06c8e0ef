/* Who is at the other end of the SIP door's connections. */
#include "gateway/door/sip_ends.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static struct sip_addr at(const char *ip, uint16_t port)
{
    struct sip_addr a;

    assert_true(sip_addr_parse(span_str(ip), &a));
    a.port = port;
    return a;
}

static void add(struct sip_ends *e, struct sip_end_node *n, enum sip_transport over,
                struct sip_addr peer)
{
    assert_int_equal(sip_ends_add(e, n, over, &peer), OK);
}

static struct sip_end_node *find(const struct sip_ends *e, enum sip_transport over,
                                 struct sip_addr peer)
{
    return sip_ends_find(e, over, &peer);
}

static size_t of_source(const struct sip_ends *e, struct sip_addr peer)
{
    return sip_ends_of_source(e, &peer);
}

static void the_newest_connection_to_an_address_is_found(void **state)
{
    struct sip_ends e;
    struct sip_end_node n[3] = {0};
    const struct sip_addr peer = at("192.0.2.1", 5060);

    (void)state;
    sip_ends_init(&e);
    assert_null(find(&e, SIP_TRANSPORT_TCP, peer));
    for (size_t i = 0; i < 3; i++)
        add(&e, &n[i], SIP_TRANSPORT_TCP, peer);
    assert_ptr_equal(find(&e, SIP_TRANSPORT_TCP, peer), &n[2]);
    sip_ends_remove(&e, &n[1]);
    assert_ptr_equal(find(&e, SIP_TRANSPORT_TCP, peer), &n[2]);
    sip_ends_remove(&e, &n[2]);
    assert_ptr_equal(find(&e, SIP_TRANSPORT_TCP, peer), &n[0]);
    sip_ends_remove(&e, &n[0]);
    sip_ends_remove(&e, &n[0]); /* not in any more: nothing happens */
    assert_null(find(&e, SIP_TRANSPORT_TCP, peer));
    assert_int_equal(of_source(&e, peer), 0);
    sip_ends_fini(&e);
}

static void another_port_host_or_transport_is_another_end(void **state)
{
    struct sip_ends e;
    struct sip_end_node n = {0};

    (void)state;
    sip_ends_init(&e);
    add(&e, &n, SIP_TRANSPORT_TCP, at("192.0.2.1", 5060));
    assert_null(find(&e, SIP_TRANSPORT_TCP, at("192.0.2.1", 5061)));
    assert_null(find(&e, SIP_TRANSPORT_TCP, at("192.0.2.2", 5060)));
    assert_null(find(&e, SIP_TRANSPORT_TCP, at("2001:db8::1", 5060)));
    assert_null(find(&e, SIP_TRANSPORT_TLS, at("192.0.2.1", 5060)));
    assert_non_null(find(&e, SIP_TRANSPORT_TCP, at("192.0.2.1", 5060)));
    sip_ends_remove(&e, &n);
    sip_ends_fini(&e);
}

static void a_source_counts_all_its_ports_and_transports(void **state)
{
    struct sip_ends e;
    struct sip_end_node n[4] = {0};

    (void)state;
    sip_ends_init(&e);
    add(&e, &n[0], SIP_TRANSPORT_TCP, at("192.0.2.1", 40000));
    add(&e, &n[1], SIP_TRANSPORT_TCP, at("192.0.2.1", 40001));
    add(&e, &n[2], SIP_TRANSPORT_TLS, at("192.0.2.1", 40001));
    add(&e, &n[3], SIP_TRANSPORT_TCP, at("192.0.2.2", 40000));
    assert_int_equal(of_source(&e, at("192.0.2.1", 9)), 3);
    assert_int_equal(of_source(&e, at("192.0.2.2", 9)), 1);
    assert_int_equal(of_source(&e, at("192.0.2.3", 9)), 0);
    for (size_t i = 0; i < 4; i++)
        sip_ends_remove(&e, &n[i]);
    assert_int_equal(of_source(&e, at("192.0.2.1", 9)), 0);
    sip_ends_fini(&e);
}

static void thousands_come_and_go(void **state)
{
    enum { MANY = 20000 };
    struct sip_end_node *n = calloc(MANY, sizeof *n);
    struct sip_ends e;

    (void)state;
    assert_non_null(n);
    sip_ends_init(&e);
    for (size_t i = 0; i < MANY; i++)
        add(&e, &n[i], SIP_TRANSPORT_TCP, at("198.51.100.7", (uint16_t)(i + 1)));
    assert_int_equal(of_source(&e, at("198.51.100.7", 0)), MANY);
    for (size_t i = 0; i < MANY; i++)
        assert_ptr_equal(find(&e, SIP_TRANSPORT_TCP, at("198.51.100.7", (uint16_t)(i + 1))), &n[i]);
    for (size_t i = 0; i < MANY; i++)
        sip_ends_remove(&e, &n[i]);
    assert_int_equal(of_source(&e, at("198.51.100.7", 0)), 0);
    sip_ends_fini(&e);
    free(n);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_newest_connection_to_an_address_is_found),
        cmocka_unit_test(another_port_host_or_transport_is_another_end),
        cmocka_unit_test(a_source_counts_all_its_ports_and_transports),
        cmocka_unit_test(thousands_come_and_go),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
