#include "tests/scenario/world.h"

enum { PEER_PORT = 5080 };

/* ---- reading ---- */

/* The value of a header, up to the end of its line; "" where there is none. `text` ends with NUL.
 */
static const char *header(const char *text, const char *name, size_t *n)
{
    size_t len = strlen(name);
    const char *end = strstr(text, "\r\n\r\n");

    for (const char *line = strstr(text, "\r\n"); line && line < end;
         line = strstr(line + 2, "\r\n"))
        if (!strncasecmp(line + 2, name, len) && line[2 + len] == ':') {
            const char *value = line + 3 + len;

            while (*value == ' ')
                value++;
            *n = (size_t)(strstr(value, "\r\n") - value);
            return value;
        }
    *n = 0;
    return "";
}

static void copy_header(const char *text, const char *name, char *to, size_t size)
{
    size_t n;
    const char *value = header(text, name, &n);

    (void)snprintf(to, size, "%.*s", (int)n, value);
}

/* user@host of a From or To. */
static void copy_user(const char *text, const char *name, char *to, size_t size)
{
    char value[512], *at, *end;

    copy_header(text, name, value, sizeof value);
    at = strstr(value, "sip:");
    (void)snprintf(to, size, "%s", at ? at + 4 : "");
    end = strpbrk(to, ">;");
    if (end)
        *end = 0;
}

/* The oldest for the peer; its probes are answered here. */
static bool take(struct world *w)
{
    uint16_t to = 0;

    for (;;) {
        buf_fini(&w->sip);
        if (!net_double_next(w->net, &to, &w->sip))
            return false;
        buf_u8(&w->sip, 0);
        if (to == PEER_PORT && !strncmp((const char *)w->sip.p, "OPTIONS ", 8))
            sip_answers(w, 200); /* whether we live */
        else if (to == PEER_PORT)
            return true;
    }
}

static void read_message(struct world *w, struct sip_heard *h)
{
    const char *text = (const char *)w->sip.p, *end = strstr(text, "\r\n\r\n");
    char cseq[64];

    *h = (struct sip_heard){.text = text, .body = end ? end + 4 : ""};
    if (!strncmp(text, "SIP/2.0 ", 8))
        h->status = atoi(text + 8);
    else
        (void)snprintf(h->method, sizeof h->method, "%.*s", (int)strcspn(text, " "), text);
    copy_header(text, "Call-ID", h->call_id, sizeof h->call_id);
    copy_header(text, "Event", h->event, sizeof h->event);
    copy_header(text, "Subscription-State", h->state, sizeof h->state);
    copy_header(text, "CSeq", cseq, sizeof cseq);
    h->cseq = (unsigned)strtoul(cseq, NULL, 10);
    copy_user(text, "From", h->from_user, sizeof h->from_user);
    copy_user(text, "To", h->to_user, sizeof h->to_user);
}

/* ---- writing ---- */

static void say(struct world *w, const struct buf *b)
{
    assert_true(buf_ok(b));
    net_double_datagram(w->net, PEER_PORT, buf_span(b));
    world_settle(w);
}

static void copy_line(struct buf *b, const char *text, const char *name)
{
    char value[1024];

    copy_header(text, name, value, sizeof value);
    buf_fmt(b, "%s: %s", name, value);
    if (!strcmp(name, "To") && !strstr(value, ";tag="))
        buf_str(b, ";tag=peer");
    buf_str(b, "\r\n");
}

void sip_answers(struct world *w, int status)
{
    static const char *const copied[] = {"Via", "From", "To", "Call-ID", "CSeq"};
    struct buf b = {0};

    buf_fmt(&b, "SIP/2.0 %d %s\r\n", status, status < 300 ? "OK" : "No");
    for (size_t i = 0; i < 5; i++)
        copy_line(&b, (const char *)w->sip.p, copied[i]);
    buf_fmt(&b, "Contact: <sip:peer@127.0.0.1:%d>\r\nExpires: 3600\r\nContent-Length: 0\r\n\r\n",
            PEER_PORT);
    say(w, &b);
    buf_fini(&b);
}

bool sip_next(struct world *w, struct sip_heard *h, bool hold)
{
    if (!take(w))
        return false;
    read_message(w, h);
    if (h->method[0] && !hold)
        sip_answers(w, strcmp(h->method, "SUBSCRIBE") ? 200 : 404);
    return true;
}

void sip_forget(struct world *w)
{
    struct sip_heard h;

    while (sip_next(w, &h, false))
        ;
}

static void put_start(struct world *w, struct buf *b, const char *method, const char *from,
                      const char *tag, const char *to, const char *to_tag, const char *call_id,
                      unsigned cseq)
{
    buf_fmt(b,
            "%s sip:%s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%u\r\n"
            "Max-Forwards: 70\r\nFrom: <sip:%s>;tag=%s\r\nTo: <sip:%s>%s%s\r\nCall-ID: %s\r\n"
            "CSeq: %u %s\r\n",
            method, to, PEER_PORT, ++w->serial, from, tag, to, to_tag[0] ? ";tag=" : "", to_tag,
            call_id, cseq, method);
}

/* Looks once at all that wait, and leaves them as they are, but for those that `look` takes. */
static void look_through(struct world *w, bool (*look)(struct world *w, void *ctx), void *ctx)
{
    for (size_t n = net_double_waiting(w->net); n > 0; n--) {
        uint16_t to;

        buf_fini(&w->sip);
        assert_true(net_double_next(w->net, &to, &w->sip));
        buf_u8(&w->sip, 0);
        if (to == PEER_PORT && look(w, ctx))
            continue;
        net_double_put_back(w->net, to, &w->sip);
    }
}

static bool is_probe(struct world *w, void *ctx)
{
    (void)ctx;
    if (strncmp((const char *)w->sip.p, "OPTIONS ", 8) != 0)
        return false;
    sip_answers(w, 200);
    return true;
}

void sip_lives(struct world *w)
{
    look_through(w, is_probe, NULL);
}

struct waited {
    const char *call_id;
    unsigned cseq;
    int status;
    const char *wanted; /* a header of it ... */
    char *value;        /* ... goes here */
    size_t size;
};

static bool is_answer(struct world *w, void *ctx)
{
    struct waited *a = ctx;
    struct sip_heard h;

    read_message(w, &h);
    if (a->status || !h.status || h.cseq != a->cseq || strcmp(h.call_id, a->call_id) != 0)
        return false;
    a->status = h.status;
    copy_header(h.text, a->wanted, a->value, a->size);
    return true;
}

/* The status of the answer with that Call-ID and CSeq; 0: none came. */
static int answer_to(struct world *w, const char *call_id, unsigned cseq, const char *wanted,
                     char *value, size_t size)
{
    struct waited a = {call_id, cseq, 0, wanted, value, size};

    value[0] = 0;
    look_through(w, is_answer, &a);
    return a.status;
}

int sip_says_so(struct world *w, const char *from, const char *to, const char *headers,
                const char *body, const char *wanted, char *value, size_t size)
{
    struct buf b = {0};
    char call_id[32];
    int status;

    (void)snprintf(call_id, sizeof call_id, "m%u", ++w->serial);
    put_start(w, &b, "MESSAGE", from, "f", to, "", call_id, 1);
    buf_fmt(&b, "%sContent-Length: %zu\r\n\r\n%s", headers, strlen(body), body);
    say(w, &b);
    buf_fini(&b);
    status = answer_to(w, call_id, 1, wanted, value, size);
    for (int s = 0; !status && s < 10; s++) { /* while it is stored */
        world_pass(w, 1000);
        status = answer_to(w, call_id, 1, wanted, value, size);
    }
    return status;
}

int sip_says(struct world *w, const char *from, const char *to, const char *text)
{
    char value[8];

    return sip_says_so(w, from, to, "Content-Type: text/plain\r\n", text, "To", value,
                       sizeof value);
}

int sip_watches(struct world *w, struct sip_watch *s, const char *who, const char *whom,
                unsigned expires)
{
    struct buf b = {0};
    char to[512], *tag;
    int status;

    if (!s->on) {
        *s = (struct sip_watch){0};
        (void)snprintf(s->call_id, sizeof s->call_id, "w%u", ++w->serial);
        (void)snprintf(s->tag, sizeof s->tag, "t%u", w->serial);
        (void)snprintf(s->who, sizeof s->who, "%s", who);
        (void)snprintf(s->whom, sizeof s->whom, "%s", whom);
    }
    put_start(w, &b, "SUBSCRIBE", s->who, s->tag, s->whom, s->on ? s->to_tag : "", s->call_id,
              ++s->cseq);
    buf_fmt(
        &b,
        "Contact: <sip:peer@127.0.0.1:%d>\r\nEvent: presence\r\nAccept: application/pidf+xml\r\n"
        "Expires: %u\r\nContent-Length: 0\r\n\r\n",
        PEER_PORT, expires);
    say(w, &b);
    buf_fini(&b);
    status = answer_to(w, s->call_id, s->cseq, "To", to, sizeof to);
    tag = strstr(to, ";tag=");
    (void)snprintf(s->to_tag, sizeof s->to_tag, "%s", tag ? tag + 5 : "");
    s->on = status / 100 == 2 && expires > 0;
    return status;
}

void sip_expect_subscribe(struct world *w, struct sip_asked *s, const char *whom, int status)
{
    struct sip_heard h;

    while (sip_next(w, &h, true)) {
        if (strcmp(h.method, "SUBSCRIBE") != 0 || strcmp(h.to_user, whom) != 0) {
            if (h.method[0])
                sip_answers(w, 200);
            continue;
        }
        if (!strcmp(s->call_id, h.call_id)) { /* the same subscription, refreshed */
            sip_answers(w, status);
            return;
        }
        *s = (struct sip_asked){0};
        (void)snprintf(s->whom, sizeof s->whom, "%s", whom);
        copy_header(h.text, "From", s->to, sizeof s->to);
        copy_header(h.text, "To", s->from, sizeof s->from);
        copy_header(h.text, "Call-ID", s->call_id, sizeof s->call_id);
        copy_header(h.text, "Contact", s->contact, sizeof s->contact);
        sip_answers(w, status);
        return;
    }
    fail_msg("nobody subscribed to %s", whom);
}

int sip_notifies_so(struct world *w, struct sip_asked *s, const char *state, const char *document)
{
    struct buf b = {0};
    char uri[256], to[64];

    (void)snprintf(uri, sizeof uri, "%s", strstr(s->contact, "sip:"));
    uri[strcspn(uri, ">;")] = 0;
    buf_fmt(&b,
            "NOTIFY %s SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:%d;branch=z9hG4bK%u\r\n"
            "Max-Forwards: 70\r\nFrom: %s;tag=peer\r\nTo: %s\r\nCall-ID: %s\r\nCSeq: %u NOTIFY\r\n"
            "Contact: <sip:peer@127.0.0.1:%d>\r\nEvent: presence\r\nSubscription-State: %s\r\n",
            uri, PEER_PORT, ++w->serial, s->from, s->to, s->call_id, ++s->cseq, PEER_PORT, state);
    if (document[0])
        buf_str(&b, "Content-Type: application/pidf+xml\r\n");
    buf_fmt(&b, "Content-Length: %zu\r\n\r\n%s", strlen(document), document);
    say(w, &b);
    buf_fini(&b);
    return answer_to(w, s->call_id, s->cseq, "To", to, sizeof to);
}

void sip_notifies(struct world *w, struct sip_asked *s, const char *state, const char *basic)
{
    char document[512] = "";

    if (basic)
        (void)snprintf(
            document, sizeof document,
            "<?xml version=\"1.0\"?><presence xmlns=\"urn:ietf:params:xml:ns:pidf\" "
            "entity=\"pres:%s\"><tuple id=\"t\"><status><basic>%s</basic></status></tuple>"
            "</presence>",
            s->whom, basic);
    assert_int_equal(sip_notifies_so(w, s, state, document), 200);
}

void sip_is_seen(struct world *w, struct sip_asked *s, const char *whom)
{
    sip_expect_subscribe(w, s, whom, 200);
    sip_notifies(w, s, "active;expires=3600", "open");
}

void sip_expect_message(struct world *w, const char *to, const char *text)
{
    struct sip_heard h;

    while (sip_next(w, &h, true)) {
        if (!strcmp(h.method, "MESSAGE")) {
            assert_string_equal(h.to_user, to);
            assert_string_equal(h.body, text);
            return;
        }
        if (h.method[0])
            sip_answers(w, 200);
    }
    fail_msg("%s got no message", to);
}

void sip_expect_no_message(struct world *w)
{
    struct sip_heard h;

    while (sip_next(w, &h, false))
        if (!strcmp(h.method, "MESSAGE"))
            fail_msg("%s got a message: %s", h.to_user, h.body);
}

void sip_expect_notify(struct world *w, struct sip_heard *h)
{
    while (sip_next(w, h, false))
        if (!strcmp(h->method, "NOTIFY"))
            return;
    fail_msg("no NOTIFY came");
}

void sip_expect_seen(struct world *w, const char *basic)
{
    struct sip_heard h;
    char wanted[32];

    (void)snprintf(wanted, sizeof wanted, "<basic>%s</basic>", basic);
    sip_expect_notify(w, &h);
    if (!strstr(h.body, wanted))
        fail_msg("not %s: %s", basic, h.body);
}

void sip_expect_no_notify(struct world *w)
{
    struct sip_heard h;

    while (sip_next(w, &h, false))
        if (!strcmp(h.method, "NOTIFY"))
            fail_msg("a NOTIFY came: %s", h.body);
}
