/* The server's end of a WebSocket connection: what opens one, what is refused, frames whole and in
 * pieces. The vectors are RFC 6455's own where it has some (1.3, 5.7). */
#include "gateway/net/ws.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#define HOST     "Host: sip.example.org\r\n"
#define UPGRADE  "Upgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
#define KEY      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION  "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: sip\r\n"
#define GOOD     "GET /chat HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL

enum { MESSAGE_MAX = 70000 };

struct talk {
    struct ws *w;
    struct buf out;
    struct buf got; /* what came as messages, each with a | behind it */
    enum ws_event last;
};

/* Hands `in` over, `step` octets at a time; says yes to who asks. */
static void feed(struct talk *t, struct span in, size_t step)
{
    t->last = WS_MORE;
    while (in.n && t->last != WS_OVER) {
        struct span piece = span_first(in, step), message;

        in = span_skip(in, step);
        do {
            t->last = ws_read(t->w, &piece, &t->out, &message);
            if (t->last == WS_ASKED)
                ws_admit(t->w, &t->out);
            if (t->last == WS_MESSAGE) {
                buf_add(&t->got, message);
                buf_str(&t->got, "|");
            }
        } while (t->last != WS_MORE && t->last != WS_OVER);
    }
}

static void begin(struct talk *t)
{
    *t = (struct talk){.w = ws_new("sip", MESSAGE_MAX)};
    assert_non_null(t->w);
}

static void end(struct talk *t)
{
    ws_free(t->w);
    buf_fini(&t->out);
    buf_fini(&t->got);
}

/* ---- the opening ---- */

static const struct {
    const char *what, *request;
    const char *answer; /* how it begins */
} openings[] = {
    {"as a browser asks", GOOD "\r\n", "HTTP/1.1 101 Switching Protocols\r\n"},
    {"header names in other letters",
     "GET / HTTP/1.1\r\nhost: x\r\nUPGRADE: WebSocket\r\nconnection: upgrade\r\n"
     "sec-websocket-key: dGhlIHNhbXBsZSBub25jZQ==\r\nsec-websocket-version: 13\r\n"
     "sec-websocket-protocol: sip\r\n\r\n",
     "HTTP/1.1 101 "},
    {"sip among other subprotocols",
     "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION
     "Sec-WebSocket-Protocol: chat, sip\r\nSec-WebSocket-Protocol: xmpp\r\n\r\n",
     "HTTP/1.1 101 "},
    {"extensions are not taken, and no reason to refuse",
     GOOD "Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n", "HTTP/1.1 101 "},
    {"no subprotocol", "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "\r\n", "HTTP/1.1 400 "},
    {"another subprotocol",
     "GET / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION "Sec-WebSocket-Protocol: sips\r\n\r\n",
     "HTTP/1.1 400 "},
    {"a page for a browser", "GET / HTTP/1.1\r\n" HOST "\r\n", "HTTP/1.1 426 "},
    {"an upgrade to something else",
     "GET / HTTP/1.1\r\n" HOST "Upgrade: h2c\r\nConnection: Upgrade\r\n" KEY VERSION PROTOCOL
     "\r\n",
     "HTTP/1.1 426 "},
    {"no upgrade in Connection",
     "GET / HTTP/1.1\r\n" HOST "Upgrade: websocket\r\nConnection: close\r\n" KEY VERSION PROTOCOL
     "\r\n",
     "HTTP/1.1 426 "},
    {"an old version of WebSocket",
     "GET / HTTP/1.1\r\n" HOST UPGRADE KEY "Sec-WebSocket-Version: 8\r\n" PROTOCOL "\r\n",
     "HTTP/1.1 426 "},
    {"two versions of WebSocket", GOOD VERSION "\r\n", "HTTP/1.1 426 "},
    {"POST", "POST / HTTP/1.1\r\n" HOST UPGRADE KEY VERSION PROTOCOL "\r\n", "HTTP/1.1 405 "},
    {"a body", GOOD "Content-Length: 3\r\n\r\nabc", "HTTP/1.1 400 "},
    {"a chunked body", GOOD "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "HTTP/1.1 400 "},
    {"HTTP/1.0", "GET / HTTP/1.0\r\n" HOST UPGRADE KEY VERSION PROTOCOL "\r\n", "HTTP/1.1 400 "},
    {"no host", "GET / HTTP/1.1\r\n" UPGRADE KEY VERSION PROTOCOL "\r\n", "HTTP/1.1 400 "},
    {"two hosts", GOOD HOST "\r\n", "HTTP/1.1 400 "},
    {"two keys", GOOD KEY "\r\n", "HTTP/1.1 400 "},
    {"two origins", GOOD "Origin: http://a\r\nOrigin: http://b\r\n\r\n", "HTTP/1.1 400 "},
    {"a key of 15 octets",
     "GET / HTTP/1.1\r\n" HOST UPGRADE
     "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25j\r\n" VERSION PROTOCOL "\r\n",
     "HTTP/1.1 400 "},
    {"no key", "GET / HTTP/1.1\r\n" HOST UPGRADE VERSION PROTOCOL "\r\n", "HTTP/1.1 400 "},
    {"SIP without a WebSocket",
     "OPTIONS sip:aim.test SIP/2.0\r\nVia: SIP/2.0/TCP x;branch=z9hG4bKx\r\n\r\n", "HTTP/1.1 400 "},
    {"no HTTP at all", "\x16\x03\x01\x02\r\n\r\n", "HTTP/1.1 400 "},
};

static void what_opens_a_connection_and_what_does_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof openings / sizeof openings[0]; i++)
        for (size_t step = 1; step < 2000; step += 1999 - 1) {
            struct talk t;

            begin(&t);
            feed(&t, span_str(openings[i].request), step);
            if (!span_starts(buf_span(&t.out), span_str(openings[i].answer)))
                fail_msg("%s: expected %s; got %.*s", openings[i].what, openings[i].answer,
                         SPAN_ARG(buf_span(&t.out)));
            assert_int_equal(t.last == WS_OVER, !ws_is_open(t.w));
            end(&t);
        }
}

static bool holds(const struct buf *b, const char *what)
{
    return span_search(buf_span(b), span_str(what)) < b->n;
}

static void the_answer_names_the_key_and_the_subprotocol(void **state)
{
    struct talk t;

    (void)state;
    begin(&t);
    feed(&t, span_str(GOOD "Origin: https://chat.example.org\r\n\r\n"), 4000);
    assert_true(holds(&t.out, "\r\nSec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\r\n"));
    assert_true(holds(&t.out, "\r\nSec-WebSocket-Protocol: sip\r\n"));
    assert_false(holds(&t.out, "Extensions"));
    end(&t);
}

static void the_caller_says_who_is_welcome(void **state)
{
    struct span in = SPAN(GOOD "Origin: https://chat.example.org\r\n\r\nbehind"), message;
    struct talk t;

    (void)state;
    begin(&t);
    assert_int_equal(ws_read(t.w, &in, &t.out, &message), WS_ASKED);
    assert_true(span_is(ws_asked(t.w)->host, "sip.example.org"));
    assert_true(span_is(ws_asked(t.w)->origin, "https://chat.example.org"));
    assert_true(span_is(in, "behind"));
    ws_refuse(t.w, 403, "not from there", &t.out);
    assert_true(span_starts(buf_span(&t.out), SPAN("HTTP/1.1 403 Forbidden\r\n")));
    assert_true(holds(&t.out, "\r\n\r\nnot from there\n"));
    assert_int_equal(ws_read(t.w, &in, &t.out, &message), WS_OVER);
    end(&t);
}

static void a_request_without_an_end_is_too_long(void **state)
{
    struct buf request = {0};
    struct talk t;

    (void)state;
    buf_str(&request, GOOD "X: ");
    while (request.n < WS_HEAD_MAX + 100)
        buf_str(&request, "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    for (size_t step = 1; step < 10000; step += 9998) {
        begin(&t);
        feed(&t, buf_span(&request), step);
        assert_int_equal(t.last, WS_OVER);
        assert_true(span_starts(buf_span(&t.out), SPAN("HTTP/1.1 431 ")));
        end(&t);
    }
    buf_fini(&request);
}

/* ---- frames ---- */

/* Writes a client's frame with the mask of RFC 6455 5.7. */
static void frame(struct buf *b, unsigned first, struct span payload, bool masked)
{
    static const uint8_t mask[4] = {0x37, 0xfa, 0x21, 0x3d};
    unsigned bit = masked ? 0x80 : 0;

    buf_u8(b, (uint8_t)first);
    if (payload.n < 126) {
        buf_u8(b, (uint8_t)(bit | payload.n));
    } else if (payload.n < 65536) {
        buf_u8(b, (uint8_t)(bit | 126));
        buf_u16(b, (uint16_t)payload.n);
    } else {
        buf_u8(b, (uint8_t)(bit | 127));
        buf_u64(b, payload.n);
    }
    if (masked)
        buf_put(b, mask, sizeof mask);
    for (size_t i = 0; i < payload.n; i++)
        buf_u8(b, (uint8_t)(payload.p[i] ^ (masked ? mask[i % 4] : 0)));
}

enum { FIN = 0x80, MORE = 0, CONTINUED = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };
#define CLOSED(code) "\x88\x02" code
#define C1002        CLOSED("\x03\xea")

/* Up to five frames; what is told, and the octets that answer. */
static const struct {
    const char *what;
    struct {
        unsigned first;
        struct span payload;
        bool bare; /* without a mask */
    } frames[5];
    const char *told;
    struct span answer;
    bool over;
} talks[] = {
    {"one text", {{FIN | TEXT, SPAN("Hello"), 0}}, "Hello|", SPAN(""), false},
    {"one binary", {{FIN | BINARY, SPAN("Hello"), 0}}, "Hello|", SPAN(""), false},
    {"an empty one", {{FIN | TEXT, SPAN(""), 0}}, "|", SPAN(""), false},
    {"octets that are no text, as binary",
     {{FIN | BINARY, SPAN("\xff\xfe"), 0}},
     "\xff\xfe|",
     SPAN(""),
     false},
    {"in pieces",
     {{MORE | TEXT, SPAN("Hel"), 0}, {FIN | CONTINUED, SPAN("lo"), 0}},
     "Hello|",
     SPAN(""),
     false},
    {"in empty pieces",
     {{MORE | TEXT, SPAN(""), 0}, {MORE | CONTINUED, SPAN("a"), 0}, {FIN | CONTINUED, SPAN(""), 0}},
     "a|",
     SPAN(""),
     false},
    {"a character in two pieces",
     {{MORE | TEXT, SPAN("\xe2\x98"), 0}, {FIN | CONTINUED, SPAN("\xba"), 0}},
     "\xe2\x98\xba|",
     SPAN(""),
     false},
    {"two messages",
     {{FIN | TEXT, SPAN("a"), 0}, {FIN | TEXT, SPAN("b"), 0}},
     "a|b|",
     SPAN(""),
     false},
    {"a message after one in pieces",
     {{MORE | TEXT, SPAN("a"), 0}, {FIN | CONTINUED, SPAN("b"), 0}, {FIN | TEXT, SPAN("c"), 0}},
     "ab|c|",
     SPAN(""),
     false},
    {"a ping", {{FIN | PING, SPAN("xyz"), 0}}, "", SPAN("\x8a\x03xyz"), false},
    {"a ping between pieces",
     {{MORE | TEXT, SPAN("Hel"), 0}, {FIN | PING, SPAN("?"), 0}, {FIN | CONTINUED, SPAN("lo"), 0}},
     "Hello|",
     SPAN("\x8a\x01?"),
     false},
    {"a pong that nobody asked for", {{FIN | PONG, SPAN("xyz"), 0}}, "", SPAN(""), false},
    {"a close with a code and a reason",
     {{FIN | CLOSE,
       SPAN("\x03\xe8"
            "bye"),
       0}},
     "",
     SPAN("\x88\x02\x03\xe8"),
     true},
    {"a close without a code", {{FIN | CLOSE, SPAN(""), 0}}, "", SPAN("\x88\x00"), true},
    {"a close with a code of its own",
     {{FIN | CLOSE, SPAN("\x0f\xa0"), 0}},
     "",
     SPAN(CLOSED("\x0f\xa0")),
     true},
    {"a message behind a close",
     {{FIN | CLOSE, SPAN("\x03\xe8"), 0}, {FIN | TEXT, SPAN("x"), 0}},
     "",
     SPAN("\x88\x02\x03\xe8"),
     true},
    {"a close with half a code", {{FIN | CLOSE, SPAN("\x03"), 0}}, "", SPAN(C1002), true},
    {"a close with code 1005", {{FIN | CLOSE, SPAN("\x03\xed"), 0}}, "", SPAN(C1002), true},
    {"a close with code 999", {{FIN | CLOSE, SPAN("\x03\xe7"), 0}}, "", SPAN(C1002), true},
    {"a close with a reason that is no UTF-8",
     {{FIN | CLOSE, SPAN("\x03\xe8\xff"), 0}},
     "",
     SPAN(CLOSED("\x03\xef")),
     true},
    {"no mask", {{FIN | TEXT, SPAN("Hello"), 1}}, "", SPAN(C1002), true},
    {"no mask on a ping", {{FIN | PING, SPAN("x"), 1}}, "", SPAN(C1002), true},
    {"a reserved bit", {{FIN | 0x40 | TEXT, SPAN("Hello"), 0}}, "", SPAN(C1002), true},
    {"an opcode that is none", {{FIN | 3, SPAN("Hello"), 0}}, "", SPAN(C1002), true},
    {"a control opcode that is none", {{FIN | 11, SPAN("Hello"), 0}}, "", SPAN(C1002), true},
    {"a piece of nothing", {{FIN | CONTINUED, SPAN("lo"), 0}}, "", SPAN(C1002), true},
    {"a message inside of another",
     {{MORE | TEXT, SPAN("a"), 0}, {FIN | TEXT, SPAN("b"), 0}},
     "",
     SPAN(C1002),
     true},
    {"a ping in pieces", {{MORE | PING, SPAN("a"), 0}}, "", SPAN(C1002), true},
    {"text that is no UTF-8", {{FIN | TEXT, SPAN("a\xff"), 0}}, "", SPAN(CLOSED("\x03\xef")), true},
    {"text that ends in the middle of a character",
     {{MORE | TEXT, SPAN("a"), 0}, {FIN | CONTINUED, SPAN("\xe2\x98"), 0}},
     "",
     SPAN(CLOSED("\x03\xef")),
     true},
};

static void open_talk(struct talk *t)
{
    begin(t);
    feed(t, SPAN(GOOD "\r\n"), 4000);
    assert_true(ws_is_open(t->w));
    buf_reset(&t->out);
}

static void frames_and_what_they_make(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof talks / sizeof talks[0]; i++)
        for (size_t step = 1; step < 100; step++) {
            struct buf in = {0};
            struct talk t;

            open_talk(&t);
            for (size_t f = 0; f < 5 && talks[i].frames[f].payload.p; f++)
                frame(&in, talks[i].frames[f].first, talks[i].frames[f].payload,
                      !talks[i].frames[f].bare);
            feed(&t, buf_span(&in), step);
            if (!span_is(buf_span(&t.got), talks[i].told))
                fail_msg("%s, %zu at a time: told %.*s", talks[i].what, step,
                         SPAN_ARG(buf_span(&t.got)));
            if (!span_eq(buf_span(&t.out), talks[i].answer))
                fail_msg("%s, %zu at a time: %zu octets of answer, %02x%02x%02x%02x", talks[i].what,
                         step, t.out.n, t.out.n ? t.out.p[0] : 0, t.out.n > 1 ? t.out.p[1] : 0,
                         t.out.n > 2 ? t.out.p[2] : 0, t.out.n > 3 ? t.out.p[3] : 0);
            assert_int_equal(t.last == WS_OVER, talks[i].over);
            buf_fini(&in);
            end(&t);
        }
}

static void a_control_frame_of_126_octets_is_refused(void **state)
{
    uint8_t payload[126] = {0};
    struct buf in = {0};
    struct talk t;

    (void)state;
    open_talk(&t);
    frame(&in, FIN | PING, span_of(payload, sizeof payload), true);
    feed(&t, buf_span(&in), 1000);
    assert_int_equal(t.last, WS_OVER);
    assert_true(span_eq(buf_span(&t.out), SPAN(C1002)));
    buf_fini(&in);
    end(&t);
}

/* Of every length at which the header changes, and the bound. */
static void long_messages_come_through_and_too_long_ones_do_not(void **state)
{
    static const size_t lengths[] = {125,  126,   127,   4091,        4096,
                                     4097, 65535, 65536, MESSAGE_MAX, MESSAGE_MAX + 1};
    uint8_t *payload = malloc(MESSAGE_MAX + 1);

    (void)state;
    assert_non_null(payload);
    memset(payload, 'x', MESSAGE_MAX + 1);
    for (size_t i = 0; i < sizeof lengths / sizeof lengths[0]; i++)
        for (int halves = 0; halves < 2; halves++) {
            struct span all = span_of(payload, lengths[i]);
            struct buf in = {0};
            struct talk t;

            open_talk(&t);
            frame(&in, halves ? MORE | BINARY : FIN | BINARY,
                  span_first(all, halves ? all.n / 2 : all.n), true);
            if (halves)
                frame(&in, FIN | CONTINUED, span_skip(all, all.n / 2), true);
            feed(&t, buf_span(&in), 1400);
            if (lengths[i] > MESSAGE_MAX) {
                assert_int_equal(t.last, WS_OVER);
                assert_true(span_eq(buf_span(&t.out), SPAN(CLOSED("\x03\xf1"))));
                assert_int_equal(t.got.n, 0);
            } else {
                assert_int_equal(t.got.n, lengths[i] + 1);
            }
            buf_fini(&in);
            end(&t);
        }
    free(payload);
}

/* A header that announces more than may come is refused with the first octet, not kept for. */
static void an_announcement_takes_no_memory(void **state)
{
    static const uint8_t big[] = {0x82, 0xff, 0, 0, 0, 0, 0x7f, 0xff, 0xff, 0xff, 1, 2, 3, 4, 'x'};
    struct talk t;

    (void)state;
    open_talk(&t);
    feed(&t, span_of(big, sizeof big), 100);
    assert_int_equal(t.last, WS_OVER);
    assert_true(span_eq(buf_span(&t.out), SPAN(CLOSED("\x03\xf1"))));
    end(&t);
}

static void pings_are_not_answered_without_end(void **state)
{
    struct buf in = {0};
    struct talk t;

    (void)state;
    open_talk(&t);
    for (int i = 0; i < 2000; i++)
        frame(&in, FIN | PING, SPAN("01234567890123456789012345678901234567890123456789"), true);
    feed(&t, buf_span(&in), 65536);
    assert_true(t.out.n > WS_PONGS_MAX / 2 && t.out.n < WS_PONGS_MAX + 200);
    buf_fini(&in);
    end(&t);
}

static void what_is_sent_is_text_where_it_can_be(void **state)
{
    uint8_t large[300];
    struct talk t;

    (void)state;
    memset(large, 'a', sizeof large);
    open_talk(&t);
    ws_send(t.w, SPAN("h\xc3\xa9llo"), &t.out);
    assert_true(span_eq(buf_span(&t.out), SPAN("\x81\x06h\xc3\xa9llo")));
    buf_reset(&t.out);
    ws_send(t.w, SPAN("h\xe9llo"), &t.out);
    assert_true(span_eq(buf_span(&t.out), SPAN("\x82\x05h\xe9llo")));
    buf_reset(&t.out);
    ws_send(t.w, span_of(large, sizeof large), &t.out);
    assert_int_equal(t.out.n, sizeof large + 4);
    assert_memory_equal(t.out.p,
                        "\x81\x7e\x01\x2c"
                        "a",
                        5);
    buf_reset(&t.out);
    ws_ping(t.w, &t.out);
    assert_true(span_eq(buf_span(&t.out), SPAN("\x89\x00")));
    buf_reset(&t.out);
    ws_close(t.w, WS_GOING_AWAY, &t.out);
    assert_true(span_eq(buf_span(&t.out), SPAN(CLOSED("\x03\xe9"))));
    assert_false(ws_is_open(t.w));
    ws_close(t.w, WS_GOING_AWAY, &t.out);
    assert_int_equal(t.out.n, 4);
    end(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_opens_a_connection_and_what_does_not),
        cmocka_unit_test(the_answer_names_the_key_and_the_subprotocol),
        cmocka_unit_test(the_caller_says_who_is_welcome),
        cmocka_unit_test(a_request_without_an_end_is_too_long),
        cmocka_unit_test(frames_and_what_they_make),
        cmocka_unit_test(a_control_frame_of_126_octets_is_refused),
        cmocka_unit_test(long_messages_come_through_and_too_long_ones_do_not),
        cmocka_unit_test(an_announcement_takes_no_memory),
        cmocka_unit_test(pings_are_not_answered_without_end),
        cmocka_unit_test(what_is_sent_is_text_where_it_can_be),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
