/* Rule documents read: what is understood, and what of the rest grants nothing. */
#include "simple/doc/auth_policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/buf.h"
#include "simple/doc/xml.h"

#define HEAD                                                                                       \
    "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "                                       \
    "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'>"
#define RULE(conditions, rest) \
    HEAD "<rule id='a'><conditions>" conditions "</conditions>" rest "</rule></ruleset>"
#define ACTION(word)                                    \
    HEAD "<rule id='a'><actions><pr:sub-handling>" word \
         "</pr:sub-handling></actions></rule></ruleset>"

static enum err read_it(const char *text, struct arena *a, struct auth_policy *p)
{
    return auth_policy_parse(span_str(text), a, p);
}

static void what_is_no_rule_document_is_refused(void **state)
{
    static const struct {
        const char *what, *text;
        enum err e;
    } rows[] = {
        {"nothing", "", ERR_SYNTAX},
        {"not closed", HEAD, ERR_SYNTAX},
        {"a DTD", "<!DOCTYPE x [<!ENTITY a 'b'>]>" HEAD "</ruleset>", ERR_SYNTAX},
        {"another root", "<presence xmlns='urn:ietf:params:xml:ns:pidf' entity='x:y'/>",
         ERR_UNSUPPORTED},
        {"in no name space", "<ruleset/>", ERR_UNSUPPORTED},
        {"no rule", HEAD "</ruleset>", OK},
        {"a rule without an id", HEAD "<rule/></ruleset>", ERR_SYNTAX},
        {"a handling that is none", ACTION("maybe"), ERR_SYNTAX},
        {"a time that is none",
         RULE("<validity><from>now</from><until>2030-01-01T00:00:00Z</until></validity>", ""),
         ERR_SYNTAX},
        {"half a period", RULE("<validity><from>2030-01-01T00:00:00Z</from></validity>", ""),
         ERR_SYNTAX},
        {"until before from", RULE("<validity><until>2030-01-01T00:00:00Z</until></validity>", ""),
         ERR_SYNTAX},
        {"an exception of nobody", RULE("<identity><many><except/></many></identity>", ""),
         ERR_SYNTAX},
        {"an exception of two",
         RULE("<identity><many><except id='sip:a@b.example' domain='b.example'/></many></identity>",
              ""),
         ERR_SYNTAX},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct auth_policy p;

        if (read_it(rows[i].text, &a, &p) != rows[i].e)
            fail_msg("%s", rows[i].what);
        arena_fini(&a);
    }
}

static void conditions_that_are_not_known_never_hold(void **state)
{
    static const struct {
        const char *conditions;
        bool never, for_all, always;
        size_t people, periods;
    } rows[] = {
        {"", false, true, true, 0, 0},
        {"<identity><one id='sip:a@b.example'/><many domain='b.example'/></identity>", false, false,
         true, 2, 0},
        {"<identity/>", false, false, true, 0, 0}, /* it is there, and means nobody */
        {"<sphere value='work'/>", true, true, true, 0, 0},
        {"<identity><many/></identity><x xmlns='y:z'/>", true, false, true, 1, 0},
        {"<identity><many/></identity><identity><one id='sip:a@b.example'/></identity>", true,
         false, true, 1, 0},
        {"<identity><many><x xmlns='y:z'/></many><one id='sip:a@b.example'/></identity>", false,
         false, true, 1, 0},
        {"<identity><x xmlns='y:z'/></identity>", false, false, true, 0, 0},
        {"<validity><from>2030-01-01T00:00:00Z</from><until>2030-01-02T00:00:00Z</until></"
         "validity>",
         false, true, false, 0, 1},
        {"<validity/>", false, true, false, 0, 0},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct auth_policy p;
        const struct auth_rule *r;

        (void)snprintf(text, sizeof text, RULE("%s", ""), rows[i].conditions);
        assert_int_equal(read_it(text, &a, &p), OK);
        assert_int_equal(p.n, 1);
        r = p.rules;
        if (r->never != rows[i].never || r->for_all != rows[i].for_all ||
            r->always != rows[i].always || r->people_n != rows[i].people ||
            r->periods_n != rows[i].periods)
            fail_msg("%s", rows[i].conditions);
        assert_int_equal(r->handling, AUTH_BLOCK);
        arena_fini(&a);
    }
}

static void what_is_granted_is_read(void **state)
{
    static const struct {
        const char *rest;
        enum auth_handling handling;
        struct auth_provide provide;
    } rows[] = {
        {"", AUTH_BLOCK, {0}},
        {"<actions><pr:sub-handling>block</pr:sub-handling></actions>", AUTH_BLOCK, {0}},
        {"<actions><pr:sub-handling> confirm </pr:sub-handling></actions>", AUTH_CONFIRM, {0}},
        {"<actions><pr:sub-handling>polite-block</pr:sub-handling></actions>",
         AUTH_POLITE_BLOCK,
         {0}},
        {"<actions><pr:sub-handling>allow</pr:sub-handling></actions>", AUTH_ALLOW, {0}},
        /* in the wrong name space */
        {"<actions><sub-handling>allow</sub-handling></actions>", AUTH_BLOCK, {0}},
        {"<transformations><pr:provide-services><pr:all-services/></pr:provide-services>"
         "<pr:provide-persons><pr:all-persons/></pr:provide-persons>"
         "<pr:provide-devices><pr:all-devices/></pr:provide-devices><pr:provide-all-attributes/></"
         "transformations>",
         AUTH_BLOCK,
         {true, true, true, true, true, AUTH_INPUT_FULL}},
        {"<transformations><pr:provide-services><pr:class>x</pr:class></pr:provide-services></"
         "transformations>",
         AUTH_BLOCK,
         {0}},
        {"<transformations><pr:provide-activities>true</pr:provide-activities><pr:provide-note>1</"
         "pr:provide-note>"
         "<pr:provide-user-input>bare</pr:provide-user-input></transformations>",
         AUTH_BLOCK,
         {.activities = true, .notes = true, .input = AUTH_INPUT_BARE}},
        {"<transformations><pr:provide-activities>false</pr:provide-activities>"
         "<pr:provide-user-input>all</pr:provide-user-input></transformations>",
         AUTH_BLOCK,
         {0}},
    };
    char text[1024];

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct auth_policy p;
        const struct auth_provide *is, *want = &rows[i].provide;

        (void)snprintf(text, sizeof text, HEAD "<rule id='a'>%s</rule></ruleset>", rows[i].rest);
        assert_int_equal(read_it(text, &a, &p), OK);
        is = &p.rules->provide;
        if (p.rules->handling != rows[i].handling || is->services != want->services ||
            is->persons != want->persons || is->devices != want->devices ||
            is->activities != want->activities || is->notes != want->notes ||
            is->input != want->input)
            fail_msg("%s", rows[i].rest);
        arena_fini(&a);
    }
}

static void too_many_are_refused(void **state)
{
    static const struct {
        const char *one;
        size_t most;
        enum err e;
    } rows[] = {
        {"<rule id='a'/>", AUTH_RULES_MAX, OK},
        {"<rule id='a'/>", AUTH_RULES_MAX + 1, ERR_FULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct arena a = {0};
        struct auth_policy p;
        struct buf b = {0};

        BUF_LIT(&b, HEAD);
        for (size_t k = 0; k < rows[i].most; k++)
            buf_str(&b, rows[i].one);
        BUF_LIT(&b, "</ruleset>");
        assert_int_equal(auth_policy_parse(buf_span(&b), &a, &p), rows[i].e);
        buf_fini(&b);
        arena_fini(&a);
    }
    for (size_t n = AUTH_PEOPLE_MAX; n <= AUTH_PEOPLE_MAX + 1; n++) {
        struct arena a = {0};
        struct auth_policy p;
        struct buf b = {0};

        BUF_LIT(&b, HEAD "<rule id='a'><conditions><identity>");
        for (size_t k = 0; k < n; k++)
            BUF_LIT(&b, "<one id='sip:a@b.c'/>");
        BUF_LIT(&b, "</identity></conditions></rule></ruleset>");
        assert_int_equal(auth_policy_parse(buf_span(&b), &a, &p),
                         n <= AUTH_PEOPLE_MAX ? OK : ERR_FULL);
        buf_fini(&b);
        arena_fini(&a);
    }
}

static int start(void **state)
{
    (void)state;
    xml_init();
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_rule_document_is_refused),
        cmocka_unit_test(conditions_that_are_not_known_never_hold),
        cmocka_unit_test(what_is_granted_is_read),
        cmocka_unit_test(too_many_are_refused),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
