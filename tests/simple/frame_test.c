#include "simple/wire/frame.h"

#include "wire.h"

#define HEAD "MESSAGE sip:bob@example.org SIP/2.0\r\nVia: SIP/2.0/TCP h;branch=z9hG4bKa\r\n"

/* NOLINTNEXTLINE(clang-analyzer-optin.performance.Padding): rows in the order they are read */
static const struct {
    const char *text;
    enum sip_framed framed;
    size_t size; /* WHOLE: of the message, BROKEN: of the head; MORE: need */
    enum sip_bad bad;
} streams[] = {
    {HEAD "Content-Length: 2\r\n\r\nhi", SIP_FRAME_WHOLE, sizeof HEAD + 22, 0},
    {HEAD "Content-Length: 2\r\n\r\nhiMESSAGE", SIP_FRAME_WHOLE, sizeof HEAD + 22, 0},
    {HEAD "l: 2\r\n\r\nhi", SIP_FRAME_WHOLE, sizeof HEAD + 9, 0},
    {HEAD "CONTENT-length \t:\r\n  2 \r\n\r\nhi", SIP_FRAME_WHOLE, sizeof HEAD + 28, 0},
    {HEAD "X: folded\r\n l: 9\r\nl: 0\r\n\r\n", SIP_FRAME_WHOLE, sizeof HEAD + 25, 0},
    {HEAD "Content-Length: 2\r\n\r\n", SIP_FRAME_MORE, 2, 0},
    {HEAD "Content-Length: 20\r\n\r\nhi", SIP_FRAME_MORE, 18, 0},
    {HEAD "Content-Length: 2\r\n\r", SIP_FRAME_MORE, 1, 0},
    {HEAD, SIP_FRAME_MORE, 1, 0},
    {"MES", SIP_FRAME_MORE, 1, 0},
    {"SIP/2.0 200 OK\r\nl: 0\r\n\r\n", SIP_FRAME_WHOLE, 24, 0},
    {"\r\n\r\n", SIP_FRAME_PING, 4, 0},
    {"\r\n\r\nMESSAGE", SIP_FRAME_PING, 4, 0},
    {"\r\n", SIP_FRAME_PONG, 2, 0},
    {"\r\nMESSAGE", SIP_FRAME_PONG, 2, 0},
    {"\r", SIP_FRAME_MORE, 1, 0},
    {"\rx", SIP_FRAME_BROKEN, 0, SIP_BAD_LINE_END},
    {"\n", SIP_FRAME_BROKEN, 0, SIP_BAD_START_LINE},
    {"\x16\x03\x01\x02", SIP_FRAME_BROKEN, 0, SIP_BAD_START_LINE},
    {"GET / HTTP/1.1\r\nHost: x\r\n", SIP_FRAME_BROKEN, 0, SIP_BAD_START_LINE},
    {"MESSAGE sip:a SIP/2.0\nVia: x\n\n", SIP_FRAME_BROKEN, 0, SIP_BAD_LINE_END},
    {HEAD "X: a\nl: 0\r\n\r\n", SIP_FRAME_BROKEN, 0, SIP_BAD_LINE_END},
    {HEAD "X: a\rl: 0\r\n\r\n", SIP_FRAME_BROKEN, 0, SIP_BAD_LINE_END},
    {HEAD "\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 1, SIP_BAD_NO_CONTENT_LENGTH},
    {HEAD "l: -1\r\n\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 8, SIP_BAD_CONTENT_LENGTH},
    {HEAD "l: 1 1\r\n\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 9, SIP_BAD_CONTENT_LENGTH},
    {HEAD "l:\r\n\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 5, SIP_BAD_CONTENT_LENGTH},
    {HEAD "l: 5\r\nContent-Length: 13\r\n\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 27,
     SIP_BAD_REPEATED},
    {HEAD "l: 65536\r\n\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 11, SIP_BAD_TOO_LARGE},
    {HEAD "l: 99999999999\r\n\r\n", SIP_FRAME_BROKEN, sizeof HEAD + 17, SIP_BAD_CONTENT_LENGTH},
};

static void a_stream_is_cut_into_messages(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        struct sip_frame f = {0};
        enum sip_framed framed = sip_frame_next(&f, span_str(streams[i].text));

        if (framed != streams[i].framed)
            fail_msg("%s: %d", streams[i].text, framed);
        assert_int_equal(framed == SIP_FRAME_MORE ? f.need : f.size, streams[i].size);
        if (framed == SIP_FRAME_BROKEN)
            assert_int_equal(f.bad, streams[i].bad);
    }
}

/* The same, octet by octet: nothing is told too early, and `need` never asks for too much. */
static void the_pieces_they_come_in_do_not_matter(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof *streams; i++) {
        struct sip_frame f = {0};
        const char *text = streams[i].text;
        size_t n = strlen(text), have = 0;
        enum sip_framed framed = SIP_FRAME_MORE;

        if (text[0] == '\r')
            continue; /* pings: below */
        while (have < n && framed == SIP_FRAME_MORE) {
            char *exact = malloc(++have);

            assert_non_null(exact);
            memcpy(exact, text, have);
            framed = sip_frame_next(&f, span_of(exact, have));
            free(exact);
            if (framed == SIP_FRAME_MORE && streams[i].framed == SIP_FRAME_WHOLE)
                assert_true(have + f.need <= streams[i].size);
        }
        assert_int_equal(framed, streams[i].framed);
        if (framed == SIP_FRAME_WHOLE)
            assert_int_equal(have, streams[i].size);
        if (framed == SIP_FRAME_BROKEN) {
            assert_int_equal(f.bad, streams[i].bad);
            assert_int_equal(f.size, streams[i].size);
        }
    }
}

static void a_ping_may_come_in_two_halves(void **state)
{
    struct sip_frame f = {0};

    (void)state;
    assert_int_equal(sip_frame_next(&f, SPAN("\r")), SIP_FRAME_MORE);
    assert_int_equal(sip_frame_next(&f, SPAN("\r\n")), SIP_FRAME_PONG);
    assert_int_equal(sip_frame_next(&f, SPAN("\r\n")), SIP_FRAME_PING);
    assert_int_equal(f.size, 2);
    assert_int_equal(sip_frame_next(&f, SPAN("\r\nM")), SIP_FRAME_PONG);
    assert_int_equal(sip_frame_next(&f, SPAN(HEAD "l: 0\r\n\r\n\r\n")), SIP_FRAME_WHOLE);
    assert_int_equal(sip_frame_next(&f, SPAN("\r\n")), SIP_FRAME_PONG);
}

static void messages_may_follow_each_other_at_once(void **state)
{
    static const char text[] =
        HEAD "l: 1\r\n\r\na" HEAD "l: 0\r\n\r\n\r\n\r\n" HEAD "l: 1\r\n\r\nb";
    static const enum sip_framed want[] = {SIP_FRAME_WHOLE, SIP_FRAME_WHOLE, SIP_FRAME_PING,
                                           SIP_FRAME_WHOLE, SIP_FRAME_MORE};
    struct span in = span_str(text);
    struct sip_frame f = {0};

    (void)state;
    for (size_t i = 0; i < sizeof want / sizeof *want; i++) {
        assert_int_equal(sip_frame_next(&f, in), want[i]);
        in = span_skip(in, want[i] == SIP_FRAME_MORE ? 0 : f.size);
    }
    assert_int_equal(in.n, 0);
}

static void the_limit_holds_for_head_and_body(void **state)
{
    struct sip_frame f = {.max = 200};
    struct buf b = {0};

    (void)state;
    assert_int_equal(sip_frame_next(&f, SPAN(HEAD "Content-Length: 200\r\n\r\n")),
                     SIP_FRAME_BROKEN);
    assert_int_equal(f.bad, SIP_BAD_TOO_LARGE);
    BUF_LIT(&b, HEAD "X: ");
    while (b.n < 200)
        buf_u8(&b, 'x');
    f = (struct sip_frame){.max = 200};
    assert_int_equal(sip_frame_next(&f, span_first(buf_span(&b), 199)), SIP_FRAME_MORE);
    assert_int_equal(sip_frame_next(&f, buf_span(&b)), SIP_FRAME_BROKEN);
    assert_int_equal(f.bad, SIP_BAD_TOO_LARGE);
    assert_int_equal(sip_bad_status(f.bad), 513);
    buf_fini(&b);
}

static void what_is_broken_can_be_answered_when_its_head_is_whole(void **state)
{
    static struct sip_msg m;
    struct sip_frame f = {0};
    struct span in = SPAN(HEAD "Call-ID: x\r\n\r\n");

    (void)state;
    assert_int_equal(sip_frame_next(&f, in), SIP_FRAME_BROKEN);
    sip_msg_parse(&m, span_first(in, f.size));
    assert_true(sip_msg_is_answerable(&m));
    assert_span(m.call_id, "x");
    assert_int_equal(sip_bad_status(f.bad), 400);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_stream_is_cut_into_messages),
        cmocka_unit_test(the_pieces_they_come_in_do_not_matter),
        cmocka_unit_test(a_ping_may_come_in_two_halves),
        cmocka_unit_test(messages_may_follow_each_other_at_once),
        cmocka_unit_test(the_limit_holds_for_head_and_body),
        cmocka_unit_test(what_is_broken_can_be_answered_when_its_head_is_whole),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
