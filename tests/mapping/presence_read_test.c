/* What documents mean: the examples as they say, the table row by row. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mapping/presence_sip.h"
#include "simple/doc/xml.h"
#include "tests/documents.h"

#define BOB                              \
    (struct address)                     \
    {                                    \
        SPAN("bob"), SPAN("example.com"), false \
    }

/* Times of 2001-07-23. */
enum { T1200 = 995889600, T1320 = 995894400, T1405 = 995897100, T1500 = 995900400 };

#define NS                                                                                    \
    "xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "  \
    "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:c='urn:ietf:params:xml:ns:pidf:cipid' " \
    "xmlns:cap='urn:ietf:params:xml:ns:pidf:caps' xmlns:x='urn:unknown'"
#define DOC(inside)  "<presence " NS " entity='pres:bob@example.com'>" inside "</presence>"
#define OPEN         "<status><basic>open</basic></status>"
#define TUPLE(after) "<tuple id='t'>" OPEN after "</tuple>"
#define PERSON(in)   TUPLE("") "<dm:person id='p'>" in "</dm:person>"
#define MOBILE                                                                               \
    "<cap:devcaps><cap:mobility><cap:supported><cap:mobile/></cap:supported></cap:mobility>" \
    "</cap:devcaps>"

static enum err read_at(struct span doc_text, const struct presence_reading *r,
                        struct presence *out, struct arena *a)
{
    struct pidf doc;
    enum err e = pidf_parse(doc_text, a, &doc);

    return e == OK ? presence_from_pidf(&doc, r, out, a) : e;
}

static void the_examples_are_read_as_they_say(void **state)
{
    struct presence_reading r = {.who = BOB, .languages = SPAN("en"), .now = T1405};
    struct presence p = {0};
    struct arena a = {0};
    struct buf plain = {0}, rich = {0}, closed = {0};

    (void)state;
    read_example("b1-sip-plain.xml", &plain);
    assert_int_equal(read_at(buf_span(&plain), &r, &p, &a), OK);
    assert_true(p.online && !p.away && p.idle_since == 0);
    assert_true(span_is(p.avail_text, "I am here"));
    r.languages = SPAN("fr");
    assert_int_equal(read_at(buf_span(&plain), &r, &p, &a), OK);
    assert_true(span_is(p.avail_text, "Je suis l\xC3\xA0"));

    read_example("b2-sip-rich.xml", &rich);
    assert_int_equal(read_at(buf_span(&rich), &r, &p, &a), OK);
    assert_true(p.online && p.away && !p.mobile);
    assert_true(span_is(p.away_text, "Budget review"));
    assert_true(span_is(p.friendly, "Bob Baker"));
    assert_int_equal((T1405 - p.idle_since) / 60, 17);
    assert_int_equal(p.until, T1500);
    r.now = T1500;
    assert_int_equal(read_at(buf_span(&rich), &r, &p, &a), OK);
    assert_true(p.online && !p.away && p.until == 0);
    assert_int_equal(presence_text(&p).n, 0);

    read_example("b3-sip-all-closed.xml", &closed);
    assert_int_equal(read_at(buf_span(&closed), &r, &p, &a), OK);
    assert_false(p.online);
    assert_int_equal(p.avail_text.n + p.away_text.n, 0);
    buf_fini(&plain);
    buf_fini(&rich);
    buf_fini(&closed);
    arena_fini(&a);
}

struct meaning {
    const char *name, *doc;
    bool online, away, mobile;
    const char *text;
    int64_t idle_since, until;
};

static const struct meaning meanings[] = {
    {"no tuple is not online", DOC(""), 0, 0, 0, "", 0, 0},
    {"no basic is not online", DOC("<tuple id='t'><status/></tuple>"), 0, 0, 0, "", 0, 0},
    {"another spelling is not online",
     DOC("<tuple id='t'><status><basic>OPEN</basic></status></tuple>"), 0, 0, 0, "", 0, 0},
    {"a telephone alone makes nobody online", DOC(TUPLE("<contact>tel:+1555</contact>")), 0, 0, 0,
     "", 0, 0},
    {"a telephone beside a closed address does not either",
     DOC("<tuple id='a'><status><basic>closed</basic></status><contact>im:bob@example.com</contact>"
         "</tuple>" TUPLE("<contact>tel:+1555</contact>")),
     0, 0, 0, "", 0, 0},
    {"schemes are in either case", DOC(TUPLE("<contact>SIPS:bob@example.com</contact>")), 1, 0, 0,
     "", 0, 0},
    {"unknown mustUnderstand does not change basic",
     DOC("<tuple id='t'><status><basic>open</basic><x:y xmlns:p='urn:ietf:params:xml:ns:pidf' "
         "p:mustUnderstand='true'/></status></tuple>"),
     1, 0, 0, "", 0, 0},
    {"the highest priority speaks",
     DOC(TUPLE("<contact priority='0.2'>im:a@b.c</contact><note>low</note>") TUPLE(
         "<contact priority='0.9'>im:a@b.c</contact><note>high</note>") TUPLE("<note>none</note>")),
     1, 0, 0, "high", 0, 0},
    {"closed tuples do not speak",
     DOC("<tuple id='a'><status><basic>closed</basic></status><contact priority='1'>im:a@b.c"
         "</contact><note>gone</note></tuple>" TUPLE("<note>here</note>")),
     1, 0, 0, "here", 0, 0},
    {"of equal priorities the latest",
     DOC(TUPLE("<note>old</note><timestamp>2001-07-23T13:00:00Z</timestamp>")
             TUPLE("<note>new</note><timestamp>2001-07-23T14:00:00Z</timestamp>")),
     1, 0, 0, "new", 0, 0},
    {"of equal everything the first", DOC(TUPLE("<note>first</note>") TUPLE("<note>second</note>")),
     1, 0, 0, "first", 0, 0},
    {"show away",
     DOC("<tuple id='t'><status><basic>open</basic><show xmlns='jabber:client'>xa"
         "</show></status></tuple>"),
     1, 1, 0, "Away", 0, 0},
    {"show dnd",
     DOC("<tuple id='t'><status><basic>open</basic><show xmlns='jabber:client'>dnd"
         "</show></status></tuple>"),
     1, 1, 0, "Busy", 0, 0},
    {"show chat is not away",
     DOC("<tuple id='t'><status><basic>open</basic><show "
         "xmlns='jabber:client'>chat</show></status></tuple>"),
     1, 0, 0, "", 0, 0},
    {"a tuple's note comes first",
     DOC(TUPLE("<note> tuple </note>") "<note>doc</note><dm:person id='p'><r:activities><r:note>act"
                                       "</r:note><r:away/></r:activities><dm:note>dm</dm:note>"
                                       "</dm:person>"),
     1, 1, 0, "tuple", 0, 0},
    {"then the activities'",
     DOC(PERSON(
         "<r:activities><r:note>act</r:note><r:away/></r:activities><dm:note>dm</dm:note>") "<note>"
                                                                                            "doc</"
                                                                                            "note"
                                                                                            ">"),
     1, 1, 0, "act", 0, 0},
    {"then the person's",
     DOC(PERSON("<r:activities><r:away/></r:activities><dm:note>dm</dm:note>") "<note>doc</note>"),
     1, 1, 0, "dm", 0, 0},
    {"then the document's",
     DOC(PERSON("<r:activities><r:away/></r:activities>") "<note>doc</note>"), 1, 1, 0, "doc", 0,
     0},
    {"then what the person calls it",
     DOC(PERSON("<r:activities><r:away/><r:other>sailing</r:other></r:activities>")), 1, 1, 0,
     "sailing", 0, 0},
    {"an empty note is none", DOC(TUPLE("<note/><note>x</note>")), 1, 0, 0, "x", 0, 0},
    {"working with a note is not away",
     DOC(PERSON("<r:activities><r:note>deep in code</r:note><r:working/></r:activities>")), 1, 0, 0,
     "deep in code", 0, 0},
    {"activities of strangers are skipped", DOC(PERSON("<r:activities><x:away/></r:activities>")),
     1, 0, 0, "", 0, 0},
    {"a meeting that is over",
     DOC(PERSON("<r:activities until='2001-07-23T14:05:00Z'><r:note>m"
                "</r:note><r:meeting/></r:activities>")),
     1, 0, 0, "", 0, 0},
    {"a meeting to come is to be looked at again",
     DOC(PERSON("<r:activities from='2001-07-23T15:00:00Z'><r:meeting/></r:activities>")), 1, 0, 0,
     "", 0, T1500},
    {"of two persons the newest",
     DOC(PERSON("<r:activities><r:away/></r:activities>") "<dm:person id='q'><r:activities>"
                                                          "<r:lunch/></r:activities><dm:timestamp>"
                                                          "2001-07-23T14:00:00Z</dm:timestamp>"
                                                          "</dm:person>"),
     1, 1, 0, "At lunch", 0, 0},
    {"idle by the tuple",
     DOC(TUPLE("<r:user-input last-input='2001-07-23T13:20:00Z'>idle</r:user-input>")), 1, 0, 0, "",
     T1320, 0},
    {"active in the tuple wins over idle in the device",
     DOC(TUPLE("<r:user-input>active</r:user-input>") "<dm:device id='d'><r:user-input>idle"
                                                      "</r:user-input></dm:device>"),
     1, 0, 0, "", 0, 0},
    {"idle by the person, no hour", DOC(PERSON("<r:user-input>idle</r:user-input>")), 1, 0, 0, "",
     T1405 - 600, 0},
    {"idle by the device, its own threshold",
     DOC(TUPLE("") "<dm:device id='d'><r:user-input idle-threshold='300'>idle</r:user-input>"
                   "</dm:device>"),
     1, 0, 0, "", T1405 - 300, 0},
    {"idle since a time to come is not idle",
     DOC(TUPLE("<r:user-input last-input='2001-07-23T14:20:00Z'>idle</r:user-input>")), 1, 0, 0, "",
     0, 0},
    {"the only device is mobile", DOC(TUPLE("") "<dm:device id='d'>" MOBILE "</dm:device>"), 1, 0,
     1, "", 0, 0},
    {"of two devices the one named",
     DOC(TUPLE(
         "<dm:deviceID>urn:x:2</dm:deviceID>") "<dm:device id='d'><dm:deviceID>urn:x:1"
                                               "</dm:deviceID></dm:device><dm:device id='e'>" MOBILE
                                               "<dm:deviceID>urn:x:2</dm:deviceID>"
                                               "</dm:device>"),
     1, 0, 1, "", 0, 0},
    {"of two devices none named",
     DOC(TUPLE("") "<dm:device id='d'/><dm:device id='e'>" MOBILE "</dm:device>"), 1, 0, 0, "", 0,
     0},
    {"mobile and fixed is not mobile",
     DOC(TUPLE("") "<dm:device id='d'><cap:devcaps><cap:mobility><cap:supported><cap:fixed/>"
                   "<cap:mobile/></cap:supported></cap:mobility></cap:devcaps></dm:device>"),
     1, 0, 0, "", 0, 0},
};

static void a_document_means_what_the_table_says(void **state)
{
    const struct presence_reading r = {.who = BOB, .now = T1405};

    (void)state;
    for (size_t i = 0; i < sizeof meanings / sizeof *meanings; i++) {
        const struct meaning *m = &meanings[i];
        struct arena a = {0};
        struct presence p = {0};

        assert_int_equal(read_at(span_str(m->doc), &r, &p, &a), OK);
        if (p.online != m->online || p.away != m->away || p.mobile != m->mobile ||
            !span_is(presence_text(&p), m->text) || p.idle_since != m->idle_since ||
            p.until != m->until)
            fail_msg("%s: online %d away %d mobile %d text '%.*s' idle %lld until %lld", m->name,
                     p.online, p.away, p.mobile, SPAN_ARG(presence_text(&p)),
                     (long long)p.idle_since, (long long)p.until);
        arena_fini(&a);
    }
}

/* Written out once more, as RFC 4480's list and the labels are agreed: the table is the product's
 * word. */
static const struct {
    const char *element, *label;
    bool away;
} activities[] = {
    {"appointment", "In an appointment", true},
    {"away", "Away", true},
    {"breakfast", "At breakfast", true},
    {"busy", "Busy", true},
    {"dinner", "At dinner", true},
    {"holiday", "On holiday", true},
    {"in-transit", "In transit", true},
    {"looking-for-work", "", false},
    {"lunch", "At lunch", true},
    {"meal", "At a meal", true},
    {"meeting", "In a meeting", true},
    {"on-the-phone", "On the phone", true},
    {"other", "", false},
    {"performance", "At a performance", true},
    {"permanent-absence", "Gone", true},
    {"playing", "", false},
    {"presentation", "Presenting", true},
    {"shopping", "Shopping", true},
    {"sleeping", "Sleeping", true},
    {"spectator", "At an event", true},
    {"steering", "Driving", true},
    {"travel", "Travelling", true},
    {"tv", "", false},
    {"unknown", "", false},
    {"vacation", "On vacation", true},
    {"working", "", false},
    {"worship", "At worship", true},
};

static void every_activity_has_its_row(void **state)
{
    const struct presence_reading r = {.who = BOB, .now = T1405};

    (void)state;
    assert_int_equal(sizeof activities / sizeof *activities, PIDF_ACTIVITY__COUNT);
    for (size_t i = 0; i < sizeof activities / sizeof *activities; i++) {
        char text[2048];
        struct arena a = {0};
        struct presence p = {0};

        (void)snprintf(text, sizeof text, DOC(PERSON("<r:activities><r:%s/></r:activities>")),
                       activities[i].element);
        assert_int_equal(read_at(span_str(text), &r, &p, &a), OK);
        assert_true(p.online);
        if (p.away != activities[i].away || !span_is(presence_text(&p), activities[i].label))
            fail_msg("%s: %d '%.*s'", activities[i].element, p.away, SPAN_ARG(presence_text(&p)));
        arena_fini(&a);
    }
}

static const struct {
    const char *languages, *text;
} chosen[] = {
    {"", "none"},         {"de", "none"},        {"en", "english"},   {"en-US", "english"},
    {"de, fr", "french"}, {" fr ,en", "french"}, {"FR-CA", "french"}, {"e", "none"},
    {"pt", "brazil"},     {",,", "none"},
};

static void notes_are_chosen_by_the_readers_languages(void **state)
{
    static const char text[] = DOC(
        TUPLE("<note xml:lang='en-GB'/><note xml:lang='en'>english</note><note xml:lang='fr'>french"
              "</note><note>none</note><note xml:lang='pt-BR'>brazil</note>"));

    (void)state;
    for (size_t i = 0; i < sizeof chosen / sizeof *chosen; i++) {
        const struct presence_reading r = {
            .who = BOB, .now = T1405, .languages = span_str(chosen[i].languages)};
        struct arena a = {0};
        struct presence p = {0};

        assert_int_equal(read_at(span_str(text), &r, &p, &a), OK);
        if (!span_is(p.avail_text, chosen[i].text))
            fail_msg("'%s': %.*s", chosen[i].languages, SPAN_ARG(p.avail_text));
        arena_fini(&a);
    }
}

static const struct {
    const char *entity;
    enum err expect;
} entities[] = {
    {"pres:bob@example.com", OK},
    {"sip:bob@example.com", OK},
    {"sips:bob@EXAMPLE.com;transport=tls", OK},
    {"im:Bob@example.com", OK},
    {"pres:b%6Fb@example.com", OK},
    {"pres:eve@example.com", ERR_BAD_NAME},
    {"pres:bob@example.net", ERR_BAD_NAME},
    {"mailto:bob@example.com", ERR_BAD_NAME},
    {"bob", ERR_BAD_NAME},
};

static void documents_about_others_are_not_believed(void **state)
{
    const struct presence_reading r = {.who = BOB, .now = T1405};

    (void)state;
    for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
        char text[1024];
        struct arena a = {0};
        struct presence p = {.away = true};
        enum err e;

        (void)snprintf(text, sizeof text, "<presence " NS " entity='%s'>" TUPLE("") "</presence>",
                       entities[i].entity);
        e = read_at(span_str(text), &r, &p, &a);
        if (e != entities[i].expect)
            fail_msg("%s: %s", entities[i].entity, err_text(e));
        assert_true(p.away == (e != OK)); /* untouched where it is not believed */
        arena_fini(&a);
    }
}

static const struct {
    const char *in_document, *from, *shown;
} names[] = {
    {"Bob Baker", "Robert", "Bob Baker"},
    {"", "Robert", "Robert"},
    {"Bob&#9;Baker", "Robert", "Robert"},
    {"alice@aim.example.net", "Robert", "Robert"},
    {"0123456789012345678901234567890123456789012345678901234567890123456789012345678901234567890",
     "", ""},
    {"", "\x7F", ""},
};

static void only_sane_display_names_are_shown(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        const struct presence_reading r = {
            .who = BOB, .now = T1405, .from_name = span_str(names[i].from)};
        char text[1024];
        struct arena a = {0};
        struct presence p = {0};

        (void)snprintf(text, sizeof text, DOC(PERSON("<c:display-name>%s</c:display-name>")),
                       names[i].in_document);
        assert_int_equal(read_at(span_str(text), &r, &p, &a), OK);
        if (!span_is(p.friendly, names[i].shown))
            fail_msg("%s: %.*s", names[i].in_document, SPAN_ARG(p.friendly));
        arena_fini(&a);
    }
}

static void what_was_known_before_keeps_its_times(void **state)
{
    struct presence before = {.online = true, .signon = T1200, .idle_since = T1320};
    struct presence_reading r = {.who = BOB, .now = T1405, .before = &before};
    static const char text[] = DOC(PERSON("<r:user-input>idle</r:user-input>"));
    struct arena a = {0};
    struct presence p = {0};

    (void)state;
    assert_int_equal(read_at(span_str(text), &r, &p, &a), OK);
    assert_int_equal(p.signon, T1200);
    assert_int_equal(p.idle_since, T1320);
    before.online = false;
    assert_int_equal(read_at(span_str(text), &r, &p, &a), OK);
    assert_int_equal(p.signon, T1405);
    assert_int_equal(p.idle_since, T1405 - 600);
    arena_fini(&a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_examples_are_read_as_they_say),
        cmocka_unit_test(a_document_means_what_the_table_says),
        cmocka_unit_test(every_activity_has_its_row),
        cmocka_unit_test(notes_are_chosen_by_the_readers_languages),
        cmocka_unit_test(documents_about_others_are_not_believed),
        cmocka_unit_test(only_sane_display_names_are_shown),
        cmocka_unit_test(what_was_known_before_keeps_its_times),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
