/* The calls of the program as a table, and what is told about them. */
#ifndef GATEWAY_CMD_HELP_H
#define GATEWAY_CMD_HELP_H

#include "gateway/cmd/cmd.h"

struct cmd_form {
    const char *name, *sub; /* "user" "add"; sub "" where the command has none */
    const char *words;      /* what follows: "NAME" */
    const char *help;
    int (*run)(const struct cmd_context *c);
    int count;    /* of the words that follow */
    bool checked; /* the configuration must be without any error before it runs */
};

/* The call these words make: the first is the name. NULL: none, and it was told on standard error
 * (one line: what is wrong and how to get help). */
const struct cmd_form *cmd_form_find(int argc, char *const *argv);

/* On standard output: the whole program; one command (NULL: the whole); the configuration's keys
 * for "configuration". False: there is no such command, and it was told. */
bool help_print(const char *command);

#endif
