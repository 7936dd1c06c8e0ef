#include "gateway/roof.h"

#include "db/store_open.h"
#include "gateway/cert_watch.h"
#include "gateway/door/admin.h"
#include "gateway/door/aim.h"
#include "gateway/door/control.h"
#include "gateway/door/sip.h"
#include "gateway/door/web.h"
#include "gateway/flow/admin.h"
#include "gateway/flow/aim_events.h"
#include "gateway/flow/authorizer.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/backlog.h"
#include "gateway/flow/blocks.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/cookie.h"
#include "gateway/flow/helper.h"
#include "gateway/flow/knock.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/later.h"
#include "gateway/flow/limits.h"
#include "gateway/flow/link_notice.h"
#include "gateway/flow/linkwatch.h"
#include "gateway/flow/message_notice.h"
#include "gateway/flow/look.h"
#include "gateway/flow/lists.h"
#include "gateway/flow/publish.h"
#include "gateway/flow/receipt.h"
#include "gateway/flow/receipt_wait.h"
#include "gateway/flow/untold.h"
#include "gateway/flow/register.h"
#include "gateway/flow/signon.h"
#include "gateway/flow/sip_events.h"
#include "gateway/flow/talk.h"
#include "gateway/flow/taste.h"
#include "gateway/flow/upstream.h"
#include "gateway/flow/warnings.h"
#include "gateway/flow/watch.h"
#include "gateway/flow/weblogin.h"
#include "gateway/flow/winfo.h"
#include "gateway/datadir.h"
#include "gateway/net/addr.h"
#include "gateway/net/tls.h"
#include "gateway/people/book.h"
#include "gateway/peer/credentials.h"
#include "gateway/peer/locator.h"
#include "gateway/peer/names.h"
#include "gateway/peer/peers.h"
#include "gateway/reload.h"
#include "mapping/message_sip.h"
#include "simple/doc/xml.h"
#include "simple/txn/digest.h"

#include <stdlib.h>

enum {
    DRAIN_MS = 1500, /* for last words and last writes when we are told to stop */
    FULL_AGAIN_MS = 60000,
};

static void run_timers(struct worker *w)
{
    const uint64_t now = w->now; /* what they set for this very moment waits for the next turn */
    struct deadline *d;

    while ((d = deadlines_due(&w->timers, now))) {
        struct timer *t = LIST_OF(d, struct timer, at);

        worker_begin(w);
        t->due(t, w);
    }
    if (sip_core_deadline(w->sip) <= w->now) {
        sip_core_tick(w->sip, w->now, w->unix_now);
        sip_door_pump(w->sip_door);
    }
}

/* ---- the loop's calls ---- */

/* What was taken is on disk, and who waits for that has heard. */
static bool is_drained(const struct worker *w)
{
    return storer_health(w->storer).queued == 0 || !timer_is_set(&w->drain);
}

/* What this turn produced goes out: first AIM, because what the kernel takes there is what SIP is
 * answered. */
static void on_turn(void *ctx)
{
    struct worker *w = ctx;
    uint64_t next;

    if (w->stopped)
        return;
    worker_tell_time(w);
    run_timers(w);
    aim_door_flush(w->aim_door);
    sip_door_flush(w->sip_door);
    aim_door_flush(w->aim_door); /* answers from SIP may have become acknowledgements */
    storer_go(w->storer);
    next = deadlines_first(&w->timers);
    if (sip_core_deadline(w->sip) < next)
        next = sip_core_deadline(w->sip);
    net_timer(w->net, next);
    if (w->draining && is_drained(w)) {
        sip_door_flush(w->sip_door);
        net_stop(w->net);
    }
}

static void on_timer(void *ctx)
{
    (void)ctx; /* it only wakes the loop: the turn runs what is due */
}

static void on_wake(void *ctx)
{
    struct worker *w = ctx;

    worker_tell_time(w);
    storer_finish(w->storer, w);
}

static void on_drain(struct timer *t, struct worker *w)
{
    (void)t; /* being cleared is what is_drained looks for */
    (void)w;
}

static void begin_drain(struct worker *w)
{
    if (w->draining)
        return;
    w->draining = true;
    LOG_INFO(&w->log, "worker", "stopping: sessions are told, writes are finished");
    aim_door_close_listeners(w->aim_door);
    web_door_close_listeners(w->web);
    sip_door_close_listeners(w->sip_door);
    aim_door_shutdown(w->aim_door);
    timer_set(w, &w->drain, w->now + DRAIN_MS);
}

static void on_signal(void *ctx, int signo)
{
    struct worker *w = ctx;

    worker_tell_time(w);
    if (signo == 1 /* SIGHUP */)
        reload(w);
    else
        begin_drain(w);
}

static void on_full(void *ctx)
{
    struct worker *w = ctx;

    worker_tell_time(w);
    w->metrics.callers_let_go++;
    if (w->told_full && w->now - w->told_full < FULL_AGAIN_MS)
        return;
    w->told_full = w->now;
    LOG_WARNING(
        &w->log, "worker",
        "callers are let go: nearly all files that may be open are (told once a minute)", "do",
        "raise LimitNOFILE in the service (ulimit -n), or see who calls: aimgate session list");
}

static void wake_net(void *ctx)
{
    net_wake(ctx);
}

/* ---- life ---- */

static enum err open_store(struct worker *w, struct buf *why)
{
    struct buf path = {0}, key = {0};
    struct store *first = NULL;
    enum err e;

    datadir_path(w->conf->data, DATADIR_DATABASE, &path);
    datadir_path(w->conf->data, DATADIR_KEY, &key);
    e = store_open(buf_cstr(&path), STORE_WRITE, &first); /* made, or brought up to date */
    if (!e) {
        e = seal_open_key_for(first, buf_cstr(&key), &w->key);
        if (e)
            seal_explain(e, buf_cstr(&key), why);
        store_close(first);
    } else {
        store_explain(e, buf_cstr(&path), why);
    }
    if (!e) {
        struct storer_conf conf = {
            .path = buf_cstr(&path), .wake = wake_net, .wake_ctx = w->net, .log = &w->log};

        e = storer_start(&conf, &w->storer);
        if (!e)
            e = store_open(buf_cstr(&path), STORE_READ, &w->store);
        if (e)
            store_explain(e, buf_cstr(&path), why);
    }
    buf_fini(&path);
    buf_fini(&key);
    return e;
}

/* What others see as us, over one transport: towards IPv4 (or all, where nothing else is listened
 * on) or towards IPv6. A listener on all addresses is told by the one that the way out starts
 * from. */
static void put_sent_by(struct buf *b, const struct conf_addresses *at, bool v6)
{
    struct sip_addr own, listen;
    size_t i = 0;

    while (i < at->n && (at->at[i].at.sa.sa_family == AF_INET6) != v6)
        i++;
    if (i == at->n && (v6 || !at->n))
        return;
    net_from_sockaddr(&at->at[i < at->n ? i : 0].at.sa, &listen);
    if (!sip_addr_is_unicast(&listen) && net_own_address(listen.family, &own)) {
        own.port = listen.port;
        listen = own;
    }
    sip_addr_print_hostport(b, &listen);
}

static struct span supported_tags(const struct conf *c)
{
    if (c->sip.list_messages)
        return c->sip.lists
                   ? SPAN("eventlist, recipient-list-subscribe, gruu, recipient-list-message")
                   : SPAN("gruu, recipient-list-message");
    return c->sip.lists ? SPAN("eventlist, recipient-list-subscribe, gruu") : SPAN("gruu");
}

static bool new_sip(struct worker *w)
{
    const struct conf_addresses *at[SIP_TRANSPORTS] = {[SIP_TRANSPORT_UDP] = &w->conf->sip.udp,
                                                       [SIP_TRANSPORT_TCP] = &w->conf->sip.tcp,
                                                       [SIP_TRANSPORT_TLS] = &w->conf->sip.tls,
                                                       [SIP_TRANSPORT_WS] = &w->conf->sip.ws,
                                                       [SIP_TRANSPORT_WSS] = &w->conf->sip.wss};
    struct buf names[SIP_TRANSPORTS][2] = {0};
    struct sip_core_conf conf = {.domain = w->own_domain,
                                 .accept = SPAN(MESSAGE_ACCEPT),
                                 .rng = &w->rng};
    uint8_t secret[DIGEST_KEY_SIZE];

    conf.partial = w->conf->sip.partial;
    conf.supported = supported_tags(w->conf);
    for (int t = 0; t < SIP_TRANSPORTS; t++) {
        if (!at[t])
            continue;
        put_sent_by(&names[t][0], at[t], false);
        put_sent_by(&names[t][1], at[t], true);
        conf.sent_by[t] = buf_span(&names[t][0]);
        conf.sent_by_v6[t] = buf_span(&names[t][1]);
    }
    w->sip = sip_core_new(&conf, w->now, w->unix_now);
    rng_bytes(&w->rng, secret, sizeof secret);
    /* libpurple answers without qop, though it is asked for: such answers are taken, bound to a
     * nonce's life. */
    w->digest = digest_server_new(&(struct digest_conf){.legacy = true}, secret);
    for (int t = 0; t < SIP_TRANSPORTS; t++)
        for (int v6 = 0; v6 < 2; v6++)
            buf_fini(&names[t][v6]);
    return w->sip && w->digest;
}

static enum err new_parts(struct worker *w)
{
    static const struct aim_handler aim_flows = {.event = aim_event,
                                                 .quiet = signon_push_stored,
                                                 .took = flight_session_took,
                                                 .acked = flight_session_acked,
                                                 .lost = flight_session_lost,
                                                 .gone = signon_session_gone};
    static const struct flight_handler flight_flows = {.stored = later_stored,
                                                       .over = later_over,
                                                       .landed = later_landed,
                                                       .receipt = receipt_send,
                                                       .ended = message_notice_ended,
                                                       .failed = receipt_failed};
    static const struct strangers_handler strangers = {.wake = later_wake, .block = blocks_set};
    static const struct sip_handler sip_flows = {.event = sip_event, .lost = register_lost};
    enum err e = people_new(&w->people);

    if (!e)
        e = peers_new(w->conf, &w->penalties, &w->peers);
    if (!e)
        e = locator_new(w, &w->locator);
    if (!e)
        e = aim_door_new(w, &aim_flows, &w->aim_door);
    if (!e)
        e = sip_door_new(w, &sip_flows, &w->sip_door);
    if (!e)
        e = control_door_new(w, admin_command, &w->control);
    if (!e)
        e = admin_door_new(w, admin_command, &w->admin);
    if (!e)
        e = web_door_new(w, weblogin_asked, &w->web);
    if (e)
        return e;
    w->authorizer = authorizer_new();
    w->cookies = cookies_new();
    w->weblogins = weblogins_new();
    w->lists = lists_new();
    w->flights = flights_new(&flight_flows);
    w->lanes = lanes_new(backlog_peer_is_up);
    w->consents = consents_new();
    w->knocks = knocks_new();
    w->strangers = strangers_new(&strangers);
    w->later = later_new();
    w->limits = limits_new(&w->rng);
    w->warnings = warnings_new();
    w->looks = looks_new();
    w->upstreams = upstreams_new();
    w->talks = talks_new();
    w->receipts = receipts_new();
    w->backlog = backlog_new();
    w->tastes = tastes_new();
    w->untolds = untolds_new(receipt_failed_words);
    w->linkwatch = linkwatch_new(w);
    w->peer_names = peer_names_new(w);
    w->helper = helper_new(w);
    return w->helper && w->knocks && w->strangers && w->consents && w->authorizer && w->cookies &&
                   w->weblogins && w->flights && w->lanes && w->later && w->lists && w->limits &&
                   w->warnings && w->looks && w->upstreams && w->talks && w->backlog && w->tastes &&
                   w->receipts && w->untolds && w->linkwatch && w->peer_names && new_sip(w)
               ? OK
               : ERR_NOMEM;
}

enum err worker_new(struct conf *conf, const struct log *log, struct worker **out, struct buf *why)
{
    struct worker *w = calloc(1, sizeof *w);
    enum err e = ERR_NOMEM;

    *out = w;
    if (w) {
        w->conf = conf;
        w->log = *log;
        rng_init(&w->rng);
        rng_bytes(&w->rng, w->crossing_key, sizeof w->crossing_key);
        xml_init();
        penalties_init(&w->penalties);
        w->drain.due = on_drain;
        e = book_init(w);
    }
    if (!e)
        e = net_new(&(struct net_handler){w, on_turn, on_timer, on_wake, on_signal, on_full},
                    &w->net);
    if (!e)
        e = tls_new(&w->log, &w->tls);
    if (!e)
        e = reload_tls(w, w->conf, why);
    if (!e)
        e = credentials_load(w->conf, &w->credentials, why);
    if (!e) {
        worker_tell_time(w);
        w->started = w->unix_now;
        e = open_store(w, why);
    }
    if (!e)
        e = new_parts(w);
    if (e && why->n == 0)
        buf_str(why, err_text(e));
    return e;
}

enum err worker_open(struct worker *w, struct buf *why)
{
    enum err e;

    worker_tell_time(w);
    e = helper_check(w, why);
    if (e)
        return e;
    register_restore(w);
    publish_restore(w);
    watch_restore(w);
    e = control_door_open(w->control, why);
    if (!e)
        e = aim_door_open(w->aim_door, why);
    if (!e)
        e = sip_door_open(w->sip_door, why);
    if (!e)
        e = admin_door_open(w->admin, why);
    if (!e)
        e = web_door_open(w->web, why);
    if (!e) {
        later_start(w);
        consents_start(w);
        warnings_restore(w);
        cert_watch_start(w);
    }
    return e;
}

void worker_run(struct worker *w)
{
    net_run(w->net);
}

/* Those elsewhere first: they hold the accounts that want to know of them. */
static void free_people(struct worker *w)
{
    size_t at = 0;
    struct person *p;

    while ((p = table_next(&w->people->by_key, &at)))
        if (!p->account) {
            watch_free_all(p);
            person_release(w, p);
        }
    at = 0;
    while ((p = table_next(&w->people->by_key, &at))) {
        watch_free_all(p);
        if (p->account) {
            winfo_free_all(p->account);
            account_drop(w, p->account);
        }
    }
    people_free(w->people);
}

void worker_free(struct worker *w)
{
    if (!w)
        return;
    w->stopped = true;
    control_door_free(w->control);
    admin_door_free(w->admin);
    web_door_free(w->web);
    aim_door_hang_up(w->aim_door); /* what its sessions did not acknowledge is stored ... */
    if (w->storer) {            /* ... and all that is on its way to the disk gets there */
        storer_stop(w->storer);
        storer_finish(w->storer, w);
        storer_free(w->storer);
    }
    aim_door_free(w->aim_door); /* whose sessions the answers of the disk look for */
    talks_free(w, w->talks);
    looks_free(w, w->looks);
    upstreams_free(w, w->upstreams);
    limits_free(w->limits);
    warnings_free(w, w->warnings);
    receipts_free(w->receipts);
    untolds_free(w->untolds);
    lanes_free(w->lanes);
    tastes_free(w->tastes);
    consents_free(w, w->consents);
    knocks_free(w->knocks);
    strangers_free(w->strangers);
    later_free(w, w->later);
    backlog_free(w, w->backlog);
    flights_free(w, w->flights);
    authorizer_free(w->authorizer);
    cookies_free(w->cookies);
    weblogins_free(w->weblogins);
    lists_free(w, w->lists);
    helper_free(w, w->helper);
    if (w->people)
        free_people(w);
    linkwatch_free(w, w->linkwatch);
    sip_door_free(w->sip_door);
    sip_core_free(w->sip);
    digest_server_free(w->digest);
    peer_names_free(w->peer_names);
    locator_free(w->locator);
    peers_free(w->peers);
    credentials_free(w->credentials);
    penalties_fini(&w->penalties);
    store_close(w->store);
    net_free(w->net);
    tls_free(w->tls);
    seal_key_fini(&w->key);
    book_fini(w);
    deadlines_fini(&w->timers);
    arena_fini(&w->arena);
    buf_fini(&w->scratch);
    conf_free(w->conf);
    conf_free(w->live);
    free(w);
}
