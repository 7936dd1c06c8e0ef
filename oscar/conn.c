/* The life of one OSCAR connection: bytes in, events and bytes out, deadlines. */
#include "oscar/conn.h"

#include <stdlib.h>

#include "base/deadlines.h"
#include "oscar/conn_priv.h"

enum {
    OUTPUT_KEPT = 4096 /* a drained output buffer no larger than this stays for the next message */
};

struct oscar_conn *oscar_conn_new(const struct oscar_conn_conf *conf, uint64_t now)
{
    static const uint8_t hello[] = {0, 0, 0, FLAP_VERSION};
    struct oscar_conn *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    c->conf = *conf;
    if (!c->conf.output_max)
        c->conf.output_max = OSCAR_OUTPUT_MAX;
    c->in.max = OSCAR_INPUT_MAX;
    c->out.max = 2 * c->conf.output_max; /* what was sent is still in front for a while */
    c->seq = FLAP_FIRST_SEQ;
    c->server_id = SNAC_ID_SERVER;
    c->now = c->last_in = c->last_out = now;
    c->by = now + OSCAR_SIGNON_MS;
    c->online_at = DEADLINE_NEVER;
    c->icbm = icbm_params_default();
    rate_init(&c->rates, now);
    conn_frame(c, FLAP_SIGNON, span_of(hello, sizeof hello));
    if (c->state == SIGNON_OVER) {
        oscar_conn_free(c);
        return NULL;
    }
    return c;
}

void oscar_conn_free(struct oscar_conn *c)
{
    if (!c)
        return;
    buf_fini(&c->in);
    buf_fini(&c->out);
    free(c->self_bytes);
    free(c);
}

enum err oscar_conn_feed(struct oscar_conn *c, struct span in, uint64_t now)
{
    if (c->state == SIGNON_OVER)
        return ERR_CLOSED;
    c->now = c->last_in = now;
    buf_add(&c->in, in);
    if (!buf_ok(&c->in)) {
        conn_end(c, "more input than there is room for", false);
        return ERR_FULL;
    }
    return OK;
}

/* Lets go of the input that was pulled; a frame that is not whole yet moves to the front. */
static void release_input(struct oscar_conn *c)
{
    if (c->in_at == c->in.n)
        buf_fini(&c->in);
    else if (c->in_at > 0)
        buf_drop(&c->in, c->in_at);
    c->in_at = 0;
}

static bool on_frame(struct oscar_conn *c, const struct flap *f, struct oscar_event *out)
{
    struct snac s;

    switch (f->channel) {
    case FLAP_SIGNON: return c->state == SIGNON_HELLO && signon_hello(c, f->data, out);
    case FLAP_DATA:
        if (c->state == SIGNON_LEAVING)
            return false;
        if (c->state == SIGNON_HELLO)
            conn_end(c, "a SNAC before the sign-on frame", false);
        else if (!snac_read(f->data, &s))
            conn_end(c, "a frame without a whole SNAC header", false);
        else
            return conn_is_signed_on(c) ? conn_take(c, &s, out) : signon_auth(c, &s, out);
        return false;
    case FLAP_ERROR: conn_end(c, "the client reports a FLAP error", false); return false;
    case FLAP_SIGNOFF: conn_end(c, "the client signed off", true); return false;
    default: return false; /* keep-alive */
    }
}

/* Some clients go on with 0 behind 0x7FFF. A gap is no error: what came is taken. */
static void count_frame(struct oscar_conn *c, uint16_t seq)
{
    bool wraps = seq == 0 && c->in_seq == 0x8000;

    if (c->counting && seq != c->in_seq && !wraps && !c->gap_told && conn_is_signed_on(c)) {
        c->gap_due = c->gap_told = true;
        c->gap_expected = c->in_seq;
        c->gap_came = seq;
    }
    c->counting = true;
    c->in_seq = (uint16_t)(seq + 1);
}

/* Pulls one frame; false when there is no whole one. */
static bool pull(struct oscar_conn *c, struct flap *f)
{
    struct span left = span_skip(buf_span(&c->in), c->in_at);
    size_t before = left.n;

    switch (flap_read(&left, f)) {
    case FRAME_WHOLE:
        c->in_at += before - left.n;
        count_frame(c, f->seq);
        return true;
    case FRAME_MORE: release_input(c); return false;
    case FRAME_TOO_LONG: conn_end(c, "a frame longer than any client sends", false); return false;
    default: conn_end(c, "bytes that are no FLAP frame", false); return false;
    }
}

static bool tell_end(struct oscar_conn *c, struct oscar_event *out)
{
    if (c->signed_off)
        return false;
    buf_fini(&c->in);
    c->in_at = 0;
    c->signed_off = true;
    out->kind = OSCAR_SIGNED_OFF;
    out->why.text = c->why;
    out->why.clean = c->clean;
    return true;
}

static bool is_paused(const struct oscar_conn *c)
{
    return c->conf.output_pause && c->out.n - c->out_at > c->conf.output_pause;
}

bool oscar_conn_next(struct oscar_conn *c, struct oscar_event *out)
{
    struct flap f;

    *out = (struct oscar_event){0};
    for (;;) {
        if (c->state == SIGNON_OVER)
            return tell_end(c, out);
        if (c->online_due) {
            c->online_due = false;
            c->online = true;
            c->online_at = DEADLINE_NEVER;
            out->kind = OSCAR_ONLINE;
            return true;
        }
        if (c->gap_due) {
            c->gap_due = false;
            out->kind = OSCAR_GAP;
            out->gap.expected = c->gap_expected;
            out->gap.came = c->gap_came;
            return true;
        }
        if (c->state == SIGNON_AUTH_WAIT || c->state == SIGNON_COOKIE_WAIT || is_paused(c))
            return false;
        if (pull(c, &f)) {
            if (on_frame(c, &f, out))
                return true;
        } else if (c->state != SIGNON_OVER) {
            return false;
        }
    }
}

struct span oscar_conn_output(const struct oscar_conn *c)
{
    return span_skip(buf_span(&c->out), c->out_at);
}

void oscar_conn_sent(struct oscar_conn *c, size_t n)
{
    size_t left = c->out.n - c->out_at;

    c->out_at += n < left ? n : left;
    if (c->out_at == c->out.n) {
        if (c->out.cap > OUTPUT_KEPT)
            buf_fini(&c->out);
        else
            buf_reset(&c->out);
        c->out_at = 0;
    } else if (c->out_at > c->out.n / 2) {
        buf_drop(&c->out, c->out_at);
        c->out_at = 0;
    }
}

uint64_t oscar_conn_written(const struct oscar_conn *c)
{
    return c->written;
}

uint64_t oscar_conn_deadline(const struct oscar_conn *c)
{
    uint64_t first = c->by < c->online_at ? c->by : c->online_at;

    if (c->rates.calm_at < first)
        first = c->rates.calm_at;
    if (c->state != SIGNON_READY)
        return first;
    if (c->last_in + OSCAR_SILENCE_MS < first)
        first = c->last_in + OSCAR_SILENCE_MS;
    if (c->last_out + OSCAR_KEEPALIVE_MS < first)
        first = c->last_out + OSCAR_KEEPALIVE_MS;
    return first;
}

static void keep_alive(struct oscar_conn *c)
{
    if (c->out.n == 0)
        buf_fini(&c->out); /* nothing was said for a minute: an idle session keeps no buffer */
    conn_frame(c, FLAP_KEEPALIVE, (struct span){0});
}

void oscar_conn_tick(struct oscar_conn *c, uint64_t now)
{
    c->now = now;
    if (now >= c->by) {
        if (c->state == SIGNON_LEAVING)
            conn_end(c, "the sign-on was answered", true);
        else
            conn_end(c, "the sign-on took too long", false);
    }
    if (now >= c->online_at) {
        c->online_at = DEADLINE_NEVER;
        c->online_due = true;
    }
    conn_calm_rates(c);
    if (c->state != SIGNON_READY)
        return;
    if (now >= c->last_in + OSCAR_SILENCE_MS)
        conn_end(c, "the client has been silent for too long", false);
    else if (now >= c->last_out + OSCAR_KEEPALIVE_MS)
        keep_alive(c);
}

bool oscar_conn_is_over(const struct oscar_conn *c)
{
    return c->state == SIGNON_OVER;
}

const char *oscar_conn_why(const struct oscar_conn *c)
{
    return c->why ? c->why : "";
}

uint16_t oscar_conn_text_max(const struct oscar_conn *c)
{
    return c->params_set && c->icbm.max_length >= ICBM_LENGTH_LEAST ? c->icbm.max_length
                                                                    : ICBM_LENGTH_DEFAULT;
}

const struct icbm_params *oscar_conn_icbm(const struct oscar_conn *c)
{
    return &c->icbm;
}

bool oscar_conn_wants_typing(const struct oscar_conn *c)
{
    return c->icbm.flags & ICBM_TYPING_EVENTS;
}

bool oscar_conn_is_online(const struct oscar_conn *c)
{
    return c->online;
}

bool oscar_conn_uses_feedbag(const struct oscar_conn *c)
{
    return c->feedbag;
}
