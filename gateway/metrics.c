#include "gateway/metrics.h"

static void print_one(struct buf *out, const char *name, const char *kind, const char *help,
                      uint64_t value)
{
    const char *total = kind[0] == 'c' ? "_total" : "";

    buf_fmt(out, "# HELP aimgate_%s%s %s\n# TYPE aimgate_%s%s %s\naimgate_%s%s %llu\n", name, total,
            help, name, total, kind, name, total, (unsigned long long)value);
}

void metrics_print(const struct metrics *m, struct buf *out)
{
#define COUNTER(name, help) print_one(out, #name, "counter", help, m->name);
#define GAUGE(name, help) print_one(out, #name, "gauge", help, m->name);
#include "gateway/metrics.def"
#undef COUNTER
#undef GAUGE
}
