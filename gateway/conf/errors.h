/* Collecting what is wrong with a configuration: lines of "FILE:LINE: key: what is wrong; what to
 * do". */
#ifndef GATEWAY_CONF_ERRORS_H
#define GATEWAY_CONF_ERRORS_H

#include "base/buf.h"
#include "gateway/conf/conf.h"

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
