/* The operator's log: one line an event, on a descriptor, as text or JSON. Passwords and message
 * text never come here: what is secret has no printer.
 * LOG_WARNING(log, "peer", "example.org refused the connection", "domain", domain, "do", "check its
 * port"): the last arguments are pairs of key and value (const char *), ended by the macro. */
#ifndef BASE_LOG_H
#define BASE_LOG_H

#include <stdbool.h>
#include <stdint.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };

struct log {
    int fd;
    enum log_level level;
    bool json;
};

/* `area` is one word (the room: "oscar", "sip", "store"), `text` a sentence without a full stop.
 * Control characters in any value are written as '?', so that no peer can forge a line. */
void log_write(const struct log *log, enum log_level level, const char *area, const char *text, ...)
    __attribute__((sentinel));

static inline bool log_wants(const struct log *log, enum log_level level)
{
    return log && level <= log->level;
}

#define LOG_AT(log, lvl, ...)                                                                      \
    do {                                                                                           \
        if (log_wants((log), (lvl)))                                                               \
            log_write((log), (lvl), __VA_ARGS__, (const char *)0);                                 \
    } while (0)
#define LOG_ERROR(log, ...)   LOG_AT(log, LOG_LEVEL_ERROR, __VA_ARGS__)
#define LOG_WARNING(log, ...) LOG_AT(log, LOG_LEVEL_WARNING, __VA_ARGS__)
#define LOG_INFO(log, ...)    LOG_AT(log, LOG_LEVEL_INFO, __VA_ARGS__)
#define LOG_DEBUG(log, ...)   LOG_AT(log, LOG_LEVEL_DEBUG, __VA_ARGS__)

#endif
