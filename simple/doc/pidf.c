#include "simple/doc/pidf.h"

#include "simple/doc/xml.h"
#include "simple/doc/xml_time.h"

/* The table of activities, one row each. */
static const struct {
    const char *name, *label;
    bool away;
} activities[PIDF_ACTIVITY__COUNT] = {
#define ACTIVITY(name, element, away, label) [PIDF_ACTIVITY_##name] = {element, label, away},
#include "simple/doc/activities.def"
#undef ACTIVITY
};

const char *pidf_activity_name(enum pidf_activity a)
{
    return activities[a].name;
}

const char *pidf_activity_label(enum pidf_activity a)
{
    return activities[a].label;
}

bool pidf_activity_is_away(enum pidf_activity a)
{
    return activities[a].away;
}

/* How many children of this name there are, at most `max`. */
static size_t count(const struct xml_node *in, enum xml_ns ns, const char *name, size_t max)
{
    size_t n = 0;

    for (const struct xml_node *c = xml_child(in, ns, name); c && n < max;
         c = xml_next(c, ns, name))
        n++;
    return n;
}

/* A missing or malformed time is 0. */
static int64_t time_of(struct span s)
{
    int64_t t;

    return s.n > 0 && xml_time_parse(s, &t) ? t : 0;
}

static struct span text_of(const struct xml_node *in, enum xml_ns ns, const char *name)
{
    const struct xml_node *c = xml_child(in, ns, name);

    return c ? c->text : (struct span){0};
}

static struct pidf_notes notes_of(const struct xml_node *in, enum xml_ns ns, struct arena *a)
{
    size_t n = count(in, ns, "note", PIDF_NOTES_MAX), i = 0;
    struct pidf_note *v = n ? arena_alloc(a, n * sizeof *v) : NULL;

    for (const struct xml_node *c = xml_child(in, ns, "note"); v && i < n;
         c = xml_next(c, ns, "note"))
        v[i++] = (struct pidf_note){.lang = span_trim(xml_lang(c)), .text = c->text};
    return (struct pidf_notes){.v = v, .n = v ? n : 0};
}

static struct pidf_user_input input_of(const struct xml_node *in)
{
    const struct xml_node *c = xml_child(in, XML_NS_RPID, "user-input");
    struct pidf_user_input out = {0};
    struct span is = c ? span_trim(c->text) : (struct span){0};
    uint64_t threshold = 0;

    if (span_is(is, "idle"))
        out.is = PIDF_IDLE;
    else if (span_is(is, "active"))
        out.is = PIDF_ACTIVE;
    else
        return out;
    out.last = time_of(xml_attr(c, "last-input"));
    if (span_number(span_trim(xml_attr(c, "idle-threshold")), INT32_MAX, &threshold))
        out.threshold = (uint32_t)threshold;
    return out;
}

/* RFC 3863 4.1.5: 0 or 1 with up to three decimals, never more than 1. -1: it is no priority. */
static int priority_of(struct span s)
{
    uint64_t decimals = 0;
    int scale = 1000;

    s = span_trim(s);
    if (s.n == 0 || s.n > 5 || (s.p[0] != '0' && s.p[0] != '1') || (s.n > 1 && s.p[1] != '.'))
        return -1;
    if (s.n > 2 && !span_number(span_skip(s, 2), 999, &decimals))
        return -1;
    for (size_t i = 2; i < s.n; i++)
        scale /= 10;
    if (s.p[0] == '1')
        return decimals == 0 ? 1000 : -1;
    return (int)decimals * scale;
}

/* RFC 3863 4.1.4: exactly these two words; anything else is as if it were not there. */
static enum pidf_basic basic_of(const struct xml_node *status)
{
    struct span s = text_of(status, XML_NS_PIDF, "basic");

    return span_is(s, "open") ? PIDF_OPEN : span_is(s, "closed") ? PIDF_CLOSED : PIDF_BASIC_NONE;
}

static enum pidf_show show_of(const struct xml_node *status)
{
    static const char *const words[] = {[PIDF_SHOW_AWAY] = "away",
                                        [PIDF_SHOW_CHAT] = "chat",
                                        [PIDF_SHOW_DND] = "dnd",
                                        [PIDF_SHOW_XA] = "xa"};
    struct span s = span_trim(text_of(status, XML_NS_JABBER, "show"));

    for (size_t i = PIDF_SHOW_AWAY; i < sizeof words / sizeof *words; i++) {
        if (span_is(s, words[i]))
            return (enum pidf_show)i;
    }
    return PIDF_SHOW_NONE;
}

/* caps:A/B/C/D: the path by which a capability says yes. */
static bool has_capability(const struct xml_node *in, const char *const path[4])
{
    for (size_t i = 0; in && i < 4; i++)
        in = xml_child(in, XML_NS_CAPS, path[i]);
    return in != NULL;
}

static void read_tuple(const struct xml_node *n, struct arena *a, struct pidf_tuple *out)
{
    static const char *const message[] = {"servcaps", "methods", "supported", "MESSAGE"};
    const struct xml_node *status = xml_child(n, XML_NS_PIDF, "status");
    const struct xml_node *contact = xml_child(n, XML_NS_PIDF, "contact");

    out->id = span_trim(xml_attr(n, "id"));
    if (status) {
        out->basic = basic_of(status);
        out->show = show_of(status);
    }
    out->input = input_of(n);
    out->device = span_trim(text_of(n, XML_NS_DATA_MODEL, "deviceID"));
    out->methods_message = has_capability(n, message);
    out->priority = contact ? priority_of(xml_attr(contact, "priority")) : -1;
    if (contact)
        out->contact = span_trim(contact->text);
    out->notes = notes_of(n, XML_NS_PIDF, a);
    out->timestamp = time_of(text_of(n, XML_NS_PIDF, "timestamp"));
}

static bool activity_find(struct span name, enum pidf_activity *out)
{
    for (size_t i = 0; i < PIDF_ACTIVITY__COUNT; i++) {
        if (span_is(name, activities[i].name)) {
            *out = (enum pidf_activity)i;
            return true;
        }
    }
    return false;
}

static void read_activities(const struct xml_node *n, struct arena *a, struct pidf_activities *out)
{
    out->from = time_of(xml_attr(n, "from"));
    out->until = time_of(xml_attr(n, "until"));
    out->notes = notes_of(n, XML_NS_RPID, a);
    for (const struct xml_node *c = n->child; c && out->n < PIDF_ACTIVITIES_MAX; c = c->next) {
        enum pidf_activity is;

        if (c->ns != XML_NS_RPID || !activity_find(c->name, &is))
            continue;
        out->v[out->n++] = (uint8_t)is;
        if (is == PIDF_ACTIVITY_OTHER && out->other.text.n == 0)
            out->other = (struct pidf_note){.lang = span_trim(xml_lang(c)), .text = c->text};
    }
}

static void read_person(const struct xml_node *n, struct arena *a, struct pidf_person *out)
{
    size_t windows = count(n, XML_NS_RPID, "activities", PIDF_WINDOWS_MAX);
    struct pidf_activities *v = windows ? arena_alloc(a, windows * sizeof *v) : NULL;

    out->id = span_trim(xml_attr(n, "id"));
    for (const struct xml_node *c = xml_child(n, XML_NS_RPID, "activities");
         v && out->activities_n < windows; c = xml_next(c, XML_NS_RPID, "activities"))
        read_activities(c, a, &v[out->activities_n++]);
    out->activities = v;
    out->input = input_of(n);
    out->display_name = text_of(n, XML_NS_CIPID, "display-name");
    out->icon = span_trim(text_of(n, XML_NS_CIPID, "icon"));
    out->notes = notes_of(n, XML_NS_DATA_MODEL, a);
    out->timestamp = time_of(text_of(n, XML_NS_DATA_MODEL, "timestamp"));
}

static void read_device(const struct xml_node *n, struct arena *a, struct pidf_device *out)
{
    static const char *const mobile[] = {"devcaps", "mobility", "supported", "mobile"};
    static const char *const fixed[] = {"devcaps", "mobility", "supported", "fixed"};

    out->id = span_trim(xml_attr(n, "id"));
    out->device = span_trim(text_of(n, XML_NS_DATA_MODEL, "deviceID"));
    out->mobile = has_capability(n, mobile);
    out->fixed = has_capability(n, fixed);
    out->input = input_of(n);
    out->notes = notes_of(n, XML_NS_DATA_MODEL, a);
    out->timestamp = time_of(text_of(n, XML_NS_DATA_MODEL, "timestamp"));
}

/* Reads the children called ns:name into a new array of struct `type`, `max` of them at most. */
#define READ_ALL(type, root, ns, name, max, read, a, v_out, n_out)                           \
    do {                                                                                     \
        size_t all = count((root), (ns), (name), (max));                                     \
        struct type *v = all ? arena_alloc((a), all * sizeof *v) : NULL;                     \
        for (const struct xml_node *c = xml_child((root), (ns), (name)); v && (n_out) < all; \
             c = xml_next(c, (ns), (name)))                                                  \
            read(c, (a), &v[(n_out)++]);                                                     \
        (v_out) = v;                                                                         \
    } while (0)

enum err pidf_parse(struct span doc, struct arena *a, struct pidf *out)
{
    const struct xml_node *root;
    enum err e = xml_parse(doc, a, &root);

    *out = (struct pidf){0};
    if (e != OK)
        return e;
    if (!xml_is(root, XML_NS_PIDF, "presence"))
        return ERR_UNSUPPORTED;
    out->entity = span_trim(xml_attr(root, "entity"));
    if (out->entity.n == 0)
        return ERR_UNSUPPORTED;
    READ_ALL(pidf_tuple, root, XML_NS_PIDF, "tuple", PIDF_TUPLES_MAX, read_tuple, a, out->tuples,
             out->tuples_n);
    out->notes = notes_of(root, XML_NS_PIDF, a);
    READ_ALL(pidf_person, root, XML_NS_DATA_MODEL, "person", PIDF_PERSONS_MAX, read_person, a,
             out->persons, out->persons_n);
    READ_ALL(pidf_device, root, XML_NS_DATA_MODEL, "device", PIDF_DEVICES_MAX, read_device, a,
             out->devices, out->devices_n);
    return arena_ok(a) ? OK : ERR_NOMEM;
}
