/* Any octets as a receipt: read, and what was understood reads back the same. */
#include <stdlib.h>

#include "simple/doc/imdn.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct imdn is, again;
    struct arena a = {0};
    struct buf b = {0};

    if (imdn_parse(span_of(p, n), &a, &is) == OK && is.status != IMDN_OTHER) {
        imdn_print(&b, &is);
        if (imdn_parse(buf_span(&b), &a, &again) != OK || again.status != is.status ||
            !span_eq(again.message_id, is.message_id))
            abort();
    }
    buf_fini(&b);
    arena_fini(&a);
    return 0;
}
