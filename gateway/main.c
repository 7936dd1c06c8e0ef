/* The program: options, the configuration, then one command of gateway/cmd/commands.def.
 * Goes out: an exit status, the same for every command (cmd.h). Stays out: what commands do. */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gateway/cmd/cmd.h"
#include "gateway/cmd/help.h"
#include "gateway/conf/conf.h"

enum { WORDS_MAX = 8 }; /* no command takes as many */

struct options {
    const char *config;
    bool json, help, version;
    char *words[WORDS_MAX + 1];
    int count;
};

static bool add_word(struct options *o, char *word)
{
    if (o->count == WORDS_MAX) {
        (void)cmd_misused("too many words");
        return false;
    }
    o->words[o->count++] = word;
    return true;
}

/* Options stand before or after the command's name; behind "--" there are only words. */
static bool read_options(int argc, char **argv, struct options *o)
{
    bool only_words = false;

    for (int i = 1; i < argc; i++) {
        char *arg = argv[i];

        if (only_words || arg[0] != '-' || !arg[1]) {
            if (!add_word(o, arg))
                return false;
        } else if (strcmp(arg, "--") == 0) {
            only_words = true;
        } else if (strcmp(arg, "--config") == 0 && i + 1 < argc) {
            o->config = argv[++i];
        } else if (strncmp(arg, "--config=", 9) == 0) {
            o->config = arg + 9;
        } else if (strcmp(arg, "--json") == 0) {
            o->json = true;
        } else if (strcmp(arg, "--help") == 0 || strcmp(arg, "-h") == 0) {
            o->help = true;
        } else if (strcmp(arg, "--version") == 0) {
            o->version = true;
        } else {
            (void)cmd_misused(
                strcmp(arg, "--config") == 0 ? "%s takes a FILE" : "there is no option %.40s", arg);
            return false;
        }
    }
    if (o->config && !o->config[0]) {
        (void)cmd_misused("--config takes a FILE");
        return false;
    }
    return true;
}

/* Descriptors 0 to 2 exist from here on: else the database would be opened as standard error. */
static void keep_standard_descriptors(void)
{
    int fd;

    do
        fd = open("/dev/null", O_RDWR);
    while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0)
        (void)close(fd);
}

/* Where this program is, for the commands that it prints and for those it starts. */
static void find_program(const char *called, char to[PATH_MAX])
{
    ssize_t n = readlink("/proc/self/exe", to, PATH_MAX - 1);

    if (n <= 0)
        n = snprintf(to, PATH_MAX, "%s", called);
    to[n < PATH_MAX ? n : PATH_MAX - 1] = 0;
}

/* All errors for those that run the configuration; for the others one line, and where the rest is.
 */
static int refuse_configuration(const struct cmd_form *form, const struct conf_errors *errs)
{
    if (errs->n == 0)
        return cmd_refuse("there is no memory to read the configuration; stop other programs");
    if (!form->checked)
        return cmd_refuse("%s (aimgate check tells all that is wrong)", errs->at[0].text);
    conf_errors_print(errs, stderr);
    return CMD_USAGE;
}

static int finish(int status)
{
    if (fflush(stdout) != 0 && status == CMD_DONE)
        return cmd_refuse("standard output cannot be written: %s; look at where it goes",
                          strerror(errno));
    return status;
}

static int run(const struct cmd_form *form, const struct options *o, const struct conf *conf,
               const struct conf_errors *errs, const char *program)
{
    struct arena arena = {0};
    int status;
    struct cmd_context c = {
        .conf = conf,
        .config_path = conf->path,
        .program = program,
        .json = o->json,
        .log = {STDERR_FILENO, conf->log.level, conf->log.format == CONF_LOG_JSON},
        .argc = o->count - 1,
        .argv = o->words + 1,
        .arena = &arena,
    };

    /* warnings: serve has a log for them */
    for (size_t i = 0; form->run == cmd_serve && i < errs->n; i++)
        LOG_WARNING(&c.log, "conf", errs->at[i].text);
    if (form->run == cmd_check)
        conf_errors_print(errs, stderr);
    status = finish(form->run(&c));
    arena_fini(&arena);
    return status;
}

static int load_and_run(const struct cmd_form *form, const struct options *o, const char *program)
{
    struct conf_errors errs = {0};
    struct conf *conf;
    enum err e = conf_load(o->config, &conf, &errs);
    int status;

    if (conf && form->checked && conf_check(conf, &errs) != OK)
        e = ERR_SYNTAX;
    status =
        e == OK && conf ? run(form, o, conf, &errs, program) : refuse_configuration(form, &errs);
    conf_free(conf);
    conf_errors_fini(&errs);
    return status;
}

int main(int argc, char **argv)
{
    static char serve[] = "serve";
    struct options o = {0};
    const struct cmd_form *form;
    char program[PATH_MAX];

    keep_standard_descriptors();
    if (!read_options(argc, argv, &o))
        return CMD_USAGE;
    if (o.version) {
        (void)puts("aimgate " AIMGATE_VERSION);
        return finish(CMD_DONE);
    }
    if (o.help || (o.count && strcmp(o.words[0], "help") == 0)) {
        const char *about = o.count ? o.words[strcmp(o.words[0], "help") == 0] : NULL;

        return finish(help_print(about) ? CMD_DONE : CMD_USAGE);
    }
    if (o.count == 0)
        o.words[o.count++] = serve;
    form = cmd_form_find(o.count, o.words);
    if (!form)
        return CMD_USAGE;
    find_program(argv[0], program);
    return load_and_run(form, &o, program);
}
