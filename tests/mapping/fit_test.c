/* Cutting: where, how much, and that nothing is lost. */
#include "mapping/fit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "mapping/html.h"
#include "mapping/message_oscar.h"

static void a_cut_falls_behind_a_line_then_a_space_then_a_character(void **state)
{
    static const struct {
        const char *text;
        size_t max, at;
    } rows[] = {
        {"0123456789\nbcdef ghijk", 13, 11},
        {"0123456789\nb defghijklm", 13, 11}, /* the line before the space */
        {"0123456789 b defghijklm", 14, 13},
        {"01\n3456 89bcdefghijklmn", 16, 16}, /* both too far back */
        {"aaaaaaaa\xC3\xBC", 9, 8},
        {"aaaaaaau\xCC\x88x", 9, 7}, /* u and its diaeresis */
        {"aaaaaaau\xCC\x88x", 8, 7},
        {"\xF0\x9F\x98\x80"
         "a",
         2, 4},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (fit_cut(span_str(rows[i].text), rows[i].max) != rows[i].at)
            fail_msg("row %zu: %zu", i, fit_cut(span_str(rows[i].text), rows[i].max));
}

static void budgets_and_limits_are_those_of_the_reference(void **state)
{
    (void)state;
    assert_int_equal(fit_sip_budget(400, false), 884);
    assert_int_equal(fit_sip_budget(1284, false), 0);
    assert_int_equal(fit_sip_budget(2000, false), 0);
    assert_int_equal(fit_sip_budget(400, true), 65535 - 416);
    assert_int_equal(fit_aim_limit(0), 512);
    assert_int_equal(fit_aim_limit(255), 512);
    assert_int_equal(fit_aim_limit(256), 256);
    assert_int_equal(fit_aim_limit(8000), 2500);
}

static void what_fits_is_one_part_without_a_number(void **state)
{
    struct fit_part parts[FIT_PARTS_MAX];
    unsigned n;
    struct buf b = {0};

    (void)state;
    assert_int_equal(fit_sip(SPAN("a\nb\n"), 6, parts, &n), OK);
    assert_int_equal(n, 1);
    fit_sip_body(&b, &parts[0]);
    assert_true(span_is(buf_span(&b), "a\r\nb"));
    buf_fini(&b);
}

static void long_texts_become_numbered_parts(void **state)
{
    struct fit_part parts[FIT_PARTS_MAX];
    unsigned n;
    struct buf text = {0}, b = {0};

    (void)state;
    for (int i = 0; i < 4000; i++)
        buf_u8(&text, i % 10 == 9 ? ' ' : 'x');
    assert_int_equal(fit_sip(buf_span(&text), 884, parts, &n), OK);
    assert_int_equal(n, 5);
    fit_sip_body(&b, &parts[4]);
    assert_true(span_starts(buf_span(&b), SPAN("(5/5) x")));
    buf_reset(&b);
    assert_int_equal(fit_sip(buf_span(&text), 400, parts, &n), OK);
    assert_int_equal(n, 11);
    fit_sip_body(&b, &parts[0]);
    assert_true(span_starts(buf_span(&b), SPAN("(1/11) x")));
    assert_int_equal(fit_sip(buf_span(&text), 150, parts, &n), ERR_FULL);
    assert_int_equal(fit_sip(buf_span(&text), 0, parts, &n), ERR_FULL);
    buf_fini(&text);
    buf_fini(&b);
}

static void put_random_text(struct rng *rng, struct buf *text, size_t max)
{
    static const uint32_t alphabet[] = {'a', 'b',    'c',  ' ',    ' ',     '\n',   '<',
                                        '&', '"',    0xFC, 0x20AC, 0x1F600, 0x0301, 'd',
                                        'e', 0x200D, '\t', 'x',    'y',     'z'};
    bool ascii = rng_u32(rng) % 2;

    for (size_t n = rng_u32(rng) % max; n > 0; n--) {
        uint32_t c = alphabet[rng_u32(rng) % (sizeof alphabet / sizeof *alphabet)];

        utf8_put(text, ascii && c > 0x7F ? 'q' : c);
    }
}

static void parts_for_sip_lose_nothing(void **state)
{
    struct rng rng;

    (void)state;
    rng_init_fixed(&rng, 11);
    for (int i = 0; i < 5000; i++) {
        struct fit_part parts[FIT_PARTS_MAX];
        struct buf text = {0}, joined = {0}, body = {0};
        size_t budget = 40 + rng_u32(&rng) % 400;
        unsigned n;

        put_random_text(&rng, &text, 2000);
        if (fit_sip(buf_span(&text), budget, parts, &n) == OK) {
            for (unsigned k = 0; k < n; k++) {
                assert_true(utf8_valid(parts[k].text));
                buf_add(&joined, parts[k].text);
                buf_reset(&body);
                fit_sip_body(&body, &parts[k]);
                assert_true(body.n <= budget);
            }
            assert_true(span_eq(buf_span(&joined), buf_span(&text)));
        } else {
            assert_true(text.n > budget);
        }
        buf_fini(&text);
        buf_fini(&joined);
        buf_fini(&body);
    }
}

/* Without white space, which cuts may take at the joints. */
static void squeeze(struct buf *b)
{
    size_t n = 0;

    for (size_t i = 0; i < b->n; i++)
        if (b->p[i] != ' ' && b->p[i] != '\n' && b->p[i] != '\t' && b->p[i] != '\r')
            b->p[n++] = b->p[i];
    b->n = n;
}

/* Own reader of one value, as an AIM client has it. */
static struct span text_of(struct span value, uint16_t *charset)
{
    struct span s = span_skip(value, 4 + value.p[3]); /* behind the capabilities */

    assert_int_equal(s.p[0], 1);
    assert_int_equal(s.p[1], 1);
    assert_int_equal(s.p[2] << 8 | s.p[3], s.n - 4);
    *charset = (uint16_t)(s.p[4] << 8 | s.p[5]);
    return span_skip(s, 8);
}

static void parts_for_aim_fit_and_lose_nothing(void **state)
{
    struct rng rng;

    (void)state;
    rng_init_fixed(&rng, 13);
    for (int i = 0; i < 3000; i++) {
        struct buf text = {0}, value = {0}, read = {0}, joined = {0}, back = {0};
        struct message m = {0};
        struct oscar_reader reader = {.client = (enum text_client)(i % 4),
                                      .limit = 256 + rng_u32(&rng) % 600};
        struct oscar_parts parts = {.message = &m, .reader = &reader, .out = &value};

        put_random_text(&rng, &text, 1500);
        m.text = buf_span(&text);
        while (m.text.n && message_oscar_next(&parts)) {
            uint16_t charset;
            struct span octets = text_of(buf_span(&value), &charset);

            assert_true(octets.n <= reader.limit);
            buf_reset(&read);
            oscar_text_read(&read, charset, octets);
            if (text_client_takes_html(reader.client)) {
                assert_true(span_starts(buf_span(&read), SPAN(HTML_OPEN)));
                html_to_text(&joined, buf_span(&read));
            } else {
                buf_add(&joined, buf_span(&read));
            }
        }
        assert_true(buf_ok(&value));
        message_oscar_done(&parts);
        for (struct span s = buf_span(&text); s.n > 0;) {
            uint32_t c = utf8_next(&s);

            utf8_put(&back, reader.client == TEXT_LIBFAIM && c > 0xFFFF ? UTF8_REPLACEMENT : c);
        }
        squeeze(&back);
        squeeze(&joined);
        if (!span_eq(buf_span(&back), buf_span(&joined)) && reader.client != TEXT_LIBFAIM)
            fail_msg("client %d: \"%.*s\" became \"%.*s\"", (int)reader.client,
                     SPAN_ARG(buf_span(&back)), SPAN_ARG(buf_span(&joined)));
        assert_int_equal(utf8_count(buf_span(&back)), utf8_count(buf_span(&joined)));
        buf_fini(&text);
        buf_fini(&value);
        buf_fini(&read);
        buf_fini(&joined);
        buf_fini(&back);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_cut_falls_behind_a_line_then_a_space_then_a_character),
        cmocka_unit_test(budgets_and_limits_are_those_of_the_reference),
        cmocka_unit_test(what_fits_is_one_part_without_a_number),
        cmocka_unit_test(long_texts_become_numbered_parts),
        cmocka_unit_test(parts_for_sip_lose_nothing),
        cmocka_unit_test(parts_for_aim_fit_and_lose_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
