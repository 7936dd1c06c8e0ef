/* Reads message/cpim (RFC 3862) as far as a message needs it: who, when, about what, which receipts
 * (RFC 5438). */
#include "base/hex.h"
#include "base/utf8.h"
#include "mapping/message.h"
#include "mapping/message_sip_priv.h"

enum { PREFIXES_MAX = 8, HEADERS_MAX = 128, ROUTES_MAX = 8 };

#define NS_CPIM "urn:ietf:params:cpim-headers:"
#define NS_IMDN "urn:ietf:params:imdn"

struct reading {
    struct cpim *out;
    struct arena *a;
    struct span language;
    struct span imdn[PREFIXES_MAX]; /* prefixes that stand for RFC 5438's headers */
    size_t imdn_count;
    bool foreign_default; /* NS without a prefix: plain names are not the core ones any more */
    bool has_from;
    unsigned routes;
    int subject_rank; /* how well the Subject found fits: 3 language, 2 none given, 1 another */
    struct span dispositions;
    const char *bad;
};

/* \\ \" \' \b \t \n \r \uXXXX, surrogates joined; an unknown one is the character itself (RFC
 * 3862 2.3.1). */
static uint32_t unescape_u(struct span *s)
{
    uint8_t be[2];
    uint32_t c;

    if (!hex_read(span_first(*s, 4), be, 2))
        return 'u';
    c = (uint32_t)be[0] << 8 | be[1];
    *s = span_skip(*s, 4);
    if (c >= 0xD800 && c < 0xDC00 && span_starts(*s, SPAN("\\u")) &&
        hex_read(span_first(span_skip(*s, 2), 4), be, 2) && be[0] >= 0xDC && be[0] <= 0xDF) {
        c = 0x10000 + ((c & 0x3FF) << 10 | ((uint32_t)(be[0] & 3) << 8 | be[1]));
        *s = span_skip(*s, 6);
    }
    return c;
}

static struct span unescape(struct span s, struct arena *a)
{
    struct buf b = {0};
    struct span out;

    while (s.n > 0) {
        uint32_t c = utf8_next(&s);

        if (c == '\\' && s.n > 0) {
            c = utf8_next(&s);
            c = c == 'u' ? unescape_u(&s) : c == 'b' || c == 't' || c == 'n' || c == 'r' ? ' ' : c;
        } else if (c == '\\') {
            break; /* a lone one at the end is nothing */
        }
        if (c >= 0x20 && c != 0x7F) /* no control character is wanted in what is shown */
            utf8_put(&b, c);
    }
    out = arena_copy(a, buf_span(&b));
    buf_fini(&b);
    return out;
}

/* What stands between < and >, the name before it quoted or not. */
static struct span bracketed(struct span value)
{
    size_t at = 0;
    bool quoted = false;

    for (; at < value.n && (quoted || value.p[at] != '<'); at++) {
        if (value.p[at] == '\\')
            at++;
        else if (value.p[at] == '"')
            quoted = !quoted;
    }
    value = span_skip(value, at + 1);
    return span_first(value, span_find(value, '>'));
}

static void read_ns(struct reading *r, struct span value)
{
    struct span uri = bracketed(value);
    struct span prefix = span_trim(span_first(value, span_find(value, '<')));
    size_t i = 0;

    if (prefix.n == 0) {
        r->foreign_default = !span_is(uri, NS_CPIM);
        return;
    }
    while (i < r->imdn_count && !span_eq(r->imdn[i], prefix))
        i++;
    if (i < r->imdn_count)
        r->imdn[i] = (struct span){0}; /* declared anew */
    if (span_is(uri, NS_IMDN) && r->imdn_count < PREFIXES_MAX)
        r->imdn[r->imdn_count++] = prefix;
}

static void read_subject(struct reading *r, struct span lang, struct span value)
{
    int rank = 1;

    if (lang.n == 0)
        rank = 2;
    else if (r->language.n > 0 &&
             (span_case_starts(lang, r->language) || span_case_starts(r->language, lang)))
        rank = 3;
    if (rank > r->subject_rank) {
        r->subject_rank = rank;
        r->out->subject = unescape(value, r->a);
    }
}

/* Names that may stand in Require. */
static bool is_known(struct span name)
{
    static const char *const names[] = {"From", "To", "cc", "DateTime", "Subject", "NS", "Require"};

    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (span_is(name, names[i]))
            return true;
    return false;
}

static bool is_imdn(const struct reading *r, struct span *name)
{
    size_t dot = span_find(*name, '.');

    for (size_t i = 0; dot < name->n && i < r->imdn_count; i++) {
        if (span_eq(r->imdn[i], span_first(*name, dot))) {
            *name = span_skip(*name, dot + 1);
            return true;
        }
    }
    return false;
}

static enum err read_require(struct reading *r, struct span value)
{
    while (value.n > 0) {
        struct span name = span_trim(span_first(value, span_find(value, ',')));

        if (name.n > 0 && !is_known(name) && !is_imdn(r, &name)) {
            r->bad = "CPIM Require names a header that is not known";
            return ERR_UNSUPPORTED;
        }
        value = span_skip(value, span_find(value, ',') + 1);
    }
    return OK;
}

/* A receipt goes back through all of them (RFC 5438 6.5); too many are no way back. */
static void add_route(struct reading *r, struct span uri)
{
    struct span *all = &r->out->imdn_route;
    struct buf b = {0};

    if (uri.n == 0 || ++r->routes > ROUTES_MAX)
        return;
    buf_add(&b, *all);
    if (all->n)
        BUF_LIT(&b, ", ");
    buf_add(&b, uri);
    *all = arena_copy(r->a, buf_span(&b));
    r->a->bad = r->a->bad || !buf_ok(&b);
    buf_fini(&b);
}

static void read_imdn(struct reading *r, struct span name, struct span value)
{
    if (span_is(name, "Message-ID"))
        r->out->imdn_id = arena_copy(r->a, value);
    else if (span_is(name, "Disposition-Notification"))
        r->dispositions = value;
    else if (span_is(name, "IMDN-Record-Route"))
        add_route(r, bracketed(value));
}

/* Header names are case-sensitive (RFC 3862 2.2): "from:" is not From. */
static enum err read_header(struct reading *r, struct span name, struct span lang,
                            struct span value)
{
    if (is_imdn(r, &name)) {
        read_imdn(r, name, value);
        return OK;
    }
    if (span_is(name, "NS")) {
        read_ns(r, value);
        return OK;
    }
    if (r->foreign_default)
        return OK;
    if (span_is(name, "From")) {
        if (r->has_from) {
            r->bad = "CPIM has two From headers";
            return ERR_SYNTAX;
        }
        r->has_from = true;
        r->out->from = arena_copy(r->a, bracketed(value));
    } else if (span_is(name, "DateTime")) {
        r->out->date = arena_copy(r->a, value);
    } else if (span_is(name, "Subject")) {
        read_subject(r, lang, value);
    } else if (span_is(name, "Require")) {
        return read_require(r, value);
    }
    return OK;
}

/* Name ":" [";" parameters] SP value, one line, never folded. */
static enum err read_line(struct reading *r, struct span line)
{
    size_t colon = span_find(line, ':');
    struct span value = span_skip(line, colon + 1), lang = {0};

    if (line.p[0] == ' ' || line.p[0] == '\t' || colon == line.n) {
        r->bad = "CPIM headers are not well-formed";
        return ERR_SYNTAX;
    }
    if (value.n > 0 && value.p[0] == ';') {
        size_t end = span_find(value, ' ');

        mime_param(span_first(value, end), "lang", &lang);
        value = span_skip(value, end);
    }
    return read_header(r, span_first(line, colon), lang, span_trim(value));
}

static unsigned read_dispositions(struct span value)
{
    static const struct {
        const char *name;
        unsigned receipt;
    } known[] = {{"positive-delivery", RECEIPT_DELIVERY},
                 {"negative-delivery", RECEIPT_FAILURE},
                 {"processing", RECEIPT_STORED}};
    unsigned out = 0;

    while (value.n > 0) {
        struct span one = span_trim(span_first(value, span_find(value, ',')));

        for (size_t i = 0; i < sizeof known / sizeof *known; i++)
            if (span_case_is(mime_type(one), known[i].name))
                out |= known[i].receipt;
        value = span_skip(value, span_find(value, ',') + 1);
    }
    return out;
}

enum err cpim_read(struct span body, struct span language, struct arena *a, struct cpim *out,
                   const char **bad)
{
    struct reading r = {.out = out, .a = a, .language = language};
    enum err e = OK;

    *out = (struct cpim){0};
    *bad = NULL;
    for (size_t i = 0; body.n > 0 && e == OK; i++) {
        struct span line = mime_line(&body);

        if (line.n == 0)
            break;
        e = i < HEADERS_MAX ? read_line(&r, line) : ERR_FULL;
    }
    *bad = r.bad ? r.bad : "CPIM headers are too many";
    if (e)
        return e;
    /* a receipt names the message by both, RFC 5438 6.1: without them none can be sent */
    if (out->imdn_id.n > 0 && out->date.n > 0)
        out->receipts = read_dispositions(r.dispositions);
    mime_part_read(body, &out->inner);
    return arena_ok(a) ? OK : ERR_NOMEM;
}
