#include "gateway/flow/talk.h"

#include <stdlib.h>

#include "gateway/flow/aside.h"
#include "gateway/flow/sender.h"
#include "gateway/people/book.h"
#include "mapping/typing.h"
#include "simple/doc/iscomposing.h"

/* One of ours on AIM, and somebody who is reached by SIP. */
struct talk {
    struct asker asker; /* first: of statuses under way */
    struct list node;   /* of all; who was quiet longest stands first */
    uint64_t noted;     /* when it last went to the end of them */
    struct timer due;
    struct span key, own; /* own: our user's name; both behind the struct, as the address */
    struct address them;
    unsigned in_flight;
    struct typing_to_sip out;
    struct typing_from_sip in;
};

struct talks {
    struct table by_key;
    struct list all;
};

struct talks *talks_new(void)
{
    struct talks *all = calloc(1, sizeof *all);

    if (all) {
        table_init(&all->by_key);
        list_init(&all->all);
    }
    return all;
}

static void talk_free(struct worker *w, struct talk *t)
{
    list_remove(&t->node);
    table_remove(&w->talks->by_key, t->key);
    timer_clear(w, &t->due);
    free(t);
}

void talks_free(struct worker *w, struct talks *all)
{
    if (!all)
        return;
    LIST_EACH (struct talk, t, &all->all, node)
        talk_free(w, t);
    table_fini(&all->by_key);
    free(all);
}

/* ---- finding a conversation ---- */

/* "OWN USER@HOST", in the worker's scratch. */
static struct span key_of(struct worker *w, struct span own, const struct address *them,
                          struct span known)
{
    buf_reset(&w->scratch);
    address_pair_key(&w->scratch, &w->rules, own, them, known);
    return buf_span(&w->scratch);
}

static struct talk *talk_find(struct worker *w, struct span own, const struct address *them,
                              struct span known)
{
    struct span key = key_of(w, own, them, known);

    return buf_ok(&w->scratch) ? table_find(&w->talks->by_key, key) : NULL;
}

static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev);
static void on_due(struct timer *timer, struct worker *w);

static struct span take(uint8_t **at, struct span s)
{
    struct span copy = span_of(*at, s.n);

    if (s.n)
        memcpy(*at, s.p, s.n);
    *at += s.n;
    return copy;
}

/* Makes room where there is none. False: all that could go have statuses under way. */
static bool has_room(struct worker *w)
{
    if (table_count(&w->talks->by_key) < TALKS_MAX)
        return true;
    LIST_EACH (struct talk, t, &w->talks->all, node) {
        if (t->in_flight == 0) {
            talk_free(w, t);
            return true;
        }
    }
    return false;
}

static struct talk *talk_get(struct worker *w, struct span own, const struct address *them,
                             struct span known)
{
    struct talk *t = talk_find(w, own, them, known);
    struct span key = buf_span(&w->scratch);
    uint8_t *at;

    if (t || !buf_ok(&w->scratch) || !has_room(w))
        return t;
    t = calloc(1, sizeof *t + key.n + own.n + them->user.n + them->host.n);
    if (!t)
        return NULL;
    at = (uint8_t *)(t + 1);
    t->key = take(&at, key);
    t->own = take(&at, own);
    t->them.user = take(&at, them->user);
    t->them.host = take(&at, them->host);
    t->asker.answered = on_answer;
    t->due.due = on_due;
    if (table_add(&w->talks->by_key, t->key, t)) {
        free(t);
        return NULL;
    }
    list_append(&w->talks->all, &t->node);
    return t;
}

static void set_due(struct worker *w, struct talk *t)
{
    uint64_t first = typing_deadline(&t->out);

    if (t->in.until && t->in.until < first)
        first = t->in.until;
    if (first == UINT64_MAX)
        timer_clear(w, &t->due);
    else
        timer_set(w, &t->due, first);
}

/* ---- to SIP ---- */

static void tell_them(struct worker *w, struct talk *t, struct span display, enum typing_send what)
{
    struct address from = {.user = t->own, .host = w->own_domain};
    struct iscomposing is = {.active = what == TYPING_SEND_ACTIVE, .refresh = TYPING_REFRESH_S};
    struct buf document = {0}, expires = {0};
    unsigned sent = 0;

    if (what == TYPING_SEND_NOTHING)
        return;
    iscomposing_print(&document, &is);
    buf_fmt(&expires, "Expires: %d\r\n", TYPING_REFRESH_S);
    if (buf_ok(&document) && buf_ok(&expires))
        sent = aside_send(w,
                          &(struct aside){.from = &from,
                                          .to = &t->them,
                                          .display = display,
                                          .headers = buf_span(&expires),
                                          .content_type = SPAN(ISCOMPOSING_TYPE),
                                          .body = buf_span(&document),
                                          .polite = true},
                          &t->asker);
    t->in_flight += sent;
    if (!sent)
        typing_dropped(&t->out);
    buf_fini(&document);
    buf_fini(&expires);
}

/* 415: they do not take it, and are not told again for a day (RFC 3994 4). */
static void on_answer(struct worker *w, struct asker *a, const struct sip_core_event *ev)
{
    struct talk *t = (struct talk *)(void *)a;

    t->in_flight--;
    if (ev->status == 415) {
        typing_refused(&t->out, w->now);
        set_due(w, t);
    }
}

static void from_user(struct aim_session *s, const struct address *them, uint16_t event)
{
    struct worker *w = s->w;
    struct account *own = s->account;
    struct talk *t = talk_find(w, own->person->key, them, (struct span){0});

    if (!t)
        return; /* nothing was said yet */
    tell_them(w, t, own->formatted, typing_event(&t->out, event, true, w->now));
    set_due(w, t);
}

/* ---- to AIM ---- */

static void tell_us(struct account *to, const struct address *from,
                    enum aim_typing event)
{
    struct message m = {.from = *from};

    LIST_EACH (struct aim_session, s, &to->sessions, of_account) {
        struct oscar_userinfo u;

        if (!s->online || !oscar_conn_wants_typing(s->conn))
            continue;
        sender_userinfo(s, &m, &u);
        oscar_conn_typing(s->conn, u.name, (enum icbm_typing_event)event);
        aim_session_dirty(s);
    }
}

static bool may_write(struct worker *w, struct account *to, struct span who)
{
    return account_allows_message(to, who) == PRIVACY_ALLOW && !account_is_stranger(w, to, who);
}

static void between_sessions(struct aim_session *s, struct account *to, uint16_t event)
{
    LIST_EACH (struct aim_session, other, &to->sessions, of_account)
        if (other->online && oscar_conn_wants_typing(other->conn)) {
            oscar_conn_typing(other->conn, s->account->formatted, (enum icbm_typing_event)event);
            aim_session_dirty(other);
        }
}

void talk_from_aim(struct aim_session *s, const struct icbm_typing *t)
{
    struct account *own = s->account, *to;
    struct name_target target;
    struct buf key = {0};

    if (own->hides_typing || book_typed(s->w, t->name, &target))
        return;
    if (target.local) {
        to = account_loaded(s->w, target.address.user);
        if (!to || account_blocks(own, to->person->key) || !may_write(s->w, to, own->person->key))
            return;
        between_sessions(s, to, t->event);
        if (!list_empty(&to->contacts))
            from_user(s, &target.address, t->event);
        return;
    }
    address_key(&key, &s->w->rules, &target.address);
    if (buf_ok(&key) && !account_blocks(own, buf_span(&key)))
        from_user(s, &target.address, t->event);
    buf_fini(&key);
}

void talk_from_sip(struct worker *w, const struct claim *who, struct account *to,
                   struct span document)
{
    struct iscomposing is;
    enum aim_typing event;
    struct talk *t;

    if (iscomposing_parse(document, &w->arena, &is) || !may_write(w, to, who->name))
        return;
    t = talk_get(w, to->person->key, &who->address, who->local ? (struct span){0} : who->name);
    if (!t || !typing_state(&t->in, is.active, is.refresh, w->now, &event))
        return;
    tell_us(to, &who->address, event);
    set_due(w, t);
}

/* The list is in order to a second: moving it in there for each message of a busy conversation
 * would fetch the memory of three others. */
static void note_said(struct worker *w, struct talk *t)
{
    if (w->now - t->noted < 1000 && list_linked(&t->node))
        return;
    t->noted = w->now;
    list_remove(&t->node);
    list_append(&w->talks->all, &t->node);
}

void talk_said(struct worker *w, struct account *own, const struct address *them)
{
    struct talk *t = talk_get(w, own->person->key, them, (struct span){0});

    if (!t)
        return;
    note_said(w, t);
    typing_content(&t->out, w->now);
    set_due(w, t);
}

void talk_heard(struct worker *w, struct account *own, const struct address *them, struct span key)
{
    struct talk *t = talk_get(w, own->person->key, them, key);
    enum aim_typing event;

    if (!t)
        return;
    note_said(w, t);
    typing_heard(&t->out, w->now);
    if (typing_over(&t->in, &event))
        tell_us(own, them, event);
    set_due(w, t);
}

/* ---- time ---- */

static bool has_session(const struct account *a)
{
    LIST_EACH (struct aim_session, s, &a->sessions, of_account)
        if (s->online)
            return true;
    return false;
}

static void on_due(struct timer *timer, struct worker *w)
{
    struct talk *t = LIST_OF(timer, struct talk, due);
    struct account *own = account_loaded(w, t->own);
    bool here = own && has_session(own);
    enum aim_typing event;
    enum typing_send what;

    if (typing_due(&t->in, w->now) && typing_over(&t->in, &event) && own)
        tell_us(own, &t->them, event);
    what = here ? typing_tick(&t->out, true, w->now)
                : typing_event(&t->out, AIM_TYPING_NONE, true, w->now);
    tell_them(w, t, own ? own->formatted : (struct span){0}, what);
    set_due(w, t);
}
