/* Any octets as what a list service sends: "TYPE\nBODY". What is read is within bounds, and lies in
 * the body or the arena. */
#include <stdlib.h>

#include "mapping/list_sip.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);

static void must(bool ok)
{
    if (!ok)
        abort();
}

static size_t sum(struct span s)
{
    size_t n = 0;

    for (size_t i = 0; i < s.n; i++)
        n += s.p[i];
    return n;
}

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n)
{
    struct span in = span_of(p, n), type = span_first(in, span_find(in, '\n'));
    struct arena a = {0};
    struct list_notice out;
    volatile size_t all = 0;

    if (list_from_notify(type, span_skip(in, type.n + 1), &a, &out) == OK) {
        must(out.n <= RLMI_RESOURCES_MAX);
        for (size_t i = 0; i < out.n; i++) {
            const struct list_entry *e = &out.v[i];

            must(e->r.uri.n > 0 && e->r.reason < SIP_REASONS);
            must(!e->doc.n || (e->r.known && e->r.state == SIP_SUBSTATE_ACTIVE && e->r.cid.n > 0));
            all += sum(e->r.uri) + sum(e->r.name) + sum(e->r.cid) + sum(e->type) + sum(e->doc);
        }
    }
    arena_fini(&a);
    return 0;
}
