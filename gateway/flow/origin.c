#include "gateway/flow/origin.h"

#include "gateway/people/account.h"
#include "mapping/message_sip.h"
#include "simple/wire/print.h"

static void answer_sip(struct worker *w, const struct origin *o, enum outcome how,
                       uint32_t retry_after)
{
    const struct outcome_row *row = outcome_row(how);
    struct sip_answer a = {.status = (int)outcome_to_sip(how, false)};
    struct buf headers = {0}, words = {0};

    if (a.status < 300) {
        sip_core_answer(w->sip, o->txn, a.status, w->now);
    } else {
        outcome_words(&words, how, o->domain);
        a.reason = buf_span(&words);
        if (!retry_after && how == OUTCOME_OVERLOAD) /* M-474: not all come back at once */
            retry_after = row->retry_after + rng_u32(&w->rng) % (3U * row->retry_after + 1);
        if (retry_after || row->retry_after)
            sip_put_hdr_number(&headers, SIP_HDR_RETRY_AFTER,
                               retry_after ? retry_after : row->retry_after);
        if (a.status == 415) /* a phone would not have it */
            BUF_LIT(&headers, "Accept: " MESSAGE_ACCEPT "\r\n");
        buf_fmt(&headers, "Warning: 399 %s \"%s\"\r\n", w->conf->domain, buf_cstr(&words));
        a.headers = buf_span(&headers);
        sip_core_respond(w->sip, o->txn, &a, w->now);
        buf_fini(&headers);
        buf_fini(&words);
    }
}

static void tell_aim(struct aim_session *s, const struct origin *o, enum outcome how)
{
    const struct outcome_row *row = outcome_row(how);
    struct buf words = {0};

    outcome_words(&words, how, o->domain);
    oscar_conn_error(s->conn, FOODGROUP_ICBM, o->request,
                     &(struct snac_failure){.code = row->aim_error,
                                            .subcode = row->aim_sub,
                                            .text = buf_span(&words)});
    buf_fini(&words);
}

static void answer_aim(struct worker *w, const struct origin *o, enum outcome how)
{
    struct aim_session *s = aim_session_by_id(w->aim_door, o->session);

    if (!s || !s->account)
        return;
    if (outcome_row(how)->aim_error) {
        tell_aim(s, o, how);
    } else if (o->wants_ack) {
        struct icbm_ack ack = {.channel = o->channel, .to = o->typed};

        memcpy(ack.cookie, o->cookie, sizeof ack.cookie);
        oscar_conn_ack(s->conn, o->request, &ack);
    }
    aim_session_dirty(s);
}

/* So that he can ask the helper why. */
static void note_failed(struct worker *w, const struct origin *o, enum outcome how)
{
    struct account *a = o->author.n ? account_loaded(w, o->author) : NULL;

    if (a)
        account_note_failed(a, o->typed, o->domain, how, w->unix_now);
}

void origin_answer_after(struct worker *w, const struct origin *o, enum outcome how,
                         uint32_t retry_after)
{
    if (how == OUTCOME_DELIVERED) {
        w->metrics.messages_delivered++;
    } else if (!outcome_is_success(how)) {
        w->metrics.messages_failed++;
        note_failed(w, o, how);
    }
    if (o->kind == ORIGIN_SIP)
        answer_sip(w, o, how, retry_after);
    else if (o->kind == ORIGIN_AIM)
        answer_aim(w, o, how);
    else if (o->kind == ORIGIN_GROUP)
        o->group->ended(w, o->group, o->which, how);
}

void origin_answer(struct worker *w, const struct origin *o, enum outcome how)
{
    origin_answer_after(w, o, how, 0);
}
