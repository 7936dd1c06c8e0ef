#include "mapping/presence_merge.h"

#include <openssl/sha.h>

#include "base/hex.h"
#include "oscar/caps.h"

enum { MARK = 8 /* hexadecimal digits that name a source */, ID_MAX = 64, ID_TRIES = 1000 };

/* ---- the AIM sessions ---- */

/* The capabilities of all, each once. */
static struct span join_caps(const struct presence *const *v, size_t n, struct arena *a)
{
    uint8_t *all;
    size_t have = 0;

    if (n == 1)
        return v[0]->caps;
    all = arena_alloc(a, (size_t)PRESENCE_CAPS_MAX * CAPS_UUID);
    for (size_t i = 0; all && i < n; i++) {
        for (size_t at = 0; at + CAPS_UUID <= v[i]->caps.n; at += CAPS_UUID) {
            struct span uuid = span_of(v[i]->caps.p + at, CAPS_UUID);

            if (have == PRESENCE_CAPS_MAX || caps_has(span_of(all, have * CAPS_UUID), uuid))
                continue;
            memcpy(all + have * CAPS_UUID, uuid.p, CAPS_UUID);
            have++;
        }
    }
    return span_of(all, have * CAPS_UUID);
}

/* What is so only where it is so in every session, and the extremes. */
static void merge_flags(const struct presence *const *v, size_t n, struct presence *out)
{
    const struct presence *newest = v[0];
    bool all_idle = true, all_invisible = true;

    out->away = out->mobile = true;
    for (size_t i = 0; i < n; i++) {
        const struct presence *s = v[i];

        out->away &= s->away;
        out->mobile &= s->mobile;
        out->icq |= s->icq;
        out->helper |= s->helper;
        out->hide_idle |= s->hide_idle;
        all_idle &= s->idle_since != 0;
        all_invisible &= s->invisible;
        if (s->signon >= newest->signon)
            newest = s;
        if (s->warning > out->warning)
            out->warning = s->warning;
        if (s->idle_since > out->idle_since)
            out->idle_since = s->idle_since;
        if (s->signon != 0 && (out->signon == 0 || s->signon < out->signon))
            out->signon = s->signon;
        if (s->changed > out->changed)
            out->changed = s->changed;
    }
    if (!all_idle)
        out->idle_since = 0;
    out->invisible = all_invisible || newest->invisible;
}

/* The words of the latest change among those sessions that are as the whole is (away, or not). */
static void merge_texts(const struct presence *const *v, size_t n, struct presence *out)
{
    const struct presence *words = NULL, *icon = NULL, *name = NULL;

    for (size_t i = 0; i < n; i++) {
        const struct presence *s = v[i];

        if (s->away == out->away && (!words || s->changed >= words->changed))
            words = s;
        if ((s->icon.n > 0 || s->icon_url.n > 0) && (!icon || s->changed >= icon->changed))
            icon = s;
        if (s->friendly.n > 0 && (!name || s->changed >= name->changed))
            name = s;
    }
    if (words) {
        out->shade = words->shade;
        out->tokens = words->tokens;
        out->away_text = words->away_text;
        out->avail_text = words->avail_text;
    }
    if (icon) {
        out->icon = icon->icon;
        out->icon_url = icon->icon_url;
    }
    if (name)
        out->friendly = name->friendly;
}

void presence_merge_sessions(const struct presence *const *sessions, size_t n, struct presence *out,
                             struct arena *a)
{
    const struct presence **v = arena_alloc(a, (n ? n : 1) * sizeof(void *));
    size_t online = 0;

    *out = (struct presence){0};
    for (size_t i = 0; v && i < n; i++) {
        if (sessions[i]->online)
            v[online++] = sessions[i];
    }
    if (online == 0)
        return;
    out->online = true;
    merge_flags(v, online, out);
    merge_texts(v, online, out);
    out->caps = join_caps(v, online, a);
}

/* The sources of kind AIM as one record. */
static void merge_aim(const struct presence_source *sources, size_t n, struct presence *out,
                      struct arena *a)
{
    const struct presence **v = arena_alloc(a, (n ? n : 1) * sizeof(void *));
    size_t aim = 0;

    *out = (struct presence){0};
    for (size_t i = 0; v && i < n; i++) {
        if (sources[i].is == SOURCE_AIM)
            v[aim++] = sources[i].aim;
    }
    if (v)
        presence_merge_sessions(v, aim, out, a);
}

/* ---- ids ---- */

/* A document that grows: room for all parts of all sources, and the ids used so far. */
struct composing {
    struct arena *a;
    struct pidf_tuple *tuples;
    size_t tuples_n;
    struct pidf_device *devices;
    size_t devices_n;
    struct pidf_note *notes;
    size_t notes_n;
    const struct pidf_person *person; /* the newest */
};

static void mark_of(char kind, struct span what, char to[MARK + 2])
{
    uint8_t hash[SHA256_DIGEST_LENGTH];
    char hex[MARK + 1];

    SHA256(what.p ? what.p : hash, what.n, hash);
    hex_print(span_of(hash, MARK / 2), hex);
    to[0] = kind;
    memcpy(to + 1, hex, MARK + 1);
}

static bool id_is_used(const struct composing *c, struct span id)
{
    for (size_t i = 0; i < c->tuples_n; i++) {
        if (span_eq(c->tuples[i].id, id))
            return true;
    }
    for (size_t i = 0; i < c->devices_n; i++) {
        if (span_eq(c->devices[i].id, id))
            return true;
    }
    return c->person && span_eq(c->person->id, id);
}

static bool is_name_char(uint8_t c)
{
    uint8_t l = ascii_lower(c);

    return (l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_';
}

/* MARK-id, made an NCName, and made different where a document has an id twice. */
static struct span new_id(const struct composing *c, const char *mark, struct span id)
{
    struct buf b = {0};
    struct span out;
    size_t n;

    buf_str(&b, mark);
    if (id.n > 0)
        BUF_LIT(&b, "-");
    for (size_t i = 0; i < id.n && i < ID_MAX; i++)
        buf_u8(&b, is_name_char(id.p[i]) ? id.p[i] : '_');
    n = b.n;
    for (unsigned try = 2; try < ID_TRIES && id_is_used(c, buf_span(&b)); try++) {
        b.n = n;
        buf_fmt(&b, "-%u", try);
    }
    out = arena_copy(c->a, buf_span(&b));
    if (!buf_ok(&b))
        c->a->bad = true;
    buf_fini(&b);
    return out;
}

/* ---- sources, one after the other ---- */

static void add_aim(struct composing *c, const struct pidf *doc)
{
    for (size_t i = 0; i < doc->tuples_n; i++)
        c->tuples[c->tuples_n++] = doc->tuples[i];
    for (size_t i = 0; i < doc->devices_n; i++)
        c->devices[c->devices_n++] = doc->devices[i];
    c->person = doc->persons_n > 0 ? &doc->persons[0] : NULL;
}

static void add_published(struct composing *c, const struct presence_source *s)
{
    const struct pidf *doc = s->document;
    char mark[MARK + 2];

    mark_of('p', s->etag, mark);
    for (size_t i = 0; i < doc->tuples_n; i++) {
        struct pidf_tuple t = doc->tuples[i];

        t.id = new_id(c, mark, t.id);
        t.has_session = false; /* only our own word counts for that */
        c->tuples[c->tuples_n++] = t;
    }
    for (size_t i = 0; i < doc->devices_n; i++) {
        struct pidf_device d = doc->devices[i];

        d.id = new_id(c, mark, d.id);
        c->devices[c->devices_n++] = d;
    }
    for (size_t i = 0; i < doc->notes.n; i++)
        c->notes[c->notes_n++] = doc->notes.v[i];
    for (size_t i = 0; i < doc->persons_n; i++) {
        struct pidf_person *p;

        if (c->person && doc->persons[i].timestamp <= c->person->timestamp)
            continue;
        p = arena_alloc(c->a, sizeof *p);
        if (!p)
            return;
        *p = doc->persons[i];
        p->id = new_id(c, mark, p->id);
        c->person = p;
    }
}

/* A phone that says nothing of itself: worth a word only while the AIM side is not there. */
static void add_registered(struct composing *c, const struct presence_source *s, struct span aor)
{
    char mark[MARK + 2];

    if (c->tuples[0].basic == PIDF_OPEN)
        return;
    mark_of('r', s->contact, mark);
    c->tuples[c->tuples_n++] = (struct pidf_tuple){.id = new_id(c, mark, (struct span){0}),
                                                   .basic = PIDF_OPEN,
                                                   .contact = aor,
                                                   .priority = -1};
}

/* Room for every part that can come. */
static bool make_room(struct composing *c, const struct presence_source *sources, size_t n)
{
    size_t tuples = 1, devices = 1, notes = 1;

    for (size_t i = 0; i < n; i++) {
        const struct pidf *doc = sources[i].is == SOURCE_PUBLISHED ? sources[i].document : NULL;

        tuples += doc ? doc->tuples_n : 1;
        devices += doc ? doc->devices_n : 0;
        notes += doc ? doc->notes.n : 0;
    }
    c->tuples = arena_alloc(c->a, tuples * sizeof *c->tuples);
    c->devices = arena_alloc(c->a, devices * sizeof *c->devices);
    c->notes = arena_alloc(c->a, notes * sizeof *c->notes);
    return c->tuples && c->devices && c->notes;
}

/* The composed document around what the AIM side says. */
static enum err compose_around(const struct pidf *aim, const struct presence_source *sources,
                               size_t n, struct pidf *out, struct arena *a)
{
    struct composing c = {.a = a};

    if (!make_room(&c, sources, n))
        return ERR_NOMEM;
    add_aim(&c, aim);
    for (size_t i = 0; i < n; i++) {
        if (sources[i].is == SOURCE_PUBLISHED)
            add_published(&c, &sources[i]);
        else if (sources[i].is == SOURCE_REGISTERED)
            add_registered(&c, &sources[i], aim->tuples[0].contact);
    }
    *out = (struct pidf){.entity = aim->entity,
                         .tuples = c.tuples,
                         .tuples_n = c.tuples_n,
                         .notes = {.v = c.notes, .n = c.notes_n},
                         .persons = c.person,
                         .persons_n = c.person ? 1 : 0,
                         .devices = c.devices,
                         .devices_n = c.devices_n};
    return arena_ok(a) ? OK : ERR_NOMEM;
}

enum err presence_compose(const struct presence_source *sources, size_t n, struct address who,
                          const struct presence_writing *w, struct pidf *out, struct arena *a)
{
    struct presence aim;
    struct pidf doc;
    enum err e;

    merge_aim(sources, n, &aim, a);
    e = presence_to_pidf(&aim, who, w, &doc, a);
    if (e == OK)
        e = compose_around(&doc, sources, n, out, a);
    return e == OK && w->provide ? presence_provide(out, w->provide, a) : e;
}

enum err presence_write_composed(struct buf *b, const struct presence_source *sources, size_t n,
                                 struct address who, const struct presence_writing *w)
{
    struct arena a = {0};
    struct pidf doc;
    enum err e = presence_compose(sources, n, who, w, &doc, &a);

    if (e == OK)
        pidf_print(b, &doc);
    arena_fini(&a);
    return e == OK && !buf_ok(b) ? ERR_NOMEM : e;
}

/* Since when somebody without an AIM session is there: the oldest of the other sources. */
static int64_t since_of(const struct presence_source *sources, size_t n, int64_t otherwise)
{
    int64_t since = 0;

    for (size_t i = 0; i < n; i++) {
        if (sources[i].since != 0 && (since == 0 || sources[i].since < since))
            since = sources[i].since;
    }
    return since ? since : otherwise;
}

/* What of the AIM side no document tells, for AIM viewers of the whole. */
static void keep_aim_parts(const struct presence *aim, struct presence *out)
{
    out->icq = aim->icq;
    out->helper = aim->helper;
    if (!aim->online || aim->invisible || !out->online)
        return;
    out->warning = aim->warning;
    out->signon = aim->signon;
    out->icon = aim->icon;
    out->icon_url = aim->icon_url;
    if (aim->caps.n > 0)
        out->caps = aim->caps;
    out->hide_idle = aim->hide_idle && out->idle_since == aim->idle_since;
    if (aim->away && out->away && span_eq(out->away_text, aim->away_text))
        out->tokens = aim->tokens;
    if (aim->away && out->away && span_eq(out->away_text, presence_text(aim)))
        out->shade = aim->shade;
}

enum err presence_merge(const struct presence_source *sources, size_t n, struct address who,
                        int64_t now, struct presence *out, struct arena *a)
{
    const struct presence_writing plain = {.now = now};
    const struct presence_reading reading = {.now = now};
    struct presence aim, as_written;
    struct pidf doc, whole;
    bool others = false;
    enum err e;

    merge_aim(sources, n, &aim, a);
    for (size_t i = 0; i < n; i++)
        others |= sources[i].is != SOURCE_AIM;
    if (!others) {
        *out = aim;
        return arena_ok(a) ? OK : ERR_NOMEM;
    }
    as_written = aim;
    as_written.tokens = false; /* AIM viewers put the words in themselves */
    as_written.hide_idle = false;
    e = presence_to_pidf(&as_written, who, &plain, &doc, a);
    if (e == OK)
        e = compose_around(&doc, sources, n, &whole, a);
    if (e == OK)
        e = presence_from_pidf(&whole, &reading, out, a);
    if (e != OK)
        return e;
    if (out->online)
        out->signon = since_of(sources, n, now);
    keep_aim_parts(&aim, out);
    return OK;
}
