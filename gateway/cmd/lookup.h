/* One location, looked up by a command's own questions to DNS: works without a daemon, and says
 * what DNS says now. Comes in: what is wanted. Goes out: the walk when it has ended, with all that
 * was asked. Stays out: how it is shown (locate.c). */
#ifndef GATEWAY_CMD_LOOKUP_H
#define GATEWAY_CMD_LOOKUP_H

#include "gateway/conf/conf.h"
#include "simple/txn/locate.h"

/* Blocks until the walk has ended: seconds at most (gateway/net/dns.h). The walk is the caller's to
 * free. ERR_NOMEM, ERR_IO: no loop, or no resolver. */
enum err lookup_run(const struct conf *c, const struct locate_want *want, struct locate **out);

#endif
