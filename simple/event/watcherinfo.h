/* Who watches somebody, told to himself (RFC 3857), on top of the notifier. Comes in: what became
 * of each watcher. Goes out: the body of the next NOTIFY, made when it may be sent: all of them
 * first, then those that changed. Stays out: who watches whom. */
#ifndef SIMPLE_EVENT_WATCHERINFO_H
#define SIMPLE_EVENT_WATCHERINFO_H

#include "simple/core.h"
#include "simple/doc/winfo.h"

enum { WATCHERINFO_MAX = 500 }; /* watchers in one NOTIFY; what is over it is left out */

/* Makes it one, after sip_watch_accept or _restore and before anything is told. `version`: of the
 * first NOTIFY. Copies. False: no memory. */
bool sip_watch_set_winfo(struct sip_watch *w, struct span resource, uint32_t version);
/* The next NOTIFY tells all: those that are added from here on. */
void sip_winfo_begin(struct sip_watch *w);
/* What became of one, in the place of what waits to be told of the same number. Told with the next
 * sip_watch_notify. */
void sip_winfo_add(struct sip_watch *w, uint64_t number, const struct winfo_watcher *one);

#endif
