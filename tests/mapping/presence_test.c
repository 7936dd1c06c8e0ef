/* The presence record: copies, and what counts as a change. */
#include "mapping/presence.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

static void a_copy_owns_its_texts(void **state)
{
    struct presence p = {.online = true,
                         .away = true,
                         .idle_since = 995894400,
                         .away_text = SPAN("Out to lunch"),
                         .friendly = SPAN("Chatty Chuck")};
    struct presence *copy;

    (void)state;
    copy = presence_dup(&p);
    assert_non_null(copy);
    assert_true(span_eq(copy->away_text, p.away_text) && copy->away_text.p != p.away_text.p);
    assert_true(span_eq(copy->friendly, p.friendly) && copy->idle_since == p.idle_since);
    assert_false(presence_differs(copy, &p));
    free(copy);
}

static const struct {
    const char *name;
    struct presence a, b;
    bool differs;
} changes[] = {
    {"nothing", {.online = true}, {.online = true}, false},
    {"coming online", {0}, {.online = true}, true},
    {"turning invisible", {.online = true}, {.online = true, .invisible = true}, true},
    {"invisible and offline are alike", {.online = true, .invisible = true}, {0}, false},
    {"what an offline user's text was", {.avail_text = SPAN("x")}, {0}, false},
    {"away", {.online = true}, {.online = true, .away = true}, true},
    {"another text",
     {.online = true, .avail_text = SPAN("x")},
     {.online = true, .avail_text = SPAN("y")},
     true},
    {"a text that is not in force",
     {.online = true, .away_text = SPAN("x")},
     {.online = true, .away_text = SPAN("y")},
     false},
    {"idle begins", {.online = true}, {.online = true, .idle_since = 995894400}, true},
    {"idle grows longer",
     {.online = true, .idle_since = 995894400},
     {.online = true, .idle_since = 995895000},
     false},
    {"a little warned", {.online = true, .warning = 100}, {.online = true, .warning = 149}, false},
    {"a little more, and it is a step",
     {.online = true, .warning = 30},
     {.online = true, .warning = 60},
     true},
    {"warned", {.online = true, .warning = 100}, {.online = true, .warning = 150}, true},
    {"warned at all", {.online = true}, {.online = true, .warning = 30}, true},
    {"forgiven altogether", {.online = true, .warning = 30}, {.online = true}, true},
    {"forgiven", {.online = true, .warning = 100}, {.online = true, .warning = 50}, true},
    {"mobile", {.online = true}, {.online = true, .mobile = true}, true},
    {"an icon", {.online = true}, {.online = true, .icon = SPAN("12345")}, true},
    {"a name", {.online = true}, {.online = true, .friendly = SPAN("Bob")}, true},
    {"what its client can",
     {.online = true},
     {.online = true, .caps = SPAN("0123456789ABCDEF")},
     true},
    {"another sign-on time", {.online = true, .signon = 1}, {.online = true, .signon = 2}, false},
};

static void watchers_are_told_of_changes_only(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
        if (presence_differs(&changes[i].a, &changes[i].b) != changes[i].differs ||
            presence_differs(&changes[i].b, &changes[i].a) != changes[i].differs)
            fail_msg("%s", changes[i].name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_copy_owns_its_texts),
        cmocka_unit_test(watchers_are_told_of_changes_only),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
