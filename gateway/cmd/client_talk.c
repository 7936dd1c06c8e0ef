#include "gateway/cmd/client_talk.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#include "base/deadlines.h"
#include "base/utf8.h"
#include "gateway/cmd/client_line.h"
#include "gateway/cmd/client_say.h"
#include "gateway/cmd/password.h"
#include "gateway/seal.h"

enum { SENT_A_WHILE_AGO = 120 /* seconds */, TYPED_MAX = 65536 };

static uint64_t clock_ms(void)
{
    struct timespec ts = {0};

    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void client_put_call(const struct client_talk *t, struct buf *b, const char *words)
{
    buf_fmt(b, "aimgate %s", words);
    if (t->cmd->config_path)
        buf_fmt(b, " --config %s", t->cmd->config_path);
}

/* ---- the ends ---- */

static void end(struct client_talk *t, int status)
{
    t->phase = CLIENT_OVER;
    if (t->status == CMD_DONE)
        t->status = status;
}

void client_refused(struct client_talk *t, const char *fmt, ...)
{
    char *text = NULL;
    va_list ap;
    int n;

    va_start(ap, fmt);
    n = vasprintf(&text, fmt, ap);
    va_end(ap);
    end(t, cmd_refuse("%s", n < 0 ? "out of memory; stop other programs" : text));
    if (n >= 0)
        free(text);
}

void client_lost(struct client_talk *t, const char *why)
{
    struct buf call = {0};

    client_put_call(t, &call, "serve");
    if (t->phase == CLIENT_SIGNING_ON)
        client_refused(t, "%s before %s was signed on; look at the log of `%s`", why, t->name,
                       buf_cstr(&call));
    else if (t->phase == CLIENT_ON)
        client_say("%s; sign on again, and if nothing answers start the gateway with: %s", why,
                   buf_cstr(&call));
    end(t, t->phase == CLIENT_ON ? CMD_REFUSED : CMD_DONE);
    buf_fini(&call);
}

void client_over(struct client_talk *t)
{
    end(t, CMD_DONE);
}

static void leave(struct client_talk *t)
{
    for (size_t i = 0; i < t->waits; i++)
        client_say("no word yet of %s %s; it may be done, or lost", t->waiting[i].what,
                   t->waiting[i].name);
    t->waits = 0;
    t->phase = CLIENT_LEAVING;
    t->phase_until = t->now + CLIENT_LEAVE_MS;
    t->door->leave(t);
}

/* ---- what the doors tell ---- */

void client_on(struct client_talk *t, struct span name)
{
    t->phase = CLIENT_ON;
    t->phase_until = DEADLINE_NEVER;
    client_say("signed on as %.*s; \"NAME: TEXT\" says TEXT to NAME, /help tells the rest",
               SPAN_ARG(name));
}

void client_wait(struct client_talk *t, uint64_t id, const char *what, struct span name)
{
    struct client_wait *w = &t->waiting[t->waits];

    if (t->waits >= CLIENT_WAITING_MAX)
        return; /* lines are taken only while there is room */
    *w = (struct client_wait){.id = id, .until = t->now + CLIENT_ANSWER_MS, .what = what};
    (void)span_copy(name, w->name, sizeof w->name);
    t->waits++;
}

bool client_settled(struct client_talk *t, uint64_t id, char name[CLIENT_NAME_MAX + 1])
{
    for (size_t i = 0; i < t->waits; i++) {
        if (t->waiting[i].id != id)
            continue;
        memcpy(name, t->waiting[i].name, CLIENT_NAME_MAX + 1);
        t->waiting[i] = t->waiting[--t->waits];
        return true;
    }
    return false;
}

static void choose(struct client_talk *t, struct span name, bool tell)
{
    bool news = !span_is(name, t->partner);

    (void)span_copy(name, t->partner, sizeof t->partner);
    if (tell && news)
        client_say("what you type now goes to %s", t->partner);
}

void client_heard(struct client_talk *t, struct span name, struct span text, int64_t sent)
{
    char when[48] = "";
    time_t at = (time_t)sent;
    struct tm tm;

    if (sent && time(NULL) - at >= SENT_A_WHILE_AGO && localtime_r(&at, &tm))
        (void)strftime(when, sizeof when, " (sent %Y-%m-%d %H:%M)", &tm);
    client_say("%.*s%s: %.*s", SPAN_ARG(name), when, SPAN_ARG(text));
    if (!t->partner[0])
        choose(t, name, true);
}

/* ---- what is typed ---- */

static void help(void)
{
    static const char *const lines[] = {
        "TEXT        says it to whom you talked to last",
        "NAME: TEXT  says it to NAME, a screen name here or user@another.domain",
        "/to NAME    what you type from now on goes to NAME",
        "/add NAME   puts NAME on your list: you see when they come, go or are away",
        "/who        shows who is on your list and how they are",
        "/away TEXT  others see that you are away, and why",
        "/back       you are back (also /away without a text)",
        "/quit       signs off (also the end of input)",
    };

    for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++)
        client_say("%s", lines[i]);
}

static void say(struct client_talk *t, const struct client_line *line)
{
    struct buf name = {0};

    if (line->name.n)
        choose(t, line->name, false);
    if (!t->partner[0])
        client_say("nobody is chosen; type NAME: TEXT, or first /to NAME");
    else if (line->text.n == 0)
        client_say("what you type now goes to %s", t->partner);
    else {
        buf_str(&name, t->partner);
        t->door->say(t, buf_span(&name), line->text);
    }
    buf_fini(&name);
}

static void add(struct client_talk *t, struct span name)
{
    struct client_person *p = client_people_find(&t->people, name);

    if (p)
        client_say("%s is on your list already; /who shows it", p->name);
    else
        t->door->add(t, name);
    if (!t->partner[0])
        choose(t, name, true);
}

static void obey(struct client_talk *t, struct span typed)
{
    struct client_line line;

    client_line_read(typed, &t->people, t->partner[0] != 0, &line);
    if (line.name.n > CLIENT_NAME_MAX) {
        client_say("that name is too long; a screen name has at most 16 characters");
        return;
    }
    switch (line.is) {
    case LINE_EMPTY: break;
    case LINE_SAY: say(t, &line); break;
    case LINE_AWAY: t->door->away(t, line.text); break;
    case LINE_BACK: t->door->away(t, (struct span){0}); break;
    case LINE_ADD: add(t, line.name); break;
    case LINE_WHO: client_people_show(&t->people); break;
    case LINE_TO: choose(t, line.name, true); break;
    case LINE_HELP: help(); break;
    case LINE_QUIT:
        t->typed_end = true;
        buf_reset(&t->typed);
        break;
    case LINE_NEEDS_NAME:
        client_say("%.*s whom? Type %.*s NAME", SPAN_ARG(line.name), SPAN_ARG(line.name));
        break;
    case LINE_UNKNOWN:
        client_say("there is no command %.*s; /help shows them, //TEXT says /TEXT",
                   SPAN_ARG(line.name));
        break;
    }
}

static void obey_checked(struct client_talk *t, struct span typed)
{
    struct buf line = {0}; /* of its own: what it says may change the buffer it stands in */

    buf_add(&line, typed);
    if (t->too_long || typed.n > CLIENT_LINE_MAX)
        client_say("that line is too long and was not sent; %d octets fit into one",
                   CLIENT_LINE_MAX);
    else if (!utf8_valid(typed))
        client_say("that line is not UTF-8 and was not sent; set your terminal to UTF-8");
    else if (buf_ok(&line))
        obey(t, buf_span(&line));
    t->too_long = false;
    buf_fini(&line);
}

/* Lines are taken while there is room for what they send. */
static void take_lines(struct client_talk *t)
{
    while (t->phase == CLIENT_ON && t->waits < CLIENT_WAITING_MAX && t->typed.n &&
           t->now >= t->typed_at) {
        size_t n = span_find(buf_span(&t->typed), '\n');
        bool whole = n < t->typed.n;

        if (!whole && !t->typed_end) {
            t->too_long = t->too_long || n > CLIENT_LINE_MAX;
            if (t->too_long)
                buf_reset(&t->typed);
            return;
        }
        obey_checked(t, span_first(buf_span(&t->typed), n));
        if (t->typed.n) /* /quit throws the rest away */
            buf_drop(&t->typed, n + whole);
        t->phase_until = DEADLINE_NEVER;
    }
}

static void read_typed(struct client_talk *t)
{
    uint8_t chunk[4096];
    ssize_t n = read(STDIN_FILENO, chunk, sizeof chunk);

    if (n > 0)
        buf_put(&t->typed, chunk, (size_t)n);
    else if (n == 0 || errno != EINTR)
        t->typed_end = true;
}

/* ---- the loop ---- */

/* Time is up for the phase, or for a message. */
static void check_time(struct client_talk *t)
{
    for (size_t i = t->waits; i-- > 0;) {
        if (t->now < t->waiting[i].until)
            continue;
        client_say("no word of %s %s: the gateway does not answer; try again", t->waiting[i].what,
                   t->waiting[i].name);
        t->waiting[i] = t->waiting[--t->waits];
    }
    if (t->phase == CLIENT_ON && t->typed_end && t->typed.n == 0) {
        if (t->phase_until == DEADLINE_NEVER)
            t->phase_until = t->now + CLIENT_QUIET_MS;
        if (t->waits == 0 || t->now >= t->phase_until)
            leave(t);
    } else if (t->phase == CLIENT_SIGNING_ON && t->now >= t->phase_until) {
        client_lost(t, "the gateway does not answer");
    } else if (t->phase == CLIENT_LEAVING && t->now >= t->phase_until) {
        client_over(t);
    }
    if (t->phase != CLIENT_OVER && t->now >= t->door->deadline(t))
        t->door->tick(t);
}

static int timeout(const struct client_talk *t)
{
    uint64_t when = t->door->deadline(t);

    if (t->phase_until < when)
        when = t->phase_until;
    if (t->typed.n && t->typed_at > t->now && t->typed_at < when)
        when = t->typed_at;
    for (size_t i = 0; i < t->waits; i++)
        if (t->waiting[i].until < when)
            when = t->waiting[i].until;
    if (when <= t->now)
        return 0;
    return when - t->now > 60000 ? 60000 : (int)(when - t->now);
}

static bool reads_typed(const struct client_talk *t)
{
    return t->phase == CLIENT_ON && !t->typed_end && t->waits < CLIENT_WAITING_MAX &&
           t->typed.n < TYPED_MAX;
}

static void on_signal(struct client_talk *t)
{
    struct signalfd_siginfo info;

    (void)read(t->signals, &info, sizeof info);
    if (t->phase == CLIENT_ON)
        leave(t);
    else
        client_over(t);
}

static void turn(struct client_talk *t)
{
    struct pollfd p[3] = {{.fd = t->signals, .events = POLLIN},
                          {.fd = t->socket.fd, .events = POLLIN},
                          {.fd = reads_typed(t) ? STDIN_FILENO : -1, .events = POLLIN}};

    if (t->socket.out.n)
        p[1].events |= POLLOUT;
    if (poll(p, 3, timeout(t)) < 0 && errno != EINTR) {
        client_lost(t, strerror(errno));
        return;
    }
    t->now = clock_ms();
    if (p[0].revents)
        on_signal(t);
    if (p[2].revents)
        read_typed(t);
    if (t->phase != CLIENT_OVER && p[1].revents & (POLLIN | POLLHUP | POLLERR)) {
        bool more = client_socket_read(&t->socket);

        t->door->input(t);
        if (!more && t->phase != CLIENT_OVER)
            client_lost(t, "the connection to the gateway ended");
    }
}

static void loop(struct client_talk *t)
{
    t->now = clock_ms();
    t->phase_until = t->now + CLIENT_SIGNON_MS;
    if (!t->door->start(t))
        client_refused(t, "out of memory; stop other programs");
    while (t->phase != CLIENT_OVER) {
        take_lines(t);
        check_time(t);
        if (t->phase != CLIENT_OVER && !client_socket_write(&t->socket))
            client_lost(t, "the connection to the gateway broke");
        if (t->phase != CLIENT_OVER)
            turn(t);
    }
}

/* ---- the beginning ---- */

static bool connected(struct client_talk *t)
{
    const char *why = client_socket_open(&t->socket, t->to, t->datagram);
    struct buf call = {0};

    if (!why)
        return true;
    client_put_call(t, &call, "serve");
    client_refused(t, "no gateway answers at %s (%s); start it with: %s", t->to->text, why,
                   buf_cstr(&call));
    buf_fini(&call);
    return false;
}

/* That nobody is there is said before a password is typed in vain. */
static bool is_there(struct client_talk *t)
{
    bool there = !isatty(STDIN_FILENO) || connected(t);

    client_socket_close(&t->socket);
    return there;
}

static bool has_password(struct client_talk *t)
{
    const char *fault = password_ask(t->name, false, &t->password);

    if (fault)
        client_refused(t, "%s", fault);
    else if ((fault = password_fault(buf_span(&t->password))) != NULL)
        client_refused(t, "the password %s; type the one that was given to `user add %s`", fault,
                       t->name);
    return !fault;
}

int client_talk_run(struct client_talk *t)
{
    sigset_t set, before;

    client_people_init(&t->people);
    t->typed.max = TYPED_MAX + 4096;
    if (is_there(t) && has_password(t) && connected(t)) {
        (void)sigemptyset(&set);
        (void)sigaddset(&set, SIGINT);
        (void)sigaddset(&set, SIGTERM);
        (void)sigaddset(&set, SIGHUP);
        (void)sigprocmask(SIG_BLOCK, &set, &before);
        t->signals = signalfd(-1, &set, SFD_CLOEXEC);
        loop(t);
        if (t->signals >= 0)
            (void)close(t->signals);
        (void)sigprocmask(SIG_SETMASK, &before, NULL);
    }
    client_socket_close(&t->socket);
    client_people_fini(&t->people);
    seal_wipe(&t->password);
    buf_fini(&t->typed);
    return t->status;
}
