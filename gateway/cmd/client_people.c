#include "gateway/cmd/client_people.h"

#include <stdlib.h>

#include "gateway/cmd/client_say.h"
#include "oscar/screenname.h"

void client_people_init(struct client_people *people)
{
    *people = (struct client_people){0};
    list_init(&people->all);
}

void client_people_fini(struct client_people *people)
{
    LIST_EACH (struct client_person, p, &people->all, node)
        client_people_remove(people, p);
}

struct client_person *client_people_find(const struct client_people *people, struct span name)
{
    LIST_EACH (struct client_person, p, &people->all, node) {
        if (screenname_eq(span_str(p->name), name))
            return p;
    }
    return NULL;
}

struct client_person *client_people_get(struct client_people *people, struct span name)
{
    struct client_person *p = client_people_find(people, name);

    if (p || people->n >= CLIENT_PEOPLE_MAX)
        return p;
    p = calloc(1, sizeof *p);
    if (!p)
        return NULL;
    if (!span_copy(name, p->name, sizeof p->name)) {
        free(p);
        return NULL;
    }
    list_append(&people->all, &p->node);
    people->n++;
    return p;
}

void client_people_remove(struct client_people *people, struct client_person *p)
{
    list_remove(&p->node);
    people->n--;
    buf_fini(&p->text);
    free(p);
}

static const char *words_of(enum client_state state)
{
    switch (state) {
    case CLIENT_HERE: return "is here";
    case CLIENT_AWAY: return "is away";
    case CLIENT_GONE: return "is not here";
    default: return "has not been heard of yet";
    }
}

static void show(const struct client_person *p, const char *words)
{
    client_say("%s %s%s%.*s", p->name, words, p->text.n ? ": " : "", SPAN_ARG(buf_span(&p->text)));
}

void client_person_set(struct client_person *p, enum client_state state, struct span text)
{
    enum client_state before = p->state;
    bool same_text = span_eq(buf_span(&p->text), text);

    if (before == state && same_text)
        return;
    p->state = state;
    if (!same_text) {
        buf_reset(&p->text);
        buf_add(&p->text, text);
    }
    if (before == CLIENT_AWAY && state == CLIENT_HERE)
        show(p, "is back");
    else if (state == CLIENT_GONE && before != CLIENT_UNKNOWN)
        show(p, "has left");
    else
        show(p, words_of(state));
}

void client_people_show(const struct client_people *people)
{
    if (people->n == 0)
        client_say("nobody is on your list; /add NAME adds somebody");
    LIST_EACH (struct client_person, p, &people->all, node)
        show(p, words_of(p->state));
}
