/* One AIM user goes away and comes back; watchers of a SIP peer, which is us, hear of it. NOTIFYs
 * are counted with their answers. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum { PACE_MS = 5400, QUIET_MS = 150, GIVE_UP_MS = 8000 };

struct watch {
    const struct load *l;
    int fd;
    struct inbox in;
    struct outbox out;
    uint64_t notified, octets, accepted, last_at;
    bool leaving; /* whoever is told is not there any more */
};

static void write_subscribe(const struct watch *w, int number, uint8_t *to, size_t room, size_t *n)
{
    const char *transport = w->l->tcp ? "TCP" : "UDP";

    *n = (size_t)snprintf(
        (char *)to, room,
        "SUBSCRIBE sip:bench0000@%s SIP/2.0\r\n"
        "Via: SIP/2.0/%s 127.0.0.1:%d;rport;branch=z9hG4bKsub%d-%u\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:sender%04d@%s>;tag=w%d\r\nTo: <sip:bench0000@%s>\r\n"
        "Call-ID: watch-%d-%u@127.0.0.1\r\nCSeq: 1 SUBSCRIBE\r\n"
        "Contact: <sip:sender%04d@127.0.0.1:%d;transport=%s>\r\n"
        "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: 3600\r\n"
        "Content-Length: 0\r\n\r\n",
        w->l->domain, transport, w->l->peer, number, w->l->run, number, w->l->peer_domain, number,
        w->l->domain, number, w->l->run, number, w->l->peer, w->l->tcp ? "tcp" : "udp");
}

static void take(struct watch *w, const uint8_t *p, size_t n)
{
    int status = sip_status(p, n);
    size_t size;

    if (status >= 300)
        fail("SUBSCRIBE was refused: %d", status);
    if (status >= 200)
        w->accepted++;
    if (status)
        return;
    w->notified++;
    w->octets += n;
    w->last_at = now_ns();
    size = sip_answer(p, n, outbox_room(&w->out, n + 64));
    if (w->leaving)
        memcpy(w->out.p + w->out.n + 8, "481", 3);
    w->out.n += size;
}

static void read_stream(struct watch *w)
{
    size_t at = 0, n;

    (void)inbox_read(&w->in, w->fd, "the connection of the watchers");
    while ((n = sip_frame(w->in.p + at, w->in.n - at)) > 0) {
        take(w, w->in.p + at, n);
        at += n;
    }
    inbox_drop(&w->in, at);
    outbox_flush(&w->out, w->fd);
}

static void read_datagrams(struct watch *w)
{
    uint8_t octets[DATAGRAM_MAX];
    ssize_t n;

    while ((n = recv(w->fd, octets, sizeof octets, 0)) > 0) {
        take(w, octets, (size_t)n);
        outbox_flush(&w->out, w->fd);
    }
}

/* Reads until so many NOTIFYs were there in all, or for some time. */
static void await(struct watch *w, uint64_t notified, int ms)
{
    uint64_t until = now_ns() + (uint64_t)ms * 1000000;

    while (w->notified < notified) {
        uint64_t now = now_ns();
        struct pollfd p = {.fd = w->fd, .events = POLLIN};

        if (now >= until)
            return;
        if (poll(&p, 1, (int)((until - now) / 1000000) + 1) > 0) {
            if (w->l->tcp)
                read_stream(w);
            else
                read_datagrams(w);
        }
    }
}

static void subscribe_all(struct watch *w)
{
    for (int i = 0; i < w->l->watchers; i++) {
        uint8_t text[2048];
        size_t n;

        write_subscribe(w, i, text, sizeof text, &n);
        send_all(w->fd, text, n);
        await(w, (uint64_t)i + 1, GIVE_UP_MS);
        if (w->notified < (uint64_t)i + 1)
            fail("watcher %d heard nothing", i);
    }
}

static void sleep_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

/* The user signs off, and the watchers turn out to be gone: nothing is left for who is measured
 * next. */
static void leave(struct watch *w, const struct aim *a)
{
    w->leaving = true;
    (void)close(a->fd);
    await(w, w->notified + (uint64_t)w->l->watchers, GIVE_UP_MS);
}

int load_presence(const struct load *l)
{
    struct watch w = {.l = l};
    struct sockaddr_in to = loopback(l->sip);
    struct aim a;

    w.fd = l->tcp ? tcp_connect(l->sip) : udp_socket(l->peer);
    if (!l->tcp && connect(w.fd, (struct sockaddr *)&to, sizeof to) != 0)
        fail("cannot connect: %s", strerror(errno));
    aim_sign_on(&a, l, 0);
    subscribe_all(&w);
    printf("{\"rounds\":[");
    for (int i = 0; i < l->rounds; i++) {
        uint64_t before = w.notified, octets = w.octets, from;
        struct usage start, end;

        sleep_ms(PACE_MS); /* NOTIFYs that are not urgent keep five seconds of distance */
        start = usage_now(l);
        from = now_ns();
        aim_away(&a, i % 2 ? "" : "Out for lunch, back at two");
        await(&w, before + (uint64_t)l->watchers, GIVE_UP_MS);
        await(&w, UINT64_MAX, QUIET_MS);
        end = usage_now(l);
        printf(
            "%s{\"notified\":%llu,\"octets\":%.0f,\"cpu\":%.4f,\"last_ms\":%.1f}", i ? "," : "",
            (unsigned long long)(w.notified - before),
            w.notified > before ? (double)(w.octets - octets) / (double)(w.notified - before) : 0,
            (end.cpu - start.cpu) * 1e5 / (double)(w.notified - before ? w.notified - before : 1),
            (double)(w.last_at - from) / 1e6);
    }
    printf("]}\n");
    leave(&w, &a);
    return 0;
}
