/* AIM clients that say more than they may, as fast as it is taken, until standard input ends:
 * messages, empty frames, wrong passwords. Says a line when it begins, and in the end how far it
 * came. */
#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/bench/load.h"

enum { BURST = 64, FRAME_KEEPALIVE = 6 };

struct flood {
    const struct load *l;
    struct aim a;
    uint64_t said, cuts, began;
};

static bool is_over(void)
{
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};

    return poll(&in, 1, 0) > 0;
}

static void begin(struct flood *f, const struct load *l)
{
    *f = (struct flood){.l = l, .began = now_ns()};
    printf("{}\n");
    (void)fflush(stdout);
}

static int end(const struct flood *f)
{
    double seconds = (double)(now_ns() - f->began) / 1e9;

    printf("{\"said\":%llu,\"rate\":%.0f,\"cuts\":%llu,\"seconds\":%.2f}\n",
           (unsigned long long)f->said, (double)f->said / seconds, (unsigned long long)f->cuts,
           seconds);
    return 0;
}

/* What comes is thrown away; false: the gateway has closed. */
static bool drink(int fd)
{
    static uint8_t sea[1 << 16];
    ssize_t n;

    do
        n = recv(fd, sea, sizeof sea, MSG_DONTWAIT);
    while (n > 0);
    return n < 0 && errno == EAGAIN;
}

/* Sends as much as is taken, and waits a moment for more; false: the gateway has closed. */
static bool pour(struct aim *a)
{
    size_t at = 0;

    while (at < a->out.n) {
        ssize_t n = send(a->fd, a->out.p + at, a->out.n - at, MSG_NOSIGNAL | MSG_DONTWAIT);
        struct pollfd p = {.fd = a->fd, .events = POLLIN | POLLOUT};

        if (n > 0)
            at += (size_t)n;
        else if (errno != EAGAIN || is_over() || poll(&p, 1, 100) < 0)
            return false;
        if (!drink(a->fd))
            return false;
    }
    a->out.n = 0;
    return true;
}

int load_flood_messages(const struct load *l)
{
    struct flood f;
    struct aim victim;
    char to[16];

    aim_sign_on(&victim, l, l->first + l->sessions);
    aim_name(to, victim.number);
    begin(&f, l);
    while (!is_over()) { /* each time it is cut off, another user goes on */
        bool stands = true;

        aim_sign_on(&f.a, l, l->first + (int)(f.cuts % (unsigned)l->sessions));
        f.a.gathers = true;
        while (stands && !is_over()) {
            for (int i = 0; i < BURST; i++)
                aim_message(&f.a, to, (uint32_t)f.said++);
            stands = pour(&f.a);
            (void)drink(victim.fd);
        }
        f.cuts += !stands;
        aim_leave(&f.a);
    }
    return end(&f);
}

int load_flood_frames(const struct load *l)
{
    struct flood f;
    bool stands = true;

    begin(&f, l);
    aim_sign_on(&f.a, l, l->first);
    while (stands && !is_over()) {
        for (int i = 0; i < BURST; i++) {
            uint16_t seq = f.a.seq++;
            const uint8_t frame[FRAME_KEEPALIVE] = {'*',          5, (uint8_t)(seq >> 8),
                                                    (uint8_t)seq, 0, 0};

            memcpy(outbox_room(&f.a.out, sizeof frame), frame, sizeof frame);
            f.a.out.n += sizeof frame;
        }
        f.said += BURST;
        stands = pour(&f.a);
    }
    f.cuts = !stands && !is_over();
    return end(&f);
}

int load_flood_passwords(const struct load *l)
{
    struct flood f;

    begin(&f, l);
    while (!is_over()) {
        f.cuts += !aim_try_password(l, l->first, "wrong password");
        f.said++;
    }
    return end(&f);
}
