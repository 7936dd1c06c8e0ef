/* One user goes away and comes back; watchers of a SIP peer, which is us, hear of it. NOTIFYs are
 * counted with their answers. The user is an AIM session, or where nobody speaks OSCAR publishes.
 */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/load.h"

/* PACE_MS: our NOTIFYs that are not urgent keep five seconds of distance; Kamailio's do not.
 * AFTER_MS: what the end of a transaction costs a second later belongs to it. GROUP: datagrams that
 * fit into any socket's buffer. */
enum { PACE_MS = 5400, PACE_THEIRS_MS = 2000, AFTER_MS = 1500, GIVE_UP_MS = 8000, GROUP = 64 };

struct watch {
    struct agent a;
    uint64_t notified, octets, last_at;
    struct aim aim;
    struct publisher *publisher;
};

static void say_subscribe(struct watch *w, int number)
{
    const struct load *l = w->a.l;
    char text[2048];
    int n = snprintf(
        text, sizeof text,
        "SUBSCRIBE sip:bench0000@%s SIP/2.0\r\n"
        "Via: SIP/2.0/%s 127.0.0.1:%d;rport;branch=z9hG4bKsub%d-%u\r\n"
        "Max-Forwards: 70\r\nFrom: <sip:sender%04d@%s>;tag=w%d\r\nTo: <sip:bench0000@%s>\r\n"
        "Call-ID: watch-%d-%u@127.0.0.1\r\nCSeq: 1 SUBSCRIBE\r\n"
        "Contact: <sip:sender%04d@127.0.0.1:%d;transport=%s>\r\n"
        "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: 3600\r\n"
        "Content-Length: 0\r\n\r\n",
        l->domain, w->a.via, w->a.port, number, l->run, number, l->peer_domain, number, l->domain,
        number, l->run, number, w->a.port, w->a.transport);

    agent_say(&w->a, text, (size_t)n);
}

static void take(struct agent *a, const uint8_t *p, size_t n)
{
    struct watch *w = a->owner;
    int status = sip_status(p, n);

    if (status >= 300)
        fail("SUBSCRIBE was refused: %d", status);
    if (status)
        return;
    w->notified++;
    w->octets += n;
    w->last_at = now_ns();
}

/* Reads until so many NOTIFYs were there in all, or for some time. Does not sleep before that, as
 * in load_messages. */
static void await(struct watch *w, uint64_t notified, int ms)
{
    uint64_t until = now_ns() + (uint64_t)ms * 1000000;

    while (w->notified < notified && now_ns() < until)
        agent_turn(&w->a);
}

static void subscribe_all(struct watch *w)
{
    for (int i = 0; i < w->a.l->watchers; i++) {
        say_subscribe(w, i);
        await(w, (uint64_t)i + 1, GIVE_UP_MS);
        if (w->notified < (uint64_t)i + 1)
            fail("watcher %d heard nothing", i);
    }
}

/* Over UDP who tells a thousand at once has no time to read: answers are said in groups when all
 * were told, so that none is lost and nothing is sent twice. */
static void answer_all(struct watch *w)
{
    uint64_t next = 0;
    bool more = w->a.holds;

    while (more) {
        if (now_ns() >= next) {
            more = agent_let_go(&w->a, GROUP);
            next = now_ns() + 1000000;
        }
        agent_turn(&w->a);
    }
}

static void sleep_ms(int ms)
{
    struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = (long)(ms % 1000) * 1000000};

    (void)nanosleep(&t, NULL);
}

static void begin(struct watch *w)
{
    if (w->a.l->oscar)
        aim_sign_on(&w->aim, w->a.l, 0);
    else
        w->publisher = publisher_new(w->a.l, 0, 1);
}

static void change(struct watch *w, int i)
{
    if (w->publisher)
        publisher_change(w->publisher);
    else
        aim_away(&w->aim, i % 2 ? "" : "Out for lunch, back at two");
}

/* The watchers turn out to be gone: nothing is left for who is measured next. */
static void leave(struct watch *w)
{
    w->a.refuse = "481";
    w->a.holds = false;
    if (w->publisher)
        publisher_change(w->publisher);
    else
        (void)close(w->aim.fd);
    await(w, w->notified + (uint64_t)w->a.l->watchers, GIVE_UP_MS);
}

/* CPU seconds of a second in which nothing is asked. */
static double idle_rate(const struct load *l)
{
    struct usage before = usage_now(l);
    int ms = l->oscar ? PACE_MS : PACE_THEIRS_MS;

    sleep_ms(ms);
    return (usage_now(l).cpu - before.cpu) / (ms / 1e3);
}

static void measure(struct watch *w, int i)
{
    const struct load *l = w->a.l;
    uint64_t before = w->notified, octets = w->octets, from, told;
    double idle = idle_rate(l), cpu;
    struct usage start = usage_now(l);

    from = now_ns();
    change(w, i);
    await(w, before + (uint64_t)l->watchers, GIVE_UP_MS);
    answer_all(w);
    await(w, UINT64_MAX, AFTER_MS);
    cpu = usage_now(l).cpu - start.cpu - idle * (double)(now_ns() - from) / 1e9;
    told = w->notified - before ? w->notified - before : 1;
    printf("%s{\"notified\":%llu,\"octets\":%.0f,\"cpu\":%.4f,\"last_ms\":%.1f}", i ? "," : "",
           (unsigned long long)(w->notified - before), (double)(w->octets - octets) / (double)told,
           cpu * 1e5 / (double)told, (double)(w->last_at - from) / 1e6);
}

int load_presence(const struct load *l)
{
    struct watch w = {0};

    agent_open(&w.a, l, take);
    w.a.owner = &w;
    begin(&w);
    subscribe_all(&w);
    w.a.holds = !l->tcp;
    printf("{\"rounds\":[");
    for (int i = 0; i < l->rounds; i++)
        measure(&w, i);
    printf("]}\n");
    leave(&w);
    return 0;
}
