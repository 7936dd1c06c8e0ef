#include "simple/core.h"

#include <assert.h>
#include <stdlib.h>

#include "simple/core_request.h"
#include "simple/event/notifier.h"
#include "simple/event/subscriber.h"

/* --- life --- */

static uint32_t or_default(uint32_t v, uint32_t otherwise)
{
    return v ? v : otherwise;
}

/* "host[:port]", apart */
static void read_name(struct core_name *name)
{
    struct span in = name->sent_by;
    size_t colon = in.n;

    for (size_t i = in.n; i-- > 0 && in.p[i] != ']';) {
        if (in.p[i] == ':')
            colon = i;
    }
    name->host = span_first(in, colon);
    if (name->host.n > 1 && name->host.p[0] == '[')
        name->host = span_of(name->host.p + 1, name->host.n - 2);
    for (size_t i = colon + 1; i < in.n; i++)
        name->port = (uint16_t)(name->port * 10 + (in.p[i] - '0'));
}

static bool set_name(struct sip_core *c, struct core_name *name, enum sip_transport t,
                     struct span sent_by)
{
    struct buf *via = core_scratch(c);

    buf_fmt(via, "Via: SIP/2.0/%s %.*s;branch=", sip_transport_name(t), SPAN_ARG(sent_by));
    if (!buf_ok(via))
        return false;
    name->via = arena_copy(&c->strings, buf_span(via));
    name->sent_by = arena_copy(&c->strings, sent_by);
    if (arena_ok(&c->strings))
        read_name(name);
    return true;
}

static bool copy_conf(struct sip_core *c, const struct sip_core_conf *conf)
{
    c->conf = *conf;
    c->conf.domain = arena_copy(&c->strings, conf->domain);
    c->conf.accept = arena_copy(&c->strings, conf->accept);
    c->conf.supported = arena_copy(&c->strings, conf->supported);
    for (int t = 0; t < SIP_TRANSPORTS; t++) {
        if (!set_name(c, &c->names[t], t, conf->sent_by[t]) ||
            !set_name(c, &c->names_v6[t], t, conf->sent_by_v6[t]))
            return false;
        c->conf.sent_by[t] = c->names[t].sent_by;
        c->conf.sent_by_v6[t] = c->names_v6[t].sent_by;
    }
    return arena_ok(&c->strings);
}

struct sip_core *sip_core_new(const struct sip_core_conf *conf, uint64_t now, int64_t unix_now)
{
    struct sip_core *c = calloc(1, sizeof *c);

    if (!c)
        return NULL;
    list_init(&c->watches);
    list_init(&c->subs);
    list_init(&c->told_txns);
    list_init(&c->told_watches);
    list_init(&c->told_subs);
    table_init(&c->dialogs);
    rng_init(&c->own_rng);
    c->rng = conf->rng ? conf->rng : &c->own_rng;
    c->t1 = or_default(conf->t1, CORE_T1);
    c->now = now;
    c->unix_ms_less_now = unix_now * 1000 - (int64_t)now;
    clients_init(&c->clients, &c->out, c->rng, or_default(conf->max_sent, CORE_SENT_MAX), c->t1);
    if (!server_init(&c->server, &c->out, or_default(conf->max_pending, CORE_PENDING_MAX),
                     or_default(conf->max_answered, CORE_ANSWERED_MAX), c->t1, now) ||
        !copy_conf(c, conf)) {
        sip_core_free(c);
        return NULL;
    }
    c->conf.partial = conf->partial;
    c->conf.max_watches = or_default(conf->max_watches, CORE_WATCHES_MAX);
    c->conf.max_subs = or_default(conf->max_subs, CORE_SUBS_MAX);
    return c;
}

void sip_core_free(struct sip_core *c)
{
    if (!c)
        return;
    notifier_fini(c);
    subscriber_fini(c);
    clients_fini(&c->clients);
    server_fini(&c->server);
    outbox_fini(&c->out);
    table_fini(&c->dialogs);
    deadlines_fini(&c->watches_due);
    deadlines_fini(&c->subs_due);
    arena_fini(&c->strings);
    buf_fini(&c->scratch);
    free(c);
}

/* --- in --- */

static void bury(struct sip_core *c)
{
    notifier_bury(c);
    subscriber_bury(c);
}

/* Hands the end of a request of ours to who made it. */
static void result(struct sip_core *c, struct client_txn *t, const struct sip_msg *m, uint64_t now)
{
    struct core_result r = {.status = t->status, .cause = t->cause, .msg = m, .hop = t->hop};
    enum client_for whom = t->whom;
    void *user = t->user;

    if (whom == CLIENT_FOR_GATEWAY && !m) {
        list_append(&c->told_txns, &t->told);
        return;
    }
    if (whom == CLIENT_FOR_GATEWAY)
        core_tell(c, &(struct sip_core_event){.kind = SIP_EVENT_RESPONSE,
                                              .method = t->method,
                                              .cause = t->cause,
                                              .status = t->status,
                                              .retry_after = core_retry_after(m),
                                              .owner = t->owner,
                                              .id = t->id,
                                              .msg = m,
                                              .from = t->hop});
    client_free(&c->clients, t);
    if (whom == CLIENT_FOR_WATCH)
        notifier_answered(c, user, &r, now);
    if (whom == CLIENT_FOR_SUB)
        subscriber_answered(c, user, &r, now);
}

static bool is_name(const struct core_name *name, struct span host, uint16_t port)
{
    return name->host.n && name->port == port && span_case_eq(name->host, host);
}

/* S-160, RFC 3261 18.1.2 and 8.1.3.3: one Via, and that is ours. */
static bool is_for_us(const struct sip_core *c, const struct sip_msg *m)
{
    const struct sip_hdr *via = sip_msg_hdr(m, SIP_HDR_VIA);

    if (!via || sip_msg_hdr_next(m, via) || span_trim(via->value).n != m->via.text.n)
        return false;
    for (int t = 0; t < SIP_TRANSPORTS; t++)
        if (is_name(&c->names[t], m->via.host, m->via.port) ||
            is_name(&c->names_v6[t], m->via.host, m->via.port))
            return true;
    return false;
}

static void response(struct sip_core *c, uint64_t now)
{
    struct client_txn *t = NULL;

    c->n_responses++;
    if (c->msg.bad == SIP_GOOD && is_for_us(c, &c->msg))
        t = client_answered(&c->clients, &c->msg, now);
    else
        c->n_stray++;
    if (t)
        result(c, t, t->cause == SIP_BY_PEER ? &c->msg : NULL, now);
}

/* What c->msg holds. */
static void input(struct sip_core *c, const struct sip_hop *from, uint64_t now)
{
    bury(c);
    c->now = now;
    if (c->msg.is_request)
        core_request(c, from, now);
    else
        response(c, now);
}

void sip_core_input(struct sip_core *c, const struct sip_hop *from, struct span whole, uint64_t now)
{
    assert(!c->has_current); /* events are pulled before the next input */
    if (whole.n == 0)
        return; /* an empty datagram keeps a NAT open */
    sip_msg_parse(&c->msg, whole);
    input(c, from, now);
}

size_t sip_core_input_first(struct sip_core *c, const struct sip_hop *from, struct span stream,
                            uint64_t now)
{
    assert(!c->has_current);
    if (sip_msg_parse(&c->msg, span_first(stream, SIP_MESSAGE_MAX)) != SIP_GOOD ||
        !c->msg.has_content_length) /* RFC 3261 20.14: a stream needs it */
        return 0;
    input(c, from, now);
    return c->msg.raw.n;
}

void sip_core_send_failed(struct sip_core *c, uint64_t id, uint64_t now)
{
    struct client_txn *t = client_failed(&c->clients, id);

    bury(c);
    if (t)
        result(c, t, NULL, now);
}

void sip_core_hop_failed(struct sip_core *c, const struct sip_hop *hop, enum sip_cause how,
                         uint64_t now)
{
    uint32_t at = 0;
    struct client_txn *t;

    bury(c);
    while ((t = client_hop_failed(&c->clients, hop, how, &at)) != NULL)
        result(c, t, NULL, now);
}

/* --- out --- */

static bool next_txn(struct sip_core *c, struct sip_core_event *out)
{
    struct client_txn *t;

    if (list_empty(&c->told_txns))
        return false;
    t = LIST_OF(c->told_txns.next, struct client_txn, told);
    *out = (struct sip_core_event){.kind = SIP_EVENT_RESPONSE,
                                   .method = t->method,
                                   .cause = t->cause,
                                   .status = t->status,
                                   .owner = t->owner,
                                   .id = t->id,
                                   .from = t->hop};
    client_free(&c->clients, t);
    return true;
}

bool sip_core_next(struct sip_core *c, struct sip_core_event *out)
{
    bury(c);
    if (next_txn(c, out) || notifier_next(c, out) || subscriber_next(c, out))
        return true;
    if (!c->has_current) {
        c->msg_txn = (struct sip_txn){0};
        return false;
    }
    c->has_current = false;
    *out = c->current;
    if (out->kind == SIP_EVENT_SUB_FAILED || out->kind == SIP_EVENT_SUB_ENDED)
        subscriber_pulled(c, out->sub);
    return true;
}

bool sip_core_output(struct sip_core *c, struct sip_output *out)
{
    return outbox_next(&c->out, out);
}

/* --- time --- */

uint64_t sip_core_deadline(const struct sip_core *c)
{
    uint64_t all[] = {server_deadline(&c->server), clients_deadline(&c->clients),
                      deadlines_first(&c->watches_due), deadlines_first(&c->subs_due)};
    uint64_t first = all[0];

    for (size_t i = 1; i < sizeof all / sizeof *all; i++) {
        if (all[i] < first)
            first = all[i];
    }
    return first;
}

void sip_core_tick(struct sip_core *c, uint64_t now, int64_t unix_now)
{
    struct client_txn *t;

    bury(c);
    c->now = now;
    c->unix_ms_less_now = unix_now * 1000 - (int64_t)now;
    server_tick(&c->server, now);
    while ((t = client_tick(&c->clients, now)) != NULL)
        result(c, t, NULL, now);
    notifier_tick(c, now);
    subscriber_tick(c, now);
}

void sip_core_count(const struct sip_core *c, struct sip_core_counts *out)
{
    *out = (struct sip_core_counts){
        .requests = c->n_requests,
        .repeats = c->server.n_repeats,
        .refused = c->server.n_refused,
        .responses = c->n_responses,
        .stray = c->n_stray,
        .sent = c->clients.n_sent,
        .resent = c->clients.n_resent,
        .timeouts = c->clients.n_timeouts,
        .transport_errors = c->clients.n_transport,
        .pending = server_pending(&c->server),
        .answered = c->server.answered.n,
        .in_flight = clients_count(&c->clients),
        .watches = c->n_watches,
        .subs = c->n_subs,
        .output_bytes = outbox_waiting(&c->out),
    };
}
