#include "gateway/cmd/help.h"

#include <stdio.h>
#include <string.h>

#include "gateway/conf/keys.h"

enum { READ, CHECKED };

static const struct cmd_form forms[] = {
#define FORM(name, sub, words, count, run, checked, help) \
    {name, sub, words, help, run, count, checked},
#include "gateway/cmd/commands.def"
#undef FORM
};
enum { FORMS = sizeof forms / sizeof forms[0] };

/* How many letters must be added, taken away or changed to get from a to b; long words: many. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 24 };
    size_t row[LONGEST + 1], n = strlen(b);

    if (n > LONGEST || strlen(a) > LONGEST)
        return LONGEST;
    for (size_t j = 0; j <= n; j++)
        row[j] = j;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t j = 0; j < n; j++) {
            size_t best = diagonal + (a[i] != b[j]);

            diagonal = row[j + 1];
            best = best < row[j] + 1 ? best : row[j] + 1;
            row[j + 1] = best < diagonal + 1 ? best : diagonal + 1;
        }
    }
    return row[n];
}

/* The word of the table that was meant: of `name` its subs, NULL: the names. NULL: no idea. */
static const char *meant(const char *word, const char *name)
{
    const char *best = NULL;
    size_t least = strlen(word) > 3 ? 3 : 2; /* as many slips or more: another word */

    for (size_t i = 0; i < FORMS; i++) {
        const char *known = name ? forms[i].sub : forms[i].name;

        if (name && strcmp(forms[i].name, name) != 0)
            continue;
        if (distance(word, known) < least) {
            least = distance(word, known);
            best = known;
        }
    }
    return best;
}

static bool has_name(const char *name)
{
    for (size_t i = 0; i < FORMS; i++)
        if (strcmp(forms[i].name, name) == 0)
            return true;
    return false;
}

static bool name_unknown(const char *name)
{
    const char *best = meant(name, NULL);

    if (has_name(name))
        return false;
    (void)cmd_misused("there is no command %.40s%s%s%s", name, best ? "; did you mean " : "",
                      best ? best : "", best ? "?" : "");
    return true;
}

/* "add, passwd, del": what may follow a name. */
static void list_subs(const char *name, struct buf *out)
{
    for (size_t i = 0; i < FORMS; i++)
        if (strcmp(forms[i].name, name) == 0)
            buf_fmt(out, "%s%s", out->n ? ", " : "", forms[i].sub);
}

static void tell_sub(const char *name, const char *word)
{
    const char *best = word ? meant(word, name) : NULL;
    struct buf subs = {.max = 1024};

    list_subs(name, &subs);
    if (best)
        (void)cmd_misused("there is no %s %.40s; did you mean %s?", name, word, best);
    else
        (void)cmd_misused("%s takes one of: %s", name, buf_cstr(&subs));
    buf_fini(&subs);
}

const struct cmd_form *cmd_form_find(int argc, char *const *argv)
{
    if (name_unknown(argv[0]))
        return NULL;
    for (size_t i = 0; i < FORMS; i++) {
        const struct cmd_form *f = &forms[i];
        bool has_sub = f->sub[0] != 0;

        if (strcmp(f->name, argv[0]) != 0 ||
            (has_sub && (argc < 2 || strcmp(f->sub, argv[1]) != 0)))
            continue;
        if (argc - 1 - has_sub == f->count)
            return f;
        /* what was given too much is not repeated: it may be a password */
        (void)cmd_misused("usage: aimgate %s%s%s%s%s", f->name, has_sub ? " " : "", f->sub,
                          f->count ? " " : "", f->words);
        return NULL;
    }
    tell_sub(argv[0], argc > 1 ? argv[1] : NULL);
    return NULL;
}

static void print_forms(const char *only)
{
    for (size_t i = 0; i < FORMS; i++) {
        const struct cmd_form *f = &forms[i];
        char call[64];

        if (only && strcmp(only, f->name) != 0)
            continue;
        (void)snprintf(call, sizeof call, "%s%s%s%s%s", f->name, f->sub[0] ? " " : "", f->sub,
                       f->words[0] ? " " : "", f->words);
        (void)printf("  aimgate %-33s %s\n", call, f->help);
    }
}

static void print_options(void)
{
    (void)fputs("\n"
                "Options, before or after the command:\n"
                "  --config FILE   the configuration; else $AIMGATE_CONFIG, ./aimgate.yaml,\n"
                "                  /etc/aimgate/aimgate.yaml, the embedded defaults\n"
                "  --json          listings as JSON\n"
                "  --help          what a command does\n"
                "  --version       which version this is\n"
                "\n"
                "Exit status: 0 done, 1 refused, 2 bad usage or configuration.\n",
                stdout);
}

static void print_keys(void)
{
    (void)fputs("The keys of the configuration, with their defaults:\n\n", stdout);
    for (int id = 0; id < CONF_KEY__COUNT; id++) {
        const struct conf_key *key = conf_key_get((enum conf_key_id)id);

        (void)printf("  %-18s %-16s %s%s%s%s\n", key->path, key->standard[0] ? key->standard : "-",
                     key->help, key->range[0] ? " (" : "", key->range, key->range[0] ? ")" : "");
    }
}

bool help_print(const char *command)
{
    if (!command) {
        (void)fputs("aimgate connects AIM (OSCAR) clients and SIP (SIMPLE) user agents.\n\n",
                    stdout);
        print_forms(NULL);
        (void)printf("  aimgate %-33s %s\n", "help configuration", "every key of the file");
        print_options();
        return true;
    }
    if (strcmp(command, "configuration") == 0) {
        print_keys();
        return true;
    }
    if (name_unknown(command))
        return false;
    print_forms(command);
    print_options();
    return true;
}
