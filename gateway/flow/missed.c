#include "gateway/flow/missed.h"

#include "gateway/door/aim.h"
#include "gateway/flow/sender.h"

void missed_tell(struct worker *w, struct account *to, const struct address *from,
                 enum icbm_missed_reason why)
{
    struct message m = {.from = *from};

    if (to->missed < UINT16_MAX)
        to->missed++;
    if (to->missed_told && w->now - to->missed_told < MISSED_PACE_MS)
        return;
    to->missed_told = w->now;
    LIST_EACH (struct aim_session, s, &to->sessions, of_account) {
        struct oscar_userinfo u;

        if (!s->online)
            continue;
        sender_userinfo(s, &m, &u);
        oscar_conn_missed(s->conn, &(struct icbm_missed){.channel = ICBM_PLAIN,
                                                         .from = &u,
                                                         .count = to->missed,
                                                         .reason = (uint16_t)why});
        aim_session_dirty(s);
    }
    to->missed = 0;
}
