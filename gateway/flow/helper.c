#include "gateway/flow/helper.h"

#include <stdlib.h>

#include "db/users.h"
#include "gateway/flow/lane.h"
#include "gateway/flow/route.h"

/* A notice that was said lately. */
struct said {
    struct list node; /* oldest first */
    uint64_t until;
    struct span key; /* "USER@HOST TEXT", behind the struct */
};

struct helper {
    struct person *person;
    struct table said;
    struct list said_list;
};

static struct presence *its_presence(struct worker *w)
{
    return presence_dup(&(struct presence){
        .online = true, .helper = true, .signon = w->unix_now, .changed = w->unix_now});
}

struct helper *helper_new(struct worker *w)
{
    struct helper *h = calloc(1, sizeof *h);

    if (!h)
        return NULL;
    table_init(&h->said);
    list_init(&h->said_list);
    h->person = person_get(w, w->helper_name, span_str(w->conf->helper.name));
    if (h->person) {
        h->person->kept = true;
        h->person->seen = its_presence(w);
    }
    if (!h->person || !h->person->seen) {
        helper_free(w, h);
        return NULL;
    }
    return h;
}

static void forget(struct helper *h, struct said *s)
{
    table_remove(&h->said, s->key);
    list_remove(&s->node);
    free(s);
}

void helper_free(struct worker *w, struct helper *h)
{
    if (!h)
        return;
    LIST_EACH (struct said, s, &h->said_list, node)
        forget(h, s);
    table_fini(&h->said);
    if (h->person) {
        h->person->kept = false;
        person_release(w, h->person);
    }
    free(h);
}

enum err helper_check(struct worker *w, struct buf *why)
{
    struct user_row u;
    enum err e = users_find(w->store, w->helper_name, &w->arena, &u);

    if (e)
        return e == ERR_NO_USER ? OK : e;
    buf_fmt(why, "helper.name: %s is the name of an account; choose another one",
            w->conf->helper.name);
    return ERR_EXISTS;
}

void helper_answer(struct worker *w, const struct address *to, struct span text)
{
    struct origin o = {.kind = ORIGIN_HELPER, .store = true};
    struct message m = {.from = {w->helper_name, w->own_domain},
                        .to = *to,
                        .friendly = span_str(w->conf->helper.name),
                        .text = text,
                        .sent = w->unix_now,
                        .auto_reply = true,
                        .notice = true};
    struct account *a = NULL;
    struct buf key = {0};
    struct flight *f;

    rng_bytes(&w->rng, m.cookie, sizeof m.cookie);
    if (address_is_own(&w->rules, to) && account_get(w, to->user, &a))
        return;
    address_key(&key, &w->rules, to);
    f = flight_new(w, &o, &m, a, a ? a->person->key : buf_span(&key));
    buf_fini(&key);
    if (!f)
        return;
    if (a)
        route_to_account(f, a);
    else if (!lane_to_domain(f))
        f->failure = OUTCOME_RATE;
    flight_depart(f);
}

/* ---- not twice ---- */

static void remember(struct worker *w, struct span key)
{
    struct helper *h = w->helper;
    struct said *s = calloc(1, sizeof *s + key.n);

    if (!s)
        return;
    s->until = w->now + HELPER_SAID_MS;
    s->key = span_behind(s + 1, key);
    if (table_add(&h->said, s->key, s))
        free(s);
    else
        list_append(&h->said_list, &s->node);
}

/* At most one for each user and text in a minute (the end of 4.1 of the tables). */
static bool was_said(struct worker *w, const struct address *to, struct span text)
{
    struct helper *h = w->helper;
    struct buf key = {0};
    bool was;

    LIST_EACH (struct said, s, &h->said_list, node) {
        if (s->until > w->now && table_count(&h->said) < HELPER_SAID_MAX)
            break;
        forget(h, s);
    }
    address_key(&key, &w->rules, to);
    buf_u8(&key, ' ');
    buf_add(&key, text);
    was = buf_ok(&key) && table_find(&h->said, buf_span(&key));
    if (!was && buf_ok(&key))
        remember(w, buf_span(&key));
    buf_fini(&key);
    return was;
}

void helper_say(struct worker *w, const struct address *to, struct span text)
{
    if (!was_said(w, to, text))
        helper_answer(w, to, text);
}
