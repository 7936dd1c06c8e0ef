/* Presence documents with a version, and what changed between two of them (RFC 5262). Comes in:
 * documents as pidf_print writes them. Goes out: application/pidf-diff+xml. Stays out: which
 * version a watcher has. */
#ifndef SIMPLE_DOC_PIDF_DIFF_H
#define SIMPLE_DOC_PIDF_DIFF_H

#include "base/buf.h"

#define PIDF_DIFF_TYPE "application/pidf-diff+xml"

enum { PIDF_DIFF_PARTS_MAX = 128 /* of one document: tuples, notes, persons, devices */ };

/* The whole state. False: it is no such document, and nothing was appended. */
bool pidf_full_write(struct buf *b, struct span doc, uint32_t version);
/* What turns `before` into `after`. False: nothing is different, or it would not be shorter than
 * the whole, or can not be said; nothing was appended. */
bool pidf_diff_write(struct buf *b, struct span before, struct span after, uint32_t version);

#endif
