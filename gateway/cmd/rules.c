/* aimgate rules import|show|clear: the rule document of a user (RFC 4745, RFC 5025). */
#include <errno.h>
#include <stdio.h>

#include "db/policies.h"
#include "db/users.h"
#include "gateway/cmd/cmd.h"
#include "gateway/cmd/data.h"
#include "mapping/name.h"
#include "simple/doc/auth_policy.h"
#include "simple/doc/xml.h"

/* One document with its user. */
struct job {
    const struct cmd_context *c;
    struct store *s;
    struct user_row user;
};

/* CMD_DONE: the database is open, and the user is there. Close it in any case. */
static int open_user(struct job *j)
{
    enum name_class class;
    struct span norm = name_norm_in(j->c->arena, span_str(j->c->argv[1]), &class);
    int status = data_open(j->c, STORE_UPDATE, &j->s);
    enum err e;

    if (status != CMD_DONE)
        return status;
    e = users_find(j->s, norm, j->c->arena, &j->user);
    if (e == ERR_NO_USER)
        return cmd_refuse("there is no user %s; user list shows all", j->c->argv[1]);
    return e ? data_refuse(j->c, j->s, e) : CMD_DONE;
}

static int finish(struct job *j, int status)
{
    if (j->s)
        store_close(j->s);
    return status;
}

/* One octet more than may be: so it shows. */
static int read_document(const char *name, struct buf *out)
{
    bool given = !strcmp(name, "-");
    FILE *f = given ? stdin : fopen(name, "rb");
    uint8_t some[4096];
    int status = CMD_DONE;

    if (!f)
        return cmd_refuse("%s cannot be read: %s", name, strerror(errno));
    for (size_t n; out->n <= XML_SIZE_MAX && (n = fread(some, 1, sizeof some, f)) > 0;)
        buf_put(out, some, n);
    if (ferror(f))
        status = cmd_refuse("%s cannot be read: %s", name, strerror(errno));
    if (!given)
        (void)fclose(f);
    return status;
}

static int explain(enum err e, const char *name)
{
    switch (e) {
    case ERR_FULL:
        return cmd_refuse(
            "%s is too large: at most %d octets, %d rules, %d people and domains, and %d periods",
            name, XML_SIZE_MAX, AUTH_RULES_MAX, AUTH_PEOPLE_MAX, AUTH_PERIODS_MAX);
    case ERR_UNSUPPORTED:
        return cmd_refuse("%s is no rule document: its root must be <ruleset> of "
                          "urn:ietf:params:xml:ns:common-policy", name);
    case ERR_SYNTAX:
        return cmd_refuse("%s is not valid: no well-formed XML, a DTD, a rule without an id, or a "
                          "time, <except> or "
                          "<sub-handling> that is none",
                          name);
    default: return cmd_refuse("%s cannot be read: %s", name, err_text(e));
    }
}

static void tell_rules(const struct auth_policy *p)
{
    printf("imported %zu rules\n", p->n);
    for (size_t i = 0; i < p->n; i++)
        if (p->rules[i].never)
            printf("rule %.*s never applies: it has a condition that is not served (a sphere, or "
                   "one of others')\n",
                   SPAN_ARG(p->rules[i].id));
}

static int import(struct job *j, struct span text)
{
    struct auth_policy policy;
    enum err e;
    int status;

    xml_init();
    e = auth_policy_parse(text, j->c->arena, &policy);
    if (e)
        return explain(e, j->c->argv[2]);
    status = open_user(j);
    if (status != CMD_DONE)
        return status;
    e = policies_put(j->s, j->user.id, text);
    if (e)
        return data_refuse(j->c, j->s, e);
    data_tell(j->c, "user changed", j->user.name);
    tell_rules(&policy);
    return CMD_DONE;
}

int cmd_rules_import(const struct cmd_context *c)
{
    struct job j = {.c = c};
    struct buf text = {0};
    int status = read_document(c->argv[2], &text);

    if (status == CMD_DONE)
        status = buf_ok(&text) ? import(&j, buf_span(&text)) : explain(ERR_NOMEM, c->argv[2]);
    buf_fini(&text);
    return finish(&j, status);
}

static int no_document(const struct job *j)
{
    return cmd_refuse("%s has no rule document; AIM's lists decide", j->c->argv[1]);
}

int cmd_rules_show(const struct cmd_context *c)
{
    struct job j = {.c = c};
    struct span text;
    int status = open_user(&j);
    enum err e = status == CMD_DONE ? policies_find(j.s, j.user.id, c->arena, &text) : OK;

    if (e)
        status = e == ERR_NOT_FOUND ? no_document(&j) : data_refuse(c, j.s, e);
    else if (status == CMD_DONE)
        (void)fwrite(text.p, 1, text.n, stdout);
    return finish(&j, status);
}

int cmd_rules_clear(const struct cmd_context *c)
{
    struct job j = {.c = c};
    int status = open_user(&j);
    enum err e = status == CMD_DONE ? policies_delete(j.s, j.user.id) : OK;

    if (e)
        status = e == ERR_NOT_FOUND ? no_document(&j) : data_refuse(c, j.s, e);
    else if (status == CMD_DONE)
        data_tell(c, "user changed", j.user.name);
    return finish(&j, status);
}
