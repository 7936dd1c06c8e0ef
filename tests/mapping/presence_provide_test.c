/* RFC 5025 3.3: each transformation takes its part out of the document, and nothing else. */
#include "mapping/presence_provide.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static const char whole[] =
    "<presence xmlns='urn:ietf:params:xml:ns:pidf' "
    "xmlns:dm='urn:ietf:params:xml:ns:pidf:data-model' "
    "xmlns:r='urn:ietf:params:xml:ns:pidf:rpid' entity='pres:al@aim.example'>"
    "<tuple id='t'><status><basic>open</basic></status>"
    "<r:user-input idle-threshold='600' last-input='2001-07-23T13:20:00Z'>idle</r:user-input>"
    "<dm:deviceID>urn:x:1</dm:deviceID><contact>im:al@aim.example</contact><note>tuple "
    "words</note></tuple>"
    "<note>words of all</note>"
    "<dm:person id='p'><r:activities><r:note>why away</r:note><r:away/></r:activities>"
    "<r:user-input idle-threshold='600' last-input='2001-07-23T13:20:00Z'>idle</r:user-input>"
    "<dm:note>person words</dm:note></dm:person>"
    "<dm:device id='d'><dm:deviceID>urn:x:1</dm:deviceID><dm:note>device "
    "words</dm:note></dm:device>"
    "</presence>";

/* services, devices, persons, activities, notes, input */
#define ALL {true, true, true, true, true, INPUT_FULL}

static const struct {
    const char *what;
    struct presence_provide given;
    const char *there[4], *gone[5];
} rows[] = {
    {"all", ALL, {"last-input=", "device words", "person words", "away/"}, {NULL}},
    {"no devices",
     {true, false, true, true, true, INPUT_FULL},
     {"person words", "tuple words", "away/"},
     {"device"}},
    {"no persons",
     {true, true, false, true, true, INPUT_FULL},
     {"device words", "last-input="},
     {"person", "away"}},
    {"no activities",
     {true, true, true, false, true, INPUT_FULL},
     {"person words", "device words"},
     {"activities", "away"}},
    {"no notes",
     {true, true, true, true, false, INPUT_FULL},
     {"away/", "device", "last-input="},
     {"words", "note>"}},
    {"input: full", ALL, {"idle-threshold=", "last-input=", ">idle<"}, {NULL}},
    {"input: thresholds",
     {true, true, true, true, true, INPUT_THRESHOLDS},
     {"idle-threshold=", ">idle<"},
     {"last-input"}},
    {"input: bare",
     {true, true, true, true, true, INPUT_BARE},
     {">idle<"},
     {"last-input", "idle-threshold"}},
    {"input: no",
     {true, true, true, true, true, INPUT_NO},
     {"away/", "device"},
     {"user-input", "idle"}},
    {"no services",
     {false, true, true, true, true, INPUT_FULL},
     {"person words", "device words"},
     {"<tuple", "open"}},
    {"only that one is there",
     {.services = true},
     {"<basic>open", "im:al@aim.example"},
     {"device", "person", "note", "user-input"}},
};

static void each_transformation_takes_its_part_out(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct buf b = {0};
        struct pidf doc;

        assert_int_equal(pidf_parse(span_str(whole), &a, &doc), OK);
        assert_int_equal(presence_provide(&doc, &rows[i].given, &a), OK);
        pidf_print(&b, &doc);
        for (size_t k = 0; k < 4 && rows[i].there[k]; k++)
            if (!strstr(buf_cstr(&b), rows[i].there[k]))
                fail_msg("%s: no %s in %s", rows[i].what, rows[i].there[k], buf_cstr(&b));
        for (size_t k = 0; k < 5 && rows[i].gone[k]; k++)
            if (strstr(strstr(buf_cstr(&b), "entity="), rows[i].gone[k]))
                fail_msg("%s: %s in %s", rows[i].what, rows[i].gone[k], buf_cstr(&b));
        buf_fini(&b);
        arena_fini(&a);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_transformation_takes_its_part_out)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
