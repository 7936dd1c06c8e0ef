/* aimgate sip NAME: registers over SIP and talks, a line at a time. */
#include "gateway/cmd/sip.h"

#include <stdlib.h>
#include <time.h>

#include "base/deadlines.h"
#include "gateway/cmd/client_say.h"
#include "mapping/message_sip.h"
#include "mapping/presence_sip.h"
#include "simple/doc/xml.h"
#include "simple/wire/print.h"

static struct ua *ua_of(const struct client_talk *t)
{
    return t->self;
}

/* ---- requests ---- */

static void request_free(struct ua_request *r)
{
    list_remove(&r->node);
    buf_fini(&r->uri);
    buf_fini(&r->to);
    buf_fini(&r->headers);
    buf_fini(&r->body);
    free(r);
}

/* The caller fills in the rest; NULL: no memory. */
static struct ua_request *request_new(struct ua *ua, enum ua_asks asks)
{
    struct ua_request *r = calloc(1, sizeof *r);

    if (!r)
        return NULL;
    r->asks = asks;
    rng_token(&ua->rng, r->call_id, UA_CALL_ID);
    list_append(&ua->requests, &r->node);
    return r;
}

static enum sip_method method_of(enum ua_asks asks)
{
    static const enum sip_method methods[] = {SIP_REGISTER, SIP_PUBLISH, SIP_MESSAGE};

    return methods[asks];
}

static void put_credentials(struct ua *ua, const struct ua_request *r, struct buf *headers)
{
    char cnonce[16];
    struct digest_answer answer = {.method = span_str(sip_method_name(method_of(r->asks))),
                                   .uri = buf_span(&r->uri),
                                   .body = buf_span(&r->body),
                                   .username = buf_span(&ua->user),
                                   .password = buf_span(&ua->t->password),
                                   .cnonce = span_of(cnonce, sizeof cnonce)};

    rng_token(&ua->rng, cnonce, sizeof cnonce);
    digest_client_print(&ua->digest, headers, &answer);
}

/* False: it cannot be sent. */
static bool request_send(struct ua *ua, struct ua_request *r)
{
    bool registers = r->asks == UA_REGISTER;
    struct buf headers = {0};
    struct sip_request request = {.method = method_of(r->asks),
                                  .uri = buf_span(&r->uri),
                                  .from_uri = buf_span(&ua->uri),
                                  .to_uri = buf_span(&r->to),
                                  .hop = ua->hop,
                                  .body = buf_span(&r->body)};
    uint64_t id = 0;

    buf_add(&headers, buf_span(&r->headers));
    put_credentials(ua, r, &headers);
    request.headers = buf_span(&headers);
    request.content_type = r->asks == UA_PUBLISH ? SPAN(PIDF_TYPE) : SPAN(MESSAGE_TYPE_TEXT);
    request.call_id =
        registers ? span_of(ua->call_id, UA_CALL_ID) : span_of(r->call_id, UA_CALL_ID);
    request.cseq = registers ? ++ua->register_cseq : ++r->cseq;
    if (buf_ok(&headers) && buf_ok(&r->headers) && buf_ok(&r->body) && buf_ok(&r->uri))
        id = sip_core_send(ua->core, &request, (uintptr_t)r, ua->t->now);
    buf_fini(&headers);
    return id != 0;
}

/* Takes it; false: it cannot be sent, and is gone. */
static bool request_begin(struct ua *ua, struct ua_request *r)
{
    if (request_send(ua, r))
        return true;
    request_free(r);
    return false;
}

static void ask_register(struct ua *ua, uint32_t expires)
{
    struct ua_request *r = request_new(ua, UA_REGISTER);

    ua->register_at = DEADLINE_NEVER;
    if (!r)
        return;
    buf_add(&r->uri, buf_span(&ua->registrar));
    buf_add(&r->to, buf_span(&ua->uri));
    sip_put_hdr(&r->headers, SIP_HDR_CONTACT, buf_span(&ua->contact));
    sip_put_hdr_number(&r->headers, SIP_HDR_EXPIRES, expires);
    sip_put_hdr_str(&r->headers, SIP_HDR_ALLOW, "MESSAGE, NOTIFY, OPTIONS");
    (void)request_begin(ua, r);
}

static void put_document(struct ua *ua, struct buf *body)
{
    int64_t now = (int64_t)time(NULL);
    struct presence p = {
        .online = true, .away = ua->away.n > 0, .away_text = buf_span(&ua->away), .changed = now};
    struct address who = {.user = buf_span(&ua->user), .host = span_str(ua->t->cmd->conf->domain)};

    presence_write_pidf(body, &p, who, &(struct presence_writing){.now = now});
}

/* One after the other: each takes the place of the one before, by its tag. */
static void ask_publish(struct ua *ua, uint32_t expires)
{
    struct ua_request *r;

    ua->publish_at = DEADLINE_NEVER;
    ua->publish_again = ua->publishing;
    if (ua->publishing)
        return;
    r = request_new(ua, UA_PUBLISH);
    if (!r)
        return;
    buf_add(&r->uri, buf_span(&ua->uri));
    buf_add(&r->to, buf_span(&ua->uri));
    sip_put_hdr_str(&r->headers, SIP_HDR_EVENT, "presence");
    sip_put_hdr_number(&r->headers, SIP_HDR_EXPIRES, expires);
    if (ua->etag.n)
        sip_put_hdr(&r->headers, SIP_HDR_SIP_IF_MATCH, buf_span(&ua->etag));
    if (expires)
        put_document(ua, &r->body);
    ua->publishing = request_begin(ua, r);
}

/* ---- answers ---- */

static uint64_t refresh_at(const struct ua *ua, uint32_t granted)
{
    return ua->t->now + (uint64_t)(granted ? granted : UA_EXPIRES) * 800;
}

static uint32_t granted_of(const struct sip_msg *m)
{
    struct sip_each each = sip_each(m, SIP_HDR_CONTACT);
    struct sip_contact_value c;
    uint32_t granted = UA_EXPIRES, own = UA_EXPIRES;

    (void)sip_seconds_parse(sip_msg_value(m, SIP_HDR_EXPIRES), &granted);
    while (sip_contact_next(&each, &c)) /* others have less or more: the least is early enough */
        if (c.has_expires && c.expires && c.expires < own)
            own = c.expires;
    return granted < own ? granted : own;
}

static void refused(struct ua *ua, const struct sip_core_event *ev)
{
    struct client_talk *t = ua->t;

    if (ev->status == 401 || ev->status == 407)
        client_refused(t,
                       "wrong password for %s; try again, or set a new one with: aimgate user "
                       "passwd %s",
                       t->name, t->name);
    else if (ev->status == 404)
        client_refused(t,
                       "there is no user %s; `aimgate user list` shows all, `aimgate user add "
                       "%s` makes it",
                       t->name, t->name);
    else if (ev->cause == SIP_BY_PEER)
        client_refused(t, "the gateway refuses %s: %d %.*s; look at its log", t->name, ev->status,
                       SPAN_ARG(ev->msg->reason));
    else
        client_lost(t, "the gateway does not answer");
}

static void registered(struct ua *ua, const struct sip_core_event *ev)
{
    if (ua->leaving)
        return;
    if (ev->status < 300) {
        ua->register_at = refresh_at(ua, granted_of(ev->msg));
        if (ua->t->phase == CLIENT_SIGNING_ON)
            ask_publish(ua, UA_EXPIRES);
    } else if (ua->t->phase == CLIENT_SIGNING_ON) {
        refused(ua, ev);
    } else {
        client_lost(ua->t, "the gateway took the registration back");
    }
}

static void published(struct ua *ua, const struct sip_core_event *ev)
{
    uint32_t granted = UA_EXPIRES;

    ua->publishing = false;
    if (ua->leaving)
        return;
    if (ev->status < 300) {
        buf_reset(&ua->etag);
        buf_add(&ua->etag, sip_msg_value(ev->msg, SIP_HDR_SIP_ETAG));
        (void)sip_seconds_parse(sip_msg_value(ev->msg, SIP_HDR_EXPIRES), &granted);
        ua->publish_at = refresh_at(ua, granted);
    } else if (ev->status == 412 && ua->etag.n) { /* the gateway forgot it: anew */
        buf_reset(&ua->etag);
        ua->publish_again = true;
    } else {
        client_say("others do not see how you are (%d); look at the log of the gateway",
                   ev->status);
        ua->publish_at = refresh_at(ua, UA_EXPIRES);
    }
    if (ua->publish_again)
        ask_publish(ua, UA_EXPIRES);
    if (ua->t->phase == CLIENT_SIGNING_ON)
        client_on(ua->t, span_str(ua->t->name));
}

/* Why a message was not taken, and what to do. */
static const char *why_not(int status)
{
    switch (status) {
    case 401:
    case 407: return "the gateway does not believe it is you; sign on again";
    case 403: return "they or the gateway do not take messages from you; ask the operator";
    case 404:
    case 604: return "there is nobody of that name; look at the spelling";
    case 408: return "the gateway does not answer; it may have arrived, or try again";
    case 413: return "too long; say it in shorter pieces";
    case 480: return "cannot be reached just now; try later";
    case 503: return "the gateway is overloaded or stops; try again in a minute";
    case 603: return "they refused it";
    default: return "try later, and look at the log of the gateway";
    }
}

static void delivered(struct ua *ua, const struct ua_request *r, const struct sip_core_event *ev)
{
    char name[CLIENT_NAME_MAX + 1];

    if (!client_settled(ua->t, r->wait, name))
        return;
    if (ev->status == 202)
        client_say("%s is not here; the message is stored and will be delivered", name);
    else if (ev->status >= 300)
        client_say("not delivered to %s: %s", name, why_not(ev->status));
}

static bool is_stale(const struct sip_msg *m)
{
    enum sip_hdr_id field =
        m->status == 407 ? SIP_HDR_PROXY_AUTHENTICATE : SIP_HDR_WWW_AUTHENTICATE;
    struct sip_auth auth;
    struct sip_param p;
    bool bad = false;

    if (!sip_auth_parse(sip_msg_value(m, field), &auth))
        return false;
    while (sip_auth_param_next(&auth.params, &p, &bad))
        if (span_case_is(p.name, "stale"))
            return span_case_is(p.value, "true");
    return false;
}

/* Sent once more, with an answer to the challenge; not when that was wrong before (RFC 3261 22.1),
 * unless only the nonce was too old. */
static bool proves(struct ua *ua, struct ua_request *r, const struct sip_msg *challenge)
{
    if ((r->proven && !is_stale(challenge)) || !digest_client_take(&ua->digest, challenge))
        return false;
    r->proven = true;
    return request_send(ua, r);
}

static void take_response(struct ua *ua, const struct sip_core_event *ev)
{
    struct ua_request *r = (struct ua_request *)(uintptr_t)ev->owner;
    bool challenged = ev->msg && (ev->status == 401 || ev->status == 407);

    if (challenged && proves(ua, r, ev->msg))
        return;
    if (!challenged && ev->cause == SIP_BY_PEER)
        digest_client_accepted(&ua->digest);
    switch (r->asks) {
    case UA_REGISTER: registered(ua, ev); break;
    case UA_PUBLISH: published(ua, ev); break;
    case UA_MESSAGE: delivered(ua, r, ev); break;
    }
    request_free(r);
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
    struct ua_request *r = request_new(ua, UA_MESSAGE);

    if (!r || !ua_address(ua, name, &r->uri)) {
        client_say("not delivered: %.*s is no name; take a screen name here, or "
                   "user@another.domain",
                   SPAN_ARG(name));
        if (r)
            request_free(r);
        return;
    }
    buf_add(&r->to, buf_span(&r->uri));
    buf_add(&r->body, text);
    r->wait = ++ua->waits;
    if (request_begin(ua, r))
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
    ask_publish(ua, UA_EXPIRES);
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
    ask_register(ua, UA_EXPIRES);
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
        ask_register(ua, UA_EXPIRES);
    if (t->now >= ua->publish_at)
        ask_publish(ua, UA_EXPIRES);
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
        ask_publish(ua, 0);
    ask_register(ua, 0);
    ua_pump(ua);
}

static void ua_fini(struct ua *ua)
{
    struct buf *all[] = {&ua->user, &ua->uri, &ua->registrar, &ua->contact, &ua->etag, &ua->away};

    LIST_EACH (struct ua_request, r, &ua->requests, node)
        request_free(r);
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
