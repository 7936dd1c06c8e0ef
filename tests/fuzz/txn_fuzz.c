/* The table of transactions (RFC 3261 17), both ways: requests that come, come again, are cancelled
 * and answered in any order; requests of ours with answers that come late, twice or never; and
 * time. Each request is told once and has one final answer, the same octets whenever it is asked
 * again; each of ours ends once; and when all is over nothing is left. */
#include <stdlib.h>

#include "base/deadlines.h"
#include "simple/core.h"
#include "tests/fuzz/pick.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum {
    THEIRS = 24,
    OURS = 24,
    STEPS_MAX = 300,
    REPEAT_MS = 31000, /* for so long a request may come again, 64*T1 less a little */
    TRIES_MAX = 11,    /* of one message over UDP, timers E and G */
};

struct theirs {
    enum sip_method method;
    const struct sip_hop *hop;
    struct sip_txn txn;
    bool sent, told, answered, acked;
    uint64_t first, answered_at;
    struct buf final;
};

struct ours {
    uint64_t id, at;
    struct sip_hop hop;
    bool over, forgotten;
    unsigned tries;
    struct buf bytes;
};

struct fuzz {
    struct sip_core *core;
    struct rng rng;
    uint64_t now;
    struct theirs theirs[THEIRS];
    struct ours ours[OURS];
};

static const struct sip_hop hops[] = {
    {SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0},
    {SIP_TRANSPORT_TCP, {4, {192, 0, 2, 7}, 40000}, 3, 0},
    {SIP_TRANSPORT_UDP, {6, {0x20, 1, 0xd, 0xb8}, 5060}, 0, 0},
};
static const char *const transports[] = {"UDP", "TCP", "UDP"};

/* ---- what leaves ---- */

static void on_response(struct fuzz *f, struct span bytes)
{
    struct sip_msg *m = malloc(sizeof *m);
    struct theirs *t = NULL;

    assert(m && sip_msg_parse(m, bytes) == SIP_GOOD && !m->is_request);
    assert(span_starts(m->via.branch, SPAN(SIP_COOKIE)) &&
           m->via.branch.n == strlen(SIP_COOKIE) + 1);
    t = &f->theirs[m->via.branch.p[strlen(SIP_COOKIE)] - 'a'];
    assert(t < f->theirs + THEIRS && t->sent && m->status >= 100);
    if (m->cseq.method == SIP_CANCEL) {
        assert(m->status == 200 || m->status == 481);
    } else if (m->status >= 200) {
        assert(m->cseq.method == t->method);
        assert(t->answered || t->method == SIP_INVITE); /* which is refused without asking */
        assert(!t->final.n || span_eq(buf_span(&t->final), bytes));
        assert(!t->acked);
        if (!t->final.n)
            buf_add(&t->final, bytes);
    }
    free(m);
}

static void pull_outputs(struct fuzz *f)
{
    struct sip_output o;

    while (sip_core_output(f->core, &o)) {
        if (!o.id) {
            on_response(f, o.bytes);
            continue;
        }
        for (int i = 0; i < OURS; i++) {
            struct ours *u = &f->ours[i];

            if (u->id != o.id)
                continue;
            u->tries++;
            assert(u->tries <= TRIES_MAX && !u->over);
            assert(!u->bytes.n || span_eq(buf_span(&u->bytes), o.bytes));
            buf_reset(&u->bytes);
            buf_add(&u->bytes, o.bytes);
        }
    }
}

/* ---- what is told ---- */

static void on_request(struct fuzz *f, const struct sip_core_event *ev)
{
    struct theirs *t = &f->theirs[ev->msg->via.branch.p[strlen(SIP_COOKIE)] - 'a'];

    assert(t->sent && !t->told && t->method == ev->method);
    t->told = true;
    t->txn = ev->txn;
}

static void on_end(struct fuzz *f, const struct sip_core_event *ev)
{
    struct ours *u = &f->ours[ev->owner];

    assert(u->id == ev->id && !u->over && !u->forgotten);
    assert(ev->status >= 200 && ev->status < 700);
    assert((ev->msg != NULL) == (ev->cause == SIP_BY_PEER));
    u->over = true;
}

static void pull(struct fuzz *f)
{
    struct sip_core_event ev;

    while (sip_core_next(f->core, &ev)) {
        if (ev.kind == SIP_EVENT_REQUEST)
            on_request(f, &ev);
        else if (ev.kind == SIP_EVENT_RESPONSE)
            on_end(f, &ev);
        else
            abort(); /* nobody subscribes here */
    }
    pull_outputs(f);
}

/* ---- what comes ---- */

static void input(struct fuzz *f, const struct sip_hop *from, struct buf *wire)
{
    assert(buf_ok(wire));
    sip_core_input(f->core, from, buf_span(wire), f->now);
    pull(f); /* events point into it */
    buf_fini(wire);
}

static void put_request(struct fuzz *f, const struct theirs *t, const char *method)
{
    char name = (char)('a' + (t - f->theirs));
    struct buf wire = {0};

    buf_fmt(&wire,
            "%s sip:al@aim.example SIP/2.0\r\nVia: SIP/2.0/%s 192.0.2.7;branch=" SIP_COOKIE
            "%c\r\nMax-Forwards: 70\r\n",
            method, transports[t->hop - hops], name);
    buf_fmt(&wire,
            "From: <sip:bob@peer.example>;tag=%c\r\nTo: <sip:al@aim.example>\r\nCall-ID: "
            "%c@peer\r\nCSeq: 7 %s\r\n",
            name, name, method);
    BUF_LIT(&wire, "Contact: <sip:bob@192.0.2.7>\r\nContent-Length: 0\r\n\r\n");
    input(f, t->hop, &wire);
}

static void request(struct fuzz *f, struct theirs *t, struct rd *r)
{
    static const enum sip_method methods[] = {SIP_MESSAGE, SIP_PUBLISH, SIP_REGISTER, SIP_OPTIONS,
                                              SIP_INVITE};
    static const char *const names[] = {"MESSAGE", "PUBLISH", "REGISTER", "OPTIONS", "INVITE"};
    size_t which = 0;

    if (!t->sent) {
        t->method = PICK_WORD(r, methods);
        t->hop = &hops[pick(r, 3)];
        t->first = f->now;
        t->sent = true;
    }
    if (f->now - (t->answered ? t->answered_at : t->first) >= REPEAT_MS)
        return; /* by now it may be taken for a new one */
    while (methods[which] != t->method)
        which++;
    if (!t->acked)
        put_request(f, t, names[which]);
    assert(t->told || t->method == SIP_INVITE);
    assert(!t->answered || t->final.n);
}

static void answer(struct fuzz *f, struct theirs *t, struct rd *r)
{
    static const int statuses[] = {200, 202, 404,
                                   480, 503, 603}; /* a challenge would be made anew each time */
    struct sip_answer a = {.status = PICK_WORD(r, statuses),
                           .headers = pick(r, 2) ? SPAN("Expires: 9\r\n") : (struct span){0}};
    bool before = t->answered;

    if (!t->told)
        return;
    t->answered = true;
    if (sip_core_respond(f->core, t->txn, &a, f->now)) {
        assert(!before); /* the first one stands */
        t->answered_at = f->now;
    } else if (!before) {
        assert(f->now - t->first >= REPEAT_MS); /* forgotten */
        t->answered = false;
    }
    pull(f);
}

static void send(struct fuzz *f, uint64_t i, struct rd *r)
{
    struct ours *u = &f->ours[i];
    struct sip_request q = {.method = SIP_MESSAGE,
                            .uri = SPAN("sip:bob@peer.example"),
                            .from_uri = SPAN("sip:al@aim.example"),
                            .to_uri = SPAN("sip:bob@peer.example"),
                            .content_type = SPAN("text/plain"),
                            .body = SPAN("hi"),
                            .hop = hops[pick(r, 3)]};

    if (u->id)
        return;
    u->hop = q.hop;
    u->at = f->now;
    u->id = sip_core_send(f->core, &q, i, f->now);
    assert(u->id);
    pull(f);
    assert(u->tries == 1);
}

/* An answer to one of ours, made of its own lines. */
static void peer_answers(struct fuzz *f, struct ours *u, struct rd *r)
{
    static const int statuses[] = {200, 100, 180, 404, 503, 302, 603, 408};
    struct span rest = buf_span(&u->bytes);
    struct buf wire = {0};

    if (!rest.n)
        return;
    buf_fmt(&wire, "SIP/2.0 %d X\r\n", PICK_WORD(r, statuses));
    rest = span_skip(rest, span_find(rest, '\n') + 1);
    while (rest.n && rest.p[0] != '\r') {
        struct span line = span_first(rest, span_find(rest, '\n') + 1);

        if (span_starts(line, SPAN("Via")) || span_starts(line, SPAN("From")) ||
            span_starts(line, SPAN("To:")) || span_starts(line, SPAN("Call-ID")) ||
            span_starts(line, SPAN("CSeq")))
            buf_add(&wire, line);
        rest = span_skip(rest, line.n);
    }
    BUF_LIT(&wire, "Content-Length: 0\r\n\r\n");
    input(f, &u->hop, &wire);
}

static void tick(struct fuzz *f, uint64_t ms)
{
    f->now += ms;
    sip_core_tick(f->core, f->now, 1794787200 + (int64_t)f->now / 1000);
    pull(f);
}

static void lose(struct fuzz *f, struct ours *u, struct rd *r)
{
    switch (pick(r, 3)) {
    case 0: sip_core_send_failed(f->core, u->id, f->now); break;
    case 1: sip_core_hop_failed(f->core, &hops[pick(r, 3)], SIP_BY_BREAK, f->now); break;
    default:
        u->forgotten |= u->id && !u->over;
        if (u->id)
            sip_core_forget(f->core, u->id);
        break;
    }
    pull(f);
}

static void step(struct fuzz *f, struct rd *r)
{
    static const uint32_t waits[] = {1, 500, 1000, 3500, 8000, 31999, 32000, 64000};
    unsigned what = pick(r, 16), which = pick(r, THEIRS);
    struct theirs *t = &f->theirs[which];

    switch (what) {
    case 0:
    case 1:
    case 2: request(f, t, r); break;
    case 3:
    case 4: answer(f, t, r); break;
    case 5:
        if (t->sent)
            put_request(f, t, "CANCEL");
        break;
    case 6:
        if (t->sent) {
            put_request(f, t, "ACK");
            t->acked |= t->method == SIP_INVITE && t->final.n;
        }
        break;
    case 7:
    case 8: send(f, which, r); break;
    case 9:
    case 10:
    case 11: peer_answers(f, &f->ours[which], r); break;
    case 12: lose(f, &f->ours[which], r); break;
    default: tick(f, PICK_WORD(r, waits)); break;
    }
}

/* Woken only when it wants to be, it comes to rest. */
static void come_to_rest(struct fuzz *f)
{
    struct sip_core_counts n;
    uint64_t next;

    for (int i = 0; (next = sip_core_deadline(f->core)) != DEADLINE_NEVER; i++) {
        assert(i < 4000);
        tick(f, next > f->now ? next - f->now : 1);
    }
    for (int i = 0; i < OURS; i++)
        assert(!f->ours[i].id || f->ours[i].over != f->ours[i].forgotten);
    sip_core_count(f->core, &n);
    assert(n.pending == 0 && n.in_flight == 0 && n.output_bytes == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct fuzz f;
    struct sip_core_conf conf = {
        .domain = SPAN("aim.example"),
        .sent_by = {[SIP_TRANSPORT_UDP] = SPAN("gw.aim.example"),
                    [SIP_TRANSPORT_TCP] = SPAN("gw.aim.example")},
        .rng = &f.rng,
        .max_pending = 2 * THEIRS,
        .max_answered = 512,
        .max_sent = 2 * OURS,
        .max_watches = 4,
        .max_subs = 4,
    };
    struct rd r = rd_over(span_of(data, size));

    f = (struct fuzz){.now = 1000};
    rng_init_fixed(&f.rng, 1);
    f.core = sip_core_new(&conf, f.now, 1794787200);
    for (int i = 0; i < STEPS_MAX && rd_left(&r) > 0; i++)
        step(&f, &r);
    come_to_rest(&f);
    sip_core_free(f.core);
    for (int i = 0; i < THEIRS; i++)
        buf_fini(&f.theirs[i].final);
    for (int i = 0; i < OURS; i++)
        buf_fini(&f.ours[i].bytes);
    return 0;
}
