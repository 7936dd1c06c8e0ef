#include "gateway/cmd/cmd.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* What was typed is shown with it, and may be anything: nothing a terminal would obey, no second
 * line, and of what is endless its beginning and end. */
__attribute__((format(printf, 1, 0))) static void say(const char *fmt, va_list ap, const char *end)
{
    enum { HEAD = 256, TAIL = 768 };
    char *line = NULL;
    int n = vasprintf(&line, fmt, ap);

    (void)fputs("aimgate: ", stderr);
    for (int i = 0; i < n; i++) {
        unsigned char c = (unsigned char)line[i];

        (void)fputc(c < 0x20 || c == 0x7F ? '?' : c, stderr);
        if (i == HEAD && n > HEAD + TAIL) {
            (void)fputs("...", stderr);
            i = n - TAIL;
        }
    }
    if (n >= 0)
        free(line);
    (void)fputs(end, stderr);
}

int cmd_refuse(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(fmt, ap, "\n");
    va_end(ap);
    return CMD_REFUSED;
}

int cmd_misused(const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    say(fmt, ap, " (aimgate --help tells more)\n");
    va_end(ap);
    return CMD_USAGE;
}
