/* XML, safely: a small tree of what a document says, and the one function that escapes text. No
 * DTD, no entities beyond the five built in, nothing fetched, and a cap on everything that a
 * document can make large. */
#ifndef SIMPLE_DOC_XML_H
#define SIMPLE_DOC_XML_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum {
    XML_SIZE_MAX = 32 * 1024, /* octets of a document */
    XML_DEPTH_MAX = 24,       /* elements inside each other */
    XML_NODES_MAX = 2048,     /* elements in all */
    XML_ATTRS_MAX = 16,       /* attributes of one element */
};

enum xml_ns {
    XML_NS_NONE,    /* in no name space */
    XML_NS_UNKNOWN, /* in one that nothing here reads */
#define XML_NS(name, uri) XML_NS_##name,
#include "simple/doc/namespaces.def"
#undef XML_NS
    XML_NS__COUNT
};

const char *xml_ns_uri(enum xml_ns ns); /* never NULL */

struct xml_attr {
    enum xml_ns ns; /* XML_NS_NONE for most: an attribute without a prefix */
    struct span name, value;
};

/* An element. `text` is all character data directly inside, joined; white space that only lays out
 * child elements is left out. Line ends are LF. */
struct xml_node {
    enum xml_ns ns;
    struct span name, text;
    const struct xml_attr *attrs;
    size_t attrs_n;
    const struct xml_node *child, *next;
};

/* To be called once before threads start: prepares libxml2 and forbids it to open anything. */
void xml_init(void);

/* Reads a whole document into the arena (nothing points into `doc` afterwards). ERR_SYNTAX: not
 * well-formed or with a DTD; ERR_FULL: over a cap above; ERR_NOMEM. */
enum err xml_parse(struct span doc, struct arena *a, const struct xml_node **root);

bool xml_is(const struct xml_node *n, enum xml_ns ns, const char *name);
/* The first such child, or such sibling after n; NULL. */
const struct xml_node *xml_child(const struct xml_node *n, enum xml_ns ns, const char *name);
const struct xml_node *xml_next(const struct xml_node *n, enum xml_ns ns, const char *name);
/* An attribute without a prefix; empty where it is missing. */
struct span xml_attr(const struct xml_node *n, const char *name);
/* xml:lang of the element itself; empty where it is missing. */
struct span xml_lang(const struct xml_node *n);

/* Appends text so that it reads back the same between tags and inside "quotes": & < > " are
 * escaped, and what is no character of XML 1.0 (or no UTF-8) becomes U+FFFD. */
void xml_escape(struct buf *b, struct span text);

/* xs:anyURI with a scheme, as the schemas' checker sees it (RFC 3986, no brackets outside a host).
 */
bool xml_is_uri(struct span s);

#endif
