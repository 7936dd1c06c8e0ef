/* Why a message failed, in words for whoever wrote it: what an error code does not say. */
#ifndef MAPPING_WHY_H
#define MAPPING_WHY_H

#include "mapping/outcome.h"

/* `name`: whom it was to; `domain`: his, where that is another one. */
void why_print(struct buf *out, enum outcome o, struct span name, struct span domain);

#endif
