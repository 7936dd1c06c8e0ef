/* What the gateway says through a connection, as it arrives at the client: read by decoders of the
 * test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/hex.h"
#include "oscar/flap.h"
#include "oscar/tlv.h"
#include "talk.h"

static struct talk t;

static int begin(void **state)
{
    (void)state;
    t = (struct talk){0};
    talk_begin(&t, true);
    talk_online(&t);
    return 0;
}

static int end(void **state)
{
    (void)state;
    talk_end(&t);
    return 0;
}

/* Types and lengths of a row of TLVs, "0001:2 0006:4 ". */
static const char *tlv_list(struct span tlvs)
{
    static char text[512];
    size_t n = 0;

    text[0] = 0;
    while (tlvs.n >= 4) {
        unsigned type = (unsigned)tlvs.p[0] << 8 | tlvs.p[1];
        unsigned size = (unsigned)tlvs.p[2] << 8 | tlvs.p[3];

        n += (size_t)snprintf(text + n, sizeof text - n, "%04X:%u ", type, size);
        tlvs = span_skip(tlvs, 4 + size);
    }
    assert_int_equal(tlvs.n, 0);
    return text;
}

static const uint8_t caps[16] = {9, 0x46, 0x13, 0x4E};

static void an_arrival_carries_the_full_block_in_order(void **state)
{
    struct oscar_userinfo u = {.name = SPAN("Bob Jones"), .class_flags = CLASS_FREE | CLASS_AWAY};
    struct span body;
    struct snac s;

    (void)state;
    oscar_conn_arrived(t.c, &u);
    talk_go(&t);
    body = talk_last(&t, 0x03, 0x0B, &s);
    assert_true(s.id & SNAC_ID_SERVER);
    assert_int_equal(body.p[0], 9);
    assert_int_equal(body.p[13], 4);
    assert_string_equal(tlv_list(span_skip(body, 14)), "0001:2 0006:4 000F:4 0003:4 ");
    u.idle = u.icq_record = true;
    u.caps = span_of(caps, sizeof caps);
    u.bart = SPAN("\0\2\4\0");
    u.member_since = 1;
    oscar_conn_arrived(t.c, &u);
    talk_go(&t);
    body = talk_last(&t, 0x03, 0x0B, &s);
    assert_int_equal(body.p[13], 9);
    assert_string_equal(tlv_list(span_skip(body, 14)),
                        "0001:2 0006:4 000F:4 0003:4 0004:2 000D:16 001D:4 0005:4 000C:37 ");
}

static void a_departure_carries_class_0_in_two_octets(void **state)
{
    struct snac s;

    (void)state;
    oscar_conn_departed(t.c, SPAN("Bob Jones"));
    talk_go(&t);
    assert_true(span_eq(talk_last(&t, 0x03, 0x0C, &s), SPAN("\011Bob Jones\0\0\0\1\0\1\0\2\0\0")));
}

static const char tlvs_of_sender[] = "\0\3\0\0"      /* wants an acknowledgement */
                                     "\0\6\0\0"      /* store it */
                                     "\0\x0B\0\0"    /* typing */
                                     "\0\x0D\0\2hi"  /* icon */
                                     "\0\x09\0\0"    /* send me yours */
                                     "\0\5\0\1x"     /* data */
                                     "\0\x17\0\3Bob" /* friendly name */
                                     "\0\x42\0\0";   /* unknown */

static const struct {
    const char *what;
    struct icbm_delivery d;
    const char *tlvs;
} deliveries[] = {
    {"plain", {.channel = 1, .fragments = {(const uint8_t *)"frag", 4}}, "0002:4 "},
    {"with all there is",
     {.channel = 1,
      .fragments = {(const uint8_t *)"frag", 4},
      .friendly = {(const uint8_t *)"B", 1},
      .relay = {(const uint8_t *)tlvs_of_sender, sizeof tlvs_of_sender - 1},
      .auto_reply = true,
      .typing = true,
      .stored = 5},
     "0002:4 0004:0 000D:2 0009:0 0005:1 0017:1 0006:0 0016:4 000B:0 "},
    {"relayed as it came",
     {.channel = 1,
      .fragments = {(const uint8_t *)"frag", 4},
      .relay = {(const uint8_t *)tlvs_of_sender, sizeof tlvs_of_sender - 1}},
     "0002:4 000D:2 0009:0 0005:1 0017:3 "},
    {"a rendezvous takes no typing",
     {.channel = 2, .data = {(const uint8_t *)"block", 5}, .typing = true},
     "0005:5 "},
    {"its block stands once",
     {.channel = 2,
      .data = {(const uint8_t *)"block", 5},
      .relay = {(const uint8_t *)tlvs_of_sender, sizeof tlvs_of_sender - 1}},
     "0005:5 000D:2 0009:0 0017:3 "},
    {"MIME takes typing",
     {.channel = 3, .data = {(const uint8_t *)"b", 1}, .typing = true},
     "0005:1 000B:0 "},
};

static void messages_carry_what_receivers_can_bear(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof deliveries / sizeof deliveries[0]; i++) {
        struct icbm_delivery d = deliveries[i].d;
        struct span body;
        struct snac s;
        uint64_t before = oscar_conn_written(t.c);

        d.from = &talk_alice;
        memcpy(d.cookie, "COOKIE!!", 8);
        oscar_conn_deliver_im(t.c, &d);
        assert_int_equal(oscar_conn_written(t.c) - before, oscar_conn_output(t.c).n);
        talk_go(&t);
        body = talk_last(&t, 0x04, 0x07, &s);
        assert_memory_equal(body.p, "COOKIE!!", 8);
        assert_int_equal(body.p[9], d.channel);
        assert_int_equal(body.p[10], 11);
        body = span_skip(body, 8 + 2 + 12 + 2 + 2 + 30); /* … name, warning, count, four TLVs */
        assert_string_equal(tlv_list(body), deliveries[i].tlvs);
    }
}

static void small_answers_have_their_octets(void **state)
{
    struct icbm_client_event e = {
        .cookie = {1}, .channel = 2, .name = SPAN("bob"), .rest = SPAN("\0\3xy")};
    static const struct {
        uint16_t foodgroup, subtype;
        const char *hex;
    } want[] = {
        {0x03, 0x0A, "03626F62"},
        {0x04, 0x14, "0000000000000000000103626F620002"},
        {0x04, 0x0B, "0100000000000000000203626F6200037879"},
        {0x04, 0x17, ""},
        {0x15, 0x03, "0001000B0900A18601004200020000"},
        {0x04, 0x09, "00640082"},
        {0x01, 0x10, "0082"},
        {0x0A, 0x03, "00010003626F62"},
        {0x13, 0x0F, "000000050002"},
        {0x13, 0x0E, "0000000C"},
        {0x01, 0x01, "000500080002000E001B00026E6F"},
    };

    (void)state;
    t.id = 100;
    oscar_conn_reject_buddy(t.c, SPAN("bob"));
    oscar_conn_typing(t.c, SPAN("bob"), TYPING_BEGUN);
    oscar_conn_client_event(t.c, &e);
    oscar_conn_offline_done(t.c, 1);
    oscar_conn_icq_offline_done(t.c, 2, &(struct icq_id){100001, 2});
    oscar_conn_warned(t.c, 3, 100, 130);
    oscar_conn_evil(t.c, 130, NULL);
    oscar_conn_found(t.c, 4, (const struct span[]){SPAN("bob")}, 1);
    oscar_conn_feedbag_current(t.c, 5, 5, 2);
    oscar_conn_feedbag_status(t.c, 6, (const uint16_t[]){0, FEEDBAG_CLASS_FULL}, 2);
    oscar_conn_error(t.c, 0x01, 7, &(struct snac_failure){5, 14, SPAN("no")});
    talk_go(&t);
    for (size_t i = 0; i < sizeof want / sizeof want[0]; i++) {
        struct snac s;
        struct span body = talk_last(&t, want[i].foodgroup, want[i].subtype, &s);
        uint8_t octets[64];

        assert_int_equal(body.n, strlen(want[i].hex) / 2);
        assert_true(hex_read(span_str(want[i].hex), octets, body.n));
        assert_true(span_eq(body, span_of(octets, body.n)));
    }
}

static void missed_calls_go_to_those_who_want_them(void **state)
{
    struct icbm_missed m = {
        .channel = 1, .from = &talk_alice, .count = 1, .reason = MISSED_TOO_LARGE};

    (void)state;
    oscar_conn_missed(t.c, &m);
    talk_go(&t);
    talk_expect_heard(&t, "04/0A ");
    talk_snac(&t, 0x04, 0x02, SPAN("\0\0\0\0\0\1\x1F\x40\3\xE7\3\xE7\0\0\0\0"));
    oscar_conn_missed(t.c, &m);
    talk_go(&t);
    talk_expect_heard(&t, "04/0A ");
}

static void information_holds_what_was_asked_for_and_is_there(void **state)
{
    static const struct {
        uint32_t what;
        bool away;
        const char *tlvs;
    } rows[] = {
        {LOCATE_PROFILE, true, "0001:4 0002:7 "},
        {LOCATE_AWAY, true, "0003:4 0004:5 "},
        {LOCATE_AWAY, false, ""},
        {LOCATE_PROFILE | LOCATE_AWAY, true, "0001:4 0002:7 0003:4 0004:5 "},
        {7, true, "0001:4 0002:7 0003:4 0004:5 0005:16 "},
        {8, true, ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct locate_info info = {.user = &talk_alice,
                                   .what = rows[i].what,
                                   .profile_mime = SPAN("text"),
                                   .profile = SPAN("profile"),
                                   .away_mime = SPAN("text"),
                                   .away = rows[i].away ? SPAN("lunch") : (struct span){0},
                                   .caps = span_of(caps, sizeof caps)};
        struct snac s;

        t.id = 9;
        oscar_conn_info(t.c, 9, &info);
        talk_go(&t);
        assert_string_equal(tlv_list(span_skip(talk_last(&t, 0x02, 0x06, &s), 46)), rows[i].tlvs);
        assert_int_equal(s.id, 9);
    }
}

static void a_long_list_comes_in_frames_of_which_the_last_has_the_time(void **state)
{
    struct buf items = {0}, back = {0};
    struct span left;
    struct flap f;
    struct snac s;
    int frames = 0;
    bool last = false;

    (void)state;
    for (uint16_t i = 0; i < 1000; i++)
        feedbag_item_write(&items,
                           &(struct feedbag_item){SPAN("somebody@example.net"), 1, i, 0, {0}});
    t.id = 3;
    oscar_conn_feedbag_list(t.c, 3, buf_span(&items), 77);
    talk_go(&t);
    for (left = buf_span(&t.frames); flap_read(&left, &f) == FRAME_WHOLE; frames++) {
        struct span got;
        uint16_t count;
        uint32_t time;

        assert_false(last);
        assert_true(f.data.n <= FLAP_OUT_MAX);
        assert_true(snac_read(f.data, &s));
        assert_int_equal(s.id, 3);
        last = !(s.flags & SNAC_FLAG_MORE);
        assert_true(feedbag_list_read(s.body, &got, &count, &time));
        assert_int_equal(time, last ? 77 : 0);
        buf_add(&back, got);
    }
    assert_true(last);
    assert_int_equal(frames, 4);
    assert_true(span_eq(buf_span(&back), buf_span(&items)));
    buf_fini(&back);
    talk_forget(&t);
    oscar_conn_feedbag_push(t.c, FEEDBAG_INSERT, buf_span(&items));
    talk_go(&t);
    talk_expect_heard(&t, "13/08 13/08 13/08 13/08 ");
    buf_fini(&items);
}

static void an_empty_list_is_one_frame(void **state)
{
    struct snac s;

    (void)state;
    t.id = 3;
    oscar_conn_feedbag_list(t.c, 3, (struct span){0}, 5);
    talk_go(&t);
    assert_true(span_eq(talk_last(&t, 0x13, 0x06, &s), SPAN("\0\0\0\0\0\0\5")));
}

static void authorization_carries_the_version_block(void **state)
{
    struct feedbag_auth a = {SNAC_FEEDBAG_AUTH_ANSWERED, SPAN("12345"), true, SPAN("ok")};
    struct snac s;

    (void)state;
    oscar_conn_auth(t.c, &a);
    talk_go(&t);
    assert_true(span_eq(talk_last(&t, 0x13, 0x1B, &s), SPAN("\00512345"
                                                            "\1\0\2ok\0\0")));
    assert_int_equal(s.flags, SNAC_FLAG_VERSION);
}

/* How a session is cut off that signed on elsewhere, by what it understands. */
static void who_is_cut_off_is_told_why_where_that_is_understood(void **state)
{
    struct flap f;
    struct span left;

    (void)state;
    oscar_conn_disconnect(t.c, OSCAR_SIGNED_ON_ELSEWHERE, SPAN("http://x/"));
    talk_go(&t);
    left = buf_span(&t.frames);
    assert_int_equal(flap_read(&left, &f), FRAME_WHOLE);
    assert_int_equal(f.channel, FLAP_SIGNOFF);
    assert_true(span_eq(f.data, SPAN("\0\x09\0\2\0\1\0\x0B\0\x09http://x/")));
    assert_true(oscar_conn_is_over(t.c));
    talk_expect_told(&t, "SIGNED_OFF ");
    oscar_conn_arrived(t.c, &talk_alice); /* nothing any more */
    assert_int_equal(oscar_conn_output(t.c).n, 0);
    talk_end(&t);

    talk_begin(&t, true); /* an old client: a list of its own, no TLV 0x004A */
    talk_cookie(&t, 'B');
    talk_script(&t, "03/04 01/02");
    talk_forget(&t);
    oscar_conn_disconnect(t.c, OSCAR_SIGNED_ON_ELSEWHERE, SPAN("http://x/"));
    talk_go(&t);
    talk_expect_heard(&t, "");
    assert_true(oscar_conn_is_over(t.c));
}

static void a_shutdown_is_an_empty_sign_off(void **state)
{
    (void)state;
    oscar_conn_shutdown(t.c);
    talk_go(&t);
    assert_true(span_eq(span_skip(buf_span(&t.frames), 4), SPAN("\0\0")));
    talk_expect_heard(&t, "ch4 ");
}

/* Every foodgroup of SNAC 0x0001/0x0003 stands in the rate groups, every subtype once. */
static void rates_list_every_foodgroup_of_the_connection(void **state)
{
    struct span families, rates;
    struct snac s;
    bool seen[0x20][0x40] = {{0}};
    uint16_t classes;
    struct rd r;

    (void)state;
    talk_end(&t);
    talk_begin(&t, true);
    talk_cookie(&t, 'B');
    talk_script(&t, "01/06"); /* without versions: the short records */
    families = talk_last(&t, 0x01, 0x03, &s);
    rates = talk_last(&t, 0x01, 0x07, &s);
    r = rd_over(rates);
    classes = rd_u16(&r);
    assert_int_equal(classes, 5);
    (void)rd_span(&r, (size_t)classes * 30);
    for (uint16_t i = 1; i <= classes; i++) {
        assert_int_equal(rd_u16(&r), i);
        for (uint16_t n = rd_u16(&r); n > 0; n--) {
            uint16_t foodgroup = rd_u16(&r), subtype = rd_u16(&r);

            assert_in_range(foodgroup, 1, 0x1F);
            assert_in_range(subtype, 1, 0x3F);
            assert_false(seen[foodgroup][subtype]);
            seen[foodgroup][subtype] = true;
        }
    }
    assert_true(rd_ok(&r) && rd_left(&r) == 0);
    for (; families.n; families = span_skip(families, 2))
        assert_true(seen[families.p[1]][1]);
    talk_script(&t, "01/17 01/06");
    assert_int_equal(talk_last(&t, 0x01, 0x07, &s).n, rates.n + 5 * (size_t)classes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_arrival_carries_the_full_block_in_order, begin, end),
        cmocka_unit_test_setup_teardown(a_departure_carries_class_0_in_two_octets, begin, end),
        cmocka_unit_test_setup_teardown(messages_carry_what_receivers_can_bear, begin, end),
        cmocka_unit_test_setup_teardown(small_answers_have_their_octets, begin, end),
        cmocka_unit_test_setup_teardown(missed_calls_go_to_those_who_want_them, begin, end),
        cmocka_unit_test_setup_teardown(information_holds_what_was_asked_for_and_is_there, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_long_list_comes_in_frames_of_which_the_last_has_the_time,
                                        begin, end),
        cmocka_unit_test_setup_teardown(an_empty_list_is_one_frame, begin, end),
        cmocka_unit_test_setup_teardown(authorization_carries_the_version_block, begin, end),
        cmocka_unit_test_setup_teardown(who_is_cut_off_is_told_why_where_that_is_understood, begin,
                                        end),
        cmocka_unit_test_setup_teardown(a_shutdown_is_an_empty_sign_off, begin, end),
        cmocka_unit_test_setup_teardown(rates_list_every_foodgroup_of_the_connection, begin, end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
