/* aimgate warning list|del: how far AIM users have warned others, of ours and elsewhere. */

#include <jansson.h>
#include <time.h>

#include "db/levels.h"
#include "db/users.h"
#include "gateway/cmd/cmd.h"
#include "gateway/cmd/data.h"
#include "mapping/name.h"
#include "mapping/warning.h"

static void print_one(const struct cmd_context *c, struct span name, const struct warning *x,
                      size_t *n)
{
    int64_t now = (int64_t)time(NULL), fades = warning_fades(x, now);
    uint16_t level = warning_level(x, now);

    if (!level)
        return;
    if (c->json)
        data_row(json_pack("{s:s%,s:i,s:I}", "name", name.p, name.n, "warning", (int)level, "fades",
                           (json_int_t)(fades - now)),
                 *n == 0);
    else
        printf("%-40.*s %3u.%u %%\n", SPAN_ARG(name), level / 10U, level % 10U);
    ++*n;
}

static enum err print_all(const struct cmd_context *c, struct store *s, size_t *n)
{
    struct cursor list;
    struct user_row user;
    struct level row;
    enum err e = users_list(s, &list);

    while (!e && users_next(&list, &user))
        print_one(c, user.name, &(struct warning){user.warning, user.warned}, n);
    e = cursor_close(&list);
    if (!e)
        e = levels_list(s, (int64_t)time(NULL), WARNING_FADE_S, &list);
    if (e)
        return e;
    while (levels_next(&list, &row))
        print_one(c, row.name, &(struct warning){row.level, row.at}, n);
    return cursor_close(&list);
}

int cmd_warning_list(const struct cmd_context *c)
{
    return data_list(c, print_all, "nobody is warned");
}

int cmd_warning_del(const struct cmd_context *c)
{
    enum name_class class;
    struct span norm = name_norm_in(c->arena, span_str(c->argv[1]), &class);
    bool foreign = span_find(norm, '@') < norm.n;
    struct store *s = NULL;
    int status = data_open(c, STORE_UPDATE, &s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = users_set_warning(s, norm, 0, 0);
    if (e == ERR_NO_USER && foreign) /* a user of ours may have such a name, too */
        e = levels_delete(s, norm);
    if (e == OK)
        data_tell(c, "forgiven", norm);
    else if (e == ERR_NO_USER || e == ERR_NOT_FOUND)
        status = cmd_refuse("%s is not warned; warning list shows who is", c->argv[1]);
    else
        status = data_refuse(c, s, e);
    store_close(s);
    return status;
}
