#include "simple/doc/xml.h"

#include <libxml/parser.h>
#include <libxml/xmlerror.h>

#include "base/utf8.h"

static const struct span uris[XML_NS__COUNT] = {
    [XML_NS_NONE] = {0},
    [XML_NS_UNKNOWN] = {0},
#define XML_NS(name, uri) [XML_NS_##name] = {(const uint8_t *)(uri), sizeof(uri) - 1},
#include "simple/doc/namespaces.def"
#undef XML_NS
};

/* An element whose end has not come yet. */
struct open {
    struct xml_node *node, *last_child;
    uint8_t *text; /* what node->text points to, with room for `room` octets */
    size_t room;
};

/* A document while it is read. */
struct reader {
    xmlParserCtxtPtr ctxt;
    struct arena *arena;
    enum err err; /* the first reason to stop */
    const struct xml_node *root;
    struct open open[XML_DEPTH_MAX];
    size_t depth, nodes;
    const xmlChar
        *last_uri; /* libxml2 keeps one copy of each URI: the last answer by its address */
    enum xml_ns last_ns;
};

const char *xml_ns_uri(enum xml_ns ns)
{
    return uris[ns].p ? (const char *)uris[ns].p : "";
}

static void stop(struct reader *r, enum err why)
{
    if (r->err == OK)
        r->err = why;
    xmlStopParser(r->ctxt);
}

static enum xml_ns ns_of(struct reader *r, const xmlChar *uri)
{
    struct span s;

    if (!uri)
        return XML_NS_NONE;
    if (uri == r->last_uri)
        return r->last_ns;
    s = span_str((const char *)uri);
    r->last_uri = uri;
    r->last_ns = XML_NS_UNKNOWN;
    for (size_t i = XML_NS_UNKNOWN + 1; i < XML_NS__COUNT; i++) {
        if (span_eq(s, uris[i])) {
            r->last_ns = (enum xml_ns)i;
            break;
        }
    }
    return r->last_ns;
}

/* libxml2 resolves all entities in attribute values but the ampersand, which it leaves as "&#38;"
 * for a DOM. */
static struct span attr_value(struct arena *a, struct span raw)
{
    struct span mark = SPAN("&#38;"), whole = raw;
    uint8_t *to;
    size_t n = 0;

    if (span_find(raw, '&') == raw.n)
        return arena_copy(a, raw);
    to = arena_alloc(a, raw.n + 1);
    while (to && raw.n > 0) {
        to[n++] = raw.p[0];
        raw = span_skip(raw, span_starts(raw, mark) ? mark.n : 1);
    }
    return to ? span_of(to, n) : span_first(whole, 0);
}

/* Attributes come as (local name, prefix, URI, value, end of value). */
static const struct xml_attr *attrs_of(struct reader *r, int n, const xmlChar **v)
{
    struct xml_attr *attrs = n > 0 ? arena_alloc(r->arena, (size_t)n * sizeof *attrs) : NULL;

    for (int i = 0; attrs && i < n; i++, v += 5) {
        attrs[i].ns = ns_of(r, v[2]);
        attrs[i].name = arena_copy(r->arena, span_str((const char *)v[0]));
        attrs[i].value = attr_value(r->arena, span_of(v[3], (size_t)(v[4] - v[3])));
    }
    return attrs;
}

/* White space around child elements is layout; the room stays for what follows. */
static void drop_layout(struct open *o)
{
    if (span_trim(o->node->text).n == 0)
        o->node->text.n = 0;
}

static void on_start(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int nb_ns, const xmlChar **ns, int nb_attrs, int nb_defaulted,
                     const xmlChar **attrs)
{
    struct reader *r = user;
    struct xml_node *n;
    struct open *parent = r->depth > 0 ? &r->open[r->depth - 1] : NULL;

    (void)prefix, (void)nb_ns, (void)ns, (void)nb_defaulted;
    if (r->err != OK)
        return;
    if (r->depth == XML_DEPTH_MAX || r->nodes == XML_NODES_MAX || nb_attrs > XML_ATTRS_MAX) {
        stop(r, ERR_FULL);
        return;
    }
    n = arena_alloc(r->arena, sizeof *n);
    if (!n) {
        stop(r, ERR_NOMEM);
        return;
    }
    n->ns = ns_of(r, uri);
    n->name = arena_copy(r->arena, span_str((const char *)name));
    n->attrs = attrs_of(r, nb_attrs, attrs);
    n->attrs_n = n->attrs ? (size_t)nb_attrs : 0;
    if (!parent)
        r->root = n;
    else if (parent->last_child)
        parent->last_child->next = n;
    else
        parent->node->child = n;
    if (parent) {
        parent->last_child = n;
        drop_layout(parent);
    }
    r->open[r->depth++] = (struct open){.node = n};
    r->nodes++;
}

static void on_end(void *user, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct reader *r = user;

    (void)name, (void)prefix, (void)uri;
    if (r->depth == 0)
        return;
    r->depth--;
    if (r->open[r->depth].last_child)
        drop_layout(&r->open[r->depth]);
}

/* Text comes in pieces: one for most, many where there are character references. */
static void on_text(void *user, const xmlChar *p, int len)
{
    struct reader *r = user;
    struct open *o = r->depth > 0 ? &r->open[r->depth - 1] : NULL;
    struct span s = span_of(p, len > 0 ? (size_t)len : 0);
    size_t have, need;
    uint8_t *to;

    if (!o || r->err != OK)
        return;
    have = o->node->text.n;
    need = have + s.n;
    if (need > o->room) {
        size_t room = o->room == 0 ? need : 2 * need;

        to = arena_alloc(r->arena, room);
        if (!to) {
            stop(r, ERR_NOMEM);
            return;
        }
        if (have > 0)
            memcpy(to, o->text, have);
        o->text = to;
        o->room = room;
    }
    memcpy(o->text + have, s.p, s.n);
    o->node->text = span_of(o->text, need);
}

/* A document type declaration: nobody needs one here, and it is where bombs are built. */
static void on_doctype(void *user, const xmlChar *name, const xmlChar *id, const xmlChar *system)
{
    struct reader *r = user;

    (void)name, (void)id, (void)system;
    stop(r, ERR_SYNTAX);
}

static xmlParserInputPtr on_external(const char *url, const char *id, xmlParserCtxtPtr ctxt)
{
    (void)url, (void)id, (void)ctxt;
    return NULL;
}

void xml_init(void)
{
    xmlInitParser();
    xmlSetExternalEntityLoader(on_external);
}

enum err xml_parse(struct span doc, struct arena *a, const struct xml_node **root)
{
    xmlSAXHandler sax = {
        .initialized = XML_SAX2_MAGIC,
        .startElementNs = on_start,
        .endElementNs = on_end,
        .characters = on_text,
        .ignorableWhitespace = on_text,
        .cdataBlock = on_text,
        .internalSubset = on_doctype,
    };
    struct reader r = {.arena = a};

    *root = NULL;
    if (doc.n > XML_SIZE_MAX)
        return ERR_FULL;
    if (doc.n == 0)
        return ERR_SYNTAX;
    r.ctxt = xmlCreatePushParserCtxt(&sax, &r, NULL, 0, NULL);
    if (!r.ctxt)
        return ERR_NOMEM;
    (void)xmlCtxtUseOptions(r.ctxt, XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING);
    (void)xmlParseChunk(r.ctxt, (const char *)doc.p, (int)doc.n, 1);
    if (r.err == OK && !arena_ok(a))
        r.err = ERR_NOMEM;
    if (r.err == OK && r.ctxt->errNo == XML_ERR_NO_MEMORY)
        r.err = ERR_NOMEM;
    if (r.err == OK && (!r.ctxt->wellFormed || !r.root))
        r.err = ERR_SYNTAX;
    xmlFreeParserCtxt(r.ctxt);
    if (r.err == OK)
        *root = r.root;
    return r.err;
}

bool xml_is(const struct xml_node *n, enum xml_ns ns, const char *name)
{
    return n->ns == ns && span_is(n->name, name);
}

static const struct xml_node *first_that_is(const struct xml_node *n, enum xml_ns ns,
                                            const char *name)
{
    while (n && !xml_is(n, ns, name))
        n = n->next;
    return n;
}

const struct xml_node *xml_child(const struct xml_node *n, enum xml_ns ns, const char *name)
{
    return first_that_is(n->child, ns, name);
}

const struct xml_node *xml_next(const struct xml_node *n, enum xml_ns ns, const char *name)
{
    return first_that_is(n->next, ns, name);
}

static struct span attr_in(const struct xml_node *n, enum xml_ns ns, const char *name)
{
    for (size_t i = 0; i < n->attrs_n; i++) {
        if (n->attrs[i].ns == ns && span_is(n->attrs[i].name, name))
            return n->attrs[i].value;
    }
    return (struct span){0};
}

struct span xml_attr(const struct xml_node *n, const char *name)
{
    return attr_in(n, XML_NS_NONE, name);
}

struct span xml_lang(const struct xml_node *n)
{
    return attr_in(n, XML_NS_XML, "lang");
}

/* The marks among the 32 octets from the space on. */
#define MARKUP (1U << ('"' - 0x20) | 1U << ('&' - 0x20) | 1U << ('<' - 0x20) | 1U << ('>' - 0x20))

/* Octets that go out as they are: ASCII that is neither markup nor control. */
static bool is_plain(uint8_t c)
{
    return c >= 0x40 ? c < 0x80 : c >= 0x20 && !(MARKUP >> (c - 0x20) & 1);
}

/* XML 1.0 2.2 Char, for what utf8_next gives (no surrogates). */
static bool is_xml_char(uint32_t c)
{
    return c >= 0x20 ? c != 0xFFFE && c != 0xFFFF : c == '\t' || c == '\n' || c == '\r';
}

static void escape_char(struct buf *b, uint32_t c)
{
    switch (c) {
    case '&': BUF_LIT(b, "&amp;"); break;
    case '<': BUF_LIT(b, "&lt;"); break;
    case '>': BUF_LIT(b, "&gt;"); break;
    case '"': BUF_LIT(b, "&quot;"); break;
    case '\t': BUF_LIT(b, "&#9;"); break; /* attribute values would turn these into spaces */
    case '\n': BUF_LIT(b, "&#10;"); break;
    case '\r': BUF_LIT(b, "&#13;"); break;
    default: utf8_put(b, is_xml_char(c) ? c : UTF8_REPLACEMENT);
    }
}

void xml_escape(struct buf *b, struct span text)
{
    while (text.n > 0) {
        size_t plain = 0;

        while (plain < text.n && is_plain(text.p[plain]))
            plain++;
        buf_put(b, text.p, plain);
        text = span_skip(text, plain);
        if (text.n > 0)
            escape_char(b, utf8_next(&text));
    }
}
