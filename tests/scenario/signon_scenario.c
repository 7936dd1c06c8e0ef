/* How AIM and ICQ clients get in, and how they are told that they do not (5, 6 and 22 of OSCAR's
 * reference). */
#include "tests/scenario/world.h"

static struct world w;

enum { BAD_NAME = 1, BAD_PASSWORD = 5, TOO_OFTEN = 0x18, ELSEWHERE = 1 };

static unsigned logs_in(const struct aim_login *l)
{
    struct aim a;
    unsigned error = aim_logs_in(&a, &w, l);

    if (!error)
        aim_expect_on(&a);
    aim_sign_off(&a);
    return error;
}

static void every_kind_of_client_gets_in(void **state)
{
    static const struct aim_login logins[] = {
        {.name = "alice", .way = AIM_MD5},
        {.name = "alice", .way = AIM_MD5_TWICE, .client = "Purple/2.12.1", .many = 1},
        {.name = "A l i c e", .way = AIM_MD5_TWICE},
        {.name = "alice", .way = AIM_ROASTED},
        {.name = "alice",
         .way = AIM_ROASTED_JAVA,
         .client = "AOL Instant Messenger (TM) version 1.1.19 for Java"},
        {.name = "700700", .way = AIM_MD5, .client = "ICQ Inc. - Product of ICQ (TM).2003a"},
        {.name = "700700", .way = AIM_ROASTED},
    };

    (void)state;
    for (size_t i = 0; i < sizeof logins / sizeof *logins; i++)
        assert_int_equal(logs_in(&logins[i]), 0);
}

static void the_answer_has_the_name_as_it_is_written_and_where_to_go(void **state)
{
    struct aim_answer answer;
    struct aim a;

    (void)state;
    world_user(&w, "fred");
    aim_asks_in(&a, &w, &(struct aim_login){.name = "F R E D"}, &answer);
    assert_string_equal(answer.name, "fred");
    assert_string_equal(answer.at, "127.0.0.1:5190");
}

static void a_wrong_password_is_wrong_in_every_way(void **state)
{
    static const enum aim_way ways[] = {AIM_MD5, AIM_MD5_TWICE, AIM_ROASTED};

    (void)state;
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++) {
        struct aim_login l = {.name = "alice", .password = "Secret", .way = ways[i]};

        assert_int_equal(logs_in(&l), BAD_PASSWORD);
        l.password = "";
        assert_int_equal(logs_in(&l), BAD_PASSWORD);
    }
}

/* Who guesses does not learn which names there are. */
static void a_name_that_is_nobodys_sounds_like_a_wrong_password(void **state)
{
    (void)state;
    assert_int_equal(logs_in(&(struct aim_login){.name = "nobody"}), BAD_PASSWORD);
    assert_int_equal(logs_in(&(struct aim_login){.name = "nobody", .way = AIM_ROASTED}),
                     BAD_PASSWORD);
    assert_int_equal(logs_in(&(struct aim_login){.name = "800800", .way = AIM_ROASTED}),
                     BAD_PASSWORD);
}

/* The gateway's own buddy is no account. */
static void nobody_signs_on_as_the_helper(void **state)
{
    (void)state;
    assert_int_equal(logs_in(&(struct aim_login){.name = "aimgate"}), BAD_PASSWORD);
}

static void opens_with(struct aim *a, const struct aim_answer *answer)
{
    struct buf b = {0};

    aim_calls(a);
    buf_u32(&b, 1);
    aim_put_tlv(&b, 6, answer->cookie, sizeof answer->cookie);
    aim_frame(a, 1, buf_span(&b));
    buf_fini(&b);
}

static void a_cookie_opens_the_door_once_and_not_for_long(void **state)
{
    struct aim_login l = {.name = "alice", .many = 1};
    struct aim_answer answer;
    struct aim a;

    (void)state;
    aim_asks_in(&a, &w, &l, &answer);
    opens_with(&a, &answer);
    (void)aim_expect_body(&a, 1, 3);
    aim_sign_off(&a);
    opens_with(&a, &answer);
    aim_expect_end(&a, 0);
    aim_sign_off(&a);
    aim_asks_in(&a, &w, &l, &answer);
    world_pass(&w, 61 * SECOND);
    opens_with(&a, &answer);
    aim_expect_end(&a, 0);
    aim_sign_off(&a);
    memset(answer.cookie, 0, sizeof answer.cookie);
    opens_with(&a, &answer);
    aim_expect_end(&a, 0);
    aim_sign_off(&a);
}

/* 1: the first frame holds the version alone. */
static void the_gateway_speaks_first(void **state)
{
    struct aim a = {.w = &w, .name = "somebody"};
    struct aim_heard h;

    (void)state;
    aim_calls(&a);
    world_settle(&w);
    assert_true(aim_next(&a, &h));
    assert_int_equal(h.channel, 1);
    assert_int_equal(h.body.n, 4);
    assert_memory_equal(h.body.p, "\0\0\0\1", 4);
    assert_false(aim_next(&a, &h));
    aim_sign_off(&a);
}

static void who_does_not_come_to_the_point_is_hung_up_on(void **state)
{
    struct aim a = {.w = &w, .name = "somebody"}, alice;
    struct aim_answer answer;

    (void)state;
    aim_calls(&a);
    world_pass(&w, 29 * SECOND);
    aim_expect_on(&a);
    world_pass(&w, 2 * SECOND);
    assert_true(net_double_is_closed(a.line));
    aim_sign_off(&a);
    aim_asks_in(&alice, &w, &(struct aim_login){.name = "alice"}, &answer);
    opens_with(&alice, &answer); /* and never says that it is ready */
    world_pass(&w, 31 * SECOND);
    assert_true(net_double_is_closed(alice.line));
    aim_sign_off(&alice);
}

/* 22.1, 22.3: the newest wins where the client does not say that it welcomes others. */
static void a_second_sign_on_ends_the_first_with_a_reason(void **state)
{
    struct aim *one, *two;

    (void)state;
    one = aim_arrives_so(
        &w, &(struct aim_login){.name = "alice", .client = "Purple/2.12.1", .many = 1});
    two = aim_arrives_so(&w, &(struct aim_login){.name = "alice"});
    aim_expect_end(one, ELSEWHERE);
    aim_expect_on(two);
    one = aim_arrives_so(&w, &(struct aim_login){.name = "alice", .many = 3});
    aim_expect_end(two, ELSEWHERE);
    two = aim_arrives(&w, "alice"); /* welcomes others, but the other one does not */
    aim_expect_end(one, ELSEWHERE);
    aim_expect_on(two);
}

/* 22.3: to clients up to 4.1 nothing but the end. */
static void old_clients_are_hung_up_on_without_a_word(void **state)
{
    struct aim *one;

    (void)state;
    one = aim_arrives_so(&w, &(struct aim_login){.name = "alice",
                                                 .client = "AOL Instant Messenger (SM), version "
                                                           "4.1.2010/WIN32",
                                                 .old = true});
    aim_ready(one);
    (void)aim_arrives_so(&w, &(struct aim_login){.name = "alice"});
    aim_expect_end(one, -1);
}

static void who_is_deleted_is_signed_off(void **state)
{
    struct aim *alice, *dave;

    (void)state;
    alice = aim_arrives(&w, "alice");
    dave = aim_arrives(&w, "dave");
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_arrived(dave, "alice", false);
    world_deletes(&w, "alice");
    aim_expect_end(alice, 0);
    aim_expect_departed(dave, "alice");
    assert_int_equal(logs_in(&(struct aim_login){.name = "alice"}), BAD_PASSWORD);
}

/* So many wrong guesses of one name from one address in a minute; whoever the name belongs to comes
 * in from his own, and others come in from that address. */
static void who_guesses_is_slowed_down_and_nobody_locked_out(void **state)
{
    struct aim_login thief = {.name = "alice", .password = "guess", .from = 66},
                     alice = {.name = "alice"};
    unsigned error = 0;
    int guesses = 0;

    (void)state;
    while (error != TOO_OFTEN && guesses++ < 50)
        assert_true((error = logs_in(&thief)) == BAD_PASSWORD || error == TOO_OFTEN);
    assert_int_equal(guesses, 8 + 1);
    thief.password = NULL; /* also when the guess is right */
    assert_int_equal(logs_in(&thief), TOO_OFTEN);
    assert_int_equal(logs_in(&alice), 0);
    assert_int_equal(logs_in(&(struct aim_login){.name = "dave", .from = 66}), 0);
    world_pass(&w, 61 * SECOND);
    assert_int_equal(logs_in(&thief), 0);
}

/* A client that comes again and again. */
static void a_reconnect_storm_is_paced_and_ends(void **state)
{
    struct aim_login l = {.name = "alice"};

    (void)state;
    for (int i = 0; i < 30; i++)
        assert_int_equal(logs_in(&l), 0);
    assert_int_equal(logs_in(&l), TOO_OFTEN);
    assert_int_equal(logs_in(&(struct aim_login){.name = "dave"}), 0);
    world_pass(&w, 61 * SECOND);
    assert_int_equal(logs_in(&l), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(every_kind_of_client_gets_in),
        CONVERSATION(the_answer_has_the_name_as_it_is_written_and_where_to_go),
        CONVERSATION(a_wrong_password_is_wrong_in_every_way),
        CONVERSATION(a_name_that_is_nobodys_sounds_like_a_wrong_password),
        CONVERSATION(nobody_signs_on_as_the_helper),
        CONVERSATION(a_cookie_opens_the_door_once_and_not_for_long),
        CONVERSATION(the_gateway_speaks_first),
        CONVERSATION(who_does_not_come_to_the_point_is_hung_up_on),
        CONVERSATION(a_second_sign_on_ends_the_first_with_a_reason),
        CONVERSATION(old_clients_are_hung_up_on_without_a_word),
        CONVERSATION(who_is_deleted_is_signed_off),
        CONVERSATION_IN(who_guesses_is_slowed_down_and_nobody_locked_out, WORLD_LIMITED),
        CONVERSATION_IN(a_reconnect_storm_is_paced_and_ends, WORLD_LIMITED),
    };

    return cmocka_run_group_tests_name("scenario/signon", tests, NULL, NULL);
}
