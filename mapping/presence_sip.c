/* Writing: a record to the document that SIP watchers get. The rules of reading stand in
 * presence_sip_read.c. */
#include "mapping/presence_sip.h"

#include <openssl/sha.h>

#include "base/hex.h"
#include "base/utf8.h"
#include "simple/doc/xml_time.h"

enum {
    PRIORITY = 800, /* thousandths: a desk before a phone */
    PRIORITY_MOBILE = 400,
    URI_OCTETS = 3 * ADDRESS_USER_MAX + ADDRESS_HOST_MAX + 16,
    DATE_LEN = 10, /* "2001-07-23" at the front of a time, "14:00" behind the T */
    TIME_AT = 11,
    TIME_LEN = 5,
    UUID_OCTETS = 16,
};

/* ---- texts ---- */

/* %n, %d or %t: which, or 0. */
static uint8_t token_at(struct span s)
{
    uint8_t c = s.n > 1 && s.p[0] == '%' ? s.p[1] : 0;

    return c == 'n' || c == 'd' || c == 't' ? c : 0;
}

static bool has_tokens(struct span s)
{
    for (; s.n > 0; s = span_skip(s, 1)) {
        s = span_skip(s, span_find(s, '%'));
        if (token_at(s))
            return true;
    }
    return false;
}

bool presence_pidf_is_personal(const struct presence *p)
{
    return p->online && !p->invisible && p->away && p->tokens && has_tokens(p->away_text);
}

static void put_token(struct buf *b, uint8_t token, const struct presence_writing *w)
{
    struct buf time = {0};

    xml_time_print(&time, w->now);
    if (token == 'n')
        buf_add(b, w->watcher);
    else if (token == 'd')
        buf_add(b, span_first(buf_span(&time), DATE_LEN));
    else if (time.n > TIME_AT)
        buf_fmt(b, "%.*s UTC", TIME_LEN, (const char *)time.p + TIME_AT);
    buf_fini(&time);
}

/* The away text as this watcher is to read it. */
static struct span substituted(struct span s, const struct presence_writing *w, struct arena *a)
{
    struct buf b = {0};
    struct span out;

    while (s.n > 0) {
        size_t at = span_find(s, '%');
        uint8_t token;

        buf_add(&b, span_first(s, at));
        s = span_skip(s, at);
        token = token_at(s);
        if (token)
            put_token(&b, token, w);
        else
            buf_add(&b, span_first(s, 1));
        s = span_skip(s, token ? 2 : 1);
    }
    out = arena_copy(a, buf_span(&b));
    if (!buf_ok(&b))
        a->bad = true;
    buf_fini(&b);
    return out;
}

/* At most PRESENCE_TEXT_MAX characters, the last of them an ellipsis where something was cut off.
 */
static struct span ellipsed(struct span s, struct arena *a)
{
    static const char ellipsis[] = "\xE2\x80\xA6";
    size_t n;
    uint8_t *to;

    if (s.n <= PRESENCE_TEXT_MAX || utf8_count(s) <= PRESENCE_TEXT_MAX)
        return s;
    n = utf8_first(s, PRESENCE_TEXT_MAX - 1).n;
    to = arena_alloc(a, n + sizeof ellipsis - 1);
    if (!to)
        return (struct span){0};
    memcpy(to, s.p, n);
    memcpy(to + n, ellipsis, sizeof ellipsis - 1);
    return span_of(to, n + sizeof ellipsis - 1);
}

struct span presence_text_for(const struct presence *p, const struct presence_writing *w,
                              struct arena *a)
{
    struct span text = presence_text(p);

    if (presence_pidf_is_personal(p))
        text = substituted(text, w, a);
    return ellipsed(text, a);
}

/* ---- names of things ---- */

/* pres:user@D and im:user@D: one text, two heads. */
struct uris {
    struct span pres, im;
};

static struct uris uris_of(struct address who, struct arena *a)
{
    struct buf b = {.max = (size_t)2 * URI_OCTETS};
    struct span all;
    size_t n;

    address_to_uri(&b, URI_PRES, &who);
    n = b.n;
    address_to_uri(&b, URI_IM, &who);
    all = arena_copy(a, buf_span(&b));
    if (!buf_ok(&b))
        a->bad = true;
    buf_fini(&b);
    return (struct uris){.pres = span_first(all, n), .im = span_skip(all, n)};
}

/* urn:uuid: of a name-based UUID (RFC 4122 4.3, version 5, URL name space): the same in every
 * document. */
static struct span device_id(struct span im, struct arena *a)
{
    static const uint8_t url_space[UUID_OCTETS] = {0x6b, 0xa7, 0xb8, 0x11, 0x9d, 0xad, 0x11, 0xd1,
                                                   0x80, 0xb4, 0x00, 0xc0, 0x4f, 0xd4, 0x30, 0xc8};
    static const uint8_t groups[] = {4, 2, 2, 2, 6}; /* octets between hyphens */
    uint8_t hash[SHA_DIGEST_LENGTH] = {0};
    struct buf b = {0};
    struct span id;

    buf_put(&b, url_space, UUID_OCTETS);
    buf_add(&b, im);
    BUF_LIT(&b, "#mobile");
    if (buf_ok(&b))
        SHA1(b.p, b.n, hash);
    hash[6] = (uint8_t)((hash[6] & 0x0F) | 0x50);
    hash[8] = (uint8_t)((hash[8] & 0x3F) | 0x80);
    b.n = 0;
    BUF_LIT(&b, "urn:uuid");
    for (size_t i = 0, at = 0; i < sizeof groups; at += groups[i++]) {
        buf_str(&b, i == 0 ? ":" : "-");
        hex_write(&b, span_of(hash + at, groups[i]));
    }
    id = arena_copy(a, buf_span(&b));
    if (!buf_ok(&b))
        a->bad = true;
    buf_fini(&b);
    return id;
}

/* ---- the parts of a document ---- */

/* What all parts need: made once. */
struct sheet {
    const struct presence *p;
    const struct presence_writing *w;
    struct arena *a;
    struct address who;
    struct span device;     /* its deviceID, where it is a phone */
    struct pidf_notes text; /* none or one */
};

static struct pidf_notes note_of(struct span text, struct arena *a)
{
    struct pidf_note *n = text.n > 0 ? arena_alloc(a, sizeof *n) : NULL;

    if (n)
        n->text = text;
    return (struct pidf_notes){.v = n, .n = n ? 1 : 0};
}

static struct pidf_user_input input_of(const struct presence *p)
{
    if (p->idle_since == 0)
        return (struct pidf_user_input){0};
    if (p->hide_idle)
        return (struct pidf_user_input){.is = PIDF_IDLE};
    return (struct pidf_user_input){
        .is = PIDF_IDLE, .last = p->idle_since, .threshold = PIDF_THRESHOLD};
}

static bool tells_session(const struct sheet *s)
{
    return s->w->session == SESSION_ALWAYS ||
           (s->w->session == SESSION_IF_WARNED && s->p->warning > 0);
}

static void fill_tuple(const struct sheet *s, struct pidf_tuple *t)
{
    const struct presence *p = s->p;

    t->basic = PIDF_OPEN;
    t->input = input_of(p);
    t->device = s->device;
    t->has_session = tells_session(s);
    t->warning = p->warning;
    t->signon = p->signon;
    t->methods_message = s->w->caps;
    t->priority = p->mobile ? PRIORITY_MOBILE : PRIORITY;
    t->notes = s->text;
    t->timestamp = p->changed;
}

static const struct pidf_activities *activities_of(const struct sheet *s)
{
    struct pidf_activities *v = arena_alloc(s->a, sizeof *v);
    bool busy = s->p->shade == SHADE_DO_NOT_DISTURB || s->p->shade == SHADE_OCCUPIED;

    if (v) {
        v->v[0] = busy ? PIDF_ACTIVITY_BUSY : PIDF_ACTIVITY_AWAY;
        v->n = 1;
        v->notes = s->text;
    }
    return v;
}

/* Only where there is something to say of the person. */
static void add_person(const struct sheet *s, struct pidf *out)
{
    const struct presence *p = s->p;
    bool named = p->friendly.n > 0 && !span_eq(p->friendly, s->who.user);
    struct pidf_person *person;

    if (!p->away && s->text.n == 0 && !named && p->icon_url.n == 0)
        return;
    person = arena_alloc(s->a, sizeof *person);
    if (!person)
        return;
    person->id = SPAN("person");
    if (p->away) {
        person->activities = activities_of(s);
        person->activities_n = person->activities ? 1 : 0;
    }
    if (named)
        person->display_name = p->friendly;
    person->icon = p->icon_url;
    person->notes = s->text;
    person->timestamp = p->changed;
    out->persons = person;
    out->persons_n = 1;
}

static void add_device(const struct sheet *s, struct pidf *out)
{
    struct pidf_device *device = arena_alloc(s->a, sizeof *device);

    if (!device)
        return;
    *device = (struct pidf_device){.id = SPAN("device"), .device = s->device, .mobile = true};
    out->devices = device;
    out->devices_n = 1;
}

enum err presence_to_pidf(const struct presence *p, struct address who,
                          const struct presence_writing *w, struct pidf *out, struct arena *a)
{
    const struct uris uris = uris_of(who, a);
    struct sheet s = {.p = p, .w = w, .a = a, .who = who};
    struct pidf_tuple *tuple = arena_alloc(a, sizeof *tuple);

    *out = (struct pidf){.entity = uris.pres};
    if (!tuple)
        return ERR_NOMEM;
    *tuple = (struct pidf_tuple){
        .id = SPAN("im"), .basic = PIDF_CLOSED, .contact = uris.im, .priority = -1};
    out->tuples = tuple;
    out->tuples_n = 1;
    if (p->online && (!p->invisible || w->sees_invisible)) {
        s.text = note_of(presence_text_for(p, w, a), a);
        if (p->mobile)
            s.device = device_id(uris.im, a);
        fill_tuple(&s, tuple);
        add_person(&s, out);
        if (p->mobile)
            add_device(&s, out);
    } else {
        tuple->notes = note_of(w->closed_note, a);
    }
    return arena_ok(a) ? OK : ERR_NOMEM;
}

void presence_write_pidf(struct buf *b, const struct presence *p, struct address who,
                         const struct presence_writing *w)
{
    struct arena a = {0};
    struct pidf doc;

    if (presence_to_pidf(p, who, w, &doc, &a) == OK)
        pidf_print(b, &doc);
    else
        b->bad = true;
    arena_fini(&a);
}

void presence_write_pending(struct buf *b, struct address who)
{
    const struct pidf_note note = {.lang = SPAN("en"), .text = SPAN("Waiting for approval")};
    struct arena a = {0};
    struct pidf doc = {.entity = uris_of(who, &a).pres, .notes = {.v = &note, .n = 1}};

    if (arena_ok(&a))
        pidf_print(b, &doc);
    else
        b->bad = true;
    arena_fini(&a);
}
