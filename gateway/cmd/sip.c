/* aimgate sip NAME: registers over SIP and talks, a line at a time. */
#include "gateway/cmd/sip.h"

#include <time.h>

#include "base/deadlines.h"
#include "gateway/cmd/client_say.h"
#include "mapping/message_sip.h"
#include "simple/doc/xml.h"
#include "simple/wire/print.h"

static struct ua *ua_of(const struct client_talk *t)
{
    return t->self;
}

/* What to do about a message that was not taken. */
static const char *cure_of(int status)
{
    switch (status) {
    case 401:
    case 407: return "sign on again";
    case 403:
    case 603: return "ask them, or the operator of the gateway";
    case 404:
    case 604: return "look at the spelling";
    case 408: return "it may have arrived; ask them, or try again";
    case 413: return "say it in shorter pieces";
    default: return "try later";
    }
}

/* The other side's own words for it, where it has any. */
static void tell_failed(const char *name, const struct sip_core_event *ev)
{
    bool theirs = ev->cause == SIP_BY_PEER && ev->msg && ev->msg->reason.n;
    struct span why = theirs ? ev->msg->reason : span_str(sip_reason(ev->status));

    if (ev->retry_after)
        client_say("not delivered to %s: %.*s; try again in %u seconds", name, SPAN_ARG(why),
                   ev->retry_after);
    else
        client_say("not delivered to %s: %.*s; %s", name, SPAN_ARG(why), cure_of(ev->status));
}

static void delivered(struct ua *ua, const struct ua_request *r, const struct sip_core_event *ev)
{
    char name[CLIENT_NAME_MAX + 1];

    if (!client_settled(ua->t, r->wait, name))
        return;
    if (ev->status == 202)
        client_say("%s is not here; the message is stored and will be delivered", name);
    else if (ev->status >= 300)
        tell_failed(name, ev);
}

static struct ua_request *find_request(struct ua *ua, uint64_t owner)
{
    LIST_EACH (struct ua_request, r, &ua->requests, node) {
        if ((uintptr_t)r == owner)
            return r;
    }
    return NULL;
}

static void take_response(struct ua *ua, const struct sip_core_event *ev)
{
    struct ua_request *r = find_request(ua, ev->owner);
    bool theirs = ev->cause == SIP_BY_PEER;
    bool challenged = theirs && (ev->status == 401 || ev->status == 407);

    if (!r)
        return;
    if (challenged && ua_request_prove(ua, r, ev->msg))
        return;
    if (!challenged && theirs)
        digest_client_accepted(&ua->digest);
    switch (r->asks) {
    case UA_REGISTER: ua_registered(ua, ev); break;
    case UA_PUBLISH: ua_published(ua, ev); break;
    case UA_MESSAGE: delivered(ua, r, ev); break;
    }
    ua_request_free(r);
}

/* ---- what others say ---- */

static void hear(struct ua *ua, const struct sip_msg *m, const struct message *said,
                 const struct sip_body_out *out)
{
    struct buf name = {0};
    int64_t sent = out->cpim_date;

    if (!sent)
        (void)sip_date_parse(sip_msg_value(m, SIP_HDR_DATE), &sent);
    ua_put_name(ua, m->from.uri, &name);
    client_heard(ua->t, buf_span(&name), said->text, sent);
    buf_fini(&name);
}

static void refuse_body(struct ua *ua, const struct sip_core_event *ev,
                        const struct sip_body_out *out)
{
    struct sip_answer answer = {.status = (int)out->status};
    struct buf headers = {0};

    if (out->accept)
        sip_put_hdr_str(&headers, SIP_HDR_ACCEPT, out->accept);
    if (out->accept_encoding)
        sip_put_hdr_str(&headers, SIP_HDR_ACCEPT_ENCODING, out->accept_encoding);
    answer.headers = buf_span(&headers);
    (void)sip_core_respond(ua->core, ev->txn, &answer, ua->t->now);
    buf_fini(&headers);
}

static void take_message(struct ua *ua, const struct sip_core_event *ev)
{
    const struct sip_msg *m = ev->msg;
    struct sip_body_in in = {.content_type = sip_msg_value(m, SIP_HDR_CONTENT_TYPE),
                             .content_encoding = sip_msg_value(m, SIP_HDR_CONTENT_ENCODING),
                             .auto_submitted = sip_msg_value(m, SIP_HDR_AUTO_SUBMITTED),
                             .subject = sip_msg_value(m, SIP_HDR_SUBJECT),
                             .body = m->body};
    struct sip_body_out out;
    struct message said = {0};

    message_sip_read(&in, &ua->arena, &said, &out);
    if (out.kind == SIP_BODY_REFUSE) {
        refuse_body(ua, ev, &out);
        return;
    }
    if (out.kind == SIP_BODY_TEXT)
        hear(ua, m, &said, &out);
    (void)sip_core_answer(ua->core, ev->txn, 200, ua->t->now);
}

static void take_request(struct ua *ua, const struct sip_core_event *ev)
{
    struct sip_answer no = {.status = 405, .headers = SPAN("Allow: MESSAGE, NOTIFY, OPTIONS\r\n")};

    if (ev->method == SIP_MESSAGE)
        take_message(ua, ev);
    else if (ev->method == SIP_OPTIONS)
        (void)sip_core_answer(ua->core, ev->txn, 200, ua->t->now);
    else
        (void)sip_core_respond(ua->core, ev->txn, &no, ua->t->now);
}

/* ---- the core ---- */

static void send_outputs(struct ua *ua)
{
    struct client_socket *s = &ua->t->socket;
    struct sip_output out;

    while (sip_core_output(ua->core, &out)) {
        buf_add(&s->out, out.bytes);
        if (s->datagram)
            (void)client_socket_write(s); /* each one whole */
    }
}

void ua_pump(struct ua *ua)
{
    struct sip_core_event ev;
    struct sip_core_counts counts;

    while (sip_core_next(ua->core, &ev)) {
        if (ev.kind == SIP_EVENT_RESPONSE)
            take_response(ua, &ev);
        else if (ev.kind == SIP_EVENT_REQUEST)
            take_request(ua, &ev);
        else
            ua_watch_event(ua, &ev);
        arena_reset(&ua->arena);
    }
    send_outputs(ua);
    if (!ua->leaving || ua->t->phase == CLIENT_OVER)
        return;
    sip_core_count(ua->core, &counts);
    if (list_empty(&ua->requests) && counts.subs == 0)
        client_over(ua->t);
}

static void take_whole(struct ua *ua, struct span whole)
{
    sip_core_input(ua->core, &ua->hop, whole, ua->t->now);
    ua_pump(ua);
}

static void take_stream(struct ua *ua)
{
    struct buf *in = &ua->t->socket.in;
    enum sip_framed framed = SIP_FRAME_MORE;

    while (ua->t->phase != CLIENT_OVER &&
           (framed = sip_frame_next(&ua->frame, buf_span(in))) != SIP_FRAME_MORE &&
           framed != SIP_FRAME_BROKEN) {
        if (framed == SIP_FRAME_WHOLE)
            take_whole(ua, span_first(buf_span(in), ua->frame.size));
        else if (framed == SIP_FRAME_PING)
            BUF_LIT(&ua->t->socket.out, "\r\n");
        buf_drop(in, ua->frame.size);
    }
    if (framed == SIP_FRAME_BROKEN)
        client_lost(ua->t, "what answers does not speak SIP");
}

static void sip_input(struct client_talk *t)
{
    if (!t->datagram)
        take_stream(ua_of(t));
    else if (t->socket.in.n)
        take_whole(ua_of(t), buf_span(&t->socket.in));
}

/* ---- what is typed ---- */

static void sip_say(struct client_talk *t, struct span name, struct span text)
{
    struct ua *ua = ua_of(t);
    struct ua_request *r = ua_request_new(ua, UA_MESSAGE);

    if (!r || !ua_address(ua, name, &r->uri)) {
        client_say("not delivered: %.*s is no name; take a screen name here, or "
                   "user@another.domain",
                   SPAN_ARG(name));
        if (r)
            ua_request_free(r);
        return;
    }
    buf_add(&r->to, buf_span(&r->uri));
    buf_add(&r->body, text);
    r->wait = ++ua->waits;
    if (ua_request_begin(ua, r))
        client_wait(t, ua->waits, "the message to", name);
    else
        client_say("not delivered to %.*s: it cannot be sent; try again", SPAN_ARG(name));
    ua_pump(ua);
}

static void sip_away(struct client_talk *t, struct span text)
{
    struct ua *ua = ua_of(t);

    buf_reset(&ua->away);
    buf_add(&ua->away, text);
    ua_publish(ua, UA_EXPIRES);
    ua_pump(ua);
    client_say(text.n ? "you are away: %.*s" : "you are back%.*s", SPAN_ARG(text));
}

static void sip_add(struct client_talk *t, struct span name)
{
    struct ua *ua = ua_of(t);
    struct buf uri = {0}, shown = {0};
    struct client_person *p = NULL;

    if (ua_address(ua, name, &uri))
        ua_put_name(ua, buf_span(&uri), &shown);
    if (client_people_find(&t->people, buf_span(&shown)))
        client_say("%.*s is on your list already; /who shows it", SPAN_ARG(buf_span(&shown)));
    else if (shown.n == 0)
        client_say("%.*s is no name; take a screen name here, or user@another.domain",
                   SPAN_ARG(name));
    else if ((p = client_people_get(&t->people, buf_span(&shown))) == NULL)
        client_say("your list is full; sign on again to begin a new one");
    else if (ua_watch(ua, p))
        client_wait(t, (uintptr_t)p, "the adding of", buf_span(&shown));
    else
        client_people_remove(&t->people, p);
    ua_pump(ua);
    buf_fini(&uri);
    buf_fini(&shown);
}

/* ---- the beginning, the end, and the time between ---- */

static struct sip_addr addr_of(const struct conf_address *a)
{
    struct sip_addr out = {.family = 4};

    if (a->at.sa.sa_family == AF_INET6) {
        out.family = 6;
        memcpy(out.ip, &a->at.in6.sin6_addr, 16);
        out.port = ntohs(a->at.in6.sin6_port);
    } else {
        memcpy(out.ip, &a->at.in4.sin_addr, 4);
        out.port = ntohs(a->at.in4.sin_port);
    }
    return out;
}

static bool make_core(struct ua *ua)
{
    struct sip_core_conf conf = {.domain = SPAN("client.invalid"), /* nobody asks us as a domain */
                                 .rng = &ua->rng,
                                 .max_pending = 64,
                                 .max_answered = 256,
                                 .max_sent = 1200,
                                 .max_watches = 1,
                                 .max_subs = CLIENT_PEOPLE_MAX};
    struct sip_addr here = addr_of(&ua->t->socket.local);
    struct buf name = {0};

    sip_addr_print_hostport(&name, &here);
    conf.sent_by[ua->hop.transport] = buf_span(&name);
    buf_fmt(&ua->contact, "<sip:%s%s>", buf_cstr(&name), ua->t->datagram ? "" : ";transport=tcp");
    if (buf_ok(&name) && buf_ok(&ua->contact))
        ua->core = sip_core_new(&conf, ua->t->now, (int64_t)time(NULL));
    buf_fini(&name);
    return ua->core != NULL;
}

static bool sip_start(struct client_talk *t)
{
    struct ua *ua = ua_of(t);

    ua->hop = (struct sip_hop){.transport = t->datagram ? SIP_TRANSPORT_UDP : SIP_TRANSPORT_TCP,
                               .addr = addr_of(&t->socket.remote),
                               .flow = t->datagram ? 0 : 1};
    ua->register_at = ua->publish_at = DEADLINE_NEVER;
    ua->ping_at = t->now + CLIENT_KEEPALIVE_MS;
    rng_token(&ua->rng, ua->call_id, UA_CALL_ID);
    if (!make_core(ua))
        return false;
    ua_register(ua, UA_EXPIRES);
    ua_pump(ua);
    return true;
}

static uint64_t sip_deadline(const struct client_talk *t)
{
    struct ua *ua = ua_of(t);
    uint64_t when[] = {sip_core_deadline(ua->core), ua->register_at, ua->publish_at, ua->ping_at,
                       ua_watch_retry(ua, false)};
    uint64_t first = DEADLINE_NEVER;

    for (size_t i = 0; i < sizeof when / sizeof when[0]; i++)
        first = when[i] < first ? when[i] : first;
    return first;
}

static void sip_tick(struct client_talk *t)
{
    struct ua *ua = ua_of(t);

    sip_core_tick(ua->core, t->now, (int64_t)time(NULL));
    if (t->now >= ua->register_at)
        ua_register(ua, UA_EXPIRES);
    if (t->now >= ua->publish_at)
        ua_publish(ua, UA_EXPIRES);
    if (t->now >= ua->ping_at) {
        ua->ping_at = t->now + CLIENT_KEEPALIVE_MS;
        if (!t->datagram)
            BUF_LIT(&t->socket.out, "\r\n\r\n"); /* RFC 5626 4.4.1 */
    }
    (void)ua_watch_retry(ua, true);
    ua_pump(ua);
}

/* Undoes what sign-on did, last first. */
static void sip_leave(struct client_talk *t)
{
    struct ua *ua = ua_of(t);

    ua->leaving = true;
    ua->register_at = ua->publish_at = DEADLINE_NEVER;
    ua_watch_end_all(ua);
    if (ua->etag.n && !ua->publishing)
        ua_publish(ua, 0);
    ua_register(ua, 0);
    ua_pump(ua);
}

static void ua_fini(struct ua *ua)
{
    struct buf *all[] = {&ua->user, &ua->uri, &ua->registrar, &ua->contact, &ua->etag, &ua->away};

    LIST_EACH (struct ua_request, r, &ua->requests, node)
        ua_request_free(r);
    sip_core_free(ua->core);
    digest_client_fini(&ua->digest);
    arena_fini(&ua->arena);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        buf_fini(all[i]);
}

int cmd_sip(const struct cmd_context *c)
{
    static const struct client_door door = {.start = sip_start,
                                            .input = sip_input,
                                            .tick = sip_tick,
                                            .deadline = sip_deadline,
                                            .say = sip_say,
                                            .away = sip_away,
                                            .add = sip_add,
                                            .leave = sip_leave};
    const struct conf_addresses *to = c->conf->sip.tcp.n ? &c->conf->sip.tcp : &c->conf->sip.udp;
    struct ua ua = {0};
    struct client_talk t = {.cmd = c, .door = &door, .self = &ua, .name = c->argv[0]};
    const char *fault;
    int status;

    if (to->n == 0)
        return cmd_refuse("the configuration has neither sip.tcp nor sip.udp; set one, or use: "
                          "aimgate aim %s",
                          c->argv[0]);
    t.to = &to->at[0];
    t.datagram = to == &c->conf->sip.udp;
    ua.t = &t;
    list_init(&ua.requests);
    rng_init(&ua.rng);
    xml_init();
    fault = ua_take_name(&ua, span_str(c->argv[0]));
    status = fault ? cmd_refuse("%s %s", c->argv[0], fault) : client_talk_run(&t);
    ua_fini(&ua);
    return status;
}
