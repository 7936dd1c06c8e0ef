#include "simple/wire/scan.h"

#include "wire.h"

static void classes_are_those_of_the_grammar(void **state)
{
    static const char token[] = "-.!%*_+`'~";
    static const char word[] = "-.!%*_+`'~()<>:\\\"/[]?{}";
    static const char user[] = "-_.!~*'()&=+$,;?/";
    static const char param[] = "-_.!~*'()[]/:&+$";

    (void)state;
    for (int c = 0; c < 256; c++) {
        bool alnum = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');

        assert_int_equal(scan_is((uint8_t)c, SCAN_TOKEN), alnum || (c && strchr(token, c)));
        assert_int_equal(scan_is((uint8_t)c, SCAN_WORD), alnum || (c && strchr(word, c)));
        assert_int_equal(scan_is((uint8_t)c, SCAN_USER), alnum || (c && strchr(user, c)));
        assert_int_equal(scan_is((uint8_t)c, SCAN_PARAM), alnum || (c && strchr(param, c)));
        assert_int_equal(scan_is((uint8_t)c, SCAN_LWS), c && strchr(" \t\r\n", c));
    }
}

static const struct {
    const char *in, *inside, *rest;
    bool ok;
} quoted[] = {
    {"\"abc\" d", "abc", " d", true},
    {"\"\"", "", "", true},
    {"\"a\\\"b\"c", "a\\\"b", "c", true},
    {"\"a\\\\\"b\"", "a\\\\", "b\"", true},
    {"\"open", "", "\"open", false},
    {"\"open\\\"", "", "\"open\\\"", false},
    {"\"open\\", "", "\"open\\", false},
    {"plain", "", "plain", false},
    {"", "", "", false},
};

static void quoted_strings_end_at_a_quote_without_backslash(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof quoted / sizeof *quoted; i++) {
        struct span s = span_str(quoted[i].in), inside = {0};

        assert_int_equal(scan_quoted(&s, &inside), quoted[i].ok);
        assert_span(inside, quoted[i].inside);
        assert_span(s, quoted[i].rest);
    }
}

static const struct {
    const char *in;
    uint64_t max, out;
    bool ok;
} numbers[] = {
    {"0", 5, 0, true},
    {"0068x", 255, 68, true},
    {"255", 255, 255, true},
    {"256", 255, 0, false},
    {"4294967295", UINT32_MAX, UINT32_MAX, true},
    {"4294967296", UINT32_MAX, 0, false},
    {"18446744073709551615", UINT64_MAX, UINT64_MAX, true},
    {"18446744073709551616", UINT64_MAX, 0, false},
    {"36893488147419103232", UINT64_MAX, 0, false},
    {"-1", 255, 0, false},
    {"", 255, 0, false},
};

static void numbers_stay_in_their_range(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
        struct span s = span_str(numbers[i].in);
        uint64_t v = 0;

        assert_int_equal(scan_number(&s, numbers[i].max, &v), numbers[i].ok);
        if (numbers[i].ok)
            assert_int_equal(v, numbers[i].out);
    }
}

static void a_separator_takes_the_white_space_around_it(void **state)
{
    struct span s = SPAN(" \r\n\t/ x");

    (void)state;
    assert_true(scan_separator(&s, '/'));
    assert_span(s, "x");
    assert_false(scan_separator(&s, '/'));
    assert_span(scan_trim(SPAN("\r\n a b\t\r\n ")), "a b");
    assert_true(scan_all_escaped(SPAN("a%20b"), SCAN_USER));
    assert_false(scan_all_escaped(SPAN("a%2"), SCAN_USER));
    assert_false(scan_all_escaped(SPAN("a%zz"), SCAN_USER));
    assert_false(scan_all_escaped(SPAN("a b"), SCAN_USER));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(classes_are_those_of_the_grammar),
        cmocka_unit_test(quoted_strings_end_at_a_quote_without_backslash),
        cmocka_unit_test(numbers_stay_in_their_range),
        cmocka_unit_test(a_separator_takes_the_white_space_around_it),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
