/* Presence as SIP watchers get it: the examples byte for byte, the table row by row, and a few
 * hundred random records held against the schemas by xmllint. */
#include "mapping/presence_sip.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/utf8.h"
#include "simple/doc/xml.h"
#include "tests/documents.h"

#define CHUCK                                        \
    (struct address)                                 \
    {                                                \
        SPAN("chattychuck"), SPAN("aim.example.net"), false \
    }
/* Times of 2001-07-23. */
enum { T1200 = 995889600, T1320 = 995894400, T1330 = 995895000, T1400 = 995896800 };
enum { T1405 = 995897100, T1410 = 995897400 };

static void expect_example(const char *name, const struct presence *p,
                           const struct presence_writing *w)
{
    struct buf got = {0}, want = {0};

    presence_write_pidf(&got, p, CHUCK, w);
    read_example(name, &want);
    assert_string_equal(buf_cstr(&got), buf_cstr(&want));
    buf_fini(&got);
    buf_fini(&want);
}

/* ---- writing ---- */

static struct presence away_idle_mobile(void)
{
    return (struct presence){
        .online = true,
        .away = true,
        .mobile = true,
        .tokens = true,
        .warning = 150,
        .idle_since = T1320,
        .signon = T1200,
        .changed = T1330,
        .away_text = SPAN("Out to lunch <back at 2>"),
        .friendly = SPAN("Chatty Chuck"),
        .icon_url = SPAN("https://aim.example.net/icon/0cc175b9c0f1b6a831c399e269772661")};
}

static void the_examples_are_written_byte_for_byte(void **state)
{
    const struct presence_writing w = {.now = T1410, .session = SESSION_IF_WARNED};
    struct presence online = {
        .online = true, .changed = T1400 + 5, .signon = T1200, .friendly = SPAN("chattychuck")};
    struct presence lunch = away_idle_mobile();
    struct presence available = {.online = true,
                                 .changed = T1410,
                                 .avail_text = SPAN("Ask me about FLAP"),
                                 .friendly = SPAN("Chatty Chuck")};
    struct presence hidden = away_idle_mobile();
    struct presence offline = {0};
    struct buf b = {0}, want = {0};

    (void)state;
    hidden.invisible = true;
    expect_example("a1-online.xml", &online, &w);
    expect_example("a2-away-idle-mobile.xml", &lunch, &w);
    expect_example("a3-offline.xml", &offline, &w);
    expect_example("a3-offline.xml", &hidden, &w);
    expect_example("a5-available-message.xml", &available, &w);
    presence_write_pending(&b, CHUCK);
    read_example("a4-pending.xml", &want);
    assert_string_equal(buf_cstr(&b), buf_cstr(&want));
    buf_fini(&b);
    buf_fini(&want);
}

struct written {
    const char *name;
    struct presence p;
    struct presence_writing w;
    const char *has, *has_not; /* NULL: nothing */
};

static const struct written writings[] = {
    {"nobody is told the warning level of those who have none",
     {.online = true, .signon = T1200},
     {.session = SESSION_IF_WARNED},
     "<basic>open</basic>",
     "aim:session"},
    {"foreign watchers are told nothing of warnings",
     {.online = true, .warning = 999},
     {.now = 0},
     "<basic>open</basic>",
     "aim:session"},
    {"always, where that is switched on",
     {.online = true, .signon = T1200},
     {.session = SESSION_ALWAYS},
     "<aim:session signon=\"2001-07-23T12:00:00Z\" warning=\"0.0\"/>",
     NULL},
    {"do not disturb is busy, with its name",
     {.online = true, .away = true, .shade = SHADE_DO_NOT_DISTURB},
     {.now = 0},
     "<r:activities><r:note>Do not disturb</r:note><r:busy/></r:activities>",
     "<r:away/>"},
    {"occupied is busy",
     {.online = true, .away = true, .shade = SHADE_OCCUPIED, .away_text = SPAN("thinking")},
     {.now = 0},
     "<r:activities><r:note>thinking</r:note><r:busy/></r:activities>",
     NULL},
    {"not available is away",
     {.online = true, .away = true, .shade = SHADE_NOT_AVAILABLE},
     {.now = 0},
     "<r:away/>",
     "<r:busy/>"},
    {"away without words has no note",
     {.online = true, .away = true},
     {.now = 0},
     "<r:activities><r:away/></r:activities>",
     "note"},
    {"the hour is hidden where the user hides it",
     {.online = true, .idle_since = T1320, .hide_idle = true},
     {.now = 0},
     "<r:user-input>idle</r:user-input>",
     "last-input"},
    {"capabilities only where switched on",
     {.online = true},
     {.caps = true},
     "<cap:servcaps><cap:methods><cap:supported><cap:MESSAGE/>",
     NULL},
    {"a phone comes after a desk",
     {.online = true, .mobile = true},
     {.now = 0},
     "<contact priority=\"0.4\">",
     "0.8"},
    {"the AIM side down names it",
     {0},
     {.closed_note = SPAN("AIM service unreachable since 14:05")},
     "<note>AIM service unreachable since 14:05</note>",
     "open"},
    {"%n is the watcher, %d and %t the time of writing",
     {.online = true, .away = true, .tokens = true, .away_text = SPAN("hi %n, %d at %t: 5%% %x %")},
     {.watcher = SPAN("bob@example.com"), .now = T1405},
     "<note>hi bob@example.com, 2001-07-23 at 14:05 UTC: 5%% %x %</note>",
     "%n"},
    {"a text that is not AIM's keeps its percent signs",
     {.online = true, .away = true, .away_text = SPAN("100%n")},
     {.watcher = SPAN("bob@example.com")},
     "<note>100%n</note>",
     NULL},
    {"an available text keeps its percent signs",
     {.online = true, .tokens = true, .avail_text = SPAN("100%n")},
     {.watcher = SPAN("bob@example.com")},
     "<note>100%n</note>",
     "bob@"},
    {"a watcher cannot write markup",
     {.online = true, .away = true, .tokens = true, .away_text = SPAN("%n")},
     {.watcher = SPAN("<b>&@x")},
     "<note>&lt;b&gt;&amp;@x</note>",
     NULL},
    {"characters that XML has not are replaced",
     {.online = true, .avail_text = SPAN("a\x01z")},
     {.now = 0},
     "<note>a\xEF\xBF\xBDz</note>",
     NULL},
};

static void a_record_is_written_as_the_table_says(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof writings / sizeof *writings; i++) {
        const struct written *t = &writings[i];
        struct buf b = {0};

        presence_write_pidf(&b, &t->p, CHUCK, &t->w);
        if ((t->has && !strstr(buf_cstr(&b), t->has)) ||
            (t->has_not && strstr(buf_cstr(&b), t->has_not)))
            fail_msg("%s: %s", t->name, buf_cstr(&b));
        buf_fini(&b);
    }
}

static void a_long_text_ends_in_an_ellipsis(void **state)
{
    struct presence p = {.online = true};
    struct buf text = {0}, b = {0};
    struct arena a = {0};
    struct pidf doc;
    struct span note;

    (void)state;
    for (int i = 0; i < PRESENCE_TEXT_MAX; i++)
        BUF_LIT(&text, "\xC3\xA9");
    p.avail_text = buf_span(&text);
    presence_write_pidf(&b, &p, CHUCK, &(struct presence_writing){0});
    assert_int_equal(pidf_parse(buf_span(&b), &a, &doc), OK);
    assert_true(span_eq(doc.tuples[0].notes.v[0].text, buf_span(&text)));
    BUF_LIT(&text, "x");
    p.avail_text = buf_span(&text);
    buf_reset(&b);
    presence_write_pidf(&b, &p, CHUCK, &(struct presence_writing){0});
    assert_int_equal(pidf_parse(buf_span(&b), &a, &doc), OK);
    note = doc.tuples[0].notes.v[0].text;
    assert_int_equal(utf8_count(note), PRESENCE_TEXT_MAX);
    assert_true(span_is(span_skip(note, note.n - 3), "\xE2\x80\xA6"));
    buf_fini(&text);
    buf_fini(&b);
    arena_fini(&a);
}

static void only_away_texts_with_tokens_are_personal(void **state)
{
    struct presence p = {.online = true, .away = true, .tokens = true, .away_text = SPAN("hi %n")};

    (void)state;
    assert_true(presence_pidf_is_personal(&p));
    p.away_text = SPAN("100% sure, 5%%");
    assert_false(presence_pidf_is_personal(&p));
    p.away_text = SPAN("50%t");
    assert_true(presence_pidf_is_personal(&p));
    p.tokens = false;
    assert_false(presence_pidf_is_personal(&p));
    p.tokens = true;
    p.invisible = true;
    assert_false(presence_pidf_is_personal(&p));
    p = (struct presence){.online = true, .tokens = true, .avail_text = SPAN("%n")};
    assert_false(presence_pidf_is_personal(&p));
}

/* ---- all that can be written is valid ---- */

enum { DOCUMENTS = 400 };

/* Text that tries: markup, controls, high characters, bytes that are none, AIM's tokens. */
static struct span any_text(struct rng *r, struct arena *a)
{
    struct buf b = {0};
    struct span out;

    for (size_t n = rng_u32(r) % 20; n > 0; n--) {
        switch (rng_u32(r) % 6) {
        case 0: buf_u8(&b, (uint8_t)rng_u32(r)); break;
        case 1: utf8_put(&b, rng_u32(r) % 0x110000); break;
        case 2: buf_u8(&b, (uint8_t) "<>&\"'%]["[rng_u32(r) % 8]); break;
        case 3: buf_str(&b, rng_u32(r) % 2 ? "%n" : "%t"); break;
        default: buf_u8(&b, (uint8_t)('a' + rng_u32(r) % 26));
        }
    }
    out = arena_copy(a, buf_span(&b));
    buf_fini(&b);
    return out;
}

static struct presence any_record(struct rng *r, struct arena *a)
{
    uint32_t bits = rng_u32(r);
    struct presence p = {.online = (bits & 7) != 0,
                         .away = bits >> 3 & 1,
                         .mobile = bits >> 4 & 1,
                         .invisible = (bits >> 5 & 7) == 0,
                         .hide_idle = bits >> 8 & 1,
                         .tokens = bits >> 9 & 1,
                         .icq = bits >> 10 & 1,
                         .shade = (enum presence_shade)(bits >> 11 & 3),
                         .warning = (uint16_t)(rng_u32(r) % 1000),
                         .idle_since = bits >> 14 & 1 ? rng_u32(r) : 0,
                         .signon = bits >> 15 & 1 ? rng_u32(r) : 0,
                         .changed = bits >> 16 & 1 ? rng_u32(r) : 0};

    p.away_text = any_text(r, a);
    p.avail_text = any_text(r, a);
    p.friendly = any_text(r, a);
    p.icon_url = bits >> 17 & 1 ? any_text(r, a) : (struct span){0};
    if (bits >> 18 & 1)
        p.icon_url = SPAN("https://aim.example.net/icon/1?a=b&c=d");
    return p;
}

static void every_document_is_valid_by_the_schemas(void **state)
{
    char dir[] = "/tmp/presence_test_XXXXXX";
    struct rng r;

    (void)state;
    rng_init_fixed(&r, 23);
    assert_non_null(mkdtemp(dir));
    for (int i = 0; i < DOCUMENTS; i++) {
        struct arena a = {0};
        struct buf b = {0};
        struct presence p = any_record(&r, &a);
        struct presence_writing w = {.watcher = any_text(&r, &a),
                                     .now = rng_u32(&r),
                                     .session = (enum presence_session)(rng_u32(&r) % 3),
                                     .caps = rng_u32(&r) % 2,
                                     .closed_note = any_text(&r, &a)};
        struct address who = {SPAN("m&m \xC3\xA9<"), SPAN("aim.example.net"), false};

        presence_write_pidf(&b, &p, who, &w);
        assert_true(buf_ok(&b));
        keep_document(dir, i, &b);
        buf_fini(&b);
        arena_fini(&a);
    }
    expect_valid_documents(dir, "presence-all.xsd", (int)DOCUMENTS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_are_written_byte_for_byte),
        cmocka_unit_test(a_record_is_written_as_the_table_says),
        cmocka_unit_test(a_long_text_ends_in_an_ellipsis),
        cmocka_unit_test(only_away_texts_with_tokens_are_personal),
        cmocka_unit_test(every_document_is_valid_by_the_schemas),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
