/* One account, many places: AIM sessions as one, and the document of the whole. */
#include "mapping/presence_merge.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "simple/doc/xml.h"
#include "tests/documents.h"

enum { NOW = 995897100 };

static const struct address chuck = {{(const uint8_t *)"chattychuck", 11},
                                     {(const uint8_t *)"aim.example.net", 15},
                                     false};

/* ---- AIM sessions ---- */

#define ON .online = true

static const struct {
    const char *name;
    struct presence in[3];
    size_t n;
    struct presence out; /* what is compared: flags, times, the text in force */
} merges[] = {
    {"nobody", {{0}}, 0, {0}},
    {"one",
     {{ON, .away = true, .away_text = SPAN("x")}},
     1,
     {ON, .away = true, .away_text = SPAN("x")}},
    {"those who are not online do not count",
     {{.away = true}, {ON, .signon = 5}, {.signon = 1, .warning = 9}},
     3,
     {ON, .signon = 5}},
    {"away only if all are",
     {{ON, .away = true, .away_text = SPAN("x"), .changed = 9}, {ON, .avail_text = SPAN("y")}},
     2,
     {ON, .changed = 9, .avail_text = SPAN("y")}},
    {"the text of the latest change",
     {{ON, .away = true, .away_text = SPAN("x"), .changed = 9},
      {ON, .away = true, .away_text = SPAN("y"), .changed = 10}},
     2,
     {ON, .away = true, .away_text = SPAN("y"), .changed = 10}},
    {"idle only if all are, since the latest",
     {{ON, .idle_since = 100}, {ON, .idle_since = 200}},
     2,
     {ON, .idle_since = 200}},
    {"one is active", {{ON, .idle_since = 100}, {ON}}, 2, {ON}},
    {"mobile only if all are", {{ON, .mobile = true}, {ON}}, 2, {ON}},
    {"all mobile", {{ON, .mobile = true}, {ON, .mobile = true}}, 2, {ON, .mobile = true}},
    {"invisible if all are",
     {{ON, .invisible = true, .signon = 1}, {ON, .invisible = true, .signon = 2}},
     2,
     {ON, .invisible = true, .signon = 1}},
    {"invisible if the newest says so",
     {{ON, .signon = 1}, {ON, .invisible = true, .signon = 2}},
     2,
     {ON, .invisible = true, .signon = 1}},
    {"visible if the newest is",
     {{ON, .invisible = true, .signon = 1}, {ON, .signon = 2}},
     2,
     {ON, .signon = 1}},
    {"one warning level", {{ON, .warning = 100}, {ON, .warning = 30}}, 2, {ON, .warning = 100}},
};

static void sessions_of_an_account_are_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof merges / sizeof *merges; i++) {
        const struct presence *v[] = {&merges[i].in[0], &merges[i].in[1], &merges[i].in[2]};
        const struct presence *want = &merges[i].out;
        struct arena a = {0};
        struct presence got;

        presence_merge_sessions(v, merges[i].n, &got, &a);
        if (got.online != want->online || got.away != want->away || got.mobile != want->mobile ||
            got.invisible != want->invisible || got.idle_since != want->idle_since ||
            got.signon != want->signon || got.warning != want->warning ||
            got.changed != want->changed || !span_eq(presence_text(&got), presence_text(want)))
            fail_msg("%s", merges[i].name);
        arena_fini(&a);
    }
}

static void capabilities_are_joined(void **state)
{
    const struct presence one = {ON, .caps = SPAN("aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbb")};
    const struct presence two = {ON, .caps = SPAN("bbbbbbbbbbbbbbbbcccccccccccccccc")};
    const struct presence *v[] = {&one, &two};
    struct arena a = {0};
    struct presence got;

    (void)state;
    presence_merge_sessions(v, 2, &got, &a);
    assert_true(span_is(got.caps, "aaaaaaaaaaaaaaaabbbbbbbbbbbbbbbbcccccccccccccccc"));
    arena_fini(&a);
}

/* ---- the whole ---- */

#define NS                                                                                   \
    "xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' " \
    "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:c='urn:ietf:params:xml:ns:pidf:cipid'"
#define DOC(inside) \
    "<presence " NS " entity='pres:chattychuck@aim.example.net'>" inside "</presence>"

static const char published[] =
    DOC("<tuple id='t 1'><status><basic>open</basic></status><contact priority='0.9'>"
        "sip:chattychuck@pc.example.net</contact><note>on the phone</note>"
        "<timestamp>2001-07-23T14:00:00Z</timestamp></tuple>"
        "<tuple id='t_1'><status><basic>closed</basic></status></tuple>"
        "<note>all of me</note>"
        "<dm:person id='p'><r:activities><r:lunch/><r:unknown/></r:activities>"
        "<c:display-name>Chuck at his phone</c:display-name>"
        "<dm:timestamp>2001-07-23T14:00:00Z</dm:timestamp></dm:person>"
        "<dm:device id='d'><dm:deviceID>urn:x:1</dm:deviceID></dm:device>");

static void read_doc(const char *text, struct pidf *doc, struct arena *a)
{
    assert_int_equal(pidf_parse(span_str(text), a, doc), OK);
}

static void expect_in(struct buf *b, const char *what)
{
    if (!strstr(buf_cstr(b), what))
        fail_msg("no %s in %s", what, buf_cstr(b));
}

static void a_composed_document_holds_all_sources(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    struct pidf doc, back;
    const struct presence aim = {ON, .away = true, .away_text = SPAN("%n"), .changed = NOW - 3600};
    struct presence_source sources[] = {
        {.is = SOURCE_AIM, .aim = &aim},
        {.is = SOURCE_PUBLISHED, .document = &doc, .etag = SPAN("tag1")},
        {.is = SOURCE_REGISTERED, .contact = SPAN("sip:chattychuck@192.0.2.1:5060")},
    };

    (void)state;
    read_doc(published, &doc, &a);
    assert_int_equal(
        presence_write_composed(&b, sources, 3, chuck, &(struct presence_writing){.now = NOW}), OK);
    assert_int_equal(pidf_parse(buf_span(&b), &a, &back), OK);
    assert_int_equal(back.tuples_n, 3); /* the registration adds nothing: AIM is there */
    assert_true(span_is(back.tuples[0].id, "im"));
    /* first 8 hexadecimal digits of SHA-256("tag1") */
    assert_true(span_is(back.tuples[1].id, "p75e8dafb-t_1"));
    assert_true(span_is(back.tuples[2].id, "p75e8dafb-t_1-2"));
    assert_true(span_is(back.tuples[1].contact, "sip:chattychuck@pc.example.net"));
    assert_int_equal(back.tuples[1].priority, 900);
    assert_int_equal(back.persons_n, 1);
    assert_true(span_is(back.persons[0].id, "p75e8dafb-p")); /* the newer one */
    assert_int_equal(back.devices_n, 1);
    assert_true(span_is(back.notes.v[0].text, "all of me"));
    expect_in(&b, "<r:activities><r:meal/></r:activities>");
    buf_fini(&b);
    arena_fini(&a);
}

static void a_registration_alone_makes_an_account_open(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    struct pidf back;
    struct presence_source sources[] = {
        {.is = SOURCE_REGISTERED, .contact = SPAN("sip:a@192.0.2.1"), .since = NOW - 60}};
    struct presence seen;

    (void)state;
    assert_int_equal(
        presence_write_composed(&b, sources, 1, chuck, &(struct presence_writing){.now = NOW}), OK);
    assert_int_equal(pidf_parse(buf_span(&b), &a, &back), OK);
    assert_int_equal(back.tuples_n, 2);
    assert_int_equal(back.tuples[0].basic, PIDF_CLOSED);
    assert_int_equal(back.tuples[1].basic, PIDF_OPEN);
    assert_int_equal(back.tuples[1].id.n, 9);
    assert_int_equal(back.tuples[1].id.p[0], 'r');
    assert_true(span_is(back.tuples[1].contact, "im:chattychuck@aim.example.net"));
    assert_int_equal(presence_merge(sources, 1, chuck, NOW, &seen, &a), OK);
    assert_true(seen.online && !seen.away);
    assert_int_equal(seen.signon, NOW - 60);
    buf_fini(&b);
    arena_fini(&a);
}

static void without_sources_an_account_is_offline(void **state)
{
    struct arena a = {0};
    struct buf b = {0}, want = {0};
    struct presence seen;

    (void)state;
    assert_int_equal(
        presence_write_composed(&b, NULL, 0, chuck, &(struct presence_writing){.now = NOW}), OK);
    presence_write_pidf(&want, &(struct presence){0}, chuck, &(struct presence_writing){0});
    assert_string_equal(buf_cstr(&b), buf_cstr(&want));
    assert_int_equal(presence_merge(NULL, 0, chuck, NOW, &seen, &a), OK);
    assert_false(seen.online);
    buf_fini(&b);
    buf_fini(&want);
    arena_fini(&a);
}

/* What AIM viewers see of AIM sessions and a published document, by the same rules as of any
 * document. */
static void aim_viewers_see_what_the_whole_document_says(void **state)
{
    struct arena a = {0};
    struct pidf doc;
    struct presence aim = {ON,
                           .tokens = true,
                           .warning = 70,
                           .signon = NOW - 7200,
                           .changed = NOW,
                           .away_text = SPAN("hi %n"),
                           .icon = SPAN("12345")};
    struct presence_source sources[] = {
        {.is = SOURCE_AIM, .aim = &aim},
        {.is = SOURCE_PUBLISHED, .document = &doc, .etag = SPAN("tag1")},
    };
    struct presence seen;

    (void)state;
    read_doc(published, &doc, &a);
    /* The published tuple has the higher priority, the published person is the only one. */
    assert_int_equal(presence_merge(sources, 2, chuck, NOW, &seen, &a), OK);
    assert_true(seen.online && seen.away && !seen.tokens);
    assert_true(span_is(seen.away_text, "on the phone"));
    assert_true(span_is(seen.friendly, "Chuck at his phone"));
    assert_int_equal(seen.warning, 70);
    assert_int_equal(seen.signon, NOW - 7200);
    assert_true(span_is(seen.icon, "12345"));
    /* Going away later makes the AIM person the newer one; the words are still the tuple's. */
    aim.away = true;
    assert_int_equal(presence_merge(sources, 2, chuck, NOW, &seen, &a), OK);
    assert_true(seen.away && span_is(seen.away_text, "on the phone"));
    /* Invisible on AIM: the phone is what is left. */
    aim.invisible = true;
    assert_int_equal(presence_merge(sources, 2, chuck, NOW, &seen, &a), OK);
    assert_true(seen.online && !seen.invisible && seen.warning == 0);
    arena_fini(&a);
}

static void the_words_of_aim_keep_their_tokens(void **state)
{
    struct arena a = {0};
    struct pidf doc;
    const struct presence aim = {ON, .away = true, .tokens = true, .changed = NOW,
                                 .away_text = SPAN("hi %n")};
    struct presence_source sources[] = {
        {.is = SOURCE_PUBLISHED, .document = &doc, .etag = SPAN("t")},
        {.is = SOURCE_AIM, .aim = &aim},
    };
    struct presence seen;

    (void)state;
    read_doc(DOC("<tuple id='t'><status><basic>open</basic></status></tuple>"), &doc, &a);
    assert_int_equal(presence_merge(sources, 2, chuck, NOW, &seen, &a), OK);
    assert_true(seen.away && seen.tokens && span_is(seen.away_text, "hi %n"));
    assert_int_equal(presence_merge(&sources[1], 1, chuck, NOW, &seen, &a), OK);
    assert_true(seen.away && seen.tokens && span_is(seen.away_text, "hi %n"));
    arena_fini(&a);
}

/* Whatever was published, what comes out is valid. */
static const char *const odd[] = {
    DOC("<tuple><status/></tuple><tuple/><tuple id=''/><tuple id='1&lt;2'/>"),
    DOC("<tuple id='im'/><tuple id='person'/><tuple id='a'/><tuple id='a'/><tuple id='a-2'/>"),
    DOC("<tuple id='\xC3\xA9'><contact priority='7'>not a uri</contact></tuple>"),
    DOC("<tuple id='t'><contact>sip:x@[2001:db8::1]</contact><note xml:lang='-'>x</note></tuple>"),
    DOC("<tuple id='t'><dm:deviceID>no urn</dm:deviceID><r:user-input idle-threshold='0' "
        "last-input='1960-01-01T00:00:00Z'>idle</r:user-input></tuple>"),
    DOC("<dm:device/><dm:device id='im'><dm:deviceID>urn:x:1</dm:deviceID></dm:device>"),
    DOC("<dm:person><r:activities><r:other/><r:away/><r:lunch/><r:unknown/></r:activities>"
        "<r:activities from='x' until='0000-01-01T00:00:00Z'/></dm:person>"),
    DOC("<dm:person id='p'><c:icon>javascript:alert(1)//\xC3\xA9</c:icon><c:display-name>&lt;"
        "</c:display-name><dm:note xml:lang='toolonglanguage'>x</dm:note></dm:person>"),
};

static void composed_documents_are_valid_whatever_was_published(void **state)
{
    enum { ALL = sizeof odd / sizeof *odd };
    char dir[] = "/tmp/presence_merge_XXXXXX";
    const struct presence aim = {ON, .away = true, .mobile = true};

    (void)state;
    assert_non_null(mkdtemp(dir));
    for (size_t i = 0; i < ALL; i++) {
        struct arena a = {0};
        struct buf b = {0};
        struct pidf doc;
        struct presence_source sources[] = {
            {.is = SOURCE_PUBLISHED, .document = &doc, .etag = SPAN("one")},
            {.is = SOURCE_PUBLISHED, .document = &doc, .etag = SPAN("two")},
            {.is = SOURCE_REGISTERED, .contact = SPAN("sip:x@y.z")},
            {.is = SOURCE_REGISTERED, .contact = SPAN("sip:x@y.z")},
            {.is = SOURCE_AIM, .aim = &aim},
        };

        read_doc(odd[i], &doc, &a);
        assert_int_equal(presence_write_composed(&b, sources, i % 2 ? 5 : 4, chuck,
                                                 &(struct presence_writing){.now = NOW}),
                         OK);
        keep_document(dir, (int)i, &b);
        buf_fini(&b);
        arena_fini(&a);
    }
    expect_valid_documents(dir, "presence-all.xsd", (int)ALL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sessions_of_an_account_are_one),
        cmocka_unit_test(capabilities_are_joined),
        cmocka_unit_test(a_composed_document_holds_all_sources),
        cmocka_unit_test(a_registration_alone_makes_an_account_open),
        cmocka_unit_test(without_sources_an_account_is_offline),
        cmocka_unit_test(aim_viewers_see_what_the_whole_document_says),
        cmocka_unit_test(the_words_of_aim_keep_their_tokens),
        cmocka_unit_test(composed_documents_are_valid_whatever_was_published),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
