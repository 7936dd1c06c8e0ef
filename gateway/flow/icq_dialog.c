#include "gateway/flow/icq_dialog.h"

#include "gateway/flow/helper.h"
#include "mapping/message_oscar.h"

void icq_dialog_say(struct worker *w, struct account *to, struct span who, const char *words)
{
    struct address at = {.user = to->person->key, .host = w->own_domain};
    struct buf text = {0};

    buf_add(&text, who);
    buf_str(&text, words);
    if (buf_ok(&text))
        helper_say(w, &at, buf_span(&text));
    buf_fini(&text);
}

static void send_old(struct aim_session *s, const struct icbm_old_style *old, struct span from)
{
    struct oscar_userinfo u = {.name = from, .class_flags = CLASS_FREE | CLASS_ICQ};
    struct icbm_delivery d = {.channel = ICBM_OLD_STYLE, .from = &u};
    struct buf data = {0};

    icbm_old_style_write(&data, old);
    d.data = buf_span(&data);
    rng_bytes(&s->w->rng, d.cookie, sizeof d.cookie);
    if (buf_ok(&data)) {
        oscar_conn_deliver_im(s->conn, &d);
        aim_session_dirty(s);
    }
    buf_fini(&data);
}

/* A number; false: the name is none, and has no place in messages of channel 4. */
static bool uin_of(struct span name, uint32_t *out)
{
    uint64_t n;

    if (!span_number(name, UINT32_MAX, &n))
        return false;
    *out = (uint32_t)n;
    return true;
}

/* Nick, first and last name, e-mail, whether he himself is to be asked; then the words. */
static bool put_old_question(struct aim_session *s, struct span name, struct span words)
{
    struct icbm_old_style old = {.type = ICQ_TALK_AUTH_REQUEST};
    struct buf text = {0};

    if (!uin_of(name, &old.uin))
        return false;
    buf_add(&text, name);
    BUF_LIT(&text, "\xFE\xFE\xFE\xFE\x31\xFE");
    buf_add(&text, words);
    old.text = buf_span(&text);
    if (buf_ok(&text))
        send_old(s, &old, name);
    buf_fini(&text);
    return true;
}

bool icq_dialog_ask(struct aim_session *s, struct span name, struct span words)
{
    if (!s->account->icq)
        return false;
    if (!oscar_conn_uses_feedbag(s->conn))
        return put_old_question(s, name, words);
    oscar_conn_auth(s->conn, &(struct feedbag_auth){.subtype = SNAC_FEEDBAG_AUTH_REQUESTED,
                                                    .name = name,
                                                    .reason = words});
    aim_session_dirty(s);
    return true;
}

static bool tell_icq(struct aim_session *s, struct account *by, const struct icq_said *said)
{
    struct icbm_old_style old = {
        .type = said->granted ? ICQ_TALK_AUTH_GRANTED : ICQ_TALK_AUTH_DENIED, .text = said->words};

    if (!s->account->icq)
        return false;
    if (!oscar_conn_uses_feedbag(s->conn)) {
        if (!uin_of(by->person->key, &old.uin))
            return false;
        send_old(s, &old, by->formatted);
        return true;
    }
    if (said->items.n)
        oscar_conn_feedbag_push(s->conn, FEEDBAG_UPDATE, said->items);
    oscar_conn_auth(s->conn,
                    &(struct feedbag_auth){.subtype = said->unasked ? SNAC_FEEDBAG_AUTH_GRANTED
                                                                    : SNAC_FEEDBAG_AUTH_ANSWERED,
                                           .name = by->formatted,
                                           .granted = said->granted,
                                           .reason = said->words});
    aim_session_dirty(s);
    return true;
}

void icq_dialog_tell(struct worker *w, struct account *by, const struct icq_said *said)
{
    struct account *to;
    bool told = false;

    if (account_get(w, said->asker, &to))
        return;
    LIST_EACH (struct aim_session, s, &to->sessions, of_account)
        if (s->online)
            told |= tell_icq(s, by, said);
    if (!told)
        icq_dialog_say(w, to, by->formatted,
                       said->granted ? " lets you see when he is online."
                                     : " does not let you see when he is online.");
}
