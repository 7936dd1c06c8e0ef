#include "gateway/flow/auto_reply.h"

#include "base/siphash.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/route.h"
#include "mapping/presence_sip.h"

/* Somebody, as one number. Whom one could fool with it is oneself. */
static uint64_t hash_of(struct worker *w, const struct account *a, const struct address *who)
{
    const uint64_t secret[2] = {(uint64_t)a->created, (uint64_t)a->id};
    struct buf *key = &w->scratch;

    buf_reset(key);
    address_key(key, &w->rules, who);
    return siphash(secret, buf_span(key));
}

bool auto_reply_is_second(struct aim_session *s, const struct address *to)
{
    struct account *a = s->account;
    struct auto_reply *oldest = &a->auto_replies[0];
    uint64_t hash;

    if (s->of_account.next == &a->sessions && s->of_account.prev == &a->sessions)
        return false;
    hash = hash_of(s->w, a, to);
    for (size_t i = 0; i < AUTO_REPLIES_KEPT; i++) {
        struct auto_reply *r = &a->auto_replies[i];

        if (r->to == hash && r->session && s->w->now - r->at < AUTO_REPLY_MS)
            return r->session != s->id;
        if (r->at < oldest->at)
            oldest = r;
    }
    *oldest = (struct auto_reply){.at = s->w->now, .to = hash, .session = s->id};
    return false;
}

/* ---- for the user ---- */

static bool was_answered(struct worker *w, struct account *a, const struct address *who)
{
    uint64_t hash = hash_of(w, a, who);

    if (a->answered_spell != a->person->seen->changed) {
        a->answered_spell = a->person->seen->changed;
        a->answered_n = 0;
    }
    for (size_t i = 0; i < a->answered_n && i < AUTO_ANSWERED_KEPT; i++)
        if (a->answered[i] == hash)
            return true;
    a->answered[a->answered_n++ % AUTO_ANSWERED_KEPT] = hash;
    return false;
}

static void send_reply(struct worker *w, const struct message *m)
{
    struct origin o = {.kind = ORIGIN_HELPER};
    struct account *to = NULL;
    struct buf key = {0};
    struct flight *f;

    if (address_is_own(&w->rules, &m->to) && account_get(w, m->to.user, &to))
        return;
    address_key(&key, &w->rules, &m->to);
    f = flight_new(w, &o, m, to, to ? to->person->key : buf_span(&key));
    buf_fini(&key);
    if (!f)
        return;
    if (to)
        route_to_account(f, to);
    else if (!lane_to_domain(f))
        f->failure = OUTCOME_RATE;
    flight_depart(f);
}

void auto_reply_answer(struct worker *w, struct account *to, const struct message *m)
{
    const struct presence *p = to->person->seen;
    struct buf reader = {0};
    struct message r = {.from = {to->person->key, w->own_domain},
                        .to = m->from,
                        .friendly = to->formatted,
                        .sent = w->unix_now,
                        .auto_reply = true,
                        .never_store = true};

    if (!to->settings[USER_auto_away] || m->auto_reply || !p || !p->away || p->invisible ||
        was_answered(w, to, &m->from))
        return;
    buf_add(&reader, m->from.user);
    buf_u8(&reader, '@');
    buf_add(&reader, m->from.host);
    r.text = presence_text_for(
        p, &(struct presence_writing){.watcher = buf_span(&reader), .now = w->unix_now}, &w->arena);
    rng_bytes(&w->rng, r.cookie, sizeof r.cookie);
    if (r.text.n && buf_ok(&reader))
        send_reply(w, &r);
    buf_fini(&reader);
}
