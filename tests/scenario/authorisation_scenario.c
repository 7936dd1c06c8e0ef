/* An ICQ user who wants to be asked before others see him (M-507), and whoever would like to. */
#include "tests/scenario/world.h"

static struct world w;

static const char mark[] = "\0\146\0\0"; /* attribute 0x0066, empty: waits for a yes */

static uint32_t adds(struct aim *a, const char *name, uint16_t item, bool marked)
{
    struct buf b = {0};

    aim_put_item(&b, name, 1, item, 0, span_of(mark, marked ? 4 : 0));
    return aim_send_buf(a, 0x13, 8, &b);
}

/* 13/14 grants ahead, 13/18 asks, 13/1A answers: `how` is 0, 1, or -1 where there is no such octet.
 */
static void authorises(struct aim *a, uint16_t subtype, const char *name, int how,
                       const char *words)
{
    struct buf b = {0};

    aim_put_name(&b, name);
    if (how >= 0)
        buf_u8(&b, (uint8_t)how);
    aim_put16(&b, (unsigned)strlen(words));
    buf_str(&b, words);
    aim_put16(&b, 0);
    (void)aim_send_buf(a, 0x13, subtype, &b);
}

/* 13/15, 13/19 or 13/1B. */
static void expect_auth(struct aim *a, uint16_t subtype, const char *name, int how,
                        const char *words)
{
    struct buf b = {0};

    buf_put(&b, "\0\6\0\1\0\2\0\4", 8);
    aim_put_name(&b, name);
    if (how >= 0)
        buf_u8(&b, (uint8_t)how);
    aim_put16(&b, (unsigned)strlen(words));
    buf_str(&b, words);
    aim_expect(a, 0x13, subtype, (const char *)b.p, b.n, "\0\0", 2);
    buf_fini(&b);
}

/* A message of channel 4, little-endian. */
static void says_old(struct aim *a, const char *to, uint32_t uin, uint8_t type, const char *text)
{
    struct buf b = {0}, data = {0};

    buf_u32(&data, __builtin_bswap32(uin));
    buf_u8(&data, type);
    buf_u8(&data, 0);
    buf_u8(&data, (uint8_t)(strlen(text) + 1));
    buf_u8(&data, 0);
    buf_put(&data, text, strlen(text) + 1);
    buf_u32(&b, 0x6F6C6400);
    buf_u32(&b, ++a->w->serial);
    aim_put16(&b, 4);
    aim_put_name(&b, to);
    aim_put_tlv(&b, 5, data.p, data.n);
    buf_fini(&data);
    (void)aim_send_buf(a, 4, 6, &b);
}

static void expect_old(struct aim *a, const char *from, uint32_t uin, uint8_t type,
                       const char *text)
{
    struct aim_person p;
    struct aim_heard h;
    struct span data;

    assert_true(aim_find(a, 4, 7, &h));
    (void)aim_take(&h.body, 8);
    assert_int_equal(aim_u16(&h.body), 4);
    aim_person(&h.body, &p);
    assert_string_equal(p.name, from);
    data = aim_tlv(h.body, 5);
    assert_int_equal(__builtin_bswap32(aim_u32(&data)), uin);
    assert_int_equal(aim_u8(&data), type);
    (void)aim_take(&data, 3);
    assert_int_equal(data.n, strlen(text) + 1);
    assert_memory_equal(data.p, text, data.n);
}

/* 700700 wants to be asked; 800800 is an ICQ user, too. */
static void begin(void)
{
    world_user(&w, "800800");
    world_sets(&w, "700700", "authorisation", "on");
}

static void whoever_asks_waits_for_a_yes_and_sees_nothing_before(void **state)
{
    struct aim *own, *other;

    (void)state;
    begin();
    own = aim_arrives(&w, "700700");
    other = aim_arrives(&w, "800800");
    aim_forget(other);
    (void)adds(other, "700700", 9, false);
    aim_expect_edited(other, 0x0E);
    authorises(other, 0x18, "700700", -1, "it is me");
    (void)adds(other, "700700", 9, true);
    aim_expect_edited(other, 0);
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(other, 3, 0xB);
    (void)aim_asks(other, "700700");
    aim_expect_error(other, 4);
    expect_auth(own, 0x19, "800800", -1, "it is me");
    authorises(own, 0x1A, "800800", 1, "welcome");
    aim_expect(other, 0x13, 9,
               "\0\6"
               "700700"
               "\0\1\0\11\0\0",
               14, "\0\0", 2);
    expect_auth(other, 0x1B, "700700", 1, "welcome");
    aim_expect_arrived(other, "700700", false);
    aim_sign_off(other);
    other = aim_arrives(&w, "800800");
    aim_expect_arrived(other, "700700", false);
}

static void who_is_not_there_is_asked_when_he_comes_and_a_no_holds(void **state)
{
    struct aim *own, *other;

    (void)state;
    begin();
    other = aim_arrives(&w, "800800");
    authorises(other, 0x18, "700700", -1, "please");
    (void)adds(other, "700700", 9, true);
    world_pass(&w, HOUR);
    own = aim_arrives(&w, "700700");
    expect_auth(own, 0x19, "800800", -1, "would like to see when you are online");
    aim_expect_nothing_of(other, 3, 0xB);
    authorises(own, 0x1A, "800800", 0, "no");
    expect_auth(other, 0x1B, "700700", 0, "no");
    authorises(other, 0x18, "700700", -1, "please, please");
    expect_auth(other, 0x1B, "700700", 0, "");
    aim_expect_nothing_of(own, 0x13, 0x19);
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(other, 3, 0xB);
}

static void an_aim_user_is_spoken_for(void **state)
{
    struct aim *own, *alice;

    (void)state;
    begin();
    own = aim_arrives(&w, "700700");
    alice = aim_arrives(&w, "alice");
    (void)adds(alice, "700700", 9, false);
    aim_expect_edited(alice, 0);
    aim_expect_im(alice, "aimgate", "700700 is asked whether you may see when he is online.");
    expect_auth(own, 0x19, "alice", -1, "would like to see when you are online");
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(alice, 3, 0xB);
    authorises(own, 0x1A, "alice", 1, "");
    aim_expect_arrived(alice, "700700", false);
    aim_says(own, "aimgate", "refuse alice");
    aim_expect_departed(alice, "700700");
}

static void the_answer_reaches_whoever_was_away(void **state)
{
    struct aim *own, *alice;

    (void)state;
    begin();
    own = aim_arrives(&w, "700700");
    alice = aim_arrives(&w, "alice");
    (void)adds(alice, "700700", 9, false);
    aim_sign_off(alice);
    authorises(own, 0x1A, "alice", 1, "");
    alice = aim_arrives(&w, "alice");
    aim_expect_im(alice, "aimgate", "700700 lets you see when he is online.");
}

static void leave_is_given_ahead(void **state)
{
    struct aim *own, *other;

    (void)state;
    begin();
    own = aim_arrives(&w, "700700");
    other = aim_arrives(&w, "800800");
    authorises(own, 0x14, "800800", -1, "add me");
    expect_auth(other, 0x15, "700700", -1, "add me");
    authorises(own, 0x14, "800800", -1, "add me");
    aim_expect_nothing_of(other, 0x13, 0x15);
    (void)adds(other, "700700", 9, false);
    aim_expect_edited(other, 0);
    aim_expect_arrived(other, "700700", false);
}

static void old_clients_ask_and_answer_by_messages(void **state)
{
    struct aim *own, *other;

    (void)state;
    begin();
    own = aim_arrives_so(&w, &(struct aim_login){.name = "700700", .old = true});
    other = aim_arrives_so(&w, &(struct aim_login){.name = "800800", .old = true});
    aim_names(own, 3, 4, "dave");
    aim_names(other, 3, 4, "700700");
    aim_ready(own);
    aim_ready(other);
    says_old(other, "700700", 800800, 6,
             "o\xFE\xFE\xFE\xFE"
             "1\xFEit is me");
    expect_old(own, "800800", 800800, 6,
               "800800\xFE\xFE\xFE\xFE"
               "1\xFEit is me");
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(other, 3, 0xB);
    says_old(own, "800800", 700700, 8, "");
    expect_old(other, "700700", 700700, 8, "");
    aim_expect_arrived(other, "700700", false);
}

/* SNAC 0x0015/0x0002, type 0x07D0; `n` octets behind its sequence. */
static void asks_icq(struct aim *a, uint32_t uin, const void *data, size_t n)
{
    struct buf b = {0}, block = {0};

    buf_u8(&block, (uint8_t)(8 + n));
    buf_u8(&block, 0);
    buf_u32(&block, __builtin_bswap32(uin));
    buf_put(&block, "\xD0\7\1\0", 4);
    buf_put(&block, data, n);
    aim_put_tlv(&b, 1, block.p, block.n);
    buf_fini(&block);
    (void)aim_send_buf(a, 0x15, 2, &b);
}

/* The octet that says whether leave is needed, of short information about 700700: 0 where it is. */
static int shown_authorisation(struct aim *a)
{
    struct span body;

    asks_icq(a, 800800, "\xBA\4\x1C\xB1\12\0", 6);
    body = aim_expect_body(a, 0x15, 3);
    assert_true(body.n > 3);
    return body.p[body.n - 3];
}

static void the_owner_turns_it_on_and_those_who_saw_him_so_far_go_on(void **state)
{
    struct aim *own, *other, *alice;

    (void)state;
    world_user(&w, "800800");
    own = aim_arrives(&w, "700700");
    other = aim_arrives(&w, "800800");
    alice = aim_arrives(&w, "alice");
    (void)adds(other, "700700", 9, false);
    aim_expect_arrived(other, "700700", false);
    assert_int_equal(shown_authorisation(other), 1);
    asks_icq(own, 700700, "\x3A\x0C\xF8\2\1\0\0", 7);
    (void)aim_expect_body(own, 0x15, 3);
    assert_int_equal(shown_authorisation(other), 0);
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(other, 3, 0xC);
    (void)adds(alice, "700700", 9, false);
    world_pass(&w, 3 * SECOND);
    aim_expect_nothing_of(alice, 3, 0xB);
    asks_icq(own, 700700, "\x24\4\1\0\0\0", 6);
    (void)aim_expect_body(own, 0x15, 3);
    aim_expect_arrived(alice, "700700", false);
    assert_int_equal(shown_authorisation(other), 1);
}

static void users_elsewhere_ask_in_the_same_way(void **state)
{
    struct sip_watch watch = {0};
    struct sip_heard h;
    struct aim *own;

    (void)state;
    begin();
    own = aim_arrives(&w, "700700");
    assert_int_equal(sip_watches(&w, &watch, "bob@sip.example.org", "700700@aim.test", 3600) / 100,
                     2);
    sip_expect_notify(&w, &h);
    assert_memory_equal(h.state, "pending", 7);
    expect_auth(own, 0x19, "bob@sip.example.org", -1, "would like to see when you are online");
    authorises(own, 0x1A, "bob@sip.example.org", 1, "");
    sip_expect_seen(&w, "open");
}

static void whoever_is_blocked_is_told_what_all_are_told(void **state)
{
    struct aim *own, *alice;

    (void)state;
    begin();
    own = aim_arrives(&w, "700700");
    alice = aim_arrives(&w, "alice");
    aim_lists(own, true, "alice", 0, 9, 3);
    (void)adds(alice, "700700", 9, false);
    aim_expect_im(alice, "aimgate", "700700 is asked whether you may see when he is online.");
    aim_expect_nothing_of(own, 0x13, 0x19);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(whoever_asks_waits_for_a_yes_and_sees_nothing_before),
        CONVERSATION(who_is_not_there_is_asked_when_he_comes_and_a_no_holds),
        CONVERSATION(an_aim_user_is_spoken_for),
        CONVERSATION(the_answer_reaches_whoever_was_away),
        CONVERSATION(leave_is_given_ahead),
        CONVERSATION(old_clients_ask_and_answer_by_messages),
        CONVERSATION(the_owner_turns_it_on_and_those_who_saw_him_so_far_go_on),
        CONVERSATION(users_elsewhere_ask_in_the_same_way),
        CONVERSATION(whoever_is_blocked_is_told_what_all_are_told),
    };

    return cmocka_run_group_tests_name("scenario/authorisation", tests, NULL, NULL);
}
