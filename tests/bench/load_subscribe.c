/* SUBSCRIBE to presence: so many first ones, each refreshed, each ended; an answer and a NOTIFY
 * with a document that was published belong to each. The watchers are others in each run, as
 * whoever is seen for the first time costs Kamailio more. Or (rounds=0) so many that stay until
 * standard input ends, for what they take in memory. */
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum {
    TAG_MAX = 72,
    PRESENTITY = 100,
    PRESENTITIES = 100,
    WATCHERS = 10000,
    STUCK_NS = 2000000000
};

enum phase { FIRST, REFRESH, END, PHASES };

struct dialog {
    char tag[TAG_MAX]; /* theirs */
    bool answered, notified;
};

struct subscriber {
    struct agent a;
    struct dialog *dialogs;
    uint32_t count, base; /* how many; the number of the first */
    enum phase phase;
    uint32_t sent, done;
};

static void say_subscribe(struct subscriber *s, uint32_t i)
{
    const struct load *l = s->a.l;
    struct dialog *d = &s->dialogs[i];
    uint32_t seq = s->base + i;
    unsigned user = PRESENTITY + seq % PRESENTITIES,
             watcher = (seq / PRESENTITIES + l->run) % WATCHERS;
    char text[DATAGRAM_MAX], target[96];
    int n;

    if (s->phase == FIRST)
        (void)snprintf(target, sizeof target, "sip:bench%04u@%s", user, l->domain);
    else
        (void)snprintf(target, sizeof target, "sip:127.0.0.1:%d;transport=%s", l->sip,
                       s->a.transport);
    d->answered = d->notified = false;
    n = snprintf(text, sizeof text,
                 "SUBSCRIBE %s SIP/2.0\r\n"
                 "Via: SIP/2.0/%s 127.0.0.1:%d;branch=z9hG4bK%08x-%d-%08x\r\n"
                 "Max-Forwards: 70\r\n"
                 "From: <sip:sender%04u@%s>;tag=%08x\r\n"
                 "To: <sip:bench%04u@%s>%s%s\r\n"
                 "Call-ID: %08x-a84b4c-%08x@127.0.0.1\r\n"
                 "CSeq: %d SUBSCRIBE\r\n"
                 "Contact: <sip:sender%04u@127.0.0.1:%d;transport=%s>\r\n"
                 "User-Agent: bench/1.0\r\n"
                 "Event: presence\r\nAccept: application/pidf+xml\r\nExpires: %d\r\n"
                 "Content-Length: 0\r\n\r\n",
                 target, s->a.via, s->a.port, seq, (int)s->phase, l->run, watcher, l->peer_domain,
                 seq, user, l->domain,
                 s->phase == FIRST ? "" : ";tag=", s->phase == FIRST ? "" : d->tag, seq, l->run,
                 (int)s->phase + 1, watcher, s->a.port, s->a.transport, s->phase == END ? 0 : 3600);
    agent_say(&s->a, text, (size_t)n);
}

static void take_tag(struct dialog *d, const uint8_t *p, size_t n)
{
    const uint8_t *to, *tag;
    size_t size = sip_value(p, n, "To", &to);

    tag = size ? memmem(to, size, ";tag=", 5) : NULL;
    if (!tag || (size -= (size_t)(tag + 5 - to)) >= TAG_MAX)
        fail("a 200 without a tag");
    memcpy(d->tag, tag + 5, size);
    d->tag[size] = 0;
}

static void take(struct agent *a, const uint8_t *p, size_t n)
{
    struct subscriber *s = a->owner;
    int status = sip_status(p, n);
    struct dialog *d;
    bool before;
    uint32_t seq;

    if (!sip_seq(p, n, &seq) || seq - s->base >= s->count)
        return; /* of a round before */
    if (status >= 300 && (s->phase != END || status != 481))
        fail("SUBSCRIBE was refused: %d", status);
    d = &s->dialogs[seq - s->base];
    before = d->answered && d->notified;
    if (status >= 200) {
        if (s->phase == FIRST)
            take_tag(d, p, n);
        d->answered = true;
    }
    d->notified = d->notified || !status || status == 481;
    s->done += !before && d->answered && d->notified;
}

/* All of one phase; its cost, printed as a member of a JSON object. */
static void run_phase(struct subscriber *s, enum phase phase)
{
    static const char *const names[] = {"first", "refresh", "end"};
    uint64_t from = now_ns(), moved = from;
    struct usage before = usage_now(s->a.l);
    uint32_t last = 0;

    s->phase = phase;
    s->sent = s->done = 0;
    while (s->done < s->count) {
        while (s->sent < s->count && s->sent - s->done < (uint32_t)s->a.l->window)
            say_subscribe(s, s->sent++);
        agent_turn(&s->a);
        if (s->done != last) {
            last = s->done;
            moved = now_ns();
        } else if (now_ns() - moved > STUCK_NS) {
            fail("%s: nothing moved for two seconds, after %u SUBSCRIBEs", names[phase], last);
        }
    }
    usage_print(names[phase], &before, from, s->a.l, s->count);
}

static void stay(struct subscriber *s)
{
    struct pollfd both[2] = {{.fd = STDIN_FILENO, .events = POLLIN},
                             {.fd = s->a.fd, .events = POLLIN}};

    (void)fflush(stdout);
    while (poll(both, 2, -1) > 0 && !both[0].revents)
        agent_turn(&s->a);
}

int load_subscribe(const struct load *l)
{
    struct subscriber s = {.count = (uint32_t)l->watchers};

    (void)publisher_new(l, PRESENTITY, PRESENTITIES);
    agent_open(&s.a, l, take);
    s.a.owner = &s;
    s.dialogs = calloc(s.count, sizeof *s.dialogs);
    if (!s.dialogs)
        fail("out of memory");
    printf("{");
    for (enum phase p = FIRST; p < (l->rounds ? PHASES : REFRESH); p++)
        run_phase(&s, p);
    printf("\"watchers\":%u}\n", s.count);
    if (!l->rounds)
        stay(&s);
    free(s.dialogs);
    return 0;
}
