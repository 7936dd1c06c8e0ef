/* Who may see and who may write: the table row by row. */
#include "mapping/privacy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

/* Names on lists, one list each, as "buddies|permitted|denied|ignored". */
struct lists {
    const char *names[4];
};

static bool has(void *lists, enum privacy_list list, struct span name)
{
    const char *on = ((const struct lists *)lists)->names[list];

    return on && span_is(name, on);
}

/* bob, of whom no more is known. */
#define NOBODY_SPECIAL   \
    {                    \
        .blocked = false \
    }

enum { A = PRIVACY_ALLOW, B = PRIVACY_BLOCK, C = PRIVACY_CONFIRM };

static const struct {
    const char *row;
    struct privacy own;
    struct lists lists; /* buddies, permitted, denied, ignored */
    struct privacy_other who;
    int presence, message; /* enum privacy_verdict */
} rows[] = {
    {"M-501 mode 4, on the deny list", {.mode = 4}, {{"bob", 0, "bob"}}, NOBODY_SPECIAL, B, B},
    {"M-501 on the gateway's block list, mode 1", {.mode = 1}, {{0}}, {.blocked = true}, B, B},
    {"M-501 on the gateway's block list, mode 3",
     {.mode = 3},
     {{0, "bob"}},
     {.blocked = true},
     B,
     B},
    {"M-502 mode 1 permits everybody", {.mode = 1}, {{0}}, NOBODY_SPECIAL, A, A},
    {"M-502 mode 1, deny items do not count", {.mode = 1}, {{0, 0, "bob"}}, NOBODY_SPECIAL, A, A},
    {"M-503 mode 2 denies everybody", {.mode = 2}, {{"bob", "bob"}}, NOBODY_SPECIAL, B, B},
    {"M-504 mode 3, on the permit list", {.mode = 3}, {{0, "bob"}}, NOBODY_SPECIAL, A, A},
    {"M-504 mode 3, a buddy is not enough", {.mode = 3}, {{"bob"}}, NOBODY_SPECIAL, B, B},
    {"M-505 mode 4, not denied", {.mode = 4}, {{0, 0, "eve"}}, NOBODY_SPECIAL, A, A},
    {"M-506 mode 5, a buddy", {.mode = 5}, {{"bob"}}, NOBODY_SPECIAL, A, A},
    {"M-506 mode 5, not a buddy", {.mode = 5}, {{0, "bob"}}, NOBODY_SPECIAL, B, B},
    {"no mode, no deny items: everybody", {0}, {{0}}, NOBODY_SPECIAL, A, A},
    {"no mode, deny items, not among them",
     {.any_denied = true},
     {{0, 0, "eve"}},
     NOBODY_SPECIAL,
     A,
     A},
    {"no mode, deny items, among them",
     {.any_denied = true},
     {{0, 0, "bob"}},
     NOBODY_SPECIAL,
     B,
     B},
    {"M-507 confirm, not yet said yes to", {.confirm = true}, {{0}}, NOBODY_SPECIAL, C, A},
    {"M-507 confirm, said yes to", {.confirm = true}, {{0}}, {.authorised = true}, A, A},
    {"M-507 confirm, but blocked", {.mode = 2, .confirm = true}, {{0}}, NOBODY_SPECIAL, B, B},
    {"M-508 invisible, an AIM account",
     {.invisible = true},
     {{"bob", "bob"}},
     NOBODY_SPECIAL,
     B,
     A},
    {"M-508 invisible, ICQ, on the visible list",
     {.invisible = true, .icq = true},
     {{0, "bob"}},
     NOBODY_SPECIAL,
     A,
     A},
    {"M-508 invisible, ICQ, others",
     {.invisible = true, .icq = true},
     {{"bob"}},
     NOBODY_SPECIAL,
     B,
     A},
    {"M-509 ICQ, on the invisible list, mode 1",
     {.mode = 1, .icq = true},
     {{0, 0, "bob"}},
     NOBODY_SPECIAL,
     B,
     A},
    {"M-509 ICQ, on the invisible list, mode 4",
     {.mode = 4, .icq = true},
     {{0, 0, "bob"}},
     NOBODY_SPECIAL,
     B,
     B},
    {"M-510 anonymous", {.mode = 1}, {{0}}, {.anonymous = true}, B, PRIVACY_REFUSE_ANONYMOUS},
    {"M-511 the operator refuses the domain",
     {.mode = 1},
     {{"bob"}},
     {.domain_denied = true},
     PRIVACY_REFUSE_DOMAIN,
     PRIVACY_REFUSE_DOMAIN},
    {"ignored: sees, does not write", {.mode = 1}, {{"bob", 0, 0, "bob"}}, NOBODY_SPECIAL, A, B},
};

static void every_row_of_the_privacy_table_holds(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct lists lists = rows[i].lists;
        struct privacy own = rows[i].own;
        struct privacy_other who = rows[i].who;

        own.has = has;
        own.lists = &lists;
        who.name = SPAN("bob");
        if ((int)privacy_presence(&own, &who) != rows[i].presence ||
            (int)privacy_message(&own, &who) != rows[i].message)
            fail_msg("%s: presence %d, message %d", rows[i].row, (int)privacy_presence(&own, &who),
                     (int)privacy_message(&own, &who));
    }
}

static void without_lists_everybody_is_allowed(void **state)
{
    const struct privacy own = {0};
    const struct privacy_other who = {.name = SPAN("bob")};

    (void)state;
    assert_int_equal(privacy_presence(&own, &who), PRIVACY_ALLOW);
    assert_int_equal(privacy_message(&own, &who), PRIVACY_ALLOW);
    assert_false(privacy_ignores(&own, SPAN("bob")));
}

static void a_client_without_a_list_switches_modes_by_adding(void **state)
{
    struct span own = SPAN("chattychuck"), bob = SPAN("bob"), self = SPAN("Chatty Chuck");

    (void)state;
    assert_int_equal(privacy_mode_after_add(true, own, bob, 1), PRIVACY_PERMIT_LISTED);
    assert_int_equal(privacy_mode_after_add(false, own, bob, 1), PRIVACY_DENY_LISTED);
    assert_int_equal(privacy_mode_after_add(true, own, self, 1), PRIVACY_DENY_ALL);
    assert_int_equal(privacy_mode_after_add(false, own, self, 1), PRIVACY_PERMIT_ALL);
    assert_int_equal(privacy_mode_after_add(true, own, self, 2), PRIVACY_PERMIT_LISTED);
    assert_int_equal(privacy_mode_after_add(false, own, self, 2), PRIVACY_DENY_LISTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_row_of_the_privacy_table_holds),
        cmocka_unit_test(without_lists_everybody_is_allowed),
        cmocka_unit_test(a_client_without_a_list_switches_modes_by_adding),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
