#include "simple/wire/encoding.h"

#define ZLIB_CONST /* what it reads it leaves alone */
#include <zlib.h>

enum { ANY_HEADER = 32 + MAX_WBITS }; /* zlib's own and gzip's are told apart by zlib */

static enum err unpack(struct span in, size_t max, struct arena *a, struct span *out)
{
    z_stream z = {.next_in = in.p, .avail_in = (uInt)in.n};
    uint8_t *to = arena_alloc(a, max);
    int got;

    if (!to || inflateInit2(&z, ANY_HEADER) != Z_OK)
        return ERR_NOMEM;
    z.next_out = to;
    z.avail_out = (uInt)max;
    got = inflate(&z, Z_FINISH);
    *out = span_of(to, max - z.avail_out);
    (void)inflateEnd(&z);
    if (got == Z_STREAM_END)
        return OK;
    if (got == Z_MEM_ERROR)
        return ERR_NOMEM;
    return got == Z_BUF_ERROR && z.avail_out == 0 ? ERR_FULL : ERR_SYNTAX;
}

enum err sip_body_decode(const struct sip_msg *m, size_t max, struct arena *a, struct span *out)
{
    struct span how = span_trim(sip_msg_value(m, SIP_HDR_CONTENT_ENCODING));

    *out = m->body;
    if (how.n == 0 || span_case_is(how, "identity"))
        return m->body.n <= max ? OK : ERR_FULL;
    if (!span_case_is(how, "deflate") && !span_case_is(how, "gzip"))
        return ERR_UNSUPPORTED;
    return unpack(m->body, max, a, out);
}
