/* PIDF: documents as data and back. What they mean is tested in mapping/presence_test.c. */
#include "simple/doc/pidf.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "simple/doc/xml.h"
#include "tests/documents.h"

#define NS                                                                                    \
    "xmlns='urn:ietf:params:xml:ns:pidf' xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "  \
    "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' xmlns:c='urn:ietf:params:xml:ns:pidf:cipid' " \
    "xmlns:cap='urn:ietf:params:xml:ns:pidf:caps' xmlns:x='urn:unknown'"
#define DOC(inside) "<presence " NS " entity='pres:bob@example.com'>" inside "</presence>"

static const struct {
    const char *name, *doc;
    enum err expect;
} refused[] = {
    {"no entity", "<presence " NS "/>", ERR_UNSUPPORTED},
    {"another root", "<tuple " NS " entity='pres:a@b.c'/>", ERR_UNSUPPORTED},
    {"another name space", "<presence entity='pres:a@b.c'/>", ERR_UNSUPPORTED},
    {"the name space with a colon too many",
     "<presence xmlns='urn:ietf:params:xml:ns:pidf:' entity='pres:a@b.c'/>", ERR_UNSUPPORTED},
    {"cut short", "<presence " NS " entity='pres:a@b.c'><tuple", ERR_SYNTAX},
    {"with a DTD", "<!DOCTYPE presence><presence " NS " entity='pres:a@b.c'/>", ERR_SYNTAX},
};

static void documents_that_are_none_are_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
        struct arena a = {0};
        struct pidf doc;
        enum err e = pidf_parse(span_str(refused[i].doc), &a, &doc);

        if (e != refused[i].expect)
            fail_msg("%s: %s", refused[i].name, err_text(e));
        arena_fini(&a);
    }
}

static const struct {
    const char *tuple;
    enum pidf_basic basic;
    int priority;
} tuples[] = {
    {"<status><basic>open</basic></status>", PIDF_OPEN, -1},
    {"<status><basic>closed</basic></status><contact>im:a@b.c</contact>", PIDF_CLOSED, -1},
    {"<status><basic>OPEN</basic></status>", PIDF_BASIC_NONE, -1},
    {"<status><basic> open</basic></status>", PIDF_BASIC_NONE, -1},
    {"<status/><contact priority='0.8'>im:a@b.c</contact>", PIDF_BASIC_NONE, 800},
    {"<contact priority='0'>im:a@b.c</contact>", PIDF_BASIC_NONE, 0},
    {"<contact priority='0.'>im:a@b.c</contact>", PIDF_BASIC_NONE, 0},
    {"<contact priority='0.05'>im:a@b.c</contact>", PIDF_BASIC_NONE, 50},
    {"<contact priority='0.375'>im:a@b.c</contact>", PIDF_BASIC_NONE, 375},
    {"<contact priority='1'>im:a@b.c</contact>", PIDF_BASIC_NONE, 1000},
    {"<contact priority='1.000'>im:a@b.c</contact>", PIDF_BASIC_NONE, 1000},
    {"<contact priority='1.001'>im:a@b.c</contact>", PIDF_BASIC_NONE, -1},
    {"<contact priority='0.8000'>im:a@b.c</contact>", PIDF_BASIC_NONE, -1},
    {"<contact priority='2'>im:a@b.c</contact>", PIDF_BASIC_NONE, -1},
    {"<contact priority='-1'>im:a@b.c</contact>", PIDF_BASIC_NONE, -1},
    {"<contact priority='high'>im:a@b.c</contact>", PIDF_BASIC_NONE, -1},
    {"<status x:y='1'><x:z r:mustUnderstand='1'><x:basic>closed</x:basic></x:z><basic>open</basic>"
     "</status><x:contact priority='1'>tel:1</x:contact>",
     PIDF_OPEN, -1},
};

static void status_and_priority_are_read_strictly(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof tuples / sizeof *tuples; i++) {
        char text[2048];
        struct arena a = {0};
        struct pidf doc;

        (void)snprintf(text, sizeof text, DOC("<x:a/><tuple id='t'>%s</tuple><x:b>x</x:b>"),
                       tuples[i].tuple);
        assert_int_equal(pidf_parse(span_str(text), &a, &doc), OK);
        assert_int_equal(doc.tuples_n, 1);
        if (doc.tuples[0].basic != tuples[i].basic || doc.tuples[0].priority != tuples[i].priority)
            fail_msg("%s: basic %d, priority %d", tuples[i].tuple, (int)doc.tuples[0].basic,
                     doc.tuples[0].priority);
        arena_fini(&a);
    }
}

static void the_rich_example_is_read_whole(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    struct pidf doc;

    (void)state;
    read_example("b2-sip-rich.xml", &b);
    assert_int_equal(pidf_parse(buf_span(&b), &a, &doc), OK);
    buf_fini(&b); /* nothing points into it */
    assert_true(span_is(doc.entity, "pres:bob@example.com"));
    assert_int_equal(doc.tuples_n, 2);
    assert_true(span_is(doc.tuples[0].id, "desk"));
    assert_int_equal(doc.tuples[0].input.is, PIDF_IDLE);
    assert_int_equal(doc.tuples[0].input.threshold, 300);
    assert_int_equal(doc.tuples[0].input.last, 995896080);
    assert_int_equal(doc.tuples[0].timestamp, 995896800);
    assert_true(span_is(doc.tuples[1].contact, "tel:+15551230000"));
    assert_int_equal(doc.persons_n, 1);
    assert_int_equal(doc.persons[0].activities_n, 1);
    assert_int_equal(doc.persons[0].activities[0].n, 1);
    assert_int_equal(doc.persons[0].activities[0].v[0], PIDF_ACTIVITY_MEETING);
    assert_int_equal(doc.persons[0].activities[0].from, 995895000);
    assert_int_equal(doc.persons[0].activities[0].until, 995900400);
    assert_true(span_is(doc.persons[0].activities[0].notes.v[0].text, "Budget review"));
    assert_true(span_is(doc.persons[0].display_name, "Bob Baker"));
    arena_fini(&a);
}

static void a_timed_status_of_tomorrow_is_not_taken_for_now(void **state)
{
    static const char doc_text[] =
        DOC("<tuple id='t'><status><basic>open</basic></status>"
            "<ts:timed-status xmlns:ts='urn:ietf:params:xml:ns:pidf:timed-status' "
            "from='2099-01-01T00:00:00Z'><ts:basic>closed</ts:basic><ts:note>later</ts:note>"
            "</ts:timed-status></tuple>");
    struct arena a = {0};
    struct pidf doc;

    (void)state;
    assert_int_equal(pidf_parse(span_str(doc_text), &a, &doc), OK);
    assert_int_equal(doc.tuples[0].basic, PIDF_OPEN);
    assert_int_equal(doc.tuples[0].notes.n, 0);
    arena_fini(&a);
}

static void counts_are_bounded(void **state)
{
    struct arena a = {0};
    struct buf b = {0};
    struct pidf doc;

    (void)state;
    BUF_LIT(&b, "<presence " NS " entity='pres:a@b.c'>");
    for (int i = 0; i < 200; i++)
        BUF_LIT(&b, "<tuple/><note/><dm:person/><dm:device/>");
    BUF_LIT(&b, "<dm:person/></presence>");
    assert_int_equal(pidf_parse(buf_span(&b), &a, &doc), OK);
    assert_int_equal(doc.tuples_n, PIDF_TUPLES_MAX);
    assert_int_equal(doc.notes.n, PIDF_NOTES_MAX);
    assert_int_equal(doc.persons_n, PIDF_PERSONS_MAX);
    assert_int_equal(doc.devices_n, PIDF_DEVICES_MAX);
    buf_fini(&b);
    arena_fini(&a);
}

/* The examples of our own writing: read, printed, the same bytes (AIM's own extension, which is not
 * read back, left out of the set). */
static const char *const ours[] = {"a1-online.xml", "a3-offline.xml", "a4-pending.xml",
                                   "a5-available-message.xml"};

static void documents_read_and_printed_are_the_same_bytes(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof ours / sizeof *ours; i++) {
        struct arena a = {0};
        struct buf in = {0}, out = {0};
        struct pidf doc;

        read_example(ours[i], &in);
        assert_int_equal(pidf_parse(buf_span(&in), &a, &doc), OK);
        pidf_print(&out, &doc);
        assert_string_equal(buf_cstr(&out), buf_cstr(&in));
        buf_fini(&in);
        buf_fini(&out);
        arena_fini(&a);
    }
}

static const struct {
    const char *contact;
    bool written;
} contacts[] = {
    {"im:bob@example.com", true},
    {"sip:bob@example.com;transport=tcp", true},
    {"sip:a%20b@example.com:5060", true},
    {"https://aim.example.net/icon/0cc1?x=y#z", true},
    {"sip:bob@[2001:db8::1]", false},
    {"bob@example.com", false},
    {"im:b ob@example.com", false},
    {"im:%zz@example.com", false},
    {"im:<b>@example.com", false},
    {":x", false},
    {"", false},
};

static void only_uris_are_written_as_contacts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof contacts / sizeof *contacts; i++) {
        struct pidf_tuple t = {.id = SPAN("t"), .priority = -1};
        struct pidf doc = {.entity = SPAN("pres:a@b.c"), .tuples = &t, .tuples_n = 1};
        struct buf b = {0};

        t.contact = span_str(contacts[i].contact);
        pidf_print(&b, &doc);
        if ((strstr(buf_cstr(&b), "<contact>") != NULL) != contacts[i].written)
            fail_msg("%s", contacts[i].contact);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_that_are_none_are_refused),
        cmocka_unit_test(status_and_priority_are_read_strictly),
        cmocka_unit_test(the_rich_example_is_read_whole),
        cmocka_unit_test(a_timed_status_of_tomorrow_is_not_taken_for_now),
        cmocka_unit_test(counts_are_bounded),
        cmocka_unit_test(documents_read_and_printed_are_the_same_bytes),
        cmocka_unit_test(only_uris_are_written_as_contacts),
    };

    xml_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
