/* What one turn of the loop has for many sockets, handed to the kernel in one call (io_uring). */
#ifndef GATEWAY_NET_BATCH_H
#define GATEWAY_NET_BATCH_H

#include "base/span.h"

#include <stdbool.h>
#include <sys/types.h>

enum { BATCH_MAX = 128 };

struct batch;

struct batch_send {
    int fd; /* non-blocking */
    struct span out;
    ssize_t sent; /* as send(2) gives it; negative: the errno, negated */
};

/* NULL where the kernel does not offer it (older than 5.6, or forbidden to a container): then each
 * send is a call of its own. */
struct batch *batch_new(void);
void batch_free(struct batch *b); /* NULL is fine */
/* All `count` (at most BATCH_MAX) of them, in order; each one's `sent` tells how it went, EAGAIN
 * where it was not tried. False: the kernel did not take them all; free the batch, nothing else may
 * be sent by it. */
bool batch_send(struct batch *b, struct batch_send *sends, size_t count);

#endif
