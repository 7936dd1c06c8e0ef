/* The pieces of loose HTML: runs of text and tags (3.1, rules 1 and 2). Comments and what a reader
 * never sees are skipped. Linear in its input, whatever that is. For html.c and html_filter.c only.
 */
#ifndef MAPPING_HTML_SCAN_H
#define MAPPING_HTML_SCAN_H

#include "base/buf.h"

enum html_element {
    EL_OTHER, /* known, of no meaning here */
    EL_A,
    EL_B,
    EL_BR,
    EL_DIV,
    EL_FONT,
    EL_HEAD,
    EL_HR,
    EL_I,
    EL_IMG,
    EL_LI,
    EL_P,
    EL_S,
    EL_SCRIPT,
    EL_STYLE,
    EL_SUB,
    EL_SUP,
    EL_TITLE,
    EL_TR,
    EL_U,
};

struct html_piece {
    struct span text; /* a run of text as it is, entities and all; empty: a tag */
    enum html_element element;
    bool closing;
    struct span attrs; /* of a tag: what stands between the name and the `>` */
};

struct html_scan {
    struct span in;
    unsigned unclosed; /* bit per element (and 0 for comments): no end of it is left in `in` */
    bool no_end;       /* no `>` is left: all is text */
    bool tags;         /* a tag or a comment was seen */
};

/* The next piece; false at the end. */
bool html_scan_next(struct html_scan *scan, struct html_piece *out);
/* Is there any tag or comment at all? */
bool html_has_tags(struct span html);
/* The value of an attribute, as it is written (entities undecoded, quotes off); false: not there.
 */
bool html_attr(struct span attrs, const char *name, struct span *value);
/* The character that the entity at the front of s stands for and its length; false: there is none
 * that is known. */
bool html_entity(struct span s, uint32_t *c, size_t *len);
/* Appends with entities decoded, without control characters. */
void html_decode(struct buf *out, struct span s);
/* A link that may be let through (rule 4): its scheme is one of the allowed, nothing in it ends or
 * breaks it. Decoded into *out (appended); false appends nothing. */
bool html_link(struct buf *out, struct span href);

#endif
