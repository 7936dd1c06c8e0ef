/* Foodgroups where the wire examples do not reach: preferences, portions, status texts, fragments,
 * data blocks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "oscar/caps.h"
#include "oscar/foodgroup/admin.h"
#include "oscar/foodgroup/bart.h"
#include "oscar/foodgroup/directory.h"
#include "oscar/foodgroup/feedbag.h"
#include "oscar/foodgroup/icbm.h"
#include "oscar/foodgroup/icq.h"
#include "oscar/foodgroup/locate.h"
#include "oscar/foodgroup/oservice.h"
#include "oscar/snac.h"

static const struct {
    const char *what;
    enum feedbag_preference n;
    struct span attributes;
    bool fallback, want;
} prefs[] = {
    {"nothing said", PREF_SHOW_IDLE, {0}, true, true},
    {"libpurple: on", PREF_SHOW_IDLE, {(const uint8_t *)"\0\xC9\0\4\0\0\4\0", 8}, false, true},
    {"libpurple: off", PREF_SHOW_IDLE, {(const uint8_t *)"\0\xC9\0\4\0\2\0\0", 8}, true, false},
    {"typing on", PREF_SHOW_TYPING, {(const uint8_t *)"\0\xC9\0\4\0\x40\0\0", 8}, false, true},
    {"set but not meant",
     PREF_SHOW_IDLE,
     {(const uint8_t *)"\0\xC9\0\4\0\0\4\0\0\xD6\0\4\0\0\0\0", 16},
     false,
     false},
    {"off and meant",
     PREF_SHOW_IDLE,
     {(const uint8_t *)"\0\xC9\0\4\0\0\0\0\0\xD6\0\4\0\0\4\0", 16},
     true,
     false},
    {"offline messages off",
     PREF_OFFLINE_MESSAGES,
     {(const uint8_t *)"\0\xD7\0\3\0\0\0\0\xD8\0\3\0\0\x10", 14},
     true,
     false},
    {"offline messages on",
     PREF_OFFLINE_MESSAGES,
     {(const uint8_t *)"\0\xD7\0\3\0\0\x10\0\xD8\0\3\0\0\x10", 14},
     false,
     true},
    {"field too short", PREF_OFFLINE_MESSAGES, {(const uint8_t *)"\0\xD7\0\1\0", 5}, true, true},
};

static void preferences_hold_where_they_are_meant(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof prefs / sizeof prefs[0]; i++) {
        if (feedbag_pref(prefs[i].attributes, prefs[i].n, prefs[i].fallback) != prefs[i].want)
            print_message("%s\n", prefs[i].what);
        assert_int_equal(feedbag_pref(prefs[i].attributes, prefs[i].n, prefs[i].fallback),
                         prefs[i].want);
    }
}

static void a_portion_holds_whole_items(void **state)
{
    struct buf b = {0};
    struct span left, portion;

    (void)state;
    for (uint16_t i = 0; i < 3; i++) /* 12 octets each */
        feedbag_item_write(&b, &(struct feedbag_item){SPAN("ab"), 1, i, 0, {0}});
    left = buf_span(&b);
    assert_int_equal(feedbag_portion(&left, 25, &portion), 2);
    assert_int_equal(portion.n, 24);
    assert_int_equal(feedbag_portion(&left, 5, &portion), 1); /* one at least */
    assert_int_equal(feedbag_portion(&left, 25, &portion), 0);
    assert_int_equal(portion.n, 0);
    buf_fini(&b);
}

static void a_clients_copy_may_lack_its_count(void **state)
{
    struct feedbag_copy c;

    (void)state;
    feedbag_copy_read(SPAN("\1\2\3\4\0\5"), &c);
    assert_true(c.has_time && c.has_count);
    assert_int_equal(c.count, 5);
    feedbag_copy_read(SPAN("\1\2\3\4\5"), &c);
    assert_true(c.has_time && !c.has_count);
    feedbag_copy_read((struct span){0}, &c);
    assert_false(c.has_time || c.has_count);
}

static void lists_cut_short_are_not_lists(void **state)
{
    struct span whole = SPAN("\0\0\1\0\2hi\0\1\0\2\0\0\0\0\0\0\0\5"), items;
    uint16_t count;
    uint32_t time;

    (void)state;
    assert_true(feedbag_list_read(whole, &items, &count, &time));
    assert_int_equal(time, 5);
    for (size_t n = 0; n < whole.n; n++)
        assert_int_equal(feedbag_list_read(span_first(whole, n), &items, &count, &time),
                         n == whole.n - 4);
}

static void class_limits_are_those_announced(void **state)
{
    (void)state;
    assert_int_equal(feedbag_class_max(FEEDBAG_BUDDY), 600);
    assert_int_equal(feedbag_class_max(FEEDBAG_GROUP), 61);
    assert_int_equal(feedbag_class_max(FEEDBAG_BART), 200);
    assert_int_equal(feedbag_class_max(0x0400), 0);
}

static const struct {
    const char *what;
    struct span body;
    bool has_status, has_text;
    const char *text, *charset;
} statuses[] = {
    {"nothing", {0}, false, false, "", ""},
    {"a status", {(const uint8_t *)"\0\6\0\4\0\0\1\0", 8}, true, false, "", ""},
    {"a text", {(const uint8_t *)"\0\x1D\0\x0A\0\2\4\6\0\2hi\0\0", 14}, false, true, "hi", ""},
    {"a text with charset",
     {(const uint8_t *)"\0\x1D\0\x11\0\2\4\x0D\0\2hi\0\1\0\0\0\3abc", 21},
     false,
     true,
     "hi",
     "abc"},
    {"cleared", {(const uint8_t *)"\0\x1D\0\4\0\2\4\0", 8}, false, true, "", ""},
    {"an icon, then a text",
     {(const uint8_t *)"\0\x1D\0\x0F\0\1\0\1x\0\2\4\6\0\2hi\0\0", 19},
     false,
     true,
     "hi",
     ""},
    {"cut short", {(const uint8_t *)"\0\x1D\0\6\0\2\4\2\0\x09", 10}, false, false, "", ""},
};

static void a_status_text_is_found_among_items(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statuses / sizeof statuses[0]; i++) {
        struct oservice_status s;

        oservice_status_read(statuses[i].body, &s);
        if (s.has_text != statuses[i].has_text)
            print_message("%s\n", statuses[i].what);
        assert_int_equal(s.has_status, statuses[i].has_status);
        assert_int_equal(s.has_text, statuses[i].has_text);
        assert_true(span_is(s.text, statuses[i].text));
        assert_true(span_is(s.charset, statuses[i].charset));
    }
}

static void a_written_status_is_read_back(void **state)
{
    struct oservice_status out = {
        .has_status = true, .status = 1, .has_text = true, .text = SPAN("hi")};
    struct oservice_status in;
    struct buf b = {0};

    (void)state;
    oservice_status_write(&b, &out);
    oservice_status_read(buf_span(&b), &in);
    assert_int_equal(in.status, 1);
    assert_true(span_is(in.text, "hi"));
    buf_fini(&b);
}

static void capabilities_are_found_by_their_short_form(void **state)
{
    struct buf b = {0};

    (void)state;
    caps_write_short(&b, CAPS_UTF8);
    buf_put(&b, caps_chat, CAPS_UUID);
    BUF_LIT(&b, "half");
    assert_true(caps_has_short(buf_span(&b), CAPS_UTF8));
    assert_true(caps_has(buf_span(&b), span_of(caps_chat, CAPS_UUID)));
    assert_false(caps_has_short(buf_span(&b), CAPS_SEND_FILE));
    assert_true(caps_has_short(caps_gateway(), CAPS_UTF8));
    assert_true(caps_has_short(caps_gateway(), CAPS_INTEROPERATE));
    assert_int_equal(caps_gateway().n, 32);
    buf_fini(&b);
}

static void only_whole_capabilities_are_taken(void **state)
{
    static uint8_t body[4 + 1050] = {0, 5, 1050 >> 8, 1050 & 0xFF};
    struct locate_set s;

    (void)state;
    locate_set_read(span_of(body, sizeof body), &s);
    assert_int_equal(s.caps.n, LOCATE_CAPS_MAX * CAPS_UUID);
    locate_set_read(SPAN("\0\5\0\x10"
                         "Jimm is too short"),
                    &s);
    assert_int_equal(s.caps.n, 16);
    locate_set_read(SPAN("\0\5\0\x40"
                         "0123456789abcdefgh"),
                    &s); /* announces more than there is */
    assert_int_equal(s.caps.n, 16);
}

static void text_is_found_among_fragments(void **state)
{
    struct span fragments = SPAN("\5\1\0\1\1"
                                 "\1\1\0\6\0\0\0\0hi"
                                 "\7\7\0\1x"
                                 "\1\1\0\6\0\2\0\0\0!"
                                 "\1\1\0\2\0\0"
                                 "\1\1\0\x40zz"),
                text;
    uint16_t charset;

    (void)state;
    assert_true(icbm_text_next(&fragments, &charset, &text));
    assert_int_equal(charset, ICBM_ASCII);
    assert_true(span_is(text, "hi"));
    assert_true(icbm_text_next(&fragments, &charset, &text));
    assert_int_equal(charset, ICBM_UTF16);
    assert_true(span_eq(text, SPAN("\0!")));
    assert_false(icbm_text_next(&fragments, &charset, &text));
}

static void a_rendezvous_is_read_and_refused(void **state)
{
    struct span proposal = SPAN("\0\0COOKIE!!0123456789abcdef\0\x0A\0\2\0\1");
    struct icbm_rendezvous r;
    struct buf b = {0};

    (void)state;
    assert_true(icbm_rendezvous_read(proposal, &r));
    assert_int_equal(r.type, RENDEZVOUS_PROPOSE);
    assert_true(span_is(r.capability, "0123456789abcdef"));
    icbm_rendezvous_write_refusal(&b, &r);
    assert_true(span_eq(buf_span(&b), SPAN("\0\1COOKIE!!0123456789abcdef\0\x0B\0\2\0\1")));
    assert_false(icbm_rendezvous_read(span_first(proposal, 25), &r));
    buf_fini(&b);
}

static void an_old_style_message_is_little_endian(void **state)
{
    struct icbm_old_style m;
    struct buf b = {0};

    (void)state;
    assert_true(icbm_old_style_read(SPAN("\xA1\x86\1\0\1\0\3\0hi\0"), &m));
    assert_int_equal(m.uin, 100001);
    assert_int_equal(m.type, ICBM_OLD_PLAIN);
    assert_true(span_is(m.text, "hi"));
    assert_false(icbm_old_style_read(SPAN("\xA1\x86\1\0\1\0\x10\0hi\0"), &m));
    icbm_old_style_write(&b,
                         &(struct icbm_old_style){.uin = 100001, .type = 6, .text = SPAN("hi")});
    assert_true(span_eq(buf_span(&b), SPAN("\xA1\x86\1\0\6\0\3\0hi\0")));
    buf_fini(&b);
}

static const struct {
    uint16_t subtype;
    struct span body;
    bool whole, granted;
    const char *reason;
} auths[] = {
    {SNAC_FEEDBAG_AUTH_REQUEST, {(const uint8_t *)"\3bob\0\2hi\0\0", 10}, true, false, "hi"},
    {SNAC_FEEDBAG_AUTH_ANSWER, {(const uint8_t *)"\3bob\1\0\0", 7}, true, true, ""},
    {SNAC_FEEDBAG_AUTH_ANSWER, {(const uint8_t *)"\3bob\0\0\2no", 9}, true, false, "no"},
    {SNAC_FEEDBAG_AUTH_GRANT, {(const uint8_t *)"\3bob\0", 5}, false, false, ""},
    {SNAC_FEEDBAG_AUTH_GRANT, {(const uint8_t *)"\0\0\0", 3}, false, false, ""},
};

static void authorization_names_the_other_party(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof auths / sizeof auths[0]; i++) {
        struct feedbag_auth a;

        assert_int_equal(feedbag_auth_read(auths[i].subtype, auths[i].body, &a), auths[i].whole);
        if (!auths[i].whole)
            continue;
        assert_true(span_is(a.name, "bob"));
        assert_int_equal(a.granted, auths[i].granted);
        assert_true(span_is(a.reason, auths[i].reason));
    }
}

static void an_icon_may_be_none(void **state)
{
    (void)state;
    assert_true(bart_is_no_icon(SPAN("\2\1\xD2\4\x72")));
    assert_true(bart_is_no_icon((struct span){0}));
    assert_false(bart_is_no_icon(SPAN("\2\1\xD2\4\x73")));
}

/* SNAC 0x0010/0x0004 to 0x0007. */
static void an_image_is_asked_for_and_answered_in_two_forms(void **state)
{
    static const uint8_t asked[] = {3, 'b', 'o', 'b', 1, 0, 1, 1, 2, 0xAB, 0xCD};
    static const uint8_t old[] = {3, 'b', 'o', 'b', 0, 1, 1, 2, 0xAB, 0xCD, 0, 1, 'x'};
    static const uint8_t newer[] = {3, 'b', 'o', 'b', 0, 1, 1,    2,    0xAB, 0xCD,
                                    7, 0,   1,   1,   2, 0xAB, 0xCD, 0, 0};
    struct bart_query q;
    struct buf b = {0};

    (void)state;
    for (size_t n = 0; n < sizeof asked; n++)
        assert_false(bart_query_read(span_of(asked, n), false, &q));
    assert_true(bart_query_read(span_of(asked, sizeof asked), false, &q));
    assert_true(span_is(q.name, "bob"));
    bart_image_write(&b, &q, BART_OK, SPAN("x"));
    assert_true(span_eq(buf_span(&b), span_of(old, sizeof old)));
    buf_reset(&b);
    q.newer = true;
    bart_image_write(&b, &q, BART_NOT_FOUND, (struct span){0});
    assert_true(span_eq(buf_span(&b), span_of(newer, sizeof newer)));
    buf_fini(&b);
}

/* SNACs 0x0007/0x0004 and 0x0005. */
static void an_account_is_changed_by_what_is_there(void **state)
{
    static const uint8_t wish[] = {0, 2, 0, 3, 'n', 'e', 'w', 0, 0x12, 0, 3, 'o', 'l', 'd'};
    static const uint8_t told[] = {0, 3, 0, 2, 0, 1, 0, 2, 'A', 'l', 0, 8, 0, 2, 0, 1};
    struct admin_change c;
    struct buf b = {0};

    (void)state;
    admin_change_read(span_of(wish, sizeof wish), &c);
    assert_true(c.has_password && !c.has_name && !c.has_email);
    assert_true(span_is(c.password, "new") && span_is(c.old_password, "old"));
    admin_account_write(&b, &(struct admin_account){.name = SPAN("Al"), .error = ADMIN_OTHER_NAME});
    assert_true(span_eq(buf_span(&b), span_of(told, sizeof told)));
    buf_fini(&b);
}

/* SNACs 0x0002/0x000C and 0x000F/0x0003. */
static void a_directory_entry_counts_its_fields(void **state)
{
    static const uint8_t fields[] = {0, 1, 0, 1, 'A', 0, 2, 0, 1, 'B'};
    static const uint8_t entry[] = {0, 1, 0, 2, 0, 1, 0, 1, 'A', 0, 2, 0, 1, 'B'};
    static const uint8_t none[] = {0, 5, 0, 0, 0, 0};
    struct buf b = {0};

    (void)state;
    directory_entry_write(&b, span_of(fields, sizeof fields));
    assert_true(span_eq(buf_span(&b), span_of(entry, sizeof entry)));
    buf_reset(&b);
    directory_found_write(&b, (struct span){0}, 0);
    assert_true(span_eq(buf_span(&b), span_of(none, sizeof none)));
    buf_fini(&b);
    assert_true(directory_field_is_public(DIRECTORY_CITY));
    assert_false(directory_field_is_public(DIRECTORY_NAME));
    assert_false(directory_field_is_public(DIRECTORY_ACCOUNT_EMAIL));
}

/* SNAC 0x0015/0x0002 type 0x07D0, and what is in it: little-endian, texts with a NUL. */
static void icq_asks_and_is_answered_little_endian(void **state)
{
    static const uint8_t asked[] = {0,    1, 0, 16, 14,   0, 0xA1, 0x86, 1,
                                    0,    0xD0, 7, 5,  0, 0xBA, 4, 0xA1, 0x86, 1, 0};
    static const uint8_t told[] = {0,    1, 0, 19, 17, 0, 0xA1, 0x86, 1,    0, 0xDA, 7,
                                   5,    0, 4, 1,  0x0A, 3, 0, 'h', 'i', 0, 0};
    static const uint8_t list[] = {0x54, 1, 5, 0, 3, 0, 'A', 'l', 0, 0x36, 1, 99, 0, 1, 2};
    struct span left = span_of(list, sizeof list), value, block;
    struct icq_request r;
    struct icq_meta m;
    struct buf b = {0}, text = {0};
    struct rd rd;
    uint16_t type;

    (void)state;
    assert_true(icq_request_read(span_of(asked, sizeof asked), &r));
    assert_true(icq_meta_read(&r, &m));
    assert_int_equal(m.who.uin, 100001);
    assert_int_equal(m.who.seq, 5);
    assert_int_equal(m.type, ICQ_SHORT_INFO);
    rd = rd_over(m.data);
    assert_int_equal(icq_u32_read(&rd), 100001);
    for (size_t n = 0; n < sizeof asked; n++) /* cut short: no more than what is there */
        if (icq_request_read(span_of(asked, n), &r))
            (void)icq_meta_read(&r, &m);
    icq_text_write(&text, SPAN("hi"));
    buf_u8(&text, 0);
    icq_answer_write(&b, &(struct icq_answer){.who = {100001, 5},
                                              .type = ICQ_SHORT,
                                              .data = buf_span(&text)});
    assert_int_equal(b.n, sizeof told);
    assert_true(tlv_find(buf_span(&b), 1, &block));
    assert_true(span_eq(buf_span(&b), span_of(told, sizeof told)));
    assert_true(icq_tlv_next(&left, &type, &value) && type == ICQ_TLV_NICK);
    rd = rd_over(value);
    assert_true(span_is(icq_text_read(&rd), "Al"));
    assert_true(icq_tlv_next(&left, &type, &value) && type == ICQ_TLV_UIN);
    assert_int_equal(value.n, 2); /* QIP announces more than it sends */
    assert_false(icq_tlv_next(&left, &type, &value));
    buf_fini(&b);
    buf_fini(&text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(preferences_hold_where_they_are_meant),
        cmocka_unit_test(a_portion_holds_whole_items),
        cmocka_unit_test(a_clients_copy_may_lack_its_count),
        cmocka_unit_test(lists_cut_short_are_not_lists),
        cmocka_unit_test(class_limits_are_those_announced),
        cmocka_unit_test(a_status_text_is_found_among_items),
        cmocka_unit_test(a_written_status_is_read_back),
        cmocka_unit_test(capabilities_are_found_by_their_short_form),
        cmocka_unit_test(only_whole_capabilities_are_taken),
        cmocka_unit_test(text_is_found_among_fragments),
        cmocka_unit_test(a_rendezvous_is_read_and_refused),
        cmocka_unit_test(an_old_style_message_is_little_endian),
        cmocka_unit_test(authorization_names_the_other_party),
        cmocka_unit_test(an_icon_may_be_none),
        cmocka_unit_test(an_account_is_changed_by_what_is_there),
        cmocka_unit_test(a_directory_entry_counts_its_fields),
        cmocka_unit_test(icq_asks_and_is_answered_little_endian),
        cmocka_unit_test(an_image_is_asked_for_and_answered_in_two_forms),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
