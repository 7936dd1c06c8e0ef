/* Any octets as a presence document. */
#include "tests/fuzz/pidf_check.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    pidf_check(span_of(p, n));
    return 0;
}
