/* The same as sip_parse_bench.c by re, the library of baresip. A program of its own: it has
 * functions of the same names as sofia-sip. */
#include <string.h>

#include <re/re.h>

#include "tests/bench/sip_parse_bench.h"

static size_t parse_re(void)
{
    struct mbuf *mb = mbuf_alloc(sizeof message);
    struct sip_msg *m = NULL;
    size_t sum;

    if (!mb || mbuf_write_mem(mb, (const uint8_t *)message, sizeof message - 1) != 0)
        abort();
    mb->pos = 0;
    if (sip_msg_decode(&m, mb) != 0)
        abort();
    sum = m->via.branch.l + m->from.tag.l + m->callid.l + m->cseq.num;
    mem_deref(m);
    mem_deref(mb);
    return sum;
}

int main(void)
{
    measure("re", parse_re, 1000);
    return 0;
}
