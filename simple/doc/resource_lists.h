/* Lists of addresses (RFC 4826 3), as a SUBSCRIBE carries one (RFC 5367 4). Comes in: the document.
 * Goes out: the addresses of its outermost lists, in order. Written: one flat list. Stays out:
 * lists inside of lists and what only points elsewhere (S-355: a flat list, nested ones are
 * ignored; RFC 5367 4). */
#ifndef SIMPLE_DOC_RESOURCE_LISTS_H
#define SIMPLE_DOC_RESOURCE_LISTS_H

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"

enum { RESOURCE_LISTS_MAX = 500 }; /* entries of one list */

#define RESOURCE_LISTS_TYPE "application/resource-lists+xml"

struct resource_entry {
    struct span uri;  /* as it was written; fit for an XML attribute of type anyURI */
    struct span name; /* display-name; may be empty */
};

struct resource_list {
    struct span name; /* display-name of the first list; may be empty */
    const struct resource_entry *v;
    size_t n;
};

/* Everything lies in the arena. An entry without a URI, or with something that is none, is left
 * out. ERR_SYNTAX: bad XML; ERR_UNSUPPORTED: another document; ERR_FULL: too large, or more than
 * RESOURCE_LISTS_MAX entries. */
enum err resource_lists_parse(struct span doc, struct arena *a, struct resource_list *out);

void resource_lists_begin(struct buf *b);
void resource_lists_put(struct buf *b, struct span uri);
void resource_lists_end(struct buf *b);

#endif
