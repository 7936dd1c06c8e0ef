#include "gateway/net/http_head.h"

#include <http_parser.h>

/* The head while http_parser goes through it. */
struct reading {
    http_line on;
    void *ctx;
    struct span url, name, value; /* of the line that is being read */
    bool in_value, bad, whole;
};

static void take_line(struct reading *r)
{
    if (r->name.n)
        r->on(r->ctx, r->name, span_trim(r->value));
    r->name = r->value = (struct span){0};
    r->in_value = false;
}

/* A piece goes on where the one before it ended, or it is a folded line: nobody sends those. */
static int join(struct reading *r, struct span *to, const char *at, size_t n)
{
    struct span piece = span_of(at, n);

    if (!to->p)
        *to = piece;
    else if (to->p + to->n == piece.p)
        to->n += n;
    else
        r->bad = true;
    return 0;
}

static int on_url(http_parser *p, const char *at, size_t n)
{
    struct reading *r = p->data;

    return join(r, &r->url, at, n);
}

static int on_name(http_parser *p, const char *at, size_t n)
{
    struct reading *r = p->data;

    if (r->in_value)
        take_line(r);
    return join(r, &r->name, at, n);
}

static int on_value(http_parser *p, const char *at, size_t n)
{
    struct reading *r = p->data;

    r->in_value = true;
    return join(r, &r->value, at, n);
}

static int on_end(http_parser *p)
{
    struct reading *r = p->data;

    take_line(r);
    r->whole = true;
    return 0;
}

bool http_head_read(struct span head, http_line on, void *ctx, struct http_head *out)
{
    static const http_parser_settings settings = {.on_url = on_url,
                                                  .on_header_field = on_name,
                                                  .on_header_value = on_value,
                                                  .on_headers_complete = on_end};
    struct reading r = {.on = on, .ctx = ctx};
    http_parser p;

    http_parser_init(&p, HTTP_REQUEST);
    p.data = &r;
    (void)http_parser_execute(&p, &settings, (const char *)head.p, head.n);
    *out = (struct http_head){
        .get = p.method == HTTP_GET,
        .post = p.method == HTTP_POST,
        .current = p.http_major > 1 || (p.http_major == 1 && p.http_minor >= 1),
        .url = r.url,
        .measured = (p.flags & F_CONTENTLENGTH) != 0,
        .length = p.flags & F_CONTENTLENGTH ? p.content_length : 0,
        .coded = (p.flags & F_CHUNKED) || p.uses_transfer_encoding,
    };
    return r.whole && !r.bad && HTTP_PARSER_ERRNO(&p) == HPE_OK;
}
