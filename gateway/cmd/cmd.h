/* What a command of the program is given, and how it ends.
 * Comes in: the configuration that was read, and the words behind the command's name, already held
 * against the forms in gateway/cmd/commands.def (so argv has as many words as the form says).
 * Goes out: an exit status. Stays out: options and help (main.c, help.c). */
#ifndef GATEWAY_CMD_CMD_H
#define GATEWAY_CMD_CMD_H

#include <stdbool.h>

#include "base/arena.h"
#include "base/log.h"
#include "gateway/conf/conf.h"

/* Exit statuses, the same for every command. */
enum { CMD_DONE = 0, CMD_REFUSED = 1, CMD_USAGE = 2 };

struct cmd_context {
    const struct conf *conf;
    const char *config_path; /* absolute; NULL: the embedded defaults */
    const char *program;     /* absolute path of this executable */
    bool json;               /* --json was given */
    struct log log;          /* standard error, as the configuration says */
    int argc;                /* the words behind the command's first word: for */
    char *const *argv;       /* "user add alice": {"add", "alice"}; NULL-terminated */
    struct arena *arena;     /* lives while the command runs */
};

/* One line on standard error, "aimgate: " before it: why it was refused and what to do. Gives
 * CMD_REFUSED, so that a command can return it. */
int cmd_refuse(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* The same for bad usage, with how to get help behind it. Gives CMD_USAGE. */
int cmd_misused(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* cmd/serve.c: runs the gateway. The configuration was checked by main. */
int cmd_serve(const struct cmd_context *c);
/* cmd/check.c */
int cmd_check(const struct cmd_context *c);
/* cmd/user.c, cmd/user_import.c */
int cmd_user_add(const struct cmd_context *c);    /* NAME */
int cmd_user_passwd(const struct cmd_context *c); /* NAME */
int cmd_user_del(const struct cmd_context *c);    /* NAME */
int cmd_user_set(const struct cmd_context *c);    /* NAME SETTING VALUE */
int cmd_user_list(const struct cmd_context *c);
int cmd_user_import(const struct cmd_context *c);
/* cmd/rules.c */
int cmd_rules_import(const struct cmd_context *c); /* NAME FILE */
int cmd_rules_show(const struct cmd_context *c);   /* NAME */
int cmd_rules_clear(const struct cmd_context *c);  /* NAME */
/* cmd/binding.c */
int cmd_binding_add(const struct cmd_context *c); /* SCREENNAME IM-URI */
int cmd_binding_del(const struct cmd_context *c); /* SCREENNAME */
int cmd_binding_list(const struct cmd_context *c);
int cmd_warning_list(const struct cmd_context *c);
int cmd_warning_del(const struct cmd_context *c); /* NAME */
int cmd_report_list(const struct cmd_context *c);
int cmd_report_del(const struct cmd_context *c);
/* cmd/aim.c, cmd/sip.c: NAME */
int cmd_aim(const struct cmd_context *c);
int cmd_sip(const struct cmd_context *c);
/* cmd/live.c: what goes on now */
int cmd_status(const struct cmd_context *c);
int cmd_peer(const struct cmd_context *c);
int cmd_session(const struct cmd_context *c);
int cmd_queue(const struct cmd_context *c);
/* cmd/locate.c */
int cmd_locate(const struct cmd_context *c); /* URI */

#endif
