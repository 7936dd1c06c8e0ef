/* A whole OSCAR connection fed junk. The first octet chooses where it starts (authorizer, BOS, chat
 * navigation), how the bytes are cut, and whether rates are enforced; the gateway's part answers
 * every event as a real one would, with what the event holds. Output must be whole frames, all the
 * time. */
#include <stdlib.h>

#include "oscar/flap.h"
#include "tests/fuzz/oscar_react.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

/* Takes `take` octets; where that is all, every time, they must be whole frames. */
static void drain(struct oscar_conn *c, size_t take)
{
    struct span out = oscar_conn_output(c);
    struct rd r = rd_over(out);

    while (take == SIZE_MAX && rd_left(&r)) {
        if (rd_u8(&r) != FLAP_MARK || rd_u8(&r) > FLAP_KEEPALIVE)
            abort();
        (void)rd_u16(&r);
        fuzz_touch(rd_str16(&r));
        if (!rd_ok(&r))
            abort();
    }
    oscar_conn_sent(c, take);
}

/* What a client sends before the junk begins, so that it reaches the rooms behind. */
static void begin(struct oscar_conn *c, uint8_t choice, uint64_t now)
{
    static const char bos[] = "*\1\0\0\0\x0C\0\0\0\1\0\6\0\4BBBB";
    static const char nav[] = "*\1\0\0\0\x0C\0\0\0\1\0\6\0\4NNNN";
    static const char auth[] = "*\1\0\0\0\4\0\0\0\1";

    if (choice == 1)
        (void)oscar_conn_feed(c, span_of(bos, sizeof bos - 1), now);
    else if (choice == 2)
        (void)oscar_conn_feed(c, span_of(nav, sizeof nav - 1), now);
    else if (choice == 3)
        (void)oscar_conn_feed(c, span_of(auth, sizeof auth - 1), now);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    struct rng rng;
    uint8_t first = n ? data[0] : 0;
    struct oscar_conn_conf conf = {.rate_limits = first & 0x40, .rng = &rng, .output_max = 1 << 16};
    struct span left = span_skip(span_of(data, n), 1);
    size_t step = first & 0x80 ? 1 : first & 0x20 ? 7 : left.n;
    uint64_t now = 1000;
    struct oscar_conn *c;
    struct oscar_event e;

    rng_init_fixed(&rng, first);
    c = oscar_conn_new(&conf, now);
    if (!c)
        abort();
    begin(c, first & 3, now);
    do {
        (void)oscar_conn_feed(c, span_first(left, step), now);
        left = span_skip(left, step);
        while (oscar_conn_next(c, &e))
            oscar_react(c, &e);
        drain(c, first & 0x10 ? 5 : SIZE_MAX);
        if (first & 0x08)
            oscar_conn_tick(c, now = oscar_conn_deadline(c) < now + 1000 ? oscar_conn_deadline(c)
                                                                         : now + 10);
    } while (left.n);
    if (first & 0x04)
        oscar_conn_disconnect(c, OSCAR_SIGNED_ON_ELSEWHERE, SPAN("http://x/"));
    oscar_conn_shutdown(c);
    while (oscar_conn_next(c, &e))
        oscar_react(c, &e);
    if (!oscar_conn_is_over(c))
        abort();
    oscar_conn_free(c);
    return 0;
}
