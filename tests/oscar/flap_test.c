#include "oscar/flap.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscar/snac.h"

#define BYTES(...)                                                       \
    {                                                                    \
        (const uint8_t[]){__VA_ARGS__}, sizeof((uint8_t[]){__VA_ARGS__}) \
    }

static const struct {
    const char *what;
    struct span in;
    enum framed framed;
    size_t left;
} rows[] = {
    {"nothing", {NULL, 0}, FRAME_MORE, 0},
    {"keepalive, empty", BYTES(0x2a, 5, 0, 1, 0, 0), FRAME_WHOLE, 0},
    {"two of them", BYTES(0x2a, 5, 0, 1, 0, 0, 0x2a, 5, 0, 2, 0, 0), FRAME_WHOLE, 6},
    {"header cut short", BYTES(0x2a, 2, 0), FRAME_MORE, 3},
    {"data cut short", BYTES(0x2a, 2, 0, 0, 0, 2, 1), FRAME_MORE, 7},
    {"not a FLAP", BYTES('G', 'E', 'T'), FRAME_BROKEN, 3},
    {"one wrong octet", BYTES('G'), FRAME_BROKEN, 1},
    {"channel 0", BYTES(0x2a, 0), FRAME_BROKEN, 2},
    {"channel 6", BYTES(0x2a, 6), FRAME_BROKEN, 2},
    {"as long as allowed", BYTES(0x2a, 2, 0, 0, 0x40, 0), FRAME_MORE, 6},
    {"one octet longer", BYTES(0x2a, 2, 0, 0, 0x40, 1), FRAME_TOO_LONG, 6},
};

static void frames_are_whole_partial_or_broken(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span in = rows[i].in;
        struct flap f;

        assert_int_equal(flap_read(&in, &f), rows[i].framed);
        assert_int_equal(in.n, rows[i].left);
    }
}

static void a_written_frame_counts_and_wraps(void **state)
{
    struct buf b = {0};
    struct span in;
    struct flap f;
    uint16_t seq = 0xFFFF;

    (void)state;
    flap_write(&b, FLAP_DATA, SPAN("hello"), &seq);
    flap_write(&b, FLAP_KEEPALIVE, (struct span){0}, &seq);
    assert_int_equal(seq, 1);
    in = buf_span(&b);
    assert_int_equal(flap_read(&in, &f), FRAME_WHOLE);
    assert_int_equal(f.seq, 0xFFFF);
    assert_true(span_is(f.data, "hello"));
    assert_int_equal(flap_read(&in, &f), FRAME_WHOLE);
    assert_int_equal(f.seq, 0);
    buf_fini(&b);
}

static void a_frame_longer_than_its_length_field_marks_the_buffer(void **state)
{
    struct buf b = {0};
    uint16_t seq = 0;
    size_t begun = flap_begin(&b, FLAP_DATA);

    (void)state;
    assert_non_null(buf_room(&b, 65536));
    flap_end(&b, begun, &seq);
    assert_false(buf_ok(&b));
    buf_fini(&b);
}

static void every_number_has_a_name_and_a_version(void **state)
{
    (void)state;
    assert_string_equal(foodgroup_name(FOODGROUP_ICBM), "ICBM");
    assert_string_equal(foodgroup_name(0x7777), "unknown");
    assert_string_equal(snac_name(FOODGROUP_ICBM, SNAC_ICBM_HOST_ACK), "host acknowledgement");
    assert_string_equal(snac_name(0x7777, 1), "unknown");
    assert_int_equal(foodgroup_version(FOODGROUP_FEEDBAG), 4);
    assert_int_equal(foodgroup_version(0x7777), 0);
    assert_string_equal(snac_error_text(SNAC_ERR_NO_MATCH), "no match");
    assert_string_equal(snac_error_text(0x7777), "unknown error");
    assert_string_equal(login_error_text(LOGIN_ERR_WRONG_PASSWORD), "wrong password");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(frames_are_whole_partial_or_broken),
        cmocka_unit_test(a_written_frame_counts_and_wraps),
        cmocka_unit_test(a_frame_longer_than_its_length_field_marks_the_buffer),
        cmocka_unit_test(every_number_has_a_name_and_a_version),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
