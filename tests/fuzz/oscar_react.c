#include "tests/fuzz/oscar_react.h"

#include <stdlib.h>

#include "oscar/roast.h"
#include "oscar/screenname.h"

static const struct oscar_userinfo someone = {.name = {(const uint8_t *)"Bob Jones", 9},
                                              .class_flags = CLASS_FREE};
static volatile unsigned sink; /* what is read must not be optimised away */

/* Touches every octet: spans must lie in memory that is there. */
void fuzz_touch(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        sink += s.p[i];
}

static void on_login(struct oscar_conn *c, const struct oscar_event *e)
{
    static const uint8_t cookie[BUCP_COOKIE];
    struct oscar_accept yes = {e->login.name, SPAN("127.0.0.1:5190"),
                               span_of(cookie, sizeof cookie), SPAN("a@b")};

    fuzz_touch(e->login.name);
    fuzz_touch(e->login.client);
    if (roast_check(&e->login, SPAN("opensesame")) || e->login.name.n % 2)
        oscar_conn_accept_login(c, &yes);
    else
        oscar_conn_refuse_login(c, LOGIN_ERR_WRONG_PASSWORD, e->login.client);
}

static void on_cookie(struct oscar_conn *c, const struct oscar_event *e)
{
    struct oscar_self self = {.user = someone};

    fuzz_touch(e->cookie.cookie);
    if (e->cookie.cookie.n && e->cookie.cookie.p[0] == 'X')
        oscar_conn_refuse_cookie(c);
    else
        oscar_conn_welcome(c,
                           e->cookie.cookie.n && e->cookie.cookie.p[0] == 'N'   ? 0x0D
                           : e->cookie.cookie.n && e->cookie.cookie.p[0] == 'A' ? 0x07
                           : e->cookie.cookie.n && e->cookie.cookie.p[0] == 'F' ? 0x0F
                                                                                : 0,
                           &self);
}

static void on_im(struct oscar_conn *c, const struct oscar_event *e)
{
    struct icbm_delivery d = {.channel = e->im.channel,
                              .from = &someone,
                              .fragments = e->im.fragments,
                              .data = e->im.data,
                              .relay = e->im.tlvs,
                              .friendly = e->im.friendly,
                              .auto_reply = e->im.auto_reply,
                              .typing = e->im.typing,
                              .stored = e->im.store};
    struct icbm_ack ack = {.channel = e->im.channel, .to = e->im.to};
    struct span fragments = e->im.fragments, text;
    struct icbm_rendezvous rendezvous;
    struct icbm_old_style old;
    uint16_t charset;

    while (icbm_text_next(&fragments, &charset, &text))
        fuzz_touch(text);
    if (icbm_rendezvous_read(e->im.data, &rendezvous))
        fuzz_touch(rendezvous.tlvs);
    if (icbm_old_style_read(e->im.data, &old))
        fuzz_touch(old.text);
    oscar_conn_deliver_im(c, &d);
    oscar_conn_ack(c, e->id, &ack);
}

static void on_edit(struct oscar_conn *c, const struct oscar_event *e)
{
    struct span items = e->edit.items;
    struct feedbag_item item;
    uint16_t codes[64];
    size_t n = 0;

    while (n < 64 && feedbag_item_next(&items, &item)) {
        fuzz_touch(item.name);
        fuzz_touch(item.attributes);
        sink += feedbag_pref(item.attributes, PREF_OFFLINE_MESSAGES, true);
        codes[n++] = feedbag_class_max(item.class_id);
    }
    oscar_conn_feedbag_push(c, e->edit.op, e->edit.items);
    oscar_conn_feedbag_status(c, e->id, codes, n);
    oscar_conn_feedbag_list(c, e->id, e->edit.items, 1);
}

static void on_info(struct oscar_conn *c, const struct oscar_event *e)
{
    struct oscar_userinfo u = someone;
    struct locate_info info = {.user = &u,
                               .what = 7,
                               .profile = e->info_set.profile,
                               .away = e->info_set.away,
                               .caps = e->info_set.caps};

    fuzz_touch(e->info_set.profile_mime);
    fuzz_touch(e->info_set.away_mime);
    u.caps = e->info_set.caps;
    oscar_conn_info(c, e->id, &info);
    oscar_conn_arrived(c, &u);
    oscar_conn_set_self(c, &u, true);
}

static void on_names(struct oscar_conn *c, const struct oscar_event *e)
{
    struct span list = e->names.list, name;
    char plain[SCREENNAME_FEEDBAG_MAX];
    struct span normal;

    while (screenname_next(&list, &name)) {
        if (screenname_normalise(name, plain, sizeof plain, &normal))
            sink += screenname_eq(name, normal) + screenname_is_icq(normal);
        if (e->names.remove)
            oscar_conn_departed(c, name);
        else
            oscar_conn_reject_buddy(c, name);
    }
}

static void on_talk(struct oscar_conn *c, const struct oscar_event *e)
{
    struct snac_failure no = {.code = SNAC_ERR_NOT_LOGGED_ON, .subcode = 1, .text = SPAN("no")};

    switch (e->kind) {
    case OSCAR_TYPING:
        oscar_conn_typing(c, e->typing.name, (enum icbm_typing_event)e->typing.event);
        break;
    case OSCAR_CLIENT_EVENT: oscar_conn_client_event(c, &e->client_event); break;
    case OSCAR_INFO_WANTED:
        fuzz_touch(e->query.name);
        oscar_conn_error(c, FOODGROUP_LOCATE, e->id, &no);
        break;
    case OSCAR_FIND_EMAIL: oscar_conn_found(c, e->id, &e->address, 1); break;
    case OSCAR_OFFLINE_WANTED: oscar_conn_offline_done(c, e->id); break;
    case OSCAR_ICQ_OFFLINE: oscar_conn_icq_offline_done(c, e->id, &e->icq); break;
    case OSCAR_WARN:
        oscar_conn_warned(c, e->id, 1, 2);
        oscar_conn_evil(c, 2, &someone);
        break;
    case OSCAR_AUTH: oscar_conn_auth(c, &e->auth); break;
    default: break;
    }
}

static void on_service(struct oscar_conn *c, const struct oscar_event *e)
{
    struct bart_item item = {.type = BART_ICON, .data = SPAN("0123456789abcdef")};
    struct admin_account account = {.name = e->change.name, .error = ADMIN_BAD_NAME};
    struct icq_answer answer = {.who = e->meta.who, .type = e->meta.type, .data = e->meta.data};
    uint16_t type;

    switch (e->kind) {
    case OSCAR_ENTRY_SET: oscar_conn_entry_set(c, e->id); break;
    case OSCAR_ENTRY_WANTED: oscar_conn_entry(c, e->id, SPAN("\0\1\0\1x")); break;
    case OSCAR_ICQ_META:
        for (struct span list = e->meta.data, value; icq_tlv_next(&list, &type, &value);)
            fuzz_touch(value);
        oscar_conn_icq_meta(c, e->id, &answer, false);
        break;
    case OSCAR_ICON_SET:
        sink += (unsigned)bart_image_check(e->icon.image);
        oscar_conn_icon_kept(c, e->id, BART_OK, &item);
        oscar_conn_icon_state(c, &item);
        break;
    case OSCAR_ICON_WANTED:
        fuzz_touch(e->icon_query.name);
        oscar_conn_icon(c, e->id, &e->icon_query,
                        e->icon_query.newer ? SPAN("GIF89a") : (struct span){0});
        break;
    case OSCAR_ACCOUNT_WANTED:
        oscar_conn_account(c, e->id, &(struct admin_account){.registration = true});
        break;
    case OSCAR_ACCOUNT_CHANGE: oscar_conn_account_changed(c, e->id, &account); break;
    case OSCAR_DIRECTORY_SEARCH: oscar_conn_directory_found(c, e->id, (struct span){0}, 0); break;
    default: break;
    }
}

void oscar_react(struct oscar_conn *c, const struct oscar_event *e)
{
    struct oservice_redirect to = {e->foodgroup, SPAN("127.0.0.1:5190"), SPAN("cookie"), {0}};

    switch (e->kind) {
    case OSCAR_LOGIN: on_login(c, e); break;
    case OSCAR_COOKIE: on_cookie(c, e); break;
    case OSCAR_SERVICE_WANTED: oscar_conn_redirect(c, e->id, &to); break;
    case OSCAR_INFO_SET: on_info(c, e); break;
    case OSCAR_STATUS_SET:
        fuzz_touch(e->status_set.text);
        fuzz_touch(e->status_set.charset);
        break;
    case OSCAR_BUDDIES:
    case OSCAR_PERMIT:
    case OSCAR_DENY: on_names(c, e); break;
    case OSCAR_FEEDBAG_GET:
        oscar_conn_feedbag_current(c, e->id, e->copy.time, e->copy.count);
        break;
    case OSCAR_FEEDBAG_EDIT: on_edit(c, e); break;
    case OSCAR_IM: on_im(c, e); break;
    case OSCAR_SIGNED_OFF:
        if (!oscar_conn_is_over(c) || !e->why.text)
            abort();
        break;
    default:
        on_talk(c, e);
        on_service(c, e);
        break;
    }
}
