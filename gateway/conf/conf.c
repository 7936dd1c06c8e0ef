#include "gateway/conf/conf.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "gateway/conf/address.h"
#include "gateway/conf/errors.h"
#include "gateway/conf/keys.h"
#include "gateway/conf/reader.h"

static const char *const usual_places[] = {"./aimgate.yaml", "/etc/aimgate/aimgate.yaml"};

/* Which file is meant; NULL: none, the embedded defaults. A file that is there but cannot be read
 * is meant: it is not passed over in silence. */
static const char *find_file(const char *path)
{
    const char *named = getenv("AIMGATE_CONFIG");
    struct stat st;

    if (path)
        return path;
    if (named && named[0])
        return named;
    for (size_t i = 0; i < sizeof usual_places / sizeof usual_places[0]; i++)
        if (stat(usual_places[i], &st) == 0 || (errno != ENOENT && errno != ENOTDIR))
            return usual_places[i];
    return NULL;
}

/* All octets of the file. */
static bool read_file(const char *name, struct buf *out, struct conf_errors *errs)
{
    struct conf_place at = {name, 0, NULL};
    FILE *f = fopen(name, "rbe");
    bool good;
    size_t n;

    if (!f) {
        conf_errors_add(errs, at, "cannot be opened: %s; name a file that can be read",
                        strerror(errno));
        return false;
    }
    errno = 0;
    do {
        uint8_t *room = buf_room(out, 4096);

        n = room ? fread(room, 1, 4096, f) : 0;
        if (room)
            out->n -= 4096 - n;
    } while (n == 4096);
    good = !ferror(f);
    if (!good)
        conf_errors_add(errs, at, "cannot be read: %s; name a file that can be read",
                        strerror(errno));
    else if (!buf_ok(out) || out->n > CONF_FILE_MAX)
        conf_errors_add(errs, at, "larger than %d octets, or no memory for it; make it smaller",
                        CONF_FILE_MAX);
    (void)fclose(f);
    return good && buf_ok(out) && out->n <= CONF_FILE_MAX;
}

static const char *keep(struct conf *c, const char *text)
{
    return (const char *)arena_copy(&c->arena, span_str(text)).p;
}

/* Sets path, name and folder: all relative paths are taken from the folder that the file is named
 * in, also where its last part is a link to a file elsewhere. */
static bool place_conf(struct conf *c, const char *name, struct conf_errors *errs)
{
    const char *slash = name ? strrchr(name, '/') : NULL;
    const char *last = slash ? slash + 1 : name;
    struct buf b = {.max = 8192};
    char *folder;

    buf_put(&b, name, slash ? (size_t)(slash - name) + 1 : 0);
    folder = slash ? realpath(buf_cstr(&b), NULL) : getcwd(NULL, 0);
    if (folder) {
        c->folder = keep(c, folder);
        c->name = name ? keep(c, name) : NULL;
        buf_reset(&b);
        buf_fmt(&b, "%s%s%s", folder, folder[1] ? "/" : "", last ? last : "");
        c->path = name ? keep(c, buf_cstr(&b)) : NULL;
    } else {
        conf_errors_add(errs, (struct conf_place){name, 0, NULL},
                        "its folder cannot be found: %s; go to a folder that exists",
                        strerror(errno));
    }
    free(folder);
    buf_fini(&b);
    return c->folder && arena_ok(&c->arena);
}

static enum err outcome(const struct conf *c, const struct conf_errors *errs)
{
    if (!arena_ok(&c->arena))
        return ERR_NOMEM;
    return errs->errors ? ERR_SYNTAX : OK;
}

enum err conf_load(const char *path, struct conf **out, struct conf_errors *errs)
{
    const char *name = find_file(path);
    struct buf text = {.max = CONF_FILE_MAX + 8192};
    struct conf *c;
    enum err e = ERR_IO;

    *out = NULL;
    c = calloc(1, sizeof *c);
    if (!c)
        return ERR_NOMEM;
    if ((name && !read_file(name, &text, errs)) || !place_conf(c, name, errs))
        goto out;
    conf_read_standards(c, errs);
    conf_read_text(c, buf_span(&text), errs);
    e = outcome(c, errs);
    if (e == ERR_NOMEM)
        goto out;
    *out = c;
    c = NULL;
out:
    buf_fini(&text);
    conf_free(c);
    return e;
}

void conf_free(struct conf *c)
{
    if (!c)
        return;
    arena_fini(&c->arena);
    free(c);
}

static bool same_addresses(const struct conf_addresses *a, const struct conf_addresses *b)
{
    if (a->n != b->n)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!conf_same_host(&a->at[i].at.sa, &b->at[i].at.sa) || a->at[i].port != b->at[i].port)
            return false;
    return true;
}

/* Only keys that a running gateway keeps are asked about: texts, switches and listeners. */
static bool same_value(const struct conf_key *key, const void *a, const void *b)
{
    if (key->type == CONF_TYPE_LISTEN)
        return same_addresses(a, b);
    if (key->type == CONF_TYPE_BOOL)
        return *(const bool *)a == *(const bool *)b;
    return strcmp(*(const char *const *)a, *(const char *const *)b) == 0;
}

size_t conf_diff(const struct conf *running, const struct conf *fresh, const char **names,
                 size_t max)
{
    size_t n = 0;

    for (int id = 0; id < CONF_KEY__COUNT; id++) {
        const struct conf_key *key = conf_key_get((enum conf_key_id)id);

        if (key->fixed && !same_value(key, (const char *)running + key->offset,
                                      (const char *)fresh + key->offset)) {
            if (n < max)
                names[n] = key->path;
            n++;
        }
    }
    return n < max ? n : max;
}

bool conf_peer_sends_from(const struct conf_peer *p, enum conf_transport over,
                          const struct sockaddr *source)
{
    if (source->sa_family != AF_INET && source->sa_family != AF_INET6)
        return false;
    for (size_t i = 0; i < p->from.n; i++)
        if (conf_same_host(&p->from.at[i].at.sa, source) &&
            (p->from.at[i].port == 0 || p->from.at[i].port == conf_port(source)))
            return true;
    for (size_t i = 0; p->from.n == 0 && i < p->routes.n; i++)
        if (p->routes.at[i].numeric && conf_same_host(&p->routes.at[i].address.at.sa, source) &&
            (over != CONF_UDP || p->routes.at[i].port == conf_port(source)))
            return true;
    return false;
}
