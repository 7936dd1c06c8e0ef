/* Which web pages may open a WebSocket: by the operator's list, else by the host that they ask. */
#include "gateway/door/ws_origin.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>

#include <cmocka.h>

static const struct {
    const char *origin, *host;
    bool welcome;
} by_host[] = {
    {"", "whatever.example", true}, /* no browser */
    {"http://192.0.2.1", "192.0.2.1:8088", true},
    {"https://192.0.2.1:8443", "192.0.2.1:8088", true},
    {"http://[2001:db8::1]:80", "[2001:db8::1]:8088", true},
    {"http://localhost:3000", "LOCALHOST:8088", true},
    {"HTTPS://AIM.Test", "aim.test", true},
    {"https://aim.test.", "aim.test", false},
    {"http://192.0.2.2", "192.0.2.1:8088", false},
    {"http://localhost", "127.0.0.1:8088", false},
    {"https://evil.example", "evil.example", false},
    {"https://aim.test.evil.example", "aim.test", false},
    {"https://aim.test@evil.example", "aim.test", false},
    {"null", "null", false},
    {"aim.test", "aim.test", false},
    {"https://", "aim.test", false},
    {"file:///aim.test", "aim.test", false},
    {"https://aim.test", "", false},
    {"https://aim.test", "aim.test:99999", false},
};

static void without_a_list_the_page_is_of_the_host_that_it_asks(void **state)
{
    const struct conf_origins none = {0};

    (void)state;
    for (size_t i = 0; i < sizeof by_host / sizeof by_host[0]; i++)
        if (ws_origin_is_welcome(&none, span_str(by_host[i].origin), span_str(by_host[i].host),
                                 SPAN("aim.test")) != by_host[i].welcome)
            fail_msg("%s at %s", by_host[i].origin, by_host[i].host);
}

static void with_a_list_nothing_else_counts(void **state)
{
    const char *pages[] = {"https://chat.example.org", "http://localhost:3000"}, *all[] = {"*"};
    const struct conf_origins list = {pages, 2}, any = {all, 1};

    (void)state;
    assert_true(
        ws_origin_is_welcome(&list, SPAN("https://CHAT.example.org"), SPAN("x"), SPAN("y")));
    assert_true(ws_origin_is_welcome(&list, SPAN("http://localhost:3000"), SPAN("x"), SPAN("y")));
    assert_false(
        ws_origin_is_welcome(&list, SPAN("http://localhost"), SPAN("localhost"), SPAN("y")));
    assert_false(ws_origin_is_welcome(&list, SPAN("*"), SPAN("x"), SPAN("y")));
    assert_true(ws_origin_is_welcome(&list, SPAN(""), SPAN("x"), SPAN("y")));
    assert_true(ws_origin_is_welcome(&any, SPAN("null"), SPAN("x"), SPAN("y")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_list_the_page_is_of_the_host_that_it_asks),
        cmocka_unit_test(with_a_list_nothing_else_counts),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
