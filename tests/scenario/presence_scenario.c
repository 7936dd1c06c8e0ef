/* Who is there, and what is told of him (2 of the mapping, 9 to 11 of OSCAR's reference). */
#include <openssl/evp.h>

#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org";

enum {
    PACED = 2 * SECOND + 100, /* between two changes that a buddy hears of */
    AWAY = 0x20,
    MOBILE = 0x80
};

/* Of the next document for bob: what must and what must not be in it. */
static void bob_reads(const char *has, const char *has_not)
{
    struct sip_heard h;

    sip_expect_notify(&w, &h);
    if (!strstr(h.body, has))
        fail_msg("no \"%s\" in %s", has, h.body);
    if (has_not && strstr(h.body, has_not))
        fail_msg("\"%s\" in %s", has_not, h.body);
}

static void bob_watches(struct sip_watch *s, const char *whom)
{
    *s = (struct sip_watch){0};
    assert_int_equal(sip_watches(&w, s, bob, whom, 3600), 200);
}

static void presence_goes_from_one_to_the_other(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_arrived(dave, "alice", false);
    world_pass(&w, PACED);
    aim_away(alice, "back at five");
    aim_expect_arrived(dave, "alice", true);
    world_pass(&w, PACED);
    aim_away(alice, "");
    aim_expect_arrived(dave, "alice", false);
    aim_sign_off(alice);
    aim_expect_departed(dave, "alice");
    aim_expect_quiet(dave);
}

static void a_watcher_is_told_at_most_once_in_five_seconds_and_of_the_end_at_once(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_watch watch;

    (void)state;
    bob_watches(&watch, "alice@aim.test");
    bob_reads("<basic>open</basic>", NULL);
    aim_away(alice, "one");
    aim_away(alice, "two");
    sip_expect_no_notify(&w);
    world_pass(&w, 5 * SECOND);
    bob_reads("two", "one");
    aim_sign_off(alice);
    bob_reads("<basic>closed</basic>", "two");
}

/* 10.3: minutes since, and of the next minutes nobody hears. */
static void idle_is_told_when_it_begins_and_ends(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct aim_person p;
    struct sip_watch watch;

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.idle, -1);
    bob_watches(&watch, "alice@aim.test");
    bob_reads("<basic>open</basic>", "idle");
    world_pass(&w, 6 * SECOND);
    aim_idle(alice, 600);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.idle, 10);
    bob_reads(">idle</", NULL);
    world_pass(&w, 20 * MINUTE);
    aim_expect_quiet(dave);
    sip_expect_no_notify(&w);
    (void)aim_asks(dave, "alice");
    {
        struct span body = aim_expect_body(dave, 2, 6);

        aim_person(&body, &p);
        assert_int_equal(p.idle, 30);
    }
    aim_idle(alice, 0);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.idle, -1);
    bob_reads("<basic>open</basic>", "idle");
}

/* M-226: the time is not told by who hides it (01/14). */
static void who_hides_idleness_tells_no_time(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_watch watch;

    (void)state;
    (void)aim_send(alice, 1, 0x14, "\0\0\0\2", 4);
    aim_idle(alice, 600);
    bob_watches(&watch, "alice@aim.test");
    bob_reads(">idle</", "last-input");
}

static void an_available_message_is_seen_on_both_sides(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct aim_person p;
    struct sip_watch watch;

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_available(alice, "Ask me about <FLAP>");
    world_pass(&w, PACED);
    aim_forget(dave);
    aim_available(alice, "Ask me about FLAP & SNAC");
    aim_expect_seen(dave, "alice", &p);
    assert_string_equal(p.available, "Ask me about FLAP & SNAC");
    assert_int_equal(p.class & AWAY, 0);
    bob_watches(&watch, "alice@aim.test");
    bob_reads("<note>Ask me about FLAP &amp; SNAC</note>", "away");
}

/* M-242, M-243, M-245, M-246 of what bob says of himself. */
static void somebody_elsewhere_is_seen_as_he_says(void **state)
{
    static const char document[] =
        "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
        "xmlns:dm=\"urn:ietf:params:xml:ns:pidf:data-model\" "
        "xmlns:r=\"urn:ietf:params:xml:ns:pidf:rpid\" "
        "xmlns:c=\"urn:ietf:params:xml:ns:pidf:caps\" "
        "entity=\"pres:bob@sip.example.org\"><tuple id=\"t\"><status><basic>open</basic></status>"
        "<r:user-input idle-threshold=\"600\">idle</r:user-input>"
        "<note>Budget &lt;review&gt;</note></tuple>"
        "<dm:person id=\"p\"><r:activities><r:meeting/></r:activities></dm:person>"
        "<dm:device id=\"d\"><c:devcaps><c:mobility><c:supported><c:mobile/></c:supported>"
        "</c:mobility></c:devcaps><dm:deviceID>urn:x</dm:deviceID></dm:device></presence>";
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_asked asked = {0};
    struct aim_person p;
    struct span body, away;

    (void)state;
    aim_lists(alice, true, bob, 1, 7, 0);
    sip_is_seen(&w, &asked, bob);
    aim_expect_seen(alice, bob, &p);
    assert_int_equal(p.class & (AWAY | MOBILE), 0);
    assert_int_equal(p.idle, -1);
    world_pass(&w, PACED);
    assert_int_equal(sip_notifies_so(&w, &asked, "active;expires=3600", document), 200);
    aim_expect_seen(alice, bob, &p);
    assert_int_equal(p.class & (AWAY | MOBILE), AWAY | MOBILE);
    assert_int_equal(p.idle, 10);
    (void)aim_asks(alice, bob);
    body = aim_expect_body(alice, 2, 6);
    aim_person(&body, &p);
    away = aim_tlv(body, 4);
    assert_true(span_search(away, SPAN("Budget &lt;review&gt;")) < away.n);
    sip_notifies(&w, &asked, "active;expires=3600", "closed");
    aim_expect_departed(alice, bob);
    (void)aim_asks(alice, bob);
    aim_expect_error(alice, 4);
}

/* 11: profile and away text as they were given, and what the client can. */
static void who_asks_sees_profile_away_text_and_capabilities(void **state)
{
    static const uint8_t cap[16] = {0x09, 0x46, 0x13, 0x45, 0x4C, 0x7F, 0x11, 0xD1,
                                    0x82, 0x22, 0x44, 0x45, 0x53, 0x54, 0x00, 0x00};
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave");
    struct buf b = {0};
    struct aim_person p;
    struct span body;

    (void)state;
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_profile(alice, "I am <B>Alice</B>, %n");
    aim_away(alice, "out, %n, at %t");
    world_pass(&w, PACED);
    aim_forget(dave);
    aim_put_tlv(&b, 5, cap, sizeof cap);
    (void)aim_send_buf(alice, 2, 4, &b);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.caps.n, 16);
    assert_memory_equal(p.caps.p, cap, 16);
    (void)aim_asks(dave, "alice");
    body = aim_expect_body(dave, 2, 6);
    aim_person(&body, &p);
    assert_int_equal(p.class & AWAY, AWAY);
    assert_true(span_eq(aim_tlv(body, 2), SPAN("I am <B>Alice</B>, %n")));
    assert_true(span_eq(aim_tlv(body, 4), SPAN("out, %n, at %t")));
    assert_true(aim_tlv(body, 1).n > 0 && aim_tlv(body, 3).n > 0);
    aim_away(alice, "");
    (void)aim_asks(dave, "alice");
    body = aim_expect_body(dave, 2, 6);
    aim_person(&body, &p);
    assert_null(aim_tlv(body, 4).p);
}

/* 15.1: the item of class 0014 has its hash; the client is asked for the picture, and when that is
 * there watchers are told the hash and may fetch it. */
static void an_icon_is_told_by_its_hash(void **state)
{
    static const char picture[] =
        "GIF89a\1\0\1\0\x80\0\0\0\0\0\xFF\xFF\xFF,\0\0\0\0\1\0\1\0\0\2\2D\1\0;";
    struct aim *alice = aim_arrives(&w, "alice"), *dave = aim_arrives(&w, "dave"), icons;
    uint8_t attribute[22] = {0, 0xD5, 0, 18, 1, 16};
    struct buf b = {0};
    struct aim_person p;
    struct span wish, answer;

    (void)state;
    assert_int_equal(EVP_Digest(picture, sizeof picture - 1, attribute + 6, NULL, EVP_md5(), NULL),
                     1);
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_arrived(dave, "alice", false);
    aim_put_item(&b, "1", 0, 20, 0x14, span_of(attribute, sizeof attribute));
    (void)aim_send_buf(alice, 0x13, 8, &b);
    wish = aim_expect_body(alice, 1, 0x21);
    assert_int_equal(aim_u16(&wish), 1);
    assert_int_equal(aim_u8(&wish), 0x41); /* upload it */
    world_pass(&w, PACED);
    aim_expect_quiet(dave);
    aim_opens(alice, 0x10, &icons);
    aim_put16(&b, 1);
    aim_put16(&b, sizeof picture - 1);
    buf_put(&b, picture, sizeof picture - 1);
    (void)aim_send_buf(&icons, 0x10, 2, &b);
    assert_int_equal(aim_expect_body(&icons, 0x10, 3).p[0], 0);
    aim_expect_seen(dave, "alice", &p);
    assert_int_equal(p.icon_n, 16);
    assert_memory_equal(p.icon, attribute + 6, 16);
    aim_sign_off(&icons);
    aim_opens(dave, 0x10, &icons);
    aim_put_name(&b, "alice");
    buf_u8(&b, 1);
    aim_put16(&b, 1);
    buf_put(&b, attribute + 4, 18);
    (void)aim_send_buf(&icons, 0x10, 4, &b);
    answer = aim_expect_body(&icons, 0x10, 5);
    assert_true(span_search(answer, span_of(picture, sizeof picture - 1)) < answer.n);
    aim_sign_off(&icons);
}

/* 9: since when signed on, for how long, since when a member. */
static void times_are_told(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice"), *dave;
    uint32_t began = (uint32_t)(NET_DOUBLE_EPOCH + net_double_now / 1000);
    struct aim_person p;
    struct span body;

    (void)state;
    world_pass(&w, 90 * SECOND);
    dave = aim_arrives(&w, "dave");
    aim_lists(dave, true, "alice", 1, 7, 0);
    aim_expect_seen(dave, "alice", &p);
    assert_in_range(p.signon, began - 1, began + 1);
    assert_in_range(p.online, 89, 91);
    (void)aim_send(alice, 1, 0xE, NULL, 0);
    body = aim_expect_body(alice, 1, 0xF);
    aim_person(&body, &p);
    assert_string_equal(p.name, "alice");
    assert_int_equal(p.member, NET_DOUBLE_EPOCH);
    assert_in_range(p.online, 89, 91);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(presence_goes_from_one_to_the_other),
        CONVERSATION(a_watcher_is_told_at_most_once_in_five_seconds_and_of_the_end_at_once),
        CONVERSATION(idle_is_told_when_it_begins_and_ends),
        CONVERSATION(who_hides_idleness_tells_no_time),
        CONVERSATION(an_available_message_is_seen_on_both_sides),
        CONVERSATION(somebody_elsewhere_is_seen_as_he_says),
        CONVERSATION(who_asks_sees_profile_away_text_and_capabilities),
        CONVERSATION(an_icon_is_told_by_its_hash),
        CONVERSATION(times_are_told),
    };

    return cmocka_run_group_tests_name("scenario/presence", tests, NULL, NULL);
}
