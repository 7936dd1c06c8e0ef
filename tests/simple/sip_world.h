/* A SIP element on a clock we move, and a peer that says what the test wants. Reads like a
 * conversation: asks(), expect_event(), sip_core_answer(), expect_out(). Lines are written with \n
 * and sent with CRLF. */
#ifndef TESTS_SIMPLE_SIP_WORLD_H
#define TESTS_SIMPLE_SIP_WORLD_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/deadlines.h"
#include "simple/core.h"

struct world {
    struct sip_core *core;
    uint64_t now;
    int64_t unix_start;
    struct sip_core_event ev;
    char out[70000]; /* the last message that came out */
    struct sip_hop hop;
    uint64_t id;
};

static const struct sip_hop PEER_UDP = {SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0};
static const struct sip_hop PEER_TCP = {SIP_TRANSPORT_TCP, {4, {192, 0, 2, 7}, 40001}, 7, 0};

static inline struct sip_core_conf world_conf(void)
{
    return (struct sip_core_conf){
        .domain = SPAN("aim.example"),
        .sent_by = {[SIP_TRANSPORT_UDP] = SPAN("gw.aim.example:5060"),
                    [SIP_TRANSPORT_TCP] = SPAN("gw.aim.example:5060"),
                    [SIP_TRANSPORT_TLS] = SPAN("gw.aim.example:5061")},
        .accept = SPAN("text/plain"),
        .supported = SPAN("eventlist, path"),
    };
}

static inline void world_open(struct world *w, const struct sip_core_conf *conf)
{
    w->now = 1000000;
    w->unix_start = 1794787200; /* 2026-11-16 */
    w->core = sip_core_new(conf, w->now, w->unix_start);
    assert_non_null(w->core);
}

static inline int world_setup(void **state)
{
    struct world *w = calloc(1, sizeof *w);
    struct sip_core_conf conf = world_conf();

    world_open(w, &conf);
    *state = w;
    return 0;
}

static inline int world_teardown(void **state)
{
    struct world *w = *state;

    sip_core_free(w->core);
    free(w);
    return 0;
}

static inline int64_t world_unix(const struct world *w)
{
    return w->unix_start + (int64_t)(w->now - 1000000) / 1000;
}

/* --- the peer --- */

static char wire[16384]; /* the spans of an event point here until the next message */

/* \n becomes CRLF, up to the empty line; the body stays as it is. */
static inline void hears(struct world *w, const struct sip_hop *from, const char *text)
{
    const char *body = strstr(text, "\n\n");
    size_t n = 0;

    body = body ? body + 2 : text + strlen(text);
    assert_true(strlen(text) * 2 < sizeof wire);
    for (const char *c = text; c < body; c++) {
        if (*c == '\n')
            wire[n++] = '\r';
        wire[n++] = *c;
    }
    memcpy(wire + n, body, strlen(body));
    sip_core_input(w->core, from, span_of(wire, n + strlen(body)), w->now);
}

struct ask {
    const char *method; /* MESSAGE */
    const char *uri;    /* sip:al@aim.example */
    const char *via;    /* "UDP 192.0.2.7:5060" */
    const char *branch; /* a1, behind the cookie */
    const char *via_params;
    const char *from_tag, *to_tag, *call_id; /* f1, none, c1 */
    unsigned cseq;                           /* 1 */
    const char *cseq_method;
    const char *headers; /* further lines */
    const char *body;
    const struct sip_hop *from; /* PEER_UDP */
};

static inline void asks(struct world *w, const struct ask *a)
{
    const char *method = a->method ? a->method : "MESSAGE";
    const char *body = a->body ? a->body : "";
    char text[4096];

    snprintf(text, sizeof text,
             "%s %s SIP/2.0\nVia: SIP/2.0/%s;branch=z9hG4bK%s%s\n"
             "Max-Forwards: 70\nFrom: \"Bob\" <sip:bob@peer.example>;tag=%s\n"
             "To: <sip:al@aim.example>%s%s\nCall-ID: %s\nCSeq: %u %s\n%sContent-Length: %zu\n\n%s",
             method, a->uri ? a->uri : "sip:al@aim.example", a->via ? a->via : "UDP 192.0.2.7:5060",
             a->branch ? a->branch : "a1", a->via_params ? a->via_params : "",
             a->from_tag ? a->from_tag : "f1", a->to_tag ? ";tag=" : "", a->to_tag ? a->to_tag : "",
             a->call_id ? a->call_id : "c1", a->cseq ? a->cseq : 1,
             a->cseq_method ? a->cseq_method : method, a->headers ? a->headers : "", strlen(body),
             body);
    hears(w, a->from ? a->from : &PEER_UDP, text);
}

/* --- what comes out --- */

static inline bool next_out(struct world *w)
{
    struct sip_output o;

    if (!sip_core_output(w->core, &o))
        return false;
    assert_true(o.bytes.n < sizeof w->out);
    memcpy(w->out, o.bytes.p, o.bytes.n);
    w->out[o.bytes.n] = 0;
    w->hop = o.hop;
    w->id = o.id;
    return true;
}

#define expect_out(w, start) expect_out_at((w), (start), __FILE__, __LINE__)
static inline void expect_out_at(struct world *w, const char *start, const char *file, int line)
{
    if (!next_out(w)) {
        print_error("nothing came out, expected %s\n", start);
        _fail(file, line);
    }
    if (strncmp(w->out, start, strlen(start)) != 0) {
        print_error("expected %s, got %s\n", start, w->out);
        _fail(file, line);
    }
}

#define expect_no_out(w) expect_no_out_at((w), __FILE__, __LINE__)
static inline void expect_no_out_at(struct world *w, const char *file, int line)
{
    if (next_out(w)) {
        print_error("unexpected %s\n", w->out);
        _fail(file, line);
    }
}

#define out_has(w, text) out_has_at((w), (text), __FILE__, __LINE__)
static inline void out_has_at(struct world *w, const char *text, const char *file, int line)
{
    if (!strstr(w->out, text)) {
        print_error("no '%s' in %s\n", text, w->out);
        _fail(file, line);
    }
}

/* The value of a header line of the last output; good until the next call but seven. */
static inline const char *out_value(struct world *w, const char *name)
{
    static char values[8][1024];
    static int turn;
    char start[64], *to = values[turn = (turn + 1) % 8];
    const char *at;
    size_t n;

    snprintf(start, sizeof start, "\r\n%s: ", name);
    at = strstr(w->out, start);
    if (!at)
        return "";
    at += strlen(start);
    n = strcspn(at, "\r");
    assert_true(n < 1024);
    memcpy(to, at, n);
    to[n] = 0;
    return to;
}

/* The tag of From or To in the last output. */
static inline const char *out_tag(struct world *w, const char *name)
{
    const char *tag = strstr(out_value(w, name), ";tag=");

    return tag ? tag + 5 : "";
}

/* The peer's answer to the last request that came out. */
static inline void answers(struct world *w, int status, const char *headers)
{
    char text[4096];

    snprintf(text, sizeof text,
             "SIP/2.0 %d Answer\nVia: %s\nFrom: %s\nTo: %s%s\nCall-ID: %s\nCSeq: "
             "%s\n%sContent-Length: 0\n\n",
             status, out_value(w, "Via"), out_value(w, "From"), out_value(w, "To"),
             *out_tag(w, "To") ? "" : ";tag=peer", out_value(w, "Call-ID"), out_value(w, "CSeq"),
             headers ? headers : "");
    hears(w, &w->hop, text);
}

/* --- events and time --- */

#define expect_event(w, what) expect_event_at((w), (what), __FILE__, __LINE__)
static inline void expect_event_at(struct world *w, enum sip_event_kind what, const char *file,
                                   int line)
{
    bool any = sip_core_next(w->core, &w->ev);

    if (!any || w->ev.kind != what) {
        print_error("expected event %d, got %d\n", what, any ? (int)w->ev.kind : 0);
        _fail(file, line);
    }
}

#define expect_no_event(w) expect_no_event_at((w), __FILE__, __LINE__)
static inline void expect_no_event_at(struct world *w, const char *file, int line)
{
    struct sip_core_event ev;

    if (sip_core_next(w->core, &ev)) {
        print_error("unexpected event %d\n", ev.kind);
        _fail(file, line);
    }
}

static inline void tick(struct world *w)
{
    sip_core_tick(w->core, w->now, world_unix(w));
}

/* Time passes; the core is woken whenever it asked for it. Events and outputs pile up. */
static inline void wait_ms(struct world *w, uint64_t ms)
{
    uint64_t end = w->now + ms;

    while (sip_core_deadline(w->core) <= end) {
        if (sip_core_deadline(w->core) > w->now)
            w->now = sip_core_deadline(w->core);
        tick(w);
    }
    w->now = end;
    tick(w);
}

static inline struct sip_core_counts counts(const struct world *w)
{
    struct sip_core_counts n;

    sip_core_count(w->core, &n);
    return n;
}

#endif
