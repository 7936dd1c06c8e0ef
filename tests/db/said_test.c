/* What users said about others: requests to see them that wait, reports, warnings. */
#include "db/levels.h"
#include "db/reports.h"
#include "db/requests.h"
#include "tests/db/folder.h"

enum { NOW = 1100000000 };

static void a_request_waits_once_and_is_bounded(void **state)
{
    struct folder *f = *state;
    struct request row = {
        .watcher = SPAN("joe@p.test"), .uri = SPAN("sip:joe@p.test"), .created = NOW};
    struct request got;
    struct cursor c;
    bool first;
    char name[16];

    for (int i = 0; i <= REQUESTS_PER_WATCHER; i++) {
        (void)snprintf(name, sizeof name, "user%c", 'a' + i);
        row.user = folder_user(f, name);
        assert_int_equal(requests_add(f->s, &row, &first),
                         i < REQUESTS_PER_WATCHER ? OK : ERR_FULL);
    }
    row.user = 1;
    GOOD(requests_add(f->s, &row, &first));
    assert_false(first);
    assert_int_equal(requests_check(f->s, &row), ERR_EXISTS);
    GOOD(requests_list(f->s, 1, &c));
    assert_true(requests_next(&c, &got));
    EXPECT_SPAN(got.watcher, "joe@p.test");
    EXPECT_SPAN(got.uri, "sip:joe@p.test");
    assert_false(requests_next(&c, &got));
    GOOD(cursor_close(&c));
    GOOD(requests_delete(f->s, 1, SPAN("joe@p.test")));
    assert_int_equal(requests_delete(f->s, 1, SPAN("joe@p.test")), ERR_NOT_FOUND);
}

static void a_user_has_so_many(void **state)
{
    struct folder *f = *state;
    struct request row = {
        .user = folder_user(f, "alice"), .uri = SPAN("sip:x@p.test"), .created = NOW};
    bool first;
    char who[32];

    for (int i = 0; i <= REQUESTS_PER_USER; i++) {
        (void)snprintf(who, sizeof who, "joe%d@p.test", i);
        row.watcher = span_str(who);
        assert_int_equal(requests_add(f->s, &row, &first), i < REQUESTS_PER_USER ? OK : ERR_FULL);
    }
}

static void old_requests_are_found_with_their_users(void **state)
{
    struct folder *f = *state;
    struct request row = {
        .watcher = SPAN("joe@p.test"), .uri = SPAN("sip:joe@p.test"), .created = NOW};
    struct request got;
    struct cursor c;
    bool first;

    row.user = folder_user(f, "alice");
    GOOD(requests_add(f->s, &row, &first));
    row.user = folder_user(f, "bob");
    row.created = NOW + 10;
    GOOD(requests_add(f->s, &row, &first));
    GOOD(requests_list_old(f->s, NOW, 10, &c));
    assert_true(requests_next(&c, &got));
    EXPECT_SPAN(got.name, "alice");
    assert_false(requests_next(&c, &got));
    GOOD(cursor_close(&c));
}

static void a_level_is_one_for_each_and_goes_when_it_has_faded(void **state)
{
    struct folder *f = *state;
    static const struct {
        const char *name;
        uint16_t level;
        int64_t at;
    } rows[] = {{"a@x.test", 30, 1000},
                {"b@x.test", 100, 1100},
                {"a@x.test", 130, 1290},
                {"c@x.test", 900, 1010}};
    /* 10 s, 100 s, 290 s */
    static const char *const order[] = {"c@x.test", "b@x.test", "a@x.test"};
    struct cursor c;
    struct level row;

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        GOOD(levels_put(f->s, &(struct level){span_str(rows[i].name), rows[i].level, rows[i].at}));
    GOOD(levels_list(f->s, 1300, 300, &c));
    for (size_t i = 0; i < 3; i++) {
        assert_true(levels_next(&c, &row));
        EXPECT_SPAN(row.name, order[i]);
    }
    assert_int_equal(row.level, 130);
    assert_int_equal(row.at, 1290);
    assert_false(levels_next(&c, &row));
    GOOD(cursor_close(&c));
    GOOD(levels_delete(f->s, SPAN("b@x.test")));
    assert_int_equal(levels_delete(f->s, SPAN("b@x.test")), ERR_NOT_FOUND);
    GOOD(levels_expire(f->s, 1010 + LEVELS_KEEP));
    GOOD(levels_list(f->s, 1300, 300, &c));
    assert_true(levels_next(&c, &row));
    EXPECT_SPAN(row.name, "a@x.test");
    assert_false(levels_next(&c, &row));
    GOOD(cursor_close(&c));
}

static void reports_come_back_and_the_oldest_goes(void **state)
{
    struct folder *f = *state;
    struct report row = {.reporter = SPAN("alice"),
                         .subject = SPAN("joe@p.test"),
                         .words = SPAN("swears"),
                         .evidence = SPAN("a line\n"),
                         .created = NOW};
    struct report got;
    struct cursor c;
    size_t n = 0;
    int64_t id = 0, first = 0;

    for (int i = 0; i < REPORTS_KEPT + 5; i++) {
        row.created = NOW + i * (86400 / REPORTS_PER_REPORTER + 1);
        GOOD(reports_add(f->s, &row, &id));
    }
    GOOD(reports_list(f->s, &c));
    while (reports_next(&c, &got)) {
        first = n++ ? first : got.id;
        EXPECT_SPAN(got.subject, "joe@p.test");
        EXPECT_SPAN(got.words, "swears");
        EXPECT_SPAN(got.evidence, "a line\n");
    }
    GOOD(cursor_close(&c));
    assert_int_equal(n, REPORTS_KEPT);
    assert_int_equal(first, 6);
    GOOD(reports_delete(f->s, id));
    assert_int_equal(reports_delete(f->s, id), ERR_NOT_FOUND);
}

static void one_reporter_has_twenty_a_day(void **state)
{
    struct folder *f = *state;
    struct report row = {.reporter = SPAN("alice"), .subject = SPAN("joe"), .created = NOW};
    int64_t id;

    for (int i = 0; i < REPORTS_PER_REPORTER; i++)
        GOOD(reports_add(f->s, &row, &id));
    assert_int_equal(reports_add(f->s, &row, &id), ERR_FULL);
    row.created += 86400;
    GOOD(reports_add(f->s, &row, &id));
    row.created = NOW;
    row.reporter = SPAN("bob");
    GOOD(reports_add(f->s, &row, &id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        IN_FOLDER(a_request_waits_once_and_is_bounded),
        IN_FOLDER(a_user_has_so_many),
        IN_FOLDER(old_requests_are_found_with_their_users),
        IN_FOLDER(a_level_is_one_for_each_and_goes_when_it_has_faded),
        IN_FOLDER(reports_come_back_and_the_oldest_goes),
        IN_FOLDER(one_reporter_has_twenty_a_day),
    };

    return cmocka_run_group_tests_name("db/said", tests, NULL, NULL);
}
