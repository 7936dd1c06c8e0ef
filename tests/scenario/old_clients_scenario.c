/* Clients that keep their list themselves and say at each sign-on who is on it (12 and 14 of
 * OSCAR's reference). */
#include "tests/scenario/world.h"

static struct world w;

static struct aim *old_client(const char *name, const char *listed)
{
    struct aim *a =
        aim_arrives_so(&w, &(struct aim_login){.name = name, .client = "AIM 3.5", .old = true});

    if (listed)
        aim_names(a, 3, 4, listed);
    aim_ready(a);
    return a;
}

static void an_old_client_brings_its_list_along(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *erin = aim_arrives(&w, "erin"),
               *alice = old_client("alice", "dave");

    (void)state;
    aim_expect_arrived(alice, "dave", false);
    aim_expect_nothing_of(alice, 3, 0xB);
    aim_names(alice, 3, 4, "erin"); /* the rest of it */
    aim_expect_arrived(alice, "erin", false);
    aim_names(alice, 3, 5, "erin");
    aim_sign_off(erin);
    aim_sign_off(dave);
    aim_expect_departed(alice, "dave");
    aim_expect_quiet(alice);
    aim_sign_off(alice);
    (void)aim_arrives(&w, "dave");
    alice = aim_arrives(&w, "alice"); /* it was for that session alone */
    aim_expect_quiet(alice);
}

/* 14: permit add makes "only those", deny add "all but those"; one's own name "nobody". */
static void an_old_client_says_whom_it_permits(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *erin = aim_arrives(&w, "erin"), *alice;

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_lists(erin, true, "alice", 1, 7, 0);
    alice = old_client("alice", "dave");
    aim_expect_arrived(dave, "alice", false);
    aim_expect_arrived(erin, "alice", false);
    world_pass(&w, 3 * SECOND);
    aim_names(alice, 9, 5, "dave");
    aim_expect_departed(erin, "alice");
    aim_expect_quiet(dave);
    aim_says(erin, "alice", "can you hear me?");
    aim_expect_error(erin, 4);
    aim_names(alice, 9, 7, "dave");
    aim_expect_departed(dave, "alice");
    aim_expect_arrived(erin, "alice", false);
    aim_names(alice, 9, 8, "dave");
    aim_expect_arrived(dave, "alice", false);
    world_pass(&w, 3 * SECOND);
    aim_names(alice, 9, 5, "alice");
    aim_expect_departed(dave, "alice");
    aim_expect_departed(erin, "alice");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(an_old_client_brings_its_list_along),
        CONVERSATION(an_old_client_says_whom_it_permits),
    };

    return cmocka_run_group_tests_name("scenario/old_clients", tests, NULL, NULL);
}
