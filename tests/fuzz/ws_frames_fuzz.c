/* Frames of a WebSocket client, built of choices and mostly right (RFC 6455 5): messages whole and
 * in fragments, control frames between them, and every rule broken once. What must come out is
 * known before: the messages in their order, until a rule is broken or the client closes. */
#include "gateway/net/ws.h"
#include "tests/fuzz/pick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_MAX = 300, STEPS_MAX = 60, PAYLOAD_MAX = 400 };
enum { CONTINUATION = 0, TEXT = 1, BINARY = 2, CLOSE = 8, PING = 9, PONG = 10 };

#define OPENING                                                                         \
    "GET / HTTP/1.1\r\nHost: aim.test\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" \
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"      \
    "Sec-WebSocket-Protocol: sip\r\n\r\n"

struct client {
    struct buf wire;
    struct buf expected, told; /* messages, each behind its length */
    struct buf message;        /* the one that has begun */
    bool inside;               /* one has begun */
    bool over;                 /* nothing that follows may be told */
    unsigned pings;
};

static void note(struct buf *to, struct span message)
{
    buf_u32(to, (uint32_t)message.n);
    buf_add(to, message);
}

/* `form`: how the length is written: 0 the shortest, else the longer ones, which are wrong where a
 * shorter one does. */
static void put_length(struct buf *b, size_t n, unsigned form, bool masked)
{
    uint8_t mask = masked ? 0x80 : 0;

    if (n < 126 && form == 0) {
        buf_u8(b, (uint8_t)(mask | n));
    } else if (form < 2) {
        buf_u8(b, mask | 126);
        buf_u16(b, (uint16_t)n);
    } else {
        buf_u8(b, mask | 127);
        buf_u32(b, 0);
        buf_u32(b, (uint32_t)n);
    }
}

static void put_frame(struct client *c, uint8_t head, struct span payload, unsigned form,
                      uint32_t key, bool masked)
{
    buf_u8(&c->wire, head);
    put_length(&c->wire, payload.n, form, masked);
    if (masked)
        buf_u32(&c->wire, key);
    for (size_t i = 0; i < payload.n; i++)
        buf_u8(&c->wire,
               masked ? payload.p[i] ^ (uint8_t)(key >> (24 - 8 * (i & 3))) : payload.p[i]);
}

/* The payload repeats what was chosen until it is as long as was chosen. ASCII: any cut of it is
 * UTF-8. */
static struct span put_payload(struct rd *r, uint8_t room[PAYLOAD_MAX])
{
    static const uint16_t lengths[] = {0,   1,   2,   100, 125, 126,
                                       127, 150, 299, 300, 301, PAYLOAD_MAX};
    size_t n = PICK_WORD(r, lengths);
    unsigned first = pick(r, 95);

    for (size_t i = 0; i < n; i++)
        room[i] = (uint8_t)(' ' + (first + i) % 95);
    return span_of(room, n);
}

static void data_frame(struct client *c, struct rd *r, uint32_t key)
{
    uint8_t room[PAYLOAD_MAX], opcode = c->inside ? CONTINUATION : 1 + (uint8_t)pick(r, 2);
    struct span payload = put_payload(r, room);
    bool last = pick(r, 4) != 3;

    put_frame(c, (uint8_t)(last ? 0x80 | opcode : opcode), payload, payload.n > 125, key, true);
    c->inside = true;
    buf_add(&c->message, payload);
    if (c->message.n > MESSAGE_MAX)
        c->over = true;
    if (!last || c->over)
        return;
    note(&c->expected, buf_span(&c->message));
    buf_reset(&c->message);
    c->inside = false;
}

static void control_frame(struct client *c, struct rd *r, uint32_t key)
{
    uint8_t room[PAYLOAD_MAX];
    struct span payload = span_first(put_payload(r, room), 125);

    switch (pick(r, 8)) {
    case 0:
        put_frame(c, 0x80 | CLOSE, pick(r, 2) ? SPAN("\x03\xe8") : (struct span){0}, 0, key, true);
        c->over = true;
        break;
    case 1:
    case 2: put_frame(c, 0x80 | PONG, payload, 0, key, true); break;
    default:
        put_frame(c, 0x80 | PING, payload, 0, key, true);
        c->pings++;
        break;
    }
}

/* One rule broken: the connection is over with it. */
static void wrong_frame(struct client *c, struct rd *r, uint32_t key)
{
    uint8_t room[PAYLOAD_MAX], data = c->inside ? CONTINUATION : TEXT;
    struct span payload = put_payload(r, room);

    c->over = true;
    switch (pick(r, 7)) {
    case 0:
        put_frame(c, 0x80 | data, span_first(payload, 100), 0, key, false);
        break; /* not masked, 5.1 */
    case 1:
        put_frame(c, 0xc0 | data, span_first(payload, 100), 0, key, true);
        break; /* RSV1, 5.2 */
    case 2:
        put_frame(c, 0x80 | 11, span_first(payload, 100), 0, key, true);
        break; /* no such opcode */
    case 3:
        put_frame(c, PING, span_first(payload, 100), 0, key, true);
        break; /* a control frame in pieces, 5.4 */
    case 4:    /* a control frame that is too long, 5.5 */
        put_frame(c, 0x80 | PING, payload.n > 125 ? payload : span_of(memset(room, 'x', 126), 126),
                  1, key, true);
        break;
    case 5:
        put_frame(c, 0x80 | (c->inside ? TEXT : CONTINUATION), span_first(payload, 100), 0, key,
                  true);
        break; /* 5.4 */
    default:
        put_frame(c, 0x80 | data, SPAN("\xc3\x28\xff"), 1, key, true);
        break; /* the length written long, 5.2 */
    }
}

static void step(struct client *c, struct rd *r)
{
    unsigned what = pick(r, 32);
    uint32_t key = (uint32_t)pick(r, 256) << 24 | (uint32_t)pick(r, 256) << 8 | 7;

    if (what < 22)
        data_frame(c, r, key);
    else if (what < 30)
        control_frame(c, r, key);
    else
        wrong_frame(c, r, key);
}

/* Pongs among what is answered: the server's frames are whole and not masked. */
static unsigned count_pongs(struct span out)
{
    struct rd r = rd_over(out);
    unsigned pongs = 0;

    while (rd_left(&r) > 0) {
        uint8_t head = rd_u8(&r), n = rd_u8(&r);
        bool close = (head & 15) == CLOSE;

        assert((head & 0xf0) == 0x80 && n <= 125 && (close || (head & 15) == PONG));
        pongs += !close;
        (void)rd_span(&r, n);
        assert(rd_ok(&r) && (!close || rd_left(&r) == 0)); /* nothing behind a close */
    }
    return pongs;
}

static void run(struct client *c, size_t piece_size)
{
    struct ws *w = ws_new("sip", MESSAGE_MAX);
    struct span opening = SPAN(OPENING), in = buf_span(&c->wire), message;
    enum ws_event what;
    struct buf out = {0};

    assert(w && ws_read(w, &opening, &out, &message) == WS_ASKED);
    ws_admit(w, &out);
    buf_reset(&out);
    assert(ws_read(w, &opening, &out, &message) == WS_MORE && ws_is_open(w));
    what = WS_MORE;
    while (in.n && what != WS_OVER) {
        struct span piece = span_first(in, piece_size);

        in = span_skip(in, piece.n);
        while ((what = ws_read(w, &piece, &out, &message)) == WS_MESSAGE)
            note(&c->told, message);
    }
    assert(span_eq(buf_span(&c->told), buf_span(&c->expected)));
    assert((what == WS_OVER) == c->over && ws_is_open(w) != c->over);
    assert(c->over || ws_is_inside(w) == c->inside);
    assert(count_pongs(buf_span(&out)) == c->pings || out.n >= WS_PONGS_MAX);
    ws_free(w);
    buf_fini(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd r = rd_over(span_of(data, size));
    struct client c = {0};
    size_t piece_size = 1 + pick(&r, 256);

    for (int i = 0; i < STEPS_MAX && rd_left(&r) > 0 && !c.over; i++)
        step(&c, &r);
    run(&c, piece_size);
    buf_fini(&c.wire);
    buf_fini(&c.expected);
    buf_fini(&c.told);
    buf_fini(&c.message);
    return 0;
}
