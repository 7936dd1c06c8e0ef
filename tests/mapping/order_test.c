/* What is asked of the helper, read off a message, and what it answers why something failed. */
#include "mapping/order.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "mapping/why.h"

static const struct {
    const char *text;
    enum order_verb verb;
    const char *name, *rest;
    bool incomplete;
} rows[] = {
    {"help", ORDER_HELP, "", "", false},
    {"HELP", ORDER_HELP, "", "", false},
    {"  Help!\n", ORDER_HELP, "", "", false},
    {"why", ORDER_WHY, "", "", false},
    {"status.", ORDER_STATUS, "", "", false},
    {"status of what", ORDER_STATUS, "", "", false},
    {"who bob", ORDER_WHO, "bob", "", false},
    {"who bob.", ORDER_WHO, "bob", "", false},
    {"Who  Alice Smith ", ORDER_WHO, "Alice Smith", "", false},
    {"who \"Alice Smith\"", ORDER_WHO, "Alice Smith", "", false},
    {"who\tim:bob@example.org", ORDER_WHO, "im:bob@example.org", "", false},
    {"block Bob", ORDER_BLOCK, "Bob", "", false},
    {"UnBlock bob@example.org", ORDER_UNBLOCK, "bob@example.org", "", false},
    {"allow joe@p.test", ORDER_ALLOW, "joe@p.test", "", false},
    {"Refuse", ORDER_REFUSE, "", "", false},
    {"yes", ORDER_YES, "", "", false},
    {"YES bob", ORDER_YES, "bob", "", false},
    {"no.", ORDER_NO, "", "", false},
    {"No Alice Smith!", ORDER_NO, "Alice Smith", "", false},
    {"block", ORDER_BLOCK, "", "", true},
    {"report joe@p.test he swears", ORDER_REPORT, "joe@p.test", "he swears", false},
    {"report \"Alice Smith\" she, too.", ORDER_REPORT, "Alice Smith", "she, too.", false},
    {"report bob", ORDER_REPORT, "bob", "", false},
    {"report", ORDER_REPORT, "", "", true},
    {"who", ORDER_WHO, "", "", true},
    {"who \"\"", ORDER_WHO, "", "", true},
    {"whoever", ORDER_UNKNOWN, "", "", false},
    {"hello there", ORDER_UNKNOWN, "", "", false},
    {"", ORDER_UNKNOWN, "", "", false},
    {" \r\n", ORDER_UNKNOWN, "", "", false},
    {"\"", ORDER_UNKNOWN, "", "", false},
};

static void every_order_is_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct order o;

        order_parse(span_str(rows[i].text), &o);
        if (o.verb != rows[i].verb || !span_is(o.name, rows[i].name) ||
            !span_is(o.text, rows[i].rest) || o.incomplete != rows[i].incomplete)
            fail_msg("\"%s\": verb %d, name \"%.*s\", text \"%.*s\", incomplete %d", rows[i].text,
                     (int)o.verb, SPAN_ARG(o.name), SPAN_ARG(o.text), o.incomplete);
    }
}

static void help_names_each_of_them(void **state)
{
    struct buf b = {0};

    (void)state;
    order_help(&b);
    for (int v = 0; v < ORDER_UNKNOWN; v++) {
        struct buf one = {0};
        struct order o;

        order_usage(&one, (enum order_verb)v);
        assert_true(span_search(buf_span(&b), buf_span(&one)) < b.n);
        order_parse(buf_span(&one), &o);
        assert_int_equal(o.verb, v); /* as it is written there it is understood */
        assert_false(o.incomplete);
        buf_fini(&one);
    }
    buf_fini(&b);
}

static void why_says_something_of_every_end(void **state)
{
    (void)state;
    for (int o = 0; o < OUTCOME__COUNT; o++) {
        struct buf b = {0};

        why_print(&b, (enum outcome)o, SPAN("bob@example.org"), SPAN("example.org"));
        assert_true(b.n > 0);
        assert_true(span_search(buf_span(&b), SPAN("NAME")) == b.n);
        assert_true(span_search(buf_span(&b), SPAN("DOMAIN")) == b.n);
        buf_fini(&b);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_order_is_read),
        cmocka_unit_test(help_names_each_of_them),
        cmocka_unit_test(why_says_something_of_every_end),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
