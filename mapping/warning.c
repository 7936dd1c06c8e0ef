#include "mapping/warning.h"

/* How often it has faded since. */
static int64_t steps(const struct warning *x, int64_t now)
{
    return now > x->at ? (now - x->at) / WARNING_FADE_S : 0;
}

uint16_t warning_level(const struct warning *x, int64_t now)
{
    int64_t faded = x->level ? steps(x, now) : 0;

    return faded < WARNING_MAX && faded * WARNING_FADE < x->level
               ? (uint16_t)(x->level - faded * WARNING_FADE)
               : 0;
}

uint16_t warning_add(struct warning *x, uint16_t amount, int64_t now)
{
    uint16_t level = warning_level(x, now);

    if (amount > WARNING_MAX - level)
        amount = (uint16_t)(WARNING_MAX - level);
    /* being warned again does not put off what is to fade */
    x->at = level ? x->at + steps(x, now) * WARNING_FADE_S : now;
    x->level = (uint16_t)(level + amount);
    return amount;
}

int64_t warning_fades(const struct warning *x, int64_t now)
{
    return warning_level(x, now) ? x->at + (steps(x, now) + 1) * WARNING_FADE_S : 0;
}

uint32_t warning_wait(const struct warning *x, uint16_t limit, int64_t now)
{
    uint16_t level = warning_level(x, now);

    if (level <= limit)
        return 0;
    return (uint32_t)(warning_fades(x, now) - now) +
           (uint32_t)((level - limit - 1) / WARNING_FADE) * WARNING_FADE_S;
}
