/* Collecting what is wrong with a configuration: lines of "FILE:LINE: key: what is wrong; what to
 * do". */
#ifndef GATEWAY_CONF_ERRORS_H
#define GATEWAY_CONF_ERRORS_H

#include <stdbool.h>
#include <stdio.h>

#include "base/arena.h"
#include "base/buf.h"

enum { CONF_ERRORS_MAX = 100 }; /* what is reported of one file */

struct conf_error {
    int line; /* 0: the file as a whole */
    bool warning;
    const char *text; /* one whole line, without its end */
};

/* Zeroed is empty. In the order of the lines. */
struct conf_errors {
    struct arena arena;
    struct conf_error *at;
    size_t n;
    size_t errors, warnings; /* counted beyond CONF_ERRORS_MAX too */
};

/* One line each. */
void conf_errors_print(const struct conf_errors *errs, FILE *to);
void conf_errors_fini(struct conf_errors *errs);

/* `file` NULL: the embedded defaults. `key` NULL: none is meant. Line 0: none is known. */
struct conf_place {
    const char *file;
    int line;
    const char *key;
};

void conf_errors_add(struct conf_errors *errs, struct conf_place where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
void conf_errors_warn(struct conf_errors *errs, struct conf_place where, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* What the operator wrote, fit for a line: short, and control characters as '?'. Into `to`. */
enum { CONF_SHOWN_MAX = 64 };
const char *conf_shown(const char *text, char to[CONF_SHOWN_MAX + 4]);

#endif
