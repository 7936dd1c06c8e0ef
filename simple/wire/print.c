#include "simple/wire/print.h"

#include "simple/wire/line_priv.h"
#include "simple/wire/scan.h"

static const struct {
    int status;
    const char *text;
} reasons[] = {
#define REASON(status, text) {status, text},
#include "simple/wire/reasons.def"
#undef REASON
};

const char *sip_reason(int status)
{
    static const char *const classes[] = {"Unknown",        "Trying",      "OK",
                                          "Redirection",    "Bad Request", "Server Internal Error",
                                          "Busy Everywhere"};

    for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
        if (reasons[i].status == status)
            return reasons[i].text;
    return classes[status >= 100 && status < 700 ? status / 100 : 0];
}

/* Nothing that would start a line of its own, and no NUL that a reader in C would stop at. */
static bool is_line_safe(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] == '\r' || s.p[i] == '\n' || s.p[i] == 0)
            return false;
    return true;
}

static void add_safe(struct buf *b, struct span s)
{
    if (!is_line_safe(s))
        b->bad = true;
    buf_add(b, s);
}

static bool is_token(struct span s)
{
    scan_token(&s);
    return s.n == 0;
}

void sip_put_request_line(struct buf *b, struct span method, struct span uri)
{
    if (method.n == 0 || uri.n == 0 || !is_token(method) || span_find(uri, ' ') < uri.n)
        b->bad = true;
    buf_add(b, method);
    buf_u8(b, ' ');
    add_safe(b, uri);
    BUF_LIT(b, " SIP/2.0\r\n");
}

void sip_put_status_line(struct buf *b, int status, const char *reason)
{
    if (status == 200 && !reason) { /* nearly all of them */
        BUF_LIT(b, "SIP/2.0 200 OK\r\n");
        return;
    }
    BUF_LIT(b, "SIP/2.0 ");
    buf_number(b, (uint64_t)status);
    buf_u8(b, ' ');
    add_safe(b, span_str(reason ? reason : sip_reason(status)));
    BUF_LIT(b, "\r\n");
}

static void put_name(struct buf *b, enum sip_hdr_id id)
{
    buf_str(b, sip_hdr_name(id));
    BUF_LIT(b, ": ");
}

void sip_put_hdr(struct buf *b, enum sip_hdr_id id, struct span value)
{
    put_name(b, id);
    add_safe(b, value);
    BUF_LIT(b, "\r\n");
}

void sip_put_hdr_str(struct buf *b, enum sip_hdr_id id, const char *value)
{
    sip_put_hdr(b, id, span_str(value));
}

void sip_put_hdr_number(struct buf *b, enum sip_hdr_id id, uint64_t value)
{
    put_name(b, id);
    buf_number(b, value);
    BUF_LIT(b, "\r\n");
}

void sip_put_hdr_named(struct buf *b, struct span name, struct span value)
{
    if (name.n == 0 || !is_token(name))
        b->bad = true;
    buf_add(b, name);
    BUF_LIT(b, ": ");
    add_safe(b, value);
    BUF_LIT(b, "\r\n");
}

void sip_put_copy(struct buf *b, const struct sip_msg *m, enum sip_hdr_id id)
{
    for (const struct sip_hdr *h = sip_msg_hdr(m, id); h; h = sip_msg_hdr_next(m, h)) {
        put_name(b, id);
        sip_put_unfolded(b, h->value);
        BUF_LIT(b, "\r\n");
    }
}

void sip_put_date(struct buf *b, int64_t seconds)
{
    put_name(b, SIP_HDR_DATE);
    sip_date_print(b, seconds);
    BUF_LIT(b, "\r\n");
}

size_t sip_hdr_begin(struct buf *b, enum sip_hdr_id id)
{
    put_name(b, id);
    return b->n;
}

void sip_hdr_end(struct buf *b, size_t at)
{
    if (at > b->n || !is_line_safe(span_skip(buf_span(b), at)))
        b->bad = true;
    BUF_LIT(b, "\r\n");
}

void sip_put_via(struct buf *b, const struct sip_via_out *v)
{
    bool literal = span_find(v->host, ':') < v->host.n && v->host.p[0] != '[';
    size_t at = sip_hdr_begin(b, SIP_HDR_VIA);

    BUF_LIT(b, "SIP/2.0/");
    buf_str(b, sip_transport_name(v->transport));
    buf_u8(b, ' ');
    if (literal)
        buf_u8(b, '[');
    buf_add(b, v->host);
    if (literal)
        buf_u8(b, ']');
    if (v->port != 0) {
        buf_u8(b, ':');
        buf_number(b, v->port);
    }
    if (v->rport)
        BUF_LIT(b, ";rport");
    BUF_LIT(b, ";branch=");
    buf_add(b, v->branch);
    sip_hdr_end(b, at);
}

void sip_put_addr(struct buf *b, enum sip_hdr_id id, struct span display, struct span uri,
                  struct span tag)
{
    size_t at = sip_hdr_begin(b, id);

    if (display.n > 0) {
        sip_put_quoted(b, display);
        buf_u8(b, ' ');
    }
    if (span_find(uri, '>') < uri.n)
        b->bad = true;
    buf_u8(b, '<');
    buf_add(b, uri);
    buf_u8(b, '>');
    if (tag.n > 0) {
        BUF_LIT(b, ";tag=");
        buf_add(b, tag);
    }
    sip_hdr_end(b, at);
}

void sip_put_cseq(struct buf *b, uint32_t number, struct span method)
{
    put_name(b, SIP_HDR_CSEQ);
    buf_number(b, number);
    buf_u8(b, ' ');
    add_safe(b, method);
    BUF_LIT(b, "\r\n");
}

void sip_put_body(struct buf *b, struct span body)
{
    if (body.n == 0) {
        BUF_LIT(b, "Content-Length: 0\r\n\r\n");
        return;
    }
    BUF_LIT(b, "Content-Length: ");
    buf_number(b, body.n);
    BUF_LIT(b, "\r\n\r\n");
    buf_add(b, body);
}

/* Control characters become spaces: a name somebody chose is no reason to send nothing. */
void sip_put_quoted(struct buf *b, struct span text)
{
    buf_u8(b, '"');
    for (size_t i = 0; i < text.n; i++) {
        uint8_t c = text.p[i];

        if (c == '"' || c == '\\')
            buf_u8(b, '\\');
        buf_u8(b, c < ' ' || c == 0x7f ? ' ' : c);
    }
    buf_u8(b, '"');
}

void sip_put_unfolded(struct buf *b, struct span value)
{
    while (value.n > 0) {
        size_t plain = (size_t)(line_break(value.p, value.p + value.n) - value.p);

        if (plain < value.n) {
            struct span before = span_first(value, plain);

            while (before.n > 0 && scan_is(before.p[before.n - 1], SCAN_LWS))
                before.n--;
            buf_add(b, before);
            scan_drop(&value, plain);
            scan_lws(&value);
            if (value.n > 0)
                buf_u8(b, ' ');
        } else {
            buf_add(b, value);
            return;
        }
    }
}
