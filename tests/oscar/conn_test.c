/* Conversations: how each kind of client signs on, and what comes of every request. All of them in
 * frames, octet by octet, and in one piece. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

#include "oscar/flap.h"
#include "oscar/roast.h"
#include "oscar/tlv.h"
#include "talk.h"

static const struct order {
    const char *who;
    const char *says, *hears, *told;
} orders[] = {
    {"libpurple 2.12",
     "01/17 01/06 01/08 01/0E 13/02 13/04 02/02 03/02 04/04 09/02 13/11 13/08 13/07 02/04 02/04 "
     "01/1E "
     "04/02 01/1E 01/11 01/04 01/02 04/10 13/08 13/12",
     "01/18 01/13 01/07 01/0F 13/03 13/06 02/03 03/03 04/05 09/03 13/0E 01/0F 01/0F 01/05 04/17 "
     "13/0E ",
     "FEEDBAG_GET FEEDBAG_EDIT LIST_USED INFO_SET INFO_SET STATUS_SET STATUS_SET IDLE "
     "SERVICE_WANTED "
     "ONLINE OFFLINE_WANTED FEEDBAG_EDIT "},
    {"BarnOwl (libfaim)",
     "01/17 01/06 01/08 01/0E 13/02 13/04 02/02 03/02 04/04 09/02 09/04 01/14 04/02 01/02 15/02 "
     "13/07",
     "01/18 01/13 01/07 01/0F 13/03 13/06 02/03 03/03 04/05 09/03 15/03 ",
     "FEEDBAG_GET PRIVACY_FLAGS ICQ_OFFLINE LIST_USED ONLINE "},
    {"BitlBee 3.6",
     "01/17 01/06 01/08 01/0E 02/02 03/02 04/04 09/02 09/04 01/14 04/02 01/02 01/04 13/02 13/04 "
     "13/07 "
     "15/02 01/1E 02/04",
     "01/18 01/13 01/07 01/0F 02/03 03/03 04/05 09/03 01/05 13/03 13/06 15/03 01/0F ",
     "PRIVACY_FLAGS SERVICE_WANTED FEEDBAG_GET LIST_USED ONLINE ICQ_OFFLINE STATUS_SET INFO_SET "},
    {"node-oscar", "01/17 01/06 01/08 02/02 04/04 13/02 04/02 02/04 01/1E 13/04 13/07 01/02 01/04",
     "01/18 01/13 01/07 02/03 04/05 13/03 01/0F 13/06 01/05 ",
     "INFO_SET STATUS_SET FEEDBAG_GET LIST_USED ONLINE SERVICE_WANTED "},
    {"AIM 5.1, ICQ 2003",
     "01/17 01/06 01/08 13/02 13/05 02/02 03/02 04/04 09/02 13/07 02/04 04/02 01/1E 01/02",
     "01/18 01/13 01/07 13/03 13/06 02/03 03/03 04/05 09/03 01/0F ",
     "FEEDBAG_GET LIST_USED INFO_SET STATUS_SET ONLINE "},
    {"AIM 3.5 to 4.1: the list comes from the client",
     "01/17 01/06 01/08 02/02 03/02 04/04 09/02 03/04 09/05 02/04 01/02 04/06",
     "01/18 01/13 01/07 02/03 03/03 04/05 09/03 04/0C ", "BUDDIES PERMIT INFO_SET ONLINE IM "},
    {"ICQ Lite: ready first, then the list", "01/17 01/06 01/08 01/02 13/04 13/07",
     "01/18 01/13 01/07 13/06 ", "FEEDBAG_GET LIST_USED ONLINE "},
    {"the list used twice", "01/17 01/06 01/08 13/04 13/07 01/02 13/07", "01/18 01/13 01/07 13/06 ",
     "FEEDBAG_GET LIST_USED ONLINE LIST_USED "},
};

static void every_client_signs_on_in_its_own_order(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof orders / sizeof orders[0]; i++) {
        for (enum talk_pieces p = TALK_FRAMES; p <= TALK_AT_ONCE; p++) {
            struct talk t = {.pieces = p};

            talk_begin(&t, true);
            talk_cookie(&t, 'B');
            talk_go(&t);
            talk_expect_heard(&t, "ch1 01/03 ");
            talk_expect_told(&t, "COOKIE ");
            talk_forget(&t);
            talk_script(&t, orders[i].says);
            talk_go(&t);
            talk_expect_heard(&t, orders[i].hears);
            talk_expect_told(&t, orders[i].told);
            assert_true(oscar_conn_is_online(t.c));
            talk_end(&t);
        }
    }
}

/* What each request gets, on a connection that is online. */
static const struct order requests[] = {
    {"an IM with acknowledgement", "04/06", "04/0C ", "IM "},
    {"warning", "04/08", "04/09 ", "WARN "},
    {"typing", "04/14", "", "TYPING "},
    {"old user information", "02/05", "02/01 ", "INFO_WANTED "},
    {"user information", "02/15", "02/01 ", "INFO_WANTED "},
    {"find by e-mail", "0A/02", "0A/01 ", "FIND_EMAIL "},
    {"a usage report", "0B/03", "0B/04 ", ""},
    {"inviting a friend", "06/02", "06/03 ", ""},
    {"directory entries", "02/09 02/0F", "02/0A 02/10 ", "ENTRY_SET "},
    {"a directory entry of nobody", "02/0B", "02/01 ", ""},
    {"icons cut short", "10/02 10/04 10/06", "10/01 10/01 10/01 ", ""},
    {"mail", "18/06 18/16", "18/01 ", ""},
    {"a keep-alive", "01/16", "", ""},
    {"deny", "09/07", "", "DENY "},
    {"edits", "13/11 13/08 13/09 13/12", "13/0E 13/0E ", "FEEDBAG_EDIT FEEDBAG_EDIT "},
    {"an edit without items", "13/0A", "13/01 ", ""},
    {"buddies", "03/04", "", "BUDDIES "},
    {"buddies of no name", "03/05", "", ""},
    {"subtypes that are not known", "01/77 04/55 13/77", "01/01 04/01 13/01 ", ""},
    {"foodgroups that are not served", "07/02 0E/05 22/01", "07/01 0E/01 22/01 ", ""},
    {"another service", "01/04", "01/05 ", "SERVICE_WANTED "},
};

static void every_request_has_its_answer(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++) {
        for (enum talk_pieces p = TALK_FRAMES; p <= TALK_AT_ONCE; p++) {
            struct talk t = {.pieces = p};

            talk_begin(&t, true);
            talk_online(&t);
            talk_script(&t, requests[i].says);
            talk_go(&t);
            talk_expect_heard(&t, requests[i].hears);
            talk_expect_told(&t, requests[i].told);
            talk_end(&t);
        }
    }
}

static void login_body(struct talk *t, struct buf *b, const char *password, bool new_form)
{
    struct span key = {0};
    struct snac s;
    uint8_t digest[ROAST_MD5];

    assert_true(bucp_key_read(talk_last(t, FOODGROUP_BUCP, SNAC_BUCP_KEY, &s), &key));
    assert_int_equal(key.n, BUCP_KEY);
    if (new_form)
        assert_true(roast_md5_new(key, span_str(password), digest));
    else
        assert_true(roast_md5_old(key, span_str(password), digest));
    bucp_login_write(b, &(struct oscar_login){.name = SPAN("alice smith"),
                                              .proof = span_of(digest, sizeof digest),
                                              .client = SPAN("test")});
}

static const struct {
    const char *password;
    bool new_form;
    uint16_t error;
} logins[] = {
    {"opensesame", true, 0},
    {"opensesame", false, 0},
    {"opensesamE", true, LOGIN_ERR_WRONG_PASSWORD},
    {"", false, LOGIN_ERR_WRONG_PASSWORD},
};

static void the_authorizer_answers_and_says_good_bye(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof logins / sizeof logins[0]; i++) {
        for (enum talk_pieces p = TALK_FRAMES; p <= TALK_AT_ONCE; p++) {
            struct talk t = {.pieces = p};
            struct buf b = {0};
            struct bucp_reply r;
            struct snac s;

            talk_begin(&t, true);
            talk_frame(&t, FLAP_SIGNON, SPAN("\0\0\0\1"));
            talk_snac(&t, 0x17, 0x06, SPAN("\0\1\0\5alice\0\x4B\0\0"));
            talk_go(&t);
            talk_expect_heard(&t, "ch1 17/07 ");
            login_body(&t, &b, logins[i].password, logins[i].new_form);
            talk_snac(&t, 0x17, 0x02, buf_span(&b));
            talk_go(&t);
            talk_expect_heard(&t, "ch1 17/07 17/03 ch4 ");
            talk_expect_told(&t, "LOGIN ");
            assert_true(bucp_reply_read(talk_last(&t, 0x17, 0x03, &s), &r));
            assert_int_equal(r.error, logins[i].error);
            assert_int_equal(s.id, t.id);
            assert_true(span_is(r.name, logins[i].error ? "alice smith" : "Alice Smith"));
            assert_false(oscar_conn_is_over(t.c));
            talk_wait(&t, OSCAR_LINGER_MS);
            assert_true(oscar_conn_is_over(t.c));
            talk_expect_told(&t, "LOGIN SIGNED_OFF ");
            buf_fini(&b);
            talk_end(&t);
        }
    }
}

static void keys_are_fresh_and_printable(void **state)
{
    struct talk t = {0};
    struct span key, before = {0};
    struct snac s;
    uint8_t kept[BUCP_KEY];

    (void)state;
    talk_begin(&t, true);
    talk_frame(&t, FLAP_SIGNON, SPAN("\0\0\0\1"));
    for (int i = 0; i < 3; i++) {
        talk_snac(&t, 0x17, 0x06, SPAN("\0\1\0\5alice"));
        assert_true(bucp_key_read(talk_last(&t, 0x17, 0x07, &s), &key));
        for (size_t k = 0; k < key.n; k++)
            assert_in_range(key.p[k], '0', '9');
        assert_false(span_eq(key, before));
        memcpy(kept, key.p, sizeof kept);
        before = span_of(kept, sizeof kept);
    }
    talk_end(&t);
}

static void roasted(struct talk *t, const char *password, struct bucp_reply *out)
{
    struct buf b = {0};
    struct flap f;
    struct span left;
    uint8_t secret[64];

    buf_u32(&b, FLAP_VERSION);
    tlv_write(&b, 0x0001, SPAN("Alice Smith"));
    if (password) {
        roast_xor(ROAST_AIM, span_str(password), secret);
        tlv_write(&b, 0x0002, span_of(secret, strlen(password)));
    }
    talk_begin(t, true);
    talk_frame(t, FLAP_SIGNON, buf_span(&b));
    talk_go(t);
    talk_expect_heard(t, "ch1 ch4 ");
    left = buf_span(&t->frames);
    while (flap_read(&left, &f) == FRAME_WHOLE)
        if (f.channel == FLAP_SIGNOFF)
            assert_true(bucp_reply_read(f.data, out));
    buf_fini(&b);
}

static void a_roasted_login_is_answered_on_channel_4(void **state)
{
    struct talk t = {0};
    struct bucp_reply r = {0};

    (void)state;
    roasted(&t, "opensesame", &r);
    assert_int_equal(r.error, 0);
    assert_int_equal(r.cookie.n, BUCP_COOKIE);
    talk_end(&t);
    roasted(&t, "wrong", &r);
    assert_int_equal(r.error, LOGIN_ERR_WRONG_PASSWORD);
    talk_end(&t);
    roasted(&t, NULL, &r); /* ICQ sends none where none is saved */
    assert_int_equal(r.error, LOGIN_ERR_WRONG_PASSWORD);
    talk_end(&t);
}

static void a_cookie_nobody_knows_ends_the_connection(void **state)
{
    struct talk t = {0};

    (void)state;
    talk_begin(&t, true);
    talk_cookie(&t, 'X');
    talk_expect_heard(&t, "ch1 ch4 ");
    talk_expect_told(&t, "COOKIE SIGNED_OFF ");
    assert_true(oscar_conn_is_over(t.c));
    talk_end(&t);
}

static void input_waits_while_the_gateway_thinks(void **state)
{
    struct talk t = {.silent = true};
    struct oscar_self self = {.user = talk_alice};

    (void)state;
    talk_begin(&t, true);
    t.silent = true;
    talk_cookie(&t, 'B');
    talk_script(&t, "01/17 01/06");
    talk_expect_heard(&t, "ch1 ");
    talk_expect_told(&t, "COOKIE ");
    oscar_conn_welcome(t.c, 0, &self);
    talk_go(&t);
    talk_expect_heard(&t, "ch1 01/03 01/18 01/13 01/07 ");
    talk_end(&t);
}

static void chat_navigation_answers_rights_and_nothing_of_bos(void **state)
{
    struct talk t = {0};
    struct span rooms, exchange;
    struct snac s;

    (void)state;
    talk_begin(&t, true);
    talk_cookie(&t, 'N');
    assert_true(span_eq(talk_last(&t, 0x01, 0x03, &s), SPAN("\0\1\0\x0D")));
    talk_forget(&t);
    talk_script(&t, "01/17 01/06 01/08 01/02 0D/02 0D/08 04/06 01/11");
    talk_expect_heard(&t, "01/18 01/07 0D/09 0D/01 04/01 ");
    talk_expect_told(&t, "");
    rooms = talk_last(&t, 0x0D, 0x09, &s);
    assert_int_equal(tlv_get_u8(rooms, 0x0002, 0), 10);
    assert_true(tlv_find(rooms, 0x0003, &exchange));
    assert_int_equal(exchange.p[1], 4);
    talk_end(&t);
}

/* SNACs 0x0007, 0x000F, 0x0010: the same connection for each, and nothing else on it. */
static void each_service_has_a_connection_of_its_own(void **state)
{
    static const struct {
        char cookie;
        const char *says, *hears, *told;
    } services[] = {
        {'A', "07/02 07/04 07/06 0F/02", "07/03 07/01 07/07 0F/01 ", "ACCOUNT_WANTED "},
        {'D', "0F/02 0F/07 10/04", "0F/03 0F/01 10/01 ", "DIRECTORY_SEARCH "},
        {'I', "10/02 10/04 04/06", "10/01 10/01 04/01 ", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof services / sizeof services[0]; i++) {
        struct talk t = {0};

        talk_begin(&t, true);
        talk_cookie(&t, services[i].cookie);
        talk_script(&t, "01/17 01/06 01/08 01/02");
        talk_go(&t);
        talk_forget(&t);
        talk_script(&t, services[i].says);
        talk_go(&t);
        talk_expect_heard(&t, services[i].hears);
        talk_expect_told(&t, services[i].told);
        talk_end(&t);
    }
}

static void the_message_limit_follows_the_clients_wish(void **state)
{
    struct talk t = {0};

    (void)state;
    talk_begin(&t, true);
    talk_online(&t);
    assert_int_equal(oscar_conn_text_max(t.c), 512);
    assert_false(oscar_conn_wants_typing(t.c));
    talk_script(&t, "04/02");
    assert_int_equal(oscar_conn_text_max(t.c), 8000);
    assert_true(oscar_conn_wants_typing(t.c));
    talk_snac(&t, 0x04, 0x02, SPAN("\0\0\0\0\0\3\0\xFF\x84\3\xE7\3\0\0\0\0"));
    assert_int_equal(oscar_conn_text_max(t.c), 512);
    assert_int_equal(oscar_conn_icbm(t.c)->max_sender_warning,
                     999); /* node-oscar swaps its octets */
    talk_snac(&t, 0x04, 0x02, SPAN("\0\2\0\0\0\3\x1F\x40\3\xE7\3\xE7\0\0\0\0"));
    assert_int_equal(oscar_conn_text_max(t.c), 512); /* that was for channel 2 */
    talk_script(&t, "04/02 04/03");
    assert_int_equal(oscar_conn_text_max(t.c), 512);
    talk_end(&t);
}

/* Signed on, with a last frame of that number. */
static void online_up_to(struct talk *t, uint16_t number)
{
    uint16_t begun;

    talk_begin(t, false);
    begun = t->seq;
    talk_online(t);
    begun = (uint16_t)(number + 1 - (t->seq - begun));
    talk_end(t);
    talk_begin(t, false);
    t->seq = begun;
    talk_online(t);
    assert_int_equal((uint16_t)(number + 1), t->seq);
}

/* One counter for all channels; 0x7FFF and 0xFFFF are both followed by 0. */
static void a_gap_in_the_numbers_is_told_once_and_nothing_is_lost(void **state)
{
    static const struct {
        uint16_t before, next;
        const char *told;
    } rows[] = {{41, 42, ""}, {0x7FFF, 0, ""}, {0x7FFF, 0x8000, ""}, {0xFFFF, 0, ""},
                {41, 43, "GAP "}, {41, 41, "GAP "}, {41, 0, "GAP "}, {0x8000, 0, "GAP "}};

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct talk t;

        online_up_to(&t, rows[i].before);
        t.seq = rows[i].next;
        talk_script(&t, "01/0E");
        talk_go(&t);
        talk_expect_heard(&t, "01/0F ");
        talk_expect_told(&t, rows[i].told);
        t.seq += 7;
        talk_script(&t, "01/0E");
        talk_go(&t);
        talk_expect_heard(&t, "01/0F 01/0F ");
        talk_expect_told(&t, "GAP "); /* not twice */
        talk_end(&t);
    }
}

static void own_information_follows_the_version_and_the_status(void **state)
{
    struct talk t = {0};
    struct oscar_userinfo u;
    struct snac s;
    struct rd r;
    int blocks = 0;

    (void)state;
    talk_begin(&t, true);
    talk_cookie(&t, 'B');
    t.now += 5000;
    talk_script(&t, "01/17 01/1E 01/0E");
    r = rd_over(talk_last(&t, 0x01, 0x0F, &s));
    assert_int_equal(s.id, t.id);
    assert_true(userinfo_read(&r, &u));
    assert_int_equal(u.status, STATUS_INVISIBLE);
    assert_int_equal(u.session, 5);
    assert_int_equal(rd_left(&r), 0);
    talk_snac(&t, 0x01, 0x17, SPAN("\0\1\0\x09\0\x13\0\x09\0\x77\0\x09"));
    assert_true(span_eq(talk_last(&t, 0x01, 0x18, &s), SPAN("\0\1\0\4\0\x13\0\4\0\x77\0\x09")));
    talk_script(&t, "01/0E");
    for (r = rd_over(talk_last(&t, 0x01, 0x0F, &s)); rd_left(&r); blocks++)
        assert_true(userinfo_read(&r, &u));
    assert_int_equal(blocks, 2);
    talk_end(&t);
}

static void the_oldest_clients_are_not_told_of_themselves_unasked(void **state)
{
    struct talk t = {0};

    (void)state;
    talk_begin(&t, true);
    talk_cookie(&t, 'B');
    talk_forget(&t);
    oscar_conn_set_self(t.c, &talk_alice, true);
    talk_go(&t);
    talk_expect_heard(&t, "");
    talk_script(&t, "01/17");
    talk_forget(&t);
    oscar_conn_set_self(t.c, &talk_alice, true);
    talk_go(&t);
    talk_expect_heard(&t, "01/0F ");
    talk_end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_signs_on_in_its_own_order),
        cmocka_unit_test(every_request_has_its_answer),
        cmocka_unit_test(the_authorizer_answers_and_says_good_bye),
        cmocka_unit_test(keys_are_fresh_and_printable),
        cmocka_unit_test(a_roasted_login_is_answered_on_channel_4),
        cmocka_unit_test(a_cookie_nobody_knows_ends_the_connection),
        cmocka_unit_test(input_waits_while_the_gateway_thinks),
        cmocka_unit_test(chat_navigation_answers_rights_and_nothing_of_bos),
        cmocka_unit_test(each_service_has_a_connection_of_its_own),
        cmocka_unit_test(the_message_limit_follows_the_clients_wish),
        cmocka_unit_test(a_gap_in_the_numbers_is_told_once_and_nothing_is_lost),
        cmocka_unit_test(own_information_follows_the_version_and_the_status),
        cmocka_unit_test(the_oldest_clients_are_not_told_of_themselves_unasked),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
