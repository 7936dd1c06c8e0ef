/* How long it takes to parse one MESSAGE of about 600 octets with everything a server needs at
 * once: top Via, From and To with their tags, Call-ID, CSeq. */
#include "tests/bench/sip_parse_bench.h"

#include "simple/wire/frame.h"

static struct sip_msg parsed;

static size_t parse_ours(void)
{
    struct sip_msg *m = &parsed;

    if (sip_msg_parse(m, span_of(message, sizeof message - 1)) != SIP_GOOD)
        abort();
    return m->via.branch.n + m->from.tag.n + m->to.tag.n + m->call_id.n + m->cseq.number +
           m->n_hdrs;
}

static size_t frame_ours(void)
{
    struct sip_frame f = {0};

    if (sip_frame_next(&f, span_of(message, sizeof message - 1)) != SIP_FRAME_WHOLE)
        abort();
    return f.size + parse_ours();
}

int main(void)
{
    printf("%zu octets\n", sizeof message - 1);
    measure("ours", parse_ours, 2000);
    measure("ours, framed", frame_ours, 2000);
    return 0;
}
