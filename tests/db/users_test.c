#include "db/users.h"

#include "db/bindings.h"
#include "db/contacts.h"
#include "db/messages.h"
#include "db/privacy.h"
#include "db/publications.h"
#include "db/rosters.h"
#include "db/store_transaction.h"
#include "tests/db/folder.h"

static void what_is_added_is_found(void **state)
{
    struct folder *f = *state;
    struct user_row row = {.name = SPAN("chattychuck"),
                           .formatted = SPAN("Chatty Chuck"),
                           .password = span_of("\0\1\xff", 3),
                           .created = 1100000000};
    struct user_row got;
    int64_t id = 0;

    user_settings_init(row.settings);
    row.settings[USER_receipts] = 1;
    row.settings[USER_short_names] = FORM_NEVER;
    row.settings[USER_store_messages] = 0;
    GOOD(users_add(f->s, &row, &id));
    EXPECT(users_add(f->s, &row, &id), ERR_EXISTS);
    GOOD(users_find(f->s, row.name, &f->a, &got));
    assert_int_equal(got.id, id);
    EXPECT_SPAN(got.name, "chattychuck");
    EXPECT_SPAN(got.formatted, "Chatty Chuck");
    assert_true(span_eq(got.password, row.password));
    assert_int_equal(got.created, 1100000000);
    assert_memory_equal(got.settings, row.settings, sizeof row.settings);
    GOOD(users_find_id(f->s, id, &f->a, &got));
    EXPECT_SPAN(got.name, "chattychuck");
    EXPECT(users_find(f->s, SPAN("Chatty Chuck"), &f->a, &got), ERR_NO_USER);
    EXPECT(users_find_id(f->s, id + 1, &f->a, &got), ERR_NO_USER);
}

static void a_change_changes_that_user_only(void **state)
{
    struct folder *f = *state;
    struct user_row got;
    uint8_t settings[USER_SETTING__COUNT];

    folder_user(f, "alice");
    folder_user(f, "bob");
    GOOD(users_set_password(f->s, SPAN("alice"), SPAN("new")));
    GOOD(users_set_formatted(f->s, SPAN("alice"), SPAN("A lice")));
    GOOD(users_set_warning(f->s, SPAN("alice"), 130, 1100000300));
    EXPECT(users_set_warning(f->s, SPAN("carol"), 130, 1), ERR_NO_USER);
    user_settings_init(settings);
    settings[USER_html] = 1;
    GOOD(users_set_settings(f->s, SPAN("alice"), settings));
    EXPECT(users_set_password(f->s, SPAN("carol"), SPAN("new")), ERR_NO_USER);
    EXPECT(users_set_formatted(f->s, SPAN("carol"), SPAN("new")), ERR_NO_USER);
    EXPECT(users_set_settings(f->s, SPAN("carol"), settings), ERR_NO_USER);
    GOOD(users_find(f->s, SPAN("alice"), &f->a, &got));
    EXPECT_SPAN(got.password, "new");
    EXPECT_SPAN(got.formatted, "A lice");
    assert_int_equal(got.warning, 130);
    assert_int_equal(got.warned, 1100000300);
    assert_int_equal(got.settings[USER_html], 1);
    assert_int_equal(got.settings[USER_store_messages], 1);
    GOOD(users_find(f->s, SPAN("bob"), &f->a, &got));
    EXPECT_SPAN(got.password, "sealed");
    assert_int_equal(got.settings[USER_html], 0);
}

static void the_helpers_name_and_bound_names_are_refused(void **state)
{
    struct folder *f = *state;
    struct binding_row b = {.kind = BINDING_ALIAS,
                            .name = SPAN("bobxl74gbpy"),
                            .address = {SPAN("bob"), SPAN("example.com")},
                            .key = SPAN("bob@example.com")};
    struct user_row row = {.formatted = SPAN("x"), .password = SPAN("x")};
    int64_t id;

    GOOD(bindings_add(f->s, &b));
    row.name = b.name;
    EXPECT(users_add(f->s, &row, &id), ERR_RESERVED);
    row.name = SPAN("aimgate");
    EXPECT(users_add(f->s, &row, &id), ERR_RESERVED);
    GOOD(bindings_delete(f->s, BINDING_ALIAS, b.name));
    row.name = b.name;
    GOOD(users_add(f->s, &row, &id));
}

static void a_listing_is_sorted_by_name(void **state)
{
    struct folder *f = *state;
    static const char *const sorted[] = {"alice", "bob", "carol"};
    struct cursor c;
    struct user_row row;
    size_t n = 0;

    folder_user(f, "carol");
    folder_user(f, "alice");
    folder_user(f, "bob");
    GOOD(users_list(f->s, &c));
    for (; n < 3; n++) {
        assert_true(users_next(&c, &row));
        EXPECT_SPAN(row.name, sorted[n]);
    }
    assert_false(users_next(&c, &row));
    GOOD(cursor_close(&c));
}

static int64_t rows_of(struct folder *f, int64_t user)
{
    struct cursor c;
    struct contact_row contact;
    struct privacy_entry entry;
    struct publication_row publication;
    struct roster_row item;
    int64_t n = 0;

    GOOD(contacts_list_user(f->s, user, &c));
    while (contacts_next(&c, &contact))
        n++;
    GOOD(privacy_list_user(f->s, user, &c));
    while (privacy_next(&c, &entry))
        n++;
    GOOD(publications_list(f->s, &c));
    while (publications_next(&c, &publication))
        n++;
    GOOD(rosters_list(f->s, user, &c));
    while (rosters_next(&c, &item))
        n++;
    return n;
}

static void deleting_takes_all_that_was_theirs(void **state)
{
    struct folder *f = *state;
    int64_t user = folder_user(f, "alice"), again, message, other, count, bytes;
    struct contact_row contact = {.uri = SPAN("sip:a@host")};
    struct roster_row item = {.name = SPAN("bob")};
    struct privacy_entry entry = {.name = SPAN("carol")};
    struct publication_row publication = {.user = user, .etag = SPAN("e")};
    struct message_row m = {.recipient = SPAN("alice"), .m = {.text = SPAN("hi")}};
    struct cursor c;

    GOOD(contacts_replace(f->s, user, &contact, 1));
    GOOD(rosters_put(f->s, user, &item));
    GOOD(rosters_touch(f->s, user, 9));
    GOOD(privacy_put(f->s, user, &entry));
    GOOD(privacy_set_mode(f->s, user, 3));
    GOOD(publications_put(f->s, &publication, (struct span){0}));
    GOOD(messages_add(f->s, &m, NULL, 1000, &message));
    m.recipient = SPAN("bob");
    GOOD(messages_add(f->s, &m, NULL, 1000, &other));
    assert_int_equal(rows_of(f, user), 4);

    GOOD(store_begin(f->s));
    GOOD(users_delete(f->s, SPAN("alice")));
    GOOD(store_commit(f->s));
    EXPECT(users_delete(f->s, SPAN("alice")), ERR_NO_USER);
    assert_int_equal(rows_of(f, user), 0);
    /* what was stored for them is to be told to its senders, not forgotten */
    GOOD(messages_count(f->s, SPAN("alice"), &count, &bytes));
    assert_int_equal(count, 1);
    GOOD(messages_list_expired(f->s, 1001, 10, &c));
    assert_true(messages_next(&c, &m));
    assert_int_equal(m.id, message);
    assert_false(messages_next(&c, &m));
    again = folder_user(f, "alice");
    assert_int_not_equal(again, user); /* the id is not given out again */
}

static void settings_are_words_and_unknown_ones_are_skipped(void **state)
{
    uint8_t s[USER_SETTING__COUNT], standard[USER_SETTING__COUNT];
    enum user_setting which;
    uint8_t value;
    struct buf text = {0};

    (void)state;
    user_settings_init(standard);
    user_settings_parse(SPAN("receipts=on later=much short_names=always html=maybe"), s);
    assert_int_equal(s[USER_receipts], 1);
    assert_int_equal(s[USER_short_names], FORM_ALWAYS);
    assert_int_equal(s[USER_html], 0);
    user_settings_print(s, &text);
    assert_string_equal(buf_cstr(&text), "receipts=on short_names=always");
    buf_fini(&text);
    user_settings_parse((struct span){0}, s);
    assert_memory_equal(s, standard, sizeof s);
    for (size_t i = 0; i < USER_SETTING__COUNT; i++) {
        assert_true(user_setting_find(span_str(user_setting_name((enum user_setting)i)), &which));
        assert_int_equal(which, i);
        assert_non_null(user_setting_word(which, standard[i]));
        assert_true(strlen(user_setting_help(which)) > 0);
    }
    assert_false(user_setting_find(SPAN("colour"), &which));
    assert_false(user_setting_value(USER_html, SPAN("auto"), &value));
    assert_true(user_setting_value(USER_foreign_watchers, SPAN("confirm"), &value));
    assert_int_equal(value, CONSENT_CONFIRM);
}

/* M-507: whoever has him on his list goes on seeing him, but for those to whom he said no. */
static void who_wants_to_be_asked_has_said_yes_to_those_who_list_him(void **state)
{
    struct folder *f = *state;
    int64_t own = folder_user(f, "700700"), bob = folder_user(f, "bob"),
            eve = folder_user(f, "eve");
    const struct roster_row item = {.group = 1, .item = 2, .name = SPAN("700700")};
    const struct privacy_entry no = {.list = KEPT_WATCHER_REFUSED, .name = SPAN("eve")};
    uint8_t settings[USER_SETTING__COUNT];
    struct privacy_entry row;
    struct cursor c = {0};

    (void)folder_user(f, "carol");
    GOOD(rosters_put(f->s, bob, &item));
    GOOD(rosters_put(f->s, eve, &item));
    GOOD(privacy_put(f->s, own, &no));
    user_settings_init(settings);
    settings[USER_authorisation] = 1;
    GOOD(users_set_settings(f->s, SPAN("700700"), settings));
    GOOD(privacy_list_user(f->s, own, &c));
    assert_true(privacy_next(&c, &row));
    assert_int_equal(row.list, KEPT_WATCHER_ALLOWED);
    EXPECT_SPAN(row.name, "bob");
    assert_true(privacy_next(&c, &row));
    assert_int_equal(row.list, KEPT_WATCHER_REFUSED);
    assert_false(privacy_next(&c, &row));
    GOOD(cursor_close(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(what_is_added_is_found),
        IN_FOLDER(a_change_changes_that_user_only),
        IN_FOLDER(the_helpers_name_and_bound_names_are_refused),
        IN_FOLDER(who_wants_to_be_asked_has_said_yes_to_those_who_list_him),
        IN_FOLDER(a_listing_is_sorted_by_name),
        IN_FOLDER(deleting_takes_all_that_was_theirs),
        cmocka_unit_test(settings_are_words_and_unknown_ones_are_skipped),
    };

    return cmocka_run_group_tests_name("db/users", tests, NULL, NULL);
}
