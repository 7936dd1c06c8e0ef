/* The pieces of loose HTML. */
#include "mapping/html_scan.h"

#include "base/hex.h"
#include "base/utf8.h"

enum { NAME_MAX = 10, ENTITY_MAX = 16, LINK_MAX = 2048, TAG_MAX = 4096 };

/* HTML 4 and AIM's own two (binary, data), sorted. */
static const struct element {
    const char *name;
    enum html_element element;
} elements[] = {
    {"a", EL_A},
    {"abbr", EL_OTHER},
    {"acronym", EL_OTHER},
    {"address", EL_OTHER},
    {"applet", EL_OTHER},
    {"area", EL_OTHER},
    {"b", EL_B},
    {"base", EL_OTHER},
    {"basefont", EL_OTHER},
    {"bdo", EL_OTHER},
    {"big", EL_OTHER},
    {"binary", EL_OTHER},
    {"blockquote", EL_OTHER},
    {"body", EL_OTHER},
    {"br", EL_BR},
    {"button", EL_OTHER},
    {"caption", EL_OTHER},
    {"center", EL_OTHER},
    {"cite", EL_OTHER},
    {"code", EL_OTHER},
    {"col", EL_OTHER},
    {"colgroup", EL_OTHER},
    {"data", EL_OTHER},
    {"dd", EL_OTHER},
    {"del", EL_S},
    {"dfn", EL_OTHER},
    {"dir", EL_OTHER},
    {"div", EL_DIV},
    {"dl", EL_OTHER},
    {"dt", EL_OTHER},
    {"em", EL_I},
    {"fieldset", EL_OTHER},
    {"font", EL_FONT},
    {"form", EL_OTHER},
    {"frame", EL_OTHER},
    {"frameset", EL_OTHER},
    {"h1", EL_OTHER},
    {"h2", EL_OTHER},
    {"h3", EL_OTHER},
    {"h4", EL_OTHER},
    {"h5", EL_OTHER},
    {"h6", EL_OTHER},
    {"head", EL_HEAD},
    {"hr", EL_HR},
    {"html", EL_OTHER},
    {"i", EL_I},
    {"iframe", EL_OTHER},
    {"img", EL_IMG},
    {"input", EL_OTHER},
    {"ins", EL_OTHER},
    {"isindex", EL_OTHER},
    {"kbd", EL_OTHER},
    {"label", EL_OTHER},
    {"legend", EL_OTHER},
    {"li", EL_LI},
    {"link", EL_OTHER},
    {"map", EL_OTHER},
    {"menu", EL_OTHER},
    {"meta", EL_OTHER},
    {"noframes", EL_OTHER},
    {"noscript", EL_OTHER},
    {"object", EL_OTHER},
    {"ol", EL_OTHER},
    {"optgroup", EL_OTHER},
    {"option", EL_OTHER},
    {"p", EL_P},
    {"param", EL_OTHER},
    {"pre", EL_OTHER},
    {"q", EL_OTHER},
    {"s", EL_S},
    {"samp", EL_OTHER},
    {"script", EL_SCRIPT},
    {"select", EL_OTHER},
    {"small", EL_OTHER},
    {"span", EL_OTHER},
    {"strike", EL_S},
    {"strong", EL_B},
    {"style", EL_STYLE},
    {"sub", EL_SUB},
    {"sup", EL_SUP},
    {"table", EL_OTHER},
    {"tbody", EL_OTHER},
    {"td", EL_OTHER},
    {"textarea", EL_OTHER},
    {"tfoot", EL_OTHER},
    {"th", EL_OTHER},
    {"thead", EL_OTHER},
    {"title", EL_TITLE},
    {"tr", EL_TR},
    {"tt", EL_OTHER},
    {"u", EL_U},
    {"ul", EL_OTHER},
    {"var", EL_OTHER},
};

static const struct element *find_element(struct span name)
{
    uint8_t lower[NAME_MAX];
    size_t low = 0, high = sizeof elements / sizeof *elements;

    if (name.n == 0 || name.n > NAME_MAX)
        return NULL;
    for (size_t i = 0; i < name.n; i++)
        lower[i] = ascii_lower(name.p[i]);
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        const char *at = elements[middle].name;
        int order = lower[0] - at[0];

        if (order == 0)
            order = span_cmp(span_of(lower, name.n), span_str(at));
        if (order == 0)
            return &elements[middle];
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return NULL;
}

static bool is_alnum(uint8_t c)
{
    return (ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z') || (c >= '0' && c <= '9');
}

static bool is_space(uint8_t c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

/* Index of the `>` that ends the tag, or s.n where there is none at all. A value may be quoted and
 * hold one; where the quotes make no sense within TAG_MAX octets, the next `>` will do. */
static size_t find_end(struct span s)
{
    struct span near = span_first(s, TAG_MAX);

    for (size_t i = 0; i < near.n; i++) {
        if (near.p[i] == '>')
            return i;
        if (near.p[i] == '=' && i + 1 < near.n && (near.p[i + 1] == '"' || near.p[i + 1] == '\''))
            i += 2 + span_find(span_skip(near, i + 2), near.p[i + 1]);
    }
    return span_find(s, '>');
}

/* What stands at a `<`: 0 where it is only a less-than sign, else the length of the tag. */
static size_t read_tag(struct span s, struct html_piece *out)
{
    struct span left = span_skip(s, 1);
    size_t name = 0, end;
    const struct element *element;

    *out = (struct html_piece){0};
    if (left.n > 0 && (left.p[0] == '/' || left.p[0] == '!')) {
        out->closing = left.p[0] == '/';
        left = span_skip(left, 1);
    }
    while (name < left.n && name <= NAME_MAX && is_alnum(left.p[name]))
        name++;
    element = find_element(span_first(left, name));
    if (left.p == s.p + 1 &&
        (!element || name >= left.n ||
         !(is_space(left.p[name]) || left.p[name] == '>' || left.p[name] == '/')))
        return 0;
    if (element && (left.p == s.p + 1 || out->closing))
        out->element = element->element;
    left = span_skip(left, name);
    end = find_end(left);
    if (end == left.n)
        return 0; /* not closed: text */
    out->attrs = span_first(left, end);
    return (size_t)(left.p - s.p) + end + 1;
}

static bool is_hidden(enum html_element e)
{
    return e == EL_SCRIPT || e == EL_STYLE || e == EL_TITLE || e == EL_HEAD;
}

/* Skips to behind the end tag of what is not shown; where there is none, only the tag itself is
 * gone. */
static void skip_hidden(struct html_scan *scan, enum html_element e)
{
    static const struct {
        enum html_element element;
        const char *end;
    } ends[] = {
        {EL_SCRIPT, "</script"}, {EL_STYLE, "</style"}, {EL_TITLE, "</title"}, {EL_HEAD, "</head"}};
    struct span end = {0};

    if (scan->unclosed & 1U << e)
        return;
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        if (ends[i].element == e)
            end = span_str(ends[i].end);
    for (struct span s = scan->in; s.n >= end.n; s = span_skip(s, 1)) {
        size_t to = span_find(s, '<');

        s = span_skip(s, to);
        if (span_case_starts(s, end) && span_find(s, '>') < s.n) {
            scan->in = span_skip(s, span_find(s, '>') + 1);
            return;
        }
    }
    scan->unclosed |= 1U << e;
}

/* A comment at the front: skipped, true. Without an end it is whatever else it may be. */
static bool skip_comment(struct html_scan *scan)
{
    size_t end;

    if (!span_starts(scan->in, SPAN("<!--")) || scan->unclosed & 1U)
        return false;
    end = span_search(span_skip(scan->in, 4), SPAN("-->"));
    if (end == scan->in.n - 4) {
        scan->unclosed |= 1U;
        return false;
    }
    scan->in = span_skip(scan->in, 4 + end + 3);
    return true;
}

bool html_scan_next(struct html_scan *scan, struct html_piece *out)
{
    while (scan->in.n > 0) {
        size_t n = 0;

        /* a run of text: up to the next `<` that begins a tag */
        if (scan->in.p[0] != '<') {
            n = span_find(scan->in, '<');
        } else if (skip_comment(scan)) {
            scan->tags = true;
            continue;
        } else {
            n = scan->no_end ? 0 : read_tag(scan->in, out);
            if (n > 0) {
                scan->in = span_skip(scan->in, n);
                scan->tags = true;
                if (!is_hidden(out->element))
                    return true;
                if (!out->closing)
                    skip_hidden(scan, out->element);
                continue;
            }
            scan->no_end = scan->no_end || span_find(scan->in, '>') == scan->in.n;
            n = 1 + span_find(span_skip(scan->in, 1), '<');
        }
        *out = (struct html_piece){.text = span_first(scan->in, n)};
        scan->in = span_skip(scan->in, n);
        return true;
    }
    return false;
}

bool html_has_tags(struct span html)
{
    struct html_scan scan = {.in = span_skip(html, span_find(html, '<'))};
    struct html_piece piece;

    while (!scan.tags && html_scan_next(&scan, &piece))
        ;
    return scan.tags;
}

bool html_attr(struct span attrs, const char *name, struct span *value)
{
    while (attrs.n > 0) {
        size_t n = 0;
        struct span found, v = {0};

        while (attrs.n > 0 && (is_space(attrs.p[0]) || attrs.p[0] == '/' || attrs.p[0] == '='))
            attrs = span_skip(attrs, 1);
        while (n < attrs.n && !is_space(attrs.p[n]) && attrs.p[n] != '=')
            n++;
        found = span_first(attrs, n);
        attrs = span_skip(attrs, n);
        while (attrs.n > 0 && is_space(attrs.p[0]))
            attrs = span_skip(attrs, 1);
        if (attrs.n > 0 && attrs.p[0] == '=') {
            attrs = span_skip(attrs, 1);
            while (attrs.n > 0 && is_space(attrs.p[0]))
                attrs = span_skip(attrs, 1);
            if (attrs.n > 0 && (attrs.p[0] == '"' || attrs.p[0] == '\'')) {
                v = span_first(span_skip(attrs, 1), span_find(span_skip(attrs, 1), attrs.p[0]));
                attrs = span_skip(attrs, v.n + 2);
            } else {
                while (v.n < attrs.n && !is_space(attrs.p[v.n]))
                    v.n++;
                v.p = attrs.p;
                attrs = span_skip(attrs, v.n);
            }
        }
        if (span_case_is(found, name)) {
            *value = v;
            return true;
        }
    }
    return false;
}

/* ---- entities ---- */

/* HTML 4's Latin-1 names, from U+00A0 on. */
static const char *const latin1[96] = {
    "nbsp",   "iexcl",  "cent",   "pound",  "curren", "yen",    "brvbar", "sect",   "uml",
    "copy",   "ordf",   "laquo",  "not",    "shy",    "reg",    "macr",   "deg",    "plusmn",
    "sup2",   "sup3",   "acute",  "micro",  "para",   "middot", "cedil",  "sup1",   "ordm",
    "raquo",  "frac14", "frac12", "frac34", "iquest", "Agrave", "Aacute", "Acirc",  "Atilde",
    "Auml",   "Aring",  "AElig",  "Ccedil", "Egrave", "Eacute", "Ecirc",  "Euml",   "Igrave",
    "Iacute", "Icirc",  "Iuml",   "ETH",    "Ntilde", "Ograve", "Oacute", "Ocirc",  "Otilde",
    "Ouml",   "times",  "Oslash", "Ugrave", "Uacute", "Ucirc",  "Uuml",   "Yacute", "THORN",
    "szlig",  "agrave", "aacute", "acirc",  "atilde", "auml",   "aring",  "aelig",  "ccedil",
    "egrave", "eacute", "ecirc",  "euml",   "igrave", "iacute", "icirc",  "iuml",   "eth",
    "ntilde", "ograve", "oacute", "ocirc",  "otilde", "ouml",   "divide", "oslash", "ugrave",
    "uacute", "ucirc",  "uuml",   "yacute", "thorn",  "yuml",
};
static const struct {
    const char *name;
    uint32_t c;
} others[] = {
    {"lt", '<'},       {"gt", '>'},       {"amp", '&'},       {"quot", '"'},     {"apos", '\''},
    {"trade", 0x2122}, {"euro", 0x20AC},  {"hellip", 0x2026}, {"mdash", 0x2014}, {"ndash", 0x2013},
    {"lsquo", 0x2018}, {"rsquo", 0x2019}, {"ldquo", 0x201C},  {"rdquo", 0x201D}, {"bull", 0x2022},
};

static bool named(struct span name, uint32_t *c)
{
    for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
        if (span_is(name, others[i].name)) {
            *c = others[i].c;
            return true;
        }
    }
    for (uint32_t i = 0; i < sizeof latin1 / sizeof *latin1; i++) {
        if (span_is(name, latin1[i])) {
            *c = 0xA0 + i;
            return true;
        }
    }
    return false;
}

/* Digits of &#n; or &#xh;. What is no character of ours is U+FFFD. */
static bool numbered(struct span digits, uint32_t *c)
{
    bool hex = digits.n > 0 && ascii_lower(digits.p[0]) == 'x';
    uint32_t v = 0;

    if (hex)
        digits = span_skip(digits, 1);
    if (digits.n == 0)
        return false;
    for (size_t i = 0; i < digits.n; i++) {
        int d = hex_value(digits.p[i]);

        if (d < 0 || (!hex && d > 9))
            return false;
        v = v > 0x10FFFF ? v : v * (hex ? 16 : 10) + (uint32_t)d;
    }
    if (v == 0 || v > 0x10FFFF || (v >= 0xD800 && v <= 0xDFFF) || (v >= 0x80 && v < 0xA0) ||
        (v < 0x20 && v != '\t' && v != '\n' && v != '\r'))
        v = UTF8_REPLACEMENT;
    *c = v;
    return true;
}

bool html_entity(struct span s, uint32_t *c, size_t *len)
{
    struct span name;
    size_t end;

    if (s.n < 3 || s.p[0] != '&') /* & name ; */
        return false;
    name = span_of(s.p + 1, s.n - 1 < ENTITY_MAX ? s.n - 1 : ENTITY_MAX);
    end = span_find(name, ';');
    if (end == name.n)
        return false;
    name.n = end;
    if (name.p[0] == '#' ? !numbered(span_skip(name, 1), c) : !named(name, c))
        return false;
    *len = end + 2;
    return true;
}

void html_decode(struct buf *out, struct span s)
{
    while (s.n > 0) {
        uint32_t c;
        size_t len = span_find(s, '&');

        if (len > 0) {
            buf_add(out, span_first(s, len));
        } else if (html_entity(s, &c, &len)) {
            utf8_put(out, c == 0xA0 ? ' ' : c);
        } else {
            len = 1;
            buf_u8(out, '&');
        }
        s = span_skip(s, len);
    }
}

bool html_link(struct buf *out, struct span href)
{
    static const char *const schemes[] = {
        "http:", "https:", "ftp:", "mailto:", "aim:", "im:", "sip:", "pres:"};
    size_t start = out->n;
    struct span link;
    bool good = false;

    href = span_trim(href);
    if (href.n > LINK_MAX)
        return false;
    html_decode(out, href);
    link = span_trim(span_skip(buf_span(out), start));
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
        good = good || span_case_starts(link, span_str(schemes[i]));
    for (size_t i = 0; i < link.n; i++)
        good = good && link.p[i] > 0x20 && link.p[i] != 0x7F && link.p[i] != '<' &&
               link.p[i] != '>' && link.p[i] != '"';
    if (!good)
        out->n = start;
    return good;
}
