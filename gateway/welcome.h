/* The first screen: what runs where, and the commands that lead to the first message. */
#ifndef GATEWAY_WELCOME_H
#define GATEWAY_WELCOME_H

#include <stdio.h>

#include "gateway/conf/conf.h"

/* Whole commands, which work when they are pasted into the folder this program was started from.
 * `program` is absolute; `config_path` NULL: the embedded defaults. No line of it holds the word
 * that tells that all listeners accept. */
void welcome_print(FILE *to, const struct conf *conf, const char *program, const char *config_path);

#endif
