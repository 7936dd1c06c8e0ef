/* A WebSocket connection from its first octet. The first octet of the input says how: bit 0,
 * whether a good opening request stands before the rest; the others, in what pieces it comes. What
 * is told and what is answered must not depend on the pieces. */
#include <assert.h>
#include <stdlib.h>

#include "gateway/net/ws.h"

enum { MESSAGE_MAX = 300 };

#define OPENING                                                                         \
    "GET / HTTP/1.1\r\nHost: aim.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"      \
    "Sec-WebSocket-Protocol: sip\r\n\r\n"

struct run {
    struct buf told, out;
    bool over;
};

static void note(struct run *r, struct span message)
{
    assert(message.n <= MESSAGE_MAX);
    buf_u32(&r->told, (uint32_t)message.n);
    buf_add(&r->told, message);
}

/* A copy of each piece, so that a read beyond it is seen. */
static void feed(struct ws *w, struct run *r, struct span in, size_t step)
{
    while (in.n && !r->over) {
        struct span first = span_first(in, step), message;
        uint8_t *copy = malloc(first.n);
        struct span piece = span_of(copy, first.n);
        enum ws_event what = WS_MESSAGE;

        memcpy(copy, first.p, first.n);
        in = span_skip(in, first.n);
        while (what == WS_MESSAGE || what == WS_ASKED) {
            what = ws_read(w, &piece, &r->out, &message);
            if (what == WS_MESSAGE)
                note(r, message);
            else if (what == WS_ASKED)
                ws_admit(w, &r->out);
        }
        assert(what == WS_OVER || piece.n == 0);
        r->over = what == WS_OVER;
        assert(!r->over || !ws_is_open(w));
        free(copy);
    }
}

static void run(struct run *r, struct span in, bool opened, size_t step)
{
    struct ws *w = ws_new("sip", MESSAGE_MAX);

    assert(w);
    *r = (struct run){0};
    if (opened)
        feed(w, r, SPAN(OPENING), sizeof OPENING);
    feed(w, r, in, step);
    if (ws_is_open(w)) {
        ws_send(w, in, &r->out);
        ws_ping(w, &r->out);
        ws_close(w, WS_GOING_AWAY, &r->out);
    }
    ws_free(w);
}

static void end(struct run *r)
{
    buf_fini(&r->told);
    buf_fini(&r->out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct run whole, pieces;

    if (size < 1)
        return 0;
    run(&whole, span_of(data + 1, size - 1), data[0] & 1, size);
    run(&pieces, span_of(data + 1, size - 1), data[0] & 1, 1 + (data[0] >> 1));
    assert(span_eq(buf_span(&whole.told), buf_span(&pieces.told)));
    assert(whole.over == pieces.over);
    assert(span_eq(buf_span(&whole.out), buf_span(&pieces.out)));
    end(&whole);
    end(&pieces);
    return 0;
}
