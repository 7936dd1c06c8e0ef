/* Reading: what a presence document says of a user, as an AIM buddy list can show it. */
#include "base/utf8.h"
#include "mapping/presence_sip.h"
#include "oscar/caps.h"

enum { FRIENDLY_CHARS_MAX = 80 };

/* Where a reader is: the document, and what of it was chosen. */
struct look {
    const struct pidf *doc;
    const struct presence_reading *r;
    struct arena *a;
    const struct pidf_tuple *tuple;   /* the open tuple that speaks for the user */
    const struct pidf_person *person; /* NULL: none */
    const struct pidf_device *device; /* of the tuple; NULL: none */
};

static const struct name_rules strict;

/* ---- whom it is about ---- */

static bool is_about(const struct pidf *doc, const struct presence_reading *r, struct arena *a)
{
    const struct name_rules *rules = r->rules ? r->rules : &strict;
    struct address entity;

    if (r->who.user.n == 0)
        return true;
    return uri_to_address(doc->entity, rules, a, &entity) == OK &&
           address_equal(rules, &entity, &r->who);
}

/* ---- which parts speak ---- */

/* A way to send messages, or no contact at all. Others (tel:, mailto:) cannot make a user online.
 */
static bool is_candidate(const struct pidf_tuple *t)
{
    static const char *const schemes[] = {"im", "sip", "sips", "pres"};
    struct span scheme = span_first(t->contact, span_find(t->contact, ':'));

    if (t->contact.n == 0)
        return true;
    for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
        if (span_case_is(scheme, schemes[i]))
            return true;
    }
    return false;
}

/* The open candidate of the highest priority; then the latest, then the first. */
static const struct pidf_tuple *choose_tuple(const struct pidf *doc)
{
    const struct pidf_tuple *best = NULL;

    for (size_t i = 0; i < doc->tuples_n; i++) {
        const struct pidf_tuple *t = &doc->tuples[i];

        if (t->basic != PIDF_OPEN || !is_candidate(t))
            continue;
        if (!best || t->priority > best->priority ||
            (t->priority == best->priority && t->timestamp > best->timestamp))
            best = t;
    }
    return best;
}

/* At most one is meant (RFC 4479 3.2); where there are more, the newest. */
static const struct pidf_person *choose_person(const struct pidf *doc)
{
    const struct pidf_person *best = doc->persons_n > 0 ? &doc->persons[0] : NULL;

    for (size_t i = 1; i < doc->persons_n; i++) {
        if (doc->persons[i].timestamp > best->timestamp)
            best = &doc->persons[i];
    }
    return best;
}

static const struct pidf_device *choose_device(const struct pidf *doc, const struct pidf_tuple *t)
{
    if (t->device.n == 0)
        return doc->devices_n == 1 ? &doc->devices[0] : NULL;
    for (size_t i = 0; i < doc->devices_n; i++) {
        if (span_eq(doc->devices[i].device, t->device))
            return &doc->devices[i];
    }
    return NULL;
}

/* ---- texts ---- */

/* One is the other, or its front up to a hyphen: en and en-GB, either way round (RFC 4647 3.3.1).
 */
static bool lang_matches(struct span a, struct span b)
{
    struct span shorter = a.n < b.n ? a : b, longer = a.n < b.n ? b : a;

    return shorter.n > 0 && span_case_starts(longer, shorter) &&
           (longer.n == shorter.n || longer.p[shorter.n] == '-');
}

static const struct pidf_note *note_in(const struct pidf_notes *notes, struct span lang)
{
    for (size_t i = 0; i < notes->n; i++) {
        const struct pidf_note *n = &notes->v[i];

        if (n->text.n > 0 && (lang.n > 0 ? lang_matches(n->lang, lang) : n->lang.n == 0))
            return n;
    }
    return NULL;
}

/* The note in the best of the reader's languages, else one in none, else the first. */
static struct span note_for(const struct pidf_notes *notes, struct span languages)
{
    const struct pidf_note *n = NULL;

    while (!n && languages.n > 0) {
        size_t comma = span_find(languages, ',');
        struct span lang = span_trim(span_first(languages, comma));

        if (lang.n > 0)
            n = note_in(notes, lang);
        languages = span_skip(languages, comma + 1);
    }
    if (!n)
        n = note_in(notes, (struct span){0});
    for (size_t i = 0; !n && i < notes->n; i++) {
        if (notes->v[i].text.n > 0)
            n = &notes->v[i];
    }
    return n ? n->text : (struct span){0};
}

/* An element outside its window says nothing (RFC 4480 3.1); open ends are allowed. */
static bool in_window(const struct pidf_activities *v, int64_t now)
{
    return (v->from == 0 || v->from <= now) && (v->until == 0 || now < v->until);
}

/* What the person is doing now. */
struct doing {
    bool away;
    const char *label;       /* of the first activity that is away */
    struct span note, other; /* texts */
};

static struct doing doing_now(const struct look *l)
{
    struct doing out = {.label = ""};

    for (size_t i = 0; l->person && i < l->person->activities_n; i++) {
        const struct pidf_activities *v = &l->person->activities[i];

        if (!in_window(v, l->r->now))
            continue;
        if (out.note.n == 0)
            out.note = note_for(&v->notes, l->r->languages);
        if (out.other.n == 0)
            out.other = v->other.text;
        for (size_t k = 0; k < v->n && !out.away; k++) {
            out.away = pidf_activity_is_away((enum pidf_activity)v->v[k]);
            out.label = pidf_activity_label((enum pidf_activity)v->v[k]);
        }
    }
    if (!out.away && l->tuple->show != PIDF_SHOW_NONE && l->tuple->show != PIDF_SHOW_CHAT) {
        out.away = true;
        out.label = pidf_activity_label(l->tuple->show == PIDF_SHOW_DND ? PIDF_ACTIVITY_BUSY
                                                                        : PIDF_ACTIVITY_AWAY);
    }
    return out;
}

static struct span text_of(const struct look *l, const struct doing *d)
{
    static const struct pidf_notes none;
    struct span order[] = {
        note_for(&l->tuple->notes, l->r->languages),
        d->note,
        note_for(l->person ? &l->person->notes : &none, l->r->languages),
        note_for(&l->doc->notes, l->r->languages),
        d->other,
        d->away ? span_str(d->label) : (struct span){0},
    };

    for (size_t i = 0; i < sizeof order / sizeof *order; i++) {
        struct span text = span_trim(order[i]);

        if (text.n > 0)
            return utf8_first(text, PRESENCE_TEXT_MAX);
    }
    return (struct span){0};
}

/* ---- times ---- */

/* When activities begin or end next: the record has to be read again then. */
static int64_t next_turn(const struct look *l)
{
    int64_t next = 0;

    for (size_t i = 0; l->person && i < l->person->activities_n; i++) {
        const int64_t turns[] = {l->person->activities[i].from, l->person->activities[i].until};

        for (size_t k = 0; k < 2; k++) {
            if (turns[k] > l->r->now && (next == 0 || turns[k] < next))
                next = turns[k];
        }
    }
    return next;
}

static int64_t idle_since(const struct look *l)
{
    const struct pidf_user_input *in = &l->tuple->input;
    const struct presence *before = l->r->before;

    if (in->is == PIDF_INPUT_NONE && l->person)
        in = &l->person->input;
    if (in->is == PIDF_INPUT_NONE && l->device)
        in = &l->device->input;
    if (in->is != PIDF_IDLE || in->last > l->r->now)
        return 0;
    if (in->last != 0)
        return in->last > 0 ? in->last : 1;
    if (before && before->online && before->idle_since != 0)
        return before->idle_since; /* since when is not told: as it was reckoned the first time */
    return l->r->now - (in->threshold > 0 ? in->threshold : PIDF_THRESHOLD);
}

/* ---- names ---- */

/* A display name with control characters or beyond all length is none (a name, not a message). */
static struct span sane_name(struct span name, struct arena *a)
{
    struct span rest = name;
    size_t chars = 0;

    while (rest.n > 0) {
        uint32_t c = utf8_next(&rest);

        if (c < 0x20 || (c >= 0x7F && c < 0xA0) || ++chars > FRIENDLY_CHARS_MAX)
            return (struct span){0};
    }
    return name.n > 0 ? friendly_clean(a, name) : name;
}

static struct span friendly_of(const struct look *l)
{
    struct span name = {0};

    if (l->person)
        name = sane_name(l->person->display_name, l->a);
    return name.n > 0 ? name : sane_name(l->r->from_name, l->a);
}

static void fill_online(const struct look *l, struct presence *out)
{
    const struct presence *before = l->r->before;
    struct doing d = doing_now(l);
    struct span text = text_of(l, &d);

    out->online = true;
    out->away = d.away;
    *(d.away ? &out->away_text : &out->avail_text) = text;
    out->idle_since = idle_since(l);
    out->mobile = l->device && l->device->mobile && !l->device->fixed;
    out->signon = before && before->online && before->signon ? before->signon : l->r->now;
    out->changed = l->tuple->timestamp > 0 && l->tuple->timestamp <= l->r->now ? l->tuple->timestamp
                                                                               : l->r->now;
    out->until = next_turn(l);
    out->friendly = friendly_of(l);
    out->caps = caps_gateway();
}

enum err presence_from_pidf(const struct pidf *doc, const struct presence_reading *r,
                            struct presence *out, struct arena *a)
{
    struct look l = {.doc = doc, .r = r, .a = a};

    if (!is_about(doc, r, a))
        return arena_ok(a) ? ERR_BAD_NAME : ERR_NOMEM;
    *out = (struct presence){0};
    l.tuple = choose_tuple(doc);
    if (l.tuple) {
        l.person = choose_person(doc);
        l.device = choose_device(doc, l.tuple);
        fill_online(&l, out);
    }
    return arena_ok(a) ? OK : ERR_NOMEM;
}
