#include "db/bindings.h"

#include "tests/db/folder.h"

static struct binding_row row_of(enum binding_kind kind, const char *name, const char *user,
                                 const char *key)
{
    return (struct binding_row){
        .kind = kind,
        .name = span_str(name),
        .address = {.user = span_str(user), .host = SPAN("example.com")},
        .key = span_str(key),
        .created = 7,
    };
}

static void names_and_addresses_are_bound_one_to_one(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *what;
        enum binding_kind kind;
        enum err expected;
        const char *name, *key;
    } cases[] = {
        {"the first", BINDING_OPERATOR, OK, "bobby", "bob@example.com"},
        {"the same again", BINDING_OPERATOR, ERR_EXISTS, "bobby", "bob@example.com"},
        {"another address", BINDING_OPERATOR, ERR_EXISTS, "bobby", "rob@example.com"},
        {"another name", BINDING_OPERATOR, ERR_EXISTS, "robby", "bob@example.com"},
        {"another pair", BINDING_OPERATOR, OK, "robby", "rob@example.com"},
        {"an alias for a bound address", BINDING_ALIAS, OK, "bobxl74gbpy", "bob@example.com"},
        {"an alias with an operator's name", BINDING_ALIAS, ERR_EXISTS, "bobby", "new@example.com"},
        {"an operator's with an alias's name", BINDING_OPERATOR, ERR_EXISTS, "bobxl74gbpy",
         "x@example.com"},
        {"a spelling", BINDING_CASE, OK, "bob@example.com", "bob@example.com"},
        {"a second spelling", BINDING_CASE, ERR_EXISTS, "bob@example.com", "bob@example.com"},
        {"a local user's name", BINDING_OPERATOR, ERR_RESERVED, "alice", "a@example.com"},
        {"the helper's name", BINDING_OPERATOR, ERR_RESERVED, "aimgate", "b@example.com"},
    };

    folder_user(f, "alice");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct binding_row row = row_of(cases[i].kind, cases[i].name, "u", cases[i].key);
        enum err e = bindings_add(f->s, &row);

        if (e != cases[i].expected)
            print_error("%s\n", cases[i].what);
        EXPECT(e, cases[i].expected);
    }
}

static void it_is_found_from_both_ends(void **state)
{
    struct folder *f = *state;
    struct binding_row row = row_of(BINDING_CASE, "bob@example.com", "Bob", "bob@example.com");
    struct binding_row got;

    GOOD(bindings_add(f->s, &row));
    GOOD(bindings_find(f->s, SPAN("bob@example.com"), &f->a, &got));
    assert_int_equal(got.kind, BINDING_CASE);
    EXPECT_SPAN(got.address.user, "Bob");
    row = row_of(BINDING_OPERATOR, "bob@example.com", "robert", "robert@example.com");
    GOOD(bindings_add(f->s, &row));
    GOOD(bindings_find(f->s, SPAN("bob@example.com"), &f->a, &got)); /* the operator's word first */
    assert_int_equal(got.kind, BINDING_OPERATOR);
    EXPECT_SPAN(got.address.user, "robert");
    EXPECT_SPAN(got.address.host, "example.com");
    assert_int_equal(got.created, 7);
    GOOD(bindings_find_address(f->s, BINDING_CASE, SPAN("bob@example.com"), &f->a, &got));
    EXPECT_SPAN(got.address.user, "Bob");
    EXPECT(bindings_find_address(f->s, BINDING_ALIAS, SPAN("bob@example.com"), &f->a, &got),
           ERR_NOT_FOUND);
    EXPECT(bindings_find_kind(f->s, BINDING_ALIAS, SPAN("bob@example.com"), &f->a, &got),
           ERR_NOT_FOUND);
    EXPECT(bindings_find(f->s, SPAN("carol"), &f->a, &got), ERR_NOT_FOUND);
}

static void what_is_deleted_is_gone_in_that_kind_only(void **state)
{
    struct folder *f = *state;
    struct binding_row row = row_of(BINDING_OPERATOR, "bob@example.com", "u", "u@example.com");
    struct cursor c;

    GOOD(bindings_add(f->s, &row));
    row = row_of(BINDING_CASE, "bob@example.com", "Bob", "bob@example.com");
    GOOD(bindings_add(f->s, &row));
    GOOD(bindings_delete(f->s, BINDING_OPERATOR, SPAN("bob@example.com")));
    EXPECT(bindings_delete(f->s, BINDING_OPERATOR, SPAN("bob@example.com")), ERR_NOT_FOUND);
    GOOD(bindings_list(f->s, &c));
    assert_true(bindings_next(&c, &row));
    assert_string_equal(binding_kind_name(row.kind), "case");
    assert_false(bindings_next(&c, &row));
    GOOD(cursor_close(&c));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(names_and_addresses_are_bound_one_to_one),
        IN_FOLDER(it_is_found_from_both_ends),
        IN_FOLDER(what_is_deleted_is_gone_in_that_kind_only),
    };

    return cmocka_run_group_tests_name("db/bindings", tests, NULL, NULL);
}
