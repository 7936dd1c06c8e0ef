#include "gateway/flow/signon.h"

#include "gateway/flow/icon.h"
#include "gateway/flow/consent.h"
#include "gateway/flow/later.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/roster.h"
#include "gateway/flow/warn.h"
#include "oscar/roast.h"

#include <stdlib.h>

/* A promise to one client: who comes back with these octets within a minute is signed on. */
struct cookie {
    struct list node; /* oldest first */
    uint8_t octets[BUCP_COOKIE];
    uint64_t until;
    uint16_t foodgroup; /* 0: BOS */
    bool multi, modern;
    bool old; /* it takes no long names */
    bool ancient; /* it is AIM before 3.5 */
    enum text_client client, client_with_caps; /* how its texts are written, before and after it told capabilities */
    struct span software, name; /* behind the struct */
};

/* Sign-ons with one name from one address. */
struct attempts {
    struct list node;
    uint64_t until;
    unsigned wrong, right;
    struct span key; /* behind the struct */
};

struct signon {
    struct table cookies, attempts;
    struct list cookie_list, attempt_list;
};

struct signon *signon_new(void)
{
    struct signon *g = calloc(1, sizeof *g);

    if (!g)
        return NULL;
    table_init(&g->cookies);
    table_init(&g->attempts);
    list_init(&g->cookie_list);
    list_init(&g->attempt_list);
    return g;
}

static void cookie_free(struct signon *g, struct cookie *c)
{
    table_remove(&g->cookies, span_of(c->octets, sizeof c->octets));
    list_remove(&c->node);
    free(c);
}

static void attempts_free(struct signon *g, struct attempts *t)
{
    table_remove(&g->attempts, t->key);
    list_remove(&t->node);
    free(t);
}

void signon_free(struct worker *w, struct signon *g)
{
    (void)w;
    if (!g)
        return;
    LIST_EACH (struct cookie, c, &g->cookie_list, node)
        cookie_free(g, c);
    LIST_EACH (struct attempts, t, &g->attempt_list, node)
        attempts_free(g, t);
    table_fini(&g->cookies);
    table_fini(&g->attempts);
    free(g);
}

/* ---- too many wrong passwords ---- */

static struct span attempts_key(struct aim_session *s, struct span name, struct buf *b)
{
    buf_reset(b);
    sip_addr_print(b, stream_peer(s->stream));
    buf_u8(b, ' ');
    buf_add(b, name);
    return buf_span(b);
}

static bool is_throttled(struct aim_session *s, struct span name)
{
    struct signon *g = s->w->signon;

    LIST_EACH (struct attempts, t, &g->attempt_list, node) {
        if (t->until > s->w->now)
            break;
        attempts_free(g, t);
    }
    if (!s->w->conf->oscar.rate_limits)
        return false;
    struct attempts *t = table_find(&g->attempts, attempts_key(s, name, &s->w->scratch));

    return t && (t->wrong >= SIGNON_WRONG_MAX || t->right >= SIGNON_RIGHT_MAX);
}

static void count_attempt(struct aim_session *s, struct span name, bool right)
{
    struct signon *g = s->w->signon;
    struct span key = attempts_key(s, name, &s->w->scratch);
    struct attempts *t = table_find(&g->attempts, key);

    if (t) {
        t->wrong += !right;
        t->right += right;
        return;
    }
    if (table_count(&g->attempts) >= SIGNON_WRONG_KEPT)
        attempts_free(g, LIST_OF(g->attempt_list.next, struct attempts, node));
    t = calloc(1, sizeof *t + key.n);
    if (!t)
        return;
    t->key = span_behind(t + 1, key);
    t->until = s->w->now + SIGNON_WRONG_MS;
    t->wrong = !right;
    t->right = right;
    if (table_add(&g->attempts, t->key, t))
        free(t);
    else
        list_append(&g->attempt_list, &t->node);
}

/* ---- the authorizer ---- */

static struct cookie *cookie_new(struct worker *w, struct span name, struct span software)
{
    struct signon *g = w->signon;
    struct cookie *c;
    uint8_t *bytes;

    LIST_EACH (struct cookie, old, &g->cookie_list, node) {
        if (old->until > w->now && table_count(&g->cookies) < SIGNON_COOKIES_MAX)
            break;
        cookie_free(g, old);
    }
    c = calloc(1, sizeof *c + name.n + software.n);
    if (!c)
        return NULL;
    rng_bytes(&w->rng, c->octets, sizeof c->octets);
    bytes = (uint8_t *)(c + 1);
    c->name = span_place(&bytes, name);
    c->software = span_place(&bytes, software);
    c->until = w->now + SIGNON_COOKIE_MS;
    if (table_add(&g->cookies, span_of(c->octets, sizeof c->octets), c)) {
        free(c);
        return NULL;
    }
    list_append(&g->cookie_list, &c->node);
    return c;
}

static struct client_hints hints_of(const struct oscar_login *l, enum name_class class)
{
    return (struct client_hints){.id_text = l->client,
                                 .id = l->client_id,
                                 .major = l->major,
                                 .minor = l->minor,
                                 .point = l->point,
                                 .build = l->build,
                                 .distribution = l->distribution,
                                 .icq_name = class == NAME_ICQ,
                                 .old_digest = l->scheme == LOGIN_MD5 && !l->new_digest};
}

static void log_refused(struct aim_session *s, struct span name, const char *why)
{
    struct buf who = {0}, from = {0};

    buf_add(&who, name);
    sip_addr_print(&from, stream_peer(s->stream));
    LOG_INFO(&s->w->log, "aim", "a sign-on was refused", "user", buf_cstr(&who), "from",
             buf_cstr(&from), "why", why);
    buf_fini(&who);
    buf_fini(&from);
}

static void refuse(struct aim_session *s, struct span name, enum login_error code, const char *why)
{
    log_refused(s, name, why);
    s->w->metrics.aim_refused++;
    oscar_conn_refuse_login(s->conn, code, (struct span){0});
}

/* AIM up to 4.2 keeps its list itself, with names of at most 16 characters (D-21). */
static bool is_old(const struct oscar_login *l)
{
    return l->major > 0 && (l->major < 4 || (l->major == 4 && l->minor < 3)) &&
           span_search(l->client, SPAN("Instant Messenger")) < l->client.n;
}

static bool shows_short(const struct account *a, bool old)
{
    switch (a->settings[USER_short_names]) {
    case FORM_ALWAYS: return true;
    case FORM_NEVER: return false;
    default: return old;
    }
}

static void accept_login(struct aim_session *s, const struct oscar_login *l, struct span norm,
                         enum name_class class, struct span formatted)
{
    struct client_hints hints = hints_of(l, class);
    struct cookie *c = cookie_new(s->w, norm, l->client);
    struct buf address = {0};

    if (!c) {
        refuse(s, norm, LOGIN_ERR_UNAVAILABLE, "out of memory");
        return;
    }
    c->client = text_client_of(&hints);
    hints.sent_caps = true;
    c->client_with_caps = text_client_of(&hints);
    c->multi = l->has_multi && l->multi == MULTI_WELCOME;
    c->modern = l->has_multi;
    c->old = is_old(l);
    c->ancient = l->scheme == LOGIN_ROASTED && class != NAME_ICQ;
    aim_session_bos_address(s, &address);
    oscar_conn_accept_login(s->conn, &(struct oscar_accept){
                                         .name = formatted,
                                         .address = buf_span(&address),
                                         .cookie = span_of(c->octets, sizeof c->octets)});
    buf_fini(&address);
}

/* An unknown name and a wrong password are answered alike: names are not given away. */
void signon_login(struct aim_session *s, const struct oscar_login *l)
{
    struct worker *w = s->w;
    char norm[SCREEN_NAME_MAX + 1];
    size_t n;
    enum name_class class = name_norm(l->name, norm, &n);
    struct span name = span_of(norm, n);
    struct buf password = {0};
    struct user_row user;
    enum err e;

    if (w->draining) {
        refuse(s, name, LOGIN_ERR_UNAVAILABLE, "the gateway is about to stop");
        return;
    }
    if (class == NAME_BAD) {
        refuse(s, name, LOGIN_ERR_WRONG_PASSWORD, "not a screen name");
        return;
    }
    if (is_throttled(s, name)) {
        refuse(s, name, LOGIN_ERR_TOO_OFTEN, "too many sign-ons or wrong passwords; wait a minute");
        return;
    }
    e = account_password(w, name, &password);
    if (!e)
        e = users_find(w->store, name, &w->arena, &user);
    if (e && e != ERR_NO_USER) {
        refuse(s, name, LOGIN_ERR_UNAVAILABLE, err_text(e));
    } else if (e || !roast_check(l, buf_span(&password))) {
        count_attempt(s, name, false);
        refuse(s, name, LOGIN_ERR_WRONG_PASSWORD, err_text(e ? e : ERR_BAD_PASSWORD));
    } else {
        count_attempt(s, name, true);
        accept_login(s, l, name, class, user.formatted);
    }
    seal_wipe(&password);
}

/* ---- the second connection ---- */

/* Others of the account make room: those that do not live with others, or all when the new one does not. */
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

static void welcome(struct aim_session *s, struct account *a, const struct cookie *c)
{
    struct oscar_self self = {.modern = c->modern, .ancient = c->ancient};
    const struct sip_addr *peer = stream_peer(s->stream);

    if (!span_keep(&s->software, c->software) || !begin_state(s, a)) {
        oscar_conn_refuse_cookie(s->conn);
        return;
    }
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
    struct signon *g = s->w->signon;
    struct cookie *c = in->cookie.n == BUCP_COOKIE ? table_find(&g->cookies, in->cookie) : NULL;
    struct account *a;

    if (!c || c->until <= s->w->now || s->w->draining || account_get(s->w, c->name, &a) ||
        (c->foodgroup && list_empty(&a->sessions))) {
        log_refused(s, c ? c->name : SPAN("?"), "an unknown or outdated cookie");
        s->w->metrics.aim_refused++;
        oscar_conn_refuse_cookie(s->conn);
        return;
    }
    if (c->foodgroup) {
        s->serves = a;
        list_append(&a->services, &s->of_account);
        oscar_conn_welcome(s->conn, c->foodgroup, NULL);
    } else {
        welcome(s, a, c);
    }
    cookie_free(g, c);
}

/* AIM 4.8 shows an error where alerts are refused; nobody else needs the connection. */
static bool wants_alerts(const struct aim_session *s)
{
    return span_search(s->software, SPAN("version 4.8")) < s->software.n;
}

/* Chat navigation is the one that node-oscar cannot do without, though there are no rooms. */
static bool is_service(const struct aim_session *s, uint16_t foodgroup)
{
    return (foodgroup == FOODGROUP_ALERT && wants_alerts(s)) || foodgroup == FOODGROUP_CHATNAV || foodgroup == FOODGROUP_BART ||
           foodgroup == FOODGROUP_ADMIN || foodgroup == FOODGROUP_DIRECTORY;
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
    timer_set(w, &s->push, w->now + (s->asked_offline ? 0 : SIGNON_PUSH_MS)); /* it may have asked before it used its list */
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
