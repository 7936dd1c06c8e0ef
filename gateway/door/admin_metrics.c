#include "gateway/door/admin_metrics.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

#include "gateway/net/tls.h"
#include "gateway/peer/links.h"
#include "gateway/peer/peers.h"

static void put_kind(struct buf *b, const char *name, const char *kind, const char *help)
{
    buf_fmt(b, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind);
}

static void put_figure(struct buf *b, const char *name, const char *kind, const char *help,
                       uint64_t value)
{
    put_kind(b, name, kind, help);
    buf_fmt(b, "%s %llu\n", name, (unsigned long long)value);
}

/* Domains come from the configuration, as host names: nothing in them needs escaping. */
static void put_peers(struct buf *b, struct worker *w)
{
    static const struct {
        const char *name, *kind, *help;
    } rows[] = {
        {"aimgate_peer_up", "gauge", "1: the peer can be reached, 0: it cannot"},
        {"aimgate_peer_routes", "gauge", "routes of the peer"},
        {"aimgate_peer_usable_routes", "gauge", "routes of the peer that are not put aside"},
        {"aimgate_peer_sent_total", "counter", "requests sent to the peer"},
        {"aimgate_peer_received_total", "counter", "requests taken from the peer"},
        {"aimgate_peer_failures_total", "counter", "requests to the peer that had no answer"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t at = 0;

        put_kind(b, rows[i].name, rows[i].kind, rows[i].help);
        for (struct peer *p = NULL; (p = peer_next(w->peers, &at));) {
            struct peer_state s;

            peer_state(p, w->now, &s);
            const struct domain_link *l = links_find(w->links, s.domain);
            const uint64_t values[] = {l ? !link_is_down(&l->link) : s.usable > 0,
                                       s.routes,
                                       s.usable,
                                       s.sent,
                                       s.received,
                                       s.failures};

            buf_fmt(b, "%s{domain=\"%.*s\"} %llu\n", rows[i].name, SPAN_ARG(s.domain),
                    (unsigned long long)values[i]);
        }
    }
}

/* S-010. */
static void put_service(struct buf *b, struct worker *w)
{
    static const struct {
        const char *name, *help;
    } rows[] = {
        {"aimgate_link_delay_milliseconds",
         "how long a domain took to answer, on average of this hour and the last"},
        {"aimgate_link_loss_permille", "requests of this hour and the last that it did not answer"},
        {"aimgate_link_downtime_seconds", "how long it could not be reached in the last day"},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t at = 0;

        put_kind(b, rows[i].name, "gauge", rows[i].help);
        for (struct domain_link *l = NULL; (l = links_next(w->links, &at));) {
            struct service_figures f;

            service_figures(&l->service, w->now, &f);
            const uint64_t values[] = {f.delay_ms, f.loss_permille, f.downtime_s};

            if (peer_find(w->peers, l->domain)) /* others are as many as users like */
                buf_fmt(b, "%s{domain=\"%.*s\"} %llu\n", rows[i].name, SPAN_ARG(l->domain),
                        (unsigned long long)values[i]);
        }
    }
}

static void put_store(struct buf *b, struct worker *w)
{
    struct storer_health h = storer_health(w->storer);

    put_figure(b, "aimgate_store_up", "gauge",
               "1: the last write was committed, 0: the database refuses", h.ok);
    put_figure(b, "aimgate_store_queue_operations", "gauge", "writes that wait for the disk",
               h.queued);
    put_figure(b, "aimgate_store_queue_bytes", "gauge", "memory of the writes that wait", h.bytes);
    put_figure(b, "aimgate_store_operations_total", "counter", "writes committed", h.ops);
    put_figure(b, "aimgate_store_commits_total", "counter", "transactions that took them",
               h.groups);
    put_kind(b, "aimgate_store_commit_seconds", "gauge", "how long the last commit took");
    buf_fmt(b, "aimgate_store_commit_seconds %llu.%06llu\n",
            (unsigned long long)(h.commit_us / 1000000),
            (unsigned long long)(h.commit_us % 1000000));
}

static void put_tls(struct buf *b, struct worker *w)
{
    struct tls_state s;

    tls_state(w->tls, &s);
    put_figure(b, "aimgate_tls_handshakes_total", "counter", "TLS handshakes done", s.handshakes);
    put_figure(b, "aimgate_tls_refused_total", "counter", "TLS handshakes that failed", s.refused);
    if (s.expires)
        put_figure(b, "aimgate_tls_certificate_expires_seconds", "gauge",
                   "when our certificate or one of its chain expires, Unix time",
                   (uint64_t)s.expires);
    if (s.crl_ends)
        put_figure(b, "aimgate_tls_crl_expires_seconds", "gauge",
                   "when the first list of revoked certificates is out of date, Unix time",
                   (uint64_t)s.crl_ends);
}

/* ---- what the kernel knows of this process, under the names that Prometheus gives such figures
 * ---- */

static void put_cpu(struct buf *b)
{
    struct timespec t;

    if (clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t) != 0)
        return;
    put_kind(b, "process_cpu_seconds_total", "counter", "user and system CPU time");
    buf_fmt(b, "process_cpu_seconds_total %lld.%06ld\n", (long long)t.tv_sec, t.tv_nsec / 1000);
}

/* proc(5), /proc/PID/statm: all pages, then those in memory. */
static void put_memory(struct buf *b)
{
    FILE *f = fopen("/proc/self/statm", "re");
    char line[128] = "", *end;
    uint64_t all, resident, page = (uint64_t)sysconf(_SC_PAGESIZE);

    if (!f)
        return;
    if (fgets(line, sizeof line, f)) {
        all = strtoull(line, &end, 10);
        resident = strtoull(end, NULL, 10);
        put_figure(b, "process_virtual_memory_bytes", "gauge", "address space in use", all * page);
        put_figure(b, "process_resident_memory_bytes", "gauge", "memory in use", resident * page);
    }
    (void)fclose(f);
}

static void put_descriptors(struct buf *b)
{
    DIR *d = opendir("/proc/self/fd");
    struct rlimit limit;
    uint64_t n = 0;

    if (d) {
        while (readdir(d)) /* NOLINT(concurrency-mt-unsafe): a stream of our own */
            n++;
        (void)closedir(d);
        put_figure(b, "process_open_fds", "gauge", "open descriptors",
                   n > 3 ? n - 3 : 0); /* ".", ".." and this look */
    }
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
        put_figure(b, "process_max_fds", "gauge", "descriptors that may be open", limit.rlim_cur);
}

static void put_process(struct buf *b, struct worker *w)
{
    put_cpu(b);
    put_memory(b);
    put_descriptors(b);
    put_figure(b, "process_start_time_seconds", "gauge", "when it started, Unix time",
               (uint64_t)w->started);
}

void admin_metrics_print(struct worker *w, struct buf *out)
{
    put_kind(out, "aimgate_build_info", "gauge", "the version that runs");
    buf_str(out, "aimgate_build_info{version=\"" AIMGATE_VERSION "\"} 1\n");
    put_figure(out, "aimgate_draining", "gauge", "1: it is stopping", w->draining);
    metrics_print(&w->metrics, out);
    put_store(out, w);
    put_peers(out, w);
    put_service(out, w);
    put_tls(out, w);
    put_process(out, w);
}
