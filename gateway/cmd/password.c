#include "gateway/cmd/password.h"

#include <errno.h>
#include <stdio.h>
#include <termios.h>
#include <unistd.h>

#include "gateway/seal.h"

enum { CTRL_C = 3 };

/* One line without its end. One octet at a time, so that nothing behind the line is taken. */
static bool read_line(struct buf *out, bool *interrupted)
{
    uint8_t c;

    while (out->n <= PASSWORD_MAX + 1) {
        ssize_t n = read(STDIN_FILENO, &c, 1);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return out->n > 0;
        if (c == '\n')
            break;
        if (c == CTRL_C && interrupted) {
            *interrupted = true;
            return false;
        }
        buf_u8(out, c);
    }
    if (out->n && out->p[out->n - 1] == '\r')
        out->n--;
    return true;
}

/* Ctrl-C comes as a character that ends the line, so that the terminal is always put back. */
static bool hide(struct termios *before)
{
    struct termios t;

    if (tcgetattr(STDIN_FILENO, before) != 0)
        return false;
    t = *before;
    t.c_lflag &= ~(tcflag_t)(ECHO | ECHOE | ECHOK | ECHONL | ISIG);
    t.c_lflag |= ICANON;
    t.c_cc[VEOL] = CTRL_C;
    return tcsetattr(STDIN_FILENO, TCSAFLUSH, &t) == 0;
}

static bool ask(const char *what, const char *name, struct buf *out, bool *interrupted)
{
    bool ok;

    (void)fprintf(stderr, "%s%s: ", what, name);
    (void)fflush(stderr);
    ok = read_line(out, interrupted);
    (void)fputc('\n', stderr);
    return ok;
}

static const char *ask_hidden(const char *name, bool new_one, struct buf *out)
{
    struct buf again = {.max = (size_t)2 * PASSWORD_MAX};
    bool interrupted = false;
    const char *fault;

    if (!ask("Password for ", name, out, &interrupted))
        return interrupted ? "interrupted; nothing was changed" : "no password was given";
    fault = new_one ? password_fault(buf_span(out)) : NULL;
    if (!new_one ||
        fault) /* the caller says what is wrong with it; no need to have it typed twice */
        return NULL;
    if (!ask("Again", "", &again, &interrupted))
        fault = interrupted ? "interrupted; nothing was changed" : "no password was given";
    else if (!span_eq(buf_span(out), buf_span(&again)))
        fault = "the two passwords differ; try again";
    seal_wipe(&again);
    return fault;
}

const char *password_ask(const char *name, bool new_one, struct buf *out)
{
    struct termios before;
    const char *fault;

    /* room for all that is read, so that it is never copied and left behind */
    out->max = (size_t)2 * PASSWORD_MAX;
    (void)buf_room(out, out->max);
    buf_reset(out);
    if (!isatty(STDIN_FILENO))
        return read_line(out, NULL)
                   ? NULL
                   : "no password was given; write it as one line to standard input";
    if (!hide(&before))
        return "the terminal does not hide what is typed";
    fault = ask_hidden(name, new_one, out);
    (void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
    return fault;
}
