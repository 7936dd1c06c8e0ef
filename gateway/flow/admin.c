#include "gateway/flow/admin.h"

#include "db/messages.h"
#include "db/users.h"
#include "gateway/cert_watch.h"
#include "gateway/conf/cert.h"
#include "gateway/door/aim.h"
#include "gateway/flow/admin_peer.h"
#include "gateway/flow/strangers.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/presence.h"
#include "gateway/flow/register.h"
#include "gateway/flow/signon.h"
#include "gateway/flow/warn.h"
#include "gateway/flow/warnings.h"
#include "gateway/flow/watch.h"
#include "gateway/net/tls.h"
#include "gateway/people/book.h"

#include <jansson.h>

static json_t *text(struct span s)
{
    json_t *j = json_stringn((const char *)s.p, s.n);

    return j ? j : json_string("?"); /* no UTF-8: a client may say anything */
}

static void put(json_t *to, const char *key, json_t *value)
{
    (void)json_object_set_new(to, key, value);
}

static json_t *number(uint64_t n)
{
    return json_integer((json_int_t)n);
}

/* ---- listings ---- */

/* null: there is none. */
static void put_certificate(json_t *j, struct worker *w)
{
    struct tls_state tls;
    struct buf when = {0};

    tls_state(w->tls, &tls);
    cert_print_time(&when, tls.expires);
    put(j, "certificate_expires", tls.expires ? text(buf_span(&when)) : json_null());
    put(j, "certificate_days",
        tls.expires ? json_integer(cert_watch_days(w, tls.expires)) : json_null());
    buf_fini(&when);
}

static json_t *status(struct worker *w)
{
    struct storer_health store = storer_health(w->storer);
    json_t *j = json_object();
    int64_t users = 0;

    (void)users_count(w->store, &users);
    put(j, "state", json_string(w->draining ? "draining" : "running"));
    put(j, "version", json_string(AIMGATE_VERSION));
    put(j, "domain", json_string(w->conf->domain));
    put(j, "data", json_string(w->conf->data));
    put(j, "uptime", json_integer(w->unix_now - w->started));
    put(j, "users", json_integer(users));
    put(j, "aim_sessions", number(w->metrics.aim_sessions));
    put(j, "sip_contacts", number(w->metrics.sip_contacts));
    put(j, "sip_connections", number(w->metrics.sip_connections));
    put(j, "watchers", number(w->metrics.watchers));
    put(j, "subscriptions", number(w->metrics.subscriptions));
    put(j, "messages_waiting", number(w->metrics.messages_waiting));
    put(j, "messages_delivered", number(w->metrics.messages_delivered));
    put(j, "messages_stored", number(w->metrics.messages_stored));
    put(j, "messages_failed", number(w->metrics.messages_failed));
    put_certificate(j, w);
    put(j, "store", json_string(store.ok ? "ok" : err_text(store.last)));
    return j;
}

static void add_session(json_t *all, struct worker *w, const struct aim_session *s)
{
    json_t *j = json_object();
    struct buf peer = {0};

    sip_addr_print_hostport(&peer, stream_peer(s->stream));
    put(j, "user", text(s->account->person->key));
    put(j, "kind", json_string("aim"));
    put(j, "id", number(s->id));
    put(j, "from", text(buf_span(&peer)));
    put(j, "client", text(s->software));
    put(j, "since", json_integer(s->since));
    put(j, "age", json_integer(w->unix_now - s->since));
    put(j, "state", json_string(!s->online ? "signing on" : s->state->away ? "away" : "online"));
    put(j, "buddies", number(s->buddy_count));
    put(j, "unsent", number(aim_session_waiting(s)));
    (void)json_array_append_new(all, j);
    buf_fini(&peer);
}

static void add_contact(json_t *all, struct worker *w, const struct account *a,
                        const struct contact *c)
{
    json_t *j = json_object();
    struct buf peer = {0};

    sip_addr_print_hostport(&peer, &c->from.addr);
    put(j, "user", text(a->person->key));
    put(j, "kind", json_string("sip"));
    put(j, "from", text(buf_span(&peer)));
    put(j, "contact", text(c->c.uri));
    put(j, "transport", json_string(sip_transport_name(c->from.transport)));
    put(j, "expires", json_integer(c->expires - w->unix_now));
    put(j, "state", json_string("registered"));
    (void)json_array_append_new(all, j);
    buf_fini(&peer);
}

static json_t *session_list(struct worker *w)
{
    json_t *all = json_array();
    size_t at = 0;

    LIST_EACH (struct aim_session, s, aim_door_sessions(w->aim_door), of_door)
        if (s->account)
            add_session(all, w, s);
    for (struct person *p = NULL; (p = table_next(&w->people->by_key, &at));)
        if (p->account)
            LIST_EACH (struct contact, c, &p->account->contacts, node)
                add_contact(all, w, p->account, c);
    return all;
}

static void add_stored(json_t *all, struct worker *w)
{
    struct cursor c = {0};
    struct message_count n;

    if (messages_list_counts(w->store, &c) == OK)
        while (messages_next_count(&c, &n)) {
            json_t *j = json_object();

            put(j, "queue", json_string("stored"));
            put(j, "to", text(n.recipient));
            put(j, "messages", json_integer(n.count));
            put(j, "bytes", json_integer(n.bytes));
            put(j, "oldest", json_integer(w->unix_now - n.oldest));
            (void)json_array_append_new(all, j);
        }
    (void)cursor_close(&c);
}

static json_t *queue_list(struct worker *w)
{
    json_t *all = json_array();
    struct lane_state box;
    size_t at = 0;

    add_stored(all, w);
    while (lane_next(w->lanes, &at, &box)) {
        json_t *j = json_object();

        put(j, "queue", json_string("sending"));
        put(j, "to", text(box.target));
        put(j, "messages", number(box.waiting));
        (void)json_array_append_new(all, j);
    }
    return all;
}

/* ---- what commands changed in the database ---- */

static void user_deleted(struct worker *w, struct account *a)
{
    a->person->deleted = true;
    signon_expel(w, a);
    LIST_EACH (struct contact, c, &a->contacts, node)
        contact_free(w, c);
    LIST_EACH (struct published, p, &a->published, node)
        published_free(p);
    watch_end_all(w, a);
    presence_account_changed(w, a);
    account_release(w, a);
}

static void user_changed(struct worker *w, struct account *a)
{
    if (account_reload(w, a) != OK)
        return;
    presence_rules_changed(w, a);
    presence_account_changed(w, a); /* what of it is given to whom */
    if (!a->asks_strangers)
        strangers_review(w, a);
}

static void forgiven(struct worker *w, struct span name)
{
    struct account *a = account_loaded(w, name);

    warnings_forgive(w, name);
    if (!a)
        return;
    a->warning = (struct warning){0};
    presence_warning_changed(w, a, true);
    warn_begin(w, a);
}

static json_t *notice(struct worker *w, struct span what, struct span name)
{
    struct account *a = account_loaded(w, name);

    if (span_is(what, "deleted")) {
        if (a)
            user_deleted(w, a);
        subscription_end_of_user(w, name, SIP_REASON_REJECTED); /* it may watch and not be loaded */
    } else if (a) {
        a->person->deleted = false; /* deleted and made anew: the old one ends by itself */
        user_changed(w, a);
    }
    return json_pack("{s:b}", "ok", 1);
}

static json_t *run(struct worker *w, struct span line)
{
    size_t space = span_find(line, ' ');
    struct span first = span_first(line, space), rest = span_skip(line, space + 1);

    if (span_is(line, "status"))
        return status(w);
    if (span_is(line, "peer list"))
        return admin_peer_list(w);
    if (span_is(line, "session list"))
        return session_list(w);
    if (span_is(line, "queue list"))
        return queue_list(w);
    if (span_is(line, "aside"))
        return admin_aside(w);
    if (span_is(first, "dns"))
        return admin_dns(w, rest);
    if (span_is(first, "user") || span_is(first, "users") || span_is(first, "binding"))
        book_changed(w);
    if (span_is(first, "user")) {
        size_t at = span_find(rest, ' ');

        return notice(w, span_first(rest, at), span_trim(span_skip(rest, at + 1)));
    }
    if (span_is(first, "forgiven"))
        forgiven(w, rest);
    if (span_is(first, "users") || span_is(first, "binding") || span_is(first, "forgiven"))
        return json_pack("{s:b}", "ok", 1); /* nothing else of it is kept in memory */
    return json_pack("{s:s}", "error", "no such command");
}

static int to_buf(const char *data, size_t size, void *ctx)
{
    struct buf *b = ctx;

    buf_put(b, data, size);
    return buf_ok(b) ? 0 : -1;
}

void admin_command(struct worker *w, struct span line, struct buf *answer)
{
    json_t *j = run(w, line);

    if (j)
        (void)json_dump_callback(j, to_buf, answer, JSON_COMPACT);
    buf_str(answer, "\n");
    json_decref(j);
}
