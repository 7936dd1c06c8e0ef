/* The body of a MESSAGE, built of choices: texts in several charsets and encodings, multipart,
 * message/cpim, receipts and typing, one inside the other; and any octets in the place of each.
 * What was understood as a text is UTF-8, and written again, plain or as CPIM, it reads back the
 * same. */
#include "base/utf8.h"
#include "mapping/message_sip.h"
#include "tests/fuzz/pick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DEPTH_MAX = 5, BODY_MAX = 60000 };

static void put_entity(struct rd *r, struct buf *type, struct buf *body, unsigned depth);

static const char *const charsets[] = {"",
                                       ";charset=UTF-8",
                                       "; charset=\"us-ascii\"",
                                       ";charset=iso-8859-1;format=flowed",
                                       ";charset=utf-16",
                                       ";charset=klingon"};
static const char *const texts[] = {"hello",        "h\xc3\xa9llo \xe2\x98\xba",
                                    "a\r\nb\nc\rd", "<b>bold</b> &amp; <i>not</i>",
                                    "\xff\xfe",     "",
                                    "\xe9t\xe9",    "[Auto-reply] gone",
                                    "aGVsbG8=",     "h=C3=A9=\r\nllo"};

static void put_octets(struct rd *r, struct buf *out)
{
    if (pick(r, 4) == 0)
        buf_add(out, pick_octets(r));
    else
        buf_str(out, PICK_WORD(r, texts));
}

/* The header lines of one entity inside another, with its body. */
static void put_part(struct rd *r, struct buf *out, unsigned depth)
{
    static const char *const encodings[] = {"", "Content-Transfer-Encoding: base64\r\n",
                                            "Content-Transfer-Encoding: quoted-printable\r\n",
                                            "Content-Transfer-Encoding: 8bit\r\n",
                                            "content-transfer-encoding : x-none\r\n"};
    static const char *const dispositions[] = {
        "", "Content-Disposition: render\r\n",
        "Content-Disposition: attachment; filename=\"a\"\r\n",
        "Content-Disposition: notification\r\n", "Content-ID: <1234@x>\r\nContent-Length: 5\r\n"};
    struct buf type = {0}, body = {.max = BODY_MAX};

    put_entity(r, &type, &body, depth + 1);
    if (pick(r, 8) != 1) {
        BUF_LIT(out, "Content-Type: ");
        buf_add(out, buf_span(&type));
        BUF_LIT(out, "\r\n");
    }
    buf_str(out, PICK_WORD(r, encodings));
    buf_str(out, PICK_WORD(r, dispositions));
    BUF_LIT(out, "\r\n");
    buf_add(out, buf_span(&body));
    buf_fini(&type);
    buf_fini(&body);
}

static void put_multipart(struct rd *r, struct buf *type, struct buf *body, unsigned depth)
{
    static const char *const kinds[] = {"mixed", "alternative", "signed", "related", "x-other"};
    static const char *const boundaries[] = {"b", "----=_Next", "a b", "b-", ""};
    static const char *const ends[] = {"--\r\n", "--", "", "\r\n", "-- \t\r\nepilogue"};
    const char *boundary = PICK_WORD(r, boundaries);
    unsigned n = pick(r, 5);

    buf_fmt(type, pick(r, 2) ? "multipart/%s; boundary=\"%s\"" : "multipart/%s;boundary=%s",
            PICK_WORD(r, kinds), boundary);
    if (pick(r, 4) == 1)
        BUF_LIT(body, "a preamble\r\n");
    for (unsigned i = 0; i < n; i++) {
        buf_fmt(body, "--%s%s", boundary, pick(r, 4) == 1 ? " \r\n" : "\r\n");
        put_part(r, body, depth);
        BUF_LIT(body, "\r\n");
    }
    buf_fmt(body, "--%s%s", boundary, PICK_WORD(r, ends));
}

static void put_cpim(struct rd *r, struct buf *type, struct buf *body, unsigned depth)
{
    static const char *const lines[] = {
        "From: Bob <im:bob@example.com>\r\n",
        "To: <im:al@aim.example>\r\n",
        "cc: <im:x@y>\r\n",
        "DateTime: 2001-07-23T14:00:00.5-01:00\r\n",
        "Subject: plain\r\n",
        "Subject:;lang=fr la \\u00e9\r\n",
        "NS: imdn <urn:ietf:params:imdn>\r\n",
        "NS: <urn:ietf:params:cpim-headers:>\r\n",
        "NS: q <mid:other>\r\n",
        "imdn.Message-ID: 34jk324j\r\n",
        "imdn.Disposition-Notification: positive-delivery, negative-delivery;x=y\r\n",
        "imdn.Record-Route: <im:r@x>\r\n",
        "Require: imdn.Message-ID\r\n",
        "Require: q.unheard\r\n",
        "q.unheard: of\r\n",
        " folded\r\n",
        "no colon\r\n",
        "From: \"quoted \\\" name\" <im:b@x>\r\n",
    };
    unsigned n = pick(r, 24);

    BUF_LIT(type, "message/cpim");
    if (pick(r, 8) == 1)
        BUF_LIT(body, "\r\n"); /* from before RFC 3862 */
    for (unsigned i = 0; i < n; i++) {
        if (pick(r, 16) == 1)
            buf_add(body, pick_octets(r));
        buf_str(body, PICK_WORD(r, lines));
    }
    BUF_LIT(body, "\r\n");
    put_part(r, body, depth);
}

static void put_entity(struct rd *r, struct buf *type, struct buf *body, unsigned depth)
{
    switch (pick(r, depth < DEPTH_MAX ? 8 : 5)) {
    case 0:
        buf_fmt(type, "text/plain%s", PICK_WORD(r, charsets));
        put_octets(r, body);
        break;
    case 1:
        buf_fmt(type, "text/html%s", PICK_WORD(r, charsets));
        put_octets(r, body);
        break;
    case 2:
        BUF_LIT(type, "application/im-iscomposing+xml");
        BUF_LIT(
            body,
            "<isComposing "
            "xmlns='urn:ietf:params:xml:ns:im-iscomposing'><state>active</state></isComposing>");
        break;
    case 3:
        BUF_LIT(type, "message/imdn+xml");
        BUF_LIT(body,
                "<imdn xmlns='urn:ietf:params:xml:ns:imdn'><message-id>1</message-id></imdn>");
        break;
    case 4:
        buf_add(type, pick_octets(r));
        put_octets(r, body);
        break;
    case 5:
    case 6: put_multipart(r, type, body, depth); break;
    default: put_cpim(r, type, body, depth); break;
    }
}

/* What was read is said again; a reader of ours gets the same. */
static void read_again(struct rd *r, const struct message *m, struct arena *a)
{
    const struct sip_writer w = {.html = pick(r, 2),
                                 .cpim = pick(r, 2),
                                 .from_uri = SPAN("im:al@aim.example"),
                                 .to_uri = SPAN("im:bob@example.com")};
    struct message again = {0}, plain = *m;
    struct sip_body_out out;
    struct buf body = {0};
    const char *type;

    if (!w.html)
        plain.html = (struct span){0};
    type = message_sip_write(&body, &plain, NULL, &w);
    assert(buf_ok(&body) && type);
    message_sip_read(&(struct sip_body_in){.content_type = span_str(type), .body = buf_span(&body)},
                     a, &again, &out);
    assert(out.kind == SIP_BODY_TEXT || out.kind == SIP_BODY_EMPTY);
    if (out.kind == SIP_BODY_TEXT && !w.html && !m->auto_reply)
        assert(span_eq(again.text, m->text));
    buf_fini(&body);
}

static void check(struct rd *r, const struct sip_body_in *in)
{
    struct message m = {0};
    struct sip_body_out out;
    struct arena a = {0};

    message_sip_read(in, &a, &m, &out);
    switch (out.kind) {
    case SIP_BODY_TEXT:
        assert(m.text.n > 0 && utf8_valid(m.text) && utf8_valid(m.html));
        assert(!m.receipts || (m.receipt_id.n && m.receipt_time.n)); /* RFC 5438 6.1 */
        /* a mark of the byte order that comes first after what stood before it was dropped is no
         * text then */
        if (!span_starts(m.text, SPAN("\xEF\xBB\xBF")))
            read_again(r, &m, &a);
        break;
    case SIP_BODY_REFUSE:
        assert(out.status == 400 || out.status == 413 || out.status == 415 || out.status == 503);
        break;
    default: assert(out.kind <= SIP_BODY_REFUSE); break;
    }
    arena_fini(&a);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const char *const encodings[] = {"", "identity", "gzip", "deflate"};
    struct rd r = rd_over(span_of(data, size));
    struct buf type = {0}, body = {.max = BODY_MAX};
    struct sip_body_in in = {.content_encoding = span_str(PICK_WORD(&r, encodings)),
                             .auto_submitted = span_str(pick(&r, 2) ? "auto-replied" : ""),
                             .subject = span_str(pick(&r, 2) ? "about" : ""),
                             .language = span_str(pick(&r, 2) ? "fr, en" : "")};

    put_entity(&r, &type, &body, 0);
    if (pick(&r, 8) == 1) { /* cut short */
        size_t n = pick(&r, 256);

        body.n = n < body.n ? n : body.n;
    }
    in.content_type = buf_span(&type);
    in.body = buf_span(&body);
    if (buf_ok(&body) && buf_ok(&type))
        check(&r, &in);
    buf_fini(&type);
    buf_fini(&body);
    return 0;
}
