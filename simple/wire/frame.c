#include "simple/wire/frame.h"

#include "simple/wire/line_priv.h"
#include "simple/wire/scan.h"

static enum sip_framed broken(struct sip_frame *f, enum sip_bad why, size_t head)
{
    f->bad = why;
    f->size = head;
    return SIP_FRAME_BROKEN;
}

static enum sip_framed more(struct sip_frame *f, size_t need)
{
    f->need = need;
    return SIP_FRAME_MORE;
}

/* The next thing starts afresh. */
static enum sip_framed taken(struct sip_frame *f, enum sip_framed what, size_t size)
{
    *f = (struct sip_frame){.max = f->max, .size = size, .after_crlf = what == SIP_FRAME_PONG};
    return what;
}

static enum sip_framed read_crlf(struct sip_frame *f, struct span in)
{
    if (in.n < 2)
        return more(f, 1);
    if (in.p[1] != '\n')
        return broken(f, SIP_BAD_LINE_END, 0);
    if (f->after_crlf)
        return taken(f, SIP_FRAME_PING, 2);
    if (in.n >= 4 && in.p[2] == '\r' && in.p[3] == '\n')
        return taken(f, SIP_FRAME_PING, 4);
    return taken(f, SIP_FRAME_PONG, 2);
}

/* What the first octets can still become: a token, then ' ' or '/'. So what is not SIP (TLS on the
 * wrong port) is not waited for. */
static bool may_be_sip(struct span in)
{
    scan_token(&in);
    return in.n == 0 || in.p[0] == ' ' || in.p[0] == '/';
}

static bool names_sip(struct span line)
{
    for (size_t i = 0; i + 4 <= line.n; i++)
        if (line.p[i + 3] == '/' && span_case_eq((struct span){line.p + i, 4}, SPAN("SIP/")))
            return true;
    return false;
}

/* Content-Length is what the head is read for; other lines are passed over. */
static enum sip_bad take_line(struct sip_frame *f, struct span line)
{
    struct span value = line, name;
    uint64_t length;

    if ((line.p[0] | 0x20) != 'c' && (line.p[0] | 0x20) != 'l')
        return SIP_GOOD;
    name = scan_token(&value);
    if (sip_hdr_find(name) != SIP_HDR_CONTENT_LENGTH || !scan_separator(&value, ':'))
        return SIP_GOOD;
    if (f->has_length)
        return SIP_BAD_REPEATED;
    if (!scan_number(&value, UINT32_MAX, &length) || !scan_end(&value))
        return SIP_BAD_CONTENT_LENGTH;
    f->has_length = true;
    f->length = (size_t)length;
    return SIP_GOOD;
}

/* A whole line, its folds included. What is wrong in a header line is kept until the head is whole,
 * so that it can be answered. False: this is not SIP. */
static bool end_line(struct sip_frame *f, struct span line)
{
    if (f->line == 0)
        return names_sip(line);
    if (f->bad == SIP_GOOD)
        f->bad = take_line(f, line);
    return true;
}

/* Goes on through the lines from where the last look ended. WHOLE: f->head is known. */
static enum sip_framed read_head(struct sip_frame *f, struct span in)
{
    const uint8_t *end = in.p + in.n;

    for (;;) {
        const uint8_t *p = line_break(in.p + f->scanned, end);
        size_t at = (size_t)(p - in.p);

        f->scanned = at;
        if (p < end && (*p == '\n' || (end - p > 1 && p[1] != '\n')))
            return broken(f, SIP_BAD_LINE_END, 0);
        if (end - p < 2)
            return more(f, 1);
        if (at == f->line) {
            f->head = at + 2;
            return SIP_FRAME_WHOLE;
        }
        if (end - p < 3)
            return more(f, 1);
        if (p[2] == ' ' || p[2] == '\t') {
            f->scanned = at + 3;
            continue;
        }
        if (!end_line(f, (struct span){in.p + f->line, at - f->line}))
            return broken(f, SIP_BAD_START_LINE, 0);
        f->line = f->scanned = at + 2;
    }
}

static enum sip_framed start_message(struct sip_frame *f, struct span in, size_t max)
{
    enum sip_framed framed;

    if (f->line == 0 && !may_be_sip(in))
        return broken(f, SIP_BAD_START_LINE, 0);
    framed = read_head(f, in);
    if (framed == SIP_FRAME_MORE && in.n >= max)
        return broken(f, SIP_BAD_TOO_LARGE, 0);
    if (framed != SIP_FRAME_WHOLE)
        return framed;
    if (f->bad)
        return broken(f, f->bad, f->head);
    if (!f->has_length)
        return broken(f, SIP_BAD_NO_CONTENT_LENGTH,
                      f->head); /* RFC 3261 20.14: a stream needs it */
    if (f->head > max || f->length > max - f->head)
        return broken(f, SIP_BAD_TOO_LARGE, f->head);
    return SIP_FRAME_WHOLE;
}

enum sip_framed sip_frame_next(struct sip_frame *f, struct span in)
{
    if (in.n == 0)
        return more(f, 1);
    if (f->head == 0) {
        enum sip_framed framed;

        if (in.p[0] == '\r')
            return read_crlf(f, in);
        framed = start_message(f, in, f->max ? f->max : SIP_MESSAGE_MAX);
        if (framed != SIP_FRAME_WHOLE)
            return framed;
    }
    if (in.n < f->head + f->length)
        return more(f, f->head + f->length - in.n);
    return taken(f, SIP_FRAME_WHOLE, f->head + f->length);
}
