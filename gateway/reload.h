/* SIGHUP: the file is read anew, and what of it a running gateway can take is in force; what is
 * wrong with it, and what needs a restart, goes to the log. */
#ifndef GATEWAY_RELOAD_H
#define GATEWAY_RELOAD_H

#include "gateway/worker.h"

void reload(struct worker *w);
/* The files of the certificate as they are now; not OK: nothing changes, and `why` says what is
 * wrong. */
enum err reload_tls(struct worker *w, const struct conf *from, struct buf *why);

#endif
