#include "gateway/cmd/cmd.h"

#include <stdarg.h>
#include <stdio.h>

__attribute__((format(printf, 1, 0))) static void say(const char *fmt, va_list ap)
{
    (void)fputs("aimgate: ", stderr);
    (void)vfprintf(stderr, fmt, ap);
}

int cmd_refuse(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(fmt, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    return CMD_REFUSED;
}

int cmd_misused(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(fmt, ap);
    va_end(ap);
    (void)fputs(" (aimgate --help tells more)\n", stderr);
    return CMD_USAGE;
}
