#include "gateway/flow/signon.h"

#include "gateway/flow/authorizer.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/cookie.h"
#include "gateway/flow/icon.h"
#include "gateway/flow/later.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/roster.h"
#include "gateway/flow/warn.h"

#include <stdlib.h>

static bool shows_short(const struct account *a, bool old)
{
    switch (a->settings[USER_short_names]) {
    case FORM_ALWAYS: return true;
    case FORM_NEVER: return false;
    default: return old;
    }
}

void signon_login(struct aim_session *s, const struct oscar_login *l)
{
    struct authorized who;
    struct cookie *c;
    struct buf address = {0};
    uint16_t wrong = authorizer_judge(s->w, stream_peer(s->stream), l, &who);

    if (wrong) {
        oscar_conn_refuse_login(s->conn, wrong, (struct span){0});
        return;
    }
    c = cookie_new(s->w, who.name, l->client);
    if (!c) {
        authorizer_log_refused(s->w, stream_peer(s->stream), who.name, "out of memory");
        oscar_conn_refuse_login(s->conn, LOGIN_ERR_UNAVAILABLE, (struct span){0});
        return;
    }
    cookie_describe(c, l, who.class == NAME_ICQ);
    aim_session_bos_address(s, &address);
    oscar_conn_accept_login(s->conn, &(struct oscar_accept){
                                         .name = who.formatted,
                                         .address = buf_span(&address),
                                         .cookie = span_of(c->octets, sizeof c->octets)});
    buf_fini(&address);
}

/* ---- the second connection ---- */

/* Others of the account make room: those that do not live with others, or all when the new one does
 * not. */
static void make_room(struct aim_session *s, struct account *a)
{
    size_t n = 1; /* the new one */

    LIST_EACH (struct aim_session, other, &a->sessions, of_account)
        n++;
    LIST_EACH (struct aim_session, other, &a->sessions, of_account) { /* oldest first */
        if (s->multi && other->multi && n <= ACCOUNT_SESSIONS_MAX)
            continue;
        n--;
        oscar_conn_disconnect(other->conn, OSCAR_SIGNED_ON_ELSEWHERE, (struct span){0});
        aim_session_dirty(other);
    }
}

static bool begin_state(struct aim_session *s, struct account *a)
{
    struct presence p = {.online = true,
                         .friendly = account_friendly(a),
                         .icq = a->icq,
                         .warning = warning_level(&a->warning, s->w->unix_now),
                         .icon = span_of(a->icon, a->icon_n),
                         .hide_idle = a->hides_idle,
                         .signon = s->w->unix_now,
                         .changed = s->w->unix_now};

    s->state = presence_dup(&p);
    return s->state != NULL;
}

/* After a sign-on over HTTP a client says only now what it is; it is none of the old ones. */
static struct span describe(struct cookie *c, const struct account *a,
                            const struct oscar_login *said)
{
    if (!c->web)
        return c->software;
    cookie_describe(c, said, a->icq);
    c->modern = true;
    return said->client;
}

static void welcome(struct aim_session *s, struct account *a, struct cookie *c,
                    const struct oscar_login *said)
{
    struct span software = describe(c, a, said);
    struct oscar_self self = {.modern = c->modern, .ancient = c->ancient};
    const struct sip_addr *peer = stream_peer(s->stream);

    if (!span_keep(&s->software, software) || !begin_state(s, a)) {
        oscar_conn_refuse_cookie(s->conn);
        return;
    }
    s->secure |= c->secure;
    s->client = c->client;
    s->client_with_caps = c->client_with_caps;
    s->multi = c->multi;
    s->short_names = shows_short(a, c->old);
    make_room(s, a);
    s->account = a;
    list_append(&a->sessions, &s->of_account);
    presence_self(s, &self.user);
    if (peer->family == 4)
        self.ipv4 = (uint32_t)peer->ip[0] << 24 | (uint32_t)peer->ip[1] << 16 |
                    (uint32_t)peer->ip[2] << 8 | peer->ip[3];
    oscar_conn_welcome(s->conn, 0, &self);
    s->w->metrics.aim_sessions++;
}

void signon_cookie(struct aim_session *s, const struct oscar_cookie *in)
{
    struct cookie *c = cookie_find(s->w, in->cookie);
    struct account *a;

    if (!c || s->w->draining || account_get(s->w, c->name, &a) ||
        (c->foodgroup && list_empty(&a->sessions))) {
        authorizer_log_refused(s->w, stream_peer(s->stream), c ? c->name : SPAN("?"),
                               "an unknown or outdated cookie");
        oscar_conn_refuse_cookie(s->conn);
        return;
    }
    if (c->foodgroup) {
        s->serves = a;
        list_append(&a->services, &s->of_account);
        oscar_conn_welcome(s->conn, c->foodgroup, NULL);
    } else {
        welcome(s, a, c, &in->said);
    }
    cookie_free(s->w, c);
}

/* AIM 4.8 shows an error where alerts are refused; nobody else needs the connection. */
static bool wants_alerts(const struct aim_session *s)
{
    return span_search(s->software, SPAN("version 4.8")) < s->software.n;
}

/* Chat navigation is the one that node-oscar cannot do without, though there are no rooms. */
static bool is_service(const struct aim_session *s, uint16_t foodgroup)
{
    return (foodgroup == FOODGROUP_ALERT && wants_alerts(s)) || foodgroup == FOODGROUP_CHATNAV ||
           foodgroup == FOODGROUP_BART || foodgroup == FOODGROUP_ADMIN ||
           foodgroup == FOODGROUP_DIRECTORY;
}

static bool has_room(const struct account *a)
{
    size_t n = 0;

    LIST_EACH (const struct aim_session, s, &a->services, of_account)
        n++;
    return n < SIGNON_SERVICES_MAX;
}

void signon_service(struct aim_session *s, uint32_t id, uint16_t foodgroup)
{
    struct cookie *c = NULL;
    struct buf address = {0};

    if (is_service(s, foodgroup) && has_room(s->account))
        c = cookie_new(s->w, s->account->person->key, (struct span){0});
    if (!c) {
        oscar_conn_error(s->conn, FOODGROUP_OSERVICE, id,
                         &(struct snac_failure){.code = SNAC_ERR_SERVICE_UNAVAILABLE});
        return;
    }
    c->foodgroup = foodgroup;
    aim_session_bos_address(s, &address);
    oscar_conn_redirect(s->conn, id,
                        &(struct oservice_redirect){.foodgroup = foodgroup,
                                                    .address = buf_span(&address),
                                                    .cookie = span_of(c->octets, sizeof c->octets),
                                                    .certificate = s->secure ? s->w->own_domain
                                                                             : (struct span){0}});
    buf_fini(&address);
}

/* ---- being there ---- */

static void log_signon(const struct aim_session *s)
{
    struct buf who = {0}, software = {0};

    buf_add(&who, s->account->person->key);
    buf_add(&software, s->software);
    LOG_INFO(&s->w->log, "aim", "signed on", "user", buf_cstr(&who), "client", buf_cstr(&software));
    buf_fini(&who);
    buf_fini(&software);
}

void signon_online(struct aim_session *s)
{
    struct worker *w = s->w;

    s->online = true;
    w->metrics.aim_signons++;
    log_signon(s);
    roster_begin(s);
    presence_account_changed(w, s->account);
    warn_begin(w, s->account);
    roster_show_all(s, false);
    consent_signed_on(s);
    icon_ask(s);
    /* it may have asked before it used its list */
    timer_set(w, &s->push, w->now + (s->asked_offline ? 0 : SIGNON_PUSH_MS));
}

void signon_push_stored(struct aim_session *s)
{
    if (s->online)
        later_push(s);
}

static void end_services(struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->services, of_account) {
        oscar_conn_shutdown(s->conn);
        aim_session_dirty(s);
    }
}

static void service_gone(struct aim_session *s)
{
    struct account *a = s->serves;

    if (!a)
        return;
    list_remove(&s->of_account);
    s->serves = NULL;
    account_release(s->w, a);
}

void signon_session_gone(struct aim_session *s)
{
    struct worker *w = s->w;
    struct account *a = s->account;

    service_gone(s);
    if (!a)
        return;
    LIST_EACH (struct edge, e, &s->buddies, of_session)
        edge_remove(w, e);
    list_remove(&s->of_account);
    s->account = NULL;
    w->metrics.aim_sessions--;
    if (list_empty(&a->sessions))
        end_services(a);
    if (s->online) {
        s->online = false;
        presence_account_changed(w, a);
    }
    account_release(w, a);
}

void signon_expel(struct worker *w, struct account *a)
{
    (void)w;
    LIST_EACH (struct aim_session, s, &a->sessions, of_account) {
        oscar_conn_shutdown(s->conn);
        aim_session_dirty(s);
    }
    end_services(a);
}
