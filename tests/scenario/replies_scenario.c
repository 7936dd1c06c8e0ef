/* What a sender hears of what he sent, and what answers by itself: acks, automatic replies, typing,
 * what is declined (3.4 to 3.7 of the mapping, 13 of OSCAR's reference). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";

/* ---- acks */

/* With the cookie, the channel and the name as the client wrote it. */
static void the_ack_has_what_the_client_wrote(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice = aim_arrives(&w, "alice");
    struct span ack;
    struct aim_im im;

    (void)state;
    aim_says(dave, "A L I C E", "hello");
    aim_expect_an_im(alice, &im);
    ack = aim_expect_body(dave, 4, 0xC);
    assert_memory_equal(aim_take(&ack, 8).p, im.cookie, 8);
    assert_int_equal(aim_u16(&ack), 1);
    assert_true(span_eq(aim_take(&ack, aim_u8(&ack)), SPAN("A L I C E")));
    (void)aim_says_so(dave, "alice", 0, SPAN("no ack"), 0);
    aim_expect_im(alice, "dave", "no ack");
    aim_expect_quiet(dave);
    aim_expect_nothing_of(dave, 4, 0xC);
}

/* 13.3: the full block, the text first, the wish for an ack left out, and typing welcome. */
static void what_arrives_is_as_clients_need_it(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct aim_person p;
    struct span im;
    unsigned last = 0;

    (void)state;
    assert_int_equal(sip_says(&w, bob, alice_uri, "hello"), 200);
    im = aim_expect_body(alice, 4, 7);
    (void)aim_take(&im, 10);
    aim_person(&im, &p);
    assert_int_equal(p.class, 0x10);
    assert_true(p.signon > 0);
    assert_int_equal(im.p[1], 2);
    assert_null(aim_tlv(im, 3).p);
    assert_null(aim_tlv(im, 6).p);
    while (im.n > 0) {
        last = aim_u16(&im);
        (void)aim_take(&im, aim_u16(&im));
    }
    assert_int_equal(last, 0xB);
}

/* 4.1: what a peer answers, in AIM's words. */
static void each_answer_of_a_peer_has_its_error(void **state)
{
    static const struct {
        int status;
        uint16_t error;
    } rows[] = {{400, 0xE}, {402, 0xD},  {403, 0xD},  {404, 4},   {405, 9}, {406, 9},
                {408, 5},   {410, 4},    {413, 0xB},  {414, 4},   {420, 8}, {480, 0x13},
                {484, 4},   {485, 0x16}, {486, 0x13}, {488, 9},   {500, 5}, {501, 9},
                {504, 5},   {513, 0xB},  {600, 0x13}, {603, 0xA}, {604, 4}, {606, 9},
                {607, 0xD}, {699, 0xA}};
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        uint32_t id = aim_says_so(alice, bob, 0, SPAN("?"), AIM_ACK);
        struct sip_heard h;

        do
            assert_true(sip_next(&w, &h, true));
        while (strcmp(h.method, "MESSAGE") != 0);
        sip_answers(&w, rows[i].status);
        while (sip_next(&w, &h, true)) /* once more in another form: the same again */
            sip_answers(&w, rows[i].status);
        (void)aim_expect_error_of(alice, id, rows[i].error);
        aim_expect_nothing_of(alice, 4, 0xC);
    }
}

/* ---- automatic replies */

static void an_automatic_reply_is_marked_on_both_sides(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice = aim_arrives(&w, "alice");
    struct sip_heard h;
    struct aim_im im;
    char v[8];

    (void)state;
    (void)aim_says_so(alice, "dave", 0, SPAN("I am away, %n"), AIM_AUTO);
    aim_expect_an_im(dave, &im);
    assert_true(im.automatic);
    assert_true(span_search(im.text, SPAN("%n")) < im.text.n);
    (void)aim_says_so(alice, bob, 0, SPAN("I am away"), AIM_AUTO);
    assert_true(sip_next(&w, &h, false));
    assert_non_null(strstr(h.text, "\r\nAuto-Submitted: auto-replied\r\n"));
    assert_string_equal(h.body, "[Auto-reply] I am away");
    assert_int_equal(sip_says(&w, bob, alice_uri, "[Auto-reply] me neither"), 200);
    aim_expect_an_im(alice, &im);
    assert_true(im.automatic);
    assert_true(span_search(im.text, SPAN("[Auto")) == im.text.n);
    assert_int_equal(sip_says_so(&w, bob, alice_uri,
                                 "Content-Type: text/plain\r\nAuto-Submitted: auto-generated\r\n",
                                 "beep", "To", v, sizeof v),
                     200);
    aim_expect_an_im(alice, &im);
    assert_true(im.automatic);
    aim_sign_off(alice);
    assert_int_equal(sip_says(&w, bob, alice_uri, "[Auto-reply] still not"), 480); /* M-706 */
}

/* Two that answer each other say one word each; and the helper answers no machine. */
static void two_machines_do_not_talk_for_ever(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice = aim_arrives(&w, "alice");

    (void)state;
    world_sets(&w, "alice", "auto_away", "on");
    world_sets(&w, "dave", "auto_away", "on");
    aim_away(alice, "away");
    aim_away(dave, "away, too");
    (void)aim_says_so(dave, "alice", 0, SPAN("I am away"), AIM_AUTO);
    aim_expect_im(alice, "dave", "I am away");
    aim_expect_nothing_of(dave, 4, 7);
    (void)sip_says(&w, bob, alice_uri, "[Auto-reply] I am away");
    sip_expect_no_message(&w);
    (void)aim_says_so(dave, "aimgate", 0, SPAN("help"), AIM_AUTO);
    aim_expect_nothing_of(dave, 4, 7);
}

/* ---- typing */

static void typing_is_relayed_among_aim_users(void **state)
{
    struct aim *dave = aim_arrives(&w, "dave"), *alice = aim_arrives(&w, "alice");
    struct span event;

    (void)state;
    aim_typing(dave, "alice", 2);
    event = aim_expect_body(alice, 4, 0x14);
    (void)aim_take(&event, 10);
    assert_true(span_eq(aim_take(&event, aim_u8(&event)), SPAN("dave")));
    assert_int_equal(aim_u16(&event), 2);
    aim_typing(dave, "alice", 0);
    event = aim_expect_body(alice, 4, 0x14);
    assert_int_equal(event.p[event.n - 1], 0);
    aim_lists(alice, true, "dave", 0, 7, 3);
    aim_forget(alice);
    aim_forget(dave);
    aim_typing(dave, "alice", 2);
    aim_expect_quiet(alice);
    aim_typing(dave, "nobody", 2);
    aim_expect_nothing_of(dave, 4, 1);
}

static const char active[] = "<?xml version=\"1.0\"?><isComposing "
                             "xmlns=\"urn:ietf:params:xml:ns:im-iscomposing\"><state>active</state>"
                             "<refresh>60</refresh></isComposing>";

/* M-375, M-376: begun, and over by itself when nothing more is heard. */
static void typing_elsewhere_begins_and_ends(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");
    struct span event;
    char v[8];

    (void)state;
    assert_int_equal(sip_says_so(&w, bob, alice_uri,
                                 "Content-Type: application/im-iscomposing+xml\r\n", active, "To",
                                 v, sizeof v),
                     200);
    event = aim_expect_body(alice, 4, 0x14);
    (void)aim_take(&event, 10);
    assert_true(span_eq(aim_take(&event, aim_u8(&event)), span_str(bob)));
    assert_int_equal(aim_u16(&event), 2);
    world_pass(&w, 59 * SECOND);
    aim_expect_nothing_of(alice, 4, 0x14);
    world_pass(&w, 2 * SECOND);
    event = aim_expect_body(alice, 4, 0x14);
    assert_int_equal(event.p[event.n - 1], 0);
    assert_int_equal(sip_says_so(&w, bob, alice_uri,
                                 "Content-Type: application/im-iscomposing+xml\r\n", "<no", "To", v,
                                 sizeof v),
                     200); /* never an error for it */
    aim_expect_quiet(alice);
    aim_sign_off(alice);
    assert_int_equal(sip_says_so(&w, bob, alice_uri,
                                 "Content-Type: application/im-iscomposing+xml\r\n", active, "To",
                                 v, sizeof v),
                     200); /* nor is it stored */
    aim_expect_quiet(aim_arrives(&w, "alice"));
}

/* ---- what does not cross */

/* M-351: a proposal of channel 2 is answered by a cancel with its cookie; no MESSAGE. */
static void a_file_for_somebody_elsewhere_is_declined(void **state)
{
    static const uint8_t block[] = {0,    0,    'c',  'o',  'o',  'k',  'i',  'e',
                                    '-',  '1',  0x09, 0x46, 0x13, 0x43, 0x4C, 0x7F,
                                    0x11, 0xD1, 0x82, 0x22, 0x44, 0x45, 0x53, 0x54,
                                    0x00, 0x00, 0,    0xA,  0,    2,    0,    1};
    struct aim *alice = aim_arrives(&w, "alice");
    struct buf b = {0};
    struct aim_person p;
    struct span im, answer;

    (void)state;
    buf_str(&b, "cookie-1");
    aim_put16(&b, 2);
    aim_put_name(&b, bob);
    aim_put_tlv(&b, 5, block, sizeof block);
    (void)aim_send_buf(alice, 4, 6, &b);
    im = aim_expect_body(alice, 4, 7);
    assert_memory_equal(aim_take(&im, 8).p, "cookie-1", 8);
    assert_int_equal(aim_u16(&im), 2);
    aim_person(&im, &p);
    assert_string_equal(p.name, bob);
    answer = aim_tlv(im, 5);
    assert_int_equal(aim_u16(&answer), 1); /* cancel */
    assert_memory_equal(aim_take(&answer, 24).p, block + 2, 24);
    assert_int_equal(aim_tlv(answer, 0xB).p[1], 1);
    sip_expect_no_message(&w);
}

/* M-352: ICQ's old messages: words and addresses cross, the rest does not. */
static void what_old_icq_clients_write_crosses(void **state)
{
    static const struct {
        uint8_t type;
        struct span text;
        const char *leaves;
    } rows[] = {{1, SPAN("old words"), "old words"},
                {4, SPAN("look\xFEhttp://x.example/"), "look <http://x.example/>"},
                {0xC, SPAN("me\xFE"), NULL}};
    struct aim *icq = aim_arrives(&w, "700700");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0}, inner = {0};
        size_t n = rows[i].text.n + 1;

        buf_put(&inner, "\x1C\xB1\x0A\0", 4);
        buf_u8(&inner, rows[i].type);
        buf_u8(&inner, 0);
        buf_u8(&inner, (uint8_t)n);
        buf_u8(&inner, 0);
        buf_add(&inner, rows[i].text);
        buf_u8(&inner, 0);
        buf_put(&b, "cookie-4", 8);
        aim_put16(&b, 4);
        aim_put_name(&b, bob);
        aim_put_tlv(&b, 5, inner.p, inner.n);
        aim_put_tlv(&b, 3, NULL, 0);
        buf_fini(&inner);
        (void)aim_send_buf(icq, 4, 6, &b);
        if (!rows[i].leaves) {
            sip_expect_no_message(&w);
            continue;
        }
        sip_expect_message(&w, bob, rows[i].leaves);
        sip_answers(&w, 200);
        aim_expect_ack(icq);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(the_ack_has_what_the_client_wrote),
        CONVERSATION(what_arrives_is_as_clients_need_it),
        CONVERSATION(each_answer_of_a_peer_has_its_error),
        CONVERSATION(an_automatic_reply_is_marked_on_both_sides),
        CONVERSATION(two_machines_do_not_talk_for_ever),
        CONVERSATION(typing_is_relayed_among_aim_users),
        CONVERSATION(typing_elsewhere_begins_and_ends),
        CONVERSATION(a_file_for_somebody_elsewhere_is_declined),
        CONVERSATION(what_old_icq_clients_write_crosses),
    };

    return cmocka_run_group_tests_name("scenario/replies", tests, NULL, NULL);
}
