#include "oscar/tlv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *what;
    struct span list;
    bool found; /* type 5 */
    const char *value;
} rows[] = {
    {"nothing", {0}, false, ""},
    {"it", {(const uint8_t *)"\0\5\0\2hi", 6}, true, "hi"},
    {"it, empty", {(const uint8_t *)"\0\5\0\0", 4}, true, ""},
    {"behind another", {(const uint8_t *)"\0\4\0\1x\0\5\0\2hi", 11}, true, "hi"},
    {"twice: the first counts", {(const uint8_t *)"\0\5\0\1a\0\5\0\1b", 10}, true, "a"},
    {"longer than the rest",
     {(const uint8_t *)"\0\5\0\x10"
                       "hi",
      6},
     true,
     "hi"},
    {"behind one that is", {(const uint8_t *)"\0\4\0\x10\0\5\0\2hi", 10}, false, ""},
    {"header cut short", {(const uint8_t *)"\0\5\0", 3}, false, ""},
};

static void a_tlv_is_found_or_missing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span value;

        assert_int_equal(tlv_find(rows[i].list, 5, &value), rows[i].found);
        assert_true(span_is(value, rows[i].value));
        assert_int_equal(tlv_has(rows[i].list, 5), rows[i].found);
    }
}

static void numbers_are_what_is_there_or_the_fallback(void **state)
{
    struct span list = SPAN("\0\1\0\4\1\2\3\4\0\2\0\1\7");

    (void)state;
    assert_int_equal(tlv_get_u32(list, 1, 9), 0x01020304);
    assert_int_equal(tlv_get_u16(list, 1, 9), 0x0102); /* a longer one gives its front */
    assert_int_equal(tlv_get_u8(list, 2, 9), 7);
    assert_int_equal(tlv_get_u16(list, 2, 9), 9);
    assert_int_equal(tlv_get_u8(list, 3, 9), 9);
}

static void a_block_ends_where_its_count_says(void **state)
{
    struct rd r = rd_over(SPAN("\0\2\0\1\0\0\0\2\0\1x\0\3\0\0rest"));
    struct span block = tlv_block(&r);

    (void)state;
    assert_int_equal(block.n, 9);
    assert_int_equal(rd_left(&r), 8);
    r = rd_over(SPAN("\xFF\xFF\0\1\0\0"));
    assert_int_equal(tlv_block(&r).n, 4);
    assert_true(rd_ok(&r));
    r = rd_over(SPAN("\0"));
    assert_int_equal(tlv_block(&r).n, 0);
    assert_false(rd_ok(&r));
}

static void what_is_written_is_read_back(void **state)
{
    struct buf b = {0};
    size_t begun;

    (void)state;
    tlv_write_u8(&b, 1, 0xAB);
    tlv_write_u16(&b, 2, 0xABCD);
    tlv_write_u32(&b, 3, 0xABCDEF01);
    tlv_write_empty(&b, 4);
    begun = tlv_begin(&b, 5);
    BUF_LIT(&b, "nested");
    tlv_end(&b, begun);
    assert_true(span_eq(buf_span(&b), SPAN("\0\1\0\1\xAB\0\2\0\2\xAB\xCD\0\3\0\4\xAB\xCD\xEF\1"
                                           "\0\4\0\0\0\5\0\6nested")));
    buf_reset(&b);
    begun = tlv_begin(&b, 5);
    assert_non_null(buf_room(&b, 65536));
    tlv_end(&b, begun);
    assert_false(buf_ok(&b));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tlv_is_found_or_missing),
        cmocka_unit_test(numbers_are_what_is_there_or_the_fallback),
        cmocka_unit_test(a_block_ends_where_its_count_says),
        cmocka_unit_test(what_is_written_is_read_back),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
