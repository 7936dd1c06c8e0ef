#include "gateway/flow/aim_events.h"

#include "gateway/flow/channels.h"
#include "gateway/flow/directory.h"
#include "gateway/flow/icon.h"
#include "gateway/flow/icq_info.h"
#include "gateway/flow/info.h"
#include "gateway/flow/later.h"
#include "gateway/flow/leave.h"
#include "gateway/flow/message.h"
#include "gateway/flow/owner.h"
#include "gateway/flow/permit.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/roster.h"
#include "gateway/flow/signon.h"
#include "gateway/flow/talk.h"
#include "gateway/flow/warn.h"

static void before_signon(struct aim_session *s, const struct oscar_event *ev)
{
    switch (ev->kind) {
    case OSCAR_LOGIN: signon_login(s, &ev->login); return;
    case OSCAR_COOKIE: signon_cookie(s, &ev->cookie); return;
    default: return;
    }
}

/* What is answered on BOS and on service connections alike. */
static bool service_event(struct aim_session *s, struct account *a, const struct oscar_event *ev)
{
    switch (ev->kind) {
    case OSCAR_ICON_SET: icon_set(s, a, ev->id, &ev->icon); return true;
    case OSCAR_ICON_WANTED: icon_wanted(s, a, ev->id, &ev->icon_query); return true;
    case OSCAR_ACCOUNT_WANTED: owner_asked(s, a, ev->id, ev->tlvs); return true;
    case OSCAR_ACCOUNT_CHANGE: owner_change(s, a, ev->id, &ev->change); return true;
    case OSCAR_DIRECTORY_SEARCH: directory_asked(s, a, ev->id, ev->tlvs); return true;
    default: return false;
    }
}

static void log_gap(const struct aim_session *s, const struct oscar_event *ev)
{
    struct buf user = {0}, expected = {0}, came = {0};

    buf_add(&user, s->account->person->key);
    buf_number(&expected, ev->gap.expected);
    buf_number(&came, ev->gap.came);
    LOG_INFO(&s->w->log, "aim",
             "a client's frames are not numbered one after the other (told once)", "user",
             buf_cstr(&user), "expected", buf_cstr(&expected), "came", buf_cstr(&came), "do",
             "nothing while it works: all that came was taken; else look at what stands between it "
             "and us");
    buf_fini(&user);
    buf_fini(&expected);
    buf_fini(&came);
}

void aim_event(struct aim_session *s, const struct oscar_event *ev)
{
    struct account *a = s->account ? s->account : s->serves;

    if (a && service_event(s, a, ev))
        return;
    if (!s->account) {
        before_signon(s, ev);
        return;
    }
    switch (ev->kind) {
    case OSCAR_SERVICE_WANTED: signon_service(s, ev->id, ev->foodgroup); break;
    case OSCAR_ONLINE: signon_online(s); break;
    case OSCAR_GAP: log_gap(s, ev); break;
    case OSCAR_LIST_USED: roster_used(s, ev->online); break;
    case OSCAR_INFO_SET: presence_info_set(s, &ev->info_set); break;
    case OSCAR_STATUS_SET: presence_status_set(s, &ev->status_set); break;
    case OSCAR_IDLE: presence_idle_set(s, ev->idle_seconds); break;
    case OSCAR_PRIVACY_FLAGS: presence_flags_set(s, ev->privacy_flags); break;
    case OSCAR_BUDDIES: roster_names(s, &ev->names); break;
    case OSCAR_PERMIT: permit_change(s, &ev->names, true); break;
    case OSCAR_DENY: permit_change(s, &ev->names, false); break;
    case OSCAR_FEEDBAG_GET: roster_get(s, ev->id, &ev->copy); break;
    case OSCAR_FEEDBAG_EDIT: roster_edit(s, ev->id, ev->edit.op, ev->edit.items); break;
    case OSCAR_IM: message_from_aim(s, ev->id, &ev->im); break;
    case OSCAR_TYPING: talk_from_aim(s, &ev->typing); break;
    case OSCAR_CLIENT_EVENT: channels_client_event(s, &ev->client_event); break;
    case OSCAR_INFO_WANTED: info_wanted(s, ev->id, &ev->query); break;
    case OSCAR_FIND_EMAIL: directory_find_email(s, ev->id, ev->address); break;
    case OSCAR_ENTRY_SET: directory_set(s, ev->id, ev->tlvs); break;
    case OSCAR_ENTRY_WANTED: directory_wanted(s, ev->id, ev->name); break;
    case OSCAR_ICQ_META: icq_info_asked(s, ev->id, &ev->meta); break;
    case OSCAR_OFFLINE_WANTED: later_asked(s, ev->id, NULL); break;
    case OSCAR_ICQ_OFFLINE: later_asked(s, ev->id, ev); break;
    case OSCAR_AUTH: leave_auth(s, &ev->auth); break;
    case OSCAR_WARN: warn_from_aim(s, ev->id, &ev->warning); break;
    case OSCAR_LOGIN:
    case OSCAR_COOKIE:
    case OSCAR_ICON_SET:
    case OSCAR_ICON_WANTED:
    case OSCAR_ACCOUNT_WANTED:
    case OSCAR_ACCOUNT_CHANGE:
    case OSCAR_DIRECTORY_SEARCH:
    case OSCAR_SIGNED_OFF:
    case OSCAR_NONE: break;
    }
}
