#include "gateway/flow/message_notice.h"

#include "gateway/flow/helper.h"
#include "gateway/flow/link_notice.h"
#include "gateway/people/account.h"

static bool wants(const struct account *a, enum notice_when when)
{
    switch (when) {
    case NOTICE_ON: return a->settings[USER_notices];
    case NOTICE_STORED: return a->settings[USER_notify_stored];
    case NOTICE_NEVER:
    case NOTICE_ALWAYS: break;
    }
    return when == NOTICE_ALWAYS;
}

void message_notice(struct worker *w, const struct origin *o, enum outcome how)
{
    struct address to = {.user = o->author, .host = w->own_domain};
    const struct account *a = o->domain.n ? account_loaded(w, o->author) : NULL;
    struct buf words = {0};

    if (!a || !wants(a, outcome_row(how)->when))
        return;
    outcome_notice(&words, how, o->typed, o->domain);
    BUF_LIT(&words, ".");
    if (buf_ok(&words))
        helper_say(w, &to, buf_span(&words));
    buf_fini(&words);
}

void message_notice_ended(struct worker *w, const struct flight *f, enum outcome how)
{
    if (how == OUTCOME_LINK_DOWN || how == OUTCOME_STORED_LINK)
        link_notice_message(w, &f->m, how == OUTCOME_STORED_LINK);
    else if (!f->row)
        message_notice(w, &f->origin, how);
}
