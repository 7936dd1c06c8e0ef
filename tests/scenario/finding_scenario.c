/* How people are found: by what they say of themselves, by an address typed as a buddy, under a
 * short name; and what is shown of somebody elsewhere (1 and 6.1 of the mapping, 15 of OSCAR's
 * reference). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";

static void tells_of_herself(struct aim *a)
{
    struct buf b = {0};

    aim_put_tlv(&b, 1, "Alice", 5);
    aim_put_tlv(&b, 2, "Liddell", 7);
    aim_put_tlv(&b, 8, "Oxford", 6);
    (void)aim_send_buf(a, 2, 9, &b);
    assert_int_equal(aim_expect_body(a, 2, 0xA).p[1], 1);
}

static bool finds(struct aim *a, const char *first)
{
    struct aim directory;
    struct buf b = {0};
    struct span found;
    bool is_found;

    aim_opens(a, 0xF, &directory);
    aim_put_tlv(&b, 1, first, strlen(first));
    (void)aim_send_buf(&directory, 0xF, 2, &b);
    found = aim_expect_body(&directory, 0xF, 3);
    is_found = span_search(found, SPAN("Liddell")) < found.n;
    aim_sign_off(&directory);
    return is_found;
}

static void who_tells_her_name_is_found_by_it(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct span entry;

    (void)state;
    tells_of_herself(alice);
    assert_true(finds(dave, "Alice"));
    assert_false(finds(dave, "Bob"));
    aim_names(dave, 2, 0xB, "alice");
    entry = aim_expect_body(dave, 2, 0xC);
    assert_int_equal(aim_u16(&entry), 1);
    assert_true(span_search(entry, SPAN("Oxford")) < entry.n);
    aim_lists(alice, true, "dave", 0, 7, 3);
    aim_names(dave, 2, 0xB, "alice"); /* from whom she blocks she hides */
    entry = aim_expect_body(dave, 2, 0xC);
    assert_true(span_search(entry, SPAN("Oxford")) == entry.n);
    assert_false(finds(dave, "Alice"));
}

/* As it is typed: spaces and capitals do not count, and the address is asked for presence. */
static void an_address_is_a_buddy_and_a_recipient(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_asked asked = {0};
    struct aim_person p;
    struct span body;

    (void)state;
    aim_lists(alice, true, "Bob @ SIP.Example.ORG", 1, 7, 0);
    aim_expect_edited(alice, 0);
    sip_is_seen(&w, &asked, bob);
    aim_expect_seen(alice, bob, &p);
    assert_int_equal(p.class, 0x10);
    aim_says(alice, "bob@sip.example.org", "hello");
    sip_expect_message(&w, bob, "hello");
    sip_answers(&w, 200);
    (void)aim_asks(alice, bob);
    body = aim_expect_body(alice, 2, 6);
    aim_person(&body, &p);
    body = aim_tlv(body, 2);
    assert_true(span_search(body, span_str(bob)) < body.n);
}

/* M-615: nobody is watched for it; a look is enough, and nothing in 5 s is an error. */
static void who_is_asked_about_is_looked_at(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_asked asked = {0};
    uint32_t id = aim_asks(alice, bob);
    struct aim_person p;
    struct span body;

    (void)state;
    sip_expect_subscribe(&w, &asked, bob, 200);
    sip_notifies(&w, &asked, "terminated;reason=timeout", "open");
    body = aim_expect_body(alice, 2, 6);
    aim_person(&body, &p);
    assert_string_equal(p.name, bob);
    id = aim_asks(alice, "carol@sip.example.org");
    sip_expect_subscribe(&w, &asked, "carol@sip.example.org", 404);
    (void)aim_expect_error_of(alice, id, 4);
    id = aim_asks(alice, "dan@sip.example.org");
    world_pass(&w, 6 * SECOND);
    (void)aim_expect_error_of(alice, id, 5);
}

/* 1.7: what is no letter, digit or the like is written =hh, both ways. */
static void names_elsewhere_are_written_so_that_clients_can(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    assert_int_equal(sip_says(&w, "o'malley@sip.example.org", alice_uri, "hi"), 200);
    aim_expect_im(alice, "o=27malley@sip.example.org", "hi");
    aim_says(alice, "o=27malley@sip.example.org", "hello");
    sip_expect_message(&w, "o'malley@sip.example.org", "hello");
    sip_answers(&w, 200);
    aim_says(alice, "O'Malley@sip.example.org", "hello"); /* as it is typed */
    sip_expect_message(&w, "o'malley@sip.example.org", "hello");
    sip_answers(&w, 200);
    assert_int_equal(sip_says(&w, "Bob@sip.example.org", alice_uri, "hi"), 200);
    aim_expect_im(alice, bob, "hi");
    aim_says(alice, bob, "back");
    sip_expect_message(&w, "Bob@sip.example.org", "back"); /* as he writes himself */
}

/* 1.7 has the short name; the list, a message and presence have the same. */
static void an_old_client_knows_somebody_elsewhere_by_a_short_name(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    char alias[256];
    struct sip_asked asked = {0};

    (void)state;
    world_sets(&w, "alice", "short_names", "always");
    aim_sign_off(alice);
    alice = aim_arrives(&w, "alice");
    assert_int_equal(sip_says(&w, bob, alice_uri, "hi"), 200);
    aim_expect_im_of(alice, alias, "hi");
    assert_true(strlen(alias) <= 16 && !strchr(alias, '@'));
    aim_lists(alice, true, alias, 1, 7, 0);
    sip_is_seen(&w, &asked, bob);
    aim_expect_arrived(alice, alias, false);
    aim_says(alice, alias, "hello");
    sip_expect_message(&w, bob, "hello");
    sip_answers(&w, 200);
    aim_sign_off(alice);
    world_pass(&w, 3ULL * DAY);
    alice = aim_arrives(&w, "alice"); /* it is his for good */
    aim_says(alice, alias, "hello again");
    {
        struct sip_heard h;
        bool got = false;

        while (sip_next(&w, &h, false))
            got |= !strcmp(h.method, "MESSAGE") && !strcmp(h.to_user, bob);
        assert_true(got);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(who_tells_her_name_is_found_by_it),
        CONVERSATION(an_address_is_a_buddy_and_a_recipient),
        CONVERSATION(who_is_asked_about_is_looked_at),
        CONVERSATION(names_elsewhere_are_written_so_that_clients_can),
        CONVERSATION(an_old_client_knows_somebody_elsewhere_by_a_short_name),
    };

    return cmocka_run_group_tests_name("scenario/finding", tests, NULL, NULL);
}
