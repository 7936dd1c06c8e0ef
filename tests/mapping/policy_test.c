/* What a rule document says of a watcher, row by row (S-356, S-359). */
#include "mapping/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "simple/doc/xml.h"
#include "simple/doc/xml_time.h"

#define RULE(conditions, action)                                                                   \
    "<rule id='r'><conditions>" conditions "</conditions><actions><pr:sub-handling>" action        \
    "</pr:sub-handling></actions></rule>"
#define WHO(people, action) RULE("<identity>" people "</identity>", action)
#define NOON "2030-06-01T12:00:00Z"

enum { BLOCK = AUTH_BLOCK, CONFIRM = AUTH_CONFIRM, POLITE = AUTH_POLITE_BLOCK, ALLOW = AUTH_ALLOW };

static const struct {
    const char *rules;
    const char *who; /* with a + in front: one of ours */
    int says;
} rows[] = {
    {"", "bob@example.com", BLOCK},
    {RULE("", "allow"), "bob@example.com", ALLOW},
    {RULE("", "allow"), "+dave", ALLOW},
    {"<rule id='r'/>", "bob@example.com", BLOCK},
    /* one; escapes, capitals, schemes, A-labels */
    {WHO("<one id='sip:B%6Fb@EXAMPLE.com'/>", "allow"), "bob@example.com", ALLOW},
    {WHO("<one id='pres:bob@example.com'/>", "allow"), "bob@example.com", ALLOW},
    {WHO("<one id='sips:bob@example.com;transport=tcp'/>", "allow"), "bob@example.com", ALLOW},
    {WHO("<one id='sip:bob@b\xC3\xBC"
         "cher.example'/>",
         "allow"),
     "bob@xn--bcher-kva.example", ALLOW},
    {WHO("<one id='sip:bob@example.com'/>", "allow"), "rob@example.com", BLOCK},
    {WHO("<one id='sip:bob@example.com'/>", "allow"), "bob@example.org", BLOCK},
    {WHO("<one id='tel:+4912345'/>", "allow"), "bob@example.com", BLOCK},
    {WHO("<one/>", "allow"), "bob@example.com", BLOCK},
    {WHO("<one id='sip:rob@x.example'/><one id='sip:bob@example.com'/>", "allow"),
     "bob@example.com", ALLOW},
    /* one of ours, and somebody elsewhere of the same name */
    {WHO("<one id='sip:Da%20ve@aim.example'/>", "allow"), "+dave", ALLOW},
    {WHO("<one id='sip:dave@aim.example'/>", "allow"), "dave@example.com", BLOCK},
    {WHO("<one id='sip:dave@example.com'/>", "allow"), "+dave", BLOCK},
    /* many */
    {WHO("<many/>", "allow"), "bob@example.com", ALLOW},
    {WHO("<many domain='Example.COM'/>", "allow"), "bob@example.com", ALLOW},
    {WHO("<many domain='example.com'/>", "allow"), "bob@sub.example.com", BLOCK},
    {WHO("<many domain='aim.example'/>", "allow"), "+dave", ALLOW},
    {WHO("<many domain='aim.example'/>", "allow"), "bob@example.com", BLOCK},
    {WHO("<many domain='b\xC3\xBC"
         "cher.example'/>",
         "allow"),
     "bob@xn--bcher-kva.example", ALLOW},
    {WHO("<many domain='no host'/>", "allow"), "bob@example.com", BLOCK},
    /* except */
    {WHO("<many><except id='sip:Bob@example.com'/></many>", "allow"), "bob@example.com", BLOCK},
    {WHO("<many><except id='sip:bob@example.com'/></many>", "allow"), "rob@example.com", ALLOW},
    {WHO("<many><except domain='EXAMPLE.com'/></many>", "allow"), "bob@example.com", BLOCK},
    {WHO("<many><except domain='example.com'/></many>", "allow"), "bob@example.org", ALLOW},
    {WHO("<many domain='example.com'><except id='sip:bob@example.com'/></many>", "allow"),
     "bob@example.com", BLOCK},
    {WHO("<many domain='example.com'><except id='sip:bob@example.com'/></many>", "allow"),
     "rob@example.com", ALLOW},
    {WHO("<many><except domain='example.com'/></many><one id='sip:bob@example.com'/>", "allow"),
     "bob@example.com", ALLOW},
    {WHO("<many><except domain='aim.example'/></many>", "allow"), "+dave", BLOCK},
    /* a sphere, and what nobody knows */
    {RULE("<sphere value='home'/>", "allow"), "bob@example.com", BLOCK},
    {RULE("<identity><many/></identity><x xmlns='y:z'/>", "allow"), "bob@example.com", BLOCK},
    /* validity at NOON */
    {RULE("<validity><from>2030-06-01T12:00:00Z</from><until>2030-06-01T13:00:00Z</until></"
          "validity>",
          "allow"),
     "bob@example.com", ALLOW},
    {RULE("<validity><from>2030-06-01T11:00:00Z</from><until>2030-06-01T12:00:00Z</until></"
          "validity>",
          "allow"),
     "bob@example.com", BLOCK},
    {RULE("<validity><from>2030-06-01T12:00:01Z</from><until>2030-06-01T13:00:00Z</until></"
          "validity>",
          "allow"),
     "bob@example.com", BLOCK},
    {RULE("<validity><from>2029-06-01T12:00:00Z</from><until>2029-06-01T13:00:00Z</until>"
          "<from>2030-06-01T13:30:00+02:00</from><until>2031-01-01T00:00:00Z</until></validity>",
          "allow"),
     "bob@example.com", ALLOW},
    {RULE(
         "<validity><from>2030-01-01T00:00:00Z</from><until>2031-01-01T00:00:00Z</until></validity>"
         "<identity><one id='sip:rob@example.com'/></identity>",
         "allow"),
     "bob@example.com", BLOCK},
    /* the largest of those that match */
    {WHO("<many/>", "block") WHO("<many/>", "confirm"), "bob@example.com", CONFIRM},
    {WHO("<many/>", "polite-block") WHO("<many/>", "confirm"), "bob@example.com", POLITE},
    {WHO("<many/>", "polite-block") WHO("<one id='sip:bob@example.com'/>", "allow"),
     "bob@example.com", ALLOW},
    {WHO("<many/>", "polite-block") WHO("<one id='sip:rob@example.com'/>", "allow"),
     "bob@example.com", POLITE},
    {WHO("<one id='sip:bob@example.com'/>", "block") WHO("<many/>", "allow"), "bob@example.com",
     ALLOW},
};

static const struct span own = {(const uint8_t *)"aim.example", 11};
static const struct name_rules rules = {.own = &own, .own_count = 1};

static struct policy *made(const char *text)
{
    char whole[2048];
    struct arena a = {0};
    struct auth_policy doc;
    struct policy *p;

    (void)snprintf(whole, sizeof whole,
                   "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "
                   "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'>%s</ruleset>", text);
    assert_int_equal(auth_policy_parse(span_str(whole), &a, &doc), OK);
    p = policy_new(&doc, &rules);
    assert_non_null(p);
    arena_fini(&a); /* it keeps nothing of it */
    return p;
}

static int64_t noon(void)
{
    int64_t t;

    assert_true(xml_time_parse(SPAN(NOON), &t));
    return t;
}

static void the_largest_of_the_rules_that_match_counts(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct policy *p = made(rows[i].rules);
        bool local = rows[i].who[0] == '+';
        struct policy_watcher who = {span_str(rows[i].who + local), local};
        struct policy_says says = policy_judge(p, &who, noon());

        if ((int)says.handling != rows[i].says)
            fail_msg("%s of %s: %d", rows[i].rules, rows[i].who, says.handling);
        policy_free(p);
    }
}

/* RFC 4745 10.2: of each permission the largest, also of rules that say less otherwise. */
static void permissions_add_up(void **state)
{
    struct policy *p = made(
        "<rule id='a'><conditions><identity><many/></identity></conditions><transformations>"
        "<pr:provide-services><pr:all-services/></pr:provide-services>"
        "<pr:provide-user-input>bare</pr:provide-user-input></transformations></rule>"
        "<rule id='b'><conditions><identity><one id='sip:bob@example.com'/></identity></conditions>"
        "<actions><pr:sub-handling>allow</pr:sub-handling></actions><transformations>"
        "<pr:provide-note>true</pr:provide-note>"
        "<pr:provide-user-input>false</pr:provide-user-input></transformations></rule>"
        "<rule id='c'><conditions><identity><one id='sip:eve@example.com'/></identity></conditions>"
        "<transformations><pr:provide-all-attributes/></transformations></rule>");
    struct policy_says says =
        policy_judge(p, &(struct policy_watcher){SPAN("bob@example.com"), false}, noon());

    (void)state;
    assert_int_equal(says.handling, AUTH_ALLOW);
    assert_true(says.provide.services && says.provide.notes);
    assert_false(says.provide.persons || says.provide.devices || says.provide.activities);
    assert_int_equal(says.provide.input, INPUT_BARE);
    policy_free(p);
}

static void it_tells_when_the_time_changes_something(void **state)
{
    struct policy *p =
        made(RULE("<validity><from>2030-06-01T12:00:10Z</from><until>2030-06-01T12:00:30Z</until>"
                  "<from>2030-06-01T11:00:00Z</from><until>2030-06-01T12:00:20Z</until></validity>",
                  "allow"));
    static const int64_t turns[] = {10, 20, 30};
    int64_t now = noon();

    (void)state;
    for (size_t i = 0; i < sizeof turns / sizeof *turns; i++) {
        now = policy_turns(p, now);
        assert_int_equal(now - noon(), turns[i]);
    }
    assert_true(policy_turns(p, now) == INT64_MAX);
    policy_free(p);
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
        cmocka_unit_test(the_largest_of_the_rules_that_match_counts),
        cmocka_unit_test(permissions_add_up),
        cmocka_unit_test(it_tells_when_the_time_changes_something),
    };

    return cmocka_run_group_tests(tests, start, NULL);
}
