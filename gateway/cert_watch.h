/* Looks at the end of our certificate once a day, and says so in the log from CERT_WARN_DAYS
 * before; and when a list of revoked certificates ends. */
#ifndef GATEWAY_CERT_WATCH_H
#define GATEWAY_CERT_WATCH_H

#include "gateway/worker.h"

/* Now, and from now on; again after the files were read anew. */
void cert_watch_start(struct worker *w);
/* Whole days until then; less than 0: it is over. */
int64_t cert_watch_days(const struct worker *w, int64_t expires);

#endif
