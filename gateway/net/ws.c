#include "gateway/net/ws.h"

#include <stdlib.h>
#include <sys/types.h>
#include <wslay/wslay.h>

#include "base/utf8.h"
#include "gateway/net/ws_opening.h"

enum { CONTROL_MAX = 125, NO_MESSAGE = 0xff };

enum state {
    OPENING, /* the request is not whole */
    ASKED,   /* it is, and waits for the caller's word */
    OPEN,
    OVER,
};

struct ws {
    const char *protocol;
    size_t message_max;
    enum state state;
    const char *why;
    struct ws_opening opening;
    struct span key;
    wslay_frame_context_ptr frames;
    struct span *in;  /* during a call: what wslay may take */
    struct buf *out;  /* during a call: what wslay writes to */
    struct buf part;  /* of the head; then of a message that comes in pieces */
    size_t looked;    /* opening: octets of the head that hold no end of it */
    size_t frame_got; /* octets of the frame under way */
    bool in_frame, told;
    uint8_t opcode; /* of the message under way */
    uint8_t control_n, control[CONTROL_MAX];
};

/* ---- wslay's hands ---- */

static ssize_t on_take(uint8_t *to, size_t n, int flags, void *ctx)
{
    struct ws *w = ctx;

    (void)flags;
    if (n > w->in->n)
        n = w->in->n;
    if (n == 0)
        return -1;
    memcpy(to, w->in->p, n);
    *w->in = span_skip(*w->in, n);
    return (ssize_t)n;
}

static ssize_t on_put(const uint8_t *from, size_t n, int flags, void *ctx)
{
    struct ws *w = ctx;

    (void)flags;
    buf_put(w->out, from, n); /* a buffer that went bad is seen by its owner */
    return (ssize_t)n;
}

/* ---- life ---- */

struct ws *ws_new(const char *protocol, size_t message_max)
{
    struct ws *w = calloc(1, sizeof *w);

    if (!w)
        return NULL;
    w->protocol = protocol;
    w->message_max = message_max;
    w->part.max = WS_HEAD_MAX;
    w->opcode = NO_MESSAGE;
    w->why = "";
    return w;
}

void ws_free(struct ws *w)
{
    if (!w)
        return;
    if (w->frames)
        wslay_frame_context_free(w->frames);
    buf_fini(&w->part);
    free(w);
}

const char *ws_why(const struct ws *w)
{
    return w->why;
}

bool ws_is_open(const struct ws *w)
{
    return w->state == OPEN;
}

bool ws_is_inside(const struct ws *w)
{
    return w->state == OPENING || (w->state == OPEN && (w->in_frame || w->opcode != NO_MESSAGE));
}

static enum ws_event over(struct ws *w, const char *why)
{
    w->state = OVER;
    w->why = why;
    return WS_OVER;
}

/* ---- out ---- */

static void put_frame(struct ws *w, uint8_t opcode, struct span payload, struct buf *out)
{
    struct wslay_frame_iocb frame = {.fin = 1,
                                     .opcode = opcode,
                                     .payload_length = payload.n,
                                     .data = payload.p,
                                     .data_length = payload.n};

    w->out = out;
    if (wslay_frame_send(w->frames, &frame) != (ssize_t)payload.n)
        out->bad = true;
}

void ws_send(struct ws *w, struct span message, struct buf *out)
{
    put_frame(w, utf8_valid(message) ? WSLAY_TEXT_FRAME : WSLAY_BINARY_FRAME, message, out);
}

void ws_ping(struct ws *w, struct buf *out)
{
    put_frame(w, WSLAY_PING, (struct span){0}, out);
}

static void put_close(struct ws *w, unsigned code, struct buf *out)
{
    uint8_t be[2] = {(uint8_t)(code >> 8), (uint8_t)code};

    put_frame(w, WSLAY_CONNECTION_CLOSE, span_of(be, code ? sizeof be : 0), out);
}

void ws_close(struct ws *w, enum ws_code code, struct buf *out)
{
    if (w->state == OPEN)
        put_close(w, code, out);
    w->state = OVER;
}

static enum ws_event fail(struct ws *w, enum ws_code code, const char *why)
{
    put_close(w, code, w->out);
    return over(w, why);
}

/* ---- opening ---- */

const struct ws_opening *ws_asked(const struct ws *w)
{
    return &w->opening;
}

void ws_admit(struct ws *w, struct buf *out)
{
    static const struct wslay_frame_callbacks hands = {on_put, on_take, NULL};

    if (wslay_frame_context_init(&w->frames, &hands, w) != 0) {
        w->frames = NULL;
        ws_refuse(w, 503, "no memory", out);
        return;
    }
    ws_opening_welcome(out, w->key, w->protocol);
    buf_fini(&w->part);
    w->part.max = w->message_max;
    w->state = OPEN;
}

void ws_refuse(struct ws *w, int status, const char *words, struct buf *out)
{
    ws_opening_refuse(out, status, words);
    (void)over(w, words);
}

/* The head goes to `part`, what comes behind it stays in *in. */
static enum ws_event read_opening(struct ws *w, struct span *in)
{
    size_t old = w->part.n, room = WS_HEAD_MAX - old, end;
    const char *why = "the request is too long";
    int status;

    buf_add(&w->part, span_first(*in, room));
    end = w->looked + span_search(span_skip(buf_span(&w->part), w->looked), SPAN("\r\n\r\n"));
    if (buf_ok(&w->part) && end == w->part.n && w->part.n < WS_HEAD_MAX) {
        *in = span_skip(*in, in->n);
        w->looked = end < 3 ? 0 : end - 3;
        return WS_MORE;
    }
    status = 431;
    if (buf_ok(&w->part) && end < w->part.n) {
        *in = span_skip(*in, end + 4 - old);
        status = ws_opening_read(span_first(buf_span(&w->part), end + 4), w->protocol, &w->opening,
                                 &w->key, &why);
    }
    if (status) {
        ws_refuse(w, status, why, w->out);
        return WS_OVER;
    }
    w->state = ASKED;
    return WS_ASKED;
}

/* ---- frames ---- */

/* RFC 6455 7.4: what may stand in a close frame. */
static bool is_code(unsigned code)
{
    return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1011) ||
           (code >= 3000 && code <= 4999);
}

static enum ws_event take_close(struct ws *w)
{
    struct span s = span_of(w->control, w->control_n);
    unsigned code = s.n >= 2 ? (unsigned)s.p[0] << 8 | s.p[1] : 0;

    if (s.n == 1 || (s.n && !is_code(code)))
        return fail(w, WS_PROTOCOL_ERROR, "a close frame that is wrong");
    if (!utf8_valid(span_skip(s, 2)))
        return fail(w, WS_BAD_DATA, "a reason that is no UTF-8");
    put_close(w, code, w->out);
    return over(w, "closed by the other side");
}

/* WS_MORE: go on. */
static enum ws_event end_control(struct ws *w, uint8_t opcode)
{
    if (opcode == WSLAY_CONNECTION_CLOSE)
        return take_close(w);
    if (opcode == WSLAY_PING && w->out->n <= WS_PONGS_MAX)
        put_frame(w, WSLAY_PONG, span_of(w->control, w->control_n), w->out);
    return WS_MORE;
}

static enum ws_event end_message(struct ws *w, struct span message, struct span *out)
{
    bool text = w->opcode == WSLAY_TEXT_FRAME;

    w->opcode = NO_MESSAGE;
    if (text && !utf8_valid(message))
        return fail(w, WS_BAD_DATA, "text that is no UTF-8");
    *out = message;
    w->told = true;
    return WS_MESSAGE;
}

static bool is_control(uint8_t opcode)
{
    return opcode == WSLAY_CONNECTION_CLOSE || opcode == WSLAY_PING || opcode == WSLAY_PONG;
}

/* The first piece of a frame. False: it may not stand here. */
static bool begin_frame(struct ws *w, const struct wslay_frame_iocb *f)
{
    bool begins = f->opcode == WSLAY_TEXT_FRAME || f->opcode == WSLAY_BINARY_FRAME;

    w->in_frame = true;
    w->frame_got = 0;
    if (!f->mask || f->rsv)
        return false;
    if (is_control(f->opcode)) {
        w->control_n = 0;
        return f->fin && f->payload_length <= CONTROL_MAX;
    }
    if (begins ? w->opcode != NO_MESSAGE
               : f->opcode != WSLAY_CONTINUATION_FRAME || w->opcode == NO_MESSAGE)
        return false;
    if (begins)
        w->opcode = f->opcode;
    return true;
}

/* A piece of a frame; WS_MORE: go on. */
static enum ws_event take_piece(struct ws *w, const struct wslay_frame_iocb *f,
                                struct span *message)
{
    struct span piece = span_of(f->data, f->data_length);
    bool whole;

    if (!w->in_frame && !begin_frame(w, f))
        return fail(w, WS_PROTOCOL_ERROR,
                    f->mask ? "a frame that is out of place" : "a frame without a mask");
    if (!is_control(f->opcode) && f->payload_length - w->frame_got > w->message_max - w->part.n)
        return fail(w, WS_TOO_BIG, "the message is too long");
    w->frame_got += piece.n;
    whole = w->frame_got == f->payload_length;
    w->in_frame = !whole;
    if (is_control(f->opcode)) {
        memcpy(w->control + w->control_n, piece.p, piece.n);
        w->control_n = (uint8_t)(w->control_n + piece.n);
        return whole ? end_control(w, f->opcode) : WS_MORE;
    }
    if (whole && f->fin && w->part.n == 0)
        return end_message(w, piece, message); /* as it lies there */
    buf_add(&w->part, piece);
    if (!buf_ok(&w->part))
        return fail(w, WS_TOO_BIG, "no memory for the message");
    return whole && f->fin ? end_message(w, buf_span(&w->part), message) : WS_MORE;
}

static enum ws_event read_frames(struct ws *w, struct span *message)
{
    for (;;) {
        struct wslay_frame_iocb f = {0};
        ssize_t n = wslay_frame_recv(w->frames, &f);
        enum ws_event what;

        if (n == WSLAY_ERR_WANT_READ)
            return WS_MORE;
        if (n < 0)
            return fail(w, WS_PROTOCOL_ERROR, "a frame that is wrong");
        what = take_piece(w, &f, message);
        if (what != WS_MORE)
            return what;
    }
}

enum ws_event ws_read(struct ws *w, struct span *in, struct buf *out, struct span *message)
{
    w->in = in;
    w->out = out;
    if (w->told) {
        w->told = false;
        buf_fini(&w->part);
    }
    switch (w->state) {
    case OPENING: return read_opening(w, in);
    case OPEN: return read_frames(w, message);
    default: return WS_OVER;
    }
}
