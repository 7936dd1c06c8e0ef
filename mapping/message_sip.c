/* What a SIP user is sent: the body and the headers that are the message's own (3.1, 3.5, 3.9). */
#include "mapping/message_sip.h"

#include "mapping/html.h"
#include "simple/doc/xml_time.h"

/* What the service says itself speaks for itself. */
static bool wants_prefix(const struct message *m)
{
    return m->auto_reply && !m->notice && !span_starts(m->text, SPAN(AUTO_REPLY_PREFIX));
}

struct span message_sip_text(const struct message *m, struct arena *a)
{
    struct buf b = {0};
    struct span out;

    if (!wants_prefix(m))
        return m->text;
    BUF_LIT(&b, AUTO_REPLY_PREFIX);
    buf_add(&b, m->text);
    out = arena_copy(a, buf_span(&b));
    buf_fini(&b);
    return out;
}

/* A formal name (RFC 3862 2.2): always quoted, controls out. */
static void put_formal_name(struct buf *out, struct span name)
{
    if (name.n == 0)
        return;
    buf_u8(out, '"');
    for (size_t i = 0; i < name.n; i++) {
        if (name.p[i] == '"' || name.p[i] == '\\')
            buf_u8(out, '\\');
        if (name.p[i] >= 0x20)
            buf_u8(out, name.p[i]);
    }
    BUF_LIT(out, "\" ");
}

static void put_uri(struct buf *out, const char *header, struct span name, struct span uri)
{
    buf_str(out, header);
    put_formal_name(out, name);
    buf_u8(out, '<');
    buf_add(out, uri);
    BUF_LIT(out, ">\r\n");
}

static void put_cpim(struct buf *out, const struct message *m, const struct sip_writer *w,
                     const char *type)
{
    put_uri(out, "From: ", m->friendly, w->from_uri);
    put_uri(out, "To: ", (struct span){0}, w->to_uri);
    BUF_LIT(out, "DateTime: ");
    xml_time_print(out, m->sent);
    BUF_LIT(out, "\r\n");
    if (w->imdn_id.n > 0) {
        BUF_LIT(out, "NS: imdn <urn:ietf:params:imdn>\r\nimdn.Message-ID: ");
        buf_add(out, w->imdn_id);
        BUF_LIT(out, "\r\nimdn.Disposition-Notification: positive-delivery, negative-delivery\r\n");
    }
    BUF_LIT(out, "\r\nContent-Type: ");
    buf_str(out, type);
    BUF_LIT(out, "\r\n\r\n");
}

static void put_html(struct buf *out, const struct message *m)
{
    BUF_LIT(out, HTML_OPEN);
    if (m->auto_reply)
        html_escape(out, SPAN(AUTO_REPLY_PREFIX));
    buf_add(out, m->html);
    BUF_LIT(out, HTML_CLOSE);
}

const char *message_sip_write(struct buf *body, const struct message *m,
                              const struct fit_part *part, const struct sip_writer *w)
{
    bool html = w->html && m->html.n > 0 && (!part || part->n == 1);
    const char *type = html ? MESSAGE_TYPE_HTML : MESSAGE_TYPE_TEXT;
    struct fit_part whole = {.text = m->text, .i = 1, .n = 1};

    if (w->cpim)
        put_cpim(body, m, w, type);
    if (html) {
        put_html(body, m);
    } else {
        if (!part && wants_prefix(m))
            BUF_LIT(body, AUTO_REPLY_PREFIX);
        fit_sip_body(body, part ? part : &whole);
    }
    return w->cpim ? MESSAGE_TYPE_CPIM : type;
}

void message_sip_headers(struct buf *headers, const struct message *m, int64_t now)
{
    if (m->auto_reply)
        buf_fmt(headers, "Auto-Submitted: %s\r\n", m->notice ? "auto-generated" : "auto-replied");
    if (m->expires > 0) {
        BUF_LIT(headers, "Expires: ");
        buf_number(headers, m->expires > now ? (uint64_t)(m->expires - now) : 0);
        BUF_LIT(headers, "\r\n");
    }
}
