#include "gateway/control_client.h"

#include "gateway/datadir.h"

#include <errno.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

enum { ANSWER_MAX = 64 << 20, WAIT_SECONDS = 10 };

/* A descriptor, or -1 and why. */
static int reach(const char *data_dir, enum err *why)
{
    struct sockaddr_un at = {.sun_family = AF_UNIX};
    struct timeval wait = {.tv_sec = WAIT_SECONDS};
    int n = snprintf(at.sun_path, sizeof at.sun_path, "%s/" DATADIR_CONTROL, data_dir);
    int fd = n > 0 && (size_t)n < sizeof at.sun_path
                 ? socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)
                 : -1;

    *why = ERR_IO;
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof wait);
    if (connect(fd, (struct sockaddr *)&at, sizeof at) == 0)
        return fd;
    *why = errno == EACCES || errno == EPERM ? ERR_DENIED : ERR_NOT_FOUND;
    close(fd);
    return -1;
}

static enum err send_all(int fd, struct span line)
{
    while (line.n > 0) {
        ssize_t n = send(fd, line.p, line.n, MSG_NOSIGNAL);

        if (n <= 0)
            return ERR_IO;
        line = span_skip(line, (size_t)n);
    }
    return OK;
}

static enum err read_all(int fd, struct buf *answer)
{
    uint8_t chunk[65536];

    for (;;) {
        ssize_t n = recv(fd, chunk, sizeof chunk, 0);

        if (n == 0)
            return buf_ok(answer) ? OK : ERR_NOMEM;
        if (n < 0)
            return errno == EAGAIN ? ERR_TIMEOUT : ERR_IO;
        if (answer->n + (size_t)n > ANSWER_MAX)
            return ERR_FULL;
        buf_put(answer, chunk, (size_t)n);
    }
}

enum err control_ask(const char *data_dir, const char *line, struct buf *answer)
{
    struct buf out = {0};
    enum err e;
    int fd = reach(data_dir, &e);

    if (fd < 0)
        return e;
    buf_fmt(&out, "%s\n", line);
    e = buf_ok(&out) ? send_all(fd, buf_span(&out)) : ERR_NOMEM;
    if (!e)
        e = read_all(fd, answer);
    close(fd);
    buf_fini(&out);
    return e;
}

enum err control_tell(const char *data_dir, const char *line)
{
    struct buf answer = {0};
    enum err e = control_ask(data_dir, line, &answer);

    buf_fini(&answer);
    return e;
}
