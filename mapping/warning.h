/* How far a user is warned: others add to it, and it fades by itself (5.5 of the tables, section 19
 * of OSCAR's). Data and arithmetic; the time comes in. */
#ifndef MAPPING_WARNING_H
#define MAPPING_WARNING_H

#include <stdint.h>

enum {
    WARNING_MAX = 999, /* tenths of a percent */
    WARNING_NAMED = 100,
    WARNING_ANONYMOUS = 30,
    WARNING_FADE = 50,    /* so much less ... */
    WARNING_FADE_S = 300, /* ... each so many seconds */
};

/* Zeroed: nobody warned him. */
struct warning {
    uint16_t level;
    int64_t at; /* Unix seconds: when that was the level */
};

uint16_t warning_level(const struct warning *x, int64_t now);
/* Adds at most so much; returns how much it was. */
uint16_t warning_add(struct warning *x, uint16_t amount, int64_t now);
/* When the level changes next; 0: it is none. */
int64_t warning_fades(const struct warning *x, int64_t now);
/* Seconds until the level is not above that; 0: it is not. */
uint32_t warning_wait(const struct warning *x, uint16_t limit, int64_t now);
/* What is left of a rate at that level. */
static inline uint32_t warning_scale(uint32_t rate, uint16_t level)
{
    return (uint32_t)((uint64_t)rate * (1000U - level) / 1000);
}

#endif
