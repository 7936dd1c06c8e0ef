/* AIM's markup to plain text (3.1) and plain text to AIM's markup (3.2). */
#include "mapping/html.h"

#include "base/run.h"
#include "base/utf8.h"
#include "mapping/html_scan.h"

bool html_is(struct span utf8, bool icq_sender)
{
    return !icq_sender || span_case_starts(span_trim(utf8), SPAN("<html"));
}

/* ---- to text ---- */

struct text_out {
    struct buf *out;
    size_t start;      /* where the text begins in *out */
    bool marked_up;    /* there are tags: CR, LF, TAB are only space */
    struct span link;  /* href of the open `a`, undecoded; empty: none */
    size_t link_start; /* where its text begins */
};

static bool at_line_start(const struct text_out *t)
{
    return t->out->n == t->start || t->out->p[t->out->n - 1] == '\n';
}

static void drop_spaces(struct text_out *t)
{
    while (t->out->n > t->start &&
           (t->out->p[t->out->n - 1] == ' ' || t->out->p[t->out->n - 1] == '\t'))
        t->out->n--;
}

/* Ends the line; no empty line at the front of all. */
static void new_line(struct text_out *t)
{
    drop_spaces(t);
    if (t->out->n > t->start)
        buf_u8(t->out, '\n');
}

static void put_char(struct text_out *t, uint32_t c)
{
    if (c == '\n')
        new_line(t);
    else if (c == 0xA0)
        buf_u8(t->out, ' ');
    else if (c >= 0x20 || c == '\t')
        utf8_put(t->out, c);
}

/* CR, LF and TAB at the front of s: how many, and what they are in the text. */
static size_t put_white(struct text_out *t, struct span s)
{
    size_t n = 1;

    if (t->marked_up) {
        while (n < s.n && (s.p[n] == '\r' || s.p[n] == '\n' || s.p[n] == '\t'))
            n++;
        if (!at_line_start(t))
            buf_u8(t->out, ' ');
    } else if (s.p[0] == '\t') {
        buf_u8(t->out, '\t');
    } else {
        n = s.p[0] == '\r' && s.n > 1 && s.p[1] == '\n' ? 2 : 1;
        new_line(t);
    }
    return n;
}

static void put_text(struct text_out *t, struct span s)
{
    while (s.n > 0) {
        size_t n = 0;
        uint32_t c;

        while (n < s.n && s.p[n] >= 0x20 && s.p[n] != '&')
            n++;
        if (n > 0)
            buf_add(t->out, span_first(s, n));
        else if (s.p[0] == '\r' || s.p[0] == '\n' || s.p[0] == '\t')
            n = put_white(t, s);
        else if (html_entity(s, &c, &n))
            put_char(t, c);
        else
            put_char(t, s.p[n++]);
        s = span_skip(s, n);
    }
}

/* Rule 4: behind the text of a link its address, unless the text is the address. */
static void end_link(struct text_out *t)
{
    static const char *const prefixes[] = {"", "http://", "https://", "mailto:"};
    size_t before = t->out->n, from = t->link_start < before ? t->link_start : before;
    struct span text, link, href = t->link;
    bool same = false;

    t->link = (struct span){0};
    if (href.n == 0)
        return;
    if (before > from && !at_line_start(t))
        buf_u8(t->out, ' ');
    buf_u8(t->out, '<');
    link.n = t->out->n;
    if (!html_link(t->out, href) || !buf_ok(t->out)) {
        t->out->n = before;
        return;
    }
    text = span_trim(span_of(t->out->p + from, before - from));
    link = span_skip(buf_span(t->out), link.n);
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        struct span prefix = span_str(prefixes[i]);

        same = same || (span_starts(link, prefix) && span_eq(text, span_skip(link, prefix.n)));
    }
    if (same)
        t->out->n = before;
    else
        buf_u8(t->out, '>');
}

static void put_tag(struct text_out *t, const struct html_piece *tag)
{
    struct span value;

    switch (tag->element) {
    case EL_BR: new_line(t); break;
    case EL_HR:
        new_line(t);
        BUF_LIT(t->out, "----");
        new_line(t);
        break;
    case EL_P:
    case EL_DIV:
    case EL_LI:
    case EL_TR:
        if (tag->closing && (tag->element == EL_LI || tag->element == EL_TR))
            break;
        if (!at_line_start(t))
            new_line(t);
        if (tag->element == EL_LI)
            BUF_LIT(t->out, "* ");
        break;
    case EL_A:
        end_link(t);
        if (!tag->closing && html_attr(tag->attrs, "href", &value)) {
            t->link = value;
            t->link_start = t->out->n;
        }
        break;
    case EL_IMG:
        if (!tag->closing && html_attr(tag->attrs, "alt", &value))
            put_text(t, value);
        break;
    default: break;
    }
}

static void trim_end(struct text_out *t)
{
    while (t->out->n > t->start &&
           (t->out->p[t->out->n - 1] == ' ' || t->out->p[t->out->n - 1] == '\t' ||
            t->out->p[t->out->n - 1] == '\n'))
        t->out->n--;
}

void html_to_text(struct buf *out, struct span html)
{
    struct text_out t = {.out = out, .start = out->n, .marked_up = html_has_tags(html)};
    struct html_scan scan = {.in = html};
    struct html_piece piece;

    while (html_scan_next(&scan, &piece)) {
        if (piece.text.n > 0)
            put_text(&t, piece.text);
        else
            put_tag(&t, &piece);
    }
    end_link(&t);
    trim_end(&t);
}

void text_trim(struct buf *out, struct span text)
{
    struct text_out t = {.out = out, .start = out->n};

    while (text.n > 0) {
        size_t n = run_printable(text);

        if (n > 0)
            buf_add(out, span_first(text, n));
        else if (text.p[0] == '\r' || text.p[0] == '\n')
            n = put_white(&t, text);
        else
            put_char(&t, text.p[n++]);
        text = span_skip(text, n);
    }
    trim_end(&t);
}

/* ---- to markup ---- */

static const char *escape_of(uint8_t c)
{
    switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\n': return "<BR>";
    default: return NULL;
    }
}

/* How many octets from the start may stand as they are. A space after a space may not: it would be
 * lost. */
static size_t plain_run(struct span text, bool after_space)
{
    size_t i = 0;

#ifdef __SSE2__
    for (; i + 16 <= text.n; i += 16) {
        __m128i v = _mm_loadu_si128((const __m128i *)(const void *)(text.p + i));
        unsigned spaces = run_equal16(v, ' ');
        unsigned stop = run_controls16(v) | run_equal16(v, '&') | run_equal16(v, '<') |
                        run_equal16(v, '>') | run_equal16(v, '"') |
                        (spaces & (spaces << 1 | after_space));

        if (stop)
            return i + (size_t)__builtin_ctz(stop);
        after_space = spaces >> 15 & 1;
    }
#endif
    for (; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c < ' ' || (c == ' ' && after_space) || escape_of(c))
            break;
        after_space = c == ' ';
    }
    return i;
}

void html_escape(struct buf *out, struct span text)
{
    bool after_space = true; /* the next space would be lost */

    while (text.n > 0) {
        size_t run = plain_run(text, after_space);
        const char *escape;

        buf_put(out, text.p, run);
        if (run > 0)
            after_space = text.p[run - 1] == ' ';
        text = span_skip(text, run);
        if (text.n == 0)
            break;
        escape = text.p[0] == ' ' ? "&nbsp;" : escape_of(text.p[0]);
        if (text.p[0] == '\t')
            buf_str(out, after_space ? "&nbsp;&nbsp;&nbsp;&nbsp;" : " &nbsp;&nbsp;&nbsp;");
        else if (escape)
            buf_str(out, escape);
        else
            buf_u8(out, text.p[0]);
        after_space = text.p[0] == '\n' || text.p[0] == ' ' || text.p[0] == '\t';
        text = span_skip(text, 1);
    }
}

void html_from_text(struct buf *out, struct span text)
{
    BUF_LIT(out, HTML_OPEN);
    html_escape(out, text);
    BUF_LIT(out, HTML_CLOSE);
}
