/* AIM's markup and plain text. Comes in: UTF-8 from either side. Goes out: plain text with LF line
 * ends, or markup of the small subset that both sides are given. Nothing that comes in as text ever
 * goes out as a tag. */
#ifndef MAPPING_HTML_H
#define MAPPING_HTML_H

#include "base/buf.h"

#define HTML_OPEN  "<HTML><BODY>"
#define HTML_CLOSE "</BODY></HTML>"

/* Is a text of this sender markup (3.1)? Of AIM senders always; of numbers only after <HTML. */
bool html_is(struct span utf8, bool icq_sender);
/* Markup to plain text (3.1, rules 1 to 8), appended: LF line ends, trimmed. May append nothing.
 * Never more than 2 * html.n + HTML_TEXT_MORE octets. */
enum { HTML_TEXT_MORE = 16 };
void html_to_text(struct buf *out, struct span html);
/* Plain text without any markup, tidied and trimmed as html_to_text does (rule 8). */
void text_trim(struct buf *out, struct span text);
/* Plain text (LF line ends) as markup without wrapper (3.2): LF is <BR>, runs of spaces are kept.
 */
void html_escape(struct buf *out, struct span text);
/* The same inside HTML_OPEN and HTML_CLOSE. */
void html_from_text(struct buf *out, struct span text);
/* Any markup to the subset both sides may see (3.3): b i u s sub sup br p hr, a href, font face,
 * size and color. Every tag is closed, no wrapper. */
void html_filter(struct buf *out, struct span html);
/* Does filtered markup say more than its text does? */
bool html_is_rich(struct span filtered);

#endif
