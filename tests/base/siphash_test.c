/* SipHash-1-3 against the published values (key 00 01 .. 0f, input 00 01 .. n-1), and several texts
 * in one. */
#include "base/siphash.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static const uint64_t key[2] = {0x0706050403020100U, 0x0f0e0d0c0b0a0908U};

/* By number of octets. */
static const uint64_t published[] = {
    0xabac0158050fc4dcU, 0xc9f49bf37d57ca93U, 0x82cb9b024dc7d44dU, 0x8bf80ab8e7ddf7fbU,
    0xcf75576088d38328U, 0xdef9d52f49533b67U, 0xc50d2b50c59f22a7U, 0xd3927d989bb11140U,
    0x369095118d299a8eU, 0x25a48eb36c063de4U, 0x79de85ee92ff097fU, 0x70c118c1f94dc352U,
    0x78a384b157b4d9a2U, 0x306f760c1229ffa7U, 0x605aa111c0f95d34U, 0xd320d86d2a519956U,
    0xcc4fdd1a7d908b66U, 0x9cf2689063dbd80cU, 0x8ffc389cb473e63eU, 0xf21f9de58d297d1cU,
    0xc0dc2f46a6cce040U, 0xb992abfe2b45f844U, 0x7ffe7b9ba320872eU, 0x525a0e7fdae6c123U,
    0xf464aeb267349c8cU, 0x45cd5928705b0979U, 0x3a3e35e3ca9913a5U, 0xa91dc74e4ade3b35U,
    0xfb0bed02ef6cd00dU, 0x88d93cb44ab1e1f4U, 0x540f11d643c5e663U, 0x2370dd1f8c21d1bcU,
};

static void one_text_hashes_as_published(void **state)
{
    uint8_t in[sizeof published / sizeof *published];

    (void)state;
    for (size_t n = 0; n < sizeof in; n++) {
        uint8_t *exact = malloc(n + 1); /* nothing is read behind it */

        assert_non_null(exact);
        in[n] = (uint8_t)n;
        memcpy(exact + 1, in, n);
        assert_true(siphash(key, span_of(exact + 1, n)) == published[n]);
        free(exact);
    }
}

static uint64_t of(struct span a, struct span b, uint64_t *second)
{
    const struct span parts[] = {a, b};
    uint64_t out[2];

    siphash_parts(key, parts, 2, out);
    *second = out[1];
    return out[0];
}

static void several_texts_are_told_apart_by_where_they_end(void **state)
{
    static const struct {
        struct span a, b;
    } rows[] = {
        {SPAN(""), SPAN("")},
        {SPAN("ab"), SPAN("c")},
        {SPAN("a"), SPAN("bc")},
        {SPAN("abc"), SPAN("")},
        {SPAN(""), SPAN("abc")},
        {SPAN("abc\0"), SPAN("")},
        {SPAN("eight oc"), SPAN("\0\0\0\0\0\0\0\0")},
        {SPAN("eight oc\0\0\0\0\0\0\0\0"), SPAN("")},
        {SPAN("eight oc"), SPAN("more than eight")},
    };
    enum { ROWS = sizeof rows / sizeof *rows };
    uint64_t first[ROWS], second[ROWS];

    (void)state;
    for (size_t i = 0; i < ROWS; i++) {
        uint64_t again;

        first[i] = of(rows[i].a, rows[i].b, &second[i]);
        assert_true(of(rows[i].a, rows[i].b, &again) == first[i]);
        assert_true(again == second[i] && first[i] != second[i]);
        for (size_t k = 0; k < i; k++)
            assert_true(first[i] != first[k] && second[i] != second[k]);
    }
}

static void another_key_gives_another_hash(void **state)
{
    static const uint64_t other[2] = {1, 2};
    const struct span part = SPAN("text");
    uint64_t a[2], b[2];

    (void)state;
    siphash_parts(key, &part, 1, a);
    siphash_parts(other, &part, 1, b);
    assert_true(a[0] != b[0] && a[1] != b[1]);
    assert_true(siphash(key, part) != siphash(other, part));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_text_hashes_as_published),
        cmocka_unit_test(several_texts_are_told_apart_by_where_they_end),
        cmocka_unit_test(another_key_gives_another_hash),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
