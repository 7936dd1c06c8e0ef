#include "gateway/conf/errors.h"

#include <stdarg.h>

/* In the order of the lines; what has no line first; of one line, first found first. */
static void insert(struct conf_errors *errs, struct conf_error e)
{
    size_t at;

    if (!errs->at)
        errs->at = arena_alloc(&errs->arena, CONF_ERRORS_MAX * sizeof *errs->at);
    if (!errs->at || !e.text || errs->n == CONF_ERRORS_MAX)
        return;
    for (at = errs->n; at > 0 && errs->at[at - 1].line > e.line; at--)
        errs->at[at] = errs->at[at - 1];
    errs->at[at] = e;
    errs->n++;
}

__attribute__((format(printf, 4, 0))) static void
add(struct conf_errors *errs, struct conf_place where, bool warning, const char *fmt, va_list ap)
{
    struct buf line = {.max = 2048};
    char text[1024];

    (void)vsnprintf(text, sizeof text, fmt, ap);
    buf_str(&line, where.file ? where.file : "embedded defaults");
    if (where.line)
        buf_fmt(&line, ":%d", where.line);
    buf_str(&line, warning ? ": warning: " : ": ");
    if (where.key)
        buf_fmt(&line, "%s: ", where.key);
    buf_str(&line, text);
    *(warning ? &errs->warnings : &errs->errors) += 1;
    if (buf_ok(&line)) {
        struct span kept = arena_copy(&errs->arena, buf_span(&line));

        insert(errs, (struct conf_error){where.line, warning, (const char *)kept.p});
    }
    buf_fini(&line);
}

void conf_errors_add(struct conf_errors *errs, struct conf_place where, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(errs, where, false, fmt, ap);
    va_end(ap);
}

void conf_errors_warn(struct conf_errors *errs, struct conf_place where, const char *fmt, ...)
{
    va_list ap;

    va_start(ap, fmt);
    add(errs, where, true, fmt, ap);
    va_end(ap);
}

const char *conf_shown(const char *text, char to[CONF_SHOWN_MAX + 4])
{
    size_t n = 0;

    for (; n < CONF_SHOWN_MAX && text[n]; n++) {
        uint8_t c = (uint8_t)text[n];

        to[n] = text[n];
        if (c < 0x20 || c == 0x7F)
            to[n] = '?';
    }
    memcpy(to + n, text[n] ? "..." : "", text[n] ? 4 : 1);
    return to;
}

void conf_errors_print(const struct conf_errors *errs, FILE *to)
{
    size_t all = errs->errors + errs->warnings;

    for (size_t i = 0; i < errs->n; i++)
        (void)fprintf(to, "%s\n", errs->at[i].text);
    if (all > errs->n)
        (void)fprintf(to, "and %zu more like these\n", all - errs->n);
}

void conf_errors_fini(struct conf_errors *errs)
{
    arena_fini(&errs->arena);
    *errs = (struct conf_errors){0};
}
