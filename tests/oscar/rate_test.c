#include "oscar/rate.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/deadlines.h"
#include "oscar/snac.h"

/* AOL's classes, and how many SNACs without a pause lead from the top to alert, limit and the end.
 */
static const struct {
    struct rate_params p;
    int alert, limit, disconnect;
} aol[] = {
    {{1, 80, 2500, 2000, 1500, 800, 6000}, 87, 109, 157},
    {{2, 80, 3000, 2000, 1500, 1000, 6000}, 87, 109, 140},
    {{3, 20, 5100, 5000, 4000, 3000, 6000}, 4, 8, 14},
    {{4, 20, 5500, 5300, 4200, 3000, 8000}, 9, 13, 20},
    {{5, 10, 5500, 5300, 4200, 3000, 8000}, 4, 7, 10},
};

static void a_burst_reaches_each_level_when_it_should(void **state)
{
    (void)state;
    for (size_t i = 0; i < 5; i++) {
        const struct rate_params *p = &aol[i].p;
        uint32_t level = p->max;
        uint8_t now = RATE_CLEAR;

        for (int n = 1; n <= aol[i].disconnect; n++) {
            enum rate_verdict v;

            level = rate_step(p, level, 0);
            v = rate_judge(p, level, &now);
            if (n == aol[i].disconnect)
                assert_int_equal(v, RATE_DISCONNECT);
            else if (n == aol[i].limit)
                assert_int_equal(v, RATE_DROP_LIMITED);
            else if (n == aol[i].alert)
                assert_int_equal(v, RATE_PASS_ALERTED);
            else
                assert_int_equal(v, n > aol[i].limit ? RATE_DROP : RATE_PASS);
        }
    }
}

static void the_arithmetic_is_that_of_the_clients(void **state)
{
    static const uint32_t levels[] = {5700, 5415, 5144, 4886, 4641, 4408, 4187,
                                      3977, 3778, 3589, 3409, 3238, 3076, 2922};
    uint32_t level = 6000;

    (void)state;
    for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++) {
        level = rate_step(&aol[2].p, level, 0);
        assert_int_equal(level, levels[i]);
    }
    assert_int_equal(rate_step(&aol[2].p, 3000, 20000), 3850);
    assert_int_equal(rate_step(&aol[2].p, 6000, 60000), 6000);
    assert_int_equal(rate_step(&aol[2].p, 0, UINT64_MAX), 6000);
}

static const struct {
    uint32_t level;
    enum rate_state before, after;
    enum rate_verdict verdict;
} judged[] = {
    {2999, RATE_CLEAR, RATE_CLEAR, RATE_DISCONNECT},
    {3000, RATE_CLEAR, RATE_LIMITED, RATE_DROP_LIMITED},
    {3999, RATE_ALERT, RATE_LIMITED, RATE_DROP_LIMITED},
    {3999, RATE_LIMITED, RATE_LIMITED, RATE_DROP},
    {5099, RATE_LIMITED, RATE_LIMITED, RATE_DROP},
    {5100, RATE_LIMITED, RATE_CLEAR, RATE_PASS_CLEARED},
    {4000, RATE_CLEAR, RATE_ALERT, RATE_PASS_ALERTED},
    {4999, RATE_ALERT, RATE_ALERT, RATE_PASS},
    {5000, RATE_ALERT, RATE_CLEAR, RATE_PASS_CLEARED},
    {6000, RATE_CLEAR, RATE_CLEAR, RATE_PASS},
};

static void every_level_has_its_verdict(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof judged / sizeof judged[0]; i++) {
        uint8_t now = (uint8_t)judged[i].before;

        assert_int_equal(rate_judge(&aol[2].p, judged[i].level, &now), judged[i].verdict);
        assert_int_equal(now, judged[i].after);
    }
}

static void snacs_belong_to_their_classes(void **state)
{
    static const uint16_t rows[][3] = {
        {0x01, 0x06, 1}, {0x02, 0x15, 1}, {0x04, 0x14, 1}, {0x13, 0x08, 1}, {0x03, 0x04, 2},
        {0x03, 0x05, 2}, {0x09, 0x05, 2}, {0x09, 0x08, 2}, {0x02, 0x05, 3}, {0x04, 0x06, 3},
        {0x02, 0x09, 4}, {0x02, 0x0B, 4}, {0x0D, 0x08, 5}, {0x77, 0x77, 1}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        assert_int_equal(rate_class_of(rows[i][0], rows[i][1]), rows[i][2]);
}

static void records_are_30_or_35_octets(void **state)
{
    struct rates r;
    struct buf b = {0};

    (void)state;
    rate_init(&r, 1000);
    for (uint16_t version = 0; version <= 4; version++) {
        buf_reset(&b);
        rate_write_class(&b, &r, 1, version, 1500);
        assert_int_equal(b.n, version < 3 ? 30 : 35);
    }
    assert_int_equal(b.p[32] << 8 | b.p[33], 500); /* ms since the last one */
    assert_int_equal(b.p[34], 0);
    r.of[0].state = RATE_ALERT;
    buf_reset(&b);
    rate_write_class(&b, &r, 1, 4, 1000);
    assert_int_equal(b.p[34], 0); /* libpurple would queue all it has */
    r.of[0].state = RATE_LIMITED;
    buf_reset(&b);
    rate_write_class(&b, &r, 1, 4, 1000);
    assert_int_equal(b.p[34], 1);
    buf_fini(&b);
}

/* Without another SNAC: as soon as one that came then would find the class clear, not sooner. */
static void quiet_ends_a_limit_and_an_alert(void **state)
{
    static const int bursts[] = {109, 87};
    static const uint32_t wanted[] = {2500, 2000};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        struct rates r;
        uint32_t level;

        rate_init(&r, 1000);
        assert_true(r.calm_at == DEADLINE_NEVER);
        for (int n = 0; n < bursts[i]; n++)
            (void)rate_count(&r, 1, 1000);
        level = r.of[0].level;
        assert_int_equal(r.of[0].state, i ? RATE_ALERT : RATE_LIMITED);
        assert_int_equal(r.calm_at, 1000 + wanted[i] * 80 - level * 79);
        assert_int_equal(rate_calm(&r, r.calm_at - 1), 0);
        assert_int_equal(rate_step(rate_params(1), level, r.calm_at - 1001), wanted[i] - 1);
        assert_int_equal(rate_calm(&r, r.calm_at), 1);
        assert_int_equal(r.of[0].level, wanted[i]);
        assert_int_equal(r.of[0].state, RATE_CLEAR);
        assert_true(r.calm_at == DEADLINE_NEVER);
        assert_int_equal(rate_calm(&r, 1000000), 0);
    }
}

static const struct {
    uint16_t warning;
    uint32_t clear, alert, limit;
} warned[] = {
    {0, 2500, 2000, 1500},
    {100, 2835, 2385, 1935},
    {500, 4175, 3925, 3675},
    {999, 5846, 5846, 5845},
};

static void a_warned_user_has_less_to_send(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof warned / sizeof warned[0]; i++) {
        struct rates r;
        struct buf b = {0};
        struct rd in;

        rate_init(&r, 0);
        rate_warn(&r, 999);
        rate_warn(&r, warned[i].warning); /* always from the class's own numbers */
        rate_write_class(&b, &r, RATE_CLASS_MESSAGES, 1, 0);
        in = rd_over(buf_span(&b));
        assert_int_equal(rd_u16(&in), 3);
        assert_int_equal(rd_u32(&in), 80);
        assert_int_equal(rd_u32(&in), warned[i].clear);
        assert_int_equal(rd_u32(&in), warned[i].alert);
        assert_int_equal(rd_u32(&in), warned[i].limit);
        assert_int_equal(rd_u32(&in), 800);
        assert_int_equal(rd_u32(&in), 6000);
        assert_int_equal(rd_u32(&in), 6000);
        assert_true(warned[i].clear <= 6000 - RATE_WARNED_ROOM);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_reaches_each_level_when_it_should),
        cmocka_unit_test(the_arithmetic_is_that_of_the_clients),
        cmocka_unit_test(every_level_has_its_verdict),
        cmocka_unit_test(snacs_belong_to_their_classes),
        cmocka_unit_test(records_are_30_or_35_octets),
        cmocka_unit_test(quiet_ends_a_limit_and_an_alert),
        cmocka_unit_test(a_warned_user_has_less_to_send),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
