/* One HTTP request, read whole and octet by octet, and its answer. */
#include "gateway/net/web_request.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const struct {
    const char *what, *request;
    int status;
    const char *path, *query, *host, *type, *body;
} rows[] = {
    {"a POST of HTTP/1.0 without a host",
     "POST /auth/clientLogin HTTP/1.0\r\nContent-Type: a/b; c=d\r\nContent-Length: 3\r\n\r\nx=y",
     WEB_WHOLE, "/auth/clientLogin", "", "", "a/b; c=d", "x=y"},
    {"a GET", "GET /a/b?c=d?e HTTP/1.1\r\nHOST:  x:80 \r\n\r\n", WEB_WHOLE, "/a/b", "c=d?e", "x:80",
     "", ""},
    {"an empty query", "GET /? HTTP/1.1\r\nHost: x\r\n\r\n", WEB_WHOLE, "/", "", "x", "", ""},
    {"an empty body", "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", WEB_WHOLE, "/", "",
     "x", "", ""},
    {"what stands behind", "POST / HTTP/1.0\r\nContent-Length: 1\r\n\r\nabc", WEB_WHOLE, "/", "",
     "", "", "a"},
    {"a body that is not whole", "POST / HTTP/1.0\r\nContent-Length: 4\r\n\r\nabc", WEB_MORE, 0, 0,
     0, 0, 0},
    {"a head that is not whole", "POST / HTTP/1.0\r\nContent-Length: 4\r\n", WEB_MORE, 0, 0, 0, 0,
     0},
    {"HEAD", "HEAD / HTTP/1.1\r\nHost: x\r\n\r\n", 405, 0, 0, 0, 0, 0},
    {"CONNECT", "CONNECT x:1 HTTP/1.1\r\nHost: x\r\n\r\n", 405, 0, 0, 0, 0, 0},
    {"no host", "GET / HTTP/1.1\r\n\r\n", 400, 0, 0, 0, 0, 0},
    {"two hosts", "GET / HTTP/1.1\r\nHost: x\r\nHost: x\r\n\r\n", 400, 0, 0, 0, 0, 0},
    {"a proxy's URL", "GET http://x/ HTTP/1.1\r\nHost: x\r\n\r\n", 400, 0, 0, 0, 0, 0},
    {"a star", "GET * HTTP/1.1\r\nHost: x\r\n\r\n", 400, 0, 0, 0, 0, 0},
    {"a GET with a body", "GET / HTTP/1.0\r\nContent-Length: 1\r\n\r\na", 400, 0, 0, 0, 0, 0},
    {"no length", "POST / HTTP/1.0\r\n\r\n", 411, 0, 0, 0, 0, 0},
    {"chunks", "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 411, 0,
     0, 0, 0, 0},
    {"two lengths", "POST / HTTP/1.0\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na", 400, 0, 0,
     0, 0, 0},
    {"a length that is none", "POST / HTTP/1.0\r\nContent-Length: -1\r\n\r\na", 400, 0, 0, 0, 0, 0},
    {"too long", "POST / HTTP/1.0\r\nContent-Length: 8193\r\n\r\n", 413, 0, 0, 0, 0, 0},
    {"far too long", "POST / HTTP/1.0\r\nContent-Length: 18446744073709551615\r\n\r\n", 400, 0, 0,
     0, 0, 0},
    {"a folded line", "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n c\r\n\r\n", 400, 0, 0, 0, 0, 0},
    {"no HTTP", "hello\r\n\r\n", 400, 0, 0, 0, 0, 0},
    {"a SIP request", "OPTIONS sip:x SIP/2.0\r\n\r\n", 400, 0, 0, 0, 0, 0},
};

static void check(size_t i, struct span in)
{
    struct web_request q;
    int status = web_request_read(in, &q);

    if (status != rows[i].status)
        fail_msg("%s: expected %d; got %d", rows[i].what, rows[i].status, status);
    if (status == WEB_WHOLE &&
        (!span_is(q.path, rows[i].path) || !span_is(q.query, rows[i].query) ||
         !span_is(q.host, rows[i].host) || !span_is(q.type, rows[i].type) ||
         !span_is(q.body, rows[i].body) || q.post != span_starts(in, SPAN("POST"))))
        fail_msg("%s: another request", rows[i].what);
}

static void requests_are_read(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        check(i, span_str(rows[i].request));
}

/* However little has come, it is "more" until it is what it will be. */
static void requests_are_read_octet_by_octet(void **state)
{
    struct web_request q;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span in = span_str(rows[i].request);
        int status = WEB_MORE;

        for (size_t n = 0; n <= in.n && status == WEB_MORE; n++)
            status = web_request_read(span_first(in, n), &q);
        if (status != rows[i].status)
            fail_msg("%s: expected %d; got %d", rows[i].what, rows[i].status, status);
    }
}

static void a_head_has_an_end(void **state)
{
    struct web_request q;
    struct buf b = {0};

    (void)state;
    buf_str(&b, "GET /");
    while (b.n < WEB_HEAD_MAX)
        buf_u8(&b, 'a');
    assert_int_equal(web_request_read(buf_span(&b), &q), WEB_MORE);
    buf_u8(&b, 'a');
    assert_int_equal(web_request_read(buf_span(&b), &q), 431);
    buf_fini(&b);
}

static void the_largest_request_is_whole(void **state)
{
    static const char head[] = "POST / HTTP/1.0\r\nContent-Length: 8192\r\nX: ";
    struct web_request q;
    struct buf b = {0};

    (void)state;
    buf_str(&b, head);
    while (b.n < WEB_HEAD_MAX - 4)
        buf_u8(&b, 'a');
    buf_str(&b, "\r\n\r\n");
    while (b.n < WEB_REQUEST_MAX - 1)
        buf_u8(&b, 'b');
    assert_int_equal(web_request_read(buf_span(&b), &q), WEB_MORE);
    buf_u8(&b, 'b');
    assert_int_equal(web_request_read(buf_span(&b), &q), WEB_WHOLE);
    assert_int_equal(q.body.n, WEB_BODY_MAX);
    buf_fini(&b);
}

static void answers_say_how_long_they_are(void **state)
{
    struct buf b = {0};

    (void)state;
    web_answer_write(&b, 200, "text/xml", SPAN("<a/>"));
    assert_true(
        span_starts(buf_span(&b), SPAN("HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n"
                                       "Content-Length: 4\r\nCache-Control: no-store\r\n")));
    assert_true(span_search(buf_span(&b), SPAN("\r\nConnection: close\r\n\r\n<a/>")) < b.n);
    buf_reset(&b);
    web_answer_write(&b, 405, NULL, (struct span){0});
    assert_true(span_starts(
        buf_span(&b), SPAN("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, POST\r\nContent-Type: "
                           "text/plain; charset=utf-8\r\nContent-Length: 18\r\n")));
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(requests_are_read),
        cmocka_unit_test(requests_are_read_octet_by_octet),
        cmocka_unit_test(a_head_has_an_end),
        cmocka_unit_test(the_largest_request_is_whole),
        cmocka_unit_test(answers_say_how_long_they_are),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
