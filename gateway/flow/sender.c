#include "gateway/flow/sender.h"

#include "gateway/flow/presence.h"
#include "gateway/people/book.h"

static struct span foreign_key(struct worker *w, struct account *viewer, const struct message *m)
{
    buf_reset(&w->scratch);
    address_pair_key(&w->scratch, &w->rules, viewer->person->key, &m->from, m->from_key);
    return buf_span(&w->scratch);
}

/* Under which name the client knows somebody elsewhere: as its list has him, else by its kind. */
static bool is_short(const struct aim_session *s, const struct person *p)
{
    if (p && (s->short_names || s->lists_short))
        LIST_EACH (struct edge, e, &p->edges, of_target) /* of the owner's few sessions */
            if (e->session == s)
                return e->by_alias;
    return s->short_names;
}

void sender_userinfo(const struct aim_session *s, const struct message *m,
                     struct oscar_userinfo *out)
{
    struct worker *w = s->w;
    struct shown_name shown;
    struct person *p;

    if (address_is_own(&w->rules, &m->from)) {
        p = person_find(w->people, m->from.user);
        if (p && (p->account || p->kept)) {
            presence_userinfo(w, p, false, out);
            return;
        }
        shown.name = m->friendly.n ? m->friendly : m->from.user;
    } else {
        p = person_find(w->people, foreign_key(w, s->account, m));
        if (p && p->foreign) {
            presence_userinfo(w, p, is_short(s, p), out);
            if (m->warned)
                out->warning = m->warned; /* where he is not shown as online, too */
            return;
        }
        if (book_show(w, &m->from, s->short_names, &shown))
            shown.name = m->from.user;
    }
    *out = (struct oscar_userinfo){
        .name = shown.name,
        .warning = m->warned,
        .class_flags = CLASS_FREE,
        .signon = (uint32_t)w->unix_now};
}
