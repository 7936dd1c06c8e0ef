#include "gateway/cmd/cmd.h"
#include "gateway/datadir.h"
#include "gateway/roof.h"
#include "gateway/welcome.h"

#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <sys/resource.h>
#include <unistd.h>

/* Every connection is a descriptor, and most systems give a process 1,024 until it asks for
 * more. */
static void raise_file_limit(const struct log *log)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
        limit.rlim_cur = limit.rlim_max;
        if (setrlimit(RLIMIT_NOFILE, &limit) != 0)
            LOG_WARNING(log, "worker", "the limit of open files could not be raised", "do",
                        "set LimitNOFILE in the service");
    }
}

/* What one change to a thousand watchers takes, some megabytes, is free again at once, and by
 * default the C library gives each piece beyond 128 KiB back to the kernel. To have it again costs
 * 400 page faults a change: over TCP 10 µs a NOTIFY instead of 2, and the others wait for that. So
 * this much may stay. */
static void keep_freed_memory(void)
{
    enum { KEPT = 8 << 20 };

    (void)mallopt(M_TRIM_THRESHOLD, KEPT);
    (void)mallopt(M_MMAP_THRESHOLD, KEPT);
}

static int refuse(const struct buf *why)
{
    struct buf text = {0};
    int status;

    buf_add(&text, buf_span(why));
    status = cmd_refuse("%s", buf_cstr(&text));
    buf_fini(&text);
    return status;
}

/* Who asks twice waits: libuv's handlers go before the last writes are done. */
static void ignore_signals(void)
{
    sigset_t all;

    (void)sigemptyset(&all);
    (void)sigaddset(&all, SIGTERM);
    (void)sigaddset(&all, SIGINT);
    (void)sigaddset(&all, SIGHUP);
    (void)pthread_sigmask(SIG_BLOCK, &all, NULL);
}

int cmd_serve(const struct cmd_context *c)
{
    struct conf_errors errs = {0};
    struct conf *conf = NULL;
    struct worker *w = NULL;
    struct buf why = {0};
    enum err e;
    int status = CMD_DONE;

    raise_file_limit(&c->log);
    keep_freed_memory();
    if (datadir_make(c->conf->data))
        return cmd_refuse("the data folder %s cannot be made; check who owns the folder above it",
                          c->conf->data);
    e = conf_load(c->config_path, &conf, &errs); /* its own: a reload replaces it */
    conf_errors_fini(&errs);
    if (!e)
        e = worker_new(conf, &c->log, &w, &why);
    if (!e)
        e = worker_open(w, &why);
    if (e) {
        status = refuse(&why);
    } else {
        if (!c->config_path)
            welcome_print(stdout, c->conf, c->program, c->config_path);
        (void)printf("ready\n");
        (void)fflush(stdout);
        LOG_INFO(&c->log, "worker", "serving", "domain", c->conf->domain);
        worker_run(w);
    }
    ignore_signals();
    worker_free(w);
    buf_fini(&why);
    return status;
}
