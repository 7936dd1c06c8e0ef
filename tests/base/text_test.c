/* Octets as text and back: base 64 and hexadecimal digits (RFC 4648 10), UTF-8 (RFC 3629). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "base/base64.h"
#include "base/hex.h"
#include "base/utf8.h"

static void base64_is_as_the_rfc_shows_it(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"f", "Zg=="},
        {"fo", "Zm8="},
        {"foo", "Zm9v"},
        {"foob", "Zm9vYg=="},
        {"fooba", "Zm9vYmE="},
        {"foobar", "Zm9vYmFy"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = {0}, back = {0};

        base64_write(&out, span_str(rows[i][0]));
        assert_true(span_is(buf_span(&out), rows[i][1]));
        assert_true(base64_read(buf_span(&out), &back));
        assert_true(span_is(buf_span(&back), rows[i][0]));
        buf_fini(&out);
        buf_fini(&back);
    }
}

static void what_is_no_base64_is_refused(void **state)
{
    static const char *const rows[] = {"Zg=a", "Zm9v!", "Z", "=Zg=", "\xc3\xa4Zm9"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = {0};

        if (base64_read(span_str(rows[i]), &out))
            fail_msg("\"%s\" was taken", rows[i]);
        buf_fini(&out);
    }
}

/* RFC 7515 2 and appendix C. */
static void base64_for_urls_has_no_padding(void **state)
{
    static const char *const rows[][2] = {
        {"", ""}, {"f", "Zg"}, {"fo", "Zm8"}, {"foo", "Zm9v"}, {"\x03\xec\xff\xe0\xc1", "A-z_4ME"},
    };
    static const char *const bad[] = {"Zg==", "Z", "Zm9v\n", "A+z/4ME", "Zh", "Zm9", "\xc3\xa4Zm9"};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf out = {0}, back = {0};

        base64url_write(&out, span_str(rows[i][0]));
        assert_true(span_is(buf_span(&out), rows[i][1]));
        assert_true(base64url_read(buf_span(&out), &back));
        assert_true(span_is(buf_span(&back), rows[i][0]));
        buf_fini(&out);
        buf_fini(&back);
    }
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct buf out = {0};

        if (base64url_read(span_str(bad[i]), &out))
            fail_msg("\"%s\" was taken", bad[i]);
        buf_fini(&out);
    }
}

static void hexadecimal_digits_come_back(void **state)
{
    char text[9];
    uint8_t octets[4];

    (void)state;
    hex_print(SPAN("\x00\x7f\xab\xff"), text);
    assert_string_equal(text, "007fabff");
    assert_true(hex_read(SPAN("007FabFf"), octets, sizeof octets));
    assert_memory_equal(octets, "\x00\x7f\xab\xff", 4);
    assert_false(hex_read(SPAN("007fabf"), octets, sizeof octets));
    assert_false(hex_read(SPAN("007fabfg"), octets, sizeof octets));
}

static void only_utf8_is_utf8(void **state)
{
    static const struct {
        const char *text;
        bool valid;
        size_t characters; /* an octet that is none counts as one */
    } rows[] = {
        {"plain", true, 5},
        {"\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80", true, 3},
        {"\xc0\xaf", false, 2},               /* overlong */
        {"\xed\xa0\x80", false, 3},           /* a surrogate */
        {"\xf4\x90\x80\x80", false, 4},       /* over U+10FFFF */
        {"\xe2\x82", false, 2},               /* cut off */
        {"seventeen octets \xff", false, 18}, /* after a run of ASCII */
        {"\xf4\x8f\xbf\xbf\xee\x80\x80", true, 2},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        if (utf8_valid(span_str(rows[i].text)) != rows[i].valid)
            fail_msg("row %zu", i);
        assert_int_equal(utf8_count(span_str(rows[i].text)), rows[i].characters);
    }
}

static void text_is_cut_between_characters(void **state)
{
    struct span text = SPAN("a\xe2\x82\xac"
                            "b");

    (void)state;
    assert_int_equal(utf8_cut(text, 3).n, 1);
    assert_int_equal(utf8_cut(text, 4).n, 4);
    assert_int_equal(utf8_cut(text, 100).n, 5);
    assert_int_equal(utf8_first(text, 2).n, 4);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(base64_is_as_the_rfc_shows_it),
        cmocka_unit_test(what_is_no_base64_is_refused),
        cmocka_unit_test(base64_for_urls_has_no_padding),
        cmocka_unit_test(hexadecimal_digits_come_back),
        cmocka_unit_test(only_utf8_is_utf8),
        cmocka_unit_test(text_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
