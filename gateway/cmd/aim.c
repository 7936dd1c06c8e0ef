/* aimgate aim NAME: signs on over OSCAR and talks, a line at a time. */
#include <time.h>

#include "gateway/cmd/client_aim_list.h"
#include "gateway/cmd/client_aim_signon.h"
#include "gateway/cmd/client_say.h"
#include "mapping/html.h"
#include "mapping/message_oscar.h"
#include "mapping/presence_oscar.h"
#include "oscar/foodgroup/icbm.h"
#include "oscar/foodgroup/locate.h"
#include "oscar/rate.h"
#include "oscar/screenname.h"
#include "oscar/tlv.h"

enum {
    SAY_MAX = 8000, /* octets of one message, encoded */
    TLV_DISCONNECT = 0x0009,
    PAUSE_MS = 2500, /* between messages: keeps the rate level from falling */
};

static struct aim *aim_of(const struct client_talk *t)
{
    return t->self;
}

/* ---- how people are ---- */

static void ask_away_text(struct aim *a, struct client_person *p)
{
    struct locate_query q = {.what = LOCATE_AWAY, .name = span_str(p->name)};

    locate_query_write(&a->body, &q);
    p->query = aim_send(a, FOODGROUP_LOCATE, SNAC_LOCATE_QUERY_LONG);
}

/* SNAC 0x0003/0x000B comes for every change; of an away text it tells nothing but that there is
 * one. */
static void take_arrived(struct aim *a, const struct snac *s)
{
    struct rd r = rd_over(s->body);
    struct oscar_userinfo u;
    struct presence now = {0};

    while (rd_left(&r) && userinfo_read(&r, &u)) {
        struct client_person *p = client_people_get(&a->t->people, u.name);

        if (!p)
            continue;
        (void)span_copy(u.name, p->name, sizeof p->name);
        p->query = 0;
        presence_from_userinfo(&u, (int64_t)time(NULL), &now, &a->arena);
        if (now.away)
            ask_away_text(a, p);
        else
            client_person_set(p, CLIENT_HERE, now.avail_text);
    }
}

static void take_departed(struct aim *a, const struct snac *s)
{
    struct rd r = rd_over(s->body);
    struct client_person *p = client_people_find(&a->t->people, rd_str8(&r));

    if (!p)
        return;
    p->query = 0;
    client_person_set(p, CLIENT_GONE, (struct span){0});
}

static struct client_person *find_query(struct aim *a, uint32_t id)
{
    LIST_EACH (struct client_person, p, &a->t->people.all, node) {
        if (p->query == id)
            return p;
    }
    return NULL;
}

/* The answer to ask_away_text, SNAC 0x0002/0x0006, or that there is none (0x0002/0x0001). */
static void take_info(struct aim *a, const struct snac *s)
{
    struct client_person *p = find_query(a, s->id);
    struct buf html = {0}, text = {0};
    struct oscar_userinfo u;
    struct locate_set set = {0};

    if (!p)
        return;
    p->query = 0;
    if (s->subtype == SNAC_LOCATE_INFO && locate_info_read(s->body, &u, &set) && set.has_away) {
        oscar_mime_text_read(&html, set.away_mime, set.away);
        html_to_text(&text, buf_span(&html));
    }
    client_person_set(p, CLIENT_AWAY, buf_span(&text));
    buf_fini(&html);
    buf_fini(&text);
}

/* ---- messages ---- */

static void take_message(struct aim *a, const struct snac *s)
{
    struct oscar_userinfo u;
    struct icbm_delivery d;
    struct message m = {0};

    if (!icbm_delivery_read(s->body, &u, &d) || d.channel != ICBM_PLAIN ||
        message_oscar_read(d.fragments, screenname_is_icq(u.name), &a->arena, &m) != OK)
        return;
    client_heard(a->t, u.name, m.text, d.stored);
}

static void take_acknowledged(struct aim *a, const struct snac *s)
{
    char name[CLIENT_NAME_MAX + 1];

    (void)client_settled(a->t, s->id, name);
}

/* Why a message was not taken, and what to do. */
static const char *why_not(const struct snac_failure *f)
{
    if (f->subcode == ICBM_SUB_NO_OFFLINE)
        return "takes no messages while offline; try again when they are here";
    if (f->subcode == ICBM_SUB_OFFLINE_FULL)
        return "the mailbox is full; try again when they are here";
    switch (f->code) {
    case SNAC_ERR_NOT_LOGGED_ON:
        return "nobody of that name is to be reached; look at the spelling, or try later";
    case SNAC_ERR_RATE_TO_HOST: return "sent too fast; wait half a minute, then say it again";
    case SNAC_ERR_REPLY_TOO_BIG: return "too long; say it in shorter pieces";
    case SNAC_ERR_IN_LOCAL_DENY: return "you block them; take the block away with another client";
    case SNAC_ERR_REQUEST_DENIED:
    case SNAC_ERR_NO_RIGHTS: return "not allowed; ask the operator of the gateway";
    case SNAC_ERR_SERVICE_UNAVAILABLE: return "cannot be reached just now; try later";
    default: return NULL;
    }
}

static void take_refused(struct aim *a, const struct snac *s)
{
    char name[CLIENT_NAME_MAX + 1];
    struct snac_failure f = {0};
    const char *why;

    if (!client_settled(a->t, s->id, name))
        return;
    (void)snac_failure_read(s->body, &f);
    why = why_not(&f);
    if (why)
        client_say("not delivered to %s: %s", name, why);
    else
        client_say("not delivered to %s: %s; try later", name, snac_error_text(f.code));
}

/* SNAC 0x0004/0x000A: somebody's message was held back from us. */
static void take_missed(const struct snac *s)
{
    struct rd r = rd_over(s->body);
    struct oscar_userinfo u;
    uint16_t count;

    (void)rd_u16(&r);
    if (!userinfo_read(&r, &u))
        return;
    count = rd_u16(&r);
    client_say("%u %s from %.*s did not reach you (%s); ask them to say it again", count,
               count == 1 ? "message" : "messages", SPAN_ARG(u.name),
               rd_u16(&r) == MISSED_TOO_LARGE ? "too long" : "sent too fast, or not well-formed");
}

/* ---- what comes ---- */

static void take_buddy(struct aim *a, const struct snac *s)
{
    if (s->subtype == SNAC_BUDDY_ARRIVED)
        take_arrived(a, s);
    else if (s->subtype == SNAC_BUDDY_DEPARTED)
        take_departed(a, s);
}

static void take_icbm(struct aim *a, const struct snac *s)
{
    switch (s->subtype) {
    case SNAC_ICBM_MESSAGE_TO_CLIENT: take_message(a, s); break;
    case SNAC_ICBM_HOST_ACK: take_acknowledged(a, s); break;
    case SNAC_ICBM_ERROR: take_refused(a, s); break;
    case SNAC_ICBM_MISSED: take_missed(s); break;
    default: break;
    }
}

/* Messages that come too fast are dropped: so they are kept back here in time. */
static void take_rate(struct aim *a, const struct snac *s)
{
    struct rd r = rd_over(s->body);
    uint16_t code = rd_u16(&r);
    uint16_t messages = rate_class_of(FOODGROUP_ICBM, SNAC_ICBM_MESSAGE_TO_HOST);

    if (rd_u16(&r) == messages && rd_ok(&r) && code != RATE_CODE_CHANGED)
        a->too_fast = code == RATE_CODE_ALERT || code == RATE_CODE_LIMIT;
    if (a->too_fast)
        a->t->typed_at = a->t->now + PAUSE_MS;
}

static void take_snac(struct aim *a, const struct snac *s)
{
    if (s->foodgroup == FOODGROUP_FEEDBAG) {
        if (aim_list_take(a, s) && a->step == AIM_LIST)
            aim_signon_finish(a);
    } else if (a->step != AIM_ON) {
        aim_signon_take(a, s);
    } else if (s->foodgroup == FOODGROUP_BUDDY) {
        take_buddy(a, s);
    } else if (s->foodgroup == FOODGROUP_ICBM) {
        take_icbm(a, s);
    } else if (s->foodgroup == FOODGROUP_LOCATE) {
        take_info(a, s);
    } else if (s->foodgroup == FOODGROUP_OSERVICE && s->subtype == SNAC_OSERVICE_RATE_CHANGE) {
        take_rate(a, s);
    }
}

/* Channel 4: the session is over; with a reason for those who told that they know it. */
static void take_signoff(struct aim *a, struct span data)
{
    if (a->step < AIM_COOKIE)
        return; /* of the authorizer: its answer came before */
    client_lost(a->t, tlv_has(data, TLV_DISCONNECT) ? "the same name signed on elsewhere"
                                                    : "the gateway ended the session");
}

static void aim_input(struct client_talk *t)
{
    struct aim *a = aim_of(t);
    struct span in = buf_span(&t->socket.in);
    size_t all = in.n;
    struct flap f;
    struct snac s;
    enum framed framed;

    a->moved = false;
    while ((framed = flap_read(&in, &f)) == FRAME_WHOLE && t->phase != CLIENT_OVER) {
        if (f.channel == FLAP_SIGNOFF)
            take_signoff(a, f.data);
        else if (f.channel == FLAP_DATA && snac_read(f.data, &s))
            take_snac(a, &s);
        arena_reset(&a->arena);
        if (a->moved)
            return;
    }
    buf_drop(&t->socket.in, all - in.n);
    if (framed == FRAME_BROKEN || framed == FRAME_TOO_LONG)
        client_lost(t, "what answers does not speak OSCAR");
}

/* ---- what is typed ---- */

static void aim_say(struct client_talk *t, struct span name, struct span text)
{
    struct aim *a = aim_of(t);
    struct message m = {.text = text};
    struct oscar_reader reader = {.client = TEXT_AIM, .limit = SAY_MAX};
    struct icbm_message im = {.channel = ICBM_PLAIN, .to = name, .wants_ack = true, .store = true};
    struct buf fragments = {0};

    t->typed_at = a->too_fast ? t->now + PAUSE_MS : 0;
    if (message_oscar_write_one(&fragments, &m, &reader)) {
        rng_bytes(&a->rng, im.cookie, sizeof im.cookie);
        im.fragments = buf_span(&fragments);
        icbm_message_write(&a->body, &im);
        client_wait(t, aim_send(a, FOODGROUP_ICBM, SNAC_ICBM_MESSAGE_TO_HOST), "the message to",
                    name);
    } else {
        client_say("not delivered to %.*s: too long; say it in shorter pieces", SPAN_ARG(name));
    }
    buf_fini(&fragments);
}

static void aim_away(struct client_talk *t, struct span text)
{
    struct aim *a = aim_of(t);
    struct presence p = {.online = true, .away = true, .away_text = text};
    struct locate_set set = {.has_away = true};
    struct buf html = {0};

    if (text.n)
        presence_away_html(&p, TEXT_AIM, &html, &set.away_mime);
    set.away = buf_span(&html);
    locate_set_write(&a->body, &set);
    (void)aim_send(a, FOODGROUP_LOCATE, SNAC_LOCATE_SET_INFO);
    buf_fini(&html);
    client_say(text.n ? "you are away: %.*s" : "you are back%.*s", SPAN_ARG(text));
}

static void aim_add(struct client_talk *t, struct span name)
{
    aim_list_add(aim_of(t), name);
}

/* ---- the beginning, the end, and the time between ---- */

static bool aim_start(struct client_talk *t)
{
    aim_signon_start(aim_of(t));
    return true;
}

static void aim_leave(struct client_talk *t)
{
    aim_send_frame(aim_of(t), FLAP_SIGNOFF, (struct span){0});
    if (client_socket_write(&t->socket) && t->socket.out.n == 0)
        client_socket_shut(&t->socket); /* then it closes, and that is the end */
}

static uint64_t aim_deadline(const struct client_talk *t)
{
    return aim_of(t)->keepalive_at;
}

static void aim_tick(struct client_talk *t)
{
    aim_send_frame(aim_of(t), FLAP_KEEPALIVE, (struct span){0});
}

int cmd_aim(const struct cmd_context *c)
{
    static const struct client_door door = {.start = aim_start,
                                            .input = aim_input,
                                            .tick = aim_tick,
                                            .deadline = aim_deadline,
                                            .say = aim_say,
                                            .away = aim_away,
                                            .add = aim_add,
                                            .leave = aim_leave};
    struct aim a = {.seq = FLAP_FIRST_SEQ};
    struct client_talk t = {.cmd = c, .door = &door, .self = &a, .name = c->argv[0]};
    int status;

    if (c->conf->oscar.listen.n == 0)
        return cmd_refuse("the configuration has no oscar.listen; set one, or use: aimgate sip %s",
                          c->argv[0]);
    t.to = &c->conf->oscar.listen.at[0];
    a.t = &t;
    rng_init(&a.rng);
    status = client_talk_run(&t);
    arena_fini(&a.arena);
    buf_fini(&a.body);
    buf_fini(&a.items);
    return status;
}
