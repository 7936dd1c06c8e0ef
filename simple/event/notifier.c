/* The notifier (RFC 6665 4.2, RFC 3856): others watch our users. Comes in: SUBSCRIBE, the gateway's
 * decisions and states, answers to NOTIFY, time. Goes out: 200 with a dialog, NOTIFY one at a time
 * and not too often, the end of a watch. Stays out: who may watch whom, what a document says. */
#include "simple/event/notifier.h"

#include <stdlib.h>

#include "simple/event/reason.h"
#include "simple/txn/reply.h"
#include "simple/wire/print.h"

/* --- life --- */

static bool is_word(struct span s) /* may stand in a line, and was not cut */
{
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] <= ' ' || s.p[i] == 0x7F)
            return false;
    return s.n <= WATCH_ID_MAX;
}

struct sip_watch *watch_new(struct sip_core *c, struct span id, uint64_t owner)
{
    struct sip_watch *w;

    if (c->n_watches >= c->conf.max_watches || !is_word(id))
        return NULL;
    w = calloc(1, sizeof *w + id.n);
    if (!w)
        return NULL;
    w->d.role = DIALOG_WATCH;
    w->owner = owner;
    w->id_n = (uint8_t)id.n;
    if (id.n)
        memcpy(w->id, id.p, id.n);
    list_append(&c->watches, &w->all);
    c->n_watches++;
    return w;
}

/* No request finds it from here on. */
static void leave_dialogs(struct sip_core *c, struct sip_watch *w)
{
    if (w->known)
        table_remove(&c->dialogs, dialog_key(&w->d));
    w->known = false;
}

void watch_free(struct sip_core *c, struct sip_watch *w)
{
    leave_dialogs(c, w);
    deadline_clear(&c->watches_due, &w->due);
    client_free(&c->clients, client_find(&c->clients, w->in_flight));
    sip_doc_unref(&w->doc);
    if (w->body)
        w->body->free(w);
    partial_end(w);
    list_remove(&w->all);
    c->n_watches--;
    dialog_fini(&w->d);
    free(w);
}

void notifier_fini(struct sip_core *c)
{
    LIST_EACH (struct sip_watch, w, &c->watches, all)
        watch_free(c, w);
    LIST_EACH (struct sip_watch, w, &c->told_watches, all)
        watch_free(c, w);
}

enum err watch_join(struct sip_core *c, struct sip_watch *w, const struct dialog_parts *parts)
{
    enum err e;

    if (!dialog_set(&w->d, parts))
        return ERR_SYNTAX;
    e = table_add(&c->dialogs, dialog_key(&w->d), &w->d);
    w->known = e == OK;
    return e;
}

/* Wakes it at its expiry, or earlier to say what waits. */
static void schedule(struct sip_core *c, struct sip_watch *w)
{
    uint64_t when = w->expires_at;

    if (w->state != WATCH_OPEN)
        when = DEADLINE_NEVER;
    else if (w->wanted && !w->silent && !w->in_flight && w->next_at < when)
        when = w->next_at;
    else if (watch_repeat_at(w) < when)
        when = watch_repeat_at(w);
    (void)deadline_set(&c->watches_due, &w->due,
                       when); /* no memory: the next thing that happens sets it */
}

static void move_to(struct sip_watch *w, struct list *to, bool told)
{
    list_remove(&w->all);
    list_append(to, &w->all);
    w->told = told;
}

static void tell_end(struct sip_core *c, struct sip_watch *w, int status)
{
    w->end_status = (uint16_t)status;
    if (!w->forgotten && !w->told)
        move_to(w, &c->told_watches, true);
}

/* All is said: it goes as soon as the gateway has heard of it. */
static void finish(struct sip_core *c, struct sip_watch *w)
{
    leave_dialogs(c, w);
    w->state = WATCH_GONE;
    w->wanted = false;
    schedule(c, w);
    if (w->forgotten)
        watch_free(c, w);
}

bool notifier_next(struct sip_core *c, struct sip_core_event *out)
{
    struct sip_watch *w;

    if (list_empty(&c->told_watches))
        return false;
    w = LIST_OF(c->told_watches.next, struct sip_watch, all);
    move_to(w, &c->watches, false);
    *out = (struct sip_core_event){.kind = SIP_EVENT_WATCH_ENDED,
                                   .watch = w,
                                   .owner = w->owner,
                                   .status = w->end_status,
                                   .from = w->d.hop};
    c->dead_watch = w;
    return true;
}

void notifier_bury(struct sip_core *c)
{
    struct sip_watch *w = c->dead_watch;

    c->dead_watch = NULL;
    if (!w)
        return;
    w->forgotten = true;
    if (w->state == WATCH_GONE)
        watch_free(c, w);
}

/* --- NOTIFY --- */

static void put_state(const struct sip_watch *w, struct buf *b, uint64_t now)
{
    BUF_LIT(b, "Subscription-State: ");
    if (w->say == SIP_SUBSTATE_TERMINATED) {
        BUF_LIT(b, "terminated");
        if (w->reason != SIP_REASON_NONE) {
            BUF_LIT(b, ";reason=");
            buf_str(b, sip_reason_word((enum sip_sub_reason)w->reason));
        }
        if (w->retry_after) {
            BUF_LIT(b, ";retry-after=");
            buf_number(b, w->retry_after);
        }
    } else {
        buf_str(b, w->say == SIP_SUBSTATE_PENDING ? "pending;expires=" : "active;expires=");
        buf_number(b, w->expires_at > now ? (w->expires_at - now) / 1000 : 0);
        notify_rates_put(b, w->rates); /* S-302, RFC 6446 9: what is obeyed is echoed */
    }
    BUF_LIT(b, "\r\n");
}

/* From the clock, so that it still grows after a restart without being written down: seconds since
 * 2020, one more where two fall into one second. */
static uint32_t next_cseq(const struct sip_core *c, struct sip_watch *w, uint64_t now)
{
    int64_t seconds = core_unix(c, now) - CSEQ_EPOCH;

    if (seconds > (int64_t)w->d.local_cseq && seconds < INT32_MAX)
        w->d.local_cseq = (uint32_t)seconds;
    else
        w->d.local_cseq++;
    return w->d.local_cseq;
}

/* RFC 6665 8.2.1: in every NOTIFY the Event of the SUBSCRIBE. liblinphone asks for "presence", and
 * takes a list's state for presence only where it is called "Presence". */
static void put_event(const struct sip_watch *w, struct buf *b)
{
    const char *name = w->body && w->body->event ? w->body->event(w) : NULL;

    BUF_LIT(b, "Event: ");
    if (name)
        buf_str(b, name);
    else if (w->of_winfo)
        BUF_LIT(b, "presence.winfo");
    else
        BUF_LIT(b, "presence");
    if (w->id_n) {
        BUF_LIT(b, ";id=");
        buf_add(b, watch_id(w));
    }
    BUF_LIT(b, "\r\n");
}

static void print_notify(struct sip_core *c, struct sip_watch *w, const struct client_txn *t,
                         uint32_t cseq, const struct sip_doc *doc, uint64_t now)
{
    struct buf *b = outbox_begin(&c->out);

    BUF_LIT(b, "NOTIFY ");
    buf_add(b, dialog_uri(&w->d));
    BUF_LIT(b, " SIP/2.0\r\n");
    core_put_via(c, b, t);
    dialog_put_head(&w->d, b);
    core_put_contact(c, b, &w->d.hop, w->secure);
    put_event(w, b);
    BUF_LIT(b, "CSeq: ");
    buf_number(b, cseq);
    BUF_LIT(b, " NOTIFY\r\n");
    put_state(w, b, now);
    if (watch_is_list(w))
        BUF_LIT(b, "Require: eventlist\r\n"); /* S-350, RFC 4662 4.1: always with a list's state */
    if (doc)
        buf_put(b, doc->tail, doc->n);
    else
        BUF_LIT(b, "Content-Length: 0\r\n\r\n");
}

static bool only_datagrams(const struct sip_core *c, const struct sip_watch *w)
{
    return w->d.hop.transport == SIP_TRANSPORT_UDP &&
           (w->udp_only || !c->names[SIP_TRANSPORT_TCP].sent_by.n);
}

/* S-152, RFC 3261 18.1.1: what is too long for a datagram goes over TCP, to the same address. */
static bool is_for_tcp(const struct sip_core *c, const struct sip_watch *w)
{
    return w->d.hop.transport == SIP_TRANSPORT_UDP && !only_datagrams(c, w) &&
           outbox_printed(&c->out).n > SIP_UDP_MAX;
}

/* Its body is made only when it may be sent: until then changes gather. */
static bool is_composed(const struct sip_watch *w)
{
    return w->body != NULL;
}

static struct sip_doc *compose(const struct sip_core *c, struct sip_watch *w)
{
    return w->body->compose(c, w, only_datagrams(c, w));
}

static bool is_told_in_parts(const struct sip_watch *w)
{
    return w->partial && w->doc && !is_composed(w);
}

static bool send_doc(struct sip_core *c, struct sip_watch *w, const struct sip_doc *doc,
                     uint64_t now)
{
    struct client_txn *t = client_new(&c->clients, &w->d.hop, SIP_NOTIFY);
    uint32_t cseq;
    uint64_t id;

    if (!t)
        return false;
    t->whom = CLIENT_FOR_WATCH;
    t->user = w;
    id = t->id;
    cseq = next_cseq(c, w, now);
    print_notify(c, w, t, cseq, doc, now);
    if (is_for_tcp(c, w)) {
        t->hop.transport = SIP_TRANSPORT_TCP;
        outbox_undo(&c->out);
        print_notify(c, w, t, cseq, doc, now);
    }
    if (!client_start(&c->clients, t, now))
        return false;
    w->in_flight = id;
    return true;
}

static bool send_notify(struct sip_core *c, struct sip_watch *w, uint64_t now)
{
    struct sip_doc *doc;
    bool sent;

    if (is_composed(w) && !w->doc)
        w->doc = compose(c, w);
    if (is_composed(w) && !w->doc)
        return false;
    if (!is_told_in_parts(w))
        return send_doc(c, w, w->doc, now);
    doc = partial_compose(w);
    sent = doc && send_doc(c, w, doc, now);
    if (sent)
        partial_sent(w);
    sip_doc_unref(&doc);
    return sent;
}

/* Sends what waits, if it may go now. May free w. */
static void pump(struct sip_core *c, struct sip_watch *w, uint64_t now)
{
    bool at_once = w->urgent || w->state == WATCH_CLOSING;

    if (w->silent && w->state == WATCH_CLOSING) {
        finish(c, w); /* it never began: there is nobody to tell */
        return;
    }
    if (w->wanted && !w->silent && !w->in_flight && (at_once || now >= w->next_at)) {
        if (send_notify(c, w, now)) {
            w->wanted = w->urgent = false;
            w->next_at = now + notify_rates_apart(w->rates);
        } else if (w->state == WATCH_CLOSING) {
            finish(c, w); /* it could not be said: their refresh will find nothing */
            return;
        } else {
            w->urgent = false;
            w->next_at = now + NOTIFY_RETRY;
        }
    }
    schedule(c, w);
}

static void set_state(struct sip_watch *w, enum sip_substate say, enum sip_sub_reason reason,
                      uint32_t retry_after, struct sip_doc *doc)
{
    struct sip_doc *old = w->doc;

    if (!is_composed(w)) {
        w->doc = sip_doc_ref(doc);
        sip_doc_unref(&old);
    }
    w->say = (uint8_t)say;
    w->reason = (uint8_t)reason;
    w->retry_after = retry_after;
    w->wanted = true;
}

void sip_watch_notify(struct sip_core *c, struct sip_watch *w, const struct sip_notify *n,
                      uint64_t now)
{
    bool ends = n->state == SIP_SUBSTATE_TERMINATED || w->last;
    /* RFC 6446 5.3: who wants few gets few, but for what they wait for */
    bool may_hurry = !w->rates.max || w->say == SIP_SUBSTATE_PENDING;

    if (w->state != WATCH_OPEN)
        return;
    if (n->state == SIP_SUBSTATE_TERMINATED)
        set_state(w, n->state, n->reason, n->retry_after, n->doc);
    else
        set_state(w, w->last ? SIP_SUBSTATE_TERMINATED : n->state,
                  w->last ? SIP_REASON_TIMEOUT : SIP_REASON_NONE, 0, n->doc);
    w->urgent = w->urgent || (n->urgent && may_hurry) || w->first;
    if (watch_is_list(w) && w->first)
        w->body->tell_all(w); /* S-351, RFC 4662 5.2: after every SUBSCRIBE */
    if (w->first)
        partial_tell_all(w); /* RFC 5263 4.3 */
    w->first = false;
    if (ends) {
        leave_dialogs(c, w);
        w->state = WATCH_CLOSING;
        w->forgotten = true;
    }
    pump(c, w, now);
}

/* --- answers to NOTIFY --- */

/* S-153: TCP was chosen for its length only, and does not work: once more by UDP, whatever the
 * length. */
static bool falls_back(struct sip_watch *w, const struct core_result *r)
{
    if ((r->cause != SIP_BY_TRANSPORT && r->cause != SIP_BY_BREAK) ||
        r->hop.transport == w->d.hop.transport)
        return false;
    w->udp_only = w->wanted = w->urgent = true;
    if (watch_is_list(w))
        w->body->unsent(w);
    partial_tell_all(w);
    return true;
}

/* Nobody is there any more. S-265, RFC 6665 4.2.2: these answers, and silence. */
static bool is_lost(const struct core_result *r)
{
    return r->cause != SIP_BY_PEER || core_ends_subscription(r->status);
}

static void keep_on(struct sip_watch *w, const struct core_result *r, uint64_t now)
{
    uint32_t wait = core_retry_after(r->msg);

    if (r->status == 503 && wait) { /* S-266: they stay subscribed, and are told later */
        w->wanted = true;
        w->urgent = false;
        w->next_at = now + (uint64_t)(wait < NOTIFY_WAIT_MAX ? wait : NOTIFY_WAIT_MAX) * 1000;
    } else if (!w->wanted && !w->rates.min) {
        sip_doc_unref(&w->doc);
    }
}

/* Of a list: what came with this NOTIFY is told, or lost and then all is told anew; what did not
 * fit into it follows at once. */
static void list_answered(struct sip_watch *w, const struct core_result *r, bool again)
{
    sip_doc_unref(&w->doc);
    if (r->status >= 300 && !again)
        w->body->tell_all(w);
    else if (w->state == WATCH_OPEN && w->body->has_more(w) && !w->wanted)
        w->wanted = w->urgent = true;
}

void notifier_answered(struct sip_core *c, struct sip_watch *w, const struct core_result *r,
                       uint64_t now)
{
    bool again = falls_back(w, r);

    w->in_flight = 0;
    if (r->status >= 300)
        partial_tell_all(w); /* it may not have been read */
    if (watch_is_list(w))
        list_answered(w, r, again);
    else if (w->body && !again)
        sip_doc_unref(&w->doc);
    if (w->state == WATCH_OPEN && !again && is_lost(r)) {
        tell_end(c, w, r->status);
        finish(c, w);
    } else if (w->state == WATCH_CLOSING && (!w->wanted || (!again && is_lost(r)))) {
        finish(c, w); /* the last word was said, or nobody hears it */
    } else {
        if (w->state == WATCH_OPEN && !again)
            keep_on(w, r, now);
        pump(c, w, now);
    }
}

void notifier_tick(struct sip_core *c, uint64_t now)
{
    struct deadline *due;

    while ((due = deadlines_due(&c->watches_due, now)) != NULL) {
        struct sip_watch *w = LIST_OF(due, struct sip_watch, due);

        if (now >= w->expires_at) { /* S-263: not refreshed */
            set_state(w, SIP_SUBSTATE_TERMINATED, SIP_REASON_TIMEOUT, 0, NULL);
            leave_dialogs(c, w);
            w->state = WATCH_CLOSING;
            tell_end(c, w, 0);
        } else if (now >= watch_repeat_at(w)) {
            watch_repeat(w);
        }
        pump(c, w, now);
    }
}
