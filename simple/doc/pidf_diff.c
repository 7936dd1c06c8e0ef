#include "simple/doc/pidf_diff.h"

#include "simple/doc/xml.h"

#define HEAD "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<presence "
#define TAIL "</presence>\n"

/* A child of the root with its layout: no text can hold the beginning of one, as "<" is escaped
 * there. */
struct part {
    struct span text, name, id; /* id: empty for notes */
};

/* A document taken apart. */
struct parts {
    struct span root; /* attributes of the root, the xmlns among them */
    struct span inside;
    struct part v[PIDF_DIFF_PARTS_MAX];
    size_t n;
};

static bool begins_part(struct span s)
{
    return s.n > 3 && s.p[0] == ' ' && s.p[1] == ' ' && s.p[2] == '<' && s.p[3] != '/';
}

/* Up to where the next one begins. */
static struct span part_text(struct span s)
{
    for (size_t i = 0; i + 1 < s.n; i++)
        if (s.p[i] == '\n' && begins_part(span_skip(s, i + 1)))
            return span_first(s, i + 1);
    return s;
}

static void read_part(struct span text, struct part *out)
{
    struct span s = span_skip(text, 3), mark = SPAN(" id=\"");
    size_t n = 0;

    while (n < s.n && s.p[n] != ' ' && s.p[n] != '>')
        n++;
    *out = (struct part){.text = text, .name = span_first(s, n)};
    s = span_skip(s, n);
    if (span_starts(s, mark)) {
        s = span_skip(s, mark.n);
        out->id = span_first(s, span_find(s, '"'));
    }
}

static bool open_document(struct span doc, struct span *root, struct span *inside)
{
    struct span head = SPAN(HEAD), tail = SPAN(TAIL), rest;

    if (!span_starts(doc, head) || doc.n < head.n + tail.n ||
        !span_eq(span_skip(doc, doc.n - tail.n), tail))
        return false;
    rest = span_first(span_skip(doc, head.n), doc.n - head.n - tail.n);
    *root = span_first(rest, span_find(rest, '>'));
    *inside = span_skip(rest, root->n + 2);
    return root->n < rest.n;
}

static bool take_apart(struct span doc, struct parts *out)
{
    struct span left;

    out->n = 0;
    if (!open_document(doc, &out->root, &out->inside))
        return false;
    for (left = out->inside; left.n > 0; left = span_skip(left, out->v[out->n - 1].text.n)) {
        if (out->n == PIDF_DIFF_PARTS_MAX || !begins_part(left))
            return false;
        read_part(part_text(left), &out->v[out->n++]);
    }
    return true;
}

static struct span entity_of(struct span root)
{
    struct span mark = SPAN("entity=\""), s = span_skip(root, span_search(root, mark) + mark.n);

    return span_first(s, span_find(s, '"'));
}

/* ---- the whole ---- */

bool pidf_full_write(struct buf *b, struct span doc, uint32_t version)
{
    struct span root, inside;

    if (!open_document(doc, &root, &inside))
        return false;
    BUF_LIT(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:pidf-full xmlns:p=\"");
    buf_str(b, xml_ns_uri(XML_NS_PIDF_DIFF));
    buf_fmt(b, "\" version=\"%u\" ", (unsigned)version);
    buf_add(b, root);
    BUF_LIT(b, ">\n");
    buf_add(b, inside);
    BUF_LIT(b, "</p:pidf-full>\n");
    return true;
}

/* ---- what changed ---- */

static const struct part *find(const struct parts *in, const struct part *like)
{
    for (size_t i = 0; i < in->n; i++)
        if (span_eq(in->v[i].name, like->name) && span_eq(in->v[i].id, like->id))
            return &in->v[i];
    return NULL;
}

/* Notes have no names to call them by. */
static bool have_same_notes(const struct parts *a, const struct parts *b)
{
    size_t i = 0, k = 0;

    for (;; i++, k++) {
        while (i < a->n && a->v[i].id.n)
            i++;
        while (k < b->n && b->v[k].id.n)
            k++;
        if (i == a->n || k == b->n)
            return i == a->n && k == b->n;
        if (!span_eq(a->v[i].text, b->v[k].text))
            return false;
    }
}

/* RFC 5261 4.1: the root, whatever it is called; then a child by name and id. */
static void put_selector(struct buf *b, const struct part *p)
{
    BUF_LIT(b, " sel=\"*/");
    buf_add(b, p->name);
    BUF_LIT(b, "[@id='");
    buf_add(b, p->id);
    BUF_LIT(b, "']\"");
}

static void put_removed(struct buf *b, const struct parts *before, const struct parts *after)
{
    for (size_t i = 0; i < before->n; i++) {
        if (!before->v[i].id.n || find(after, &before->v[i]))
            continue;
        BUF_LIT(b, "  <p:remove");
        put_selector(b, &before->v[i]);
        BUF_LIT(b, "/>\n");
    }
}

/* A new one comes behind the one that is before it in the new document, and is there by then. */
static void put_added(struct buf *b, const struct parts *after, size_t i)
{
    BUF_LIT(b, "  <p:add");
    if (i == 0) {
        BUF_LIT(b, " sel=\"*\" pos=\"prepend\"");
    } else if (after->v[i - 1].id.n) {
        put_selector(b, &after->v[i - 1]);
        BUF_LIT(b, " pos=\"after\"");
    } else {
        BUF_LIT(b, " sel=\"*\""); /* behind the notes: at the end */
    }
    BUF_LIT(b, ">\n");
    buf_add(b, after->v[i].text);
    BUF_LIT(b, "  </p:add>\n");
}

static void put_changed(struct buf *b, const struct parts *before, const struct parts *after)
{
    for (size_t i = 0; i < after->n; i++) {
        const struct part *now = &after->v[i], *was = find(before, now);

        if (!now->id.n || (was && span_eq(was->text, now->text)))
            continue;
        if (!was) {
            put_added(b, after, i);
            continue;
        }
        BUF_LIT(b, "  <p:replace");
        put_selector(b, now);
        BUF_LIT(b, ">");
        buf_add(b, span_trim(now->text));
        BUF_LIT(b, "</p:replace>\n");
    }
}

/* Those prefixes that stand somewhere in `inside`, in elements or in selectors. */
static void put_prefixes(struct buf *b, struct span inside)
{
    static const struct {
        struct span prefix;
        enum xml_ns ns;
    } rows[] = {{{(const uint8_t *)"dm:", 3}, XML_NS_DATA_MODEL},
                {{(const uint8_t *)"r:", 2}, XML_NS_RPID},
                {{(const uint8_t *)"ci:", 3}, XML_NS_CIPID},
                {{(const uint8_t *)"cap:", 4}, XML_NS_CAPS},
                {{(const uint8_t *)"aim:", 4}, XML_NS_AIM}};

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
        if (span_search(inside, rows[i].prefix) < inside.n)
            buf_fmt(b, " xmlns:%.*s=\"%s\"", (int)rows[i].prefix.n - 1,
                    (const char *)rows[i].prefix.p, xml_ns_uri(rows[i].ns));
}

static void put_diff(struct buf *b, struct span entity, struct span inside, uint32_t version)
{
    buf_fmt(b,
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<p:pidf-diff xmlns=\"%s\" xmlns:p=\"%s\"",
            xml_ns_uri(XML_NS_PIDF), xml_ns_uri(XML_NS_PIDF_DIFF));
    put_prefixes(b, inside);
    BUF_LIT(b, " entity=\"");
    buf_add(b, entity);
    buf_fmt(b, "\" version=\"%u\">\n", (unsigned)version);
    buf_add(b, inside);
    BUF_LIT(b, "</p:pidf-diff>\n");
}

bool pidf_diff_write(struct buf *b, struct span before, struct span after, uint32_t version)
{
    struct parts was, now;
    struct buf inside = {0};
    size_t start = b->n;

    if (!take_apart(before, &was) || !take_apart(after, &now) || !have_same_notes(&was, &now) ||
        !span_eq(entity_of(was.root), entity_of(now.root)))
        return false;
    put_removed(&inside, &was, &now);
    put_changed(&inside, &was, &now);
    if (inside.n > 0)
        put_diff(b, entity_of(now.root), buf_span(&inside), version);
    if (!buf_ok(&inside) || b->n - start >= after.n)
        b->n = start;
    buf_fini(&inside);
    return b->n > start;
}
