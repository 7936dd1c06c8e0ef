#include "gateway/conf/keys.h"

#include <assert.h>

enum { LIVE, FIXED };

/* clang-format off */
static const struct conf_key keys[] = {
#define KEY(id, path, type, owner, field, range, standard, fixed, help)                            \
    {path, offsetof(struct owner, field), range, standard, help, CONF_TYPE_##type, fixed},
#include "gateway/conf/keys.def"
#undef KEY
};
/* clang-format on */
_Static_assert((int)CONF_KEY__COUNT <= (int)CONF_KEYS_MAX,
               "struct conf has a line number for every key");

const struct conf_key *conf_key_get(enum conf_key_id id)
{
    assert((size_t)id < CONF_KEY__COUNT);
    return &keys[id];
}

enum conf_path conf_path_find(struct span path, enum conf_key_id *first)
{
    for (size_t i = 0; i < CONF_KEY__COUNT; i++) {
        struct span key = span_str(keys[i].path), rest;

        if (path.n == 0 || !span_starts(key, path))
            continue;
        *first = (enum conf_key_id)i;
        rest = span_skip(key, path.n);
        if (rest.n == 0)
            return CONF_PATH_KEY;
        if (rest.p[0] == '.')
            return CONF_PATH_SECTION;
        if (rest.p[0] == '[')
            return CONF_PATH_LIST;
    }
    return CONF_PATH_UNKNOWN;
}

void conf_path_names(struct span prefix, struct buf *out)
{
    struct span last = {0};

    for (size_t i = 0; i < CONF_KEY__COUNT; i++) {
        struct span key = span_str(keys[i].path), name;
        size_t end = 0;

        if (!span_starts(key, prefix))
            continue;
        name = span_skip(key, prefix.n);
        while (end < name.n && name.p[end] != '.' && name.p[end] != '[')
            end++;
        name = span_first(name, end);
        if (span_eq(name, last)) /* the keys of a section stand together */
            continue;
        buf_str(out, last.n ? ", " : "");
        buf_add(out, name);
        last = name;
    }
}
