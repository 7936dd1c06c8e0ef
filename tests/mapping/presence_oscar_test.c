/* Presence between the record and OSCAR: class bits, status word, idle, BART items, away texts. */
#include "mapping/presence_oscar.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/utf8.h"
#include "oscar/foodgroup/bart.h"

enum { NOW = 995897100 };

static const struct {
    const char *name;
    struct presence p;
    uint16_t class_flags;
    uint32_t status;
    bool idle;
    uint16_t minutes;
} blocks[] = {
    {"an AIM user", {.online = true}, 0x0010, 0, false, 0},
    {"away", {.online = true, .away = true}, 0x0030, 0, false, 0},
    {"a phone, away", {.online = true, .away = true, .mobile = true}, 0x00B0, 0, false, 0},
    {"the helper", {.online = true, .helper = true}, 0x0410, 0, false, 0},
    {"an ICQ user", {.online = true, .icq = true}, 0x0050, 0, false, 0},
    {"ICQ, away", {.online = true, .icq = true, .away = true}, 0x0070, 0x0001, false, 0},
    {"ICQ, not available",
     {.online = true, .icq = true, .away = true, .shade = SHADE_NOT_AVAILABLE},
     0x0070,
     0x0005,
     false,
     0},
    {"ICQ, occupied",
     {.online = true, .icq = true, .away = true, .shade = SHADE_OCCUPIED},
     0x0070,
     0x0011,
     false,
     0},
    {"ICQ, do not disturb",
     {.online = true, .icq = true, .away = true, .shade = SHADE_DO_NOT_DISTURB},
     0x0070,
     0x0013,
     false,
     0},
    {"AIM names have no status word",
     {.online = true, .away = true, .shade = SHADE_OCCUPIED},
     0x0030,
     0,
     false,
     0},
    {"idle this minute", {.online = true, .idle_since = NOW - 5}, 0x0010, 0, true, 1},
    {"idle for 17 minutes and some",
     {.online = true, .idle_since = NOW - 17 * 60 - 59},
     0x0010,
     0,
     true,
     17},
    {"idle for ever", {.online = true, .idle_since = 1}, 0x0010, 0, true, 65535},
    {"idle, and hides it",
     {.online = true, .idle_since = NOW - 600, .hide_idle = true},
     0x0010,
     0,
     false,
     0},
    {"offline tells nothing",
     {.away = true, .warning = 500, .idle_since = NOW - 600},
     0,
     0,
     false,
     0},
};

static void a_block_holds_what_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof blocks / sizeof *blocks; i++) {
        struct arena a = {0};
        struct oscar_userinfo u;

        presence_to_userinfo(&blocks[i].p, SPAN("Chatty Chuck"), NOW, &u, &a);
        if (u.class_flags != blocks[i].class_flags || u.status != blocks[i].status ||
            u.idle != blocks[i].idle || u.idle_minutes != blocks[i].minutes ||
            u.icq_record != blocks[i].p.icq)
            fail_msg("%s: class %04x status %x idle %d %u", blocks[i].name, u.class_flags,
                     (unsigned)u.status, u.idle, u.idle_minutes);
        assert_true(span_is(u.name, "Chatty Chuck"));
        assert_true(blocks[i].p.online || u.warning == 0);
        arena_fini(&a);
    }
}

static void a_block_is_read_as_it_was_written(void **state)
{
    const struct presence in = {.online = true,
                                .mobile = true,
                                .warning = 150,
                                .signon = NOW - 3600,
                                .idle_since = NOW - 1200,
                                .avail_text = SPAN("Ask me \xC3\xA9"),
                                .icon = SPAN("0123456789abcdef")};
    struct presence out;
    struct arena a = {0};
    struct oscar_userinfo u;

    (void)state;
    presence_to_userinfo(&in, SPAN("chuck"), NOW, &u, &a);
    assert_int_equal(u.session, 3600);
    presence_from_userinfo(&u, NOW, &out, &a);
    assert_false(presence_differs(&in, &out));
    assert_int_equal(out.idle_since, in.idle_since);
    assert_int_equal(out.signon, in.signon);
    assert_int_equal(out.warning, 150);
    arena_fini(&a);
}

static const struct {
    uint32_t status;
    bool away, invisible;
    enum presence_shade shade;
    const char *text;
} statuses[] = {
    {0x0000, false, false, SHADE_NONE, ""},
    {0x0001, true, false, SHADE_AWAY, "Away"},
    {0x0002, true, false, SHADE_DO_NOT_DISTURB, "Do not disturb"},
    {0x0013, true, false, SHADE_DO_NOT_DISTURB, "Do not disturb"},
    {0x0004, true, false, SHADE_NOT_AVAILABLE, "Not available"},
    {0x0005, true, false, SHADE_NOT_AVAILABLE, "Not available"},
    {0x0010, true, false, SHADE_OCCUPIED, "Occupied"},
    {0x0011, true, false, SHADE_OCCUPIED, "Occupied"},
    {0x0020, false, false, SHADE_NONE, ""},
    {0x0100, false, true, SHADE_NONE, ""},
    {0x10010101, true, true, SHADE_AWAY, "Away"},
};

static void the_status_word_is_read_bit_by_bit(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof *statuses; i++) {
        struct presence p = {.online = true};

        presence_set_status(&p, statuses[i].status);
        if (p.away != statuses[i].away || p.invisible != statuses[i].invisible ||
            p.shade != statuses[i].shade || !span_is(presence_text(&p), statuses[i].text))
            fail_msg("%08x", (unsigned)statuses[i].status);
    }
}

static void away_by_text_and_away_by_status_do_not_undo_each_other(void **state)
{
    struct presence p = {.online = true};
    struct arena a = {0};
    struct span mime = SPAN("text/aolrtf; charset=\"us-ascii\"");

    (void)state;
    presence_set_away(&p, mime, SPAN("<HTML>at lunch, %n</HTML>"), false, &a);
    assert_true(p.away && p.tokens && span_is(p.away_text, "at lunch, %n"));
    presence_set_status(&p, 0);
    assert_true(p.away);
    presence_set_away(&p, mime, SPAN(""), false, &a);
    assert_false(p.away);
    presence_set_status(&p, 0x0001);
    presence_set_away(&p, mime, SPAN(""), false, &a);
    assert_true(p.away && span_is(presence_text(&p), "Away"));
    presence_set_away(&p, mime, SPAN("<HTML><BR></HTML>"), false, &a);
    assert_true(p.away && span_is(presence_text(&p), "Away"));
    arena_fini(&a);
}

static const struct {
    const char *name;
    struct span mime, text;
    bool icq;
    const char *read;
} aways[] = {
    {"no type", {0}, SPAN("caf\xC3\xA9"), false, "caf\xC3\xA9"},
    {"latin-1, quotes left out", SPAN("text/x-aolrtf; charset=iso-8859-1"), SPAN("caf\xE9"), false,
     "caf\xC3\xA9"},
    {"UTF-16", SPAN("text/aolrtf; charset=\"unicode-2-0\""), SPAN("\x00h\x20\xAC"), false,
     "h\xE2\x82\xAC"},
    {"markup", SPAN("text/aolrtf; charset=\"us-ascii\""), SPAN("<B>out</B><BR>at 5 &lt;pm&gt;"),
     false, "out\nat 5 <pm>"},
    {"numbers write plain text", {0}, SPAN("<B>out</B>"), true, "<B>out</B>"},
};

static void away_texts_are_read_by_their_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof aways / sizeof *aways; i++) {
        struct presence p = {.online = true};
        struct arena a = {0};

        presence_set_away(&p, aways[i].mime, aways[i].text, aways[i].icq, &a);
        if (!p.away || !span_is(p.away_text, aways[i].read))
            fail_msg("%s: %.*s", aways[i].name, SPAN_ARG(p.away_text));
        arena_fini(&a);
    }
}

static void idle_begins_and_ends(void **state)
{
    struct presence p = {.online = true};

    (void)state;
    presence_set_idle(&p, 600, NOW);
    assert_int_equal(p.idle_since, NOW - 600);
    presence_set_idle(&p, UINT32_MAX, NOW);
    assert_true(p.idle_since > 0);
    presence_set_idle(&p, 0, NOW);
    assert_int_equal(p.idle_since, 0);
}

static void bart_items_set_icon_and_text_and_clear_them(void **state)
{
    static const uint8_t icon[] = {0, 1, 1, 16, 1,  2,  3,  4,  5,  6,
                                   7, 8, 9, 10, 11, 12, 13, 14, 15, 16};
    static const uint8_t none[] = {0, 1, 0, 5, 0x02, 0x01, 0xD2, 0x04, 0x72};
    static const uint8_t odd[] = {0, 1, 1, 3, 1, 2, 3};
    static const uint8_t text[] = {0, 2, 4, 6, 0, 2, 'h', 'i', 0, 0};
    static const uint8_t latin1[] = {0,  2,   4,   19,  0,   1,   0xE9, 0,   1,   0,   0,  0,
                                     10, 'i', 's', 'o', '-', '8', '8',  '5', '9', '-', '1'};
    static const uint8_t clear[] = {0, 2, 4, 0};
    struct presence p = {.online = true};
    struct arena a = {0};

    (void)state;
    presence_set_bart(&p, span_of(icon, sizeof icon), &a);
    assert_int_equal(p.icon.n, 16);
    presence_set_bart(&p, span_of(odd, sizeof odd), &a);
    assert_int_equal(p.icon.n, 16);
    presence_set_bart(&p, span_of(text, sizeof text), &a);
    assert_true(span_is(p.avail_text, "hi") && p.icon.n == 16);
    presence_set_bart(&p, span_of(none, sizeof none), &a);
    assert_true(span_is(p.avail_text, "hi") && p.icon.n == 0);
    presence_set_bart(&p, span_of(clear, sizeof clear), &a);
    assert_int_equal(p.avail_text.n, 0);
    presence_set_bart(&p, span_of(latin1, sizeof latin1), &a);
    assert_true(span_is(p.avail_text, "\xC3\xA9"));
    presence_set_bart(&p, span_of(text, 5), &a); /* cut short: nothing changes or breaks */
    arena_fini(&a);
}

static void a_status_text_fits_its_item(void **state)
{
    struct presence p = {.online = true};
    struct arena a = {0};
    struct buf b = {0};
    struct oscar_userinfo u;
    struct bart_item item;
    struct span text, charset;

    (void)state;
    for (int i = 0; i < 300; i++)
        BUF_LIT(&b, "\xE2\x82\xAC");
    p.avail_text = buf_span(&b);
    presence_to_userinfo(&p, SPAN("x"), NOW, &u, &a);
    assert_true(bart_find(u.bart, BART_STATUS_TEXT, &item));
    assert_int_equal(item.flags, 0x04);
    assert_true(item.data.n <= 255);
    assert_true(bart_text_read(&item, &text, &charset));
    assert_int_equal(text.n, 249);
    assert_true(utf8_valid(text));
    p.away = true;
    presence_to_userinfo(&p, SPAN("x"), NOW, &u, &a);
    assert_int_equal(u.bart.n, 0); /* an available text is not shown of those who are away */
    buf_fini(&b);
    arena_fini(&a);
}

static const struct {
    const char *name;
    enum text_client viewer;
    bool tokens;
    struct span text, mime, out;
} shown[] = {
    {"plain", TEXT_AIM, false, SPAN("at <lunch>"), SPAN("text/aolrtf; charset=\"us-ascii\""),
     SPAN("<HTML><BODY>at &lt;lunch&gt;</BODY></HTML>")},
    {"viewers replace AIM's tokens", TEXT_AIM, true, SPAN("hi %n"),
     SPAN("text/aolrtf; charset=\"us-ascii\""), SPAN("<HTML><BODY>hi %n</BODY></HTML>")},
    {"and must not find any in others' texts", TEXT_AIM, false, SPAN("hi %n, 5% %% %d%t %"),
     SPAN("text/aolrtf; charset=\"us-ascii\""),
     SPAN("<HTML><BODY>hi &#37;n, 5% %% &#37;d&#37;t %</BODY></HTML>")},
    {"numbers get plain text", TEXT_ICQ, false, SPAN("at <lunch>"),
     SPAN("text/aolrtf; charset=\"us-ascii\""), SPAN("at <lunch>")},
    {"BarnOwl reads Latin-1", TEXT_LIBFAIM, false, SPAN("caf\xC3\xA9"),
     SPAN("text/aolrtf; charset=\"iso-8859-1\""), SPAN("caf\xE9")},
    {"node-oscar reads UTF-8", TEXT_NODE_OSCAR, false, SPAN("caf\xC3\xA9"),
     SPAN("text/aolrtf; charset=\"utf-8\""), SPAN("caf\xC3\xA9")},
};

static void away_texts_are_shown_as_the_client_reads_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof shown / sizeof *shown; i++) {
        const struct presence p = {
            .online = true, .away = true, .tokens = shown[i].tokens, .away_text = shown[i].text};
        struct buf b = {0};
        struct span mime;

        presence_away_html(&p, shown[i].viewer, &b, &mime);
        if (!span_eq(mime, shown[i].mime) || !span_eq(buf_span(&b), shown[i].out))
            fail_msg("%s: %.*s: %s", shown[i].name, SPAN_ARG(mime), buf_cstr(&b));
        buf_fini(&b);
    }
}

static void a_long_away_text_is_cut_to_what_clients_take(void **state)
{
    static const enum text_client viewers[] = {TEXT_AIM, TEXT_ICQ, TEXT_LIBFAIM, TEXT_NODE_OSCAR};
    struct presence p = {.online = true, .away = true};
    struct buf text = {0};

    (void)state;
    for (int i = 0; i < 1024; i++)
        buf_str(&text, i % 3 ? "<" : "\xE2\x82\xAC");
    p.away_text = buf_span(&text);
    for (size_t i = 0; i < sizeof viewers / sizeof *viewers; i++) {
        struct buf b = {0};
        struct span mime;

        presence_away_html(&p, viewers[i], &b, &mime);
        assert_true(b.n <= AWAY_MAX && b.n > AWAY_MAX - 20);
        buf_fini(&b);
    }
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_block_holds_what_the_table_says),
        cmocka_unit_test(a_block_is_read_as_it_was_written),
        cmocka_unit_test(the_status_word_is_read_bit_by_bit),
        cmocka_unit_test(away_by_text_and_away_by_status_do_not_undo_each_other),
        cmocka_unit_test(away_texts_are_read_by_their_type),
        cmocka_unit_test(idle_begins_and_ends),
        cmocka_unit_test(bart_items_set_icon_and_text_and_clear_them),
        cmocka_unit_test(a_status_text_fits_its_item),
        cmocka_unit_test(away_texts_are_shown_as_the_client_reads_them),
        cmocka_unit_test(a_long_away_text_is_cut_to_what_clients_take),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
