/* The whole SIP element: peers that say anything, a gateway that answers as the input pleases, and
 * time. The input is a list of steps: one octet says what, then a length of two octets and a
 * message, or one octet more. In a message "\n" stands for CRLF, and '\1', '\2', '\3' for Call-ID,
 * tag of From and tag of To of the last request of ours, so that the fuzzer finds its way into
 * dialogs. */
#include <stdlib.h>

#include "base/rd.h"
#include "simple/core.h"

enum { PEOPLE = 8, STEPS_MAX = 400, TEXT_MAX = 8192 };

struct fuzz {
    struct sip_core *core;
    struct rng rng;
    uint64_t now;
    uint8_t mood; /* how the gateway answers */
    struct sip_watch *watches[PEOPLE];
    struct sip_sub *subs[PEOPLE];
    struct sip_txn txns[PEOPLE]; /* not answered yet */
    unsigned turn;
    uint64_t sent; /* the last request of ours */
    struct sip_hop hop;
    struct buf last, words[3];
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct sip_hop hops[4] = {
    {SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0},
    {SIP_TRANSPORT_TCP, {4, {192, 0, 2, 7}, 40000}, 3, 0},
    {SIP_TRANSPORT_TLS, {6, {0x20, 1, 0xd, 0xb8}, 40000}, 4, 0},
    {SIP_TRANSPORT_WSS, {4, {198, 51, 100, 9}, 40000}, 5, 0},
};

static void keep_word(struct fuzz *f, int i, struct span from, const char *after)
{
    struct span rest = span_skip(from, span_search(from, span_str(after)) + strlen(after));

    buf_reset(&f->words[i]);
    buf_add(&f->words[i], span_first(rest, span_find(rest, '\r')));
}

static void pull_outputs(struct fuzz *f)
{
    struct sip_output o;

    while (sip_core_output(f->core, &o)) {
        struct sip_msg *m = malloc(sizeof *m);

        if (sip_msg_parse(m, o.bytes) != SIP_GOOD && m->bad != SIP_BAD_NO_VIA && m->is_request)
            abort(); /* what we send is well-formed */
        free(m);
        if (!o.id)
            continue;
        f->sent = o.id;
        f->hop = o.hop;
        buf_reset(&f->last);
        buf_add(&f->last, o.bytes);
        keep_word(f, 0, o.bytes, "\r\nCall-ID: ");
        keep_word(f, 1, span_skip(o.bytes, span_search(o.bytes, SPAN("\r\nFrom: "))), ";tag=");
    }
}

static void tell(struct fuzz *f, struct sip_watch **w, uint8_t how)
{
    struct sip_doc *doc =
        how & 1 ? sip_doc_new(SPAN("application/pidf+xml"), SPAN("<presence/>")) : NULL;
    struct sip_notify n = {.state = SIP_SUBSTATE_ACTIVE, .urgent = (how & 2) != 0, .doc = doc};

    if (*w) {
        if (how % 7 == 0)
            n.state = SIP_SUBSTATE_TERMINATED;
        if (how % 5 == 0)
            n.state = SIP_SUBSTATE_PENDING;
        sip_watch_notify(f->core, *w, &n, f->now);
        if (n.state == SIP_SUBSTATE_TERMINATED)
            *w = NULL;
    }
    sip_doc_unref(&doc);
}

static void on_request(struct fuzz *f, const struct sip_core_event *ev)
{
    unsigned i = f->turn++ % PEOPLE;

    if (ev->method == SIP_SUBSCRIBE && f->mood % 4 && !f->watches[i]) {
        uint32_t expires = 0;
        int status = 0;

        if (!sip_watch_grant(ev->msg, 60, 3600, &expires, &status)) {
            sip_core_answer(f->core, ev->txn, status, f->now);
            return;
        }
        f->watches[i] = sip_watch_accept(f->core, ev->txn, i, f->now);
        if (f->mood & 8) { /* it is written down first */
            f->txns[i] = ev->txn;
            return;
        }
        if (f->watches[i] && !sip_watch_answer(f->core, f->watches[i], ev->txn, expires, f->now))
            abort(); /* it was accepted just now */
        if (f->watches[i] && expires == 0) {
            sip_watch_notify(f->core, f->watches[i],
                             &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE}, f->now);
            f->watches[i] = NULL;
        } else {
            tell(f, &f->watches[i], f->mood);
        }
    } else if (f->mood & 1) {
        sip_core_answer(f->core, ev->txn, f->mood & 2 ? 200 : 480, f->now);
    } else {
        f->txns[i] = ev->txn;
    }
}

static void forget(struct fuzz *f, const struct sip_core_event *ev)
{
    for (int i = 0; i < PEOPLE; i++) {
        if (ev->kind == SIP_EVENT_WATCH_ENDED && f->watches[i] == ev->watch)
            f->watches[i] = NULL;
        if ((ev->kind == SIP_EVENT_SUB_ENDED || ev->kind == SIP_EVENT_SUB_FAILED) &&
            f->subs[i] == ev->sub)
            f->subs[i] = NULL;
    }
}

static void on_refresh(struct fuzz *f, const struct sip_core_event *ev)
{
    if (!sip_watch_answer(f->core, ev->watch, ev->txn, ev->expires < 3600 ? ev->expires : 3600,
                          f->now))
        return;
    sip_watch_notify(f->core, ev->watch, &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE},
                     f->now);
    if (ev->expires == 0)
        forget(f, &(struct sip_core_event){.kind = SIP_EVENT_WATCH_ENDED, .watch = ev->watch});
}

static void pull(struct fuzz *f)
{
    struct sip_core_event ev;

    while (sip_core_next(f->core, &ev)) {
        switch (ev.kind) {
        case SIP_EVENT_REQUEST: on_request(f, &ev); break;
        case SIP_EVENT_WATCH_REFRESH: on_refresh(f, &ev); break;
        case SIP_EVENT_SUB_NOTIFY: sip_core_answer(f->core, ev.txn, 200, f->now); break;
        default: forget(f, &ev); break;
        }
    }
    pull_outputs(f);
}

static void message(struct fuzz *f, const struct sip_hop *from, struct span text)
{
    struct buf wire = {.max = TEXT_MAX};

    for (size_t i = 0; i < text.n; i++) {
        if (text.p[i] == '\n')
            BUF_LIT(&wire, "\r\n");
        else if (text.p[i] >= 1 && text.p[i] <= 3)
            buf_add(&wire, buf_span(&f->words[text.p[i] - 1]));
        else
            buf_u8(&wire, text.p[i]);
    }
    sip_core_input(f->core, from, buf_span(&wire), f->now);
    pull(f);
    buf_fini(&wire);
}

/* An answer to the last request of ours, made of its own lines. */
static void answer(struct fuzz *f, uint8_t what)
{
    static const int statuses[] = {200, 202, 100, 404, 481, 423, 503, 500,
                                   403, 489, 603, 302, 401, 180, 699, 408};
    struct span rest = buf_span(&f->last);
    struct buf wire = {.max = TEXT_MAX};

    if (!f->last.n)
        return;
    buf_fmt(&wire, "SIP/2.0 %d X\r\nRetry-After: 7\r\nMin-Expires: 4000\r\nExpires: %d\r\n",
            statuses[what & 15], what * 20);
    rest = span_skip(rest, span_find(rest, '\n') + 1);
    while (rest.n && rest.p[0] != '\r') {
        struct span line = span_first(rest, span_find(rest, '\n') + 1);

        if (span_starts(line, SPAN("Via")) || span_starts(line, SPAN("From")) ||
            span_starts(line, SPAN("To")) || span_starts(line, SPAN("C")))
            if (!span_starts(line, SPAN("Content")))
                buf_add(&wire, line);
        rest = span_skip(rest, line.n);
    }
    BUF_LIT(&wire, "Content-Length: 0\r\n\r\n");
    sip_core_input(f->core, &f->hop, buf_span(&wire), f->now);
    pull(f);
    buf_fini(&wire);
}

static void subscribe(struct fuzz *f, uint8_t how)
{
    struct sip_sub **s = &f->subs[how % PEOPLE];
    struct sip_sub_want want = {.from_uri = SPAN("sip:al@aim.example"),
                                .to_uri = SPAN("sip:bob@peer.example"),
                                .expires = how & 8 ? 3600 : 0,
                                .hop = hops[how >> 6]};

    if (*s) {
        sip_sub_end(f->core, *s, f->now);
        *s = NULL;
    } else {
        *s = sip_sub_new(f->core, &want, how, f->now);
    }
    pull(f);
}

static void send_message(struct fuzz *f, uint8_t how)
{
    struct sip_request r = {.method = SIP_MESSAGE,
                            .uri = SPAN("sip:bob@peer.example"),
                            .from_uri = SPAN("sip:al@aim.example"),
                            .to_uri = SPAN("sip:bob@peer.example"),
                            .content_type = SPAN("text/plain"),
                            .body = SPAN("hi"),
                            .hop = hops[how >> 6]};
    uint64_t id = sip_core_send(f->core, &r, how, f->now);

    if (how & 1)
        sip_core_forget(f->core, id);
    pull(f);
}

static void restart(struct fuzz *f, uint8_t which)
{
    struct sip_watch **w = &f->watches[which % PEOPLE];
    struct sip_watch_row row;

    if (!*w)
        return;
    sip_watch_export(f->core, *w, &row);
    if (sip_watch_restore(f->core, &row, which, f->now, 1794787200 + (int64_t)f->now / 1000))
        abort(); /* it is there already */
}

static void answer_late(struct fuzz *f, uint8_t which)
{
    struct sip_watch **w = &f->watches[which % PEOPLE];
    struct sip_txn txn = f->txns[which % PEOPLE];

    if (*w && sip_watch_answer(f->core, *w, txn, 600, f->now))
        tell(f, w, 1);
    else
        sip_core_answer(f->core, txn, 200, f->now);
}

static void wait_for(struct fuzz *f, uint8_t how)
{
    static const uint32_t ms[8] = {1, 500, 3500, 5000, 32000, 60000, 600000, 3600000};

    f->now += ms[how & 7];
    sip_core_tick(f->core, f->now, 1794787200 + (int64_t)f->now / 1000);
    pull(f);
}

static void step(struct fuzz *f, uint8_t what, struct rd *r)
{
    switch (what % 10) {
    case 0:
    case 1: message(f, &hops[what >> 6], rd_str16(r)); break;
    case 2: answer(f, rd_u8(r)); break;
    case 3: wait_for(f, rd_u8(r)); break;
    case 4: f->mood = rd_u8(r); break;
    case 5: subscribe(f, rd_u8(r)); break;
    case 6: send_message(f, rd_u8(r)); break;
    case 7: tell(f, &f->watches[what >> 5], rd_u8(r)); break;
    case 8:
        if (what & 0x80)
            sip_core_hop_failed(f->core, &hops[what >> 6], SIP_BY_BREAK, f->now);
        else
            sip_core_send_failed(f->core, f->sent, f->now);
        break;
    default:
        restart(f, what >> 5);
        answer_late(f, what >> 5);
        break;
    }
    pull(f);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct fuzz f = {.now = 1000, .mood = 1};
    struct sip_core_conf conf = {
        .domain = SPAN("aim.example"),
        .sent_by = {[SIP_TRANSPORT_UDP] = SPAN("gw.aim.example"),
                    [SIP_TRANSPORT_TCP] = SPAN("gw.aim.example"),
                    [SIP_TRANSPORT_TLS] = SPAN("gw.aim.example:5061"),
                    [SIP_TRANSPORT_WSS] = SPAN("gw.aim.example:443")},
        .supported = SPAN("eventlist"),
        .rng = &f.rng,
        .max_pending = 16,
        .max_answered = 64,
        .max_sent = 16,
        .max_watches = 6,
        .max_subs = 6,
    };
    struct rd r = rd_over(span_of(data, size));

    rng_init_fixed(&f.rng, 1);
    f.core = sip_core_new(&conf, f.now, 1794787200);
    for (int i = 0; i < STEPS_MAX && rd_left(&r) > 0; i++)
        step(&f, rd_u8(&r), &r);
    sip_core_free(f.core);
    buf_fini(&f.last);
    for (int i = 0; i < 3; i++)
        buf_fini(&f.words[i]);
    return 0;
}
