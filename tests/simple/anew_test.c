/* Who started anew: what is known of whom, and for how many. */
#include "simple/txn/anew.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static struct sip_hop from(enum sip_transport over, uint16_t port)
{
    return (struct sip_hop){.transport = over, .addr = {4, {192, 0, 2, 7}, port}};
}

static uint64_t since(const struct anew *a, struct sip_hop who)
{
    return anew_since(a, &who);
}

static void note(struct anew *a, struct sip_hop who, uint64_t now)
{
    anew_note(a, &who, now);
}

static void each_address_has_its_own_time(void **state)
{
    struct anew a;

    (void)state;
    anew_init(&a);
    note(&a, from(SIP_TRANSPORT_UDP, 5060), 100);
    note(&a, from(SIP_TRANSPORT_UDP, 5062), 200);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 5060)), 100);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 5062)), 200);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_TCP, 5060)), 0);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 5061)), 0);
    note(&a, from(SIP_TRANSPORT_UDP, 5060), 300); /* and again */
    anew_expire(&a, 300);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 5060)), 300);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 5062)), 0);
    anew_fini(&a);
}

static void the_oldest_is_forgotten_when_it_is_full(void **state)
{
    struct anew a;

    (void)state;
    anew_init(&a);
    for (uint32_t i = 0; i <= ANEW_MAX; i++)
        note(&a, from(SIP_TRANSPORT_UDP, (uint16_t)(i + 1)), i + 1);
    assert_int_equal(table_count(&a.by_addr), ANEW_MAX);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 1)), 0);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, 2)), 2);
    assert_int_equal(since(&a, from(SIP_TRANSPORT_UDP, ANEW_MAX + 1)), ANEW_MAX + 1);
    anew_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_address_has_its_own_time),
        cmocka_unit_test(the_oldest_is_forgotten_when_it_is_full),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
