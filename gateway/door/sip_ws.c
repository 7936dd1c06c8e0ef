/* SIP over WebSocket (RFC 7118). Comes in: octets of connections from browsers. Goes out: one SIP
 * message for each message of WebSocket, and the other way round; who may open a connection. Stays
 * out: frames (gateway/net/ws), what a message says. */
#include "gateway/door/sip_priv.h"
#include "gateway/door/ws_origin.h"
#include "gateway/net/ws.h"

enum { LAST_WORDS_MAX = 65536 }; /* behind more than this a close frame would not arrive */

/* ---- what leaves ---- */

static void ws_put(struct sip_conn *c, struct span message)
{
    if (ws_is_open(c->ws))
        ws_send(c->ws, message, &c->out);
}

/* ---- who may come ---- */

static void log_refused(const struct sip_conn *c, struct span origin)
{
    struct buf page = {.max = 256}, from = {0};

    buf_add(&page, span_first(origin, 200));
    sip_addr_print_hostport(&from, &c->hop.addr);
    LOG_INFO(&c->door->w->log, "sip", "a WebSocket was refused", "origin", buf_cstr(&page), "from",
             buf_cstr(&from), "do",
             "name the page's origin in sip.ws_origins, if it is to be served");
    buf_fini(&page);
    buf_fini(&from);
}

/* S-446, RFC 7118 9 (check of Origin at the upgrade): who it is, digest tells later. */
static void judge(struct sip_conn *c)
{
    const struct conf *conf = c->door->w->conf;
    struct ws_opening o = *ws_asked(c->ws);

    if (ws_origin_is_welcome(&conf->sip.ws_origins, o.origin, o.host, c->door->w->own_domain)) {
        ws_admit(c->ws, &c->out);
        return;
    }
    log_refused(c, o.origin);
    ws_refuse(c->ws, 403, "pages of that origin are not served here", &c->out);
}

/* ---- what comes ---- */

static struct span without_crlf(struct span s)
{
    while (s.n >= 2 && s.p[0] == '\r' && s.p[1] == '\n')
        s = span_skip(s, 2);
    return s;
}

/* RFC 5626 4.4.1 in messages of its own (S-445): two are answered by one. */
static void take_crlf(struct sip_conn *c, size_t n)
{
    if (n < 4 || c->out.n > LAST_WORDS_MAX)
        return;
    ws_put(c, SPAN("\r\n"));
    sip_conn_dirty(c);
}

/* S-441, RFC 7118 5: exactly one SIP message; Content-Length may be missing, and may not be wrong.
 * False: the connection is gone. */
static bool take_message(struct sip_conn *c, struct span whole)
{
    struct span message = without_crlf(whole);
    struct sip_frame f = {0};
    size_t end;

    c->spoke = c->door->w->now;
    if (message.n == 0) {
        take_crlf(c, whole.n);
        return true;
    }
    switch (sip_frame_next(&f, message)) {
    case SIP_FRAME_WHOLE:
        if (f.size == message.n)
            return sip_conn_hand_on(c, message);
        f.bad = SIP_BAD_TRAILING;
        break;
    case SIP_FRAME_BROKEN:
        if (f.bad == SIP_BAD_NO_CONTENT_LENGTH)
            return sip_conn_hand_on(c, message);
        break;
    default:
        end = span_search(message, SPAN("\r\n\r\n"));
        f.bad = end < message.n ? SIP_BAD_SHORT_BODY : SIP_BAD_NO_END;
        f.size = end < message.n ? end + 4 : 0;
        break;
    }
    c->frame.bad = f.bad;
    sip_conn_refuse(c, f.bad, span_first(message, f.size));
    return false;
}

static bool ws_take(struct sip_conn *c, struct span in, size_t *taken)
{
    struct worker *w = c->door->w;
    struct span message;

    for (*taken = in.n;;) { /* it keeps for itself what is no whole message yet */
        switch (ws_read(c->ws, &in, &c->out, &message)) {
        case WS_MORE:
            if (!ws_is_inside(c->ws))
                c->begun = 0;
            else if (!c->begun)
                c->begun = w->now;
            if (c->out.n)
                sip_conn_dirty(c);
            return true;
        case WS_ASKED:
            judge(c);
            c->begun = 0;
            break;
        case WS_MESSAGE:
            if (!take_message(c, message))
                return false;
            break;
        case WS_OVER:
            sip_conn_offer(c);
            sip_conn_close(c, ws_why(c->ws), true);
            return false;
        }
    }
}

/* ---- life ---- */

static bool ws_begin(struct sip_conn *c)
{
    c->ws = ws_new("sip", SIP_MESSAGE_MAX);
    c->begun = c->door->w->now;
    return c->ws != NULL;
}

static void ws_end(struct sip_conn *c)
{
    if (c->ws && ws_is_open(c->ws) && c->out.n < LAST_WORDS_MAX) {
        ws_close(c->ws, c->frame.bad ? WS_PROTOCOL_ERROR : WS_GOING_AWAY, &c->out);
        sip_conn_offer(c);
    }
    ws_free(c->ws);
    c->ws = NULL;
}

static const char *ws_overdue(struct sip_conn *c)
{
    uint64_t now = c->door->w->now;

    if (!ws_is_open(c->ws))
        return now - c->begun >= SIP_WS_OPENING_MS ? "opened no WebSocket" : NULL;
    if (now - c->heard >= SIP_WS_SILENT_MS)
        return "answers no ping";
    if (now - c->spoke >= SIP_WS_IDLE_MS)
        return "idle";
    if (now - c->heard >= SIP_WS_PING_MS && c->out.n == 0) {
        ws_ping(c->ws, &c->out);
        c->moved = now;
        sip_conn_dirty(c);
    }
    return NULL;
}

#define WEB .take = ws_take, .put = ws_put, .begin = ws_begin, .end = ws_end, .overdue = ws_overdue

const struct sip_kind sip_kind_ws = {.transport = SIP_TRANSPORT_WS, WEB};
const struct sip_kind sip_kind_wss = {
    .transport = SIP_TRANSPORT_WSS, .secure = true, .side = TLS_SERVES_WEB, WEB};
