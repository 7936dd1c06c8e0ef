#include "gateway/cmd/data.h"

#include <errno.h>
#include <jansson.h>

#include "db/store_open.h"
#include "gateway/control_client.h"
#include "gateway/datadir.h"

static int refuse_open(enum err e, const char *path)
{
    struct buf why = {0};
    int status;

    store_explain(e, path, &why);
    status = cmd_refuse("%s", buf_cstr(&why));
    buf_fini(&why);
    return status;
}

int data_open(const struct cmd_context *c, enum store_mode mode, struct store **out)
{
    struct buf path = {0};
    int status = CMD_DONE;
    enum err e;

    *out = NULL;
    if (mode == STORE_WRITE && datadir_make(c->conf->data) != OK)
        return cmd_refuse("cannot make the data folder %s: %s; make the folder above it, or set "
                          "`data` in the configuration",
                          c->conf->data, strerror(errno));
    datadir_path(c->conf->data, DATADIR_DATABASE, &path);
    e = buf_ok(&path) ? store_open(buf_cstr(&path), mode, out) : ERR_NOMEM;
    if (e != OK)
        status = refuse_open(e, buf_cstr(&path));
    buf_fini(&path);
    return status;
}

int data_refuse(const struct cmd_context *c, struct store *s, enum err e)
{
    if (e == ERR_STORE)
        return cmd_refuse("the database in %s cannot be written (%s); check the disk and its owner",
                          c->conf->data, store_why(s));
    if (e == ERR_BUSY)
        return cmd_refuse("the database in %s is locked by another command; try again",
                          c->conf->data);
    return cmd_refuse("%s", err_text(e));
}

int data_list(const struct cmd_context *c,
              enum err (*rows)(const struct cmd_context *c, struct store *s, size_t *n),
              const char *none)
{
    struct store *s = NULL;
    size_t n = 0;
    int status = data_open(c, STORE_READ, &s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    if (c->json)
        (void)fputs("[", stdout);
    e = rows(c, s, &n);
    if (c->json)
        (void)fputs(n ? "\n]\n" : "]\n", stdout);
    else if (n == 0 && e == OK)
        (void)fprintf(stderr, "%s\n", none);
    if (e != OK)
        status = data_refuse(c, s, e);
    store_close(s);
    return status;
}

void data_row(struct json_t *row, bool first)
{
    (void)fputs(first ? "\n" : ",\n", stdout);
    if (row)
        (void)json_dumpf(row, stdout, JSON_COMPACT);
    json_decref(row);
}

void data_tell(const struct cmd_context *c, const char *what, struct span name)
{
    struct buf line = {0};

    buf_fmt(&line, "%s %.*s", what, SPAN_ARG(name));
    if (buf_ok(&line)) /* without a daemon there is nobody to tell: it reads the database when it
                          starts */
        (void)control_tell(c->conf->data, buf_cstr(&line));
    buf_fini(&line);
}
