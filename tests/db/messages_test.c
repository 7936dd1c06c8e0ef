#include "db/messages.h"

#include "db/store_transaction.h"
#include "tests/db/folder.h"

enum { NOW = 1100000000 };

static struct message_row row_to(const char *recipient, const char *text)
{
    return (struct message_row){
        .recipient = span_str(recipient),
        .m = {.from = {SPAN("bob"), SPAN("example.com")},
              .to = {span_str(recipient), SPAN("aim.example.net")},
              .text = span_str(text),
              .sent = NOW - 5},
    };
}

static size_t ids(struct cursor *c, int64_t *to, size_t max)
{
    struct message_row row;
    size_t n = 0;

    while (n < max && messages_next(c, &row))
        to[n++] = row.id;
    GOOD(cursor_close(c));
    return n;
}

static void every_field_comes_back(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi\nthere"), got;
    int64_t id;

    row.key = SPAN("0123456789abcdef");
    row.m.from.user = span_of("B\xc3\xb6"
                              "b",
                              4);
    row.m.friendly = SPAN("Bob");
    row.m.html = SPAN("<B>hi</B>");
    memcpy(row.m.cookie, "\0\1\2\3\4\5\6\7", 8);
    row.m.auto_reply = row.m.patient = true;
    row.m.receipts = RECEIPT_DELIVERY | RECEIPT_FAILURE;
    row.m.receipt_id = SPAN("id-1");
    row.m.receipt_time = SPAN("2001-07-23T14:00:00Z");
    row.m.expires = NOW + 60;
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    GOOD(messages_find(f->s, id, &f->a, &got));
    assert_int_equal(got.id, id);
    assert_int_equal(got.direction, MESSAGE_IN);
    EXPECT_SPAN(got.recipient, "alice");
    EXPECT_SPAN(got.key, "0123456789abcdef");
    assert_true(span_eq(got.m.from.user, row.m.from.user));
    EXPECT_SPAN(got.m.from.host, "example.com");
    EXPECT_SPAN(got.m.to.user, "alice");
    EXPECT_SPAN(got.m.to.host, "aim.example.net");
    EXPECT_SPAN(got.m.friendly, "Bob");
    EXPECT_SPAN(got.m.text, "hi\nthere");
    EXPECT_SPAN(got.m.html, "<B>hi</B>");
    assert_memory_equal(got.m.cookie, row.m.cookie, 8);
    assert_int_equal(got.m.sent, NOW - 5);
    assert_int_equal(got.m.expires, NOW + 60);
    assert_true(got.m.auto_reply && got.m.patient && !got.m.notice);
    assert_int_equal(got.m.receipts, row.m.receipts);
    EXPECT_SPAN(got.m.receipt_id, "id-1");
    EXPECT_SPAN(got.m.receipt_time, "2001-07-23T14:00:00Z");
    assert_int_equal(got.arrived, NOW);
    assert_int_equal(got.size, 8 + 9 + 3);
    EXPECT(messages_find(f->s, id + 1, &f->a, &got), ERR_NOT_FOUND);
}

static void the_same_key_is_the_same_message_for_an_hour_after_it_is_done(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi");
    int64_t id, other;
    int gone;

    row.key = SPAN("key-of-16-octets");
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    EXPECT(messages_add(f->s, &row, NULL, NOW + 1, &other), ERR_EXISTS);
    assert_int_equal(other, id);
    GOOD(messages_done(f->s, id, NOW + 10));
    EXPECT(messages_done(f->s, id, NOW + 10), ERR_NOT_FOUND);
    other = 0;
    EXPECT(messages_add(f->s, &row, NULL, NOW + 3609, &other), ERR_EXISTS);
    assert_int_equal(other, id);
    GOOD(messages_forget_keys(f->s, NOW + 3609, 10, &gone));
    assert_int_equal(gone, 0);
    GOOD(messages_find_key(f->s, row.key, NOW + 3609, &other));
    EXPECT(messages_find_key(f->s, row.key, NOW + 3610, &other), ERR_NOT_FOUND);
    GOOD(messages_forget_keys(f->s, NOW + 3610, 10, &gone));
    assert_int_equal(gone, 1);
    EXPECT(messages_find_key(f->s, row.key, NOW, &other), ERR_NOT_FOUND);
    GOOD(messages_add(f->s, &row, NULL, NOW + 3610, &other));
    assert_true(other > id); /* never given out twice */
}

static void without_a_key_each_is_a_message_of_its_own(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi");
    int64_t id[3];
    struct cursor c;

    GOOD(messages_add(f->s, &row, NULL, NOW, &id[0]));
    GOOD(messages_add(f->s, &row, NULL, NOW, &id[1]));
    GOOD(messages_done(f->s, id[0], NOW));
    GOOD(messages_list(f->s, SPAN("alice"), &c));
    assert_int_equal(ids(&c, id, 3), 1);
}

static void a_delivery_that_broke_is_stored_again(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi");
    int64_t id;

    row.key = SPAN("key");
    GOOD(messages_remember(f->s, row.key, NOW));
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_EXISTS);
    row.again = true;
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_EXISTS);
    EXPECT(messages_remember(f->s, (struct span){0}, NOW), ERR_RANGE);
    row.key = SPAN("a key that is longer than the 32 octets it may have");
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_RANGE);
}

static void the_hundred_and_first_message_has_no_room(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi");
    int64_t id, first = 0, count, bytes;

    GOOD(store_begin(f->s));
    for (int i = 0; i < MESSAGES_PER_RECIPIENT; i++) {
        row.key = i ? (struct span){0} : SPAN("the first");
        GOOD(messages_add(f->s, &row, NULL, NOW, &id));
        first = first ? first : id;
    }
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_FULL);
    row.key = SPAN("the first"); /* a repeat is told from a new one there, too */
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_EXISTS);
    row.key = (struct span){0};
    GOOD(store_commit(f->s));
    row.recipient = SPAN("bob"); /* everybody has room of their own */
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    row.recipient = SPAN("alice");
    GOOD(messages_done(f->s, first, NOW));
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_FULL);
    GOOD(messages_count(f->s, SPAN("alice"), &count, &bytes));
    assert_int_equal(count, 100);
    assert_int_equal(bytes, 200);
}

static void what_was_promised_finds_room_and_its_old_place(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi"), first;
    struct cursor c;
    int64_t id;

    GOOD(store_begin(f->s));
    for (int i = 0; i < MESSAGES_PER_RECIPIENT; i++) {
        row.turn = 1000 + i;
        GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    }
    row.turn = 999;
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_FULL);
    row.again = true; /* its session broke after it was answered 200 */
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    GOOD(store_commit(f->s));
    GOOD(messages_list(f->s, SPAN("alice"), &c));
    assert_true(messages_next(&c, &first));
    assert_int_equal(first.id, id);
    GOOD(cursor_close(&c));
}

static void nor_has_what_would_pass_256_kib(void **state)
{
    struct folder *f = *state;
    static char big[64 * 1024 + 1];
    struct message_limits tight = {.count = 2, .bytes = 10};
    struct message_row row;
    int64_t id;

    memset(big, 'x', sizeof big - 1);
    row = row_to("alice", big);
    for (int i = 0; i < 4; i++)
        GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    row.m.text = SPAN("x");
    EXPECT(messages_add(f->s, &row, NULL, NOW, &id), ERR_FULL);
    row = row_to("bob", "12345678901");
    EXPECT(messages_add(f->s, &row, &tight, NOW, &id), ERR_FULL);
    row.m.text = SPAN("12345");
    GOOD(messages_add(f->s, &row, &tight, NOW, &id));
    GOOD(messages_add(f->s, &row, &tight, NOW, &id));
    EXPECT(messages_add(f->s, &row, &tight, NOW, &id), ERR_FULL);
}

static void they_come_oldest_first_and_by_recipient(void **state)
{
    struct folder *f = *state;
    struct message_row alice = row_to("alice", "hi"), bob = row_to("bob", "hi");
    int64_t a1, b1, a2, got[4];
    struct cursor c;

    GOOD(messages_add(f->s, &alice, NULL, NOW, &a1));
    GOOD(messages_add(f->s, &bob, NULL, NOW, &b1));
    GOOD(messages_add(f->s, &alice, NULL, NOW - 50, &a2));
    GOOD(messages_list(f->s, SPAN("alice"), &c));
    assert_int_equal(ids(&c, got, 4), 2);
    assert_int_equal(got[0], a1);
    assert_int_equal(got[1], a2);
}

static void what_waits_for_a_domain_is_listed_by_it(void **state)
{
    struct folder *f = *state;
    struct message_row out = row_to("bob@example.com", "hi");
    int64_t first, second, other, got[4] = {0};
    struct message_count count;
    struct cursor c;

    out.direction = MESSAGE_OUT;
    out.m.to = (struct address){SPAN("bob"), SPAN("example.com"), false};
    GOOD(messages_add(f->s, &out, NULL, NOW, &first));
    GOOD(messages_add(f->s, &out, NULL, NOW + 1, &second));
    out.recipient = SPAN("carol@example.org");
    out.m.to = (struct address){SPAN("carol"), SPAN("example.org"), false};
    GOOD(messages_add(f->s, &out, NULL, NOW, &other));
    GOOD(messages_list_domain(f->s, SPAN("example.com"), 0, &c));
    assert_int_equal(ids(&c, got, 4), 2);
    assert_int_equal(got[0], first);
    GOOD(messages_list_domain(f->s, SPAN("example.com"), first, &c));
    assert_int_equal(ids(&c, got, 4), 1);
    assert_int_equal(got[0], second);
    GOOD(messages_list_counts(f->s, &c));
    assert_true(messages_next_count(&c, &count));
    EXPECT_SPAN(count.recipient, "bob@example.com");
    assert_int_equal(count.direction, MESSAGE_OUT);
    assert_int_equal(count.count, 2);
    assert_int_equal(count.bytes, 4);
    assert_int_equal(count.oldest, NOW);
    assert_true(messages_next_count(&c, &count));
    assert_false(messages_next_count(&c, &count));
    GOOD(cursor_close(&c));
}

static void what_is_past_its_time_stays_until_its_sender_was_told(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *what;
        int64_t asked, kept;
    } cases[] = {
        {"an hour", NOW + 3600, NOW + 3600},
        {"no word", 0, NOW + MESSAGES_KEEP},
        {"a year", NOW + 365 * 86400, NOW + MESSAGES_KEEP},
    };
    struct message_row row = row_to("alice", "hi"), got;
    int64_t id[3], next, due[3] = {0};
    struct cursor c;

    GOOD(messages_next_expiry(f->s, &next));
    assert_int_equal(next, 0);
    for (size_t i = 0; i < 3; i++) {
        row.m.expires = cases[i].asked;
        GOOD(messages_add(f->s, &row, NULL, NOW, &id[i]));
        GOOD(messages_find(f->s, id[i], &f->a, &got));
        if (got.m.expires != cases[i].kept)
            print_error("%s\n", cases[i].what);
        assert_int_equal(got.m.expires, cases[i].kept);
    }
    GOOD(messages_next_expiry(f->s, &next));
    assert_int_equal(next, NOW + 3600);
    GOOD(messages_list_expired(f->s, NOW + 3599, 10, &c));
    assert_int_equal(ids(&c, due, 3), 0);
    for (int twice = 0; twice < 2; twice++) {
        GOOD(messages_list_expired(f->s, NOW + 3600, 10, &c));
        assert_int_equal(ids(&c, due, 3), 1);
        assert_int_equal(due[0], id[0]);
    }
    GOOD(messages_done(f->s, id[0], NOW + 3600));
    GOOD(messages_list_expired(f->s, NOW + MESSAGES_KEEP, 1, &c));
    assert_int_equal(ids(&c, due, 3), 1); /* at most as many as asked for */
}

/* M-541 to M-548: what strangers wrote is found by their names alone until it is wanted. */
static void a_strangers_messages_wait_apart(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice joe@p.test", "hi"), got;
    struct cursor c;
    struct message_count n;
    int64_t id, all[20];
    bool first;
    int moved;

    row.held = true;
    for (int i = 0; i < MESSAGES_HELD_MAX; i++) {
        GOOD(messages_add_held(f->s, &row, NOW + i, &id, &first));
        assert_int_equal(first, i == 0);
    }
    assert_int_equal(messages_add_held(f->s, &row, NOW, &id, &first), ERR_FULL);
    GOOD(messages_list(f->s, SPAN("alice"), &c));
    assert_int_equal(ids(&c, all, 20), 0);
    GOOD(messages_list_expired(f->s, NOW + MESSAGES_HOLD, 20, &c));
    assert_int_equal(ids(&c, all, 20), 1); /* M-546: the first one's day is over */
    GOOD(messages_list_strangers(f->s, SPAN("alice"), &c));
    assert_true(messages_next_count(&c, &n));
    EXPECT_SPAN(messages_stranger(n.recipient), "joe@p.test");
    assert_int_equal(n.count, MESSAGES_HELD_MAX);
    assert_false(messages_next_count(&c, &n));
    GOOD(cursor_close(&c));
    GOOD(messages_list_strangers(f->s, SPAN("alic"), &c));
    assert_false(messages_next_count(&c, &n)); /* nobody else's */
    GOOD(cursor_close(&c));
    GOOD(messages_welcome(f->s, SPAN("alice joe@p.test"), SPAN("alice"), &moved));
    assert_int_equal(moved, MESSAGES_HELD_MAX);
    GOOD(messages_list(f->s, SPAN("alice"), &c));
    assert_int_equal(ids(&c, all, 20), MESSAGES_HELD_MAX);
    GOOD(messages_find(f->s, all[0], &f->a, &got));
    assert_int_equal(got.m.expires, NOW + MESSAGES_KEEP); /* as if it had never waited */
}

static void so_many_strangers_wait(void **state)
{
    struct folder *f = *state;
    int64_t id;
    bool first;
    char box[64];

    for (int i = 0; i <= MESSAGES_STRANGERS_MAX; i++) {
        struct message_row row;

        (void)snprintf(box, sizeof box, "alice s%02d@p.test", i);
        row = row_to(box, "hi");
        row.held = true;
        assert_int_equal(messages_add_held(f->s, &row, NOW, &id, &first),
                         i < MESSAGES_STRANGERS_MAX ? OK : ERR_BUSY);
    }
}

static void what_is_not_wanted_is_dropped_and_remembered(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice joe@p.test", "hi"), later = row;
    int64_t id, next, found;
    bool first;

    row.held = later.held = true;
    row.key = SPAN("key1");
    GOOD(messages_add_held(f->s, &row, NOW, &id, &first));
    GOOD(messages_add_held(f->s, &later, NOW, &next, &first));
    GOOD(messages_drop_held(f->s, SPAN("alice joe@p.test"), id, NOW));
    assert_int_equal(messages_find(f->s, id, &f->a, &row), ERR_NOT_FOUND);
    /* a repeat is not asked about anew */
    GOOD(messages_find_key(f->s, SPAN("key1"), NOW + 60, &found));
    GOOD(messages_find(f->s, next, &f->a, &row));
}

static void one_that_waited_for_its_recipient_waits_for_a_yes(void **state)
{
    struct folder *f = *state;
    struct message_row row = row_to("alice", "hi"), got;
    int64_t id;
    bool first;

    row.m.expires = NOW + 600;
    GOOD(messages_add(f->s, &row, NULL, NOW, &id));
    GOOD(messages_hold(f->s, id, SPAN("alice"), SPAN("alice joe@p.test"), NOW, &first));
    assert_true(first);
    assert_int_equal(messages_hold(f->s, id, SPAN("alice"), SPAN("alice joe@p.test"), NOW, &first),
                     ERR_NOT_FOUND);
    GOOD(messages_find(f->s, id, &f->a, &got));
    EXPECT_SPAN(got.recipient, "alice joe@p.test");
    assert_int_equal(got.m.expires, NOW + 600); /* earlier than a day: it stays */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(every_field_comes_back),
        IN_FOLDER(the_same_key_is_the_same_message_for_an_hour_after_it_is_done),
        IN_FOLDER(without_a_key_each_is_a_message_of_its_own),
        IN_FOLDER(a_delivery_that_broke_is_stored_again),
        IN_FOLDER(the_hundred_and_first_message_has_no_room),
        IN_FOLDER(nor_has_what_would_pass_256_kib),
        IN_FOLDER(what_was_promised_finds_room_and_its_old_place),
        IN_FOLDER(they_come_oldest_first_and_by_recipient),
        IN_FOLDER(what_waits_for_a_domain_is_listed_by_it),
        IN_FOLDER(what_is_past_its_time_stays_until_its_sender_was_told),
        IN_FOLDER(a_strangers_messages_wait_apart),
        IN_FOLDER(so_many_strangers_wait),
        IN_FOLDER(what_is_not_wanted_is_dropped_and_remembered),
        IN_FOLDER(one_that_waited_for_its_recipient_waits_for_a_yes),
    };

    return cmocka_run_group_tests_name("db/messages", tests, NULL, NULL);
}
