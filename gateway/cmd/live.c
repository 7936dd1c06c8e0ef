#include "gateway/cmd/cmd.h"
#include "gateway/control_client.h"

#include <stdio.h>
#include <string.h>

#include <jansson.h>

/* One listing: what the daemon is asked, and the columns shown of its answer. */
struct listing {
    const char *line;
    const char *keys[10];
    int widths[10];
};

static void print_value(const json_t *v, int width)
{
    if (json_is_string(v))
        (void)printf("%-*s ", width, json_string_value(v));
    else if (json_is_integer(v))
        (void)printf("%-*lld ", width, (long long)json_integer_value(v));
    else
        (void)printf("%-*s ", width, "-");
}

static void print_table(const struct listing *l, const json_t *rows)
{
    size_t i;
    json_t *row;

    for (size_t k = 0; l->keys[k]; k++)
        (void)printf("%-*s ", l->widths[k], l->keys[k]);
    (void)printf("\n");
    json_array_foreach(rows, i, row) {
        for (size_t k = 0; l->keys[k]; k++)
            print_value(json_object_get(row, l->keys[k]), l->widths[k]);
        (void)printf("\n");
    }
}

static void print_pairs(json_t *j)
{
    const char *key;
    json_t *value;

    json_object_foreach(j, key, value) {
        (void)printf("%-20s ", key);
        print_value(value, 0);
        (void)printf("\n");
    }
}

static int show(const struct cmd_context *c, const struct listing *l, const char *answer, size_t n)
{
    json_t *j = json_loadb(answer, n, 0, NULL);

    if (!j)
        return cmd_refuse(
            "the gateway gave an answer that is not understood; are both of one version?");
    if (c->json) {
        (void)json_dumpf(j, stdout, JSON_INDENT(2));
        (void)printf("\n");
    } else if (json_is_array(j)) {
        print_table(l, j);
    } else {
        print_pairs(j);
    }
    json_decref(j);
    return CMD_DONE;
}

/* Without a daemon nothing lives: that is an answer, not an error. */
static int ask(const struct cmd_context *c, const struct listing *l, const char *without)
{
    struct buf answer = {0};
    enum err e = control_ask(c->conf->data, l->line, &answer);
    int status;

    if (e == ERR_NOT_FOUND)
        status = show(c, l, without, strlen(without));
    else if (e == ERR_DENIED)
        status = cmd_refuse("%s belongs to another user; ask as the one who runs the gateway",
                            c->conf->data);
    else if (e)
        status = cmd_refuse("the gateway on %s does not answer (%s); look at its log",
                            c->conf->data, err_text(e));
    else
        status = show(c, l, (const char *)answer.p, answer.n);
    buf_fini(&answer);
    return status;
}

int cmd_status(const struct cmd_context *c)
{
    return ask(c, &(struct listing){.line = "status"}, "{\"state\":\"stopped\"}");
}

int cmd_peer(const struct cmd_context *c)
{
    return ask(c,
               &(struct listing){"peer list",
                                 {"domain", "state", "for", "usable", "routes", "sent", "received",
                                  "buddies", "last_failure", NULL},
                                 {30, 7, 7, 7, 7, 9, 9, 8, 30}},
               "[]");
}

int cmd_session(const struct cmd_context *c)
{
    return ask(c,
               &(struct listing){"session list",
                                 {"user", "kind", "state", "from", "age", "client", NULL},
                                 {24, 5, 11, 24, 8, 40}},
               "[]");
}

int cmd_queue(const struct cmd_context *c)
{
    return ask(c,
               &(struct listing){"queue list",
                                 {"queue", "to", "messages", "bytes", "oldest", NULL},
                                 {8, 40, 9, 9, 9}},
               "[]");
}
