#include "gateway/net/web_request.h"

#include "gateway/net/http_head.h"

struct lines {
    struct web_request *q;
    bool two_hosts;
};

static void on_line(void *ctx, struct span name, struct span value)
{
    struct lines *l = ctx;

    if (span_case_is(name, "Host")) {
        l->two_hosts = l->two_hosts || l->q->host.n;
        l->q->host = value;
    } else if (span_case_is(name, "Content-Type")) {
        l->q->type = value;
    }
}

static int judge(const struct http_head *h, const struct lines *l)
{
    if (l->two_hosts || (h->current && !l->q->host.n)) /* RFC 9112 3.2 */
        return 400;
    if (!h->get && !h->post)
        return 405;
    if (h->coded || (h->post && !h->measured))
        return 411;
    if (h->length > WEB_BODY_MAX)
        return 413;
    if (!h->url.n || h->url.p[0] != '/' || (h->get && h->length))
        return 400;
    return WEB_WHOLE;
}

static void split(struct span url, struct web_request *q)
{
    size_t mark = span_find(url, '?');

    q->path = span_first(url, mark);
    q->query = span_skip(url, mark + 1);
}

int web_request_read(struct span in, struct web_request *out)
{
    size_t end = span_search(span_first(in, WEB_HEAD_MAX), SPAN("\r\n\r\n"));
    struct lines l = {.q = out};
    struct http_head h;
    int status;

    *out = (struct web_request){0};
    if (end >= in.n)
        return WEB_MORE;
    if (end >= WEB_HEAD_MAX)
        return 431;
    if (!http_head_read(span_first(in, end + 4), on_line, &l, &h))
        return 400;
    status = judge(&h, &l);
    if (status != WEB_WHOLE)
        return status;
    out->post = h.post;
    split(h.url, out);
    out->body = span_first(span_skip(in, end + 4), (size_t)h.length);
    return out->body.n < h.length ? WEB_MORE : WEB_WHOLE;
}

static const char *reason(int status)
{
    switch (status) {
    case 200: return "OK";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 411: return "Length Required";
    case 413: return "Content Too Large";
    case 415: return "Unsupported Media Type";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    default: return "Bad Request";
    }
}

void web_answer_write(struct buf *out, int status, const char *type, struct span body)
{
    if (!type)
        body = span_str(reason(status));
    buf_fmt(out, "HTTP/1.1 %d %s\r\n", status, reason(status));
    if (status == 405)
        BUF_LIT(out, "Allow: GET, POST\r\n");
    buf_fmt(out,
            "Content-Type: %s\r\nContent-Length: %zu\r\nCache-Control: no-store\r\n"
            "X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n",
            type ? type : "text/plain; charset=utf-8", body.n);
    buf_add(out, body);
}
