/* What becomes of the words of a message on its way: charsets by what each reader can, markup,
 * length (3 of the mapping, 13 and 24 of OSCAR's reference). */
#include "tests/scenario/world.h"

static struct world w;
static const char bob[] = "bob@sip.example.org", alice_uri[] = "alice@aim.test";

enum { ASCII = 0, UTF16 = 2, LATIN1 = 3 };

/* ---- to SIP */

static void every_charset_leaves_as_utf8(void **state)
{
    static const struct {
        unsigned charset;
        struct span text;
        const char *leaves;
    } rows[] = {
        {ASCII, SPAN("plain"), "plain"},
        {ASCII, SPAN("caf\xC3\xA9"), "caf\xC3\xA9"},
        {ASCII, SPAN("caf\xE9 \x80"), "caf\xC3\xA9 \xE2\x82\xAC"},
        {LATIN1, SPAN("\xFC\x99"), "\xC3\xBC\xE2\x84\xA2"},
        {UTF16, SPAN("\x20\xAC\xD8\x3D\xDE\x00"), "\xE2\x82\xAC\xF0\x9F\x98\x80"},
        {UTF16, SPAN("\xD8\x3D\0a\0"),
         "\xEF\xBF\xBD"
         "a"},
        {0xFFFF, SPAN("odd"), "odd"},
    };
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        (void)aim_says_so(alice, bob, rows[i].charset, rows[i].text, AIM_ACK);
        sip_expect_message(&w, bob, rows[i].leaves);
        sip_answers(&w, 200);
        aim_expect_ack(alice);
    }
}

/* The table of 3.1. */
static void markup_leaves_as_plain_text(void **state)
{
    static const char *const rows[][2] = {
        {"<HTML><BODY BGCOLOR=\"#ffffff\"><FONT>Watson, <B>come</B> here.</FONT></BODY></HTML>",
         "Watson, come here."},
        {"a<BR>b &lt;c&gt; &amp;", "a\r\nb <c> &"},
        {"<a href=\"http://x.example/\">look</a>", "look <http://x.example/>"},
        {"2 < 3 and 4>1", "2 < 3 and 4>1"},
        {"x <y or z> w\nv", "x <y or z> w\r\nv"},
    };
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        aim_says(alice, bob, rows[i][0]);
        sip_expect_message(&w, bob, rows[i][1]);
        sip_answers(&w, 200);
        aim_expect_ack(alice);
    }
}

/* Nothing but markup: nothing is sent, and the sender need not care. */
static void a_message_without_words_goes_nowhere(void **state)
{
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    aim_says(alice, bob, "<HTML><BODY></BODY></HTML>");
    aim_expect_ack(alice);
    sip_expect_no_message(&w);
}

/* 3.8: numbered parts, each after the answer to the one before; one ack in the end. */
static void a_long_message_leaves_in_parts_and_in_order(void **state)
{
    static char text[3000];
    struct aim *alice = aim_arrives(&w, "alice");
    unsigned part = 0, parts = 0, this;
    struct sip_heard h;
    size_t words = 0;

    (void)state;
    for (size_t at = 0; at + 6 < sizeof text; at += 5)
        (void)snprintf(text + at, sizeof text - at, "%04zu ", at / 5);
    aim_says(alice, bob, text);
    do {
        const char *word;

        assert_true(sip_next(&w, &h, true));
        assert_string_equal(h.method, "MESSAGE");
        assert_true(strlen(h.text) <= 1300);
        assert_false(net_double_waiting(w.net) > 0);
        assert_int_equal(sscanf(h.body, "(%u/%u) ", &this, &parts), 2);
        assert_int_equal(this, ++part);
        for (word = strchr(h.body, ')') + 2; *word; word += word[4] ? 5 : 4, words++)
            assert_int_equal(atoi(word), words);
        aim_expect_nothing_of(alice, 4, 0xC);
        sip_answers(&w, 200);
    } while (part < parts);
    assert_int_equal(words, (sizeof text - 6 + 4) / 5);
    aim_expect_ack(alice);
}

static void a_part_that_fails_stops_the_rest(void **state)
{
    static char text[4000];
    struct aim *alice = aim_arrives(&w, "alice");
    struct sip_heard h;

    (void)state;
    memset(text, 'x', sizeof text - 1);
    aim_says(alice, bob, text);
    assert_true(sip_next(&w, &h, true));
    sip_answers(&w, 200);
    assert_true(sip_next(&w, &h, true));
    sip_answers(&w, 480);
    sip_expect_no_message(&w);
    aim_expect_error(alice, 0x13);
    aim_expect_nothing_of(alice, 4, 0xC);
    aim_expect_on(alice);
}

static void what_is_longer_than_twenty_parts_is_too_long(void **state)
{
    static char text[8001];
    struct aim *alice = aim_arrives(&w, "alice");

    (void)state;
    memset(text, 'x', sizeof text);
    (void)aim_says_so(alice, bob, ASCII, span_of(text, sizeof text), AIM_ACK);
    aim_expect_error(alice, 0xB);
    sip_expect_no_message(&w);
}

/* ---- to AIM */

static void reads(struct aim *a, unsigned charset, struct span text)
{
    struct aim_im im;

    aim_expect_an_im(a, &im);
    assert_int_equal(im.charset, charset);
    if (!span_eq(im.text, text))
        fail_msg("\"%.*s\"", (int)im.text.n, (const char *)im.text.p);
}

/* 3.2: HTML for AIM, plain lines for ICQ; UTF-16 only where it is needed. */
static void each_reader_gets_what_it_reads(void **state)
{
    struct aim *purple = aim_arrives(&w, "alice"), *icq = aim_arrives(&w, "700700");
    struct aim_im im;

    (void)state;
    assert_int_equal(sip_says(&w, bob, alice_uri, "1 < 2\r\n  \"x\" & y"), 200);
    reads(purple, ASCII,
          SPAN("<HTML><BODY>1 &lt; 2<BR>&nbsp;&nbsp;&quot;x&quot; &amp; y</BODY></HTML>"));
    assert_int_equal(sip_says(&w, bob, "700700@aim.test", "1 < 2\r\n  \"x\" & y"), 200);
    reads(icq, ASCII, SPAN("1 < 2\r\n  \"x\" & y"));
    assert_int_equal(sip_says(&w, bob, "700700@aim.test", "caf\xC3\xA9"), 200);
    reads(icq, UTF16, SPAN("\0c\0a\0f\0\xE9"));
    assert_int_equal(sip_says(&w, bob, alice_uri, "\xF0\x9F\x98\x80"), 200);
    aim_expect_an_im(purple, &im);
    assert_int_equal(im.charset, UTF16);
    assert_true(span_search(im.text, SPAN("\xD8\x3D\xDE\x00")) < im.text.n);
}

/* 3.8: parts without numbers, never inside an entity, in order. */
static void a_long_message_arrives_in_parts(void **state)
{
    static char text[6001];
    struct aim *alice = aim_arrives(&w, "alice");
    struct aim_im im;
    size_t got = 0;

    (void)state;
    memset(text, '&', sizeof text - 1);
    assert_int_equal(sip_says(&w, bob, alice_uri, text), 200);
    while (got < sizeof text - 1) {
        struct span t;

        aim_expect_an_im(alice, &im);
        assert_true(im.text.n <= 2500);
        t = im.text;
        assert_memory_equal(aim_take(&t, 12).p, "<HTML><BODY>", 12);
        while (t.n > 14) {
            assert_memory_equal(aim_take(&t, 5).p, "&amp;", 5);
            got++;
        }
        assert_memory_equal(t.p, "</BODY></HTML>", 14);
    }
    aim_expect_nothing_of(alice, 4, 7);
}

static void what_is_no_text_is_refused_with_what_would_be(void **state)
{
    char accept[256];

    (void)state;
    (void)aim_arrives(&w, "alice");
    assert_int_equal(sip_says_so(&w, bob, alice_uri, "Content-Type: image/png\r\n", "x", "Accept",
                                 accept, sizeof accept),
                     415);
    assert_non_null(strstr(accept, "text/plain"));
    assert_non_null(strstr(accept, "message/cpim"));
    assert_int_equal(sip_says_so(&w, bob, alice_uri,
                                 "Content-Type: text/plain;charset=x-unknown\r\n", "x", "Accept",
                                 accept, sizeof accept),
                     415);
    assert_int_equal(sip_says_so(&w, bob, alice_uri,
                                 "Content-Type: text/plain\r\nContent-Encoding: gzip\r\n", "x",
                                 "Accept-Encoding", accept, sizeof accept),
                     415);
    assert_string_equal(accept, "identity");
    aim_expect_quiet(&w.cast[0]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        CONVERSATION(every_charset_leaves_as_utf8),
        CONVERSATION(markup_leaves_as_plain_text),
        CONVERSATION(a_message_without_words_goes_nowhere),
        CONVERSATION(a_long_message_leaves_in_parts_and_in_order),
        CONVERSATION(a_part_that_fails_stops_the_rest),
        CONVERSATION(what_is_longer_than_twenty_parts_is_too_long),
        CONVERSATION(each_reader_gets_what_it_reads),
        CONVERSATION(a_long_message_arrives_in_parts),
        CONVERSATION(what_is_no_text_is_refused_with_what_would_be),
    };

    return cmocka_run_group_tests_name("scenario/text", tests, NULL, NULL);
}
