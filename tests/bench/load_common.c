/* Time, CPU use, sockets: what every part of the load generator needs. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum { STUCK_NS = 2000000000, WAIT_MS = 10000, READ_STEP = 65536 };

void fail(const char *format, ...)
{
    va_list ap;

    va_start(ap, format);
    (void)vfprintf(stderr, format, ap);
    va_end(ap);
    (void)fputc('\n', stderr);
    exit(1);
}

/* ---- time */

uint64_t now_ns(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000 + (uint64_t)t.tv_nsec;
}

/* utime and stime of /proc/PID/stat: the 12th and 13th number after the name, which ends in ')'. */
static void add_ticks(int pid, struct usage *u)
{
    char path[64], line[1024];
    unsigned long user = 0, sys = 0;
    const char *rest;
    FILE *f;

    (void)snprintf(path, sizeof path, "/proc/%d/stat", pid);
    f = fopen(path, "re");
    if (!f)
        return;
    rest = fgets(line, sizeof line, f) ? strrchr(line, ')') : NULL;
    if (rest && sscanf(rest + 1, " %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user,
                       &sys) == 2) {
        u->user += (double)user / (double)sysconf(_SC_CLK_TCK);
        u->sys += (double)sys / (double)sysconf(_SC_CLK_TCK);
    }
    (void)fclose(f);
}

struct usage usage_now(const struct load *l)
{
    struct usage u = {0};

    for (int i = 0; i < l->processes; i++) {
        struct timespec t = {0};

        (void)clock_gettime(l->cpu[i], &t);
        u.cpu += (double)t.tv_sec + (double)t.tv_nsec / 1e9;
        add_ticks(l->pids[i], &u);
    }
    return u;
}

void usage_print(const char *name, const struct usage *before, uint64_t from, const struct load *l,
                 uint32_t n)
{
    double took = (double)(now_ns() - from) / 1e9, per = 1e5 / n;
    struct usage after = usage_now(l);

    printf("\"%s\":{\"messages\":%u,\"rate\":%.0f,\"cpu\":%.4f,\"user\":%.4f,\"sys\":%.4f},", name,
           n, n / took, (after.cpu - before->cpu) * per, (after.user - before->user) * per,
           (after.sys - before->sys) * per);
}

void latency_add(struct latency *h, uint64_t ns)
{
    uint64_t us = ns / 1000;

    h->us[us < LATENCY_US ? us : LATENCY_US]++;
    h->slowest = us > h->slowest ? us : h->slowest;
    h->n++;
}

double latency_at(const struct latency *h, double share)
{
    uint64_t left = (uint64_t)((double)h->n * share);
    size_t i = 0;

    for (; i < LATENCY_US && left >= h->us[i]; i++)
        left -= h->us[i];
    return h->n ? (double)i : 0;
}

/* ---- a run */

void run_begin(struct run *r, const struct load *l)
{
    uint64_t now = now_ns();

    *r = (struct run){.warm_until = now + (uint64_t)(l->warm * 1e9), .last_progress = now};
}

bool run_goes_on(struct run *r, const struct load *l, uint64_t done, bool *fresh)
{
    uint64_t now = now_ns();

    *fresh = false;
    if (done != r->done_last) {
        r->done_last = done;
        r->last_progress = now;
    } else if (now - r->last_progress > STUCK_NS) {
        fail("nothing moved for two seconds, after %llu messages", (unsigned long long)done);
    }
    if (!r->counting && now >= r->warm_until) {
        r->counting = *fresh = true;
        r->done_before = done;
        r->before = usage_now(l);
        r->began = now_ns();
        r->until = r->began + (uint64_t)(l->seconds * 1e9);
    }
    return !r->counting || now < r->until;
}

void run_print(const struct run *r, const struct load *l, uint64_t done)
{
    struct usage after = usage_now(l);
    double seconds = (double)(now_ns() - r->began) / 1e9;
    double n = (double)(done - r->done_before), per = n > 0 ? 1e5 / n : 0;

    printf(
        "\"seconds\":%.3f,\"messages\":%.0f,\"rate\":%.0f,\"cpu\":%.4f,\"user\":%.4f,\"sys\":%.4f,"
        "\"busy\":%.3f",
        seconds, n, n / seconds, (after.cpu - r->before.cpu) * per,
        (after.user - r->before.user) * per, (after.sys - r->before.sys) * per,
        (after.cpu - r->before.cpu) / seconds);
}

/* ---- sockets */

struct sockaddr_in loopback(int port)
{
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons((uint16_t)port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

static int bound(int type, int port)
{
    struct sockaddr_in at = loopback(port);
    int one = 1, big = 8 << 20;
    int fd = socket(AF_INET, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &big, sizeof big);
    if (type == SOCK_DGRAM) {
        (void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &big, sizeof big);
        /* as root: beyond what is allowed */
        (void)setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &big, sizeof big);
    }
    if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) != 0)
        fail("port %d: %s", port, strerror(errno));
    return fd;
}

int udp_socket(int port)
{
    return bound(SOCK_DGRAM, port);
}

int tcp_listen(int port)
{
    int fd = bound(SOCK_STREAM, port);

    if (listen(fd, 64) != 0)
        fail("port %d: %s", port, strerror(errno));
    return fd;
}

int tcp_connect(int port)
{
    struct sockaddr_in to = loopback(port);
    int one = 1;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail("cannot connect to port %d: %s", port, strerror(errno));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
    (void)fcntl(fd, F_SETFL, O_NONBLOCK);
    return fd;
}

int poll_new(void)
{
    int ep = epoll_create1(EPOLL_CLOEXEC);

    if (ep < 0)
        fail("epoll: %s", strerror(errno));
    return ep;
}

void poll_add(int ep, int fd, uint64_t what)
{
    struct epoll_event e = {.events = EPOLLIN, .data.u64 = what};

    if (epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e) != 0)
        fail("epoll: %s", strerror(errno));
}

void wait_for(int fd, bool out)
{
    struct pollfd p = {.fd = fd, .events = out ? POLLOUT : POLLIN};

    if (poll(&p, 1, WAIT_MS) <= 0)
        fail("nothing %s for ten seconds", out ? "was taken" : "came");
}

void watch_for(int fd)
{
    struct pollfd p = {.fd = fd, .events = POLLIN};
    uint64_t until = now_ns() + (uint64_t)WAIT_MS * 1000000;

    while (poll(&p, 1, 0) <= 0)
        if (now_ns() > until)
            fail("nothing came for ten seconds");
}

void send_all(int fd, const void *p, size_t n)
{
    const uint8_t *at = p;

    while (n > 0) {
        ssize_t took = send(fd, at, n, MSG_NOSIGNAL);

        if (took > 0) {
            at += took;
            n -= (size_t)took;
        } else if (errno == EAGAIN) {
            wait_for(fd, true);
        } else {
            fail("sending: %s", strerror(errno));
        }
    }
}

/* ---- streams */

static void make_room(uint8_t **p, size_t *cap, size_t need)
{
    size_t more = *cap ? *cap : 4096;
    uint8_t *grown;

    if (need <= *cap)
        return;
    while (more < need)
        more *= 2;
    grown = realloc(*p, more);
    if (!grown)
        fail("out of memory");
    *p = grown;
    *cap = more;
}

size_t inbox_read(struct inbox *b, int fd, const char *who)
{
    ssize_t n;

    make_room(&b->p, &b->cap, b->n + READ_STEP);
    n = recv(fd, b->p + b->n, b->cap - b->n, 0);
    if (n < 0 && errno == EAGAIN)
        return 0;
    if (n <= 0)
        fail("%s: %s", who, n == 0 ? "closed by the other side" : strerror(errno));
    b->n += (size_t)n;
    return (size_t)n;
}

uint8_t *inbox_room(struct inbox *b, size_t n)
{
    make_room(&b->p, &b->cap, b->n + n);
    return b->p + b->n;
}

void inbox_drop(struct inbox *b, size_t n)
{
    b->n -= n;
    if (n > 0 && b->n > 0)
        memmove(b->p, b->p + n, b->n);
}

uint8_t *outbox_room(struct outbox *b, size_t n)
{
    make_room(&b->p, &b->cap, b->n + n);
    return b->p + b->n;
}

void outbox_flush(struct outbox *b, int fd)
{
    if (b->n > 0)
        send_all(fd, b->p, b->n);
    b->n = 0;
}
