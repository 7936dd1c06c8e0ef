/* Connections to the OSCAR port that say nothing, or stop within a frame that claims to be long;
 * they stay until standard input ends. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tests/bench/load.h"

static int stay(const struct load *l, const uint8_t *said, size_t n)
{
    int *fds = calloc((size_t)l->connections, sizeof *fds);

    if (!fds)
        fail("out of memory");
    for (int i = 0; i < l->connections; i++) {
        fds[i] = tcp_connect(l->oscar);
        if (n)
            send_all(fds[i], said, n);
    }
    printf("{}\n");
    (void)fflush(stdout);
    (void)getchar();
    printf("{\"connections\":%d}\n", l->connections);
    return 0;
}

int load_flood_silent(const struct load *l)
{
    return stay(l, NULL, 0);
}

int load_flood_stalled(const struct load *l)
{
    uint8_t frame[8192] = {'*', 1, 0, 0, 0x40, 0}; /* half of the 16,384 octets that it claims */

    return stay(l, frame, sizeof frame);
}
