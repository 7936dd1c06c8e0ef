/* Any markup to the subset that both sides are given (3.3), well-formed: what came unclosed is
 * closed, what is not in the subset is gone, all text is escaped anew. */
#include "base/hex.h"
#include "base/utf8.h"
#include "mapping/html.h"
#include "mapping/html_scan.h"

enum { DEPTH_MAX = 32, FACE_MAX = 64 };

struct filter {
    struct buf *out;
    size_t start;
    bool marked_up;
    enum html_element open[DEPTH_MAX];
    unsigned depth;
};

static const char *name_of(enum html_element e)
{
    switch (e) {
    case EL_A: return "A";
    case EL_B: return "B";
    case EL_FONT: return "FONT";
    case EL_I: return "I";
    case EL_P: return "P";
    case EL_S: return "S";
    case EL_SUB: return "SUB";
    case EL_SUP: return "SUP";
    case EL_U: return "U";
    default: return NULL;
    }
}

static void put_char(struct filter *f, uint32_t c)
{
    switch (c) {
    case '&': BUF_LIT(f->out, "&amp;"); break;
    case '<': BUF_LIT(f->out, "&lt;"); break;
    case '>': BUF_LIT(f->out, "&gt;"); break;
    case '"': BUF_LIT(f->out, "&quot;"); break;
    case 0xA0: BUF_LIT(f->out, "&nbsp;"); break;
    default:
        if (c >= 0x20)
            utf8_put(f->out, c);
    }
}

static size_t put_white(struct filter *f, struct span s)
{
    size_t n = 1;

    if (!f->marked_up && s.p[0] != '\t') {
        if (s.p[0] == '\n' || s.n < 2 || s.p[1] != '\n')
            BUF_LIT(f->out, "<BR>");
        return 1;
    }
    while (f->marked_up && n < s.n && (s.p[n] == '\r' || s.p[n] == '\n' || s.p[n] == '\t'))
        n++;
    buf_u8(f->out, ' ');
    return n;
}

static void put_text(struct filter *f, struct span s)
{
    while (s.n > 0) {
        size_t n = 0;
        uint32_t c;

        while (n < s.n && s.p[n] >= 0x20 && s.p[n] != '&' && s.p[n] != '<' && s.p[n] != '>' &&
               s.p[n] != '"')
            n++;
        if (n > 0)
            buf_add(f->out, span_first(s, n));
        else if (s.p[0] == '\r' || s.p[0] == '\n' || s.p[0] == '\t')
            n = put_white(f, s);
        else if (html_entity(s, &c, &n))
            put_char(f, c);
        else
            put_char(f, s.p[n++]);
        s = span_skip(s, n);
    }
}

static bool ends_with(const struct filter *f, struct span s)
{
    const struct buf *out = f->out;

    return out->n - f->start >= s.n && memcmp(out->p + out->n - s.n, s.p, s.n) == 0;
}

static bool at_line_start(const struct filter *f)
{
    return f->out->n == f->start || ends_with(f, SPAN("<BR>")) || ends_with(f, SPAN("<P>")) ||
           ends_with(f, SPAN("<HR>"));
}

static void close_one(struct filter *f)
{
    BUF_LIT(f->out, "</");
    buf_str(f->out, name_of(f->open[--f->depth]));
    buf_u8(f->out, '>');
}

/* Closes `e` and all that was opened inside it; an end without a beginning is nothing. */
static void close_tag(struct filter *f, enum html_element e)
{
    unsigned at = f->depth;

    while (at > 0 && f->open[at - 1] != e)
        at--;
    while (at > 0 && f->depth >= at)
        close_one(f);
}

static bool is_face(struct span s)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = ascii_lower(s.p[i]);

        if (!(c >= 'a' && c <= 'z') && !(c >= '0' && c <= '9') && c != ' ' && c != ',' && c != '-')
            return false;
    }
    return s.n > 0 && s.n <= FACE_MAX;
}

static bool is_color(struct span s)
{
    uint8_t rgb[3];

    return s.n == 7 && s.p[0] == '#' && hex_read(span_skip(s, 1), rgb, sizeof rgb);
}

static void put_attr(struct filter *f, const char *name, struct span value)
{
    buf_u8(f->out, ' ');
    buf_str(f->out, name);
    BUF_LIT(f->out, "=\"");
    buf_add(f->out, value);
    buf_u8(f->out, '"');
}

/* The tag and those of its attributes that are let through; false: nothing is left of it. */
static bool put_open(struct filter *f, const struct html_piece *tag)
{
    struct span v;
    struct buf link = {0};
    bool put = true;

    if (tag->element == EL_A) {
        put = html_attr(tag->attrs, "href", &v) && html_link(&link, v);
        if (put) {
            BUF_LIT(f->out, "<A HREF=\"");
            html_escape(f->out, buf_span(&link));
            BUF_LIT(f->out, "\">");
        }
        buf_fini(&link);
        return put;
    }
    buf_u8(f->out, '<');
    buf_str(f->out, name_of(tag->element));
    if (tag->element == EL_FONT) {
        if (html_attr(tag->attrs, "face", &v) && is_face(v))
            put_attr(f, "FACE", v);
        if (html_attr(tag->attrs, "size", &v) && v.n == 1 && v.p[0] >= '1' && v.p[0] <= '7')
            put_attr(f, "SIZE", v);
        if (html_attr(tag->attrs, "color", &v) && is_color(v))
            put_attr(f, "COLOR", v);
        if (ends_with(f, SPAN("<FONT"))) {
            f->out->n -= 5;
            return false;
        }
    }
    buf_u8(f->out, '>');
    return true;
}

static void put_tag(struct filter *f, const struct html_piece *tag)
{
    struct span alt;

    switch (tag->element) {
    case EL_BR: BUF_LIT(f->out, "<BR>"); return;
    case EL_HR: BUF_LIT(f->out, "<HR>"); return;
    case EL_DIV:
    case EL_LI:
    case EL_TR:
        if (!at_line_start(f))
            BUF_LIT(f->out, "<BR>");
        return;
    case EL_IMG:
        if (!tag->closing && html_attr(tag->attrs, "alt", &alt))
            put_text(f, alt);
        return;
    default: break;
    }
    if (!name_of(tag->element))
        return;
    if (tag->closing) {
        close_tag(f, tag->element);
        return;
    }
    if (tag->element == EL_P || tag->element == EL_A)
        close_tag(f, tag->element); /* neither holds another of its kind */
    if (f->depth < DEPTH_MAX && put_open(f, tag))
        f->open[f->depth++] = tag->element;
}

void html_filter(struct buf *out, struct span html)
{
    struct filter f = {.out = out, .start = out->n, .marked_up = html_has_tags(html)};
    struct html_scan scan = {.in = html};
    struct html_piece piece;

    while (html_scan_next(&scan, &piece)) {
        if (piece.text.n > 0)
            put_text(&f, piece.text);
        else
            put_tag(&f, &piece);
    }
    while (f.depth > 0)
        close_one(&f);
    while (buf_ok(out) && ends_with(&f, SPAN("<BR>")))
        out->n -= 4;
}

bool html_is_rich(struct span filtered)
{
    struct html_scan scan = {.in = filtered};
    struct html_piece piece;

    while (html_scan_next(&scan, &piece))
        if (piece.text.n == 0 && piece.element != EL_BR && piece.element != EL_P)
            return true;
    return false;
}
