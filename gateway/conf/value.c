#include "gateway/conf/value.h"

#include "gateway/conf/address.h"
#include "gateway/conf/errors.h"

enum { PORT_DNS = 53, SCREEN_NAME_LEAST = 3, SCREEN_NAME_MOST = 16, USER_PART_MOST = 64 };

const char *conf_type_wants(const struct conf_key *key)
{
    switch (key->type) {
    case CONF_TYPE_DOMAIN: return "a host name such as aim.example.org";
    case CONF_TYPE_NAME: return "3 to 16 letters and digits, a letter first";
    case CONF_TYPE_USER:
        return "letters, digits, \"-\", \"_\" and \".\"; \"*\" stands for the name of the user";
    case CONF_TYPE_PATH: return "a path";
    case CONF_TYPE_BOOL: return "true or false";
    case CONF_TYPE_CHOICE: return key->range;
    case CONF_TYPE_HOSTPORT: return "HOST:PORT";
    case CONF_TYPE_LISTEN: return "ADDRESS:PORT, or a list of them";
    case CONF_TYPE_SERVERS:
    case CONF_TYPE_SOURCES: return "ADDRESS or ADDRESS:PORT, or a list of them";
    case CONF_TYPE_NUMBER: return key->range;
    case CONF_TYPE_RATE: return "A-SECOND/AT-ONCE such as 0.5/10, or none";
    case CONF_TYPE_CREDENTIALS:
        return "URL FILE, or a list of them: https://certs.example.org/sip.cer "
               "/etc/aimgate/sip.pem";
    case CONF_TYPE_ORIGINS: return "http[s]://HOST[:PORT] or \"*\", or a list of them";
    case CONF_TYPE_ROUTES: return "sip:HOST[:PORT][;transport=udp|tcp|tls], or a list of them";
    }
    return "something else";
}

/* One sentence for every bad value: what it is, why it is wrong, what it must be. */
static void refuse(const struct conf_target *to, const struct conf_key *key,
                   const struct conf_item *item, const char *why)
{
    struct conf_place at = {to->conf->name, item->line, to->name};
    char shown[CONF_SHOWN_MAX + 4];

    conf_errors_add(to->errs, at, "%s: %s; write %s%s", conf_shown(item->text, shown), why,
                    key->type == CONF_TYPE_CHOICE   ? "one of "
                    : key->type == CONF_TYPE_NUMBER ? "a number of "
                                                    : "",
                    conf_type_wants(key));
}

/* What YAML reads as a number or a truth value is not text, unless it is in quotes. */
static bool is_text(const struct conf_item *item)
{
    struct span s = span_str(item->text);
    size_t dots = 0;

    if (item->quoted)
        return true;
    if (span_case_is(s, "true") || span_case_is(s, "false"))
        return false;
    if (s.p[0] == '-' || s.p[0] == '+')
        s = span_skip(s, 1);
    for (size_t i = 0; i < s.n; i++) {
        dots += s.p[i] == '.';
        if (s.p[i] != '.' && (s.p[i] < '0' || s.p[i] > '9'))
            return true;
    }
    return dots > 1 || dots == s.n; /* 192.0.2.1 is text, and so is a lone dot */
}

static void set_domain(const struct conf_target *to, const struct conf_key *key, void *field,
                       const struct conf_item *item)
{
    const char *name = conf_host_name(&to->conf->arena, span_str(item->text));

    if (!is_text(item))
        refuse(to, key, item, "it is not text");
    else if (!name)
        refuse(to, key, item, "it is not a host name");
    else
        *(const char **)field = name;
}

static bool is_letter(uint8_t c)
{
    return ascii_lower(c) >= 'a' && ascii_lower(c) <= 'z';
}

static bool is_screen_name(struct span s)
{
    for (size_t i = 0; i < s.n; i++)
        if (!is_letter(s.p[i]) && (i == 0 || s.p[i] < '0' || s.p[i] > '9'))
            return false;
    return s.n >= SCREEN_NAME_LEAST && s.n <= SCREEN_NAME_MOST;
}

static void set_name(const struct conf_target *to, const struct conf_key *key, void *field,
                     const struct conf_item *item)
{
    struct span name = span_str(item->text);

    if (is_screen_name(name))
        *(const char **)field = (const char *)arena_copy(&to->conf->arena, name).p;
    else
        refuse(to, key, item, "it is not a screen name");
}

static bool is_user_part(struct span s)
{
    size_t stars = 0;

    for (size_t i = 0; i < s.n; i++) {
        uint8_t c = s.p[i];

        stars += c == '*';
        if (!is_letter(c) && (c < '0' || c > '9') && c != '-' && c != '_' && c != '.' && c != '*')
            return false;
    }
    return s.n > 0 && s.n <= USER_PART_MOST && stars < 2;
}

static void set_user(const struct conf_target *to, const struct conf_key *key, void *field,
                     const struct conf_item *item)
{
    struct span user = span_str(item->text);

    if (is_user_part(user))
        *(const char **)field = (const char *)arena_copy(&to->conf->arena, user).p;
    else
        refuse(to, key, item, "it is not the name of a list service");
}

/* From the folder of the file; NULL: it is too long. */
static const char *absolute(struct conf *c, struct span path)
{
    struct buf b = {.max = 4096};
    const char *out = NULL;

    while (span_starts(path, SPAN("./")))
        path = span_skip(path, 2);
    if (!span_starts(path, SPAN("/")))
        buf_fmt(&b, "%s%s", c->folder, c->folder[1] ? "/" : "");
    buf_add(&b, path);
    if (buf_ok(&b))
        out = (const char *)arena_copy(&c->arena, buf_span(&b)).p;
    buf_fini(&b);
    return out;
}

static void set_path(const struct conf_target *to, const struct conf_key *key, void *field,
                     const struct conf_item *item)
{
    const char *path = absolute(to->conf, span_str(item->text));

    if (!is_text(item))
        refuse(to, key, item, "it is not text (put it in quotes if it is a name)");
    else if (!path)
        refuse(to, key, item, "it is too long");
    else
        *(const char **)field = path;
}

static void set_bool(const struct conf_target *to, const struct conf_key *key, void *field,
                     const struct conf_item *item)
{
    bool yes = !item->quoted && span_case_is(span_str(item->text), "true");

    if (yes || (!item->quoted && span_case_is(span_str(item->text), "false")))
        *(bool *)field = yes;
    else
        refuse(to, key, item, "neither true nor false");
}

static void set_number(const struct conf_target *to, const struct conf_key *key, void *field,
                       const struct conf_item *item)
{
    struct span range = span_str(key->range);
    size_t dash = span_find(range, '-');
    uint64_t min = 0, max = 0, n;

    (void)span_number(span_first(range, dash), UINT32_MAX, &min);
    (void)span_number(span_skip(range, dash + 1), UINT32_MAX, &max);
    if (!span_number(span_str(item->text), UINT32_MAX, &n))
        refuse(to, key, item, "it is not a whole number");
    else if (n < min || n > max)
        refuse(to, key, item, "out of range");
    else
        *(uint32_t *)field = (uint32_t)n;
}

static void set_choice(const struct conf_target *to, const struct conf_key *key, void *field,
                       const struct conf_item *item)
{
    struct span left = span_str(key->range);

    for (unsigned i = 0; left.n; i++) {
        size_t end = span_find(left, '|');

        if (span_is(span_first(left, end), item->text)) {
            *(unsigned *)field = i; /* every CHOICE is an enum without negative values */
            return;
        }
        left = span_skip(left, end + 1);
    }
    refuse(to, key, item, "not known");
}

/* Digits with at most three behind a dot, as thousandths; false beyond 0 to 1,000,000. */
static bool read_thousandths(struct span text, uint32_t *out)
{
    uint64_t n = 0;
    size_t dot = span_find(text, '.'), places = dot < text.n ? text.n - dot - 1 : 0;

    if (text.n == 0 || dot == 0 || places > 3 || dot > 7 || (dot < text.n && places == 0))
        return false;
    for (size_t i = 0; i < text.n; i++) {
        if (i == dot)
            continue;
        if (text.p[i] < '0' || text.p[i] > '9')
            return false;
        n = n * 10 + (text.p[i] - '0');
    }
    for (; places < 3; places++)
        n *= 10;
    *out = (uint32_t)n;
    return n <= 1000000ULL * BUCKET_TOKEN;
}

static void set_rate(const struct conf_target *to, const struct conf_key *key, void *field,
                     const struct conf_item *item)
{
    struct span text = span_str(item->text);
    size_t slash = span_find(text, '/');
    bool none = span_is(text, "none");
    struct rate r = {0};

    if (!none && (!read_thousandths(span_first(text, slash), &r.per_second) ||
                  !read_thousandths(span_skip(text, slash + 1), &r.at_once)))
        refuse(to, key, item, "not two numbers up to 1000000 with a / between them");
    else if (!none && (r.at_once < BUCKET_TOKEN || r.per_second == 0))
        refuse(to, key, item, "nothing would ever be let through");
    else
        *(struct rate *)field = r;
}

static void set_hostport(const struct conf_target *to, const struct conf_key *key, void *field,
                         const struct conf_item *item)
{
    struct conf_hostport out = {0};
    struct arena *a = &to->conf->arena;
    struct conf_address numeric;
    struct span host;
    const char *wrong = conf_hostport_split(span_str(item->text), &host, &out.port);

    if (!wrong && !out.port)
        wrong = "the port is missing";
    if (!wrong && conf_address_parse(span_str(item->text), 0, &numeric) && !conf_host_name(a, host))
        wrong = "the host is no address and no name";
    if (wrong) {
        refuse(to, key, item, wrong);
        return;
    }
    out.host = (const char *)arena_copy(a, host).p;
    out.text = (const char *)arena_copy(a, span_str(item->text)).p;
    *(struct conf_hostport *)field = out;
}

static void set_addresses(const struct conf_target *to, const struct conf_key *key, void *field,
                          const struct conf_value *v)
{
    struct conf_addresses out = {arena_alloc(&to->conf->arena, (v->n + 1) * sizeof *out.at), 0};
    unsigned port = key->type == CONF_TYPE_SERVERS   ? PORT_DNS
                    : key->type == CONF_TYPE_SOURCES ? 0
                                                     : UINT16_MAX;

    if (!out.at)
        return;
    for (size_t i = 0; i < v->n; i++) {
        struct conf_address *at = &out.at[out.n];
        const char *wrong = conf_address_parse(span_str(v->items[i].text), port, at);

        if (wrong) {
            refuse(to, key, &v->items[i], wrong);
            continue;
        }
        at->text = (const char *)arena_copy(&to->conf->arena, span_str(v->items[i].text)).p;
        at->line = v->items[i].line;
        out.n++;
    }
    *(struct conf_addresses *)field = out;
}

static void set_routes(const struct conf_target *to, const struct conf_key *key, void *field,
                       const struct conf_value *v)
{
    struct conf_routes out = {arena_alloc(&to->conf->arena, (v->n + 1) * sizeof *out.at), 0};

    if (!out.at)
        return;
    for (size_t i = 0; i < v->n; i++) {
        const char *wrong =
            conf_route_parse(&to->conf->arena, span_str(v->items[i].text), &out.at[out.n]);

        if (wrong) {
            refuse(to, key, &v->items[i], wrong);
            continue;
        }
        out.at[out.n].line = out.at[out.n].address.line = v->items[i].line;
        out.n++;
    }
    *(struct conf_routes *)field = out;
}

/* RFC 6454 6.2: scheme, host, and the port where it is not the scheme's own. */
static const char *origin_fault(struct arena *a, struct span text)
{
    static const struct {
        const char *scheme;
        uint16_t port;
    } rows[] = {{"http://", 80}, {"https://", 443}};
    struct conf_address numeric;
    struct span host;
    uint16_t port;

    if (span_is(text, "*"))
        return NULL;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct span rest = span_skip(text, strlen(rows[i].scheme));

        if (!span_case_starts(text, span_str(rows[i].scheme)))
            continue;
        if (conf_hostport_split(rest, &host, &port) ||
            (conf_address_parse(rest, 0, &numeric) && !conf_host_name(a, host)))
            return "nothing but a host and a port may follow the //";
        return port == rows[i].port ? "a browser leaves out the usual port" : NULL;
    }
    return "no origin of a web page";
}

static void set_origins(const struct conf_target *to, const struct conf_key *key, void *field,
                        const struct conf_value *v)
{
    struct conf_origins out = {arena_alloc(&to->conf->arena, (v->n + 1) * sizeof *out.at), 0};

    if (!out.at)
        return;
    for (size_t i = 0; i < v->n; i++) {
        struct span text = span_str(v->items[i].text);
        const char *wrong = origin_fault(&to->conf->arena, text);

        if (wrong)
            refuse(to, key, &v->items[i], wrong);
        else
            out.at[out.n++] = (const char *)arena_copy(&to->conf->arena, text).p;
    }
    *(struct conf_origins *)field = out;
}

static const char *read_credential(struct conf *c, struct span text, struct conf_credential *out)
{
    size_t space = span_find(text, ' ');
    struct span info = span_first(text, space), path = span_trim(span_skip(text, space));

    if (span_search(info, SPAN("://")) == info.n || span_find(info, '<') < info.n)
        return "a URL must stand first";
    if (path.n == 0)
        return "the file is missing";
    out->info = (const char *)arena_copy(&c->arena, info).p;
    out->path = absolute(c, path);
    return out->path ? NULL : "it is too long";
}

static void set_credentials(const struct conf_target *to, const struct conf_key *key, void *field,
                            const struct conf_value *v)
{
    struct conf_credentials out = {arena_alloc(&to->conf->arena, (v->n + 1) * sizeof *out.at), 0};

    if (!out.at)
        return;
    for (size_t i = 0; i < v->n; i++) {
        const char *wrong =
            read_credential(to->conf, span_str(v->items[i].text), &out.at[out.n]);

        out.at[out.n].line = v->items[i].line;
        if (wrong)
            refuse(to, key, &v->items[i], wrong);
        else
            out.n++;
    }
    *(struct conf_credentials *)field = out;
}

static bool takes_list(enum conf_type t)
{
    return t == CONF_TYPE_LISTEN || t == CONF_TYPE_SERVERS || t == CONF_TYPE_SOURCES ||
           t == CONF_TYPE_ROUTES || t == CONF_TYPE_ORIGINS || t == CONF_TYPE_CREDENTIALS;
}

static void set_scalar(const struct conf_target *to, const struct conf_key *key, void *field,
                       const struct conf_item *item)
{
    switch (key->type) {
    case CONF_TYPE_DOMAIN: set_domain(to, key, field, item); break;
    case CONF_TYPE_NAME: set_name(to, key, field, item); break;
    case CONF_TYPE_USER: set_user(to, key, field, item); break;
    case CONF_TYPE_PATH: set_path(to, key, field, item); break;
    case CONF_TYPE_BOOL: set_bool(to, key, field, item); break;
    case CONF_TYPE_CHOICE: set_choice(to, key, field, item); break;
    case CONF_TYPE_HOSTPORT: set_hostport(to, key, field, item); break;
    case CONF_TYPE_NUMBER: set_number(to, key, field, item); break;
    case CONF_TYPE_RATE: set_rate(to, key, field, item); break;
    default: break;
    }
}

void conf_value_set(const struct conf_target *to, const struct conf_key *key,
                    const struct conf_value *v)
{
    struct conf_place at = {to->conf->name, v->line, to->name};
    void *field = (char *)to->owner + key->offset;

    if (!v->list && (v->n == 0 || !v->items[0].text[0]))
        return;
    if (v->list && !takes_list(key->type)) {
        conf_errors_add(to->errs, at, "a list is not good here; write %s", conf_type_wants(key));
        return;
    }
    if (key->type == CONF_TYPE_ROUTES)
        set_routes(to, key, field, v);
    else if (key->type == CONF_TYPE_CREDENTIALS)
        set_credentials(to, key, field, v);
    else if (key->type == CONF_TYPE_ORIGINS)
        set_origins(to, key, field, v);
    else if (takes_list(key->type))
        set_addresses(to, key, field, v);
    else
        set_scalar(to, key, field, &v->items[0]);
}

void conf_value_set_standard(const struct conf_target *to, const struct conf_key *key)
{
    struct conf_item item = {key->standard, true, 0};
    struct conf_value v = {&item, 1, false, 0};

    item.quoted = key->type != CONF_TYPE_BOOL;
    conf_value_set(to, key, &v);
}
