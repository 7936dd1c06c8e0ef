#include "gateway/net/ws_opening.h"

#include <openssl/evp.h>

#include "base/base64.h"
#include "gateway/net/http_head.h"

enum { KEY_OCTETS = 16, SHA1_OCTETS = 20 };

enum field { HOST, KEY, VERSION, ORIGIN, UPGRADE, CONNECTION, PROTOCOL, FIELDS };

static const char *const names[FIELDS] = {
    [HOST] = "Host",
    [KEY] = "Sec-WebSocket-Key",
    [VERSION] = "Sec-WebSocket-Version",
    [ORIGIN] = "Origin",
    [UPGRADE] = "Upgrade",
    [CONNECTION] = "Connection",
    [PROTOCOL] = "Sec-WebSocket-Protocol",
};

/* What its lines say. */
struct asked {
    const char *protocol;
    struct span found[FIELDS]; /* those that stand once */
    unsigned seen[FIELDS];
    bool upgrade, connection, offered; /* what must be among the words of the lists */
};

static bool lists(struct span value, const char *word)
{
    while (value.n) {
        size_t comma = span_find(value, ',');

        if (span_case_is(span_trim(span_first(value, comma)), word))
            return true;
        value = span_skip(value, comma + 1);
    }
    return false;
}

static void on_line(void *ctx, struct span name, struct span value)
{
    struct asked *h = ctx;

    for (int f = 0; f < FIELDS; f++)
        if (span_case_is(name, names[f])) {
            h->seen[f]++;
            h->found[f] = value;
            h->upgrade = h->upgrade || (f == UPGRADE && lists(value, "websocket"));
            h->connection = h->connection || (f == CONNECTION && lists(value, "upgrade"));
            h->offered = h->offered || (f == PROTOCOL && lists(value, h->protocol));
        }
}

static bool is_key(struct span key)
{
    struct buf raw = {.max = 64};
    bool good = base64_read(key, &raw) && buf_ok(&raw) && raw.n == KEY_OCTETS;

    buf_fini(&raw);
    return good;
}

/* RFC 6455 4.2.1, in the order in which a mistake is told best. */
static int judge(const struct asked *h, const struct http_head *head, const char **why)
{
    *why = "this is no request that opens a WebSocket";
    if (!head->current || head->coded || head->length)
        return 400;
    if (!head->get)
        return 405;
    if (!h->upgrade || !h->connection) {
        *why = "SIP over WebSocket is served here (RFC 7118)";
        return 426;
    }
    if (h->seen[VERSION] != 1 || !span_is(h->found[VERSION], "13")) {
        *why = "version 13 of WebSocket is served here";
        return 426;
    }
    if (h->seen[HOST] != 1 || !h->found[HOST].n || h->seen[KEY] != 1 || !is_key(h->found[KEY]) ||
        h->seen[ORIGIN] > 1)
        return 400;
    if (!h->offered) {
        *why = "the subprotocol is missing from Sec-WebSocket-Protocol: sip is served here";
        return 400;
    }
    return 0;
}

int ws_opening_read(struct span head, const char *protocol, struct ws_opening *out,
                    struct span *key, const char **why)
{
    struct asked h = {.protocol = protocol};
    struct http_head first;
    int status;

    if (!http_head_read(head, on_line, &h, &first))
        first.current = false; /* nothing that is HTTP/1.1 */
    status = judge(&h, &first, why);
    *out = (struct ws_opening){h.found[HOST], h.found[ORIGIN]};
    *key = h.found[KEY];
    return status;
}

void ws_opening_welcome(struct buf *out, struct span key, const char *protocol)
{
    struct buf text = {0};
    uint8_t digest[EVP_MAX_MD_SIZE];
    unsigned n = 0;

    buf_add(&text, key);
    BUF_LIT(&text, "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"); /* RFC 6455 1.3 */
    if (!buf_ok(&text) || !EVP_Digest(text.p, text.n, digest, &n, EVP_sha1(), NULL) ||
        n != SHA1_OCTETS)
        out->bad = true;
    buf_fini(&text);
    BUF_LIT(out, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                 "Sec-WebSocket-Accept: ");
    base64_write(out, span_of(digest, n));
    BUF_LIT(out, "\r\nSec-WebSocket-Protocol: ");
    buf_str(out, protocol);
    BUF_LIT(out, "\r\n\r\n");
}

static const char *reason(int status)
{
    switch (status) {
    case 403: return "Forbidden";
    case 405: return "Method Not Allowed";
    case 426: return "Upgrade Required";
    case 431: return "Request Header Fields Too Large";
    case 503: return "Service Unavailable";
    default: return "Bad Request";
    }
}

void ws_opening_refuse(struct buf *out, int status, const char *why)
{
    buf_fmt(out, "HTTP/1.1 %d %s\r\n", status, reason(status));
    if (status == 405)
        BUF_LIT(out, "Allow: GET\r\n");
    if (status == 426)
        BUF_LIT(out, "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n");
    buf_fmt(out,
            "Connection: %sclose\r\nContent-Type: text/plain; "
            "charset=utf-8\r\nX-Content-Type-Options: nosniff\r\n"
            "Content-Length: %zu\r\n\r\n%s\n",
            status == 426 ? "Upgrade, " : "", strlen(why) + 1, why);
}
