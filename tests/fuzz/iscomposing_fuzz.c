/* Any octets as a typing status: read, and what was understood reads back the same. */
#include <stdlib.h>

#include "simple/doc/iscomposing.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct iscomposing is, again;
    struct arena a = {0};
    struct buf b = {0};

    if (iscomposing_parse(span_of(p, n), &a, &is) == OK) {
        iscomposing_print(&b, &is);
        if (iscomposing_parse(buf_span(&b), &a, &again) != OK || again.active != is.active ||
            again.refresh != (is.active ? is.refresh : 0))
            abort();
    }
    buf_fini(&b);
    arena_fini(&a);
    return 0;
}
