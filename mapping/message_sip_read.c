/* What a MESSAGE body says (3.3 to 3.5): text out of whatever it is wrapped in, or what to answer.
 */
#include "base/utf8.h"
#include "mapping/charset.h"
#include "mapping/html.h"
#include "mapping/message_sip.h"
#include "mapping/message_sip_priv.h"
#include "simple/doc/xml_time.h"

enum { SUBJECT_MAX = 80 /* characters */ };

/* What became of one entity. */
enum found {
    FOUND_TEXT,
    FOUND_NOTHING, /* empty: nothing to deliver */
    FOUND_TYPING,
    FOUND_IMDN,
    FOUND_UNKNOWN, /* a type we do not have */
    FOUND_CHARSET, /* text in a character set we do not have */
    FOUND_BAD,     /* out->status and warning say why */
};

struct reading {
    struct arena *a;
    struct sip_body_out *out;
    struct message *m;
    struct span subject, language;
    struct buf text; /* plain text of all parts, UTF-8, LF */
    struct buf html; /* markup, where the whole message is one such part */
};

static enum found read_entity(struct reading *r, const struct mime_part *part, unsigned depth);

static enum found refuse(struct reading *r, unsigned status, const char *warning)
{
    r->out->kind = SIP_BODY_REFUSE;
    r->out->status = status;
    r->out->warning = warning;
    return FOUND_BAD;
}

static enum found refuse_err(struct reading *r, enum err e)
{
    switch (e) {
    case ERR_NOMEM: return refuse(r, 503, "overloaded");
    case ERR_FULL: return refuse(r, 413, "message too long");
    default: return refuse(r, 400, "the body is not well-formed");
    }
}

/* ---- leaves ---- */

/* UTF-8 that is UTF-8 stays where it is; all else is converted into *work. */
static enum err to_utf8(struct span charset, struct span octets, struct buf *work, struct span *out)
{
    enum err e;

    *out = octets;
    if ((charset.n == 0 || span_case_is(charset, "utf-8")) && utf8_valid(octets) &&
        !span_starts(octets, SPAN("\xEF\xBB\xBF")))
        return OK;
    e = sip_text_read(work, charset, octets);
    *out = buf_span(work);
    return e;
}

static enum found read_text(struct reading *r, const struct mime_part *part, bool is_html)
{
    struct span charset, octets, utf8;
    struct buf work = {0};
    size_t before = r->text.n;
    enum err e = mime_decode(part, r->a, &octets);

    if (e == ERR_UNSUPPORTED)
        return FOUND_UNKNOWN;
    if (e)
        return refuse_err(r, e);
    mime_param(part->type, "charset", &charset);
    e = to_utf8(charset, octets, &work, &utf8);
    if (e == OK && is_html) {
        html_to_text(&r->text, utf8);
        html_filter(&r->html, utf8);
    } else if (e == OK) {
        text_tidy(&r->text, utf8);
    }
    buf_fini(&work);
    if (e == ERR_CHARSET)
        return FOUND_CHARSET;
    if (e || !buf_ok(&r->text) || !buf_ok(&r->html))
        return refuse_err(r, ERR_NOMEM);
    return r->text.n > before ? FOUND_TEXT : FOUND_NOTHING;
}

/* ---- multiparts ---- */

/* M-342: the last part that we understand. */
static enum found read_alternative(struct reading *r, const struct mime_part *parts, size_t count,
                                   unsigned depth)
{
    enum found found = FOUND_UNKNOWN;

    while (count > 0) {
        size_t text = r->text.n;

        found = read_entity(r, &parts[--count], depth + 1);
        if (found != FOUND_UNKNOWN && found != FOUND_CHARSET)
            return found;
        r->text.n = text;
    }
    return found;
}

static void put_not_shown(struct buf *out, const struct mime_part *part)
{
    struct span type = part->type.n ? mime_type(part->type) : SPAN("text/plain");

    BUF_LIT(out, "[not shown: ");
    for (size_t i = 0; i < type.n && i < 127; i++)
        if (type.p[i] > 0x20 && type.p[i] < 0x7F)
            buf_u8(out, type.p[i]);
    BUF_LIT(out, ", ");
    buf_number(out, part->body.n);
    BUF_LIT(out, " bytes]");
}

static bool is_required(const struct mime_part *part)
{
    struct span handling;

    return mime_param(part->disposition, "handling", &handling) &&
           span_case_is(handling, "required");
}

/* M-343: texts in order with an empty line between; what is no text is named. */
static enum found read_mixed(struct reading *r, const struct mime_part *parts, size_t count,
                             unsigned depth)
{
    enum found worst = FOUND_NOTHING;
    unsigned texts = 0, pieces = 0;

    for (size_t i = 0; i < count; i++) {
        size_t before, start;
        enum found found;

        while (r->text.n > 0 && r->text.p[r->text.n - 1] == '\n')
            r->text.n--;
        before = r->text.n;
        if (pieces > 0)
            BUF_LIT(&r->text, "\n\n");
        start = r->text.n;
        found = read_entity(r, &parts[i], depth + 1);
        switch (found) {
        case FOUND_BAD: return FOUND_BAD;
        case FOUND_TEXT:
            texts++;
            pieces++;
            break;
        case FOUND_UNKNOWN:
        case FOUND_CHARSET: /* S-221: RFC 5621 8.2 */
            if (is_required(&parts[i]))
                return found;
            worst = found;
            r->text.n = start;
            put_not_shown(&r->text, &parts[i]);
            pieces++;
            break;
        default: /* empty, or a typing status or receipt where it says nothing */
            r->text.n = before;
            break;
        }
    }
    if (pieces > 1)
        buf_reset(&r->html);
    return texts > 0 ? FOUND_TEXT : worst;
}

static enum found read_multipart(struct reading *r, const struct mime_part *part, unsigned depth)
{
    struct mime_part *parts = arena_alloc(r->a, MIME_PARTS_MAX * sizeof *parts);
    struct span type = mime_type(part->type);
    size_t count;
    enum err e =
        parts ? mime_multipart(part->type, part->body, parts, MIME_PARTS_MAX, &count) : ERR_NOMEM;

    if (e)
        return refuse_err(r, e);
    if (span_case_is(type, "multipart/alternative"))
        return read_alternative(r, parts, count, depth);
    if (span_case_is(type, "multipart/signed")) {
        r->out->is_signed = true;
        return read_entity(r, &parts[0], depth + 1);
    }
    return read_mixed(r, parts, count, depth);
}

/* ---- message/cpim ---- */

static enum found read_cpim(struct reading *r, const struct mime_part *part, unsigned depth)
{
    struct cpim cpim;
    struct span octets;
    const char *bad = NULL;
    enum err e = mime_decode(part, r->a, &octets);

    if (e == OK)
        e = cpim_read(octets, r->language, r->a, &cpim, &bad);
    if (e == ERR_SYNTAX || e == ERR_UNSUPPORTED)
        return refuse(r, 400, bad ? bad : "the body is not well-formed");
    if (e)
        return refuse_err(r, e);
    if (depth == 0) { /* what is wrapped deeper was said by others, to others */
        r->out->cpim_from = cpim.from;
        if (!xml_time_parse(cpim.date, &r->out->cpim_date))
            r->out->cpim_date = 0;
        r->out->imdn_id = cpim.imdn_id;
        r->m->receipts = cpim.receipts;
        r->m->receipt_id = cpim.imdn_id;
        r->m->receipt_time = cpim.date;
        r->m->receipt_route = cpim.imdn_route;
        if (r->subject.n == 0)
            r->subject = cpim.subject;
    }
    if (span_case_is(mime_type(cpim.inner.type), "message/imdn+xml"))
        return depth == 0 && mime_decode(&cpim.inner, r->a, &r->out->inner) == OK ? FOUND_IMDN
                                                                                  : FOUND_NOTHING;
    return read_entity(r, &cpim.inner, depth + 1);
}

static enum found read_entity(struct reading *r, const struct mime_part *part, unsigned depth)
{
    struct span type = part->type.n ? mime_type(part->type) : SPAN("text/plain");
    bool plain = span_case_is(type, "text/plain"); /* asked first: nearly all are */

    if (!plain && span_case_is(type, "application/im-iscomposing+xml")) {
        if (depth > 0)
            return FOUND_NOTHING; /* M-345 */
        r->out->inner = part->body;
        return FOUND_TYPING;
    }
    if (!plain && span_case_is(type, "message/imdn+xml"))
        return FOUND_NOTHING; /* M-346: not inside CPIM */
    if (depth > MIME_DEPTH_MAX)
        return refuse(r, 400, "the body is nested too deep");
    if (plain)
        return read_text(r, part, false);
    if (span_case_is(type, "text/html"))
        return read_text(r, part, true);
    if (span_case_is(type, "message/cpim"))
        return read_cpim(r, part, depth);
    if (span_case_is(type, "multipart/alternative") || span_case_is(type, "multipart/signed") ||
        span_case_is(type, "multipart/mixed") || span_case_is(type, "multipart/related"))
        return read_multipart(r, part, depth);
    return FOUND_UNKNOWN;
}

/* ---- the message ---- */

/* M-365: "[S] " in front, controls out. */
static bool put_subject(struct reading *r)
{
    struct buf b = {0};
    struct span s = utf8_first(span_trim(r->subject), SUBJECT_MAX);
    bool ok;

    if (s.n == 0)
        return true;
    BUF_LIT(&b, "[");
    while (s.n > 0) {
        uint32_t c = utf8_next(&s);

        if (c >= 0x20 && c != 0x7F)
            utf8_put(&b, c);
    }
    BUF_LIT(&b, "] ");
    ok = buf_ok(&b) && message_prefix(r->m, r->a, buf_span(&b));
    buf_fini(&b);
    return ok;
}

static bool drop_prefix(struct buf *b, struct span prefix)
{
    bool there = span_starts(buf_span(b), prefix);

    if (there)
        buf_drop(b, prefix.n);
    return there;
}

/* M-362: who says so in the header, or in the text as we write it ourselves (M-361). */
static bool take_auto_reply(struct span auto_submitted, struct reading *r)
{
    struct span said = mime_type(auto_submitted), prefix = SPAN(AUTO_REPLY_PREFIX);
    bool marked = drop_prefix(&r->text, prefix);

    if (marked)
        drop_prefix(&r->html, prefix);
    return marked || (said.n > 0 && !span_case_is(said, "no"));
}

/* Trimmed, in the arena: never longer than it was. */
static struct span trimmed(struct arena *a, struct span text)
{
    uint8_t *p = arena_alloc(a, text.n + 1);
    struct buf b = {.p = p, .cap = text.n + 1, .max = text.n + 1, .bad = !p};

    text_trim(&b, text);
    return buf_span(&b);
}

static void finish_text(struct reading *r, const struct sip_body_in *in)
{
    struct message *m = r->m;

    m->auto_reply = take_auto_reply(in->auto_submitted, r);
    m->text = trimmed(r->a, buf_span(&r->text));
    if (html_is_rich(buf_span(&r->html)))
        m->html = arena_copy(r->a, buf_span(&r->html));
    r->out->kind = SIP_BODY_TEXT;
    if (arena_ok(r->a) && m->text.n == 0)
        r->out->kind = SIP_BODY_EMPTY;
    else if (!arena_ok(r->a) || !put_subject(r))
        refuse_err(r, ERR_NOMEM);
    else if (m->text.n > FIT_TEXT_MAX && utf8_count(m->text) > FIT_TEXT_MAX)
        refuse_err(r, ERR_FULL);
}

static void refuse_type(struct reading *r, const char *accept, const char *warning)
{
    refuse(r, 415, warning);
    r->out->accept = accept;
}

/* M-348: nothing is packed; a typing status that is gets no error (M-345). */
static bool is_packed(const struct sip_body_in *in)
{
    struct span how = span_trim(in->content_encoding);

    return how.n > 0 && !span_case_is(how, "identity");
}

static void finish_packed(struct reading *r, const struct sip_body_in *in)
{
    struct span type = mime_type(in->content_type);

    if (span_case_is(type, "application/im-iscomposing+xml") ||
        span_case_is(type, "message/imdn+xml")) {
        r->out->kind = SIP_BODY_IGNORE;
        return;
    }
    refuse(r, 415, "content encoding not accepted");
    r->out->accept_encoding = "identity";
}

static void finish(struct reading *r, const struct sip_body_in *in, enum found found)
{
    switch (found) {
    case FOUND_TEXT: finish_text(r, in); break;
    case FOUND_NOTHING: r->out->kind = in->body.n > 0 ? SIP_BODY_IGNORE : SIP_BODY_EMPTY; break;
    case FOUND_TYPING: r->out->kind = SIP_BODY_TYPING; break;
    case FOUND_IMDN: r->out->kind = SIP_BODY_IMDN; break;
    case FOUND_UNKNOWN: refuse_type(r, MESSAGE_ACCEPT, "type not accepted"); break;
    case FOUND_CHARSET: refuse_type(r, MESSAGE_ACCEPT_UTF8, "character set not accepted"); break;
    case FOUND_BAD: break;
    }
}

void message_sip_read(const struct sip_body_in *in, struct arena *a, struct message *m,
                      struct sip_body_out *out)
{
    struct reading r = {
        .a = a, .out = out, .m = m, .subject = in->subject, .language = in->language};
    struct mime_part whole = {.type = span_trim(in->content_type), .body = in->body};

    *out = (struct sip_body_out){0};
    m->text = m->html = m->receipt_id = m->receipt_time = m->receipt_route = (struct span){0};
    m->auto_reply = false;
    m->receipts = 0;
    if (in->body.n == 0)
        out->kind = SIP_BODY_EMPTY;
    else if (is_packed(in))
        finish_packed(&r, in);
    else
        finish(&r, in, read_entity(&r, &whole, 0));
    buf_fini(&r.text);
    buf_fini(&r.html);
}
