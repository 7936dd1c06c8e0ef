/* RFC 3339 times, as XML documents have them: text in, Unix seconds out, and back. */
#ifndef SIMPLE_DOC_XML_TIME_H
#define SIMPLE_DOC_XML_TIME_H

#include "base/buf.h"

/* UTC with whole seconds: "2001-07-23T14:00:05Z". Years 1970 to 9999; what lies outside is written
 * as the nearest of them. */
void xml_time_print(struct buf *b, int64_t seconds);
/* Takes fractions (dropped) and offsets; false for what is no date of the calendar. */
bool xml_time_parse(struct span s, int64_t *seconds);

#endif
