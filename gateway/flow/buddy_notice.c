#include "gateway/flow/buddy_notice.h"

#include "gateway/door/aim.h"
#include "gateway/flow/helper.h"
#include "gateway/people/account.h"

/* Was the list shown to all of its clients a while ago? */
static bool is_settled(const struct worker *w, const struct account *a)
{
    LIST_EACH (const struct aim_session, s, &a->sessions, of_account)
        if (w->unix_now - s->since < BUDDY_NOTICE_QUIET_S)
            return false;
    return !list_empty(&a->sessions);
}

void buddy_notice(struct worker *w, const struct foreign *f, bool refused)
{
    const struct account *a = f->owner->account;
    struct address to = {.user = f->owner->key, .host = w->own_domain};
    struct buf text = {0};

    if (!a || !is_settled(w, a) || (refused && !a->settings[USER_notices]))
        return;
    buf_add(&text, f->person->name);
    if (refused)
        BUF_LIT(&text, " does not share presence with you.");
    else
        BUF_LIT(&text, " is not known there: the domain has no such user.");
    if (buf_ok(&text))
        helper_say(w, &to, buf_span(&text));
    buf_fini(&text);
}
