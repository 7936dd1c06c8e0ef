/* The load generator: load WHAT KEY=VALUE...; prints one line of JSON. Called by tests/bench/run.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "tests/bench/load.h"

enum { FILES_MAX = 65536 };

static const struct {
    const char *name;
    int (*work)(const struct load *l);
} works[] = {
    {"messages", load_messages},
    {"relay", load_relay},
    {"icbm", load_icbm},
    {"pairs", load_pairs},
    {"signon", load_signon},
    {"fanout", load_fanout},
    {"presence", load_presence},
    {"subscribe", load_subscribe},
    {"publish", load_publish},
    {"idle", load_idle},
    {"secure", load_secure},
    {"flood-messages", load_flood_messages},
    {"flood-frames", load_flood_frames},
    {"flood-silent", load_flood_silent},
    {"flood-stalled", load_flood_stalled},
    {"flood-passwords", load_flood_passwords},
    {"echo", load_echo},
    {"echo-plain", echo_plain},
    {"echo-batch", echo_batch},
};

static void take_pids(struct load *l, const char *list)
{
    char *end;

    for (; *list && l->processes < PROCESSES_MAX; list = *end ? end + 1 : end) {
        int pid = (int)strtol(list, &end, 10);

        l->pids[l->processes] = pid;
        if (clock_getcpuclockid(pid, &l->cpu[l->processes++]) != 0)
            fail("no process %d", pid);
    }
}

static bool take_number(struct load *l, const char *key, const char *value)
{
    const struct {
        const char *key;
        int *to;
    } numbers[] = {{"sip", &l->sip},         {"oscar", &l->oscar},
                   {"peer", &l->peer},       {"connections", &l->connections},
                   {"window", &l->window},   {"sessions", &l->sessions},
                   {"buddies", &l->buddies}, {"watchers", &l->watchers},
                   {"rounds", &l->rounds},   {"pace", &l->pace},
                   {"tls", &l->tls},         {"first", &l->first}};

    for (size_t i = 0; i < sizeof numbers / sizeof numbers[0]; i++)
        if (strcmp(key, numbers[i].key) == 0) {
            *numbers[i].to = (int)strtol(value, NULL, 10);
            return true;
        }
    return false;
}

static void take(struct load *l, char *word)
{
    char *value = strchr(word, '=');

    if (!value)
        fail("not KEY=VALUE: %s", word);
    *value++ = 0;
    if (take_number(l, word, value))
        return;
    if (strcmp(word, "pids") == 0)
        take_pids(l, value);
    else if (strcmp(word, "domain") == 0)
        l->domain = value;
    else if (strcmp(word, "peer-domain") == 0)
        l->peer_domain = value;
    else if (strcmp(word, "transport") == 0)
        l->tcp = strcmp(value, "udp") != 0;
    else if (strcmp(word, "certificate") == 0)
        l->certificate = value;
    else if (strcmp(word, "key") == 0)
        l->key = value;
    else if (strcmp(word, "seconds") == 0)
        l->seconds = strtod(value, NULL);
    else if (strcmp(word, "warm") == 0)
        l->warm = strtod(value, NULL);
    else
        fail("no such key: %s", word);
}

int main(int argc, char **argv)
{
    const struct rlimit files = {.rlim_cur = FILES_MAX, .rlim_max = FILES_MAX};
    struct load l = {.domain = "aim.bench",
                     .peer_domain = "sip.bench",
                     .connections = 1,
                     .window = 64,
                     .sessions = 100,
                     .watchers = 1000,
                     .rounds = 3,
                     .warm = 0.5,
                     .seconds = 2,
                     .run = (unsigned)now_ns()};

    (void)setrlimit(RLIMIT_NOFILE, &files); /* as root: for ten thousand sessions */
    for (int i = 2; i < argc; i++)
        take(&l, argv[i]);
    for (size_t i = 0; argc > 1 && i < sizeof works / sizeof works[0]; i++)
        if (strcmp(argv[1], works[i].name) == 0)
            return works[i].work(&l);
    for (size_t i = 0; i < sizeof works / sizeof works[0]; i++)
        (void)fprintf(stderr, "load %s KEY=VALUE...\n", works[i].name);
    fail("which?");
}
