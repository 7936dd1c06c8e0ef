#include "base/log.h"

#include "base/buf.h"

#include <stdarg.h>
#include <time.h>
#include <unistd.h>

static const char *const level_names[] = {"error", "warning", "info", "debug"};

static void put_clean(struct buf *b, const char *s, bool json)
{
    for (; s && *s; s++) {
        uint8_t c = (uint8_t)*s;

        if (json && (c == '"' || c == '\\'))
            buf_u8(b, '\\');
        buf_u8(b, c < 0x20 || c == 0x7F ? '?' : c);
    }
}

static void put_time(struct buf *b)
{
    struct timespec ts;
    struct tm tm;

    (void)clock_gettime(CLOCK_REALTIME, &ts);
    gmtime_r(&ts.tv_sec, &tm);
    buf_fmt(b, "%04d-%02d-%02dT%02d:%02d:%02d.%03ldZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday,
            tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000000);
}

static void put_pair(struct buf *b, bool json, const char *key, const char *value)
{
    buf_str(b, json ? ",\"" : " ");
    put_clean(b, key, json);
    buf_str(b, json ? "\":\"" : "=");
    put_clean(b, value ? value : "", json);
    if (json)
        buf_u8(b, '"');
}

void log_write(const struct log *log, enum log_level level, const char *area, const char *text, ...)
{
    struct buf b = {.max = 8192};
    va_list ap;

    buf_str(&b, log->json ? "{\"time\":\"" : "");
    put_time(&b);
    buf_fmt(&b, log->json ? "\",\"level\":\"%s\",\"area\":\"%s\",\"text\":\"" : " %s %s: ",
            level_names[level], area);
    put_clean(&b, text, log->json);
    if (log->json)
        buf_u8(&b, '"');
    va_start(ap, text);
    for (const char *key = va_arg(ap, const char *); key; key = va_arg(ap, const char *)) {
        const char *value = va_arg(ap, const char *);

        put_pair(&b, log->json, key, value);
    }
    va_end(ap);
    buf_str(&b, log->json ? "}\n" : "\n");
    if (buf_ok(&b) && write(log->fd, b.p, b.n) < 0) {
        /* the log is gone: there is no one left to tell */
    }
    buf_fini(&b);
}
