#include "gateway/flow/warned.h"

#include "gateway/flow/missed.h"
#include "gateway/flow/warnings.h"

static const struct warning *warning_of(struct worker *w, const struct account *own,
                                        struct span name)
{
    return own ? &own->warning : warnings_find(w, name);
}

uint16_t warned_level(struct worker *w, const struct account *own, struct span name)
{
    const struct warning *x = warning_of(w, own, name);

    return x ? warning_level(x, w->unix_now) : 0;
}

uint32_t warned_wait(struct worker *w, const struct account *to, const struct account *own,
                     struct span name)
{
    const struct warning *x = warning_of(w, own, name);
    uint16_t highest = 0;
    bool any = false;

    if (!x || !x->level || !list_empty(&to->contacts))
        return 0;
    LIST_EACH (const struct aim_session, s, &to->sessions, of_account) {
        uint16_t limit = oscar_conn_icbm(s->conn)->max_sender_warning;

        any |= s->online;
        if (s->online && limit > highest)
            highest = limit;
    }
    return any ? warning_wait(x, highest, w->unix_now) : 0;
}

bool warned_turns_away(struct worker *w, const struct origin *o, uint16_t level)
{
    const struct aim_session *s =
        level && o->kind == ORIGIN_AIM ? aim_session_by_id(w->aim_door, o->session) : NULL;

    return s && level > oscar_conn_icbm(s->conn)->max_receiver_warning;
}

bool warned_refuses(struct worker *w, const struct origin *o, const struct message *m,
                    struct account *to, const struct account *own, struct span name)
{
    uint32_t wait = warned_wait(w, to, own, name);

    if (wait) { /* M-459 */
        origin_answer_after(w, o, OUTCOME_SENDER_EVIL, wait);
        missed_tell(w, to, &m->from, MISSED_SENDER_EVIL);
        return true;
    }
    if (warned_turns_away(w, o, warning_level(&to->warning, w->unix_now))) {
        origin_answer(w, o, OUTCOME_RECEIVER_EVIL);
        return true;
    }
    return false;
}
