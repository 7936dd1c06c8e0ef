/* SUBSCRIBE as the notifier sees it: the first, a refresh, a fetch, the end; and what a restart
 * keeps of it. */
#include "simple/event/notifier.h"
#include "simple/wire/print.h"

#define ALLOW_EVENTS "Allow-Events: presence, presence.winfo\r\n"

static struct sip_watch *watch_of(struct dialog *d)
{
    return (struct sip_watch *)(void *)d;
}

/* Is its package one that is served? */
static bool names_package(const struct sip_msg *m, struct sip_event *event, bool *winfo)
{
    if (!sip_event_parse(sip_msg_value(m, SIP_HDR_EVENT), event))
        return false;
    *winfo = span_eq(event->package, SPAN("presence.winfo"));
    return *winfo || span_eq(event->package, SPAN("presence"));
}

static uint32_t asked_expires(const struct sip_msg *m)
{
    uint32_t seconds;

    if (sip_seconds_parse(sip_msg_value(m, SIP_HDR_EXPIRES), &seconds))
        return seconds;
    return 3600; /* S-251, RFC 3856 6.4 */
}

bool sip_watch_grant(const struct sip_msg *subscribe, uint32_t min, uint32_t max, uint32_t *expires,
                     int *status)
{
    uint32_t asked = asked_expires(subscribe);

    if (asked > 0 && asked < min && asked < 3600) { /* S-253: an hour is never too short */
        *status = 423;
        return false;
    }
    *expires = asked < max ? asked : max;
    return true;
}

/* --- the wire's side --- */

static void first_subscribe(struct sip_core *c, const struct sip_hop *from,
                            const struct txn_key *key, bool winfo, uint64_t now)
{
    const struct sip_msg *m = &c->msg;
    struct span target;
    struct sip_txn txn;

    /* S-267: without Accept it is the package's own */
    if (!sip_accepts(m, "application", winfo ? "watcherinfo+xml" : "pidf+xml", true)) {
        core_refuse(c, from, key, 406, (struct span){0},
                    winfo ? SPAN("Accept: application/watcherinfo+xml\r\n")
                          : SPAN("Accept: application/pidf+xml\r\n"));
        return;
    }
    if (!dialog_target(m, &target)) {
        core_refuse(c, from, key, 400, SPAN("Missing or Malformed Contact"), (struct span){0});
        return;
    }
    txn = c->msg_txn = server_open(&c->server, m, from, key, now);
    if (txn.id)
        core_tell(c, &(struct sip_core_event){.kind = SIP_EVENT_REQUEST,
                                              .method = SIP_SUBSCRIBE,
                                              .expires = asked_expires(m),
                                              .winfo = winfo,
                                              .txn = txn,
                                              .msg = m,
                                              .from = *from});
}

/* RFC 6665 4.4.1, RFC 3261 12.2: SUBSCRIBE is a target refresh request. Without memory the old
 * target stays. */
static void refresh_target(struct dialog *d, const struct sip_msg *m)
{
    struct dialog_parts parts = dialog_parts(d);

    if (dialog_target(m, &parts.target) && !span_eq(parts.target, dialog_part(d, DIALOG_TARGET)))
        dialog_set(d, &parts);
}

static void refresh(struct sip_core *c, struct sip_watch *w, const struct sip_hop *from,
                    const struct txn_key *key, uint64_t now)
{
    const struct sip_msg *m = &c->msg;
    struct server_request r;
    struct sip_txn txn;

    if (!dialog_advance(&w->d, m)) { /* RFC 3261 12.2.2: older than the last */
        core_refuse(c, from, key, 500, SPAN("CSeq Too Low"), (struct span){0});
        return;
    }
    txn = server_open(&c->server, m, from, key, now);
    if (!txn.id || !server_request(&c->server, txn, &r))
        return;
    refresh_target(&w->d, m);
    if (core_can_reach(c, &r.reply, dialog_part(&w->d, DIALOG_TARGET)))
        w->d.hop = r.reply;
    core_tell(c, &(struct sip_core_event){.kind = SIP_EVENT_WATCH_REFRESH,
                                          .method = SIP_SUBSCRIBE,
                                          .expires = asked_expires(m),
                                          .txn = txn,
                                          .watch = w,
                                          .owner = w->owner,
                                          .msg = m,
                                          .from = *from});
}

void notifier_subscribe(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key,
                        uint64_t now)
{
    const struct sip_msg *m = &c->msg;
    struct sip_event event;
    struct dialog *d;
    bool winfo;

    if (!names_package(m, &event, &winfo)) { /* S-249 */
        core_refuse(c, from, key, 489, (struct span){0}, SPAN(ALLOW_EVENTS));
        return;
    }
    if (!m->to.tag.n) {
        first_subscribe(c, from, key, winfo, now);
        return;
    }
    d = core_dialog(c, m, DIALOG_WATCH);
    if (!d || watch_of(d)->silent || watch_of(d)->of_winfo != winfo ||
        !span_eq(watch_id(watch_of(d)), event.id)) { /* S-264 */
        core_refuse(c, from, key, 481, (struct span){0}, (struct span){0});
        return;
    }
    watch_of(d)->rates = notify_rates_parse(event.params);
    partial_choose(c, watch_of(d), m);
    refresh(c, watch_of(d), from, key, now);
}

/* --- the gateway's side --- */

/* The request that waits: the input, if it still is, else what was kept of it. */
static const struct sip_msg *request_of(struct sip_core *c, struct sip_txn txn,
                                        const struct server_request *r)
{
    if (c->msg_txn.id == txn.id)
        return &c->msg;
    (void)sip_msg_parse(&c->again, r->head); /* all but its body, and that was good before */
    return &c->again;
}

/* Of a 200, but for Record-Route. */
static void put_ok(struct sip_core *c, const struct sip_watch *w, uint32_t expires, struct buf *b)
{
    core_put_contact(c, b, &w->d.hop, core_is_secure(dialog_part(&w->d, DIALOG_TARGET)));
    sip_put_hdr_number(b, SIP_HDR_EXPIRES, expires);
    if (watch_is_list(w))
        BUF_LIT(b, "Require: eventlist\r\n"); /* S-350, RFC 4662 4.1 */
}

/* What is said of a subscription that lasts is made anew for a repeat, instead of being kept beside
 * it: there may be very many. */
static bool answer_ok(struct sip_core *c, struct sip_txn txn, const struct sip_watch *w,
                      uint32_t expires, uint64_t now)
{
    struct buf *b = core_scratch(c);
    bool routed = dialog_part(&w->d, DIALOG_ROUTES).n > 0;
    struct server_request r;

    if (w->silent && routed && server_request(&c->server, txn, &r)) /* RFC 3261 12.1.1 */
        sip_put_copy(b, request_of(c, txn, &r), SIP_HDR_RECORD_ROUTE);
    put_ok(c, w, expires, b);
    return buf_ok(b) && server_respond(&c->server, txn,
                                       &(struct sip_answer){.status = w->accepted ? 202 : 200,
                                                            .headers = buf_span(b),
                                                            .remade = expires > 0},
                                       now);
}

void notifier_repeat(struct sip_core *c, const struct sip_hop *from, const struct txn_key *key)
{
    const struct sip_msg *m = &c->msg;
    struct sip_answer a = {.status = 200};
    struct buf *b = core_scratch(c);
    char tag[SERVER_TAG];
    struct dialog *d;

    server_tag(&c->server, key, tag);
    d = table_find(&c->dialogs, m->to.tag.n ? m->to.tag : span_of(tag, sizeof tag));
    if (d && d->role == DIALOG_WATCH && dialog_is(d, m)) {
        if (!m->to.tag.n)
            sip_put_copy(b, m, SIP_HDR_RECORD_ROUTE);
        a.status = watch_of(d)->accepted ? 202 : 200;
        put_ok(c, watch_of(d), watch_of(d)->granted, b);
        a.headers = buf_span(b);
    } /* else it ended meanwhile */
    server_again(&c->server, m, from, key, &a);
}

static void live_until(struct sip_core *c, struct sip_watch *w, uint64_t when)
{
    w->expires_at = when;
    if (deadline_set(&c->watches_due, &w->due, when) != OK)
        w->expires_at = 0; /* no memory: it ends with the next thing that happens */
}

/* The gateway tells the state right after this; should it not, an ended watch is not kept for that.
 */
static void grant(struct sip_core *c, struct sip_watch *w, uint32_t expires, uint64_t now)
{
    w->silent = false;
    w->first = true;
    w->last = expires == 0;
    w->granted = expires;
    live_until(c, w, now + (expires ? (uint64_t)expires * 1000 : 64 * c->t1));
}

/* Makes the dialog of a SUBSCRIBE that has waited for its answer. */
static enum err make_dialog(struct sip_core *c, struct sip_watch *w, const struct server_request *r,
                            const struct sip_msg *m)
{
    struct buf text = {.max = DIALOG_TEXT_MAX};
    struct dialog_parts parts = {
        .call_id = m->call_id, .local_tag = r->tag, .remote_tag = m->from.tag};
    size_t local, remote;
    enum err e = ERR_SYNTAX;

    w->d.hop = r->reply;
    w->d.has_remote_cseq = true;
    w->d.remote_cseq = m->cseq.number;
    dialog_put_party(&text, &m->to);
    local = text.n;
    dialog_put_party(&text, &m->from);
    remote = text.n;
    if (dialog_put_routes(&text, m) && dialog_target(m, &parts.target) &&
        core_can_reach(c, &r->reply, parts.target)) {
        parts.local = span_of(text.p, local);
        parts.remote = span_of(text.p + local, remote - local);
        parts.routes = span_of(text.p + remote, text.n - remote);
        w->secure = core_is_secure(m->uri);
        e = watch_join(c, w, &parts);
    }
    buf_fini(&text);
    return e;
}

static void refuse_late(struct sip_core *c, struct sip_txn txn, int status, uint64_t now)
{
    sip_core_answer(c, txn, status, now);
}

struct sip_watch *sip_watch_accept(struct sip_core *c, struct sip_txn txn, uint64_t owner,
                                   uint64_t now)
{
    struct server_request r;
    const struct sip_msg *m;
    struct sip_watch *w;
    struct sip_event event = {0};
    bool winfo = false;
    enum err e;

    if (!server_request(&c->server, txn, &r) || !r.head.n)
        return NULL;
    m = request_of(c, txn, &r);
    (void)names_package(m, &event, &winfo); /* it did when it came */
    w = watch_new(c, event.id, owner);
    if (!w) {
        refuse_late(c, txn, 503, now);
        return NULL;
    }
    w->of_winfo = winfo;
    w->rates = notify_rates_parse(event.params);
    partial_choose(c, w, m);
    e = make_dialog(c, w, &r, m);
    if (e != OK) { /* ERR_EXISTS: the same SUBSCRIBE once more, long after the first */
        refuse_late(c, txn, e == ERR_EXISTS ? 482 : e == ERR_NOMEM ? 503 : 400, now);
        watch_free(c, w);
        return NULL;
    }
    w->silent = true;
    live_until(c, w, now + 64 * c->t1); /* its SUBSCRIBE cannot be answered any later */
    return w;
}

bool sip_watch_answer(struct sip_core *c, struct sip_watch *w, struct sip_txn txn, uint32_t expires,
                      uint64_t now)
{
    if (w->state != WATCH_OPEN) {
        refuse_late(c, txn, 481, now);
        return false;
    }
    if (!answer_ok(c, txn, w, expires, now))
        return false;
    grant(c, w, expires, now);
    return true;
}

void sip_watch_say_accepted(struct sip_watch *w, bool accepted)
{
    w->accepted = accepted;
}

void sip_watch_set_owner(struct sip_watch *w, uint64_t owner)
{
    w->owner = owner;
}

void sip_watch_move(struct sip_watch *w, const struct sip_hop *hop)
{
    w->d.hop = *hop;
}

struct span sip_watch_next_uri(const struct sip_watch *w)
{
    return dialog_next_uri(&w->d);
}

struct span sip_watch_remote(const struct sip_watch *w)
{
    struct span remote = dialog_part(&w->d, DIALOG_REMOTE);
    struct sip_name_addr a;

    return sip_name_addr_parse(remote, &a) ? a.uri : remote;
}

/* --- a restart --- */

static void put_wants(const struct sip_watch *w, char out[SIP_WANTS_MAX])
{
    struct buf b = {0};

    notify_rates_put(&b, w->rates);
    if (w->partial)
        BUF_LIT(&b, ";partial");
    (void)span_copy(buf_span(&b), out, SIP_WANTS_MAX);
    buf_fini(&b);
}

void sip_watch_export(const struct sip_core *c, const struct sip_watch *w,
                      struct sip_watch_row *out)
{
    int64_t left = ((int64_t)w->expires_at - (int64_t)c->now) / 1000;
    struct dialog_parts parts = dialog_parts(&w->d);

    *out = (struct sip_watch_row){
        .call_id = parts.call_id,
        .local_tag = parts.local_tag,
        .remote_tag = parts.remote_tag,
        .local_uri = parts.local,
        .remote_uri = parts.remote,
        .target = parts.target,
        .routes = parts.routes,
        .event_id = watch_id(w),
        .winfo = w->of_winfo,
        .local_cseq = w->d.local_cseq,
        .remote_cseq = w->d.remote_cseq,
        .expires_at = core_unix(c, c->now) + left,
        .hop = w->d.hop,
    };
    put_wants(w, out->wants);
}

static bool restore(struct sip_core *c, struct sip_watch *w, const struct sip_watch_row *row)
{
    struct dialog_parts parts = {
        .call_id = row->call_id,
        .local_tag = row->local_tag,
        .remote_tag = row->remote_tag,
        .local = row->local_uri,
        .remote = row->remote_uri,
        .target = row->target,
        .routes = row->routes,
    };

    w->d.hop = row->hop;
    w->d.hop.flow = 0;
    w->d.local_cseq = row->local_cseq;
    w->d.remote_cseq = row->remote_cseq;
    w->d.has_remote_cseq = true;
    w->secure = core_is_secure(row->target);
    w->of_winfo = row->winfo;
    w->rates = notify_rates_parse(span_str(row->wants));
    if (c->conf.partial && sip_param_find(span_str(row->wants), "partial", &(struct sip_param){0}))
        (void)partial_begin(w);
    return core_can_reach(c, &w->d.hop, row->target) && parts.local_tag.n &&
           watch_join(c, w, &parts) == OK;
}

struct sip_watch *sip_watch_restore(struct sip_core *c, const struct sip_watch_row *row,
                                    uint64_t owner, uint64_t now, int64_t unix_now)
{
    struct sip_watch *w = watch_new(c, row->event_id, owner);
    int64_t left = row->expires_at - unix_now;

    if (!w)
        return NULL;
    if (left < 0)
        left = 0;
    if (left > CORE_EXPIRES_MAX)
        left = CORE_EXPIRES_MAX;
    w->expires_at = now + (uint64_t)left * 1000;
    if (restore(c, w, row) && deadline_set(&c->watches_due, &w->due, w->expires_at) == OK)
        return w;
    watch_free(c, w);
    return NULL;
}
