/* Markup to text, text to markup, the subset both sides see; nothing that came as text leaves as a
 * tag. */
#include "mapping/html.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "base/rng.h"
#include "base/utf8.h"

static void assert_text(struct buf *b, const char *in, const char *want)
{
    assert_true(buf_ok(b));
    if (!span_is(buf_span(b), want))
        fail_msg("%s: \"%.*s\" is not \"%s\"", in, SPAN_ARG(buf_span(b)), want);
    buf_fini(b);
}

static void markup_becomes_text(void **state)
{
    static const struct {
        const char *html, *text;
    } rows[] = {
        /* the reference's own examples */
        {"<HTML><BODY BGCOLOR=\"#ffffff\"><FONT>Watson, <B>come</B> here.</FONT></BODY></HTML>",
         "Watson, come here."},
        {"a<BR>b &lt;c&gt; &amp;", "a\nb <c> &"},
        {"<a href=\"http://x.example/\">look</a>", "look <http://x.example/>"},
        {"2 < 3 and 4>1", "2 < 3 and 4>1"},
        {"x <y or z> w\nv", "x <y or z> w\nv"},
        /* 1: what is not seen */
        {"a<!-- b -->c", "ac"},
        {"a<!-- b", "a<!-- b"},
        {"<head><title>t</title></head>x", "x"},
        {"<style>b{}</style>x<SCRIPT>if (a<b) c();</SCRIPT >y", "xy"},
        {"<script>never closed", "never closed"},
        /* 2: tags and what only looks like one */
        {"a<b", "a<b"},
        {"I <3 you", "I <3 you"},
        {"<i'm here>", "<i'm here>"},
        {"a<font face=\"x>y\">b", "ab"},
        {"a<font face=\"x>b", "ab"},
        {"a</nothing>b", "ab"},
        {"<!DOCTYPE html>a", "a"},
        {"<binary><data id=1></data></binary>a", "a"},
        {"a<b/>c<br/>d", "ac\nd"},
        {"<B", "<B"},
        {"<", "<"},
        {"a<<b>c", "a<c"},
        /* 3: lines */
        {"<p>a</p><p>b</p>", "a\nb"},
        {"<div>a</div><div>b</div>", "a\nb"},
        {"a<div>b</div>c", "a\nb\nc"},
        {"<ul><li>a<li>b</ul>", "* a\n* b"},
        {"a<hr>b", "a\n----\nb"},
        {"a<br><br>b", "a\n\nb"},
        {"<table><tr><td>a<tr><td>b</table>", "a\nb"},
        /* 4: links */
        {"<A HREF=http://x.example/>http://x.example/</A>", "http://x.example/"},
        {"<A HREF=\"http://x.example/\">x.example/</A>", "x.example/"},
        {"<A HREF=\"mailto:a@x.example\">a@x.example</A>", "a@x.example"},
        {"<a href='javascript:alert(1)'>click</a>", "click"},
        {"<a href=\"http://x.example/?a=1&amp;b=2\">q</a>", "q <http://x.example/?a=1&b=2>"},
        {"<a href=\"http://x.example/ y\">q</a>", "q"},
        {"<a name=x>q</a>", "q"},
        {"<a href=\"http://x.example/\">look", "look <http://x.example/>"},
        {"<a href=\"http://x.example/\"></a>", "<http://x.example/>"},
        {"<a href=\"aim:goim?screenname=bob\">IM me</a>!", "IM me <aim:goim?screenname=bob>!"},
        /* 5: pictures */
        {"a<img src=x alt=\":-)\">b", "a:-)b"},
        {"a<img src=x>b", "ab"},
        /* 6: white space */
        {"<b>a\r\n\tb</b>", "a b"},
        {"<b>a  b</b>", "a  b"},
        {"a\r\nb\rc\nd", "a\nb\nc\nd"},
        {"a<br>\r\nb", "a\nb"},
        /* 7: entities */
        {"&lt;b&gt; &quot;x&quot; &apos;y&apos;&nbsp;z &trade; &eacute; &copy;",
         "<b> \"x\" 'y' z \xE2\x84\xA2 \xC3\xA9 \xC2\xA9"},
        {"&#65;&#x42;&#X43; &#0; &#xD800; &#1114112; &#99999999999;",
         "ABC \xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD \xEF\xBF\xBD"},
        {"&unknown; &amp &; &#; &#x; a&b", "&unknown; &amp &; &#; &#x; a&b"},
        {"&amp;lt;", "&lt;"},
        /* 8: trimmed */
        {"  a  <br>  b  <br><br>", "  a\n  b"},
        {"<br><br>a", "a"},
        {"<b> </b>", ""},
        {"<HTML></HTML>", ""},
        {"", ""},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};

        html_to_text(&b, span_str(rows[i].html));
        assert_text(&b, rows[i].html, rows[i].text);
    }
}

static void text_becomes_markup(void **state)
{
    static const struct {
        const char *text, *html;
    } rows[] = {
        {"hi", "<HTML><BODY>hi</BODY></HTML>"},
        {"a & b < c > \"d\"", "<HTML><BODY>a &amp; b &lt; c &gt; &quot;d&quot;</BODY></HTML>"},
        {"a\nb", "<HTML><BODY>a<BR>b</BODY></HTML>"},
        {"a  b   c", "<HTML><BODY>a &nbsp;b &nbsp;&nbsp;c</BODY></HTML>"},
        {" a\n b", "<HTML><BODY>&nbsp;a<BR>&nbsp;b</BODY></HTML>"},
        {"a\tb", "<HTML><BODY>a &nbsp;&nbsp;&nbsp;b</BODY></HTML>"},
        {"\tb", "<HTML><BODY>&nbsp;&nbsp;&nbsp;&nbsp;b</BODY></HTML>"},
        {"", "<HTML><BODY></BODY></HTML>"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};

        html_from_text(&b, span_str(rows[i].text));
        assert_text(&b, rows[i].text, rows[i].html);
    }
}

/* The rule of markup for text, one octet at a time. */
static void escape_slowly(struct buf *out, struct span text)
{
    bool after_space = true;

    for (size_t i = 0; i < text.n; i++) {
        char c = (char)text.p[i];

        switch (c) {
        case '&': BUF_LIT(out, "&amp;"); break;
        case '<': BUF_LIT(out, "&lt;"); break;
        case '>': BUF_LIT(out, "&gt;"); break;
        case '"': BUF_LIT(out, "&quot;"); break;
        case '\n': BUF_LIT(out, "<BR>"); break;
        case ' ': buf_str(out, after_space ? "&nbsp;" : " "); break;
        case '\t':
            buf_str(out, after_space ? "&nbsp;&nbsp;&nbsp;&nbsp;" : " &nbsp;&nbsp;&nbsp;");
            break;
        default: buf_u8(out, (uint8_t)c);
        }
        after_space = c == ' ' || c == '\n' || c == '\t';
    }
}

static void long_runs_become_the_same_markup(void **state)
{
    static const char letters[] = "aaaaaaaabcdefghijklmnop  &<>\"\n\t\xc3\xa4";
    struct rng rng = {0};
    uint8_t text[80];

    (void)state;
    rng_init_fixed(&rng, 11);
    for (int round = 0; round < 20000; round++) {
        size_t n = rng_u32(&rng) % sizeof text, kinds = round % 2 ? sizeof letters - 1 : 24;
        struct buf fast = {0}, slow = {0};

        for (size_t i = 0; i < n; i++)
            text[i] = (uint8_t)letters[rng_u32(&rng) % kinds];
        html_escape(&fast, span_of(text, n));
        escape_slowly(&slow, span_of(text, n));
        assert_true(span_eq(buf_span(&fast), buf_span(&slow)));
        buf_fini(&fast);
        buf_fini(&slow);
    }
}

static void the_subset_is_kept_and_closed(void **state)
{
    static const struct {
        const char *in, *out;
        bool rich;
    } rows[] = {
        {"plain", "plain", false},
        {"<b>x</b>", "<B>x</B>", true},
        {"<strong>x</strong><em>y</em><strike>z</strike><del>w</del>",
         "<B>x</B><I>y</I><S>z</S><S>w</S>", true},
        {"<b><i>x", "<B><I>x</I></B>", true},
        {"<b><i>x</b>y</i>", "<B><I>x</I></B>y", true},
        {"</b>x", "x", false},
        {"<font face=\"Arial, x\" size=3 color=#ff0000 onclick=x>a</font>",
         "<FONT FACE=\"Arial, x\" SIZE=\"3\" COLOR=\"#ff0000\">a</FONT>", true},
        {"<font size=9 color=red face='a\"b'>a</font>", "a", false},
        {"<a href=\"http://x.example/?a&b\" target=x>y</a>",
         "<A HREF=\"http://x.example/?a&amp;b\">y</A>", true},
        {"<a href=\"javascript:x\">y</a>", "y", false},
        {"<a href=\"http://x.example/&quot;onclick=&quot;\">y</a>", "y", false},
        {"<div>a</div><div>b</div>", "a<BR>b", false},
        {"<ul><li>a<li>b</ul>c", "a<BR>bc", false},
        {"a<br>b<hr>c<p>d", "a<BR>b<HR>c<P>d</P>", true},
        {"a &lt;script&gt; <script>x</script><blink>y</blink>", "a &lt;script&gt; &lt;blink&gt;y",
         false},
        {"x < y & z \"w\"", "x &lt; y &amp; z &quot;w&quot;", false},
        {"a\nb", "a<BR>b", false},
        {"<b>a\nb</b>", "<B>a b</B>", true},
        {"a&nbsp;b", "a&nbsp;b", false},
        {"<HTML><BODY BGCOLOR=\"#ffffff\">x</BODY></HTML>", "x", false},
        {"<img src=x alt='<b>'>", "&lt;b&gt;", false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        struct buf b = {0};

        html_filter(&b, span_str(rows[i].in));
        if (html_is_rich(buf_span(&b)) != rows[i].rich)
            fail_msg("%s: rich %d", rows[i].in, !rows[i].rich);
        assert_text(&b, rows[i].in, rows[i].out);
    }
}

static void only_numbers_write_plain_text(void **state)
{
    (void)state;
    assert_true(html_is(SPAN("hi"), false));
    assert_false(html_is(SPAN("<b>hi</b>"), true));
    assert_true(html_is(SPAN(" \r\n<Html>hi"), true));
}

/* What a text says does not change on its way through an AIM client and back. */
static void text_survives_the_way_there_and_back(void **state)
{
    static const char alphabet[] = "ab <>&\"';=/#xlt\n\xC3\xBC!-";
    struct rng rng;

    (void)state;
    rng_init_fixed(&rng, 3);
    for (int i = 0; i < 20000; i++) {
        struct buf raw = {0}, text = {0}, html = {0}, back = {0}, filtered = {0};
        size_t n = rng_u32(&rng) % 40;

        while (n-- > 0)
            buf_u8(&raw, (uint8_t)alphabet[rng_u32(&rng) % (sizeof alphabet - 1)]);
        while (!utf8_valid(buf_span(&raw)) && raw.n > 0)
            raw.n--;
        if (i % 2) /* as a libfaim client may have sent it, or as anybody's markup */
            html_to_text(&text, buf_span(&raw));
        else
            text_trim(&text, buf_span(&raw));
        html_from_text(&html, buf_span(&text));
        html_to_text(&back, buf_span(&html));
        if (!span_eq(buf_span(&text), buf_span(&back)))
            fail_msg("\"%.*s\" came back as \"%.*s\"", SPAN_ARG(buf_span(&text)),
                     SPAN_ARG(buf_span(&back)));
        /* nothing of it is a tag but those that we put there */
        html_filter(&filtered, buf_span(&html));
        assert_false(html_is_rich(buf_span(&filtered)));
        buf_fini(&raw);
        buf_fini(&text);
        buf_fini(&html);
        buf_fini(&back);
        buf_fini(&filtered);
    }
}

static void filtering_twice_changes_nothing(void **state)
{
    static const char *const pieces[] = {"<b>",
                                         "</b>",
                                         "<i>",
                                         "</i>",
                                         "<a href=http://x.example/>",
                                         "</a>",
                                         "<p>",
                                         "<div>",
                                         "</div>",
                                         "<br>",
                                         "x",
                                         " ",
                                         "&lt;",
                                         "<",
                                         ">",
                                         "&",
                                         "<font color=#112233>",
                                         "</font>",
                                         "<!--",
                                         "-->",
                                         "<script>",
                                         "</script>",
                                         "\"",
                                         "<img alt=\"",
                                         "\">"};
    struct rng rng;

    (void)state;
    rng_init_fixed(&rng, 5);
    for (int i = 0; i < 20000; i++) {
        struct buf raw = {0}, once = {0}, twice = {0};

        for (size_t n = rng_u32(&rng) % 12; n > 0; n--)
            buf_str(&raw, pieces[rng_u32(&rng) % (sizeof pieces / sizeof *pieces)]);
        html_filter(&once, buf_span(&raw));
        html_filter(&twice, buf_span(&once));
        if (!span_eq(buf_span(&once), buf_span(&twice)))
            fail_msg("\"%.*s\": \"%.*s\" became \"%.*s\"", SPAN_ARG(buf_span(&raw)),
                     SPAN_ARG(buf_span(&once)), SPAN_ARG(buf_span(&twice)));
        buf_fini(&raw);
        buf_fini(&once);
        buf_fini(&twice);
    }
}

/* Junk made to be read over and over must not be: half a megabyte in well under a second of this
 * machine. */
static void junk_is_read_once(void **state)
{
    static const char *const junk[] = {"<b ",       "<!--",  "<script>", "<a x=\">\" ", "<a x=\"",
                                       "<b x='\">", "&",     "<",        "<a href=x>",  "<head><b>",
                                       "<li>",      "&#x41", "<!-- >",   "</a",         "<title>"};

    (void)state;
    for (size_t i = 0; i < sizeof junk / sizeof *junk; i++) {
        struct buf raw = {0}, out = {0};
        clock_t start = clock();

        while (raw.n < 500000)
            buf_str(&raw, junk[i]);
        html_to_text(&out, buf_span(&raw));
        assert_true(out.n <= 2 * raw.n + HTML_TEXT_MORE);
        buf_reset(&out);
        html_filter(&out, buf_span(&raw));
        if (clock() - start > 4 * CLOCKS_PER_SEC) /* with sanitizers */
            fail_msg("%s: %ld ms", junk[i], (long)((clock() - start) * 1000 / CLOCKS_PER_SEC));
        buf_fini(&raw);
        buf_fini(&out);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(markup_becomes_text),
        cmocka_unit_test(text_becomes_markup),
        cmocka_unit_test(long_runs_become_the_same_markup),
        cmocka_unit_test(the_subset_is_kept_and_closed),
        cmocka_unit_test(only_numbers_write_plain_text),
        cmocka_unit_test(text_survives_the_way_there_and_back),
        cmocka_unit_test(filtering_twice_changes_nothing),
        cmocka_unit_test(junk_is_read_once),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
