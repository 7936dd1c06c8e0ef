/* Fragments of an ICBM to the neutral message and back, byte by byte. */
#include "mapping/message_oscar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#define BYTES(literal) SPAN(literal)
#define CAPS           "\x05\x01\x00\x04\x01\x01\x01\x02"

static void assert_span(struct span s, struct span want)
{
    if (!span_eq(s, want))
        fail_msg("\"%.*s\" is not \"%.*s\"", SPAN_ARG(s), SPAN_ARG(want));
}

static void fragments_become_text(void **state)
{
    static const struct {
        const char *why;
        struct span in;
        bool icq;
        enum err e;
        const char *text;
    } rows[] = {
        {"libpurple",
         {(const uint8_t *)"\x05\x01\x00\x03\x01\x01\x02\x01\x01\x00\x0d\0\0\0\0<b>hi</b>", 24},
         false,
         OK,
         "hi"},
        {"BarnOwl",
         {(const uint8_t *)"\x05\x01\x00\x04\x01\x01\x01\x02\x01\x01\x00\x0c\x00\x03\0\0test msg",
          24},
         false,
         OK,
         "test msg"},
        {"Latin-1",
         {(const uint8_t *)"\x01\x01\x00\x05\x00\x03\0\0\xFC", 9},
         false,
         OK,
         "\xC3\xBC"},
        {"UTF-16",
         {(const uint8_t *)"\x01\x01\x00\x06\x00\x02\0\0\x20\xAC", 10},
         false,
         OK,
         "\xE2\x82\xAC"},
        {"two fragments, two charsets",
         {(const uint8_t *)"\x01\x01\x00\x05\x00\x00\0\0a\x01\x01\x00\x06\x00\x02\0\0\0b", 19},
         false,
         OK,
         "ab"},
        {"capabilities behind",
         {(const uint8_t *)"\x01\x01\x00\x05\x00\x00\0\0a\x05\x01\x00\x01\x01", 14},
         false,
         OK,
         "a"},
        {"a number writes plain text",
         {(const uint8_t *)"\x01\x01\x00\x0c\0\0\0\0<b>x</b>", 16},
         true,
         OK,
         "<b>x</b>"},
        {"only markup",
         {(const uint8_t *)"\x01\x01\x00\x0b\0\0\0\0<b></b>", 15},
         false,
         ERR_NOT_FOUND,
         ""},
        {"empty", {(const uint8_t *)"\x01\x01\x00\x04\0\0\0\0", 8}, false, ERR_NOT_FOUND, ""},
        {"nothing", {(const uint8_t *)"", 0}, false, ERR_SYNTAX, ""},
        {"only capabilities", {(const uint8_t *)"\x05\x01\x00\x01\x01", 5}, false, ERR_SYNTAX, ""},
        {"too short for its charset",
         {(const uint8_t *)"\x01\x01\x00\x02\0\0", 6},
         false,
         ERR_SYNTAX,
         ""},
        {"length beyond the end",
         {(const uint8_t *)"\x01\x01\x00\x09\0\0\0\0a", 9},
         false,
         ERR_SYNTAX,
         ""},
        {"the first of two is whole",
         {(const uint8_t *)"\x01\x01\x00\x05\0\0\0\0a\x01\x01\xFF", 12},
         false,
         OK,
         "a"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct message m = {0};
        enum err e = message_oscar_read(rows[i].in, rows[i].icq, &a, &m);

        if (e != rows[i].e || !span_is(m.text, rows[i].text))
            fail_msg("%s: %s, \"%.*s\"", rows[i].why, err_text(e), SPAN_ARG(m.text));
        arena_fini(&a);
    }
}

static void every_piece_of_a_value_can_be_read(void **state)
{
    struct span whole =
        BYTES(CAPS "\x01\x01\x00\x0a\x00\x02\0\0\0<\0b\0>\x01\x01\x00\x05\0\0\0\0x");

    (void)state;
    for (size_t n = 0; n <= whole.n; n++) {
        uint8_t *copy = malloc(n + 1); /* so that the sanitizer sees its end */
        struct arena a = {0};
        struct message m = {0};

        assert_non_null(copy);
        memcpy(copy, whole.p, n);
        (void)message_oscar_read(span_of(copy, n), false, &a, &m);
        (void)message_oscar_read_html(span_of(copy, n), false, &a, &m);
        arena_fini(&a);
        free(copy);
    }
}

static void too_much_text_is_refused(void **state)
{
    struct buf b = {0};
    struct arena a = {0};
    struct message m = {0};

    (void)state;
    BUF_LIT(&b, "\x01\x01");
    buf_u16(&b, 4 + 8001);
    buf_u32(&b, 0);
    for (int i = 0; i < 8001; i++)
        buf_u8(&b, 'x');
    assert_int_equal(message_oscar_read(buf_span(&b), false, &a, &m), ERR_FULL);
    buf_set_u16(&b, 2, 4 + 8000);
    b.n--;
    assert_int_equal(message_oscar_read(buf_span(&b), false, &a, &m), OK);
    assert_int_equal(m.text.n, 8000);
    buf_fini(&b);
    arena_fini(&a);
}

static void markup_is_kept_for_who_can_show_it(void **state)
{
    struct arena a = {0};
    struct message m = {0};

    (void)state;
    assert_int_equal(
        message_oscar_read_html(BYTES("\x01\x01\x00\x0d\0\0\0\0<b>hi</b>"), false, &a, &m), OK);
    assert_span(m.html, SPAN("<B>hi</B>"));
    assert_int_equal(message_oscar_read_html(BYTES("\x01\x01\x00\x06\0\0\0\0hi"), false, &a, &m),
                     OK);
    assert_int_equal(m.html.n, 0);
    arena_fini(&a);
}

static void old_icq_messages_become_text(void **state)
{
    static const struct {
        struct span in;
        enum err e;
        const char *text;
    } rows[] = {
        {{(const uint8_t *)"\x40\xE2\x01\x00\x01\x00\x03\x00hi\0", 11}, OK, "hi"},
        {{(const uint8_t *)"\x40\xE2\x01\x00\x04\x00\x0b\x00look\xFEhttp:\0", 19},
         OK,
         "look <http:>"},
        {{(const uint8_t *)"\x40\xE2\x01\x00\x06\x00\x03\x00hi\0", 11}, ERR_NOT_FOUND, ""},
        {{(const uint8_t *)"\x40\xE2\x01\x00\x01\x00\xFF\x00hi\0", 11}, ERR_SYNTAX, ""},
        {{(const uint8_t *)"\x40\xE2\x01\x00\x01\x00\x01\x00\0", 9}, ERR_NOT_FOUND, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct message m = {0};
        uint8_t type;

        assert_int_equal(message_oscar_read_icq(rows[i].in, &a, &type, &m), rows[i].e);
        assert_span(m.text, span_str(rows[i].text));
        arena_fini(&a);
    }
}

static void every_client_gets_its_own_form(void **state)
{
    static const struct {
        const char *text, *html, *prefix;
        enum text_client client;
        struct span out;
    } rows[] = {
        {"hi",
         "",
         "",
         TEXT_AIM,
         {(const uint8_t *)CAPS "\x01\x01\x00\x20\0\0\0\0<HTML><BODY>hi</BODY></HTML>", 44}},
        {"a<b", "", "", TEXT_LIBFAIM, {(const uint8_t *)CAPS "\x01\x01\x00\x07\0\0\0\0a<b", 19}},
        {"a\nb",
         "",
         "",
         TEXT_ICQ,
         {(const uint8_t *)"\x05\x01\x00\x02\x01\x06\x01\x01\x00\x08\0\0\0\0a\r\nb", 18}},
        {"a\nb", "", "", TEXT_LIBFAIM, {(const uint8_t *)CAPS "\x01\x01\x00\x07\0\0\0\0a\nb", 19}},
        {"\xC3\xBC",
         "",
         "",
         TEXT_LIBFAIM,
         {(const uint8_t *)CAPS "\x01\x01\x00\x05\0\3\0\0\xFC", 17}},
        {"\xC3\xBC",
         "",
         "",
         TEXT_NODE_OSCAR,
         {(const uint8_t *)CAPS "\x01\x01\x00\x06\0\0\0\0\xC3\xBC", 18}},
        {"\xC3\xBC",
         "",
         "",
         TEXT_ICQ,
         {(const uint8_t *)"\x05\x01\x00\x02\x01\x06\x01\x01\x00\x06\0\2\0\0\0\xFC", 16}},
        {"x",
         "<B>x</B>",
         "",
         TEXT_AIM,
         {(const uint8_t *)CAPS "\x01\x01\x00\x26\0\0\0\0<HTML><BODY><B>x</B></BODY></HTML>", 50}},
        {"x",
         "<B>x</B>",
         "",
         TEXT_ICQ,
         {(const uint8_t *)"\x05\x01\x00\x02\x01\x06\x01\x01\x00\x05\0\0\0\0x", 15}},
        {"x",
         "",
         "[<] ",
         TEXT_AIM,
         {(const uint8_t *)CAPS "\x01\x01\x00\x26\0\0\0\0<HTML><BODY>[&lt;] x</BODY></HTML>", 50}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct message m = {.text = span_str(rows[i].text), .html = span_str(rows[i].html)};
        struct oscar_reader reader = {rows[i].client, 2500, span_str(rows[i].prefix)};
        struct buf b = {0};

        assert_true(message_oscar_write_one(&b, &m, &reader));
        if (!span_eq(buf_span(&b), rows[i].out))
            fail_msg("row %zu: \"%.*s\"", i, SPAN_ARG(buf_span(&b)));
        buf_fini(&b);
    }
}

static void wide_text_is_utf16_of_its_markup(void **state)
{
    struct message m = {.text = SPAN("\xE2\x82\xAC<")};
    struct oscar_reader reader = {TEXT_AIM, 2500, {0}};
    struct buf b = {0};
    struct span text;

    (void)state;
    assert_true(message_oscar_write_one(&b, &m, &reader));
    text = span_skip(buf_span(&b), 16);
    assert_int_equal(text.n, 2 * (26 + 1 + 4));
    assert_true(
        span_starts(text, BYTES("\0<\0H\0T\0M\0L\0>\0<\0B\0O\0D\0Y\0>\x20\xAC\0&\0l\0t\0;")));
    buf_fini(&b);
}

static void what_does_not_fit_leaves_nothing_behind(void **state)
{
    struct message m = {.text = SPAN("aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa")};
    struct oscar_reader reader = {TEXT_AIM, 50, {0}};
    struct buf b = {0};

    (void)state;
    BUF_LIT(&b, "before");
    assert_false(message_oscar_write_one(&b, &m, &reader));
    assert_true(buf_ok(&b));
    assert_true(span_is(buf_span(&b), "before"));
    buf_fini(&b);
}

static void long_messages_go_in_parts_of_their_own(void **state)
{
    struct buf text = {0}, value = {0};
    struct message m = {0};
    struct oscar_reader reader = {TEXT_AIM, 512, SPAN("[sent 2001-07-23 14:00 UTC] ")};
    struct oscar_parts parts = {.message = &m, .reader = &reader, .out = &value};

    (void)state;
    for (int i = 0; i < 1199; i++)
        buf_u8(&text, i % 100 == 99 ? '\n' : 'x');
    m.text = buf_span(&text);
    while (message_oscar_next(&parts)) {
        struct span html = span_skip(buf_span(&value), 16);

        assert_true(html.n <= 512);
        assert_true(span_starts(html, parts.i == 1 ? SPAN("<HTML><BODY>[sent 2001")
                                                   : SPAN("<HTML><BODY>x")));
        assert_true(span_eq(span_skip(html, html.n - 15), SPAN("x</BODY></HTML>")));
    }
    assert_int_equal(parts.i, 3);
    message_oscar_done(&parts);
    buf_fini(&text);
    buf_fini(&value);
}

static void a_repeat_has_the_same_cookie(void **state)
{
    uint8_t one[8], two[8], part[8];

    (void)state;
    message_cookie(SPAN("a84b4c76e66710"), 1, SPAN("1928301774"), 1, one);
    message_cookie(SPAN("a84b4c76e66710"), 1, SPAN("1928301774"), 1, two);
    assert_memory_equal(one, two, 8);
    message_cookie(SPAN("a84b4c76e66710"), 2, SPAN("1928301774"), 1, two);
    assert_memory_not_equal(one, two, 8);
    message_cookie(SPAN("a84b4c76e6671"), 1, SPAN("01928301774"), 1, two);
    assert_memory_not_equal(one, two, 8);
    message_cookie(SPAN("a84b4c76e66710"), 1, SPAN("1928301774"), 2, two);
    assert_memory_not_equal(one, two, 8);
    message_part_cookie(one, 1, part);
    assert_memory_equal(one, part, 8);
    message_part_cookie(one, 2, part);
    assert_memory_not_equal(one, part, 8);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fragments_become_text),
        cmocka_unit_test(every_piece_of_a_value_can_be_read),
        cmocka_unit_test(too_much_text_is_refused),
        cmocka_unit_test(markup_is_kept_for_who_can_show_it),
        cmocka_unit_test(old_icq_messages_become_text),
        cmocka_unit_test(every_client_gets_its_own_form),
        cmocka_unit_test(wide_text_is_utf16_of_its_markup),
        cmocka_unit_test(what_does_not_fit_leaves_nothing_behind),
        cmocka_unit_test(long_messages_go_in_parts_of_their_own),
        cmocka_unit_test(a_repeat_has_the_same_cookie),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
