#include "gateway/conf/reader.h"

#include <yaml.h>

#include "gateway/conf/errors.h"
#include "gateway/conf/keys.h"
#include "gateway/conf/value.h"

enum { NAME_MAX_LEN = 96 };

/* One run over one file. `event` is the current one; after `broken` there is none any more. */
struct reader {
    yaml_parser_t yaml;
    yaml_event_t event;
    bool has_event;
    bool broken; /* told already: not YAML, or too much of it */
    unsigned depth;
    struct conf *conf;
    struct conf_errors *errs;
    size_t peers_room;
    char last[NAME_MAX_LEN]; /* the last key seen: where a syntax error may be */
};

/* A mapping that is being read: the keys under `prefix`, shown as `shown`, into `owner`. */
struct section {
    struct span prefix;
    const char *shown;
    void *owner;
    int lines[CONF_KEY__COUNT];  /* where its keys (a section inside: its first key) stood */
    bool empty[CONF_KEY__COUNT]; /* nothing stood behind it */
};

static void read_section(struct reader *r, struct section *s);

static int event_line(const struct reader *r)
{
    return (int)r->event.start_mark.line + 1;
}

static struct conf_place place(const struct reader *r, int line, const char *key)
{
    return (struct conf_place){r->conf->name, line, key && key[0] ? key : NULL};
}

/* libyaml's own words, with the place it stopped at: nothing behind it can be read. */
static void tell_syntax(struct reader *r)
{
    const char *what = r->yaml.problem ? r->yaml.problem : "it cannot be read";
    bool octets = r->yaml.error == YAML_READER_ERROR; /* it has an offset, but no mark */
    int line = (int)(octets ? r->yaml.mark.line : r->yaml.problem_mark.line) + 1;

    conf_errors_add(r->errs, place(r, line, r->last), "not YAML: %s; %s", what,
                    octets ? "write the file in UTF-8"
                           : "indent with spaces alike, and put what begins with [ in quotes");
}

static bool has_tag(const yaml_event_t *e)
{
    return (e->type == YAML_SCALAR_EVENT && e->data.scalar.tag) ||
           (e->type == YAML_SEQUENCE_START_EVENT && e->data.sequence_start.tag) ||
           (e->type == YAML_MAPPING_START_EVENT && e->data.mapping_start.tag);
}

static void stop(struct reader *r, const char *why)
{
    conf_errors_add(r->errs, place(r, event_line(r), r->last), "%s", why);
    r->broken = true;
}

/* Goes to the next event; false at a syntax error and at what we do not read. */
static bool next(struct reader *r)
{
    if (r->has_event)
        yaml_event_delete(&r->event);
    r->has_event = false;
    if (r->broken)
        return false;
    if (!yaml_parser_parse(&r->yaml, &r->event)) {
        tell_syntax(r);
        r->broken = true;
        return false;
    }
    r->has_event = true;
    switch (r->event.type) {
    case YAML_ALIAS_EVENT: stop(r, "aliases are not read; write the value out"); break;
    case YAML_SEQUENCE_START_EVENT:
    case YAML_MAPPING_START_EVENT:
        if (++r->depth > CONF_DEPTH_MAX)
            stop(r, "too deep inside itself; no key needs that");
        break;
    case YAML_SEQUENCE_END_EVENT:
    case YAML_MAPPING_END_EVENT: r->depth--; break;
    default: break;
    }
    if (!r->broken && has_tag(&r->event))
        stop(r, "tags (!...) are not read; write the value without");
    return !r->broken;
}

/* Passes over the value that begins with the current event. */
static void skip(struct reader *r)
{
    unsigned inside = r->depth;

    if (r->event.type != YAML_SEQUENCE_START_EVENT && r->event.type != YAML_MAPPING_START_EVENT)
        return;
    while (r->depth >= inside && next(r))
        ;
}

static bool is_null(const char *text, bool quoted)
{
    static const char *const words[] = {"", "~", "null", "Null", "NULL"};

    for (size_t i = 0; !quoted && i < sizeof words / sizeof words[0]; i++)
        if (strcmp(text, words[i]) == 0)
            return true;
    return false;
}

/* The current scalar. False: it holds what no value may hold. */
static bool take_scalar(struct reader *r, const char *name, struct conf_item *out)
{
    struct span text = span_of(r->event.data.scalar.value, r->event.data.scalar.length);

    out->line = event_line(r);
    out->quoted = r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    for (size_t i = 0; i < text.n; i++)
        if (text.p[i] < 0x20 || text.p[i] == 0x7F) {
            conf_errors_add(r->errs, place(r, out->line, name),
                            "holds a line end or a control character; write it on one line");
            return false;
        }
    out->text = (const char *)arena_copy(&r->conf->arena, text).p;
    if (out->text && is_null(out->text, out->quoted))
        out->text = "";
    return out->text != NULL;
}

/* The good entries of a list; all of it is passed over, whatever is wrong. */
static bool read_list(struct reader *r, const struct conf_key *key, const char *name,
                      struct conf_value *v)
{
    bool told = false;

    v->list = true;
    v->items = arena_alloc(&r->conf->arena, CONF_LIST_MAX * sizeof *v->items);
    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        struct conf_place at = place(r, event_line(r), name);

        if (r->event.type != YAML_SCALAR_EVENT) {
            conf_errors_add(r->errs, at, "not good as an entry of a list; write %s",
                            conf_type_wants(key));
            skip(r);
        } else if (v->n == CONF_LIST_MAX) {
            if (!told)
                conf_errors_add(r->errs, at, "more than %d entries; write fewer", CONF_LIST_MAX);
            told = true;
        } else if (v->items && take_scalar(r, name, &v->items[v->n])) {
            if (v->items[v->n].text[0])
                v->n++;
            else
                conf_errors_add(r->errs, at, "an empty entry; remove it or write %s",
                                conf_type_wants(key));
        }
    }
    return v->items && !r->broken;
}

static void read_value(struct reader *r, struct section *s, enum conf_key_id id, const char *name)
{
    const struct conf_key *key = conf_key_get(id);
    struct conf_target to = {r->conf, r->errs, s->owner, name};
    struct conf_value v = {.line = event_line(r)};
    struct conf_item one;

    switch (r->event.type) {
    case YAML_SCALAR_EVENT:
        v.items = &one;
        v.n = 1;
        if (!take_scalar(r, name, &one))
            break;
        s->empty[id] = one.text[0] == 0;
        conf_value_set(&to, key, &v);
        break;
    case YAML_SEQUENCE_START_EVENT:
        if (!read_list(r, key, name, &v))
            break;
        s->empty[id] = v.n == 0;
        conf_value_set(&to, key, &v);
        break;
    default:
        conf_errors_add(r->errs, place(r, v.line, name), "keys inside are not good here; write %s",
                        conf_type_wants(key));
        skip(r);
    }
}

static void tell_names(struct reader *r, const char *name, struct span prefix, const char *what)
{
    struct buf names = {.max = 1024};

    conf_path_names(prefix, &names);
    conf_errors_add(r->errs, place(r, event_line(r), name), "%s; the keys here are %s", what,
                    buf_cstr(&names));
    buf_fini(&names);
}

/* A section of keys inside: "oscar:". Null is an empty one. */
static void read_inner(struct reader *r, void *owner, const char *path, const char *name)
{
    char prefix[NAME_MAX_LEN + 2], shown[NAME_MAX_LEN + 2];
    struct section inner = {.shown = shown, .owner = owner};

    (void)snprintf(prefix, sizeof prefix, "%s.", path);
    (void)snprintf(shown, sizeof shown, "%s.", name);
    inner.prefix = span_str(prefix);
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        read_section(r, &inner);
    } else if (r->event.type != YAML_SCALAR_EVENT ||
               !is_null((const char *)r->event.data.scalar.value,
                        r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)) {
        tell_names(r, name, inner.prefix, "not a section of keys");
        skip(r);
    }
}

static struct conf_peer *add_peer(struct reader *r)
{
    struct conf *c = r->conf;
    struct conf_peer *p;

    if (c->peer_count == r->peers_room) {
        size_t room = r->peers_room ? r->peers_room * 2 : 8;
        struct conf_peer *more = arena_alloc(&c->arena, room * sizeof *more);

        if (!more)
            return NULL;
        if (c->peer_count)
            memcpy(more, c->peers, c->peer_count * sizeof *more);
        c->peers = more;
        r->peers_room = room;
    }
    p = &c->peers[c->peer_count++];
    p->line = event_line(r);
    return p;
}

/* The default of every key of an entry, then what the entry says, then what it must say. */
static void read_peer(struct reader *r, const char *name)
{
    struct conf_peer *p = add_peer(r);
    char shown[NAME_MAX_LEN + 2];
    struct section s = {.prefix = SPAN("peers[]."), .shown = shown, .owner = p};
    struct conf_target to = {r->conf, r->errs, p, name};
    int line = event_line(r);

    if (!p) {
        skip(r);
        return;
    }
    (void)snprintf(shown, sizeof shown, "%s.", name);
    for (int id = 0; id < CONF_KEY__COUNT; id++)
        if (span_starts(span_str(conf_key_get((enum conf_key_id)id)->path), s.prefix))
            conf_value_set_standard(&to, conf_key_get((enum conf_key_id)id));
    read_section(r, &s);
    if (r->broken)
        return;
    if (!s.lines[CONF_KEY_PEER_DOMAIN] || s.empty[CONF_KEY_PEER_DOMAIN])
        conf_errors_add(r->errs, place(r, line, name),
                        "domain is missing; write the domain that this peer serves");
    if (!s.lines[CONF_KEY_PEER_ROUTE] || s.empty[CONF_KEY_PEER_ROUTE])
        conf_errors_add(r->errs, place(r, line, name),
                        "route is missing; write where its SIP server is: sip:HOST:PORT");
}

static void read_peers(struct reader *r)
{
    char name[NAME_MAX_LEN];

    while (next(r) && r->event.type != YAML_SEQUENCE_END_EVENT) {
        size_t index = r->conf->peer_count;

        (void)snprintf(name, sizeof name, "peers[%zu]", index);
        if (r->event.type != YAML_MAPPING_START_EVENT) {
            tell_names(r, "peers", SPAN("peers[]."), "not a peer");
            skip(r);
        } else if (index == CONF_PEERS_MAX) {
            conf_errors_add(r->errs, place(r, event_line(r), "peers"),
                            "more than %d peers; write fewer", CONF_PEERS_MAX);
            skip(r);
        } else {
            read_peer(r, name);
        }
    }
}

/* The value behind a key that was found; the current event begins it. */
static void read_known(struct reader *r, struct section *s, enum conf_path kind,
                       enum conf_key_id id, const char *path, const char *name)
{
    if (kind == CONF_PATH_KEY) {
        read_value(r, s, id, name);
    } else if (kind == CONF_PATH_SECTION) {
        read_inner(r, s->owner, path, name);
    } else if (r->event.type == YAML_SEQUENCE_START_EVENT) {
        read_peers(r);
    } else if (r->event.type != YAML_SCALAR_EVENT ||
               !is_null((const char *)r->event.data.scalar.value,
                        r->event.data.scalar.style != YAML_PLAIN_SCALAR_STYLE)) {
        conf_errors_add(r->errs, place(r, event_line(r), name),
                        "not a list; write each entry behind a dash (- domain: ...)");
        skip(r);
    }
}

/* One key and its value. */
static void read_pair(struct reader *r, struct section *s)
{
    char shown[CONF_SHOWN_MAX + 4], name[NAME_MAX_LEN], path[NAME_MAX_LEN];
    int line = event_line(r);
    enum conf_key_id id = CONF_KEY__COUNT;
    enum conf_path kind;

    conf_shown((const char *)r->event.data.scalar.value, shown);
    (void)snprintf(name, sizeof name, "%.20s%s", s->shown, shown);
    (void)snprintf(path, sizeof path, "%.*s%s", SPAN_ARG(s->prefix), shown);
    memcpy(r->last, name, sizeof name);
    kind = strpbrk(shown, ".[") ? CONF_PATH_UNKNOWN : conf_path_find(span_str(path), &id);
    if (kind == CONF_PATH_UNKNOWN) {
        tell_names(r, name, s->prefix, "unknown key");
        if (next(r))
            skip(r);
        return;
    }
    if (s->lines[id]) {
        conf_errors_add(r->errs, place(r, line, name), "given twice, first in line %d; keep one",
                        s->lines[id]);
        if (next(r))
            skip(r);
        return;
    }
    s->lines[id] = line;
    if (!span_starts(s->prefix, SPAN("peers[]")))
        r->conf->lines[id] = line;
    if (next(r))
        read_known(r, s, kind, id, path, name);
}

static void read_section(struct reader *r, struct section *s)
{
    while (next(r) && r->event.type != YAML_MAPPING_END_EVENT) {
        if (r->event.type == YAML_SCALAR_EVENT) {
            read_pair(r, s);
            continue;
        }
        tell_names(r, s->shown, s->prefix, "a list or section where a key belongs");
        skip(r);
        if (next(r))
            skip(r);
    }
}

/* What the file holds as a whole: one mapping, or nothing. */
static void read_document(struct reader *r)
{
    struct section top = {.shown = "", .owner = r->conf};

    if (!next(r)) /* the stream begins */
        return;
    if (!next(r) || r->event.type != YAML_DOCUMENT_START_EVENT)
        return; /* only comments, or not even those: the defaults */
    if (!next(r))
        return;
    if (r->event.type == YAML_MAPPING_START_EVENT) {
        read_section(r, &top);
    } else if (r->event.type != YAML_SCALAR_EVENT || r->event.data.scalar.length > 0) {
        tell_names(r, NULL, SPAN(""), "not keys and values (KEY: VALUE)");
        skip(r);
    }
    if (next(r) && next(r) && r->event.type == YAML_DOCUMENT_START_EVENT)
        stop(r, "a second document begins here; keep one");
}

void conf_read_text(struct conf *c, struct span text, struct conf_errors *errs)
{
    struct reader r = {.conf = c, .errs = errs};

    if (!yaml_parser_initialize(&r.yaml)) {
        c->arena.bad = true;
        return;
    }
    yaml_parser_set_input_string(&r.yaml, text.n ? text.p : (const uint8_t *)"", text.n);
    read_document(&r);
    if (r.has_event)
        yaml_event_delete(&r.event);
    yaml_parser_delete(&r.yaml);
}

void conf_read_standards(struct conf *c, struct conf_errors *errs)
{
    for (int id = 0; id < CONF_KEY__COUNT; id++) {
        const struct conf_key *key = conf_key_get((enum conf_key_id)id);
        struct conf_target to = {c, errs, c, key->path};

        if (!span_starts(span_str(key->path), SPAN("peers[]")))
            conf_value_set_standard(&to, key);
    }
}
