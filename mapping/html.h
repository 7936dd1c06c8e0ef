/* AIM's markup and plain text. Comes in: UTF-8 from either side. Goes out: plain text with LF line
 * ends, or markup of the small subset that both sides are given. Nothing that comes in as text ever
 * goes out as a tag. */
#ifndef MAPPING_HTML_H
#define MAPPING_HTML_H

#include "base/buf.h"
#include "mapping/charset.h"

/* Is a text of this sender markup (3.1)? AIM senders: always. Numbers: only after <HTML. */
bool html_is(struct span utf8, bool icq_sender);
/* Markup to plain text, rules 1 to 8 of 3.1, appended; LF line ends, trimmed. May append nothing.
 */
void html_to_text(struct buf *out, struct span html);
/* Plain text (LF line ends) as markup (3.2): escaped, LF is <BR>, runs of spaces are kept. No
 * wrapper. */
void html_escape(struct buf *out, struct span text);
/* The same inside <HTML><BODY>. */
void html_from_text(struct buf *out, struct span text);
/* Any markup to the subset both sides may see (3.3): b i u s sub sup br p hr, a href, font. Tags
 * are closed, no wrapper. */
void html_filter(struct buf *out, struct span html);
/* Is there anything in filtered markup beyond text and line breaks? */
bool html_is_rich(struct span filtered);
/* Names of elements and entities, and where a tag or an entity at the front of `s` ends (0: there
 * is none). */
size_t html_tag_end(struct span s);
size_t html_entity_end(struct span s);
/* The character an entity at the front of s stands for, 0 when it is none that is known. */
uint32_t html_entity(struct span s, size_t *len);

#endif
