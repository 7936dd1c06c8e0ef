/* A day in the life of the SIP element with each allocation failing in turn: nothing crashes, leaks
 * or hangs, and what was promised to end does end. Linked with --wrap for malloc, calloc and
 * realloc. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "base/deadlines.h"
#include "simple/core.h"

void *__real_malloc(size_t n);
void *__real_calloc(size_t n, size_t size);
void *__real_realloc(void *p, size_t n);
void *__wrap_malloc(size_t n);
void *__wrap_calloc(size_t n, size_t size);
void *__wrap_realloc(void *p, size_t n);

static long allocations, fail_at; /* counted from 1; 0: none fails */
static bool fail_all_from;        /* all behind it fail as well */

static bool fails(void)
{
    allocations++;
    return fail_at && (allocations == fail_at || (fail_all_from && allocations > fail_at));
}

void *__wrap_malloc(size_t n)
{
    return fails() ? NULL : __real_malloc(n);
}

void *__wrap_calloc(size_t n, size_t size)
{
    return fails() ? NULL : __real_calloc(n, size);
}

void *__wrap_realloc(void *p, size_t n)
{
    return fails() ? NULL : __real_realloc(p, n);
}

static const struct sip_hop peer = {SIP_TRANSPORT_UDP, {4, {192, 0, 2, 7}, 5060}, 0, 0};
static const struct sip_core_conf conf = {
    .domain = SPAN("aim.example"),
    .sent_by = {[SIP_TRANSPORT_UDP] = SPAN("gw.aim.example"),
                [SIP_TRANSPORT_TCP] = SPAN("gw.aim.example")},
};

struct day {
    struct sip_core *core;
    uint64_t now;
    struct sip_watch *watch;
    struct sip_sub *sub;
    char tag[64], call[64], via[256], cseq[64], to[256], from[256]; /* of the last request out */
    unsigned n;
};

static void copy_line(const struct sip_output *o, const char *name, char *to, size_t size)
{
    char start[32];
    size_t n = (size_t)snprintf(start, sizeof start, "\r\n%s: ", name);
    struct span rest = span_skip(o->bytes, span_search(o->bytes, span_of(start, n)) + n);

    span_copy(span_first(rest, span_find(rest, '\r')), to, size);
}

static void pull(struct day *d)
{
    struct sip_core_event ev;
    struct sip_output o;

    while (sip_core_next(d->core, &ev)) {
        if (ev.kind == SIP_EVENT_REQUEST && ev.method == SIP_SUBSCRIBE) {
            d->watch = sip_watch_accept(d->core, ev.txn, 1, d->now);
            if (d->watch)
                (void)sip_watch_answer(d->core, d->watch, ev.txn, 600, d->now);
        } else if (ev.kind == SIP_EVENT_WATCH_REFRESH) {
            (void)sip_watch_answer(d->core, ev.watch, ev.txn, 600, d->now);
        } else if (ev.kind == SIP_EVENT_REQUEST || ev.kind == SIP_EVENT_SUB_NOTIFY) {
            sip_core_respond(d->core, ev.txn,
                             &(struct sip_answer){.status = 200, .headers = SPAN("X: y\r\n")},
                             d->now);
        } else if (ev.kind == SIP_EVENT_WATCH_ENDED) {
            d->watch = NULL;
        } else if (ev.kind == SIP_EVENT_SUB_ENDED || ev.kind == SIP_EVENT_SUB_FAILED) {
            d->sub = NULL;
        }
    }
    while (sip_core_output(d->core, &o)) {
        if (!o.id)
            continue;
        copy_line(&o, "Via", d->via, sizeof d->via);
        copy_line(&o, "CSeq", d->cseq, sizeof d->cseq);
        copy_line(&o, "To", d->to, sizeof d->to);
        copy_line(&o, "From", d->from, sizeof d->from);
        copy_line(&o, "Call-ID", d->call, sizeof d->call);
        if (strstr(d->from, ";tag="))
            snprintf(d->tag, sizeof d->tag, "%s", strstr(d->from, ";tag=") + 5);
    }
}

static void hears(struct day *d, const char *text)
{
    sip_core_input(d->core, &peer, span_str(text), d->now);
    pull(d);
}

static void asks(struct day *d, const char *method, const char *call, const char *to_tag,
                 const char *headers)
{
    char text[2048];
    unsigned n = ++d->n;

    snprintf(text, sizeof text,
             "%s sip:al@aim.example SIP/2.0\r\nVia: SIP/2.0/UDP 192.0.2.7;branch=z9hG4bKx%u\r\n"
             "From: <sip:bob@peer.example>;tag=f\r\nTo: <sip:al@aim.example>%s%s\r\nCall-ID: %s\r\n"
             "CSeq: %u %s\r\n%sContent-Length: 0\r\n\r\n",
             method, n, *to_tag ? ";tag=" : "", to_tag, call, n, method, headers);
    hears(d, text);
    hears(d, text); /* and once more */
}

static void answers(struct day *d, int status)
{
    char text[2048];

    snprintf(text, sizeof text,
             "SIP/2.0 %d X\r\nVia: %s\r\nFrom: %s\r\nTo: %s;tag=p\r\nCall-ID: %s\r\nCSeq: %s\r\n"
             "Expires: 600\r\nContent-Length: 0\r\n\r\n",
             status, d->via, d->from, d->to, d->call, d->cseq);
    hears(d, text);
}

static void wait_ms(struct day *d, uint64_t ms)
{
    uint64_t end = d->now + ms;

    for (int i = 0; sip_core_deadline(d->core) <= end; i++) {
        assert_true(i < 1000); /* what is due is dealt with */
        if (sip_core_deadline(d->core) > d->now)
            d->now = sip_core_deadline(d->core);
        sip_core_tick(d->core, d->now, 1794787200 + (int64_t)d->now / 1000);
        pull(d);
    }
    d->now = end;
}

static void tell(struct day *d)
{
    struct sip_doc *doc = sip_doc_new(SPAN("application/pidf+xml"), SPAN("<presence/>"));

    if (d->watch)
        sip_watch_notify(
            d->core, d->watch,
            &(struct sip_notify){.state = SIP_SUBSTATE_ACTIVE, .doc = doc, .urgent = true}, d->now);
    sip_doc_unref(&doc);
    pull(d);
}

static void they_watch_us(struct day *d)
{
    asks(d, "SUBSCRIBE", "w", "", "Event: presence\r\nContact: <sip:b@192.0.2.7>\r\n");
    tell(d);
    answers(d, 200);
    tell(d);
    answers(d, 500);
    tell(d);
    asks(d, "SUBSCRIBE", "w", d->tag, "Event: presence\r\nContact: <sip:c@192.0.2.8>\r\n");
    tell(d);
    answers(d, 200);
    wait_ms(d, 700000);
}

static void we_watch_them(struct day *d)
{
    d->sub = sip_sub_new(d->core,
                         &(struct sip_sub_want){.from_uri = SPAN("sip:al@aim.example"),
                                                .to_uri = SPAN("sip:bob@peer.example"),
                                                .expires = 600,
                                                .hop = peer},
                         1, d->now);
    pull(d);
    answers(d, 200);
    asks(d, "NOTIFY", d->call, d->tag,
         "Event: presence\r\nContact: <sip:s@192.0.2.9>\r\nRecord-Route: <sip:p;lr>\r\n"
         "Subscription-State: active;expires=600\r\n");
    wait_ms(d, 560000);
    answers(d, 200);
    if (d->sub)
        sip_sub_end(d->core, d->sub, d->now);
    d->sub = NULL;
    pull(d);
    answers(d, 200);
    asks(d, "NOTIFY", d->call, d->tag, "Event: presence\r\nSubscription-State: terminated\r\n");
    wait_ms(d, 40000);
}

static void we_send(struct day *d)
{
    struct sip_request r = {.method = SIP_MESSAGE,
                            .uri = SPAN("sip:b@p"),
                            .from_uri = SPAN("sip:a@b"),
                            .to_uri = SPAN("sip:b@p"),
                            .content_type = SPAN("text/plain"),
                            .body = SPAN("hi"),
                            .hop = peer};

    sip_core_measure(d->core, &r);
    sip_core_send(d->core, &r, 1, d->now);
    pull(d);
    sip_core_send(d->core, &r, 2, d->now);
    pull(d);
    answers(d, 200);
    wait_ms(d, 33000);
}

static void live_a_day(void)
{
    struct day d = {.now = 1000};

    d.core = sip_core_new(&conf, d.now, 1794787200);
    if (!d.core)
        return;
    asks(&d, "MESSAGE", "m", "", "");
    asks(&d, "INVITE", "i", "", "");
    asks(&d, "OPTIONS", "o", "", "Require: unknown\r\n");
    they_watch_us(&d);
    we_watch_them(&d);
    we_send(&d);
    wait_ms(&d, 100000);
    sip_core_free(d.core);
}

static void each_allocation_may_fail(void **state)
{
    long all;

    (void)state;
    allocations = fail_at = 0;
    live_a_day();
    all = allocations;
    assert_true(all > 20);
    for (int more = 0; more < 2; more++) {
        fail_all_from = more;
        for (long i = 1; i <= all; i++) {
            allocations = 0;
            fail_at = i;
            live_a_day();
        }
    }
    fail_at = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(each_allocation_may_fail)};

    return cmocka_run_group_tests(tests, NULL, NULL);
}
