#include "gateway/flow/leave.h"

#include "gateway/flow/buddy.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/icq_dialog.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/limits.h"
#include "gateway/peer/peers.h"
#include "gateway/people/book.h"
#include "gateway/people/named.h"
#include "mapping/message_oscar.h"

enum { OLD_FIELD_END = 0xFE };

/* ---- is there something to ask? ---- */

/* Who is meant, if it is an account of ours that awaits the session's user; NULL: nobody is to be
 * asked. */
static struct account *awaiting(struct aim_session *s, struct span name)
{
    struct account *to;
    struct named who;

    if (!name.n || name.p[0] < '0' || name.p[0] > '9') /* only ICQ users are asked */
        return NULL;
    if (named_find(s->w, name, &who) || !who.local || account_get(s->w, who.key, &to) ||
        !account_awaits(to, s->account->person->key))
        return NULL;
    return to;
}

bool leave_is_missing(struct aim_session *s, const struct feedbag_item *item)
{
    struct span key = s->account->person->key;
    struct account *to;

    if (!s->account->icq || item->class_id != FEEDBAG_BUDDY ||
        tlv_has(item->attributes, FEEDBAG_ATTR_PENDING))
        return false;
    to = awaiting(s, item->name);
    return to && !account_blocks(to, key); /* whoever is blocked just sees him offline */
}

/* ---- asking ---- */

/* The same answer in any case: nobody is asked for those whom he blocks, and they hear no more. */
static void ask(struct aim_session *s, struct account *to, struct span words)
{
    struct worker *w = s->w;
    struct account *own = s->account;
    enum err e = ERR_EXISTS;

    if (account_said_no(to, own->person->key)) {
        icq_dialog_tell(w, to, &(struct icq_said){.asker = own->person->key});
        return;
    }
    if (!account_blocks(to, own->person->key))
        e = consent_request(w, to, own->person->key, words);
    if (e == ERR_FULL)
        icq_dialog_say(w, own, to->formatted,
                       ": too many requests to see somebody wait for an answer. Try again later.");
    else if (!own->icq && s->online) /* and not for a list that a client brings along */
        icq_dialog_say(w, own, to->formatted, " is asked whether you may see when he is online.");
}

void leave_added(struct aim_session *s, struct span name)
{
    struct account *to = s->account->icq ? NULL : awaiting(s, name);

    if (to && !account_said_no(to, s->account->person->key))
        ask(s, to, (struct span){0});
}

static void ask_one_of_ours(struct aim_session *s, struct span key, struct span words)
{
    struct account *to;

    if (account_get(s->w, key, &to) || to == s->account)
        return;
    if (account_awaits(to, s->account->person->key))
        ask(s, to, words);
    else
        consent_settled(s->w, to, s->account->person->key);
}

/* ---- what ICQ clients send ---- */

/* What stands behind the last mark between fields. */
static struct span last_field(struct span text)
{
    size_t at;

    while ((at = span_find(text, OLD_FIELD_END)) < text.n)
        text = span_skip(text, at + 1);
    return text;
}

bool leave_take_old(struct aim_session *s, struct account *to, const struct icbm_old_style *old)
{
    struct span own = s->account->person->key;

    switch (old->type) {
    case ICQ_TALK_AUTH_REQUEST:
        if (!account_awaits(to, own))
            return false;
        ask(s, to, last_field(old->text));
        return true;
    case ICQ_TALK_AUTH_DENIED:
    case ICQ_TALK_AUTH_GRANTED:
        if (!s->account->authorises)
            return false;
        consent_answer(s->w, s->account,
                       &(struct consent_said){.name = to->person->key,
                                              .allowed = old->type == ICQ_TALK_AUTH_GRANTED,
                                              .words = old->text});
        return true;
    default: return false;
    }
}

/* 5.3 of the tables: SUBSCRIBE has no place for words, so they go in a MESSAGE, where the peer
 * wants them. */
static void send_words(struct aim_session *s, const struct named *to, struct span words)
{
    struct worker *w = s->w;
    struct account *own = s->account;
    struct origin o = {
        .kind = ORIGIN_HELPER, .author = own->person->key, .typed = to->shown, .store = true};
    struct message m = {.from = {own->person->key, w->own_domain},
                        .to = to->address,
                        .friendly = own->formatted,
                        .sent = w->unix_now};
    struct buf text = {0};
    struct flight *f;

    if (!words.n || !peer_switches(peer_find(w->peers, to->address.host))->auth_text ||
        account_blocks(own, to->key) || limits_aim(w, own, to->address.host))
        return;
    BUF_LIT(&text, "[Authorisation request] ");
    oscar_text_read(&text, OSCAR_ASCII, words);
    m.text = buf_span(&text);
    rng_bytes(&w->rng, m.cookie, sizeof m.cookie);
    f = buf_ok(&text) ? flight_new(w, &o, &m, NULL, to->key) : NULL;
    buf_fini(&text);
    if (!f)
        return;
    if (!lane_to_domain(f))
        f->failure = OUTCOME_RATE;
    flight_depart(f);
}

void leave_auth(struct aim_session *s, const struct feedbag_auth *auth)
{
    struct worker *w = s->w;
    struct named who;
    struct person *p;

    if (named_find(w, auth->name, &who) || (who.local && book_is_helper(w, who.key)))
        return;
    if (auth->subtype == SNAC_FEEDBAG_AUTH_ANSWER) {
        consent_answer(w, s->account, &(struct consent_said){who.key, auth->granted, auth->reason});
    } else if (auth->subtype == SNAC_FEEDBAG_AUTH_GRANT) {
        consent_answer(w, s->account, &(struct consent_said){who.key, true, auth->reason});
    } else if (who.local) {
        ask_one_of_ours(s, who.key, auth->reason);
    } else { /* asked for anew: so is the subscription */
        send_words(s, &who, auth->reason);
        p = buddy_get(w, s->account, &who.address);
        if (p)
            buddy_want(w, p);
        if (p)
            person_release(w, p);
    }
}
