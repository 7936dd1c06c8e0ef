#include "gateway/flow/sender.h"

#include "gateway/flow/presence.h"
#include "gateway/people/book.h"

static struct span foreign_key(struct worker *w, struct account *viewer, const struct message *m)
{
    buf_reset(&w->scratch);
    address_pair_key(&w->scratch, &w->rules, viewer->person->key, &m->from, m->from_key);
    return buf_span(&w->scratch);
}

void sender_userinfo(struct worker *w, struct account *viewer, const struct message *m, bool short_names,
                     struct oscar_userinfo *out)
{
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
        p = person_find(w->people, foreign_key(w, viewer, m));
        if (p && p->foreign) {
            presence_userinfo(w, p, short_names, out);
            return;
        }
        if (book_show(w, &m->from, short_names, &shown))
            shown.name = m->from.user;
    }
    *out = (struct oscar_userinfo){
        .name = shown.name, .class_flags = CLASS_FREE, .signon = (uint32_t)w->unix_now};
}
