#include "mapping/presence_provide.h"

void presence_provide_both(struct presence_provide *p, const struct presence_provide *and)
{
    p->services &= and->services;
    p->devices &= and->devices;
    p->persons &= and->persons;
    p->activities &= and->activities;
    p->notes &= and->notes;
    if (and->input < p->input)
        p->input = and->input;
}

static void limit_input(struct pidf_user_input *input, enum presence_input most)
{
    if (most < INPUT_FULL)
        input->last = 0;
    if (most < INPUT_THRESHOLDS)
        input->threshold = 0;
    if (most == INPUT_NO)
        *input = (struct pidf_user_input){0};
}

static void limit_tuple(struct pidf_tuple *t, const struct presence_provide *what)
{
    limit_input(&t->input, what->input);
    if (!what->devices)
        t->device = (struct span){0};
    if (!what->notes)
        t->notes = (struct pidf_notes){0};
}

static void limit_person(struct pidf_person *p, const struct presence_provide *what,
                         struct arena *a)
{
    struct pidf_activities *copy;

    limit_input(&p->input, what->input);
    if (!what->activities)
        p->activities_n = 0;
    if (what->notes)
        return;
    p->notes = (struct pidf_notes){0};
    copy = arena_alloc(a, (p->activities_n + 1) * sizeof *copy);
    for (size_t i = 0; copy && i < p->activities_n; i++) {
        copy[i] = p->activities[i];
        copy[i].notes = (struct pidf_notes){0};
        copy[i].other = (struct pidf_note){0};
    }
    p->activities = copy;
}

static void limit_device(struct pidf_device *d, const struct presence_provide *what)
{
    limit_input(&d->input, what->input);
    if (!what->notes)
        d->notes = (struct pidf_notes){0};
}

/* A copy of `n` things that may be changed. */
static void *copy_of(struct arena *a, const void *from, size_t n, size_t each)
{
    void *to = arena_alloc(a, (n + 1) * each);

    if (to && n)
        memcpy(to, from, n * each);
    return to;
}

enum err presence_provide(struct pidf *doc, const struct presence_provide *what, struct arena *a)
{
    struct pidf_tuple *tuples = copy_of(a, doc->tuples, doc->tuples_n, sizeof *tuples);
    struct pidf_person *persons = copy_of(a, doc->persons, doc->persons_n, sizeof *persons);
    struct pidf_device *devices = copy_of(a, doc->devices, doc->devices_n, sizeof *devices);

    if (!tuples || !persons || !devices)
        return ERR_NOMEM;
    doc->tuples = tuples;
    doc->persons = persons;
    doc->devices = devices;
    doc->tuples_n = what->services ? doc->tuples_n : 0;
    doc->persons_n = what->persons ? doc->persons_n : 0;
    doc->devices_n = what->devices ? doc->devices_n : 0;
    if (!what->notes)
        doc->notes = (struct pidf_notes){0};
    for (size_t i = 0; i < doc->tuples_n; i++)
        limit_tuple(&tuples[i], what);
    for (size_t i = 0; i < doc->persons_n; i++)
        limit_person(&persons[i], what, a);
    for (size_t i = 0; i < doc->devices_n; i++)
        limit_device(&devices[i], what);
    return arena_ok(a) ? OK : ERR_NOMEM;
}
