/* A rule document whose rules have their hours (S-356, RFC 4745 7.3), on a clock that is moved. */
#include "tests/scenario/world.h"

#include "db/policies.h"
#include "db/users.h"
#include "simple/doc/xml_time.h"

static struct world w;

#define BOB "bob@sip.example.org"

/* He may see her between these seconds from now. */
static void import(int64_t from, int64_t until)
{
    struct buf b = {0};
    struct user_row row;
    struct arena arena = {0};
    int64_t now = w.worker->unix_now;

    BUF_LIT(&b, "<ruleset xmlns='urn:ietf:params:xml:ns:common-policy' "
                "xmlns:pr='urn:ietf:params:xml:ns:pres-rules'>"
                "<rule id='a'><conditions><identity><one id='sip:" BOB
                "'/></identity><validity><from>");
    xml_time_print(&b, now + from);
    BUF_LIT(&b, "</from><until>");
    xml_time_print(&b, now + until);
    BUF_LIT(&b,
            "</until></validity></conditions><actions><pr:sub-handling>allow</pr:sub-handling></"
            "actions>"
            "<transformations><pr:provide-services><pr:all-services/></pr:provide-services></"
            "transformations></rule>"
            "<rule id='b'><conditions><identity><many/></identity></conditions>"
            "<actions><pr:sub-handling>polite-block</pr:sub-handling></actions></rule></ruleset>");
    world_users_begin(&w);
    assert_int_equal(users_find(w.users, SPAN("alice"), &arena, &row), OK);
    assert_int_equal(policies_put(w.users, row.id, buf_span(&b)), OK);
    world_users_end(&w);
    world_operator(&w, "user changed alice");
    arena_fini(&arena);
    buf_fini(&b);
}

/* Until something comes, before it is repeated. */
static void await(unsigned seconds)
{
    for (unsigned n = seconds * 10; n && net_double_waiting(w.net) == 0; n--)
        world_pass(&w, 100);
}

static void a_rule_begins_and_ends_at_its_hour(void **state)
{
    struct sip_watch watch = {0};

    (void)state;
    aim_arrives(&w, "alice");
    import(2 * 3600, 3 * 3600);
    assert_int_equal(sip_watches(&w, &watch, BOB, "alice@aim.test", 3600), 200);
    sip_expect_seen(&w, "closed");
    for (int i = 1; i <= 2; i++) {
        world_pass(&w, HOUR - MINUTE);
        sip_expect_no_notify(&w);
        if (i < 2)
            world_pass(&w, MINUTE - 10 * SECOND);
        assert_int_equal(sip_watches(&w, &watch, "", "", 3600), 200);
        sip_expect_seen(&w, "closed"); /* of the refresh */
    }
    await(72);
    sip_expect_seen(&w, "open");
    world_pass(&w, HOUR - 3 * MINUTE);
    assert_int_equal(sip_watches(&w, &watch, "", "", 3600), 200);
    sip_expect_seen(&w, "open");
    sip_expect_no_notify(&w);
    await(182);
    sip_expect_seen(&w, "closed");
    assert_int_equal(sip_watches(&w, &watch, "", "", 0), 200);
    sip_forget(&w);
}

int main(void)
{
    const struct CMUnitTest tests[] = {CONVERSATION(a_rule_begins_and_ends_at_its_hour)};

    return cmocka_run_group_tests_name("scenario/policy", tests, NULL, NULL);
}
