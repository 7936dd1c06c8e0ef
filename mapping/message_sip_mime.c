/* Content types, multiparts, transfer encodings. */
#include "base/base64.h"
#include "base/hex.h"

enum { BOUNDARY_MAX = 70 /* RFC 2046 5.1.1 */ };
#include "mapping/message_sip_priv.h"

struct span mime_type(struct span value)
{
    return span_trim(span_first(value, span_find(value, ';')));
}

/* One ";name=value" off the front of *s; false at the end. */
static bool next_param(struct span *s, struct span *name, struct span *value)
{
    size_t at = span_find(*s, ';'), n = 0;

    *value = (struct span){0};
    if (at == s->n)
        return false;
    *s = span_skip(*s, at + 1);
    while (n < s->n && s->p[n] != '=' && s->p[n] != ';')
        n++;
    *name = span_trim(span_first(*s, n));
    *s = span_skip(*s, n);
    if (s->n == 0 || s->p[0] != '=')
        return true;
    *s = span_skip(*s, 1);
    while (s->n > 0 && (s->p[0] == ' ' || s->p[0] == '\t'))
        *s = span_skip(*s, 1);
    if (s->n == 0 || s->p[0] != '"') {
        *value = span_trim(span_first(*s, span_find(*s, ';')));
        *s = span_skip(*s, span_find(*s, ';'));
        return true;
    }
    *s = span_skip(*s, 1);
    for (n = 0; n < s->n && s->p[n] != '"'; n++)
        if (s->p[n] == '\\')
            n++;
    *value = span_first(*s, n);
    *s = span_skip(*s, n + 1);
    return true;
}

bool mime_param(struct span value, const char *name, struct span *out)
{
    struct span found;

    while (next_param(&value, &found, out))
        if (span_case_is(found, name))
            return true;
    *out = (struct span){0};
    return false;
}

struct span mime_line(struct span *s)
{
    size_t n = span_find(*s, '\n');
    struct span line = span_first(*s, n);

    *s = span_skip(*s, n + 1);
    if (line.n > 0 && line.p[line.n - 1] == '\r')
        line.n--;
    return line;
}

struct span mime_id(struct span value)
{
    value = span_trim(value);
    if (value.n < 2 || value.p[0] != '<' || value.p[value.n - 1] != '>')
        return value;
    return span_of(value.p + 1, value.n - 2);
}

void mime_part_read(struct span entity, struct mime_part *out)
{
    *out = (struct mime_part){0};
    for (size_t i = 0; i < MIME_HEADERS_MAX && entity.n > 0; i++) {
        struct span line = mime_line(&entity), name, value;
        size_t colon = span_find(line, ':');

        if (line.n == 0)
            break;
        /* a folded line belongs to the one before: both stand next to each other */
        while (entity.n > 0 && (entity.p[0] == ' ' || entity.p[0] == '\t')) {
            struct span more = mime_line(&entity);

            line.n = (size_t)(more.p + more.n - line.p);
        }
        name = span_trim(span_first(line, colon));
        value = span_trim(span_skip(line, colon + 1));
        if (span_case_is(name, "content-type"))
            out->type = value;
        else if (span_case_is(name, "content-transfer-encoding"))
            out->encoding = value;
        else if (span_case_is(name, "content-disposition"))
            out->disposition = value;
        else if (span_case_is(name, "content-id"))
            out->id = mime_id(value);
    }
    out->body = entity;
}

/* Is the line "--boundary" or, with `last`, "--boundary--"? Blanks may follow. */
static bool is_delimiter(struct span line, struct span boundary, bool *last)
{
    if (line.n < boundary.n + 2 || line.p[0] != '-' || line.p[1] != '-' ||
        !span_eq(span_first(span_skip(line, 2), boundary.n), boundary))
        return false;
    line = span_skip(line, boundary.n + 2);
    *last = span_starts(line, SPAN("--"));
    return span_trim(*last ? span_skip(line, 2) : line).n == 0;
}

/* From `start` up to a delimiter at `end`, whose line end before it belongs to it. */
static void add_part(struct span start, const uint8_t *end, struct mime_part *out)
{
    size_t n = (size_t)(end - start.p);

    n -= n > 0 && start.p[n - 1] == '\n' ? 1 : 0;
    n -= n > 0 && start.p[n - 1] == '\r' ? 1 : 0;
    mime_part_read(span_first(start, n), out);
}

enum err mime_multipart(struct span type, struct span body, struct mime_part *parts, size_t max,
                        size_t *count)
{
    struct span boundary, left = body, start = {0};
    bool last = false;

    *count = 0;
    if (!mime_param(type, "boundary", &boundary) || boundary.n == 0 || boundary.n > BOUNDARY_MAX)
        return ERR_SYNTAX;
    while (left.n > 0 && !last) {
        struct span here = left, line = mime_line(&left);

        if (!is_delimiter(line, boundary, &last))
            continue;
        if (start.p && *count == max)
            return ERR_FULL;
        if (start.p)
            add_part(start, here.p, &parts[(*count)++]);
        start = left;
    }
    if (!last && start.n > 0 && *count < max) /* the end is missing: no reason to lose it */
        add_part(start, start.p + start.n, &parts[(*count)++]);
    return *count > 0 ? OK : ERR_SYNTAX;
}

static void quoted_printable(struct span s, struct buf *out)
{
    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        if (c != '=') {
            buf_u8(out, c);
        } else if (i + 1 < s.n && s.p[i + 1] == '\n') { /* a soft line break */
            i++;
        } else if (i + 2 < s.n && s.p[i + 1] == '\r' && s.p[i + 2] == '\n') {
            i += 2;
        } else if (i + 2 < s.n && hex_read(span_of(s.p + i + 1, 2), &c, 1)) {
            buf_u8(out, c);
            i += 2;
        } else {
            buf_u8(out, '=');
        }
    }
}

enum err mime_decode(const struct mime_part *part, struct arena *a, struct span *out)
{
    struct span how = mime_type(part->encoding);
    struct buf b = {0};
    enum err e = OK;

    *out = part->body;
    if (how.n == 0 || span_case_is(how, "7bit") || span_case_is(how, "8bit") ||
        span_case_is(how, "binary"))
        return OK;
    if (span_case_is(how, "base64"))
        e = base64_read(part->body, &b) ? OK : ERR_SYNTAX;
    else if (span_case_is(how, "quoted-printable"))
        quoted_printable(part->body, &b);
    else
        e = ERR_UNSUPPORTED;
    if (e == OK) {
        *out = arena_copy(a, buf_span(&b));
        e = buf_ok(&b) && arena_ok(a) ? OK : ERR_NOMEM;
    }
    buf_fini(&b);
    return e;
}
