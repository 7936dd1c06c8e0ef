/* A SIP message, built of choices and right by RFC 3261 25.1: names long, compact and in any case,
 * lines in any order, folded and combined, quoted and escaped parts; or with one rule broken. What
 * it says is known before, and the parser must read just that, or blame just that. */
#include <ctype.h>
#include <stdlib.h>

#include "simple/wire/frame.h"
#include "simple/wire/msg.h"
#include "tests/fuzz/pick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { LINES_MAX = 6, EXTRA_MAX = 20 };

/* What one message says. */
struct made {
    enum sip_method method;
    unsigned cseq;
    const char *host, *user, *tag, *call_id, *display;
    unsigned vias, routes;
    struct span body;
    bool is_request;
    unsigned status;
    enum sip_bad flaw;
};

/* ---- lines ---- */

/* A header name in one of its forms. */
static void put_name(struct rd *r, struct buf *b, const char *name, char compact)
{
    unsigned how = pick(r, 4);

    if (how == 3 && compact) {
        buf_u8(b, (uint8_t)compact);
    } else {
        for (const char *p = name; *p; p++)
            buf_u8(b, (uint8_t)(how == 1 ? tolower(*p) : how == 2 ? toupper(*p) : *p));
    }
    buf_str(b, pick(r, 8) == 1 ? " \t: " : pick(r, 8) == 1 ? ":" : ": ");
}

/* White space where some must be, or may be. */
static const char *gap(struct rd *r)
{
    static const char *const gaps[] = {" ", "  ", "\t", "\r\n ", " \r\n\t "};

    return PICK_WORD(r, gaps);
}

static const char *maybe_gap(struct rd *r)
{
    return pick(r, 4) == 1 ? gap(r) : "";
}

static void put_vias(struct rd *r, struct buf *b, const struct made *m)
{
    for (unsigned i = 0; i < m->vias; i++) {
        if (i == 0 || pick(r, 2)) {
            if (i)
                BUF_LIT(b, "\r\n");
            put_name(r, b, "Via", 'v');
        } else {
            buf_fmt(b, "%s,%s", maybe_gap(r), maybe_gap(r));
        }
        buf_fmt(b, "SIP/2.0/TCP%s%s:5070%s;%sbranch=z9hG4bK%u;rport", gap(r), m->host, maybe_gap(r),
                maybe_gap(r), i);
    }
    BUF_LIT(b, "\r\n");
}

static void put_address(struct rd *r, struct buf *b, const struct made *m, const char *tag)
{
    if (pick(r, 4) == 1 && !strpbrk(m->user, ",?;")) { /* RFC 3261 20: else in <> */
        buf_fmt(b, "sip:%s@%s", m->user, m->host);     /* parameters are the header's then */
    } else {
        if (*m->display)
            buf_fmt(b, "%s%s", m->display, maybe_gap(r));
        buf_fmt(b, "<sip:%s@%s;transport=tcp?Subject=x>", m->user, m->host);
    }
    if (*tag)
        buf_fmt(b, "%s;%stag%s=%s%s", maybe_gap(r), maybe_gap(r), maybe_gap(r), maybe_gap(r), tag);
    if (pick(r, 4) == 1)
        BUF_LIT(b, ";x=\"a;b,\\\"c\"");
    BUF_LIT(b, "\r\n");
}

static void put_extra(struct rd *r, struct buf *b)
{
    static const char *const lines[] = {
        "Subject: \xe2\x98\xba\r\n",
        "s: \r\n",
        "X-Unheard: a, \"b\", <c>\r\n",
        "Date: Sat, 13 Nov 2010 23:29:00 GMT\r\n",
        "Accept: text/plain;q=0.5, */*\r\n",
        "Event: presence;id=\"a\"\r\n",
        "Contact: *\r\n",
        "Expires: 4294967295\r\n",
        "Contact: \"A, B\" <sip:a@b;x=y>;q=0.7;expires=60, <sips:c@[2001:db8::1]>\r\n",
        "Require: eventlist\r\n",
        "Authorization: Digest username=\"a\\\"b\", realm=\"r\", uri=\"sip:x\", response=\"\"\r\n",
        "Subscription-State: active;expires=60\r\n"};
    bool has_event = false;

    for (unsigned n = pick(r, EXTRA_MAX); n > 0; n--) {
        const char *line = PICK_WORD(r, lines);
        bool is_once = line[0] == 'E' || line[0] == 'D' || (line[0] == 'S' && line[3] == 's') ||
                       line[0] == 's' || line[0] == 'S';

        if (is_once && has_event)
            continue; /* one at most of those that may stand once */
        has_event |= is_once;
        buf_str(b, line);
    }
}

static void put_line(struct rd *r, struct buf *b, const struct made *m, unsigned which)
{
    switch (which) {
    case 0: put_vias(r, b, m); break;
    case 1:
        put_name(r, b, "From", 'f');
        put_address(r, b, m, m->tag);
        break;
    case 2:
        put_name(r, b, "To", 't');
        put_address(r, b, m, pick(r, 2) ? "t2" : "");
        break;
    case 3:
        put_name(r, b, "Call-ID", 'i');
        buf_fmt(b, "%s\r\n", m->call_id);
        break;
    case 4:
        put_name(r, b, "CSeq", 0);
        buf_fmt(b, "%u%s%s\r\n", m->cseq, gap(r),
                m->flaw == SIP_BAD_CSEQ_METHOD ? "BYE" : sip_method_name(m->method));
        break;
    default:
        put_name(r, b, "Max-Forwards", 0);
        buf_fmt(b, "%s\r\n", m->flaw == SIP_BAD_MAX_FORWARDS ? "256" : "70");
        break;
    }
}

/* ---- the message ---- */

/* Of each line that must be there: what is blamed where it is not. */
static const enum sip_bad missing[LINES_MAX] = {SIP_BAD_NO_VIA,     SIP_BAD_NO_FROM, SIP_BAD_NO_TO,
                                                SIP_BAD_NO_CALL_ID, SIP_BAD_NO_CSEQ, SIP_GOOD};

static void put_lines(struct rd *r, struct buf *b, const struct made *m)
{
    unsigned order[LINES_MAX] = {0, 1, 2, 3, 4, 5};

    for (unsigned i = 0; i < LINES_MAX; i++) {
        unsigned other = i + pick(r, LINES_MAX - i), which = order[other];

        order[other] = order[i];
        if (m->flaw == SIP_GOOD || m->flaw != missing[which])
            put_line(r, b, m, which);
        if (m->flaw == SIP_BAD_REPEATED && which == 3)
            put_line(r, b, m, which);
        if (i == 2)
            put_extra(r, b);
    }
}

static void put_message(struct rd *r, struct buf *b, const struct made *m)
{
    static const char *const ends[] = {"\r\n\r\n", "", "SIP/2.0 200 OK\r\n"};
    const char *version = m->flaw == SIP_BAD_VERSION ? "SIP/7.0" : "SIP/2.0";

    if (m->is_request)
        buf_fmt(b, "%s sip:%s@%s;x=y %s\r\n", sip_method_name(m->method), m->user, m->host,
                version);
    else
        buf_fmt(b, "%s %u %s\r\n", version, m->status, pick(r, 2) ? "" : "F\xc3\xaate");
    put_lines(r, b, m);
    put_name(r, b, "Content-Length", 'l');
    buf_fmt(b, "%zu\r\n\r\n", m->body.n + (m->flaw == SIP_BAD_SHORT_BODY));
    buf_add(b, m->body);
    if (m->flaw != SIP_BAD_SHORT_BODY)
        buf_str(b, PICK_WORD(r, ends)); /* behind the body: not this message's */
}

static void choose(struct rd *r, struct made *m)
{
    static const enum sip_method methods[] = {SIP_MESSAGE, SIP_SUBSCRIBE, SIP_NOTIFY,
                                              SIP_PUBLISH, SIP_REGISTER,  SIP_OPTIONS};
    static const char *const hosts[] = {"example.com", "192.0.2.1", "[2001:db8::1]", "a",
                                        "xn--bcher-kva.example"};
    static const char *const users[] = {"bob", "b%6Fb;x", "a+b&c=$,/?", "1", "al%40aim.example"};
    static const char *const tags[] = {"abc", "1", "a-b.!%*_+`'~", ""};
    static const char *const ids[] = {"1", "a@b", "(x)<y>:\\\"/[]?{}@z", "z"};
    static const char *const displays[] = {"", "Bob", "Bob B.  C", "\"Bob \\\" <x>\"",
                                           "\"\xe2\x98\xba\""};
    static const enum sip_bad flaws[] = {
        SIP_BAD_NO_VIA,   SIP_BAD_NO_FROM,     SIP_BAD_NO_TO,   SIP_BAD_NO_CALL_ID,
        SIP_BAD_NO_CSEQ,  SIP_BAD_CSEQ_METHOD, SIP_BAD_VERSION, SIP_BAD_MAX_FORWARDS,
        SIP_BAD_REPEATED, SIP_BAD_SHORT_BODY};

    *m = (struct made){.method = PICK_WORD(r, methods),
                       .host = PICK_WORD(r, hosts),
                       .user = PICK_WORD(r, users),
                       .tag = PICK_WORD(r, tags),
                       .call_id = PICK_WORD(r, ids),
                       .display = PICK_WORD(r, displays),
                       .cseq = pick(r, 4) == 1 ? 0x7fffffff : pick(r, 200),
                       .vias = 1 + pick(r, 4),
                       .is_request = pick(r, 4) != 3,
                       .status = 100 + pick(r, 200),
                       .body = pick_octets(r)};
    if (pick(r, 4) == 3)
        m->flaw = PICK_WORD(r, flaws);
    if (m->flaw == SIP_BAD_CSEQ_METHOD)
        m->is_request = true;
}

static void check(const struct sip_msg *m, const struct made *is)
{
    struct sip_each each = sip_each(m, SIP_HDR_VIA);
    struct sip_via via;
    unsigned vias = 0;

    assert(m->bad == is->flaw && m->is_request == is->is_request);
    if (is->flaw)
        return;
    assert(m->method == is->method && m->cseq.number == is->cseq);
    assert(is->is_request || m->status == is->status);
    assert(span_is(m->call_id, is->call_id) && span_is(m->from.tag, is->tag));
    assert(span_eq(m->body, is->body) && m->content_length == is->body.n && m->max_forwards == 70);
    assert(m->raw.n == m->head.n + is->body.n);
    while (sip_via_next(&each, &via)) {
        assert(is->host[0] == '[' || span_is(via.host, is->host));
        assert(via.port == 5070 && via.branch.n == strlen(SIP_COOKIE) + 1);
        assert(via.branch.p[strlen(SIP_COOKIE)] == '0' + vias);
        vias++;
    }
    assert(!each.bad && vias == is->vias);
}

/* A stream is cut where the message ends. */
static void check_frame(struct span in, const struct sip_msg *m, const struct made *is)
{
    struct sip_frame f = {0};
    enum sip_framed is_cut = sip_frame_next(&f, in);

    if (is->flaw == SIP_GOOD)
        assert(is_cut == SIP_FRAME_WHOLE && f.size == m->raw.n);
    if (is->flaw == SIP_BAD_SHORT_BODY)
        assert(is_cut == SIP_FRAME_MORE);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct rd r = rd_over(span_of(data, size));
    struct sip_msg *m = malloc(sizeof *m);
    struct buf b = {0};
    struct made is;

    choose(&r, &is);
    put_message(&r, &b, &is);
    assert(buf_ok(&b) && m);
    sip_msg_parse(m, buf_span(&b));
    check(m, &is);
    check_frame(buf_span(&b), m, &is);
    free(m);
    buf_fini(&b);
    return 0;
}
