#include "gateway/flow/message.h"

#include "gateway/flow/auto_reply.h"
#include "gateway/flow/backlog.h"
#include "gateway/flow/channels.h"
#include "gateway/flow/gruu.h"
#include "gateway/flow/knock.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/limits.h"
#include "gateway/flow/many.h"
#include "gateway/flow/may_write.h"
#include "gateway/flow/message_notice.h"
#include "gateway/flow/missed.h"
#include "gateway/flow/orders.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/receipt.h"
#include "gateway/flow/report.h"
#include "gateway/flow/route.h"
#include "gateway/flow/talk.h"
#include "gateway/flow/taste.h"
#include "gateway/flow/warn.h"
#include "gateway/flow/warned.h"
#include "gateway/people/book.h"
#include "mapping/message_oscar.h"
#include "mapping/message_sip.h"

enum { DATE_WINDOW = 600 /* s that the Date of a peer with date_check may be off */ };

/* ---- who may, and to where ---- */

/* Where one of the two is reached by SIP, typing is told from now on. */
static void said(struct worker *w, const struct message *m, struct account *to, struct account *own,
                 bool by_sip)
{
    if (by_sip || (own && !list_empty(&own->contacts)))
        talk_heard(w, to, &m->from, m->from_key);
    if (own && !list_empty(&to->contacts))
        talk_said(w, own, &m->to);
}

static void to_local(struct worker *w, struct origin *o, struct message *m, struct account *to,
                     struct span sender, struct account *own)
{
    enum outcome may = may_write(to, sender, own);
    struct flight *f;

    if (may != OUTCOME_DELIVERED) {
        origin_answer(w, o, outcome_as_shown(may, to->settings[USER_look_offline]));
        return;
    }
    if (own && !m->auto_reply)
        strangers_wrote(w, own, &m->to);
    if (knock_takes(w, o, m, to, sender))
        return;
    if (warned_refuses(w, o, m, to, own, sender))
        return;
    m->warned = warned_level(w, own, sender);
    f = flight_new(w, o, m, to, to->person->key);
    if (!f) {
        origin_answer(w, o, OUTCOME_OVERLOAD);
        return;
    }
    said(w, m, to, own, o->kind == ORIGIN_SIP);
    warn_heard(w, to, sender);
    route_to_account(f, to);
    f->failure = account_keeps_messages(to) ? OUTCOME_OFFLINE : OUTCOME_NOT_STORED;
    flight_depart(f);
    auto_reply_answer(w, to, m);
}

static void to_foreign(struct worker *w, struct origin *o, struct message *m, struct account *own)
{
    struct buf key = {0};
    struct flight *f = NULL;
    enum outcome how = OUTCOME_OVERLOAD;

    o->domain = m->to.host;
    address_key(&key, &w->rules, &m->to);
    if (account_blocks(own, buf_span(&key)))
        how = OUTCOME_SENDER_BLOCKS; /* M-616 */
    else if (warned_turns_away(w, o, warned_level(w, NULL, buf_span(&key))))
        how = OUTCOME_RECEIVER_EVIL;
    else if (buf_ok(&key))
        f = flight_new(w, o, m, NULL, buf_span(&key));
    buf_fini(&key);
    if (!f) {
        origin_answer(w, o, how);
        return;
    }
    if (!m->auto_reply)
        strangers_wrote(w, own, &m->to);
    talk_said(w, own, &m->to);
    backlog_goes_first(w, f->recipient, m->to.host);
    if (!lane_to_domain(f))
        f->failure = OUTCOME_RATE;
    flight_depart(f);
}

static void to_helper(struct worker *w, const struct origin *o, const struct message *m,
                      struct account *own)
{
    origin_answer(w, o, OUTCOME_DELIVERED);
    orders_take(w, own, m);
}

/* ---- from AIM ---- */

static struct origin origin_of(const struct aim_session *s, uint32_t id,
                               const struct icbm_message *im)
{
    struct origin o = {.kind = ORIGIN_AIM,
                       .session = s->id,
                       .request = id,
                       .channel = im->channel,
                       .author = s->account->person->key,
                       .typed = im->to,
                       .wants_ack = im->wants_ack,
                       .store = im->store,
                       .written_by = s->client,
                       .fragments = im->channel == ICBM_PLAIN ? im->fragments : (struct span){0},
                       .relay = im->channel == ICBM_PLAIN ? im->tlvs : (struct span){0}};

    memcpy(o.cookie, im->cookie, sizeof o.cookie);
    return o;
}

/* Fills what every message of this session has, and its text. */
static enum outcome read_icbm(struct aim_session *s, const struct icbm_message *im,
                              struct message *m)
{
    struct worker *w = s->w;
    uint8_t type;
    enum err e;

    *m = (struct message){.from = {s->account->person->key, w->own_domain},
                          .friendly = s->account->formatted,
                          .sent = w->unix_now,
                          .auto_reply = im->auto_reply,
                          .patient = s->account->settings[USER_store_outbound] && !im->auto_reply,
                          .ask_receipts = s->account->settings[USER_receipts] && !im->auto_reply};
    memcpy(m->cookie, im->cookie, sizeof m->cookie);
    e = im->channel == ICBM_OLD_STYLE
            ? message_oscar_read_icq(im->data, &w->arena, &type, m)
            : message_oscar_read(im->fragments, s->account->icq, &w->arena, m);
    if (e == ERR_NOT_FOUND)
        return OUTCOME_SWALLOWED; /* nothing to say: acknowledged all the same */
    return e == ERR_FULL ? OUTCOME_TOO_LONG : e ? OUTCOME_BAD_REQUEST : OUTCOME_DELIVERED;
}

/* What is formatted is read as that only for who takes it: `to`, or NULL: somebody elsewhere. */
static void read_markup(struct aim_session *s, const struct icbm_message *im,
                        const struct account *to, struct message *m)
{
    if (im->channel == ICBM_PLAIN &&
        (to ? taste_any_phone_likes_html(s->w, to) : taste_user_likes_html(s->w, &m->to)))
        (void)message_oscar_read_html(im->fragments, s->account->icq, &s->w->arena, m);
}

void message_from_aim(struct aim_session *s, uint32_t id, const struct icbm_message *im)
{
    struct worker *w = s->w;
    struct origin o = origin_of(s, id, im);
    struct name_target t;
    struct account *to = NULL;
    struct message m;
    enum outcome how;

    w->metrics.messages_from_aim++;
    if (book_typed(w, im->to, &t) || (t.local && !book_is_helper(w, t.address.user) &&
                                      account_get(w, t.address.user, &to))) {
        origin_answer(w, &o, OUTCOME_NO_USER);
        return;
    }
    if (channels_take(s, im, &o, to))
        return;
    how = read_icbm(s, im, &m);
    if (how != OUTCOME_DELIVERED) {
        o.domain = t.local ? (struct span){0} : t.address.host;
        origin_answer(w, &o, how);
        message_notice(w, &o, how);
        return;
    }
    m.to = t.address;
    if (im->auto_reply && auto_reply_is_second(s, &m.to)) {
        origin_answer(w, &o, OUTCOME_SWALLOWED);
        return;
    }
    if (!t.local && limits_aim(w, s->account, m.to.host)) {
        w->metrics.messages_limited++;
        origin_answer(w, &o, OUTCOME_RATE);
        return;
    }
    if (to)
        report_note_aim(to, s, im->cookie);
    if (t.local && !to) {
        to_helper(w, &o, &m, s->account);
        return;
    }
    read_markup(s, im, to, &m);
    if (to)
        to_local(w, &o, &m, to, s->account->person->key, s->account);
    else
        to_foreign(w, &o, &m, s->account);
}

/* ---- from SIP ---- */

/* Expires of a MESSAGE; -1: none. */
static int64_t expires_of(const struct sip_msg *msg)
{
    uint32_t seconds;

    return sip_msg_has(msg, SIP_HDR_EXPIRES) &&
                   sip_seconds_parse(sip_msg_value(msg, SIP_HDR_EXPIRES), &seconds)
               ? (int64_t)seconds
               : -1;
}

static void read_times(struct worker *w, const struct sip_msg *msg, int64_t cpim, struct message *m)
{
    int64_t date = 0, expires = expires_of(msg);

    (void)sip_date_parse(sip_msg_value(msg, SIP_HDR_DATE), &date);
    m->sent = message_sent_time(cpim, date, w->unix_now);
    m->expires = expires > 0 ? message_expiry(date, w->unix_now, expires) : 0;
    m->never_store = expires == 0; /* D-07: Expires 0 is now or never */
}

static void refuse_body(struct worker *w, const struct sip_core_event *ev,
                        const struct sip_body_out *out)
{
    struct buf headers = {0};

    if (out->accept)
        buf_fmt(&headers, "Accept: %s\r\n", out->accept);
    if (out->accept_encoding)
        buf_fmt(&headers, "Accept-Encoding: %s\r\n", out->accept_encoding);
    if (out->warning)
        buf_fmt(&headers, "Warning: 399 %s \"%s\"\r\n", w->conf->domain, out->warning);
    sip_core_respond(
        w->sip, ev->txn,
        &(struct sip_answer){.status = (int)out->status, .headers = buf_span(&headers)}, w->now);
    buf_fini(&headers);
}

/* RFC 3862 9: the CPIM inside may say somebody else wrote it. Shown is who sent it; who is said to
 * have written it stands in front of the text. */
static bool mark_author(struct worker *w, const struct claim *who, struct span author,
                        struct message *m)
{
    struct address a;
    struct buf b = {0};
    bool ok;

    if (author.n == 0 || (!uri_to_address(author, &w->rules, &w->arena, &a) &&
                          address_equal(&w->rules, &a, &who->address)))
        return true;
    BUF_LIT(&b, "(as ");
    author = span_skip(author, span_find(author, ':') + 1);
    for (size_t i = 0; i < author.n; i++)
        if (author.p[i] > 0x20 && author.p[i] < 0x7F)
            buf_u8(&b, author.p[i]);
    BUF_LIT(&b, ") ");
    ok = buf_ok(&b) && message_prefix(m, &w->arena, buf_span(&b));
    buf_fini(&b);
    return ok;
}

/* S-415. Anything but OUTCOME_DELIVERED: it was answered 480, as only this sender is to slow down
 * (S-417). */
static enum outcome check_limits(struct worker *w, const struct origin *o, const struct claim *who,
                                 struct span to, uint32_t cost)
{
    enum outcome how;
    uint32_t wait = limits_sip(w, who, to, cost, &how);

    if (!wait)
        return OUTCOME_DELIVERED;
    w->metrics.messages_limited++;
    origin_answer_after(w, o, how, wait);
    return how;
}

/* M-458, M-461: the recipient hears of it, unless he does not want to hear from there at all. */
static void tell_missed(struct worker *w, const struct claim *who, struct account *to,
                        enum icbm_missed_reason why)
{
    if (to && may_write(to, who->name, who->account) == OUTCOME_DELIVERED)
        missed_tell(w, to, &who->address, why);
}

/* False: it was answered. */
static bool read_body(struct worker *w, const struct origin *o, const struct sip_core_event *ev,
                      const struct claim *who, struct account *to, struct message *m)
{
    struct sip_body_in in = {.content_type = sip_msg_value(ev->msg, SIP_HDR_CONTENT_TYPE),
                             .content_encoding = sip_msg_value(ev->msg, SIP_HDR_CONTENT_ENCODING),
                             .auto_submitted = sip_msg_value(ev->msg, SIP_HDR_AUTO_SUBMITTED),
                             .subject = sip_msg_value(ev->msg, SIP_HDR_SUBJECT),
                             .body = ev->msg->body};
    struct sip_body_out out;
    enum outcome limit;

    if (in.body.n && !in.content_type.n) { /* S-033: a body says what it is */
        identity_refuse(w, ev, 400, "a body without Content-Type");
        return false;
    }
    message_sip_read(&in, &w->arena, m, &out);
    limit = check_limits(
        w, o, who, to ? to->person->key : m->to.user,
        out.kind == SIP_BODY_TYPING || out.kind == SIP_BODY_IMDN ? LIMITS_ASIDE : LIMITS_MESSAGE);
    if (limit != OUTCOME_DELIVERED) {
        tell_missed(w, who, to, limit == OUTCOME_SENDER_EVIL ? MISSED_SENDER_EVIL : MISSED_RATE);
        return false;
    }
    if (out.kind == SIP_BODY_REFUSE) {
        refuse_body(w, ev, &out);
        if (out.status == 413)
            tell_missed(w, who, to, MISSED_TOO_LARGE);
        return false;
    }
    if (out.kind != SIP_BODY_TEXT) { /* typing, receipts, nothing: taken, and not shown */
        sip_core_answer(w->sip, ev->txn, 200, w->now);
        if (out.kind == SIP_BODY_TYPING && to)
            talk_from_sip(w, who, to, out.inner);
        if (out.kind == SIP_BODY_IMDN)
            receipt_heard(w, who, out.inner);
        return false;
    }
    read_times(w, ev->msg, out.cpim_date, m);
    if (mark_author(w, who, out.cpim_from, m))
        return true;
    sip_core_answer(w->sip, ev->txn, 503, w->now);
    return false;
}

static void read_friendly(struct worker *w, const struct sip_msg *msg, struct message *m)
{
    struct buf name = {0};

    if (msg->from.display.n == 0)
        return;
    sip_display_text(&name, &msg->from);
    m->friendly = friendly_clean(&w->arena, buf_span(&name));
    if (friendly_is_spoof(m->friendly, &w->book))
        m->friendly = (struct span){0};
    buf_fini(&name);
}

/* S-097, S-098: only of peers that want it, and that do not store messages themselves (RFC 3428
 * 11.4). False: it was refused, or is left without an answer. */
static bool is_fresh(struct worker *w, const struct sip_core_event *ev, struct peer *from)
{
    const struct conf_peer *is = peer_switches(from);
    int64_t date;

    if (!is->date_check || is->store_and_forward ||
        !sip_date_parse(sip_msg_value(ev->msg, SIP_HDR_DATE), &date) ||
        (date - w->unix_now <= DATE_WINDOW && w->unix_now - date <= DATE_WINDOW))
        return true;
    if (peer_answers_stale(from, w->now))
        sip_core_respond(
            w->sip, ev->txn,
            &(struct sip_answer){.status = 400, .reason = SPAN("Incorrect Date or Time")}, w->now);
    return false;
}

static int status_of(enum err e)
{
    return e == ERR_BAD_SCHEME ? 416 : e == ERR_NO_USER ? 404 : 400;
}

/* S-151, RFC 3261 26.2.2: sips: is never reached without TLS. */
static bool is_safe_to(const struct worker *w, const struct address *to)
{
    const struct peer *p = peer_find(w->peers, to->host);

    return p && peer_is_secure(p);
}

/* Whom the Request-URI means, and which of his phones. */
static enum err read_target(struct worker *w, const struct sip_uri *uri, struct gruu *gruu,
                            struct address *out)
{
    struct span user = uri->user;

    return gruu_read(w, uri, &user, gruu)
               ? address_from_parts(user, uri->host, &w->rules, &w->arena, out)
               : ERR_NO_USER;
}

void message_from_sip(struct worker *w, const struct sip_core_event *ev, const struct claim *who)
{
    struct origin o = {.kind = ORIGIN_SIP,
                       .txn = ev->txn,
                       .store = true,
                       .one_place = sip_has_token(ev->msg, SIP_HDR_REQUEST_DISPOSITION, "no-fork"),
                       .by_sip_uri = ev->msg->target.scheme == SIP_SCHEME_SIP ||
                                     ev->msg->target.scheme == SIP_SCHEME_SIPS};
    struct message m = {.from = who->address,
                        .from_key = who->local ? (struct span){0} : who->name};
    struct account *to = NULL;
    struct gruu gruu = {0};
    bool many, is_own, helper = false;
    int loop;
    enum err e;

    w->metrics.messages_from_sip++;
    many = many_is_asked(w, &ev->msg->target);
    e = many ? OK : read_target(w, &ev->msg->target, &gruu, &m.to);
    if (e) {
        identity_refuse(w, ev, status_of(e), "the Request-URI names nobody");
        return;
    }
    m.to.secure = ev->msg->target.scheme == SIP_SCHEME_SIPS;
    is_own = many || address_is_own(&w->rules, &m.to);
    if (who->local) {
        m.friendly = who->account->formatted;
        o.author = who->account->person->key;
        o.typed = m.to.user;
        helper = is_own && book_is_helper(w, m.to.user);
    } else {
        read_friendly(w, ev->msg, &m);
        if (!is_own) {
            identity_refuse(w, ev, 403, "no relay between other domains");
            return;
        }
    }
    if (!is_fresh(w, ev, who->peer))
        return;
    if (many) {
        read_times(w, ev->msg, 0, &m);
        message_cookie(ev->msg->call_id, ev->msg->cseq.number, ev->msg->from.tag, 1, m.cookie);
        many_request(w, ev, who, &m);
        return;
    }
    if (is_own && !helper && (account_get(w, m.to.user, &to) || account_hides(w, to, who->name))) {
        if (check_limits(w, &o, who, m.to.user, LIMITS_MESSAGE) == OUTCOME_DELIVERED)
            origin_answer(w, &o, OUTCOME_NO_USER);
        return;
    }
    if (gruu.is && to && !(o.only = gruu_contact(to, &gruu))) {
        origin_answer(w, &o, OUTCOME_NOT_STORED);
        return;
    }
    loop = helper ? 0 : crossing_read(w, ev->msg, to, &o.crossing);
    if (loop) { /* S-410, S-411 */
        identity_refuse(w, ev, loop, loop == 482 ? "it was here before" : "too many hops");
        return;
    }
    if (m.to.secure && !is_own && !is_safe_to(w, &m.to)) {
        origin_answer(w, &o, OUTCOME_NO_ROUTE);
        return;
    }
    if (!read_body(w, &o, ev, who, to, &m))
        return;
    if (sip_msg_has(ev->msg, SIP_HDR_ACCEPT))
        taste_hear_sender(w, ev, who);
    m.never_store |= gruu.is;     /* it is for that phone */
    if (address_is_anonymous(&m.from)) { /* nobody could be told what became of it (S-437) */
        m.never_store = true;
        m.receipts = 0;
    }
    m.never_store |= m.to.secure; /* what is stored forgets by which way it may go */
    message_cookie(ev->msg->call_id, ev->msg->cseq.number, ev->msg->from.tag, 1, m.cookie);
    if (to)
        report_note_sip(w, to, who->name, ev);
    if (helper)
        to_helper(w, &o, &m, who->account);
    else if (to)
        to_local(w, &o, &m, to, who->name, who->account);
    else
        to_foreign(w, &o, &m, who->account);
}
