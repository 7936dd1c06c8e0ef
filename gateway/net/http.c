#include "gateway/net/http.h"

#include <errno.h>
#include <libwebsockets.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "gateway/net/net_priv.h"

enum {
    BACKLOG = 128,
    LISTENERS_MAX = 32,
    PIECE_MAX = 16384, /* handed to libwebsockets at once */
    LET_GO_MS = 1,
    METHOD_TEXT = 8,
};

struct door { /* a listener: we accept, so that errors have words and the number of connections a
                 bound */
    uv_poll_t poll;
    struct http *http;
    int fd, spare; /* `spare` is given up to refuse callers when descriptors run out */
};

struct http {
    struct net *net;
    http_handler on;
    void *ctx;
    struct lws_context *lws;
    struct lws_vhost *vhost;
    struct door *doors[LISTENERS_MAX];
    size_t door_count, clients;
    uv_timer_t let_go; /* while closing */
};

/* Of one request; libwebsockets makes it zeroed, and frees it after DROP_PROTOCOL. */
struct exchange {
    struct buf out; /* LWS_PRE octets of room, the head, the body */
    size_t sent;    /* of those after LWS_PRE */
    bool close;     /* the connection ends with this reply */
};

/* ---- its log ---- */

/* libwebsockets has one log for the process, and tells its writer nothing about who is asking. */
static const struct log *lws_log;

static void on_lws_log(int level, const char *line)
{
    struct span text = span_trim(span_str(line));
    char copy[256];

    (void)level;
    if (span_copy(span_first(text, sizeof copy - 1), copy, sizeof copy))
        LOG_DEBUG(lws_log, "http", copy);
}

/* ---- replies ---- */

static const char *reason(int status)
{
    static const struct {
        int status;
        const char *words;
    } rows[] = {
        {200, "OK"},        {400, "Bad Request"},        {403, "Forbidden"},
        {404, "Not Found"}, {405, "Method Not Allowed"}, {503, "Service Unavailable"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++)
        if (rows[i].status == status)
            return rows[i].words;
    return "Internal Server Error";
}

static void put_date(struct buf *b)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t now = time(NULL);
    struct tm t;

    if (gmtime_r(&now, &t))
        buf_fmt(b, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d GMT\r\n",
                days + (ptrdiff_t)t.tm_wday * 3, t.tm_mday, months + (ptrdiff_t)t.tm_mon * 3,
                t.tm_year + 1900, t.tm_hour, t.tm_min, t.tm_sec);
}

static void put_head(struct buf *b, const struct http_reply *r, bool close)
{
    buf_fmt(b, "HTTP/1.1 %d %s\r\n", r->status, reason(r->status));
    put_date(b);
    buf_fmt(b, "Content-Type: %s\r\nContent-Length: %zu\r\n", r->type, r->body.n);
    buf_fmt(b, "Content-Security-Policy: %s\r\n",
            r->policy ? r->policy : "default-src 'none'; frame-ancestors 'none'");
    buf_str(b, "X-Content-Type-Options: nosniff\r\nCross-Origin-Resource-Policy: same-origin\r\n"
               "Referrer-Policy: no-referrer\r\nCache-Control: no-store\r\n");
    if (r->status == 405)
        buf_str(b, "Allow: GET, HEAD\r\n");
    buf_fmt(b, "Connection: %s\r\n\r\n", close ? "close" : "keep-alive");
}

/* A reply without a handler: its reason as one line. */
static void make_refusal(int status, struct http_reply *r)
{
    r->status = status;
    r->type = "text/plain; charset=utf-8";
    r->policy = NULL;
    buf_reset(&r->body);
    buf_fmt(&r->body, "%s\n", reason(status));
}

/* Takes the reply's body. */
static bool make_output(struct exchange *x, struct http_reply *r, bool head_only)
{
    buf_fini(&x->out);
    (void)buf_room(&x->out, LWS_PRE);
    put_head(&x->out, r, x->close);
    if (!head_only)
        buf_add(&x->out, buf_span(&r->body));
    buf_fini(&r->body);
    x->sent = 0;
    return buf_ok(&x->out);
}

/* One piece, each time the kernel has room. The octets before it are libwebsockets' to write on:
 * they were sent already, or are the LWS_PRE at the beginning. -1 ends the connection. */
static int send_piece(struct lws *wsi, struct exchange *x)
{
    size_t left = x->out.n > LWS_PRE ? x->out.n - LWS_PRE - x->sent : 0;
    size_t n = left < PIECE_MAX ? left : PIECE_MAX;

    if (left == 0)
        return 0;
    if (lws_write(wsi, x->out.p + LWS_PRE + x->sent, n,
                  n == left ? LWS_WRITE_HTTP_FINAL : LWS_WRITE_HTTP) < 0)
        return -1;
    x->sent += n;
    if (n < left) {
        lws_callback_on_writable(wsi);
        return 0;
    }
    if (x->close)
        return -1; /* what libwebsockets still holds of it goes out before */
    return lws_http_transaction_completed(wsi) ? -1 : 0; /* *x is gone */
}

static int begin_reply(struct lws *wsi, struct exchange *x, struct http_reply *r, bool head_only)
{
    if (!make_output(x, r, head_only))
        return -1;
    lws_set_timeout(wsi, PENDING_TIMEOUT_HTTP_CONTENT, HTTP_MS / 1000);
    lws_callback_on_writable(wsi);
    return 0;
}

/* At once, and the connection ends: libwebsockets never comes to read a body, which it does badly
 * where requests are pipelined. */
static int refuse(struct lws *wsi, int status, enum lws_write_protocol how)
{
    struct http_reply r = {0};
    struct exchange x = {.close = true};

    make_refusal(status, &r);
    if (make_output(&x, &r, false))
        (void)lws_write(wsi, x.out.p + LWS_PRE, x.out.n - LWS_PRE, how);
    buf_fini(&x.out);
    return -1;
}

/* ---- requests ---- */

enum { HEADER_MAX = 300 }; /* a host name of 253 octets, and a port */

/* A copy in `to`. Of a header that came more than once: all, with commas. What is too long for any
 * good becomes "?". */
static struct span header(struct lws *wsi, enum lws_token_indexes which, char to[HEADER_MAX])
{
    int n = lws_hdr_copy(wsi, to, HEADER_MAX, which);

    return n >= 0 ? span_of(to, (size_t)n) : SPAN("?");
}

static bool header_is(struct lws *wsi, enum lws_token_indexes which, const char *value)
{
    char copy[HEADER_MAX];

    return span_case_is(header(wsi, which, copy), value);
}

/* The octets that come with a request; UINT64_MAX: not to be known. */
static uint64_t body_length(struct lws *wsi)
{
    char copy[HEADER_MAX];
    struct span length = header(wsi, WSI_TOKEN_HTTP_CONTENT_LENGTH, copy);
    uint64_t n = 0;

    if (lws_hdr_total_length(wsi, WSI_TOKEN_HTTP_TRANSFER_ENCODING) > 0)
        return UINT64_MAX;
    if (length.n && !span_number(length, INT64_MAX, &n))
        return UINT64_MAX;
    return n;
}

static void ask(struct http *h, const struct http_request *q, struct http_reply *r)
{
    h->on(h->ctx, q, r);
    if (!buf_ok(&r->body) || !r->status || !r->type)
        make_refusal(500, r);
}

static int on_request(struct http *h, struct lws *wsi, struct exchange *x, struct span path)
{
    bool head = lws_hdr_total_length(wsi, WSI_TOKEN_HEAD_URI) > 0;
    bool get = lws_hdr_total_length(wsi, WSI_TOKEN_GET_URI) > 0;
    bool current = header_is(wsi, WSI_TOKEN_HTTP, "HTTP/1.1");
    char host[HEADER_MAX];
    struct http_request q = {path, header(wsi, WSI_TOKEN_HOST, host)};
    struct http_reply r = {0};
    uint64_t body = body_length(wsi);

    if (!head && !get)
        return refuse(wsi, 405, LWS_WRITE_HTTP_FINAL);
    if (body > 0 || (current && !q.host.n)) /* RFC 9112 3.2 */
        return refuse(wsi, 400, LWS_WRITE_HTTP_FINAL);
    x->close = !current || header_is(wsi, WSI_TOKEN_CONNECTION, "close");
    ask(h, &q, &r);
    return begin_reply(wsi, x, &r, head);
}

/* Something that libwebsockets could not read as HTTP: a method that it does not know, or no HTTP
 * at all. */
static int on_no_http(struct lws *wsi, struct span in)
{
    size_t word = 0;

    while (word < in.n && in.p[word] >= 'A' && in.p[word] <= 'Z')
        word++;
    return refuse(wsi, word > 0 && word < in.n && in.p[word] == ' ' ? 405 : 400, LWS_WRITE_RAW);
}

/* Nothing is served under another protocol (WebSocket, HTTP/2). Where libwebsockets has refused one
 * that it does not know, the headers are gone already, and `in` with them. */
static int on_upgrade(struct lws *wsi)
{
    if (lws_hdr_total_length(wsi, WSI_TOKEN_UPGRADE) > 0)
        (void)lws_return_http_status(wsi, HTTP_STATUS_FORBIDDEN, NULL);
    return -1;
}

static int on_lws(struct lws *wsi, enum lws_callback_reasons why, void *user, void *in, size_t len)
{
    struct lws_context *context = wsi ? lws_get_context(wsi) : NULL;
    struct http *h = context ? lws_context_user(context) : NULL;
    struct exchange *x = user;

    if (!h)
        return 0;
    switch ((int)why) {
    case LWS_CALLBACK_WSI_CREATE: h->clients++; return 0;
    case LWS_CALLBACK_WSI_DESTROY: h->clients--; return 0;
    case LWS_CALLBACK_HTTP: return on_request(h, wsi, x, span_of(in, len));
    case LWS_CALLBACK_HTTP_WRITEABLE: return send_piece(wsi, x);
    case LWS_CALLBACK_HTTP_DROP_PROTOCOL:
    case LWS_CALLBACK_CLOSED_HTTP:
        if (x)
            buf_fini(&x->out);
        return 0;
    case LWS_CALLBACK_RAW_RX: return on_no_http(wsi, span_of(in, len));
    case LWS_CALLBACK_HTTP_CONFIRM_UPGRADE: return on_upgrade(wsi);
    default: return 0;
    }
}

/* ---- listeners ---- */

static void on_door_closed(uv_handle_t *handle)
{
    free(LIST_OF(handle, struct door, poll));
}

/* No descriptor left: whoever waits is taken and let go, or he would wake the loop without end. */
static void refuse_one(struct door *d)
{
    int fd;

    close(d->spare);
    fd = accept4(d->fd, NULL, NULL, SOCK_CLOEXEC);
    if (fd >= 0)
        close(fd);
    d->spare = dup(d->fd);
}

static void take(struct http *h, int fd)
{
    int one = 1;

    /* Else the second piece of a reply waits 40 ms: for the caller to acknowledge the first. */
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)lws_adopt_socket_vhost(h->vhost, fd); /* takes it, also on failure */
}

static void on_door(uv_poll_t *handle, int status, int events)
{
    struct door *d = LIST_OF(handle, struct door, poll);
    int fd = accept4(d->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

    (void)status;
    (void)events;
    if (fd < 0 && (errno == EMFILE || errno == ENFILE))
        refuse_one(d);
    else if (fd >= 0 && d->http->clients >= HTTP_CLIENTS_MAX)
        close(fd);
    else if (fd >= 0)
        take(d->http, fd);
}

enum err http_listen(struct http *h, const struct sip_addr *at, const char **why)
{
    struct door *d = h->door_count < LISTENERS_MAX ? calloc(1, sizeof *d) : NULL;

    *why = strerror(ENOMEM);
    if (!d)
        return ERR_NOMEM;
    d->http = h;
    d->fd = net_bound_socket(at, SOCK_STREAM);
    if (d->fd < 0 || listen(d->fd, BACKLOG) != 0 ||
        uv_poll_init(&h->net->loop, &d->poll, d->fd) != 0) {
        *why = strerror(errno);
        if (d->fd >= 0)
            close(d->fd);
        free(d);
        return ERR_IO;
    }
    d->spare = dup(d->fd);
    uv_poll_start(&d->poll, UV_READABLE, on_door);
    h->doors[h->door_count++] = d;
    return OK;
}

/* ---- life ---- */

static struct lws_context *new_context(struct http *h)
{
    static const struct lws_protocols protocols[] = {
        {.name = "http", .callback = on_lws, .per_session_data_size = sizeof(struct exchange)},
        {0},
    };
    void *loops[] = {&h->net->loop};
    struct lws_context_creation_info info = {
        .port = CONTEXT_PORT_NO_LISTEN_SERVER,
        .protocols = protocols,
        .server_string = "aimgate",
        .gid = -1, /* no change of user */
        .uid = -1,
        .options = LWS_SERVER_OPTION_LIBUV | LWS_SERVER_OPTION_EXPLICIT_VHOSTS |
                   LWS_SERVER_OPTION_FALLBACK_TO_APPLY_LISTEN_ACCEPT_CONFIG,
        .foreign_loops = loops,
        .user = h,
        .pt_serv_buf_size = PIECE_MAX,
        .fd_limit_per_thread =
            HTTP_CLIENTS_MAX + 8, /* else its tables have room for every descriptor there can be */
        .max_http_header_data = HTTP_REQUEST_MAX,
        .max_http_header_pool = HTTP_CLIENTS_MAX + 8,
        .timeout_secs = HTTP_MS / 1000,
        .keepalive_timeout = HTTP_MS / 1000,
    };
    struct lws_context *made = lws_create_context(&info);

    h->vhost = made ? lws_create_vhost(made, &info) : NULL;
    return made;
}

enum err http_new(struct net *n, const struct log *log, http_handler on, void *ctx,
                  struct http **out)
{
    struct http *h = calloc(1, sizeof *h);

    *out = NULL;
    if (!h)
        return ERR_NOMEM;
    h->net = n;
    h->on = on;
    h->ctx = ctx;
    lws_log = log;
    lws_set_log_level(LLL_ERR | LLL_WARN, on_lws_log);
    uv_timer_init(&n->loop, &h->let_go);
    h->lws = new_context(h);
    *out = h;
    if (!h->vhost) {
        http_close(out);
        return ERR_NOMEM;
    }
    return OK;
}

static void on_gone(uv_handle_t *handle)
{
    free(LIST_OF(handle, struct http, let_go));
}

/* libwebsockets has one uv_idle_t on the loop, and nobody else has any; it closes that last of all.
 */
static void on_walk(uv_handle_t *handle, void *arg)
{
    if (handle->type == UV_IDLE)
        *(bool *)arg = true;
}

/* On a loop that is not its own, libwebsockets cannot say when the last of its handles has closed,
 * and wants to be told to destroy itself a second time just then. */
static void on_let_go(uv_timer_t *timer)
{
    struct http *h = LIST_OF(timer, struct http, let_go);
    bool holds = false;

    uv_walk(&h->net->loop, on_walk, &holds);
    if (holds)
        return;
    lws_context_destroy(h->lws);
    lws_set_log_level(0, NULL);
    lws_log = NULL;
    uv_close((uv_handle_t *)timer, on_gone);
}

void http_close(struct http **hp)
{
    struct http *h = *hp;

    *hp = NULL;
    if (!h)
        return;
    for (size_t i = 0; i < h->door_count; i++) {
        uv_poll_stop(&h->doors[i]->poll);
        close(h->doors[i]->fd);
        if (h->doors[i]->spare >= 0)
            close(h->doors[i]->spare);
        uv_close((uv_handle_t *)&h->doors[i]->poll, on_door_closed);
    }
    if (!h->lws) {
        uv_close((uv_handle_t *)&h->let_go, on_gone);
        return;
    }
    lws_context_destroy(h->lws);
    uv_timer_start(&h->let_go, on_let_go, 0, LET_GO_MS);
}
