#include "gateway/cmd/client_say.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/utf8.h"

static bool is_hidden(uint32_t c)
{
    return (c < 0x20 && c != '\t') || (c >= 0x7F && c < 0xA0) || c == 0x200E || c == 0x200F ||
           (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
}

static void put_clean(struct buf *b, struct span text)
{
    while (text.n) {
        uint32_t c = utf8_next(&text);

        if (c == '\n')
            BUF_LIT(b, "\n        "); /* as wide as "[14:05] " */
        else if (!is_hidden(c))
            utf8_put(b, c);
    }
}

static void put_time(struct buf *b)
{
    char text[16] = "";
    time_t now = time(NULL);
    struct tm tm;

    if (localtime_r(&now, &tm))
        (void)strftime(text, sizeof text, "[%H:%M] ", &tm);
    buf_str(b, text);
}

void client_say(const char *fmt, ...)
{
    struct buf line = {0};
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0)
        return;
    put_time(&line);
    put_clean(&line, span_of(text, (size_t)n));
    BUF_LIT(&line, "\n");
    if (buf_ok(&line))
        (void)fwrite(line.p, 1, line.n, stdout);
    (void)fflush(stdout);
    buf_fini(&line);
    free(text);
}
