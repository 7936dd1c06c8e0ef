/* The smaller rooms: contacts, rosters, icons, privacy, watchers, publications. */
#include "db/contacts.h"
#include "db/directory.h"
#include "db/icons.h"
#include "db/messages.h"
#include "db/policies.h"
#include "db/privacy.h"
#include "db/publications.h"
#include "db/rosters.h"
#include "db/store_transaction.h"
#include "db/sweep.h"
#include "db/watchers.h"
#include "tests/db/folder.h"

static void registrations_are_replaced_as_a_whole(void **state)
{
    struct folder *f = *state;
    int64_t alice = folder_user(f, "alice"), bob = folder_user(f, "bob");
    struct contact_row two[] = {
        {.uri = SPAN("sip:a@192.0.2.1;ob"),
         .q = 700,
         .expires = 2000,
         .call_id = SPAN("c1"),
         .cseq = 4000000000,
         .instance = SPAN("<urn:uuid:1>"),
         .reg_id = 1,
         .methods = SPAN("MESSAGE,NOTIFY"),
         .path = SPAN("<sip:p;lr>"),
         .hop = span_of("\0\1", 2),
         .agent = SPAN("Phone/1")},
        {.uri = SPAN("sip:a@192.0.2.2"), .q = 1000, .expires = 1000},
    };
    struct contact_row row;
    struct cursor c;

    GOOD(contacts_replace(f->s, alice, two, 2));
    GOOD(contacts_replace(f->s, bob, &two[1], 1));
    GOOD(contacts_list(f->s, &c));
    assert_true(contacts_next(&c, &row));
    assert_int_equal(row.user, alice);
    EXPECT_SPAN(row.name, "alice");
    EXPECT_SPAN(row.uri, "sip:a@192.0.2.1;ob");
    assert_int_equal(row.q, 700);
    assert_int_equal(row.expires, 2000);
    EXPECT_SPAN(row.call_id, "c1");
    assert_true(row.cseq == 4000000000);
    EXPECT_SPAN(row.instance, "<urn:uuid:1>");
    assert_int_equal(row.reg_id, 1);
    EXPECT_SPAN(row.methods, "MESSAGE,NOTIFY");
    EXPECT_SPAN(row.path, "<sip:p;lr>");
    assert_true(span_eq(row.hop, two[0].hop));
    EXPECT_SPAN(row.agent, "Phone/1");
    assert_true(contacts_next(&c, &row));
    EXPECT_SPAN(row.uri, "sip:a@192.0.2.2");
    assert_true(contacts_next(&c, &row));
    EXPECT_SPAN(row.name, "bob");
    assert_false(contacts_next(&c, &row));
    GOOD(contacts_expire(f->s, 1000));
    GOOD(contacts_list(f->s, &c));
    assert_true(contacts_next(&c, &row));
    assert_false(contacts_next(&c, &row));
    GOOD(contacts_replace(f->s, alice, NULL, 0));
    GOOD(contacts_list_user(f->s, alice, &c));
    assert_false(contacts_next(&c, &row));
    EXPECT(contacts_replace(f->s, bob + 1, two, 1), ERR_NO_USER);
}

static void a_rule_document_is_kept_as_it_came(void **state)
{
    struct folder *f = *state;
    int64_t user = folder_user(f, "alice");
    const struct span document = span_of("<a>\0\xff\n</a>", 10), other = SPAN("<b/>");
    struct arena a = {0};
    struct span out;

    EXPECT(policies_find(f->s, user, &a, &out), ERR_NOT_FOUND);
    EXPECT(policies_delete(f->s, user), ERR_NOT_FOUND);
    EXPECT(policies_put(f->s, user + 1, document), ERR_NO_USER);
    GOOD(policies_put(f->s, user, other));
    GOOD(policies_put(f->s, user, document));
    GOOD(policies_find(f->s, user, &a, &out));
    assert_true(span_eq(out, document));
    GOOD(users_delete(f->s, SPAN("alice")));
    EXPECT(policies_find(f->s, user, &a, &out), ERR_NOT_FOUND);
    arena_fini(&a);
}

static void roster_items_are_byte_exact_and_sorted(void **state)
{
    struct folder *f = *state;
    int64_t user = folder_user(f, "alice");
    const struct roster_row items[] = {
        {2, 0, 1, SPAN("Work"), {0}},
        {1, 0xFFFF, 0, span_of("b\0b\xff", 4), span_of("\0\1\0\2\0\0", 6)},
        {0, 0, 1, {0}, span_of("\0\xc8\0\2\0\1", 6)},
        {1, 0, 1, SPAN("Buddies"), {0}},
    };
    static const uint16_t sorted[][2] = {{0, 0}, {1, 0}, {1, 0xFFFF}, {2, 0}};
    struct roster_row row, changed = {1, 0xFFFF, 0, SPAN("new"), {0}};
    struct cursor c;
    struct arena a = {0};
    int64_t owner, n, changed_at;
    uint16_t class;

    GOOD(rosters_changed(f->s, user, &changed_at));
    assert_int_equal(changed_at, 0);
    for (size_t i = 0; i < 4; i++)
        GOOD(rosters_put(f->s, user, &items[i]));
    GOOD(rosters_touch(f->s, user, 5));
    GOOD(rosters_touch(f->s, user, 6));
    GOOD(rosters_changed(f->s, user, &changed_at));
    assert_int_equal(changed_at, 6);
    GOOD(rosters_touch(f->s, user, 6)); /* the same second is another change all the same */
    GOOD(rosters_changed(f->s, user, &changed_at));
    assert_int_equal(changed_at, 7);
    GOOD(rosters_find(f->s, user, 2, 0, &a, &row));
    EXPECT_SPAN(row.name, "Work");
    EXPECT(rosters_find(f->s, user, 2, 1, &a, &row), ERR_NOT_FOUND);
    GOOD(rosters_list_counts(f->s, user, &c));
    assert_true(rosters_next_count(&c, &class, &n));
    assert_int_equal(class, 0);
    assert_int_equal(n, 1);
    assert_true(rosters_next_count(&c, &class, &n));
    assert_int_equal(class, 1);
    assert_int_equal(n, 3);
    assert_false(rosters_next_count(&c, &class, &n));
    GOOD(cursor_close(&c));
    arena_fini(&a);
    GOOD(rosters_list(f->s, user, &c));
    for (size_t i = 0; i < 4; i++) {
        assert_true(rosters_next(&c, &row));
        assert_int_equal(row.group, sorted[i][0]);
        assert_int_equal(row.item, sorted[i][1]);
        if (i == 2) {
            assert_true(span_eq(row.name, items[1].name));
            assert_true(span_eq(row.attributes, items[1].attributes));
        }
    }
    assert_false(rosters_next(&c, &row));
    GOOD(rosters_list_owners(f->s, 0, items[1].name, &c));
    assert_true(rosters_next_owner(&c, &owner));
    assert_int_equal(owner, user);
    assert_false(rosters_next_owner(&c, &owner));
    GOOD(rosters_put(f->s, user, &changed));
    GOOD(rosters_delete(f->s, user, 2, 0));
    EXPECT(rosters_delete(f->s, user, 2, 0), ERR_NOT_FOUND);
    GOOD(rosters_list_counts(f->s, user, &c));
    assert_true(rosters_next_count(&c, &class, &n));
    assert_true(rosters_next_count(&c, &class, &n));
    assert_int_equal(n, 2);
    GOOD(cursor_close(&c));
    EXPECT(rosters_put(f->s, user + 1, &changed), ERR_NO_USER);
    EXPECT(rosters_touch(f->s, user + 1, 1), ERR_NO_USER);
}

static void the_latest_icon_of_each_type_is_kept(void **state)
{
    struct folder *f = *state;
    int64_t alice = folder_user(f, "alice"), bob = folder_user(f, "bob");
    struct arena a = {0};
    struct span image;

    GOOD(icons_put(f->s, alice, 1, SPAN("one"), SPAN("first")));
    GOOD(icons_put(f->s, alice, 0, SPAN("small"), span_of("\0s", 2)));
    GOOD(icons_put(f->s, alice, 1, SPAN("two"), SPAN("second")));
    assert_false(icons_has(f->s, alice, SPAN("one")));
    assert_false(icons_has(f->s, bob, SPAN("two")));
    assert_true(icons_has(f->s, alice, SPAN("small")));
    GOOD(icons_find(f->s, alice, SPAN("two"), &a, &image));
    EXPECT_SPAN(image, "second");
    EXPECT(icons_find(f->s, alice, SPAN("one"), &a, &image), ERR_NOT_FOUND);
    EXPECT(icons_put(f->s, bob + 1, 1, SPAN("x"), SPAN("y")), ERR_NO_USER);
    arena_fini(&a);
}

static void a_directory_entry_is_found_by_any_field(void **state)
{
    struct folder *f = *state;
    int64_t alice = folder_user(f, "alice"), bob = folder_user(f, "bob");
    struct cursor c;
    struct span value;
    uint16_t field;

    GOOD(directory_put(f->s, bob, 8, SPAN("Bern")));
    GOOD(directory_put(f->s, alice, 8, SPAN("Basel")));
    GOOD(directory_put(f->s, alice, 8, SPAN("bern")));
    GOOD(directory_put(f->s, alice, 1, SPAN("Alice")));
    GOOD(directory_find(f->s, 8, SPAN("BERN"), 10, &c));
    assert_true(directory_next_name(&c, &value));
    EXPECT_SPAN(value, "alice");
    assert_true(directory_next_name(&c, &value));
    EXPECT_SPAN(value, "bob");
    assert_false(directory_next_name(&c, &value));
    GOOD(cursor_close(&c));
    GOOD(directory_put(f->s, alice, 8, (struct span){0}));
    GOOD(directory_list(f->s, alice, &c));
    assert_true(directory_next(&c, &field, &value));
    assert_int_equal(field, 1);
    EXPECT_SPAN(value, "Alice");
    assert_false(directory_next(&c, &field, &value));
    GOOD(cursor_close(&c));
    EXPECT(directory_put(f->s, bob + 1, 1, SPAN("x")), ERR_NO_USER);
}

static void decisions_are_kept_by_list_and_may_end(void **state)
{
    struct folder *f = *state;
    int64_t user = folder_user(f, "alice");
    struct privacy_entry entry = {.list = KEPT_DENY, .name = SPAN("bob"), .created = 3}, got;
    struct cursor c;
    unsigned mode;

    GOOD(privacy_mode(f->s, user, &mode));
    assert_int_equal(mode, 0);
    GOOD(privacy_set_mode(f->s, user, 3));
    GOOD(privacy_set_mode(f->s, user, 4));
    GOOD(privacy_mode(f->s, user, &mode));
    assert_int_equal(mode, 4);
    GOOD(privacy_put(f->s, user, &entry));
    entry.list = KEPT_STRANGER_YES;
    entry.until = 100;
    GOOD(privacy_put(f->s, user, &entry));
    entry.until = 200;
    GOOD(privacy_put(f->s, user, &entry));
    GOOD(privacy_expire(f->s, 199));
    GOOD(privacy_list_user(f->s, user, &c));
    assert_true(privacy_next(&c, &got));
    assert_int_equal(got.list, KEPT_DENY);
    assert_int_equal(got.until, 0);
    assert_int_equal(got.created, 3);
    assert_true(privacy_next(&c, &got));
    assert_int_equal(got.until, 200);
    EXPECT_SPAN(got.name, "bob");
    assert_false(privacy_next(&c, &got));
    GOOD(privacy_expire(f->s, 200));
    EXPECT(privacy_delete(f->s, user, KEPT_STRANGER_YES, SPAN("bob")), ERR_NOT_FOUND);
    GOOD(privacy_clear(f->s, user, KEPT_DENY));
    EXPECT(privacy_delete(f->s, user, KEPT_DENY, SPAN("bob")), ERR_NOT_FOUND);
    EXPECT(privacy_put(f->s, user + 1, &entry), ERR_NO_USER);
    EXPECT(privacy_set_mode(f->s, user + 1, 1), ERR_NO_USER);
}

static void a_watchers_dialog_comes_back_whole(void **state)
{
    struct folder *f = *state;
    struct watcher_row row = {.id = 7,
                              .call_id = SPAN("call"),
                              .local_tag = SPAN("lt"),
                              .remote_tag = SPAN("rt"),
                              .event = SPAN("presence"),
                              .local_uri = SPAN("sip:alice@aim.example.net"),
                              .remote_uri = SPAN("sip:bob@example.com"),
                              .target = SPAN("sip:bob@192.0.2.1"),
                              .routes = SPAN("<sip:p;lr>"),
                              .local_cseq = 1,
                              .remote_cseq = 4294967295,
                              .hop = span_of("\0x", 2),
                              .presentity = SPAN("alice"),
                              .accept = SPAN("application/pidf+xml"),
                              .state = SPAN("active"),
                              .expires = 1000,
                              .created = 10};
    struct watcher_row got;
    struct cursor c;

    GOOD(watchers_add(f->s, &row));
    row.local_cseq = 2;
    row.target = SPAN("sip:bob@192.0.2.2");
    GOOD(watchers_renew(f->s, &row));
    row.id = 8;
    EXPECT(watchers_renew(f->s, &row), ERR_NOT_FOUND);
    row.event_id = SPAN("2"); /* another one in the same dialog */
    row.expires = 2000;
    row.created = 11;
    GOOD(watchers_add(f->s, &row));
    GOOD(watchers_list(f->s, &c));
    assert_true(watchers_next(&c, &got));
    EXPECT_SPAN(got.call_id, "call");
    EXPECT_SPAN(got.local_tag, "lt");
    EXPECT_SPAN(got.remote_tag, "rt");
    EXPECT_SPAN(got.event, "presence");
    EXPECT_SPAN(got.event_id, "");
    EXPECT_SPAN(got.local_uri, "sip:alice@aim.example.net");
    EXPECT_SPAN(got.remote_uri, "sip:bob@example.com");
    EXPECT_SPAN(got.target, "sip:bob@192.0.2.2");
    EXPECT_SPAN(got.routes, "<sip:p;lr>");
    assert_int_equal(got.id, 7);
    assert_int_equal(got.local_cseq, 2);
    assert_true(got.remote_cseq == 4294967295);
    assert_true(span_eq(got.hop, row.hop));
    EXPECT_SPAN(got.presentity, "alice");
    EXPECT_SPAN(got.accept, "application/pidf+xml");
    EXPECT_SPAN(got.state, "active");
    assert_int_equal(got.expires, 1000);
    assert_int_equal(got.created, 10);
    assert_true(watchers_next(&c, &got));
    assert_int_equal(got.id, 8);
    EXPECT_SPAN(got.event_id, "2");
    assert_false(watchers_next(&c, &got));
    GOOD(watchers_expire(f->s, 1000));
    GOOD(watchers_delete(f->s, 8));
    EXPECT(watchers_delete(f->s, 7), ERR_NOT_FOUND);
}

static void a_refresh_takes_the_place_of_the_old_tag(void **state)
{
    struct folder *f = *state;
    int64_t user = folder_user(f, "alice");
    struct publication_row row = {
        .user = user, .etag = SPAN("e1"), .expires = 100, .body = SPAN("<presence/>")};
    struct publication_row got;
    struct cursor c;

    GOOD(publications_put(f->s, &row, (struct span){0}));
    row.etag = SPAN("e2");
    row.expires = 200;
    GOOD(publications_put(f->s, &row, SPAN("e1")));
    row.expires = 300;
    GOOD(publications_put(f->s, &row, SPAN("gone")));
    GOOD(publications_list(f->s, &c));
    assert_true(publications_next(&c, &got));
    EXPECT_SPAN(got.etag, "e2");
    EXPECT_SPAN(got.name, "alice");
    EXPECT_SPAN(got.body, "<presence/>");
    assert_int_equal(got.user, user);
    assert_int_equal(got.expires, 300);
    assert_false(publications_next(&c, &got));
    GOOD(publications_expire(f->s, 300));
    EXPECT(publications_delete(f->s, user, SPAN("e2")), ERR_NOT_FOUND);
    row.user++;
    EXPECT(publications_put(f->s, &row, (struct span){0}), ERR_NO_USER);
}

static void a_sweep_drops_what_has_ended_and_nothing_else(void **state)
{
    struct folder *f = *state;
    int64_t user = folder_user(f, "alice");
    struct contact_row contacts[] = {{.uri = SPAN("sip:old"), .expires = 1000},
                                     {.uri = SPAN("sip:new"), .expires = 1001}};
    struct publication_row publication = {.user = user, .etag = SPAN("old"), .expires = 1000};
    struct privacy_entry entry = {.name = SPAN("bob"), .until = 1000};
    struct contact_row row;
    struct cursor c;
    int64_t id;
    bool more = true;

    GOOD(contacts_replace(f->s, user, contacts, 2));
    GOOD(publications_put(f->s, &publication, (struct span){0}));
    GOOD(privacy_put(f->s, user, &entry));
    GOOD(messages_remember(f->s, SPAN("key"), 1000));
    GOOD(store_sweep(f->s, 1000 + SWEEP_GRACE, &more));
    assert_false(more);
    GOOD(contacts_list(f->s, &c));
    assert_true(contacts_next(&c, &row));
    EXPECT_SPAN(row.uri, "sip:new");
    assert_false(contacts_next(&c, &row));
    EXPECT(publications_delete(f->s, user, publication.etag), ERR_NOT_FOUND);
    EXPECT(privacy_delete(f->s, user, entry.list, entry.name), ERR_NOT_FOUND);
    GOOD(messages_find_key(f->s, SPAN("key"), 1060, &id));
    GOOD(store_sweep(f->s, 1000 + MESSAGES_REMEMBER, &more));
    EXPECT(messages_find_key(f->s, SPAN("key"), 1060, &id), ERR_NOT_FOUND);
    /* many keys go in several sweeps */
    GOOD(store_begin(f->s));
    for (int i = 0; i < SWEEP_KEYS_MAX + 1; i++)
        GOOD(messages_remember(f->s, span_of(&i, sizeof i), 1000));
    GOOD(store_sweep(f->s, 10000, &more));
    assert_true(more);
    GOOD(store_sweep(f->s, 10000, &more));
    assert_false(more);
    GOOD(store_commit(f->s));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(registrations_are_replaced_as_a_whole),
        IN_FOLDER(a_rule_document_is_kept_as_it_came),
        IN_FOLDER(roster_items_are_byte_exact_and_sorted),
        IN_FOLDER(the_latest_icon_of_each_type_is_kept),
        IN_FOLDER(a_directory_entry_is_found_by_any_field),
        IN_FOLDER(decisions_are_kept_by_list_and_may_end),
        IN_FOLDER(a_watchers_dialog_comes_back_whole),
        IN_FOLDER(a_refresh_takes_the_place_of_the_old_tag),
        IN_FOLDER(a_sweep_drops_what_has_ended_and_nothing_else),
    };

    return cmocka_run_group_tests_name("db/rooms", tests, NULL, NULL);
}
