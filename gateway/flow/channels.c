#include "gateway/flow/channels.h"

#include "gateway/flow/helper.h"
#include "gateway/flow/leave.h"
#include "gateway/flow/may_write.h"
#include "gateway/flow/presence.h"
#include "gateway/people/book.h"
#include "mapping/message_oscar.h"

/* M-351: why the window closed. Once in a while is enough: clients propose again by other ways. */
static void tell_text_only(struct aim_session *s, struct span name)
{
    struct worker *w = s->w;
    struct name_target t;
    struct buf text = {0};

    if (book_typed(w, name, &t) == OK && t.local)
        return; /* the helper itself */
    if (s->told_text_only && w->now - s->told_text_only < CHANNELS_TELL_MS)
        return;
    s->told_text_only = w->now;
    buf_add(&text, name);
    BUF_LIT(&text, " is reached by SIP: text messages get there, but no files, direct connections "
                   "or chat rooms.");
    if (buf_ok(&text))
        helper_say(w, &(struct address){.user = s->account->person->key, .host = w->own_domain},
                   buf_span(&text));
    buf_fini(&text);
}

static void refuse_rendezvous(struct aim_session *s, const struct icbm_message *im)
{
    struct icbm_rendezvous r;
    struct buf block = {0};
    struct oscar_userinfo u = {.name = im->to, .class_flags = CLASS_FREE};
    struct icbm_delivery d = {.channel = ICBM_RENDEZVOUS, .from = &u};

    if (!icbm_rendezvous_read(im->data, &r) || r.type != RENDEZVOUS_PROPOSE)
        return;
    icbm_rendezvous_write_refusal(&block, &r); /* M-351: it is not carried to SIP */
    d.data = buf_span(&block);
    memcpy(d.cookie, im->cookie, sizeof d.cookie);
    if (buf_ok(&block))
        oscar_conn_deliver_im(s->conn, &d);
    buf_fini(&block);
    tell_text_only(s, im->to);
}

/* ICQ's old messages: text, or what ICQ clients settle among themselves (authorisation, contacts,
 * cards). */
static bool is_about_leave(struct aim_session *s, const struct icbm_message *im, struct account *to)
{
    struct icbm_old_style old;

    return im->channel == ICBM_OLD_STYLE && icbm_old_style_read(im->data, &old) &&
           leave_take_old(s, to, &old);
}

static bool is_talk(const struct icbm_message *im)
{
    struct icbm_old_style old;

    return !icbm_old_style_read(im->data, &old) || old.type == ICQ_TALK_PLAIN ||
           old.type == ICQ_TALK_URL;
}

/* Rendezvous and others between two AIM users: relayed to who is there, never stored. */
static void relay_other_channel(struct aim_session *s, const struct icbm_message *im,
                                const struct origin *o, struct account *to)
{
    struct oscar_userinfo u;
    struct icbm_delivery d = {
        .channel = im->channel, .from = &u, .data = im->data, .relay = im->tlvs};
    bool any = false;

    if (may_write(to, s->account->person->key, s->account) != OUTCOME_DELIVERED) {
        origin_answer(s->w, o, OUTCOME_BLOCKED);
        return;
    }
    if (account_is_stranger(s->w, to, s->account->person->key)) { /* it cannot wait for a yes */
        origin_answer(s->w, o, OUTCOME_OFFLINE);
        return;
    }
    presence_userinfo(s->w, s->account->person, false, &u);
    memcpy(d.cookie, im->cookie, sizeof d.cookie);
    LIST_EACH (struct aim_session, other, &to->sessions, of_account) {
        if (!other->online)
            continue;
        oscar_conn_deliver_im(other->conn, &d);
        aim_session_dirty(other);
        any = true;
    }
    origin_answer(s->w, o, any ? OUTCOME_DELIVERED : OUTCOME_OFFLINE);
}

bool channels_take(struct aim_session *s, const struct icbm_message *im, const struct origin *o,
                   struct account *to)
{
    if (im->channel == ICBM_PLAIN || (im->channel == ICBM_OLD_STYLE && (!to || is_talk(im))))
        return false;
    if (to && is_about_leave(s, im, to))
        origin_answer(s->w, o, OUTCOME_DELIVERED);
    else if (to)
        relay_other_channel(s, im, o, to);
    else if (im->channel == ICBM_RENDEZVOUS)
        refuse_rendezvous(s, im);
    else
        origin_answer(s->w, o, OUTCOME_NOT_SUPPORTED);
    return true;
}

/* ---- events ---- */

static struct account *online_account(struct aim_session *s, struct span typed)
{
    struct name_target t;
    struct account *to;

    if (book_typed(s->w, typed, &t) || !t.local)
        return NULL;
    to = account_loaded(s->w, t.address.user);
    if (!to || may_write(to, s->account->person->key, s->account) != OUTCOME_DELIVERED ||
        account_is_stranger(s->w, to, s->account->person->key))
        return NULL;
    return to;
}

void channels_client_event(struct aim_session *s, const struct icbm_client_event *e)
{
    struct account *to = online_account(s, e->name);
    struct icbm_client_event relayed = *e;

    if (!to)
        return;
    relayed.name = s->account->formatted;
    LIST_EACH (struct aim_session, other, &to->sessions, of_account)
        if (other->online) {
            oscar_conn_client_event(other->conn, &relayed);
            aim_session_dirty(other);
        }
}
